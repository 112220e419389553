//! Whole repositories, made of lines that the pages of the rules have, in any order and with anything
//! between them: the scan ends and gives the same twice, its SARIF is what OASIS describes, and what
//! is repaired is Python and needs no second repair.

#![no_main]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use arbitrary::Arbitrary;
use boon::{Compiler, SchemaIndex, Schemas};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use tfmp::cli::{CheckArgs, Format, ScanArgs};
use tfmp::python;
use tfmp::report::terminal::{Detail, Look};
use tfmp::report::{self, Report, annotations, concise, log, markdown, sarif, terminal};
use tfmp::rules::ALL;
use tfmp::run;
use tfmp::settings::Settings;
use tfmp::text::RepoPath;

/// No more lines than people would write: what is long is for `tests/it/size.rs`.
const MOST_LINES: usize = 40;

/// A repository.
#[derive(Arbitrary, Debug)]
struct Repository {
    pins: Vec<Pin>,
    lines: Vec<Line>,
    other: Vec<Line>,
    form: Form,
    also_unsafe: bool,
    all_environments: bool,
    is_crlf: bool,
}

/// What the code is written in.
#[derive(Arbitrary, Debug)]
enum Form {
    Module,
    Notebook,
    Two,
}

/// A requirement.
#[derive(Arbitrary, Debug)]
enum Pin {
    /// One of the pages.
    Of(u16),
    /// A specifier of two versions that there are.
    Between(u8, u8, u8),
    Raw(String),
}

/// A line of code.
#[derive(Arbitrary, Debug)]
enum Line {
    /// One of the pages, deeper or less deep than there.
    Of(u16, i8),
    /// A whole block of one.
    Block(u16),
    /// What opens a block, and how deep.
    Opens(u8, u8),
    Raw(String),
}

/// The code of all pages: lines, blocks, and requirements.
struct Pool {
    lines: Vec<String>,
    blocks: Vec<String>,
    pins: Vec<String>,
}

static POOL: LazyLock<Pool> = LazyLock::new(|| {
    let mut pool = Pool {
        lines: Vec::new(),
        blocks: Vec::new(),
        pins: Vec::new(),
    };
    for rule in ALL {
        // Every second part is inside of a fence.
        for block in rule.page.split("```").skip(1).step_by(2) {
            let (language, text) = block.split_once('\n').unwrap_or((block, ""));
            let text: Vec<&str> = text.lines().map(unmarked).collect();
            let lines = text.iter().map(|line| (*line).to_owned());
            match language.trim() {
                "requirements" => pool.pins.extend(lines),
                "py" => {
                    pool.lines.extend(lines);
                    pool.blocks.push(text.join("\n"));
                }
                _ => {}
            }
        }
    }
    for list in [&mut pool.lines, &mut pool.blocks, &mut pool.pins] {
        list.sort();
        list.dedup();
        assert!(list.len() > 20, "the pages have code");
    }
    pool
});

/// What may stand above a line.
const OPENS: &[&str] = &[
    "if tf.__version__ < \"2.4.0\":",
    "if version.parse(tf.__version__) >= version.parse(\"2.9\"):",
    "if tf.__version__.startswith(\"1.\"):",
    "else:",
    "elif hasattr(tf.keras.mixed_precision, \"set_global_policy\"):",
    "try:",
    "except AttributeError:",
    "except (ImportError, AttributeError) as error:",
    "finally:",
    "with tf.GradientTape() as tape:",
    "def f(x, tf=None):",
    "def f(x):",
    "class A(tf.keras.Model):",
    "def train_step(self, data):",
    "for x in y:",
    "while True:",
    "return",
    "raise",
    "match tf.__version__:",
    "case \"2.3.0\":",
    "import tensorflow as tf",
    "import tensorflow.compat.v1 as tf",
    "from tensorflow import *",
    "from tensorflow import keras",
    "from other import *",
    "from packaging import version",
    "from tensorflow.keras.mixed_precision import experimental as mixed_precision",
    "# tfmp: ignore[TFMP002] reason, until=2.9",
    "# tfmp: ignore-file",
    "!pip install tensorflow==2.3.4",
    "%tensorflow_version 1.x",
    "tf.x = 1",
    "del tf",
    "global tf",
    "tf = keras = None",
    "x = (tf.keras.mixed_precision",
    ")",
    "'''",
    "x: tf.Tensor = \\",
];

const VERSIONS: &[&str] = &[
    "1.0", "1.14.0", "1.15.5", "2.0.0", "2.1", "2.2.0", "2.3.4", "2.4.4", "2.5", "2.8.4", "2.9.3",
    "2.12.1", "2.13.0", "2.15.1", "2.16.1", "2.18.1", "2.22", "99",
];

fn unmarked(line: &str) -> &str {
    let mark = ["error", "warning", "note"]
        .iter()
        .find_map(|level| line.find(&format!("# {level}: [")));
    mark.map_or(line, |at| line[..at].trim_end())
}

fn chosen<T>(list: &[T], at: impl Into<usize>) -> &T {
    &list[at.into() % list.len()]
}

fn code(lines: &[Line], is_crlf: bool) -> String {
    let mut code = String::from("import tensorflow as tf\n");
    for line in lines.iter().take(MOST_LINES) {
        match line {
            Line::Of(at, deeper) => {
                let text = chosen(&POOL.lines, *at);
                let depth = text.len() - text.trim_start().len();
                let depth = depth.saturating_add_signed(isize::from(deeper % 3) * 4);
                code.push_str(&" ".repeat(depth));
                code.push_str(text.trim_start());
            }
            Line::Block(at) => code.push_str(chosen::<String>(&POOL.blocks, *at)),
            Line::Opens(at, depth) => {
                code.push_str(&" ".repeat(usize::from(depth % 4) * 4));
                code.push_str(chosen::<&str>(OPENS, *at));
            }
            Line::Raw(text) => code.push_str(text),
        }
        code.push('\n');
    }
    if is_crlf {
        code.replace('\n', "\r\n")
    } else {
        code
    }
}

fn pin(pin: &Pin) -> String {
    match pin {
        Pin::Of(at) => chosen(&POOL.pins, *at).clone(),
        Pin::Between(name, low, high) => {
            let name = chosen(
                &["tensorflow", "keras", "tf-keras", "tensorflow-gpu"],
                *name,
            );
            let (low, high) = (chosen(VERSIONS, *low), chosen(VERSIONS, *high));
            if low == high {
                format!("{name}=={low}")
            } else {
                format!("{name}>={low},<{high}")
            }
        }
        Pin::Raw(text) => text.clone(),
    }
}

/// The code as cells of four lines.
fn notebook(code: &str) -> String {
    let lines: Vec<&str> = code.split_inclusive('\n').collect();
    let cells: Vec<Value> = lines
        .chunks(4)
        .map(|lines| json!({"cell_type": "code", "metadata": {}, "outputs": [], "source": lines}))
        .collect();
    let notebook = json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5});
    serde_json::to_string_pretty(&notebook).expect("values are JSON")
}

/// The folder of this process: in memory where the system has such a place.
static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let home = if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    };
    let root = home.join(format!("tfmp-fuzz-{}", std::process::id()));
    fs::create_dir_all(root.join(".git")).expect("a folder can be made");
    root
});

static SCHEMA: LazyLock<(Schemas, SchemaIndex)> = LazyLock::new(|| {
    let text = include_str!("../../tests/fixtures/sarif-schema-2.1.0.json");
    let mut compiler = Compiler::new();
    let schema = serde_json::from_str(text).expect("the schema is JSON");
    compiler
        .add_resource("sarif.json", schema)
        .expect("it is a schema");
    let mut schemas = Schemas::new();
    let index = compiler
        .compile("sarif.json", &mut schemas)
        .expect("it is whole");
    (schemas, index)
});

fn settings() -> Settings {
    let args = CheckArgs {
        format: Format::Json,
        sarif_file: None,
        json_file: None,
        shard: None,
        fail_on: None,
        baseline: None,
        write_baseline: None,
        scan: ScanArgs {
            paths: vec![ROOT.clone()],
            ..ScanArgs::default()
        },
    };
    Settings::new(&args, ALL).expect("what was given means something")
}

/// All that is told of a report, and that it can be told.
fn told(report: &Report) -> Vec<String> {
    let (mut all, look) = (
        Vec::new(),
        Look {
            color: true,
            width: 80,
        },
    );
    let mut write = |write: &dyn Fn(&mut Vec<u8>) -> std::io::Result<()>| {
        let mut out = Vec::new();
        write(&mut out).expect("memory takes everything");
        all.push(String::from_utf8(out).expect("reports are UTF-8"));
    };
    write(&|out| report::json::write(report, ALL, out));
    write(&|out| sarif::write(report, ALL, "tfmp", out));
    write(&|out| concise::write(report, out));
    write(&|out| annotations::write(report, ALL, "", out));
    write(&|out| log::write(report, look, out));
    write(&|out| {
        let options = markdown::Options {
            repository: None,
            largest: markdown::LARGEST,
            rest: "are elsewhere",
        };
        markdown::write(report, ALL, &options, out)
    });
    write(&|out| terminal::write(report, look, Detail::Quiet, out));
    for notice in &report.notices {
        assert!(!notice.message.contains("fault of tfmp"), "{notice:?}");
    }
    let read: Value = serde_json::from_str(&all[1]).expect("SARIF is JSON");
    let (schemas, index) = &*SCHEMA;
    if let Err(error) = schemas.validate(&read, *index) {
        panic!("{error}");
    }
    all
}

/// The code of a file, if it parses.
fn parses(path: &str, bytes: &[u8]) -> bool {
    let path = RepoPath::new(path);
    if path.as_str().ends_with(".ipynb") {
        let notebook = python::Notebook::read(&path, bytes.to_vec());
        return matches!(notebook, Ok(Some(one)) if python::parses(&path, one.file.code()));
    }
    let text = python::decode::decode(&path, bytes.to_vec()).text;
    python::parses(&path, &text)
}

fuzz_target!(|repository: Repository| {
    let main = code(&repository.lines, repository.is_crlf);
    let other = code(&repository.other, false);
    let pins: Vec<String> = repository.pins.iter().take(6).map(pin).collect();
    let files = [
        ("requirements.txt", Some(pins.join("\n"))),
        (
            "app.py",
            (!matches!(repository.form, Form::Notebook)).then(|| main.clone()),
        ),
        (
            "app.ipynb",
            matches!(repository.form, Form::Notebook).then(|| notebook(&main)),
        ),
        (
            "other.py",
            (!matches!(repository.form, Form::Module)).then_some(other),
        ),
        (
            "tfmp.toml",
            repository
                .all_environments
                .then(|| "environments = \"all\"\n".to_owned()),
        ),
    ];
    for (path, text) in &files {
        let path = ROOT.join(path);
        match text {
            Some(text) => fs::write(path, text).expect("the folder is ours"),
            None => drop(fs::remove_file(path)),
        }
    }
    let settings = settings();
    let check = || {
        let mut report = run::check(&settings).expect("a repository can be checked");
        report.elapsed = Duration::ZERO;
        report
    };
    let first = told(&check());
    assert_eq!(first, told(&check()), "the same files give the same bytes");
    let compat = run::compat::compat(&settings).expect("a repository can be looked at");
    let mut out = Vec::new();
    report::compat::json::write(&compat, &mut out).expect("memory takes everything");

    let fixed = run::repair::fix(&settings, repository.also_unsafe).expect("it can be repaired");
    for change in &fixed.changes {
        let path = change.path.as_str();
        if path.ends_with(".py") || path.ends_with(".ipynb") {
            let is_python = !parses(path, &change.before) || parses(path, &change.after);
            assert!(is_python, "{}", String::from_utf8_lossy(&change.after));
        }
        fs::write(ROOT.join(path), &change.after).expect("the folder is ours");
    }
    for notice in &fixed.notices {
        assert!(notice.advice != "please report it", "{notice:?}");
    }
    let again = run::repair::fix(&settings, repository.also_unsafe).expect("it can be repaired");
    let left: Vec<_> = again
        .changes
        .iter()
        .map(|change| [&change.before, &change.after].map(|bytes| String::from_utf8_lossy(bytes)))
        .collect();
    assert!(left.is_empty(), "a second repair changes more: {left:#?}");
});
