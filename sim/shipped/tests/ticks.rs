//! Apps whose ticks are not a millisecond long: scenarios, traces, waveforms, recordings, the screen.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected should stop there"
)]

use std::ops::ControlFlow;
use std::str::FromStr;

use lockstep_core::app::{App, AppDescriptor, Log, LogId, LogKind, Sink};
use lockstep_core::event::Event;
use lockstep_core::output::{Level, Output};
use lockstep_core::time::{RunTicks, TickPeriod, Ticks};
use lockstep_engine::checker::check_trace;
use lockstep_engine::load::{InputFormat, LoadError, LoadedScript};
use lockstep_engine::play;
use lockstep_engine::recording::Recording;
use lockstep_engine::registry::Registry;
use lockstep_engine::scenario::export::export;
use lockstep_engine::trace::document::Document;
use lockstep_engine::trace::{Trace, jsonl, text, vcd};
use lockstep_engine::waveform::WaveformFormat;
use lockstep_terminal::screenshot::{self, Pane, ScreenOptions, ScreenSize};
use lockstep_terminal::{Appearance, Background, ColorDepth};

/// Lights its LED for 2.5 ms after a press.
macro_rules! flasher {
    ($app:ident, $name:literal, $us:literal) => {
        #[derive(Clone, Debug)]
        struct $app {
            left: Ticks,
        }

        impl App for $app {
            const DESCRIPTOR: AppDescriptor = AppDescriptor::new($name, "1.0.0")
                .with_tick(TickPeriod::from_us($us))
                .with_buttons(&["A"])
                .with_outputs(&[Output::digital("led")])
                .with_logs(&[LogKind::words("flash", &["over"])]);
            type Outputs = [Level; 1];

            fn new() -> Self {
                Self { left: Ticks::ZERO }
            }

            fn handle(&mut self, event: Event, out: &mut dyn Sink) {
                match event {
                    Event::Press(_) => self.left = Self::DESCRIPTOR.tick().us(2_500),
                    Event::Tick if self.left > Ticks::ZERO => {
                        self.left = self.left.saturating_sub(Ticks(1));
                        if self.left == Ticks::ZERO {
                            out.log(Log::new(LogId(0), 0));
                        }
                    }
                    _ => {}
                }
            }

            fn outputs(&self) -> [Level; 1] {
                [(self.left > Ticks::ZERO).into()]
            }
        }
    };
}

flasher!(Micro, "micro", 1);
flasher!(Quick, "quick", 250);
flasher!(Slow, "slow", 100_000);

fn apps() -> Registry {
    Registry::new(vec![
        lockstep_engine::app!(Micro),
        lockstep_engine::app!(Quick),
        lockstep_engine::app!(Slow),
    ])
    .unwrap()
}

fn load(format: InputFormat, bytes: &[u8]) -> LoadedScript {
    match format.load(&apps(), bytes, None) {
        Ok(loaded) => loaded,
        Err(error) => panic!("{error:?}"),
    }
}

/// What a scenario gives, which must hold.
fn played(scenario: &str) -> (LoadedScript, Trace) {
    let loaded = load(InputFormat::Scenario, scenario.as_bytes());
    let trace = play::trace(&loaded.app, &loaded.script, &mut |_| {
        ControlFlow::Continue(())
    });
    let trace = trace.unwrap();
    assert_eq!(check_trace(&loaded.checks, &trace), []);
    (loaded, trace)
}

const SCENARIOS: [(&str, &str, u64); 3] = [
    (
        "micro",
        "app micro\nwait 3 us\npress A\nexpect led is on\nexpect led stays on for 2499 us\n\
         expect led becomes off within 2500 us\nwait 2.5 ms\nexpect log flash over\nwait 7 us\n",
        2_510,
    ),
    (
        "quick",
        "app quick\ntap A for 750 us\nwait 250 us\nexpect led becomes off within 1500 us\n\
         wait 1 s\n",
        4_004,
    ),
    (
        "slow",
        "app slow\nwait 1 h\ntap A for 200 ms\nexpect led is off\nwait 0.1 s\n",
        36_003,
    ),
];

#[test]
fn lengths_are_counted_in_the_ticks_of_the_app() {
    for (_, scenario, end) in SCENARIOS {
        assert_eq!(played(scenario).0.script.end(), RunTicks(end), "{scenario}");
    }
    // Also in the one-line form, and for an app that is only asked for.
    let loaded = load(InputFormat::Compact, b"app:quick d:A t:1 u:A t:500us");
    assert_eq!(loaded.script.end(), RunTicks(6));
    let asked = InputFormat::Scenario.load(&apps(), b"wait 1 s\n", Some("slow"));
    assert_eq!(asked.unwrap().script.end(), RunTicks(10));
}

#[test]
fn a_part_of_a_tick_is_refused_with_its_place() {
    for (scenario, place, expected) in [
        ("app quick\nwait 100 us\n", "2:6", "a multiple of 250 us"),
        ("app slow\nwait 50 ms\n", "2:6", "a multiple of 100 ms"),
        (
            "app slow\npress A bouncing for 5 ms\n",
            "2:22",
            "a multiple of 100 ms",
        ),
        ("app micro\nwait 721 h\n", "2:6", "at most 30 days"),
    ] {
        let refused = InputFormat::Scenario.load(&apps(), scenario.as_bytes(), None);
        let Err(LoadError::Diagnostics(diagnostics)) = refused else {
            panic!("{scenario} is read");
        };
        assert_eq!(diagnostics[0].span.to_string(), place, "{scenario}");
        assert!(
            diagnostics[0].expected.contains(expected),
            "{diagnostics:?}"
        );
    }
}

#[test]
fn every_form_of_a_trace_says_how_long_a_tick_is() {
    for (app, header, object, timescale) in [
        (
            "micro",
            "tick 1 us",
            "\"tick_us\":1}",
            "$timescale 1 us $end",
        ),
        (
            "quick",
            "tick 250 us",
            "\"tick_us\":250}",
            "$timescale 10 us $end",
        ),
        (
            "slow",
            "tick 100 ms",
            "\"tick_ms\":100}",
            "$timescale 100 ms $end",
        ),
    ] {
        let (_, scenario, _) = SCENARIOS.into_iter().find(|it| it.0 == app).unwrap();
        let (_, trace) = played(scenario);
        let mut forms = [Vec::new(), Vec::new(), Vec::new()];
        text::write(&trace, &mut forms[0]).unwrap();
        jsonl::write(&trace, &mut forms[1]).unwrap();
        vcd::write(&trace, &mut forms[2]).unwrap();
        let [written, objects, waveform] = forms.map(|form| String::from_utf8(form).unwrap());
        assert!(written.starts_with(&format!("lockstep trace 1: {app}, {header}\n")));
        assert!(
            objects.lines().next().unwrap().ends_with(object),
            "{objects}"
        );
        assert!(waveform.contains(timescale), "{waveform}");
        for form in [written, objects] {
            assert_eq!(Document::parse(&form).unwrap(), Document::from(&trace));
        }
    }
}

#[test]
fn what_is_written_is_played_again() {
    for (app, scenario, _) in SCENARIOS {
        let (loaded, trace) = played(scenario);
        let mut waveform = Vec::new();
        vcd::write(&trace, &mut waveform).unwrap();
        let again = load(InputFormat::Waveform(WaveformFormat::Vcd), &waveform);
        assert_eq!(again.script, loaded.script, "{app}");

        let recording = Recording::of(loaded.app.descriptor(), &loaded.script).unwrap();
        let again = load(InputFormat::Recording, &recording.encode());
        assert_eq!(again.script, loaded.script, "{app}");

        let exported = export(loaded.app.descriptor(), &loaded.script, &trace).to_string();
        let (again, trace_again) = played(&exported);
        assert_eq!(again.script.events(), loaded.script.events(), "{exported}");
        assert!(trace_again == trace, "{exported}");
    }
}

#[test]
fn the_screen_shows_times_as_fine_as_the_ticks() {
    for (app, expected) in [
        ("micro", "0:00.002510"),
        ("quick", "0:01.001000"),
        ("slow", "1:00:00.300"),
    ] {
        let (_, scenario, _) = SCENARIOS.into_iter().find(|it| it.0 == app).unwrap();
        let (loaded, _) = played(scenario);
        let options = ScreenOptions {
            size: ScreenSize::from_str("100x30").unwrap(),
            pane: Pane::Board,
            zoom: None,
            appearance: Appearance {
                background: Background::Dark,
                colors: ColorDepth::Monochrome,
                unicode: false,
            },
        };
        let shot = screenshot::shot(&apps(), "it.scn", &loaded, &options, None).unwrap();
        let screen = shot.text();
        assert!(screen.contains(expected), "{screen}");
    }
}
