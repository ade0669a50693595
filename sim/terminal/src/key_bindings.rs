//! The key bindings: one table for the program, the help and the footer.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// The panes that can have the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pane {
    /// The buttons and outputs.
    Board,
    /// The waveforms.
    Waves,
    /// The events, one on a line.
    Events,
    /// The app's state.
    State,
}

impl Pane {
    pub(super) const ALL: [Self; 4] = [Self::Board, Self::Waves, Self::Events, Self::State];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Board => "board",
            Self::Waves => "waves",
            Self::Events => "events",
            Self::State => "state",
        }
    }
}

/// A command of a key, the mouse or the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UiCommand {
    PlayPause,
    StepForward,
    StepBack,
    NextEvent,
    PreviousEvent,
    TenthForward,
    TenthBack,
    Start,
    End,
    GoTo,
    Faster,
    Slower,
    Unlimited,
    RealTime,
    NextPane,
    PreviousPane,
    CellLeft,
    CellRight,
    Up,
    Down,
    First,
    Last,
    FoldSignal,
    UnfoldSignals,
    SignalUp,
    SignalDown,
    NextRise,
    NextFall,
    PreviousRise,
    ZoomIn,
    ZoomOut,
    ZoomFit,
    ZoomCenter,
    StepUp,
    StepDown,
    LargeStepUp,
    LargeStepDown,
    TypeInto,
    Hex,
    Mark,
    Dismiss,
    Search,
    SearchAgain,
    SearchBack,
    Menu,
    Branches,
    Reach,
    Map,
    Save,
    Open,
    Undo,
    Redo,
    Help,
    Redraw,
    Suspend,
    Quit,
}

/// A row of the table of key bindings.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyBinding {
    /// The names of the keys; the footer shows the first one.
    pub(super) keys: &'static [&'static str],
    pub(super) command: UiCommand,
    /// The text in the footer; empty for what is only in the help.
    pub(super) short: &'static str,
    /// The text in the help.
    pub(super) long: &'static str,
    /// The pane that it works in; every pane for `None`.
    pub(super) pane: Option<Pane>,
}

const fn key(
    keys: &'static [&'static str],
    command: UiCommand,
    short: &'static str,
    long: &'static str,
) -> KeyBinding {
    KeyBinding {
        keys,
        command,
        short,
        long,
        pane: None,
    }
}

const fn waves(
    keys: &'static [&'static str],
    command: UiCommand,
    long: &'static str,
) -> KeyBinding {
    KeyBinding {
        pane: Some(Pane::Waves),
        ..key(keys, command, "", long)
    }
}

/// What the footer shows, most important first: a narrow screen shows fewer.
pub(super) const FOOTER: &[UiCommand] = &[
    UiCommand::PlayPause,
    UiCommand::Menu,
    UiCommand::PreviousEvent,
    UiCommand::NextEvent,
    UiCommand::Save,
    UiCommand::Quit,
    UiCommand::Branches,
    UiCommand::Undo,
    UiCommand::NextPane,
    UiCommand::GoTo,
    UiCommand::Mark,
    UiCommand::Slower,
    UiCommand::Faster,
    UiCommand::Open,
];

/// Every key binding, by subject.
pub(super) const BINDINGS: &[KeyBinding] = &[
    key(&["Space"], UiCommand::PlayPause, "play", "play or pause"),
    key(&["Left"], UiCommand::StepBack, "", "one tick back"),
    key(&["Right"], UiCommand::StepForward, "", "one tick forward"),
    key(
        &["["],
        UiCommand::PreviousEvent,
        "back",
        "to the previous event",
    ),
    key(
        &["]"],
        UiCommand::NextEvent,
        "next",
        "to the next event, playing on if there is none yet",
    ),
    key(&["-"], UiCommand::Slower, "slower", "slower"),
    key(&["+", "="], UiCommand::Faster, "faster", "faster"),
    key(&["*"], UiCommand::Unlimited, "", "as fast as possible"),
    key(&["r"], UiCommand::RealTime, "", "in real time"),
    key(
        &["PgUp"],
        UiCommand::TenthBack,
        "",
        "a tenth of the run back",
    ),
    key(
        &["PgDn"],
        UiCommand::TenthForward,
        "",
        "a tenth of the run forward",
    ),
    key(&["Home", "0"], UiCommand::Start, "", "to the start"),
    key(&["End", "$"], UiCommand::End, "", "to the end"),
    key(&["g"], UiCommand::GoTo, "go to", "to a time that you type"),
    key(
        &[">"],
        UiCommand::StepUp,
        "change",
        "the selected number one step up, the encoder one click clockwise",
    ),
    key(
        &["<"],
        UiCommand::StepDown,
        "",
        "one step down, or counterclockwise",
    ),
    key(
        &["}"],
        UiCommand::LargeStepUp,
        "",
        "ten steps up, or clockwise",
    ),
    key(
        &["{"],
        UiCommand::LargeStepDown,
        "",
        "ten steps down, or counterclockwise",
    ),
    key(
        &["Enter"],
        UiCommand::TypeInto,
        "type",
        "type the selected number, or a line to send, with escapes such as `\\x1b`",
    ),
    key(
        &["#"],
        UiCommand::Hex,
        "",
        "bytes of serial lines in hex, or as text",
    ),
    key(
        &["m"],
        UiCommand::Mark,
        "mark",
        "set or clear the mark, from which times are measured",
    ),
    key(
        &["Esc"],
        UiCommand::Dismiss,
        "",
        "give up a search, end a comparison, then clear the mark",
    ),
    key(
        &["x"],
        UiCommand::Menu,
        "menu",
        "everything else: reset, faults, bounce, other apps",
    ),
    key(
        &["v"],
        UiCommand::Branches,
        "branches",
        "list, switch and compare branches",
    ),
    key(
        &["R"],
        UiCommand::Reach,
        "reach",
        "the shortest way from here to what you type, such as `lamp is 50`",
    ),
    key(
        &["M"],
        UiCommand::Map,
        "map",
        "the state diagram, with the present state marked",
    ),
    key(
        &["s"],
        UiCommand::Save,
        "save",
        "save this branch to a file",
    ),
    key(
        &["o"],
        UiCommand::Open,
        "open",
        "open a scenario, a recording, a waveform, or rules to hold runs to",
    ),
    key(&["u"], UiCommand::Undo, "undo", "undo the last input"),
    key(&["Ctrl-r"], UiCommand::Redo, "", "redo it"),
    key(&["/"], UiCommand::Search, "", "search the events"),
    key(&["n"], UiCommand::SearchAgain, "", "to the next match"),
    key(&["N"], UiCommand::SearchBack, "", "to the previous match"),
    key(&["Tab"], UiCommand::NextPane, "pane", "to the next pane"),
    key(
        &["BackTab"],
        UiCommand::PreviousPane,
        "",
        "to the previous pane",
    ),
    key(
        &["Up"],
        UiCommand::Up,
        "",
        "up: to another control, signal, event or line",
    ),
    key(&["Down"], UiCommand::Down, "", "down"),
    key(&["?", "F1"], UiCommand::Help, "help", "this page"),
    key(&["Ctrl-l"], UiCommand::Redraw, "", "redraw the screen"),
    key(&["Ctrl-z"], UiCommand::Suspend, "", "suspend, until `fg`"),
    key(&["q", "Ctrl-c"], UiCommand::Quit, "quit", "quit"),
    waves(&["h"], UiCommand::CellLeft, "a column left"),
    waves(&["l"], UiCommand::CellRight, "a column right"),
    waves(&["j"], UiCommand::Down, "the signal below"),
    waves(&["k"], UiCommand::Up, "the signal above"),
    waves(
        &["w"],
        UiCommand::NextRise,
        "the next rising edge of the signal",
    ),
    waves(&["e"], UiCommand::NextFall, "its next falling edge"),
    waves(&["b"], UiCommand::PreviousRise, "its previous rising edge"),
    waves(&["zi"], UiCommand::ZoomIn, "zoom in"),
    waves(&["zo"], UiCommand::ZoomOut, "zoom out"),
    waves(&["zc"], UiCommand::ZoomFit, "zoom to fit the whole run"),
    waves(&["zz"], UiCommand::ZoomCenter, "center the cursor"),
    waves(&["K"], UiCommand::First, "the first signal"),
    waves(&["J"], UiCommand::Last, "the last signal"),
    waves(&["U"], UiCommand::SignalUp, "move the signal up"),
    waves(&["D"], UiCommand::SignalDown, "move it down"),
    waves(&["f"], UiCommand::FoldSignal, "fold the signal away"),
    waves(
        &["F"],
        UiCommand::UnfoldSignals,
        "show all signals again that were folded away",
    ),
];

/// The letters that can press buttons while the board has the focus: no command has them.
const LETTERS: &str = "abcdefhijklptwyz";

/// The letter that presses each button: the first one of its name if that is free, else the
/// next free one.
pub(super) fn button_letters(names: &[&str]) -> Vec<Option<char>> {
    let own = |name: &&str| {
        let first = name.chars().next()?.to_ascii_lowercase();
        LETTERS.contains(first).then_some(first)
    };
    let mut taken: Vec<char> = Vec::new();
    let mut letters: Vec<Option<char>> = names
        .iter()
        .map(|name| {
            let letter = own(name).filter(|letter| !taken.contains(letter))?;
            taken.push(letter);
            Some(letter)
        })
        .collect();
    for letter in letters.iter_mut().filter(|letter| letter.is_none()) {
        *letter = LETTERS.chars().find(|free| !taken.contains(free));
        taken.extend(*letter);
    }
    letters
}

/// What a key press does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyAction {
    /// Runs a command.
    Command(UiCommand),
    /// Begins a sequence of two keys.
    Prefix(char),
    /// Presses a button, by its index; `true` latches it.
    Button(usize, bool),
    /// Does nothing.
    Nothing,
}

/// What a key does in a pane, after the first key of a sequence if there was one.
pub(super) fn resolve_key(
    event: KeyEvent,
    prefix: Option<char>,
    pane: Pane,
    letters: &[Option<char>],
) -> KeyAction {
    let pressed = name(event);
    if let Some(prefix) = prefix {
        let pair = format!("{prefix}{pressed}");
        return match find(&pair, pane) {
            Some(command) => KeyAction::Command(command),
            None => KeyAction::Nothing,
        };
    }
    if let Some((index, hold)) = button(event, pane, letters) {
        return KeyAction::Button(index, hold);
    }
    if pane == Pane::Waves && pressed == "z" {
        return KeyAction::Prefix('z');
    }
    match find(&pressed, pane) {
        Some(command) => KeyAction::Command(command),
        None => KeyAction::Nothing,
    }
}

/// A digit presses a button in any pane, a letter only where the board has the focus; Shift
/// latches it.
fn button(event: KeyEvent, pane: Pane, letters: &[Option<char>]) -> Option<(usize, bool)> {
    let KeyCode::Char(typed) = event.code else {
        return None;
    };
    if event
        .modifiers
        .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
    {
        return None;
    }
    if let Some(digit @ 1..) = typed.to_digit(10) {
        let index = usize::try_from(digit).ok()? - 1;
        let hold = event.modifiers.contains(KeyModifiers::SHIFT);
        return (index < letters.len()).then_some((index, hold));
    }
    if pane != Pane::Board {
        return None;
    }
    let letter = typed.to_ascii_lowercase();
    let index = letters.iter().position(|own| *own == Some(letter))?;
    let hold = typed.is_ascii_uppercase() || event.modifiers.contains(KeyModifiers::SHIFT);
    Some((index, hold))
}

/// The buttons that a key can have pressed, whichever pane had the focus.
pub(super) fn buttons_of(
    event: KeyEvent,
    letters: &[Option<char>],
) -> impl Iterator<Item = usize> + use<> {
    let plain = KeyEvent::new(event.code, KeyModifiers::NONE);
    let on = |pane| button(plain, pane, letters).map(|(index, _)| index);
    on(Pane::Board).into_iter().chain(on(Pane::Waves))
}

fn find(pressed: &str, pane: Pane) -> Option<UiCommand> {
    let in_pane = BINDINGS.iter().filter(|binding| binding.pane == Some(pane));
    let everywhere = BINDINGS.iter().filter(|binding| binding.pane.is_none());
    in_pane
        .chain(everywhere)
        .find(|binding| binding.keys.contains(&pressed))
        .map(|binding| binding.command)
}

/// The key and the text that the footer shows for a command.
pub(super) fn footer_entry(command: UiCommand) -> Option<(&'static str, &'static str)> {
    let mut bindings = BINDINGS.iter();
    let binding = bindings.find(|binding| binding.command == command)?;
    Some((binding.keys.first()?, binding.short))
}

/// The name of a key in the table.
fn name(event: KeyEvent) -> String {
    let key = match event.code {
        KeyCode::Char(' ') => "Space".to_owned(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::F(number) => format!("F{number}"),
        KeyCode::PageUp => "PgUp".to_owned(),
        KeyCode::PageDown => "PgDn".to_owned(),
        other => format!("{other:?}"),
    };
    if event.modifiers.contains(KeyModifiers::ALT) {
        // No binding has Alt, and a key right after Esc looks like one that has.
        format!("Alt-{key}")
    } else if event.modifiers.contains(KeyModifiers::CONTROL) {
        format!("Ctrl-{}", key.to_lowercase())
    } else {
        key
    }
}

/// The key of a name in the table.
pub(super) fn key_of(name: &str) -> Option<KeyEvent> {
    if let Some(letter) = name.strip_prefix("Ctrl-") {
        let code = KeyCode::Char(single(letter)?);
        return Some(KeyEvent::new(code, KeyModifiers::CONTROL));
    }
    let code = match name {
        "Space" => KeyCode::Char(' '),
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "PgUp" => KeyCode::PageUp,
        "PgDn" => KeyCode::PageDown,
        "Tab" => KeyCode::Tab,
        "BackTab" => KeyCode::BackTab,
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Backspace" => KeyCode::Backspace,
        "F1" => KeyCode::F(1),
        letter => KeyCode::Char(single(letter)?),
    };
    Some(KeyEvent::new(code, KeyModifiers::NONE))
}

fn single(text: &str) -> Option<char> {
    let mut letters = text.chars();
    letters.next().filter(|_| letters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(key: &str) -> KeyEvent {
        let code = match key {
            "Space" => KeyCode::Char(' '),
            "Left" => KeyCode::Left,
            _ => KeyCode::Char(key.chars().next().unwrap()),
        };
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    #[test]
    fn no_key_has_two_meanings_in_one_pane() {
        for pane in Pane::ALL {
            let mut seen = Vec::new();
            for binding in BINDINGS {
                if binding.pane == Some(pane) || binding.pane.is_none() && pane == Pane::Board {
                    for key in binding.keys {
                        assert!(!seen.contains(key), "{key} in {pane:?}");
                        seen.push(key);
                    }
                }
            }
        }
    }

    #[test]
    fn no_letter_of_a_button_is_a_command_everywhere() {
        for binding in BINDINGS.iter().filter(|binding| binding.pane.is_none()) {
            for key in binding.keys {
                assert!(key.len() > 1 || !LETTERS.contains(key), "{key}");
            }
        }
    }

    #[test]
    fn buttons_get_their_own_letter_where_it_is_free() {
        assert_eq!(button_letters(&["A", "B"]), [Some('a'), Some('b')]);
        assert_eq!(button_letters(&["bell", "back"]), [Some('b'), Some('a')]);
        assert_eq!(button_letters(&["quit"]), [Some('a')]);
        assert_eq!(
            button_letters(&["x"; 64]).iter().flatten().count(),
            LETTERS.len()
        );
    }

    #[test]
    fn the_same_key_is_a_button_on_the_board_and_an_edge_in_the_waves() {
        let letters = [Some('a'), Some('b')];
        let on = |pane, key| resolve_key(press(key), None, pane, &letters);
        assert_eq!(on(Pane::Board, "b"), KeyAction::Button(1, false));
        assert_eq!(on(Pane::Board, "B"), KeyAction::Button(1, true));
        assert_eq!(
            on(Pane::Waves, "b"),
            KeyAction::Command(UiCommand::PreviousRise)
        );
        assert_eq!(on(Pane::Waves, "2"), KeyAction::Button(1, false));
        assert_eq!(on(Pane::Waves, "z"), KeyAction::Prefix('z'));
        assert_eq!(
            on(Pane::Board, "Space"),
            KeyAction::Command(UiCommand::PlayPause)
        );
        assert_eq!(
            resolve_key(press("i"), Some('z'), Pane::Waves, &letters),
            KeyAction::Command(UiCommand::ZoomIn)
        );
    }
}
