//! An app in a process of its own, as the program plays it.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use lockstep_core::app::AppDescriptor;
use lockstep_core::event::{BootCondition, ButtonId};
use lockstep_core::output::Level;
use lockstep_core::time::{Instant, RunTicks, Ticks};
use lockstep_core::wakeup::Wakeup;
use lockstep_engine::app_failure::{AppFailure, Ending};
use lockstep_engine::dyn_runner::{DynRunner, Observer, Stretch};
use lockstep_engine::registry::Started;
use lockstep_engine::script::ScriptEvent;
use rustix::net::{Shutdown, shutdown};
use rustix::process::Pid;

use super::channel::{Channel, Received};
use super::fault;
use super::messages::{ProcessEnd, Reply, Request, Status};
use super::server_handle::ServerHandle;
use super::slots::Slot;

/// The most events in one request.
const MAX_EVENTS: usize = 4096;

/// How often an app can fill its slot in one tick before it counts as one that never returns: more
/// often than any trace has room for.
const MAX_FULL: u32 = 8_192;

/// How often it is looked whether the app gets on, within its time for a tick.
const LOOKS: u32 = 20;

/// The end of a connection to a player, and its slot.
struct Connection {
    server: Arc<ServerHandle>,
    slot: usize,
    channel: Channel,
    /// How the player ended, once it has.
    failure: RefCell<Option<AppFailure>>,
    /// Whether its slot can be given back.
    is_gone: Cell<bool>,
}

/// An app in a process of its own.
pub(super) struct RemoteRunner {
    connection: Connection,
    descriptor: &'static AppDescriptor,
    status: Status,
}

/// Powers up an app in a process of its own.
pub(super) fn start(
    server: &Arc<ServerHandle>,
    app: usize,
    descriptor: &'static AppDescriptor,
    clock: Instant,
    condition: BootCondition,
    observer: &mut dyn Observer,
) -> Started {
    let Some(slot) = server.take_slot() else {
        let most = server.max_processes();
        let problem = format!("there are as many processes as are allowed, {most}");
        return Err(AppFailure::Process(problem));
    };
    let channel = match server.start_player(app, slot, clock, condition) {
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
        } => Ok(Some(Box::new(RemoteRunner {
            connection,
            descriptor,
            status,
        }))),
        Reply::Done {
            panicked: Some(message),
            ..
        } => Err(AppFailure::Panicked(message)),
        Reply::NotSettable => Ok(None),
        _ => Err(unexpected()),
    }
}

impl Connection {
    fn new(server: &Arc<ServerHandle>, slot: usize, channel: Channel) -> io::Result<Self> {
        let connection = Self {
            server: Arc::clone(server),
            slot,
            channel,
            failure: RefCell::new(None),
            is_gone: Cell::new(false),
        };
        let between_looks = server.tick_limit / LOOKS;
        connection
            .channel
            .wait_at_most(between_looks.max(Duration::from_millis(1)))?;
        Ok(connection)
    }

    fn slot(&self) -> Option<&Slot> {
        self.server.slot(self.slot)
    }

    fn ask(&self, request: &Request, observer: &mut dyn Observer) -> Result<Reply, AppFailure> {
        if let Some(failure) = self.failure.borrow().as_ref() {
            return Err(failure.clone());
        }
        match self.channel.send(request) {
            Ok(()) => self.receive(observer),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(self.ended(observer)),
            Err(error) => Err(process_failure(&error)),
        }
    }

    /// The next reply, after what was observed before it.
    fn receive(&self, observer: &mut dyn Observer) -> Result<Reply, AppFailure> {
        let mut progress = self.progress();
        let (mut looks, mut fulls) = (0, 0);
        loop {
            match self.channel.receive() {
                Ok(Received::Message(Reply::Full, _)) => {
                    self.drain(observer);
                    let now = self.progress();
                    fulls = if now == progress { fulls + 1 } else { 0 };
                    (progress, looks) = (now, 0);
                    if fulls > MAX_FULL {
                        return Err(self.never_returned(observer));
                    }
                    if self.channel.send(&Request::Continue).is_err() {
                        return Err(self.ended(observer));
                    }
                }
                Ok(Received::Message(reply, _)) => {
                    self.drain(observer);
                    return Ok(reply);
                }
                Ok(Received::Closed) => return Err(self.ended(observer)),
                Ok(Received::Nothing) => {
                    let now = self.progress();
                    looks = if now == progress { looks + 1 } else { 0 };
                    progress = now;
                    if looks >= LOOKS {
                        return Err(self.never_returned(observer));
                    }
                }
                Err(error) => return Err(process_failure(&error)),
            }
        }
    }

    /// How far the app has come: in ticks, and in events.
    fn progress(&self) -> Option<(u64, u64)> {
        let progress = &self.slot()?.progress;
        Some((
            progress.tick.load(Ordering::Relaxed),
            progress.events.load(Ordering::Relaxed),
        ))
    }

    fn drain(&self, observer: &mut dyn Observer) {
        if let Some(slot) = self.slot() {
            slot.drain(observer);
        }
    }

    /// The player is gone: why, after what was observed before.
    fn ended(&self, observer: &mut dyn Observer) -> AppFailure {
        self.drain(observer);
        let gave_up = self.slot().is_some_and(Slot::gave_up);
        let failure = match self.end(ServerHandle::reap) {
            Ok(_) if gave_up => AppFailure::Process("a player could not go on".to_owned()),
            Ok(ProcessEnd::Exited(code)) => AppFailure::Ended(Ending::Exited(code)),
            Ok(ProcessEnd::Signaled(signal)) => AppFailure::Ended(self.ending(signal)),
            Err(error) => process_failure(&error),
        };
        self.failure.borrow_mut().insert(failure).clone()
    }

    fn never_returned(&self, observer: &mut dyn Observer) -> AppFailure {
        let failure = match self.end(ServerHandle::kill) {
            Ok(_) => AppFailure::Ended(Ending::NeverReturned(self.server.tick_limit)),
            Err(error) => process_failure(&error),
        };
        // Only now, when the player writes no more.
        self.drain(observer);
        self.failure.borrow_mut().insert(failure).clone()
    }

    /// How the player ended, after it was ended in this way.
    fn end(
        &self,
        how: impl Fn(&ServerHandle, Pid) -> io::Result<ProcessEnd>,
    ) -> io::Result<ProcessEnd> {
        let player = self.slot().and_then(Slot::player);
        let player = player.ok_or_else(|| io::Error::other("a player ended before it began"))?;
        let end = how(&self.server, player)?;
        self.is_gone.set(true);
        Ok(end)
    }

    fn ending(&self, signal: i32) -> Ending {
        let fault = self.slot().and_then(|slot| {
            let address = slot.fault.load(Ordering::Relaxed).checked_sub(1)?;
            Some((address, fault::is_stack(slot, address)))
        });
        match (signal, fault) {
            (libc::SIGABRT, _) => Ending::Aborted,
            (libc::SIGSEGV | libc::SIGBUS, Some((_, true))) => Ending::StackOverflow,
            (libc::SIGSEGV | libc::SIGBUS, Some((address, false))) => Ending::BadAccess(address),
            _ => Ending::Killed(signal),
        }
    }
}

/// Ends the player: nobody will ask it for anything.
impl Drop for Connection {
    fn drop(&mut self) {
        if self.is_gone.get() {
            self.server.give_back(self.slot);
        } else {
            // It fails where the player is gone already.
            let _ = shutdown(&self.channel, Shutdown::Both);
            self.server.give_back_later(self.slot);
        }
    }
}

impl RemoteRunner {
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
        self.descriptor
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
            };
            self.ask(&request, observer)?;
            if rest.is_empty() {
                return Ok(());
            }
        }
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

    fn is_closed(&self, button: ButtonId) -> bool {
        let mask = 1_u64.checked_shl(u32::from(button.0)).unwrap_or(0);
        self.status.closed & mask != 0
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
            connection,
            descriptor: self.descriptor,
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
        if self.connection.failure.borrow().is_some() {
            return None;
        }
        let channel = &self.connection.channel;
        channel
            .send_with(&Request::Copy { slot }, theirs.as_fd())
            .ok()?;
        drop(theirs);
        match self.connection.receive(&mut ()) {
            Ok(Reply::Copied(true)) => Some(Channel::of(ours)),
            _ => None,
        }
    }
}

fn process_failure(error: &io::Error) -> AppFailure {
    AppFailure::Process(error.to_string())
}

fn unexpected() -> AppFailure {
    AppFailure::Process("the player gave an answer to something else".to_owned())
}
