//! Between the interrupt of a UART and the app: the bytes of its serial line, in both directions.
//!
//! A board that has a UART calls [`arrived`] and [`sent`] from its interrupt, and [`begin_sending`]
//! in [`Hardware::start_sending`](crate::Hardware::start_sending).

use core::cell::RefCell;

use critical_section::Mutex;
use heapless::Deque;
use lockstep_core::event::SerialId;

use crate::statics::Kept;

/// The line that is on the UART, of those of the app.
pub const LINE: SerialId = SerialId(0);

/// The bits a second of the line that is on a UART.
pub const BAUD: u32 = 115_200;

/// How many bytes wait to be sent: two lines of a console. What has no room is dropped and counted: an
/// app does not wait for its UART.
const SEND_ROOM: usize = 192;

/// How many bytes wait for the app: more than a line of 115,200 baud carries in a tick.
const RECEIVE_ROOM: usize = 32;

/// A critical section, because the interrupt and the main loop both change them.
static QUEUES: Mutex<RefCell<Queues>> = Mutex::new(RefCell::new(Queues {
    to_send: Deque::new(),
    is_sending: false,
    received: Deque::new(),
    dropped: 0,
}));

struct Queues {
    to_send: Deque<u8, SEND_ROOM>,
    /// Whether a byte is on its way out.
    is_sending: bool,
    received: Deque<u8, RECEIVE_ROOM>,
    /// Bytes that had no room.
    dropped: u32,
}

/// Takes bytes that the app sends. Those of another line than [`LINE`] have no UART.
pub fn send(line: SerialId, bytes: &[u8]) {
    if line != LINE {
        return;
    }
    critical_section::with(|cs| {
        let mut queues = QUEUES.borrow_ref_mut(cs);
        for byte in bytes {
            if queues.to_send.push_back(*byte).is_err() {
                queues.dropped = queues.dropped.saturating_add(1);
            }
        }
    });
}

/// The byte to be sent now, if one waits and none is on its way.
pub fn begin_sending() -> Option<u8> {
    critical_section::with(|cs| {
        let mut queues = QUEUES.borrow_ref_mut(cs);
        if queues.is_sending {
            return None;
        }
        let next = queues.to_send.pop_front();
        queues.is_sending = next.is_some();
        next
    })
}

/// Notes that a byte has left. The one to be sent now, if another waits.
pub fn sent() -> Option<u8> {
    critical_section::with(|cs| {
        let mut queues = QUEUES.borrow_ref_mut(cs);
        let next = queues.to_send.pop_front();
        queues.is_sending = next.is_some();
        next
    })
}

/// Notes a byte that has arrived.
pub fn arrived(byte: u8) {
    critical_section::with(|cs| {
        let mut queues = QUEUES.borrow_ref_mut(cs);
        if queues.received.push_back(byte).is_err() {
            queues.dropped = queues.dropped.saturating_add(1);
        }
    });
}

/// How many bytes had no room since this was asked last.
pub(crate) fn take_dropped() -> u32 {
    critical_section::with(|cs| core::mem::take(&mut QUEUES.borrow_ref_mut(cs).dropped))
}

/// The next byte for the app, if one has arrived.
pub(crate) fn take_arrived() -> Option<u8> {
    critical_section::with(|cs| QUEUES.borrow_ref_mut(cs).received.pop_front())
}

/// What goes on when the statics of a firmware begin anew.
pub(crate) fn kept() -> Kept {
    Kept::of(&QUEUES)
}
