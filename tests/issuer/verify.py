#!/usr/bin/env python3
"""Verifies a device's statement with the OEM's public key (protocol, section 7)."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import wire
from issuer import data_of, hexadecimal, public_of


def verify_certificate(oem: bytes, data: bytes) -> dict[str, Any]:
    """The certificate's fields; its signature is the OEM's."""
    certificate, body, signature = wire.decode("certificate", data)
    wire.verify(oem, wire.body_digest("certificate", body), signature)
    return certificate


def verify_statement(data: bytes, signing: bytes | None = None) -> dict[str, Any]:
    """The statement's fields; signed by the key that it names, or by `signing`."""
    statement, body, signature = wire.decode("statement", data)
    if statement["flags"] > 1:
        raise wire.Refused("Malformed", f"unknown flags {statement['flags']:02x}")
    if signing is not None and statement["signing"] != signing:
        raise wire.Refused("OtherSigner", "the statement names another signing key")
    wire.verify(statement["signing"], wire.body_digest("statement", body), signature)
    return statement


def verify_device(
    oem: bytes,
    certificate: bytes,
    statement: bytes,
    nonce: bytes | None = None,
    voucher: bytes | None = None,
) -> dict[str, Any]:
    """The statement's fields, once everything fits together."""
    certified = verify_certificate(oem, certificate)
    stated = verify_statement(statement, certified["signing"])
    if stated["device"] != certified["device"]:
        raise wire.Refused("OtherDevice", "statement and certificate name different devices")
    if stated["agreement"] != certified["agreement"]:
        raise wire.Refused("OtherSigner", "the statement names another agreement key")
    if nonce is not None and stated["nonce"] != nonce:
        raise wire.Refused("Stale", "the statement answers another question")
    if voucher is not None and stated["voucher"] != voucher:
        raise wire.Refused("BadSignature", "the device is enrolled with another voucher")
    return stated


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--oem", required=True, type=Path, help="the OEM's public key, PEM")
    parser.add_argument("--certificate", required=True, help="text, or @FILE")
    parser.add_argument("--statement", required=True, help="text, or @FILE")
    parser.add_argument("--nonce", type=hexadecimal(32), help="of your question, 64 hex digits")
    parser.add_argument("--voucher", type=hexadecimal(32), help="digest of your voucher")
    options = parser.parse_args()
    try:
        stated = verify_device(
            public_of(options.oem),
            data_of("certificate", options.certificate),
            data_of("statement", options.statement),
            options.nonce,
            options.voucher,
        )
    except (wire.Refused, OSError) as problem:
        print(f"verify: {problem}", file=sys.stderr)
        return 1
    print(json.dumps({k: v.hex() if isinstance(v, bytes) else v for k, v in stated.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
