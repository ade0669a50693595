//! Checks what is expected of a matrix.

use lockstep_core::matrix::{Matrix, MatrixId};
use lockstep_core::time::RunTicks;

use super::nearest::{NearMiss, length_to};
use super::{Checker, Mismatch};
use crate::scenario::MatrixAssertion;
use crate::scenario::picture_pattern::PicturePattern;
use crate::scenario::plan::{Assertion, Check};
use crate::script::Action;
use crate::trace::EntryKind;
use crate::trace::picture::ObservedPicture;

/// A picture of more cells than this is not offered as a sentence.
const MAX_OFFERED: usize = 128;

impl Checker<'_> {
    pub(super) fn matrix(
        &self,
        id: MatrixId,
        assertion: &MatrixAssertion,
        check: &Check,
    ) -> Result<(), Mismatch> {
        let Some(matrix) = self.declared(id) else {
            return Err(Mismatch::new(
                check.at.tick,
                "there is no such matrix".into(),
            ));
        };
        let name = matrix.name();
        match assertion {
            MatrixAssertion::Shows(pattern) => {
                let picture = self.picture(id, matrix, self.index(check.at));
                let Some(row) = pattern.first_difference(&picture) else {
                    return Ok(());
                };
                let tick = check.at.tick;
                let difference = difference(pattern, &picture, row);
                let message = format!("at tick {} {difference} of `{name}`", tick.0);
                Err(Mismatch::new(tick, message))
            }
            MatrixAssertion::ShowsWithin(pattern, within) => {
                let window = self.window_to_reset(check);
                if self
                    .shown_first(id, matrix, pattern, window.first..window.last)
                    .is_some()
                {
                    return Ok(());
                }
                let within = self.length(*within);
                let picture = self.picture(id, matrix, window.last);
                let end = match pattern.first_difference(&picture) {
                    Some(row) => format!("at its end {}", difference(pattern, &picture, row)),
                    None => "it showed it all the time".to_owned(),
                };
                let message = format!(
                    "`{name}` did not change to this picture within {within}, {window}: {end}"
                );
                Err(Mismatch::new(window.end, message))
            }
        }
    }

    /// When it shows what is expected, and what it shows instead.
    pub(super) fn nearest_matrix(
        &self,
        id: MatrixId,
        assertion: &MatrixAssertion,
        check: &Check,
    ) -> NearMiss {
        let Some(matrix) = self.declared(id) else {
            return NearMiss::default();
        };
        let (MatrixAssertion::Shows(pattern) | MatrixAssertion::ShowsWithin(pattern, _)) =
            assertion;
        let now = self.index(check.at);
        let later = self.shown_first(id, matrix, pattern, now..self.entries.len());
        let mut offered = Vec::new();
        let note = later.map(|tick| {
            let within = length_to(check.at.tick, tick);
            let shows = MatrixAssertion::ShowsWithin(pattern.clone(), within);
            offered.push(Assertion::Matrix(id, shows));
            let later = self.length(tick.saturating_sub(check.at.tick));
            format!("it shows this at tick {}, {later} later", tick.0)
        });
        if usize::from(matrix.rows()) * usize::from(matrix.columns()) <= MAX_OFFERED {
            let shown = PicturePattern::exactly(&self.picture(id, matrix, now));
            offered.push(Assertion::Matrix(id, MatrixAssertion::Shows(shown)));
        }
        self.offer(check, note, offered)
    }

    /// The tick at which a matrix first comes to show this, by what is drawn among these entries or by
    /// a reset.
    fn shown_first(
        &self,
        id: MatrixId,
        matrix: &'static Matrix,
        pattern: &PicturePattern,
        entries: std::ops::Range<usize>,
    ) -> Option<RunTicks> {
        let of_it = |index: usize| {
            let entry = self.entries.get(index)?;
            match &entry.what {
                EntryKind::Row(of, ..) if *of == id => Some(entry.tick),
                EntryKind::Input(Action::Reset(_)) => Some(entry.tick),
                _ => None,
            }
        };
        entries.clone().find_map(|index| {
            let tick = of_it(index)?;
            // Half of a picture is not seen.
            let mut following = (index + 1..entries.end).take_while(|next| {
                let next = self.entries.get(*next);
                next.is_some_and(|next| next.tick == tick && !next.what.is_input())
            });
            let is_whole = !following.any(|next| of_it(next).is_some());
            let shown = || self.picture(id, matrix, index + 1);
            (is_whole && pattern.first_difference(&shown()).is_none()).then_some(tick)
        })
    }

    fn picture(&self, id: MatrixId, matrix: &'static Matrix, index: usize) -> ObservedPicture {
        ObservedPicture::after(id, matrix, self.entries.get(..index).unwrap_or_default())
    }

    fn declared(&self, id: MatrixId) -> Option<&'static Matrix> {
        self.descriptor.matrices().get(usize::from(id.0))
    }
}

/// What a row shows, and what was expected of it.
fn difference(pattern: &PicturePattern, picture: &ObservedPicture, row: usize) -> String {
    let shown = picture.rows().nth(row);
    let shown = shown.map_or(String::new(), |cells| cells.to_string());
    match pattern.row(row) {
        Some(expected) => format!("row {row} is `{shown}`, expected `{expected}`, in the picture"),
        None => format!("row {row} is `{shown}`, expected nothing, in the picture"),
    }
}
