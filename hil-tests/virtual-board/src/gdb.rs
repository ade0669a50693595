//! The stub that QEMU offers a gdb: registers, breakpoints, run and stop.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::socket::{Socket, find};

/// What stops a running machine.
const INTERRUPT: u8 = 3;
/// What says that a packet has come.
const ACKNOWLEDGED: u8 = b'+';
/// How long an interrupt may go unanswered before it is sent again.
const LOST: Duration = Duration::from_millis(500);
/// How long the acknowledge of a packet may take.
const ACKNOWLEDGE: Duration = Duration::from_millis(100);

/// A connected stub.
#[derive(Debug)]
pub(super) struct Stub {
    socket: Socket,
    running: bool,
    /// Whether the last steps left interrupts alone.
    masked: Option<bool>,
}

fn unexpected(request: &str, reply: &str) -> io::Error {
    let text = format!("the gdb stub answered `{reply}` to `{request}`");
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// Registers travel as the hexadecimal of their little-endian bytes.
fn value(hex: &str) -> Option<u32> {
    let word = u32::from_str_radix(hex, 16).ok()?;
    (hex.len() == 8).then(|| word.swap_bytes())
}

impl Stub {
    /// Connects, which stops the machine, and asks for the registers there
    /// are: without it the stub shows none.
    pub(super) fn connect(path: &Path, deadline: Duration) -> io::Result<Self> {
        let mut stub = Self {
            socket: Socket::connect(path)?,
            running: false,
            masked: None,
        };
        stub.request("qXfer:features:read:target.xml:0,ffb", deadline)?;
        Ok(stub)
    }

    /// Reads from this other socket too whenever an answer is waited for.
    pub(super) fn accompany(&mut self, other: &Arc<Mutex<Socket>>) {
        self.socket.accompany(other);
    }

    /// The socket once more, to wait for what comes from it.
    pub(super) fn clone_socket(&self) -> io::Result<UnixStream> {
        self.socket.clone_stream()
    }

    /// A register by its number: 0 to 15, and 25 for the status.
    pub(super) fn register(&mut self, number: u8, deadline: Duration) -> io::Result<u32> {
        let request = format!("p{number:x}");
        let reply = self.request(&request, deadline)?;
        value(&reply).ok_or_else(|| unexpected(&request, &reply))
    }

    pub(super) fn set_register(
        &mut self,
        number: u8,
        value: u32,
        deadline: Duration,
    ) -> io::Result<()> {
        let hex = value.swap_bytes();
        self.accept(&format!("P{number:x}={hex:08x}"), deadline)
    }

    /// Sets or clears a breakpoint on a Thumb instruction.
    pub(super) fn breakpoint(
        &mut self,
        address: u32,
        set: bool,
        deadline: Duration,
    ) -> io::Result<()> {
        let letter = if set { 'Z' } else { 'z' };
        self.accept(&format!("{letter}1,{address:x},2"), deadline)
    }

    pub(super) fn resume(&mut self, deadline: Duration) -> io::Result<()> {
        self.go("c", deadline)
    }

    /// Starts a step; `masked` keeps interrupts from being taken in it.
    pub(super) fn step(&mut self, masked: bool, deadline: Duration) -> io::Result<()> {
        if self.masked != Some(masked) {
            let bits = if masked { 3 } else { 1 };
            self.accept(&format!("Qqemu.sstep={bits}"), deadline)?;
            self.masked = Some(masked);
        }
        self.go("s", deadline)
    }

    fn go(&mut self, request: &str, deadline: Duration) -> io::Result<()> {
        self.send(request, deadline)?;
        self.running = true;
        Ok(())
    }

    /// Stops a running machine; one that stopped by itself meanwhile is fine too.
    ///
    /// QEMU drops an interrupt that comes while a packet of its own is not acknowledged, so one
    /// that stays without an answer is sent again behind an acknowledge. To a machine that has
    /// stopped neither means anything. No question would do instead: `?` removes all breakpoints.
    pub(super) fn interrupt(&mut self, deadline: Duration) -> io::Result<()> {
        if !self.running {
            return Ok(());
        }
        let until = Instant::now() + deadline;
        self.socket.send(&[INTERRUPT], deadline)?;
        while !self.stopped(LOST.min(deadline))? {
            if Instant::now() > until {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.socket.send(&[ACKNOWLEDGED, INTERRUPT], deadline)?;
        }
        Ok(())
    }

    /// Whether the machine has stopped, waiting for it at most this long.
    pub(super) fn stopped(&mut self, wait: Duration) -> io::Result<bool> {
        if !self.running {
            return Ok(true);
        }
        match self.reply(wait) {
            Ok(reply) if reply.starts_with(['T', 'S']) => {
                self.running = false;
                Ok(true)
            }
            Ok(reply) => Err(unexpected("c", &reply)),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn accept(&mut self, request: &str, deadline: Duration) -> io::Result<()> {
        match self.request(request, deadline)?.as_str() {
            "OK" => Ok(()),
            reply => Err(unexpected(request, reply)),
        }
    }

    fn request(&mut self, request: &str, deadline: Duration) -> io::Result<String> {
        self.send(request, deadline)?;
        self.reply(deadline)
    }

    fn send(&mut self, request: &str, deadline: Duration) -> io::Result<()> {
        let sum = request.bytes().fold(0u8, u8::wrapping_add);
        let packet = format!("${request}#{sum:02x}");
        self.socket.send(packet.as_bytes(), deadline)
    }

    /// The next packet, its checksum left to the kernel that carried it.
    fn reply(&mut self, wait: Duration) -> io::Result<String> {
        let packet = self.socket.frame(Instant::now() + wait, packet_end)?;
        self.socket.send(&[ACKNOWLEDGED], wait.max(ACKNOWLEDGE))?;
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
    use std::os::unix::net::UnixListener;
    use std::thread;

    use super::*;

    /// A stub that answers each of these requests, and nothing else that comes.
    fn answers(listener: &UnixListener, script: &'static [(&str, &[u8])]) {
        let (mut stream, _) = listener.accept().unwrap();
        for (request, answer) in script {
            let mut heard = Vec::new();
            while !heard.ends_with(request.as_bytes()) {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                heard.extend(byte);
            }
            stream.write_all(answer).unwrap();
        }
        // It stays until the other side has gone.
        let _ = stream.read_to_end(&mut Vec::new());
    }

    #[test]
    fn an_interrupt_that_is_lost_is_sent_again_and_asks_nothing() {
        const SCRIPT: &[(&str, &[u8])] = &[
            (":0,ffb#", b"+$l#6c"),
            ("c#63\x03+\x03", b"+$T02thread:01;#ae"),
            ("+$p0#a0", b"+$04000000#84"),
        ];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stub");
        let listener = UnixListener::bind(&path).unwrap();
        let other = thread::spawn(move || answers(&listener, SCRIPT));
        let deadline = Duration::from_secs(4);
        let mut stub = Stub::connect(&path, deadline).unwrap();
        stub.resume(deadline).unwrap();
        stub.interrupt(deadline).unwrap();
        assert_eq!(stub.register(0, deadline).unwrap(), 4);
        drop(stub);
        other.join().unwrap();
    }

    #[test]
    fn registers_are_little_endian_hexadecimal() {
        assert_eq!(value("00400020"), Some(0x2000_4000));
        assert_eq!(value("E14"), None);
    }

    #[test]
    fn a_packet_ends_with_its_checksum() {
        assert_eq!(packet_end(b"+$OK#9"), None);
        assert_eq!(packet_end(b"+$OK#9a$"), Some(7));
    }
}
