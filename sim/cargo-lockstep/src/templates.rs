//! The texts that come into a project.

/// The simulator.
pub(crate) fn simulator(name: &str, command: &str, apps: &str, module: &str) -> String {
    format!(
        "//! The simulator of {name}: `{command}` opens it in the terminal, `{command} run FILE` plays a file.\n\
         {module}\n\
         fn main() -> std::process::ExitCode {{\n    lockstep_sim::cli::main(vec![{apps}])\n}}\n"
    )
}

/// The test that holds the goldens.
pub(crate) fn golden_test(command: &str, apps: &str, module: &str) -> String {
    format!(
        "//! A test for each scenario: it must hold, and leave the trace that its golden has.\n\
         //! `INSTA_UPDATE=always {command}` writes the goldens.\n\
         {module}\n\
         fn main() -> std::process::ExitCode {{\n    \
         let folder = concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/scenarios\");\n    \
         lockstep_sim::goldens::test(vec![{apps}], folder)\n}}\n"
    )
}

/// A core to begin with.
pub(crate) fn starter(head: &str, core: &str, type_name: &str, app: &str) -> String {
    format!(
        r#"{head}
use {core}::app::{{App, AppDescriptor, Log, LogId, LogKind, Sink}};
use {core}::event::Event;
use {core}::output::{{Level, Output}};

/// A light that a button switches on and off.
#[derive(Clone, Debug)]
pub struct {type_name} {{
    is_on: bool,
}}

impl App for {type_name} {{
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("{app}", env!("CARGO_PKG_VERSION"))
        .with_buttons(&["button"])
        .with_outputs(&[Output::digital("light")])
        .with_logs(&[LogKind::words("switched", &["off", "on"])]);
    type Outputs = [Level; 1];

    fn new() -> Self {{
        Self {{ is_on: false }}
    }}

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {{
        if let Event::Press(_) = event {{
            self.is_on = !self.is_on;
            out.log(Log::new(LogId(0), i32::from(self.is_on)));
        }}
    }}

    fn outputs(&self) -> Self::Outputs {{
        [self.is_on.into()]
    }}
}}
"#
    )
}

/// What stands above a starter that is beside the sources.
pub(crate) const STARTER_HEAD: &str = "//! What is played: a core to begin with. Put yours in its place: events come in through `handle`, levels
//! go out through `outputs`. One that a board runs too belongs into a `no_std` library.
";

/// What stands above the core of a new crate.
pub(crate) const CORE_HEAD: &str = "//! The core: events come in through `handle`, levels go out through `outputs`. Nothing here knows a
//! board or a host.

#![no_std]
";

/// A scenario that presses each button once.
pub(crate) fn scenario(app: &str, buttons: &[String]) -> String {
    let mut text = format!(
        "# What `{app}` does in its first second, and when each button is pressed.\n\
         # Its golden is the whole trace; say with `expect` what matters of it.\n\
         app {app}\n\nwait 1 s\n"
    );
    for button in buttons {
        text += &format!("tap {button} for 100 ms\nwait 1 s\n");
    }
    text
}

/// A scenario for the core to begin with.
pub(crate) fn starter_scenario(app: &str) -> String {
    format!(
        "# The button switches the light on, and off again.\napp {app}\n\n\
         tap button for 100 ms\nexpect light is on\nexpect log switched on\nwait 1 s\n\
         tap button for 100 ms\nexpect light is off\n"
    )
}

/// A package beside the firmware.
pub(crate) fn package_beside(name: &str, package: &str, dependencies: &str) -> String {
    format!(
        "# What plays {name} on the host. A workspace of its own: no target, linker or profile of the\n\
         # firmware reaches it.\n\
         [package]\nname = \"{package}\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n\
         [dependencies]\n{dependencies}\n\
         [[test]]\nname = \"scenarios\"\nharness = false\n\n\
         [workspace]\n"
    )
}
