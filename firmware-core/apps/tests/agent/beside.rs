//! The agent of a firmware that goes on by itself: its ticks begin, and are finished when they are over.

use super::*;

/// What a board tells of these actions, at most as many as it can hold.
fn told<A: App>(actions: &[(RunTicks, Action)], end: u64) -> Vec<(u32, Told)> {
    let (mut agent, mut wire) = stopped::<A>();
    for (tick, action) in actions {
        wire.ask(Command::At(*tick, *action));
    }
    wire.ask(Command::Start(start(end, Stimulus::Scheduled)));
    let order = agent.receive_order(&mut wire);
    assert_eq!(order, Some(Order::Start(start(end, Stimulus::Scheduled))));
    assert_eq!(agent.phase(), Phase::Stopped, "it is started by a reset");
    assert_eq!(wire.told(), []);
    agent.power_up(
        start(end, Stimulus::Scheduled),
        &|| Contacts::OPEN,
        &mut wire,
    );
    for _ in 1..=end {
        agent.finish_tick(&mut wire);
        agent.begin_tick(Contacts::OPEN, &mut wire);
    }
    assert_eq!(agent.phase(), Phase::Playing, "its last tick is not over");
    agent.finish_tick(&mut wire);
    assert_eq!(agent.phase(), Phase::Stopped);
    wire.told()
}

#[test]
fn ticks_in_two_halves_tell_what_the_host_tells() {
    let press = Action::Button(A, SwitchState::Closed);
    let release = Action::Button(A, SwitchState::Open);
    let reset = Action::Reset(BootCondition::OK);
    let actions = [
        (RunTicks(0), press),
        (RunTicks(40), release),
        (RunTicks(60), reset),
        (RunTicks(100), press),
    ];
    let host = on_the_host::<Toggle>(&actions, 100);
    assert!(host.len() > actions.len());
    assert_eq!(body(told::<Toggle>(&actions, 100), 100), host);
}

#[test]
fn what_comes_after_an_order_waits_for_the_next_call() {
    let (mut agent, mut wire) = stopped::<Toggle>();
    for command in [Command::Stop, Command::Query] {
        wire.ask(command);
    }
    assert_eq!(agent.receive_order(&mut wire), Some(Order::Stop));
    assert_eq!(wire.messages(), []);
    assert_eq!(agent.receive_order(&mut wire), None);
    assert!(matches!(wire.messages()[..], [Told::Status(_)]));
}

#[test]
fn a_run_that_cannot_begin_is_refused_and_no_order() {
    let (mut agent, mut wire) = stopped::<Toggle>();
    let unknown = RunParameters {
        condition: BootCondition(99),
        ..start(5, Stimulus::Scheduled)
    };
    wire.ask(Command::Start(unknown));
    assert_eq!(agent.receive_order(&mut wire), None);
    let refused = Told::Refused(Refusal::NoSuchBootCondition);
    assert_eq!(wire.messages(), [refused]);
}
