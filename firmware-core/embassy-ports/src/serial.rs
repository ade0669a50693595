//! The traits of serial lines, by what a line of the host or of a board does.

/// Implements the traits of `embedded-io` and `embedded-io-async` for a serial line and its two halves. The line has
/// `send`, `receive`, `receive_now` and `is_empty`; a half is a tuple of it. Whoever calls this depends on both crates.
#[doc(hidden)]
#[macro_export]
macro_rules! serial_traits {
    ($serial:ty, $sender:ty, $receiver:ty) => {
        $crate::serial_traits!(@errors $serial);
        $crate::serial_traits!(@errors $sender);
        $crate::serial_traits!(@errors $receiver);
        $crate::serial_traits!(@sends $serial, $serial, |line| line);
        $crate::serial_traits!(@sends $serial, $sender, |half| &half.0);
        $crate::serial_traits!(@receives $serial, $serial, |line| line);
        $crate::serial_traits!(@receives $serial, $receiver, |half| &half.0);
    };
    (@errors $half:ty) => {
        impl ::embedded_io::ErrorType for $half {
            type Error = ::core::convert::Infallible;
        }
    };
    (@sends $serial:ty, $half:ty, $line:expr) => {
        impl ::embedded_io::Write for $half {
            fn write(&mut self, bytes: &[u8]) -> Result<usize, ::core::convert::Infallible> {
                let line: fn(&Self) -> &$serial = $line;
                Ok(line(self).send(bytes))
            }

            fn flush(&mut self) -> Result<(), ::core::convert::Infallible> {
                Ok(())
            }
        }

        impl ::embedded_io::WriteReady for $half {
            fn write_ready(&mut self) -> Result<bool, ::core::convert::Infallible> {
                Ok(true)
            }
        }

        impl ::embedded_io_async::Write for $half {
            async fn write(&mut self, bytes: &[u8]) -> Result<usize, ::core::convert::Infallible> {
                let line: fn(&Self) -> &$serial = $line;
                Ok(line(self).send(bytes))
            }

            async fn flush(&mut self) -> Result<(), ::core::convert::Infallible> {
                Ok(())
            }
        }
    };
    (@receives $serial:ty, $half:ty, $line:expr) => {
        impl ::embedded_io::Read for $half {
            fn read(&mut self, into: &mut [u8]) -> Result<usize, ::core::convert::Infallible> {
                let line: fn(&Self) -> &$serial = $line;
                Ok(line(self).receive_now(into))
            }
        }

        impl ::embedded_io::ReadReady for $half {
            fn read_ready(&mut self) -> Result<bool, ::core::convert::Infallible> {
                let line: fn(&Self) -> &$serial = $line;
                Ok(!line(self).is_empty())
            }
        }

        impl ::embedded_io_async::Read for $half {
            async fn read(&mut self, into: &mut [u8]) -> Result<usize, ::core::convert::Infallible> {
                let line: fn(&Self) -> &$serial = $line;
                Ok(line(self).receive(into).await)
            }
        }
    };
}
