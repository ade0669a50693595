//! A board is asked something, and answers.

use std::time::Duration;

use lockstep_core::protocol::{Command, Phase, Refusal};

use super::board_message::{BoardHello, BoardMessage};
use super::link::{Link, LinkError};
use super::play_error::BoardPlayError;

/// How long a board may say nothing, though it is asked.
pub(super) const SILENCE: Duration = Duration::from_secs(5);

/// How long an answer is waited for before the question is repeated.
pub(super) const ASK_EVERY: Duration = Duration::from_millis(50);

/// Stops whatever the board is playing, and discards what it said about that.
///
/// # Errors
///
/// The board cannot be communicated with, or is in its crash loop.
pub fn stop_board(link: &mut Link<'_>) -> Result<(), BoardPlayError> {
    link.send(&Command::Stop)?;
    let stopped = |message: &BoardMessage| match message {
        BoardMessage::Status(status) if status.phase == Phase::Stopped => Some(Ok(())),
        BoardMessage::Status(status) if status.phase == Phase::CrashLoop => {
            Some(Err(BoardPlayError::Refused(Refusal::CrashLoop)))
        }
        _ => None,
    };
    ask(
        link,
        &Command::Query,
        "the status of a stopped board",
        stopped,
    )?
}

/// Asks who is there.
///
/// # Errors
///
/// Nobody answers.
pub fn ask_hello(link: &mut Link<'_>) -> Result<BoardHello, BoardPlayError> {
    ask(
        link,
        &Command::Hello,
        "its hello",
        |message| match message {
            BoardMessage::Hello(hello) => Some(hello.as_ref().clone()),
            _ => None,
        },
    )
}

/// Asks until an answer comes. A question that found no room for its answer is repeated, but never
/// before the board has taken it: questions do not pile up before a board that is slow.
///
/// What comes before the answer, malformed frames among it, belongs to something earlier.
fn ask<T>(
    link: &mut Link<'_>,
    question: &Command,
    awaited: &'static str,
    answer: impl Fn(&BoardMessage) -> Option<T>,
) -> Result<T, BoardPlayError> {
    let deadline = link.now() + SILENCE;
    let mut malformed = None;
    loop {
        link.send(question)?;
        let asked = link.now();
        loop {
            match link.receive() {
                Ok(Some(frame)) => {
                    if let Some(answer) = answer(&frame.message) {
                        return Ok(answer);
                    }
                }
                Ok(None) => link.pause(),
                Err(LinkError::MalformedFrame(frame)) => malformed = Some(frame),
                Err(error) => return Err(error.into()),
            }
            let now = link.now();
            if now > deadline {
                return Err(match malformed {
                    Some(frame) => LinkError::from(frame).into(),
                    None => BoardPlayError::Silent { awaited },
                });
            }
            if now > asked + ASK_EVERY && link.commands_are_taken()? {
                break;
            }
        }
    }
}
