//! What is handed to phones: rightly signed, forged, and what needs no signature.

use std::collections::HashSet;

use heapless::Vec as BoundedVec;
use paylatch_proto::api::Request;
use paylatch_proto::bytes::Bytes;
use paylatch_proto::limits::{DAY, REQUEST, SIGNATURE};
use paylatch_proto::message::Command;
use paylatch_proto::sign;
use paylatch_proto::state::Reason;
use paylatch_rig::bench::{
    BUYER, ESCROW, Enrolment, LENDER, NOTICE, OTHER_PHONE, PHONE, STRANGER, contact, seal,
};

/// What is handed to the phones of an enrolment.
pub struct Requests {
    /// The requests' bytes.
    pub all: Vec<Vec<u8>>,
    /// The bodies that somebody with a say has signed, for any of these phones.
    pub signed: HashSet<Vec<u8>>,
}

/// A request's bytes.
///
/// # Panics
/// When it is longer than any can be.
pub fn bytes_of(request: &Request) -> Vec<u8> {
    postcard::to_slice(request, &mut [0; REQUEST]).expect("a request has room").to_vec()
}

/// A text without its signature.
pub fn body_of(text: &[u8]) -> &[u8] {
    &text[..text.len().saturating_sub(SIGNATURE)]
}

/// Makes them.
///
/// # Panics
/// When one has no room.
pub fn of(enrolment: &Enrolment) -> Requests {
    let nonce = Bytes([0x5a; 32]);
    let another = Enrolment::new(&PHONE, true, Some(4_711));
    let elsewhere = Enrolment::new(&OTHER_PHONE, true, None);
    let reason = Reason::ReportedStolen;
    let orders = [
        Command::Notice { sequence: 1 },
        Command::Lock { sequence: 2, reason: Reason::PaymentOverdue },
        Command::Unlock { sequence: 3 },
        Command::UnlockFor { sequence: 3, seconds: NOTICE },
        Command::UnlockFor { sequence: 5, seconds: DAY as u32 },
        Command::Notice { sequence: 5 },
        Command::Lock { sequence: 6, reason },
        Command::Unlock { sequence: 1 << 32 },
        Command::Contact { sequence: 1, contact: contact(1) },
        Command::Contact { sequence: 2, contact: contact(2) },
    ];
    let mut right: Vec<Vec<u8>> =
        orders.iter().map(|order| enrolment.message(LENDER, order.clone())).collect();
    right.push(enrolment.rekey(4));
    right.extend([LENDER, ESCROW, BUYER].map(|key| enrolment.release(key)));
    // Of a phone that was sold.
    right.push(enrolment.message(BUYER, Command::Unlock { sequence: 7 }));
    let mut wrong: Vec<Vec<u8>> = [STRANGER, ESCROW]
        .into_iter()
        .map(|key| enrolment.message(key, Command::Unlock { sequence: 8 }))
        .collect();
    // By a stranger in the lender's name.
    let body = enrolment.body(LENDER, None, 0, Command::Unlock { sequence: 8 });
    wrong.push(enrolment.signed(STRANGER, sign::LENDER, &body));
    wrong.extend([another.release(LENDER), elsewhere.release(LENDER)]);

    let mut signed: HashSet<Vec<u8>> =
        right.iter().map(|message| body_of(message).to_vec()).collect();
    let (voucher, release) = (&*enrolment.voucher, enrolment.release(ESCROW));
    let (sale, by_buyer) = (enrolment.rekey(4), enrolment.release(BUYER));
    let (a_seal, other_seal) = (seal(&PHONE), seal(&OTHER_PHONE));
    signed.extend([voucher, &*another.voucher, &a_seal].map(|text| body_of(text).to_vec()));
    let recover = |rekeys: &[&[u8]], release| {
        let rekeys = BoundedVec::from_slice(rekeys).expect("few rekeys");
        bytes_of(&Request::Recover { voucher, rekeys, release })
    };
    let mut all: Vec<Vec<u8>> =
        right.iter().chain(&wrong).map(|message| bytes_of(&Request::Apply(message))).collect();
    all.extend([
        bytes_of(&Request::Enrol { nonce, voucher }),
        bytes_of(&Request::Enrol { nonce, voucher: &another.voucher }),
        bytes_of(&Request::Enrol { nonce, voucher: &elsewhere.voucher }),
        bytes_of(&Request::Seal { nonce, seal: &a_seal }),
        bytes_of(&Request::Seal { nonce, seal: &other_seal }),
        recover(&[], &*release),
        recover(&[&sale], &by_buyer),
        bytes_of(&Request::Identity),
        bytes_of(&Request::Attest { nonce }),
        bytes_of(&Request::Status),
        bytes_of(&Request::Contact),
        bytes_of(&Request::History),
        bytes_of(&Request::Tick),
        bytes_of(&Request::Shutdown),
        bytes_of(&Request::GoodBoot),
    ]);
    Requests { all, signed }
}
