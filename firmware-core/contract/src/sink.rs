//! Where an app puts what it says: logs, the bytes it sends, and the rows it draws.

use core::fmt;

use crate::event::SerialId;
use crate::log::Log;
use crate::matrix::MatrixId;

/// Takes what an app says while it handles an event.
///
/// ```
/// use lockstep_core::event::SerialId;
/// use lockstep_core::log::{Log, LogId};
/// use lockstep_core::sink::Sink;
///
/// const POWER: LogId = LogId(0);
/// const UART: SerialId = SerialId(0);
///
/// fn power_up(out: &mut dyn Sink) {
///     out.log(Log::new(POWER, 1));
///     out.send(UART, b"ready\n");
/// }
/// # power_up(&mut ());
/// ```
pub trait Sink {
    /// Something happened.
    fn log(&mut self, log: Log);

    /// These bytes leave on a serial line. Where one call ends and the next begins, nobody sees.
    fn send(&mut self, line: SerialId, bytes: &[u8]);

    /// A row of a matrix, counted from 0 at the top, shows these levels from now on: one for
    /// each column, from left to right, none above the highest. A sink that has no matrix drops it.
    fn draw(&mut self, matrix: MatrixId, row: u8, levels: &[u8]) {
        let _ = (matrix, row, levels);
    }
}

/// Drops everything.
impl Sink for () {
    fn log(&mut self, _: Log) {}
    fn send(&mut self, _: SerialId, _: &[u8]) {}
}

/// Takes logs, and drops everything else.
impl<F: FnMut(Log)> Sink for F {
    fn log(&mut self, log: Log) {
        self(log);
    }
    fn send(&mut self, _: SerialId, _: &[u8]) {}
}

/// Sends formatted text on a serial line.
///
/// ```
/// use core::fmt::Write;
///
/// use lockstep_core::event::SerialId;
/// use lockstep_core::sink::{SerialWriter, Sink};
///
/// fn answer(temperature: i32, out: &mut dyn Sink) -> core::fmt::Result {
///     writeln!(SerialWriter::new(SerialId(0), out), "temp {temperature}")
/// }
/// # answer(21, &mut ()).unwrap();
/// ```
pub struct SerialWriter<'a> {
    line: SerialId,
    out: &'a mut dyn Sink,
}

impl<'a> SerialWriter<'a> {
    /// A writer for this line.
    pub fn new(line: SerialId, out: &'a mut dyn Sink) -> Self {
        Self { line, out }
    }
}

/// Never fails.
impl fmt::Write for SerialWriter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.out.send(self.line, text.as_bytes());
        Ok(())
    }
}
