//! How people call the programs, so that every hint is a command that exists where it is read.

use std::borrow::Cow;
use std::env;
use std::path::Path;

use lockstep_engine::project::{Program, Project, ProjectCommands};
use lockstep_engine::shell::quoted_path;

/// The variable by which whoever starts a program tells it what it was called as.
pub const COMMAND_VARIABLE: &str = "LOCKSTEP_COMMAND";

/// How people call the simulator and the hardware suite here.
///
/// Libraries speak of the programs by their names, `sim` and `hil`. What is printed names the
/// command:
///
/// ```
/// use lockstep_console::commands::Commands;
///
/// let commands = Commands::new("cargo lockstep sim", "cargo hil");
/// assert_eq!(commands.name_in("`sim run F` plays it"), "`cargo lockstep sim run F` plays it");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commands {
    sim: String,
    hil: String,
}

impl Default for Commands {
    fn default() -> Self {
        Self::new(Program::Simulator.name(), Program::HardwareSuite.name())
    }
}

impl Commands {
    /// The programs are called so.
    #[must_use]
    pub fn new(sim: impl Into<String>, hil: impl Into<String>) -> Self {
        let (sim, hil) = (sim.into(), hil.into());
        Self { sim, hil }
    }

    /// How this program was called, and how the project around the current folder calls the other.
    ///
    /// Of what this program is called as, [`COMMAND_VARIABLE`] comes first, then the project file,
    /// then the path it was started by. A project file that cannot be used says nothing here:
    /// whatever needs it reports that.
    #[must_use]
    pub fn of_process(program: Program) -> Self {
        let project = Project::find(Path::new("")).ok();
        let stated = || Some(project.as_ref()?.stated_command(program)?.to_owned());
        let started = || env::args().next().map(|path| quoted_path(&path));
        let own = env::var(COMMAND_VARIABLE).ok();
        let own = own.or_else(stated).or_else(started);
        let others = project.as_ref().map(Project::commands).cloned();
        let ProjectCommands { sim, hil, .. } = others.unwrap_or_default();
        match program {
            Program::HardwareSuite => Self::new(sim, own.unwrap_or(hil)),
            _ => Self::new(own.unwrap_or(sim), hil),
        }
    }

    /// How the program is called.
    #[must_use]
    pub fn of(&self, program: Program) -> &str {
        match program {
            Program::HardwareSuite => &self.hil,
            _ => &self.sim,
        }
    }

    /// The text, with the commands in place of the names of the programs, where a name begins what
    /// stands in backquotes and a subcommand follows.
    #[must_use]
    pub fn name_in<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut named = Cow::Borrowed(text);
        for program in [Program::Simulator, Program::HardwareSuite] {
            let (name, command) = (program.name(), self.of(program));
            let opening = format!("`{name} ");
            if name != command && named.contains(&opening) {
                named = Cow::Owned(name_one(&named, &opening, command));
            }
        }
        named
    }
}

fn name_one(text: &str, opening: &str, command: &str) -> String {
    let mut parts = text.split(opening);
    let mut named = parts.next().unwrap_or_default().to_owned();
    for rest in parts {
        match rest.starts_with(|first: char| first.is_ascii_lowercase()) {
            true => named += &format!("`{command} "),
            false => named += opening,
        }
        named += rest;
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_program_is_called_by_its_command() {
        let commands = Commands::new("cargo sim", "cargo lockstep hil");
        let text = "`sim run` plays, `sim replay` too; `hil build` builds";
        assert_eq!(
            commands.name_in(text),
            "`cargo sim run` plays, `cargo sim replay` too; `cargo lockstep hil build` builds"
        );
    }

    #[test]
    fn what_is_no_command_is_left_as_it_is() {
        let commands = Commands::new("cargo sim", "cargo hil");
        for text in [
            "`sim.scn` is not a scenario",
            "the `sim` program",
            "sim run",
            "`sim -`",
        ] {
            assert_eq!(commands.name_in(text), text);
        }
    }
}
