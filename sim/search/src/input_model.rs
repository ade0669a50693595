//! What the world may do to an app.

use lockstep_core::action::{Action, SwitchState};
use lockstep_core::contacts::Contacts;
use lockstep_core::event::{BootCondition, ButtonId, NumberId};

/// What the world may do to an app, at every tick.
///
/// Nothing arrives on serial lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputModel {
    /// How each button may move, by its place.
    pub buttons: Vec<ButtonModel>,
    /// How many contacts can be closed at once.
    pub most_closed: u32,
    /// What each number input may be, by its place: the first at power-up.
    pub numbers: Vec<Vec<i32>>,
    /// The conditions under which the board may come up at tick 0, at least one.
    pub boots: Vec<BootCondition>,
    /// The conditions under which it may come up after a reset; none if there are no resets.
    pub resets: Vec<BootCondition>,
}

/// How a button may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ButtonModel {
    /// Whether it moves at all.
    pub moves: bool,
    /// The ticks that it is closed at least.
    pub least_closed: u32,
    /// The ticks that it is open at least between two presses.
    pub least_open: u32,
}

impl ButtonModel {
    /// A button that may move at every tick.
    pub const FREE: Self = Self {
        moves: true,
        least_closed: 1,
        least_open: 1,
    };

    const fn is_timed(self) -> bool {
        self.moves && (self.least_closed > 1 || self.least_open > 1)
    }
}

/// What is done at one tick, in a word: the buttons that move, a bit each, then the numbers, then
/// the reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Choice(pub u32);

impl Choice {
    /// Nothing is done.
    pub const NOTHING: Self = Self(0);

    const NUMBERS_AT: u32 = 16;
    const RESET_AT: u32 = 27;

    const fn of(moves: u32, numbers: u32, reset: u32) -> Self {
        Self(moves | numbers << Self::NUMBERS_AT | reset << Self::RESET_AT)
    }

    /// How many things are done.
    pub(crate) fn action_count(self) -> u32 {
        self.moves().count_ones() + u32::from(self.numbers() > 0) + u32::from(self.reset() > 0)
    }

    const fn moves(self) -> u32 {
        self.0 & 0xffff
    }

    const fn numbers(self) -> u32 {
        (self.0 >> Self::NUMBERS_AT) & 0x7ff
    }

    const fn reset(self) -> u32 {
        self.0 >> Self::RESET_AT
    }
}

/// Why inputs cannot be explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TooManyInputs {
    /// More buttons move than are explored.
    Buttons(usize),
    /// More combinations of numbers are possible than are explored.
    Numbers(usize),
}

impl std::error::Error for TooManyInputs {}

impl std::fmt::Display for TooManyInputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Buttons(count) => {
                write!(f, "{count} buttons move, and the first {MAX_BUTTONS} can")
            }
            Self::Numbers(count) => write!(
                f,
                "its numbers have {count} combinations, and {} are explored",
                MAX_COMBINATIONS - 1
            ),
        }
    }
}

/// An [`InputModel`] laid out for an exploration.
#[derive(Debug)]
pub(crate) struct Inputs {
    model: InputModel,
    /// The buttons that move, as bits, by the number of them.
    moves: Vec<u32>,
    /// The buttons with a time limit, and the places of their words.
    timed: Vec<(u32, ButtonModel)>,
    numbers_at: usize,
    combinations: u32,
    /// The actions of each combination of numbers are numbered by these.
    radix: Vec<u32>,
}

/// On what it depends what can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Basis {
    /// The contacts that are closed; none where any number of them can be.
    contacts: u32,
    /// The buttons that cannot move yet.
    waiting: u32,
    combination: u32,
}

/// The most buttons that can move.
pub const MAX_BUTTONS: usize = 16;

/// The most combinations of numbers.
pub const MAX_COMBINATIONS: usize = 1 << 11;

impl InputModel {
    /// Buttons move at every tick, numbers stay as they begin, and the board can be reset under
    /// these conditions, the first of which is that all is well.
    #[must_use]
    pub fn free(buttons: usize, numbers: &[i32], conditions: usize) -> Self {
        let conditions: Vec<_> = (0..=u8::try_from(conditions).unwrap_or(u8::MAX))
            .map(BootCondition)
            .collect();
        Self {
            buttons: vec![ButtonModel::FREE; buttons],
            most_closed: u32::MAX,
            numbers: numbers.iter().map(|number| vec![*number]).collect(),
            boots: conditions.clone(),
            resets: conditions,
        }
    }

    /// Makes sure that so many inputs can be explored.
    ///
    /// # Errors
    ///
    /// [`TooManyInputs`].
    pub fn check(&self) -> Result<(), TooManyInputs> {
        let moving = self.buttons.iter().filter(|button| button.moves).count();
        let last = self.buttons.iter().rposition(|button| button.moves);
        if moving > MAX_BUTTONS || last.is_some_and(|last| last >= MAX_BUTTONS) {
            return Err(TooManyInputs::Buttons(moving));
        }
        let combinations = self
            .numbers
            .iter()
            .fold(1_usize, |all, values| all.saturating_mul(values.len()));
        if combinations >= MAX_COMBINATIONS {
            return Err(TooManyInputs::Numbers(combinations));
        }
        Ok(())
    }
}

impl Inputs {
    pub(crate) fn new(model: InputModel) -> Self {
        let free = (0..).zip(&model.buttons).take(MAX_BUTTONS);
        let free: u32 = free
            .filter(|(_, button)| button.moves)
            .map(|(place, _)| 1_u32 << place)
            .sum();
        let mut moves = vec![];
        let mut subset = free;
        loop {
            moves.push(subset);
            if subset == 0 {
                break;
            }
            subset = (subset - 1) & free;
        }
        moves.sort_by_key(|moves| (moves.count_ones(), *moves));
        let timed: Vec<_> = (0..)
            .zip(&model.buttons)
            .filter(|(_, button)| button.is_timed())
            .map(|(place, button)| (place, *button))
            .collect();
        let radix: Vec<_> = model
            .numbers
            .iter()
            .map(|values| u32::try_from(values.len()).unwrap_or(1).max(1))
            .collect();
        Self {
            moves,
            numbers_at: 1 + timed.len(),
            timed,
            combinations: radix.iter().product(),
            radix,
            model,
        }
    }

    pub(crate) fn boots(&self) -> &[BootCondition] {
        &self.model.boots
    }

    /// Contacts, the ticks until a timed button may move, the combination of numbers.
    pub(crate) fn word_count(&self) -> usize {
        self.numbers_at + usize::from(self.combinations > 1)
    }

    pub(crate) fn contacts(words: &[u32]) -> Contacts {
        Contacts::from_bits(words.first().copied().unwrap_or(0).into())
    }

    /// The numbers as they are.
    pub(crate) fn numbers(&self, words: &[u32], numbers: &mut Vec<i32>) {
        numbers.clear();
        if self.model.numbers.is_empty() {
            return;
        }
        let mut left = self.combination(words);
        for (values, radix) in self.model.numbers.iter().zip(&self.radix) {
            let value = usize::try_from(left % radix)
                .ok()
                .and_then(|at| values.get(at));
            numbers.push(value.copied().unwrap_or(0));
            left /= radix;
        }
    }

    fn combination(&self, words: &[u32]) -> u32 {
        let word = words.get(self.numbers_at).filter(|_| self.combinations > 1);
        word.copied().unwrap_or(0)
    }

    /// So many ticks pass.
    pub(crate) fn pass(&self, words: &mut [u32], ticks: u32) {
        for word in words.iter_mut().skip(1).take(self.timed.len()) {
            *word = word.saturating_sub(ticks);
        }
    }

    /// How many ticks pass at least until something can be done: 1 if that is so at the next.
    pub(crate) fn ticks_to_choice(&self, words: &[u32]) -> u32 {
        let is_free = self.combinations > 1
            || !self.model.resets.is_empty()
            || self.moves.len() > 1 << self.timed.len();
        if is_free {
            return 1;
        }
        let waits = words.iter().skip(1).take(self.timed.len());
        waits.copied().min().unwrap_or(u32::MAX).max(1)
    }

    /// What [`Inputs::choices`] depends on.
    pub(crate) fn basis(&self, words: &[u32]) -> Basis {
        let contacts = words.first().copied().unwrap_or(0);
        let mut waiting = 0;
        for ((button, _), word) in self.timed.iter().zip(words.iter().skip(1)) {
            waiting |= u32::from(*word > 0) << button;
        }
        let is_limited = self.model.most_closed < self.moves.len().trailing_zeros();
        Basis {
            contacts: contacts & u32::from(is_limited).wrapping_neg(),
            waiting,
            combination: self.combination(words),
        }
    }

    /// What can be done now, after what begins with the least.
    pub(crate) fn choices(&self, basis: Basis, choices: &mut Vec<Choice>) {
        choices.clear();
        let Basis {
            contacts,
            waiting,
            combination: now,
        } = basis;
        let resets = u32::try_from(self.model.resets.len()).unwrap_or(0);
        for reset in 0..=resets {
            for combination in 0..self.combinations {
                // 0 is for numbers that stay.
                let numbers = match combination == now {
                    true => 0,
                    false => combination + 1,
                };
                for moves in &self.moves {
                    let closed = (contacts ^ moves).count_ones();
                    if moves & waiting != 0 || closed > self.model.most_closed {
                        continue;
                    }
                    choices.push(Choice::of(*moves, numbers, reset));
                }
            }
        }
        if self.combinations > 1 {
            // Numbers that stay come first.
            choices.sort_by_key(|choice| (choice.reset(), choice.numbers() > 0));
        }
    }

    /// All choices that there can ever be, if they are at most 256.
    pub(crate) fn few_choices(&self) -> Option<Vec<Choice>> {
        let resets = u32::try_from(self.model.resets.len()).unwrap_or(0);
        let numbers = match self.combinations {
            0 | 1 => 0,
            combinations => combinations,
        };
        let choices = (0..=resets).flat_map(|reset| {
            (0..=numbers).flat_map(move |numbers| {
                let moves = self.moves.iter();
                moves.map(move |moves| Choice::of(*moves, numbers, reset))
            })
        });
        let few: Vec<_> = choices.take(257).collect();
        (few.len() <= 256).then_some(few)
    }

    /// The actions of a choice, in their order, and what is remembered of them.
    pub(crate) fn choose(&self, choice: Choice, words: &mut [u32], actions: &mut Vec<Action>) {
        actions.clear();
        let contacts = words.first().copied().unwrap_or(0);
        let mut left = choice.moves();
        while left != 0 {
            let place = left.trailing_zeros();
            left &= left - 1;
            let state = match contacts & (1 << place) == 0 {
                true => SwitchState::Closed,
                false => SwitchState::Open,
            };
            // There are at most 16.
            let button = ButtonId(u8::try_from(place).unwrap_or(0));
            actions.push(Action::Button(button, state));
        }
        if let Some(word) = words.first_mut() {
            *word = contacts ^ choice.moves();
        }
        for ((button, model), word) in self.timed.iter().zip(words.iter_mut().skip(1)) {
            if choice.moves() & (1 << button) != 0 {
                *word = match contacts & (1 << button) == 0 {
                    true => model.least_closed,
                    false => model.least_open,
                };
            }
        }
        if choice.numbers() > 0 {
            let (mut old, mut new) = (self.combination(words), choice.numbers() - 1);
            for ((place, values), radix) in (0..).zip(&self.model.numbers).zip(&self.radix) {
                let at = new % radix;
                let value = usize::try_from(at).ok().and_then(|at| values.get(at));
                if at != old % radix
                    && let Some(value) = value
                {
                    actions.push(Action::Number(NumberId(place), *value));
                }
                old /= radix;
                new /= radix;
            }
            if let Some(word) = words.get_mut(self.numbers_at) {
                *word = choice.numbers() - 1;
            }
        }
        let reset = usize::try_from(choice.reset()).unwrap_or(0);
        let condition = reset
            .checked_sub(1)
            .and_then(|at| self.model.resets.get(at));
        actions.extend(condition.map(|condition| Action::Reset(*condition)));
    }
}
