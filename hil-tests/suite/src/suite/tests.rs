//! Cases on benches with a board in memory: the verdict of each, and the bench after it.

mod rules;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use lockstep_core::crash_record::{CrashCause, CrashRecord, StackedRegisters};
use lockstep_core::time::RunTicks;
use lockstep_engine::trace::document::Document;
use lockstep_pins::Pin;

use super::bench_session::BenchSession;
use super::board_access::{BoardAccess, MissingPart};
use super::run::{Images, Job, JobQueue, PreparedScenario, Settings, play_case, work};
use crate::bench::Bench;
use crate::bench::plan::Scenario;
use crate::fake::{self, FakeBoard, FakeImage, Fault, FrameFault, GlitchyToggle};
use crate::verdict::{Case, Evidence, Verdict};
use lockstep_core::protocol::Stimulus;

/// A run of the toggle with two presses.
const TWO_PRESSES: &str = "app toggle\nwait 50 ms\npress button\nwait 100 ms\nrelease button\n\
                           wait 600 ms\npress button\nwait 100 ms\nrelease button\nwait 200 ms\n";

/// The lines of a trace, and one of them that is bent.
const LED_ON: &str = "led";

/// A scenario and the golden that the host makes of it.
fn prepared(text: &str) -> PreparedScenario {
    let (script, host) = fake::scenario(text);
    PreparedScenario {
        scenario: Scenario {
            name: "a/scenario".to_owned(),
            path: PathBuf::from("a/scenario.scn"),
            app: host.descriptor().name(),
            end: script.end(),
        },
        script,
        golden: Document::from(&host),
        host: Ok(host),
        stale: None,
        rules: Vec::new(),
    }
}

/// The same with a golden in which the LED goes on one tick later.
fn bent(text: &str) -> PreparedScenario {
    let mut prepared = prepared(text);
    let lines = prepared.golden.lines.iter_mut();
    let is_led = |line: &&mut lockstep_engine::trace::document::Record| {
        line.name == LED_ON && line.value == "1"
    };
    lines.rev().find(is_led).unwrap().tick.0 += 1;
    prepared
}

fn images(bench: &Bench, image: &FakeImage) -> Images {
    let firmware = image.new_firmware();
    let app = firmware.app.descriptor().name();
    BTreeMap::from([((bench.board.name.clone(), app), firmware)])
}

fn job<'a>(bench: &'a Bench, prepared: &'a PreparedScenario, stimulus: Stimulus) -> Job<'a> {
    Job {
        index: 0,
        prepared,
        bench,
        stimulus,
        skip: None,
    }
}

/// Plays cases on one bench, each attempted twice at most.
struct Desk<'b> {
    bench: &'b Bench,
    session: BenchSession<'b>,
    images: Images,
}

impl<'b> Desk<'b> {
    fn new(bench: &'b Bench, access: Box<dyn BoardAccess>, image: &FakeImage) -> Self {
        Self {
            bench,
            session: BenchSession::new(bench, access),
            images: images(bench, image),
        }
    }

    fn play(&mut self, prepared: &PreparedScenario, stimulus: Stimulus) -> Case {
        self.attempt(prepared, stimulus, 2)
    }

    fn attempt(&mut self, prepared: &PreparedScenario, stimulus: Stimulus, attempts: u32) -> Case {
        let settings = Settings {
            images: &self.images,
            attempts,
            cancelled: &|| false,
            keep: &|_, _| None,
        };
        let job = job(self.bench, prepared, stimulus);
        play_case(&job, &mut self.session, &settings).0
    }

    fn passes(&mut self, prepared: &PreparedScenario, stimulus: Stimulus) {
        let case = self.play(prepared, stimulus);
        assert_eq!(case.verdict(), Verdict::Pass, "{}", message(&case));
    }
}

fn message(case: &Case) -> &str {
    case.cause().map_or("", |cause| &cause.message)
}

fn pin(number: u8) -> Pin {
    Pin::new(0, number)
}

fn panic_at(tick: u64) -> Fault {
    let cause = CrashCause::Panic {
        message: "on purpose",
        file: "src/lib.rs",
        line: 7,
    };
    let tick = RunTicks(tick);
    Fault::Crash(tick, CrashRecord { tick, cause })
}

fn hard_fault_at(tick: u64) -> Fault {
    let registers = StackedRegisters {
        pc: 0x204,
        ..StackedRegisters::default()
    };
    let tick = RunTicks(tick);
    let cause = CrashCause::Fault(registers);
    Fault::Crash(tick, CrashRecord { tick, cause })
}

#[test]
fn a_case_passes_with_both_stimuli_and_all_evidence() {
    let (bench, toggle) = (fake::emulated_bench(), FakeImage::toggle());
    let board = FakeBoard::blank(&[&toggle]);
    let mut desk = Desk::new(&bench, board.emulated(), &toggle);
    for stimulus in [Stimulus::Scheduled, Stimulus::Pins] {
        let case = desk.play(&prepared(TWO_PRESSES), stimulus);
        assert_eq!(case.verdict(), Verdict::Pass, "{}", message(&case));
        let all = [Evidence::Rtt, Evidence::Register, Evidence::Outside];
        assert_eq!(case.evidence, all);
        let outside = case.attempts[0]
            .pins
            .iter()
            .filter(|sample| sample.evidence == Evidence::Outside);
        let edges: Vec<_> = outside
            .map(|sample| (sample.tick.0, sample.level))
            .collect();
        assert_eq!(edges, [(50, 1), (750, 0)]);
    }
    assert_eq!(board.chip().flash_count, 1);
}

#[test]
fn an_image_that_is_there_is_not_flashed_again_and_another_one_is() {
    let bench = fake::emulated_bench();
    let (toggle, lamp) = (FakeImage::toggle(), FakeImage::lamp());
    for (there, flashed) in [(&toggle, 1), (&lamp, 2)] {
        let board = FakeBoard::blank(&[&toggle, &lamp]).started(there);
        board.chip().pass(Duration::from_secs(1));
        let mut desk = Desk::new(&bench, board.emulated(), &toggle);
        desk.passes(&prepared(TWO_PRESSES), Stimulus::Scheduled);
        assert_eq!(board.chip().flash_count, flashed);
    }
}

#[test]
fn a_golden_that_is_left_fails_twice_and_costs_the_next_case_nothing() {
    let (bench, toggle) = (fake::emulated_bench(), FakeImage::toggle());
    let board = FakeBoard::blank(&[&toggle]);
    let mut desk = Desk::new(&bench, board.emulated(), &toggle);
    for stimulus in [Stimulus::Scheduled, Stimulus::Pins] {
        let case = desk.play(&bent(TWO_PRESSES), stimulus);
        assert_eq!(case.verdict(), Verdict::Fail);
        assert_eq!(case.attempts.len(), 2);
        assert_eq!(
            message(&case),
            "the trace of the board differs from the golden at tick 50"
        );
        desk.passes(&prepared(TWO_PRESSES), stimulus);
    }
}

/// The longest script that is traced at every tick, and nothing in it to be told.
#[test]
fn every_script_up_to_the_limit_is_traced_at_every_tick_to_its_end() {
    let (bench, toggle) = (fake::emulated_bench(), FakeImage::toggle());
    let board = FakeBoard::blank(&[&toggle]).with_tick(Duration::from_millis(3));
    let mut desk = Desk::new(&bench, board.emulated(), &toggle);
    let long = format!("{TWO_PRESSES}wait 18950 ms\n");
    let prepared = bent(&long);
    assert_eq!(prepared.script.end(), super::bench_session::MAX_EVERY_TICK);
    let case = desk.play(&prepared, Stimulus::Scheduled);
    assert_eq!(case.attempts.len(), 2);
    assert_eq!(
        message(&case),
        "the trace of the board differs from the golden at tick 50"
    );
    assert_eq!(board.chip().dated.len(), 20_001);
}

#[test]
fn an_output_that_glitches_is_a_failure_at_its_tick() {
    let (bench, toggle) = (fake::emulated_bench(), FakeImage::toggle());
    let glitchy = FakeImage::of::<GlitchyToggle>(toggle.identity);
    let board = FakeBoard::blank(&[&glitchy]);
    let mut desk = Desk::new(&bench, board.emulated(), &glitchy);
    let quiet = prepared("app toggle\nwait 2 s\n");
    let case = desk.play(&quiet, Stimulus::Scheduled);
    assert_eq!(case.verdict(), Verdict::Fail);
    assert_eq!(
        message(&case),
        "the trace of the board differs from the golden at tick 700"
    );
    let seen = &case.attempts[1].pins;
    let outside = |tick| {
        seen.iter()
            .any(|sample| sample.tick == RunTicks(tick) && sample.evidence == Evidence::Outside)
    };
    assert!(outside(700) && outside(701), "{seen:?}");
}

#[test]
fn a_pin_that_does_not_follow_its_output_fails_by_whoever_sees_it() {
    let toggle = FakeImage::toggle();
    let stuck = || {
        let board = FakeBoard::blank(&[&toggle]);
        board.chip().stuck.insert(pin(3), false);
        board
    };
    let emulated = fake::emulated_bench();
    let mut desk = Desk::new(&emulated, stuck().emulated(), &toggle);
    let case = desk.play(&prepared(TWO_PRESSES), Stimulus::Scheduled);
    assert_eq!(case.verdict(), Verdict::Fail);
    let outside = "pin P0.03 (`led`) was seen from outside: no further change; \
                   expected high at tick 50";
    assert_eq!(message(&case), outside);
    let probed = fake::bench("probe = \"0d28:0204\"\n");
    let mut desk = Desk::new(&probed, stuck().probed(), &toggle);
    let case = desk.play(&prepared(TWO_PRESSES), Stimulus::Scheduled);
    assert_eq!(case.verdict(), Verdict::Fail);
    let register = "pin P0.03 (`led`) is low in its register at tick ";
    assert!(message(&case).starts_with(register), "{}", message(&case));
}

#[test]
fn jumpers_press_buttons_within_the_tolerance_and_what_they_do_is_measured() {
    let (bench, toggle) = (fake::jumpered_bench(2), FakeImage::toggle());
    let board = FakeBoard::blank(&[&toggle]);
    board.chip().jumpers = fake::jumpers().to_vec();
    let mut desk = Desk::new(&bench, board.probed(), &toggle);
    let case = desk.play(&prepared(TWO_PRESSES), Stimulus::Pins);
    assert_eq!(case.verdict(), Verdict::Pass, "{}", message(&case));
    assert_eq!(case.attempts.len(), 1);
    assert!(case.slack() <= Some(RunTicks(2)), "{:?}", case.slack());
    assert_eq!(case.evidence, [Evidence::Rtt, Evidence::Register]);
}

#[test]
fn a_probe_that_is_too_slow_for_the_board_is_infra() {
    let (bench, toggle) = (fake::jumpered_bench(0), FakeImage::toggle());
    let board = FakeBoard::blank(&[&toggle]).with_tick(Duration::from_micros(1));
    board.chip().jumpers = fake::jumpers().to_vec();
    let mut desk = Desk::new(&bench, board.probed(), &toggle);
    let case = desk.play(&prepared(TWO_PRESSES), Stimulus::Pins);
    assert_eq!(case.verdict(), Verdict::Infra);
    let message = message(&case);
    assert!(
        message.starts_with("an input pin moved up to "),
        "{message}"
    );
    assert!(message.ends_with(": the bench allows 0 ms"), "{message}");
    desk.passes(&prepared(TWO_PRESSES), Stimulus::Scheduled);
}

#[test]
fn a_jumper_that_is_missing_is_infra_before_anything_is_played() {
    let (bench, toggle) = (fake::jumpered_bench(50), FakeImage::toggle());
    let board = FakeBoard::blank(&[&toggle]);
    board.chip().jumpers = fake::jumpers()[1..].to_vec();
    let mut desk = Desk::new(&bench, board.probed(), &toggle);
    let case = desk.play(&prepared(TWO_PRESSES), Stimulus::Pins);
    assert_eq!(case.verdict(), Verdict::Infra);
    let missing = "pin P0.17 does not follow P0.20: the jumper between them is missing";
    assert_eq!(message(&case), missing);
    assert!(case.attempts.iter().all(|attempt| attempt.trace.is_none()));
}

#[test]
fn a_fault_of_the_firmware_is_a_failure_that_names_it() {
    let (bench, toggle) = (fake::emulated_bench(), FakeImage::toggle());
    for (fault, expected) in [
        (
            panic_at(100),
            "the firmware panicked at tick 100: on purpose",
        ),
        (hard_fault_at(100), "the CPU took a hard fault at tick 100"),
        (
            Fault::Hang(RunTicks(100)),
            "the board sent nothing for 5 s: expected the end of the run: the firmware hangs at \
             0x00000204  spin + 0x4",
        ),
    ] {
        let board = FakeBoard::blank(&[&toggle]).with_fault(fault);
        let mut desk = Desk::new(&bench, board.emulated(), &toggle);
        let case = desk.attempt(&prepared(TWO_PRESSES), Stimulus::Scheduled, 1);
        assert_eq!(case.verdict(), Verdict::Fail, "{}", message(&case));
        assert_eq!(message(&case), expected);
        assert!(case.attempts[0].is_partial);
        desk.passes(&prepared(TWO_PRESSES), Stimulus::Scheduled);
    }
}

#[test]
fn what_the_board_does_not_have_is_told_with_the_failure() {
    let (bench, toggle) = (fake::emulated_bench(), FakeImage::toggle());
    let board = FakeBoard::blank(&[&toggle]).with_fault(Fault::Hang(RunTicks(100)));
    board.chip().missing_parts = vec![MissingPart {
        message: "the firmware read RTC1 at 0x40011504, which is not emulated".to_owned(),
        advice: "keep time by TIMER0".to_owned(),
        registers: 0x4001_1000..0x4001_2000,
    }];
    let mut desk = Desk::new(&bench, board.emulated(), &toggle);
    let case = desk.attempt(&prepared(TWO_PRESSES), Stimulus::Scheduled, 1);
    let told = "spin + 0x4; the firmware read RTC1 at 0x40011504, which is not emulated";
    assert!(message(&case).ends_with(told), "{}", message(&case));
    let first = case.cause().and_then(|cause| cause.details.lines().next());
    let told = "the firmware read RTC1 at 0x40011504, which is not emulated: keep time by TIMER0";
    assert_eq!(first, Some(told));
}

#[test]
fn what_is_not_the_firmwares_fault_is_infra() {
    let (bench, toggle) = (fake::emulated_bench(), FakeImage::toggle());
    for (fault, expected) in [
        (
            Fault::Reset(RunTicks(100)),
            "it left no crash record: something reset it",
        ),
        (Fault::MachineEnds(RunTicks(100)), "the machine ended"),
        (Fault::Frame(5, FrameFault::NoRoom), "frame 5 is missing"),
        (
            Fault::Frame(5, FrameFault::IsBent),
            "are not a frame of protocol version 3",
        ),
    ] {
        let board = FakeBoard::blank(&[&toggle]).with_fault(fault);
        let mut desk = Desk::new(&bench, board.emulated(), &toggle);
        let case = desk.attempt(&prepared(TWO_PRESSES), Stimulus::Scheduled, 1);
        assert_eq!(case.verdict(), Verdict::Infra, "{}", message(&case));
        assert!(message(&case).contains(expected), "{}", message(&case));
        desk.passes(&prepared(TWO_PRESSES), Stimulus::Scheduled);
    }
}

#[test]
fn an_image_that_says_it_is_another_one_is_infra() {
    let (bench, toggle) = (fake::emulated_bench(), FakeImage::toggle());
    let other = toggle.clone().saying(&[7; 4]);
    let mut desk = Desk::new(&bench, FakeBoard::blank(&[&other]).emulated(), &other);
    let case = desk.attempt(&prepared(TWO_PRESSES), Stimulus::Scheduled, 1);
    assert_eq!(case.verdict(), Verdict::Infra);
    let expected = "the image on the board is 07070707: expected ";
    assert!(message(&case).starts_with(expected), "{}", message(&case));
}

#[test]
fn a_probe_that_vanishes_makes_this_case_and_all_others_of_the_bench_infra() {
    let bench = fake::bench("probe = \"0d28:0204\"\n");
    let toggle = FakeImage::toggle();
    let board = FakeBoard::blank(&[&toggle]).with_fault(Fault::ProbeGone(RunTicks(100)));
    let prepared = prepared(TWO_PRESSES);
    let jobs = (0..3).map(|index| Job {
        index,
        ..job(&bench, &prepared, Stimulus::Scheduled)
    });
    let images = images(&bench, &toggle);
    let settings = Settings {
        images: &images,
        attempts: 2,
        cancelled: &|| false,
        keep: &|_, _| None,
    };
    let (sender, results) = mpsc::channel();
    let mut session = BenchSession::new(&bench, board.probed());
    work(
        &JobQueue::new(jobs.collect()),
        &mut session,
        &settings,
        &sender,
    );
    drop(sender);
    let cases: Vec<Case> = results.into_iter().map(|(_, case)| case).collect();
    assert_eq!(cases.len(), 3);
    assert!(cases.iter().all(|case| case.verdict() == Verdict::Infra));
    assert_eq!(
        message(&cases[0]),
        "the probe failed; then: the probe failed: the probe does not answer"
    );
    let expected = "the bench could not be recovered: cannot open the probe";
    assert_eq!(message(&cases[2]), expected);
}

#[test]
fn a_case_that_is_cancelled_is_skipped_with_what_came_of_it() {
    let (bench, toggle) = (fake::emulated_bench(), FakeImage::toggle());
    let board = FakeBoard::blank(&[&toggle]);
    let images = images(&bench, &toggle);
    let is_under_way = {
        let board = board.clone();
        move || board.chip().word(fake::TICK) > 60
    };
    let settings = Settings {
        images: &images,
        attempts: 2,
        cancelled: &is_under_way,
        keep: &|_, _| None,
    };
    let mut session = BenchSession::new(&bench, board.emulated());
    let prepared = prepared(TWO_PRESSES);
    let job = job(&bench, &prepared, Stimulus::Scheduled);
    let (case, unusable) = play_case(&job, &mut session, &settings);
    assert_eq!((case.verdict(), unusable), (Verdict::Skipped, None));
    assert!(
        message(&case).starts_with("cancelled at tick "),
        "{}",
        message(&case)
    );
    assert!(case.attempts[0].trace.is_some());
}

/// What is broken on purpose gets its verdict, and what is sound passes, whatever came before it.
#[test]
fn two_hundred_cases_in_a_row_of_which_every_third_is_broken() {
    let (bench, toggle) = (fake::emulated_bench(), FakeImage::toggle());
    let board = FakeBoard::blank(&[&toggle]);
    let mut desk = Desk::new(&bench, board.emulated(), &toggle);
    let sound = prepared(TWO_PRESSES);
    let broken = bent(TWO_PRESSES);
    let faults = [
        None,
        Some((panic_at(200), Verdict::Fail)),
        Some((Fault::Hang(RunTicks(200)), Verdict::Fail)),
        Some((hard_fault_at(200), Verdict::Fail)),
        Some((Fault::MachineEnds(RunTicks(200)), Verdict::Infra)),
        Some((Fault::Reset(RunTicks(200)), Verdict::Infra)),
        Some((Fault::Frame(4, FrameFault::IsBent), Verdict::Infra)),
        Some((Fault::Frame(4, FrameFault::Vanishes), Verdict::Infra)),
    ];
    let mut kinds = faults.iter().cycle();
    for number in 0..200 {
        let stimulus = [Stimulus::Scheduled, Stimulus::Pins][number % 2];
        if number % 3 != 2 {
            desk.passes(&sound, stimulus);
            continue;
        }
        let (case, expected) = match kinds.next().unwrap() {
            None => (desk.play(&broken, stimulus), Verdict::Fail),
            Some((fault, verdict)) => {
                board.chip().add_fault(*fault);
                (desk.attempt(&sound, stimulus, 1), *verdict)
            }
        };
        assert_eq!(case.verdict(), expected, "{number}: {}", message(&case));
    }
}
