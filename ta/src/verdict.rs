//! Good or bad, as words that no flipped bit turns into each other.

/// What a check came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Verdict {
    /// It holds.
    Good = 0x35a9_4be2,
    /// It does not.
    Bad = 0xca56_b41d,
}

impl Verdict {
    /// Of a comparison.
    pub fn of(holds: bool) -> Verdict {
        if holds { Verdict::Good } else { Verdict::Bad }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use paylatch_proto::state::State;
    use std::vec;

    /// The words that decide: verdicts, `STATE`'s codes, and those that mean nothing.
    #[test]
    fn words_that_decide_are_far_apart() {
        let mut words = vec![0, 1, u32::MAX, Verdict::Good as u32, Verdict::Bad as u32];
        words.extend(State::ALL.map(State::code));
        let mut pairs = 0;
        for (i, a) in words.iter().enumerate() {
            for b in &words[i + 1..] {
                // Of the three that mean nothing, 0 and 1 are neighbours.
                if words[..3].contains(a) && words[..3].contains(b) {
                    continue;
                }
                assert!((a ^ b).count_ones() >= 8, "{a:08x} and {b:08x}");
                pairs += 1;
            }
        }
        assert_eq!(pairs, 10 * 9 / 2 - 3);
        assert_eq!([Verdict::of(true), Verdict::of(false)], [Verdict::Good, Verdict::Bad]);
    }

    /// `STATE` is answered as what two judgements have in common.
    #[test]
    fn two_states_have_no_third_in_common() {
        for a in State::ALL {
            for b in State::ALL {
                let common = State::from_code(a.code() & b.code());
                assert_eq!(common, (a == b).then_some(a), "{a:?} and {b:?}");
            }
        }
    }
}
