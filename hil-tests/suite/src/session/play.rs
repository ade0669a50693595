//! A script goes down to a board, and its trace comes up: whole, or not at all.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use lockstep_core::agent::TICK_HZ;
use lockstep_core::protocol::{self, Command, RunEnd, RunParameters, Stimulus};
use lockstep_engine::play::check_contract;
use lockstep_engine::registry::AppEntry;
use lockstep_engine::script::Script;

use super::board_message::BoardHello;
use super::event_feed::EventFeed;
use super::link::Link;
use super::pin_driver::PinDriver;
use super::play_error::BoardPlayError;
use super::query::{ASK_EVERY, SILENCE, ask_hello, stop_board};
use super::run_capture::{FrameEffect, RunCapture, RunRecorder, WatchedRegisters};
use lockstep_images::elf::BuildId;

/// What is to be played on a board.
#[derive(Clone, Copy)]
pub struct RunRequest<'a> {
    /// The app that has to be there.
    pub app: &'a AppEntry,
    /// The image that has to be there.
    pub image: &'a BuildId,
    /// What is played.
    pub script: &'a Script,
    /// What moves the buttons: with [`Stimulus::Pins`] only resets are sent.
    pub stimulus: Stimulus,
    /// The address of the tick beyond which the board does not play, in images that have one.
    /// Without it a script with many events in a short time may be too much for the board.
    pub tick_limit: Option<u32>,
    /// Whether the board may pass over ticks in which the app says that nothing happens.
    pub passes_idle: bool,
    /// The registers that are sampled during the run.
    pub watched: Option<&'a WatchedRegisters<'a>>,
    /// Whether the run is to be cancelled: asked all the time.
    pub cancelled: &'a dyn Fn() -> bool,
}

/// Plays the script on the board, and moves the pins of `pins` meanwhile. What comes of it is in
/// `capture`, whole or as far as it came.
///
/// # Errors
///
/// The board runs another image or app, and everything that leaves doubt whether the trace is
/// whole.
pub fn play(
    link: &mut Link<'_>,
    request: &RunRequest<'_>,
    mut pins: Option<&mut PinDriver>,
    capture: &mut RunCapture,
) -> Result<(), BoardPlayError> {
    let RunRequest {
        app,
        image,
        script,
        stimulus,
        tick_limit,
        ..
    } = *request;
    stop_board(link)?;
    let hello = ask_hello(link)?;
    check(&hello, app, image)?;
    // What was logged before is not of this run.
    link.take_logs();
    if let Some(pins) = &mut pins {
        pins.begin(link)?;
    }
    let mut feed = EventFeed::new(script.events(), stimulus, hello.capacity, tick_limit)?;
    feed.begin(link)?;
    let number = run_number(link.now());
    link.send(&Command::Start(RunParameters {
        run: number,
        condition: script.condition(),
        clock: script.clock(),
        end: script.end(),
        stimulus,
        passes_idle: request.passes_idle,
    }))?;
    let mut recorder = RunRecorder::new(capture, number);
    let ended = listen(link, &mut recorder, &mut feed, pins, request);
    let lifted = feed.lift_limit(link);
    let end = ended?;
    lifted?;
    recorder.close(end, script.end())?;
    check_contract(app, capture.trace.entries())?;
    Ok(())
}

/// A number that no run before had, most likely: it tells the hello of this run from others.
fn run_number(now: Duration) -> u32 {
    let [a, b, c, d, ..] = RandomState::new().hash_one(now).to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// When the board was last heard of, and what it was last asked.
struct Waiting {
    heard: Duration,
    /// When the tick of the board last changed.
    moved: Duration,
    asked: Duration,
    /// Whether a question was not answered yet: there is never a second one.
    is_asked: bool,
}

/// Takes what the board says until its run is over, and sends what has room.
fn listen(
    link: &mut Link<'_>,
    recorder: &mut RunRecorder<'_>,
    feed: &mut EventFeed,
    mut pins: Option<&mut PinDriver>,
    request: &RunRequest<'_>,
) -> Result<RunEnd, BoardPlayError> {
    let began = link.now();
    let mut waiting = Waiting {
        heard: began,
        moved: began,
        asked: began,
        is_asked: false,
    };
    let mut tick = None;
    let mut is_new = false;
    loop {
        if (request.cancelled)() {
            return Err(BoardPlayError::Cancelled);
        }
        if let Some(pins) = &mut pins
            && recorder.has_begun()
            && pins.advance(link)?
            && link.now() < waiting.heard + ASK_EVERY
        {
            continue;
        }
        feed.advance(link)?;
        let received = link.receive()?;
        let now = link.now();
        if let Some(frame) = received {
            waiting.heard = now;
            let reached = match recorder.take(frame)? {
                FrameEffect::End(end) => {
                    pins.as_deref().map_or(Ok(()), PinDriver::check_done)?;
                    return Ok(end);
                }
                FrameEffect::None => continue,
                FrameEffect::Tick(reached) => {
                    feed.came_to(link, reached)?;
                    reached
                }
                FrameEffect::Status(status) => {
                    waiting.is_asked = false;
                    feed.has_status(link, &status)?;
                    status.tick
                }
            };
            if tick.replace(reached) != Some(reached) {
                waiting.moved = now;
                is_new = true;
            }
        } else if now > waiting.heard + SILENCE {
            let awaited = "the end of the run";
            return Err(BoardPlayError::Silent { awaited });
        } else if let Some(watched) = request.watched
            && std::mem::take(&mut is_new)
        {
            recorder.sample(link, watched)?;
        } else if !waiting.is_asked
            && (now > waiting.asked + ASK_EVERY || tick.is_some_and(|tick| feed.needs_status(tick)))
        {
            waiting.asked = now;
            waiting.is_asked = true;
            feed.asks_status();
            link.send(&Command::Query)?;
        } else {
            link.pause();
        }
        if now > waiting.moved + SILENCE {
            return Err(BoardPlayError::Stuck(tick.unwrap_or_default()));
        }
    }
}

fn check(hello: &BoardHello, app: &AppEntry, image: &BuildId) -> Result<(), BoardPlayError> {
    if hello.wire != protocol::VERSION {
        return Err(BoardPlayError::Version(hello.wire));
    }
    if hello.image != image.0 {
        return Err(BoardPlayError::Image {
            found: BuildId(hello.image.clone()),
            expected: image.clone(),
        });
    }
    let descriptor = app.descriptor();
    if hello.app != descriptor.name() || hello.descriptor != descriptor.fingerprint() {
        return Err(BoardPlayError::App {
            found: hello.app.clone(),
            expected: descriptor.name(),
        });
    }
    if hello.tick_hz != TICK_HZ {
        return Err(BoardPlayError::TickRate(hello.tick_hz));
    }
    Ok(())
}
