//! The two-wire port bit by bit: the first transfers of a connection, before
//! a client uses the probe's own debug port requests.

use super::adiv5::{Bus, Ports};

/// What the target says in the three bits after a request.
const OK: u64 = 0b001;
const FAULT: u64 = 0b100;
/// Data bits of a transfer and their parity.
const DATA_BITS: u32 = 33;

/// The target's end of the wires.
#[derive(Debug, Default)]
pub struct Wire {
    /// The last eight bits the probe sent, the newest on top.
    sent: u8,
    /// What the target still has to send, the next bit lowest.
    reply: Option<u64>,
    /// The write whose data bits are on their way.
    write: Option<Write>,
}

#[derive(Debug)]
struct Write {
    request: Request,
    faulted: bool,
    data: u64,
    count: u32,
}

#[derive(Debug, Clone, Copy)]
struct Request {
    access_port: bool,
    read: bool,
    address: u8,
}

impl Request {
    /// Start bit, port, direction, address, parity, stop bit and park bit; anything else is none.
    fn decode(bits: u8) -> Option<Self> {
        let framed = bits & 0b1100_0001 == 0b1000_0001;
        let even = (bits & 0b0011_1110).count_ones().is_multiple_of(2);
        (framed && even).then_some(Self {
            access_port: bits & 2 != 0,
            read: bits & 4 != 0,
            address: (bits >> 1) & 0xc,
        })
    }
}

impl Wire {
    /// Takes `count` bits from the probe, the lowest first.
    pub fn send(&mut self, bits: u64, count: u32, ports: &mut Ports, bus: &mut impl Bus) {
        self.reply = None;
        for place in 0..count.min(u64::BITS) {
            let bit = (bits >> place) & 1;
            match self.write.take() {
                Some(write) => self.write = write.push(bit, ports, bus),
                None => self.sent = (self.sent >> 1) | (u8::from(bit != 0) << 7),
            }
        }
    }

    /// Gives `count` bits to the probe, the first one lowest; a line that
    /// nobody drives reads as ones.
    pub fn receive(&mut self, count: u32, ports: &mut Ports, bus: &mut impl Bus) -> u64 {
        let count = count.min(u64::BITS - 1);
        let mask = (1 << count) - 1;
        let reply = match self.reply {
            Some(reply) => reply,
            None => match Request::decode(self.sent) {
                Some(request) => self.answer(request, ports, bus),
                None => return mask,
            },
        };
        self.sent = 0;
        self.reply = Some(reply >> count);
        reply & mask
    }

    fn answer(&mut self, request: Request, ports: &mut Ports, bus: &mut impl Bus) -> u64 {
        let faulted = request.access_port && ports.is_faulted();
        let acknowledge = if faulted { FAULT } else { OK };
        if !request.read {
            self.write = Some(Write {
                request,
                faulted,
                data: 0,
                count: 0,
            });
            return acknowledge;
        }
        if faulted {
            return acknowledge;
        }
        let value = match request.access_port {
            true => ports.read_posted(request.address, bus),
            false => ports.read_dp(request.address),
        };
        let parity = u64::from(value.count_ones() % 2);
        acknowledge | (u64::from(value) << 3) | (parity << 35)
    }
}

impl Write {
    /// Takes a data bit; the last one is the parity, and the write is done if it fits.
    fn push(mut self, bit: u64, ports: &mut Ports, bus: &mut impl Bus) -> Option<Self> {
        self.data |= bit << self.count;
        self.count += 1;
        if self.count < DATA_BITS {
            return Some(self);
        }
        let whole = self.data.count_ones().is_multiple_of(2);
        let value = u32::try_from(self.data & u64::from(u32::MAX)).unwrap_or_default();
        match (self.faulted || !whole, self.request.access_port) {
            (true, _) => {}
            (false, true) => ports.write_selected(self.request.address, value, bus),
            (false, false) => ports.write_dp(self.request.address, value),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::adiv5::{AP_IDR, DPIDR};
    use super::*;

    /// A bus with nothing on it.
    struct Nothing;

    impl Bus for Nothing {
        fn read(&mut self, _: u32) -> Option<u32> {
            None
        }

        fn write(&mut self, _: u32, _: u32) -> bool {
            false
        }

        fn read_block(&mut self, _: u32, _: &mut [u8]) -> bool {
            false
        }

        fn write_block(&mut self, _: u32, _: usize, _: &[u8]) -> bool {
            false
        }

        fn reset_line(&mut self, _: bool) {}
    }

    fn request(access_port: bool, read: bool, address: u8) -> u64 {
        let direction = u64::from(access_port) | (u64::from(read) << 1);
        let fields = direction | (u64::from(address >> 2) << 2);
        let parity = u64::from(fields.count_ones() % 2);
        1 | (fields << 1) | (parity << 5) | (1 << 7)
    }

    fn read(wire: &mut Wire, ports: &mut Ports, request: u64) -> (u64, u32, bool) {
        wire.send(request, 8, ports, &mut Nothing);
        let low = wire.receive(32, ports, &mut Nothing);
        let bits = low | (wire.receive(4, ports, &mut Nothing) << 32);
        let value = u32::try_from((bits >> 3) & u64::from(u32::MAX)).unwrap();
        let parity = bits >> 35 == u64::from(value.count_ones() % 2);
        (bits & 7, value, parity)
    }

    fn write(wire: &mut Wire, ports: &mut Ports, request: u64, value: u32) -> u64 {
        wire.send(request, 8, ports, &mut Nothing);
        let acknowledge = wire.receive(3, ports, &mut Nothing);
        wire.send(value.into(), 32, ports, &mut Nothing);
        let parity = u64::from(value.count_ones() % 2);
        wire.send(parity, 1, ports, &mut Nothing);
        acknowledge
    }

    #[test]
    fn the_first_transfer_of_probe_rs_reads_the_identity() {
        assert_eq!(request(false, true, 0), 0xa5);
        let (mut wire, mut ports) = (Wire::default(), Ports::default());
        for (bits, count) in [
            (0x0007_ffff_ffff_ffff, 51),
            (0xe79e, 16),
            (0x0007_ffff_ffff_ffff, 54),
        ] {
            wire.send(bits, count, &mut ports, &mut Nothing);
        }
        assert_eq!(read(&mut wire, &mut ports, 0xa5), (OK, DPIDR, true));
    }

    #[test]
    fn nobody_answers_what_is_no_request() {
        let (mut wire, mut ports) = (Wire::default(), Ports::default());
        wire.send(0xff, 8, &mut ports, &mut Nothing);
        assert_eq!(wire.receive(3, &mut ports, &mut Nothing), 7);
        wire.send(0x85, 8, &mut ports, &mut Nothing);
        assert_eq!(wire.receive(3, &mut ports, &mut Nothing), 7);
    }

    #[test]
    fn a_write_takes_hold_with_its_parity_only() {
        let (mut wire, mut ports) = (Wire::default(), Ports::default());
        let power = request(false, false, 4);
        assert_eq!(write(&mut wire, &mut ports, power, 0x5000_0000), OK);
        assert_eq!(ports.read_dp(4), 0xf000_0000);
        wire.send(power, 8, &mut ports, &mut Nothing);
        assert_eq!(wire.receive(3, &mut ports, &mut Nothing), OK);
        wire.send(1 << 32, 33, &mut ports, &mut Nothing);
        assert_eq!(ports.read_dp(4), 0xf000_0000);
    }

    #[test]
    fn an_access_port_is_read_one_transfer_late() {
        let (mut wire, mut ports) = (Wire::default(), Ports::default());
        let select = request(false, false, 8);
        assert_eq!(write(&mut wire, &mut ports, select, 0xf0), OK);
        let (acknowledge, _, _) = read(&mut wire, &mut ports, request(true, true, 0xc));
        assert_eq!(acknowledge, OK);
        let buffer = read(&mut wire, &mut ports, request(false, true, 0xc));
        assert_eq!(buffer, (OK, AP_IDR, true));
    }

    #[test]
    fn a_fault_is_acknowledged_until_it_is_aborted() {
        let (mut wire, mut ports) = (Wire::default(), Ports::default());
        let data = request(true, true, 0xc);
        assert_eq!(read(&mut wire, &mut ports, data).0, OK);
        assert_eq!(read(&mut wire, &mut ports, data).0, FAULT);
        let abort = request(false, false, 0);
        assert_eq!(write(&mut wire, &mut ports, abort, 0x1e), OK);
        assert_eq!(read(&mut wire, &mut ports, data).0, OK);
    }
}
