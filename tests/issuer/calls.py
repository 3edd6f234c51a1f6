"""Requests and replies of CALL, written from docs/protocol.md, section 13."""

from __future__ import annotations

from typing import Any

import wire
from wire import BOOL, ID, KEY, SHORT_ID, STATES, U16, U32, U64, Fields, Form, Reader


def record(fields: Fields) -> Form:
    def write(values: dict[str, Any]) -> bytes:
        return b"".join(form.write(values[name]) for name, form in fields)

    return Form(write, lambda reader: {name: form.read(reader) for name, form in fields})


def listed(form: Form, most: int) -> Form:
    def write(values: list[Any]) -> bytes:
        return wire.varint(len(values)) + b"".join(map(form.write, values))

    def read(reader: Reader) -> list[Any]:
        count = reader.varint(64)
        if count > most:
            raise wire.Refused("Malformed", f"a list of {count} where {most} fit")
        return [form.read(reader) for _ in range(count)]

    return Form(write, read)


def choice(variants: list[tuple[str, Form]]) -> Form:
    """An enum: the variant's number, then its fields."""
    numbers = {name: number for number, (name, _) in enumerate(variants)}

    def write(value: tuple[str, Any]) -> bytes:
        number = numbers[value[0]]
        return wire.varint(number) + variants[number][1].write(value[1])

    def read(reader: Reader) -> tuple[str, Any]:
        number = reader.varint(32)
        if number >= len(variants):
            raise wire.Refused("Malformed", f"no variant {number}")
        name, form = variants[number]
        return name, form.read(reader)

    return Form(write, read)


def names(*words: str) -> Form:
    return wire.named({word: number for number, word in enumerate(words)})


DATA = Form(lambda data: wire.varint(len(data)) + data, lambda r: r.take(r.varint(64)))
NOTHING = record([])
STATE = wire.named(STATES)
CONTACT = record(wire.CONTACT)
CONTACT_FIELD = names("Name", "Phone", "Payment", "Note", "Currency", "Language")
WITHIN = {"BadContact": CONTACT_FIELD, "MistypedCode": names("First", "Second")}
REFUSAL = choice(
    [
        (name, WITHIN.get(name, NOTHING))
        for name in (
            "Truncated TrailingBytes TooLong Malformed UnknownVersion UnknownCommand OtherDevice "
            "OtherSigner BadSignature Stale Conflict SequenceJump NotEnrolled AlreadyEnrolled "
            "Released NoNotice NoticeStillRuns EscrowReleasesOnly ZeroTime NoticeTooShort "
            "NoWayOut UnknownPolicy KeysNotDistinct BadKey BadProof BadContact Fault NotStored "
            "NotAvailable NoHotline NotLocked MistypedCode TooEarly WrongCode"
        ).split()
    ]
)
EVENT = names(
    "Enrolled", "Sealed", "NoticeGiven", "Locked", "Unlocked", "UnlockedFor", "ReleasedByLender",
    "ReleasedByEscrow", "ReleasedBySunset", "Rekeyed", "ContactChanged", "PowerCut",
    "UnlockedByCode",
)  # fmt: skip
ENROLMENT = record(
    [
        ("voucher", ID),
        ("lender", SHORT_ID),
        ("escrow", wire.optional(SHORT_ID)),
        ("sequence", U64),
        ("contact_sequence", U64),
        ("reason", wire.optional(wire.named(wire.REASONS))),
        ("notice_runs", wire.optional(record([("lock_in", U64), ("ends_in", U64)]))),
        ("deadline_in", wire.optional(U64)),
        ("sunset_in", wire.optional(U64)),
        ("notice", U32),
        ("hotline", BOOL),
        ("usable", U16),
        ("codes", wire.optional(record([("challenge", U32), ("wait", U64), ("tried", U32)]))),
    ]
)
REQUEST = choice(
    [
        ("Identity", NOTHING),
        ("Enrol", record([("nonce", ID), ("voucher", DATA)])),
        ("Seal", record([("nonce", ID), ("seal", DATA)])),
        ("Apply", record([("message", DATA)])),
        ("Recover", record([("voucher", DATA), ("rekeys", listed(DATA, 4)), ("release", DATA)])),
        ("Attest", record([("nonce", ID)])),
        ("Status", NOTHING),
        ("Contact", NOTHING),
        ("History", NOTHING),
        ("Tick", NOTHING),
        ("Shutdown", NOTHING),
        ("GoodBoot", NOTHING),
        ("Hotline", record([("first", U32), ("second", U32)])),
    ]
)
IDENTITY = record(
    [
        ("device", ID),
        ("oem", KEY),
        ("notice_min", U32),
        ("security_version", U32),
        ("keys", wire.optional(record([("signing", KEY), ("agreement", KEY)]))),
    ]
)
DONE = record(
    [
        ("outcome", names("Applied", "AlreadyApplied", "ReleasedUntilPowerOff")),
        ("state", STATE),
        ("statement", wire.optional(DATA)),
    ]
)
STATUS = record(
    [
        ("state", STATE),
        ("detail", U32),
        ("device", wire.optional(ID)),
        ("uptime", U64),
        ("enrolment", wire.optional(ENROLMENT)),
    ]
)
REPLY = choice(
    [
        ("Refused", REFUSAL),
        ("Identity", IDENTITY),
        ("Done", DONE),
        ("Statement", DATA),
        ("Status", STATUS),
        ("Contact", CONTACT),
        ("History", listed(record([("kind", EVENT), ("uptime", U32)]), 8)),
    ]
)
LONGEST_REQUEST = 3968


def read(form: Form, data: bytes) -> Any:
    """Reads one value, which has to fill `data`."""
    reader = Reader(data)
    value = form.read(reader)
    if reader.at < len(data):
        raise wire.Refused("TrailingBytes", f"{len(data) - reader.at} bytes too many")
    return value


def read_request(data: bytes) -> Any:
    if len(data) > LONGEST_REQUEST:
        raise wire.Refused("TooLong", f"{len(data)} bytes")
    return read(REQUEST, data)
