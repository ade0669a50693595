//! What happens at a tick hook: edges are dated, and inputs are driven.

use crate::emulator::EmulatorError;
use crate::machine::Machine;

impl Machine {
    /// Acts at the hook: called before the firmware executes its instruction.
    pub(crate) fn at_tick_hook(&mut self) -> Result<(), EmulatorError> {
        let Some(hook) = self.tick_hook else {
            return Ok(());
        };
        // A firmware that has reset the chip since the last stop goes on with its ticks.
        self.note_reset()?;
        let sampled = self.read_word(hook.counter)?;
        let Some(break_ticks) = hook.break_ticks else {
            self.pins.date(Some(sampled));
            return self.drive_due(sampled.wrapping_add(1));
        };
        // Either break tick may be the one that was reached, or both.
        let written = self.read_word(break_ticks.output_counter)?;
        if written == self.read_word(break_ticks.output)? {
            self.pins.outputs_written(written);
            let next = self.pins.next_output_tick(Some(written));
            self.write_word(break_ticks.output, next)?;
        }
        let tick = sampled.wrapping_add(1);
        if tick == self.read_word(break_ticks.sample)? {
            self.drive_due(tick)?;
            let next = self.pins.next_input_tick();
            self.write_word(break_ticks.sample, next)?;
        }
        Ok(())
    }

    fn drive_due(&mut self, tick: u32) -> Result<(), EmulatorError> {
        for (pin, high) in self.pins.take_due(tick) {
            self.drive(pin, high)?;
        }
        Ok(())
    }

    /// Writes the first break ticks of the schedule to the firmware.
    pub(crate) fn write_break_ticks(&mut self) -> Result<(), EmulatorError> {
        let Some(break_ticks) = self.tick_hook.and_then(|hook| hook.break_ticks) else {
            return Ok(());
        };
        self.write_word(break_ticks.sample, self.pins.next_input_tick())?;
        self.write_word(break_ticks.output, self.pins.next_output_tick(None))
    }
}
