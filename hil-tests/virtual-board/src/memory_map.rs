//! What the chip maps, and the registers that the emulation has to know (nRF51 Series Reference
//! Manual v3.0).

use std::ops::RangeInclusive;

/// A first address and a length.
pub(crate) type Region = (u32, u32);

pub(crate) const FLASH: Region = (0x0000_0000, 0x0004_0000);
pub(crate) const RAM: Region = (0x2000_0000, 0x0000_4000);

/// Factory and user information: flash of a kind, which a bus writes where the flash controller
/// lets it (sections 6, 7 and 8).
pub(crate) const INFORMATION: Region = (0x1000_0000, 0x0000_2000);

/// All that is mapped: flash, factory and user information, RAM, both peripheral buses, the GPIO
/// port, the core's own registers.
pub(crate) const MAPPED: [Region; 6] = [
    FLASH,
    INFORMATION,
    RAM,
    (0x4000_0000, 0x0002_0000),
    (0x5000_0000, 0x0000_1000),
    (CORE_SPACE, 0x0010_0000),
];

/// The core's own registers, and among them the debug registers.
pub(crate) const CORE_SPACE: u32 = 0xe000_0000;

/// The flash controller: what it lets be done, and all flash erased (section 6.2).
pub(crate) const NVMC_CONFIG: u32 = 0x4001_e504;
pub(crate) const NVMC_WRITE: u32 = 1;
pub(crate) const NVMC_ERASE: u32 = 2;
pub(crate) const NVMC_ERASE_ALL: u32 = 0x4001_e50c;

/// The levels of outputs, and which pins are outputs (section 14.2).
pub(crate) const GPIO_OUT: u32 = 0x5000_0504;
pub(crate) const GPIO_DIR: u32 = 0x5000_0514;
/// All that configures pins.
pub(crate) const GPIO: RangeInclusive<u32> = GPIO_OUT..=0x5000_077c;

/// The register that resets the chip (Armv6-M Architecture Reference Manual, B3.2.6).
pub(crate) const AIRCR: u32 = 0xe000_ed0c;

/// Whether one of the regions has all of a block.
pub(crate) fn contains(regions: &[Region], address: u32, length: usize) -> bool {
    let Ok(length) = u32::try_from(length) else {
        return false;
    };
    regions.iter().any(|&(first, size)| {
        address
            .checked_sub(first)
            .and_then(|offset| offset.checked_add(length))
            .is_some_and(|end| end <= size)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_may_reach_the_end_of_its_region_and_no_further() {
        assert!(contains(&MAPPED, 0x2000_3ffc, 4));
        assert!(!contains(&MAPPED, 0x2000_3ffd, 4));
        assert!(!contains(&MAPPED, 0x3000_0000, 1));
        assert!(!contains(&MAPPED, u32::MAX, 4));
    }
}
