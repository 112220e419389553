//! Whole pages, and what a browser gets of them.

use super::rendered::render;
use super::*;
use crate::finding::PinLine;
use crate::names::RuleId;
use crate::report::samples::{self, RULES, location};
use crate::report::{EnvironmentLine, ScopeLine, ScopePin};

fn repository() -> Repository {
    Repository {
        server: "https://github.example".to_owned(),
        name: "org/project".to_owned(),
        commit: "4b64".to_owned(),
    }
}

fn show(report: &Report, largest: usize) -> String {
    let repository = repository();
    let options = Options {
        repository: Some(&repository),
        largest,
        rest: "are in the SARIF file",
    };
    page(report, RULES, &options)
}

#[test]
fn a_whole_page() {
    let at = "https://github.example/org/project/blob/4b64";
    let rule = concat!(
        "https://github.com/org/tfmp-action/blob/v",
        env!("CARGO_PKG_VERSION"),
        "/src/rules"
    );
    let expect = format!(
        r#"## ❌ 1 line cannot run on what this repository pins

1 error, 1 warning · 1 safe fix (`tfmp fix`) · 3 suppressed · 214 files checked

| checked | pinned by | TensorFlow | errors | warnings |
|---|---|---|---:|---:|
| `./` | [`requirements.txt:3`]({at}/requirements.txt#L3) `tensorflow==2.3.4` | 2.3.4 | 1 | 1 |

### [`src/train.py`]({at}/src/train.py) · 1 error, 1 warning

❌ **`tf.keras.mixed_precision.set_global_policy` does not exist in TensorFlow 2.3.4** · [line 3]({at}/src/train.py#L3) · [`TFMP001`]({rule}/api_too_new.md)

```text
3 | tf.keras.mixed_precision.set_global_policy("mixed_float16")
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ appears in 2.4.0

1.0 ···················· 2.3▏2.4 ███████████████████ 2.22
                       ▲ permitted
```

* on this pin: `tf.keras.mixed_precision.experimental.set_policy("mixed_float16")` (safe fix)
* or raise the pin to `tensorflow>=2.4`
* and 3 more uses through this name, for the same cause

<details><summary>What Python says, and the pin</summary>

```text
AttributeError: module 'tensorflow.keras.mixed_precision' has no attribute 'set_global_policy'
```

* [`requirements.txt:3`]({at}/requirements.txt#L3) `tensorflow==2.3.4`

</details>

⚠️ **`tf.contrib.layers.fully_connected` was removed in TensorFlow 2.0.0** · [line 4]({at}/src/train.py#L4) · [`TFMP002`]({rule}/api_removed.md)

```text
4 | tf.contrib.layers.fully_connected(x, 10)
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ last in 1.15.5

1.0 ████████████████ 1.15▏2.0 ······················· 2.22
                                 ▲ permitted
```

<details><summary>The pin</summary>

* [`requirements.txt:3`]({at}/requirements.txt#L3) `tensorflow==2.3.4`

</details>

### What would repair this

* `tfmp fix` repairs 1 of 2 findings

<details><summary>1 notice: what could not be looked at</summary>

* [`requirements-dev.txt:7`]({at}/requirements-dev.txt#L7): `tensorflow=2.3` is no requirement, and was not looked at; write `tensorflow==2.3`

</details>
"#
    );
    assert_eq!(show(&samples::report(), LARGEST), expect);
}

#[test]
fn without_a_repository_there_are_no_links_to_it() {
    let options = Options {
        repository: None,
        largest: LARGEST,
        rest: "",
    };
    let shown = page(&samples::report(), RULES, &options);
    assert!(
        shown.contains("| `./` | `requirements.txt:3` `tensorflow==2.3.4` |"),
        "{shown}"
    );
    assert!(shown.contains("· line 3 · [`TFMP001`]"), "{shown}");
    assert!(!shown.contains("github.example"));
}

#[test]
fn the_headline_is_by_the_worst() {
    #[track_caller]
    fn check(level: Option<Level>, expect: &str) {
        let mut report = samples::report();
        match level {
            Some(level) => report.findings.iter_mut().for_each(|f| f.level = level),
            None => report.findings.clear(),
        }
        assert_eq!(headline(&report), expect);
    }
    check(
        Some(Level::Error),
        "❌ 2 lines cannot run on what this repository pins",
    );
    check(
        Some(Level::Warning),
        "⚠️ 2 lines may fail or do the wrong thing on what this repository pins",
    );
    check(Some(Level::Note), "✅ Nothing fails on what is asked for");
    check(
        None,
        "✅ Nothing found that fails on what this repository pins",
    );
    assert_eq!(
        headline(&Report::default()),
        "⚠️ There is no Python file to check"
    );
}

/// `count` findings, each in a file of its own where `apart`.
fn many(count: usize, apart: bool) -> Report {
    let mut report = samples::report();
    let one = report.findings.remove(0);
    report.findings = (0..count)
        .map(|number| {
            let mut finding = one.clone();
            let path = if apart {
                format!("{number:05}.py")
            } else {
                "a.py".to_owned()
            };
            finding.location = location(&path, &format!("x\n«tf.x{number}»"));
            finding.message = format!("`tf.x{number}` is gone");
            finding
        })
        .collect();
    report
}

#[test]
fn a_long_list_is_folded_and_cut_between_findings() {
    for (apart, largest) in [
        (true, 40_000),
        (true, 60_001),
        (false, 40_000),
        (false, 99_999),
    ] {
        let shown = show(&many(3_000, apart), largest);
        assert!(
            (largest - 2_500..=largest).contains(&shown.len()),
            "{}",
            shown.len()
        );
        let told = shown.matches("\n❌ **").count();
        let rest = grouped(3_000 - told);
        assert!(shown.contains(&format!(
            "\n**{rest} more findings** are in the SARIF file.\n"
        )));
        let html = render(&shown);
        for element in ["details", "summary", "pre", "ul", "table"] {
            let open = html.matches(&format!("<{element}>")).count();
            assert_eq!(
                open,
                html.matches(&format!("</{element}>")).count(),
                "{element}"
            );
        }
        // What stands behind the findings is not lost with them.
        assert!(shown.contains("### What would repair this\n"));
        assert!(shown.contains("1 notice: what could not be looked at"));
    }
}

#[test]
fn no_text_of_a_repository_is_too_long_for_the_page() {
    let long = "x".repeat(100_000);
    let pin = |number: usize| ScopePin {
        place: Some((RepoPath::new(&format!("{number}{}", &long[..4_000])), 1)),
        text: format!("tensorflow=={long}"),
    };
    let mut report = samples::report();
    report.scopes = (0..100)
        .map(|number| ScopeLine {
            folder: format!("folder{number}"),
            pin: Some(pin(number)),
            environments: (0..100)
                .map(|environment| EnvironmentLine {
                    name: environment.to_string(),
                    pin: Some(pin(environment)),
                    ..EnvironmentLine::default()
                })
                .collect(),
            ..ScopeLine::default()
        })
        .collect();
    report.findings[0].pins[0].text = format!("tensorflow=={long}");
    report.notices = (0..60)
        .map(|number| Notice::on_file(&RepoPath::new(&number.to_string()), None, &long))
        .collect();
    let shown = show(&report, LARGEST);
    assert!(shown.len() <= LARGEST, "{}", shown.len());
    assert!(shown.contains("| or one of 88 more environments |"));
    assert!(shown.contains("\n| and 98 more |"), "{}", &shown[..3_000]);
    assert_eq!(shown.matches("\n❌ **").count(), 1);
    assert!(shown.contains(" more\n\n</details>"), "notices");
}

#[test]
fn nothing_is_cut_that_has_room() {
    let shown = show(&many(400, true), LARGEST);
    assert_eq!(shown.matches("\n❌ **").count(), 400);
    assert!(!shown.contains("more finding"), "{shown}");
}

#[test]
fn equal_findings_of_a_file_are_one_entry() {
    let mut report = samples::report();
    let one = report.findings.remove(0);
    report.findings = vec![one.clone(), one.clone(), one];
    report.findings[1].location = location("src/train.py", "\n\n\n\n\n\n«tf.keras»");
    report.findings[2].location = location("src/zoo.py", "\n«tf.keras»");
    let shown = show(&report, LARGEST);
    assert_eq!(shown.matches("\n❌ **").count(), 2, "{shown}");
    let at = "https://github.example/org/project/blob/4b64/src/train.py";
    assert!(
        shown.contains(&format!("· lines [3]({at}#L3), [7]({at}#L7) ·")),
        "{shown}"
    );
    let rest = format!("The rest is as for [`src/train.py:3`]({at}#L3) above.");
    assert!(shown.contains(&rest), "{shown}");
}

#[test]
fn environments_are_rows_below_their_folder() {
    let mut report = samples::report();
    report.scopes[0].environments = ["2.3.4", "2.9.3"]
        .map(|version| EnvironmentLine {
            name: format!("requirements-{version}.txt"),
            tensorflow: version.to_owned(),
            keras: Some("2.9.0".to_owned()),
            pin: None,
            summary: String::new(),
        })
        .to_vec();
    report.scopes[0].keras = Some("2.9.0".to_owned());
    report.scopes.push(ScopeLine {
        folder: "research".to_owned(),
        ..ScopeLine::default()
    });
    let shown = show(&report, LARGEST);
    let table: Vec<&str> = shown.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(
        table[0],
        "| checked | pinned by | TensorFlow | Keras | errors | warnings |"
    );
    assert_eq!(table[1], "|---|---|---|---|---:|---:|");
    assert!(table[2].ends_with("| 2.3.4 | 2.9.0 | 1 | 1 |"), "{shown}");
    assert_eq!(
        table[3],
        "| or `requirements-2.3.4.txt` | nothing | 2.3.4 | 2.9.0 |  |  |"
    );
    assert_eq!(table[5], "| `research/` | nothing | none |  | 0 | 0 |");
}

#[test]
fn the_pin_that_ends_most_is_named() {
    let mut report = many(3, true);
    for finding in &mut report.findings[..2] {
        finding.help = vec!["or raise the pin: `tensorflow>=2.4,<2.9`".to_owned()];
        finding.fix = None;
    }
    let shown = show(&report, LARGEST);
    let way = "* the pin `tensorflow>=2.4,<2.9` in place of [`requirements.txt:3`]\
               (https://github.example/org/project/blob/4b64/requirements.txt#L3) \
               `tensorflow==2.3.4` ends 2 of 3 findings in `./`\n";
    assert!(shown.contains(way), "{shown}");
}

#[test]
fn notes_are_folded_behind_what_fails() {
    let mut report = many(2, true);
    report.findings[1].level = Level::Note;
    let shown = show(&report, LARGEST);
    assert!(shown.contains("\n### [`00000.py`]"), "{shown}");
    assert!(
        shown.contains("\n<details><summary><code>00001.py</code> · 1 note</summary>\n"),
        "{shown}"
    );
}

/// A report in which all that comes from a repository is one text.
fn hostile(evil: &str) -> Report {
    let mut report = samples::report();
    let place = location(evil, &format!("«{evil}»"));
    let mut finding = report.findings.remove(0);
    finding.rule = RuleId("TFMP001");
    finding.location = place.clone();
    finding.symbol = evil.to_owned();
    finding.message = format!("`{evil}` and {evil} are gone");
    finding.label = evil.to_owned();
    finding.help = vec![format!("use {evil} or `{evil}`"), evil.to_owned()];
    finding.run_time = Some(evil.to_owned());
    finding.pins = vec![PinLine {
        location: Some(place),
        text: evil.to_owned(),
    }];
    if let Some(fix) = &mut finding.fix {
        fix.title = evil.to_owned();
    }
    let mut other = finding.clone();
    other.location = location(&format!("z{evil}"), &format!("«{evil}»"));
    report.findings = vec![finding, other];
    let pin = ScopePin {
        place: Some((RepoPath::new(evil), 1)),
        text: evil.to_owned(),
    };
    report.scopes = vec![ScopeLine {
        folder: evil.to_owned(),
        is_notebook: true,
        tensorflow: evil.to_owned(),
        keras: Some(evil.to_owned()),
        pin: Some(pin.clone()),
        environments: vec![EnvironmentLine {
            name: evil.to_owned(),
            tensorflow: evil.to_owned(),
            keras: Some(evil.to_owned()),
            pin: Some(pin),
            summary: evil.to_owned(),
        }],
        passed_over: Vec::new(),
    }];
    report.notices = vec![Notice::on_file(&RepoPath::new(evil), Some(1), evil).advise(evil)];
    report
}

/// The elements of a page, in their order, with the addresses of links.
fn elements(html: &str) -> Vec<String> {
    let pieces = html.split('<').skip(1);
    let tags = pieces.map(|piece| piece.split('>').next().unwrap().to_owned());
    tags.map(|tag| match tag.split_once("href=\"") {
        Some((_, address)) => {
            let known = [
                "https://github.example/org/project/blob/4b64/",
                "https://github.com/org/tfmp-action/blob/v",
            ];
            assert!(
                known.iter().any(|known| address.starts_with(known)),
                "{tag}"
            );
            "a".to_owned()
        }
        None => tag,
    })
    .collect()
}

#[test]
fn hostile_text_makes_no_elements() {
    let plain = elements(&render(&show(&hostile("plain"), LARGEST)));
    for evil in [
        "::error::x ##[error]y",
        "*a* _b_ ~~c~~ [d](https://evil.example) ![e](f)",
        "<script>alert(1)</script><img src=x onerror=y></details><!--",
        "@octocat @org/team #12 GH-12 https://evil.example www.evil.example",
        "``` ```` ` `` ~~~",
        "a | b || \\| c",
        "line\n\n# heading\n\n* list\n\n```\nfence\n</details>",
        "\u{202e}reversed\u{2066} \u{200b}",
        "$x$ :tada: [^1] <b>",
    ] {
        let shown = show(&hostile(evil), LARGEST);
        let html = render(&shown);
        let found: Vec<String> = elements(&html)
            .into_iter()
            .filter(|tag| !["span", "/span", "code", "/code"].contains(&tag.as_str()))
            .collect();
        let expect: Vec<&String> = plain
            .iter()
            .filter(|tag| !["span", "/span", "code", "/code"].contains(&tag.as_str()))
            .collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), expect, "{evil}\n{shown}");
        assert!(
            !html.contains('\u{202e}') && !html.contains('\u{2066}'),
            "{evil}"
        );
    }
}

/// GitHub looks for mentions and references in the text of elements other than code.
#[test]
fn hostile_text_mentions_nobody() {
    let html = render(&show(
        &hostile("@octocat org/repo#12 https://evil.example"),
        LARGEST,
    ));
    let mut rest = html.as_str();
    let mut prose = String::new();
    while let Some((before, after)) = rest.split_once("<code") {
        prose.push_str(before);
        rest = after.split_once("</code>").unwrap().1;
    }
    prose.push_str(rest);
    let text: String = prose
        .split('<')
        .filter_map(|piece| piece.split_once('>'))
        .map(|p| p.1)
        .collect();
    assert!(text.contains("@\u{200b}octocat"), "{text}");
    for found in ["@octocat", "#12", "https://"] {
        assert!(!text.contains(found), "{found} in {text}");
    }
}
