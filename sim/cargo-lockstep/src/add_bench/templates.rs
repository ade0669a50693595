//! The texts of a bench and of the program that plays on it.

/// The manifest of the program.
pub(super) fn manifest(core: &str, dependencies: &str) -> String {
    format!(
        "# What plays the scenarios of {core} on boards. A workspace of its own: what it needs reaches\n\
         # neither the firmware nor the simulator.\n\
         [package]\nname = \"{core}-hil\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n\
         [dependencies]\n{dependencies}\n\
         [[bin]]\nname = \"hil\"\npath = \"src/main.rs\"\n\n\
         [workspace]\n"
    )
}

/// The program.
pub(super) fn program(core: &str, command: &str, bench: &str, types: &[String]) -> String {
    let apps: Vec<_> = types
        .iter()
        .map(|it| format!("lockstep_engine::app!({it})"))
        .collect();
    format!(
        "//! The hardware suite of {core}: `{command} run --bench {bench}` plays the scenarios on a board.\n\n\
         fn main() -> std::process::ExitCode {{\n    \
         lockstep_hil_cli::main(vec![{}])\n}}\n",
        apps.join(", ")
    )
}

/// A bench with the emulated board.
pub(super) fn virtual_bench(board: &str) -> String {
    format!(
        "# The board `{board}`, emulated: it is started for the run, and needs `qemu-system-arm` alone.\n\
         board = \"{board}\"\nprobe = \"virtual\"\n"
    )
}

/// A bench with a probe.
pub(super) fn hardware_bench(board: &str, probe: &str, buttons: &[(String, String)]) -> String {
    let wires = buttons
        .iter()
        .map(|(pin, name)| format!("\"{pin}\" = \"none\" # {name}\n"));
    format!(
        "# The board `{board}` at a debug probe.\n\
         board = \"{board}\"\n\
         # As `probe-rs list` shows it: VID:PID, or VID:PID:SERIAL where there are several of its kind.\n\
         probe = \"{probe}\"\nprotocol = \"swd\"\nspeed = 1000 # kHz\n\n\
         # No wire goes to a button, and nothing samples the pins. A jumper from each button to a free pin lets\n\
         # the chip press its own buttons: say below which pins these are, and take \"pins\" out of the list.\n\
         missing_capabilities = [\"pins\", \"outside\"]\n\n\
         [wiring]\n{}",
        wires.collect::<String>()
    )
}
