//! What only some systems have: links, pipes, devices, rights, and names of any bytes.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Stdio;

use super::*;

fn pipe(path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let made = Command::new("mkfifo")
        .arg(path)
        .stdin(Stdio::null())
        .status();
    assert!(made.unwrap().success());
}

#[test]
fn links_go_round_and_lead_nowhere() {
    let repo = plain().file("sub/b.py", BROKEN);
    let link = |to: &str, from: &str| symlink(to, repo.path(from)).unwrap();
    link(".", "loop");
    link("..", "sub/up");
    link("c.py", "d.py");
    link("d.py", "c.py");
    link("requirements-l.txt", "requirements-l.txt");
    link("gone.py", "e.py");
    link("/etc", "requirements");
    link("/etc/passwd", "requirements-e.txt");
    link("/etc/passwd", "p.py");
    let report = report(&repo);
    let paths = [("a.py".to_owned(), 2), ("sub/b.py".to_owned(), 2)];
    assert_eq!(found(&report), paths);
    let told = tfmp(&repo, &["check", "c.py"]);
    assert_eq!(told.code, Some(2), "{}", told.stderr);
    let told = tfmp(&repo, &["check", "loop", "--format", "concise"]);
    assert_eq!(told.stdout.lines().count(), 2, "{}", told.stdout);
}

/// What a line names is quoted where it is no requirement.
#[test]
fn requirements_show_no_file_of_the_machine() {
    let secret = "AUTHORIZATION: basic c2VjcmV0";
    let lines = [
        "-r ../../../../../../etc/passwd",
        "-r /etc/passwd",
        "-c /etc/shadow",
        "-r file:///etc/passwd",
        "-r link.txt",
        "-r device.txt",
        "-r folder",
        "-r ~/x",
        "-r $HOME/x",
        "-r ../../../../proc/self/environ",
        "-r environ.txt",
    ];
    let of_git = [
        "-r .git/config",
        "-r .GIT/config",
        "-r config.txt",
        "-r inner/config",
    ];
    let repo = plain()
        .file("requirements-1.txt", &lines.join("\n"))
        .file("requirements-2.txt", &of_git.join("\n"))
        .file(
            "requirements-3.txt",
            "-r loop/requirements-3.txt\n-r loop/loop/requirements-3.txt\n",
        )
        .file(
            ".git/config",
            &format!("[http]\n\textraheader = {secret}\n{secret}\n"),
        )
        .file("folder/x.py", "");
    let link = |to: &str, from: &str| symlink(to, repo.path(from)).unwrap();
    link(".", "loop");
    link("/etc/passwd", "link.txt");
    link("/dev/zero", "device.txt");
    link("/proc/self/environ", "environ.txt");
    link(".git/config", "config.txt");
    link(".git", "inner");
    link(".git/config", "requirements-own.txt");
    link(".git/config", "setup.cfg");
    link(".git/config", "environment.yml");
    let args = ["check", "-v", "--format", "json", "--fail-on", "never"];
    let told = tfmp(&repo, &args);
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    for text in [&told.stdout, &told.stderr] {
        for word in ["root:", "c2VjcmV0", "AUTHORIZATION", "PATH="] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
    let report: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(found(&report), [("a.py".to_owned(), 2)]);
    check_notice(
        &report,
        "requirements-2.txt: ",
        "it belongs to git and not to the repository",
    );
    check_notice(&report, "requirements-1.txt: ", "outside the repository");
}

#[test]
fn a_configuration_shows_no_file_of_the_machine() {
    for target in ["/etc/passwd", ".git/config"] {
        for name in ["tfmp.toml", ".tfmp.toml", "pyproject.toml"] {
            let repo = plain().file(".git/config", "secret = 1\n[secret]\n");
            symlink(target, repo.path(name)).unwrap();
            let told = tfmp(&repo, &["check"]);
            assert!(
                !told.stderr.contains("secret") && !told.stderr.contains("root"),
                "{}",
                told.stderr
            );
            // A project file is no configuration before it is read.
            let code = if name == "pyproject.toml" { 1 } else { 2 };
            assert_eq!(told.code, Some(code), "{}", told.stderr);
        }
    }
}

#[test]
fn pipes_and_devices_are_not_waited_for() {
    let repo = plain().file("requirements-1.txt", "-r target\n");
    for name in [
        "p.py",
        "p.ipynb",
        "requirements-p.txt",
        "target",
        "setup.py",
        "pyproject.toml",
        "tfmp.toml",
    ] {
        pipe(&repo.path(name));
    }
    for name in ["x/environment.yml", "y/poetry.lock", "y/z.py"] {
        pipe(&repo.path(name));
    }
    std::fs::create_dir(repo.path("d.py")).unwrap();
    std::fs::create_dir(repo.path("requirements-d.txt")).unwrap();
    symlink("/dev/zero", repo.path("requirements-z.txt")).unwrap();
    symlink("/dev/zero", repo.path("z.py")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(repo.path("s.py")).unwrap();
    let report = report(&repo);
    check_notice(&report, "requirements-1.txt: ", "it is not a file");
    for path in ["p.py", "s.py"] {
        let told = tfmp(&repo, &["check", path]);
        let notice = format!("notice: {path}: it is not a file and was not looked at\n");
        assert!(told.stderr.contains(&notice), "{}", told.stderr);
    }
    for args in [
        ["--config", "/dev/zero"],
        ["--baseline", "/dev/zero"],
        ["--config", "/dev/null"],
    ] {
        let told = tfmp(&repo, &["check", args[0], args[1]]);
        assert!(matches!(told.code, Some(1 | 2)), "{}", told.stderr);
    }
}

/// The walk reads the rules of each folder to their end, and each of their lines becomes an automaton.
#[test]
fn rules_of_git_that_have_no_end_are_not_read() {
    let repo = plain()
        .file("1/b.py", BROKEN)
        .file("2/.gitignore", &"*a*b\n".repeat(100_000))
        .file("2/b.py", BROKEN)
        .file("3/4/b.py", BROKEN)
        .file("5/.gitignore", "b.py\n")
        .file("5/b.py", BROKEN);
    pipe(&repo.path("1/.gitignore"));
    symlink("/dev/zero", repo.path("3/.ignore")).unwrap();
    let report = report(&repo);
    let paths: Vec<String> = found(&report).into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["1/b.py", "2/b.py", "3/4/b.py", "a.py"]);
    let so = ", so nothing in its folder was left out";
    let mut expect = vec![
        format!("1/.gitignore: it is not a file{so}"),
        format!("2/.gitignore: it is larger than 128 KiB and was not read{so}"),
        format!("3/.ignore: it lies outside the repository and was not read{so}"),
    ];
    assert_eq!(notices(&report), expect);
    std::fs::create_dir(repo.path(".git/info")).unwrap();
    pipe(&repo.path(".git/info/exclude"));
    let report = self::report(&repo);
    assert_eq!(found(&report).len(), 5, "nothing is left out");
    expect.truncate(0);
    expect.push(format!(".git/info/exclude: it is not a file{so}"));
    assert_eq!(notices(&report), expect);
    // And where only a part is asked for.
    let told = tfmp(&repo, &["check", "3/4", "--format", "concise"]);
    assert_eq!(told.stdout.lines().count(), 1, "{}", told.stdout);
}

#[test]
fn what_may_not_be_read_is_told() {
    let repo = plain()
        .file("u.py", BROKEN)
        .file("requirements-u.txt", PIN)
        .file("closed/b.py", BROKEN);
    let close = |path: &str, mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(repo.path(path), mode).unwrap();
    };
    for path in ["u.py", "requirements-u.txt", "closed"] {
        close(path, 0);
    }
    let mut check = command(&repo.path(""));
    check.args(["check", "--format", "json", "--fail-on", "never"]);
    if std::fs::read(repo.path("u.py")).is_ok() {
        // Whoever may read everything becomes somebody else.
        let program = repo.path("program");
        std::fs::copy(env!("CARGO_BIN_EXE_tfmp"), &program).unwrap();
        let mut other = Command::new(&program);
        other
            .args(check.get_args())
            .current_dir(repo.path(""))
            .env_clear()
            .stdin(Stdio::null());
        std::os::unix::process::CommandExt::uid(&mut other, 65_534);
        check = other;
    }
    let told = run(check);
    close("closed", 0o755);
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    let report: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(found(&report), [("a.py".to_owned(), 2)]);
    let expect = [
        "closed: it may not be read, so what is in it was not looked at",
        "requirements-u.txt: it may not be read",
        "u.py: it may not be read",
    ];
    assert_eq!(notices(&report), expect);
}

#[test]
fn files_that_vanish_take_nothing_along() {
    let mut repo = plain();
    for number in 0..200 {
        repo = repo
            .file(&format!("p/f{number}.py"), BROKEN)
            .file(&format!("q{number}/requirements.txt"), PIN);
    }
    let vanish = || {
        for number in 0..200 {
            std::fs::remove_file(repo.path(&format!("p/f{number}.py"))).unwrap();
            std::fs::remove_dir_all(repo.path(&format!("q{number}"))).unwrap();
        }
    };
    std::thread::scope(|scope| {
        let vanishing = scope.spawn(vanish);
        while !vanishing.is_finished() {
            let report = report(&repo);
            for notice in notices(&report) {
                assert!(notice.contains("there is no such file"), "{notice}");
            }
        }
    });
    report(&repo);
}

/// Other systems refuse such names.
#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf8_are_told() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let repo = plain();
    let name = |bytes: &[u8]| repo.path("").join(OsStr::from_bytes(bytes));
    std::fs::write(name(b"\xFF.py"), BROKEN).unwrap();
    std::fs::write(name(b"caf\xE9.ipynb"), "{}").unwrap();
    std::fs::write(name(b"requirements-\xFF.txt"), PIN).unwrap();
    std::fs::write(name(b"\xFF.png"), "").unwrap();
    std::fs::create_dir(name(b"d\xFFr")).unwrap();
    std::fs::write(name(b"d\xFFr/b.py"), BROKEN).unwrap();
    let report = report(&repo);
    let mut notices = notices(&report);
    notices.sort();
    let expect = [
        r"\xFF.py",
        r"caf\xE9.ipynb",
        r"d\xFFr",
        r"requirements-\xFF.txt",
    ]
    .map(|name| format!("`{name}` was not looked at: its name is not UTF-8"));
    assert_eq!(notices, expect);
    // Asked for by name, it is an error: nothing else was asked for.
    for given in [b"\xFF.py".as_slice(), b"d\xFFr"] {
        let mut command = command(&repo.path(""));
        command.arg("check").arg(OsStr::from_bytes(given));
        let told = run(command);
        assert_eq!(told.code, Some(2));
        assert!(told.stderr.contains(r"\xFF"), "{}", told.stderr);
        assert!(told.stderr.contains("is not UTF-8"), "{}", told.stderr);
    }
    let told = run({
        let mut command = command(&name(b"d\xFFr"));
        command.arg("check");
        command
    });
    assert_eq!(told.code, Some(2), "{}", told.stderr);
    // Reports may go anywhere.
    let mut command = command(&repo.path(""));
    command
        .args(["check", "--fail-on", "never", "--sarif-file"])
        .arg(OsStr::from_bytes(b"\xFF.sarif"));
    assert_eq!(run(command).code, Some(0));
    assert!(name(b"\xFF.sarif").exists());
}
