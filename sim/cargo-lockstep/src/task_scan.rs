//! Looks for async tasks in the sources of a library that a simulator can be joined with: public
//! functions whose parameters are pins by their traits.

use std::collections::BTreeSet;
use std::path::Path;

use syn::{
    FnArg, GenericParam, Item, Pat, ReturnType, Signature, Type, TypeParamBound, WherePredicate,
};

use crate::app_scan::{is_public, is_test, parse};

/// What a parameter of a task is to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PortKind {
    /// A contact.
    Button,
    /// A level that is on or off.
    Digital,
    /// A duty cycle.
    Analog,
    /// A UART.
    Serial,
}

/// A parameter of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Port {
    /// Its name, as the task has it.
    pub(crate) name: String,
    /// What it is.
    pub(crate) kind: PortKind,
}

/// A task that can be joined with its ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Task {
    /// Its path from outside.
    pub(crate) path: String,
    /// Its parameters, in their order.
    pub(crate) ports: Vec<Port>,
    /// Whether its type says that it never returns.
    pub(crate) diverges: bool,
}

/// What a library has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FoundTasks {
    /// The tasks that can be joined.
    pub(crate) tasks: Vec<Task>,
    /// The others: each with its first parameter that is no port.
    pub(crate) others: Vec<(String, String)>,
    /// Whether the sources wait for levels and edges that are low.
    pub(crate) waits_for_low: bool,
}

/// The tasks of the library whose root file is this.
pub(crate) fn find_tasks(root: &Path, crate_name: &str) -> FoundTasks {
    let mut found = FoundTasks::default();
    if let Some(file) = parse(root) {
        let text = std::fs::read_to_string(root).unwrap_or_default();
        found.note_levels(&text);
        let folder = root.parent().unwrap_or(root);
        found.items(&file.items, folder, crate_name);
    }
    found
}

impl FoundTasks {
    fn note_levels(&mut self, text: &str) {
        let low = [".is_low(", ".wait_for_low(", ".wait_for_falling_edge("];
        self.waits_for_low |= low.iter().any(|call| text.contains(call));
    }

    fn items(&mut self, items: &[Item], folder: &Path, modules: &str) {
        for item in items {
            match item {
                Item::Fn(function)
                    if is_public(&function.vis) && function.sig.asyncness.is_some() =>
                {
                    self.task(&function.sig, modules);
                }
                Item::Mod(module) if is_public(&module.vis) && !is_test(&module.attrs) => {
                    let name = module.ident.to_string();
                    let path = format!("{modules}::{name}");
                    let folder = folder.join(&name);
                    if let Some((_, items)) = &module.content {
                        self.items(items, &folder, &path);
                        continue;
                    }
                    let files = [folder.with_extension("rs"), folder.join("mod.rs")];
                    if let Some(file) = files.iter().find_map(|file| parse(file)) {
                        for file in &files {
                            let text = std::fs::read_to_string(file).unwrap_or_default();
                            self.note_levels(&text);
                        }
                        self.items(&file.items, &folder, &path);
                    }
                }
                _ => {}
            }
        }
    }

    fn task(&mut self, signature: &Signature, modules: &str) {
        let path = format!("{modules}::{}", signature.ident);
        let mut ports = Vec::new();
        for input in &signature.inputs {
            let port = port(input, signature);
            match port {
                Ok(port) => ports.push(port),
                Err(parameter) => {
                    self.others.push((path, parameter));
                    return;
                }
            }
        }
        let diverges = match &signature.output {
            ReturnType::Type(_, of) => matches!(of.as_ref(), Type::Never(_)),
            ReturnType::Default => false,
        };
        self.tasks.push(Task {
            path,
            ports,
            diverges,
        });
    }
}

/// The port that a parameter is, or the name of one that is none.
fn port(input: &FnArg, signature: &Signature) -> Result<Port, String> {
    let FnArg::Typed(typed) = input else {
        return Err("self".to_owned());
    };
    let Pat::Ident(name) = typed.pat.as_ref() else {
        return Err("_".to_owned());
    };
    let name = name.ident.to_string();
    let bounds = match typed.ty.as_ref() {
        Type::ImplTrait(implementation) => names(implementation.bounds.iter()),
        Type::Path(path) => match path.path.get_ident() {
            Some(parameter) => bounds_of(&parameter.to_string(), signature),
            None => BTreeSet::new(),
        },
        _ => BTreeSet::new(),
    };
    match kind(&bounds) {
        Some(kind) => Ok(Port { name, kind }),
        None => Err(name),
    }
}

fn kind(bounds: &BTreeSet<String>) -> Option<PortKind> {
    let has = |name: &str| bounds.contains(name);
    let known = [
        (&["SetDutyCycle"][..], PortKind::Analog),
        (&["OutputPin", "StatefulOutputPin"], PortKind::Digital),
        (&["Wait", "InputPin"], PortKind::Button),
        (&["Read", "Write", "BufRead"], PortKind::Serial),
    ];
    let kinds: Vec<_> = known
        .iter()
        .filter(|(names, _)| names.iter().any(|name| has(name)))
        .collect();
    // One that is two things at once is none that is known.
    match kinds.as_slice() {
        [(_, kind)] => Some(*kind),
        _ => None,
    }
}

fn bounds_of(parameter: &str, signature: &Signature) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for generic in &signature.generics.params {
        if let GenericParam::Type(generic) = generic
            && generic.ident == parameter
        {
            found.extend(names(generic.bounds.iter()));
        }
    }
    let predicates = signature.generics.where_clause.iter();
    for predicate in predicates.flat_map(|clause| clause.predicates.iter()) {
        if let WherePredicate::Type(predicate) = predicate
            && let Type::Path(path) = &predicate.bounded_ty
            && path.path.is_ident(parameter)
        {
            found.extend(names(predicate.bounds.iter()));
        }
    }
    found
}

fn names<'b>(bounds: impl Iterator<Item = &'b TypeParamBound>) -> BTreeSet<String> {
    let last = bounds.filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => Some(bound.path.segments.last()?.ident.to_string()),
        _ => None,
    });
    last.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> FoundTasks {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lib.rs");
        std::fs::write(&path, text).unwrap();
        find_tasks(&path, "fan")
    }

    #[test]
    fn pins_are_ports_by_their_traits() {
        let found = found(
            "pub async fn run<B: Wait + InputPin, U>(mut key: B, mut motor: impl SetDutyCycle,
                 led: impl StatefulOutputPin, uart: U) where U: embedded_io_async::Write {}",
        );
        let expected = [
            ("key", PortKind::Button),
            ("motor", PortKind::Analog),
            ("led", PortKind::Digital),
            ("uart", PortKind::Serial),
        ];
        assert_eq!(found.tasks[0].path, "fan::run");
        let ports = found.tasks[0]
            .ports
            .iter()
            .map(|port| (port.name.as_str(), port.kind));
        assert_eq!(ports.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_a_simulator_does_not_have_is_named() {
        let found = found(
            "pub async fn show(bus: impl I2c) {}
             pub async fn blink(led: Output<'static>) {}
             async fn hidden() {}
             pub fn no_task() {}
             pub mod beat { pub async fn beat() -> ! { loop {} } }",
        );
        assert_eq!(found.tasks.len(), 1);
        assert!(found.tasks[0].diverges);
        assert_eq!(found.tasks[0].path, "fan::beat::beat");
        let others: Vec<_> = found
            .others
            .iter()
            .map(|(path, it)| (path.as_str(), it.as_str()))
            .collect();
        assert_eq!(others, [("fan::show", "bus"), ("fan::blink", "led")]);
    }

    #[test]
    fn a_contact_to_ground_is_seen_by_what_is_waited_for() {
        assert!(found("async fn a(b: B) { b.wait_for_falling_edge().await; }").waits_for_low);
        assert!(!found("async fn a(b: B) { b.wait_for_rising_edge().await; }").waits_for_low);
    }
}
