//! A code from the hotline, as it is typed: twelve digits in two groups.

use paylatch_proto::hotline::Mistyped;

/// Digits in a group, the check digit last.
pub const GROUP: usize = 6;
/// Digits of a code.
pub const DIGITS: usize = 2 * GROUP;

/// How a group stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Group {
    /// Digits are missing.
    #[default]
    Begun,
    /// It goes with its check digit.
    WellTyped,
    /// It does not.
    Mistyped,
}

/// The digits that were typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    digits: Vec<u8>,
    groups: [Group; 2],
}

impl Typed {
    /// Takes a digit, and says at once how its group stands: that shows a slip, and nothing
    /// of the right digits.
    ///
    /// Behind a mistyped group nothing is taken, nor behind the last one.
    pub fn push(&mut self, digit: u8) {
        let Some(last) = self.next().filter(|_| digit <= 9) else { return };
        self.digits.push(digit);
        if let Some(number) = self.number(last)
            && let Some(group) = self.groups.get_mut(last)
        {
            let slip = if last == 0 { Mistyped::First } else { Mistyped::Second };
            *group = if slip.is_in(number) { Group::Mistyped } else { Group::WellTyped };
        }
    }

    /// Takes the last digit back.
    pub fn pop(&mut self) {
        self.digits.pop();
        if let Some(group) = self.groups.get_mut(self.digits.len() / GROUP) {
            *group = Group::Begun;
        }
    }

    /// Takes all digits back.
    pub fn clear(&mut self) {
        *self = Typed::default();
    }

    /// The digits of a group that were typed.
    pub fn group(&self, group: usize) -> &[u8] {
        self.digits.chunks(GROUP).nth(group).unwrap_or_default()
    }

    /// The group that the next digit goes to.
    pub fn next(&self) -> Option<usize> {
        let slip = self.groups.contains(&Group::Mistyped);
        (!slip && self.digits.len() < DIGITS).then_some(self.digits.len() / GROUP)
    }

    /// How a group stands.
    pub fn standing(&self, group: usize) -> Group {
        self.groups.get(group).copied().unwrap_or_default()
    }

    /// Both groups, once they are there and without a slip.
    pub fn whole(&self) -> Option<[u32; 2]> {
        let well = self.groups.iter().all(|&group| group == Group::WellTyped);
        if well { Some([self.number(0)?, self.number(1)?]) } else { None }
    }

    fn number(&self, group: usize) -> Option<u32> {
        let digits = self.group(group);
        let number = || digits.iter().fold(0, |number, &digit| number * 10 + u32::from(digit));
        (digits.len() == GROUP).then(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(digits: &str) -> Typed {
        let mut typed = Typed::default();
        digits.bytes().for_each(|digit| typed.push(digit - b'0'));
        typed
    }

    #[test]
    fn a_slip_shows_with_the_sixth_digit_and_ends_the_typing() {
        assert_eq!(typed("12345").standing(0), Group::Begun);
        assert_eq!(typed("123459").standing(0), Group::WellTyped);
        assert_eq!(typed("423451").standing(0), Group::Mistyped, "no code begins with a 4");
        let mut slip = typed("1234567");
        assert_eq!((slip.standing(0), slip.group(1)), (Group::Mistyped, &[][..]));
        assert_eq!(slip.whole(), None);
        slip.pop();
        assert_eq!(slip.standing(0), Group::Begun);
        slip.push(9);
        assert_eq!(slip.standing(0), Group::WellTyped);
    }

    #[test]
    fn a_whole_code_has_two_groups_and_no_more() {
        let mut code = typed("1234597890167");
        assert_eq!(code.whole(), Some([123_459, 789_016]));
        code.pop();
        assert_eq!((code.whole(), code.standing(1)), (None, Group::Begun));
        assert_eq!(code.standing(0), Group::WellTyped);
        code.clear();
        assert_eq!(code, Typed::default());
        code.pop();
        assert_eq!(code, Typed::default());
    }

    #[test]
    fn only_digits_are_taken() {
        let mut code = Typed::default();
        code.push(10);
        assert_eq!(code, Typed::default());
    }
}
