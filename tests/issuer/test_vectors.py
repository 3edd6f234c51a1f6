#!/usr/bin/env python3
"""This issuer against tests/vectors: the same bytes, the same refusals."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any, Callable

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import calls
import hotline
import issuer
import verify
import wire

HERE = Path(__file__).resolve().parent
VECTORS = HERE.parent / "vectors"


def read(name: str) -> Any:
    return json.loads((VECTORS / name).read_text())


KEYS = read("keys.json")
ACCEPTED = read("accepted.json")
REFUSED = read("refused.json")
BY_NAME = {vector["name"]: vector for vector in ACCEPTED}
PRIVATE = {
    key["name"]: ec.derive_private_key(int(key["private"], 16), ec.SECP256R1())
    for key in KEYS["keys"]
}
PUBLIC = {key["name"]: bytes.fromhex(key["public"]) for key in KEYS["keys"]}
DEVICES = {device["name"]: device for device in KEYS["devices"]}
OEM = PUBLIC[KEYS["oem"]]
BYTES_FIELDS = {
    "device", "signer", "lender", "desk", "escrow", "proof", "nonce", "voucher", "signing",
    "agreement",
}  # fmt: skip


def values_of(vector: dict[str, Any]) -> dict[str, Any]:
    """The fields, as the issuer takes them."""
    values = {item["field"]: item["value"] for item in vector["items"]}
    for name in BYTES_FIELDS & values.keys():
        values[name] = values[name] and bytes.fromhex(values[name])
    return values


def data_of(vector: dict[str, Any]) -> bytes:
    return bytes.fromhex(vector["body"] + vector["signature"])


def role_of(vector: dict[str, Any]) -> str:
    return "escrow" if vector["signer"] == "escrow" else "lender"


def digest_of(vector: dict[str, Any], body: bytes) -> bytes:
    if vector["kind"] != "message":
        return wire.body_digest(vector["kind"], body)
    device = bytes.fromhex(DEVICES[vector["device"]]["id"])
    enrolment = issuer.voucher_digest(data_of(BY_NAME[vector["enrolment"]]))
    return wire.message_digest(role_of(vector), device, enrolment, body)


class Identities(unittest.TestCase):
    def test_keys(self) -> None:
        for key in KEYS["keys"]:
            public = wire.public_bytes(PRIVATE[key["name"]].public_key())
            self.assertEqual(public.hex(), key["public"])
            self.assertEqual(wire.key_id(public).hex(), key["id"])

    def test_devices(self) -> None:
        for device in KEYS["devices"]:
            self.assertEqual(wire.device_id(bytes.fromhex(device["secret"])).hex(), device["id"])


class Accepted(unittest.TestCase):
    def each(self, check: Callable[[dict[str, Any]], None], *kinds: str) -> None:
        found = [v for v in ACCEPTED if not kinds or v["kind"] in kinds]
        self.assertTrue(found)
        for vector in found:
            with self.subTest(vector["name"]):
                check(vector)

    def test_bodies_are_the_same(self) -> None:
        def check(vector: dict[str, Any]) -> None:
            if vector["canonical"]:
                body = wire.encode(vector["kind"], values_of(vector))
                self.assertEqual(body.hex(), vector["body"])

        self.each(check)

    def test_bodies_are_read(self) -> None:
        def check(vector: dict[str, Any]) -> None:
            values, body, signature = wire.decode(vector["kind"], data_of(vector))
            self.assertEqual(values, values_of(vector))
            self.assertEqual(body.hex(), vector["body"])
            self.assertEqual(signature.hex(), vector["signature"])

        self.each(check)

    def test_digests(self) -> None:
        def check(vector: dict[str, Any]) -> None:
            body = bytes.fromhex(vector["body"])
            self.assertEqual(digest_of(vector, body).hex(), vector["digest"])
            if "same_message" in vector:
                same = wire.same_message(role_of(vector), body)
                self.assertEqual(same.hex(), vector["same_message"])

        self.each(check)

    def test_signatures_verify(self) -> None:
        def check(vector: dict[str, Any]) -> None:
            signer = vector["signer"]
            public = PUBLIC.get(signer) or bytes.fromhex(DEVICES[signer]["signing"])
            digest, signature = bytes.fromhex(vector["digest"]), bytes.fromhex(vector["signature"])
            wire.verify(public, digest, signature)
            digest = bytes([digest[0] ^ 1]) + digest[1:]
            with self.assertRaisesRegex(wire.Refused, "BadSignature"):
                wire.verify(public, digest, signature)

        self.each(check)

    def test_proofs_verify(self) -> None:
        rekeys = [v for v in ACCEPTED if "proof_digest" in v]
        self.assertTrue(rekeys)
        for vector in rekeys:
            values = values_of(vector)
            device = bytes.fromhex(DEVICES[vector["device"]]["id"])
            enrolment = bytes.fromhex(BY_NAME[vector["enrolment"]]["digest"])
            covered = bytes.fromhex(vector["body"])[: -wire.SIGNATURE]
            digest = wire.message_digest("proof", device, enrolment, covered)
            self.assertEqual(digest.hex(), vector["proof_digest"])
            wire.verify(values["lender"], digest, values["proof"])

    def test_oem_issues_the_same(self) -> None:
        def check(vector: dict[str, Any]) -> None:
            values = values_of(vector)
            if vector["kind"] == "voucher":
                made = issuer.voucher(PRIVATE["oem"], values, KEYS["notice_min"])
            else:
                made = issuer.signed_by_oem(PRIVATE["oem"], vector["kind"], values)
            self.assertEqual(made.hex(), data_of(vector).hex())

        self.each(check, "voucher", "seal", "certificate")

    def test_lender_and_escrow_issue_the_same(self) -> None:
        public = {data: name for name, data in PUBLIC.items()}

        def check(vector: dict[str, Any]) -> None:
            if not vector["canonical"]:
                return
            values = values_of(vector)
            new = PRIVATE[public[values["lender"]]] if values["command"] == "Rekey" else None
            made = issuer.message(
                PRIVATE[vector["signer"]],
                role_of(vector),
                bytes.fromhex(DEVICES[vector["device"]]["id"]),
                bytes.fromhex(BY_NAME[vector["enrolment"]]["digest"]),
                values["issued_at"],
                values["command"],
                {name: values[name] for name, _ in wire.COMMAND_FIELDS[values["command"]]},
                new,
            )
            self.assertEqual(made.hex(), data_of(vector).hex())

        self.each(check, "message")

    def test_texts(self) -> None:
        def check(vector: dict[str, Any]) -> None:
            self.assertEqual(wire.to_text(vector["kind"], data_of(vector)), vector["text"])
            self.assertEqual(wire.from_text(vector["text"]), (vector["kind"], data_of(vector)))

        self.each(check)
        for text in read("texts.json"):
            with self.subTest(text["name"]):
                carried = BY_NAME[text["carries"]]
                self.assertEqual(wire.from_text(text["text"])[1], data_of(carried))

    def test_short_messages_fit_one_sms(self) -> None:
        def check(vector: dict[str, Any]) -> None:
            if values_of(vector)["command"] not in ("Rekey", "Contact"):
                self.assertLessEqual(len(vector["text"]), 160)

        self.each(check, "message")


class Devices(unittest.TestCase):
    """Statements with their certificates."""

    def verify(self, statement: str, certificate: str, **expected: bytes) -> dict[str, Any]:
        pair = data_of(BY_NAME[certificate]), data_of(BY_NAME[statement])
        return verify.verify_device(OEM, *pair, **expected)

    def test_states(self) -> None:
        certificates = {"phone": "certificate", "phone-2": "certificate-sealed"}
        statements = [v for v in ACCEPTED if v["kind"] == "statement"]
        self.assertEqual(len(statements), 4)
        for vector in statements:
            nonce = bytes.fromhex(vector["nonce"])
            stated = self.verify(vector["name"], certificates[vector["device"]], nonce=nonce)
            self.assertEqual(stated["state"].lower(), {
                "statement-unlocked": "unlocked",
                "statement-locked": "locked",
                "statement-released": "released",
                "statement-sealed": "released",
            }[vector["name"]])

    def test_what_does_not_fit_together(self) -> None:
        with self.assertRaisesRegex(wire.Refused, "OtherSigner"):
            self.verify("statement-unlocked", "certificate-sealed")
        with self.assertRaisesRegex(wire.Refused, "another question"):
            self.verify("statement-unlocked", "certificate", nonce=bytes(32))
        with self.assertRaisesRegex(wire.Refused, "another voucher"):
            self.verify("statement-unlocked", "certificate", voucher=bytes(32))

    def test_another_oem(self) -> None:
        pair = data_of(BY_NAME["certificate"]), data_of(BY_NAME["statement-unlocked"])
        with self.assertRaisesRegex(wire.Refused, "BadSignature"):
            verify.verify_device(PUBLIC["stranger"], *pair)

    def test_an_altered_state(self) -> None:
        values, body, signature = wire.decode("statement", data_of(BY_NAME["statement-locked"]))
        altered = wire.encode("statement", {**values, "state": "Released"}) + signature
        with self.assertRaisesRegex(wire.Refused, "BadSignature"):
            verify.verify_device(OEM, data_of(BY_NAME["certificate"]), altered)
        unknown = wire.encode("statement", {**values, "flags": 2}) + signature
        with self.assertRaisesRegex(wire.Refused, "flags"):
            verify.verify_device(OEM, data_of(BY_NAME["certificate"]), unknown)


class Refusals(unittest.TestCase):
    def check(self, vector: dict[str, Any]) -> None:
        """All that can be found out without a device's state."""
        data = bytes.fromhex(vector["bytes"])
        values, body, signature = wire.decode(vector["kind"], data)
        device = bytes.fromhex(DEVICES[vector["device"]]["id"])
        if vector["kind"] != "message":
            if values["device"] != device:
                raise wire.Refused("OtherDevice")
            wire.verify(OEM, wire.body_digest(vector["kind"], body), signature)
            if vector["kind"] == "voucher":
                wire.check_voucher(values, OEM, KEYS["notice_min"])
            return
        if values["device"] != wire.short(device):
            raise wire.Refused("OtherDevice")
        enrolled = [step["take"] for step in vector["before"] if "take" in step][:1]
        if not enrolled:
            return
        voucher = BY_NAME[enrolled[0]]
        terms, enrolment = values_of(voucher), bytes.fromhex(voucher["digest"])
        lender = terms["lender"]
        for step in vector["before"]:
            if step.get("take") == "rekey":
                lender = values_of(BY_NAME["rekey"])["lender"]
        if values["signer"] == wire.short(wire.key_id(lender)):
            role, key = "lender", lender
        elif terms["escrow"] and values["signer"] == wire.short(wire.key_id(terms["escrow"])):
            role, key = "escrow", terms["escrow"]
            if values["command"] != "Release":
                raise wire.Refused("EscrowReleasesOnly")
        else:
            raise wire.Refused("OtherSigner")
        wire.verify(key, wire.message_digest(role, device, enrolment, body), signature)
        if values["command"] == "UnlockFor" and values["seconds"] == 0:
            raise wire.Refused("ZeroTime")
        if values["command"] == "Rekey":
            wire.public_key(values["lender"])
            if values["desk"]:
                wire.public_key(values["desk"])
            wire.check_roles(values["lender"], values["desk"], terms["escrow"], OEM)
            wire.check_contact(values)
            digest = wire.message_digest("proof", device, enrolment, body[: -wire.SIGNATURE])
            try:
                wire.verify(values["lender"], digest, values["proof"])
            except wire.Refused:
                raise wire.Refused("BadProof") from None
        if values["command"] == "Contact":
            wire.check_contact(values)

    def test_forms(self) -> None:
        found = [v for v in REFUSED if v["by"] == "form"]
        self.assertGreater(len(found), 20)
        for vector in found:
            with self.subTest(vector["name"]), self.assertRaises(wire.Refused) as caught:
                wire.decode(vector["kind"], bytes.fromhex(vector["bytes"]))
            self.assertEqual(caught.exception.name, vector["refusal"], vector["name"])

    def test_rules(self) -> None:
        of_state = {
            "Stale", "Conflict", "SequenceJump", "NotEnrolled", "AlreadyEnrolled", "Released",
            "NoNotice", "NoticeStillRuns",
        }  # fmt: skip
        for vector in REFUSED:
            with self.subTest(vector["name"]):
                if vector["refusal"] in of_state:
                    self.check(vector)
                else:
                    with self.assertRaises(wire.Refused) as caught:
                        self.check(vector)
                    self.assertEqual(caught.exception.name, vector["refusal"])

    def test_texts(self) -> None:
        for text in read("bad-texts.json"):
            with self.subTest(text["name"]), self.assertRaises(wire.Refused) as caught:
                wire.from_text(text["text"])
            self.assertEqual(caught.exception.name, text["refusal"], text["name"])


class Calls(unittest.TestCase):
    """Requests and replies of CALL."""

    def setUp(self) -> None:
        self.calls = read("calls.json")
        self.assertGreater(len(self.calls), 30)

    def test_requests(self) -> None:
        seen = set()
        for call in self.calls:
            data = bytes.fromhex(call["request"])
            with self.subTest(call["name"]):
                if call["name"].startswith("call-"):
                    with self.assertRaises(wire.Refused) as caught:
                        calls.read_request(data)
                    reply = calls.read(calls.REPLY, bytes.fromhex(call["reply"]))
                    self.assertEqual(reply, ("Refused", (caught.exception.name, {})))
                else:
                    request = calls.read_request(data)
                    seen.add(request[0])
                    self.assertEqual(calls.REQUEST.write(request).hex(), call["request"])
        self.assertEqual(len(seen), 13)

    def test_replies(self) -> None:
        seen = set()
        for call in self.calls:
            with self.subTest(call["name"]):
                name, reply = calls.read(calls.REPLY, bytes.fromhex(call["reply"]))
                seen.add(name)
                self.assertEqual(calls.REPLY.write((name, reply)).hex(), call["reply"])
                if name in ("Done", "Status"):
                    self.assertEqual(wire.STATES[reply["state"]], call["state"][0])
                if name == "Status":
                    self.assertEqual(reply["detail"], call["state"][1])
        self.assertEqual(len(seen), 7)

    def test_what_they_say(self) -> None:
        replies = {
            call["name"]: calls.read(calls.REPLY, bytes.fromhex(call["reply"]))[1]
            for call in self.calls
        }
        states = {call["name"]: call["state"] for call in self.calls}
        voucher = BY_NAME["voucher"]
        enrolled = replies["status-notice"]["enrolment"]
        self.assertEqual(enrolled["voucher"].hex(), voucher["digest"])
        self.assertEqual(enrolled["notice_runs"], {"lock_in": 255_600, "ends_in": 2_847_600})
        self.assertEqual(states["status-notice"][2:], [255_600, 1 << 16 | 9])
        self.assertEqual(replies["status-deadline"]["enrolment"]["deadline_in"], 82_800)
        self.assertEqual(replies["status-locked"]["enrolment"]["reason"], "PaymentOverdue")
        self.assertEqual(states["status-locked"][1], 1)
        self.assertEqual(states["status-deadline-passed"][1], 0x200)
        self.assertEqual(replies["status-sunset"]["state"], "Released")
        cut = replies["status-power-cut"]
        self.assertEqual(cut["uptime"], 1_800)
        self.assertEqual(cut["enrolment"]["sunset_in"], 1_000 * 86_400 - 1_800)
        kinds = [event["kind"] for event in replies["history"]]
        self.assertEqual(kinds, ["Enrolled", "NoticeGiven", "Locked"])
        contact = {name: values_of(voucher)[name] for name, _ in wire.CONTACT}
        self.assertEqual(replies["contact-call"], contact)
        statement = replies["enrol"]["statement"]
        self.assertEqual(verify.verify_statement(statement)["state"], "Unlocked")


class Hotline(unittest.TestCase):
    """Codes of the lender's desk."""

    def setUp(self) -> None:
        self.vectors = read("hotline.json")

    def test_codes(self) -> None:
        self.assertGreaterEqual(len(self.vectors["codes"]), 12)
        for vector in self.vectors["codes"]:
            with self.subTest(vector["code"]):
                device = DEVICES[vector["device"]]
                agreement = bytes.fromhex(device["agreement"])
                shared = hotline.agree(PRIVATE[vector["desk"]], agreement)
                self.assertEqual(shared.hex(), vector["shared"])
                challenge = hotline.challenge_of(vector["challenge"])
                action = vector["action"]
                made = hotline.code(shared, bytes.fromhex(device["id"]), challenge, action)
                self.assertEqual(made, vector["code"])
                self.assertEqual(hotline.SECONDS[action], vector["seconds"])
                self.assertIsNone(hotline.slip(made))

    def test_slips(self) -> None:
        for vector in self.vectors["mistyped"]:
            self.assertEqual(hotline.slip(vector["code"]), vector["group"], vector["code"])
        for challenge in self.vectors["misheard"]:
            with self.assertRaises(wire.Refused):
                hotline.challenge_of(challenge)

    def test_what_a_device_takes(self) -> None:
        by_name = {call["name"]: call for call in read("calls.json")}

        def reply(name: str) -> Any:
            return calls.read(calls.REPLY, bytes.fromhex(by_name[name]["reply"]))[1]

        device = DEVICES["phone"]
        shared = hotline.agree(PRIVATE["desk"], bytes.fromhex(device["agreement"]))
        shown = f"{reply('status-locked')['enrolment']['codes']['challenge']:09}"
        challenge = hotline.challenge_of(shown)
        code = hotline.code(shared, bytes.fromhex(device["id"]), challenge, 1)
        _, groups = calls.read_request(bytes.fromhex(by_name["hotline"]["request"]))
        self.assertEqual(f"{groups['first']:06} {groups['second']:06}", code)
        self.assertEqual(reply("hotline")["state"], "Unlocked")
        for name, refusal in {
            "hotline-wrong": "WrongCode", "hotline-early": "TooEarly",
            "hotline-twice": "WrongCode", "hotline-unlocked": "NotLocked",
            "hotline-sold": "NoHotline", "hotline-fault": "Fault",
        }.items():  # fmt: skip
            self.assertEqual(reply(name)[0], refusal, name)
        self.assertEqual(reply("hotline-slip-second"), ("MistypedCode", "Second"))
        waits = reply("status-hotline")["enrolment"]["codes"]
        self.assertEqual((waits["wait"], waits["tried"]), (20, 1))


class Characters(unittest.TestCase):
    """Every code point there is."""

    def ranges(self, belongs: Callable[[str], bool]) -> list[list[str]]:
        found: list[list[int]] = []
        for code in range(0x110000):
            if 0xD800 <= code < 0xE000 or not belongs(chr(code)):
                continue
            if found and found[-1][1] == code - 1:
                found[-1][1] = code
            else:
                found.append([code, code])
        return [[f"{code:04X}" for code in pair] for pair in found]

    def test_refused_ones(self) -> None:
        refused = self.ranges(lambda character: not wire.harmless(character))
        self.assertEqual(refused, read("characters.json")["refused"])

    def test_white_space(self) -> None:
        self.assertEqual(self.ranges(wire.is_space), read("characters.json")["white_space"])


class CommandLine(unittest.TestCase):
    """The programs, with keys in files."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for name, key in PRIVATE.items():
            private = key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            (self.folder / f"{name}.pem").write_bytes(private)
            public = key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            (self.folder / f"{name}.pub.pem").write_bytes(public)

    def run_program(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(HERE / program), *words]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True)

    def text(self, *words: str) -> str:
        done = self.run_program("issuer.py", *words)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.strip()

    CONTACT = (
        "--name", "Acme Credit", "--phone", "+1 (555) 010-0199", "--payment",
        "https://pay.example/4711", "--note", "We are open Mo-Fr 9-17 h.", "--amount", "4200",
        "--currency", "USD", "--language", "en",
    )  # fmt: skip
    DATE = ("--issued-at", "1767225600")

    def test_the_vectors_again(self) -> None:
        device = DEVICES["phone"]["id"]
        voucher = self.text(
            "voucher", "--key", "oem.pem", "--device", device, "--lender", "lender.pub.pem",
            "--desk", "desk.pub.pem", "--escrow", "escrow.pub.pem", "--sunset", "1000",
            "--notice", "259200", "--hotline", "--usable", "9", *self.CONTACT, *self.DATE,
        )  # fmt: skip
        self.assertEqual(voucher, BY_NAME["voucher"]["text"])
        (self.folder / "voucher.txt").write_text(voucher + "\n")
        seal = self.text(
            "seal", "--key", "oem.pem", "--device", DEVICES["phone-2"]["id"], *self.DATE
        )
        self.assertEqual(seal, BY_NAME["seal"]["text"])
        common = ("--voucher", "@voucher.txt", *self.DATE)
        lender = ("--key", "lender.pem", *common)
        for name, words in {
            "notice": ("notice", *lender, "--sequence", "1"),
            "lock": ("lock", *lender, "--sequence", "2"),
            "unlock": ("unlock", *lender, "--sequence", "3"),
            "unlock-for": ("unlockfor", *lender, "--sequence", "3", "--seconds", "86400"),
            "release": ("release", *lender),
            "release-escrow": ("release", "--key", "escrow.pem", "--escrow", *common),
            "contact-locked": ("contact", *lender, "--sequence", "1", *self.CONTACT),
            "rekey-no-desk": (
                "rekey", *lender, "--sequence", "2", "--new-key", "lender-2.pem", *self.CONTACT,
            ),
        }.items():
            with self.subTest(name):
                self.assertEqual(self.text(*words), BY_NAME[name]["text"])
        statement = BY_NAME["statement-unlocked"]
        question = ("--statement", statement["text"], "--nonce", statement["nonce"])
        certificate = self.text("certificate", "--key", "oem.pem", *question, *self.DATE)
        self.assertEqual(certificate, BY_NAME["certificate"]["text"])
        words = ("--oem", "oem.pub.pem", "--certificate", certificate, *question)
        done = self.run_program("verify.py", *words)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(json.loads(done.stdout)["state"], "Unlocked")

    def test_bad_input_gets_one_line(self) -> None:
        (self.folder / "voucher.txt").write_text(BY_NAME["voucher"]["text"])
        lender = ("--key", "lender.pem", "--voucher", "@voucher.txt")
        for words, expected in [
            (("seal", "--key", "none.pem", "--device", "00" * 32), "none.pem"),
            (("seal", "--key", "oem.pub.pem", "--device", "00" * 32), "not a private key"),
            (("unlockfor", *lender, "--sequence", "1", "--seconds", "0"), "ZeroTime"),
            (("unlock", *lender, "--sequence", "0"), "SequenceJump"),
            (("unlock", "--key", "lender.pem", "--voucher", "PAYLATCH1:M", "--sequence", "1"),
             "Truncated"),
            (("contact", *lender, "--sequence", "1", "--name", "A\u202eB", "--phone", "1"),
             "BadContact(Name)"),
        ]:  # fmt: skip
            with self.subTest(words):
                done = self.run_program("issuer.py", *words)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
                self.assertIn(expected, done.stderr)


if __name__ == "__main__":
    unittest.main()
