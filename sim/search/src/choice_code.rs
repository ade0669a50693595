//! Choices in few bytes.

use crate::input_model::Choice;

/// How choices are written: as places in a list where there are few of them.
pub(crate) struct ChoiceCode {
    /// In ascending order.
    few: Option<Vec<Choice>>,
}

impl ChoiceCode {
    /// For these choices, and for all if there are none of them.
    pub(crate) fn new(few: Option<Vec<Choice>>) -> Self {
        let few = few.map(|mut few| {
            few.sort_by_key(|choice| choice.0);
            few
        });
        Self { few }
    }

    /// How many bytes a choice takes.
    pub(crate) const fn width(&self) -> usize {
        match self.few {
            Some(_) => 1,
            None => 4,
        }
    }

    /// The bytes of a choice, the first [`ChoiceCode::width`] of these.
    pub(crate) fn written(&self, choice: Choice) -> [u8; 4] {
        match &self.few {
            Some(few) => {
                let place = few.binary_search_by_key(&choice.0, |other| other.0);
                [place.map_or(0, |it| u8::try_from(it).unwrap_or(0)), 0, 0, 0]
            }
            None => choice.0.to_le_bytes(),
        }
    }

    /// The choice that is written in these bytes.
    pub(crate) fn read(&self, bytes: &[u8]) -> Choice {
        match &self.few {
            Some(few) => {
                let place = bytes.first().copied().unwrap_or(0);
                few.get(usize::from(place)).copied().unwrap_or_default()
            }
            None => Choice(bytes.try_into().map_or(0, u32::from_le_bytes)),
        }
    }
}
