//! The serial line of an app on the UART of its board.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use libtest_mimic::Failed;
use lockstep_images::build::Profile;

use super::bench::{Bench, PATIENCE, attach, image};

/// What the thermostat answers after power-up.
const STATUS: &str = "temp 20.0 set 20.0 heater off fan off\n";

pub(crate) fn the_thermostat_answers_over_its_uart() -> Result<(), Failed> {
    let mut bench = Bench::of("thermostat", Profile::Release)?;
    bench.await_word("LOCKSTEP_TICK", |tick| tick > 10)?;
    for (asked, answer) in [
        ("status\n", STATUS),
        (
            "set 25\r\nstatus\n",
            "ok\ntemp 20.0 set 25.0 heater on fan off\n",
        ),
    ] {
        bench.board.send_serial(asked.as_bytes())?;
        let deadline = Instant::now() + PATIENCE;
        let mut answered = Vec::new();
        while answered.len() < answer.len() && Instant::now() < deadline {
            answered.extend(bench.board.take_serial()?.0);
        }
        assert_eq!(String::from_utf8_lossy(&answered), answer);
    }
    Ok(())
}

pub(crate) fn a_line_is_typed_into_the_board_command() -> Result<(), Failed> {
    let image = image("thermostat", Profile::Release)?;
    let mut board = Command::new(env!("CARGO_BIN_EXE_hil"))
        .args(["board", "--image"])
        .arg(&image.path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(board.stdout.take().ok_or("no output")?).lines();
    let mut selector = None;
    for line in lines.by_ref() {
        let line = line?;
        selector = selector.or(line.strip_prefix("probe     ").map(str::to_owned));
        if line.starts_with("key       q") {
            break;
        }
    }
    let selector = selector.ok_or("no selector")?;
    let mut session = attach(&selector, "nRF51822_xxAA", "thumbv6m-none-eabi")?;
    let (bytes, elf) = image.load()?;
    session.flash(&bytes, &elf)?;
    let mut keys = board.stdin.take().ok_or("no input")?;
    keys.write_all(b":status\n")?;
    let mut shown = Vec::new();
    for line in lines {
        let line = line?;
        let is_answer = line.starts_with("uart ");
        shown.push(line);
        if is_answer {
            break;
        }
    }
    drop(session);
    board.kill()?;
    board.wait()?;
    let expected = [
        r#"in   uart "status\n""#.to_owned(),
        format!("uart {STATUS:?}"),
    ];
    let about_uart: Vec<_> = shown.into_iter().filter(|it| it.contains("uart")).collect();
    assert_eq!(about_uart, expected);
    Ok(())
}
