//! Plays the tables that a scenario names.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::rc::Rc;

use lockstep_core::event::NumberId;
use lockstep_core::ports::NumberInput;
use lockstep_core::time::{RunTicks, TickPeriod};

use super::{CauseKind, Planner};
use crate::diagnostic::{Diagnostic, Span};
use crate::files::NamedFiles;
use crate::sanitize::excerpt;
use crate::scenario::Name;
use crate::scenario::table::{self, MAX_TABLE_BYTES, NumberTable};
use crate::script::Action;

/// The most tables that a scenario can play.
const MAX_TABLES: usize = 64;

/// The tables of a scenario, each read once for an input.
pub(super) struct Tables<'a> {
    files: Option<&'a dyn NamedFiles>,
    read: HashMap<(String, NumberId), Rc<NumberTable>>,
}

impl<'a> Tables<'a> {
    pub(super) fn new(files: Option<&'a dyn NamedFiles>) -> Self {
        Self {
            files,
            read: HashMap::new(),
        }
    }

    /// The table in this file, for a number input.
    fn table(
        &mut self,
        file: &Name,
        (id, input): (NumberId, &NumberInput),
        tick: TickPeriod,
    ) -> Result<Rc<NumberTable>, Diagnostic> {
        let key = (file.text.clone(), id);
        if let Some(table) = self.read.get(&key) {
            return Ok(Rc::clone(table));
        }
        if self.read.len() >= MAX_TABLES {
            return Err(Diagnostic::new(
                file.span,
                "the scenario plays too many tables",
                format!("expected at most {MAX_TABLES}"),
            ));
        }
        let bytes = self.bytes(file)?;
        let table = table::parse(&bytes, input, tick).map_err(|error| {
            let name = excerpt(&file.text);
            let message = format!("`{name}`, line {}: {}", error.line, error.message);
            Diagnostic::new(file.span, message, error.expected)
        })?;
        let table = Rc::new(table);
        self.read.insert(key, Rc::clone(&table));
        Ok(table)
    }

    fn bytes(&self, file: &Name) -> Result<Vec<u8>, Diagnostic> {
        let name = excerpt(&file.text);
        let Some(files) = self.files else {
            return Err(Diagnostic::new(
                file.span,
                format!(
                    "`{name}` cannot be found: this scenario is not in a file, so it has no folder"
                ),
                "expected a scenario in a file",
            )
            .with_help("save the scenario as a file, in the folder of the table"));
        };
        files
            .read(Path::new(&file.text), MAX_TABLE_BYTES)
            .map_err(|error| {
                let message = match error.kind() {
                    io::ErrorKind::NotFound => format!("there is no file `{name}`"),
                    _ => format!("`{name}` cannot be read: {error}"),
                };
                let expected = "expected a table of times and numbers beside the scenario";
                Diagnostic::new(file.span, message, expected)
            })
    }
}

impl Planner<'_> {
    /// The number is what each row says, from its time on; the statement ends with the last row.
    pub(super) fn play(
        &mut self,
        number: &Name,
        file: &Name,
        span: Span,
    ) -> Result<(), Diagnostic> {
        let id = self.number(number)?;
        let Some(input) = self.descriptor.numbers().get(usize::from(id.0)) else {
            return Ok(());
        };
        let tick = self.descriptor.tick();
        let table = self.tables.table(file, (id, input), tick)?;
        let start = self.now;
        if table.end > RunTicks::ZERO {
            self.pass(table.end, span)?;
        }
        let mut last = None;
        for (passed, number) in &table.rows {
            if last.replace(*number) != Some(*number) {
                let tick = start.saturating_add(*passed);
                self.act(Action::Number(id, *number), tick, span)?;
            }
        }
        self.record_cause(CauseKind::Playback, start);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::plan::{Plan, plan_with};
    use crate::scenario::{compact, grammar};
    use lockstep_core::app::AppDescriptor;
    use std::cell::Cell;

    const ROOM: &AppDescriptor =
        &AppDescriptor::new("room", "1.0.0").with_numbers(&[NumberInput::new(
            "temperature",
            -400,
            850,
        )
        .with_decimals(1)
        .with_unit("C")]);

    /// A folder with one table, and how often that was read.
    #[derive(Debug, Default)]
    struct OneTable {
        reads: Cell<usize>,
    }

    impl NamedFiles for OneTable {
        fn read(&self, name: &Path, limit: usize) -> io::Result<Vec<u8>> {
            assert_eq!(limit, MAX_TABLE_BYTES);
            self.reads.set(self.reads.get() + 1);
            match name == Path::new("in/a room.csv") {
                true => Ok(b"time [ms],room\n5,21\n6,21.04\n10,22\n20,22\n".to_vec()),
                false => Err(io::ErrorKind::NotFound.into()),
            }
        }
    }

    fn events(plan: &Plan) -> Vec<(u64, Action)> {
        let events = plan.script.events().iter();
        events.map(|event| (event.tick.0, event.action)).collect()
    }

    #[test]
    fn a_table_is_played_from_where_it_stands_and_takes_as_long_as_its_last_time() {
        let files = OneTable::default();
        let text = "wait 1 ms\nrepeat 2 times\nplay temperature from \"in/a room.csv\"\nend\n\
                    wait 1 ms\n";
        let scenario = grammar::parse(text).unwrap();
        let plan = plan_with(&scenario, ROOM, Some(&files)).unwrap();
        let at = |tick, number| (tick, Action::Number(NumberId(0), number));
        assert_eq!(
            events(&plan),
            [at(6, 210), at(11, 220), at(26, 210), at(31, 220)]
        );
        assert_eq!(plan.script.end(), RunTicks(42));
        assert_eq!(files.reads.get(), 1);
        // The short form, and what is written of both, mean the same.
        let line = compact::write(&scenario);
        assert!(
            line.contains(r#"play:temperature="in/a\x20room.csv""#),
            "{line}"
        );
        for again in [
            compact::parse(&line).unwrap(),
            grammar::parse(&scenario.to_string()).unwrap(),
        ] {
            let again = plan_with(&again, ROOM, Some(&files)).unwrap();
            assert_eq!(events(&again), events(&plan));
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_at_the_sentence() {
        let told = |file: &str, files: Option<&dyn NamedFiles>| {
            let scenario = grammar::parse(&format!("play temperature from {file}\n")).unwrap();
            let diagnostics = plan_with(&scenario, ROOM, files).unwrap_err();
            assert_eq!(diagnostics[0].span.to_string(), "1:23");
            diagnostics[0].message.clone()
        };
        assert_eq!(
            told("x.csv", Some(&OneTable::default())),
            "there is no file `x.csv`"
        );
        assert!(told("x.csv", None).contains("this scenario is not in a file"));
    }

    #[test]
    fn only_files_beside_the_scenario_have_names() {
        for file in [
            "/etc/x.csv",
            "../x.csv",
            "a/../../x.csv",
            "\"\"",
            "\"a\\n\"",
        ] {
            let text = format!("play temperature from {file}\n");
            assert!(grammar::parse(&text).is_err(), "{file}");
        }
    }

    #[test]
    fn tables_are_counted() {
        let plays = |count: usize| -> String {
            let line = |number| format!("play temperature from ./{number}x.csv\nwait 1 ms\n");
            (0..count).map(line).collect()
        };
        #[derive(Debug)]
        struct Any;
        impl NamedFiles for Any {
            fn read(&self, _: &Path, _: usize) -> io::Result<Vec<u8>> {
                Ok(b"time,x\n0,1\n".to_vec())
            }
        }
        let refused = |count| {
            let scenario = grammar::parse(&plays(count)).unwrap();
            plan_with(&scenario, ROOM, Some(&Any)).is_err()
        };
        assert!(!refused(MAX_TABLES));
        assert!(refused(MAX_TABLES + 1));
    }
}
