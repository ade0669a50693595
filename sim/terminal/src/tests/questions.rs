//! Rules that stop the run, ways from the present, and the state diagram.

use super::Driver;
use lockstep_core::time::RunTicks;
use lockstep_engine::app;
use shipped_apps::shipped;

impl Driver {
    /// Waits until a question is answered, which has a limit of its own.
    fn answered(&mut self) -> &mut Self {
        self.ui.await_answer();
        self.draw();
        self
    }

    fn with_file(mut self, name: &str, text: &str) -> Self {
        self.files.0.insert(name.into(), text.as_bytes().to_vec());
        self
    }

    fn opened(&mut self, name: &str) -> &mut Self {
        self.press("o").text(name).press("Enter")
    }

    fn message(&self) -> &str {
        self.ui.message.as_ref().map_or("", |message| &message.text)
    }
}

const RULES: &str = "app lamp\nassume no resets\nbeats: always heartbeat changes within 500 ms\n\
                     dark: never lamp is on while locked is off\n";

#[test]
fn a_rule_that_breaks_stops_the_run_where_it_does() {
    let mut driver = Driver::lamp(80, 24).with_file("my.rules", RULES);
    driver.opened("my.rules");
    assert_eq!(driver.message(), "the run is held to 2 rules of my.rules");
    driver.wait(300).press("a").wait(2_000);
    assert!(!driver.ui.playing);
    let broken = driver.ui.cursor;
    assert!(driver.ui.cursor < RunTicks(1_000), "{broken:?}");
    assert!(
        driver
            .message()
            .starts_with("my.rules:4: the rule `dark` is broken: ")
    );
    insta::assert_snapshot!("broken-rule-80x24", driver.screen());
    // It stops once, and says it again where it was.
    driver.press("Space").wait(1_000);
    assert!(driver.ui.playing);
    driver.press("Space g");
    driver.text(&format!("{} ms", broken.0)).press("Enter");
    assert!(
        driver
            .lines()
            .join("\n")
            .contains("the rule `dark` is broken")
    );
    // On a branch on which the lamp stays dark nothing is broken.
    driver.press("Home b");
    assert!(!driver.ui.rules.broken().any(|_| true));
}

#[test]
fn rules_stay_for_what_is_opened_next_and_those_of_another_app_are_refused() {
    let mut driver = Driver::lamp(80, 24).with_file("my.rules", RULES);
    driver = driver.with_file("on.scn", "app lamp\nwait 1 s\ntap A for 50 ms\nwait 1 s\n");
    driver = driver.with_file("other.rules", "app toggle\nnever led is on\n");
    driver.opened("my.rules").opened("on.scn");
    assert!(
        driver.message().contains("the rule `dark` is broken"),
        "{}",
        driver.message()
    );
    driver.press("Space").opened("other.rules");
    assert_eq!(
        driver.message(),
        "other.rules has rules for `toggle`, and this is `lamp`"
    );
}

/// The world is not as these rules assume it.
#[test]
fn rules_say_nothing_of_a_world_that_they_do_not_assume() {
    let mut driver = Driver::lamp(80, 24).with_file("my.rules", RULES);
    driver.opened("my.rules").wait(300);
    driver.press("x Enter").wait(300).press("a").wait(1_000);
    assert!(driver.ui.playing, "{}", driver.message());
}

#[test]
fn the_shortest_way_from_here_is_offered_and_played() {
    let mut driver = Driver::lamp(80, 24);
    driver
        .wait(700)
        .press("R")
        .text("log lock on")
        .press("Enter");
    driver.answered();
    insta::assert_snapshot!("way-to-locked-80x24", driver.screen());
    let from = driver.ui.cursor;
    driver.press("y");
    assert!(!driver.ui.playing);
    assert_eq!(driver.ui.cursor, from.saturating_add(RunTicks(2_022)));
    let text = driver.lines().join("\n");
    assert!(text.contains("log lock on"), "{text}");
    // It is taken back as a whole.
    driver.press("u");
    let locks = |driver: &Driver| {
        driver
            .ui
            .trace()
            .lines()
            .filter(|it| it.name == "lock")
            .count()
    };
    assert_eq!(locks(&driver), 0);

    driver
        .press("R")
        .text("locked is off")
        .press("Enter")
        .answered();
    assert_eq!(driver.message(), "`locked is off` is so at this moment");
    driver.press("R").text("log luck on").press("Enter");
    assert!(driver.message().contains("luck"), "{}", driver.message());
}

/// The lamp has to be on before it can be in night mode.
#[test]
fn a_rule_that_breaks_on_the_way_stops_it_there() {
    let mut driver = Driver::lamp(80, 24).with_file("my.rules", RULES);
    driver.opened("my.rules").wait(700).press("R");
    driver.text("log night on").press("Enter").answered();
    driver.press("y");
    assert!(driver.message().contains("the rule `dark` is broken"));
    let broken: Vec<_> = driver.ui.rules.broken().map(|it| it.tick).collect();
    assert_eq!(broken, [driver.ui.cursor]);
    assert!(driver.ui.cursor < driver.ui.end());
}

#[test]
fn a_way_from_the_past_makes_a_branch() {
    let mut driver = Driver::lamp(80, 24);
    driver.wait(1_000).press("a").wait(1_000).press("Space g");
    driver
        .text("500 ms")
        .press("Enter R")
        .text("lamp is on")
        .press("Enter");
    driver.answered().press("y");
    assert_eq!(driver.ui.timeline.branches().len(), 2);
    assert!(driver.ui.cursor > RunTicks(500) && driver.ui.cursor < RunTicks(1_000));
}

#[test]
fn the_map_marks_the_state_of_the_cursor() {
    let mut driver = Driver::of(app!(lockstep_apps::toggle::Toggle), 80, 24);
    driver.wait(300).press("Space M").answered();
    insta::assert_snapshot!("map-of-toggle-80x24", driver.screen());
    assert_eq!(driver.ui.present_state(), Some(0));
    driver
        .press("Esc")
        .press("b")
        .press("Space")
        .wait(300)
        .press("Space M");
    assert_eq!(driver.ui.present_state(), Some(1));
    // The cursor moves below the map.
    driver.press("Left [ [ [");
    assert_eq!(driver.ui.present_state(), Some(0));
}

#[test]
fn the_map_of_the_lamp_fits_by_scrolling() {
    let mut driver = Driver::new(
        shipped(),
        80,
        24,
        super::Theme::new(super::Appearance::default()),
    );
    driver
        .wait(300)
        .press("a")
        .wait(600)
        .press("Space M")
        .answered();
    insta::assert_snapshot!("map-of-the-lamp-80x24", driver.screen());
    driver.press("End PgUp Home");
    assert!(driver.ui.overlay.is_some());
}
