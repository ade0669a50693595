//! What can be wrong with the numbers, serial lines, encoders and matrices of a descriptor.

use lockstep_core::app::AppDescriptor;
use lockstep_core::matrix::Matrix;
use lockstep_core::output::Range;
use lockstep_core::ports::{Encoder, Scale};

use super::descriptor_check::{check_list, check_name};
use crate::trace::RESET;

/// The first thing that is wrong.
pub(super) fn problem(descriptor: &'static AppDescriptor) -> Option<String> {
    let numbers = descriptor.numbers().iter().map(|number| number.name());
    let lines = descriptor.serial_lines().iter().map(|line| line.name());
    let encoders = descriptor.encoders().iter().map(Encoder::name);
    let matrices = descriptor.matrices().iter().map(Matrix::name);
    let lists = check_list("number input", numbers.clone(), AppDescriptor::MAX_NUMBERS)
        .or_else(|| {
            check_list(
                "serial line",
                lines.clone(),
                AppDescriptor::MAX_SERIAL_LINES,
            )
        })
        .or_else(|| check_list("encoder", encoders.clone(), AppDescriptor::MAX_ENCODERS))
        .or_else(|| check_list("matrix", matrices.clone(), AppDescriptor::MAX_MATRICES));
    lists
        .or_else(|| {
            numbers
                .clone()
                .find_map(|it| check_name("number input", it))
        })
        .or_else(|| lines.clone().find_map(|it| check_name("serial line", it)))
        .or_else(|| encoders.clone().find_map(|it| check_name("encoder", it)))
        .or_else(|| matrices.clone().find_map(|it| check_name("matrix", it)))
        .or_else(|| same_name(descriptor))
        .or_else(|| seeds(descriptor))
        .or_else(|| scales(descriptor))
        .or_else(|| bauds(descriptor))
        .or_else(|| descriptor.matrices().iter().find_map(size))
        .or_else(|| {
            let encoders = descriptor.encoders().iter();
            encoders.clone().find_map(|it| contacts(it, descriptor))
        })
}

/// Inputs are told apart by their names alone, and so are outputs and what is sent.
fn same_name(descriptor: &AppDescriptor) -> Option<String> {
    let buttons = descriptor.buttons().iter().map(|name| ("button", *name));
    let numbers = descriptor.numbers().iter();
    let numbers = numbers.map(|number| ("number input", number.name()));
    let lines = descriptor.serial_lines().iter();
    let lines = lines.map(|line| ("serial line", line.name()));
    let encoders = descriptor.encoders().iter();
    let encoders = encoders.map(|encoder| ("encoder", encoder.name()));
    let inputs: Vec<_> = buttons
        .chain(numbers)
        .chain(lines.clone())
        .chain(encoders)
        .collect();
    let outputs = descriptor.outputs().iter();
    let outputs = outputs.map(|output| ("output", output.name()));
    let matrices = descriptor.matrices().iter();
    let matrices = matrices.map(|matrix| ("matrix", matrix.name()));
    let outputs: Vec<_> = outputs.chain(lines).chain(matrices).collect();
    let twice = |ports: &[(&str, &str)]| {
        ports.iter().enumerate().find_map(|(index, (kind, name))| {
            let (other, _) = ports[..index].iter().find(|(_, other)| other == name)?;
            let [other, kind] = [*other, *kind].map(with_article);
            Some(format!("both {other} and {kind} are called `{name}`"))
        })
    };
    let reserved = |ports: &[(&str, &str)]| {
        let (kind, name) = ports.iter().find(|(_, name)| *name == RESET)?;
        Some(format!("no {kind} can be called `{name}`"))
    };
    reserved(&inputs)
        .or_else(|| twice(&inputs))
        .or_else(|| twice(&outputs))
}

fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['e', 'o']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {kind}")
}

fn scales(descriptor: &AppDescriptor) -> Option<String> {
    let numbers = descriptor.numbers().iter();
    let inputs = numbers
        .clone()
        .find_map(|number| scale("number input", number.name(), &number.scale()));
    let starts = || {
        numbers.clone().find_map(|number| {
            let scale = number.scale();
            (!scale.contains(number.start())).then(|| {
                format!(
                    "number input `{}` starts at {}, expected {} to {}",
                    number.name(),
                    scale.shown(number.start()),
                    scale.shown(scale.min()),
                    scale.shown(scale.max())
                )
            })
        })
    };
    let outputs = || {
        let mut outputs = descriptor.outputs().iter();
        outputs.find_map(|output| match output.range() {
            Range::Number(of) => scale("output", output.name(), &of),
            Range::Digital | Range::Analog { .. } => None,
        })
    };
    inputs.or_else(starts).or_else(outputs)
}

fn scale(what: &str, name: &str, scale: &Scale) -> Option<String> {
    let unit = scale.unit();
    if scale.min() >= scale.max() {
        let (min, max) = (scale.min(), scale.max());
        Some(format!(
            "{what} `{name}` is from {min} to {max}, which is not a range"
        ))
    } else if scale.decimals() > Scale::MAX_DECIMALS {
        let (decimals, most) = (scale.decimals(), Scale::MAX_DECIMALS);
        Some(format!(
            "{what} `{name}` has {decimals} decimals; at most {most} are allowed"
        ))
    } else if unit.len() > Scale::MAX_UNIT {
        let most = Scale::MAX_UNIT;
        Some(format!(
            "the unit of {what} `{name}`, `{unit}`, has more than {most} bytes"
        ))
    } else if unit.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))
        || unit.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '#'))
        || ["within", "for", "and", "over", "to"].contains(&unit)
    {
        Some(format!(
            "the unit of {what} `{name}` cannot be `{unit}`: a sentence could not be read with it"
        ))
    } else {
        None
    }
}

/// A scenario names no seed: it has the one that there is.
fn seeds(descriptor: &AppDescriptor) -> Option<String> {
    let mut seeds = descriptor
        .numbers()
        .iter()
        .filter(|number| number.is_seed());
    let (first, second) = (seeds.next()?.name(), seeds.next()?.name());
    Some(format!(
        "both `{first}` and `{second}` are seeds; one is allowed"
    ))
}

fn bauds(descriptor: &AppDescriptor) -> Option<String> {
    let mut lines = descriptor.serial_lines().iter();
    let silent = lines.find(|line| line.baud() == 0)?;
    Some(format!("serial line `{}` has 0 baud", silent.name()))
}

fn size(matrix: &Matrix) -> Option<String> {
    let name = matrix.name();
    [
        ("rows", matrix.rows(), Matrix::MAX_ROWS),
        ("columns", matrix.columns(), Matrix::MAX_COLUMNS),
        ("levels above dark", matrix.max(), Matrix::MAX_LEVEL),
    ]
    .into_iter()
    .find(|(_, count, most)| !(1..=*most).contains(count))
    .map(|(what, count, most)| format!("matrix `{name}` has {count} {what}, expected 1 to {most}"))
}

fn contacts(encoder: &Encoder, descriptor: &AppDescriptor) -> Option<String> {
    let (name, buttons) = (encoder.name(), descriptor.buttons().len());
    let is_there = |id: u8| usize::from(id) < buttons;
    if !is_there(encoder.a().0) || !is_there(encoder.b().0) {
        Some(format!(
            "encoder `{name}` has a contact that is none of the {buttons} buttons"
        ))
    } else if encoder.a() == encoder.b() {
        Some(format!(
            "both contacts of encoder `{name}` are the same button"
        ))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockstep_core::event::ButtonId;
    use lockstep_core::output::Output;
    use lockstep_core::ports::{NumberInput, SerialLine};

    const APP: AppDescriptor = AppDescriptor::new("app", "1.0.0").with_buttons(&["a", "b"]);

    fn found(descriptor: AppDescriptor) -> Option<String> {
        problem(Box::leak(Box::new(descriptor)))
    }

    fn leaked<T>(count: usize, of: impl Fn(&'static str) -> T) -> &'static [T] {
        let all = (0..count).map(|index| of(format!("n{index}").leak()));
        all.collect::<Vec<_>>().leak()
    }

    #[test]
    fn there_are_at_most_so_many_of_each() {
        type WithCount = fn(usize) -> AppDescriptor;
        let with: [(&str, WithCount, usize); 4] = [
            (
                "number inputs",
                |count| APP.with_numbers(leaked(count, |name| NumberInput::new(name, 0, 1))),
                AppDescriptor::MAX_NUMBERS,
            ),
            (
                "serial lines",
                |count| APP.with_serial_lines(leaked(count, SerialLine::new)),
                AppDescriptor::MAX_SERIAL_LINES,
            ),
            (
                "encoders",
                |count| {
                    let of = |name| Encoder::new(name, ButtonId(0), ButtonId(1));
                    APP.with_encoders(leaked(count, of))
                },
                AppDescriptor::MAX_ENCODERS,
            ),
            (
                "matrices",
                |count| APP.with_matrices(leaked(count, |name| Matrix::new(name, 1, 1))),
                AppDescriptor::MAX_MATRICES,
            ),
        ];
        for (what, with, most) in with {
            assert_eq!(found(with(most)), None, "{what}");
            let told = found(with(most + 1)).unwrap_or_default();
            let expected = format!("{} {what}; at most {most} are allowed", most + 1);
            assert!(told.ends_with(&expected), "{told}");
        }
    }

    #[test]
    fn what_no_port_can_be_is_said() {
        const OUT: &[Output] = &[Output::digital("display")];
        for (descriptor, cause) in [
            (
                APP.with_numbers(&[const { NumberInput::new("n", 3, 3) }]),
                "number input `n` is from 3 to 3, which is not a range",
            ),
            (
                APP.with_numbers(&[
                    const { NumberInput::seed("x") },
                    const { NumberInput::seed("y") },
                ]),
                "both `x` and `y` are seeds; one is allowed",
            ),
            (
                APP.with_serial_lines(&[const { SerialLine::new("uart").with_baud(0) }]),
                "serial line `uart` has 0 baud",
            ),
            (
                APP.with_encoders(&[const { Encoder::new("knob", ButtonId(0), ButtonId(2)) }]),
                "encoder `knob` has a contact that is none of the 2 buttons",
            ),
            (
                APP.with_encoders(&[const { Encoder::new("knob", ButtonId(1), ButtonId(1)) }]),
                "both contacts of encoder `knob` are the same button",
            ),
            (
                APP.with_matrices(&[const { Matrix::new("display", 65, 1) }]),
                "matrix `display` has 65 rows, expected 1 to 64",
            ),
            (
                APP.with_matrices(&[const { Matrix::new("display", 1, 129) }]),
                "matrix `display` has 129 columns, expected 1 to 128",
            ),
            (
                APP.with_outputs(OUT)
                    .with_matrices(&[const { Matrix::new("display", 1, 1) }]),
                "both an output and a matrix are called `display`",
            ),
        ] {
            assert_eq!(found(descriptor).as_deref(), Some(cause));
        }
    }
}
