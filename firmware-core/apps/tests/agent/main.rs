//! The board's side of the protocol, driven as a bench drives it.

#![allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected should stop there"
)]

use proptest::prelude::*;

mod beside;
mod ports;

use lockstep_apps::lamp::Lamp;
use lockstep_apps::toggle::Toggle;
use lockstep_core::action::{Action, SwitchState};
use lockstep_core::agent::*;
use lockstep_core::app::App;
use lockstep_core::app::AppDescriptor;
use lockstep_core::contacts::Contacts;
use lockstep_core::event::BootCondition;
use lockstep_core::event::ButtonId;
use lockstep_core::output::Level;
use lockstep_core::protocol::{self, Frame, Losses, MAX_COMMAND, RunEnd};
use lockstep_core::protocol::{
    BootReport, Command, Message, Phase, Refusal, RunParameters, Status, Stimulus,
};
use lockstep_core::runner::Runner;
use lockstep_core::runner::{Observation, Observer};
use lockstep_core::time::{Instant, RunTicks};

const QUEUE: usize = 4;
const A: ButtonId = ButtonId(0);
const B: ButtonId = ButtonId(1);

const IDENTITY: BootIdentity = BootIdentity {
    image: &[1, 2, 3],
    boot: BootReport {
        condition: BootCondition::OK,
        data_copied: true,
        bss_zeroed: true,
        crashes: 0,
    },
    crash_record: &[],
};

/// A link with room for so many bytes, which a bench reads and writes.
struct Wire {
    room: usize,
    up: Vec<u8>,
    down: Vec<u8>,
}

impl Wire {
    fn new() -> Self {
        Self {
            room: usize::MAX,
            up: Vec::new(),
            down: Vec::new(),
        }
    }

    fn ask(&mut self, command: Command) {
        let mut buffer = [0; MAX_COMMAND];
        let bytes = protocol::encode(&command, &mut buffer).expect("a command has room");
        self.down.extend_from_slice(bytes);
    }

    /// The number and the message of every frame that came, taken from the link.
    fn told(&mut self) -> Vec<(u32, Told)> {
        let up = std::mem::take(&mut self.up);
        up.split_inclusive(|byte| *byte == 0)
            .map(|bytes| {
                let mut bytes = bytes.to_vec();
                let frame: Frame<'_> =
                    protocol::decode_in_place(&mut bytes).expect("a whole frame");
                (frame.number, frame.message.into())
            })
            .collect()
    }

    fn messages(&mut self) -> Vec<Told> {
        self.told().into_iter().map(|(_, told)| told).collect()
    }
}

impl Link for Wire {
    fn send(&mut self, frame: &[u8]) -> bool {
        let fits = self.up.len() + frame.len() <= self.room;
        if fits {
            self.up.extend_from_slice(frame);
        }
        fits
    }

    fn receive(&mut self, into: &mut [u8]) -> usize {
        let count = into.len().min(self.down.len());
        into[..count].copy_from_slice(&self.down[..count]);
        self.down.drain(..count);
        count
    }
}

/// A message that owns what it says.
#[derive(Clone, Debug, PartialEq)]
enum Told {
    Hello(String),
    Observed(RunTicks, Observation),
    End(RunEnd),
    Status(Status),
    Refused(Refusal),
}

impl From<Message<'_>> for Told {
    fn from(message: Message<'_>) -> Self {
        match message {
            Message::Hello(hello) => Self::Hello(hello.app.to_string()),
            Message::Observed(tick, what) => Self::Observed(tick, what),
            Message::End(end) => Self::End(end),
            Message::Status(status) => Self::Status(status),
            Message::Refused(refusal) => Self::Refused(refusal),
        }
    }
}

/// Everything that is observed, as a host keeps it.
#[derive(Default)]
struct Kept(Vec<Told>);

impl Observer for Kept {
    fn observe(&mut self, tick: RunTicks, what: Observation) {
        self.0.push(Told::Observed(tick, what));
    }
}

fn start(end: u64, stimulus: Stimulus) -> RunParameters {
    RunParameters {
        run: 7,
        condition: BootCondition::OK,
        clock: Instant::ZERO,
        end: RunTicks(end),
        stimulus,
        passes_idle: false,
    }
}

/// A board that has come up.
fn booted<A: App>(wire: &mut Wire) -> Agent<A, QUEUE> {
    let mut agent = Agent::new(IDENTITY);
    agent.boot(wire);
    agent
}

/// A board that stands still, and a link on which nothing is said yet.
fn stopped<A: App>() -> (Agent<A, QUEUE>, Wire) {
    let mut wire = Wire::new();
    let mut agent = booted(&mut wire);
    wire.ask(Command::Stop);
    agent.receive(&|| Contacts::OPEN, &mut wire);
    wire.up.clear();
    (agent, wire)
}

/// What the host observes of these actions.
fn on_the_host<A: App>(actions: &[(RunTicks, Action)], end: u64) -> Vec<Told> {
    let mut kept = Kept::default();
    let mut run = Runner::power_up(A::new(), A::new, BootCondition::OK, &mut kept);
    for tick in 0..=end {
        if tick > 0 {
            run.tick(&mut kept);
        }
        for (_, action) in actions.iter().filter(|(at, _)| at.0 == tick) {
            run.apply(*action, &mut kept);
        }
        run.flush_outputs(&mut kept);
    }
    kept.0
}

/// What a board tells of these actions when a bench schedules them as room comes free.
fn scheduled<A: App>(actions: &[(RunTicks, Action)], end: u64) -> Vec<(u32, Told)> {
    let (mut agent, mut wire) = stopped::<A>();
    let mut waiting = actions.iter().copied().peekable();
    let mut begun = false;
    for _ in 0..=end {
        while usize::from(agent.status().queued) < QUEUE
            && let Some((tick, action)) = waiting.next()
        {
            wire.ask(Command::At(tick, action));
            agent.receive(&|| Contacts::OPEN, &mut wire);
        }
        if begun {
            agent.tick(Contacts::from_bits(u64::MAX), &mut wire);
        } else {
            wire.ask(Command::Start(start(end, Stimulus::Scheduled)));
            assert!(agent.receive(&|| Contacts::OPEN, &mut wire));
            begun = true;
        }
    }
    assert_eq!(agent.phase(), Phase::Stopped);
    wire.told()
}

/// What a board tells of these actions when it passes over idle ticks, and how many it took.
fn passing<A: App>(actions: &[(RunTicks, Action)], end: u64) -> (Vec<(u32, Told)>, u64) {
    let (mut agent, mut wire) = stopped::<A>();
    let mut waiting = actions.iter().copied().peekable();
    let mut schedule = |agent: &mut Agent<A, QUEUE>, wire: &mut Wire| {
        while usize::from(agent.status().queued) < QUEUE
            && let Some((tick, action)) = waiting.next()
        {
            wire.ask(Command::At(tick, action));
            agent.receive(&|| Contacts::OPEN, wire);
        }
    };
    schedule(&mut agent, &mut wire);
    wire.ask(Command::Start(RunParameters {
        passes_idle: true,
        ..start(end, Stimulus::Scheduled)
    }));
    assert!(agent.receive(&|| Contacts::OPEN, &mut wire));
    let mut taken = 0;
    while agent.phase() == Phase::Playing {
        schedule(&mut agent, &mut wire);
        agent.pass(agent.idle_ticks());
        agent.tick(Contacts::from_bits(u64::MAX), &mut wire);
        taken += 1;
    }
    (wire.told(), taken)
}

/// What a board tells of these presses when its pins are moved.
fn on_pins<A: App>(actions: &[(RunTicks, Action)], end: u64) -> Vec<(u32, Told)> {
    let (mut agent, mut wire) = stopped::<A>();
    wire.ask(Command::Start(start(end, Stimulus::Pins)));
    let mut contacts = Contacts::OPEN;
    for now in 0..=end {
        for (_, action) in actions.iter().filter(|(tick, _)| tick.0 == now) {
            match action {
                Action::Button(button, contact) => contacts.set(*button, *contact),
                Action::Reset(_) | Action::Number(..) | Action::Byte(..) => {}
            }
        }
        if now == 0 {
            agent.receive(&|| contacts, &mut wire);
        } else {
            agent.tick(contacts, &mut wire);
        }
    }
    wire.told()
}

/// The run as a board tells it, between its hello and its end, with every number checked.
fn body(told: Vec<(u32, Told)>, end: u64) -> Vec<Told> {
    for (expected, (number, _)) in (0..).zip(&told) {
        assert_eq!(*number, expected);
    }
    let mut messages: Vec<Told> = told.into_iter().map(|(_, told)| told).collect();
    let observations = u32::try_from(messages.len() - 2).expect("a short run");
    let expected = RunEnd {
        tick: RunTicks(end),
        observations,
        losses: Losses::default(),
    };
    assert_eq!(messages.pop(), Some(Told::End(expected)));
    assert!(matches!(messages.remove(0), Told::Hello(_)));
    messages
}

/// Presses and releases of two buttons that alternate, at most one of each a tick, from
/// tick `first` on.
fn presses(first: u64) -> impl Strategy<Value = Vec<(RunTicks, Action)>> {
    let edges = || proptest::collection::vec(1..900_u64, 0..8);
    (edges(), edges()).prop_map(move |(a, b)| {
        let mut actions = Vec::new();
        for (button, gaps) in [(A, a), (B, b)] {
            let mut tick = first.max(1) - 1;
            let mut contact = SwitchState::Closed;
            for gap in gaps {
                tick += gap;
                actions.push((RunTicks(tick), Action::Button(button, contact)));
                contact = contact.other();
            }
        }
        actions.sort_by(|one: &(RunTicks, Action), other| {
            one.0.cmp(&other.0).then(one.1.compare_order(other.1))
        });
        actions
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn scheduled_events_are_played_as_on_the_host(actions in presses(0)) {
        let told = body(scheduled::<Lamp>(&actions, 4_000), 4_000);
        prop_assert_eq!(told, on_the_host::<Lamp>(&in_time(&actions), 4_000));
    }

    #[test]
    fn passing_over_idle_ticks_is_taking_them(actions in presses(0)) {
        let (told, taken) = passing::<Lamp>(&in_time(&actions), 4_000);
        prop_assert_eq!(body(told, 4_000), on_the_host::<Lamp>(&in_time(&actions), 4_000));
        prop_assert!(taken < 4_000 / 10);
    }

    #[test]
    fn pins_are_played_as_on_the_host(actions in presses(0)) {
        let told = body(on_pins::<Lamp>(&actions, 4_000), 4_000);
        prop_assert_eq!(told, on_the_host::<Lamp>(&in_time(&actions), 4_000));
    }

    #[test]
    fn any_bytes_leave_the_board_working(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
        let (mut agent, mut wire) = stopped::<Toggle>();
        wire.down = bytes;
        agent.receive(&|| Contacts::OPEN, &mut wire);
        wire.down = vec![0];
        wire.ask(Command::Stop);
        agent.receive(&|| Contacts::OPEN, &mut wire);
        wire.up.clear();
        wire.ask(Command::Start(start(1, Stimulus::Scheduled)));
        prop_assert!(agent.receive(&|| Contacts::OPEN, &mut wire));
    }
}

fn in_time(actions: &[(RunTicks, Action)]) -> Vec<(RunTicks, Action)> {
    actions
        .iter()
        .copied()
        .filter(|(tick, _)| tick.0 <= 4_000)
        .collect()
}

#[test]
fn the_product_runs_from_power_up_and_says_so() {
    let mut wire = Wire::new();
    let mut agent = booted::<Toggle>(&mut wire);
    agent.tick(Contacts::from_bits(1), &mut wire);
    assert_eq!(agent.levels(), [Level::ON]);
    let press = Observation::Input(Action::Button(A, SwitchState::Closed));
    let messages = wire.messages();
    assert_eq!(messages[0], Told::Hello("toggle".to_string()));
    assert!(messages.contains(&Told::Observed(RunTicks(1), press)));
}

#[test]
fn a_run_that_is_stopped_ends_where_it_is() {
    let (mut agent, mut wire) = stopped::<Toggle>();
    wire.ask(Command::Start(start(100, Stimulus::Scheduled)));
    agent.receive(&|| Contacts::OPEN, &mut wire);
    agent.tick(Contacts::OPEN, &mut wire);
    wire.ask(Command::Stop);
    agent.receive(&|| Contacts::OPEN, &mut wire);
    agent.tick(Contacts::OPEN, &mut wire);
    assert!(matches!(
        wire.messages().last(),
        Some(Told::End(RunEnd {
            tick: RunTicks(1),
            ..
        }))
    ));
    assert_eq!(agent.now(), RunTicks(1));
}

#[test]
fn every_refusal_has_its_cause() {
    let press =
        |button, tick| Command::At(RunTicks(tick), Action::Button(button, SwitchState::Closed));
    let reset = |tick| Command::At(RunTicks(tick), Action::Reset(BootCondition::OK));
    let run = |stimulus| Command::Start(start(100, stimulus));
    let wrapped = Command::Start(RunParameters {
        clock: Instant(7),
        ..start(100, Stimulus::Scheduled)
    });
    let cases: [(&[Command], Refusal); 9] = [
        (&[press(A, 5), press(A, 5)], Refusal::TwiceInOneTick),
        (&[reset(5), reset(5)], Refusal::TwiceInOneTick),
        (&[press(ButtonId(9), 5)], Refusal::NoSuchButton),
        (&[reset(5), reset(4)], Refusal::OutOfOrder),
        (
            &[reset(1), reset(2), reset(3), reset(4), reset(5)],
            Refusal::QueueFull,
        ),
        (
            &[run(Stimulus::Scheduled), reset(0)],
            Refusal::Late(RunTicks(0)),
        ),
        (
            &[run(Stimulus::Scheduled), run(Stimulus::Scheduled)],
            Refusal::AlreadyPlaying,
        ),
        (
            &[run(Stimulus::Pins), press(A, 5)],
            Refusal::PinsMoveButtons,
        ),
        (
            &[press(A, 5), run(Stimulus::Pins)],
            Refusal::PinsMoveButtons,
        ),
    ];
    for (commands, refusal) in cases {
        let (mut agent, mut wire) = stopped::<Toggle>();
        for command in commands {
            wire.ask(*command);
        }
        agent.receive(&|| Contacts::OPEN, &mut wire);
        assert_eq!(
            wire.messages().last(),
            Some(&Told::Refused(refusal)),
            "{commands:?}"
        );
    }
    let (mut agent, mut wire) = stopped::<Unset>();
    wire.ask(wrapped);
    agent.receive(&|| Contacts::OPEN, &mut wire);
    assert_eq!(wire.messages(), [Told::Refused(Refusal::ClockNotSettable)]);
}

/// An app that lets nobody set its counter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Unset;

impl App for Unset {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("unset", "1.0.0");

    type Outputs = [Level; 0];

    fn new() -> Self {
        Self
    }

    fn handle(&mut self, _: lockstep_core::event::Event, _: &mut dyn lockstep_core::app::Sink) {}

    fn outputs(&self) -> [Level; 0] {
        []
    }
}

#[test]
fn a_frame_without_room_is_counted_and_leaves_a_gap() {
    let (mut agent, mut wire) = stopped::<Toggle>();
    wire.room = 0;
    wire.ask(Command::Start(start(2, Stimulus::Pins)));
    agent.receive(&|| Contacts::OPEN, &mut wire);
    let lost = agent.status().losses.frames;
    assert!(lost > 1);
    wire.room = usize::MAX;
    agent.tick(Contacts::OPEN, &mut wire);
    agent.tick(Contacts::OPEN, &mut wire);
    let (number, last) = wire.told().pop().expect("the end of the run");
    assert_eq!(number, lost);
    assert!(matches!(last, Told::End(RunEnd { losses, .. }) if losses.frames == lost));
}

#[test]
fn the_end_of_a_run_waits_for_room() {
    let (mut agent, mut wire) = stopped::<Toggle>();
    wire.ask(Command::Start(start(1, Stimulus::Pins)));
    agent.receive(&|| Contacts::OPEN, &mut wire);
    wire.room = 0;
    agent.tick(Contacts::OPEN, &mut wire);
    assert_eq!(agent.phase(), Phase::Stopped);
    wire.up.clear();
    wire.room = usize::MAX;
    agent.tick(Contacts::OPEN, &mut wire);
    assert!(matches!(wire.messages()[..], [Told::End(_)]));
    agent.tick(Contacts::OPEN, &mut wire);
    assert_eq!(wire.messages(), []);
}

#[test]
fn nothing_overtakes_the_end_of_a_run() {
    let (mut agent, mut wire) = stopped::<Toggle>();
    wire.ask(Command::Start(start(1, Stimulus::Pins)));
    agent.receive(&|| Contacts::OPEN, &mut wire);
    wire.room = 0;
    agent.tick(Contacts::OPEN, &mut wire);
    wire.ask(Command::Query);
    agent.receive(&|| Contacts::OPEN, &mut wire);
    wire.up.clear();
    wire.room = usize::MAX;
    wire.ask(Command::Query);
    agent.receive(&|| Contacts::OPEN, &mut wire);
    let told = wire.messages();
    assert!(
        matches!(told[..], [Told::End(end), Told::Status(_)] if end.losses == Losses::default()),
        "{told:?}"
    );
}

#[test]
fn ticks_that_passed_unseen_are_told_at_the_end() {
    let (mut agent, mut wire) = stopped::<Toggle>();
    wire.ask(Command::Start(start(1, Stimulus::Pins)));
    agent.receive(&|| Contacts::OPEN, &mut wire);
    agent.lose_ticks(3);
    agent.lose_bytes(2);
    agent.tick(Contacts::OPEN, &mut wire);
    let Some(Told::End(end)) = wire.messages().pop() else {
        panic!("the run has no end");
    };
    assert_eq!(
        end.losses,
        Losses {
            frames: 0,
            ticks: 3,
            bytes: 2
        }
    );
}

#[test]
fn a_query_is_answered_with_how_far_the_run_is() {
    let (mut agent, mut wire) = stopped::<Toggle>();
    wire.ask(Command::Start(start(9, Stimulus::Scheduled)));
    wire.ask(Command::At(RunTicks(5), Action::Reset(BootCondition::OK)));
    wire.ask(Command::Query);
    agent.receive(&|| Contacts::OPEN, &mut wire);
    let status = Status {
        phase: Phase::Playing,
        tick: RunTicks(0),
        queued: 1,
        losses: Losses::default(),
    };
    assert_eq!(wire.messages().last(), Some(&Told::Status(status)));
}

#[test]
fn a_bench_that_missed_the_hello_can_ask_for_it() {
    let (mut agent, mut wire) = stopped::<Toggle>();
    wire.ask(Command::Hello);
    agent.receive(&|| Contacts::OPEN, &mut wire);
    assert_eq!(wire.messages(), [Told::Hello("toggle".to_string())]);
}

#[test]
fn a_broken_board_says_so_and_starts_nothing() {
    let mut wire = Wire::new();
    let mut broken = CrashLoop::boot::<Toggle>(IDENTITY, &mut wire);
    for command in [
        Command::Stop,
        Command::Start(start(1, Stimulus::Pins)),
        Command::Query,
        Command::Hello,
    ] {
        wire.ask(command);
    }
    broken.receive(&mut wire);
    let messages = wire.messages();
    let refused = Told::Refused(Refusal::CrashLoop);
    assert_eq!(messages[1..3], [refused.clone(), refused]);
    assert!(matches!(
        messages[3],
        Told::Status(Status {
            phase: Phase::CrashLoop,
            ..
        })
    ));
    assert_eq!(messages[4], Told::Hello("toggle".to_string()));
    assert_eq!(messages.len(), 5);
}

#[test]
fn nothing_is_scheduled_for_the_product() {
    let mut wire = Wire::new();
    let mut agent = booted::<Toggle>(&mut wire);
    wire.up.clear();
    let press = Action::Button(A, SwitchState::Closed);
    wire.ask(Command::At(RunTicks(9), press));
    agent.receive(&|| Contacts::OPEN, &mut wire);
    assert_eq!(wire.messages(), [Told::Refused(Refusal::NotStopped)]);
}

#[test]
fn an_overlong_command_is_refused_as_a_whole() {
    let (mut agent, mut wire) = stopped::<Toggle>();
    wire.down = vec![1; MAX_COMMAND];
    wire.ask(Command::Query);
    wire.ask(Command::Hello);
    agent.receive(&|| Contacts::OPEN, &mut wire);
    let hello = Told::Hello("toggle".to_string());
    assert_eq!(wire.messages(), [Told::Refused(Refusal::Malformed), hello]);
}
