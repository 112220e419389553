//! Where a finished report goes: files, standard output, standard error, and the exit code.
//!
//! Standard output carries the chosen format alone; notices and the summary of machine formats go
//! to standard error.

pub mod action;
pub mod progress;

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::cli::{CompatFormat, Format, TextFormat};
use crate::compat::Compat;
use crate::error::Error;
use crate::explain::Life;
use crate::finding::{Level, Notice};
use crate::fix::{Change, Repaired, patch};
use crate::github::Outcome;
use crate::report::compat::preview::Preview;
use crate::report::terminal::{Detail, Look};
use crate::report::{
    Report, annotations, compat, concise, explain, json, markdown, rules, sarif, terminal,
};
use crate::rule::RuleMeta;
use crate::settings::inputs::CATEGORY;
use crate::settings::{Settings, look};

/// More notices than this are counted, not listed, unless asked for.
const MOST_NOTICES: usize = 20;

/// So many files of earlier runs may lie where a file is to be written.
const MOST_TRIES: usize = 100;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing at or above the level that fails.
    Pass,
    /// Findings at or above it.
    Fail,
}

/// Tells a report to everybody who asked for it.
///
/// # Errors
///
/// Where a file or standard output cannot be written. A reader that stops reading is no error.
pub fn deliver(report: &Report, rules: &[RuleMeta], settings: &Settings) -> Result<Verdict, Error> {
    // Files come first: they stay whole whatever happens to standard output. One that cannot be written
    // takes nothing from the others.
    let sarif = settings.sarif_file.as_ref().map_or(Ok(()), |path| {
        write_file(path, |out| {
            sarif::write(report, rules, &settings.category(CATEGORY), out)
        })
    });
    let json = settings.json_file.as_ref().map_or(Ok(()), |path| {
        write_file(path, |out| json::write(report, rules, out))
    });
    let baseline = write_baseline(report, settings);
    if settings.detail != Detail::Quiet {
        if let (Detail::Verbose, Some(config)) = (settings.detail, &settings.config) {
            complain(&format!("configuration: {config}"));
        }
        notices(&report.notices, settings.detail);
        if let Ok(Some(remark)) = &baseline {
            complain(&format!("notice: {remark}"));
        }
    }
    let printed = match settings.format {
        Format::Terminal => {
            on_terminal(|out| terminal::write(report, settings.look, settings.detail, out))
        }
        Format::Concise => on_stdout(|out| concise::write(report, out)),
        Format::Json => on_stdout(|out| json::write(report, rules, out)),
        Format::Github => {
            let folder = &settings.workspace_folder;
            on_stdout(|out| annotations::write(report, rules, folder, out))
        }
        Format::Markdown => {
            let options = markdown::Options {
                repository: None,
                largest: markdown::LARGEST,
                rest: "are not shown: `--format json` has them all",
            };
            on_stdout(|out| markdown::write(report, rules, &options, out))
        }
        Format::Sarif => {
            on_stdout(|out| sarif::write(report, rules, &settings.category(CATEGORY), out))
        }
    };
    // What is read on a terminal ends with it.
    if settings.detail != Detail::Quiet && settings.format != Format::Terminal {
        complain(&terminal::summary_line(report));
    }
    sarif.and(json).and(baseline)?;
    settle(printed)?;
    Ok(verdict(report, settings.fail_on))
}

/// Writes the baseline, where a new one was asked for; and what is to be said of it.
fn write_baseline(report: &Report, settings: &Settings) -> Result<Option<String>, Error> {
    let Some(compared) = &report.baseline else {
        return Ok(None);
    };
    if let (Some(new), Some(file)) = (&compared.new, &settings.baseline) {
        write_file(&file.path, |out| new.write(out))?;
    }
    Ok(compared.remark())
}

fn verdict(report: &Report, fail_on: Option<Level>) -> Verdict {
    let failed = fail_on.is_some_and(|level| report.worst() >= Some(level));
    if failed { Verdict::Fail } else { Verdict::Pass }
}

/// Writes repaired files, or prints the patch.
///
/// # Errors
///
/// Where a file or standard output cannot be written.
pub fn deliver_fixes(
    repaired: &Repaired,
    as_patch: bool,
    settings: &Settings,
) -> Result<Verdict, Error> {
    if settings.detail != Detail::Quiet {
        notices(&repaired.notices, settings.detail);
    }
    if as_patch {
        let printed = on_stdout(|out| {
            let mut changes = repaired.changes.iter();
            changes.try_for_each(|change| patch::write(change, out))
        });
        settle(printed)?;
        let all: Vec<&Change> = repaired.changes.iter().collect();
        return Ok(fixed(repaired, settings, as_patch, &all));
    }
    // A file that cannot be changed takes nothing from the others.
    let (mut changed, mut errors) = (Vec::new(), Vec::new());
    for change in &repaired.changes {
        match replace(&settings.request.root, change) {
            Ok(()) => changed.push(change),
            Err(error) => errors.push(error),
        }
    }
    let verdict = fixed(repaired, settings, as_patch, &changed);
    let mut errors = errors.into_iter();
    let Some(first) = errors.next() else {
        return Ok(verdict);
    };
    for error in errors {
        explain(&error);
    }
    Err(first)
}

/// Tells which files were changed, or would be.
fn fixed(repaired: &Repaired, settings: &Settings, as_patch: bool, changed: &[&Change]) -> Verdict {
    if settings.detail == Detail::Verbose {
        for change in changed {
            complain(&format!("changed: {}", change.path));
        }
    }
    if settings.detail != Detail::Quiet {
        complain(&match repaired.changes.len() {
            all if all == changed.len() => fixed_line(repaired, as_patch),
            all => format!("changed {} of {all} files", changed.len()),
        });
    }
    let patched = as_patch && !repaired.changes.is_empty();
    if patched {
        Verdict::Fail
    } else {
        Verdict::Pass
    }
}

/// `fixed 3 findings in 2 files; 4 more with --unsafe`.
fn fixed_line(repaired: &Repaired, as_patch: bool) -> String {
    let counted = |count: usize, noun: &str| match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    };
    let mut line = match (repaired.changes.len(), as_patch) {
        (0, _) => "nothing to fix".to_owned(),
        (files, _) => {
            let verb = if as_patch { "would fix" } else { "fixed" };
            let findings = counted(repaired.fixed, "finding");
            format!("{verb} {findings} in {}", counted(files, "file"))
        }
    };
    if repaired.left_unsafe > 0 {
        line.push_str(&format!("; {} more with --unsafe", repaired.left_unsafe));
    }
    line
}

/// Puts the new bytes of a file in place of the old ones, which must still be there.
fn replace(root: &Path, change: &Change) -> Result<(), Error> {
    let path = root.join(change.path.as_str());
    let failed = |source| Error::Change {
        path: change.path.as_str().into(),
        source,
    };
    // A link keeps its place: what it points to is replaced, where that is in the repository.
    let target = path.canonicalize().map_err(failed)?;
    let root = root.canonicalize().map_err(failed)?;
    let rights = fs::metadata(&target).map_err(failed)?.permissions();
    if !target.starts_with(&root) || rights.readonly() {
        return Err(failed(io::ErrorKind::PermissionDenied.into()));
    }
    if fs::read(&target).map_err(failed)? != change.before {
        let now = io::Error::other("it was changed in the meantime");
        return Err(failed(now));
    }
    let write = |out: &mut dyn Write| out.write_all(&change.after);
    put(&target, Some(rights), write).map_err(failed)
}

/// Prints the list of rules.
///
/// # Errors
///
/// Where standard output cannot be written.
pub fn list_rules(all: &[RuleMeta], format: TextFormat) -> Result<(), Error> {
    let Look { width, .. } = look();
    settle(match format {
        TextFormat::Terminal => on_stdout(|out| rules::write_terminal(all, width, out)),
        TextFormat::Json => on_stdout(|out| rules::write_json(all, out)),
        TextFormat::Markdown => on_stdout(|out| rules::write_markdown(all, out)),
    })
}

/// Tells which releases some code supports.
///
/// # Errors
///
/// Where standard output cannot be written.
pub fn deliver_compat(
    found: &Compat,
    format: CompatFormat,
    settings: &Settings,
) -> Result<Verdict, Error> {
    if settings.detail != Detail::Quiet {
        notices(&found.notices, settings.detail);
    }
    let (look, detail) = (settings.look, settings.detail);
    settle(match format {
        CompatFormat::Terminal => {
            on_terminal(|out| compat::terminal::write(found, look, detail, out))
        }
        CompatFormat::Markdown => on_stdout(|out| compat::markdown::write(found, out)),
        CompatFormat::Json => on_stdout(|out| compat::json::write(found, out)),
        CompatFormat::Svg => on_stdout(|out| compat::svg::write(found, out)),
    })?;
    Ok(Verdict::Pass)
}

/// Tells what an upgrade breaks.
///
/// # Errors
///
/// Where standard output cannot be written, or where a picture is asked for.
pub fn deliver_preview(
    preview: &Preview<'_>,
    format: CompatFormat,
    rules: &[RuleMeta],
    settings: &Settings,
) -> Result<Verdict, Error> {
    if settings.detail != Detail::Quiet {
        notices(&preview.report.notices, settings.detail);
    }
    settle(match format {
        CompatFormat::Terminal => on_terminal(|out| preview.write_terminal(settings.look, out)),
        CompatFormat::Markdown => on_stdout(|out| preview.write_markdown(out)),
        CompatFormat::Json => on_stdout(|out| json::write(preview.report, rules, out)),
        CompatFormat::Svg => return Err(Error::NoPicture),
    })?;
    Ok(Verdict::Pass)
}

/// Tells the life of a symbol.
///
/// # Errors
///
/// Where standard output cannot be written.
pub fn explain_symbol(life: &Life, format: TextFormat) -> Result<Verdict, Error> {
    let look = look();
    settle(match format {
        TextFormat::Terminal => on_terminal(|out| explain::write_terminal(life, look, out)),
        TextFormat::Json => on_stdout(|out| explain::write_json(life, out)),
        TextFormat::Markdown => on_stdout(|out| explain::write_markdown(life, out)),
    })?;
    Ok(Verdict::Pass)
}

/// Shows the page of a rule.
///
/// # Errors
///
/// Where standard output cannot be written.
pub fn show_rule(rule: &RuleMeta, format: TextFormat) -> Result<Verdict, Error> {
    let look = look();
    settle(match format {
        TextFormat::Terminal => on_terminal(|out| rules::write_page(rule, look, out)),
        TextFormat::Json => on_stdout(|out| rules::write_json(std::slice::from_ref(rule), out)),
        TextFormat::Markdown => on_stdout(|out| rules::write_page_markdown(rule, out)),
    })?;
    Ok(Verdict::Pass)
}

/// Prints what some function writes.
///
/// # Errors
///
/// Where standard output cannot be written.
pub fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Verdict, Error> {
    settle(on_stdout(write))?;
    Ok(Verdict::Pass)
}

/// Tells what became of a review. In a workflow, what is missing is an annotation.
///
/// # Errors
///
/// Where standard output cannot be written.
pub fn deliver_review(outcome: &Outcome, in_actions: bool) -> Result<Verdict, Error> {
    let printed = on_stdout(|out| {
        if let Some(posted) = &outcome.posted {
            writeln!(out, "{}", annotations::line(&posted.to_string()))?;
        }
        for notice in outcome.notices.iter().filter(|_| in_actions) {
            writeln!(out, "{}", annotations::notice(&notice.to_string()))?;
        }
        Ok(())
    });
    settle(printed)?;
    if !in_actions {
        notices(&outcome.notices, Detail::Verbose);
    }
    Ok(Verdict::Pass)
}

/// Says on standard error why there is no result.
pub fn explain(error: &Error) {
    complain(&format!("error: {error}; {}", error.advice()));
}

fn notices(notices: &[Notice], detail: Detail) {
    let most = match detail {
        Detail::Verbose => notices.len(),
        Detail::Quiet | Detail::Normal => MOST_NOTICES.min(notices.len()),
    };
    for notice in &notices[..most] {
        complain(&format!("notice: {notice}"));
    }
    if notices.len() > most {
        complain(&format!(
            "notice: and {} more (`-v` lists all)",
            notices.len() - most
        ));
    }
}

/// One line on standard error. Nobody is left to hear that it cannot be written.
fn complain(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", terminal::one_line(line));
}

fn on_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    write(&mut out)?;
    out.flush()
}

/// Standard output with colours translated for consoles that know none of the usual sequences.
fn on_terminal(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = io::BufWriter::new(anstream::AutoStream::auto(io::stdout().lock()));
    write(&mut out)?;
    out.flush()
}

fn settle(printed: io::Result<()>) -> Result<(), Error> {
    match printed {
        // `tfmp check | head` has seen enough.
        Err(source) if source.kind() != io::ErrorKind::BrokenPipe => Err(Error::Print { source }),
        _ => Ok(()),
    }
}

/// Writes a file beside its place and renames it, so that nobody ever reads half a report.
fn write_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    let failed = |source| Error::Write {
        path: path.to_owned(),
        source,
    };
    // A link keeps its place: what it points to is replaced.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if target.exists() && !target.is_file() {
        // A device or a pipe takes the bytes as they come.
        let file = fs::OpenOptions::new().write(true).open(&target);
        return file.and_then(|file| fill(file, write)).map_err(failed);
    }
    let rights = fs::metadata(&target).ok().map(|there| there.permissions());
    if rights.as_ref().is_some_and(fs::Permissions::readonly) {
        return Err(failed(io::ErrorKind::PermissionDenied.into()));
    }
    put(&target, rights, write).map_err(failed)
}

/// Writes a file beside its place and renames it. Who reads the place finds the old file or the new one,
/// whatever ends this run in between, and whoever else writes it at the same time.
fn put(
    target: &Path,
    rights: Option<fs::Permissions>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let (beside, file) = beside(target)?;
    let written = fill(file, write)
        .and_then(|()| rights.map_or(Ok(()), |rights| fs::set_permissions(&beside, rights)))
        .and_then(|()| fs::rename(&beside, target));
    written.inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })
}

fn fill(file: fs::File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = io::BufWriter::new(file);
    write(&mut out)?;
    out.flush()
}

/// A new file beside another, in the same folder: what lies there under such a name (of a run that was
/// killed, or a link that somebody has put there) is neither used nor followed.
fn beside(target: &Path) -> io::Result<(PathBuf, fs::File)> {
    let name = target.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let mut tries = 0;
    loop {
        let mut temporary = OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{}-{tries}.tmp", std::process::id()));
        let path = target.with_file_name(temporary);
        match fs::File::create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < MOST_TRIES => {
                tries += 1;
            }
            created => return created.map(|file| (path, file)),
        }
    }
}
