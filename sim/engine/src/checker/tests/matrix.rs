use lockstep_core::app::{App, Sink};
use lockstep_core::event::Event;
use lockstep_core::matrix::{Matrix, MatrixId, Picture};

use crate::play;
use crate::scenario::{grammar, plan};

/// A dot that moves to the right with every press, and blinks: dark for a tick as it moves.
struct Dot {
    picture: Picture<2, 3>,
    column: usize,
}

impl App for Dot {
    const DESCRIPTOR: super::AppDescriptor = super::AppDescriptor::new("dot", "1")
        .with_buttons(&["A"])
        .with_matrices(&[Matrix::new("display", 2, 3).with_max(9)]);
    type Outputs = [super::Level; 0];

    fn new() -> Self {
        Self {
            picture: Picture::DARK,
            column: 0,
        }
    }

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {
        self.picture.clear();
        match event {
            Event::Press(_) => self.column += 1,
            Event::Init(_) | Event::Tick | Event::Release(_) => {
                self.picture.set(1, self.column, 5);
                if self.column > 1 {
                    self.picture.set(0, 0, 1);
                }
            }
            _ => {}
        }
        self.picture.draw(MatrixId(0), out);
    }

    fn outputs(&self) -> [super::Level; 0] {
        []
    }
}

/// What does not hold, and what is said of it.
fn failures(text: &str) -> Vec<String> {
    let scenario = grammar::parse(text).unwrap();
    let app = crate::app!(Dot);
    let plan = plan::plan(&scenario, app.descriptor()).unwrap();
    let go_on = &mut |_| std::ops::ControlFlow::Continue(());
    let trace = play::trace(&app, &plan.script, go_on).unwrap();
    let failures = super::check_trace(&plan.checks, &trace).into_iter();
    let said = failures.map(|it| [Some(it.message), it.note, it.help]);
    said.flatten().flatten().collect()
}

#[test]
fn a_picture_is_what_was_drawn_last_of_each_row() {
    for text in [
        "expect display shows \".../5..\"",
        "expect display shows\n  \"...\"\n  \"#??\"",
        "press A\nexpect display shows nothing\nwait 1 ms\nexpect display shows \"0../.5.\"",
        "press A\nexpect display shows \".../.5.\" within 2 ms\nwait 2 ms\nrelease A\nreset\n\
         expect display shows \".../5..\"",
        "tap A for 5 ms\nwait 5 ms\npress A\nexpect display shows within 9 ms\n\"1..\"\n\"..5\"",
    ] {
        assert_eq!(failures(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_is_shown_instead_is_said() {
    assert_eq!(
        failures("expect display shows \".../.5.\"\nwait 5 ms\npress A\nwait 9 ms"),
        [
            "at tick 0 row 1 is `5..`, expected `.5.`, in the picture of `display`",
            "it shows this at tick 6, 6 ms later",
            "this holds: `expect display shows \".../.5.\" within 6 ms`",
        ]
    );
    assert_eq!(
        failures("press A\nexpect display shows \"5../...\" within 3 ms"),
        [
            "`display` did not change to this picture within 3 ms, from the press at tick 0 to tick 3: \
             at its end row 0 is `...`, expected `5..`, in the picture",
            "this holds: `expect display shows nothing`",
        ]
    );
}

#[test]
fn what_it_shows_all_the_time_it_does_not_come_to_show() {
    let failures = failures("wait 5 ms\nexpect display shows \".../5..\" within 3 ms");
    assert!(
        failures[0].ends_with("it showed it all the time"),
        "{failures:?}"
    );
}
