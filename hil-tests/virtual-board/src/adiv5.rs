//! The debug access port of the chip (`ADIv5`): a debug port and one memory access port, over a bus.

/// The identity of the debug port: that of a Cortex-M0.
pub const DPIDR: u32 = 0x0bb1_1477;
/// The identity of the access port: an AHB memory port.
pub const AP_IDR: u32 = 0x0477_0021;
/// Where the access port says the ROM table is.
const ROM_TABLE: u32 = 0xe00f_f003;
/// Set once an access failed; cleared through ABORT.
const STICKYERR: u32 = 1 << 5;
/// The bit of ABORT that clears it.
const STKERRCLR: u32 = 1 << 2;
/// The power-up requests of CTRL/STAT; each acknowledge is the bit above it.
const POWER_REQUESTS: u32 = (1 << 28) | (1 << 30);
/// The bits of CTRL/STAT that can be written: overrun detection, masks, counters, power.
const CONTROL_WRITABLE: u32 = 0x5000_0f01 | 0x003f_f000;
/// The bits of CSW that can be written, the one that says that the port is enabled, and the field
/// of the address increment.
const CSW_WRITABLE: u32 = 0xff00_0037;
const CSW_ENABLED: u32 = 1 << 6;
const CSW_INCREMENT: u32 = 0x30;

/// An access that the bus does not complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("bus fault")]
pub struct BusFault;

/// What the memory access port reaches.
pub trait Bus {
    /// Reads an aligned word.
    ///
    /// # Errors
    /// The bus faults.
    fn read_word(&mut self, address: u32) -> Result<u32, BusFault>;

    /// Writes an aligned word.
    ///
    /// # Errors
    /// The bus faults.
    fn write_word(&mut self, address: u32, word: u32) -> Result<(), BusFault>;

    /// Fills a block with the bytes of memory.
    ///
    /// # Errors
    /// The bus faults.
    fn read_block(&mut self, address: u32, bytes: &mut [u8]) -> Result<(), BusFault>;

    /// Writes a block in units of 1, 2 or 4 bytes.
    ///
    /// # Errors
    /// The bus faults.
    fn write_block(&mut self, address: u32, width: usize, bytes: &[u8]) -> Result<(), BusFault>;

    /// Asserts the chip's reset line, or releases it.
    fn set_reset(&mut self, asserted: bool);
}

/// The registers of both ports.
#[derive(Debug, Default)]
pub struct DebugAccessPort {
    control: u32,
    select: u32,
    read_buffer: u32,
    csw: u32,
    tar: u32,
}

impl DebugAccessPort {
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
            (0x0, _) if value & STKERRCLR != 0 => self.control &= !STICKYERR,
            (0x4, 0) => self.control = (self.control & STICKYERR) | (value & CONTROL_WRITABLE),
            (0x8, _) => self.select = value,
            _ => {}
        }
    }

    /// Reads an access port register: zero where there is no such port.
    ///
    /// # Errors
    /// The bus faults.
    pub fn read_ap(&mut self, port: u8, address: u8, bus: &mut impl Bus) -> Result<u32, BusFault> {
        let value = match (port, address & 0xfc) {
            (0, 0x00) => self.csw | CSW_ENABLED,
            (0, 0x04) => self.tar,
            (0, 0x0c) => {
                let word = self.latch_fault(bus.read_word(self.tar & !3))?;
                self.advance();
                word
            }
            (0, banked @ 0x10..=0x1c) => {
                let address = (self.tar & !0xf) | u32::from(banked & 0xc);
                self.latch_fault(bus.read_word(address))?
            }
            (0, 0xf8) => ROM_TABLE,
            (0, 0xfc) => AP_IDR,
            _ => 0,
        };
        self.read_buffer = value;
        Ok(value)
    }

    /// Writes an access port register.
    ///
    /// # Errors
    /// The bus faults.
    pub fn write_ap(
        &mut self,
        port: u8,
        address: u8,
        value: u32,
        bus: &mut impl Bus,
    ) -> Result<(), BusFault> {
        match (port, address & 0xfc) {
            (0, 0x00) => self.csw = value & CSW_WRITABLE,
            (0, 0x04) => self.tar = value,
            (0, 0x0c) => {
                self.latch_fault(bus.write_word(self.tar & !3, value))?;
                self.advance();
            }
            (0, banked @ 0x10..=0x1c) => {
                let address = (self.tar & !0xf) | u32::from(banked & 0xc);
                self.latch_fault(bus.write_word(address, value))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether an access failed and was not aborted since.
    #[must_use]
    pub fn is_faulted(&self) -> bool {
        self.control & STICKYERR != 0
    }

    /// Reads the selected access port register as over SWD: the value is that of the read before.
    pub fn read_ap_posted(&mut self, address: u8, bus: &mut impl Bus) -> u32 {
        let before = self.read_buffer;
        let (port, address) = self.selected(address);
        // A fault is sticky: the next transfer reports it.
        let _ = self.read_ap(port, address, bus);
        before
    }

    /// Writes the selected access port register; the next transfer reports a fault.
    pub fn write_ap_selected(&mut self, address: u8, value: u32, bus: &mut impl Bus) {
        let (port, address) = self.selected(address);
        let _ = self.write_ap(port, address, value, bus);
    }

    fn selected(&self, address: u8) -> (u8, u8) {
        let [bank, _, _, port] = self.select.to_le_bytes();
        (port, (bank & 0xf0) | (address & 0xc))
    }

    fn latch_fault<T>(&mut self, result: Result<T, BusFault>) -> Result<T, BusFault> {
        if result.is_err() {
            self.control |= STICKYERR;
        }
        result
    }

    /// The address register counts within its 1 KiB page, as the hardware's does.
    fn advance(&mut self) {
        if self.csw & CSW_INCREMENT != 0 {
            self.tar = (self.tar & !0x3ff) | (self.tar.wrapping_add(4) & 0x3ff);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One mapped word.
    struct Word(u32);

    impl Word {
        fn check(address: u32) -> Result<(), BusFault> {
            (address == 0x2000_0000).then_some(()).ok_or(BusFault)
        }
    }

    impl Bus for Word {
        fn read_word(&mut self, address: u32) -> Result<u32, BusFault> {
            Self::check(address).map(|()| self.0)
        }

        fn write_word(&mut self, address: u32, word: u32) -> Result<(), BusFault> {
            Self::check(address).map(|()| self.0 = word)
        }

        fn read_block(&mut self, _: u32, _: &mut [u8]) -> Result<(), BusFault> {
            Err(BusFault)
        }

        fn write_block(&mut self, _: u32, _: usize, _: &[u8]) -> Result<(), BusFault> {
            Err(BusFault)
        }

        fn set_reset(&mut self, _: bool) {}
    }

    #[test]
    fn power_is_acknowledged_as_requested() {
        let mut dap = DebugAccessPort::default();
        assert_eq!(dap.read_dp(0), DPIDR);
        dap.write_dp(4, 0x5000_0000);
        assert_eq!(dap.read_dp(4), 0xf000_0000);
    }

    #[test]
    fn there_is_one_access_port() {
        let mut dap = DebugAccessPort::default();
        assert_eq!(dap.read_ap(0, 0xfc, &mut Word(0)), Ok(AP_IDR));
        assert_eq!(dap.read_ap(1, 0xfc, &mut Word(0)), Ok(0));
    }

    #[test]
    fn a_fault_is_sticky_until_it_is_aborted() {
        let (mut dap, mut bus) = (DebugAccessPort::default(), Word(7));
        dap.write_ap(0, 4, 0x2000_0000, &mut bus).unwrap();
        assert_eq!(dap.read_ap(0, 0xc, &mut bus), Ok(7));
        assert!(!dap.is_faulted());
        dap.write_ap(0, 4, 0x3000_0000, &mut bus).unwrap();
        assert_eq!(dap.read_ap(0, 0xc, &mut bus), Err(BusFault));
        assert_eq!(dap.read_dp(4) & STICKYERR, STICKYERR);
        dap.write_dp(0, STKERRCLR);
        assert!(!dap.is_faulted());
    }

    #[test]
    fn the_address_counts_within_its_page() {
        let (mut dap, mut bus) = (DebugAccessPort::default(), Word(7));
        dap.write_ap(0, 0, 0x12, &mut bus).unwrap();
        dap.write_ap(0, 4, 0x2000_0000, &mut bus).unwrap();
        assert_eq!(dap.read_ap(0, 0xc, &mut bus), Ok(7));
        assert_eq!(dap.read_ap(0, 4, &mut bus), Ok(0x2000_0004));
    }
}
