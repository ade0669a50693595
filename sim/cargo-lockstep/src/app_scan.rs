//! Looks for apps in the sources of a library, without building it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Expr, ImplItem, Item, Lit, Type, UseTree, Visibility};

/// What a type is, by the trait that it implements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AppKind {
    /// `lockstep_core::app::App`.
    App,
    /// `lockstep_embassy::Firmware`.
    Firmware,
}

/// A type that can be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundApp {
    /// Its path from outside, such as `doorbell::chime::Doorbell`; `None` if it is not public.
    pub(crate) path: Option<String>,
    /// Its own name.
    pub(crate) type_name: String,
    /// The trait that it implements.
    pub(crate) kind: AppKind,
    /// The file that it is in.
    pub(crate) file: PathBuf,
    /// The name in its descriptor, if that is written there.
    pub(crate) name: Option<String>,
    /// Its buttons, as far as they are written there.
    pub(crate) buttons: Vec<String>,
    /// Its outputs that have a pin on a board, as far as they are written there.
    pub(crate) outputs: Vec<String>,
}

/// The apps of the library whose root file is this. A file that is no Rust is passed over: the
/// compiler has more to say about it.
pub(crate) fn find_apps(root: &Path, crate_name: &str, package: &str) -> Vec<FoundApp> {
    let mut scan = Scan {
        package,
        ..Scan::default()
    };
    scan.file(root, &mut vec![crate_name.to_owned()], true);
    let reexported = scan.reexported;
    let mut apps: Vec<_> = scan
        .found
        .into_iter()
        .map(|(app, modules, is_reachable)| {
            let name = &app.type_name;
            let path = match (is_reachable, reexported.get(name)) {
                (true, _) => Some(format!("{}::{name}", modules.join("::"))),
                (false, Some(outside)) => Some(format!("{crate_name}::{outside}")),
                (false, None) => None,
            };
            FoundApp { path, ..app }
        })
        .collect();
    apps.sort_by(|a, b| (&a.file, &a.type_name).cmp(&(&b.file, &b.type_name)));
    apps
}

#[derive(Default)]
struct Scan<'p> {
    package: &'p str,
    /// Each app, the modules around it, and whether it can be reached through them.
    found: Vec<(FoundApp, Vec<String>, bool)>,
    /// What the root of the library exports again: by its own name, the name outside.
    reexported: BTreeMap<String, String>,
}

impl Scan<'_> {
    fn file(&mut self, path: &Path, modules: &mut Vec<String>, is_reachable: bool) {
        let Some(file) = parse(path) else {
            return;
        };
        let (folder, stem) = (path.parent().unwrap_or(path), path.file_stem());
        let is_root = ["lib", "main", "mod"]
            .iter()
            .any(|it| stem.is_some_and(|stem| stem == *it));
        let below = match (is_root || modules.len() == 1, stem) {
            (false, Some(stem)) => folder.join(stem),
            _ => folder.to_owned(),
        };
        self.items(&file.items, path, &below, modules, is_reachable);
    }

    fn items(
        &mut self,
        items: &[Item],
        file: &Path,
        below: &Path,
        modules: &mut Vec<String>,
        is_reachable: bool,
    ) {
        let public: Vec<_> = items.iter().filter_map(public_type).collect();
        for item in items {
            match item {
                Item::Mod(module) if !is_test(&module.attrs) => {
                    let name = module.ident.to_string();
                    let is_reachable = is_reachable && is_public(&module.vis);
                    modules.push(name.clone());
                    match &module.content {
                        Some((_, items)) => {
                            self.items(items, file, &below.join(name), modules, is_reachable);
                        }
                        None => {
                            let flat = below.join(format!("{name}.rs"));
                            let nested = below.join(&name).join("mod.rs");
                            let path = if flat.is_file() { flat } else { nested };
                            self.file(&path, modules, is_reachable);
                        }
                    }
                    modules.pop();
                }
                Item::Use(import) if modules.len() == 1 && is_public(&import.vis) => {
                    reexports(&import.tree, &mut self.reexported);
                }
                Item::Impl(implementation) => {
                    let Some(app) = self.app(implementation, items, file) else {
                        continue;
                    };
                    let is_public = public.contains(&app.type_name);
                    self.found
                        .push((app, modules.clone(), is_reachable && is_public));
                }
                _ => {}
            }
        }
    }

    /// The app that this makes of a type, unless it is generic: then only its user can say which.
    fn app(&self, implementation: &syn::ItemImpl, items: &[Item], file: &Path) -> Option<FoundApp> {
        let (_, path, _) = implementation.trait_.as_ref()?;
        let kind = match path.segments.last()?.ident.to_string().as_str() {
            "App" => AppKind::App,
            "Firmware" => AppKind::Firmware,
            _ => return None,
        };
        if !implementation.generics.params.is_empty() {
            return None;
        }
        let Type::Path(of) = implementation.self_ty.as_ref() else {
            return None;
        };
        // Other crates have an `App` too: this one has its list of names.
        let descriptor = implementation.items.iter().find_map(|item| match item {
            ImplItem::Const(item) if item.ident == "DESCRIPTOR" => Some(&item.expr),
            _ => None,
        })?;
        let mut app = FoundApp {
            path: None,
            type_name: of.path.segments.last()?.ident.to_string(),
            kind,
            file: file.to_owned(),
            name: None,
            buttons: Vec::new(),
            outputs: Vec::new(),
        };
        self.describe(descriptor, items, &mut app);
        Some(app)
    }

    /// Reads what is written in a descriptor, from its last call to its first.
    fn describe(&self, mut expression: &Expr, items: &[Item], app: &mut FoundApp) {
        while let Expr::MethodCall(call) = expression {
            if call.method == "with_buttons" {
                app.buttons = call.args.first().map(texts).unwrap_or_default();
            }
            if call.method == "with_outputs" {
                app.outputs = call.args.first().map(outputs).unwrap_or_default();
            }
            expression = &call.receiver;
        }
        if let Expr::Call(call) = expression {
            app.name = call.args.first().and_then(|name| self.text(name, items));
        }
    }

    fn text(&self, expression: &Expr, items: &[Item]) -> Option<String> {
        match expression {
            Expr::Lit(literal) => literal_text(&literal.lit),
            Expr::Macro(call) => {
                let is_package = call.mac.tokens.to_string() == "\"CARGO_PKG_NAME\"";
                is_package.then(|| self.package.to_owned())
            }
            Expr::Path(path) => {
                let name = path.path.get_ident()?;
                items.iter().find_map(|item| match item {
                    Item::Const(item) if item.ident == *name => self.text(&item.expr, &[]),
                    _ => None,
                })
            }
            _ => None,
        }
    }
}

/// The file as Rust, if it is.
pub(crate) fn parse(path: &Path) -> Option<syn::File> {
    syn::parse_file(&fs::read_to_string(path).ok()?).ok()
}

/// Whether something is there for everybody.
pub(crate) fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn public_type(item: &Item) -> Option<String> {
    match item {
        Item::Struct(item) if is_public(&item.vis) => Some(item.ident.to_string()),
        Item::Enum(item) if is_public(&item.vis) => Some(item.ident.to_string()),
        _ => None,
    }
}

/// Whether something is there in tests alone.
pub(crate) fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .meta
                .require_list()
                .is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

fn reexports(tree: &UseTree, found: &mut BTreeMap<String, String>) {
    match tree {
        UseTree::Path(path) => reexports(&path.tree, found),
        UseTree::Group(group) => group.items.iter().for_each(|tree| reexports(tree, found)),
        UseTree::Name(name) => {
            found.insert(name.ident.to_string(), name.ident.to_string());
        }
        UseTree::Rename(rename) => {
            found.insert(rename.ident.to_string(), rename.rename.to_string());
        }
        UseTree::Glob(_) => {}
    }
}

/// The texts of `&["a", "b"]`.
fn texts(expression: &Expr) -> Vec<String> {
    let Expr::Reference(reference) = expression else {
        return Vec::new();
    };
    let Expr::Array(array) = reference.expr.as_ref() else {
        return Vec::new();
    };
    let texts = array.elems.iter().map(|element| match element {
        Expr::Lit(literal) => literal_text(&literal.lit),
        _ => None,
    });
    // Names that are not all written there stand for nothing.
    texts.collect::<Option<_>>().unwrap_or_default()
}

/// The names of a list such as `&[Output::digital("chime")]`, but for numbers, which have no pin.
fn outputs(expression: &Expr) -> Vec<String> {
    let Expr::Reference(reference) = expression else {
        return Vec::new();
    };
    let Expr::Array(array) = reference.expr.as_ref() else {
        return Vec::new();
    };
    array.elems.iter().filter_map(output).collect()
}

fn output(mut expression: &Expr) -> Option<String> {
    while let Expr::MethodCall(call) = expression {
        expression = &call.receiver;
    }
    let Expr::Call(call) = expression else {
        return None;
    };
    let Expr::Path(function) = call.func.as_ref() else {
        return None;
    };
    let constructor = function.path.segments.last()?.ident.to_string();
    let has_pin = ["digital", "analog"].contains(&constructor.as_str());
    match call.args.first() {
        Some(Expr::Lit(name)) if has_pin => literal_text(&name.lit),
        _ => None,
    }
}

fn literal_text(literal: &Lit) -> Option<String> {
    match literal {
        Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BELL: &str = r#"
        pub struct Bell;
        impl App for Bell {
            const DESCRIPTOR: AppDescriptor = AppDescriptor::new(NAME, "1.0.0")
                .with_buttons(&["bell", "door"])
                .with_outputs(&[Output::digital("chime")]);
        }
        const NAME: &str = "doorbell";
    "#;

    fn scan(files: &[(&str, &str)]) -> Vec<FoundApp> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        find_apps(&folder.path().join("lib.rs"), "my_core", "my-core")
    }

    fn paths(files: &[(&str, &str)]) -> Vec<Option<String>> {
        scan(files).into_iter().map(|app| app.path).collect()
    }

    #[test]
    fn an_app_is_found_with_its_names() {
        let apps = scan(&[("lib.rs", BELL)]);
        assert_eq!(apps.len(), 1);
        assert_eq!(apps[0].path.as_deref(), Some("my_core::Bell"));
        assert_eq!(apps[0].name.as_deref(), Some("doorbell"));
        assert_eq!(apps[0].buttons, ["bell", "door"]);
        assert_eq!(apps[0].outputs, ["chime"]);
        assert_eq!(apps[0].kind, AppKind::App);
    }

    #[test]
    fn modules_are_followed_into_their_files() {
        let found = |path: &str| vec![Some(path.to_owned())];
        let lib = "pub mod bells;";
        assert_eq!(
            paths(&[("lib.rs", lib), ("bells.rs", BELL)]),
            found("my_core::bells::Bell")
        );
        assert_eq!(
            paths(&[("lib.rs", lib), ("bells/mod.rs", BELL)]),
            found("my_core::bells::Bell")
        );
        let nested = [
            ("lib.rs", lib),
            ("bells.rs", "pub mod loud;"),
            ("bells/loud.rs", BELL),
        ];
        assert_eq!(paths(&nested), found("my_core::bells::loud::Bell"));
    }

    #[test]
    fn what_is_not_public_is_reached_as_it_is_exported() {
        let private = "mod bells;";
        assert_eq!(paths(&[("lib.rs", private), ("bells.rs", BELL)]), [None]);
        let exported = "mod bells; pub use bells::Bell as Chime;";
        let path = paths(&[("lib.rs", exported), ("bells.rs", BELL)]);
        assert_eq!(path, [Some("my_core::Chime".to_owned())]);
    }

    #[test]
    fn other_types_are_no_apps() {
        for text in [
            "pub struct Bell; impl App for Bell {}",
            "pub struct Bell<T>(T); impl<T> App for Bell<T> { const DESCRIPTOR: D = new(); }",
            "#[cfg(test)] mod tests { pub struct T; impl App for T { const DESCRIPTOR: D = n(); } }",
            "this is no Rust",
        ] {
            assert_eq!(scan(&[("lib.rs", text)]), [], "{text}");
        }
    }

    #[test]
    fn names_that_are_not_written_there_are_not_made_up() {
        let text = "pub struct B; impl App for B { const DESCRIPTOR: AppDescriptor = \
                    AppDescriptor::new(other::NAME, \"1\").with_buttons(&[FIRST]); }";
        let apps = scan(&[("lib.rs", text)]);
        assert_eq!((&apps[0].name, &apps[0].buttons), (&None, &Vec::new()));
        let package = text.replace("other::NAME", "env!(\"CARGO_PKG_NAME\")");
        let apps = scan(&[("lib.rs", &package)]);
        assert_eq!(apps[0].name.as_deref(), Some("my-core"));
    }
}
