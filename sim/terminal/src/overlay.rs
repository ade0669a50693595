//! What is drawn over the panes: menus, prompts, confirmations, the help.

use lockstep_core::event::{ButtonId, NumberId, SerialId};
use lockstep_core::time::RunTicks;

use super::key_bindings::UiCommand;
use super::time_parser::EXAMPLES;
use lockstep_engine::script::{BootCondition, ScriptEvent};

/// What is drawn over the panes and receives the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Overlay {
    /// The help: every key binding.
    Help {
        /// The first line that is visible.
        scroll: u16,
    },
    /// The state diagram of the app.
    Map {
        /// The first line that is visible; the present state is for `None`.
        scroll: Option<u16>,
    },
    /// A menu.
    Menu(Menu),
    /// A line of text to type.
    Prompt(Prompt),
    /// A question to answer with yes or no.
    Confirm(Confirmation),
}

/// A list to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Menu {
    pub(super) title: &'static str,
    pub(super) items: Vec<MenuItem>,
    pub(super) selected: usize,
}

/// A row of a menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MenuItem {
    pub(super) text: String,
    pub(super) action: MenuAction,
}

/// What choosing a row of a menu does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum MenuAction {
    /// A command that a key has too.
    Command(UiCommand),
    /// Resets the board, which then boots with this condition.
    Reset(BootCondition),
    /// Turns the bouncing of contacts on or off.
    Bounce,
    /// Opens the menu of buttons.
    Buttons,
    /// Taps this button.
    Tap(ButtonId),
    /// Opens the menu of apps.
    Apps,
    /// Plays this app, by its index in the registry.
    App(usize),
    /// Shows this branch.
    Branch(usize),
    /// Asks for the name of a file to save in this format.
    Save(SaveFormat),
}

/// A line of text to type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prompt {
    pub(super) kind: PromptKind,
    pub(super) text: String,
    /// Where the next character goes, in bytes.
    pub(super) cursor: usize,
}

/// What a prompt asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PromptKind {
    /// A time to go to.
    GoTo,
    /// A text to search the events for.
    Search,
    /// What a way is looked for to.
    Reach,
    /// A file to open.
    Open,
    /// The signals of a waveform that are the buttons.
    Map {
        /// The file.
        path: String,
        /// The signals that could be meant, for the label.
        signals: String,
    },
    /// A file to save in this format.
    Save(SaveFormat),
    /// What a number input is from the cursor on.
    Number {
        id: NumberId,
        /// Its name and its range.
        label: String,
    },
    /// A line to send.
    Send {
        id: SerialId,
        /// The name of the serial line.
        name: &'static str,
    },
}

/// The formats that a run is saved in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SaveFormat {
    /// A scenario with expectations.
    Scenario,
    /// A recording: the events alone.
    Recording,
    /// The waveforms of the trace.
    Waveform,
}

impl SaveFormat {
    pub(super) const ALL: [Self; 3] = [Self::Scenario, Self::Recording, Self::Waveform];

    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Scenario => "scn",
            Self::Recording => "rec",
            Self::Waveform => "vcd",
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Scenario => "a scenario with expectations (.scn)",
            Self::Recording => "a recording (.rec)",
            Self::Waveform => "waveforms (.vcd)",
        }
    }
}

/// A question to answer before something is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Confirmation {
    /// Replace an existing file?
    Overwrite {
        /// The format to save in.
        format: SaveFormat,
        /// The file.
        path: String,
    },
    /// Discard changes that are not saved?
    Leave(LeaveAction),
    /// Play a way that was found?
    Play(Way),
}

/// A way from the present moment to something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// What is done on it, in ticks from the present one.
    pub(super) input: Vec<ScriptEvent>,
    /// How many ticks it takes.
    pub(super) length: RunTicks,
    /// What it leads to, and what is done, for people.
    pub(super) text: String,
}

/// What follows when the current run is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LeaveAction {
    /// The simulator ends.
    Quit,
    /// Another app, by its index in the registry.
    App(usize),
    /// The run in this file.
    Open(String),
}

impl Confirmation {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Overwrite { path, .. } => format!("`{path}` exists: replace it?"),
            Self::Play(way) => format!("{}: play it?", way.text),
            Self::Leave(LeaveAction::Quit) => "unsaved changes: quit anyway?".to_owned(),
            Self::Leave(_) => "unsaved changes: discard them?".to_owned(),
        }
    }
}

impl Menu {
    /// Whether the rows are branches, which can be compared too.
    pub(super) fn lists_branches(&self) -> bool {
        matches!(self.items.first(), Some(item) if matches!(item.action, MenuAction::Branch(_)))
    }
}

impl Prompt {
    pub(super) fn label(&self) -> String {
        match &self.kind {
            PromptKind::GoTo => format!("go to ({EXAMPLES})"),
            PromptKind::Search => "search".to_owned(),
            PromptKind::Reach => "shortest way to (lamp is 50, log lock on)".to_owned(),
            PromptKind::Open => "open (.scn, .rec, .vcd, .fst, .csv, .rules)".to_owned(),
            PromptKind::Map { signals, .. } => format!("buttons of {signals}"),
            PromptKind::Number { label, .. } => label.clone(),
            PromptKind::Send { name, .. } => format!("send {name}"),
            PromptKind::Save(SaveFormat::Scenario) => "save the scenario as".to_owned(),
            PromptKind::Save(SaveFormat::Recording) => "save the recording as".to_owned(),
            PromptKind::Save(SaveFormat::Waveform) => "save the waveforms as".to_owned(),
        }
    }
}
