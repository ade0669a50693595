//! Traces that go through the tools of others come back as the same run.
//!
//! Every scenario of the repository is played, and its waveform converted by GTKWave's
//! `vcd2fst` and `fst2vcd`, and by pyvcd. Where a tool is not installed, its tests are ignored
//! and say so; with its name in `LOCKSTEP_REQUIRE` they fail instead. The library `wellen` reads
//! the waveform itself.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::{env, fs};

use libtest_mimic::{Arguments, Failed, Trial};
use lockstep_apps::{lamp, toggle};
use lockstep_engine::files;
use lockstep_engine::golden::SCENARIO_EXTENSION;
use lockstep_engine::load::{InputFormat, LoadOptions, read_waveform};
use lockstep_engine::play;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::script::{Script, SwitchState};
use lockstep_engine::stimulus::WaveformFormat;
use lockstep_engine::trace::{Kind, Trace, Value, vcd};

/// What a tool made of a waveform.
type Converted = Vec<(PathBuf, WaveformFormat)>;

/// A tool that waveforms go through.
#[derive(Clone, Copy)]
struct Tool {
    name: &'static str,
    /// How it is found out whether it is there.
    probe: &'static [&'static str],
    convert: fn(&Path, &Path) -> Result<Converted, Failed>,
}

const TOOLS: [Tool; 2] = [
    Tool {
        name: "gtkwave",
        probe: &["vcd2fst", "--help"],
        convert: through_gtkwave,
    },
    Tool {
        name: "pyvcd",
        probe: &["python3", "-c", "import vcd.reader"],
        convert: through_pyvcd,
    },
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let required = env::var("LOCKSTEP_REQUIRE").unwrap_or_default();
    let trials = TOOLS.into_iter().flat_map(|tool| {
        let is_required = required.split([',', ' ']).any(|name| name == tool.name);
        let is_ignored = !tool.is_installed() && !is_required;
        let suffix = if is_ignored {
            format!(" ({} is not installed)", tool.name)
        } else {
            String::new()
        };
        scenarios().into_iter().map(move |path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let folder = path.parent().unwrap().file_name().unwrap();
            let folder = folder.to_string_lossy();
            let name = format!("{}/{folder}/{name}{suffix}", tool.name);
            Trial::test(name, move || comes_back(&path, tool)).with_ignored_flag(is_ignored)
        })
    });
    let read = scenarios().into_iter().map(|path| {
        let folder = path.strip_prefix(fixtures("scenarios")).unwrap();
        let name = format!("wellen/{}", folder.with_extension("").display());
        Trial::test(name, move || wellen_reads_the_same(&path))
    });
    libtest_mimic::run(&arguments, trials.chain(read).collect()).exit_code()
}

/// The level of a signal at the end of each tick in which it changes.
type Levels = BTreeMap<u64, u64>;

/// Without the ticks at which the level is what it was.
fn changes(levels: &Levels) -> Vec<(u64, u64)> {
    let mut changes: Vec<(u64, u64)> = Vec::new();
    for (&tick, &level) in levels {
        if changes.last().is_none_or(|(_, last)| *last != level) {
            changes.push((tick, level));
        }
    }
    changes
}

/// Buttons and outputs have the levels in `wellen` that they have in the trace.
fn wellen_reads_the_same(path: &Path) -> Result<(), Failed> {
    let trace = played(path)?;
    let folder = tempfile::tempdir()?;
    let ours = write_waveform(&trace, folder.path())?;
    let mut waveform = wellen::simple::read(&ours)?;
    let descriptor = trace.descriptor();
    let buttons = descriptor.buttons().iter().map(|name| (Kind::In, *name));
    let outputs = descriptor.outputs().iter();
    let outputs = outputs.map(|output| (Kind::Out, output.name()));
    for (kind, name) in buttons.chain(outputs) {
        let hierarchy = waveform.hierarchy();
        let variable = hierarchy.lookup_var(&[kind.word()], name);
        let signal = hierarchy[variable.ok_or("no such signal")?].signal_ref();
        waveform.load_signals(&[signal]);
        let times = waveform.time_table().to_vec();
        let signal = waveform.get_signal(signal).ok_or("not loaded")?;
        let mut found = Levels::new();
        for (time, value) in signal.iter_changes() {
            let bits = value.to_bit_string().ok_or("no bits")?;
            let level = u64::from_str_radix(&bits, 2)?;
            found.insert(times[usize::try_from(time)?], level);
        }
        let expected = levels(&trace, kind, name);
        if changes(&found) != changes(&expected) {
            return Err(format!("`{name}` differs: {found:?}, expected {expected:?}").into());
        }
    }
    Ok(())
}

/// The levels of a button or an output in a trace.
fn levels(trace: &Trace, kind: Kind, name: &str) -> Levels {
    let mut levels = Levels::new();
    if kind == Kind::In {
        levels.insert(0, 0);
    }
    for line in trace
        .lines()
        .filter(|line| line.kind == kind && line.name == name)
    {
        let level = match line.value {
            Value::Number(level) => level.into(),
            Value::Word(word) => u64::from(word == SwitchState::Closed.verb()),
        };
        levels.insert(line.tick.0, level);
    }
    levels
}

impl Tool {
    fn is_installed(self) -> bool {
        let Some((program, arguments)) = self.probe.split_first() else {
            return false;
        };
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        // GTKWave's tools end with an error when they are asked for help.
        command
            .status()
            .is_ok_and(|status| status.success() || self.name == "gtkwave")
    }
}

fn through_gtkwave(ours: &Path, folder: &Path) -> Result<Converted, Failed> {
    let [fst, back] = ["ours.fst", "back.vcd"].map(|name| folder.join(name));
    run(Command::new("vcd2fst").arg(ours).arg(&fst))?;
    run(Command::new("fst2vcd")
        .arg("-f")
        .arg(&fst)
        .arg("-o")
        .arg(&back))?;
    Ok(vec![
        (fst, WaveformFormat::Fst),
        (back, WaveformFormat::Vcd),
    ])
}

fn through_pyvcd(ours: &Path, folder: &Path) -> Result<Converted, Failed> {
    let script = fixtures("waveforms/through_pyvcd.py");
    let back = folder.join("back.vcd");
    run(Command::new("python3").arg(script).arg(ours).arg(&back))?;
    Ok(vec![(back, WaveformFormat::Vcd)])
}

fn fixtures(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    folder.join(name)
}

fn scenarios() -> Vec<PathBuf> {
    files::below(&fixtures("scenarios"), SCENARIO_EXTENSION).unwrap()
}

fn registry() -> Registry {
    Registry::new(vec![
        AppEntry::of::<lamp::Lamp>(),
        AppEntry::of::<toggle::Firmware>(),
    ])
    .unwrap()
}

fn played(path: &Path) -> Result<Trace, Failed> {
    let loaded = InputFormat::Scenario.load(&registry(), &fs::read(path)?, None)?;
    let mut watch = |_| ControlFlow::Continue(());
    Ok(play::trace(&loaded.app, &loaded.script, &mut watch)?)
}

/// Writes the trace to a file in the folder.
fn write_waveform(trace: &Trace, folder: &Path) -> Result<PathBuf, Failed> {
    let path = folder.join("ours.vcd");
    let mut bytes = Vec::new();
    vcd::write(trace, &mut bytes)?;
    fs::write(&path, bytes)?;
    Ok(path)
}

fn comes_back(path: &Path, tool: Tool) -> Result<(), Failed> {
    let registry = registry();
    let trace = played(path)?;
    let folder = tempfile::tempdir()?;
    let ours = write_waveform(&trace, folder.path())?;
    for (file, format) in (tool.convert)(&ours, folder.path())? {
        let again = played_again(&registry, &fs::read(&file)?, format, &trace)?;
        if again != trace {
            return Err(format!("another run from {}", file.display()).into());
        }
    }
    Ok(())
}

/// The run of a waveform. `fst2vcd` leaves the comment out that names its app and the start of
/// its clock; those of the trace are taken.
fn played_again(
    registry: &Registry,
    bytes: &[u8],
    format: WaveformFormat,
    trace: &Trace,
) -> Result<Trace, Failed> {
    let options = LoadOptions {
        app: Some(trace.descriptor().name()),
        ..LoadOptions::default()
    };
    let (app, stimulus) = read_waveform(registry, bytes, format, &options)?;
    let script = stimulus.script;
    let script = Script::new(
        script.condition(),
        trace.clock(),
        script.events().to_vec(),
        script.end(),
    )?;
    let mut watch = |_| ControlFlow::Continue(());
    Ok(play::trace(app, &script, &mut watch)?)
}

fn run(command: &mut Command) -> Result<(), Failed> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
}
