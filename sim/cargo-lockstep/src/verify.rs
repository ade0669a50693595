//! `cargo lockstep verify`: every check that the project has.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use lockstep_console::exit::Exit;
use lockstep_console::report::Report;
use lockstep_engine::project::{Program, Project};

use crate::benches::virtual_benches;
use crate::start::{ProgramPackage, StartError};
use crate::{print_start_error, replace};

/// The list of checks of a project that has a hardware suite.
const STEPS: &str = ".config/verify.toml";

/// Runs the list of checks where the project has one, and what every project has otherwise: the
/// goldens, the images of its boards, and the scenarios on its virtual boards.
pub(crate) fn execute(arguments: &[OsString], report: &Report) -> ExitCode {
    match checks(arguments, report) {
        Ok(code) => code,
        Err(error) => print_start_error(&error, report).into(),
    }
}

fn checks(arguments: &[OsString], report: &Report) -> Result<ExitCode, StartError> {
    let project = Project::find(Path::new(""))?;
    let suite = match project.program(Program::HardwareSuite)? {
        Some(_) => Some(ProgramPackage::find(&project, Program::HardwareSuite)?),
        None => None,
    };
    if let Some(suite) = suite
        .as_ref()
        .filter(|_| project.root().join(STEPS).is_file())
    {
        let mut verify = suite.run();
        return Ok(replace(
            verify.args(["--", "verify"]).args(arguments),
            report,
        ));
    }
    let simulator = ProgramPackage::find(&project, Program::Simulator)?;
    let mut goldens = simulator.test();
    let mut held = simulator.wait(goldens.env("INSTA_UPDATE", "no"))?.success();
    if let Some(suite) = suite {
        let mut build = suite.run();
        held &= suite.wait(build.args(["--", "build"]))?.success();
        for bench in virtual_benches(&project) {
            let mut play = suite.run();
            play.args(["--", "run", "--bench", &bench.name]);
            held &= suite.wait(&mut play)?.success();
        }
    }
    let exit = if held { Exit::Held } else { Exit::Failed };
    Ok(exit.into())
}
