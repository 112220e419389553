#![doc = include_str!("package_not_installable.md")]

use pep440_rs::Version;

use crate::finding::{Edit, Finding, Fix, Level, Safety};
use crate::names::{Package, RuleId};
use crate::pins::{Choice, Pin};
use crate::release::ReleaseTable;
use crate::release::published::{self, Offer, Published};
use crate::rule::RuleMeta;
use crate::scope::{ScopeOptions, WithoutWheel};
use crate::text::Span;

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP050"),
    name: "package-not-installable",
    level: Level::Error,
    summary: "A requirement names a version that does not exist, or a package that is no TensorFlow.",
    page: include_str!("package_not_installable.md"),
};

/// Fires where pip finds nothing that a requirement asks for, or nothing that can be built, or
/// something that others made.
#[must_use]
pub fn check(pin: &Pin, options: &ScopeOptions) -> Option<Finding> {
    if !pin.from_index {
        return None;
    }
    let name = &pin.distribution.name;
    let line = pin.line();
    let text = line.statement();
    let (message, label) = match &pin.offer {
        _ if pin.distribution.is_strange() => (
            format!("`{name}` is not a package of the TensorFlow project"),
            "published by others".to_owned(),
        ),
        Offer::Nothing => (
            format!("`{text}` cannot be installed: the package index has no such version"),
            "no such version".to_owned(),
        ),
        Offer::Placeholder(version) => (
            format!(
                "`{text}` cannot be installed: pip takes the placeholder {version}, whose build only raises an error"
            ),
            format!("takes {version}, which is empty"),
        ),
        Offer::Something => return no_wheel(pin, &options.python_without_wheel(pin)?),
    };
    let mut finding = Finding::new(META.id, Level::Error, pin.location.clone(), name, message);
    finding.label = label;
    if let Some((plain, fix)) = plain_name(pin, text) {
        finding.help.push(format!("write `{plain}`"));
        finding.fix = Some(fix);
    } else if pin.offer == Offer::Nothing {
        let wanted = text.split_once("==").and_then(|(_, it)| it.parse().ok());
        finding
            .help
            .extend(wanted.and_then(|wanted| neighbours(name, &wanted, |_| true)));
    } else if pin.package() == Package::Tensorflow {
        finding.help.push(
            "write `tensorflow`, which has been for GPUs too since 2.1, or `tensorflow[and-cuda]` from 2.14 on"
                .to_owned(),
        );
    }
    Some(finding)
}

/// Nothing that a requirement asks for has a wheel for a Python that some line permits.
fn no_wheel(pin: &Pin, without: &WithoutWheel) -> Option<Finding> {
    let name = &pin.distribution.name;
    let line = pin.line();
    let text = line.statement();
    let wheels = pin.wheels.as_ref()?;
    let message = format!(
        "`{text}` cannot be installed: its wheels are for Python {wheels}, and `{}` permits no such",
        without.line.text
    );
    let mut finding = Finding::new(META.id, Level::Error, pin.location.clone(), name, message);
    finding.label = format!("for Python {wheels}");
    finding.pins = vec![without.line.clone()];
    let wanted = text.split_once("==").and_then(|(_, it)| it.parse().ok());
    let runs = |one: &Published| one.wheels().is_some_and(|wheels| without.has(&wheels));
    finding.help.extend(
        wanted
            .and_then(|wanted| neighbours(name, &wanted, runs))
            .map(|nearest| format!("for that Python {nearest}")),
    );
    Some(finding)
}

/// The same versions under the name `tensorflow`, where these exist and are the same: from 2.1 on
/// its wheels are for GPUs too (<https://www.tensorflow.org/install/pip>).
fn plain_name(pin: &Pin, text: &str) -> Option<(String, Fix)> {
    // In a command the name may stand in quotes.
    let text = text.strip_prefix("pip install ").unwrap_or(text);
    let written = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(text.len());
    let Choice::Releases(releases) = pin.choice else {
        return None;
    };
    let table = ReleaseTable::of(Package::Tensorflow);
    let oldest = releases.oldest().map(|index| table.get(index).minor())?;
    let same = matches!(pin.distribution.name.as_str(), "tensorflow-gpu" | "tf-gpu");
    if !same || oldest < (2, 1) {
        return None;
    }
    let location = &pin.location;
    let quote = location.file.text.get(location.span.range())?;
    let quote = u32::from(quote.starts_with(['"', '\'']));
    let start = location.span.start + quote;
    let end = start + u32::try_from(written).ok()?;
    let there = location.file.text.get(start as usize..end as usize)?;
    if there != &text[..written] {
        return None;
    }
    let edit = Edit {
        path: location.file.path.clone(),
        span: Span::new(start, end),
        text: "tensorflow".to_owned(),
    };
    let fix = Fix {
        title: "name the package `tensorflow`".to_owned(),
        safety: Safety::Safe,
        edits: vec![edit],
    };
    Some((format!("tensorflow{}", &text[written..]), fix))
}

/// The versions around one, of those that will do.
fn neighbours(
    name: &str,
    wanted: &Version,
    will_do: impl Fn(&Published) -> bool,
) -> Option<String> {
    let finals = || {
        published::versions(name)
            .into_iter()
            .flatten()
            .filter(|one| !one.version.any_prerelease() && will_do(one))
            .map(|one| &one.version)
    };
    let before = finals().rfind(|version| *version < wanted);
    let after = finals().find(|version| *version > wanted);
    match (before, after) {
        (Some(before), Some(after)) => Some(format!("the nearest are {before} and {after}")),
        (Some(one), None) | (None, Some(one)) => Some(format!("the nearest is {one}")),
        (None, None) => None,
    }
}
