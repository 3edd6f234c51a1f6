#!/usr/bin/env python3
"""An issuer: vouchers, seals and certificates for the OEM, messages for the lender and escrow."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any, Callable

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import wire

SEQUENCE_END = 1 << 48


def signed_by_oem(key: ec.EllipticCurvePrivateKey, kind: str, values: dict[str, Any]) -> bytes:
    """A voucher, seal or certificate: `body ‖ signature`."""
    body = wire.encode(kind, {"version": wire.VERSION, **values})
    return body + wire.sign(key, wire.body_digest(kind, body))


def voucher(
    oem: ec.EllipticCurvePrivateKey, values: dict[str, Any], notice_min: int = 0
) -> bytes:
    wire.check_voucher(values, wire.public_bytes(oem.public_key()), notice_min)
    return signed_by_oem(oem, "voucher", values)


def voucher_digest(data: bytes) -> bytes:
    return wire.body_digest("voucher", wire.split(data)[0])


def message(
    key: ec.EllipticCurvePrivateKey,
    role: str,
    device: bytes,
    enrolment: bytes,
    issued_at: int,
    command: str,
    values: dict[str, Any],
    new_lender: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """A message by `role`, lender or escrow; a Rekey needs the new lender's key, too."""
    values = {
        "version": wire.VERSION,
        "device": wire.short(device),
        "signer": wire.short(wire.key_id(wire.public_bytes(key.public_key()))),
        "issued_at": issued_at,
        "command": command,
        **values,
    }
    if role == "escrow" and command != "Release":
        raise wire.Refused("EscrowReleasesOnly", f"not a {command}")
    if not 0 < values.get("sequence", 1) < SEQUENCE_END:
        raise wire.Refused("SequenceJump", "sequence numbers are 1 to 2^48 - 1")
    if command == "UnlockFor" and values["seconds"] == 0:
        raise wire.Refused("ZeroTime", "an unlock for no time")
    if command in ("Rekey", "Contact"):
        wire.check_contact(values)
    if command == "Rekey":
        if new_lender is None:
            raise wire.Refused("BadProof", "a rekey needs the new lender's private key")
        values["lender"] = wire.public_bytes(new_lender.public_key())
        unproven = wire.encode("message", {**values, "proof": bytes(wire.SIGNATURE)})
        covered = unproven[: -wire.SIGNATURE]
        digest = wire.message_digest("proof", device, enrolment, covered)
        values["proof"] = wire.sign(new_lender, digest)
    body = wire.encode("message", values)
    return body + wire.sign(key, wire.message_digest(role, device, enrolment, body))


# ---- the command line -------------------------------------------------------


def hexadecimal(size: int) -> Callable[[str], bytes]:
    def convert(digits: str) -> bytes:
        try:
            data = bytes.fromhex(digits)
        except ValueError:
            raise argparse.ArgumentTypeError(f"`{digits}` is not hexadecimal") from None
        if len(data) != size:
            raise argparse.ArgumentTypeError(f"{len(data)} bytes where there have to be {size}")
        return data

    return convert


def private_of(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        raise wire.Refused("BadKey", f"{path} is not a private key in plain PEM") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise wire.Refused("BadKey", f"{path} is not a key of the curve P-256")
    wire.public_bytes(key.public_key())
    return key


def public_of(path: Path) -> bytes:
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except ValueError:
        raise wire.Refused("BadKey", f"{path} is not a public key in PEM") from None
    return wire.public_bytes(key)


def data_of(kind: str, given: str) -> bytes:
    """What a text carries; `@FILE` takes it from a file."""
    text = Path(given[1:]).read_text() if given.startswith("@") else given
    found, data = wire.from_text(text)
    if found != kind:
        raise wire.Refused("Malformed", f"that is a {found}, not a {kind}")
    return data


def add_contact(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", required=True, help="the lender's name")
    parser.add_argument("--phone", required=True, help="the lender's phone number")
    parser.add_argument("--payment", default="", help="where to pay")
    parser.add_argument("--note", default="", help="a note to the owner")
    parser.add_argument("--amount", type=int, help="what is owed, in the currency's minor unit")
    parser.add_argument("--currency", help="ISO 4217, with --amount")
    parser.add_argument("--language", default="", help="of the note, BCP 47")


def contact_of(options: argparse.Namespace) -> dict[str, Any]:
    if (options.amount is None) != (options.currency is None):
        raise wire.Refused("BadContact(Currency)", "--amount and --currency go together")
    amount = None
    if options.amount is not None:
        amount = {"minor_units": options.amount, "currency": options.currency}
    values = {f"contact.{f}": getattr(options, f) for f in ("name", "phone", "payment", "note")}
    return {**values, "contact.amount": amount, "contact.language": options.language}


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)

    def kind(name: str, about: str) -> argparse.ArgumentParser:
        added = kinds.add_parser(name, help=about, description=about)
        added.add_argument("--key", required=True, type=Path, help="who signs: private key, PEM")
        added.add_argument("--issued-at", type=int, default=int(time.time()), help="Unix seconds")
        return added

    for name, about in [("voucher", "Enrols a device."), ("seal", "A device is not financed.")]:
        added = kind(name, about)
        added.add_argument("--device", required=True, type=hexadecimal(32), help="device id")
        if name == "voucher":
            added.add_argument("--lender", required=True, type=Path, help="public key, PEM")
            added.add_argument("--desk", type=Path, help="public key, PEM")
            added.add_argument("--escrow", type=Path, help="public key, PEM")
            added.add_argument("--sunset", type=int, help="days of use")
            added.add_argument("--notice", required=True, type=int, help="seconds of use")
            added.add_argument("--hotline", action="store_true", help="allow hotline codes")
            added.add_argument("--usable", type=int, default=0, help="bits, section 12")
            add_contact(added)
    added = kind("certificate", "Certifies the keys of a statement, which has to be seen made.")
    added.add_argument("--statement", required=True, help="text, or @FILE")
    added.add_argument("--nonce", required=True, type=hexadecimal(32), help="of the question")

    for command in wire.COMMANDS:
        added = kind(command.lower(), f"A lender's {command}.")
        added.add_argument("--voucher", required=True, help="text of the voucher, or @FILE")
        if command == "Release":
            added.add_argument("--escrow", action="store_true", help="the escrow signs")
        else:
            added.add_argument("--sequence", required=True, type=int)
        if command == "Lock":
            added.add_argument("--reason", choices=wire.REASONS, default="PaymentOverdue")
        if command == "UnlockFor":
            added.add_argument("--seconds", required=True, type=int, help="seconds of use")
        if command == "Rekey":
            added.add_argument("--new-key", required=True, type=Path, help="private key, PEM")
            added.add_argument("--desk", type=Path, help="public key, PEM")
        if command in ("Rekey", "Contact"):
            add_contact(added)
    return parser


def issue(options: argparse.Namespace) -> tuple[str, bytes]:
    """What the command line asks for: kind and `body ‖ signature`."""
    key = private_of(options.key)
    if options.kind in ("voucher", "seal"):
        values: dict[str, Any] = {"device": options.device, "issued_at": options.issued_at}
        if options.kind == "seal":
            return "seal", signed_by_oem(key, "seal", values)
        values |= {
            "lender": public_of(options.lender),
            "desk": options.desk and public_of(options.desk),
            "escrow": options.escrow and public_of(options.escrow),
            "sunset": options.sunset,
            "notice": options.notice,
            "hotline": options.hotline,
            "usable": options.usable,
            **contact_of(options),
        }
        return "voucher", voucher(key, values)
    if options.kind == "certificate":
        # verify.py needs this module's readers.
        from verify import verify_statement

        stated = verify_statement(data_of("statement", options.statement))
        if stated["nonce"] != options.nonce:
            raise wire.Refused("Stale", "the statement answers another question")
        values = {name: stated[name] for name in ("device", "signing", "agreement")}
        values["issued_at"] = options.issued_at
        return "certificate", signed_by_oem(key, "certificate", values)
    command = next(name for name in wire.COMMANDS if name.lower() == options.kind)
    enrolment = data_of("voucher", options.voucher)
    device = wire.decode("voucher", enrolment)[0]["device"]
    names = {name for name, _ in wire.COMMAND_FIELDS[command]}
    values = {name: getattr(options, name) for name in names if hasattr(options, name)}
    new_lender = None
    if command in ("Rekey", "Contact"):
        values |= contact_of(options)
    if command == "Rekey":
        new_lender = private_of(options.new_key)
        values["desk"] = options.desk and public_of(options.desk)
    role = "escrow" if getattr(options, "escrow", False) else "lender"
    digest = voucher_digest(enrolment)
    issued = message(
        key, role, device, digest, options.issued_at, command, values, new_lender
    )
    return "message", issued


def main() -> int:
    try:
        kind, data = issue(parser().parse_args())
    except (wire.Refused, OSError) as problem:
        print(f"issuer: {problem}", file=sys.stderr)
        return 1
    print(wire.to_text(kind, data))
    return 0


if __name__ == "__main__":
    sys.exit(main())
