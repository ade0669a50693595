//! What the simulator changes for the whole process: signal handlers and a panic hook.
//!
//! The library installs none of them by itself; the program does, once, with
//! [`ProcessHooks::install`].

use std::io;
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::flag;

use super::terminal_modes::TerminalModes;

/// The signal handlers and the panic hook of a process that shows the simulator.
#[derive(Debug)]
pub struct ProcessHooks {
    pub(super) modes: Arc<TerminalModes>,
    pub(super) signals: SignalFlags,
}

impl ProcessHooks {
    /// Installs the hooks, which stay for the rest of the process:
    ///
    /// - `SIGINT`, `SIGTERM`, `SIGHUP` and `SIGQUIT` end [`run`](crate::run), `SIGTSTP` suspends
    ///   it and `SIGCONT` resumes it, each with the terminal given back first;
    /// - a panic outside of an app gives the terminal back before its message is printed,
    ///   then goes on to the panic hook that was there before.
    ///
    /// Call it once, before [`run`](crate::run), from a program that does not handle these
    /// signals itself.
    ///
    /// # Errors
    ///
    /// Those of the system when a signal handler cannot be registered.
    pub fn install() -> io::Result<Self> {
        let modes = Arc::new(TerminalModes::default());
        let signals = SignalFlags::register()?;
        restore_on_panic(Arc::clone(&modes));
        Ok(Self { modes, signals })
    }

    /// What gives the terminal back, for whatever else ends the process.
    pub fn restorer(&self) -> impl Fn() + Send + 'static {
        let modes = Arc::clone(&self.modes);
        move || modes.leave()
    }
}

fn restore_on_panic(modes: Arc<TerminalModes>) {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        // The panic of an app becomes an error on the screen.
        if !lockstep_console::panics::is_guarded() {
            modes.leave();
        }
        previous(info);
    }));
}

/// Which signals have arrived.
#[derive(Debug, Default)]
pub(super) struct SignalFlags {
    end: Arc<AtomicBool>,
    interrupted: Arc<AtomicBool>,
    suspend: Arc<AtomicBool>,
    resumed: Arc<AtomicBool>,
}

impl SignalFlags {
    fn register() -> io::Result<Self> {
        let flags = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
            flag::register(signal, Arc::clone(&flags.end))?;
        }
        for signal in [SIGINT, SIGTERM] {
            flag::register(signal, Arc::clone(&flags.interrupted))?;
        }
        flag::register(SIGTSTP, Arc::clone(&flags.suspend))?;
        flag::register(SIGCONT, Arc::clone(&flags.resumed))?;
        Ok(flags)
    }

    /// Whether the process was asked to end.
    pub(super) fn is_end_requested(&self) -> bool {
        self.end.load(Ordering::Relaxed)
    }

    /// Whether it was asked by SIGINT or SIGTERM: a closed terminal is no interruption.
    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Suspends as SIGTSTP would.
    pub(super) fn request_suspend(&self) {
        self.suspend.store(true, Ordering::Relaxed);
    }

    /// Whether to suspend now; the request is then cleared.
    pub(super) fn take_suspend(&self) -> bool {
        self.suspend.swap(false, Ordering::Relaxed)
    }

    /// Whether the process has been resumed; this is then cleared.
    pub(super) fn take_resumed(&self) -> bool {
        self.resumed.swap(false, Ordering::Relaxed)
    }
}
