//! A process that plays one app: what it is asked for over its channel.

use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::process;
use std::sync::atomic::Ordering;
use std::thread;

use lockstep_core::time::RunTicks;
use lockstep_engine::app_failure::AppFailure;
use lockstep_engine::dyn_runner::{DynRunner, Observation, Observer, Stretch};
use lockstep_engine::registry::StartResult;
use lockstep_engine::script::ScriptEvent;
use rustix::process::{
    Pid, Signal, WaitOptions, getpid, getppid, set_parent_process_death_signal, waitpid,
};

use super::channel::{Channel, Received, retried};
use super::fault;
use super::fork::{Forked, fork_with_one_thread};
use super::messages::{Reply, Request, Status};
use super::slots::{Slot, Slots};
use crate::end_at_once::end_at_once;

/// The longest state or message that is passed on whole, in bytes.
const MAX_TEXT: usize = 64 * 1024;

/// The process itself: where it writes, and who it talks to.
pub(super) struct Player<'a> {
    slots: &'a Slots,
    slot: &'a Slot,
    channel: Channel,
    server: Pid,
}

impl<'a> Player<'a> {
    /// This process, forked by the server a moment ago; `None` if the program is gone already.
    pub(super) fn new(slots: &'a Slots, slot: usize, socket: OwnedFd, server: Pid) -> Option<Self> {
        let slot = slots.all().get(slot)?;
        let player = Self {
            slots,
            slot,
            channel: Channel::of(socket),
            server,
        };
        player.settle()?;
        Some(player)
    }

    /// Sees to it that it ends with the server.
    fn settle(&self) -> Option<()> {
        fault::note_stack(self.slot);
        set_parent_process_death_signal(Some(Signal::KILL)).ok()?;
        // It may have ended before that.
        (getppid() == Some(self.server)).then_some(())
    }

    /// Powers up an app and plays it until nobody asks for anything any more.
    pub(super) fn play(mut self, start: impl FnOnce(&mut dyn Observer) -> StartResult) -> ! {
        let started = start(&mut self.observer());
        let mut runner = match started {
            Ok(Some(mut runner)) => {
                // Those of power-up are observed already, those of a reset are not.
                let flushed = runner.flush_outputs(&mut self.observer());
                self.done(runner.as_ref(), flushed);
                runner
            }
            Ok(None) => {
                self.reply(&Reply::NotSettable);
                process::exit(0)
            }
            Err(failure) => {
                let status = Status::default();
                let panicked = Some(message(failure));
                self.reply(&Reply::Done { status, panicked });
                process::exit(0)
            }
        };
        loop {
            match self.channel.receive() {
                Ok(Received::Message(request, socket)) => {
                    self.answer(runner.as_mut(), request, socket);
                }
                // Code that is told of the end of a process is told of this one's.
                _ => process::exit(0),
            }
        }
    }

    fn answer(&mut self, runner: &mut dyn DynRunner, request: Request, socket: Option<OwnedFd>) {
        match request {
            Request::Play {
                events,
                until,
                pace,
                holds_outputs,
            } => {
                let events = events.into_iter();
                let events = events.map(|(tick, action)| ScriptEvent { tick, action });
                let events: Vec<_> = events.collect();
                let stretch = Stretch {
                    holds_outputs,
                    progress: Some(&self.slot.progress),
                    ..Stretch::new(&events, until).at_pace(pace)
                };
                let played = runner.play(&stretch, &mut self.observer());
                self.done(runner, played);
            }
            Request::FlushOutputs => {
                let flushed = runner.flush_outputs(&mut self.observer());
                self.done(runner, flushed);
            }
            Request::NextWakeup => {
                let wakeup = runner.next_wakeup().map_err(message);
                self.reply(&Reply::Idle(wakeup.map(|wakeup| wakeup.idle_ticks().0)));
            }
            Request::State => {
                let state = runner.state().map_err(message);
                self.reply(&Reply::State(state.map(|state| state.map(shortened))));
            }
            Request::Copy { slot } => self.copy(runner, slot, socket),
            // Nothing is full.
            Request::Continue => {}
        }
    }

    /// Forks a copy of this process. The one that forks it ends at once, so that the copy becomes a
    /// child of the server, which says how it ends, whoever else is there still.
    fn copy(&mut self, runner: &dyn DynRunner, slot: usize, socket: Option<OwnedFd>) {
        let (Some(slot), Some(socket)) = (self.slots.all().get(slot), socket) else {
            return self.reply(&Reply::Copied(false));
        };
        match fork_with_one_thread() {
            Ok(Some(Forked::Parent(between))) => {
                let waited = retried(|| waitpid(Some(between), WaitOptions::empty()));
                let copied =
                    matches!(waited, Ok(Some((_, status))) if status.exit_status() == Some(0));
                self.reply(&Reply::Copied(copied));
            }
            Ok(Some(Forked::Child)) => {
                let between = getpid();
                match fork_with_one_thread() {
                    Ok(Some(Forked::Parent(copy))) => {
                        slot.set_player(copy);
                        end_at_once(0)
                    }
                    Ok(Some(Forked::Child)) => {
                        while getppid() == Some(between) {
                            thread::yield_now();
                        }
                        let progress = &self.slot.progress;
                        for (to, from) in [
                            (&slot.progress.tick, &progress.tick),
                            (&slot.progress.events, &progress.events),
                        ] {
                            to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
                        }
                        for (to, from) in slot.own_stack.iter().zip(&self.slot.own_stack) {
                            to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
                        }
                        self.slot = slot;
                        self.channel = Channel::of(socket);
                        if self.settle().is_none() {
                            end_at_once(1);
                        }
                        self.done(runner, Ok(()));
                    }
                    _ => end_at_once(1),
                }
            }
            // The system refused, or the app has started threads.
            _ => self.reply(&Reply::Copied(false)),
        }
    }

    fn done(&self, runner: &dyn DynRunner, outcome: Result<(), AppFailure>) {
        let status = Status {
            now: runner.now(),
            levels: runner.levels().to_vec(),
            contacts: runner.contacts(),
            numbers: runner.numbers().to_vec(),
        };
        let panicked = outcome.err().map(message);
        self.reply(&Reply::Done { status, panicked });
    }

    fn reply(&self, reply: &Reply) {
        // Of what the app printed, nothing waits for a copy or an end.
        let _ = io::stdout().flush();
        if self.channel.send(reply).is_err() {
            self.slot.give_up();
            end_at_once(1);
        }
    }

    fn observer(&self) -> SlotObserver<'_> {
        SlotObserver {
            slot: self.slot,
            channel: &self.channel,
        }
    }
}

/// Writes what it sees to shared memory, and waits where that is full.
struct SlotObserver<'a> {
    slot: &'a Slot,
    channel: &'a Channel,
}

impl Observer for SlotObserver<'_> {
    fn observe(&mut self, tick: RunTicks, what: Observation) {
        while !self.slot.push(tick, what) {
            let sent = self.channel.send(&Reply::Full);
            let received = sent.and_then(|()| self.channel.receive());
            let Ok(Received::Message(Request::Continue, _)) = received else {
                // Nobody wants to know any more.
                end_at_once(0);
            };
        }
    }
}

/// A runner in its own process fails in no other way.
fn message(failure: AppFailure) -> String {
    shortened(match failure {
        AppFailure::Panicked(message) | AppFailure::Process(message) => message,
        AppFailure::Ended(ending) => ending.to_string(),
        _ => String::new(),
    })
}

/// The text, or its beginning and what tells it from others that begin so.
fn shortened(mut text: String) -> String {
    if text.len() > MAX_TEXT {
        let rest = format!(
            "\n({} bytes, {:08x})",
            text.len(),
            crc32fast::hash(text.as_bytes())
        );
        let end = (0..=MAX_TEXT).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or(0));
        text += &rest;
    }
    text
}
