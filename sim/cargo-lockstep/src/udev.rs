//! Access to debug probes on Linux: which vendors a project has, and the rules that open their probes.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use lockstep_engine::files;
use lockstep_engine::project::Project;

use crate::benches::bench_files;

/// Where rules are put by hand; it sorts before the file that applies `uaccess`.
pub(crate) const RULES_FILE: &str = "/etc/udev/rules.d/69-lockstep.rules";

/// Where the system has rules.
const FOLDERS: [&str; 4] = [
    "/etc/udev/rules.d",
    "/run/udev/rules.d",
    "/usr/lib/udev/rules.d",
    "/lib/udev/rules.d",
];

/// The vendors of common probes.
const VENDORS: [(&str, &str); 6] = [
    ("0483", "ST-Link"),
    ("0d28", "CMSIS-DAP of Arm, as on a micro:bit"),
    ("1366", "J-Link"),
    ("1d50", "Black Magic Probe and other open probes"),
    ("2e8a", "Raspberry Pi Debug Probe"),
    ("303a", "USB JTAG of Espressif"),
];

/// The vendors of the probes that the benches of a project name.
pub(crate) fn vendors(project: &Project) -> BTreeSet<String> {
    let benches = bench_files(project).into_iter();
    benches.filter_map(|bench| vendor(&bench.probe?)).collect()
}

/// The vendor of a probe that is named by `VID:PID`.
fn vendor(probe: &str) -> Option<String> {
    let (vendor, _) = probe.split_once(':')?;
    let is_vendor = vendor.len() == 4 && vendor.chars().all(|it| it.is_ascii_hexdigit());
    is_vendor.then(|| vendor.to_lowercase())
}

/// The vendors that no rule of the system mentions.
pub(crate) fn without_rule(vendors: &BTreeSet<String>) -> Vec<String> {
    let folders = FOLDERS.iter().map(PathBuf::from);
    let rules = folders.flat_map(|folder| files::below(&folder, "rules").unwrap_or_default());
    let texts = rules.filter_map(|path| fs::read_to_string(path).ok());
    let all = texts.collect::<Vec<_>>().join("\n").to_lowercase();
    let is_missing = |vendor: &&String| !all.contains(vendor.as_str());
    vendors.iter().filter(is_missing).cloned().collect()
}

/// The rules for these vendors; those of common probes if there are none.
pub(crate) fn rules(vendors: &BTreeSet<String>) -> String {
    let known = |id: &str| {
        VENDORS
            .iter()
            .find(|(vendor, _)| *vendor == id)
            .map(|(_, name)| *name)
    };
    let all: BTreeSet<String> = VENDORS.iter().map(|(id, _)| (*id).to_owned()).collect();
    let wanted = if vendors.is_empty() { &all } else { vendors };
    let mut text = format!("# Debug probes for whoever is logged in. This file is {RULES_FILE}\n");
    for vendor in wanted {
        let name = known(vendor).unwrap_or("a probe of this project");
        text += &format!(
            "# {name}\nSUBSYSTEMS==\"usb\", ATTRS{{idVendor}}==\"{vendor}\", MODE=\"0660\", TAG+=\"uaccess\"\n"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendor_of_a_probe_is_what_stands_before_its_product() {
        assert_eq!(vendor("0D28:0204:99000"), Some("0d28".to_owned()));
        for other in ["virtual", "28:0204", "zzzz:0204"] {
            assert_eq!(vendor(other), None, "{other}");
        }
    }

    #[test]
    fn the_rules_are_for_the_probes_of_the_project() {
        let text = rules(&BTreeSet::from(["0d28".to_owned()]));
        assert_eq!(text.matches("SUBSYSTEMS").count(), 1);
        assert!(
            text.contains("ATTRS{idVendor}==\"0d28\", MODE=\"0660\", TAG+=\"uaccess\""),
            "{text}"
        );
        assert_eq!(
            rules(&BTreeSet::new()).matches("SUBSYSTEMS").count(),
            VENDORS.len()
        );
    }
}
