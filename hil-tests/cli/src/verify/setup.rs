//! What is missing on this machine, and the commands that install it, where there are any.

use std::time::Duration;

use lockstep_images::process::{CommandSpec, StderrMode};
use lockstep_images::toolchain::doctor::Requirement;

/// How long a download may take before something else is tried.
const DOWNLOAD: Duration = Duration::from_secs(600);

/// Debian's Rust, which builds `core` from source: for machines that cannot download a target.
const DISTRIBUTION: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld"];

/// How long `apt-get` waits for another package manager to release its lock. It must be shorter
/// than [`DOWNLOAD`].
const LOCK_TIMEOUT: &str = "DPkg::Lock::Timeout=300";

/// The installers on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Installers {
    /// Whether there is `rustup`.
    pub rustup: bool,
    /// Whether there is `apt-get`.
    pub apt: bool,
    /// Whether there is `sudo`.
    pub sudo: bool,
    /// Whether this process runs as root.
    pub root: bool,
}

/// What an installation changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The user's own folders.
    User,
    /// The system, which needs consent.
    System,
}

/// The installation of one or more missing tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The missing tools.
    pub tools: Vec<String>,
    /// The commands, in order.
    pub calls: Vec<CommandSpec>,
    /// What they change.
    pub scope: Scope,
    /// Whether any step fails without the tools.
    pub required: bool,
    /// What to try if the commands fail.
    pub fallback: Option<Box<Installation>>,
}

impl Installation {
    /// The commands, as people type them.
    #[must_use]
    pub fn commands(&self) -> String {
        let calls: Vec<_> = self.calls.iter().map(ToString::to_string).collect();
        calls.join(" && ")
    }
}

/// What is to be installed.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct InstallPlan {
    /// What the installers on this machine can install, in order.
    pub installations: Vec<Installation>,
    /// What none of them can install.
    pub manual: Vec<Requirement>,
}

/// Plans the installation of missing tools.
///
/// Required tools are installed, and components of Rust, which are a small download. Optional
/// tools are left to the user.
#[must_use]
pub fn plan(needs: &[Requirement], installers: Installers) -> InstallPlan {
    let mut plan = InstallPlan::default();
    let missing = needs.iter().filter(|need| need.found.is_none());
    for need in missing.filter(|need| need.required || need.install_command.starts_with("rustup "))
    {
        let words: Vec<_> = need.install_command.split_whitespace().collect();
        match words[..] {
            ["rustup", kind, "add", last] if installers.rustup => {
                plan.join(need, &["rustup", kind, "add"], last);
            }
            ["rustup", "target", ..] if installers.can_install_packages() => {
                plan.add_distribution(need, installers);
            }
            ["cargo", "install", ..] => plan.installations.push(Installation {
                tools: vec![need.name.clone()],
                calls: vec![download(&words)],
                scope: Scope::User,
                required: need.required,
                fallback: None,
            }),
            ["apt-get", "install", package] if installers.can_install_packages() => {
                let tools = vec![need.name.clone()];
                plan.installations
                    .push(installers.install_packages(tools, &[package]));
            }
            _ => plan.manual.push(need.clone()),
        }
    }
    let adds_targets = |installation: &&mut Installation| {
        let call = installation.calls.first().map(|call| &call.argv);
        call.is_some_and(|words| words.starts_with(&["rustup".into(), "target".into()]))
    };
    if installers.can_install_packages() {
        for installation in plan.installations.iter_mut().filter(adds_targets) {
            let fallback = installers.install_packages(installation.tools.clone(), &DISTRIBUTION);
            installation.fallback = Some(Box::new(fallback));
        }
    }
    plan
}

impl InstallPlan {
    /// Adds the packages that build `core` from source, once for all targets.
    fn add_distribution(&mut self, need: &Requirement, installers: Installers) {
        let calls = installers.package_calls(&DISTRIBUTION);
        let mut installations = self.installations.iter_mut();
        match installations.find(|installation| installation.calls == calls) {
            Some(installation) => installation.tools.push(need.name.clone()),
            None => self
                .installations
                .push(installers.install_packages(vec![need.name.clone()], &DISTRIBUTION)),
        }
    }

    /// Puts tools whose commands differ in the last word only into one installation.
    fn join(&mut self, need: &Requirement, words: &[&str], last: &str) {
        let is_same = |installation: &&mut Installation| {
            let call = installation.calls.first().map(|call| &call.argv);
            installation.required == need.required
                && call.is_some_and(|call| call.iter().zip(words).all(|(a, b)| a == b))
        };
        match self.installations.iter_mut().find(is_same) {
            Some(installation) => {
                installation.tools.push(need.name.clone());
                for call in &mut installation.calls {
                    call.argv.push(last.into());
                }
            }
            None => self.installations.push(Installation {
                tools: vec![need.name.clone()],
                calls: vec![download(&[words, &[last]].concat())],
                scope: Scope::User,
                required: need.required,
                fallback: None,
            }),
        }
    }
}

/// A command that may be slow, or wait for a network that is not there.
fn download(words: &[&str]) -> CommandSpec {
    CommandSpec {
        timeout: Some(DOWNLOAD),
        stderr: StderrMode::KeepTail,
        ..CommandSpec::new(words)
    }
}

impl Installers {
    fn can_install_packages(self) -> bool {
        self.apt && (self.root || self.sudo)
    }

    fn install_packages(self, tools: Vec<String>, packages: &[&str]) -> Installation {
        Installation {
            tools,
            calls: self.package_calls(packages),
            scope: Scope::System,
            required: true,
            fallback: None,
        }
    }

    fn package_calls(self, packages: &[&str]) -> Vec<CommandSpec> {
        let sudo: &[&str] = if self.root { &[] } else { &["sudo"] };
        let call = |words: &[&str]| CommandSpec {
            is_interactive: !self.root,
            ..download(&[sudo, &["apt-get", "-o", LOCK_TIMEOUT], words].concat())
        };
        let install = ["install", "-y", "--no-install-recommends"];
        vec![call(&["update"]), call(&[&install, packages].concat())]
    }
}
