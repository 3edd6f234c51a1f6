"""The wire, written from docs/protocol.md alone: forms, bodies, digests, texts.

Section numbers in comments are that page's.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

VERSION = 1
SIGNATURE = 64
LONGEST = 659
# Days.
SUNSET_MAX = 3_650
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Refused(Exception):
    """What section 12 calls a refusal, with a line for people."""

    def __init__(self, name: str, why: str = "") -> None:
        super().__init__(f"{name}: {why}" if why else name)
        self.name = name


# ---- 1: forms ---------------------------------------------------------------


class Reader:
    """Reads forms off bytes, from the front."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        piece = self.data[self.at : self.at + count]
        if len(piece) < count:
            raise Refused("Truncated", f"{count - len(piece)} more bytes expected")
        self.at += count
        return piece

    def varint(self, bits: int) -> int:
        longest = -(-bits // 7)
        value = 0
        for place in range(longest):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:
                if value >> bits:
                    break
                return value
        raise Refused("Malformed", f"a number that {bits} bits do not hold")


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


@dataclass(frozen=True)
class Form:
    """How a field is written and read."""

    write: Callable[[Any], bytes]
    read: Callable[[Reader], Any]


def unsigned(bits: int) -> Form:
    def write(value: int) -> bytes:
        if not 0 <= value < 1 << bits:
            raise Refused("Malformed", f"{value} is not a number of {bits} bits")
        return varint(value)

    return Form(write, lambda reader: reader.varint(bits))


def fixed(size: int) -> Form:
    def write(value: bytes) -> bytes:
        if len(value) != size:
            raise Refused("Malformed", f"{len(value)} bytes where there have to be {size}")
        return bytes(value)

    return Form(write, lambda reader: reader.take(size))


def byte() -> Form:
    return Form(lambda value: bytes([value]), lambda reader: reader.take(1)[0])


def text(most: int) -> Form:
    def write(value: str) -> bytes:
        data = value.encode()
        if len(data) > most:
            raise Refused("Malformed", f"a text of {len(data)} bytes where {most} fit")
        return varint(len(data)) + data

    def read(reader: Reader) -> str:
        data = reader.take(reader.varint(64))
        if len(data) > most:
            raise Refused("Malformed", f"a text of {len(data)} bytes where {most} fit")
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise Refused("Malformed", "a text that is not UTF-8") from None

    return Form(write, read)


def flag(reader: Reader) -> bool:
    value = reader.take(1)[0]
    if value > 1:
        raise Refused("Malformed", f"{value:02x} where there has to be 00 or 01")
    return value == 1


BOOL = Form(lambda value: bytes([bool(value)]), flag)


def optional(form: Form) -> Form:
    def write(value: Any) -> bytes:
        return b"\0" if value is None else b"\1" + form.write(value)

    return Form(write, lambda reader: form.read(reader) if flag(reader) else None)


def named(codes: dict[str, int], bits: int = 32) -> Form:
    names = {code: name for name, code in codes.items()}

    def write(name: str) -> bytes:
        if name not in codes:
            raise Refused("Malformed", f"`{name}` is none of {', '.join(codes)}")
        return varint(codes[name])

    def read(reader: Reader) -> str:
        code = reader.varint(bits)
        if code not in names:
            raise Refused("Malformed", f"no such code: {code}")
        return names[code]

    return Form(write, read)


def read_amount(reader: Reader) -> dict[str, Any]:
    # The currency's letters are checked with the contact record (6), not here.
    return {"minor_units": reader.varint(64), "currency": reader.take(3).decode("latin-1")}


def write_amount(value: dict[str, Any]) -> bytes:
    currency = value["currency"].encode("latin-1")
    return U64.write(value["minor_units"]) + fixed(3).write(currency)


# ---- 12: codes --------------------------------------------------------------

STATES = {
    "Unprovisioned": 0x52E6B438,
    "Unlocked": 0x269E0D37,
    "Locked": 0x0C5C7FD0,
    "Released": 0x9531985D,
    "Fault": 0x6F03675A,
}
REASONS = {"PaymentOverdue": 0, "ReportedLost": 1, "ReportedStolen": 2, "AgreementBreached": 3}
USABLE_BITS = 6
COMMANDS = ["Notice", "Lock", "Unlock", "UnlockFor", "Release", "Rekey", "Contact"]

# ---- 4 to 7: bodies ---------------------------------------------------------

U8, U16, U32, U64 = byte(), unsigned(16), unsigned(32), unsigned(64)
ID, SHORT_ID, KEY = fixed(32), fixed(4), fixed(33)
Fields = list[tuple[str, Form]]

CONTACT: Fields = [
    ("contact.name", text(64)),
    ("contact.phone", text(24)),
    ("contact.payment", text(128)),
    ("contact.note", text(192)),
    ("contact.amount", optional(Form(write_amount, read_amount))),
    ("contact.language", text(12)),
]
SEAL: Fields = [("version", U8), ("device", ID), ("issued_at", U32)]
VOUCHER: Fields = [
    *SEAL,
    ("lender", KEY),
    ("desk", optional(KEY)),
    ("escrow", optional(KEY)),
    ("sunset", optional(U32)),
    ("notice", U32),
    ("hotline", BOOL),
    ("usable", U16),
    *CONTACT,
]
STATEMENT: Fields = [
    ("version", U8),
    ("device", ID),
    ("nonce", ID),
    ("state", named(STATES)),
    ("flags", U8),
    ("sequence", U64),
    ("contact_sequence", U64),
    ("voucher", ID),
    ("signing", KEY),
    ("agreement", KEY),
    ("security_version", U32),
]
CERTIFICATE: Fields = [*SEAL, ("signing", KEY), ("agreement", KEY)]

HEADER: Fields = [("version", U8), ("device", SHORT_ID), ("signer", SHORT_ID), ("issued_at", U32)]
SEQUENCE: Fields = [("sequence", U64)]
COMMAND_FIELDS: dict[str, Fields] = {
    "Notice": SEQUENCE,
    "Lock": [*SEQUENCE, ("reason", named(REASONS))],
    "Unlock": SEQUENCE,
    "UnlockFor": [*SEQUENCE, ("seconds", U32)],
    "Release": [],
    "Rekey": [
        *SEQUENCE,
        ("lender", KEY),
        ("desk", optional(KEY)),
        *CONTACT,
        ("proof", fixed(SIGNATURE)),
    ],
    "Contact": [*SEQUENCE, *CONTACT],
}
COMMAND = Form(
    lambda name: bytes([COMMANDS.index(name)]),
    lambda reader: COMMANDS[reader.take(1)[0]],
)

DOMAINS = {
    "lender": b"paylatch.lender1",
    "escrow": b"paylatch.escrow1",
    "proof": b"paylatch.rekeyp1",
    "voucher": b"paylatch.vouchr1",
    "seal": b"paylatch.oemseal",
    "statement": b"paylatch.stmnt-1",
    "certificate": b"paylatch.certif1",
    "hotline": b"paylatch.hotlin1",
    "device": b"paylatch.device1",
}
PREFIXES = {
    "message": "PAYLATCH1:",
    "voucher": "PAYLATCH1V:",
    "seal": "PAYLATCH1S:",
    "statement": "PAYLATCH1T:",
    "certificate": "PAYLATCH1C:",
}
_BODIES = {"voucher": VOUCHER, "seal": SEAL, "statement": STATEMENT, "certificate": CERTIFICATE}


def fields_of(kind: str, command: str = "") -> Fields:
    """The fields of a body, in order."""
    if kind == "message":
        return [*HEADER, ("command", COMMAND), *COMMAND_FIELDS[command]]
    return _BODIES[kind]


def encode(kind: str, values: dict[str, Any]) -> bytes:
    """A body; `values` by the names of the fields."""
    fields = fields_of(kind, values.get("command", ""))
    return b"".join(form.write(values[name]) for name, form in fields)


def split(data: bytes) -> tuple[bytes, bytes]:
    """Body and signature (3)."""
    if len(data) > LONGEST:
        raise Refused("TooLong", f"{len(data)} bytes; nothing has more than {LONGEST}")
    if len(data) <= SIGNATURE:
        raise Refused("Truncated", f"{len(data)} bytes; a signature alone has {SIGNATURE}")
    return data[:-SIGNATURE], data[-SIGNATURE:]


def decode(kind: str, data: bytes) -> tuple[dict[str, Any], bytes, bytes]:
    """The fields of `body ‖ signature`, the body as received, and the signature.

    Checks the form, in the order of section 9, and no signature.
    """
    body, signature = split(data)
    if body[0] != VERSION:
        raise Refused("UnknownVersion", f"version {body[0]}; this is version {VERSION}")
    reader = Reader(body)
    values: dict[str, Any] = {}
    fields = _BODIES.get(kind, [])
    if kind == "message":
        for name, form in HEADER:
            values[name] = form.read(reader)
        command = reader.take(1)[0]
        if command >= len(COMMANDS):
            raise Refused("UnknownCommand", f"command {command}")
        values["command"] = COMMANDS[command]
        fields = COMMAND_FIELDS[COMMANDS[command]]
    for name, form in fields:
        values[name] = form.read(reader)
    if reader.at < len(body):
        raise Refused("TrailingBytes", f"{len(body) - reader.at} bytes too many")
    return values, body, signature


# ---- 2 and 3: keys, ids, digests, signatures --------------------------------


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def device_id(secret: bytes) -> bytes:
    return sha256(DOMAINS["device"], secret)


def key_id(public: bytes) -> bytes:
    return sha256(public)


def short(identity: bytes) -> bytes:
    return identity[:4]


def public_bytes(key: ec.EllipticCurvePublicKey) -> bytes:
    """The compressed point."""
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Refused("BadKey", "not a key of the curve P-256")
    return key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )


def public_key(data: bytes) -> ec.EllipticCurvePublicKey:
    """The key of a compressed point."""
    if len(data) != 33:
        raise Refused("BadKey", "not a compressed point")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data)
    except ValueError:
        raise Refused("BadKey", "not a point of the curve P-256") from None


def body_digest(kind: str, body: bytes) -> bytes:
    """Digest B."""
    return sha256(DOMAINS[kind], body)


def message_digest(role: str, device: bytes, voucher: bytes, body: bytes) -> bytes:
    """Digest M; `role` is lender, escrow or proof."""
    return sha256(DOMAINS[role], ID.write(device), ID.write(voucher), body)


def same_message(role: str, body: bytes) -> bytes:
    return sha256({"lender": b"\1", "escrow": b"\2"}[role], body)[:16]


_PREHASHED = utils.Prehashed(hashes.SHA256())


def sign(key: ec.EllipticCurvePrivateKey, digest: bytes) -> bytes:
    der = key.sign(digest, ec.ECDSA(_PREHASHED, deterministic_signing=True))
    r, s = utils.decode_dss_signature(der)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def verify(public: bytes, digest: bytes, signature: bytes) -> None:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < P256_ORDER and 0 < s < P256_ORDER):
        raise Refused("BadSignature", "r or s is out of range")
    try:
        der = utils.encode_dss_signature(r, s)
        public_key(public).verify(der, digest, ec.ECDSA(_PREHASHED))
    except InvalidSignature:
        raise Refused("BadSignature", "forged, altered, or of another enrolment") from None


# ---- 2, 4 and 6: rules ------------------------------------------------------

_SPACE = {
    *range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B),
    0x2028, 0x2029, 0x202F, 0x205F, 0x3000,
}  # fmt: skip
_HARMFUL = {
    *range(0x00, 0x20), *range(0x7F, 0xA0), 0xAD, 0x34F, 0x61C, 0x180E, 0x200B,
    *range(0x2028, 0x202F), *range(0x2060, 0x2070), *range(0xFE00, 0xFE0F), 0xFEFF,
    *range(0xFFF0, 0xFFFC), *range(0xE0000, 0xE1000), *range(0xFDD0, 0xFDF0),
}  # fmt: skip
_LETTERS = set("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DIGITS = set("0123456789")


def is_space(character: str) -> bool:
    return ord(character) in _SPACE


def harmless(character: str) -> bool:
    code = ord(character)
    return code not in _HARMFUL and code & 0xFFFE != 0xFFFE


def check_contact(values: dict[str, Any]) -> None:
    """The rules of section 6; the first field that fails is named."""

    def bad(field: str) -> Refused:
        return Refused(f"BadContact({field})", "see section 6 of the protocol")

    name, phone = values["contact.name"], values["contact.phone"]
    if all(map(is_space, name)) or not all(map(harmless, name)):
        raise bad("Name")
    if not _DIGITS & set(phone) or not set(phone) <= _DIGITS | set(" +-()*#"):
        raise bad("Phone")
    if not all(map(harmless, values["contact.payment"])):
        raise bad("Payment")
    if not all(map(harmless, values["contact.note"])):
        raise bad("Note")
    amount = values["contact.amount"]
    if amount is not None and not set(amount["currency"]) <= _LETTERS:
        raise bad("Currency")
    allowed = _LETTERS | {letter.lower() for letter in _LETTERS} | _DIGITS | {"-"}
    if not set(values["contact.language"]) <= allowed:
        raise bad("Language")


def check_roles(lender: bytes, desk: bytes | None, escrow: bytes | None, oem: bytes) -> None:
    """Keys of different roles differ (2)."""
    pairs = [
        (lender, desk, "lender and desk"),
        (lender, escrow, "lender and escrow"),
        (lender, oem, "lender and OEM"),
        (desk, escrow, "desk and escrow"),
        (desk, oem, "desk and OEM"),
    ]
    for a, b, roles in pairs:
        if a is not None and b is not None and short(key_id(a)) == short(key_id(b)):
            raise Refused("KeysNotDistinct", f"{roles} have one key")


def check_voucher(values: dict[str, Any], oem: bytes, notice_min: int) -> None:
    """The rules of section 4, then that the keys are keys."""
    if values["notice"] < notice_min:
        raise Refused("NoticeTooShort", f"{values['notice']} s; at least {notice_min}")
    sunset = values["sunset"]
    if values["escrow"] is None and (sunset is None or sunset > SUNSET_MAX):
        raise Refused("NoWayOut", f"name an escrow key, or a sunset of at most {SUNSET_MAX} days")
    if values["usable"] >> USABLE_BITS:
        raise Refused("UnknownPolicy", f"usable has only {USABLE_BITS} bits")
    if values["hotline"] and values["desk"] is None:
        raise Refused("UnknownPolicy", "hotline codes need a desk key")
    check_roles(values["lender"], values["desk"], values["escrow"], oem)
    check_contact(values)
    for role in ("lender", "desk", "escrow"):
        if values[role] is not None:
            public_key(values[role])


# ---- 8: text form -----------------------------------------------------------

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def to_text(kind: str, data: bytes) -> str:
    bits = "".join(f"{value:08b}" for value in data)
    bits += "0" * (-len(bits) % 5)
    digits = (int(bits[i : i + 5], 2) for i in range(0, len(bits), 5))
    return PREFIXES[kind] + "".join(_ALPHABET[digit] for digit in digits)


def from_text(given: str) -> tuple[str, bytes]:
    """What a text carries: its kind, and `body ‖ signature`."""
    kept = (character for character in given if not is_space(character))
    whole = "".join(c.upper() if "a" <= c <= "z" else c for c in kept)
    for kind, prefix in PREFIXES.items():
        if whole.startswith(prefix):
            break
    else:
        raise Refused("Malformed", "the text does not begin with PAYLATCH1")
    values = []
    for character in whole[len(prefix) :]:
        if character not in _ALPHABET:
            raise Refused("Malformed", f"`{character}` is not in such a text")
        values.append(_ALPHABET.index(character))
    bits = "".join(f"{value:05b}" for value in values)
    size, left = divmod(len(bits), 8)
    if size > LONGEST:
        raise Refused("TooLong", f"{size} bytes; nothing has more than {LONGEST}")
    if left >= 5 or "1" in bits[size * 8 :]:
        raise Refused("Truncated", "characters are missing, or too many")
    return kind, bytes(int(bits[i * 8 : i * 8 + 8], 2) for i in range(size))
