//! The process that players are forked from. It has one thread, and nothing was played in it.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use lockstep_engine::registry::Registry;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Resource, Rlimit, Signal, WaitOptions, getpid, getppid, getrlimit,
    kill_process, pidfd_open, set_child_subreaper, set_parent_process_death_signal, setpgid,
    setrlimit, waitpid,
};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};

use super::channel::{Channel, Received};
use super::fault;
use super::fork::{Forked, fork};
use super::messages::{ProcessEnd, ServerReply, ServerRequest};
use super::player::Player;
use super::slots::Slots;
use crate::Settings;
use crate::end_at_once::end_at_once;

/// How long a player may take to end once nobody asks it for anything.
const TO_END: Duration = Duration::from_secs(2);

/// Serves the program until it is gone.
pub(super) fn serve(
    control: Channel,
    registry: &Registry,
    slots: &Slots,
    settings: &Settings,
    program: Pid,
) -> ! {
    let prepared = match prepare(settings) {
        Ok(()) => ServerReply::Started,
        Err(error) => ServerReply::Failed(error.to_string()),
    };
    let is_ready = matches!(prepared, ServerReply::Started);
    if control.send(&prepared).is_err() || !is_ready || getppid() != Some(program) {
        end_at_once(1);
    }
    let server = getpid();
    while let Ok(Received::Message(request, socket)) = control.receive() {
        let reply = match (request, socket) {
            (
                ServerRequest::Start {
                    app,
                    slot,
                    boot,
                    condition,
                    fault,
                },
                Some(socket),
            ) => match fork_player() {
                Ok(Forked::Child) => {
                    drop(control);
                    let player = Player::new(slots, slot, socket, server);
                    let app = registry.apps().get(app);
                    let app = app.and_then(|app| match fault {
                        Some(fault) => app.with_wakeup_fault(fault),
                        None => Some(app.clone()),
                    });
                    let (Some(player), Some(app)) = (player, app) else {
                        if let Some(slot) = slots.all().get(slot) {
                            slot.give_up();
                        }
                        end_at_once(1);
                    };
                    player.play(|observer| app.start(boot.boot(), condition, observer))
                }
                Ok(Forked::Parent(player)) => {
                    if let Some(slot) = slots.all().get(slot) {
                        slot.set_player(player);
                    }
                    ServerReply::Started
                }
                Err(error) => ServerReply::Failed(error.to_string()),
            },
            (ServerRequest::Start { .. }, None) => {
                ServerReply::Failed("no socket came with the request".to_owned())
            }
            (ServerRequest::Reap(pid), _) => reaped(pid, TO_END),
            (ServerRequest::Kill(pid), _) => reaped(pid, Duration::ZERO),
        };
        if control.send(&reply).is_err() {
            break;
        }
    }
    end_at_once(0)
}

fn reaped(pid: i32, limit: Duration) -> ServerReply {
    match reap(pid, limit) {
        Ok(end) => ServerReply::Reaped(end),
        Err(error) => ServerReply::Failed(error.to_string()),
    }
}

/// Forks a player.
fn fork_player() -> io::Result<Forked> {
    #[allow(unsafe_code, reason = "there is no safe way to fork")]
    // SAFETY: this process was forked with one thread, and starts none: the code of apps, which
    // could, is not run in it.
    unsafe {
        fork()
    }
}

/// Makes this process one that leaves nothing behind, and cannot be reached from the terminal.
fn prepare(settings: &Settings) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    set_child_subreaper(Some(getpid()))?;
    // Keys that interrupt or stop the program are for the program.
    setpgid(None, None)?;
    fault::expect_children();
    fault::limit_stack()?;
    fault::note_faults()?;
    // What the program has allocated counts too.
    limit(
        Resource::Data,
        settings.max_memory.saturating_add(allocated()),
    )?;
    limit(Resource::Core, 0)?;
    dup2_stdin(File::open("/dev/null")?)?;
    if settings.discard_output {
        let nowhere: OwnedFd = File::options().write(true).open("/dev/null")?.into();
        dup2_stdout(&nowhere)?;
        dup2_stderr(&nowhere)?;
    }
    Ok(())
}

/// The bytes that this process has allocated.
fn allocated() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status.lines().find_map(|line| {
        let value = line.strip_prefix("VmData:")?.split_whitespace().next()?;
        value.parse::<u64>().ok()
    });
    kib.unwrap_or(0).saturating_mul(1_024)
}

fn limit(resource: Resource, most: u64) -> io::Result<()> {
    let now = getrlimit(resource);
    let current = now.maximum.map_or(most, |maximum| maximum.min(most));
    Ok(setrlimit(
        resource,
        Rlimit {
            current: Some(current),
            maximum: now.maximum,
        },
    )?)
}

/// How a player ended, which is killed if it has not within this time.
fn reap(pid: i32, limit: Duration) -> io::Result<ProcessEnd> {
    let pid = Pid::from_raw(pid).filter(|pid| pid.as_raw_pid() > 0);
    let pid = pid.ok_or_else(|| io::Error::other("no process has that number"))?;
    // It fails for whoever is no child of this process: nobody else is killed.
    let mut waited = waitpid(Some(pid), WaitOptions::NOHANG)?;
    if waited.is_none() {
        let process = pidfd_open(pid, PidfdFlags::empty())?;
        let limit = Timespec::try_from(limit).ok();
        let ended = poll(&mut [PollFd::new(&process, PollFlags::IN)], limit.as_ref());
        if !matches!(ended, Ok(1)) {
            kill_process(pid, Signal::KILL)?;
        }
        waited = waitpid(Some(pid), WaitOptions::empty())?;
    }
    let status = waited.map(|(_, status)| status);
    let exited = status.and_then(|status| status.exit_status());
    let signaled = status.and_then(|status| status.terminating_signal());
    match (exited, signaled) {
        (Some(code), _) => Ok(ProcessEnd::Exited(code)),
        (None, Some(signal)) => Ok(ProcessEnd::Signaled(signal)),
        (None, None) => Err(io::Error::other("it did not end")),
    }
}
