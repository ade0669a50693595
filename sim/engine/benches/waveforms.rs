//! How fast waveforms are read: a large VCD with one mapped signal, against `wellen`.
//!
//! `cargo bench -p lockstep-engine --bench waveforms` prints the numbers. Both read the same
//! file by turns, and the best of each counts; nothing here fails a build.

#![allow(
    clippy::unwrap_used,
    reason = "a benchmark that meets the unexpected should stop there"
)]

use std::fmt::Write;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use lockstep_apps::toggle;
use lockstep_core::app::App;
use lockstep_engine::panic_guard::PanicGuard;
use lockstep_engine::waveform::{Mapping, Waveform, WaveformFormat, WaveformOptions};

const SIZE: usize = 62 * 1024 * 1024;
const ROUNDS: u32 = 5;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.vcd");
    fs::write(&path, dump()).unwrap();
    let mut own = Duration::MAX;
    let mut other = Duration::MAX;
    let (mut events, mut changes) = (0, 0);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        events = read(&path);
        own = own.min(start.elapsed());
        let start = Instant::now();
        changes = read_with_wellen(&path);
        other = other.min(start.elapsed());
    }
    println!("{:<58} {:>12} {:>12}", "", "measured", "to hold");
    let row = |what: &str, measured: &str, to_hold: &str| {
        println!("{what:<58} {measured:>12} {to_hold:>12}");
    };
    row(
        "62 MiB of VCD, one mapped signal",
        &format!("{:.2} s", own.as_secs_f64()),
        "<= 1 s",
    );
    row(
        "the same with `wellen`",
        &format!("{:.2} s", other.as_secs_f64()),
        "",
    );
    row(
        "`wellen` / own",
        &format!("{:.2}", other.as_secs_f64() / own.as_secs_f64()),
        ">= 1",
    );
    println!("{events} events of the button, {changes} changes in `wellen`");
}

/// A dump of 200 signals, as a simulator writes it: a clock, a counter, other wires, and a
/// button that moves now and then.
fn dump() -> String {
    let mut text = String::from("$timescale 1 us $end\n$scope module tb $end\n");
    text += "$var wire 1 ! clk $end\n$var wire 1 \" D0 $end\n$var reg 32 # count [31:0] $end\n";
    for index in 0..200 {
        writeln!(text, "$var wire 1 {} w{index} $end", code(index)).unwrap();
    }
    text += "$upscope $end\n$enddefinitions $end\n#0\n0!\n0\"\nb0 #\n";
    let mut time: u32 = 0;
    while text.len() < SIZE {
        time += 5;
        writeln!(text, "#{time}\n{}!", time / 5 % 2).unwrap();
        writeln!(text, "b{:b} #", time / 5).unwrap();
        for index in 0..4 {
            let wire = (time * 7 + index * 31) % 200;
            writeln!(text, "{}{}", (time / 5 + index) % 2, code(wire)).unwrap();
        }
        if time.is_multiple_of(100_000) {
            writeln!(text, "{}\"", time / 100_000 % 2).unwrap();
        }
    }
    text
}

fn code(index: u32) -> String {
    let digit = |value: u32| char::from(b'!' + u8::try_from(value % 94).unwrap());
    format!("{}{}", digit(index / 94 + 1), digit(index))
}

fn read(path: &Path) -> usize {
    let bytes = fs::read(path).unwrap();
    let options = WaveformOptions {
        map: vec![Mapping::parse("button=tb.D0").unwrap()],
        ..WaveformOptions::default()
    };
    let waveform = Waveform::parse(&bytes, WaveformFormat::Vcd, PanicGuard::default()).unwrap();
    let descriptor = &toggle::Toggle::DESCRIPTOR;
    let capture = waveform.read_inputs(descriptor, &options).unwrap();
    black_box(capture).script.events().len()
}

fn read_with_wellen(path: &Path) -> usize {
    let mut waveform = wellen::simple::read(path).unwrap();
    let hierarchy = waveform.hierarchy();
    let variable = hierarchy.lookup_var(&["tb"], "D0").unwrap();
    let signal = hierarchy[variable].signal_ref();
    waveform.load_signals(&[signal]);
    let signal = waveform.get_signal(signal).unwrap();
    black_box(signal).iter_changes().count()
}
