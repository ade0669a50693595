//! The ports of an app that a waveform can drive or show, and how a signal does.

use lockstep_core::app::AppDescriptor;
use lockstep_core::event::{ButtonId, NumberId, SerialId};

use super::signals::SignalId;
use crate::trace::RESET;

/// A port of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Port {
    Button(ButtonId),
    Number(NumberId),
    /// What arrives on a serial line.
    Line(SerialId),
    /// The string `reset` of a waveform that was written here.
    Reset,
    Output(u8),
}

impl Port {
    /// The inputs of an app and their names, but for the reset.
    pub(super) fn inputs(
        descriptor: &AppDescriptor,
    ) -> impl Iterator<Item = (Self, &'static str)> + use<> {
        let buttons = (0..=u8::MAX).map(ButtonId).map(Self::Button);
        let buttons = buttons.zip(descriptor.buttons().iter().copied());
        let numbers = (0..=u8::MAX).map(NumberId).map(Self::Number);
        let numbers = numbers.zip(descriptor.numbers().iter().map(|input| input.name()));
        let lines = (0..=u8::MAX).map(SerialId).map(Self::Line);
        let lines = lines.zip(descriptor.serial_lines().iter().map(|line| line.name()));
        buttons.chain(numbers).chain(lines)
    }

    /// The outputs of an app and their names.
    pub(super) fn outputs(
        descriptor: &AppDescriptor,
    ) -> impl Iterator<Item = (Self, &'static str)> + use<> {
        let outputs = (0..=u8::MAX).map(Self::Output);
        outputs.zip(descriptor.outputs().iter().map(|output| output.name()))
    }

    /// Its name.
    pub(super) fn name(self, descriptor: &AppDescriptor) -> &'static str {
        let mut ports = Self::inputs(descriptor)
            .chain(Self::outputs(descriptor))
            .chain([(Self::Reset, RESET)]);
        ports
            .find(|(port, _)| *port == self)
            .map_or("?", |(_, name)| name)
    }

    /// Whether the world drives it.
    pub(super) const fn is_input(self) -> bool {
        !matches!(self, Self::Output(_))
    }
}

/// A port and what drives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binding {
    pub(super) port: Port,
    pub(super) signal: SignalId,
    pub(super) encoding: Encoding,
    pub(super) is_active_low: bool,
    /// The path of the signal as a mapping would name it.
    pub(super) path: String,
}

/// How the values of a signal stand for what a port is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// The level of a signal of one bit.
    Single,
    /// The bit at this place, counted from the last.
    At(u32),
    /// All bits, as a number.
    Vector {
        /// How many they are, if the number is in two's complement.
        signed: Option<u32>,
    },
    /// A decimal number.
    Real,
    /// A text.
    Text,
}

impl Encoding {
    /// Whether it is a level of one bit.
    pub(super) const fn is_bit(self) -> bool {
        matches!(self, Self::Single | Self::At(_))
    }
}
