//! Scenarios that nobody wrote: whatever can be done to an app, at random times, to hold a board to
//! the host where no test was thought of.

use std::fmt::Write;

use fastrand::Rng;
use lockstep_core::app::AppDescriptor;
use lockstep_core::event::ButtonId;
use lockstep_engine::quoted::Quoted;

/// The most sentences that do something in a scenario.
const MAX_MOVES: u32 = 80;
/// The most bytes that are sent at once, beside words.
const MAX_BYTES: usize = 20;
/// Lines that consoles take.
const WORDS: [&str; 8] = [
    "status",
    "help",
    "set",
    "set 21.5",
    "set 7",
    "get",
    "",
    "reset now",
];
/// How long a scenario goes on after its last move, in ms.
const REST_MS: u32 = 500;
/// One move in so many is a reset.
const MOVES_A_RESET: u32 = 30;
/// One scenario in so many starts in a boot condition of its app.
const SCENARIOS_A_BOOT_CONDITION: u32 = 8;

/// The text of a scenario for this app. The same seed and number give the same text.
///
/// ```
/// use lockstep_core::app::AppDescriptor;
/// use lockstep_hil::suite::random_scenarios::text;
///
/// const DOORBELL: AppDescriptor = AppDescriptor::new("doorbell", "1.0.0").with_buttons(&["ring"]);
/// assert_eq!(text(&DOORBELL, 7, 0), text(&DOORBELL, 7, 0));
/// assert_ne!(text(&DOORBELL, 7, 0), text(&DOORBELL, 7, 1));
/// ```
#[must_use]
pub fn text(app: &AppDescriptor, seed: u64, number: u32) -> String {
    // Neighbouring seeds of the generator must not give neighbouring scenarios of another seed.
    let mut rng = Rng::with_seed(Rng::with_seed(seed).u64(..) ^ u64::from(number));
    let mut text = format!("app {}\n", app.name());
    let conditions = app.boot_conditions();
    if !conditions.is_empty() && rng.u32(..SCENARIOS_A_BOOT_CONDITION) == 0 {
        line(
            &mut text,
            "board",
            conditions[rng.usize(..conditions.len())],
        );
    }
    let mut writer = ScenarioWriter {
        app,
        rng,
        text,
        closed: vec![false; app.buttons().len()],
        last: None,
    };
    let moves = writer.rng.u32(1..=MAX_MOVES);
    (0..moves).for_each(|_| writer.sentence());
    line(&mut writer.text, "wait", &format!("{REST_MS} ms"));
    writer.text
}

/// The place of an action among those of a tick, as a board sees them.
type Place = (u8, usize);

/// Where resets stand: after everything else.
const RESET: Place = (3, 0);

/// What is done.
#[derive(Clone, Copy)]
enum Act {
    Button(usize),
    Number(usize),
    Line(usize),
    Encoder(usize),
    Reset,
}

struct ScenarioWriter<'a> {
    app: &'a AppDescriptor,
    rng: Rng,
    text: String,
    closed: Vec<bool>,
    /// The last action of the present tick: the sentences of a tick stand in the order in which a
    /// board sees them.
    last: Option<Place>,
}

impl ScenarioWriter<'_> {
    fn sentence(&mut self) {
        let mut wait = wait_ms(&mut self.rng);
        let act = self.act();
        let place = match act {
            Act::Button(button) => (0, button),
            Act::Number(number) => (1, number),
            Act::Line(line) => (2, line),
            // It moves buttons, and takes time.
            Act::Encoder(_) => (0, 0),
            Act::Reset => RESET,
        };
        let is_taken = match act {
            Act::Line(_) => self.last > Some(place),
            _ => self.last >= Some(place),
        };
        if is_taken {
            wait = wait.max(1);
        }
        if wait > 0 {
            line(&mut self.text, "wait", &format!("{wait} ms"));
            self.last = None;
        }
        self.last = Some(place);
        match act {
            Act::Button(button) => {
                let verb = if self.closed[button] {
                    "release"
                } else {
                    "press"
                };
                line(&mut self.text, verb, self.app.buttons()[button]);
                self.closed[button] = !self.closed[button];
            }
            Act::Number(number) => {
                let input = &self.app.numbers()[number];
                let scale = input.scale();
                let to = scale.shown(self.rng.i32(scale.min()..=scale.max()));
                line(&mut self.text, "set", &format!("{} to {to}", input.name()));
            }
            Act::Line(index) => {
                let bytes = self.bytes();
                let name = self.app.serial_lines()[index].name();
                line(
                    &mut self.text,
                    "send",
                    &format!("{name} {}", Quoted(&bytes)),
                );
            }
            Act::Encoder(encoder) => {
                let clicks = self.rng.i32(1..=3) * if self.rng.bool() { 1 } else { -1 };
                let name = self.app.encoders()[encoder].name();
                let length = clicks.unsigned_abs() * self.rng.u32(4..=40);
                let turn = format!("{name} by {clicks} clicks over {length} ms");
                line(&mut self.text, "turn", &turn);
                // Its last move comes before its end.
                self.last = None;
            }
            Act::Reset => self.text.push_str("reset\n"),
        }
    }

    /// One of all that can be done now, buttons as often as all others together.
    fn act(&mut self) -> Act {
        if self.rng.u32(..MOVES_A_RESET) == 0 {
            return Act::Reset;
        }
        let app = self.app;
        let is_open = |button: ButtonId| self.closed.get(usize::from(button.0)) == Some(&false);
        let mut others: Vec<Act> = Vec::new();
        others.extend((0..app.numbers().len()).map(Act::Number));
        others.extend((0..app.serial_lines().len()).map(Act::Line));
        let encoders = app.encoders().iter().enumerate();
        let at_rest = encoders.filter(|(_, it)| is_open(it.a()) && is_open(it.b()));
        others.extend(at_rest.map(|(index, _)| Act::Encoder(index)));
        let buttons = self.closed.len();
        if buttons > 0 && (others.is_empty() || self.rng.bool()) {
            Act::Button(self.rng.usize(..buttons))
        } else if others.is_empty() {
            Act::Reset
        } else {
            others[self.rng.usize(..others.len())]
        }
    }

    /// What people type, and what a line carries that is disturbed.
    fn bytes(&mut self) -> Vec<u8> {
        if self.rng.bool() {
            let word = WORDS[self.rng.usize(..WORDS.len())];
            return format!("{word}\n").into_bytes();
        }
        let length = self.rng.usize(1..=MAX_BYTES);
        (0..length).map(|_| self.rng.u8(..)).collect()
    }
}

fn line(text: &mut String, verb: &str, object: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{verb} {object}");
}

/// Short ones as contacts bounce, some around the times of debouncing, a few of people.
fn wait_ms(rng: &mut Rng) -> u32 {
    match rng.u32(..10) {
        0..=4 => rng.u32(0..=3),
        5..=7 => rng.u32(4..=60),
        _ => rng.u32(61..=900),
    }
}

#[cfg(test)]
mod tests {
    use lockstep_engine::load::InputFormat;
    use lockstep_engine::registry::Registry;

    use super::*;

    #[test]
    fn every_text_is_a_scenario_of_its_app() {
        let registry = Registry::new(shipped_apps::shipped()).unwrap();
        for app in registry.apps() {
            for number in 0..300 {
                let text = text(app.descriptor(), 1, number);
                let loaded = InputFormat::Scenario.load(&registry, text.as_bytes(), None);
                let loaded = loaded.unwrap_or_else(|error| panic!("{error}:\n{text}"));
                assert!(loaded.script.end().0 >= u64::from(REST_MS), "{text}");
            }
        }
    }

    #[test]
    fn bursts_beyond_the_queue_of_a_board_are_among_them() {
        let registry = Registry::new(shipped_apps::shipped()).unwrap();
        let lamp = registry
            .apps()
            .iter()
            .find(|app| app.descriptor().name() == "lamp");
        let app = lamp.unwrap().descriptor();
        let moves = |text: &str| text.matches("press").count() + text.matches("release").count();
        let most = (0..100).map(|number| moves(&text(app, 1, number))).max();
        assert!(most > Some(32), "{most:?}");
    }
}
