//! Files that no person writes: machines do, and those who mean harm. Where a limit is met the code behind
//! it is silent, or a notice says what is left out. Some of these took minutes once, and would again hold up
//! all tests: how long they take is not asked for here, because machines differ.

use std::fmt::Write as _;

use crate::support::TestRepo;

/// The report on a file under TensorFlow 2.3.4.
#[track_caller]
fn report(source: &str) -> serde_json::Value {
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.3.4\n")
        .file("a.py", source);
    repo.json()
}

/// The lines of a file with findings of one rule.
#[track_caller]
fn lines(source: &str, rule: &str) -> Vec<u64> {
    let report = report(source);
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["rule"] == rule)
        .map(|finding| finding["start"]["line"].as_u64().unwrap())
        .collect()
}

const HEAD: &str = "import tensorflow as tf\nfrom packaging.version import Version\n\
                    V = Version(tf.__version__)\n";

/// One branch that runs among the first, and one far behind.
#[test]
fn a_chain_of_4000_elif_took_minutes() {
    let mut source = format!("{HEAD}if V < Version(\"1.0\"):\n    pass\n");
    for number in 0..4_000 {
        let (test, body) = match number {
            20 => ("<", "tf.Session()"),
            _ => (">", "pass"),
        };
        writeln!(source, "elif V {test} Version(\"3.{number}\"):\n    {body}").unwrap();
    }
    source.push_str("else:\n    tf.Session()\n");
    assert_eq!(lines(&source, "TFMP002"), [47]);
}

#[test]
fn a_function_with_4000_early_exits_took_a_minute() {
    let mut source = format!("{HEAD}def f():\n");
    for number in 0..4_000 {
        if number == 20 {
            source.push_str("    tf.Session()\n");
        }
        writeln!(
            source,
            "    if V > Version(\"3.{number}\"):\n        return 1"
        )
        .unwrap();
    }
    // Behind more conditions than people write nothing is known.
    source.push_str("    tf.Session()\n");
    assert_eq!(lines(&source, "TFMP002"), [45]);
}

#[test]
fn a_helper_with_10000_calls_under_conditions_is_judged() {
    let mut source = format!("{HEAD}def helper():\n    tf.Session()\n");
    for number in 0..10_000 {
        writeln!(source, "if V > Version(\"3.{number}\"):\n    helper()").unwrap();
    }
    source.push_str("helper()\n");
    assert_eq!(lines(&source, "TFMP002"), [5]);
}

#[test]
fn a_function_with_40000_names_took_long() {
    let mut source = format!("{HEAD}def f():\n");
    for number in 0..40_000 {
        writeln!(source, "    a{number} = 1").unwrap();
    }
    source.push_str("    a39999 = tf\n    a39999.Session()\n");
    assert_eq!(lines(&source, "TFMP002"), [40_006]);
}

#[test]
fn each_of_4000_unknown_names_took_milliseconds() {
    let mut source = HEAD.to_owned();
    for number in 0..4_000 {
        writeln!(source, "tf.no_such_name_{number}()").unwrap();
    }
    source.push_str("tf.constnt(1)\n");
    let report = report(&source);
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 4_001);
    let last = findings.last().unwrap().to_string();
    assert!(last.contains("tf.constant"), "{last}");
}

#[test]
fn findings_of_one_file_had_no_end() {
    let mut source = HEAD.to_owned();
    for _ in 0..10_000 {
        source.push_str("tf.Session()\n");
    }
    let report = report(&source);
    assert_eq!(report["findings"].as_array().unwrap().len(), 5_000);
    let said = "there are 5000 findings in this file, and 5000 more uses fail on a permitted release: \
                these are not listed";
    let notices = report["notices"].as_array().unwrap();
    assert!(
        notices
            .iter()
            .any(|notice| notice["message"] == said && notice["path"] == "a.py"),
        "{notices:?}"
    );
}

/// A file that comes when there are enough tells its first, each kind that may be the first error, and
/// that.
#[test]
fn findings_of_a_run_had_no_end() {
    let full = format!("{HEAD}{}", "tf.Session()\n".repeat(5_000));
    let mut repo = TestRepo::new().file("requirements.txt", "tensorflow==2.3.4\n");
    for number in 0..22 {
        repo = repo.file(&format!("a{number:02}.py"), &full);
    }
    let warning = "tf.test.is_gpu_available()\n";
    let last = format!(
        "{HEAD}{0}tf.Session()\ntf.placeholder(1)\n",
        warning.repeat(3)
    );
    let report = repo.file("z.py", &last).json();
    let findings = report["findings"].as_array().unwrap();
    let of_last = findings.iter().filter(|finding| finding["path"] == "z.py");
    let lines: Vec<u64> = of_last
        .map(|finding| finding["start"]["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [4, 5, 7]);
    let others = findings.len() - lines.len();
    assert!((100_000..110_000).contains(&others), "{others}");
    let left_out = 110_000 - others + 1;
    let files = left_out / 4_999 + 1;
    let said = format!(
        "there are more than 100000 findings, and {left_out} more uses in {files} files fail on a permitted \
         release: these are not listed"
    );
    let notices = report["notices"].as_array().unwrap();
    assert!(
        notices.iter().any(|notice| notice["message"] == *said),
        "{said}: {notices:?}"
    );
}

/// What decides the outcome of a run is not lost behind what does not.
#[test]
fn an_error_behind_5000_warnings_is_found() {
    let mut source = HEAD.to_owned();
    for _ in 0..5_100 {
        source.push_str("tf.test.is_gpu_available()\n");
    }
    source.push_str("tf.Session()\n");
    assert_eq!(lines(&source, "TFMP002"), [5_104]);
}

/// The report of a run in some format.
#[track_caller]
fn printed(repo: &TestRepo, format: &str) -> String {
    let outcome = repo.tfmp(&["check", "--format", format, "--fail-on", "never"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    outcome.stdout
}

/// Each finding went through all uses of its file in search of those that its repair takes along.
#[test]
fn repairs_of_a_file_with_100000_uses_took_long() {
    let source = format!("{HEAD}{}", "tf.Session()\n".repeat(100_000));
    let report = report(&source);
    assert_eq!(report["findings"].as_array().unwrap().len(), 5_000);
}

#[test]
fn pins_of_2000_files_in_one_folder_are_told_apart() {
    let mut repo = TestRepo::new().file("a.py", "import tensorflow as tf\ntf.Session()\n");
    for number in 0..2_000 {
        let pin = format!("tensorflow==2.{}.0\n", number % 10);
        repo = repo.file(&format!("requirements-{number}.txt"), &pin);
    }
    let report = repo.json();
    let finding = &report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["path"] == "a.py");
    assert_eq!(finding.unwrap()["level"], "error");
}

/// Hundreds of folders with pins of their own, thousands of files that pin.
#[test]
fn hundreds_of_scopes_are_kept_apart() {
    let mut repo = TestRepo::new().file("requirements.txt", "tensorflow==1.15.0\n");
    for number in 0..300 {
        let folder = format!("team{}/project{number}", number % 7);
        for extra in ["-dev", "-docs", "-test", ""] {
            let pin = format!("tensorflow==2.{}.0\n", number % 10);
            repo = repo.file(&format!("{folder}/requirements{extra}.txt"), &pin);
        }
        repo = repo.file(
            &format!("{folder}/a.py"),
            "import tensorflow as tf\ntf.Session()\n",
        );
    }
    repo = repo.file("a.py", "import tensorflow as tf\ntf.Session()\n");
    let report = repo.json();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 300);
    for finding in findings {
        let path = finding["path"].as_str().unwrap();
        let number: usize = path.split('/').nth(1).unwrap()["project".len()..]
            .parse()
            .unwrap();
        let permitted = format!("2.{}.0", number % 10);
        assert_eq!(
            finding["releases"]["permitted"],
            permitted.as_str(),
            "{path}"
        );
    }
    assert_eq!(report["scopes"].as_array().unwrap().len(), 301);
}

/// A line without end: it is read, and nothing quotes it.
#[test]
fn a_line_of_10_megabytes_is_read_and_not_quoted() {
    let long = "a".repeat(10 << 20);
    let source = format!("import tensorflow as tf\ntf.Session('{long}'); tf.Session()\n");
    let repo = TestRepo::new()
        .file("requirements.txt", &format!("tensorflow==2.3.4 # {long}\n"))
        .file("a.py", &source);
    for format in ["terminal", "concise", "json", "sarif", "github", "markdown"] {
        let printed = printed(&repo, format);
        assert!(printed.contains("tf.Session"), "{format}");
        assert!(printed.len() < 1 << 20, "{format}: {} bytes", printed.len());
    }
    let report = repo.json();
    let gone = |finding: &&serde_json::Value| finding["rule"] == "TFMP002";
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.iter().filter(gone).count(), 2);
}

/// One finding after the other on one line: each quoted all of it.
#[test]
fn a_line_with_thousands_of_findings_does_not_fill_reports() {
    let source = format!(
        "import tensorflow as tf\n{}\n",
        "tf.Session(); ".repeat(4_000)
    );
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.3.4\n")
        .file("a.py", &source);
    for format in ["terminal", "concise", "json", "sarif"] {
        let printed = printed(&repo, format);
        assert!(
            printed.len() < 16 << 20,
            "{format}: {} bytes",
            printed.len()
        );
    }
}

/// What GitHub takes of so many is the worst, and the number of the others.
#[test]
fn of_20000_findings_and_notices_sarif_has_the_worst() {
    let mut repo = TestRepo::new().file("requirements.txt", "tensorflow>=1.15\n");
    for number in 0..20 {
        let source = format!(
            "import tensorflow as tf\n{}",
            "tf.Session()\n".repeat(1_000)
        );
        repo = repo.file(&format!("p/m{number}.py"), &source);
    }
    // Worse than all the others, and behind them.
    let pinned = "import tensorflow as tf\ntf.placeholder(1)\n";
    repo = repo
        .file("z/requirements.txt", "tensorflow==2.3.4\n")
        .file("z/a.py", pinned);
    for number in 0..1_200 {
        repo = repo.file(
            &format!("q/m{number}.py"),
            "import tensorflow as tf\nx = = 1\n",
        );
    }
    let sarif: serde_json::Value = serde_json::from_str(&printed(&repo, "sarif")).unwrap();
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 5_000);
    let last = &results[4_999]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(last, "z/a.py");
    let told = run["invocations"][0]["toolExecutionNotifications"]
        .as_array()
        .unwrap();
    let texts: Vec<&str> = told
        .iter()
        .map(|one| one["message"]["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts.len(), 1_002);
    let expect = [
        "200 more notices are left out; the JSON report has all.",
        "15,001 findings are left out; these are the 5,000 worst.",
    ];
    assert_eq!(texts[1_000..], expect);
    let report = repo.json();
    assert_eq!(report["findings"].as_array().unwrap().len(), 20_001);
    assert_eq!(report["notices"].as_array().unwrap().len(), 1_200);
}
