//! The apps that ship, as the simulator and the hardware suite take them.

use lockstep_apps::lamp::Lamp;
use lockstep_apps::toggle;
use lockstep_engine::registry::AppEntry;

/// The apps that ship; the first is the one that is played where none is named.
#[must_use]
pub fn shipped() -> Vec<AppEntry> {
    vec![AppEntry::of::<Lamp>(), AppEntry::of::<toggle::Firmware>()]
}

#[cfg(test)]
mod tests {
    use lockstep_engine::registry::Registry;

    #[test]
    fn what_ships_is_usable() {
        Registry::new(super::shipped()).unwrap();
    }
}
