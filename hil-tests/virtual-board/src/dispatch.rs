//! What each request of the remote protocol (version 3) does to the ports.

use super::adiv5::{Bus, Ports};
use super::protocol::Reply;
use super::swd::Wire;

/// The name the handshake answers with.
const NAME: &str = "Lockstep virtual board";
/// The most bytes one memory request may carry, from the 1 KiB buffer of a real probe.
const LONGEST_BLOCK: u32 = 512;
/// What the protocol calls an access that faulted.
const FAULT: u64 = 3;

/// Hexadecimal fields, taken from the front of a request.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take(&mut self, digits: usize) -> Option<u32> {
        let (field, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        field.iter().try_fold(0u32, |value, &digit| {
            Some((value << 4) | char::from(digit).to_digit(16)?)
        })
    }

    /// All that is left, at least one digit.
    fn rest(&mut self) -> Option<u32> {
        let digits = self.0.len();
        (1..=8).contains(&digits).then(|| self.take(digits))?
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(2)?.try_into().ok()
    }

    fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// The probe's end of the connection: the ports and the wires to them.
#[derive(Debug, Default)]
pub struct Probe {
    ports: Ports,
    wire: Wire,
}

/// Answers one request, the bytes between `!` and `#`.
pub fn answer(request: &[u8], probe: &mut Probe, bus: &mut impl Bus) -> Reply {
    let Some((kind, fields)) = request.split_at_checked(2) else {
        return Reply::Parameter;
    };
    let fields = Fields(fields);
    let ports = &mut probe.ports;
    let reply = match kind {
        b"GA" => Some(Reply::Text(NAME)),
        b"HC" => Some(Reply::Number(3)),
        b"GV" => Some(Reply::Text("3")),
        b"Gf" => Some(Reply::Number(4_000_000)),
        b"GF" | b"GE" | b"GP" => Some(Reply::Number(0)),
        b"GZ" => reset_line(fields, bus),
        // Nothing is connected to these pins: what is read there is the pull-up.
        b"JS" => Some(Reply::Number(0)),
        b"JN" => jtag_next(fields),
        b"SS" => {
            probe.wire = Wire::default();
            Some(Reply::Number(0))
        }
        b"So" => send(fields, false, probe, bus),
        b"SO" => send(fields, true, probe, bus),
        b"Si" => receive(fields, false, probe, bus),
        b"SI" => receive(fields, true, probe, bus),
        b"Ad" => read_dp(fields, ports),
        b"AR" => write_dp(fields, ports),
        b"Aa" => read_ap(fields, ports, bus),
        b"AA" => write_ap(fields, ports, bus),
        b"Am" => read_memory(fields, bus),
        b"AM" => write_memory(fields, bus),
        _ => Some(Reply::Unsupported),
    };
    reply.unwrap_or(Reply::Parameter)
}

/// Values travel as the hexadecimal of their little-endian bytes.
fn value(word: u32) -> Reply {
    Reply::Number(word.swap_bytes().into())
}

fn outcome(held: bool) -> Reply {
    if held {
        Reply::Number(0)
    } else {
        Reply::Error(FAULT)
    }
}

fn reset_line(mut fields: Fields<'_>, bus: &mut impl Bus) -> Option<Reply> {
    let pulled = fields.take(1)? != 0;
    fields.end()?;
    bus.reset_line(pulled);
    Some(Reply::Number(0))
}

fn jtag_next(mut fields: Fields<'_>) -> Option<Reply> {
    let (mode, data) = (fields.take(1)?, fields.take(1)?);
    fields.end()?;
    (mode <= 1 && data <= 1).then_some(Reply::Number(1))
}

/// Bits onto the wire, with or without their parity.
fn send(
    mut fields: Fields<'_>,
    with_parity: bool,
    probe: &mut Probe,
    bus: &mut impl Bus,
) -> Option<Reply> {
    let count = u32::from(fields.byte().filter(|&n| n <= 32)?);
    let bits = u64::from(fields.rest()?);
    probe.wire.send(bits, count, &mut probe.ports, bus);
    if with_parity {
        let parity = (bits & ((1 << count) - 1)).count_ones() % 2;
        probe.wire.send(parity.into(), 1, &mut probe.ports, bus);
    }
    Some(Reply::Number(0))
}

/// Bits from the wire; where a parity comes with them, it must fit.
fn receive(
    mut fields: Fields<'_>,
    with_parity: bool,
    probe: &mut Probe,
    bus: &mut impl Bus,
) -> Option<Reply> {
    let count = u32::from(fields.byte().filter(|&n| n <= 32)?);
    fields.end()?;
    let bits = probe.wire.receive(count, &mut probe.ports, bus);
    if with_parity {
        let parity = probe.wire.receive(1, &mut probe.ports, bus);
        if parity != u64::from(bits.count_ones() % 2) {
            return None;
        }
    }
    Some(Reply::Number(bits))
}

fn read_dp(mut fields: Fields<'_>, ports: &Ports) -> Option<Reply> {
    fields.take(4)?;
    let address = fields.take(4)?;
    fields.end()?;
    Some(value(ports.read_dp((address & 0xff) as u8)))
}

fn write_dp(mut fields: Fields<'_>, ports: &mut Ports) -> Option<Reply> {
    fields.take(4)?;
    let address = fields.take(4)?;
    let word = fields.take(8)?;
    fields.end()?;
    ports.write_dp((address & 0xff) as u8, word);
    Some(Reply::Number(0))
}

fn read_ap(mut fields: Fields<'_>, ports: &mut Ports, bus: &mut impl Bus) -> Option<Reply> {
    fields.byte()?;
    let port = fields.byte()?;
    let address = fields.take(4)?;
    fields.end()?;
    let read = ports.read_ap(port, (address & 0xff) as u8, bus);
    Some(read.map_or(Reply::Error(FAULT), value))
}

fn write_ap(mut fields: Fields<'_>, ports: &mut Ports, bus: &mut impl Bus) -> Option<Reply> {
    fields.byte()?;
    let port = fields.byte()?;
    let address = fields.take(4)?;
    let word = fields.take(8)?.swap_bytes();
    fields.end()?;
    Some(outcome(ports.write_ap(
        port,
        (address & 0xff) as u8,
        word,
        bus,
    )))
}

fn read_memory(mut fields: Fields<'_>, bus: &mut impl Bus) -> Option<Reply> {
    fields.take(4)?;
    fields.take(8)?;
    let address = fields.take(8)?;
    let length = fields.take(8).filter(|&n| n <= LONGEST_BLOCK)?;
    fields.end()?;
    let mut bytes = vec![0; usize::try_from(length).ok()?];
    let held = bus.read_block(address, &mut bytes);
    Some(if held {
        Reply::Bytes(bytes)
    } else {
        Reply::Error(FAULT)
    })
}

fn write_memory(mut fields: Fields<'_>, bus: &mut impl Bus) -> Option<Reply> {
    fields.take(4)?;
    fields.take(8)?;
    let width = 1 << fields.byte().filter(|&align| align <= 3)?;
    let address = fields.take(8)?;
    let length = fields.take(8).filter(|&n| n <= LONGEST_BLOCK)?;
    let bytes = (0..length)
        .map(|_| fields.byte())
        .collect::<Option<Vec<u8>>>()?;
    fields.end()?;
    if bytes.len() % width != 0 {
        return None;
    }
    // A double word is two words on this bus.
    Some(outcome(bus.write_block(address, width.min(4), &bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sixteen bytes at zero.
    #[derive(Default)]
    struct Small([u8; 16]);

    impl Bus for Small {
        fn read(&mut self, address: u32) -> Option<u32> {
            let mut word = [0; 4];
            self.read_block(address, &mut word)
                .then(|| u32::from_le_bytes(word))
        }

        fn write(&mut self, address: u32, word: u32) -> bool {
            self.write_block(address, 4, &word.to_le_bytes())
        }

        fn read_block(&mut self, address: u32, bytes: &mut [u8]) -> bool {
            let at = address as usize;
            let held = self.0.get(at..at + bytes.len());
            held.map(|held| bytes.copy_from_slice(held)).is_some()
        }

        fn write_block(&mut self, address: u32, _: usize, bytes: &[u8]) -> bool {
            let at = address as usize;
            let held = self.0.get_mut(at..at + bytes.len());
            held.map(|held| held.copy_from_slice(bytes)).is_some()
        }

        fn reset_line(&mut self, _: bool) {}
    }

    const EXCHANGES: [(&str, &str); 19] = [
        ("HC", "&K3#"),
        ("JN10", "&K1#"),
        ("JN2", "&P1#"),
        ("SS", "&K0#"),
        ("So2033ffffff", "&K0#"),
        ("So08a5", "&K0#"),
        ("Si03", "&K1#"),
        ("SI20", "&Kbb11477#"),
        ("SO2100", "&P1#"),
        ("Ad00ff0000", "&K7714b10b#"),
        ("AR0000000450000000", "&K0#"),
        ("Aa000001fc", "&K21007704#"),
        ("AA0000010404000000", "&K0#"),
        ("AM0000000000000200000004000000040a0b0c0d", "&K0#"),
        ("Am0000000000000000000400000004", "&K0a0b0c0d#"),
        ("AM0000000000000300000008000000080102030405060708", "&K0#"),
        ("AM0000000000000300000008000000040a0b0c0d", "&P1#"),
        ("Am0000000000003000000000000004", "&E3#"),
        ("Am00000000000000000000ffffffff", "&P1#"),
    ];

    #[test]
    fn requests_of_probe_rs_get_the_answers_of_a_probe() {
        let (mut probe, mut bus) = (Probe::default(), Small::default());
        for (request, reply) in EXCHANGES {
            let answer = answer(request.as_bytes(), &mut probe, &mut bus);
            assert_eq!(
                String::from_utf8_lossy(&answer.encode()),
                reply,
                "{request}"
            );
        }
    }

    #[test]
    fn ten_thousand_mutated_requests_are_all_answered() {
        let (mut probe, mut bus) = (Probe::default(), Small::default());
        let mut seed = 1u32;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as usize % below
        };
        for round in 0..10_000 {
            let mut request = EXCHANGES[round % EXCHANGES.len()].0.as_bytes().to_vec();
            for _ in 0..=random(3) {
                let at = random(request.len());
                match random(3) {
                    0 => request[at] = u8::try_from(random(256)).unwrap(),
                    1 => request.truncate(at.max(1)),
                    _ => request.insert(at, b'f'),
                }
            }
            let reply = answer(&request, &mut probe, &mut bus).encode();
            assert!(reply.starts_with(b"&") && reply.ends_with(b"#"));
        }
    }
}
