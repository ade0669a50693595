//! Tables for people: columns without lines between them.

use comfy_table::{ContentArrangement, Table, presets};

/// How far columns are apart.
const GAP: u16 = 2;

/// A table that is as wide as its content.
pub(crate) fn new() -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    table
}

/// The table as text, without spaces at the ends of lines.
pub(crate) fn render(mut table: Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP));
    }
    table.trim_fmt() + "\n"
}
