//! The debug port and the one memory access port of the chip (`ADIv5`), over a bus.

/// The debug port's identity: a Cortex-M0's.
pub const DPIDR: u32 = 0x0bb1_1477;
/// The access port's identity: an AHB memory port.
pub const AP_IDR: u32 = 0x0477_0021;
/// Where the access port says the ROM table is.
const ROM_TABLE: u32 = 0xe00f_f003;
/// Set once an access failed; cleared through ABORT.
const STICKY_ERROR: u32 = 1 << 5;
/// The power-up requests of CTRL/STAT; each acknowledge is the bit above it.
const POWER_REQUESTS: u32 = (1 << 28) | (1 << 30);
/// The bits of CTRL/STAT that hold what was written: overrun detection, masks, counters, power.
const CONTROL_KEPT: u32 = 0x5000_0f01 | 0x003f_f000;

/// What the memory access port reaches.
pub trait Bus {
    /// Reads an aligned word, or nothing where the bus faults.
    fn read(&mut self, address: u32) -> Option<u32>;
    /// Writes an aligned word; false where the bus faults.
    fn write(&mut self, address: u32, word: u32) -> bool;
    /// Fills a block of memory's bytes; false where the bus faults.
    fn read_block(&mut self, address: u32, bytes: &mut [u8]) -> bool;
    /// Writes a block in units of 1, 2 or 4 bytes; false where the bus faults.
    fn write_block(&mut self, address: u32, width: usize, bytes: &[u8]) -> bool;
    /// Pulls the chip's reset line, or lets it go.
    fn reset_line(&mut self, pulled: bool);
}

/// The registers of both ports.
#[derive(Debug, Default)]
pub struct Ports {
    control: u32,
    select: u32,
    read_buffer: u32,
    csw: u32,
    tar: u32,
}

impl Ports {
    /// Reads a debug port register.
    #[must_use]
    pub fn read_dp(&self, address: u8) -> u32 {
        match (address & 0xc, self.select & 0xf) {
            (0x0, _) => DPIDR,
            (0x4, 0) => self.control | ((self.control & POWER_REQUESTS) << 1),
            (0xc, _) => self.read_buffer,
            _ => 0,
        }
    }

    /// Writes a debug port register.
    pub fn write_dp(&mut self, address: u8, value: u32) {
        match (address & 0xc, self.select & 0xf) {
            (0x0, _) if value & (1 << 2) != 0 => self.control &= !STICKY_ERROR,
            (0x4, 0) => self.control = (self.control & STICKY_ERROR) | (value & CONTROL_KEPT),
            (0x8, _) => self.select = value,
            _ => {}
        }
    }

    /// Reads an access port register: zero where there is no such port,
    /// nothing where the bus faults.
    pub fn read_ap(&mut self, port: u8, address: u8, bus: &mut impl Bus) -> Option<u32> {
        let value = match (port, address & 0xfc) {
            (0, 0x00) => self.csw | (1 << 6),
            (0, 0x04) => self.tar,
            (0, 0x0c) => {
                let read = bus.read(self.tar & !3);
                self.note_fault(read.is_none());
                let word = read?;
                self.advance();
                word
            }
            (0, banked @ 0x10..=0x1c) => {
                let read = bus.read((self.tar & !0xf) | u32::from(banked & 0xc));
                self.note_fault(read.is_none());
                read?
            }
            (0, 0xf8) => ROM_TABLE,
            (0, 0xfc) => AP_IDR,
            _ => 0,
        };
        self.read_buffer = value;
        Some(value)
    }

    /// Writes an access port register; false where the bus faults.
    pub fn write_ap(&mut self, port: u8, address: u8, value: u32, bus: &mut impl Bus) -> bool {
        let held = match (port, address & 0xfc) {
            (0, 0x00) => {
                self.csw = value & 0xff00_0037;
                true
            }
            (0, 0x04) => {
                self.tar = value;
                true
            }
            (0, 0x0c) => {
                let held = bus.write(self.tar & !3, value);
                if held {
                    self.advance();
                }
                held
            }
            (0, banked @ 0x10..=0x1c) => {
                bus.write((self.tar & !0xf) | u32::from(banked & 0xc), value)
            }
            _ => true,
        };
        self.note_fault(!held);
        held
    }

    /// Whether an access failed and was not aborted since.
    #[must_use]
    pub fn is_faulted(&self) -> bool {
        self.control & STICKY_ERROR != 0
    }

    /// Reads the selected access port register as the wires do: the value
    /// that is returned is that of the read before.
    pub fn read_posted(&mut self, address: u8, bus: &mut impl Bus) -> u32 {
        let before = self.read_buffer;
        let (port, address) = self.selected(address);
        // A fault sticks, and is what the next transfer tells.
        let _ = self.read_ap(port, address, bus);
        before
    }

    /// Writes the selected access port register; a fault is what the next transfer tells.
    pub fn write_selected(&mut self, address: u8, value: u32, bus: &mut impl Bus) {
        let (port, address) = self.selected(address);
        self.write_ap(port, address, value, bus);
    }

    fn selected(&self, address: u8) -> (u8, u8) {
        let [bank, _, _, port] = self.select.to_le_bytes();
        (port, (bank & 0xf0) | (address & 0xc))
    }

    fn note_fault(&mut self, faulted: bool) {
        if faulted {
            self.control |= STICKY_ERROR;
        }
    }

    /// The address register counts within its 1 KiB page, as the hardware's does.
    fn advance(&mut self) {
        if self.csw & 0x30 != 0 {
            self.tar = (self.tar & !0x3ff) | (self.tar.wrapping_add(4) & 0x3ff);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One mapped word.
    struct Word(u32);

    impl Bus for Word {
        fn read(&mut self, address: u32) -> Option<u32> {
            (address == 0x2000_0000).then_some(self.0)
        }

        fn write(&mut self, address: u32, word: u32) -> bool {
            self.0 = word;
            address == 0x2000_0000
        }

        fn read_block(&mut self, _: u32, _: &mut [u8]) -> bool {
            false
        }

        fn write_block(&mut self, _: u32, _: usize, _: &[u8]) -> bool {
            false
        }

        fn reset_line(&mut self, _: bool) {}
    }

    #[test]
    fn power_is_acknowledged_as_requested() {
        let mut ports = Ports::default();
        assert_eq!(ports.read_dp(0), DPIDR);
        ports.write_dp(4, 0x5000_0000);
        assert_eq!(ports.read_dp(4), 0xf000_0000);
    }

    #[test]
    fn there_is_one_access_port() {
        let mut ports = Ports::default();
        assert_eq!(ports.read_ap(0, 0xfc, &mut Word(0)), Some(AP_IDR));
        assert_eq!(ports.read_ap(1, 0xfc, &mut Word(0)), Some(0));
    }

    #[test]
    fn a_fault_sticks_until_it_is_aborted() {
        let (mut ports, mut bus) = (Ports::default(), Word(7));
        assert!(ports.write_ap(0, 4, 0x2000_0000, &mut bus));
        assert_eq!(ports.read_ap(0, 0xc, &mut bus), Some(7));
        assert_eq!(ports.read_dp(4) & STICKY_ERROR, 0);
        assert!(ports.write_ap(0, 4, 0x3000_0000, &mut bus));
        assert_eq!(ports.read_ap(0, 0xc, &mut bus), None);
        assert_eq!(ports.read_dp(4) & STICKY_ERROR, STICKY_ERROR);
        ports.write_dp(0, 1 << 2);
        assert_eq!(ports.read_dp(4) & STICKY_ERROR, 0);
    }

    #[test]
    fn the_address_counts_within_its_page() {
        let (mut ports, mut bus) = (Ports::default(), Word(7));
        assert!(ports.write_ap(0, 0, 0x12, &mut bus));
        assert!(ports.write_ap(0, 4, 0x2000_0000, &mut bus));
        assert_eq!(ports.read_ap(0, 0xc, &mut bus), Some(7));
        assert_eq!(ports.read_ap(0, 4, &mut bus), Some(0x2000_0004));
    }
}
