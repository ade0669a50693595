//! The connection to a player: what is asked of it, what it has shown, and how it ended.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use lockstep_engine::app_failure::{AppFailure, Ending};
use lockstep_engine::dyn_runner::Observer;
use rustix::net::{Shutdown, shutdown};
use rustix::process::Pid;

use super::channel::{Channel, Received};
use super::fault;
use super::messages::{ProcessEnd, Reply, Request};
use super::server_handle::ServerHandle;
use super::slots::Slot;

/// How often an app can fill its slot in one tick before it counts as one that never returns: by then
/// it has logged half a million times.
const MAX_FULL: u32 = 256;

/// How often it is looked whether the app gets on, within its time for a tick.
const LOOKS: u32 = 20;

/// The end of a connection to a player, and its slot.
pub(super) struct Connection {
    pub(super) server: Arc<ServerHandle>,
    slot: usize,
    channel: Channel,
    /// How the player ended, once it has.
    failure: RefCell<Option<AppFailure>>,
    /// Whether its slot can be given back.
    is_gone: Cell<bool>,
}

impl Connection {
    pub(super) fn new(
        server: &Arc<ServerHandle>,
        slot: usize,
        channel: Channel,
    ) -> io::Result<Self> {
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

    pub(super) fn slot(&self) -> Option<&Slot> {
        self.server.slot(self.slot)
    }

    pub(super) fn ask(
        &self,
        request: &Request,
        observer: &mut dyn Observer,
    ) -> Result<Reply, AppFailure> {
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
    pub(super) fn receive(&self, observer: &mut dyn Observer) -> Result<Reply, AppFailure> {
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

    /// Asks for a copy of the player in a slot, which is connected by this socket.
    pub(super) fn ask_for_copy(&self, slot: usize, socket: BorrowedFd<'_>) -> bool {
        let request = Request::Copy { slot };
        self.failure.borrow().is_none()
            && self.channel.send_with(&request, socket).is_ok()
            && matches!(self.receive(&mut ()), Ok(Reply::Copied(true)))
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
            Ok(_) => AppFailure::Ended(Ending::NeverReturned {
                limit: self.server.tick_limit,
                doing: self.slot().and_then(|slot| slot.doing.text()),
            }),
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

pub(super) fn process_failure(error: &io::Error) -> AppFailure {
    AppFailure::Process(error.to_string())
}
