//! The fork server as the program has it.

use std::io::{self, Write as _};
use std::os::fd::AsFd;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lockstep_core::event::BootCondition;
use lockstep_engine::registry::{Boot, Registry};
use lockstep_engine::task_wakeups::WakeupFault;
use rustix::net::{Shutdown, shutdown};
use rustix::process::{Pid, WaitOptions, getpid, waitpid};

use super::channel::{Channel, Received, retried};
use super::fork::{Forked, fork_with_one_thread};
use super::fork_server;
use super::messages::{ProcessEnd, ServerReply, ServerRequest};
use super::slots::{Slot, Slots};
use crate::end_at_once::end_at_once;
use crate::{IsolationError, Settings};

/// The most processes that can be allowed.
const MAX_PROCESSES: usize = 4_096;

/// So many processes are left to new runs: copies of old ones do not take all.
const LEFT_FOR_RUNS: usize = 112;

/// The fork server, and who plays in which slot.
pub(super) struct ServerHandle {
    server: Pid,
    control: Mutex<Control>,
    slots: Slots,
    pub(super) tick_limit: Duration,
}

struct Control {
    channel: Channel,
    free: Vec<usize>,
    /// The slots of players that were told to end. That they have is found out later, when they
    /// need not be waited for.
    ending: Vec<usize>,
}

/// The most players that are left ending.
const MAX_ENDING: usize = 32;

impl ServerHandle {
    /// Forks the server.
    pub(super) fn start(registry: &Registry, settings: &Settings) -> Result<Self, IsolationError> {
        let processes = settings.max_processes.clamp(1, MAX_PROCESSES);
        let slots = Slots::map(processes)?;
        // What the program has printed is printed once.
        io::stdout().flush()?;
        let (ours, theirs) = Channel::pair()?;
        let program = getpid();
        let forked = fork_with_one_thread()?.ok_or(IsolationError::SeveralThreads)?;
        match forked {
            Forked::Child => {
                drop(ours);
                let control = Channel::of(theirs);
                // Nothing of the program goes on here, whatever panics.
                let _ = panic::catch_unwind(AssertUnwindSafe(|| {
                    fork_server::serve(control, registry, &slots, settings, program)
                }));
                end_at_once(1)
            }
            Forked::Parent(server) => {
                drop(theirs);
                let channel = Channel::of(ours);
                let ready = receive(&channel);
                let handle = Self {
                    server,
                    control: Mutex::new(Control {
                        channel,
                        free: (0..processes).rev().collect(),
                        ending: Vec::new(),
                    }),
                    slots,
                    tick_limit: settings.tick_limit,
                };
                match ready? {
                    ServerReply::Started => Ok(handle),
                    ServerReply::Failed(problem) => Err(io::Error::other(problem).into()),
                    ServerReply::Reaped(_) => Err(confused().into()),
                }
            }
        }
    }

    pub(super) fn slot(&self, slot: usize) -> Option<&Slot> {
        self.slots.all().get(slot)
    }

    pub(super) fn max_processes(&self) -> usize {
        self.slots.all().len()
    }

    /// How many copies of one run may be kept: with a few runs, there is room for all.
    pub(super) fn max_copies(&self) -> usize {
        let copies = self.max_processes().saturating_sub(LEFT_FOR_RUNS);
        (copies / 2).max(1)
    }

    /// A slot for a new run.
    pub(super) fn take_slot(&self) -> Option<usize> {
        self.take_slot_if(|free| free > 0)
    }

    /// A slot for a copy, if enough are left.
    pub(super) fn take_slot_for_copy(&self) -> Option<usize> {
        let reserved = LEFT_FOR_RUNS.min(self.max_processes() / 2);
        self.take_slot_if(|free| free > reserved)
    }

    fn take_slot_if(&self, are_enough: impl Fn(usize) -> bool) -> Option<usize> {
        let mut control = self.control();
        if !are_enough(control.free.len()) || control.ending.len() >= MAX_ENDING {
            self.collect_ended(&mut control);
        }
        let slot = match are_enough(control.free.len()) {
            true => control.free.pop()?,
            false => return None,
        };
        self.slot(slot)?.clear();
        Some(slot)
    }

    /// Gets back the slots of players that were told to end.
    fn collect_ended(&self, control: &mut Control) {
        let ending = std::mem::take(&mut control.ending);
        for slot in ending {
            let player = self.slot(slot).and_then(Slot::player);
            // A player whose end is not known keeps its slot.
            if player.is_some_and(|player| {
                control
                    .end(&ServerRequest::Reap(player.as_raw_pid()))
                    .is_ok()
            }) {
                control.free.push(slot);
            }
        }
    }

    /// The player of a slot was told to end.
    pub(super) fn give_back_later(&self, slot: usize) {
        self.control().ending.push(slot);
    }

    /// Gives a slot back in which nobody plays any more.
    pub(super) fn give_back(&self, slot: usize) {
        self.control().free.push(slot);
    }

    /// Brings up an app in a process of its own, and gives the channel to it.
    pub(super) fn start_player(
        &self,
        app: usize,
        slot: usize,
        boot: Boot<'_>,
        condition: BootCondition,
        fault: Option<WakeupFault>,
    ) -> io::Result<Channel> {
        let (ours, theirs) = Channel::pair()?;
        let request = ServerRequest::Start {
            app,
            slot,
            boot: boot.into(),
            condition,
            fault,
        };
        let control = self.control();
        control.channel.send_with(&request, theirs.as_fd())?;
        match receive(&control.channel)? {
            ServerReply::Started => Ok(Channel::of(ours)),
            ServerReply::Failed(problem) => Err(io::Error::other(problem)),
            ServerReply::Reaped(_) => Err(confused()),
        }
    }

    /// How a process ended.
    pub(super) fn reap(&self, pid: Pid) -> io::Result<ProcessEnd> {
        self.control().end(&ServerRequest::Reap(pid.as_raw_pid()))
    }

    /// Kills a player.
    pub(super) fn kill(&self, pid: Pid) -> io::Result<ProcessEnd> {
        self.control().end(&ServerRequest::Kill(pid.as_raw_pid()))
    }

    fn control(&self) -> std::sync::MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Control {
    fn end(&self, request: &ServerRequest) -> io::Result<ProcessEnd> {
        self.channel.send(request)?;
        match receive(&self.channel)? {
            ServerReply::Reaped(end) => Ok(end),
            ServerReply::Failed(problem) => Err(io::Error::other(problem)),
            ServerReply::Started => Err(confused()),
        }
    }
}

fn confused() -> io::Error {
    io::Error::other("the fork server gave an answer to something else")
}

/// The server ends with its last user, and its players with it.
impl Drop for ServerHandle {
    fn drop(&mut self) {
        // It fails where the server is gone already.
        let _ = shutdown(&self.control().channel, Shutdown::Both);
        let _ = retried(|| waitpid(Some(self.server), WaitOptions::empty()));
    }
}

fn receive(channel: &Channel) -> io::Result<ServerReply> {
    match channel.receive()? {
        Received::Message(reply, _) => Ok(reply),
        Received::Closed | Received::Nothing => Err(io::Error::other("the fork server is gone")),
    }
}
