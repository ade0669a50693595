//! How templates put a text into HTML and SVG.

use std::fmt::{self, Write};

use askama::filters::Escaper;

use lockstep_engine::sanitize::scrub_char;

/// Escapes what would be markup, and replaces what [`scrub_char`] replaces. `askama.toml` makes
/// every template do so.
#[derive(Clone, Copy)]
pub(super) struct Markup;

impl Escaper for Markup {
    fn write_escaped_str<W: Write>(&self, mut dest: W, text: &str) -> fmt::Result {
        for c in text.chars() {
            match scrub_char(c) {
                '&' => dest.write_str("&amp;")?,
                '<' => dest.write_str("&lt;")?,
                '>' => dest.write_str("&gt;")?,
                '"' => dest.write_str("&quot;")?,
                '\'' => dest.write_str("&#39;")?,
                c => dest.write_char(c)?,
            }
        }
        Ok(())
    }
}
