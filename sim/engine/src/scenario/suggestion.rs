//! Finds the sentence that was meant by one that is none.
//!
//! Each rule rewrites what people write who know another tool, or who guess. A sentence is
//! only offered if it can be read.

/// How many rules are applied to one sentence, beside those for marks and units.
const MAX_STEPS: usize = 2;

/// The longest sentence that is mended, in words.
const MAX_WORDS: usize = 13;

/// The longest sentence that is mended, in bytes.
const MAX_BYTES: usize = 120;

/// How many sentences are tried for one that cannot be read.
const MAX_TRIED: usize = 2_000;

/// The units of time as others write them, and the one that is meant.
const UNITS: [(&[&str], &str); 6] = [
    (
        &["msec", "msecs", "millis", "millisecond", "milliseconds"],
        "ms",
    ),
    (&["sec", "secs", "second", "seconds"], "s"),
    (&["m", "mins", "minute", "minutes"], "min"),
    (&["hr", "hrs", "hour", "hours"], "h"),
    (
        &["µs", "μs", "usec", "usecs", "microsecond", "microseconds"],
        "us",
    ),
    (&["tick", "ticks"], "ms"),
];

/// Words for what a sentence does, and the one that is meant.
const VERBS: [(&[&str], &str); 6] = [
    (&["push", "hit", "hold", "depress"], "press"),
    (&["unpress", "unhold", "lift"], "release"),
    (&["click", "hold", "touch", "press", "push", "hit"], "tap"),
    (&["sleep", "pause", "delay", "idle"], "wait"),
    (&["restart", "reboot", "power-cycle"], "reset"),
    (
        &["assert", "check", "verify", "ensure", "require", "should"],
        "expect",
    ),
];

/// Words inside a sentence, and the one that is meant.
const WORDS: [(&[&str], &str); 14] = [
    (&["=", "==", "equals", "reads"], "is"),
    (&["!=", "isn't"], "is not"),
    (&["turns", "gets", "goes", "reaches", "toggles"], "becomes"),
    (&["remains", "keeps", "holds", "stay"], "stays"),
    (&["become"], "becomes"),
    (&["change"], "changes"),
    (&["blinks", "flashes", "beats", "repeat"], "repeats"),
    (&["pulse"], "pulses"),
    (&["in", "by", "before", "for"], "within"),
    (&["within", "during"], "for"),
    (&["not", "without"], "no"),
    (&["each"], "every"),
    (&["true", "1", "lit"], "on"),
    (&["false", "0", "dark"], "off"),
];

/// The sentence that is meant by this one, if a rule or a few lead to one that `is_sentence`
/// can read.
pub(super) fn suggest_correction(line: &str, is_sentence: impl Fn(&str) -> bool) -> Option<String> {
    let words: Vec<String> = line
        .split('#')
        .next()?
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    let is_short = words.len() <= MAX_WORDS && line.len() <= MAX_BYTES;
    // What is quoted whole has to be printable.
    let is_plain = line.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    if words.is_empty() || !is_short || !is_plain {
        return None;
    }
    let plain = without_marks(&words).unwrap_or_else(|| words.clone());
    let plain = with_units(&plain).unwrap_or(plain);
    let sentence = plain.join(" ");
    if plain != words && is_sentence(&sentence) {
        return Some(sentence);
    }
    let mut level = vec![plain];
    let mut left = MAX_TRIED;
    for _ in 0..MAX_STEPS {
        let next: Vec<_> = level
            .iter()
            .flat_map(|words| rewritten(words))
            .take(left)
            .collect();
        left -= next.len();
        let mut found = next.iter().map(|words| words.join(" "));
        if let Some(sentence) = found.find(|sentence| is_sentence(sentence)) {
            return Some(sentence);
        }
        level = next;
        level.sort();
        level.dedup();
    }
    None
}

/// What each of the rules makes of a sentence, the nearest first.
fn rewritten(words: &[String]) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let table: &[(&[&str], &str)] = if index == 0 { &VERBS } else { &WORDS };
        for (others, meant) in table {
            if others.contains(&word.as_str()) {
                all.push(replaced(words, index, meant));
            }
        }
    }
    all.extend(phrases(words));
    all.extend(completed(words));
    all
}

/// In lower case where that makes a keyword, and without what is no part of a word.
fn without_marks(words: &[String]) -> Option<Vec<String>> {
    let plain: Vec<String> = words
        .iter()
        .enumerate()
        .map(|(index, word)| {
            let word = word.trim_matches(['"', '\'', '`', ',', ';', ':', '(', ')']);
            let word = word.strip_suffix('.').unwrap_or(word);
            if index == 0 {
                word.to_lowercase()
            } else {
                word.to_owned()
            }
        })
        .filter(|word| !word.is_empty())
        .collect();
    (plain != words).then_some(plain)
}

/// With the units of time as the language has them.
fn with_units(words: &[String]) -> Option<Vec<String>> {
    let mut mended = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let (number, unit) = split_number(word);
        let follows_number = index > 0 && split_number(&words[index - 1]).1.is_empty();
        if number.is_empty() && follows_number {
            mended.push(meant_unit(word).map_or_else(|| word.clone(), str::to_owned));
        } else if !number.is_empty() && !unit.is_empty() {
            match meant_unit(unit) {
                Some(unit) => mended.extend([written_number(number), unit.to_owned()]),
                None => mended.push(word.clone()),
            }
        } else if !number.is_empty() {
            mended.push(written_number(number));
        } else {
            mended.push(word.clone());
        }
    }
    (mended != words).then_some(mended)
}

/// A number and what follows it without a space.
fn split_number(word: &str) -> (&str, &str) {
    let is_part = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    if !word.starts_with(is_part) {
        return ("", word);
    }
    word.split_at(word.find(|c| !is_part(c)).unwrap_or(word.len()))
}

fn meant_unit(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    let same = ["ms", "s", "min"].into_iter().find(|unit| *unit == word);
    same.or_else(|| {
        let found = UNITS
            .iter()
            .find(|(words, _)| words.contains(&word.as_str()));
        found.map(|(_, unit)| *unit)
    })
}

/// `.5` as `0.5`, and `1,5` as `1.5`.
fn written_number(number: &str) -> String {
    let number = number.replace(',', ".");
    if number.starts_with('.') {
        format!("0{number}")
    } else {
        number
    }
}

fn replaced(words: &[String], index: usize, meant: &str) -> Vec<String> {
    let mut mended = words[..index].to_vec();
    mended.extend(meant.split(' ').map(str::to_owned));
    mended.extend_from_slice(&words[index + 1..]);
    mended
}

/// Several words that stand for others, or for none.
fn phrases(words: &[String]) -> Vec<Vec<String>> {
    const PHRASES: [(&[&str], &[&str]); 15] = [
        (&["is"], &["stays"]),
        (&["is"], &["becomes"]),
        (&["changes", "to"], &["becomes"]),
        (&["becomes", "to"], &["becomes"]),
        (&["does", "not", "change"], &["stays"]),
        (&["let", "go", "of"], &["release"]),
        (&["let", "go"], &["release"]),
        (&["to", "be"], &["is"]),
        (&["is", "logged"], &[]),
        (&["wait", "for"], &["wait"]),
        (&["no"], &["no", "log"]),
        (&["log", "no"], &["no", "log"]),
        (&["repeats"], &["repeats", "every"]),
        (&["is"], &[]),
        (&["%"], &[]),
    ];
    let mut all = Vec::new();
    for (from, to) in PHRASES {
        let found = words.windows(from.len()).position(|part| part == from);
        if let Some(at) = found {
            let mut mended = words[..at].to_vec();
            mended.extend(to.iter().map(|word| (*word).to_owned()));
            mended.extend_from_slice(&words[at + from.len()..]);
            all.push(mended);
        }
    }
    all
}

/// With a part that is missing at the end or before a level.
fn completed(words: &[String]) -> Vec<Vec<String>> {
    const ENDS: [&[&str]; 5] = [
        &["within", "1", "s"],
        &["for", "1", "s"],
        &["for", "50", "ms"],
        &["for", "50", "ms", "within", "1", "s"],
        &["within", "3", "s"],
    ];
    let with_end = |end: &[&str]| -> Vec<String> {
        let end = end.iter().map(|word| (*word).to_owned());
        words.iter().cloned().chain(end).collect()
    };
    let mut all = Vec::new();
    if words
        .last()
        .is_some_and(|word| split_number(word).1.is_empty())
    {
        all.push(with_end(&["ms"]));
    }
    if words.first().is_some_and(|word| word == "tap") {
        all.push(with_end(&["for", "50", "ms"]));
    }
    all.extend(ENDS.iter().map(|end| with_end(end)));
    for at in 1..words.len() {
        for missing in ["is", "for", "within", "on", "high"] {
            let mut mended = words.to_vec();
            mended.insert(at, missing.to_owned());
            all.push(mended);
        }
    }
    all
}
