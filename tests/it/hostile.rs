//! Repositories that mean harm: what they cannot do. None ends, hangs or fills the run, none makes it read
//! what is not theirs, and whatever is left out for it is said. `docs/limits.md` has the limits.
//!
//! Beside the hostile file there is always a plain one, whose finding has to be there: no file takes
//! anything from the others.

#[cfg(unix)]
mod on_unix;

use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{TestRepo, command};

/// Whatever takes longer has no end.
const PATIENCE: Duration = Duration::from_secs(240);

const PIN: &str = "tensorflow==2.3.4\n";
const BROKEN: &str = "import tensorflow as tf\ntf.Session()\n";

fn plain() -> TestRepo {
    TestRepo::new()
        .file("requirements.txt", PIN)
        .file("a.py", BROKEN)
}

/// What a run gave, and all that it told.
struct Told {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs to the end, which has to come.
#[track_caller]
fn run(mut command: Command) -> Told {
    let folder = std::env::temp_dir();
    let name = format!(
        "tfmp-hostile-{}-{:p}",
        std::process::id(),
        &raw const command
    );
    let files = ["out", "err"].map(|end| folder.join(format!("{name}.{end}")));
    let [out, err] = files
        .each_ref()
        .map(|path| std::fs::File::create(path).unwrap());
    let mut child = command.stdout(out).stderr(err).spawn().unwrap();
    let started = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if started.elapsed() > PATIENCE => {
                child.kill().unwrap();
                panic!("the run does not end");
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    let [stdout, stderr] = files.each_ref().map(|path| {
        let bytes = std::fs::read(path).unwrap();
        std::fs::remove_file(path).unwrap();
        String::from_utf8(bytes).expect("output is UTF-8")
    });
    Told {
        code: status.code(),
        stdout,
        stderr,
    }
}

#[track_caller]
fn tfmp(repo: &TestRepo, args: &[&str]) -> Told {
    let mut command = command(&repo.path(""));
    command.args(args);
    run(command)
}

/// The report on a repository, which has the finding of the plain file.
#[track_caller]
fn report(repo: &TestRepo) -> Value {
    report_with(repo, &[])
}

#[track_caller]
fn report_with(repo: &TestRepo, more: &[&str]) -> Value {
    let mut args = vec!["check", "--format", "json", "--fail-on", "never"];
    args.extend(more);
    let told = tfmp(repo, &args);
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    let report: Value = serde_json::from_str(&told.stdout).unwrap();
    let found = found(&report);
    assert!(found.contains(&("a.py".to_owned(), 2)), "{found:?}");
    report
}

/// Path and line of each finding about a name that is gone.
fn found(report: &Value) -> Vec<(String, u64)> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["rule"] == "TFMP002")
        .map(|finding| {
            let path = finding["path"].as_str().unwrap().to_owned();
            (path, finding["start"]["line"].as_u64().unwrap())
        })
        .collect()
}

/// `path: message` of each notice.
fn notices(report: &Value) -> Vec<String> {
    let notices = report["notices"].as_array().unwrap().iter();
    notices
        .map(|notice| match notice["path"].as_str() {
            Some(path) => format!("{path}: {}", notice["message"].as_str().unwrap()),
            None => notice["message"].as_str().unwrap().to_owned(),
        })
        .collect()
}

#[track_caller]
fn check_notice(report: &Value, start: &str, words: &str) {
    let notices = notices(report);
    let fits = |notice: &&String| notice.starts_with(start) && notice.contains(words);
    assert!(
        notices.iter().any(|n| fits(&n)),
        "no `{start}…{words}` in {notices:#?}"
    );
}

#[test]
fn nesting_of_code_breaks_no_stack() {
    let deep = 100_000;
    let around = |open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(deep), close.repeat(deep))
    };
    let shapes = [
        ("brackets", format!("x = {}", around("(", "1", ")"))),
        ("open", format!("x = {}", "[".repeat(deep))),
        ("braces", format!("x = {}", "{".repeat(deep))),
        ("signs", format!("x = {}1", "-".repeat(deep))),
        ("stars", format!("x = {}1", "*".repeat(deep))),
        ("powers", format!("x = {}2", "2**".repeat(deep))),
        ("sums", format!("x = {}1", "1+".repeat(deep))),
        ("tests", format!("x = {}1", "1<".repeat(deep))),
        ("both", format!("x = {}a", "a and ".repeat(deep))),
        ("not", format!("x = {}a", "not ".repeat(deep))),
        ("await", format!("x = {}a", "await ".repeat(deep))),
        ("lambda", format!("x = {}1", "lambda: ".repeat(deep))),
        ("ternary", format!("x = {}3", "1 if 2 else ".repeat(deep))),
        ("walrus", format!("x = {}", around("(y := ", "1", ")"))),
        ("members", format!("x = tf{}", ".a".repeat(deep))),
        ("items", format!("x = tf{}", "[0]".repeat(deep))),
        ("calls", format!("tf{}", ".a()".repeat(deep))),
        (
            "match",
            format!("match x:\n case {}: pass", around("[", "", "]")),
        ),
        ("types", format!("type X = {}", around("A[", "B", "]"))),
    ];
    let mut repo = plain();
    for (name, shape) in &shapes {
        repo = repo.file(
            &format!("{name}.py"),
            &format!("import tensorflow as tf\n{shape}\n"),
        );
    }
    let report = report(&repo);
    for (name, _) in &shapes {
        check_notice(
            &report,
            &format!("{name}.py: "),
            "nested too deeply to be read",
        );
    }
}

/// What is long, and not deep, is read.
#[test]
fn long_chains_of_code_are_read() {
    let end = "tf.Session()\n";
    let elif = "elif y:\n    pass\n".repeat(5_000);
    let decorators = "@a\n".repeat(20_000);
    let blocks: String = (0..90)
        .map(|n| format!("{}if x:\n", " ".repeat(n)))
        .collect();
    let repo = plain()
        .file(
            "elif.py",
            &format!("import tensorflow as tf\nif x:\n    pass\n{elif}{end}"),
        )
        .file(
            "decorators.py",
            &format!("import tensorflow as tf\n{decorators}def f(): pass\n{end}"),
        )
        .file(
            "blocks.py",
            &format!("import tensorflow as tf\n{blocks}{}{end}", " ".repeat(90)),
        );
    let report = report(&repo);
    let mut found = found(&report);
    found.sort();
    let expect = [
        ("a.py", 2),
        ("blocks.py", 92),
        ("decorators.py", 20_003),
        ("elif.py", 10_004),
    ];
    assert_eq!(found, expect.map(|(path, line)| (path.to_owned(), line)));
    assert_eq!(notices(&report), [""; 0]);
}

#[test]
fn nesting_of_manifests_and_notebooks_breaks_no_stack() {
    let open = "[".repeat(100_000);
    let maps = "{\"tensorflow\":".repeat(100_000);
    let yaml: String = (0..2_000)
        .map(|n| format!("{}a:\n", " ".repeat(n)))
        .collect();
    let path = ["a"; 100_000].join(".");
    let files = [
        ("1/pyproject.toml", format!("# tensorflow\na = {open}")),
        ("2/pyproject.toml", format!("# tensorflow\n[{path}]\n")),
        ("3/poetry.lock", format!("# tensorflow\na = {open}")),
        ("4/Pipfile", format!("[packages]\ntensorflow = {open}")),
        ("5/Pipfile.lock", maps.clone()),
        ("6/environment.yml", format!("# tensorflow\na: {open}")),
        ("7/environment.yml", format!("# tensorflow\n{yaml}")),
        (
            ".github/workflows/a.yml",
            format!("# tensorflow\n{}", "- ".repeat(100_000)),
        ),
        ("8/setup.py", format!("import tensorflow\nx = {open}")),
        (
            "9/requirements.txt",
            format!("tensorflow; {}", "(".repeat(100_000)),
        ),
        ("10/a.ipynb", format!("{{\"tensorflow\": {open}")),
        ("11/a.ipynb", maps),
    ];
    let mut repo = plain();
    for (path, text) in &files {
        repo = repo.file(path, text);
    }
    let report = report(&repo);
    for (path, _) in &files {
        check_notice(&report, &format!("{path}: "), "");
    }
}

#[test]
fn aliases_of_yaml_do_not_multiply() {
    let mut bomb = "a0: &a0 [tensorflow==2.1.0, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..40 {
        let list = vec![format!("*a{}", level - 1); 9].join(", ");
        writeln!(bomb, "a{level}: &a{level} [{list}]").unwrap();
    }
    let mut merges = "m0: &m0 {tensorflow: x}\n".to_owned();
    for level in 1..40 {
        let list = vec![format!("*m{}", level - 1); 9].join(", ");
        writeln!(merges, "m{level}: &m{level} {{<<: [{list}]}}").unwrap();
    }
    report(
        &plain()
            .file("1/environment.yml", &format!("{bomb}dependencies: *a39\n"))
            .file(
                "2/environment.yml",
                &format!("{merges}dependencies: [*m39]\n"),
            )
            .file(
                "3/environment.yml",
                "a: &a [*a, tensorflow]\ndependencies: *a\n",
            )
            .file(
                "4/environment.yml",
                "a: &a {<<: *a}\ndependencies: [tensorflow, *a]\n",
            )
            .file(".github/workflows/a.yml", &format!("{bomb}jobs: *a39\n")),
    );
}

#[test]
fn combinations_and_variables_do_not_multiply() {
    let numbers = (0..100)
        .map(|n| n.to_string())
        .collect::<Vec<_>>()
        .join(", ");
    let axes: String = (0..20)
        .map(|n| format!("        k{n}: [{numbers}]\n"))
        .collect();
    let workflow = format!(
        "on: push\njobs:\n  a:\n    runs-on: x\n    strategy:\n      matrix:\n{axes}    steps:\n      \
         - run: pip install tensorflow==${{{{ matrix.k1 }}}}.${{{{ matrix.k2 }}}}\n"
    );
    let doubled = |set: &str, first: &str| -> String {
        let mut text = format!("{set}A0={first}\n");
        for n in 1..60 {
            writeln!(text, "{set}A{n}=$A{m}$A{m}", m = n - 1).unwrap();
        }
        text
    };
    let tox = format!(
        "[tox]\nenvlist = {}\n[testenv]\ndeps = tensorflow\n",
        "{a,b}-".repeat(60)
    );
    report(
        &plain()
            .file(".github/workflows/a.yml", &workflow)
            .file(
                "Dockerfile",
                &format!("{}FROM tensorflow/tensorflow:$A59\n", doubled("ARG ", "2")),
            )
            .file(
                "a.sh",
                &format!("{}pip install $A59\n", doubled("", "tensorflow")),
            )
            .file("tox.ini", &tox),
    );
}

#[test]
fn regular_expressions_do_not_run_on() {
    let patterns = [
        "(a+)+$".to_owned(),
        "(x+x+)+y".to_owned(),
        "a{0,1000000}".to_owned(),
        format!("{}a{}", "(".repeat(5_000), ")".repeat(5_000)),
        format!("{}b", "(?:a|a)*".repeat(50)),
        format!("{}{}", "(".repeat(9), "{50})".repeat(9)),
        r"[\w]{50}".repeat(50),
    ];
    let mut source = "import re\nimport tensorflow as tf\n".to_owned();
    for pattern in patterns {
        writeln!(
            source,
            "if re.match(r'{pattern}', tf.__version__):\n    tf.Session()"
        )
        .unwrap();
    }
    report(&plain().file("b.py", &source));
}

#[test]
fn globs_do_not_run_on() {
    let repo = plain().file(
        ".gitignore",
        &format!("{}b\n{}x\n", "*a".repeat(200), "**/".repeat(500)),
    );
    for glob in [
        "{a,b}".repeat(40),
        "**/".repeat(1_000) + "x",
        "*a".repeat(1_000) + "b",
    ] {
        report_with(&repo, &["--exclude", &glob]);
    }
    for (glob, why) in [
        ("{".repeat(60_000) + "a", "it is longer than 4096 bytes"),
        (
            "{".repeat(17) + "a" + &"}".repeat(17),
            "more than 16 alternatives stand in each other",
        ),
    ] {
        let told = tfmp(&repo, &["check", "--exclude", &glob]);
        assert_eq!(told.code, Some(2));
        assert!(
            told.stderr.contains(&format!("is not a glob: {why}; ")),
            "{}",
            told.stderr
        );
        let repo = plain().file("tfmp.toml", &format!("exclude = [\"{glob}\"]\n"));
        let told = tfmp(&repo, &["check"]);
        assert!(
            told.stderr.starts_with("error: tfmp.toml:1:12: "),
            "{}",
            told.stderr
        );
    }
    let many: Vec<String> = (0..3_000).map(|n| format!("\"x{n}*.py\"")).collect();
    let repo = plain().file("tfmp.toml", &format!("exclude = [{}]\n", many.join(", ")));
    let told = tfmp(&repo, &["check"]);
    assert!(
        told.stderr.contains("there are more than 2000 globs"),
        "{}",
        told.stderr
    );
}

/// A small file that makes much when it is unpacked, and one that is only long.
#[test]
fn json_that_unfolds_is_read_or_refused() {
    let cell = r#"{"cell_type": "code", "source": ["import tensorflow as tf\n", "tf.Session()"]}"#;
    let notebook = format!(
        "{{\"nbformat\": 4, \"cells\": [{}]}}",
        vec![cell; 6_000].join(",")
    );
    let escapes = format!(
        r#"{{"nbformat": 4, "cells": [{{"cell_type": "code", "source": "tensorflow{}"}}]}}"#,
        r"\u0041".repeat(300_000)
    );
    let entries: Vec<String> = (0..20_000)
        .map(|_| r#""tensorflow": {"version": "==2.1.0"}"#.to_owned())
        .collect();
    let repo = plain()
        .file("many.ipynb", &notebook)
        .file("escapes.ipynb", &escapes)
        .file(
            "1/Pipfile.lock",
            &format!("{{\"default\": {{{}}}}}", entries.join(",")),
        )
        .file(
            "2/Pipfile.lock",
            &format!("{{\"default\": \"tensorflow{}\"}}", " ".repeat(17 << 20)),
        );
    let report = report(&repo);
    check_notice(
        &report,
        "many.ipynb: ",
        "there are 5000 findings in this file, and 1000 more uses fail",
    );
    check_notice(
        &report,
        "2/Pipfile.lock: ",
        "it is larger than 16 MiB and was not looked at",
    );
}

#[test]
fn nul_bytes_are_no_text() {
    let repo = plain()
        .file("b.py", "import tensorflow as tf\n\0tf.Session()\n")
        .file("1/requirements.txt", "tensorflow==2.\u{0}1\n");
    let report = report(&repo);
    check_notice(&report, "b.py: ", "cannot be parsed");
    check_notice(
        &report,
        "1/requirements.txt: ",
        "it holds NUL bytes, so it is no text and was not looked at",
    );
}

/// Text that reads otherwise than it runs, and names that are commands of a terminal or a runner.
#[cfg(unix)]
#[test]
fn controls_reach_nobody() {
    let source =
        "import tensorflow as tf\ntf.Session('\u{202E}\u{2066}')  # \u{2069} \u{1B}]0;x\u{7}\n";
    let names = [
        "d\u{202E}.py",
        "e\u{1B}[31m.py",
        "f\n::error::x.py",
        "g\r##[error]y.py",
        "h`|<b>.py",
    ];
    let mut repo = plain().file(
        "1/requirements.txt",
        "tensorflow==2.3.4 # \u{202E}\u{1B}[31m\n",
    );
    for name in names {
        repo = repo.file(name, source);
    }
    for format in ["terminal", "concise", "github", "markdown", "sarif", "json"] {
        let told = tfmp(&repo, &["check", "-v", "--format", format]);
        assert_eq!(told.code, Some(1), "{}", told.stderr);
        for line in told.stdout.lines().chain(told.stderr.lines()) {
            let raw = ['\u{202E}', '\u{2066}', '\u{2069}', '\u{1B}', '\u{7}', '\r'];
            // JSON has facts, and its own way to write them down; an annotation has the name of its file.
            let (line, raw) = match format {
                "json" => (line, &raw[3..]),
                "github" => (line.rsplit("::").next().unwrap(), &raw[..]),
                _ => (line, &raw[..]),
            };
            assert!(!line.contains(raw), "{format}: {line}");
            assert!(
                !line.trim_start().starts_with("::error::x"),
                "{format}: {line}"
            );
            assert!(format != "github" || !line.contains("##["), "{line}");
        }
    }
}

#[test]
fn numbers_of_versions_may_be_endless() {
    let big = "9".repeat(3_000);
    let dots = ["1"; 3_000].join(".");
    let lines = [
        format!("tensorflow=={big}"),
        format!("tensorflow=={big}!1.0"),
        format!("tensorflow=={dots}"),
        format!("tensorflow==2.1.0rc{big}"),
        format!("tensorflow>=1,{}", vec!["!=2.1"; 3_000].join(",")),
        "tensorflow==18446744073709551616".to_owned(),
        "tensorflow~=18446744073709551615.1".to_owned(),
        format!("tensorflow; python_version > '{big}'"),
        "tensorflow; python_version < '18446744073709551616.1'".to_owned(),
        format!("tensorflow=={}.*", u64::from(u32::MAX) + 1),
        "t".repeat(300_000),
    ];
    let mut repo = plain();
    for (number, line) in lines.iter().enumerate() {
        repo = repo.file(&format!("{number}/requirements.txt"), line);
    }
    let mut source = "import tensorflow as tf\nfrom packaging import version\n".to_owned();
    for number in [big.as_str(), "18446744073709551616", "2.9", "1e999999"] {
        writeln!(source, "if tf.__version__ >= '{number}': tf.Session()").unwrap();
        writeln!(
            source,
            "if version.parse(tf.__version__) < version.parse('{number}'): tf.Session()"
        )
        .unwrap();
        writeln!(source, "if int(tf.__version__[0]) < {number}: tf.Session()").unwrap();
        writeln!(
            source,
            "if int(tf.__version__[0]) ** {number} > 1: tf.Session()"
        )
        .unwrap();
        writeln!(source, "if tf.__version__[:{number}] == '2': tf.Session()").unwrap();
    }
    writeln!(source, "if tf.__version__ * 1000000000 > '1': tf.Session()").unwrap();
    writeln!(
        source,
        "if int(tf.__version__[0]) << 9999999999 > 1: tf.Session()"
    )
    .unwrap();
    writeln!(source, "tf.Session()  # tfmp: ignore[TFMP002] until={big}").unwrap();
    let repo = repo
        .file("b.py", &source)
        .file("x/environment.yml", &format!("dependencies:\n - tensorflow={big}\n"))
        .file("x/Dockerfile", &format!("FROM tensorflow/tensorflow:{big}\nFROM nvcr.io/nvidia/tensorflow:{big}.9-tf{big}-py3\n"));
    report(&repo);
    for option in ["--tensorflow", "--keras", "--python"] {
        for text in [&big, &dots] {
            let told = tfmp(&repo, &["check", option, text]);
            assert!(matches!(told.code, Some(0..=2)), "{}", told.stderr);
        }
    }
}

/// A long statement is quoted wherever it counts: in each finding, many times over.
#[test]
fn long_pins_do_not_fill_reports() {
    let pin = format!("tensorflow>=1,{}\n", vec!["!=2.1"; 10_000].join(","));
    let source = format!("import tensorflow as tf\n{}", "tf.Session()\n".repeat(300));
    let repo = TestRepo::new()
        .file("requirements.txt", &pin)
        .file("a.py", &source);
    for format in ["json", "sarif", "terminal", "markdown", "github"] {
        let told = tfmp(&repo, &["check", "--format", format, "--fail-on", "never"]);
        assert_eq!(told.code, Some(0), "{}", told.stderr);
        assert!(told.stdout.contains("tf.Session"), "{format}");
        let longest = 300 * 10_000;
        assert!(
            told.stdout.len() < longest,
            "{format}: {} bytes",
            told.stdout.len()
        );
    }
}

/// Every name that Python knows an encoding by, and some that it does not: what is found is right, and what
/// cannot be decoded is said.
#[test]
fn every_cookie_of_an_encoding_is_read_or_told() {
    let cookies = [
        "utf-8",
        "utf8",
        "UTF_8",
        "utf-8-sig",
        "latin-1",
        "iso-8859-1",
        "iso-8859-15",
        "cp1252",
        "cp1251",
        "koi8-r",
        "gbk",
        "gb18030",
        "big5",
        "shift_jis",
        "euc-jp",
        "euc-kr",
        "cp437",
        "mac-roman",
        "ascii",
        "us-ascii",
        "utf-7",
        "utf-16",
        "utf-32",
        "rot13",
        "hex",
        "idna",
        "punycode",
        "unicode_escape",
        "undefined",
        "cp037",
        "hz",
        "tis-620",
        "bogus",
        "",
    ];
    let repo = plain();
    for cookie in cookies {
        let mut bytes =
            format!("# -*- coding: {cookie} -*-\nimport tensorflow as tf\nx = '").into_bytes();
        bytes.push(0xE9);
        bytes.extend(b"'\ntf.Session()\n");
        std::fs::write(repo.path(&format!("c_{cookie}.py")), bytes).unwrap();
    }
    let report = report(&repo);
    let (found, notices) = (found(&report), notices(&report));
    for cookie in cookies {
        let path = format!("c_{cookie}.py");
        let is_found = found.contains(&(path.clone(), 4));
        let is_told = notices
            .iter()
            .any(|notice| notice.starts_with(&format!("{path}: ")));
        assert!(is_found || is_told, "{cookie}: neither found nor told");
    }
    // In these the byte is a letter, and the file is as good as any.
    for cookie in ["latin-1", "iso-8859-1", "cp1252"] {
        let path = format!("c_{cookie}.py");
        assert!(found.contains(&(path.clone(), 4)), "{cookie}");
        assert!(
            !notices.iter().any(|notice| notice.starts_with(&path)),
            "{notices:#?}"
        );
    }
}
