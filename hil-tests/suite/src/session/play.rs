//! A script goes down to a board, and its trace comes up: whole, or not at all.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::thread;
use std::time::{Duration, Instant};

use lockstep_core::action::Action;
use lockstep_core::agent::TICK_HZ;
use lockstep_core::protocol::{self, Command, End, Losses, Phase, Refusal, Start, Stimulus};
use lockstep_core::time::Ticks;
use lockstep_engine::play::check_contract;
use lockstep_engine::registry::AppEntry;
use lockstep_engine::script::{Script, ScriptEvent};
use thiserror::Error;

use super::frames::{Hello, Told};
use super::hands::Hands;
use super::heard::{Heard, Run, Taken, Watched};
use super::link::{Link, LinkError};
use lockstep_images::elf::BuildId;

/// How long a board may say nothing, though it is asked.
const SILENCE: Duration = Duration::from_secs(5);

/// How often a board that says nothing is asked how far it is.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// How long a board is left alone that had nothing to say: asking it all the time slows it down.
const REST: Duration = Duration::from_millis(1);

/// A board has not played the script, or not told all of it: no verdict about its firmware
/// follows from that.
#[derive(Debug, Error)]
pub enum PlayError {
    /// The board cannot be talked to.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The board has come up anew in the middle of the run: it crashed, or somebody reset it.
    #[error("the board came up anew in the middle of the run, at tick {} or later", .tick.0)]
    Rebooted {
        /// The last tick that it told of.
        tick: Ticks,
        /// What it said then: [`Hello::crash_record`] tell whether it crashed.
        hello: Box<Hello>,
    },
    /// The board answers, but its time stands still.
    #[error("the board stays at tick {}, {} s long: it hangs, or something holds it", .0.0, SILENCE.as_secs())]
    Stuck(Ticks),
    /// The board is not playing what it was told to play.
    #[error("the board is {0:?} in the middle of the run")]
    Phase(Phase),
    /// A pin was moved too late: what followed is no word about the firmware.
    #[error("the pin that was to move at tick {} moved up to {late} late: the bench allows {allowed}", .tick.0)]
    Late {
        /// When it was to move.
        tick: Ticks,
        /// How late it may have been.
        late: Ticks,
        /// How late it may be.
        allowed: Ticks,
    },
    /// The run was over before a pin was moved.
    #[error("the run was over before the pin moved that was to move at tick {}: the probe is too slow for this scenario", .0.0)]
    Unpressed(Ticks),
    /// Somebody wanted it to stop.
    #[error("stopped before the run was over")]
    Cancelled,
    /// The board shows or says something that its app does not declare.
    #[error(transparent)]
    Contract(#[from] lockstep_engine::play::PlayError),
    /// The board says nothing any more.
    #[error("the board said nothing for {} s while {awaited} was awaited", SILENCE.as_secs())]
    Silent {
        /// What was awaited.
        awaited: &'static str,
    },
    /// The board speaks another version of the wire format.
    #[error("the image speaks version {0} of the wire format: expected {expected}", expected = protocol::VERSION)]
    Version(u8),
    /// The image on the board is not the one that was expected.
    #[error("the image on the board is {found}: expected {expected}; flash it again")]
    Image {
        /// The identity on the board.
        found: BuildId,
        /// The identity of the image on disk.
        expected: BuildId,
    },
    /// The image holds another app, or an app with other names.
    #[error(
        "the board runs `{found}`, which is not `{expected}` as it is here: its buttons, outputs or logs differ"
    )]
    App {
        /// The app on the board.
        found: String,
        /// The app that was expected.
        expected: &'static str,
    },
    /// The board counts its time otherwise.
    #[error("the board has {0} ticks a second: expected {TICK_HZ}")]
    Ticks(u32),
    /// The board does not do what it is told.
    #[error("the board refused a command: {0:?}")]
    Refused(Refusal),
    /// A frame is missing.
    #[error("frame {expected} is missing: the next one is {found}; {after} frames had come whole")]
    Gap {
        /// The number that was expected.
        expected: u32,
        /// The number that came.
        found: u32,
        /// How many frames came before it.
        after: u32,
    },
    /// The board itself says that something was lost.
    #[error("the board lost {} frames and {} ticks: its trace is not whole", .0.frames, .0.ticks)]
    Lost(Losses),
    /// The end does not fit what came before it.
    #[error("the run ended at tick {} with {} observations: expected tick {}, and {came} came", .end.tick.0, .end.observations, .expected.0)]
    End {
        /// What the board says.
        end: End,
        /// When the run should have ended.
        expected: Ticks,
        /// How many observations came.
        came: u32,
    },
}

/// What is to be played on a board.
#[derive(Clone, Copy)]
pub struct Order<'a> {
    /// The app that has to be there.
    pub app: &'a AppEntry,
    /// The image that has to be there.
    pub image: &'a BuildId,
    /// What is played.
    pub script: &'a Script,
    /// What moves the buttons: with [`Stimulus::Pins`] only resets are sent.
    pub stimulus: Stimulus,
    /// What is looked at in the middle of the run.
    pub watched: Option<&'a Watched<'a>>,
    /// Whether somebody wants it to stop: asked all the time.
    pub cancelled: &'a dyn Fn() -> bool,
}

/// Plays the script on the board, and presses what `hands` have to press. What comes of it is in `heard`, whole or as far as it came.
///
/// # Errors
///
/// That the board runs another image or app, and everything that leaves doubt whether the
/// trace is whole.
pub fn play(
    link: &mut Link<'_>,
    order: &Order<'_>,
    hands: Option<&mut Hands>,
    heard: &mut Heard,
) -> Result<(), PlayError> {
    let Order {
        app,
        image,
        script,
        stimulus,
        ..
    } = *order;
    stand_still(link)?;
    let hello = ask_hello(link)?;
    check(&hello, app, image)?;
    // What was logged before is not of this run.
    link.take_logs();
    let mut hands = hands;
    if let Some(hands) = &mut hands {
        hands.begin(link)?;
    }
    let mut feed = Feed::new(script.events(), stimulus, hello.capacity);
    feed.send(link, None)?;
    let [a, b, c, d, ..] = RandomState::new().hash_one(Instant::now()).to_le_bytes();
    let number = u32::from_le_bytes([a, b, c, d]);
    link.send(&Command::Start(Start {
        run: number,
        condition: script.condition(),
        clock: script.clock(),
        end: script.end(),
        stimulus,
    }))?;
    let mut run = Run::new(heard, number);
    let end = listen(link, &mut run, &mut feed, hands, order)?;
    run.close(end, script.end())?;
    check_contract(app, heard.trace.entries())?;
    Ok(())
}

/// Takes what the board says until its run is over, and sends what has room.
fn listen(
    link: &mut Link<'_>,
    run: &mut Run<'_>,
    feed: &mut Feed,
    mut hands: Option<&mut Hands>,
    order: &Order<'_>,
) -> Result<End, PlayError> {
    let mut heard = Instant::now();
    let mut moved = Instant::now();
    let mut asked = Instant::now();
    let mut now = None;
    let mut is_new = false;
    loop {
        if (order.cancelled)() {
            return Err(PlayError::Cancelled);
        }
        if let Some(hands) = &mut hands
            && run.has_begun()
            && hands.act(link)?
            && heard.elapsed() < ASK_EVERY
        {
            continue;
        }
        if let Some(received) = link.receive()? {
            heard = Instant::now();
            match run.take(received)? {
                Taken::End(end) => {
                    hands.as_deref().map_or(Ok(()), Hands::finish)?;
                    return Ok(end);
                }
                Taken::Nothing => {}
                Taken::Tick(tick) => {
                    if now.replace(tick) != Some(tick) {
                        moved = Instant::now();
                        is_new = true;
                    }
                    feed.send(link, Some(tick))?;
                }
            }
        } else if heard.elapsed() > SILENCE {
            let awaited = "the end of the run";
            return Err(PlayError::Silent { awaited });
        } else if let Some(watched) = order.watched
            && std::mem::take(&mut is_new)
        {
            run.look(link, watched)?;
        } else if asked.elapsed() > ASK_EVERY {
            asked = Instant::now();
            link.send(&Command::Query)?;
        } else {
            thread::sleep(REST);
        }
        if moved.elapsed() > SILENCE {
            return Err(PlayError::Stuck(now.unwrap_or_default()));
        }
    }
}

/// Makes the board stand still, whatever it was doing, and leaves nothing it said about that.
///
/// # Errors
///
/// That it cannot be talked to, or is broken.
pub fn stand_still(link: &mut Link<'_>) -> Result<(), PlayError> {
    link.send(&Command::Stop)?;
    let stopped = |told: &Told| match told {
        Told::Status(status) if status.phase == Phase::Stopped => Some(Ok(())),
        Told::Status(status) if status.phase == Phase::CrashLoop => {
            Some(Err(PlayError::Refused(Refusal::CrashLoop)))
        }
        _ => None,
    };
    ask(link, &Command::Query, "that it stands still", stopped)?
}

/// Asks who is there.
///
/// # Errors
///
/// That nobody answers.
pub fn ask_hello(link: &mut Link<'_>) -> Result<Hello, PlayError> {
    ask(link, &Command::Hello, "its hello", |told| match told {
        Told::Hello(hello) => Some(hello.as_ref().clone()),
        _ => None,
    })
}

/// Asks until an answer comes: what is asked before the channel has room is not answered.
fn ask<T>(
    link: &mut Link<'_>,
    question: &Command,
    awaited: &'static str,
    answer: impl Fn(&Told) -> Option<T>,
) -> Result<T, PlayError> {
    let begun = Instant::now();
    while begun.elapsed() < SILENCE {
        link.send(question)?;
        let asked = Instant::now();
        while asked.elapsed() < ASK_EVERY {
            match link.receive()? {
                Some(received) => {
                    if let Some(answer) = answer(&received.message) {
                        return Ok(answer);
                    }
                }
                None => thread::sleep(REST),
            }
        }
    }
    Err(PlayError::Silent { awaited })
}

fn check(hello: &Hello, app: &AppEntry, image: &BuildId) -> Result<(), PlayError> {
    if hello.wire != protocol::VERSION {
        return Err(PlayError::Version(hello.wire));
    }
    if hello.image != image.0 {
        return Err(PlayError::Image {
            found: BuildId(hello.image.clone()),
            expected: image.clone(),
        });
    }
    let descriptor = app.descriptor();
    if hello.app != descriptor.name() || hello.descriptor != descriptor.fingerprint() {
        return Err(PlayError::App {
            found: hello.app.clone(),
            expected: descriptor.name(),
        });
    }
    if hello.tick_hz != TICK_HZ {
        return Err(PlayError::Ticks(hello.tick_hz));
    }
    Ok(())
}

/// Sends events ahead of their ticks, as many as the board can hold.
struct Feed {
    unsent: VecDeque<ScriptEvent>,
    waiting: VecDeque<Ticks>,
    capacity: usize,
}

impl Feed {
    fn new(events: &[ScriptEvent], stimulus: Stimulus, capacity: u16) -> Self {
        let sent = |event: &&ScriptEvent| {
            stimulus == Stimulus::Scheduled || matches!(event.action, Action::Reset(_))
        };
        Self {
            unsent: events.iter().filter(sent).copied().collect(),
            waiting: VecDeque::new(),
            capacity: usize::from(capacity),
        }
    }

    /// Sends what has room on a board that has played up to `now`: the events of the tick that
    /// it is playing may still wait there.
    fn send(&mut self, link: &mut Link<'_>, now: Option<Ticks>) -> Result<(), LinkError> {
        while self
            .waiting
            .front()
            .is_some_and(|tick| now.is_some_and(|now| *tick < now))
        {
            self.waiting.pop_front();
        }
        while self.waiting.len() < self.capacity
            && let Some(ScriptEvent { tick, action }) = self.unsent.pop_front()
        {
            link.send(&Command::At(tick, action))?;
            self.waiting.push_back(tick);
        }
        Ok(())
    }
}
