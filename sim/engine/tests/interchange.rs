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
use wellen::SignalValueRef;

use libtest_mimic::{Arguments, Failed, Trial};
use lockstep_apps::keypad::Keypad;
use lockstep_apps::snake::Snake;
use lockstep_apps::thermostat::Thermostat;
use lockstep_apps::{lamp, toggle};
use lockstep_engine::files;
use lockstep_engine::golden::SCENARIO_EXTENSION;
use lockstep_engine::load::{InputFormat, LoadOptions, read_waveform};
use lockstep_engine::play;
use lockstep_engine::quoted::Quoted;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::script::{Script, SwitchState};
use lockstep_engine::trace::{Kind, Trace, Value, vcd};
use lockstep_engine::waveform::WaveformFormat;

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

/// What a signal is at the end of each tick in which it changes, as the trace writes it.
type Values = BTreeMap<u64, String>;

/// Without the ticks at which the value is what it was.
fn changes(values: &Values) -> Vec<(u64, &str)> {
    let mut changes: Vec<(u64, &str)> = Vec::new();
    for (&tick, value) in values {
        if changes.last().is_none_or(|(_, last)| last != value) {
            changes.push((tick, value));
        }
    }
    changes
}

/// Inputs and outputs have the values in `wellen` that they have in the trace.
fn wellen_reads_the_same(path: &Path) -> Result<(), Failed> {
    let trace = played(path)?;
    let folder = tempfile::tempdir()?;
    let ours = write_waveform(&trace, folder.path())?;
    let mut waveform = wellen::simple::read(&ours)?;
    let descriptor = trace.descriptor();
    let buttons = descriptor.buttons().iter().map(|name| (Kind::In, *name, 0));
    let numbers = descriptor.numbers().iter();
    let numbers = numbers.map(|it| (Kind::In, it.name(), it.scale().decimals()));
    let outputs = descriptor.outputs().iter();
    let outputs = outputs.map(|it| (Kind::Out, it.name(), it.range().scale().decimals()));
    let lines = descriptor.serial_lines().iter();
    let lines = lines.flat_map(|it| [(Kind::In, it.name(), 0), (Kind::Out, it.name(), 0)]);
    for (kind, name, decimals) in buttons.chain(numbers).chain(outputs).chain(lines) {
        let hierarchy = waveform.hierarchy();
        let variable = hierarchy.lookup_var(&[kind.word()], name);
        let signal = hierarchy[variable.ok_or("no such signal")?].signal_ref();
        waveform.load_signals(&[signal]);
        let times = waveform.time_table().to_vec();
        let signal = waveform.get_signal(signal).ok_or("not loaded")?;
        let mut found = Values::new();
        for (time, value) in signal.iter_changes() {
            let value = match value {
                SignalValueRef::String("") => continue,
                // The reader has undone what stands for bytes.
                SignalValueRef::String(text) => Quoted(text.as_bytes()).to_string(),
                SignalValueRef::Real(number) => format!("{number:.*}", usize::from(decimals)),
                bits => {
                    let bits = bits.to_bit_string().ok_or("no bits")?;
                    u32::from_str_radix(&bits, 2)?.cast_signed().to_string()
                }
            };
            found.insert(times[usize::try_from(time)?], value);
        }
        let expected = values(&trace, kind, name);
        if changes(&found) != changes(&expected) {
            return Err(format!("`{name}` differs: {found:?}, expected {expected:?}").into());
        }
    }
    Ok(())
}

/// The values of an input or an output in a trace.
fn values(trace: &Trace, kind: Kind, name: &str) -> Values {
    let mut values = Values::new();
    if kind == Kind::In && trace.descriptor().buttons().contains(&name) {
        values.insert(0, "0".to_owned());
    }
    let lines = trace.lines();
    for line in lines.filter(|line| line.kind == kind && line.name == name) {
        let value = match line.value {
            Value::Word(word) => u8::from(word == SwitchState::Closed.verb()).to_string(),
            value => value.to_string(),
        };
        values.insert(line.tick.0, value);
    }
    values
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
        AppEntry::of::<toggle::Toggle>(),
        AppEntry::of::<Thermostat>(),
        AppEntry::of::<Keypad>(),
        AppEntry::of::<Snake>(),
    ])
    .unwrap()
}

fn played(path: &Path) -> Result<Trace, Failed> {
    let loaded = InputFormat::Scenario.load_file(&registry(), (path, &fs::read(path)?), None)?;
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
    let (app, capture) = read_waveform(registry, bytes, format, &options)?;
    let script = capture.script;
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
