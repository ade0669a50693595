//! What lies over the panes: menus, lists, questions.

use lockstep_core::event::ButtonId;

use super::key_bindings::UiCommand;
use super::time_parser::EXAMPLES;
use lockstep_engine::script::BootCondition;

/// What lies over the panes, and takes the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Overlay {
    /// Every key.
    Help {
        /// The first line that is shown.
        scroll: u16,
    },
    /// A list to choose from.
    Menu(Menu),
    /// A line to type.
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

/// A row of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MenuItem {
    pub(super) text: String,
    pub(super) choice: MenuAction,
}

/// What choosing a row does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum MenuAction {
    /// What a key does as well.
    UiCommand(UiCommand),
    /// Resets the board, which finds these condition.
    Reset(BootCondition),
    /// Contacts bounce from now on, or not.
    Bounce,
    /// Asks which button to press.
    Buttons,
    /// Presses this button for a moment.
    Tap(ButtonId),
    /// Asks which app to play.
    Apps,
    /// Plays this app, by its place in the registry.
    App(usize),
    /// Looks at this branch.
    Branch(usize),
    /// Asks for a file to keep this in.
    Save(SaveFormat),
}

/// A line to type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prompt {
    pub(super) purpose: PromptKind,
    pub(super) text: String,
    /// The byte that is typed before.
    pub(super) at: usize,
}

/// What a typed line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PromptKind {
    /// A time to go to.
    GoTo,
    /// What to search for.
    Search,
    /// A file to open.
    Open,
    /// A file to keep this in.
    Save(SaveFormat),
}

/// What can be kept of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SaveFormat {
    /// A scenario with expectations.
    Scenario,
    /// The events alone.
    Recording,
    /// The waveforms.
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

/// Something to be sure of first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Confirmation {
    /// The file is there: replace it?
    Overwrite {
        /// What to keep.
        kind: SaveFormat,
        /// Where.
        path: String,
    },
    /// What was done is not saved: go on all the same?
    Leave(LeaveAction),
}

/// What comes after the present run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LeaveAction {
    /// Nothing.
    Quit,
    /// Another app, by its place in the registry.
    App(usize),
    /// The run in this file.
    Open(String),
}

impl Confirmation {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Overwrite { path, .. } => format!("`{path}` is there already: replace it?"),
            Self::Leave(LeaveAction::Quit) => {
                "what you did is not saved: quit all the same?".to_owned()
            }
            Self::Leave(_) => "what you did is not saved: leave it all the same?".to_owned(),
        }
    }
}

impl Menu {
    /// Whether the rows are branches, which can also be compared.
    pub(super) fn is_of_branches(&self) -> bool {
        matches!(self.items.first(), Some(item) if matches!(item.choice, MenuAction::Branch(_)))
    }
}

impl Prompt {
    pub(super) fn label(&self) -> String {
        match self.purpose {
            PromptKind::GoTo => format!("go to ({EXAMPLES})"),
            PromptKind::Search => "search".to_owned(),
            PromptKind::Open => "open (.scn, .rec, .vcd)".to_owned(),
            PromptKind::Save(SaveFormat::Scenario) => "save the scenario as".to_owned(),
            PromptKind::Save(SaveFormat::Recording) => "save the recording as".to_owned(),
            PromptKind::Save(SaveFormat::Waveform) => "save the waveforms as".to_owned(),
        }
    }
}
