//! Reports made by hand, for the tests of the emitters.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use pep440_rs::VersionSpecifiers;

use crate::finding::{
    Edit, Finding, Fix, Level, Location, Notice, PinLine, Releases, Safety, Silenced, Silencer,
};
use crate::names::{Package, RuleId};
use crate::release::ReleaseTable;
use crate::report::{Report, ScopeLine, ScopePin};
use crate::rule::RuleMeta;
use crate::text::{RepoPath, SourceFile, Span};

const PAGE: &str = "\
id: TFMP001
since: 0.1.0

## What it does

Reports a name that appears only after the pinned releases.

## Why it matters

The line raises `AttributeError`.
";

/// The rules that the sample findings belong to, and one that found nothing.
pub(crate) const RULES: &[RuleMeta] = &[
    RuleMeta {
        id: RuleId("TFMP001"),
        name: "api-too-new",
        level: Level::Error,
        summary: "the symbol appears only after the permitted releases",
        page: PAGE,
    },
    RuleMeta {
        id: RuleId("TFMP002"),
        name: "api-removed",
        level: Level::Error,
        summary: "the permitted releases no longer have the symbol",
        page: "",
    },
    RuleMeta {
        id: RuleId("TFMP003"),
        name: "api-deprecated",
        level: Level::Note,
        summary: "it works, and is deprecated",
        page: "",
    },
];

/// A location from text in which `«` and `»` enclose it.
#[track_caller]
pub(crate) fn location(path: &str, marked: &str) -> Location {
    let start = marked.find('«').expect("the text marks a start");
    let text = marked.replacen('«', "", 1);
    let end = text.find('»').expect("the text marks an end");
    let text = text.replacen('»', "", 1);
    in_file(&file(path, &text), start, end)
}

fn file(path: &str, text: &str) -> Arc<SourceFile> {
    Arc::new(SourceFile::new(RepoPath::new(path), text.to_owned()))
}

fn in_file(file: &Arc<SourceFile>, start: usize, end: usize) -> Location {
    let byte = |at| u32::try_from(at).expect("samples are small");
    Location {
        file: Arc::clone(file),
        span: Span::new(byte(start), byte(end)),
    }
}

/// Releases from specifiers.
#[track_caller]
pub(crate) fn releases(package: Package, permitted: &str, present: &str) -> Releases {
    let table = ReleaseTable::of(package);
    let set = |text| {
        let specifiers = VersionSpecifiers::from_str(text).expect("a specifier");
        table.select(|release| specifiers.contains(&release.version))
    };
    let (permitted, present) = (set(permitted), set(present));
    Releases {
        package,
        permitted,
        failing: permitted - present,
        present,
    }
}

const TRAIN: &str = "\
import tensorflow as tf

tf.keras.mixed_precision.set_global_policy(\"mixed_float16\")
tf.contrib.layers.fully_connected(x, 10)
";

const REQUIREMENTS: &str = "# what the cluster has\nnumpy\ntensorflow==2.3.4\n";

/// Two errors under one pin, with everything that a finding can have.
pub(crate) fn report() -> Report {
    let train = file("src/train.py", TRAIN);
    let requirements = file("requirements.txt", REQUIREMENTS);
    let at = |file: &Arc<SourceFile>, text: &str| {
        let start = file.text.find(text).expect("the text is there");
        in_file(file, start, start + text.len())
    };
    let pin = PinLine {
        location: Some(at(&requirements, "tensorflow==2.3.4")),
        text: "tensorflow==2.3.4".to_owned(),
    };
    let mut new = Finding::new(
        RuleId("TFMP001"),
        Level::Error,
        at(&train, "tf.keras.mixed_precision.set_global_policy"),
        "tensorflow.keras.mixed_precision.set_global_policy",
        "`tf.keras.mixed_precision.set_global_policy` does not exist in TensorFlow 2.3.4",
    );
    new.label = "appears in 2.4.0".to_owned();
    new.releases = Some(releases(Package::Tensorflow, "==2.3.4", ">=2.4"));
    new.pins = vec![pin.clone()];
    new.help = vec![
        "on this pin: `tf.keras.mixed_precision.experimental.set_policy(\"mixed_float16\")`"
            .to_owned(),
        "or raise the pin to `tensorflow>=2.4`".to_owned(),
    ];
    new.run_time = Some(
        "AttributeError: module 'tensorflow.keras.mixed_precision' has no attribute \
         'set_global_policy'"
            .to_owned(),
    );
    new.more_uses = 3;
    new.fix = Some(Fix {
        title: "use `experimental.set_policy`".to_owned(),
        safety: Safety::Safe,
        edits: vec![Edit {
            path: train.path.clone(),
            span: new.location.span,
            text: "tf.keras.mixed_precision.experimental.set_policy".to_owned(),
        }],
    });
    let mut gone = Finding::new(
        RuleId("TFMP002"),
        Level::Warning,
        at(&train, "tf.contrib.layers.fully_connected"),
        "tensorflow.contrib.layers.fully_connected",
        "`tf.contrib.layers.fully_connected` was removed in TensorFlow 2.0.0",
    );
    gone.label = "last in 1.15.5".to_owned();
    gone.releases = Some(releases(Package::Tensorflow, "==2.3.4", "<2.0"));
    gone.pins = vec![pin];
    let silenced = silenced(&gone);
    let mut report = Report {
        findings: vec![gone, new],
        silenced,
        baseline: None,
        notices: vec![
            Notice::on_file(
                &RepoPath::new("requirements-dev.txt"),
                Some(7),
                "`tensorflow=2.3` is no requirement, and was not looked at",
            )
            .advise("write `tensorflow==2.3`"),
        ],
        scopes: vec![ScopeLine {
            folder: String::new(),
            is_notebook: false,
            tensorflow: "2.3.4".to_owned(),
            keras: None,
            pin: Some(ScopePin {
                place: Some((RepoPath::new("requirements.txt"), 3)),
                text: "tensorflow==2.3.4".to_owned(),
            }),
            environments: Vec::new(),
            passed_over: Vec::new(),
        }],
        shard: None,
        files_checked: 214,
        lines: 31_204,
        elapsed: Duration::from_millis(41),
    };
    report.sort();
    report
}

/// Three findings like one, each silenced by a comment.
fn silenced(like: &Finding) -> Vec<Silenced> {
    let one = |n| {
        let mut finding = like.clone();
        finding.symbol = format!("tensorflow.contrib.layers.old_{n}");
        let reason = format!("reason {n}");
        Silenced {
            finding,
            by: Silencer::Comment { reason },
        }
    };
    (1..=3).map(one).collect()
}
