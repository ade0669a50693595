//! Scenarios that nobody wrote: presses, releases and resets at random times, to hold a board to
//! the host where no test was thought of.

use std::fmt::Write;

use fastrand::Rng;
use lockstep_core::app::AppDescriptor;

/// The most moves of buttons in a scenario.
const MAX_MOVES: u32 = 80;
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
    let mut closed = vec![false; app.buttons().len()];
    // The sentences of a tick stand in the order in which a board samples: buttons as declared,
    // each at most once, then the reset.
    let mut last_moved = None;
    let mut is_reset = false;
    for _ in 0..rng.u32(1..=MAX_MOVES) {
        let mut wait = wait_ms(&mut rng);
        let button = (!closed.is_empty()).then(|| rng.usize(..closed.len()));
        let resets = button.is_none() || rng.u32(..MOVES_A_RESET) == 0;
        let is_taken = is_reset || !resets && button <= last_moved;
        if is_taken {
            wait = wait.max(1);
        }
        if wait > 0 {
            line(&mut text, "wait", &format!("{wait} ms"));
            last_moved = None;
            is_reset = false;
        }
        match button {
            Some(button) if !resets => {
                let verb = if closed[button] { "release" } else { "press" };
                line(&mut text, verb, app.buttons()[button]);
                closed[button] = !closed[button];
                last_moved = Some(button);
            }
            _ => {
                text.push_str("reset\n");
                is_reset = true;
            }
        }
    }
    line(&mut text, "wait", &format!("{REST_MS} ms"));
    text
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
