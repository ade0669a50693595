//! Apps that are unlike the lamp.

use std::fmt;

use lockstep_core::app::{App, AppDescriptor, Sink};
use lockstep_core::event::Event;
use lockstep_core::output::{Level, Output};
use lockstep_core::ports::{NumberInput, SerialLine};

use lockstep_engine::output_color::OutputColor;
use lockstep_engine::registry::AppEntry;

/// No buttons, no outputs, no logs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Bare;

impl App for Bare {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("bare", "1.0.0");
    type Outputs = [Level; 0];

    fn new() -> Self {
        Self
    }

    fn handle(&mut self, _: Event, _: &mut dyn Sink) {}

    fn outputs(&self) -> [Level; 0] {
        []
    }
}

/// More of everything than fits, with names as long as they may be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Panel([u16; 12]);

impl App for Panel {
    const DESCRIPTOR: AppDescriptor =
        AppDescriptor::new("a-panel-with-quite-a-long-name-a", "1.0.0")
            .with_buttons(&[
                "a-button-with-quite-a-long-name1",
                "a-button-with-quite-a-long-name2",
                "c",
                "d",
                "e",
                "f",
                "g",
                "h",
                "i",
                "j",
                "k",
                "l",
                "m",
                "n",
                "o",
                "p",
                "q",
                "r",
            ])
            .with_outputs(&[
                Output::analog("an-output-with-quite-a-long-name", u16::MAX),
                Output::analog("b", u16::MAX),
                Output::digital("c"),
                Output::digital("d"),
                Output::digital("e"),
                Output::digital("f"),
                Output::digital("g"),
                Output::digital("h"),
                Output::digital("i"),
                Output::digital("j"),
                Output::digital("k"),
                Output::digital("l"),
            ]);
    type Outputs = [Level; 12];

    fn new() -> Self {
        Self([0; 12])
    }

    fn handle(&mut self, event: Event, _: &mut dyn Sink) {
        if let Event::Press(button) = event {
            let output = usize::from(button.0) % self.0.len();
            let max = if output < 2 { u16::MAX } else { 1 };
            self.0[output] = max - self.0[output];
        }
    }

    fn outputs(&self) -> [Level; 12] {
        self.0.map(|level| Level(level.into()))
    }
}

/// Lights its LED for a tick every second.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Pulse(u32);

impl App for Pulse {
    const DESCRIPTOR: AppDescriptor =
        AppDescriptor::new("pulse", "1.0.0").with_outputs(&[Output::digital("blip")]);
    type Outputs = [Level; 1];

    fn new() -> Self {
        Self(0)
    }

    fn handle(&mut self, event: Event, _: &mut dyn Sink) {
        if event == Event::Tick {
            self.0 = (self.0 + 1) % 1_000;
        }
    }

    fn outputs(&self) -> [Level; 1] {
        [(self.0 == 500).into()]
    }
}

/// Panics when its button is pressed, and when anybody looks at its state.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Shaky;

impl fmt::Debug for Shaky {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("nobody may look inside")
    }
}

impl App for Shaky {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("shaky", "1.0.0").with_buttons(&["A"]);
    type Outputs = [Level; 0];

    fn new() -> Self {
        Self
    }

    fn handle(&mut self, event: Event, _: &mut dyn Sink) {
        assert!(!matches!(event, Event::Press(_)), "do not press me");
    }

    fn outputs(&self) -> [Level; 0] {
        []
    }
}

/// Can neither be copied nor printed; its LED is on in every other second.
struct Closed(u32);

impl App for Closed {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("closed", "1.0.0")
        .with_buttons(&["A"])
        .with_outputs(&[Output::digital("led")]);
    type Outputs = [Level; 1];

    fn new() -> Self {
        Self(0)
    }

    fn handle(&mut self, event: Event, _: &mut dyn Sink) {
        match event {
            Event::Tick => self.0 += 1,
            Event::Press(_) => self.0 += 500,
            _ => {}
        }
    }

    fn outputs(&self) -> [Level; 1] {
        [(self.0 / 1_000 % 2 == 1).into()]
    }
}

/// A button, and a serial line of 1000 baud: a byte takes ten ticks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct SlowConsole;

impl App for SlowConsole {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("slow-console", "1.0.0")
        .with_buttons(&["A"])
        .with_serial_lines(&[SerialLine::new("uart").with_baud(1_000)]);
    type Outputs = [Level; 0];

    fn new() -> Self {
        Self
    }

    fn handle(&mut self, _: Event, _: &mut dyn Sink) {}

    fn outputs(&self) -> [Level; 0] {
        []
    }
}

/// 30 signals: more controls than most screens have rows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Rack;

impl App for Rack {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("rack", "1.0.0")
        .with_buttons(&["A", "B"])
        .with_numbers(&[
            NumberInput::new("level-00", 0, 1_000).with_unit("mV"),
            NumberInput::new("level-01", 0, 1_000).with_unit("mV"),
            NumberInput::new("level-02", 0, 1_000).with_unit("mV"),
            NumberInput::new("level-03", 0, 1_000).with_unit("mV"),
            NumberInput::new("level-04", -5, 5),
            NumberInput::new("level-05", -5, 5),
            NumberInput::new("level-06", 7, 8),
            NumberInput::new("level-07", i32::MIN, i32::MAX).with_decimals(9),
            NumberInput::new("level-08", 0, 1),
            NumberInput::new("level-09", 0, 1),
            NumberInput::new("level-10", 0, 1),
            NumberInput::new("level-11", 0, 1),
        ])
        .with_serial_lines(&[
            SerialLine::new("line-0"),
            SerialLine::new("line-1"),
            SerialLine::new("line-2"),
        ])
        .with_outputs(&[
            Output::digital("lamp-00"),
            Output::digital("lamp-01"),
            Output::digital("lamp-02"),
            Output::digital("lamp-03"),
            Output::digital("lamp-04"),
            Output::digital("lamp-05"),
            Output::digital("lamp-06"),
            Output::digital("lamp-07"),
            Output::digital("lamp-08"),
            Output::digital("lamp-09"),
        ]);
    type Outputs = [Level; 10];

    fn new() -> Self {
        Self
    }

    fn handle(&mut self, _: Event, _: &mut dyn Sink) {}

    fn outputs(&self) -> [Level; 10] {
        [Level::OFF; 10]
    }
}

pub(super) fn slow_console() -> AppEntry {
    AppEntry::of::<SlowConsole>()
}

pub(super) fn rack() -> AppEntry {
    AppEntry::of::<Rack>()
}

pub(super) fn closed() -> AppEntry {
    lockstep_engine::app!(Closed)
}

pub(super) fn bare() -> AppEntry {
    AppEntry::of::<Bare>()
}

pub(super) fn panel() -> AppEntry {
    AppEntry::of::<Panel>().with_output_color("b", OutputColor::Blue)
}

pub(super) fn pulse() -> AppEntry {
    AppEntry::of::<Pulse>()
}

pub(super) fn shaky() -> AppEntry {
    AppEntry::of::<Shaky>()
}
