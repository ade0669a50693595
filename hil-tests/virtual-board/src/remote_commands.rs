//! What each request of the Black Magic remote protocol (version 3) does to the target.

use crate::adiv5::{Bus, BusFault, DebugAccessPort};
use crate::remote_protocol::Response;
use crate::swd::SwdTarget;

/// The name that the handshake is answered with.
const NAME: &str = "Lockstep virtual board";
/// The version of the protocol.
const VERSION: u64 = 3;
/// The clock of the wires, in Hz.
const FREQUENCY: u64 = 4_000_000;
/// The most bytes one memory request may carry, from the 1 KiB buffer of a real probe.
const MAX_BLOCK: u32 = 512;
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

/// The probe: a debug access port, and the two wires that reach it.
#[derive(Debug, Default)]
pub struct RemoteProbe {
    dap: DebugAccessPort,
    swd: SwdTarget,
}

impl RemoteProbe {
    /// Executes one request, the bytes between `!` and `#`.
    pub fn execute(&mut self, request: &[u8], bus: &mut impl Bus) -> Response {
        let Some((command, fields)) = request.split_at_checked(2) else {
            return Response::ParameterError;
        };
        let fields = Fields(fields);
        let dap = &mut self.dap;
        let response = match command {
            b"GA" => Some(Response::Text(NAME)),
            b"HC" => Some(Response::Number(VERSION)),
            b"GV" => Some(Response::Text("3")),
            b"Gf" => Some(Response::Number(FREQUENCY)),
            b"GF" | b"GE" | b"GP" => Some(Response::Number(0)),
            b"GZ" => set_reset(fields, bus),
            // Nothing is connected to the pins of JTAG: what is read there is the pull-up.
            b"JS" => Some(Response::Number(0)),
            b"JN" => jtag_next(fields),
            b"SS" => {
                self.swd = SwdTarget::default();
                Some(Response::Number(0))
            }
            b"So" => self.swd_out(fields, false, bus),
            b"SO" => self.swd_out(fields, true, bus),
            b"Si" => self.swd_in(fields, false, bus),
            b"SI" => self.swd_in(fields, true, bus),
            b"Ad" => read_dp(fields, dap),
            b"AR" => write_dp(fields, dap),
            b"Aa" => read_ap(fields, dap, bus),
            b"AA" => write_ap(fields, dap, bus),
            b"Am" => read_memory(fields, bus),
            b"AM" => write_memory(fields, bus),
            _ => Some(Response::Unsupported),
        };
        response.unwrap_or(Response::ParameterError)
    }

    /// Sends bits, with or without their parity.
    fn swd_out(
        &mut self,
        mut fields: Fields<'_>,
        with_parity: bool,
        bus: &mut impl Bus,
    ) -> Option<Response> {
        let count = u32::from(fields.byte().filter(|&n| n <= 32)?);
        let bits = u64::from(fields.rest()?);
        self.swd.receive(bits, count, &mut self.dap, bus);
        if with_parity {
            let parity = (bits & ((1 << count) - 1)).count_ones() % 2;
            self.swd.receive(parity.into(), 1, &mut self.dap, bus);
        }
        Some(Response::Number(0))
    }

    /// Reads bits; where a parity comes with them, it must fit.
    fn swd_in(
        &mut self,
        mut fields: Fields<'_>,
        with_parity: bool,
        bus: &mut impl Bus,
    ) -> Option<Response> {
        let count = u32::from(fields.byte().filter(|&n| n <= 32)?);
        fields.end()?;
        let bits = self.swd.send(count, &mut self.dap, bus);
        if with_parity {
            let parity = self.swd.send(1, &mut self.dap, bus);
            if parity != u64::from(bits.count_ones() % 2) {
                return None;
            }
        }
        Some(Response::Number(bits))
    }
}

/// Values travel as the hexadecimal of their little-endian bytes.
fn value(word: u32) -> Response {
    Response::Number(word.swap_bytes().into())
}

fn response_of<T>(result: Result<T, BusFault>, response: impl FnOnce(T) -> Response) -> Response {
    result.map_or(Response::Error(FAULT), response)
}

fn done(result: Result<(), BusFault>) -> Response {
    response_of(result, |()| Response::Number(0))
}

fn set_reset(mut fields: Fields<'_>, bus: &mut impl Bus) -> Option<Response> {
    let asserted = fields.take(1)? != 0;
    fields.end()?;
    bus.set_reset(asserted);
    Some(Response::Number(0))
}

fn jtag_next(mut fields: Fields<'_>) -> Option<Response> {
    let (mode, data) = (fields.take(1)?, fields.take(1)?);
    fields.end()?;
    (mode <= 1 && data <= 1).then_some(Response::Number(1))
}

fn read_dp(mut fields: Fields<'_>, dap: &DebugAccessPort) -> Option<Response> {
    fields.take(4)?;
    let address = fields.take(4)?;
    fields.end()?;
    Some(value(dap.read_dp((address & 0xff) as u8)))
}

fn write_dp(mut fields: Fields<'_>, dap: &mut DebugAccessPort) -> Option<Response> {
    fields.take(4)?;
    let address = fields.take(4)?;
    let word = fields.take(8)?;
    fields.end()?;
    dap.write_dp((address & 0xff) as u8, word);
    Some(Response::Number(0))
}

fn read_ap(
    mut fields: Fields<'_>,
    dap: &mut DebugAccessPort,
    bus: &mut impl Bus,
) -> Option<Response> {
    fields.byte()?;
    let port = fields.byte()?;
    let address = fields.take(4)?;
    fields.end()?;
    let read = dap.read_ap(port, (address & 0xff) as u8, bus);
    Some(response_of(read, value))
}

fn write_ap(
    mut fields: Fields<'_>,
    dap: &mut DebugAccessPort,
    bus: &mut impl Bus,
) -> Option<Response> {
    fields.byte()?;
    let port = fields.byte()?;
    let address = fields.take(4)?;
    let word = fields.take(8)?.swap_bytes();
    fields.end()?;
    let written = dap.write_ap(port, (address & 0xff) as u8, word, bus);
    Some(done(written))
}

fn read_memory(mut fields: Fields<'_>, bus: &mut impl Bus) -> Option<Response> {
    fields.take(4)?;
    fields.take(8)?;
    let address = fields.take(8)?;
    let length = fields.take(8).filter(|&n| n <= MAX_BLOCK)?;
    fields.end()?;
    let mut bytes = vec![0; usize::try_from(length).ok()?];
    let read = bus.read_block(address, &mut bytes);
    Some(response_of(read, |()| Response::Bytes(bytes)))
}

fn write_memory(mut fields: Fields<'_>, bus: &mut impl Bus) -> Option<Response> {
    fields.take(4)?;
    fields.take(8)?;
    let width = 1 << fields.byte().filter(|&align| align <= 3)?;
    let address = fields.take(8)?;
    let length = fields.take(8).filter(|&n| n <= MAX_BLOCK)?;
    let bytes = (0..length)
        .map(|_| fields.byte())
        .collect::<Option<Vec<u8>>>()?;
    fields.end()?;
    if bytes.len() % width != 0 {
        return None;
    }
    // A double word is two words on this bus.
    Some(done(bus.write_block(address, width.min(4), &bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sixteen bytes at zero.
    #[derive(Default)]
    struct SmallBus([u8; 16]);

    impl Bus for SmallBus {
        fn read_word(&mut self, address: u32) -> Result<u32, BusFault> {
            let mut word = [0; 4];
            self.read_block(address, &mut word)?;
            Ok(u32::from_le_bytes(word))
        }

        fn write_word(&mut self, address: u32, word: u32) -> Result<(), BusFault> {
            self.write_block(address, 4, &word.to_le_bytes())
        }

        fn read_block(&mut self, address: u32, bytes: &mut [u8]) -> Result<(), BusFault> {
            let at = address as usize;
            let held = self.0.get(at..at + bytes.len()).ok_or(BusFault)?;
            bytes.copy_from_slice(held);
            Ok(())
        }

        fn write_block(&mut self, address: u32, _: usize, bytes: &[u8]) -> Result<(), BusFault> {
            let at = address as usize;
            let held = self.0.get_mut(at..at + bytes.len()).ok_or(BusFault)?;
            held.copy_from_slice(bytes);
            Ok(())
        }

        fn set_reset(&mut self, _: bool) {}
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
    fn requests_of_probe_rs_get_the_responses_of_a_probe() {
        let (mut probe, mut bus) = (RemoteProbe::default(), SmallBus::default());
        for (request, response) in EXCHANGES {
            let encoded = probe.execute(request.as_bytes(), &mut bus).encode();
            assert_eq!(String::from_utf8_lossy(&encoded), response, "{request}");
        }
    }

    #[test]
    fn mutated_requests_are_all_answered() {
        let (mut probe, mut bus) = (RemoteProbe::default(), SmallBus::default());
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
            let response = probe.execute(&request, &mut bus).encode();
            assert!(response.starts_with(b"&") && response.ends_with(b"#"));
        }
    }
}
