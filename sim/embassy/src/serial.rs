//! Serial lines, with the traits of `embedded-io` and `embedded-io-async`.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use embedded_io::{ErrorType, ReadReady, WriteReady};
use lockstep_core::event::SerialId;

use crate::ports::World;

/// What has arrived on a line and was not read yet, and who waits for more.
#[derive(Default)]
pub(crate) struct ReceiveState {
    bytes: RefCell<VecDeque<u8>>,
    waiting: RefCell<Vec<Waker>>,
}

impl ReceiveState {
    /// Adds a byte, and wakes whoever waits for it.
    pub(crate) fn push(&self, byte: u8) {
        self.bytes.borrow_mut().push_back(byte);
        for waker in self.waiting.take() {
            waker.wake();
        }
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
#[derive(Clone)]
pub struct Serial {
    pub(crate) world: Rc<World>,
    pub(crate) line: SerialId,
}

impl Serial {
    /// The half that sends, and the half that receives.
    #[must_use]
    pub fn split(self) -> (SerialTx, SerialRx) {
        let receiver = SerialRx(self.clone());
        (SerialTx(self), receiver)
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
        poll_fn(|context| {
            if !self.state().is_empty() {
                return Poll::Ready(());
            }
            let mut waiting = self.state().waiting.borrow_mut();
            if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
        self.state().take(into)
    }

    #[allow(
        clippy::panic,
        reason = "on a board it would stand still for ever, and becomes a verdict"
    )]
    fn receive_now(&self, into: &mut [u8]) -> usize {
        assert!(
            into.is_empty() || !self.state().is_empty(),
            "a blocking read of a serial line on which nothing has arrived: nothing can arrive while \
             it blocks; ask `ReadReady` first, or read with `embedded-io-async`"
        );
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
        /// A read with nothing there panics: it would block for ever.
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
