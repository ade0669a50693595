//! Serial lines, with the traits of `embedded-io` and `embedded-io-async`.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use lockstep_core::event::SerialId;

use crate::ports::PortStates;
use crate::stack::{self, Blocked};
use crate::wait_queue::WaitQueue;

/// What has arrived on a line and was not read yet, and who waits for more.
#[derive(Default)]
pub(crate) struct ReceiveState {
    bytes: RefCell<VecDeque<u8>>,
    waiting: WaitQueue,
    /// Whether a port has it already.
    pub(crate) is_taken: Cell<bool>,
}

impl ReceiveState {
    /// Adds a byte, and wakes whoever waits for it.
    pub(crate) fn push(&self, byte: u8) {
        self.bytes.borrow_mut().push_back(byte);
        self.waiting.wake_all();
    }

    /// Takes as much as there is room for.
    fn take(&self, into: &mut [u8]) -> usize {
        let mut bytes = self.bytes.borrow_mut();
        let count = into.len().min(bytes.len());
        for (place, byte) in into.iter_mut().zip(bytes.drain(..count)) {
            *place = byte;
        }
        count
    }

    fn is_empty(&self) -> bool {
        self.bytes.borrow().is_empty()
    }
}

/// A serial line. What arrives waits until it is read, however long; what is written leaves at once.
///
/// A blocking read with nothing there stands still until something arrives, and the whole firmware with
/// it.
pub struct Serial {
    pub(crate) states: Rc<PortStates>,
    pub(crate) line: SerialId,
}

impl Serial {
    /// The half that sends, and the half that receives.
    #[must_use]
    pub fn split(self) -> (SerialTx, SerialRx) {
        let Self { states, line } = self;
        let sender = Self {
            states: Rc::clone(&states),
            line,
        };
        (SerialTx(sender), SerialRx(Self { states, line }))
    }

    fn state(&self) -> &ReceiveState {
        self.states.received(self.line)
    }

    fn send(&self, bytes: &[u8]) -> usize {
        self.states.send(self.line, bytes);
        bytes.len()
    }

    fn is_empty(&self) -> bool {
        self.state().is_empty()
    }

    async fn receive(&self, into: &mut [u8]) -> usize {
        if into.is_empty() {
            return 0;
        }
        let state = self.state();
        let arrived = || (!state.is_empty()).then_some(());
        state.waiting.until(arrived).await;
        state.take(into)
    }

    fn receive_now(&self, into: &mut [u8]) -> usize {
        if into.is_empty() {
            return 0;
        }
        while self.state().is_empty() {
            stack::block(Blocked::ForInput);
        }
        self.state().take(into)
    }
}

/// The half of a serial line that sends.
pub struct SerialTx(Serial);

/// The half of a serial line that receives.
pub struct SerialRx(Serial);

lockstep_embassy_ports::serial_traits!(Serial, SerialTx, SerialRx);

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use embedded_io::{Read as _, ReadReady as _, Write as _, WriteReady as _};
    use lockstep_core::app::AppDescriptor;
    use lockstep_core::ports::SerialLine;

    use super::*;
    use crate::ports::{FirmwareOutput, Ports};

    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("lines", "1.0.0")
        .with_serial_lines(&[SerialLine::new("uart"), SerialLine::new("console")]);

    fn poll<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn what_is_written_leaves_in_order_with_its_line() {
        let states = PortStates::new(const { &DESCRIPTOR });
        let ports = Ports::of(&states);
        let (mut uart, mut console) = (ports.serial("uart"), ports.serial("console"));
        assert_eq!(uart.write(b"one"), Ok(3));
        write!(console, "{}", 2).unwrap();
        uart.write_all(b"").unwrap();
        uart.flush().unwrap();
        assert_eq!(uart.write_ready(), Ok(true));
        let said = states.take_said().into_iter().map(|said| match said {
            FirmwareOutput::Bytes(line, bytes) => (line.0, bytes),
            FirmwareOutput::Log(_) => (u8::MAX, Vec::new()),
        });
        let said: Vec<_> = said.filter(|(_, bytes)| !bytes.is_empty()).collect();
        assert_eq!(said, [(0, b"one".to_vec()), (1, b"2".to_vec())]);
    }

    #[test]
    fn what_arrives_waits_until_it_is_read() {
        let states = PortStates::new(const { &DESCRIPTOR });
        let mut uart = Ports::of(&states).serial("uart");
        let mut bytes = [0; 2];
        assert_eq!(uart.read_ready(), Ok(false));
        assert_eq!(uart.read(&mut []), Ok(0));
        for byte in *b"abc" {
            states.receive(SerialId(0), byte);
        }
        states.receive(SerialId(1), b'x');
        assert_eq!(uart.read_ready(), Ok(true));
        assert_eq!(uart.read(&mut bytes), Ok(2));
        assert_eq!(&bytes, b"ab");
        assert_eq!(uart.read(&mut bytes), Ok(1));
        assert_eq!(bytes[0], b'c');
        assert_eq!(uart.read_ready(), Ok(false));
    }

    #[test]
    fn an_async_read_waits_for_the_first_byte() {
        let states = PortStates::new(const { &DESCRIPTOR });
        let (_, mut receiver) = Ports::of(&states).serial("uart").split();
        let mut bytes = [0; 4];
        {
            let mut read = pin!(embedded_io_async::Read::read(&mut receiver, &mut bytes));
            assert!(poll(read.as_mut()).is_pending());
            states.receive(SerialId(1), b'x');
            assert!(poll(read.as_mut()).is_pending());
            states.receive(SerialId(0), b'y');
            assert_eq!(poll(read.as_mut()), Poll::Ready(Ok(1)));
        }
        assert_eq!(bytes[0], b'y');
        // A read of no bytes waits for none.
        let mut nothing = pin!(embedded_io_async::Read::read(&mut receiver, &mut []));
        assert_eq!(poll(nothing.as_mut()), Poll::Ready(Ok(0)));
    }
}
