//! Names that travel through the project's own modules.

use super::{shown, star};
use crate::python::{Imports, Project, ProjectExports, Reading, Turns, mentions, read};
use crate::text::RepoPath;

/// Reads a small project as the run does, and shows the uses of its last file.
fn uses_of_last(files: &[(&str, &str)]) -> Vec<String> {
    let paths: Vec<RepoPath> = files.iter().map(|(path, _)| RepoPath::new(path)).collect();
    let project = Project::new(&paths);
    let imports: Vec<Imports> = files
        .iter()
        .zip(&paths)
        .map(|((_, text), path)| Imports::of(text.as_bytes(), path, &project))
        .collect();
    let read_with = |at: usize, exports: &ProjectExports| {
        let text = files[at].1;
        read(&paths[at], text, &project, exports, &star)
    };
    let listed: Vec<(&RepoPath, &Imports)> = paths.iter().zip(&imports).collect();
    let mut exports = ProjectExports::default();
    let mut readings: Vec<Option<Reading>> = files.iter().map(|_| None).collect();
    let mut take = |at: usize, exports: &mut ProjectExports, always: bool| {
        if readings[at].is_none() && (always || exports.may_concern(&project, &imports[at])) {
            let mut reading = read_with(at, exports);
            exports.add(&project, [&mut reading]);
            readings[at] = Some(reading);
        }
    };
    for at in Turns::new(&project, &listed).flatten() {
        take(at, &mut exports, mentions(files[at].1.as_bytes()));
    }
    exports.settle(&project);
    for at in 0..files.len() {
        take(at, &mut exports, false);
    }
    let last = files.len() - 1;
    let Some(reading) = readings[last].take() else {
        return Vec::new();
    };
    let reading = if exports.concern(&project, &reading) {
        read_with(last, &exports)
    } else {
        reading
    };
    shown(files[last].1, &reading.uses)
}

#[track_caller]
fn check(files: &[(&str, &str)], expect: &[&str]) {
    assert_eq!(uses_of_last(files), expect);
}

const COMPAT: &str =
    "import tensorflow.compat.v1 as tf\nfrom tensorflow.keras import layers as L\n";

#[test]
fn names_come_from_a_compat_module() {
    for (import, used) in [
        ("from .compat import tf", "tf.x"),
        ("from pkg.compat import tf, L", "tf.x"),
        ("import pkg.compat as c", "c.tf.x"),
        ("import pkg.compat", "pkg.compat.tf.x"),
        ("from pkg import compat", "compat.tf.x"),
        ("from . import compat", "compat.tf.x"),
        ("from .compat import *", "tf.x"),
        ("from .compat import tf as t", "t.x"),
        (
            "import importlib\nc = importlib.import_module('pkg.compat')",
            "c.tf.x",
        ),
    ] {
        let text = format!("{import}\n{used}\n");
        let line = text.lines().count();
        check(
            &[
                ("pkg/__init__.py", ""),
                ("pkg/compat.py", COMPAT),
                ("pkg/train.py", &text),
            ],
            &[&format!("{line}:1 tensorflow.compat.v1.x")],
        );
    }
}

#[test]
fn packages_and_chains_hand_on() {
    check(
        &[
            ("pkg/__init__.py", "from .compat import tf\n"),
            ("pkg/compat.py", COMPAT),
            ("train.py", "from pkg import tf\ntf.x\n"),
        ],
        &["2:1 tensorflow.compat.v1.x"],
    );
    check(
        &[
            ("src/pkg/a.py", COMPAT),
            ("src/pkg/b.py", "from .a import *\n"),
            ("src/pkg/c.py", "from pkg.b import L as Layers\n"),
            ("src/pkg/d.py", "from .c import Layers\nLayers.Dense(1)\n"),
        ],
        &["2:1 tensorflow.keras.layers.Dense()"],
    );
    check(
        &[
            ("a.py", "from b import tf\n"),
            ("b.py", "from a import tf\n"),
            ("c.py", "from a import tf\ntf.x\n"),
        ],
        &[],
    );
}

#[test]
fn conditions_travel_with_the_names() {
    check(
        &[
            (
                "compat.py",
                "import tensorflow as tf\nNEW = hasattr(tf, 'x')\nif NEW:\n    lib = tf.x\n",
            ),
            (
                "train.py",
                "from compat import NEW, lib, tf\nlib.y\nif not NEW:\n    tf.z\n",
            ),
        ],
        &[
            "2:1 tensorflow.x.y [has tensorflow.x]",
            "4:5 tensorflow.z [lacks tensorflow.x]",
        ],
    );
    check(
        &[
            (
                "compat.py",
                "import tensorflow as tf\nOLD = tf.__version__ < '2'\n",
            ),
            (
                "train.py",
                "import tensorflow as tf\nfrom compat import OLD\nif OLD:\n    tf.z\n",
            ),
        ],
        &["1:8 tensorflow import", "4:5 tensorflow.z <-0 [version]"],
    );
    check(
        &[
            (
                "compat.py",
                "try:\n    import tensorflow.compat.v1 as tf\nexcept ImportError:\n    import tensorflow as tf\n",
            ),
            ("train.py", "from compat import tf\ntf.z\n"),
        ],
        &[],
    );
}

#[test]
fn all_limits_a_star() {
    check(
        &[
            (
                "compat.py",
                "import tensorflow as tf\nimport keras\n__all__ = ['keras']\n",
            ),
            ("train.py", "from compat import *\ntf.x\nkeras.y\n"),
        ],
        &["3:1 keras.y"],
    );
}

#[test]
fn a_local_name_is_not_the_exported_one() {
    check(
        &[
            ("compat.py", COMPAT),
            (
                "train.py",
                "from compat import tf\ndef f(tf):\n    tf.x\ntf = 1\ntf.y\n",
            ),
        ],
        &[],
    );
    check(
        &[
            ("compat.py", "import tensorflow as tf\ndel tf\n"),
            ("train.py", "from compat import tf\ntf.x\n"),
        ],
        &[],
    );
}

#[test]
fn a_folder_of_the_project_stands_for_itself() {
    check(
        &[
            ("keras/__init__.py", ""),
            ("train.py", "import keras\nkeras.x\nimport tensorflow\n"),
        ],
        &["3:8 tensorflow import"],
    );
    check(
        &[
            ("vendor/keras/__init__.py", ""),
            ("vendor/keras/layers/__init__.py", ""),
            (
                "vendor/keras/layers/core.py",
                "from keras import backend as K\nK.x\n",
            ),
        ],
        &[],
    );
    check(
        &[
            ("lib/__init__.py", ""),
            ("lib/tensorflow/__init__.py", ""),
            ("lib/tensorflow/ops.py", "import tensorflow as tf\ntf.x\n"),
        ],
        &["1:8 tensorflow import", "2:1 tensorflow.x <-0"],
    );
}

#[test]
fn a_module_that_only_some_releases_import_is_not_judged() {
    let old = "import tensorflow as tf\ntf.Session()\n";
    check(
        &[
            (
                "run.py",
                "import tensorflow as tf\nif tf.__version__ < '2':\n    import old\nelse:\n    import new\n",
            ),
            ("new.py", old),
            ("old.py", old),
        ],
        &[
            "1:8 tensorflow import [unknown]",
            "2:1 tensorflow.Session() <-0 [unknown]",
        ],
    );
    check(
        &[
            ("other.py", "import keras\nimport old\n"),
            (
                "run.py",
                "import tensorflow as tf\nif tf.__version__ < '2':\n    import old\n",
            ),
            ("old.py", old),
        ],
        &["1:8 tensorflow import", "2:1 tensorflow.Session() <-0"],
    );
}

#[test]
fn a_star_in_a_branch_gives_no_name_for_certain() {
    let names = ("src/names.py", "from tensorflow import concat as join\n");
    let user = ("src/app.py", "from src import ops\nops.join(x)\n");
    let ops = |text: &'static str| [names, ("src/ops.py", text), user];
    let always = "from src.names import *\n";
    check(&ops(always), &["2:1 tensorflow.concat()"]);
    let branch = "if new():\n    from keras.ops import *\nelse:\n    from src.names import *\n";
    check(&ops(branch), &[]);
    check(&ops("from src.names import *\nfrom other import *\n"), &[]);
}
