//! One finding a line, for editors, `grep` and problem matchers:
//! `path:line:column: level[RULE] message`. In a notebook, line and column are those of the JSON, and the
//! message begins with the cell.

use std::io;

use crate::report::printable::inert;
use crate::report::{Places, Report, placed_message};

/// Writes the findings.
///
/// # Errors
///
/// What the output answers.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let places = Places::of(report);
    for finding in &report.findings {
        let (start, _) = places.range(&finding.location);
        writeln!(
            out,
            "{}:{}:{}: {}[{}] {}",
            inert(finding.location.file.path.as_str()),
            start.line,
            start.column,
            finding.level.name(),
            finding.rule,
            inert(&placed_message(finding)),
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[track_caller]
    fn check(report: &Report, expect: &str) {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expect);
    }

    #[test]
    fn one_line_for_each_finding() {
        check(
            &samples::report(),
            "src/train.py:3:1: error[TFMP001] `tf.keras.mixed_precision.set_global_policy` does \
             not exist in TensorFlow 2.3.4\n\
             src/train.py:4:1: warning[TFMP002] `tf.contrib.layers.fully_connected` was removed \
             in TensorFlow 2.0.0\n",
        );
        check(&Report::default(), "");
    }

    #[test]
    fn a_hostile_path_stays_on_its_line() {
        let mut report = samples::report();
        report.findings.truncate(1);
        report.findings[0].location = samples::location("a\n::error::b.py", "«x»");
        report.findings[0].message = "m\u{1b}[0m".to_owned();
        check(&report, "a␊::error::b.py:1:1: error[TFMP001] m␛[0m\n");
    }
}
