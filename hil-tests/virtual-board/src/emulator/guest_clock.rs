//! The clock of the emulated machine, read without the firmware's help.
//!
//! QEMU has no request for its virtual clock. But a packet on an emulated network is written to a
//! capture with the virtual time it was sent at: the network here has no other use, and no device
//! of the machine is on it.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::socket::{FrameReader, SharedReader, send};
use super::timeout::ResponseTimeout;

/// The header of a capture file, which has nothing to say here.
const FILE_HEADER: usize = 24;
/// The header of a captured packet: seconds, microseconds, captured length, length.
const PACKET_HEADER: usize = 16;

/// The length of the shortest Ethernet frame, and that many bytes of nothing.
const PACKET: [u8; 18] = [0, 0, 0, 14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// The commands that set up the network. The capture goes to the emulator's standard output.
pub(super) fn commands(socket: &Path) -> [(&'static str, Value); 3] {
    let netdev = json!({
        "type": "stream",
        "id": "clock",
        "server": true,
        "addr": { "type": "unix", "path": socket },
    });
    let hub = json!({ "type": "hubport", "id": "clock-hub", "hubid": 0, "netdev": "clock" });
    let capture = json!({
        "qom-type": "filter-dump",
        "id": "clock-capture",
        "netdev": "clock",
        "file": "/dev/stdout",
    });
    [
        ("netdev_add", netdev),
        ("netdev_add", hub),
        ("object-add", capture),
    ]
}

/// The clock of the machine. It stands still while the machine does.
#[derive(Debug)]
pub(crate) struct GuestClock {
    packets: UnixStream,
    capture: FrameReader,
    timeout: ResponseTimeout,
    /// The time as it was read since the machine ran last: a machine that is stopped takes one
    /// packet, and no other before it runs again.
    stopped_at: Option<Duration>,
}

impl GuestClock {
    /// A clock whose network has been set up.
    pub(super) fn new(
        packets: UnixStream,
        capture: OwnedFd,
        companion: &SharedReader,
        timeout: ResponseTimeout,
    ) -> io::Result<Self> {
        let mut capture = FrameReader::new(capture);
        capture.drain_while_waiting(companion);
        capture.frame(&mut timeout.start(), |bytes| {
            (bytes.len() >= FILE_HEADER).then_some(FILE_HEADER)
        })?;
        Ok(Self {
            packets,
            capture,
            timeout,
            stopped_at: None,
        })
    }

    /// The machine runs from now on.
    pub(crate) fn machine_runs(&mut self) {
        self.stopped_at = None;
    }

    /// The virtual time of a machine that is stopped. Only differences have a meaning.
    pub(crate) fn read(&mut self) -> io::Result<Duration> {
        if let Some(time) = self.stopped_at {
            return Ok(time);
        }
        send(&mut self.packets, &PACKET, self.timeout.limit())?;
        let packet = self
            .capture
            .frame(&mut self.timeout.start(), end_of_packet)?;
        let [seconds, micros] = [0, 4].map(|at| word(&packet, at).unwrap_or_default());
        let time = Duration::from_secs(seconds.into()) + Duration::from_micros(micros.into());
        self.stopped_at = Some(time);
        Ok(time)
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..at + 4)?;
    word.try_into().ok().map(u32::from_ne_bytes)
}

fn end_of_packet(bytes: &[u8]) -> Option<usize> {
    let captured = usize::try_from(word(bytes, 8)?).ok()?;
    let end = PACKET_HEADER.checked_add(captured)?;
    (bytes.len() >= end).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_ends_with_its_captured_bytes() {
        let mut packet = Vec::new();
        for word in [7u32, 9, 2, 14] {
            packet.extend(word.to_ne_bytes());
        }
        assert_eq!(end_of_packet(&packet[..8]), None);
        assert_eq!(end_of_packet(&packet), None);
        packet.extend([0; 3]);
        assert_eq!(end_of_packet(&packet), Some(18));
        assert_eq!((word(&packet, 0), word(&packet, 4)), (Some(7), Some(9)));
    }
}
