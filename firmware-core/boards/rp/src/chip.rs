//! What the two chips have apart.

#[cfg(not(any(feature = "rp2040", feature = "rp2350")))]
compile_error!(
    "`lockstep-rp` needs the feature of a chip: expected `features = [\"rp2040\"]` or `[\"rp2350\"]`"
);
#[cfg(all(feature = "rp2040", feature = "rp2350"))]
compile_error!(
    "`lockstep-rp` has the features of two chips: expected one of `rp2040` and `rp2350`"
);

#[cfg(all(feature = "rp2350", not(feature = "rp2040")))]
pub use rp235x_hal as hal;
/// The hardware abstraction of the chip, with its peripheral access crate as `pac`.
#[cfg(feature = "rp2040")]
pub use rp2040_hal as hal;

/// The ring oscillator that the chip boots with, about (RP2040 Datasheet, section 2.17).
#[cfg(feature = "rp2040")]
pub(crate) const RING_HZ: u32 = 6_500_000;
/// The ring oscillator that the chip boots with, about (RP2350 Datasheet, section 8.3).
#[cfg(not(feature = "rp2040"))]
pub(crate) const RING_HZ: u32 = 11_000_000;

/// The second-stage bootloader: sets up the flash so that code runs from it.
#[cfg(feature = "rp2040")]
#[doc(hidden)]
pub static BOOT2: [u8; 256] = if cfg!(feature = "any-flash") {
    rp2040_boot2::BOOT_LOADER_GENERIC_03H
} else {
    rp2040_boot2::BOOT_LOADER_W25Q080
};

/// The image definition: tells the chip's ROM that this is a program for its Arm cores.
#[cfg(all(feature = "rp2350", not(feature = "rp2040")))]
#[doc(hidden)]
pub use hal::block::ImageDef;

/// What the ROM of the chip looks for in an image.
#[cfg(feature = "rp2040")]
#[doc(hidden)]
#[macro_export]
macro_rules! boot_block {
    () => {
        // SAFETY: `memory.x` puts this section, and nothing else, where the ROM looks for it; the image
        // contract checks that.
        #[unsafe(link_section = ".boot2")]
        #[used]
        static LOCKSTEP_BOOT2: [u8; 256] = $crate::BOOT2;
    };
}

/// What the ROM of the chip looks for in an image.
#[cfg(all(feature = "rp2350", not(feature = "rp2040")))]
#[doc(hidden)]
#[macro_export]
macro_rules! boot_block {
    () => {
        // SAFETY: `memory.x` puts this section, and nothing else, right after the vector table; the image
        // contract checks that the ROM finds it there.
        #[unsafe(link_section = ".start_block")]
        #[used]
        static LOCKSTEP_IMAGE_DEFINITION: $crate::ImageDef = $crate::ImageDef::secure_exe();
    };
}
