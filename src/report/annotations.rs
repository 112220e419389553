//! [Workflow commands](https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands):
//! lines on standard output that the runner of GitHub Actions acts on, and text that it must not act on.
//!
//! The runner looks for commands of two kinds: `::name ...::` where a line begins, spaces left
//! aside, and the old `##[name]` anywhere in a line.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::io;

use crate::finding::{Finding, Level};
use crate::report::printable::{disarmed, inert};
use crate::report::stories::{more_uses, ways_out};
use crate::report::{Places, Report, counted, placed_message};
use crate::rule::RuleMeta;

/// The runner shows no more of each level, of a whole composite action.
const MOST: usize = 10;
/// The runner cuts longer messages, counted in UTF-16 units.
const LONGEST: usize = 4096;

/// Annotates the worst findings of each level. `folder` is where the root of the scan lies in the
/// workspace, `""` where it is the workspace.
///
/// # Errors
///
/// What the output answers.
pub fn write(
    report: &Report,
    rules: &[RuleMeta],
    folder: &str,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let places = Places::of(report);
    let mut left_out = 0;
    for level in [Level::Error, Level::Warning, Level::Note] {
        let mut all: Vec<&Finding> = report
            .findings
            .iter()
            .filter(|finding| finding.level == level)
            .collect();
        // Of equal ones, those that stand for most.
        all.sort_by_key(|finding| Reverse(finding.more_uses));
        left_out += all.len().saturating_sub(MOST);
        for finding in all.into_iter().take(MOST) {
            writeln!(out, "{}", annotation(finding, rules, folder, &places))?;
        }
    }
    if left_out > 0 {
        let findings = counted(left_out, "more finding");
        writeln!(
            out,
            "{findings} without an annotation, of which there are {MOST} of each level"
        )?;
    }
    Ok(())
}

fn annotation(finding: &Finding, rules: &[RuleMeta], folder: &str, places: &Places<'_>) -> String {
    let command = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let path = finding.location.file.path.as_str();
    let file = match folder {
        "" => path.to_owned(),
        folder => format!("{folder}/{path}"),
    };
    let (start, end) = places.range(&finding.location);
    let mut place = format!(
        "file={},line={},endLine={}",
        disarmed(&property(&file)),
        start.line,
        end.line
    );
    // The runner drops the columns of annotations over several lines.
    if start.line == end.line {
        place.push_str(&format!(",col={},endColumn={}", start.column, end.column));
    }
    let name = rules.iter().find(|rule| rule.id == finding.rule);
    let title = match name {
        Some(rule) => format!("{} {}", finding.rule, rule.name),
        None => finding.rule.to_string(),
    };
    let title = property(&title);
    format!(
        "::{command} {place},title={title}::{}",
        data(&message(finding))
    )
}

/// The sentence, and below it what the terminal tells too, a line each.
fn message(finding: &Finding) -> String {
    let mut lines = vec![placed_message(finding).into_owned()];
    if !finding.label.is_empty() && !finding.message.contains(&finding.label) {
        lines.push(finding.label.clone());
    }
    lines.extend(ways_out(finding).into_iter().map(|(_, way)| way));
    lines.extend(more_uses(finding));
    if let Some(run_time) = &finding.run_time {
        lines.push(format!("at run time: {run_time}"));
    }
    // A no-break space is for those who wrap.
    let lines: Vec<String> = lines
        .iter()
        .map(|line| inert(line).replace('\u{a0}', " "))
        .collect();
    cut(&lines.join("\n"))
}

/// A text within what the runner takes.
fn cut(text: &str) -> String {
    if text.encode_utf16().count() <= LONGEST {
        return text.to_owned();
    }
    let mut units = 0;
    let fits = |c: &char| {
        units += c.len_utf16();
        units < LONGEST
    };
    let mut kept: String = text.chars().take_while(fits).collect();
    kept.push('…');
    kept
}

/// Something about the run itself, where it is seen beside the findings.
#[must_use]
pub fn notice(text: &str) -> String {
    about_the_run("notice", text)
}

/// Why there is no result.
#[must_use]
pub fn failure(text: &str) -> String {
    about_the_run("error", text)
}

fn about_the_run(command: &str, text: &str) -> String {
    format!("::{command} title=tfmp::{}", data(&inert(text)))
}

/// The message of a command: any text, its line ends kept.
#[must_use]
pub fn data(text: &str) -> String {
    // The runner decodes `%25` last, so it has to be encoded first.
    let text = text.replace('%', "%25");
    text.replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a command's property.
#[must_use]
pub fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Any text as one line of the log, on which nothing is a command.
#[must_use]
pub fn line(text: &str) -> String {
    harmless(&inert(text)).into_owned()
}

/// A line of the log that is fit to be shown, made one on which nothing is a command.
///
/// A space parts what begins a command. The runner compares texts as a reader does, and overlooks
/// characters that are not seen: an invisible one would part nothing for it.
#[must_use]
pub fn harmless(line: &str) -> Cow<'_, str> {
    let begins = line.trim_start();
    // With a third colon it is no command: there is none whose name begins with one.
    let is_command = begins.starts_with("::") && !begins.starts_with(":::");
    if !is_command && !line.contains("##[") {
        return Cow::Borrowed(line);
    }
    let mut out = line.replace("##[", "## [");
    if is_command {
        let at = line.len() - begins.len();
        out.replace_range(at..at + 2, ": :");
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::{self, RULES};

    fn render(report: &Report, folder: &str) -> String {
        let mut out = Vec::new();
        write(report, RULES, folder, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_finding_with_everything() {
        let mut report = samples::report();
        report.findings.truncate(1);
        assert_eq!(
            render(&report, "checkout"),
            "::error file=checkout/src/train.py,line=3,endLine=3,col=1,endColumn=43,\
             title=TFMP001 api-too-new::`tf.keras.mixed_precision.set_global_policy` does not exist \
             in TensorFlow 2.3.4%0Aappears in 2.4.0%0Aon this pin: \
             `tf.keras.mixed_precision.experimental.set_policy(\"mixed_float16\")` (safe fix)%0A\
             or raise the pin to `tensorflow>=2.4`%0Aand 3 more uses through this name, for the same \
             cause%0Aat run time: AttributeError: module 'tensorflow.keras.mixed_precision' has no \
             attribute 'set_global_policy'\n"
        );
    }

    #[test]
    fn columns_belong_to_one_line() {
        let mut report = samples::report();
        report.findings.truncate(1);
        report.findings[0].location = samples::location("a.py", "x = («tf\n.y»)");
        let shown = render(&report, "");
        assert!(
            shown.starts_with("::error file=a.py,line=1,endLine=2,title="),
            "{shown}"
        );
    }

    #[test]
    fn each_level_has_its_ten() {
        let mut report = samples::report();
        let (error, warning) = (report.findings[0].clone(), report.findings[1].clone());
        report.findings = vec![error; 13];
        report.findings[12].more_uses = 9;
        report.findings.extend(vec![warning; 11]);
        let shown = render(&report, "");
        let count = |command: &str| shown.lines().filter(|l| l.starts_with(command)).count();
        assert_eq!([count("::error "), count("::warning ")], [10, 10]);
        assert!(
            shown.lines().next().unwrap().contains("and 9 more uses"),
            "{shown}"
        );
        assert!(
            shown.ends_with(
                "4 more findings without an annotation, of which there are 10 of each level\n"
            ),
            "{shown}"
        );
    }

    #[test]
    fn hostile_text_stays_in_its_place() {
        let mut report = samples::report();
        report.findings.truncate(1);
        let finding = &mut report.findings[0];
        finding.location = samples::location("a,line=9::b%\n::error::c\u{1b}[2J\u{202e}.py", "«x»");
        finding.message = "`x\n::set-output name=y::z\u{202e}` %0A is gone".to_owned();
        finding.help.clear();
        let shown = render(&report, "");
        let head = "::error file=a%2Cline=9%3A%3Ab%25%0A%3A%3Aerror%3A%3Ac␛[2J<U+202E>.py,line=1,";
        assert!(shown.starts_with(head), "{shown}");
        assert!(
            shown.contains("::`x␊::set-output name=y::z<U+202E>` %250A is gone"),
            "{shown}"
        );
        assert_eq!(shown.lines().count(), 1);
    }

    #[test]
    fn no_message_is_longer_than_the_runner_takes() {
        let mut report = samples::report();
        report.findings.truncate(1);
        report.findings[0].message = "\u{1f600}".repeat(5000);
        let message = message(&report.findings[0]);
        assert!((LONGEST - 2..=LONGEST).contains(&message.encode_utf16().count()));
        assert!(message.ends_with('…'));
    }

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(line(text), expect);
    }

    #[test]
    fn what_the_runner_decodes_is_encoded_once() {
        assert_eq!(data("100%\r\na: b, c"), "100%25%0D%0Aa: b, c");
        assert_eq!(data("%0A"), "%250A");
        assert_eq!(property("a:b,c\n%3A"), "a%3Ab%2Cc%0A%253A");
    }

    #[test]
    fn a_line_that_begins_as_a_command_is_none() {
        check("::error::x", ": :error::x");
        check("  ::set-output name=x::y", "  : :set-output name=x::y");
        check("\t::error::x", "    : :error::x");
        check("\u{a0}::error::x", "\u{a0}: :error::x");
    }

    #[test]
    fn old_commands_anywhere_in_a_line_are_none() {
        check("a ##[error]b ##[group]c", "a ## [error]b ## [group]c");
        check("###[error]", "### [error]");
    }

    #[test]
    fn a_text_with_line_ends_is_one_line() {
        check("a\n::error::b\r::c::d", "a␊::error::b␍::c::d");
        check("#\u{200b}#[error]", "#<U+200B>#[error]");
    }

    #[test]
    fn other_lines_stay() {
        for text in ["a::b", " ::: requirements.txt:3:1", "## [x]", "a ## b"] {
            check(text, text);
        }
    }
}
