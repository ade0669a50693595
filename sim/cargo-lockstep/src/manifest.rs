//! Edits of TOML files that keep everything else as it is, and never change what is there.

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, TomlError, Value, value};

/// A file that is edited.
#[derive(Clone, Debug)]
pub(crate) struct TomlFile {
    document: DocumentMut,
}

impl TomlFile {
    pub(crate) fn parse(text: &str) -> Result<Self, TomlError> {
        text.parse().map(|document| Self { document })
    }

    pub(crate) fn text(&self) -> String {
        self.document.to_string()
    }

    /// A value, by the names of its tables and its own.
    pub(crate) fn get(&self, path: &[&str]) -> Option<&Item> {
        let mut item = self.document.as_item();
        for key in path {
            item = item.get(key)?;
        }
        Some(item)
    }

    /// Adds a key to a table, which comes to be at the end of the file. Gives whether it was added:
    /// a key that is there stays.
    pub(crate) fn add(&mut self, table: &str, key: &str, new: Value) -> bool {
        let entry = self.document.entry(table).or_insert_with(new_table);
        let Some(table) = entry.as_table_like_mut() else {
            return false;
        };
        let is_new = !table.contains_key(key);
        if is_new {
            table.insert(key, value(new));
        }
        is_new
    }

    /// Adds a text to a list of a table, unless it is in there.
    pub(crate) fn add_to_list(&mut self, table: &str, key: &str, text: &str) -> bool {
        let entry = self.document.entry(table).or_insert_with(new_table);
        let Some(table) = entry.as_table_like_mut() else {
            return false;
        };
        let list = table.entry(key).or_insert_with(|| value(Array::new()));
        let Some(list) = list.as_array_mut() else {
            return false;
        };
        let is_new = !list.iter().any(|it| it.as_str() == Some(text));
        if is_new {
            list.push(text);
        }
        is_new
    }

    /// Adds a test target without the harness of Rust, unless one of this name is there.
    pub(crate) fn add_test(&mut self, name: &str) {
        let tests = Item::ArrayOfTables(ArrayOfTables::new());
        let tests = self.document.entry("test").or_insert(tests);
        let Some(tests) = tests.as_array_of_tables_mut() else {
            return;
        };
        let named = |it: &Table| it.get("name").and_then(Item::as_str) == Some(name);
        if tests.iter().any(named) {
            return;
        }
        let mut test = Table::new();
        test.insert("name", value(name));
        test.insert("harness", value(false));
        tests.push(test);
    }

    /// Whether a package is a dependency, of this kind.
    pub(crate) fn has_dependency(&self, kind: &str, name: &str) -> bool {
        self.get(&[kind, name]).is_some()
    }
}

fn new_table() -> Item {
    Item::Table(Table::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str =
        "# Mine.\n[package]\nname = \"a\" # short\n\n[dependencies]\nheapless = \"0.9\"\n";

    #[test]
    fn what_is_added_leaves_the_rest_as_it_is() {
        let mut file = TomlFile::parse(MANIFEST).unwrap();
        assert!(file.add("dependencies", "b", "1.0".into()));
        assert!(file.add("dev-dependencies", "c", "2.0".into()));
        file.add_test("scenarios");
        let expected = format!(
            "{MANIFEST}b = \"1.0\"\n\n[dev-dependencies]\nc = \"2.0\"\n\n[[test]]\n\
             name = \"scenarios\"\nharness = false\n"
        );
        assert_eq!(file.text(), expected);
    }

    #[test]
    fn a_second_time_adds_nothing() {
        let mut file = TomlFile::parse(MANIFEST).unwrap();
        let add = |file: &mut TomlFile| {
            file.add("dependencies", "heapless", "2.0".into());
            file.add_to_list("workspace", "exclude", "lockstep");
            file.add_test("scenarios");
        };
        add(&mut file);
        let first = file.text();
        add(&mut file);
        assert_eq!(file.text(), first);
        assert!(first.contains("heapless = \"0.9\""), "{first}");
        assert!(first.contains("exclude = [\"lockstep\"]"), "{first}");
    }

    #[test]
    fn a_table_that_is_something_else_is_left() {
        let mut file = TomlFile::parse("dependencies = 1\n").unwrap();
        assert!(!file.add("dependencies", "b", "1.0".into()));
        assert_eq!(file.text(), "dependencies = 1\n");
    }
}
