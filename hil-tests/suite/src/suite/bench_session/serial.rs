//! What the UART of the board carries in a run.

use lockstep_core::event::SerialId;
use lockstep_engine::trace::Trace;

use super::{BenchSession, BenchSessionError, SETTLING};
use crate::session::SessionError;
use crate::suite::board_image::{BoardImage, symbols};
use crate::suite::pin_edges::PinMismatch;
use crate::suite::serial_evidence;

/// The serial line that a board puts on its UART.
const UART_LINE: SerialId = SerialId(0);

/// How often in a row nothing may have come before a UART counts as silent.
const SILENT_LOOKS: u32 = 3;

impl BenchSession<'_> {
    /// What is wrong with what the UART carried in a run that is over.
    pub(super) fn check_serial(
        &mut self,
        trace: &Trace,
        firmware: &BoardImage,
    ) -> Result<Option<PinMismatch>, BenchSessionError> {
        let Some(name) = firmware.uart.filter(|_| !self.is_blind()) else {
            return Ok(None);
        };
        let expected = serial_evidence::expected(trace, UART_LINE);
        let Some(seen) = self.take_serial(firmware, expected.len())? else {
            return Ok(None);
        };
        Ok(serial_evidence::compare(name, &expected, &seen))
    }

    /// What the UART has carried, once as many bytes have come as are waited for and no more follow;
    /// `None` where nobody outside of the board listens.
    pub(super) fn take_serial(
        &mut self,
        firmware: &BoardImage,
        awaited: usize,
    ) -> Result<Option<Vec<u8>>, BenchSessionError> {
        let Some(tick) = firmware.address(symbols::TICK) else {
            return Err(SessionError::Symbol(symbols::TICK.to_owned()).into());
        };
        let Some(mut seen) = self.access.take_serial()? else {
            return Ok(None);
        };
        let mut deadline = self.session()?.core()?.now() + SETTLING;
        let mut silent = 0;
        while silent < SILENT_LOOKS {
            let now = {
                let mut core = self.session()?.core()?;
                // The board goes on while it is looked at.
                core.read_word(tick).map_err(SessionError::from)?;
                core.now()
            };
            let more = self.access.take_serial()?.unwrap_or_default();
            if !more.is_empty() {
                (silent, deadline) = (0, now + SETTLING);
                seen.extend(more);
            } else if seen.len() >= awaited || now > deadline {
                silent += 1;
            }
        }
        Ok(Some(seen))
    }
}
