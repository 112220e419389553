//! The answer for programs, as `docs/json.md` describes it.

use std::io;

use serde::Serialize;

use super::table;
use crate::compat::{Compat, Mark, PinAdvice, requirement};
use crate::release::ReleaseSet;
use crate::text::LineIndex;

/// Raised when a field goes or changes its meaning; new fields do not raise it.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct View<'c> {
    version: u32,
    python: Option<&'c str>,
    asked: String,
    supported: String,
    pinned: String,
    pins: &'c [String],
    widest: Option<String>,
    advice: &'static str,
    requirement: Option<String>,
    minors: Vec<MinorView>,
    causes: Vec<CauseView<'c>>,
    files: usize,
    notices: Vec<String>,
}

#[derive(Serialize)]
struct MinorView {
    minor: String,
    releases: Vec<&'static str>,
    supported: &'static str,
    prerelease: bool,
}

#[derive(Serialize)]
struct CauseView<'c> {
    symbol: &'c str,
    rules: Vec<&'static str>,
    fails: String,
    works: String,
    uses: usize,
    places: Vec<PlaceView<'c>>,
}

#[derive(Serialize)]
struct PlaceView<'c> {
    path: &'c str,
    line: u32,
    column: u32,
}

/// Writes the answer.
///
/// # Errors
///
/// What the output answers.
pub fn write(compat: &Compat, out: &mut dyn io::Write) -> io::Result<()> {
    let supported = compat.supported();
    let (advice, to) = match compat.advice() {
        PinAdvice::Fits => ("fits", None),
        PinAdvice::Change(to) => ("change", Some(to)),
        PinAdvice::Add(to) => ("add", Some(to)),
        PinAdvice::Nothing => ("nothing", None),
    };
    let view = View {
        version: VERSION,
        python: compat.python.as_deref(),
        asked: spelled(compat.asked),
        supported: spelled(supported),
        pinned: spelled(compat.pinned),
        pins: &compat.pins,
        widest: compat.widest().map(requirement),
        advice,
        requirement: to,
        minors: minors(compat, supported),
        causes: causes(compat),
        files: compat.files,
        notices: compat.notices.iter().map(ToString::to_string).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &view)?;
    writeln!(out)
}

fn spelled(set: ReleaseSet) -> String {
    table().describe(set)
}

fn minors(compat: &Compat, supported: ReleaseSet) -> Vec<MinorView> {
    let view = |minor: crate::compat::Minor| MinorView {
        supported: match Compat::mark(&minor, supported) {
            Mark::All => "all",
            Mark::Some => "some",
            Mark::None => "none",
            Mark::NotAsked => "not asked",
        },
        releases: minor
            .releases
            .iter()
            .map(|index| table().get(index).row.version)
            .collect(),
        prerelease: minor.is_prerelease,
        minor: minor.name,
    };
    compat.minors().into_iter().map(view).collect()
}

fn causes(compat: &Compat) -> Vec<CauseView<'_>> {
    let causes = compat.causes().into_iter();
    causes
        .map(|cause| CauseView {
            symbol: cause.symbol,
            rules: cause.rules.iter().map(|rule| rule.0).collect(),
            fails: spelled(cause.broken),
            works: spelled(compat.asked - cause.broken),
            uses: cause.uses,
            places: cause
                .places
                .iter()
                .map(|location| {
                    let text = location.file.on_disk();
                    let span = location.file.span_on_disk(location.span);
                    let start = LineIndex::new(text).position(text, span.start);
                    PlaceView {
                        path: location.file.path.as_str(),
                        line: start.line,
                        column: start.column,
                    }
                })
                .collect(),
        })
        .collect()
}
