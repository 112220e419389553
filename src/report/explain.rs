//! The life of a symbol, told: for people, for documents, for programs.

use std::io;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::explain::{Alias, Home, Life, Member, Shape};
use crate::finding::Releases;
use crate::names::Package;
use crate::release::{ReleaseSet, ReleaseTable};
use crate::report::markdown::escape::{code, sentence};
use crate::report::printable::wrap;
use crate::report::strip::{self, Kind};
use crate::report::terminal::Look;
use crate::rule::{describe, display};

/// The columns of the words that lead a line.
const LEAD: usize = 14;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// A set of releases in few words.
fn releases(package: Package, set: ReleaseSet) -> String {
    let title = package.title();
    if set.is_empty() {
        return format!("no release of {title}");
    }
    format!("{title} {}", describe(ReleaseTable::of(package), set))
}

/// What there is to say about a home besides its strip.
fn remarks(home: &Home) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let Some(keras) = home.keras {
        let where_ = match keras.is_empty() {
            true => "no release of Keras 3 has it".to_owned(),
            false => format!("{} has it", releases(Package::Keras, keras)),
        };
        rows.push((
            "behind it",
            format!("Keras 3 since TensorFlow 2.16: {where_}"),
        ));
    }
    if home.private {
        rows.push(("private", "any release may move or drop it".to_owned()));
    }
    if !home.deprecated.is_empty() {
        rows.push((
            "deprecated",
            format!("in {}", releases(home.package, home.deprecated)),
        ));
    }
    rows
}

/// A shape in words: all of it, or what changed.
fn shape(shape: &Shape, whole: bool) -> String {
    let mut parts = Vec::new();
    let listed = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    if !shape.added.is_empty() {
        parts.push(format!("adds {}", listed(&shape.added)));
    }
    if !shape.dropped.is_empty() {
        parts.push(format!("drops {}", listed(&shape.dropped)));
    }
    if whole || parts.is_empty() {
        parts.push(format!("`{}`", shape.text));
    }
    let of = ReleaseTable::of(shape.package);
    let package = match shape.package {
        Package::Tensorflow => String::new(),
        other => format!("{} ", other.title()),
    };
    format!(
        "{package}{}: {}",
        describe(of, shape.releases),
        parts.join("; ")
    )
}

fn shapes(home: &Home) -> Vec<String> {
    let last = home.shapes.len().saturating_sub(1);
    let all = home.shapes.iter().enumerate();
    all.map(|(place, one)| shape(one, place == 0 || place == last))
        .collect()
}

fn alias(one: &Alias) -> String {
    format!(
        "`{}` ({})",
        display(&one.path),
        releases(one.package, one.present)
    )
}

/// What is said of the symbol as a whole.
fn answers(life: &Life) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let Some(stub) = &life.stub {
        let where_ = releases(stub.package, stub.releases);
        rows.push((
            "a stub",
            format!("raises when it is called in {where_}: {}", stub.says),
        ));
        rows.push(("instead", stub.advice.to_owned()));
    }
    for line in life
        .instructions
        .lines()
        .filter(|line| !line.trim().is_empty())
    {
        rows.push(("they say", line.trim().to_owned()));
    }
    for (word, list) in [
        ("same thing", &life.aliases),
        ("after it", &life.forward),
        ("before it", &life.backward),
    ] {
        let told = |one: &&Alias| word == "same thing" || !life.aliases.contains(one);
        rows.extend(list.iter().filter(told).map(|one| (word, alias(one))));
    }
    rows
}

/// Writes it for people.
///
/// # Errors
///
/// What the output answers.
pub fn write_terminal(life: &Life, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page { look, out };
    page.paint(BOLD, &display(&life.path))?;
    writeln!(page.out, " ({})", life.kind)?;
    for home in &life.homes {
        writeln!(page.out)?;
        page.paint(BOLD, &home.path)?;
        writeln!(page.out)?;
        page.strip(home)?;
        for (lead, text) in remarks(home) {
            page.row(lead, &text)?;
        }
        let mut lead = "parameters";
        for text in shapes(home) {
            page.row(lead, &text)?;
            lead = "";
        }
    }
    let answers = answers(life);
    if !answers.is_empty() {
        writeln!(page.out)?;
    }
    let mut before = "";
    for (lead, text) in answers {
        page.row(if lead == before { "" } else { lead }, &text)?;
        before = lead;
    }
    page.members(life)
}

struct Page<'o> {
    look: Look,
    out: &'o mut dyn io::Write,
}

impl Page<'_> {
    fn strip(&mut self, home: &Home) -> io::Result<()> {
        let releases = Releases {
            package: home.package,
            permitted: ReleaseSet::EMPTY,
            failing: ReleaseSet::EMPTY,
            present: home.present,
        };
        let strip = strip::draw(&releases, self.look.width.saturating_sub(LEAD + 2).max(20));
        write!(self.out, "  {:LEAD$}", home.package.title())?;
        for (text, kind) in &strip.pieces {
            let style = match kind {
                Kind::Label => Style::new(),
                Kind::Present => AnsiColor::Green.on_default(),
                Kind::Partial => AnsiColor::Yellow.on_default(),
                Kind::Absent => DIM,
            };
            self.paint(style, text)?;
        }
        writeln!(self.out)
    }

    fn row(&mut self, lead: &str, text: &str) -> io::Result<()> {
        let room = self.look.width.saturating_sub(LEAD + 2).max(20);
        // Parameters break between each other, as code would not.
        let rows = match text.find("`(") {
            Some(_) => wrap(&text.replace('`', ""), room),
            None => wrap(text, room),
        };
        for (place, row) in rows.iter().enumerate() {
            let lead = if place == 0 { lead } else { "" };
            write!(self.out, "  ")?;
            self.paint(DIM, &format!("{lead:LEAD$}"))?;
            writeln!(self.out, "{row}")?;
        }
        Ok(())
    }

    fn members(&mut self, life: &Life) -> io::Result<()> {
        if life.members.is_empty() {
            return Ok(());
        }
        let what = if life.kind == "class" {
            "members"
        } else {
            "names"
        };
        writeln!(self.out)?;
        self.paint(BOLD, &format!("{} {what}", life.members.len()))?;
        writeln!(self.out)?;
        let package = life.homes[0].package;
        let widest = life.members.iter().map(|one| one.name.len()).max();
        let widest = widest.unwrap_or(0).min(40);
        for one in &life.members {
            let set = describe(ReleaseTable::of(package), one.present);
            writeln!(self.out, "  {:widest$}  {set}", one.name)?;
        }
        Ok(())
    }

    fn paint(&mut self, style: Style, text: &str) -> io::Result<()> {
        self.look.paint(style, text, self.out)
    }
}

/// Writes it for a document.
///
/// # Errors
///
/// What the output answers.
pub fn write_markdown(life: &Life, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "## {}\n", code(&display(&life.path)))?;
    writeln!(out, "| name | package | releases |\n|---|---|---|")?;
    for home in &life.homes {
        let set = describe(ReleaseTable::of(home.package), home.present);
        let set = if set.is_empty() {
            "none".to_owned()
        } else {
            set
        };
        writeln!(
            out,
            "| {} | {} | {set} |",
            code(&home.path),
            home.package.title()
        )?;
    }
    for home in &life.homes {
        let rows: Vec<String> = remarks(home)
            .into_iter()
            .map(|(lead, text)| format!("{lead}: {text}"))
            .chain(
                shapes(home)
                    .into_iter()
                    .map(|text| format!("parameters in {text}")),
            )
            .collect();
        if rows.is_empty() {
            continue;
        }
        writeln!(out, "\n{}:\n", code(&home.path))?;
        for row in rows {
            writeln!(out, "* {}", sentence(&row))?;
        }
    }
    let answers = answers(life);
    if !answers.is_empty() {
        writeln!(out)?;
    }
    for (lead, text) in answers {
        writeln!(out, "* **{lead}**: {}", sentence(&text))?;
    }
    if !life.members.is_empty() {
        writeln!(out, "\n| member | releases |\n|---|---|")?;
    }
    for one in &life.members {
        let set = describe(ReleaseTable::of(life.homes[0].package), one.present);
        writeln!(out, "| {} | {set} |", code(&one.name))?;
    }
    Ok(())
}

#[derive(Serialize)]
struct LifeView<'l> {
    version: u32,
    symbol: &'l str,
    kind: &'static str,
    homes: Vec<HomeView<'l>>,
    instructions: &'static str,
    stub: Option<StubView<'l>>,
    aliases: Vec<AliasView<'l>>,
    forward: Vec<AliasView<'l>>,
    backward: Vec<AliasView<'l>>,
    members: Vec<MemberView<'l>>,
}

#[derive(Serialize)]
struct HomeView<'l> {
    symbol: &'l str,
    package: &'static str,
    present: String,
    deprecated: String,
    private: bool,
    keras: Option<String>,
    parameters: Vec<ShapeView<'l>>,
}

#[derive(Serialize)]
struct ShapeView<'l> {
    package: &'static str,
    releases: String,
    parameters: &'static str,
    added: &'l [&'static str],
    dropped: &'l [&'static str],
}

#[derive(Serialize)]
struct StubView<'l> {
    package: &'static str,
    releases: String,
    says: &'l str,
    advice: &'static str,
}

#[derive(Serialize)]
struct AliasView<'l> {
    symbol: &'l str,
    package: &'static str,
    present: String,
}

#[derive(Serialize)]
struct MemberView<'l> {
    name: &'l str,
    present: String,
}

fn spelled(package: Package, set: ReleaseSet) -> String {
    ReleaseTable::of(package).describe(set)
}

/// Writes it for programs.
///
/// # Errors
///
/// What the output answers.
pub fn write_json(life: &Life, out: &mut dyn io::Write) -> io::Result<()> {
    let view = LifeView {
        version: 1,
        symbol: &life.path,
        kind: life.kind,
        homes: life.homes.iter().map(home).collect(),
        instructions: life.instructions,
        stub: life.stub.as_ref().map(|stub| StubView {
            package: stub.package.name(),
            releases: spelled(stub.package, stub.releases),
            says: &stub.says,
            advice: stub.advice,
        }),
        aliases: aliases(&life.aliases),
        forward: aliases(&life.forward),
        backward: aliases(&life.backward),
        members: life.members.iter().map(|one| member(life, one)).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &view)?;
    writeln!(out)
}

fn aliases(list: &[Alias]) -> Vec<AliasView<'_>> {
    list.iter()
        .map(|one| AliasView {
            symbol: &one.path,
            package: one.package.name(),
            present: spelled(one.package, one.present),
        })
        .collect()
}

fn home(home: &Home) -> HomeView<'_> {
    HomeView {
        symbol: &home.path,
        package: home.package.name(),
        present: spelled(home.package, home.present),
        deprecated: spelled(home.package, home.deprecated),
        private: home.private,
        keras: home.keras.map(|set| spelled(Package::Keras, set)),
        parameters: home
            .shapes
            .iter()
            .map(|shape| ShapeView {
                package: shape.package.name(),
                releases: spelled(shape.package, shape.releases),
                parameters: shape.text,
                added: &shape.added,
                dropped: &shape.dropped,
            })
            .collect(),
    }
}

fn member<'l>(life: &Life, one: &'l Member) -> MemberView<'l> {
    MemberView {
        name: &one.name,
        present: spelled(life.homes[0].package, one.present),
    }
}
