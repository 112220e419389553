//! What a user waits for: a whole `tfmp check` of a tree of a million lines, and its start-up.
//!
//! `cargo bench --bench scan` writes a tree of Python files under `target/bench-tree` (a bit more
//! than a third of its lines stand in files that import TensorFlow), runs the release binary on it
//! several times and prints lines per second, start-up, CPU time, peak memory and the size of the binary.
//! `TFMP_BENCH_TREE=DIR` takes a tree of your own instead; `TFMP_BENCH_RUFF=PROGRAM` runs `ruff check`
//! with a list of banned names (TID251) on the same tree, in turns. What the parser alone takes for the files
//! that name tensorflow or keras stands beside both. Nothing here is a test: machines differ.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a command for developers"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FILES: usize = 4_000;
const LINES_A_FILE: usize = 250;
const RUNS: usize = 7;

fn main() {
    let binary = Path::new(env!("CARGO_BIN_EXE_tfmp"));
    let tree = std::env::var_os("TFMP_BENCH_TREE").map_or_else(write_tree, PathBuf::from);
    let (files, lines, naming) = count(&tree);
    println!(
        "tree: {files} files, {lines} lines, {:.0} % of them in files that name tensorflow or keras",
        100.0 * naming as f64 / lines as f64
    );
    let check = |command: &mut Command| {
        command.arg("check").arg(&tree);
    };
    let ruff = std::env::var_os("TFMP_BENCH_RUFF");
    let banned = ruff.as_ref().map(|_| banned());
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        own.push(measure(binary, &check));
        if let (Some(ruff), Some(banned)) = (&ruff, &banned) {
            others.push(measure(Path::new(ruff), &|command| {
                command.args(["check", "--no-cache", "--quiet", "--config"]);
                command.arg(banned).arg(&tree);
            }));
        }
    }
    let own = Cost::median(own);
    println!(
        "scan: {own}: {:.2} million lines per second",
        lines as f64 / own.wall.as_secs_f64() / 1e6
    );
    if !others.is_empty() {
        let other = Cost::median(others);
        println!(
            "ruff: {other}: the scan takes {:.2} of its CPU time, {:.2} of its wall time, {:.2} of its memory",
            own.cpu / other.cpu,
            own.wall.as_secs_f64() / other.wall.as_secs_f64(),
            own.memory / other.memory
        );
    }
    let mut named = Vec::new();
    texts(&tree, &mut named);
    let alone = (0..RUNS)
        .map(|_| parse(&named))
        .min()
        .unwrap()
        .as_secs_f64();
    println!(
        "parser alone, {} files that name tensorflow or keras: {:.0} ms, of which the scan takes {:.1} times",
        named.len(),
        alone * 1e3,
        own.cpu / alone
    );
    let empty = tree.join("nothing-here");
    std::fs::create_dir_all(&empty).unwrap();
    let mut starts: Vec<Duration> = (0..RUNS)
        .map(|_| time(Command::new(binary).arg("check").arg(&empty)))
        .collect();
    starts.sort();
    println!(
        "start-up: median {:.1} ms",
        starts[RUNS / 2].as_secs_f64() * 1e3
    );
    let size = std::fs::metadata(binary).unwrap().len();
    println!("binary: {:.1} MB", size as f64 / 1e6);
}

fn time(command: &mut Command) -> Duration {
    let start = Instant::now();
    let status = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(
        status.code().is_some_and(|code| code < 2),
        "the scan failed"
    );
    start.elapsed()
}

/// What a run takes: CPU time in seconds and peak memory in MB are told by GNU time, and 0 without it.
#[derive(Clone, Copy, Default)]
struct Cost {
    wall: Duration,
    cpu: f64,
    memory: f64,
}

impl Cost {
    /// The medians of several runs.
    fn median(runs: Vec<Self>) -> Self {
        let middle = |value: &dyn Fn(&Self) -> f64| {
            let mut all: Vec<f64> = runs.iter().map(value).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        Self {
            wall: Duration::from_secs_f64(middle(&|run| run.wall.as_secs_f64())),
            cpu: middle(&|run| run.cpu),
            memory: middle(&|run| run.memory),
        }
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let wall = self.wall.as_secs_f64() * 1e3;
        let (cpu, memory) = (self.cpu * 1e3, self.memory);
        write!(
            f,
            "median {wall:.0} ms, CPU {cpu:.0} ms, peak memory {memory:.0} MB"
        )
    }
}

fn measure(binary: &Path, arguments: &dyn Fn(&mut Command)) -> Cost {
    const TIME: &str = "/usr/bin/time";
    if !Path::new(TIME).exists() {
        let mut command = Command::new(binary);
        arguments(&mut command);
        let wall = time(&mut command);
        return Cost {
            wall,
            ..Cost::default()
        };
    }
    let told = std::env::temp_dir().join(format!("tfmp-bench-{}", std::process::id()));
    let mut command = Command::new(TIME);
    command
        .args(["-f", "%U %S %M", "-o"])
        .arg(&told)
        .arg(binary);
    arguments(&mut command);
    let wall = time(&mut command);
    let text = std::fs::read_to_string(&told).unwrap();
    std::fs::remove_file(&told).unwrap();
    // Before it, there may be a line on the exit code.
    let last = text.lines().last().unwrap();
    let numbers: Vec<f64> = last.split(' ').map(|word| word.parse().unwrap()).collect();
    Cost {
        wall,
        cpu: numbers[0] + numbers[1],
        memory: numbers[2] / 1024.0,
    }
}

/// Writes a configuration of ruff that bans some names.
fn banned() -> PathBuf {
    let mut text = String::from("lint.select = [\"TID251\"]\n");
    for name in [
        "contrib",
        "Session",
        "placeholder",
        "keras.mixed_precision.experimental",
        "keras.utils.multi_gpu_model",
        "random_uniform",
        "log",
        "app",
        "flags",
        "gfile",
    ] {
        writeln!(
            text,
            "lint.flake8-tidy-imports.banned-api.\"tensorflow.{name}\".msg = \"gone\""
        )
        .unwrap();
    }
    let path = std::env::temp_dir().join(format!("tfmp-bench-{}.toml", std::process::id()));
    std::fs::write(&path, text).unwrap();
    path
}

/// Files, lines, and lines in files that name TensorFlow or Keras.
fn count(folder: &Path) -> (usize, usize, usize) {
    let (mut files, mut lines, mut naming) = (0, 0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let below = count(&path);
            files += below.0;
            lines += below.1;
            naming += below.2;
        } else if path.extension().is_some_and(|extension| extension == "py") {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            let here = text.lines().count();
            files += 1;
            lines += here;
            if text.contains("tensorflow") || text.contains("keras") {
                naming += here;
            }
        }
    }
    (files, lines, naming)
}

/// Files and notebooks below a folder that name TensorFlow or Keras.
fn texts(folder: &Path, into: &mut Vec<(bool, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if path.is_dir() {
            texts(&path, into);
        } else if matches!(extension, Some("py" | "ipynb")) {
            let is_notebook = extension == Some("ipynb");
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            if text.contains("tensorflow") || text.contains("keras") {
                into.push((is_notebook, text));
            }
        }
    }
}

/// How long one thread parses the texts: Python by ruff's parser; of notebooks, the JSON, and the code of all
/// cells as one text with IPython's commands.
fn parse(texts: &[(bool, String)]) -> Duration {
    use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
    let start = Instant::now();
    for (is_notebook, text) in texts {
        if *is_notebook {
            let Ok(notebook) = serde_json::from_str::<Notebook>(text) else {
                continue;
            };
            let mut code = String::new();
            for cell in notebook
                .cells
                .iter()
                .filter(|cell| cell.cell_type == "code")
            {
                match &cell.source {
                    Source::Text(text) => code += text,
                    Source::Lines(lines) => code.extend(lines.iter().map(String::as_str)),
                }
                code.push('\n');
            }
            parse_unchecked(&code, ParseOptions::from(Mode::Ipython));
        } else {
            parse_unchecked(text, ParseOptions::from(Mode::Module));
        }
    }
    start.elapsed()
}

#[derive(serde::Deserialize)]
struct Notebook {
    #[serde(default)]
    cells: Vec<Cell>,
}

#[derive(serde::Deserialize)]
struct Cell {
    cell_type: String,
    source: Source,
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Source {
    Text(String),
    Lines(Vec<String>),
}

fn write_tree() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-tree");
    if root.join("requirements.txt").exists() {
        return root;
    }
    for file in 0..FILES {
        let folder = root.join(format!("package_{}", file / 50));
        std::fs::create_dir_all(&folder).unwrap();
        let text = if file % 8 < 3 {
            model(file)
        } else {
            plain(file)
        };
        std::fs::write(folder.join(format!("module_{file}.py")), text).unwrap();
    }
    std::fs::write(root.join("requirements.txt"), "tensorflow==2.8.4\n").unwrap();
    root
}

/// Code of the kind that trains models.
fn model(seed: usize) -> String {
    let mut text = String::from(
        "import numpy as np\nimport tensorflow as tf\nfrom tensorflow.keras import layers\n\n",
    );
    let mut part = 0;
    while text.lines().count() < LINES_A_FILE {
        write!(
            text,
            "class Block{seed}_{part}(layers.Layer):\n    \"\"\"One residual block of the network.\"\"\"\n\n    def __init__(self, filters, stride=1, **kwargs):\n        super().__init__(**kwargs)\n        self.conv = layers.Conv2D(filters, 3, strides=stride, padding=\"same\")\n        self.norm = layers.BatchNormalization(momentum=0.9)\n        self.shape = [None, filters // 2, {part}]\n\n    def call(self, inputs, training=False):\n        x = self.conv(inputs)\n        x = tf.nn.relu(self.norm(x, training=training))\n        if training and self.shape[2] > 3:\n            x = tf.nn.dropout(x, rate=0.1 * {part})\n        return tf.concat([x, inputs], axis=-1)\n\n\ndef step_{part}(model, batch, optimizer):\n    # Gradients are taken of the mean over the batch.\n    with tf.GradientTape() as tape:\n        loss = tf.reduce_mean(model(batch[\"x\"]) - batch[\"y\"])\n    grads = tape.gradient(loss, model.trainable_variables)\n    optimizer.apply_gradients(zip(grads, model.trainable_variables))\n    return {{\"loss\": float(loss), \"norm\": np.sqrt(sum(np.sum(g ** 2) for g in grads))}}\n\n\n"
        )
        .unwrap();
        part += 1;
    }
    text
}

/// Code that has nothing to do with TensorFlow.
fn plain(seed: usize) -> String {
    let mut text = String::from("import json\nimport os\n\n\n");
    let mut part = 0;
    while text.lines().count() < LINES_A_FILE {
        write!(
            text,
            "def load_{seed}_{part}(path, limit=None):\n    \"\"\"Reads records, at most `limit`.\"\"\"\n    records = []\n    with open(os.path.join(path, \"part-{part}.json\")) as handle:\n        for number, line in enumerate(handle):\n            if limit is not None and number >= limit:\n                break\n            records.append(json.loads(line))\n    return {{record[\"id\"]: record for record in records if record.get(\"kept\", True)}}\n\n\n"
        )
        .unwrap();
        part += 1;
    }
    text
}
