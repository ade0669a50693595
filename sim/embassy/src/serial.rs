//! Serial lines, with the traits of `embedded-io` and `embedded-io-async`.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::rc::Rc;

use embedded_io::{ErrorType, ReadReady, WriteReady};
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
    pub(crate) world: Rc<PortStates>,
    pub(crate) line: SerialId,
}

impl Serial {
    /// The half that sends, and the half that receives.
    #[must_use]
    pub fn split(self) -> (SerialTx, SerialRx) {
        let Self { world, line } = self;
        let sender = Self {
            world: Rc::clone(&world),
            line,
        };
        (SerialTx(sender), SerialRx(Self { world, line }))
    }

    fn state(&self) -> &ReceiveState {
        self.world.received(self.line)
    }

    fn send(&self, bytes: &[u8]) -> usize {
        self.world.send(self.line, bytes);
        bytes.len()
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

macro_rules! sends {
    ($half:ty, $line:expr) => {
        impl embedded_io::Write for $half {
            fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
                let line: fn(&Self) -> &Serial = $line;
                Ok(line(self).send(bytes))
            }

            fn flush(&mut self) -> Result<(), Infallible> {
                Ok(())
            }
        }

        impl WriteReady for $half {
            fn write_ready(&mut self) -> Result<bool, Infallible> {
                Ok(true)
            }
        }

        impl embedded_io_async::Write for $half {
            async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
                let line: fn(&Self) -> &Serial = $line;
                Ok(line(self).send(bytes))
            }

            async fn flush(&mut self) -> Result<(), Infallible> {
                Ok(())
            }
        }
    };
}

macro_rules! receives {
    ($half:ty, $line:expr) => {
        impl embedded_io::Read for $half {
            fn read(&mut self, into: &mut [u8]) -> Result<usize, Infallible> {
                let line: fn(&Self) -> &Serial = $line;
                Ok(line(self).receive_now(into))
            }
        }

        impl ReadReady for $half {
            fn read_ready(&mut self) -> Result<bool, Infallible> {
                let line: fn(&Self) -> &Serial = $line;
                Ok(!line(self).state().is_empty())
            }
        }

        impl embedded_io_async::Read for $half {
            async fn read(&mut self, into: &mut [u8]) -> Result<usize, Infallible> {
                let line: fn(&Self) -> &Serial = $line;
                Ok(line(self).receive(into).await)
            }
        }
    };
}

sends!(Serial, |line| line);
receives!(Serial, |line| line);
sends!(SerialTx, |half| &half.0);
receives!(SerialRx, |half| &half.0);

impl ErrorType for Serial {
    type Error = Infallible;
}

impl ErrorType for SerialTx {
    type Error = Infallible;
}

impl ErrorType for SerialRx {
    type Error = Infallible;
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use embedded_io::{Read as _, Write as _};
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
        let world = PortStates::new(const { &DESCRIPTOR });
        let ports = Ports::of(&world);
        let (mut uart, mut console) = (ports.serial("uart"), ports.serial("console"));
        assert_eq!(uart.write(b"one"), Ok(3));
        write!(console, "{}", 2).unwrap();
        uart.write_all(b"").unwrap();
        uart.flush().unwrap();
        assert_eq!(uart.write_ready(), Ok(true));
        let said = world.take_said().into_iter().map(|said| match said {
            FirmwareOutput::Bytes(line, bytes) => (line.0, bytes),
            FirmwareOutput::Log(_) => (u8::MAX, Vec::new()),
        });
        let said: Vec<_> = said.filter(|(_, bytes)| !bytes.is_empty()).collect();
        assert_eq!(said, [(0, b"one".to_vec()), (1, b"2".to_vec())]);
    }

    #[test]
    fn what_arrives_waits_until_it_is_read() {
        let world = PortStates::new(const { &DESCRIPTOR });
        let mut uart = Ports::of(&world).serial("uart");
        let mut bytes = [0; 2];
        assert_eq!(uart.read_ready(), Ok(false));
        assert_eq!(uart.read(&mut []), Ok(0));
        for byte in *b"abc" {
            world.receive(SerialId(0), byte);
        }
        world.receive(SerialId(1), b'x');
        assert_eq!(uart.read_ready(), Ok(true));
        assert_eq!(uart.read(&mut bytes), Ok(2));
        assert_eq!(&bytes, b"ab");
        assert_eq!(uart.read(&mut bytes), Ok(1));
        assert_eq!(bytes[0], b'c');
        assert_eq!(uart.read_ready(), Ok(false));
    }

    #[test]
    fn an_async_read_waits_for_the_first_byte() {
        let world = PortStates::new(const { &DESCRIPTOR });
        let (_, mut receiver) = Ports::of(&world).serial("uart").split();
        let mut bytes = [0; 4];
        {
            let mut read = pin!(embedded_io_async::Read::read(&mut receiver, &mut bytes));
            assert!(poll(read.as_mut()).is_pending());
            world.receive(SerialId(1), b'x');
            assert!(poll(read.as_mut()).is_pending());
            world.receive(SerialId(0), b'y');
            assert_eq!(poll(read.as_mut()), Poll::Ready(Ok(1)));
        }
        assert_eq!(bytes[0], b'y');
        // A read of no bytes waits for none.
        let mut nothing = pin!(embedded_io_async::Read::read(&mut receiver, &mut []));
        assert_eq!(poll(nothing.as_mut()), Poll::Ready(Ok(0)));
    }
}
