//! Firmware that is broken in a copy of its source: the image on the board has the fault, the
//! host does not.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Mutex, OnceLock, PoisonError};

use libtest_mimic::Failed;
use lockstep_core::protocol::Stimulus;
use lockstep_engine::project::Project;
use lockstep_engine::registry::Registry;
use lockstep_hil::bench::board_pins::BoardPins;
use lockstep_hil::bench::find::find;
use lockstep_hil::bench::plan::Scenario;
use lockstep_hil::bench::{Bench, Capability};
use lockstep_hil::suite::bench_session::BenchSession;
use lockstep_hil::suite::prepare::{images, prepare};
use lockstep_hil::suite::run::{Images, Job, Settings, play_case};
use lockstep_hil::verdict::{Case, Verdict};
use lockstep_hil_cli::emulated_board::EmulatedBoard;
use lockstep_images::board::{Board, boards};
use lockstep_virtual_board::machine::ClockMode;
use shipped_apps::shipped;

use super::copy::WorkspaceCopy;
use super::support;

/// A fault, and what must be said of it.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    verdict: Verdict,
    message: &'static str,
}

const LAMP: &str = "firmware-core/apps/src/lamp/mod.rs";
const HANDLES: &str = "fn handle(&mut self, event: Event, out: &mut dyn Sink) {";
const PLAYED: &str = "agent.tick(sample.contacts, link);";

pub(crate) const FAULTS: &[Fault] = &[
    Fault {
        name: "panics",
        file: LAMP,
        from: HANDLES,
        to: "fn handle(&mut self, event: Event, out: &mut dyn Sink) {\n        \
             assert!(self.now != Instant(700), \"on purpose\");",
        verdict: Verdict::Fail,
        message: "the firmware panicked at tick 701: on purpose",
    },
    Fault {
        name: "hangs",
        file: LAMP,
        from: HANDLES,
        to: "fn handle(&mut self, event: Event, out: &mut dyn Sink) {\n        \
             while self.now == Instant(700) { core::hint::spin_loop(); }",
        verdict: Verdict::Fail,
        message: "the firmware hangs at",
    },
    Fault {
        name: "faults",
        file: "firmware-core/boards/runtime/src/lib.rs",
        from: PLAYED,
        to: "agent.tick(sample.contacts, link);\n            if agent.now().0 == 700 {\n\
             // SAFETY: there is none: it is a fault on purpose.\n\
             let _: u32 = unsafe { core::ptr::with_exposed_provenance::<u32>(0x3000_0000).read_volatile() };\n}",
        verdict: Verdict::Fail,
        message: "the CPU took a hard fault at tick 70",
    },
    Fault {
        name: "is-late-by-one-tick",
        file: "firmware-core/apps/src/lamp/tuning.rs",
        from: "double_press: Ticks::from_ms(300)",
        to: "double_press: Ticks::from_ms(301)",
        verdict: Verdict::Fail,
        message: "the trace of the board differs from the golden at tick 1420",
    },
    Fault {
        name: "has-an-output-that-is-stuck-high",
        file: "firmware-core/boards/runtime/src/pins.rs",
        from: "PinState::from(*level > Level::OFF)",
        to: "PinState::High",
        verdict: Verdict::Fail,
        message: "was seen from outside: no further change; expected low at tick 0",
    },
    Fault {
        name: "has-an-output-that-is-stuck-low",
        file: "firmware-core/boards/runtime/src/pins.rs",
        from: "PinState::from(*level > Level::OFF)",
        to: "PinState::from(*level > Level(999))",
        verdict: Verdict::Fail,
        message: "was seen from outside: no further change",
    },
    Fault {
        name: "skips-a-frame",
        file: "firmware-core/contract/src/agent/outbox.rs",
        from: "        if sent {\n            self.number",
        to: "        if sent {\n            self.number = self.number.wrapping_add(u32::from(self.number == 9));\n            self.number",
        verdict: Verdict::Infra,
        message: "frame 10 is missing: the next one is 11",
    },
    Fault {
        name: "has-no-room-for-a-frame",
        file: "firmware-core/contract/src/agent/outbox.rs",
        from: "is_some_and(|bytes| link.send(bytes))",
        to: "is_some_and(|bytes| self.number != 9 && link.send(bytes))",
        verdict: Verdict::Infra,
        message: "frame 9 is missing: the next one is 10",
    },
    Fault {
        name: "says-that-it-is-another-image",
        file: "firmware-core/boards/runtime/src/boot.rs",
        from: "    unsafe { &__build_note[NOTE_HEADER..] }",
        to: "    let _own = unsafe { &__build_note[NOTE_HEADER..] };\n    &[7; ID]",
        verdict: Verdict::Infra,
        message: "the image on the board is 0707070707070707070707070707070707070707: expected ",
    },
    Fault {
        name: OVERRUN,
        file: "firmware-core/boards/runtime/src/channels.rs",
        from: "1: { size: 4096,",
        to: "1: { size: 80,",
        verdict: Verdict::Infra,
        message: "is missing: the next one is",
    },
];

/// Faults that nothing outside of the chip sees, on a bench that has nothing there.
pub(crate) const FAULTS_INSIDE: &[Fault] = &[
    Fault {
        name: "has-an-output-that-is-stuck-high-for-a-while",
        file: "firmware-core/boards/runtime/src/lib.rs",
        from: "hardware.show(agent.levels());\n            samples::outputs_set(agent.now());\n            hardware.refresh();",
        to: "let is_stuck = (200..600).contains(&agent.now().0);\n            \
             hardware.show(if is_stuck { &[Level(100); 4] } else { agent.levels() });\n            \
             samples::outputs_set(agent.now());\n            hardware.refresh();",
        verdict: Verdict::Fail,
        message: "(`lamp`) is high in its register at tick ",
    },
    Fault {
        name: "has-an-output-that-is-driven-from-elsewhere",
        file: "firmware-core/boards/nordic/src/lib.rs",
        from: "lockstep_board::run::<A>(&mut board, condition)",
        to: "// SAFETY: it is a fault on purpose: the pin is an input now, and is pulled high.\n    \
             unsafe { (*hal::pac::GPIO::ptr()).pin_cnf[3].write(|w| w.bits(0b1100)) };\n    \
             lockstep_board::run::<A>(&mut board, condition)",
        verdict: Verdict::Fail,
        message: "(`lamp`) is high in its register at tick ",
    },
];

const SCENARIO: &str = "lamp/power/short-press-toggles";

/// Found where the bench reads later than the board writes: 29 of 29 runs did, and one on a busy machine did
/// not. It is played so often at most.
const OVERRUN: &str = "overruns-its-trace-buffer";
const OVERRUN_RUNS: usize = 3;

/// The board with the fault is judged so.
pub(crate) fn is_found(fault: &Fault) -> Result<(), Failed> {
    is_found_on(&bench(), fault)
}

/// The same on a bench that sees no pin from outside.
pub(crate) fn is_found_inside(fault: &Fault) -> Result<(), Failed> {
    let mut bench = bench();
    bench.missing_capabilities.insert(Capability::Outside);
    is_found_on(&bench, fault)
}

fn is_found_on(bench: &Bench, fault: &Fault) -> Result<(), Failed> {
    let images = broken(fault)?;
    let mut broken = case(bench, &images)?;
    if fault.name == OVERRUN {
        for _ in 1..OVERRUN_RUNS {
            if broken.verdict() != Verdict::Pass {
                break;
            }
            broken = case(bench, &images)?;
        }
    }
    let verdict = broken.verdict();
    let message = broken
        .cause()
        .map(|cause| cause.message.clone())
        .unwrap_or_default();
    assert_eq!(verdict, fault.verdict, "{message}");
    assert!(message.contains(fault.message), "{message}");
    Ok(())
}

/// Plays the scenario on an image of these boards.
fn case(bench: &Bench, images: &Images) -> Result<Case, Failed> {
    let registry = Registry::new(shipped())?;
    let path = support::root()
        .join("fixtures/scenarios")
        .join(SCENARIO)
        .with_extension("scn");
    let scenario = Scenario {
        name: SCENARIO.to_owned(),
        path,
        app: "lamp",
        end: lockstep_core::time::RunTicks::ZERO,
    };
    let prepared = prepare(&scenario, &registry)?;
    let settings = Settings {
        images,
        attempts: 1,
        cancelled: &|| false,
        keep: &|_, _| None,
    };
    let job = Job {
        index: 0,
        prepared: &prepared,
        bench,
        stimulus: Stimulus::Scheduled,
        skip: None,
    };
    let board = Box::new(EmulatedBoard::new(ClockMode::Unthrottled));
    let mut session = BenchSession::new(bench, board);
    Ok(play_case(&job, &mut session, &settings).0)
}

fn bench() -> Bench {
    let project = Project::read(&support::root()).unwrap();
    let boards = boards(&project.boards().unwrap()).unwrap().into_iter();
    let inputs: Vec<_> = boards
        .map(|board| BoardPins::read(board).unwrap())
        .collect();
    let benches = find(&project.benches().unwrap(), &inputs).unwrap();
    let named = |bench: &Bench| bench.name == "virtual";
    benches.benches.into_iter().find(named).unwrap()
}

/// One copy serves all faults, one after the other: what does not change is built once.
fn broken(fault: &Fault) -> Result<Images, Failed> {
    static COPY: OnceLock<Mutex<WorkspaceCopy>> = OnceLock::new();
    let copy = COPY.get_or_init(|| {
        Mutex::new(WorkspaceCopy::with_dependencies(
            "repository",
            super::TARGET,
        ))
    });
    let copy = copy.lock().unwrap_or_else(PoisonError::into_inner);
    let path = copy.root.join(fault.file);
    let source = fs::read_to_string(&path)?;
    assert_eq!(
        source.matches(fault.from).count(),
        1,
        "{} has the place",
        fault.file
    );
    fs::write(&path, source.replacen(fault.from, fault.to, 1))?;
    let board = Board::read(&copy.board("microbit-v1"))?;
    let registry = Registry::new(shipped())?;
    let apps = BTreeSet::from(["lamp"]);
    let built = images(
        &support::environment(),
        &copy.root,
        &board,
        &apps,
        &registry,
    );
    let read = built.map(|built| {
        let keyed = |firmware| ((board.name.clone(), "lamp"), firmware);
        built.into_iter().map(keyed).collect()
    });
    fs::write(&path, source)?;
    Ok(read?)
}
