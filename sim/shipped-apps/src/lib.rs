//! The apps that ship, as the simulator and the hardware suite take them.

use lockstep_apps::lamp::Lamp;
use lockstep_apps::toggle;
use lockstep_engine::catalog::AppEntry;

/// The apps that ship; the first is the one that is played where none is named.
#[must_use]
pub fn shipped() -> Vec<AppEntry> {
    vec![AppEntry::of::<Lamp>(), AppEntry::of::<toggle::Firmware>()]
}

#[cfg(test)]
mod tests {
    use lockstep_engine::catalog::Catalog;

    #[test]
    fn what_ships_is_usable() {
        Catalog::new(super::shipped()).unwrap();
    }
}
