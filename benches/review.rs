//! What a pull request of 3,000 files costs besides the network: reading the report, and planning the
//! review.
//!
//! `cargo bench --bench review` prints both. Nothing here is a test: machines differ.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a command for developers"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::json;
use tfmp::github::review::{ChangedFile, Ground, plan};
use tfmp::github::told::Told;
use tfmp::report::links::Repository;
use tfmp::rules;

const FILES: usize = 3_000;
const LINES_A_FILE: usize = 60;
const RUNS: usize = 21;

fn main() {
    let report = report();
    let files: Vec<ChangedFile> = (0..FILES).map(file).collect();
    let bytes: usize = files
        .iter()
        .filter_map(|file| file.patch.as_ref())
        .map(String::len)
        .sum();
    println!("{FILES} files, a finding in each, {bytes} bytes of patches");
    let repository = Repository {
        server: "https://github.com".to_owned(),
        name: "org/project".to_owned(),
        commit: "4b64".to_owned(),
    };
    let read = median(|| {
        Told::read(report.as_bytes(), rules::ALL)
            .unwrap()
            .findings
            .len()
    });
    println!("reading the report: {:.1} ms", read.as_secs_f64() * 1e3);
    let told = Told::read(report.as_bytes(), rules::ALL).unwrap();
    let planned = median(|| {
        let plan = plan(&Ground {
            told: &told,
            files: &files,
            all_files: true,
            comments: &[],
            reviews: &[],
            repository: &repository,
            most: 25,
            category: "tfmp",
        });
        assert_eq!((plan.new.len(), plan.listed), (25, FILES - 25));
        plan.new.len()
    });
    println!("planning the review: {:.1} ms", planned.as_secs_f64() * 1e3);
}

fn median(work: impl Fn() -> usize) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            black_box(work());
            start.elapsed()
        })
        .collect();
    times.sort();
    times[RUNS / 2]
}

fn call(n: usize) -> String {
    format!("tf.keras.mixed_precision.set_global_policy({n})")
}

fn file(n: usize) -> ChangedFile {
    let mut patch = format!("@@ -1,0 +1,{LINES_A_FILE} @@\n");
    for line in 1..LINES_A_FILE {
        let _ = writeln!(patch, "+x = {line}");
    }
    let _ = write!(patch, "+{}", call(n));
    ChangedFile {
        path: format!("src/module_{n}.py"),
        patch: Some(patch),
    }
}

fn report() -> String {
    let findings: Vec<_> = (0..FILES)
        .map(|n| {
            let place = json!({"line": LINES_A_FILE, "column": 1});
            let after = format!("tf.keras.mixed_precision.experimental.set_policy({n})");
            json!({
                "rule": "TFMP001", "level": "error", "path": format!("src/module_{n}.py"),
                "start": place, "end": place, "source": [call(n)],
                "symbol": "tensorflow.keras.mixed_precision.set_global_policy",
                "message": "`tf.keras.mixed_precision.set_global_policy` does not exist in TensorFlow 2.3.4",
                "label": "appears in 2.4.0",
                "releases": {"package": "tensorflow", "permitted": "2.3.4", "working": "2.4.0-2.20.0"},
                "pins": [{"text": "tensorflow==2.3.4", "path": "requirements.txt",
                          "start": {"line": 2, "column": 1}, "end": {"line": 2, "column": 18}}],
                "help": ["or raise the pin: `tensorflow>=2.4`"], "run_time": null, "more_uses": 0,
                "fix": {"title": "use `set_policy`", "safety": "safe", "lines": [{
                    "path": format!("src/module_{n}.py"), "start": LINES_A_FILE,
                    "before": [call(n)], "after": [after],
                }]},
                "fingerprint": format!("{n:016x}"),
            })
        })
        .collect();
    json!({"version": 1, "findings": findings}).to_string()
}
