//! Notebooks, from the file to the finding: where it is told, what governs it, what repairs it.
//!
//! `tests/fixtures/notebooks` has one of each kind and, in `expected.txt`, what is told of them.

use std::path::PathBuf;

use serde_json::{Value, json};
use tfmp::report::fingerprint::LineHashes;

use crate::support::{TestRepo, project};

const FIXTURES: &str = "tests/fixtures/notebooks";

/// The fixtures as a repository of their own.
fn fixtures() -> TestRepo {
    let mut repo = TestRepo::new();
    for entry in std::fs::read_dir(project().join(FIXTURES)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name != "expected.txt" {
            repo = repo.file(name, &std::fs::read_to_string(&path).unwrap());
        }
    }
    repo
}

/// The same, with a picture in the output of each cell.
fn fixtures_with_pictures() -> TestRepo {
    let repo = fixtures();
    let mut pictures = 0;
    for (path, text) in texts(&repo) {
        let Ok(mut notebook) = serde_json::from_str::<Value>(&text) else {
            continue;
        };
        for cell in notebook["cells"].as_array_mut().into_iter().flatten() {
            cell["outputs"] = json!([{"data": {"image/png": PICTURE.repeat(99)}}]);
            pictures += 1;
        }
        let text = serde_json::to_string_pretty(&notebook).unwrap();
        std::fs::write(path, text + "\n").unwrap();
    }
    assert!(pictures > 9);
    repo
}

/// The files at the top of a repository.
fn texts(repo: &TestRepo) -> Vec<(PathBuf, String)> {
    let entries = std::fs::read_dir(repo.path(".")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let text = |path: PathBuf| Some((path.clone(), std::fs::read_to_string(path).ok()?));
    paths.filter_map(text).collect()
}

const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAX0AAAEICAYAAACzliQjAAAAOXRFWHRTb2Z0d2Fy";

/// A notebook of code cells.
pub(crate) fn notebook(cells: &[&str]) -> String {
    let lines = |cell: &str| cell.split_inclusive('\n').map(Value::from).collect();
    let cells: Vec<Value> = cells
        .iter()
        .map(|cell| json!({"cell_type": "code", "metadata": {}, "source": Value::Array(lines(cell))}))
        .collect();
    let notebook = json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5});
    serde_json::to_string_pretty(&notebook).unwrap() + "\n"
}

/// What stands in a text between two places of a report, lines and columns counted from 1.
fn between(text: &str, start: (&Value, &Value), end: (&Value, &Value)) -> String {
    let byte = |(line, column): (&Value, &Value)| {
        let before: usize = text
            .split_inclusive('\n')
            .take(usize::try_from(line.as_u64().unwrap()).unwrap() - 1)
            .map(str::len)
            .sum();
        let column = usize::try_from(column.as_u64().unwrap()).unwrap() - 1;
        let columns: usize = text[before..]
            .chars()
            .take(column)
            .map(char::len_utf8)
            .sum();
        before + columns
    };
    text[byte(start)..byte(end)].to_owned()
}

#[test]
fn fixtures_are_told_as_expected() {
    let outcome = fixtures().tfmp(&["check", "--format", "concise"]);
    let expected = std::fs::read_to_string(project().join(FIXTURES).join("expected.txt")).unwrap();
    assert_eq!(format!("{}\n{}", outcome.stdout, outcome.stderr), expected);
    assert_eq!(outcome.code, 1);
}

#[test]
fn every_place_is_that_of_the_json() {
    places_are_those_of_the_json(&fixtures());
    places_are_those_of_the_json(&fixtures_with_pictures());
}

fn places_are_those_of_the_json(repo: &TestRepo) {
    let report = repo.json();
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.len() > 8, "{findings:#?}");
    for finding in findings {
        let path = finding["path"].as_str().unwrap();
        let text = std::fs::read_to_string(repo.path(path)).unwrap();
        let there = |place: &Value| {
            let (start, end) = (&place["start"], &place["end"]);
            between(
                &text,
                (&start["line"], &start["column"]),
                (&end["line"], &end["column"]),
            )
        };
        let symbol = finding["symbol"].as_str().unwrap();
        let last = symbol.rsplit('.').next().unwrap();
        assert!(
            there(finding).ends_with(last) || path == "gpu.ipynb",
            "{finding:#}"
        );
        for edit in finding["fix"]["edits"].as_array().into_iter().flatten() {
            let byte = |key: &str| usize::try_from(edit[key].as_u64().unwrap()).unwrap();
            let bytes = &text[byte("start_byte")..byte("end_byte")];
            assert_eq!(there(edit), bytes, "{edit:#}");
        }
        for pin in finding["pins"].as_array().unwrap() {
            if pin["path"] == path {
                let pinned = pin["text"].as_str().unwrap();
                assert!(pinned.ends_with(&there(pin)), "{pin:#}");
                assert!(pin["cell"]["number"].is_u64(), "{pin:#}");
            }
        }
    }
}

#[test]
fn code_scanning_gets_places_and_hashes_of_the_json() {
    code_scanning_finds_its_places(&fixtures());
    code_scanning_finds_its_places(&fixtures_with_pictures());
}

fn code_scanning_finds_its_places(repo: &TestRepo) {
    let outcome = repo.tfmp(&["check", "--format", "sarif", "--fail-on", "never"]);
    let log: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(results.len() > 8);
    for result in results {
        let place = &result["locations"][0]["physicalLocation"];
        let path = place["artifactLocation"]["uri"].as_str().unwrap();
        let text = std::fs::read_to_string(repo.path(path)).unwrap();
        let region = &place["region"];
        let marked = between(
            &text,
            (&region["startLine"], &region["startColumn"]),
            (&region["endLine"], &region["endColumn"]),
        );
        assert!(marked.starts_with("tf.") || path == "gpu.ipynb", "{marked}");
        let line = u32::try_from(region["startLine"].as_u64().unwrap()).unwrap();
        assert_eq!(
            result["partialFingerprints"]["primaryLocationLineHash"],
            LineHashes::of(&text).line(line).unwrap()
        );
        let message = result["message"]["text"].as_str().unwrap();
        assert!(message.contains(". Cell "), "{message}");
    }
}

#[test]
fn repairs_leave_pictures_alone() {
    let repo = fixtures_with_pictures();
    let pictures = || -> usize {
        let pictures = |(_, text): (_, String)| text.matches(&PICTURE.repeat(99)).count();
        texts(&repo).into_iter().map(pictures).sum()
    };
    let before = pictures();
    let outcome = repo.tfmp(&["fix", "--unsafe"]);
    let told = outcome.stderr;
    assert!(told.contains("\nfixed 10 findings in 9 files\n"), "{told}");
    assert_eq!(pictures(), before);
    assert_eq!(repo.tfmp(&["fix", "--unsafe", "--diff"]).stdout, "");
}

#[test]
fn a_terminal_shows_the_python_of_the_cell() {
    let repo = TestRepo::new().file(
        "nb/a.ipynb",
        &notebook(&[
            "%pip install -q \"tensorflow==2.3.4\"\nimport tensorflow as tf",
            "title = \"é\"\nprint(\"a\\t\", title); tf.keras.mixed_precision.set_global_policy(title)",
        ]),
    );
    let outcome = repo.tfmp(&["check"]);
    let expected = "\
error[TFMP001]: `tf.keras.mixed_precision.set_global_policy` does not exist in TensorFlow 2.3.4
 --> nb/a.ipynb:16:34 (cell 2, line 2)
  |
2 | print(\"a\\t\", title); tf.keras.mixed_precision.set_global_policy(title)
  |                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ appears in 2.4.0
  |
 ::: nb/a.ipynb:7:26 (cell 1, line 1)
  |
1 | %pip install -q \"tensorflow==2.3.4\"
  |                 ------------------- pinned here
  |
";
    assert!(outcome.stdout.starts_with(expected), "{}", outcome.stdout);
    assert!(
        outcome
            .stdout
            .contains("checked 1 file against tensorflow 2.3.4 (nb/a.ipynb:7) in [time]\n"),
        "{}",
        outcome.stdout
    );
}

const TOO_NEW: &str =
    "import tensorflow as tf\ntf.keras.mixed_precision.set_global_policy('mixed_float16')";

/// How many findings there are under `tensorflow==2.3.4` for a notebook of cells.
#[track_caller]
fn finds(cells: &[&str], count: usize) {
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.3.4\n")
        .file("a.ipynb", &notebook(cells));
    let report = repo.json();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), count, "{cells:?}: {findings:#?}");
}

#[test]
fn the_pin_of_the_repository_governs_a_notebook_without_its_own() {
    finds(&[TOO_NEW], 1);
    finds(&["!pip install numpy", TOO_NEW], 1);
}

#[test]
fn a_notebook_that_installs_for_itself_is_judged_by_that() {
    finds(&["!pip install tensorflow==2.4.4", TOO_NEW], 0);
    finds(&["!pip install -U tensorflow", TOO_NEW], 0);
    finds(&["%%bash\npip install tensorflow==2.4.4", TOO_NEW], 0);
    finds(
        &["!{sys.executable} -m pip install tensorflow=={v}", TOO_NEW],
        0,
    );
    finds(&["# !pip install tensorflow==2.4.4", TOO_NEW], 1);
    finds(
        &[
            "%tensorflow_version 1.x",
            "import tensorflow as tf\ntf.contrib.rnn",
        ],
        0,
    );
}

#[test]
fn a_notebook_governs_itself_alone() {
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.3.4\n")
        .file(
            "a.ipynb",
            &notebook(&["!pip install tensorflow==2.4.4", TOO_NEW]),
        )
        .file("b.ipynb", &notebook(&[TOO_NEW]))
        .file("c.py", TOO_NEW);
    let outcome = repo.tfmp(&["check", "--format", "concise"]);
    let paths: Vec<&str> = outcome
        .stdout
        .lines()
        .filter_map(|line| line.split(':').next())
        .collect();
    assert_eq!(paths, ["b.ipynb", "c.py"]);
    let verbose = repo.tfmp(&["check", "-v"]).stdout;
    assert!(
        verbose.contains("  a.ipynb  tensorflow 2.4.4 (a.ipynb:7)\n"),
        "{verbose}"
    );
}

#[test]
fn names_and_guards_reach_into_later_cells() {
    finds(
        &[
            "import tensorflow as tf",
            "K = tf.keras",
            "K.mixed_precision.set_global_policy",
        ],
        1,
    );
    finds(
        &[
            "import tensorflow as tf",
            "if hasattr(tf.keras.mixed_precision, 'set_global_policy'):\n    tf.keras.mixed_precision.set_global_policy('x')",
        ],
        0,
    );
    finds(&["import tensorflow as tf", "tf = None", "tf.contrib"], 0);
}

/// Tutorials show TensorFlow 1 in one section and 2 in the next.
#[test]
fn functions_of_a_cell_are_not_judged_by_what_a_later_one_imports() {
    let one = "import tensorflow.compat.v1 as tf\ndef f():\n    return tf.Session()\nf()";
    finds(&[one, "import tensorflow as tf\ntf.Variable(1)"], 0);
    finds(&[one, "import tensorflow as tf\ntf.Session()"], 1);
    let two = "import tensorflow as tf\ndef f():\n    return tf.Session()\nf()";
    finds(&[two, "import tensorflow as tf"], 1);
}

#[test]
fn modules_that_hand_on_the_api_are_followed() {
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.3.4\n")
        .file("helper.py", "import tensorflow as tf\n")
        .file(
            "a.ipynb",
            &notebook(&[
                "from helper import tf",
                "tf.keras.mixed_precision.set_global_policy",
            ]),
        );
    assert_eq!(repo.json()["findings"][0]["path"], "a.ipynb");
}

#[test]
fn what_a_notebook_creates_stays_in_it() {
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.3.4\n")
        .file(
            "a.ipynb",
            &notebook(&["import tensorflow as tf\ntf.set_it = print\ntf.set_it()"]),
        )
        .file("b.py", "import tensorflow as tf\ntf.set_it()\n");
    let report = repo.json();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!(findings[0]["path"], "b.py");
}

#[test]
fn checkpoints_are_not_read() {
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.3.4\n")
        .file(
            ".ipynb_checkpoints/a-checkpoint.ipynb",
            &notebook(&[TOO_NEW]),
        );
    assert_eq!(repo.json()["summary"]["files"], 0);
}

#[test]
fn a_repair_changes_nothing_else_of_the_json() {
    let repo = fixtures();
    let before = std::fs::read_to_string(repo.path("gpu.ipynb")).unwrap();
    let report = repo.json();
    let findings = report["findings"].as_array().unwrap();
    let fix = findings
        .iter()
        .find(|finding| finding["path"] == "gpu.ipynb")
        .map(|finding| &finding["fix"])
        .unwrap();
    let edit = &fix["edits"][0];
    let byte = |key: &str| usize::try_from(edit[key].as_u64().unwrap()).unwrap();
    let mut after = before.clone();
    after.replace_range(
        byte("start_byte")..byte("end_byte"),
        edit["text"].as_str().unwrap(),
    );
    assert_eq!(
        after,
        before.replace("install tensorflow-gpu==", "install tensorflow==")
    );
    let repo = repo.file("gpu.ipynb", &after);
    let outcome = repo.tfmp(&["check", "gpu.ipynb"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stdout);
}

/// Loops, arguments and statements are repaired in cells as in files.
#[test]
fn a_repair_of_a_loop_is_made_in_its_cell() {
    let made = "import tensorflow as tf\nmixed = tf.keras.mixed_precision\nopt = mixed.LossScaleOptimizer(tf.keras.optimizers.SGD(0.1), loss_scale='dynamic')";
    let step = "%time\ndef step(x):\n    with tf.GradientTape() as tape:\n        loss = loss_of(x)  # mean\n    grads = tape.gradient(loss, variables)\n    opt.apply_gradients(zip(grads, variables))";
    let repo = TestRepo::new()
        .file("requirements.txt", "tensorflow==2.18.1\n")
        .file("a.ipynb", &notebook(&[made, step]));
    assert_eq!(repo.json()["findings"].as_array().unwrap().len(), 2);
    assert_eq!(repo.tfmp(&["fix", "--unsafe"]).code, 0);
    let after = std::fs::read_to_string(repo.path("a.ipynb")).unwrap();
    let made = made.replace(", loss_scale='dynamic'", "");
    let step = step
        .replace(
            "# mean\n",
            "# mean\n        scaled_loss = opt.scale_loss(loss)\n",
        )
        .replace("gradient(loss,", "gradient(scaled_loss,");
    assert_eq!(after, notebook(&[&made, &step]));
    assert_eq!(repo.json()["findings"].as_array().unwrap().len(), 0);
}

/// Lines that go take their strings along, and lines that come have strings of their own.
#[test]
fn whole_lines_of_cells_go_and_come() {
    #[track_caller]
    fn fixes(cells: &[&str], expect: &[&str]) {
        let repo = TestRepo::new()
            .file("requirements.txt", "tensorflow==2.18.1\n")
            .file("a.ipynb", &notebook(cells));
        assert_eq!(repo.tfmp(&["fix", "--unsafe"]).code, 0);
        let after = std::fs::read_to_string(repo.path("a.ipynb")).unwrap();
        assert_eq!(after, notebook(expect));
    }
    let made = "import tensorflow as tf\nopt = tf.keras.mixed_precision.LossScaleOptimizer(tf.keras.optimizers.SGD(0.1))";
    let unscaled = "grads = opt.get_unscaled_gradients(grads)";
    let loop_of = |scale: &str| {
        format!(
            "with tf.GradientTape() as tape:\n    loss = loss_of(x)\n    scaled = opt.{scale}(loss)\n\
             grads = tape.gradient(scaled, variables)"
        )
    };
    let (before, after) = (loop_of("get_scaled_loss"), loop_of("scale_loss"));
    let applied = "opt.apply_gradients(zip(grads, variables))";
    fixes(
        &[made, &format!("{before}\n{unscaled}\n{applied}")],
        &[made, &format!("{after}\n{applied}")],
    );
    fixes(
        &[made, &format!("{before}\n{unscaled}"), applied],
        &[made, &after, applied],
    );
    fixes(
        &[made, &before, unscaled, applied],
        &[made, &after, "", applied],
    );
    fixes(
        &[
            "import keras\nfrom keras import backend as K",
            "K.constant(1)",
        ],
        &[
            "import tensorflow as tf\nimport keras\nfrom keras import backend as K",
            "tf.keras.backend.constant(1)",
        ],
    );
}

#[test]
fn an_unused_folder_is_not_told_beside_notebooks() {
    let repo = TestRepo::new()
        .file(
            "a.ipynb",
            &notebook(&["!pip install tensorflow==2.3.4", "import tensorflow"]),
        )
        .file(
            "b.ipynb",
            &notebook(&["!pip install tensorflow==2.4.4", "import tensorflow"]),
        );
    let outcome = repo.tfmp(&["check"]);
    assert!(
        outcome
            .stdout
            .starts_with("checked 2 files in 2 notebooks in [time]\n"),
        "{}",
        outcome.stdout
    );
}
