//! Whether apps are played in processes of their own.

use std::time::Duration;

use clap::Args;

use crate::time_limit::seconds;
use lockstep_console::exit::{self, Exit};
use lockstep_console::report::Report;
use lockstep_engine::diagnostic::error_chain;
use lockstep_engine::registry::Registry;
use lockstep_isolation::exit_guard::{self, ExitGuard};
use lockstep_isolation::{IsolationError, Settings, isolate};

/// Whether apps are played in processes of their own.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct IsolationArgs {
    /// Play apps in this process, not each run in one of its own: for debuggers and profilers.
    #[arg(long, global = true)]
    in_process: bool,

    /// How long an app may take for one tick before it counts as one that never returns: 10 if
    /// nothing is said, 2 in the terminal simulator.
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    tick_limit: Option<Duration>,
}

/// Apps that can be played whatever they do.
pub(super) struct PlayableApps {
    pub(super) registry: Registry,
    _guard: Option<ExitGuard>,
}

/// Apps of which nothing is played here.
impl From<Registry> for PlayableApps {
    fn from(registry: Registry) -> Self {
        Self {
            registry,
            _guard: None,
        }
    }
}

impl IsolationArgs {
    /// The apps as this command plays them.
    pub(super) fn isolate(self, registry: Registry, report: &Report) -> Result<PlayableApps, Exit> {
        self.isolated(registry, &Settings::default(), report)
    }

    /// The apps as the terminal plays them, which must not print into its screen.
    pub(super) fn isolate_for_terminal(
        self,
        registry: Registry,
        report: &Report,
    ) -> Result<PlayableApps, Exit> {
        let mut settings = Settings::default();
        settings.discard_output = true;
        // Nothing else happens on the screen until then.
        settings.tick_limit = Duration::from_secs(2);
        self.isolated(registry, &settings, report)
    }

    fn isolated(
        self,
        registry: Registry,
        settings: &Settings,
        report: &Report,
    ) -> Result<PlayableApps, Exit> {
        if !self.in_process {
            let mut settings = settings.clone();
            settings.tick_limit = self.tick_limit.unwrap_or(settings.tick_limit);
            match isolate(&registry, &settings) {
                Ok(isolated) => return Ok(isolated.into()),
                // There is no other way.
                Err(IsolationError::Unsupported) => {}
                Err(error) => {
                    let help = "`--in-process` plays apps in this process";
                    report.print(&report.plain(&error_chain(&error), Some(help)));
                    return Err(Exit::Infrastructure);
                }
            }
        }
        exit::before_end(exit_guard::disarm);
        Ok(PlayableApps {
            registry,
            _guard: Some(exit_guard::arm()),
        })
    }
}
