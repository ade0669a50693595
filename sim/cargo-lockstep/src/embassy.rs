//! The adapter that joins the tasks of an Embassy firmware with their ports.

use std::collections::BTreeMap;

use crate::task_scan::{FoundTasks, PortKind, Task};

/// An adapter, and the names of its buttons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Adapter {
    /// The library of the package beside the firmware.
    pub(crate) text: String,
    /// What a scenario can press.
    pub(crate) buttons: Vec<String>,
}

/// Tasks to begin with, where the firmware has none that could be joined.
const STARTER_TASKS: &str = r"
/// Switches the light with each press.
async fn switch_light(mut button: impl Wait, mut light: impl StatefulOutputPin) {
    loop {
        button.wait_for_rising_edge().await.ok();
        light.toggle().ok();
    }
}
";

/// The adapter for these tasks.
pub(crate) fn adapter(app: &str, found: &FoundTasks) -> Adapter {
    let names = port_names(&found.tasks);
    let mut ports: BTreeMap<PortKind, Vec<String>> = BTreeMap::new();
    let mut spawns = String::new();
    for task in &found.tasks {
        let arguments = task.ports.iter().map(|port| {
            let name = &names[&(task.path.clone(), port.name.clone())];
            ports.entry(port.kind).or_default().push(name.clone());
            argument(port.kind, name, found.waits_for_low)
        });
        let arguments: Vec<_> = arguments.collect();
        let call = format!("{}({})", task.path, arguments.join(", "));
        let future = match task.diverges {
            true => format!("async move {{ {call}.await; }}"),
            false => call,
        };
        spawns += &format!("        spawn(spawner, {future});\n");
    }
    let mut head = format!(
        "//! Joins the tasks of `{app}` with their ports, so that they are played on the host.\n"
    );
    for (path, parameter) in &found.others {
        head +=
            &format!("//! `{path}` is not here: nothing is known that `{parameter}` could be.\n");
    }
    let buttons = ports.remove(&PortKind::Button).unwrap_or_default();
    Adapter {
        text: library(&head, app, &buttons, &ports, &spawns, ""),
        buttons,
    }
}

/// An adapter with tasks of its own.
pub(crate) fn starter(app: &str) -> Adapter {
    let head = format!(
        "//! What is played of `{app}`: a task to begin with, joined with its ports. Put yours in its place:\n\
         //! tasks that are generic over the traits of `embedded-hal`, in a library that no HAL is in, so that\n\
         //! the board and this can both have them.\n"
    );
    let buttons = vec!["button".to_owned()];
    let ports = BTreeMap::from([(PortKind::Digital, vec!["light".to_owned()])]);
    let spawns =
        "        spawn(spawner, switch_light(ports.input(\"button\"), ports.output(\"light\")));\n";
    Adapter {
        text: library(&head, app, &buttons, &ports, spawns, STARTER_TASKS),
        buttons,
    }
}

/// A port has the name of the parameter, and that of its task before it where two have the same.
fn port_names(tasks: &[Task]) -> BTreeMap<(String, String), String> {
    let all = || {
        tasks
            .iter()
            .flat_map(|task| task.ports.iter().map(move |port| (task, port)))
    };
    let named = all().map(|(task, port)| {
        let is_shared = all().filter(|(_, other)| other.name == port.name).count() > 1;
        let function = task.path.rsplit("::").next().unwrap_or_default();
        let name = match is_shared {
            true => format!("{function}_{}", port.name),
            false => port.name.clone(),
        };
        ((task.path.clone(), port.name.clone()), name)
    });
    named.collect()
}

fn argument(kind: PortKind, name: &str, waits_for_low: bool) -> String {
    match kind {
        PortKind::Button if waits_for_low => format!("ports.input(\"{name}\").active_low()"),
        PortKind::Button => format!("ports.input(\"{name}\")"),
        PortKind::Digital | PortKind::Analog => format!("ports.output(\"{name}\")"),
        PortKind::Serial => format!("ports.serial(\"{name}\")"),
    }
}

fn library(
    head: &str,
    app: &str,
    buttons: &[String],
    ports: &BTreeMap<PortKind, Vec<String>>,
    spawns: &str,
    tasks: &str,
) -> String {
    let of = |kind| ports.get(&kind).map(Vec::as_slice).unwrap_or_default();
    let digital = of(PortKind::Digital)
        .iter()
        .map(|it| format!("Output::digital(\"{it}\")"));
    let analog = of(PortKind::Analog)
        .iter()
        .map(|it| format!("Output::analog(\"{it}\", 100)"));
    let outputs: Vec<_> = digital.chain(analog).collect();
    let serial = of(PortKind::Serial)
        .iter()
        .map(|it| format!("SerialLine::new(\"{it}\")"));
    let serial: Vec<_> = serial.collect();
    let quoted: Vec<_> = buttons.iter().map(|it| format!("\"{it}\"")).collect();
    let mut descriptor = format!("AppDescriptor::new(\"{app}\", env!(\"CARGO_PKG_VERSION\"))");
    let lists = [
        ("buttons", &quoted),
        ("outputs", &outputs),
        ("serial_lines", &serial),
    ];
    for (name, list) in lists.iter().filter(|(_, list)| !list.is_empty()) {
        descriptor += &format!("\n        .with_{name}(&[{}])", list.join(", "));
    }
    let mut imports = String::new();
    if !tasks.is_empty() {
        imports += "use embedded_hal::digital::StatefulOutputPin;\nuse embedded_hal_async::digital::Wait;\n";
    }
    imports += "use lockstep_embassy::{EmbassyApp, Firmware, Ports, Spawner, spawn};\n\
                use lockstep_sim::core::app::AppDescriptor;\n";
    imports += match outputs.is_empty() {
        true => "use lockstep_sim::core::output::Level;\n",
        false => "use lockstep_sim::core::output::{Level, Output};\n",
    };
    if !serial.is_empty() {
        imports += "use lockstep_sim::core::ports::SerialLine;\n";
    }
    format!(
        "{head}\n{imports}{tasks}\n/// What is played.\npub type Played = EmbassyApp<Board>;\n\n\
         /// The ports that there are, and who has them. A button that pulls its pin to ground is\n\
         /// `.active_low()`.\npub struct Board;\n\n\
         impl Firmware for Board {{\n    const DESCRIPTOR: AppDescriptor = {descriptor};\n    \
         type Outputs = [Level; {}];\n\n    \
         fn start(ports: &Ports, spawner: Spawner) {{\n{spawns}    }}\n}}\n",
        outputs.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task_scan::Port;

    fn task(path: &str, ports: &[(&str, PortKind)]) -> Task {
        let ports = ports.iter().map(|(name, kind)| Port {
            name: (*name).to_owned(),
            kind: *kind,
        });
        Task {
            path: path.to_owned(),
            ports: ports.collect(),
            diverges: false,
        }
    }

    #[test]
    fn tasks_are_joined_with_ports_of_the_names_of_their_parameters() {
        let found = FoundTasks {
            tasks: vec![
                task(
                    "fan::run",
                    &[("key", PortKind::Button), ("motor", PortKind::Analog)],
                ),
                task("fan::beat", &[("led", PortKind::Digital)]),
            ],
            others: vec![("fan::log".to_owned(), "flash".to_owned())],
            waits_for_low: true,
        };
        let adapter = adapter("fan", &found);
        assert_eq!(adapter.buttons, ["key"]);
        for line in [
            "//! `fan::log` is not here: nothing is known that `flash` could be.",
            ".with_buttons(&[\"key\"])",
            ".with_outputs(&[Output::digital(\"led\"), Output::analog(\"motor\", 100)])",
            "type Outputs = [Level; 2];",
            "spawn(spawner, fan::run(ports.input(\"key\").active_low(), ports.output(\"motor\")));",
        ] {
            assert!(adapter.text.contains(line), "{line}\n{}", adapter.text);
        }
        assert!(syn::parse_file(&adapter.text).is_ok());
    }

    #[test]
    fn two_parameters_of_one_name_are_two_ports() {
        let found = FoundTasks {
            tasks: vec![
                task("a::one", &[("led", PortKind::Digital)]),
                task("a::two", &[("led", PortKind::Digital)]),
            ],
            ..FoundTasks::default()
        };
        let text = adapter("a", &found).text;
        assert!(
            text.contains("Output::digital(\"one_led\"), Output::digital(\"two_led\")"),
            "{text}"
        );
    }

    #[test]
    fn the_starter_is_rust() {
        let starter = starter("blinky");
        assert!(syn::parse_file(&starter.text).is_ok(), "{}", starter.text);
    }
}
