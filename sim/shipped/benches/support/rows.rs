//! How benchmarks print what they measured.

pub(crate) fn heading() {
    row("", "measured", "to hold");
}

pub(crate) fn row(what: &str, measured: &str, to_hold: &str) {
    println!("{what:<58} {measured:>12} {to_hold:>12}");
}
