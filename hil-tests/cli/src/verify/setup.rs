//! What is missing on this machine, and what adds it, where that can be done from here.

use std::time::Duration;

use lockstep_images::process::{CommandSpec, StderrMode};
use lockstep_images::toolchain::doctor::Requirement;

/// How long a download may take before something else is tried.
const DOWNLOAD: Duration = Duration::from_secs(600);

/// The packages of Debian whose Rust builds `core` itself: for where no target can be had.
const DISTRIBUTION: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld"];

/// What there is to add things with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Means {
    /// Whether `rustup` is there.
    pub rustup: bool,
    /// Whether `apt-get` is there.
    pub apt: bool,
    /// Whether `sudo` is there.
    pub sudo: bool,
    /// Whether this is already the administrator.
    pub root: bool,
}

/// Who notices that something was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The user whose folder it goes to.
    User,
    /// Everybody on the machine: it is asked for.
    System,
}

/// Something that is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    /// What is missing.
    pub what: Vec<String>,
    /// What adds it, in order.
    pub calls: Vec<CommandSpec>,
    /// Who notices.
    pub reach: Reach,
    /// Whether anything fails without it.
    pub required: bool,
    /// What is done where this fails.
    pub instead: Option<Box<Addition>>,
}

impl Addition {
    /// The commands, as people type them.
    #[must_use]
    pub fn commands(&self) -> String {
        let calls: Vec<_> = self.calls.iter().map(ToString::to_string).collect();
        calls.join(" && ")
    }
}

/// What is to be added, and what cannot be from here.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Plan {
    /// What is added, in order.
    pub additions: Vec<Addition>,
    /// What there are no means for.
    pub beyond: Vec<Requirement>,
}

/// What follows from what was found.
///
/// Everything that something fails without is added, and the components of Rust: they are a
/// small download. Other tools of recipes are left to whoever wants them.
#[must_use]
pub fn plan(needs: &[Requirement], means: Means) -> Plan {
    let mut plan = Plan::default();
    let missing = needs.iter().filter(|need| need.found.is_none());
    for need in missing.filter(|need| need.required || need.install_command.starts_with("rustup "))
    {
        let words: Vec<_> = need.install_command.split_whitespace().collect();
        match words[..] {
            ["rustup", kind, "add", last] if means.rustup => {
                plan.join(need, &["rustup", kind, "add"], last);
            }
            ["rustup", "target", ..] if means.can_install() => plan.add_distribution(need, means),
            ["cargo", "install", ..] => plan.additions.push(Addition {
                what: vec![need.name.clone()],
                calls: vec![download(&words)],
                reach: Reach::User,
                required: need.required,
                instead: None,
            }),
            ["apt-get", "install", package] if means.can_install() => {
                plan.additions
                    .push(means.install(vec![need.name.clone()], &[package]));
            }
            _ => plan.beyond.push(need.clone()),
        }
    }
    let of_targets = |addition: &&mut Addition| {
        let call = addition.calls.first().map(|call| &call.argv);
        call.is_some_and(|words| words.starts_with(&["rustup".into(), "target".into()]))
    };
    if means.can_install() {
        for addition in plan.additions.iter_mut().filter(of_targets) {
            let instead = means.install(addition.what.clone(), &DISTRIBUTION);
            addition.instead = Some(Box::new(instead));
        }
    }
    plan
}

impl Plan {
    /// The packages that build `core` from its source, once for all targets.
    fn add_distribution(&mut self, need: &Requirement, means: Means) {
        let calls = means.calls(&DISTRIBUTION);
        match self
            .additions
            .iter_mut()
            .find(|addition| addition.calls == calls)
        {
            Some(addition) => addition.what.push(need.name.clone()),
            None => self
                .additions
                .push(means.install(vec![need.name.clone()], &DISTRIBUTION)),
        }
    }

    /// One command adds everything that begins with the same words and is needed as much.
    fn join(&mut self, need: &Requirement, words: &[&str], last: &str) {
        let begins = |addition: &&mut Addition| {
            let call = addition.calls.first().map(|call| &call.argv);
            addition.required == need.required
                && call.is_some_and(|call| call.iter().zip(words).all(|(a, b)| a == b))
        };
        match self.additions.iter_mut().find(begins) {
            Some(addition) => {
                addition.what.push(need.name.clone());
                for call in &mut addition.calls {
                    call.argv.push(last.into());
                }
            }
            None => self.additions.push(Addition {
                what: vec![need.name.clone()],
                calls: vec![download(&[words, &[last]].concat())],
                reach: Reach::User,
                required: need.required,
                instead: None,
            }),
        }
    }
}

/// A command of the user that may be slow, or wait for a network that is not there.
fn download(words: &[&str]) -> CommandSpec {
    CommandSpec {
        timeout: Some(DOWNLOAD),
        stderr: StderrMode::KeepTail,
        ..CommandSpec::new(words)
    }
}

impl Means {
    fn can_install(self) -> bool {
        self.apt && (self.root || self.sudo)
    }

    fn install(self, what: Vec<String>, packages: &[&str]) -> Addition {
        Addition {
            what,
            calls: self.calls(packages),
            reach: Reach::System,
            required: true,
            instead: None,
        }
    }

    fn calls(self, packages: &[&str]) -> Vec<CommandSpec> {
        let sudo: &[&str] = if self.root { &[] } else { &["sudo"] };
        let call = |words: &[&str]| CommandSpec {
            is_interactive: !self.root,
            ..download(&[sudo, &["apt-get"], words].concat())
        };
        let install = ["install", "-y", "--no-install-recommends"];
        vec![call(&["update"]), call(&[&install, packages].concat())]
    }
}
