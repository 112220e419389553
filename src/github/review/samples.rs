//! Findings made by hand, for the tests of the review.

use crate::finding::Level;
use crate::github::told::{Pin, Remark, Span};
use crate::names::Package;
use crate::report::samples::{self, RULES};

/// A finding in `src/train.py` on the lines from a number on.
pub(crate) fn remark(line: u32, source: &[&str]) -> Remark {
    let height = u32::try_from(source.len().max(1)).unwrap();
    Remark {
        rule: &RULES[0],
        level: Level::Error,
        path: "src/train.py".to_owned(),
        lines: (line, line + height - 1),
        source: source.iter().map(|&line| line.to_owned()).collect(),
        cell: None,
        symbol: "tensorflow.f".to_owned(),
        message: "`tf.f` does not exist in TensorFlow 2.9.3".to_owned(),
        label: "gone since 2.9.0".to_owned(),
        releases: None,
        pins: Vec::new(),
        help: Vec::new(),
        run_time: None,
        repair: None,
        more_uses: 0,
        fingerprint: format!("{line:016x}"),
    }
}

/// The same finding under a pin in `requirements.txt`, with the releases on which it works.
pub(crate) fn pinned(
    mut remark: Remark,
    line: u32,
    column: u32,
    statement: &str,
    working: &str,
) -> Remark {
    let in_lock = column > 10;
    let spelled = if in_lock { "\"2.9.3\"" } else { statement };
    let end = column + u32::try_from(spelled.chars().count()).unwrap();
    remark.pins = vec![Pin {
        place: Some(("requirements.txt".to_owned(), line, column, end)),
        text: statement.to_owned(),
    }];
    let releases = samples::releases(Package::Tensorflow, "==2.9.3", working);
    remark.releases = Some(Span {
        package: Package::Tensorflow,
        permitted: releases.permitted,
        working: releases.present,
    });
    remark
}
