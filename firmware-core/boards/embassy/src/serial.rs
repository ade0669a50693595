//! Serial lines, with the traits of `embedded-io` and `embedded-io-async`.

use core::cell::RefCell;
use core::sync::atomic::AtomicBool;

use critical_section::Mutex;
use heapless::Deque;
use lockstep_core::event::SerialId;

use crate::port_states;
use crate::wait_queue::WaitQueue;

/// How many bytes can wait on a line until they are read.
const ROOM: usize = 64;

/// What has arrived on a line and was not read yet, and who waits for more.
pub(crate) struct ReceiveState {
    bytes: Mutex<RefCell<Deque<u8, ROOM>>>,
    waiting: WaitQueue,
    /// Whether a port has it already.
    pub(crate) is_taken: AtomicBool,
}

impl ReceiveState {
    pub(crate) const fn new() -> Self {
        Self {
            bytes: Mutex::new(RefCell::new(Deque::new())),
            waiting: WaitQueue::new(),
            is_taken: AtomicBool::new(false),
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Deque<u8, ROOM>) -> T) -> T {
        critical_section::with(|cs| act(&mut self.bytes.borrow_ref_mut(cs)))
    }

    /// Adds a byte, and wakes whoever waits for it.
    ///
    /// # Panics
    ///
    /// Where the firmware has left more unread than there is room for.
    pub(crate) fn push(&self, byte: u8) {
        let has_room = self.with(|bytes| bytes.push_back(byte).is_ok());
        assert!(
            has_room,
            "more than {ROOM} bytes of a serial line wait to be read"
        );
        self.waiting.wake_all();
    }

    /// Takes as much as there is room for.
    fn take(&self, into: &mut [u8]) -> usize {
        self.with(|bytes| {
            let count = into.len().min(bytes.len());
            for place in into.iter_mut().take(count) {
                *place = bytes.pop_front().unwrap_or_default();
            }
            count
        })
    }

    fn is_empty(&self) -> bool {
        self.with(|bytes| bytes.is_empty())
    }
}

/// A serial line. What arrives waits until it is read, up to 64 bytes; what is written leaves at once.
///
/// A blocking read with nothing there is a panic: what arrives could not be told meanwhile.
pub struct Serial {
    line: SerialId,
    state: &'static ReceiveState,
}

impl Serial {
    pub(crate) const fn new(line: SerialId, state: &'static ReceiveState) -> Self {
        Self { line, state }
    }

    /// The half that sends, and the half that receives.
    #[must_use]
    pub fn split(self) -> (SerialTx, SerialRx) {
        let Self { line, state } = self;
        (SerialTx(Self { line, state }), SerialRx(self))
    }

    fn send(&self, bytes: &[u8]) -> usize {
        port_states::send(self.line, bytes);
        bytes.len()
    }

    fn is_empty(&self) -> bool {
        self.state.is_empty()
    }

    async fn receive(&self, into: &mut [u8]) -> usize {
        if into.is_empty() {
            return 0;
        }
        self.state.waiting.until(|| !self.state.is_empty()).await;
        self.state.take(into)
    }

    /// # Panics
    ///
    /// Where nothing is there.
    fn receive_now(&self, into: &mut [u8]) -> usize {
        assert!(
            into.is_empty() || !self.state.is_empty(),
            "the firmware waits for a serial line without `.await`: on a board of Lockstep that has no end"
        );
        self.state.take(into)
    }
}

/// The half of a serial line that sends.
pub struct SerialTx(Serial);

/// The half of a serial line that receives.
pub struct SerialRx(Serial);

lockstep_embassy_ports::serial_traits!(Serial, SerialTx, SerialRx);
