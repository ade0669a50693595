//! Every format of every kind of suite.

use anstream::adapter::strip_str;
use proptest::prelude::*;
use roxmltree::{Document, ParsingOptions};
use serde_json::Value;

use super::testing::{HOSTILE, suites};
use super::{github, html, jsonl, junit, text};
use crate::verdict::{Ending, Outcome, Verdict};
use lockstep_engine::sanitize::scrub_line;

#[test]
fn every_format_of_every_suite_is_its_golden() {
    for (name, suite) in suites() {
        insta::assert_snapshot!(format!("{name}-text"), text::render(&suite));
        insta::assert_snapshot!(format!("{name}-junit"), junit::render(&suite).unwrap());
        insta::assert_snapshot!(format!("{name}-jsonl"), jsonl::render(&suite).unwrap());
        insta::assert_snapshot!(format!("{name}-annotations"), github::annotations(&suite));
        insta::assert_snapshot!(format!("{name}-summary"), github::summary(&suite));
    }
}

#[test]
fn the_page_of_a_failing_suite_is_its_golden() {
    let suites = suites();
    let (_, suite) = suites.iter().find(|(name, _)| *name == "fail").unwrap();
    insta::assert_snapshot!("fail-page", html::render(suite).unwrap());
}

#[test]
fn color_marks_verdicts_and_changes_no_text() {
    for (name, suite) in suites() {
        let colored = text::render_colored(&suite);
        assert_eq!(
            strip_str(&colored).to_string(),
            text::render(&suite),
            "{name}"
        );
    }
    let suites = suites();
    let (_, suite) = suites.iter().find(|(name, _)| *name == "fail").unwrap();
    let colored = text::render_colored(suite);
    let row = colored.lines().nth(1).unwrap();
    let (pass, fail) = (
        "\u{1b}[32mpass\u{1b}[0m",
        "\u{1b}[1m\u{1b}[31mFAIL\u{1b}[0m",
    );
    let start = format!("lamp/brightness/cycles  {pass}  0.21 s    {fail}  0.25 s     {pass}");
    assert!(row.starts_with(&start), "{row:?}");
    assert!(colored.contains(&format!("\n{fail}  lamp/brightness/cycles")));
}

#[test]
fn junit_has_the_verdicts_of_the_suite() {
    for (name, suite) in suites() {
        let text = junit::render(&suite).unwrap();
        let xml = Document::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let count = |tag: &str| {
            let nodes = xml.descendants();
            nodes.filter(|node| node.has_tag_name(tag)).count()
        };
        // One that was cut short has an error of its own.
        let cut = usize::from(suite.ending != Ending::Complete);
        assert_eq!(count("testcase"), suite.cases.len() + cut, "{name}");
        let failures = suite.count(Verdict::Fail) + suite.count(Verdict::Flaky);
        assert_eq!(count("failure"), failures, "{name}");
        assert_eq!(count("error"), suite.count(Verdict::Infra) + cut, "{name}");
        assert_eq!(count("skipped"), suite.count(Verdict::Skipped), "{name}");
        let root = xml.root_element();
        assert_eq!(root.attribute("failures"), Some(&*failures.to_string()));
        let verdicts = xml
            .descendants()
            .filter(|node| node.attribute("name") == Some("verdict"))
            .map(|node| node.attribute("value").unwrap().to_owned());
        let mut verdicts: Vec<_> = verdicts.collect();
        let mut expected: Vec<_> = suite
            .cases
            .iter()
            .map(|case| case.verdict().word())
            .collect();
        verdicts.sort();
        expected.sort_unstable();
        assert_eq!(verdicts, expected, "{name}");
    }
}

#[test]
fn json_lines_have_the_verdicts_of_the_suite() {
    for (name, suite) in suites() {
        let text = jsonl::render(&suite).unwrap();
        let rows: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(rows.len(), suite.cases.len() + 2, "{name}");
        assert_eq!(rows[0]["report"], jsonl::VERSION);
        for (row, case) in rows[1..].iter().zip(&suite.cases) {
            assert_eq!(row["case"], case.scenario);
            assert_eq!(row["verdict"], case.verdict().word());
            assert_eq!(
                row["attempts"].as_array().unwrap().len(),
                case.attempts.len()
            );
            assert_eq!(row["divergence"].is_null(), case.divergence().is_none());
        }
        let end = rows.last().unwrap();
        assert_eq!(end["end"], suite.ending.word());
        assert_eq!(end["exit"], suite.exit_code());
        for verdict in Verdict::ALL {
            assert_eq!(end["counts"][verdict.word()], suite.count(verdict));
        }
    }
}

#[test]
fn the_page_is_well_formed_and_stands_alone() {
    for (name, suite) in suites() {
        let page = html::render(&suite).unwrap();
        let options = ParsingOptions {
            allow_dtd: true,
            ..ParsingOptions::default()
        };
        let xml = Document::parse_with_options(&page, options)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let allowed = |tag: &str| !matches!(tag, "script" | "link" | "img" | "iframe" | "object");
        for node in xml.descendants().filter(roxmltree::Node::is_element) {
            assert!(
                allowed(node.tag_name().name()),
                "{name}: {:?}",
                node.tag_name()
            );
            for attribute in node.attributes() {
                let value = attribute.value();
                match attribute.name() {
                    "href" => assert!(value.starts_with('#'), "{name}: {value}"),
                    other => assert!(!other.starts_with("on") && other != "src", "{name}"),
                }
            }
        }
        let targets: Vec<_> = xml
            .descendants()
            .filter_map(|node| node.attribute("id"))
            .collect();
        let links = xml.descendants().filter_map(|node| node.attribute("href"));
        for link in links {
            assert!(targets.contains(&&link[1..]), "{name}: {link}");
        }
        assert!(!page.contains("url("), "{name}");
    }
}

#[test]
fn hostile_names_are_escaped_in_every_format() {
    let suites = suites();
    let (_, suite) = suites.iter().find(|(name, _)| *name == "hostile").unwrap();
    let text = junit::render(suite).unwrap();
    let xml = Document::parse(&text).unwrap();
    let case = xml.descendants().find(|node| node.has_tag_name("testcase"));
    let name = case.unwrap().attribute("name").unwrap();
    assert_eq!(name, scrub_line(HOSTILE));

    let page = html::render(suite).unwrap();
    assert!(page.contains("<b>a&lt;b&gt;&amp;&quot;c&#39;%0A|`,::]]&gt;"));

    for line in github::annotations(suite).lines() {
        assert!(
            line.starts_with("::error file=a<b>&\"c'%250A|`%2C%3A%3A]]>%0A"),
            "{line}"
        );
    }
    for text in [
        text::render(suite),
        github::annotations(suite),
        github::summary(suite),
        page,
        text,
    ] {
        let moves = |c: char| (c.is_control() && !"\n\t".contains(c)) || c == '\u{202e}';
        assert_eq!(text.chars().find(|c| moves(*c)), None);
    }
    assert_eq!(scrub_line("a\nb\tc"), "a b c");
}

#[test]
fn a_long_run_does_not_make_a_large_page() {
    let mut suites = suites();
    let (_, suite) = suites.iter_mut().find(|(name, _)| *name == "fail").unwrap();
    let case = &mut suite.cases[1];
    let expected = case.expected.as_mut().unwrap();
    let last = expected.lines[3].clone();
    expected.lines.extend((0..100_000).map(|count| {
        let mut line = last.clone();
        line.tick.0 = 1000 + count;
        line.value = (count % 2).to_string();
        line
    }));
    expected.end.0 = 101_000;
    let size = html::render(suite).unwrap().len();
    assert!(size < 200_000, "{size} bytes");
}

/// Every key of an object, at any depth.
fn keys(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                found.push(key.clone());
                keys(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

#[test]
fn every_key_and_property_is_described() {
    let page = include_str!("../../../../docs/reports.md");
    let (mut json, mut properties) = (Vec::new(), Vec::new());
    for (_, suite) in suites() {
        for line in jsonl::render(&suite).unwrap().lines() {
            keys(&serde_json::from_str(line).unwrap(), &mut json);
        }
        let text = junit::render(&suite).unwrap();
        let xml = Document::parse(&text).unwrap();
        let nodes = xml.descendants();
        let found = nodes.filter(|node| node.has_tag_name("property"));
        properties.extend(found.map(|node| node.attribute("name").unwrap().to_owned()));
    }
    for key in json.iter().chain(&properties) {
        assert!(page.contains(&format!("`{key}`")), "{key}");
    }
    for verdict in Verdict::ALL {
        assert!(page.contains(&format!("| {} |", verdict.word())));
    }
}

proptest! {
    #[test]
    fn no_text_breaks_a_format(name in any::<String>(), said in any::<String>()) {
        let suites = suites();
        let (_, suite) = suites.iter().find(|(name, _)| *name == "fail").unwrap();
        let mut suite = suite.clone();
        for case in &mut suite.cases {
            case.scenario.clone_from(&name);
            case.bench.board.clone_from(&said);
            for attempt in &mut case.attempts {
                if let Outcome::Fail(cause) = &mut attempt.outcome {
                    cause.message.clone_from(&said);
                    cause.details.clone_from(&said);
                }
                for line in &mut attempt.log {
                    line.text.clone_from(&said);
                }
            }
        }
        let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
        let page = html::render(&suite).unwrap();
        prop_assert!(Document::parse_with_options(&page, options).is_ok());
        prop_assert!(Document::parse(&junit::render(&suite).unwrap()).is_ok());
        prop_assert_eq!(github::annotations(&suite).lines().count(), 1);
        let json = jsonl::render(&suite).unwrap();
        prop_assert_eq!(json.lines().count(), suite.cases.len() + 2);
        let row: Value = serde_json::from_str(json.lines().nth(1).unwrap()).unwrap();
        prop_assert_eq!(row["case"].as_str(), Some(name.as_str()));
        prop_assert!(text::render(&suite).ends_with("1 skipped in 1.23 s\n"));
    }
}
