#!/usr/bin/env python3
"""The lender's desk: hotline codes, written from docs/protocol.md, section 15."""

from __future__ import annotations

import argparse
import hashlib
import hmac
import sys
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

import wire
from issuer import data_of, private_of, public_of
from verify import verify_certificate

ACTIONS = {"24h": 1, "72h": 2, "7d": 3}
SECONDS = {1: 86_400, 2: 259_200, 3: 604_800}
# Damm's table, row by row.
DAMM = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip


def check_digit(digits: str) -> str:
    interim = "0"
    for digit in digits:
        interim = DAMM[int(interim)][int(digit)]
    return interim


def is_whole(digits: str) -> bool:
    return check_digit(digits) == "0"


def digits_of(text: str, count: int) -> str:
    digits = "".join(text.split()).replace("-", "")
    if len(digits) != count or not (digits.isascii() and digits.isdigit()):
        raise wire.Refused("Malformed", f"`{text}` is not {count} digits")
    return digits


def challenge_of(text: str) -> int:
    digits = digits_of(text, 9)
    if not is_whole(digits):
        raise wire.Refused("MistypedCode", f"a digit of {text} was misheard")
    return int(digits[:8])


def agree(desk: ec.EllipticCurvePrivateKey, agreement: bytes) -> bytes:
    """The x-coordinate that the desk's and the device's key agree on."""
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), agreement)
    return desk.exchange(ec.ECDH(), point)


def code(shared: bytes, device: bytes, challenge: int, action: int) -> str:
    """Twelve digits in two groups."""
    domain = wire.DOMAINS["hotline"]
    key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=domain).derive(shared)
    covered = domain + device + challenge.to_bytes(4, "big") + bytes([action])
    tag = hmac.new(key, covered, hashlib.sha256).digest()
    digits = f"{action}{int.from_bytes(tag[:8], 'big') % 10**9:09}"
    return " ".join(group + check_digit(group) for group in (digits[:5], digits[5:]))


def slip(text: str) -> str | None:
    """The first group that a slip is in."""
    digits = digits_of(text, 12)
    groups = {"First": digits[:6], "Second": digits[6:]}
    found = [name for name, group in groups.items() if not is_whole(group)]
    if not found and int(digits[0]) not in SECONDS:
        return "First"
    return found[0] if found else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--key", required=True, type=Path, help="the desk's private key, PEM")
    parser.add_argument("--oem", required=True, type=Path, help="the OEM's public key, PEM")
    parser.add_argument("--certificate", required=True, help="text, or @FILE")
    parser.add_argument("--challenge", required=True, help="nine digits, as the phone shows them")
    parser.add_argument("--time", required=True, choices=ACTIONS, help="of use")
    options = parser.parse_args()
    try:
        challenge = challenge_of(options.challenge)
        oem, certificate = public_of(options.oem), data_of("certificate", options.certificate)
        certified = verify_certificate(oem, certificate)
        shared = agree(private_of(options.key), certified["agreement"])
        print(code(shared, certified["device"], challenge, ACTIONS[options.time]))
    except (wire.Refused, OSError) as problem:
        print(f"hotline: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
