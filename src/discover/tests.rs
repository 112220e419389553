//! Tests of the walk on folders of the system's temporary folder.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// A folder that goes when the test ends.
struct Tree(PathBuf);

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let root =
            std::env::temp_dir().join(format!("tfmp-discover-{}-{count}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        let tree = Self(fs::canonicalize(&root).unwrap());
        for (path, text) in files {
            let path = tree.0.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        tree
    }

    fn request(&self, paths: &[&str]) -> Request {
        Request {
            root: self.0.clone(),
            paths: paths.iter().map(PathBuf::from).collect(),
            ..Request::default()
        }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[track_caller]
fn check(request: &Request, expect: &[&str]) -> Vec<Notice> {
    let (inputs, notices) = discover(request).unwrap();
    let paths: Vec<&str> = inputs.iter().map(|input| input.path.as_str()).collect();
    assert_eq!(paths, expect);
    notices
}

#[test]
fn the_walk_sees_what_git_sees() {
    let tree = Tree::new(&[
        (".gitignore", "build/\n*_pb2.py\n"),
        ("a.py", ""),
        ("a_pb2.py", ""),
        ("build/b.py", ""),
        ("pkg/.gitignore", "secret.py\n"),
        ("pkg/secret.py", ""),
        ("pkg/c.ipynb", ""),
        ("pkg/.hidden/d.py", ""),
        ("node_modules/e.py", ""),
        ("lib/site-packages/f.py", ""),
        ("myenv/pyvenv.cfg", ""),
        ("myenv/g.py", ""),
        ("notes.txt", ""),
        ("MANIFEST.in", ""),
        ("requirements.txt", ""),
        ("requirements/dev.in", ""),
    ]);
    let expect = [
        "a.py",
        "pkg/c.ipynb",
        "requirements.txt",
        "requirements/dev.in",
    ];
    check(&tree.request(&[]), &expect);
    // What is asked for by name is looked at, ignored or not.
    check(
        &tree.request(&["build"]),
        &["build/b.py", "requirements.txt", "requirements/dev.in"],
    );
    check(
        &tree.request(&["a_pb2.py"]),
        &["a_pb2.py", "requirements.txt", "requirements/dev.in"],
    );
    check(
        &tree.request(&["lib/site-packages"]),
        &[
            "lib/site-packages/f.py",
            "requirements.txt",
            "requirements/dev.in",
        ],
    );
}

#[test]
fn manifests_above_a_path_count() {
    let tree = Tree::new(&[
        ("requirements.txt", ""),
        ("requirements/base.txt", ""),
        ("ml/constraints.txt", ""),
        ("ml/train/requirements-gpu.txt", ""),
        ("ml/train/a.py", ""),
        ("ml/other/requirements.txt", ""),
        ("ml/b.py", ""),
        ("web/requirements.txt", ""),
    ]);
    let expect = [
        "ml/constraints.txt",
        "ml/train/a.py",
        "ml/train/requirements-gpu.txt",
        "requirements.txt",
        "requirements/base.txt",
    ];
    check(&tree.request(&["ml/train"]), &expect);
    check(&tree.request(&["ml/train/a.py"]), &expect);
    check(
        &tree.request(&["ml/b.py", "ml/train/"]),
        &[
            "ml/b.py",
            "ml/constraints.txt",
            "ml/train/a.py",
            "ml/train/requirements-gpu.txt",
            "requirements.txt",
            "requirements/base.txt",
        ],
    );
}

#[test]
fn globs_choose_manifests_and_leave_files_out() {
    let tree = Tree::new(&[
        ("requirements.txt", ""),
        ("ci/pins.list", ""),
        ("ci/constraints.txt", ""),
        ("src/a.py", ""),
        ("src/gen/b.py", ""),
        ("tests/c.py", ""),
    ]);
    let mut request = tree.request(&["src"]);
    request.requirements = vec!["ci/*.list".to_owned(), "constraints.txt".to_owned()];
    check(
        &request,
        &[
            "ci/constraints.txt",
            "ci/pins.list",
            "src/a.py",
            "src/gen/b.py",
        ],
    );
    request.requirements = vec!["nothing*.txt".to_owned()];
    let notices = check(&request, &["src/a.py", "src/gen/b.py"]);
    assert_eq!(notices[0].message, "no file matches `nothing*.txt`");
    let mut request = tree.request(&[]);
    request.exclude = vec!["gen".to_owned(), "/tests/".to_owned(), "ci/**".to_owned()];
    check(&request, &["requirements.txt", "src/a.py"]);
    request.paths = vec![PathBuf::from("tests/c.py")];
    check(&request, &["requirements.txt"]);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_and_nothing_outside_is_read() {
    use std::os::unix::fs::symlink;
    let outside = Tree::new(&[("secret.txt", "tensorflow"), ("x.py", "")]);
    let tree = Tree::new(&[("a.py", ""), ("sub/b.py", "")]);
    symlink(&outside.0, tree.0.join("out")).unwrap();
    symlink(tree.0.join("sub"), tree.0.join("sub/loop")).unwrap();
    symlink(
        outside.0.join("secret.txt"),
        tree.0.join("requirements.txt"),
    )
    .unwrap();
    check(&tree.request(&[]), &["a.py", "sub/b.py"]);
    let disk = Disk::new(&tree.0);
    for path in ["requirements.txt", "out/secret.txt", "../x.py"] {
        let notice = disk.open(&RepoPath::new(path)).unwrap_err();
        assert!(
            ["it lies outside the repository", "there is no such file"]
                .contains(&notice.message.as_str()),
            "{notice:?}"
        );
    }
    assert!(matches!(
        discover(&tree.request(&["out"])),
        Err(DiscoverError::Outside { .. })
    ));
}

#[test]
fn what_cannot_be_looked_for_is_said() {
    let tree = Tree::new(&[("a.py", "")]);
    let error = discover(&tree.request(&["missing"])).unwrap_err();
    assert!(
        error.to_string().starts_with("`missing` cannot be read"),
        "{error}"
    );
    let mut request = tree.request(&[]);
    request.exclude = vec!["a[".to_owned()];
    assert!(
        discover(&request)
            .unwrap_err()
            .to_string()
            .starts_with("`a[` is not a glob")
    );
}

#[test]
fn the_root_is_the_repository_around_the_paths() {
    let tree = Tree::new(&[
        ("repo/.git/HEAD", ""),
        ("repo/a/b/c.py", ""),
        ("repo/a/d.py", ""),
        ("free/x/e.py", ""),
    ]);
    let at = |path: &str| tree.0.join(path);
    assert_eq!(
        find_root(&[at("repo/a/b"), at("repo/a/d.py")], &at("free")),
        at("repo")
    );
    assert_eq!(find_root(&[at("free/x/e.py")], &at("free")), at("free"));
    assert_eq!(find_root(&[at("free/x")], &at("repo")), at("free/x"));
    assert_eq!(find_root(&[], &at("repo/a")), at("repo"));
}

#[test]
fn a_large_or_binary_file_is_a_notice() {
    let tree = Tree::new(&[("a.txt", "tensorflow"), ("b.txt", "a\0b")]);
    let disk = Disk::new(&tree.0);
    let error = disk.read(&RepoPath::new("a.txt"), 4).unwrap_err();
    assert!(error.message.starts_with("it is larger than"), "{error:?}");
    assert!(
        disk.open(&RepoPath::new("b.txt"))
            .unwrap_err()
            .message
            .contains("NUL")
    );
    assert!(
        disk.open(&RepoPath::new("c.txt"))
            .unwrap_err()
            .message
            .contains("no such file")
    );
    assert_eq!(
        disk.open(&RepoPath::new("a.txt")).unwrap().0.text,
        "tensorflow"
    );
}

/// Files as they lie in repositories, bytes and all. What is read from those of a folder stands in its
/// `expected.txt`: a change of it is a change for users.
#[test]
fn manifests_in_the_wild() {
    let shelf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pins");
    let mut wrong = Vec::new();
    let mut folders: Vec<PathBuf> = fs::read_dir(shelf)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    for root in folders {
        let shown = read_manifests(&root);
        let expected = fs::read_to_string(root.join("expected.txt")).unwrap_or_default();
        if shown != expected {
            wrong.push(format!("{}:\n{shown}", root.display()));
        }
    }
    assert!(wrong.is_empty(), "read:\n{}", wrong.join("\n"));
}

fn read_manifests(root: &Path) -> String {
    use std::fmt::Write as _;
    let request = Request {
        root: root.to_path_buf(),
        exclude: vec!["expected.txt".to_owned()],
        ..Request::default()
    };
    let (inputs, _) = discover(&request).unwrap();
    let disk = Disk::new(root);
    let ctx = crate::pins::Ctx {
        files: &disk,
        python: &|file| crate::run::stated(file, &disk),
    };
    let inputs = inputs.iter().map(|input| (&input.path, input.kind));
    let (manifests, notices) = crate::pins::read_all(inputs, ctx);
    let mut shown = String::new();
    for manifest in &manifests {
        let legacy = if manifest.legacy_keras {
            " (sets TF_USE_LEGACY_KERAS)"
        } else {
            ""
        };
        writeln!(shown, "{}{legacy}", manifest.path).unwrap();
        for pin in &manifest.pins {
            let lines = crate::text::LineIndex::new(&pin.location.file.text);
            let (line, choice) = (lines.line(pin.location.span.start), pin.choice);
            let permits = match choice {
                crate::pins::Choice::Releases(set) => {
                    crate::release::ReleaseTable::of(pin.package()).describe(set)
                }
                other => format!("{other:?}"),
            };
            let group = match pin.group.as_str() {
                "" => String::new(),
                group => format!(" [{group}]"),
            };
            let index = if pin.from_index { "" } else { ", elsewhere" };
            let role = match pin.role {
                crate::pins::Role::Requirement => "",
                crate::pins::Role::Constraint => ", constraint",
            };
            let python = pin.python.as_ref().map_or(String::new(), |python| {
                format!(", on `{}`", python.line.text)
            });
            let file = if pin.location.file.path == manifest.path {
                String::new()
            } else {
                format!("{}:", pin.location.file.path)
            };
            writeln!(
                shown,
                "  {file}{line}: {} -> {permits}{group}{index}{role}{python}",
                pin.text
            )
            .unwrap();
        }
    }
    for notice in &notices {
        let path = notice.path.as_ref().map_or("", RepoPath::as_str);
        let line = notice.line.unwrap_or_default();
        writeln!(
            shown,
            "{path}:{line}: {} [{}]",
            notice.message, notice.advice
        )
        .unwrap();
    }
    // Open ranges end with the data, which grows.
    let table = crate::release::ReleaseTable::of;
    for package in [
        crate::names::Package::Tensorflow,
        crate::names::Package::Keras,
    ] {
        let table = table(package);
        let newest = table.get(table.newest_final(table.all()).newest().unwrap());
        shown = shown.replace(newest.row.version, "NEWEST");
    }
    shown
}

#[cfg(unix)]
#[test]
fn a_pipe_that_took_the_place_of_a_file_would_not_be_waited_for() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let file = open_at_once(&path).unwrap();
    let flags = rustix::fs::fcntl_getfl(&file).unwrap();
    assert!(flags.contains(rustix::fs::OFlags::NONBLOCK), "{flags:?}");
}
