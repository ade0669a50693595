//! What registers say of the outputs, held against what the firmware says of them.

use firmware_core::time::Ticks;
use sim::trace::Trace;

use super::firmware::Firmware;
use super::stimulus::{Change, Problem, changes, level, sample};
use crate::session::heard::Look;
use crate::verdict::{Evidence, PinSample};

/// What was seen of the outputs, where it changed from look to look, and the first look at which
/// a pin was neither as the firmware says for that tick nor as it says for the next, whose
/// outputs may be there already.
#[must_use]
pub fn compare(
    trace: &Trace,
    looks: &[Look],
    firmware: &Firmware,
) -> (Vec<PinSample>, Option<Problem>) {
    let said = changes(trace, &vec![false; firmware.outputs.len()]);
    let mut samples = Vec::new();
    let mut problem = None;
    let mut seen = vec![None; firmware.outputs.len()];
    for look in looks {
        for (output, (named, seen)) in firmware.outputs.iter().zip(&mut seen).enumerate() {
            let Some(port) = look.registers.get(usize::from(named.pin.port)) else {
                continue;
            };
            let high = port >> named.pin.pin & 1 == 1;
            if seen.replace(high) != Some(high) {
                let who = Evidence::Register;
                samples.push(sample(look.tick, output, high, who, firmware));
            }
            let next = look.tick.saturating_add(Ticks(1));
            let is_said = [look.tick, next].map(|tick| level_at(&said, output, tick));
            if problem.is_none() && !is_said.contains(&high) {
                problem = Some(Problem {
                    tick: look.tick,
                    message: format!(
                        "pin {} (`{}`) is {} in its register at tick {}: the firmware says {}",
                        named.pin,
                        named.name,
                        level(high),
                        look.tick.0,
                        level(!high),
                    ),
                });
            }
        }
    }
    (samples, problem)
}

/// Whether an output is high when this tick is over.
fn level_at(said: &[Change], output: usize, tick: Ticks) -> bool {
    let before = said.partition_point(|change| change.tick <= tick);
    let of_output = said[..before].iter().rev();
    let mut last = of_output.filter(|change| change.output == output);
    last.next().is_some_and(|change| change.high)
}
