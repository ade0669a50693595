//! Numbers and serial lines in a firmware that is played.

use embassy_futures::select::{Either, select};
use embedded_hal::digital::OutputPin as _;
use embedded_io_async::{Read, Write};
use lockstep_core::app::{AppDescriptor, LogKind};
use lockstep_core::output::{Level, Output};
use lockstep_core::ports::{NumberInput, SerialLine};
use lockstep_embassy::{EmbassyApp, Firmware, Number, Ports, Spawner, spawn};
use lockstep_engine::golden;
use lockstep_engine::registry::{AppEntry, Registry};

use crate::support::{Test, played};

/// Watches a level, and tells it when it is asked.
struct Gauge;

async fn watch(level: Number, mut alarm: impl embedded_hal::digital::OutputPin) {
    loop {
        match level.read() {
            900.. => alarm.set_high().ok(),
            _ => alarm.set_low().ok(),
        };
        level.wait_for_change().await;
    }
}

async fn tell(level: Number, mut sender: impl Write, mut receiver: impl Read) {
    let mut asked = [0; 8];
    loop {
        let count = match select(receiver.read(&mut asked), level.wait_for_change()).await {
            Either::First(Ok(count)) => count,
            _ => continue,
        };
        for byte in &asked[..count] {
            let answer = match byte {
                b'?' => format!("{}\n", level.read()),
                other => format!("{other}?\n"),
            };
            sender.write_all(answer.as_bytes()).await.ok();
        }
    }
}

impl Firmware for Gauge {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("gauge", "1.0.0")
        .with_numbers(&[NumberInput::new("level", 0, 1_000).starting_at(500)])
        .with_serial_lines(&[SerialLine::new("uart")])
        .with_outputs(&[Output::digital("alarm")])
        .with_logs(&[LogKind::text("note")]);
    type Outputs = [Level; 1];

    fn start(ports: &Ports, spawner: Spawner) {
        let level = ports.number("level");
        ports.log("note").text("up");
        let (sender, receiver) = ports.serial("uart").split();
        spawn(spawner, tell(level.clone(), sender, receiver));
        let mut alarm = ports.output("alarm");
        alarm.set_low().ok();
        spawn(spawner, watch(level, alarm));
    }
}

pub(crate) fn apps() -> [AppEntry; 1] {
    [lockstep_engine::app!(EmbassyApp<Gauge>)]
}

pub(crate) const TESTS: [(&str, Test); 2] = [
    ("numbers are read, and waited for", numbers),
    (
        "a serial line is read and written beside other waits",
        lines,
    ),
];

fn numbers(apps: &Registry) {
    played(
        apps,
        "app gauge\nexpect alarm stays off for 10 ms\nwait 10 ms\nset level to 900\nexpect alarm is on\n\
         wait 5 ms\nset level to 899\nexpect alarm is off\nwait 5 ms\nramp level from 0 to 1000 over 100 ms\n\
         expect alarm becomes on within 91 ms\nwait 100 ms\nreset\nexpect alarm is on\n",
    );
}

fn lines(apps: &Registry) {
    let trace = played(
        apps,
        "app gauge\nsend uart \"?\"\nexpect uart says \"500\\n\"\nwait 10 ms\nset level to 7\n\
         send uart \"?x\"\nexpect uart says \"7\\n120?\\n\"\nwait 10 ms\n",
    );
    assert!(golden::render(&trace).contains("log  note"));
}
