//! What a step of a workflow leaves behind, in this order: report files, the log, annotations, the
//! summary of the job, outputs, the review. Each is left whatever became of the one before.
//!
//! A summary or an output that cannot be written is a notice: the log has it all, and the exit code is
//! by findings alone. A report file that cannot be written is an error once all else is done, since
//! later steps wait for it.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::{Verdict, deliver_review, on_stdout, settle, verdict, write_file};
use crate::error::Error;
use crate::finding::Notice;
use crate::github::told::Told;
use crate::github::{self, Outcome};
use crate::report::baseline::Compared;
use crate::report::{Report, annotations, json, log, markdown, sarif};
use crate::rule::RuleMeta;
use crate::settings::inputs::{ActionSettings, Review};

/// Leaves a report in every form that was asked for.
///
/// # Errors
///
/// Where a report file or standard output cannot be written; all else is done by then.
pub fn deliver(
    report: &Report,
    rules: &'static [RuleMeta],
    settings: &ActionSettings,
) -> Result<Verdict, Error> {
    let sarif = in_folder(&settings.sarif_file, |out| {
        sarif::write(report, rules, &settings.category, out)
    });
    let mut told = Vec::new();
    // Nothing hinders writing into memory.
    let _ = json::write(report, rules, &mut told);
    let json = in_folder(&settings.report_file, |out| out.write_all(&told));
    let printed = on_stdout(|out| {
        log::write(report, settings.scan.look, out)?;
        let remark = report.baseline.as_ref().and_then(Compared::remark);
        if let Some(remark) = remark {
            writeln!(out, "{}", annotations::line(&remark))?;
        }
        if settings.annotations {
            annotations::write(report, rules, &settings.scan.workspace_folder, out)?;
        }
        Ok(())
    });
    let mut notices = Vec::new();
    if let Some(path) = &settings.summary_file
        && let Err(error) = summarize(report, rules, settings, path)
    {
        notices.push(format!("the summary of the job is missing ({error})"));
    }
    if let Some(path) = &settings.output_file {
        let there = |written: &Result<(), Error>, path: &Path| match written {
            Ok(()) => path.to_string_lossy().into_owned(),
            // A step that uploads it has nothing to upload.
            Err(_) => String::new(),
        };
        let outputs = outputs(
            report,
            there(&sarif, &settings.sarif_file),
            there(&json, &settings.report_file),
        );
        if let Err(error) = append_outputs(path, &outputs) {
            notices.push(format!("the outputs of this step are missing ({error})"));
        }
    }
    let noticed = on_stdout(|out| {
        let mut notices = notices.iter();
        notices.try_for_each(|text| writeln!(out, "{}", annotations::notice(text)))
    });
    let reviewed = review(&told, rules, settings);
    sarif.and(json)?;
    settle(printed.and(noticed))?;
    reviewed?;
    Ok(verdict(report, settings.scan.fail_on))
}

/// Says in the log, and where annotations are shown, why there is no result.
pub fn explain(error: &Error) {
    let text = format!("{error}; {}", error.advice());
    let _ = on_stdout(|out| writeln!(out, "{}", annotations::failure(&text)));
}

/// Writes a report file, and the folder for it where there is none.
fn in_folder(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        // Where it fails, so does the file, which is told.
        let _ = fs::create_dir_all(folder);
    }
    write_file(path, write)
}

/// Adds the page to the summary of the job, which may have one of another run in this step.
fn summarize(
    report: &Report,
    rules: &[RuleMeta],
    settings: &ActionSettings,
    path: &Path,
) -> io::Result<()> {
    let there = fs::metadata(path).map_or(0, |file| file.len());
    let there = usize::try_from(there).unwrap_or(usize::MAX);
    let options = markdown::Options {
        repository: settings.repository.as_ref(),
        largest: markdown::LARGEST.saturating_sub(there),
        rest: "are in the log and in the SARIF file",
    };
    let page = markdown::page(report, rules, &options);
    if page.len() > options.largest {
        return Err(io::Error::other("other steps have filled it"));
    }
    append(path, &page)
}

/// Reviews the pull request, where there is one. What is missing is told in the log, and in the summary
/// of the job, where it outlives the ten annotations that are shown.
fn review(told: &[u8], rules: &'static [RuleMeta], settings: &ActionSettings) -> Result<(), Error> {
    let missing = |why: &str| Outcome {
        posted: None,
        notices: vec![Notice {
            path: None,
            line: None,
            message: format!("the review is missing: {why}"),
            advice: String::new(),
        }],
    };
    let outcome = match &settings.review {
        Review::None => return Ok(()),
        Review::Missing(why) => missing(why),
        Review::Post(runner) => match Told::read(told, rules) {
            Ok(told) => github::post(&told, runner),
            Err(error) => missing(&error.to_string()),
        },
    };
    if let Some(path) = &settings.summary_file {
        let notes: String = outcome.notices.iter().map(markdown::note).collect();
        // The log has it, too.
        let _ = append(path, &notes);
    }
    deliver_review(&outcome, true).map(|_| ())
}

/// What later steps may ask for.
fn outputs(report: &Report, sarif: String, json: String) -> Vec<(&'static str, String)> {
    let counts = report.counts();
    let mut releases: Vec<&str> = Vec::new();
    for scope in &report.scopes {
        if !releases.contains(&scope.tensorflow.as_str()) {
            releases.push(&scope.tensorflow);
        }
    }
    vec![
        ("findings", report.findings.len().to_string()),
        ("errors", counts.errors.to_string()),
        ("warnings", counts.warnings.to_string()),
        ("notes", counts.notes.to_string()),
        ("tensorflow", releases.join("; ")),
        ("sarif-file", sarif),
        ("report-file", json),
    ]
}

fn append_outputs(path: &Path, outputs: &[(&'static str, String)]) -> io::Result<()> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
    let text = written(outputs, &format!("{:032x}", u128::from_ne_bytes(random)))?;
    append(path, &text)
}

/// Adds to a file that the runner has made.
fn append(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)?;
    file.write_all(text.as_bytes())
}

/// Outputs as the runner reads them. A value that could hold a line end stands between lines that
/// nobody can guess, since it would set other outputs otherwise.
fn written(outputs: &[(&'static str, String)], random: &str) -> io::Result<String> {
    let mut text = String::new();
    for (name, value) in outputs {
        if value.bytes().all(|byte| byte.is_ascii_digit()) {
            text.push_str(&format!("{name}={value}\n"));
            continue;
        }
        let end = format!("ghadelimiter_{random}");
        if value.contains(&end) {
            return Err(io::Error::other("a value contains its own end"));
        }
        text.push_str(&format!("{name}<<{end}\n{value}\n{end}\n"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_set_no_other_outputs() {
        let outputs = [
            ("errors", "3".to_owned()),
            (
                "sarif-file",
                "a\nerrors=0\nghadelimiter_\n%0A.sarif".to_owned(),
            ),
            ("report-file", String::new()),
        ];
        assert_eq!(
            written(&outputs, "r4nd0m").unwrap(),
            "errors=3\n\
             sarif-file<<ghadelimiter_r4nd0m\n\
             a\nerrors=0\nghadelimiter_\n%0A.sarif\n\
             ghadelimiter_r4nd0m\n\
             report-file=\n"
        );
        let own_end = [("sarif-file", "ghadelimiter_r4nd0m".to_owned())];
        assert!(written(&own_end, "r4nd0m").is_err());
    }
}
