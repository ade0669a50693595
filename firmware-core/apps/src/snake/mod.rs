//! Snake on a display of 5 x 5, with two buttons.
//!
//! Rules:
//! - After a reset the snake lies in the middle, two cells long, and waits. A press of either button
//!   starts the game.
//! - The snake moves by a cell every 400 ms. A press of A turns it left, one of B right; of several
//!   between two moves the last counts.
//! - Food lies on a cell that was free, which the random source chooses. Eating it makes the snake a
//!   cell longer and the score one higher; the buzzer sounds for 50 ms.
//! - At a wall, and on itself, the snake dies: the buzzer sounds for 500 ms, and the picture blinks
//!   with 250 ms until a press starts another game, which goes on with the same random source. A snake
//!   on all cells has won, and ends the game in the same way.
//!
//! Display: the head is 9 bright, the body 6, the food 3.
//!
//! Random source: it begins with `seed`, at a reset and whenever that changes; so does the game.
//!
//! Buttons are debounced for 10 ms. Boot conditions change nothing.

mod field;

use lockstep_core::app::{App, AppDescriptor, Log, LogId, LogKind, Sink};
use lockstep_core::debounce::{Debounce, Edge};
use lockstep_core::event::Event;
use lockstep_core::matrix::{Matrix, MatrixId, Picture};
use lockstep_core::modes::{Mode, Modes};
use lockstep_core::output::{Level, Output};
use lockstep_core::ports::NumberInput;
use lockstep_core::time::{Instant, Ticks};
use lockstep_core::timer::Timer;
use lockstep_core::wakeup::Wakeup;

use crate::board::BOOT_CONDITIONS;
use field::{CELLS, Field, SIDE, Step, Turn};

const MOVE: Ticks = Ticks::from_ms(400);
const BLINK: Ticks = Ticks::from_ms(250);
const BEEP: Ticks = Ticks::from_ms(50);
const LONG_BEEP: Ticks = Ticks::from_ms(500);
const SETTLE: Ticks = Ticks::from_ms(10);

const HEAD: u8 = 9;
const BODY: u8 = 6;
const FOOD: u8 = 3;

const DISPLAY: MatrixId = MatrixId(0);

const GAME: LogId = LogId(0);
const SCORE: LogId = LogId(1);

const STARTED: i32 = 0;
const OVER: i32 = 1;
const WON: i32 = 2;

/// The game.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Snake {
    now: Instant,
    buttons: [Debounce; 2],
    field: Field,
    phase: Phase,
    turn: Option<Turn>,
    /// Runs while the buzzer sounds.
    buzzer: Timer,
    picture: Picture<{ SIDE as usize }, { SIDE as usize }>,
}

/// Where a game is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    /// Nobody has pressed a button yet.
    Waiting,
    /// The timer runs until the next move.
    Playing(Timer),
    /// The timer runs until the picture appears or disappears.
    Over { blink: Timer, is_dark: bool },
}

impl Snake {
    /// The game after a reset, with its tick counter at `now`.
    #[must_use]
    pub const fn starting_at(now: Instant) -> Self {
        Self {
            now,
            buttons: [Debounce::new(SETTLE); 2],
            field: Field::new(0),
            phase: Phase::Waiting,
            turn: None,
            buzzer: Timer::stopped(),
            picture: Picture::DARK,
        }
    }

    fn tick(&mut self, out: &mut dyn Sink) {
        self.now = self.now.next();
        let now = self.now;
        self.buzzer.poll(now);
        let edges = self.buttons.each_mut().map(|button| button.poll(now));
        for (edge, turn) in edges.into_iter().zip([Turn::Left, Turn::Right]) {
            if edge == Some(Edge::Pressed) {
                self.pressed(turn, out);
            }
        }
        match &mut self.phase {
            Phase::Waiting => {}
            Phase::Playing(timer) => {
                if timer.poll(now) {
                    timer.start(now, MOVE);
                    self.step(out);
                }
            }
            Phase::Over { blink, is_dark } => {
                if blink.poll(now) {
                    blink.start(now, BLINK);
                    *is_dark = !*is_dark;
                }
            }
        }
    }

    fn pressed(&mut self, turn: Turn, out: &mut dyn Sink) {
        match self.phase {
            Phase::Playing(_) => self.turn = Some(turn),
            Phase::Waiting => self.start(out),
            Phase::Over { .. } => {
                self.field.begin();
                self.start(out);
            }
        }
    }

    fn start(&mut self, out: &mut dyn Sink) {
        self.turn = None;
        self.phase = Phase::Playing(self.timer(MOVE));
        out.log(Log::new(GAME, STARTED));
    }

    fn step(&mut self, out: &mut dyn Sink) {
        match self.field.step(self.turn.take()) {
            Step::Moved => {}
            Step::Ate => {
                self.buzzer = self.timer(BEEP);
                out.log(Log::new(SCORE, self.field.score()));
            }
            Step::Died => self.end(OVER, out),
            Step::Won => {
                out.log(Log::new(SCORE, self.field.score()));
                self.end(WON, out);
            }
        }
    }

    fn end(&mut self, how: i32, out: &mut dyn Sink) {
        self.buzzer = self.timer(LONG_BEEP);
        self.phase = Phase::Over {
            blink: self.timer(BLINK),
            is_dark: false,
        };
        out.log(Log::new(GAME, how));
    }

    fn timer(&self, length: Ticks) -> Timer {
        let mut timer = Timer::stopped();
        timer.start(self.now, length);
        timer
    }

    fn draw(&mut self, out: &mut dyn Sink) {
        self.picture.clear();
        if !matches!(self.phase, Phase::Over { is_dark: true, .. }) {
            let mut light = |cell: u8, level| {
                self.picture
                    .set(usize::from(cell / SIDE), usize::from(cell % SIDE), level);
            };
            if let Some(food) = self.field.food() {
                light(food, FOOD);
            }
            for (place, cell) in self.field.snake().enumerate() {
                light(cell, if place == 0 { HEAD } else { BODY });
            }
        }
        self.picture.draw(DISPLAY, out);
    }
}

impl Modes for Snake {
    const MODES: &'static [Mode] = &[
        Mode::new("phase", &["waiting", "playing", "over-lit", "over-dark"]),
        Mode::new("heading", Field::HEADINGS),
    ];

    fn variant(&self, mode: usize) -> usize {
        match (mode, self.phase) {
            (0, Phase::Waiting) => 0,
            (0, Phase::Playing(_)) => 1,
            (0, Phase::Over { is_dark: false, .. }) => 2,
            (0, Phase::Over { is_dark: true, .. }) => 3,
            _ => self.field.heading(),
        }
    }
}

impl App for Snake {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("snake", env!("CARGO_PKG_VERSION"))
        .with_build(env!("LOCKSTEP_APPS_BUILD"))
        .with_buttons(&["A", "B"])
        .with_numbers(&[NumberInput::seed("seed")])
        .with_outputs(&[
            Output::digital("buzzer"),
            Output::number("score", 0, CELLS as i32 - 2),
        ])
        .with_matrices(&[Matrix::new("display", SIDE, SIDE).with_max(HEAD)])
        .with_logs(&[
            LogKind::words("game", &["started", "over", "won"]),
            LogKind::number("score"),
        ])
        .with_boot_conditions(BOOT_CONDITIONS);

    type Outputs = [Level; 2];

    fn new() -> Self {
        Self::starting_at(Instant::ZERO)
    }

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {
        match event {
            Event::Tick => self.tick(out),
            Event::Press(button) | Event::Release(button) => {
                let closed = matches!(event, Event::Press(_));
                if let Some(button) = self.buttons.get_mut(usize::from(button.0)) {
                    button.raw(self.now, closed);
                }
            }
            Event::Number(_, seed) => {
                self.field = Field::new(seed);
                self.phase = Phase::Waiting;
            }
            _ => {}
        }
        self.draw(out);
    }

    fn outputs(&self) -> [Level; 2] {
        [self.buzzer.is_running().into(), Level(self.field.score())]
    }

    fn next_wakeup(&self) -> Wakeup {
        let now = self.now;
        let buttons = self.buttons.iter().map(|button| button.next_wakeup(now));
        let game = match self.phase {
            Phase::Waiting => Wakeup::NEVER,
            Phase::Playing(timer) => timer.next_wakeup(now),
            Phase::Over { blink, .. } => blink.next_wakeup(now),
        };
        let first = self.buzzer.next_wakeup(now).min(game);
        buttons.fold(first, Wakeup::min)
    }

    fn pass(&mut self, ticks: Ticks) {
        self.now = self.now + ticks;
    }

    fn counted_from_now(self) -> Option<Self> {
        let now = self.now;
        Some(Self {
            now: Instant::ZERO,
            buttons: self.buttons.map(|button| button.counted_from(now)),
            buzzer: self.buzzer.counted_from(now),
            phase: match self.phase {
                Phase::Waiting => Phase::Waiting,
                Phase::Playing(timer) => Phase::Playing(timer.counted_from(now)),
                Phase::Over { blink, is_dark } => Phase::Over {
                    blink: blink.counted_from(now),
                    is_dark,
                },
            },
            ..self
        })
    }

    fn starting_at(now: Instant) -> Option<Self> {
        Some(Self::starting_at(now))
    }
}
