//! What a user waits for: a whole `tfmp check` of a tree of a million lines, and its start-up.
//!
//! `cargo bench --bench scan` writes a tree of Python files under `target/bench-tree` (a bit more
//! than a third of its lines stand in files that import TensorFlow), runs the release binary on it
//! several times and prints lines per second, start-up, peak memory and the size of the binary.
//! `TFMP_BENCH_TREE=DIR` takes a tree of your own instead. Nothing here is a test: machines differ.
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
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| time(binary, &["check".as_ref(), tree.as_os_str()]))
        .collect();
    times.sort();
    let median = times[RUNS / 2];
    println!(
        "scan: median {:.0} ms, best {:.0} ms: {:.2} million lines per second (median)",
        median.as_secs_f64() * 1e3,
        times[0].as_secs_f64() * 1e3,
        lines as f64 / median.as_secs_f64() / 1e6
    );
    let empty = tree.join("nothing-here");
    std::fs::create_dir_all(&empty).unwrap();
    let mut starts: Vec<Duration> = (0..RUNS)
        .map(|_| time(binary, &["check".as_ref(), empty.as_os_str()]))
        .collect();
    starts.sort();
    println!(
        "start-up: median {:.1} ms",
        starts[RUNS / 2].as_secs_f64() * 1e3
    );
    if let Some(memory) = peak_memory(binary, &tree) {
        println!("peak memory: {:.0} MB", memory as f64 / 1024.0);
    }
    let size = std::fs::metadata(binary).unwrap().len();
    println!("binary: {:.1} MB", size as f64 / 1e6);
}

fn time(binary: &Path, args: &[&std::ffi::OsStr]) -> Duration {
    let start = Instant::now();
    let status = Command::new(binary)
        .args(args)
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

/// Peak resident memory in KiB, by GNU time where it is installed.
fn peak_memory(binary: &Path, tree: &Path) -> Option<u64> {
    let output = Command::new("/usr/bin/time")
        .args(["-f", "%M"])
        .arg(binary)
        .arg("check")
        .arg(tree)
        .stdout(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stderr);
    text.lines().last()?.trim().parse().ok()
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
