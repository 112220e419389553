//! Tests of scopes: repositories in memory, summaries out.

use std::sync::Arc;

use super::*;
use crate::pins::marker::Pythons;
use crate::pins::{Ctx, Files, InputKind, read_all};
use crate::text::SourceFile;

/// Files parted by lines `--- path`.
struct Memory(BTreeMap<RepoPath, Arc<SourceFile>>);

impl Files for Memory {
    fn open(&self, path: &RepoPath) -> Result<(Arc<SourceFile>, Vec<Notice>), Notice> {
        self.0
            .get(path)
            .map(|file| (Arc::clone(file), Vec::new()))
            .ok_or_else(|| Notice::on_file(path, None, "there is no such file"))
    }
}

fn build(repository: &str, options: &ScopeOptions) -> (Scopes, Vec<String>) {
    let files = repository.split("--- ").skip(1).map(|part| {
        let (path, text) = part.split_once('\n').expect("a path ends with its line");
        let path = RepoPath::new(path);
        let text = text.to_owned();
        (path.clone(), Arc::new(SourceFile::new(path, text)))
    });
    let memory = Memory(files.collect());
    let inputs = memory
        .0
        .keys()
        .filter_map(|path| Some((path, InputKind::of(path)?)));
    let (manifests, _) = read_all(
        inputs,
        Ctx {
            files: &memory,
            python: &|_| Vec::new(),
        },
    );
    let (scopes, notices) = Scopes::new(&manifests, options);
    let said = notices.into_iter().map(|notice| notice.message).collect();
    (scopes, said)
}

/// What governs a file, one environment a line, `name: summary`.
fn shown(scope: &Scope) -> Vec<String> {
    scope
        .environments
        .iter()
        .map(|one| format!("{}: {}", one.name, one.summary()))
        .collect()
}

#[track_caller]
fn check_with(repository: &str, options: &ScopeOptions, path: &str, expect: &[&str]) {
    let (scopes, _) = build(repository, options);
    assert_eq!(shown(scopes.governing(&RepoPath::new(path))), expect);
}

#[track_caller]
fn check(repository: &str, path: &str, expect: &[&str]) {
    check_with(repository, &ScopeOptions::default(), path, expect);
}

fn newest(package: Package) -> &'static str {
    let table = ReleaseTable::of(package);
    let index = table.newest_final(table.all()).newest().unwrap();
    table.get(index).row.version
}

fn asked(tensorflow: &str, keras: &str, python: &str) -> ScopeOptions {
    let given =
        |package, text: &str| (!text.is_empty()).then(|| Override::parse(package, text).unwrap());
    ScopeOptions {
        tensorflow: given(Package::Tensorflow, tensorflow),
        keras: given(Package::Keras, keras),
        python: (!python.is_empty()).then(|| StatedPython {
            pythons: Pythons::parse(python).unwrap(),
            line: PinLine {
                location: None,
                text: format!("--python {python}"),
            },
        }),
        ..ScopeOptions::default()
    }
}

#[test]
fn the_nearest_folder_that_pins_governs() {
    let repository = "--- requirements.txt\ntensorflow==2.3.4\n--- ml/requirements.txt\nnumpy\n\
        --- ml/deep/requirements/base.txt\ntensorflow==2.9.*\n";
    check(
        repository,
        "app.py",
        &["requirements.txt: tensorflow 2.3.4 (requirements.txt:1)"],
    );
    check(
        repository,
        "ml/a/b.py",
        &["requirements.txt: tensorflow 2.3.4 (requirements.txt:1)"],
    );
    check(
        repository,
        "ml/deep/x/y.py",
        &[
            "ml/deep/requirements/base.txt: tensorflow 2.9.0-2.9.3 (ml/deep/requirements/base.txt:1)",
        ],
    );
    check(
        "--- sub/requirements.txt\ntensorflow==2.3.4\n",
        "app.py",
        &[&format!(
            ": tensorflow {} (nothing pins it)",
            newest(Package::Tensorflow)
        )],
    );
    check(
        "--- requirements.txt\nnumpy\ntensorflow\n",
        "app.py",
        &[&format!(
            "requirements.txt: tensorflow {}, the newest (requirements.txt:2)",
            newest(Package::Tensorflow)
        )],
    );
}

#[test]
fn siblings_are_alternatives_and_identical_ones_are_one() {
    check(
        "--- requirements.txt\ntensorflow==2.3.4\n--- requirements-gpu.txt\ntensorflow-gpu==2.3.4\n\
         --- requirements_amd.txt\ntensorflow-rocm==2.2.0\n",
        "app.py",
        &[
            "requirements.txt: tensorflow 2.3.4 (requirements.txt:1)",
            "requirements_amd.txt: tensorflow 2.2.0 (requirements_amd.txt:1)",
        ],
    );
}

#[test]
fn an_included_file_is_part_of_what_includes_it() {
    check(
        "--- requirements/base.txt\ntensorflow>=2.2\n--- requirements/prod.txt\n-r base.txt\n-c c.txt\n\
         --- requirements/c.txt\ntensorflow<2.2.2\n--- requirements/dev.txt\n-r base.txt\ntensorflow==2.4.0\n",
        "app.py",
        &[
            "requirements/dev.txt: tensorflow 2.4.0 (requirements/base.txt:1)",
            "requirements/prod.txt: tensorflow 2.2.0-2.2.1 (requirements/base.txt:1)",
        ],
    );
    // The file that everybody installs stays an environment.
    check(
        "--- requirements.txt\ntensorflow==2.3.4\n--- requirements-dev.txt\n-r requirements.txt\nkeras==2.4.3\n",
        "app.py",
        &[
            "requirements.txt: tensorflow 2.3.4 (requirements.txt:1)",
            "requirements-dev.txt: tensorflow 2.3.4 (requirements.txt:1), keras 2.4.3 (requirements-dev.txt:2)",
        ],
    );
}

#[test]
fn constraints_narrow_what_is_installed() {
    check(
        "--- requirements.txt\ntensorflow>=2.0\n--- constraints.txt\ntensorflow<2.1\nkeras==2.3.1\n",
        "app.py",
        &[
            "requirements.txt: tensorflow 2.0.0-2.0.4 (requirements.txt:1), keras 2.3.1 (constraints.txt:2)",
        ],
    );
    // A constraint that nobody refers to and that fits nothing is for something else.
    let (scopes, notices) = build(
        "--- requirements.txt\ntensorflow==2.3.4\n--- constraints-old.txt\ntensorflow<2\n",
        &ScopeOptions::default(),
    );
    assert_eq!(
        shown(scopes.governing(&RepoPath::new("a.py"))),
        ["requirements.txt: tensorflow 2.3.4 (requirements.txt:1)"]
    );
    assert_eq!(
        notices,
        [
            "`constraints-old.txt` leaves no release for `requirements.txt` and was not applied to it"
        ]
    );
    // One that is referred to counts, even if nothing is left.
    check(
        "--- requirements.txt\n-c constraints.txt\ntensorflow==2.3.4\n--- constraints.txt\ntensorflow<2\n",
        "app.py",
        &["requirements.txt: no release of tensorflow (requirements.txt:2)"],
    );
}

#[test]
fn a_compiled_file_stands_for_its_source() {
    let repository = "--- requirements.in\ntensorflow>=2.2\n--- requirements.txt\ntensorflow==2.3.4 \\\n    --hash=sha256:aa\n";
    check(
        repository,
        "app.py",
        &["requirements.txt: tensorflow 2.3.4 (requirements.txt:1)"],
    );
    let options = ScopeOptions {
        all_environments: true,
        ..ScopeOptions::default()
    };
    let (scopes, _) = build(repository, &options);
    assert_eq!(
        scopes.governing(&RepoPath::new("a.py")).environments.len(),
        2
    );
    check(
        "--- requirements.in\ntensorflow>=2.2,<2.3\n--- requirements.txt\ntensorflow\n",
        "app.py",
        &[
            &format!(
                "requirements.txt: tensorflow {}, the newest (requirements.txt:1)",
                newest(Package::Tensorflow)
            ),
            "requirements.in: tensorflow 2.2.0-2.2.3 (requirements.in:1)",
        ],
    );
}

#[test]
fn what_a_file_lacks_it_has_from_its_neighbours() {
    check(
        "--- requirements.txt\ntensorflow==2.3.1\nkeras==2.4.0\n--- requirements-dev.txt\nkeras==2.4.3\n",
        "app.py",
        &[
            "requirements.txt: tensorflow 2.3.1 (requirements.txt:1), keras 2.4.0 (requirements.txt:2)",
            "requirements-dev.txt: tensorflow 2.3.1 (requirements.txt:1), keras 2.4.3 (requirements-dev.txt:1)",
        ],
    );
    check(
        "--- requirements.txt\ntensorflow==2.3.1\n--- examples/requirements.txt\nkeras==2.4.3\n",
        "examples/a.py",
        &[
            "examples/requirements.txt: tensorflow 2.3.1 (requirements.txt:1), keras 2.4.3 (examples/requirements.txt:1)",
        ],
    );
    check(
        "--- requirements.txt\ntensorflow==2.16.1\nkeras==3.3.3\n--- requirements-gpu.txt\ntensorflow[and-cuda]==2.16.1\n\
         --- requirements-old.txt\ntensorflow==1.15.5\n",
        "a.py",
        &[
            "requirements.txt: tensorflow 2.16.1 (requirements.txt:1), keras 3.3.3 (requirements.txt:2)",
            "requirements-old.txt: tensorflow 1.15.5 (requirements-old.txt:1)",
        ],
    );
}

#[test]
fn markers_make_alternatives() {
    let repository = "--- requirements.txt\ntensorflow==2.3.4; python_version < '3.8'\n\
        tensorflow==2.8.4; python_version >= '3.8' and sys_platform != 'darwin'\n\
        tensorflow-macos==2.8.0; sys_platform == 'darwin' and python_version >= '3.8'\n";
    check(
        repository,
        "a.py",
        &[
            "requirements.txt; python_version < '3.8': tensorflow 2.3.4 (requirements.txt:1)",
            "requirements.txt; python_version >= '3.8' and sys_platform != 'darwin': tensorflow 2.8.4 (requirements.txt:2)",
            "requirements.txt; sys_platform == 'darwin' and python_version >= '3.8': tensorflow 2.8.0 (requirements.txt:3)",
        ],
    );
    check_with(
        repository,
        &asked("", "", "3.7"),
        "a.py",
        &["requirements.txt: tensorflow 2.3.4 (requirements.txt:1)"],
    );
    // The two lines hold together on old Pythons, and the second alone on the others.
    check(
        "--- requirements.txt\ntensorflow<2.4; python_version < '3.8'\ntensorflow>=2.3,<2.5\n",
        "a.py",
        &[
            "requirements.txt; python_version < '3.8': tensorflow 2.3.0-2.3.4 (requirements.txt:1)",
            "requirements.txt: tensorflow 2.3.0-2.4.4 (requirements.txt:2)",
        ],
    );
    check(
        "--- requirements.txt\ntensorflow==2.3.4; sys_platform == 'darwin' and platform_system == 'Linux'\n",
        "a.py",
        &[&format!(
            ": tensorflow {} (nothing pins it)",
            newest(Package::Tensorflow)
        )],
    );
}

#[test]
fn the_command_line_beats_every_pin() {
    let repository = "--- requirements.txt\ntensorflow==2.3.4\n--- requirements-gpu.txt\ntensorflow-gpu==2.4.0\n";
    check_with(
        repository,
        &asked("2.8", "", ""),
        "a.py",
        &["requirements.txt: tensorflow 2.8.0-2.8.4 (--tensorflow 2.8)"],
    );
    check_with(
        "",
        &asked(">=2.0,<2.0.2", "2.3.1", ""),
        "a.py",
        &[": tensorflow 2.0.0-2.0.1 (--tensorflow >=2.0,<2.0.2), keras 2.3.1 (--keras 2.3.1)"],
    );
    assert!(Override::parse(Package::Tensorflow, "2.5.77").is_err());
    assert!(Override::parse(Package::Tensorflow, "new").is_err());
    assert!(Override::parse(Package::Tensorflow, " ").is_err());
}

#[test]
fn chosen_manifests_govern_the_whole_repository() {
    let options = ScopeOptions {
        chosen_manifests: true,
        ..ScopeOptions::default()
    };
    check_with(
        "--- ci/requirements-a.txt\ntensorflow==2.3.4\n",
        &options,
        "src/a.py",
        &["ci/requirements-a.txt: tensorflow 2.3.4 (ci/requirements-a.txt:1)"],
    );
}

#[test]
fn two_builds_beside_each_other_may_each_be_met() {
    check(
        "--- requirements.txt\ntensorflow==1.15.0\ntensorflow-gpu==1.15.5\n",
        "a.py",
        &["requirements.txt: tensorflow 1.15.0, 1.15.5 (requirements.txt:1)"],
    );
    check(
        "--- requirements.txt\ntensorflow\ntensorflow-gpu==1.15.5\n",
        "a.py",
        &["requirements.txt: tensorflow 1.15.5 (requirements.txt:2)"],
    );
    check(
        "--- requirements.txt\ntensorflow>=2.3\ntensorflow<2.2\n",
        "a.py",
        &["requirements.txt: no release of tensorflow (requirements.txt:1)"],
    );
    check(
        "--- requirements.txt\ntf-nightly\n",
        "a.py",
        &["requirements.txt: tensorflow of unknown version (requirements.txt:1)"],
    );
}

/// Pins -> Keras behind `tf.keras` of the newest permitted TensorFlow; Keras met by `import keras`.
#[track_caller]
fn check_keras(pins: &str, behind: &str, standalone: &str) {
    let (scopes, _) = build(
        &format!("--- requirements.txt\n{pins}"),
        &ScopeOptions::default(),
    );
    let scope = scopes.governing(&RepoPath::new("a.py"));
    let environment = &scope.environments[0];
    let table = ReleaseTable::of(Package::Keras);
    let newest = environment.tensorflow.releases.newest().unwrap();
    assert_eq!(table.describe(environment.keras_behind(newest)), behind);
    let met = environment
        .standalone_keras()
        .map(|set| table.describe(set));
    assert_eq!(met.as_deref().unwrap_or("not judged"), standalone);
}

#[test]
fn keras_behind_tensorflow_follows_its_minor_version() {
    check_keras("tensorflow==2.3.4\n", "", "not judged");
    check_keras("tensorflow==2.3.1\nkeras==2.4.3\n", "", "2.4.3");
    check_keras("tensorflow==2.3.1\nkeras\n", "", "not judged");
    check_keras("tensorflow==2.8.4\n", "2.8.0", "2.8.0");
    check_keras("tensorflow==2.13.1\n", "2.13.1", "2.13.1");
    check_keras("tensorflow>=2.5,<2.8\n", "2.7.0", "2.6.0-2.7.0");
    check_keras("tensorflow==2.8.4\nkeras==2.9.0\n", "", "2.9.0");
    check_keras("tensorflow==2.8.4\nkeras>=2.0\n", "2.8.0", "2.8.0");
}

#[test]
fn from_2_16_on_keras_3_is_what_pins_and_wheel_allow() {
    let newest = newest(Package::Keras);
    check_keras("tensorflow==2.16.1\n", newest, newest);
    check_keras("tensorflow==2.16.1\nkeras==3.3.3\n", "3.3.3", "3.3.3");
    check_keras(
        "tensorflow==2.16.1\nkeras>=3.3.2,<3.4\n",
        "3.3.2-3.3.3",
        "3.3.2-3.3.3",
    );
    check_keras("tensorflow==2.16.1\nkeras<3\n", "", &{
        let table = ReleaseTable::of(Package::Keras);
        table.describe(table.select(|release| release.identity.major < 3))
    });
    check_keras(
        "tensorflow==2.16.1\nkeras @ git+https://example.org/keras\n",
        "",
        "not judged",
    );
}

#[test]
fn tf_keras_follows_tensorflow() {
    let (scopes, _) = build(
        "--- requirements.txt\ntensorflow==2.16.2\n",
        &ScopeOptions::default(),
    );
    let environment = &scopes.governing(&RepoPath::new("a.py")).environments[0];
    let index = environment.tensorflow.releases.newest().unwrap();
    let table = ReleaseTable::of(Package::TfKeras);
    assert_eq!(table.describe(environment.tf_keras_behind(index)), "2.16.0");
}

#[path = "tests/notebooks.rs"]
mod notebooks;
#[path = "tests/pythons.rs"]
mod pythons;
#[path = "tests/weights.rs"]
mod weights;
