//! Where the crates of Lockstep come from: a folder, a git repository, or the registry.

use std::env;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use thiserror::Error;
use toml_edit::{DocumentMut, InlineTable, Value};
use walkdir::WalkDir;

/// How deep below a folder the crates of Lockstep are looked for.
const DEPTH: usize = 4;

/// Folders in which no crate is looked for.
const SKIPPED: [&str; 3] = ["target", "fixtures", ".git"];

/// The crate by which a folder of crates is known.
const CONTRACT: &str = "lockstep-core";

/// Where the crates come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A folder that holds them: a clone, or unpacked packages.
    Path(PathBuf),
    /// A git repository, with its other keys such as `rev`.
    Git(DependencyKeys),
    /// The registry, in this version.
    Registry(String),
}

/// The keys of a dependency and their values.
pub(crate) type DependencyKeys = Vec<(String, String)>;

/// The crates cannot be had from there.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum SourceError {
    /// It is none of the three.
    #[error("`{0}` is no source: expected `registry`, `git`, `git=URL`, `path` or `path=FOLDER`")]
    Unknown(String),
    /// The program does not know of a clone.
    #[error("`path` needs a folder: `--source path=FOLDER`, where FOLDER is a clone of Lockstep")]
    NoClone,
    /// A folder does not hold a crate.
    #[error("there is no crate `{name}` below `{}`", .folder.display())]
    NotThere {
        /// The crate.
        name: String,
        /// The folder.
        folder: PathBuf,
    },
}

impl FromStr for Source {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        match text.split_once('=').unwrap_or((text, "")) {
            ("registry", "") => Ok(Self::registry()),
            ("registry", version) => Ok(Self::Registry(version.to_owned())),
            ("git", "") => Ok(Self::git(env!("CARGO_PKG_REPOSITORY"))),
            ("git", url) => Ok(Self::git(url)),
            ("path", "") => clone_of_program()
                .map(Self::Path)
                .ok_or(SourceError::NoClone),
            ("path", folder) => {
                let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.into());
                let source = Self::Path(folder.clone());
                source.check(CONTRACT)?;
                Ok(source)
            }
            _ => Err(SourceError::Unknown(text.to_owned())),
        }
    }
}

impl Source {
    fn registry() -> Self {
        Self::Registry(env!("CARGO_PKG_VERSION").to_owned())
    }

    fn git(url: &str) -> Self {
        Self::Git(vec![("git".to_owned(), url.to_owned())])
    }

    /// Where this program itself was built: in a clone, in a git dependency, or from the registry.
    pub(crate) fn of_program() -> Self {
        if let Some(clone) = clone_of_program() {
            return Self::Path(clone);
        }
        match Path::new(BUILT_IN).components().any(is_git_checkout) {
            true => Self::git(env!("CARGO_PKG_REPOSITORY")),
            false => Self::registry(),
        }
    }

    /// Where a project has its crates from, by a dependency that is there.
    ///
    /// `folder` is that of the manifest.
    pub(crate) fn of_dependency(
        name: &str,
        dependency: &toml_edit::Item,
        folder: &Path,
    ) -> Option<Self> {
        let text = |key: &str| dependency.get(key)?.as_str().map(str::to_owned);
        if let Some(path) = text("path") {
            let package = fs::canonicalize(folder.join(path)).ok()?;
            let holds_all = |it: &&Path| find(it, "lockstep-sim").is_some();
            let all = package.ancestors().skip(1).take(DEPTH).find(holds_all)?;
            return find(all, name).map(|_| Self::Path(all.to_owned()));
        }
        if let Some(url) = text("git") {
            let mut keys = vec![("git".to_owned(), url)];
            for key in ["branch", "rev", "tag"] {
                keys.extend(text(key).map(|value| (key.to_owned(), value)));
            }
            return Some(Self::Git(keys));
        }
        let version = dependency.as_str().map(str::to_owned);
        version.or_else(|| text("version")).map(Self::Registry)
    }

    /// That a crate can be had, as far as that can be known without the network.
    pub(crate) fn check(&self, name: &str) -> Result<(), SourceError> {
        self.dependency(name, Path::new("/")).map(|_| ())
    }

    /// The dependency on a crate, as the manifest in this folder has it.
    pub(crate) fn dependency(
        &self,
        name: &str,
        manifest_folder: &Path,
    ) -> Result<Value, SourceError> {
        let mut table = InlineTable::new();
        match self {
            Self::Registry(version) => return Ok(version.as_str().into()),
            Self::Git(keys) => {
                for (key, value) in keys {
                    table.insert(key, value.as_str().into());
                }
            }
            Self::Path(folder) => {
                let package = find(folder, name).ok_or_else(|| SourceError::NotThere {
                    name: name.to_owned(),
                    folder: folder.clone(),
                })?;
                let path = relative(&package, manifest_folder);
                table.insert("path", path.display().to_string().into());
            }
        }
        Ok(Value::InlineTable(table))
    }

    /// Whether others than this machine can have the crates.
    pub(crate) fn is_public(&self) -> bool {
        !matches!(self, Self::Path(_))
    }

    /// How it is told.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Path(folder) => format!("`{}`", folder.display()),
            Self::Git(keys) => keys
                .first()
                .map_or_else(String::new, |(_, url)| format!("`{url}`")),
            Self::Registry(version) => format!("the registry, version {version}"),
        }
    }
}

/// Where this program was built.
const BUILT_IN: &str = env!("CARGO_MANIFEST_DIR");

/// The clone that this program was built in, if it is still there.
fn clone_of_program() -> Option<PathBuf> {
    let package = Path::new(BUILT_IN);
    if package.components().any(is_git_checkout) || !package.is_dir() {
        return None;
    }
    let mut folders = package.ancestors().skip(1).take(DEPTH);
    let clone = folders.find(|folder| find(folder, CONTRACT).is_some())?;
    Some(clone.to_owned())
}

/// Cargo keeps what it has from git in such a folder.
fn is_git_checkout(component: Component<'_>) -> bool {
    component.as_os_str() == "checkouts"
}

/// The folder of a package below this one.
fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let is_skipped = |path: &Path| SKIPPED.iter().any(|it| path.ends_with(it));
    let entries = WalkDir::new(folder)
        .max_depth(DEPTH)
        .sort_by_file_name()
        .into_iter();
    let entries = entries.filter_entry(move |entry| !is_skipped(entry.path()));
    let mut manifests = entries
        .flatten()
        .filter(|entry| entry.file_name() == "Cargo.toml");
    manifests.find_map(|entry| {
        let text = fs::read_to_string(entry.path()).ok()?;
        let document = text.parse::<DocumentMut>().ok()?;
        let is_it = document.get("package")?.get("name")?.as_str()? == name;
        is_it.then(|| entry.path().parent().map(Path::to_owned))?
    })
}

/// The path from a folder, where both have more in common than the root of the file system.
pub(crate) fn relative(path: &Path, from: &Path) -> PathBuf {
    let from = fs::canonicalize(from).unwrap_or_else(|_| from.to_owned());
    let common = path
        .components()
        .zip(from.components())
        .take_while(|(a, b)| a == b)
        .count();
    if common < 2 {
        return path.to_owned();
    }
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    up.chain(path.components().skip(common)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_relative_where_there_is_something_in_common() {
        let relative = |path, from| relative(Path::new(path), Path::new(from));
        assert_eq!(
            relative("/home/a/lockstep/core", "/home/a/mine/sub"),
            Path::new("../../lockstep/core")
        );
        assert_eq!(
            relative("/opt/lockstep", "/home/a"),
            Path::new("/opt/lockstep")
        );
    }

    #[test]
    fn the_clone_of_the_program_holds_every_crate_that_a_project_needs() {
        let source: Source = "path".parse().unwrap();
        for name in [
            CONTRACT,
            "lockstep-sim",
            "lockstep-embassy",
            "lockstep-board",
            "lockstep-nordic",
            "lockstep-rp",
            "lockstep-stm32f4",
            "lockstep-pins",
            "lockstep-engine",
            "lockstep-hil-cli",
        ] {
            source.check(name).unwrap();
        }
        let error = source.check("lockstep-none").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("there is no crate `lockstep-none` below")
        );
    }

    #[test]
    fn a_source_is_one_of_three() {
        let line = |source: &str| {
            let source: Source = source.parse().unwrap();
            source
                .dependency(CONTRACT, Path::new("/"))
                .unwrap()
                .to_string()
        };
        assert_eq!(line("git=https://a.b/c"), "{ git = \"https://a.b/c\" }");
        assert_eq!(line("registry=2.0"), "\"2.0\"");
        for wrong in ["", "svn", "path=/nowhere"] {
            assert!(wrong.parse::<Source>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn crates_come_from_where_one_of_them_comes_from() {
        let of = |line: &str| {
            let document: DocumentMut = line.parse().unwrap();
            Source::of_dependency(
                CONTRACT,
                document.get(CONTRACT).unwrap(),
                Path::new(BUILT_IN),
            )
        };
        assert_eq!(
            of("lockstep-core = \"0.1\""),
            Some(Source::Registry("0.1".to_owned()))
        );
        let git = of("lockstep-core = { git = \"u\", rev = \"1\" }");
        let keys =
            [("git", "u"), ("rev", "1")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(git, Some(Source::Git(keys.to_vec())));
        let path = of("lockstep-core = { path = \"../../firmware-core/contract\" }");
        assert_eq!(path, clone_of_program().map(Source::Path));
    }
}
