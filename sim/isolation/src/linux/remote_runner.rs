//! An app in a process of its own, as the program plays it.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use lockstep_core::action::Action;
use lockstep_core::app::AppDescriptor;
use lockstep_core::contacts::Contacts;
use lockstep_core::event::BootCondition;
use lockstep_core::output::Level;
use lockstep_core::time::{RunTicks, Ticks};
use lockstep_core::wakeup::Wakeup;
use lockstep_engine::app_failure::AppFailure;
use lockstep_engine::dyn_runner::{DynRunner, Observer, Stretch};
use lockstep_engine::registry::{Boot, StartResult};
use lockstep_engine::script::ScriptEvent;
use lockstep_engine::task_wakeups::WakeupFault;

use super::channel::Channel;
use super::connection::{Connection, process_failure};
use super::messages::{Reply, Request, Status};
use super::server_handle::ServerHandle;
use super::slots::Slot;

/// The most events in one request.
const MAX_EVENTS: usize = 4096;

/// An app that is played in processes of its own.
#[derive(Clone)]
pub(super) struct IsolatedApp {
    pub(super) server: Arc<ServerHandle>,
    /// Its place in the registry.
    pub(super) index: usize,
    pub(super) descriptor: &'static AppDescriptor,
    /// How its tasks are woken, if not as usual.
    pub(super) fault: Option<WakeupFault>,
}

/// An app in a process of its own.
pub(super) struct RemoteRunner {
    app: IsolatedApp,
    connection: Connection,
    status: Status,
}

/// Brings up an app in a process of its own.
pub(super) fn start(
    app: IsolatedApp,
    boot: Boot<'_>,
    condition: BootCondition,
    observer: &mut dyn Observer,
) -> StartResult {
    let runner = bring_up(app, boot, condition, observer)?;
    Ok(runner.map(|runner| Box::new(runner) as Box<dyn DynRunner>))
}

fn bring_up(
    app: IsolatedApp,
    boot: Boot<'_>,
    condition: BootCondition,
    observer: &mut dyn Observer,
) -> Result<Option<RemoteRunner>, AppFailure> {
    let server = &app.server;
    let Some(slot) = server.take_slot() else {
        let most = server.max_processes();
        let problem = format!("there are as many processes as are allowed, {most}");
        return Err(AppFailure::Process(problem));
    };
    let channel = match server.start_player(app.index, slot, boot, condition, app.fault) {
        Ok(channel) => channel,
        Err(error) => {
            server.give_back(slot);
            return Err(process_failure(&error));
        }
    };
    let connection = Connection::new(server, slot, channel).map_err(|it| process_failure(&it))?;
    match connection.receive(observer)? {
        Reply::Done {
            status,
            panicked: None,
        } => Ok(Some(RemoteRunner {
            app,
            connection,
            status,
        })),
        Reply::Done {
            panicked: Some(message),
            ..
        } => Err(AppFailure::Panicked(message)),
        Reply::NotSettable => Ok(None),
        _ => Err(unexpected()),
    }
}

impl RemoteRunner {
    fn play_without_resets(
        &mut self,
        stretch: &Stretch<'_>,
        observer: &mut dyn Observer,
    ) -> Result<(), AppFailure> {
        let mut rest = stretch.events;
        loop {
            // Events of one tick stay together: outputs are observed after the last.
            let mut count = rest.len().min(MAX_EVENTS);
            while let Some(next) = rest.get(count)
                && rest[count - 1].tick == next.tick
            {
                count += 1;
            }
            let (events, later) = rest.split_at(count);
            rest = later;
            let until = match (later.is_empty(), events.last()) {
                (false, Some(last)) => last.tick,
                _ => stretch.until,
            };
            let events = events.iter();
            let request = Request::Play {
                events: events
                    .map(|&ScriptEvent { tick, action }| (tick, action))
                    .collect(),
                until,
                pace: stretch.pace,
                holds_outputs: stretch.holds_outputs && rest.is_empty(),
            };
            self.ask(&request, observer)?;
            if rest.is_empty() {
                return Ok(());
            }
        }
    }

    /// Goes on in a process that starts from nothing, as a board does.
    fn reset(
        &mut self,
        condition: BootCondition,
        observer: &mut dyn Observer,
    ) -> Result<(), AppFailure> {
        let boot = Boot::Reset(self.status.before_reset());
        let rebooted = bring_up(self.app.clone(), boot, condition, observer)?;
        *self = rebooted.ok_or_else(unexpected)?;
        Ok(())
    }

    fn ask(&mut self, request: &Request, observer: &mut dyn Observer) -> Result<(), AppFailure> {
        match self.connection.ask(request, observer) {
            Ok(Reply::Done { status, panicked }) => {
                self.status = status;
                panicked.map_or(Ok(()), |message| Err(AppFailure::Panicked(message)))
            }
            Ok(_) => Err(unexpected()),
            Err(failure) => {
                if let Some(slot) = self.connection.slot() {
                    let tick = slot.progress.tick.load(Ordering::Relaxed);
                    self.status.now = self.status.now.max(RunTicks(tick));
                }
                Err(failure)
            }
        }
    }
}

impl DynRunner for RemoteRunner {
    fn descriptor(&self) -> &'static AppDescriptor {
        self.app.descriptor
    }

    fn now(&self) -> RunTicks {
        self.status.now
    }

    fn play(
        &mut self,
        stretch: &Stretch<'_>,
        observer: &mut dyn Observer,
    ) -> Result<(), AppFailure> {
        let mut rest = stretch.events;
        let is_reset = |event: &ScriptEvent| matches!(event.action, Action::Reset(_));
        while let Some(reset) = rest.iter().position(is_reset) {
            let (before, after) = rest.split_at(reset);
            let tick = after[0].tick;
            // Outputs are observed after the last event of a tick, which the reset is.
            let is_in_its_tick = before.last().is_some_and(|event| event.tick == tick);
            let before = Stretch {
                holds_outputs: is_in_its_tick,
                ..Stretch::new(before, tick).at_pace(stretch.pace)
            };
            self.play_without_resets(&before, observer)?;
            if let Action::Reset(condition) = after[0].action {
                self.reset(condition, observer)?;
            }
            rest = &after[1..];
        }
        let rest = Stretch {
            events: rest,
            ..*stretch
        };
        self.play_without_resets(&rest, observer)
    }

    fn flush_outputs(&mut self, observer: &mut dyn Observer) -> Result<(), AppFailure> {
        self.ask(&Request::FlushOutputs, observer)
    }

    fn next_wakeup(&self) -> Result<Wakeup, AppFailure> {
        match self.connection.ask(&Request::NextWakeup, &mut ())? {
            Reply::Idle(Ok(u32::MAX)) => Ok(Wakeup::NEVER),
            Reply::Idle(Ok(idle)) => Ok(Wakeup::after(Ticks(idle.saturating_add(1)))),
            Reply::Idle(Err(message)) => Err(AppFailure::Panicked(message)),
            _ => Err(unexpected()),
        }
    }

    fn levels(&self) -> &[Level] {
        &self.status.levels
    }

    fn contacts(&self) -> Contacts {
        self.status.contacts
    }

    fn numbers(&self) -> &[i32] {
        &self.status.numbers
    }

    fn state(&self) -> Result<Option<String>, AppFailure> {
        match self.connection.ask(&Request::State, &mut ())? {
            Reply::State(Ok(state)) => Ok(state),
            Reply::State(Err(message)) => Err(AppFailure::Panicked(message)),
            _ => Err(unexpected()),
        }
    }

    fn copied(&self) -> Option<Box<dyn DynRunner>> {
        let server = &self.connection.server;
        let slot = server.take_slot_for_copy()?;
        let Some(channel) = self.copy_into(slot) else {
            // There may be a copy all the same.
            match server.slot(slot).and_then(Slot::player) {
                Some(_) => server.give_back_later(slot),
                None => server.give_back(slot),
            }
            return None;
        };
        let connection = Connection::new(server, slot, channel).ok()?;
        let Ok(Reply::Done { status, .. }) = connection.receive(&mut ()) else {
            return None;
        };
        Some(Box::new(Self {
            app: self.app.clone(),
            connection,
            status,
        }))
    }

    fn max_copies(&self) -> usize {
        self.connection.server.max_copies()
    }
}

impl RemoteRunner {
    /// The channel to a copy of the player in this slot.
    fn copy_into(&self, slot: usize) -> Option<Channel> {
        let (ours, theirs) = Channel::pair().ok()?;
        let copied = self.connection.ask_for_copy(slot, theirs.as_fd());
        copied.then(|| Channel::of(ours))
    }
}

fn unexpected() -> AppFailure {
    AppFailure::Process("the player gave an answer to something else".to_owned())
}
