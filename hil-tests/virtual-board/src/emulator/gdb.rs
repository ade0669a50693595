//! The client of QEMU's gdb stub: registers, breakpoints, run, step and stop.

use std::io;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::socket::{FramedSocket, SharedReader, find};
use super::timeout::{ResponseTimeout, Wait};

/// The byte that stops a running machine.
const INTERRUPT: u8 = 3;
/// The byte that acknowledges a packet.
const ACK: u8 = b'+';
/// How long an interrupt may go unanswered before it is sent again.
const RESEND_AFTER: Duration = Duration::from_millis(500);
/// The signal of a stop that an interrupt caused; a breakpoint has another one.
const SIGINT: u8 = 2;

/// Why the machine stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// It was interrupted by this client.
    Interrupt,
    /// It met a breakpoint, finished a step, or failed.
    Trap,
}

/// A connected client.
#[derive(Debug)]
pub(crate) struct GdbClient {
    socket: FramedSocket,
    timeout: ResponseTimeout,
    running: bool,
    /// Whether the last steps masked interrupts.
    masked: Option<bool>,
}

fn unexpected(request: &str, reply: &str) -> io::Error {
    let text = format!("`{reply}` to `{request}`");
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// Registers travel as the hexadecimal of their little-endian bytes.
fn parse_register(hex: &str) -> Option<u32> {
    let word = u32::from_str_radix(hex, 16).ok()?;
    (hex.len() == 8).then(|| word.swap_bytes())
}

/// The reason of a stop reply such as `T05thread:01;`.
fn parse_stop(reply: &str) -> Option<StopReason> {
    let signal = reply.strip_prefix(['T', 'S'])?.get(..2)?;
    Some(match u8::from_str_radix(signal, 16).ok()? {
        SIGINT => StopReason::Interrupt,
        _ => StopReason::Trap,
    })
}

impl GdbClient {
    /// Asks for the target description, without which the stub shows no registers. The connection
    /// itself has stopped the machine.
    pub(crate) fn handshake(socket: FramedSocket, timeout: ResponseTimeout) -> io::Result<Self> {
        let mut client = Self {
            socket,
            timeout,
            running: false,
            masked: None,
        };
        client.request("qXfer:features:read:target.xml:0,ffb")?;
        Ok(client)
    }

    /// Reads from this other source too whenever an answer is awaited.
    pub(crate) fn drain_while_waiting(&mut self, other: &SharedReader) {
        self.socket.reader.drain_while_waiting(other);
    }

    /// A handle that becomes readable when the machine stops.
    pub(crate) fn try_clone_stream(&self) -> io::Result<UnixStream> {
        self.socket.try_clone_stream()
    }

    /// A register by its number: 0 to 15, and 25 for the status.
    pub(crate) fn register(&mut self, number: u8) -> io::Result<u32> {
        let request = format!("p{number:x}");
        let reply = self.request(&request)?;
        parse_register(&reply).ok_or_else(|| unexpected(&request, &reply))
    }

    pub(crate) fn set_register(&mut self, number: u8, value: u32) -> io::Result<()> {
        let hex = value.swap_bytes();
        self.command(&format!("P{number:x}={hex:08x}"))
    }

    /// Sets or clears a breakpoint on a Thumb instruction.
    pub(crate) fn set_breakpoint(&mut self, address: u32, armed: bool) -> io::Result<()> {
        let letter = if armed { 'Z' } else { 'z' };
        self.command(&format!("{letter}1,{address:x},2"))
    }

    /// Lets the machine run.
    pub(crate) fn resume(&mut self) -> io::Result<()> {
        self.go("c")
    }

    /// Starts a step; `masked` keeps interrupts from being taken in it.
    pub(crate) fn step(&mut self, masked: bool) -> io::Result<()> {
        if self.masked != Some(masked) {
            let bits = if masked { 3 } else { 1 };
            self.command(&format!("Qqemu.sstep={bits}"))?;
            self.masked = Some(masked);
        }
        self.go("s")
    }

    fn go(&mut self, request: &str) -> io::Result<()> {
        self.send_packet(request)?;
        self.running = true;
        Ok(())
    }

    /// Stops a running machine, and gives the reason it stopped for: it may have met a breakpoint
    /// meanwhile. None where it did not run.
    ///
    /// QEMU drops an interrupt that comes while a packet of its own is not acknowledged, so one
    /// that stays without an answer is sent again behind an acknowledge. To a machine that has
    /// stopped neither means anything. A query would not do instead: `?` removes all breakpoints.
    pub(crate) fn interrupt(&mut self) -> io::Result<Option<StopReason>> {
        if !self.running {
            return Ok(None);
        }
        let limit = self.timeout.limit();
        let mut wait = self.timeout.start();
        self.socket.send(&[INTERRUPT], limit)?;
        loop {
            let pause = RESEND_AFTER.min(limit);
            if let Some(reason) = self.wait_for_stop(&mut Wait::at_most(pause))? {
                return Ok(Some(reason));
            }
            if wait.is_over() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.socket.send(&[ACK, INTERRUPT], limit)?;
        }
    }

    /// The reason the machine has stopped for, if it has stopped since it was let run.
    pub(crate) fn poll_stop(&mut self) -> io::Result<Option<StopReason>> {
        match self.running {
            true => self.wait_for_stop(&mut Wait::at_most(Duration::ZERO)),
            false => Ok(None),
        }
    }

    /// Whether the machine has stopped, or stops within this time.
    pub(crate) fn stops_within(&mut self, time: Duration) -> io::Result<bool> {
        match self.running {
            true => Ok(self.wait_for_stop(&mut Wait::at_most(time))?.is_some()),
            false => Ok(true),
        }
    }

    /// Waits until the machine has stopped.
    pub(crate) fn await_stop(&mut self) -> io::Result<()> {
        let mut wait = self.timeout.start();
        match !self.running || self.wait_for_stop(&mut wait)?.is_some() {
            true => Ok(()),
            false => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    fn wait_for_stop(&mut self, wait: &mut Wait) -> io::Result<Option<StopReason>> {
        match self.reply(wait) {
            Ok(reply) => {
                let reason = parse_stop(&reply).ok_or_else(|| unexpected("c", &reply))?;
                self.running = false;
                Ok(Some(reason))
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn command(&mut self, request: &str) -> io::Result<()> {
        match self.request(request)?.as_str() {
            "OK" => Ok(()),
            reply => Err(unexpected(request, reply)),
        }
    }

    fn request(&mut self, request: &str) -> io::Result<String> {
        let mut wait = self.timeout.start();
        self.send_packet(request)?;
        self.reply(&mut wait)
    }

    fn send_packet(&mut self, request: &str) -> io::Result<()> {
        let sum = request.bytes().fold(0u8, u8::wrapping_add);
        let packet = format!("${request}#{sum:02x}");
        self.socket.send(packet.as_bytes(), self.timeout.limit())
    }

    /// The next packet. Its checksum is not verified: a Unix socket does not corrupt data.
    fn reply(&mut self, wait: &mut Wait) -> io::Result<String> {
        let packet = self.socket.reader.frame(wait, packet_end)?;
        self.socket.send(&[ACK], self.timeout.limit())?;
        let text = String::from_utf8_lossy(&packet);
        let inside = text.split_once('$').map_or("", |(_, packet)| packet);
        Ok(inside.split('#').next().unwrap_or_default().to_owned())
    }
}

/// Where the first whole packet ends: `$`, the reply, `#` and two digits.
fn packet_end(bytes: &[u8]) -> Option<usize> {
    let end = find(bytes, b'#')? + 3;
    (end <= bytes.len()).then_some(end)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::thread;

    use super::*;

    /// A stub that answers each of these requests, and nothing else that comes.
    fn answer(mut stream: UnixStream, script: &'static [(&str, &[u8])]) {
        for (request, answer) in script {
            let mut received = Vec::new();
            while !received.ends_with(request.as_bytes()) {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                received.extend(byte);
            }
            stream.write_all(answer).unwrap();
        }
        // It stays until the other side has gone.
        let _ = stream.read_to_end(&mut Vec::new());
    }

    #[test]
    fn an_interrupt_that_is_lost_is_sent_again() {
        const SCRIPT: &[(&str, &[u8])] = &[
            (":0,ffb#", b"+$l#6c"),
            ("c#63\x03+\x03", b"+$T02thread:01;#ae"),
            ("+$p0#a0", b"+$04000000#84"),
        ];
        let (stream, peer) = UnixStream::pair().unwrap();
        let stub = thread::spawn(move || answer(peer, SCRIPT));
        let socket = FramedSocket::new(stream).unwrap();
        let timeout = ResponseTimeout::new(Duration::from_secs(10));
        let mut client = GdbClient::handshake(socket, timeout).unwrap();
        assert_eq!(client.interrupt().unwrap(), None, "it does not run yet");
        client.resume().unwrap();
        assert_eq!(client.interrupt().unwrap(), Some(StopReason::Interrupt));
        assert_eq!(client.register(0).unwrap(), 4);
        drop(client);
        stub.join().unwrap();
    }

    #[test]
    fn a_stop_has_its_reason() {
        assert_eq!(parse_stop("T02thread:01;"), Some(StopReason::Interrupt));
        assert_eq!(parse_stop("T05thread:01;"), Some(StopReason::Trap));
        assert_eq!(parse_stop("S05"), Some(StopReason::Trap));
        assert_eq!(parse_stop("OK"), None);
        assert_eq!(parse_stop("T"), None);
    }

    #[test]
    fn registers_are_little_endian_hexadecimal() {
        assert_eq!(parse_register("00400020"), Some(0x2000_4000));
        assert_eq!(parse_register("E14"), None);
    }

    #[test]
    fn a_packet_ends_with_its_checksum() {
        assert_eq!(packet_end(b"+$OK#9"), None);
        assert_eq!(packet_end(b"+$OK#9a$"), Some(7));
    }
}
