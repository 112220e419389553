#![doc = include_str!("version_compared_as_text.md")]

use std::str::FromStr;
use std::sync::Arc;

use pep440_rs::Version;

use crate::advice;
use crate::finding::{Finding, Level, Location};
use crate::names::{Package, RuleId};
use crate::narrow::{self, Judge};
use crate::python::computed::{Comparison, Computed};
use crate::python::uses::{FileUses, Guard, GuardId, VersionOf, VersionTest};
use crate::release::{ReleaseSet, ReleaseTable};
use crate::rule::{RuleMeta, describe};
use crate::text::SourceFile;

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP040"),
    name: "version-compared-as-text",
    level: Level::Error,
    summary: "A version is compared as text or as a decimal number, which puts 2.10 before 2.4.",
    page: include_str!("version_compared_as_text.md"),
};

/// Fires on a comparison that treats a version as text: an error where it sorts a permitted
/// release wrongly, a warning where only other releases, a note where none that is known.
#[must_use]
pub fn check(
    file: &Arc<SourceFile>,
    uses: &FileUses,
    test: &VersionTest,
    judge: &Judge<'_>,
) -> Option<Finding> {
    let (part, intent, permitted) = reached(uses, test, judge)?;
    let package = intent.package;
    let table = ReleaseTable::of(package);
    let wrong = sorted_wrongly(part, &intent, table.finals());
    let here = wrong & permitted;
    let level = if !judge.is_pinned(package) || wrong.is_empty() {
        Level::Note
    } else if here.is_empty() {
        Level::Warning
    } else {
        Level::Error
    };
    let shown = if here.is_empty() { wrong } else { here };
    let message = match shown.oldest() {
        Some(index) => {
            let said = narrow::on_release(part, package, index).unwrap_or_default();
            format!(
                "{}: `{}` is {said}",
                intent.kind.name(),
                intent.example(table.get(index).row.version)
            )
        }
        None => format!("{}, right for every release so far", intent.kind.name()),
    };
    let location = Location {
        file: Arc::clone(file),
        span: test.span,
    };
    let symbol = match intent.inside {
        true => "tensorflow.keras.__version__".to_owned(),
        false => format!("{package}.__version__"),
    };
    let mut finding = Finding::new(META.id, level, location, symbol, message);
    finding.label = match shown.oldest() {
        Some(_) => format!("sorts {} wrongly", describe(table, shown)),
        None => "works by luck".to_owned(),
    };
    finding.help.push(format!(
        "compare `packaging.version.parse({})`, or a tuple of whole numbers, or ask for the name itself with `hasattr`",
        match (package, intent.inside) {
            (Package::Tensorflow, _) => "tf.__version__",
            (_, true) => "tf.keras.__version__",
            (_, false) => "keras.__version__",
        }
    ));
    if std::ptr::eq(part, &*test.computed) {
        finding.fix = advice::version_test::numbers(file, test.span);
    }
    if !here.is_empty() {
        finding.pins = judge.pins(package);
    }
    Some(finding)
}

/// A comparison that treats a version as text, and the permitted releases under which it runs.
fn reached<'t>(
    uses: &FileUses,
    test: &'t VersionTest,
    judge: &Judge<'_>,
) -> Option<(&'t Computed, Intent, ReleaseSet)> {
    let (part, mut intent) = suspect_of(&test.computed)?;
    let package = intent.package;
    let permitted = if intent.inside {
        judge.keras_reached(uses, test.guard)?
    } else {
        judge.reached(uses, test.guard, package)?
    };
    if intent.kind == Kind::Minor {
        let tests_the_rest = |guard: &Guard| matches!(guard, Guard::Version { .. });
        if uses.chain(test.guard).any(tests_the_rest) {
            return None;
        }
        let table = ReleaseTable::of(package);
        intent.suppose_major(table.get(permitted.newest()?).identity.major);
    }
    Some((part, intent, permitted))
}

/// Those of some releases that a comparison sorts otherwise than it was meant to.
fn sorted_wrongly(part: &Computed, intent: &Intent, releases: ReleaseSet) -> ReleaseSet {
    let table = ReleaseTable::of(intent.package);
    releases
        .iter()
        .filter(|&index| {
            let meant = intent.meant(&table.get(index).version);
            narrow::on_release(part, intent.package, index).is_some_and(|said| said != meant)
        })
        .collect()
}

/// Whether a comparison sorts a permitted release wrongly: an error of [`check`], found without a look
/// at all other releases.
#[must_use]
pub fn misfires(uses: &FileUses, test: &VersionTest, judge: &Judge<'_>) -> bool {
    reached(uses, test, judge).is_some_and(|(part, intent, permitted)| {
        let finals = ReleaseTable::of(intent.package).finals();
        !sorted_wrongly(part, &intent, permitted & finals).is_empty()
    })
}

/// Whether code runs on other releases than it was meant for, because a version is compared as
/// text before it.
#[must_use]
pub fn misleads(uses: &FileUses, guard: Option<GuardId>) -> bool {
    fn any(guard: &Guard) -> bool {
        match guard {
            Guard::Version { computed, .. } => suspect(computed).is_some(),
            Guard::All(parts) | Guard::Any(parts) => parts.iter().any(any),
            Guard::CatchesAttributeError
            | Guard::CatchesImportError
            | Guard::CatchesTypeError
            | Guard::CatchesValueError
            | Guard::Accepts { .. }
            | Guard::Has { .. }
            | Guard::HasModule { .. }
            | Guard::Body { .. }
            | Guard::Never
            | Guard::Unknown => false,
        }
    }
    uses.chain(guard).any(any)
}

/// How a version is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Prefix,
    Minor,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Text => "text comparison of versions",
            Self::Number => "a version compared as a decimal number",
            Self::Prefix => "a version tested by the letters that it begins with",
            Self::Minor => "the second number of a version compared without the first",
        }
    }
}

/// The part of a version that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Letters {
    /// So many letters.
    Sliced(i64),
    /// The first two numbers.
    Joined,
}

/// What a comparison was meant to say.
struct Intent {
    package: Package,
    /// It is the Keras behind `tf.keras`.
    inside: bool,
    kind: Kind,
    op: Comparison,
    /// The version that it was meant to be compared with; several that it may begin with.
    bounds: Vec<Version>,
    /// How many numbers of a release count; all where none. Those of the bound where it is a
    /// beginning.
    depth: Option<usize>,
    /// The literal as Python shows it.
    literal: String,
    letters: Option<Letters>,
    /// The literal stands on the left.
    reversed: bool,
}

impl Intent {
    /// What it was meant to say of a version.
    fn meant(&self, version: &Version) -> bool {
        self.bounds
            .iter()
            .any(|bound| self.meant_by(bound, version))
    }

    fn meant_by(&self, bound: &Version, version: &Version) -> bool {
        let depth = match self.kind {
            Kind::Prefix => Some(bound.release().len()),
            Kind::Text | Kind::Number | Kind::Minor => self.depth,
        };
        let ordering = match depth {
            None => version.cmp(bound),
            Some(depth) => {
                let numbers = |version: &Version| {
                    (0..depth)
                        .map(|at| version.release().get(at).copied().unwrap_or(0))
                        .collect::<Vec<u64>>()
                };
                numbers(version).cmp(&numbers(bound))
            }
        };
        let ordering = if self.reversed {
            ordering.reverse()
        } else {
            ordering
        };
        self.op.is_true_of(ordering)
    }

    /// Puts the first number before the second, which stands alone.
    fn suppose_major(&mut self, major: u64) {
        for bound in &mut self.bounds {
            *bound = Version::new(std::iter::once(major).chain(bound.release().iter().copied()));
        }
    }

    /// The comparison with a version in it.
    fn example(&self, version: &str) -> String {
        let version = match self.letters {
            None => format!("\"{version}\""),
            Some(Letters::Sliced(count)) => format!("\"{version}\"[:{count}]"),
            Some(Letters::Joined) => {
                let parts: Vec<&str> = version.split('.').take(2).collect();
                format!("\"{}\"", parts.join("."))
            }
        };
        let op = self.op.symbol();
        let left = match self.kind {
            Kind::Text => version,
            Kind::Number => format!("float({version})"),
            Kind::Minor => format!("int({version}.split(\".\")[1])"),
            Kind::Prefix => return format!("{version}.startswith({})", self.literal),
        };
        if self.reversed {
            format!("{} {op} {left}", self.literal)
        } else {
            format!("{left} {op} {}", self.literal)
        }
    }
}

/// The first part of a test that treats a version as text, and what it was meant to say.
fn suspect(computed: &Computed) -> Option<(&Computed, Intent)> {
    let found = match computed {
        Computed::Compare(left, op, right) => {
            of_sides(left, *op, right, false).or_else(|| of_sides(right, *op, left, true))
        }
        Computed::Affix {
            text,
            any,
            start: true,
        } => of_prefix(text, any),
        _ => None,
    };
    match found {
        Some(intent) => Some((computed, intent)),
        None => computed.parts().into_iter().find_map(suspect),
    }
}

/// The same for a whole test. One that looks at the version a second time may ask for the first
/// number there.
fn suspect_of(computed: &Computed) -> Option<(&Computed, Intent)> {
    let (part, intent) = suspect(computed)?;
    (intent.kind != Kind::Minor || versions_in(computed) == 1).then_some((part, intent))
}

fn versions_in(computed: &Computed) -> usize {
    let own = usize::from(matches!(computed, Computed::Version(_)));
    own + computed.parts().into_iter().map(versions_in).sum::<usize>()
}

fn of_sides(side: &Computed, op: Comparison, literal: &Computed, reversed: bool) -> Option<Intent> {
    let intent = |kind, seen: Seen, bound: Version, depth, literal| Intent {
        package: seen.package,
        inside: seen.inside,
        kind,
        op,
        bounds: vec![bound],
        depth,
        literal,
        letters: seen.letters,
        reversed,
    };
    if let Some(seen) = minor_of(side).filter(|_| op.orders()) {
        let number = match literal {
            Computed::Int(number) => u64::try_from(*number).ok()?,
            Computed::Text(text) => text.parse().ok()?,
            _ => return None,
        };
        let bound = Version::new([number]);
        return Some(intent(
            Kind::Minor,
            seen,
            bound,
            Some(2),
            number.to_string(),
        ));
    }
    match (side, literal) {
        (Computed::Convert("float", text), Computed::Float(_) | Computed::Int(_)) => {
            let number = match literal {
                Computed::Float(number) => number.to_string(),
                Computed::Int(number) => number.to_string(),
                _ => return None,
            };
            let bound = Version::from_str(&number).ok()?;
            Some(intent(Kind::Number, seen(text)?, bound, Some(2), number))
        }
        (text, Computed::Text(literal)) => {
            let seen = seen(text)?;
            // Whole versions are equal as texts too.
            if !op.orders() && seen.letters.is_none() {
                return None;
            }
            let bound = Version::from_str(literal).ok()?;
            let depth = seen.letters.map(|_| bound.release().len());
            Some(intent(
                Kind::Text,
                seen,
                bound,
                depth,
                format!("\"{literal}\""),
            ))
        }
        _ => None,
    }
}

/// `startswith("2.1")`, which is true of 2.10 too. A literal that ends with a dot, or that is a
/// major number alone, says what it means.
fn of_prefix(text: &Computed, any: &[String]) -> Option<Intent> {
    let seen = seen(text)?;
    any.iter()
        .find(|prefix| prefix.contains('.') && !prefix.ends_with('.'))?;
    if seen.letters.is_some() {
        return None;
    }
    let bounds = any
        .iter()
        .map(|prefix| Version::from_str(prefix.trim_end_matches('.')).ok())
        .collect::<Option<_>>()?;
    let quoted: Vec<String> = any.iter().map(|prefix| format!("\"{prefix}\"")).collect();
    Some(Intent {
        package: seen.package,
        inside: seen.inside,
        kind: Kind::Prefix,
        op: Comparison::Equal,
        depth: None,
        bounds,
        literal: match quoted.as_slice() {
            [only] => only.clone(),
            several => format!("({})", several.join(", ")),
        },
        letters: None,
        reversed: false,
    })
}

/// A text that begins with a version.
struct Seen {
    package: Package,
    /// It is the Keras behind `tf.keras`.
    inside: bool,
    letters: Option<Letters>,
}

fn seen(text: &Computed) -> Option<Seen> {
    match text {
        Computed::Version(whose) => Some(Seen {
            package: match whose {
                VersionOf::Tensorflow => Package::Tensorflow,
                VersionOf::Keras | VersionOf::KerasOfTensorflow => Package::Keras,
                VersionOf::TfKeras => Package::TfKeras,
                VersionOf::Python => return None,
            },
            inside: *whose == VersionOf::KerasOfTensorflow,
            letters: None,
        }),
        Computed::Slice(inner, None | Some(0), Some(letters)) => {
            let inner = seen(inner)?;
            Some(Seen {
                letters: Some(Letters::Sliced(*letters)),
                ..inner
            })
        }
        // `str(v)`
        Computed::Convert("str", inner) => seen(inner),
        // `".".join(v.split(".")[:2])`
        Computed::Join(by, parts) if by == "." => {
            let Computed::Slice(split, None | Some(0), Some(_)) = &**parts else {
                return None;
            };
            let Computed::Split(version, by) = &**split else {
                return None;
            };
            if by != "." {
                return None;
            }
            Some(Seen {
                letters: Some(Letters::Joined),
                ..seen(version)?
            })
        }
        _ => None,
    }
}

/// Whose second number a value is.
fn minor_of(value: &Computed) -> Option<Seen> {
    match value {
        Computed::Convert("int", inner) => minor_of(inner),
        Computed::Index(numbers, 1) => split_of(numbers),
        Computed::Unpacked {
            of: numbers,
            at: 1,
            star,
            ..
        } if star.is_none_or(|star| star > 1) => split_of(numbers),
        Computed::Part(parsed, "minor") => parsed_of(parsed),
        _ => None,
    }
}

/// Whose numbers a value has, one by one.
fn split_of(value: &Computed) -> Option<Seen> {
    match value {
        Computed::Split(version, by) if by == "." => seen(version),
        Computed::Method {
            on,
            name: "split",
            arguments,
        } if matches!(arguments.as_slice(), [Computed::Text(by), _] if by == ".") => seen(on),
        Computed::Each("int", inner)
        | Computed::Convert("tuple" | "list", inner)
        | Computed::Slice(inner, None | Some(0), _) => split_of(inner),
        Computed::Part(parsed, "release") => parsed_of(parsed),
        _ => None,
    }
}

fn parsed_of(value: &Computed) -> Option<Seen> {
    match value {
        Computed::Parsed(version) => seen(version),
        _ => None,
    }
}
