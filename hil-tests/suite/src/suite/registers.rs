//! What registers hold of the outputs, compared with what the firmware says of them.

use lockstep_core::time::RunTicks;
use lockstep_engine::trace::Trace;

use super::board_image::NamedPin;
use super::pin_edges::{PinChange, PinMismatch, changes, level, sample};
use crate::session::run_capture::RegisterSample;
use crate::verdict::{Evidence, PinSample};

/// What was seen of the outputs, where it changed from sample to sample, and the first sample in
/// which a pin is as the firmware says of no tick that the sample may have seen.
#[must_use]
pub fn compare(
    trace: &Trace,
    registers: &[RegisterSample],
    outputs: &[NamedPin],
    tolerance: RunTicks,
) -> (Vec<PinSample>, Option<PinMismatch>) {
    let said = changes(trace, &vec![false; outputs.len()], outputs);
    let mut samples = Vec::new();
    let mut mismatch = None;
    let mut seen = vec![None; outputs.len()];
    for registers in registers {
        for (output, (named, seen)) in outputs.iter().zip(&mut seen).enumerate() {
            let Some(port) = registers.words.get(usize::from(named.pin.port)) else {
                continue;
            };
            let high = port >> named.pin.pin & 1 == 1;
            let said_at = tick_that_says(&said, output, high, registers, tolerance);
            if seen.replace(high) != Some(high) {
                let tick = said_at.unwrap_or(registers.to);
                samples.push(sample(tick, named, high, Evidence::Register));
            }
            if mismatch.is_none() && said_at.is_none() {
                mismatch = Some(PinMismatch {
                    tick: registers.to,
                    message: format!(
                        "pin {} (`{}`) is {} in its register at tick {}: the firmware says {}",
                        named.pin,
                        named.name,
                        level(high),
                        registers.to.0,
                        level(!high),
                    ),
                });
            }
        }
    }
    (samples, mismatch)
}

/// The tick at which the firmware says that the output has this level, of those that the sample may
/// have seen: up to the one whose outputs may be there already, and within the tolerance.
fn tick_that_says(
    said: &[PinChange],
    output: usize,
    high: bool,
    registers: &RegisterSample,
    tolerance: RunTicks,
) -> Option<RunTicks> {
    let first = registers.from.saturating_sub(tolerance);
    let last = registers.to.saturating_add(RunTicks(1));
    let last = last.saturating_add(tolerance);
    let has_level = |tick: &RunTicks| level_at(said, output, *tick) == high;
    let changes = said.iter().filter(|change| change.output == output);
    let ticks = changes.map(|change| change.tick);
    let within = ticks.filter(|tick| (first..=last).contains(tick));
    [registers.to]
        .into_iter()
        .chain(within)
        .chain([first])
        .find(has_level)
}

/// Whether an output is high when this tick is over.
fn level_at(said: &[PinChange], output: usize, tick: RunTicks) -> bool {
    let before = said.partition_point(|change| change.tick <= tick);
    let of_output = said[..before].iter().rev();
    let mut last = of_output.filter(|change| change.output == output);
    last.next().is_some_and(|change| change.high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockstep_core::output::Level;
    use lockstep_core::runner::{Observation, Observer};
    use shipped_apps::shipped;

    const OUTPUTS: [NamedPin; 2] = [
        NamedPin {
            name: "lamp",
            index: 0,
            pin: lockstep_pins::Pin::new(0, 3),
        },
        NamedPin {
            name: "locked",
            index: 1,
            pin: lockstep_pins::Pin::new(1, 0),
        },
    ];

    /// The lamp goes on at tick 10 and off at tick 20; nothing is ever locked.
    fn trace() -> Trace {
        let mut trace = Trace::new(shipped()[0].descriptor());
        for (tick, level) in [(10, Level(100)), (20, Level::OFF)] {
            trace.observe(RunTicks(tick), Observation::Output(0, level));
        }
        trace.set_end(RunTicks(30));
        trace
    }

    fn mismatch(tick: u64, registers: [u32; 2]) -> Option<String> {
        let sample = RegisterSample {
            from: RunTicks(tick),
            to: RunTicks(tick),
            words: registers.to_vec(),
        };
        let (_, mismatch) = compare(&trace(), &[sample], &OUTPUTS, RunTicks::ZERO);
        mismatch.map(|mismatch| mismatch.message)
    }

    #[test]
    fn a_pin_may_have_its_level_of_the_tick_or_of_the_next() {
        let (low, high) = ([0, 0], [1 << 3, 0]);
        for (tick, registers) in [(8, low), (9, low), (9, high), (10, high), (18, high)] {
            assert_eq!(mismatch(tick, registers), None, "{tick}");
        }
        for (tick, registers) in [(19, low), (19, high), (20, low), (30, low)] {
            assert_eq!(mismatch(tick, registers), None, "{tick}");
        }
        for (tick, registers) in [(8, high), (10, low), (18, low), (20, high), (30, high)] {
            assert!(mismatch(tick, registers).is_some(), "{tick}");
        }
        assert_eq!(
            mismatch(5, [0, 1]).as_deref(),
            Some("pin P1.00 (`locked`) is high in its register at tick 5: the firmware says low")
        );
    }

    #[test]
    fn a_slow_sample_may_have_seen_any_of_its_ticks() {
        let long = |from, to, port| {
            let sample = RegisterSample {
                from: RunTicks(from),
                to: RunTicks(to),
                words: vec![port, 0],
            };
            compare(&trace(), &[sample], &OUTPUTS, RunTicks::ZERO)
                .1
                .is_none()
        };
        assert!(long(5, 12, 0) && long(5, 12, 8));
        assert!(long(5, 25, 0) && long(5, 25, 8));
        assert!(long(1, 8, 0) && !long(1, 8, 8));
        assert!(!long(10, 18, 0) && long(10, 18, 8));
    }

    #[test]
    fn a_level_that_does_not_change_is_one_pin_sample() {
        let registers = [(1, 0), (2, 0), (11, 8), (12, 8), (21, 0)];
        let registers = registers.map(|(tick, port)| RegisterSample {
            from: RunTicks(tick),
            to: RunTicks(tick),
            words: vec![port, 0],
        });
        let (samples, mismatch) = compare(&trace(), &registers, &OUTPUTS, RunTicks::ZERO);
        assert_eq!(mismatch, None);
        let lamp = samples.iter().filter(|sample| sample.output == "lamp");
        let seen: Vec<_> = lamp.map(|sample| (sample.tick.0, sample.level)).collect();
        assert_eq!(seen, [(1, 0), (11, 1), (21, 0)]);
    }

    #[test]
    fn a_sample_of_the_outputs_of_the_next_tick_has_that_tick() {
        let sample = RegisterSample {
            from: RunTicks(9),
            to: RunTicks(9),
            words: vec![8, 0],
        };
        let (samples, _) = compare(&trace(), &[sample], &OUTPUTS, RunTicks::ZERO);
        assert_eq!((samples[0].tick, samples[0].level), (RunTicks(10), 1));
    }
}
