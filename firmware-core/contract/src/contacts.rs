//! Which contacts are closed, of all buttons at once.

use crate::action::SwitchState;
use crate::event::ButtonId;

/// The state of up to 128 contacts. An open one is as good as one that is not there.
///
/// ```
/// use lockstep_core::action::SwitchState;
/// use lockstep_core::contacts::Contacts;
/// use lockstep_core::event::ButtonId;
///
/// let mut contacts = Contacts::OPEN;
/// contacts.set(ButtonId(70), SwitchState::Closed);
/// assert!(contacts.is_closed(ButtonId(70)));
/// assert_eq!(contacts.closed().collect::<Vec<_>>(), [ButtonId(70)]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Contacts([u32; WORDS]);

/// Words of 32 bits: what the smallest chips shift in one instruction.
const WORDS: usize = 4;

impl Contacts {
    /// The most contacts.
    pub const MAX: usize = WORDS * 32;

    /// All of them open.
    pub const OPEN: Self = Self([0; WORDS]);

    /// The first 64 contacts by a bit each: bit 0 is `ButtonId(0)`.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "in two halves")]
    pub const fn from_bits(bits: u64) -> Self {
        Self([bits as u32, (bits >> 32) as u32, 0, 0])
    }

    /// Whether the contact of a button is closed.
    #[must_use]
    pub fn is_closed(&self, button: ButtonId) -> bool {
        let (word, mask) = place(button);
        self.0.get(word).is_some_and(|bits| bits & mask != 0)
    }

    /// Closes or opens the contact of a button; one beyond [`Contacts::MAX`] stays open.
    pub fn set(&mut self, button: ButtonId, state: SwitchState) {
        let (word, mask) = place(button);
        if let Some(bits) = self.0.get_mut(word) {
            match state {
                SwitchState::Closed => *bits |= mask,
                SwitchState::Open => *bits &= !mask,
            }
        }
    }

    /// The state of one contact.
    #[must_use]
    pub fn state(&self, button: ButtonId) -> SwitchState {
        match self.is_closed(button) {
            true => SwitchState::Closed,
            false => SwitchState::Open,
        }
    }

    /// The buttons whose contacts are closed, in order.
    pub fn closed(&self) -> impl Iterator<Item = ButtonId> {
        let contacts = *self;
        (0..=u8::MAX)
            .take(Self::MAX)
            .map(ButtonId)
            .filter(move |button| contacts.is_closed(*button))
    }
}

const fn place(button: ButtonId) -> (usize, u32) {
    ((button.0 / 32) as usize, 1 << (button.0 % 32))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::vec::Vec;

    #[test]
    fn each_contact_is_its_own() {
        let mut contacts = Contacts::OPEN;
        for button in [0, 31, 32, 127].map(ButtonId) {
            contacts.set(button, SwitchState::Closed);
        }
        contacts.set(ButtonId(31), SwitchState::Open);
        contacts.set(ButtonId(128), SwitchState::Closed);
        assert_eq!(
            contacts.closed().collect::<Vec<_>>(),
            [0, 32, 127].map(ButtonId)
        );
        assert!(!contacts.is_closed(ButtonId(128)));
        assert_eq!(contacts.state(ButtonId(0)), SwitchState::Closed);
        assert_eq!(contacts.state(ButtonId(1)), SwitchState::Open);
    }

    #[test]
    fn bits_are_contacts_from_the_lowest_on() {
        let contacts = Contacts::from_bits(1 << 40 | 1);
        assert_eq!(contacts.closed().collect::<Vec<_>>(), [0, 40].map(ButtonId));
    }
}
