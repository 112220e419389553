//! Whole pages as they are printed.

use super::*;
use crate::report::{ScopePin, samples};

const PLAIN: Look = Look {
    color: false,
    width: 100,
};

fn render(report: &Report, look: Look, detail: Detail) -> String {
    let mut out = Vec::new();
    write(report, look, detail, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_whole_report() {
    let expect = r#"
error[TFMP001]: `tf.keras.mixed_precision.set_global_policy` does not exist in TensorFlow 2.3.4
 --> src/train.py:3:1
  |
3 | tf.keras.mixed_precision.set_global_policy("mixed_float16")
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ appears in 2.4.0
  |
 ::: requirements.txt:3:1
  |
3 | tensorflow==2.3.4
  | ----------------- pinned here
  |
  = releases  1.0 ···················· 2.3▏2.4 ███████████████████ 2.22
                                     ▲ permitted
  = help      on this pin: `tf.keras.mixed_precision.experimental.set_policy("mixed_float16")`
              (safe fix)
  = help      or raise the pin to `tensorflow>=2.4`
  = run time  AttributeError: module 'tensorflow.keras.mixed_precision' has no attribute
              'set_global_policy'
  = also      and 3 more uses through this name, for the same cause

warning[TFMP002]: `tf.contrib.layers.fully_connected` was removed in TensorFlow 2.0.0
 --> src/train.py:4:1
  |
4 | tf.contrib.layers.fully_connected(x, 10)
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ last in 1.15.5
  |
 ::: requirements.txt:3:1  tensorflow==2.3.4
  |
  = releases  1.0 ████████████████ 1.15▏2.0 ······················· 2.22
                                               ▲ permitted

checked 214 files against tensorflow 2.3.4 (requirements.txt:3) in 0.04 s
1 error, 1 warning · 1 safe fix (`tfmp fix`) · 3 suppressed
"#;
    assert_eq!(
        render(&samples::report(), PLAIN, Detail::Normal),
        expect.trim_start_matches('\n')
    );
}

#[test]
fn every_row_fits_the_width() {
    for width in [90, 100] {
        let look = Look {
            color: false,
            width,
        };
        for row in render(&samples::report(), look, Detail::Verbose).lines() {
            let wide = crate::report::printable::width(row);
            assert!(wide <= width, "{wide} > {width}: {row}");
        }
    }
}

#[test]
fn colours_add_nothing_but_colours() {
    let look = Look {
        color: true,
        ..PLAIN
    };
    let coloured = render(&samples::report(), look, Detail::Normal);
    assert!(coloured.contains("\u{1b}["));
    let stripped = anstream::adapter::strip_str(&coloured).to_string();
    assert_eq!(stripped, render(&samples::report(), PLAIN, Detail::Normal));
}

#[test]
fn hostile_text_reaches_no_terminal() {
    let evil = "\u{1b}]0;owned\u{7}\u{202e}\u{9b}2J\r";
    let mut report = samples::report();
    let finding = &mut report.findings[0];
    finding.location = samples::location(&format!("a{evil}.py"), &format!("«{evil}»"));
    finding.message = evil.to_owned();
    finding.label = evil.to_owned();
    finding.symbol = evil.to_owned();
    finding.help = vec![evil.to_owned()];
    finding.run_time = Some(evil.to_owned());
    finding.pins[0].location = Some(samples::location(evil, &format!("«{evil}»")));
    finding.pins[0].text = evil.to_owned();
    finding.fix.as_mut().unwrap().title = evil.to_owned();
    report.scopes[0].folder = evil.to_owned();
    report.scopes[0].pin = Some(ScopePin {
        place: None,
        text: evil.to_owned(),
    });
    let shown = render(&report, PLAIN, Detail::Verbose);
    let bad: Vec<char> = shown
        .chars()
        .filter(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}')
        .collect();
    assert!(bad.is_empty(), "{bad:?}");
}

#[test]
fn nothing_found_is_said() {
    let mut report = samples::report();
    report.findings.clear();
    report.silenced.clear();
    assert_eq!(
        render(&report, PLAIN, Detail::Normal),
        "checked 214 files against tensorflow 2.3.4 (requirements.txt:3) in 0.04 s\n\
         no findings\n"
    );
    assert_eq!(render(&report, PLAIN, Detail::Quiet), "");
}

#[test]
fn several_folders_are_listed() {
    let mut report = samples::report();
    report.findings.clear();
    report.silenced.clear();
    report.scopes.push(ScopeLine {
        folder: "research".to_owned(),
        is_notebook: false,
        tensorflow: "2.22.0".to_owned(),
        keras: Some("3.15.1".to_owned()),
        pin: None,
        environments: Vec::new(),
        passed_over: Vec::new(),
    });
    assert_eq!(
        render(&report, PLAIN, Detail::Normal),
        "checked 214 files in 2 folders in 0.04 s\n\
         \x20 ./         tensorflow 2.3.4 (requirements.txt:3)\n\
         \x20 research/  tensorflow 2.22.0, keras 3.15.1 (nothing pins it)\n\
         no findings\n"
    );
}

#[test]
fn a_finding_on_the_pin_line_quotes_it_once() {
    let mut report = samples::report();
    report.findings.truncate(1);
    let pin = report.findings[0].pins[0].location.clone().unwrap();
    report.findings[0].location = pin;
    let shown = render(&report, PLAIN, Detail::Quiet);
    assert_eq!(shown.matches("tensorflow==2.3.4\n").count(), 1, "{shown}");
}

#[test]
fn the_same_story_is_told_once() {
    let mut report = samples::report();
    let mut again = report.findings[0].clone();
    again.location.span.end -= 1;
    again.more_uses = 0;
    report.findings.insert(1, again);
    let shown = render(&report, PLAIN, Detail::Quiet);
    assert_eq!(shown.matches("= run time").count(), 1, "{shown}");
    assert!(
        shown.contains("= see       src/train.py:3:1 above\n"),
        "{shown}"
    );
}

#[test]
fn a_pin_from_the_command_line_is_named() {
    let mut report = samples::report();
    report.findings.truncate(1);
    report.findings[0].pins = vec![PinLine {
        location: None,
        text: "--tensorflow 2.3.4".to_owned(),
    }];
    let shown = render(&report, PLAIN, Detail::Quiet);
    assert!(
        shown.contains("= pin       `--tensorflow 2.3.4` (given to this run)\n"),
        "{shown}"
    );
    report.findings[0].message = "gone in 2.0, which `--tensorflow 2.3.4` allows".to_owned();
    let shown = render(&report, PLAIN, Detail::Quiet);
    assert!(!shown.contains("= pin"), "{shown}");
}
