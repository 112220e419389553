//! The log of a run in GitHub Actions, for people: every finding as a terminal shows it, the files in
//! folds where there are many, and nothing in it that the runner would take for somebody else's command.

use std::io::{self, Write};

use crate::finding::{Finding, Level};
use crate::report::annotations::{data, harmless, line};
use crate::report::terminal::{self, Detail, Look};
use crate::report::{Report, counted, listed};

/// Findings of more files than this are folded: the list of the files should be seen as one.
const MOST_OPEN: usize = 5;

/// Writes what was checked, what was found, what was not looked at, and the counts.
///
/// # Errors
///
/// What the output answers.
pub fn write(report: &Report, look: Look, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "::group::what is checked against what")?;
    guarded(out, |out| terminal::write_folders(report, look, out))?;
    writeln!(out, "::endgroup::")?;
    let files = report
        .findings
        .chunk_by(|a, b| a.location.file.path == b.location.file.path);
    let folded = files.count() > MOST_OPEN;
    terminal::each_file(report, look, &mut |findings, shown| {
        if folded {
            let path = findings[0].location.file.path.as_str();
            let title = line(&format!("{path}: {}", counts(findings)));
            writeln!(out, "::group::{}", data(&title))?;
        }
        for row in shown.lines() {
            writeln!(out, "{}", harmless(row))?;
        }
        writeln!(out, "{}", if folded { "::endgroup::" } else { "" })
    })?;
    if !report.notices.is_empty() {
        let notices = counted(report.notices.len(), "notice");
        writeln!(out, "::group::{notices}: what could not be looked at")?;
        for notice in &report.notices {
            writeln!(out, "{}", line(&notice.to_string()))?;
        }
        writeln!(out, "::endgroup::")?;
    }
    guarded(out, |out| {
        terminal::write_summary(report, look, Detail::Normal, out)
    })
}

/// Writes what another writes, each line made harmless.
fn guarded(
    out: &mut dyn Write,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut shown = Vec::new();
    write(&mut shown)?;
    for row in String::from_utf8_lossy(&shown).lines() {
        writeln!(out, "{}", harmless(row))?;
    }
    Ok(())
}

/// `2 errors, 1 note`.
fn counts(findings: &[Finding]) -> String {
    let of = |level| findings.iter().filter(|f| f.level == level).count();
    listed(&[
        (of(Level::Error), "error"),
        (of(Level::Warning), "warning"),
        (of(Level::Note), "note"),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;
    use crate::text::RepoPath;

    const PLAIN: Look = Look {
        color: false,
        width: 100,
    };

    fn render(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, PLAIN, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn few_files_are_open() {
        let shown = render(&samples::report());
        assert!(
            shown.starts_with(
                "::group::what is checked against what\n\
                 \x20 ./  tensorflow 2.3.4 (requirements.txt:3)\n\
                 ::endgroup::\n\
                 error[TFMP001]: `tf.keras.mixed_precision.set_global_policy` does not exist"
            ),
            "{shown}"
        );
        assert!(
            shown.ends_with(
                "::group::1 notice: what could not be looked at\n\
                 requirements-dev.txt:7: `tensorflow=2.3` is no requirement, and was not looked at; \
                 write `tensorflow==2.3`\n\
                 ::endgroup::\n\
                 checked 214 files against tensorflow 2.3.4 (requirements.txt:3) in 0.04 s\n\
                 1 error, 1 warning · 1 safe fix (`tfmp fix`) · 3 suppressed\n"
            ),
            "{shown}"
        );
    }

    #[test]
    fn many_files_are_folded_and_all_are_there() {
        let mut report = samples::report();
        let one = report.findings.remove(0);
        report.findings = (0..300)
            .map(|number| {
                let mut finding = one.clone();
                let path = format!("src/{number:03}%.py");
                finding.location = samples::location(&path, "«x»");
                finding
            })
            .collect();
        let shown = render(&report);
        assert!(
            shown.contains("\n::group::src/007%25.py: 1 error\n"),
            "{shown}"
        );
        assert_eq!(shown.matches("\n --> src/").count(), 300);
        assert_eq!(shown.matches("::endgroup::\n").count(), 302);
    }

    #[test]
    fn hostile_text_commands_nothing() {
        let evil = "::error::x ##[error]y\n::set-output name=a::b";
        let mut report = samples::report();
        let finding = &mut report.findings[0];
        finding.location = samples::location(evil, &format!("«{evil}»"));
        finding.message = evil.to_owned();
        finding.label = evil.to_owned();
        finding.help = vec![format!("a {evil} {} {evil}", "b".repeat(90))];
        finding.run_time = Some(evil.to_owned());
        finding.pins[0].text = evil.to_owned();
        report.notices[0].path = Some(RepoPath::new(evil));
        report.notices[0].message = evil.to_owned();
        report.scopes[0].folder = evil.to_owned();
        let shown = render(&report);
        for row in shown.lines() {
            let begins = row.trim_start();
            let ours = ["::group::", "::endgroup::", "::: "];
            let known = ours.iter().any(|ours| begins.starts_with(ours));
            assert!(known || !begins.starts_with("::"), "{row}");
            assert!(!row.contains("##["), "{row}");
        }
        let groups = shown.matches("::group::").count();
        assert_eq!(
            groups,
            shown.lines().filter(|l| l.starts_with("::group::")).count()
        );
    }
}
