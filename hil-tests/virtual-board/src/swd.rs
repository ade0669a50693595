//! Serial wire debug, bit by bit: the first transfers of a connection, before a client uses the
//! probe's own debug port requests.

use crate::adiv5::{Bus, DebugAccessPort};

/// The acknowledges of the target, three bits after a request.
const OK: u64 = 0b001;
const FAULT: u64 = 0b100;
/// Data bits of a transfer and their parity.
const DATA_BITS: u32 = 33;

/// The target's end of the two wires.
#[derive(Debug, Default)]
pub struct SwdTarget {
    /// The last eight bits from the probe, the newest on top.
    received: u8,
    /// What the target still has to send, the next bit lowest.
    response: Option<u64>,
    /// The write whose data bits are on their way.
    write: Option<PendingWrite>,
}

#[derive(Debug)]
struct PendingWrite {
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
    /// Start bit, port, direction, address, parity, stop bit and park bit; anything else is no
    /// request.
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

impl SwdTarget {
    /// Takes `count` bits from the probe, the lowest first.
    pub fn receive(
        &mut self,
        bits: u64,
        count: u32,
        dap: &mut DebugAccessPort,
        bus: &mut impl Bus,
    ) {
        self.response = None;
        for place in 0..count.min(u64::BITS) {
            let bit = (bits >> place) & 1;
            match self.write.take() {
                Some(write) => self.write = write.push(bit, dap, bus),
                None => self.received = (self.received >> 1) | (u8::from(bit != 0) << 7),
            }
        }
    }

    /// Gives `count` bits to the probe, the first one lowest; a line that is not driven reads as
    /// ones.
    pub fn send(&mut self, count: u32, dap: &mut DebugAccessPort, bus: &mut impl Bus) -> u64 {
        let count = count.min(u64::BITS - 1);
        let mask = (1 << count) - 1;
        let response = match self.response {
            Some(response) => response,
            None => match Request::decode(self.received) {
                Some(request) => self.answer(request, dap, bus),
                None => return mask,
            },
        };
        self.received = 0;
        self.response = Some(response >> count);
        response & mask
    }

    fn answer(&mut self, request: Request, dap: &mut DebugAccessPort, bus: &mut impl Bus) -> u64 {
        let faulted = request.access_port && dap.is_faulted();
        let acknowledge = if faulted { FAULT } else { OK };
        if !request.read {
            self.write = Some(PendingWrite {
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
            true => dap.read_ap_posted(request.address, bus),
            false => dap.read_dp(request.address),
        };
        let parity = u64::from(value.count_ones() % 2);
        acknowledge | (u64::from(value) << 3) | (parity << 35)
    }
}

impl PendingWrite {
    /// Takes a data bit; the last one is the parity, and the write is done if it fits.
    fn push(mut self, bit: u64, dap: &mut DebugAccessPort, bus: &mut impl Bus) -> Option<Self> {
        self.data |= bit << self.count;
        self.count += 1;
        if self.count < DATA_BITS {
            return Some(self);
        }
        let whole = self.data.count_ones().is_multiple_of(2);
        let value = u32::try_from(self.data & u64::from(u32::MAX)).unwrap_or_default();
        match (self.faulted || !whole, self.request.access_port) {
            (true, _) => {}
            (false, true) => dap.write_ap_selected(self.request.address, value, bus),
            (false, false) => dap.write_dp(self.request.address, value),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adiv5::{AP_IDR, BusFault, DPIDR};

    /// A bus with nothing on it.
    struct EmptyBus;

    impl Bus for EmptyBus {
        fn read_word(&mut self, _: u32) -> Result<u32, BusFault> {
            Err(BusFault)
        }

        fn write_word(&mut self, _: u32, _: u32) -> Result<(), BusFault> {
            Err(BusFault)
        }

        fn read_block(&mut self, _: u32, _: &mut [u8]) -> Result<(), BusFault> {
            Err(BusFault)
        }

        fn write_block(&mut self, _: u32, _: usize, _: &[u8]) -> Result<(), BusFault> {
            Err(BusFault)
        }

        fn set_reset(&mut self, _: bool) {}
    }

    fn request(access_port: bool, read: bool, address: u8) -> u64 {
        let direction = u64::from(access_port) | (u64::from(read) << 1);
        let fields = direction | (u64::from(address >> 2) << 2);
        let parity = u64::from(fields.count_ones() % 2);
        1 | (fields << 1) | (parity << 5) | (1 << 7)
    }

    fn read(wire: &mut SwdTarget, dap: &mut DebugAccessPort, request: u64) -> (u64, u32, bool) {
        wire.receive(request, 8, dap, &mut EmptyBus);
        let low = wire.send(32, dap, &mut EmptyBus);
        let bits = low | (wire.send(4, dap, &mut EmptyBus) << 32);
        let value = u32::try_from((bits >> 3) & u64::from(u32::MAX)).unwrap();
        let parity = bits >> 35 == u64::from(value.count_ones() % 2);
        (bits & 7, value, parity)
    }

    fn write(wire: &mut SwdTarget, dap: &mut DebugAccessPort, request: u64, value: u32) -> u64 {
        wire.receive(request, 8, dap, &mut EmptyBus);
        let acknowledge = wire.send(3, dap, &mut EmptyBus);
        wire.receive(value.into(), 32, dap, &mut EmptyBus);
        let parity = u64::from(value.count_ones() % 2);
        wire.receive(parity, 1, dap, &mut EmptyBus);
        acknowledge
    }

    #[test]
    fn the_first_transfer_of_probe_rs_reads_the_identity() {
        assert_eq!(request(false, true, 0), 0xa5);
        let (mut wire, mut dap) = (SwdTarget::default(), DebugAccessPort::default());
        for (bits, count) in [
            (0x0007_ffff_ffff_ffff, 51),
            (0xe79e, 16),
            (0x0007_ffff_ffff_ffff, 54),
        ] {
            wire.receive(bits, count, &mut dap, &mut EmptyBus);
        }
        assert_eq!(read(&mut wire, &mut dap, 0xa5), (OK, DPIDR, true));
    }

    #[test]
    fn what_is_no_request_has_no_response() {
        let (mut wire, mut dap) = (SwdTarget::default(), DebugAccessPort::default());
        wire.receive(0xff, 8, &mut dap, &mut EmptyBus);
        assert_eq!(wire.send(3, &mut dap, &mut EmptyBus), 7);
        wire.receive(0x85, 8, &mut dap, &mut EmptyBus);
        assert_eq!(wire.send(3, &mut dap, &mut EmptyBus), 7);
    }

    #[test]
    fn a_write_takes_effect_with_its_parity_only() {
        let (mut wire, mut dap) = (SwdTarget::default(), DebugAccessPort::default());
        let power = request(false, false, 4);
        assert_eq!(write(&mut wire, &mut dap, power, 0x5000_0000), OK);
        assert_eq!(dap.read_dp(4), 0xf000_0000);
        wire.receive(power, 8, &mut dap, &mut EmptyBus);
        assert_eq!(wire.send(3, &mut dap, &mut EmptyBus), OK);
        wire.receive(1 << 32, 33, &mut dap, &mut EmptyBus);
        assert_eq!(dap.read_dp(4), 0xf000_0000);
    }

    #[test]
    fn an_access_port_read_is_posted() {
        let (mut wire, mut dap) = (SwdTarget::default(), DebugAccessPort::default());
        let select = request(false, false, 8);
        assert_eq!(write(&mut wire, &mut dap, select, 0xf0), OK);
        let (acknowledge, _, _) = read(&mut wire, &mut dap, request(true, true, 0xc));
        assert_eq!(acknowledge, OK);
        let buffer = read(&mut wire, &mut dap, request(false, true, 0xc));
        assert_eq!(buffer, (OK, AP_IDR, true));
    }

    #[test]
    fn a_fault_is_acknowledged_until_it_is_aborted() {
        let (mut wire, mut dap) = (SwdTarget::default(), DebugAccessPort::default());
        let data = request(true, true, 0xc);
        assert_eq!(read(&mut wire, &mut dap, data).0, OK);
        assert_eq!(read(&mut wire, &mut dap, data).0, FAULT);
        let abort = request(false, false, 0);
        assert_eq!(write(&mut wire, &mut dap, abort, 0x1e), OK);
        assert_eq!(read(&mut wire, &mut dap, data).0, OK);
    }
}
