//! Apps of which one number is another by one.

use lockstep_core::time::Ticks;
use lockstep_engine::registry::{AppEntry, Mutant};

/// A number of a table, as a name and a way to change it by one.
pub(crate) type Number<T> = (&'static str, fn(&mut T, Step));

#[derive(Clone, Copy)]
pub(crate) enum Step {
    Up,
    Down,
}

pub(crate) trait ByOne {
    fn by_one(&mut self, step: Step);
}

impl ByOne for Ticks {
    fn by_one(&mut self, step: Step) {
        self.0.by_one(step);
    }
}

macro_rules! by_one {
    ($($number:ty),*) => {
        $(
            impl ByOne for $number {
                fn by_one(&mut self, step: Step) {
                    *self = match step {
                        Step::Up => self.saturating_add(1),
                        Step::Down => self.saturating_sub(1),
                    };
                }
            }
        )*
    };
}

by_one!(u8, u32, i32);

/// All numbers of a table, by the names of its fields, and one list of it by the places there.
macro_rules! numbers {
    ($table:ident; $($field:ident),* $(; $list:ident [$($place:literal),*])?) => {{
        // A number that is added to the table and not to this list does not compile.
        let $table { $($field: _,)* $($list: [$($crate::by_one::any!($place)),*])? } = $table::SHIPPED;
        let numbers: Vec<$crate::by_one::Number<$table>> = vec![
            $((stringify!($field), |table, step| table.$field.by_one(step)),)*
            $($((
                concat!(stringify!($list), "[", $place, "]"),
                |table, step| table.$list[$place].by_one(step),
            ),)*)?
        ];
        numbers
    }};
}

macro_rules! any {
    ($place:literal) => {
        _
    };
}

pub(crate) use {any, numbers};

/// All apps of which one number of the table is one more, or one less.
pub(crate) fn mutants<T: Copy + 'static>(
    shipped: T,
    numbers: Vec<Number<T>>,
    with_table: fn(&'static T) -> AppEntry,
) -> Vec<Mutant> {
    let mutants = numbers.into_iter().flat_map(|(name, change)| {
        [(Step::Up, "+ 1"), (Step::Down, "- 1")].map(|(step, by)| {
            let mut table = shipped;
            change(&mut table, step);
            Mutant {
                name: format!("{name} {by}"),
                // The app takes it for as long as the program runs; there are few of them.
                app: with_table(Box::leak(Box::new(table))),
            }
        })
    });
    mutants.collect()
}
