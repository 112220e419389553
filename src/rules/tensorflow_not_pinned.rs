#![doc = include_str!("tensorflow_not_pinned.md")]

use std::sync::Arc;

use crate::advice;
use crate::finding::{Finding, Level, Location};
use crate::names::{Package, RuleId};
use crate::python::uses::Use;
use crate::rule::RuleMeta;
use crate::text::SourceFile;

/// The rule's name card.
pub const META: RuleMeta = RuleMeta {
    id: RuleId("TFMP052"),
    name: "tensorflow-not-pinned",
    level: Level::Note,
    summary: "TensorFlow is used and nothing pins it.",
    page: include_str!("tensorflow_not_pinned.md"),
};

/// The one finding of a project that uses TensorFlow and pins it nowhere, at its first use.
#[must_use]
pub fn finding(file: &Arc<SourceFile>, first: &Use) -> Finding {
    let location = Location {
        file: Arc::clone(file),
        span: first.span,
    };
    let package = Package::from_name(first.path.split('.').next().unwrap_or_default())
        .unwrap_or(Package::Tensorflow);
    let newest = advice::newest(package);
    let mut finding = Finding::new(
        META.id,
        Level::Note,
        location,
        package.name(),
        format!(
            "nothing pins {}, so the newest release is checked: {newest}",
            package.title()
        ),
    );
    finding.label = "used here first".to_owned();
    finding.help.push(format!(
        "name it in a requirements file, such as `{package}=={newest}`"
    ));
    finding
}
