//! Sizes, each with its derivation. Bytes unless said otherwise.

/// An ECDSA P-256 signature: `r ‖ s`, 32 bytes each, big-endian.
pub const SIGNATURE: usize = 64;
/// A P-256 public key, compressed (SEC 1, section 2.3.3): one tag byte and x.
pub const PUBLIC_KEY: usize = 33;
/// A SHA-256 digest; also a device id.
pub const DIGEST: usize = 32;
/// A caller's nonce in a request for a statement.
pub const NONCE: usize = 32;
/// The part of a device id or key id that a body carries.
pub const SHORT_ID: usize = 4;

/// Characters of one SMS in the GSM 7-bit alphabet (3GPP TS 23.038).
pub const SMS_CHARS: usize = 160;
/// Body of a lock, unlock or release: the most that keeps the text in one SMS.
/// `PAYLATCH1:` is 10 characters; 29 + 64 bytes are 149 characters of Base32.
pub const SHORT_BODY: usize = 29;

/// Lender's name, UTF-8.
pub const CONTACT_NAME: usize = 64;
/// Phone number: digits, space and `+-()*#`.
pub const CONTACT_PHONE: usize = 24;
/// Payment address (URL, account, wallet), UTF-8.
pub const CONTACT_PAYMENT: usize = 128;
/// Note to the owner, UTF-8.
pub const CONTACT_NOTE: usize = 192;
/// Language of the note, BCP 47.
pub const CONTACT_LANGUAGE: usize = 12;
/// A contact record at its largest: four texts with a length of 1 or 2 bytes,
/// the language with one, and an amount (1 + 10 bytes of varint + 3 of currency).
pub const CONTACT: usize = (1 + CONTACT_NAME)
    + (1 + CONTACT_PHONE)
    + (2 + CONTACT_PAYMENT)
    + (2 + CONTACT_NOTE)
    + (1 + 10 + 3)
    + (1 + CONTACT_LANGUAGE);

/// What every message's body begins with: version, short device id, short key id.
pub const HEADER: usize = 1 + SHORT_ID + SHORT_ID;
/// A `Rekey` body at its largest: header, date (5), command (1), sequence (7),
/// new lender key, new desk key (1 + 33), contact, and the new key's proof.
pub const REKEY_BODY: usize =
    HEADER + 5 + 1 + 7 + PUBLIC_KEY + (1 + PUBLIC_KEY) + CONTACT + SIGNATURE;
/// A voucher's body at its largest: version, device id, date (5), lender key,
/// desk and escrow keys (1 + 33 each), sunset (1 + 5), policy (5 + 1 + 3), contact.
pub const VOUCHER_BODY: usize =
    1 + DIGEST + 5 + PUBLIC_KEY + 2 * (1 + PUBLIC_KEY) + 6 + 9 + CONTACT;
/// The longest body of all.
pub const BODY: usize = if REKEY_BODY > VOUCHER_BODY { REKEY_BODY } else { VOUCHER_BODY };
/// The longest signed message of all: body and signature.
pub const MESSAGE: usize = BODY + SIGNATURE;
/// A statement's body: version, device id, nonce, state (5), flags (1), two
/// sequence numbers (7 each), voucher digest, two public keys, security version (5).
pub const STATEMENT_BODY: usize = 1 + DIGEST + NONCE + 5 + 1 + 2 * 7 + DIGEST + 2 * PUBLIC_KEY + 5;
/// A statement with its signature.
pub const STATEMENT: usize = STATEMENT_BODY + SIGNATURE;
/// A certificate's body: version, device id, date (5), two public keys.
pub const CERTIFICATE_BODY: usize = 1 + DIGEST + 5 + 2 * PUBLIC_KEY;

/// Rekeys that fault recovery takes in one request.
pub const RECOVERY_REKEYS: usize = 4;
/// The longest request: recovery, a voucher, its rekeys and a release, each
/// with a length of 2 bytes, the request's own byte and the list's length.
pub const REQUEST: usize = 2 + (2 + RECOVERY_REKEYS) * (2 + MESSAGE);
/// The longest reply, with room to spare: a contact record or a statement with
/// keys and two levels of enum bytes.
pub const REPLY: usize = 640;

/// The last events that a device remembers.
pub const EVENTS: usize = 8;

/// Sequence numbers stay below this.
pub const SEQUENCE_END: u64 = 1 << 48;
/// A sequence number may not be further than this above the last one, so that
/// no message can use the numbers up.
pub const SEQUENCE_JUMP: u64 = 1 << 32;

/// Seconds in a day of use.
pub const DAY: u64 = 86_400;
/// The latest sunset that counts as a way out by itself, in days of use: ten years of
/// them. A later one needs an escrow beside it.
pub const SUNSET_MAX: u32 = 3_650;
/// How long a notice allows a lock after its policy time has run, in seconds of use.
pub const NOTICE_WINDOW: u64 = 30 * DAY;
/// Uptime is stored at most this often while something is pending, in seconds;
/// an unclean end is charged as much.
pub const UPTIME_STEP: u64 = 15 * 60;
/// How long after a wrong hotline code the next one may be tried, in seconds of use; twice
/// as long after each further one.
pub const HOTLINE_WAIT: u64 = 60;
/// The longest such wait, in seconds of use: some 8,770 tries in a year of it, and six more
/// for each message of the lender's but contacts.
pub const HOTLINE_WAIT_MAX: u64 = 60 * 60;
/// The least notice time of a development build, in seconds of use.
pub const NOTICE_MIN_DEVELOPMENT: u32 = 2;
/// The least notice time of a release build, in seconds of use: three days.
pub const NOTICE_MIN_RELEASE: u32 = 3 * DAY as u32;

/// Length in characters of `bytes` bytes in the text form with `prefix` characters before.
pub const fn armoured(prefix: usize, bytes: usize) -> usize {
    prefix + (bytes * 8).div_ceil(5)
}

const _: () = assert!(armoured(crate::armour::PREFIX_MESSAGE.len(), SHORT_BODY + SIGNATURE) == 159);
const _: () =
    assert!(armoured(crate::armour::PREFIX_MESSAGE.len(), SHORT_BODY + 1 + SIGNATURE) > SMS_CHARS);
const _: () = assert!(STATEMENT < REPLY && CONTACT + 16 < REPLY);
