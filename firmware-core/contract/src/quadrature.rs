//! From the two contacts of a rotary encoder to clicks.

use crate::action::SwitchState;

/// A turn of an encoder by one click.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Click {
    /// Contact A closed first.
    Clockwise,
    /// Contact B closed first.
    Counterclockwise,
}

/// Counts the four moves of a click, and reports it where both contacts are open again.
///
/// A contact that bounces goes one move back and forth, and counts for nothing. A knob that is
/// turned halfway and back does not click.
///
/// A knob rests at a reset: contacts that are closed while the app comes up are told as presses, and
/// half of a click would count as a whole one.
///
/// ```
/// use lockstep_core::action::SwitchState::{Closed, Open};
/// use lockstep_core::quadrature::{Click, QuadratureDecoder};
///
/// let mut knob = QuadratureDecoder::new();
/// assert_eq!(knob.move_a(Closed), None);
/// assert_eq!(knob.move_b(Closed), None);
/// assert_eq!(knob.move_a(Open), None);
/// assert_eq!(knob.move_b(Open), Some(Click::Clockwise));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QuadratureDecoder {
    a: bool,
    b: bool,
    /// Moves since both contacts were open: positive clockwise.
    moves: i8,
}

impl QuadratureDecoder {
    /// An encoder at rest, with both contacts open.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            a: false,
            b: false,
            moves: 0,
        }
    }

    /// Contact A closes or opens.
    pub fn move_a(&mut self, to: SwitchState) -> Option<Click> {
        let to = matches!(to, SwitchState::Closed);
        if to == self.a {
            return None;
        }
        self.a = to;
        // Clockwise, A moves while B is as A was.
        self.count(self.b != to)
    }

    /// Contact B closes or opens.
    pub fn move_b(&mut self, to: SwitchState) -> Option<Click> {
        let to = matches!(to, SwitchState::Closed);
        if to == self.b {
            return None;
        }
        self.b = to;
        // Clockwise, B follows A.
        self.count(self.a == to)
    }

    fn count(&mut self, clockwise: bool) -> Option<Click> {
        self.moves += if clockwise { 1 } else { -1 };
        if self.a || self.b {
            return None;
        }
        match core::mem::take(&mut self.moves) {
            4.. => Some(Click::Clockwise),
            ..=-4 => Some(Click::Counterclockwise),
            _ => None,
        }
    }
}

impl Default for QuadratureDecoder {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use SwitchState::{Closed, Open};
    use proptest::prelude::*;
    use std::vec::Vec;

    fn clicks(moves: &[(char, SwitchState)]) -> Vec<Click> {
        let mut knob = QuadratureDecoder::new();
        let moves = moves.iter();
        moves
            .filter_map(|(contact, to)| match contact {
                'a' => knob.move_a(*to),
                _ => knob.move_b(*to),
            })
            .collect()
    }

    #[test]
    fn whichever_contact_closes_first_says_the_way() {
        let clockwise = [('a', Closed), ('b', Closed), ('a', Open), ('b', Open)];
        let back = [('b', Closed), ('a', Closed), ('b', Open), ('a', Open)];
        assert_eq!(clicks(&clockwise), [Click::Clockwise]);
        assert_eq!(clicks(&back), [Click::Counterclockwise]);
        assert_eq!(
            clicks(&[clockwise, back].concat()),
            [Click::Clockwise, Click::Counterclockwise]
        );
    }

    #[test]
    fn halfway_and_back_is_no_click() {
        let moves = [('a', Closed), ('b', Closed), ('b', Open), ('a', Open)];
        assert_eq!(clicks(&moves), []);
    }

    proptest! {
        #[test]
        fn bounces_change_nothing(bounces in proptest::collection::vec(0_usize..4, 4)) {
            let turn = [('a', Closed), ('b', Closed), ('a', Open), ('b', Open)];
            let mut moves = Vec::new();
            for ((contact, to), bounces) in turn.into_iter().zip(bounces) {
                moves.push((contact, to));
                for _ in 0..bounces {
                    moves.extend([(contact, to.other()), (contact, to)]);
                }
            }
            // The last contact may come to rest, and so to its click, only once.
            let found = clicks(&moves);
            prop_assert_eq!(found, [Click::Clockwise]);
        }

        #[test]
        fn the_count_never_overflows(moves in proptest::collection::vec((any::<bool>(), any::<bool>()), 0..600)) {
            let mut knob = QuadratureDecoder::new();
            for (is_a, closes) in moves {
                let to = if closes { Closed } else { Open };
                let _ = if is_a { knob.move_a(to) } else { knob.move_b(to) };
            }
        }
    }
}
