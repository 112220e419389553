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
    let (part, intent) = suspect(&test.computed)?;
    let package = intent.package;
    let table = ReleaseTable::of(package);
    let wrong: ReleaseSet = table
        .finals()
        .iter()
        .filter(|&index| {
            let version = &table.get(index).version;
            let meant = intent.meant(version);
            narrow::on_release(part, package, index).is_some_and(|said| said != meant)
        })
        .collect();
    let permitted = judge.reached(uses, test.guard, package)?;
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
    let symbol = format!("{package}.__version__");
    let mut finding = Finding::new(META.id, level, location, symbol, message);
    finding.label = match shown.oldest() {
        Some(_) => format!("sorts {} wrongly", describe(table, shown)),
        None => "works by luck".to_owned(),
    };
    finding.help.push(format!(
        "compare `packaging.version.parse({})`, or a tuple of whole numbers, or ask for the name itself with `hasattr`",
        if package == Package::Tensorflow { "tf.__version__" } else { "keras.__version__" }
    ));
    if std::ptr::eq(part, &*test.computed) {
        finding.fix = advice::version_test::numbers(file, test.span);
    }
    if !here.is_empty() {
        finding.pins = judge.pins(package);
    }
    Some(finding)
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
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Text => "text comparison of versions",
            Self::Number => "a version compared as a decimal number",
            Self::Prefix => "a version tested by the letters that it begins with",
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
    kind: Kind,
    op: Comparison,
    /// The version that it was meant to be compared with.
    bound: Version,
    /// How many numbers of a release count; all where none.
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
        let ordering = match self.depth {
            None => version.cmp(&self.bound),
            Some(depth) => {
                let numbers = |version: &Version| {
                    (0..depth)
                        .map(|at| version.release().get(at).copied().unwrap_or(0))
                        .collect::<Vec<u64>>()
                };
                numbers(version).cmp(&numbers(&self.bound))
            }
        };
        let ordering = if self.reversed {
            ordering.reverse()
        } else {
            ordering
        };
        self.op.is_true_of(ordering)
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

fn of_sides(side: &Computed, op: Comparison, literal: &Computed, reversed: bool) -> Option<Intent> {
    let intent = |kind, seen: Seen, bound: Version, depth, literal| Intent {
        package: seen.package,
        kind,
        op,
        bound,
        depth,
        literal,
        letters: seen.letters,
        reversed,
    };
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
    let prefix = any
        .iter()
        .find(|prefix| prefix.contains('.') && !prefix.ends_with('.'))?;
    if seen.letters.is_some() || any.len() > 1 {
        return None;
    }
    let bound = Version::from_str(prefix).ok()?;
    let depth = bound.release().len();
    Some(Intent {
        package: seen.package,
        kind: Kind::Prefix,
        op: Comparison::Equal,
        depth: Some(depth),
        bound,
        literal: format!("\"{prefix}\""),
        letters: None,
        reversed: false,
    })
}

/// A text that begins with a version.
struct Seen {
    package: Package,
    letters: Option<Letters>,
}

fn seen(text: &Computed) -> Option<Seen> {
    match text {
        Computed::Version(whose) => Some(Seen {
            package: match whose {
                VersionOf::Tensorflow => Package::Tensorflow,
                VersionOf::Keras => Package::Keras,
                VersionOf::TfKeras => Package::TfKeras,
                VersionOf::KerasOfTensorflow => return None,
            },
            letters: None,
        }),
        Computed::Slice(inner, None | Some(0), Some(letters)) => {
            let inner = seen(inner)?;
            Some(Seen {
                letters: Some(Letters::Sliced(*letters)),
                ..inner
            })
        }
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
