//! The report files of `hil run`.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::diagnostic::error_chain;

use lockstep_hil::report::{html, jsonl, junit};
use lockstep_hil::verdict;

/// The files that reports are written to.
#[derive(Debug, Args)]
pub(super) struct ReportFiles {
    /// Write a JUnit report.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,

    /// Write a report as JSON lines.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Write a report as one HTML page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl ReportFiles {
    fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        [&self.junit, &self.json, &self.html].into_iter().flatten()
    }

    /// Checks that reports can be written there and overwrite nothing else.
    pub(super) fn check(&self, report: &Report) -> Result<(), Exit> {
        let refuse = |message: &str, help: &str| {
            report.print(&report.plain(message, Some(help)));
            Err(Exit::BadInput)
        };
        let paths: Vec<_> = self.paths().collect();
        for (index, path) in paths.iter().enumerate() {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            if folder.is_some_and(|folder| !folder.is_dir()) || path.is_dir() {
                let message = format!("cannot write a report to `{}`", path.display());
                return refuse(&message, "expected a file in an existing folder");
            }
            if is_other_content(path) {
                let message = format!("`{}` exists and is not a report", path.display());
                return refuse(&message, "use another file name, or delete the file");
            }
            if paths[..index].contains(path) {
                let message = format!("two reports have the same file `{}`", path.display());
                return refuse(&message, "use a different file for each report");
            }
        }
        Ok(())
    }

    /// Deletes old reports: if this run fails to complete, they must not be taken for its own.
    pub(super) fn clear(&self) {
        for path in self.paths().filter(|path| is_plain_file(path)) {
            // A file that cannot be deleted cannot be written either, and writing reports why.
            let _ = fs::remove_file(path);
        }
    }

    /// Writes all reports. A failure stops none of the others.
    pub(super) fn write(&self, suite: &verdict::Suite, report: &Report) -> Exit {
        let reports = [
            (&self.junit, junit::render(suite)),
            (&self.json, jsonl::render(suite)),
            (&self.html, html::render(suite)),
        ];
        let mut exit = Exit::Held;
        for (path, rendered) in reports {
            let Some(path) = path else { continue };
            let written = match rendered {
                Ok(text) => {
                    output::write(Some(path), text.as_bytes()).map_err(|error| error_chain(&error))
                }
                Err(error) => Err(error_chain(&error)),
            };
            if let Err(error) = written {
                report.print(&report.plain(&error, None));
                exit = Exit::Infrastructure;
            }
        }
        exit
    }
}

/// Whether the path is a regular file, not a link or a device.
fn is_plain_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
}

/// Whether the path is a file with content that is not a report.
fn is_other_content(path: &Path) -> bool {
    let mut beginning = [0; 512];
    let read = |mut file: fs::File| file.read(&mut beginning);
    let length = match is_plain_file(path) {
        true => fs::File::open(path).and_then(read).unwrap_or_default(),
        false => return false,
    };
    let text = String::from_utf8_lossy(&beginning[..length]);
    let marks = [jsonl::MARK, junit::MARK, html::MARK];
    length > 0 && !marks.iter().any(|mark| text.contains(mark))
}
