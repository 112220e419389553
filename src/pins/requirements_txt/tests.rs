//! Tests of the requirements format: whole small repositories in, pins and notices out.

use std::collections::BTreeMap;

use super::*;
use crate::finding::Location;
use crate::pins::Files;

/// A repository in memory: files parted by lines `--- path`.
struct Memory(BTreeMap<String, Arc<SourceFile>>);

impl Memory {
    fn new(text: &str) -> Self {
        let files = text
            .split("--- ")
            .skip(1)
            .map(|part| {
                let (path, text) = part.split_once('\n').expect("a path ends with its line");
                Self::entry(path, text)
            })
            .collect();
        Self(files)
    }

    fn one(text: &str) -> Self {
        Self([Self::entry("requirements.txt", text)].into())
    }

    fn entry(path: &str, text: &str) -> (String, Arc<SourceFile>) {
        let file = SourceFile::new(RepoPath::new(path), text.to_owned());
        (path.to_owned(), Arc::new(file))
    }

    /// The pins of the first file, one a line, with the text that each span covers.
    fn read(&self) -> (Vec<String>, Vec<String>) {
        let file = self
            .0
            .get("requirements.txt")
            .expect("the tests name it so");
        let Found { pins, notices, .. } = read(
            file,
            Role::Requirement,
            Ctx {
                files: self,
                python: &|_| Vec::new(),
            },
        );
        let pins = pins
            .iter()
            .map(|pin| {
                let Location { file, span } = &pin.location;
                let line = LineIndex::new(&file.text).line(span.start);
                let covered = &file.text[span.range()];
                let mut shown = format!("{}:{line} {}", file.path, pin.text);
                if covered != pin.text {
                    shown.push_str(&format!(" <- {covered:?}"));
                }
                if pin.role == Role::Constraint {
                    shown.push_str(" (constraint)");
                }
                shown
            })
            .collect();
        let notices = notices
            .iter()
            .map(|notice| {
                let path = notice.path.as_ref().expect("these stand in a file");
                format!("{path}:{}: {}", notice.line.unwrap_or(0), notice.message)
            })
            .collect();
        (pins, notices)
    }
}

impl Files for Memory {
    fn open(&self, path: &RepoPath) -> Result<(Arc<SourceFile>, Vec<Notice>), Notice> {
        self.0
            .get(path.as_str())
            .map(|file| (Arc::clone(file), Vec::new()))
            .ok_or_else(|| Notice::on_file(path, None, "there is no such file"))
    }
}

#[track_caller]
fn check(repository: &str, pins: &[&str], notices: &[&str]) {
    let memory = if repository.starts_with("--- ") {
        Memory::new(repository)
    } else {
        Memory::one(repository)
    };
    let (found, said) = memory.read();
    assert_eq!(found, pins);
    assert_eq!(said, notices);
}

#[test]
fn one_statement_per_line_with_comments_and_spaces() {
    check(
        "# tensorflow==1.0\n\n  tensorflow == 2.3.4  # why\nkeras#not a comment\nnumpy\n",
        &[
            "requirements.txt:3 tensorflow == 2.3.4",
            "requirements.txt:4 keras#not a comment",
        ],
        &[
            "requirements.txt:4: `#not a comment` is not a version specifier, so what it permits is not known",
        ],
    );
}

#[test]
fn a_name_with_a_wrong_version_is_still_a_pin() {
    let memory = Memory::one("keras=2.3\n");
    let file = &memory.0["requirements.txt"];
    let Found { pins, notices, .. } = read(
        file,
        Role::Requirement,
        Ctx {
            files: &memory,
            python: &|_| Vec::new(),
        },
    );
    assert_eq!(pins[0].choice, crate::pins::Choice::Unknown);
    assert_eq!(notices[0].advice, "write `==2.3`");
}

#[test]
fn lines_are_joined_and_keep_their_place() {
    check(
        "tensorflow>=2.0,\\\n  <2.4 \\\n  --hash=sha256:aa \\\n  --hash=sha256:bb\nkeras==2.3.1\n",
        &[
            "requirements.txt:1 tensorflow>=2.0,  <2.4 <- \"tensorflow>=2.0,\\\\\\n  <2.4\"",
            "requirements.txt:5 keras==2.3.1",
        ],
        &[],
    );
    // A comment ends the continuation; the last line may end with a backslash.
    check(
        "tensorflow==2.3.4 \\\n# note\\\nkeras==2.3.1\\",
        &[
            "requirements.txt:1 tensorflow==2.3.4",
            "requirements.txt:3 keras==2.3.1",
        ],
        &[],
    );
}

#[test]
fn every_line_end_of_pip_counts() {
    check(
        "numpy\r\ntensorflow==2.3.4\r\nkeras==2.3.1\u{c}tf-keras==2.15.0\rtf_keras\n",
        &[
            "requirements.txt:2 tensorflow==2.3.4",
            "requirements.txt:3 keras==2.3.1",
            "requirements.txt:3 tf-keras==2.15.0",
            "requirements.txt:4 tf_keras",
        ],
        &[],
    );
}

#[test]
fn options_are_no_requirements() {
    check(
        "--index-url https://example.org/tensorflow\n-i https://x --extra-index-url=https://y\n\
         -f ./tensorflow\n--find-l tensorflow\n--no-binary :all:\n--pre\n--trusted-host keras\n\
         tensorflow==2.3.4 --no-binary=tensorflow --global-option=\"--x y\" # z\n--frobnicate\n",
        &["requirements.txt:8 tensorflow==2.3.4"],
        &["requirements.txt:9: `--frobnicate` is not an option of pip"],
    );
}

#[test]
fn files_include_files_in_every_spelling() {
    check(
        "--- requirements.txt\n-r requirements/a.txt\n-rb.txt\n--requirement=c.txt\n--requirem \"d e.txt\"\n\
         -c constraints.txt\n--- requirements/a.txt\n-r ../requirements/sub/f.txt\ntensorflow\n\
         --- requirements/sub/f.txt\nkeras\n--- b.txt\ntf-keras\n--- c.txt\ntensorflow-cpu\n\
         --- d e.txt\ntensorflow-gpu\n--- constraints.txt\ntensorflow<2.5\n",
        &[
            "requirements/sub/f.txt:1 keras",
            "requirements/a.txt:2 tensorflow",
            "b.txt:1 tf-keras",
            "c.txt:1 tensorflow-cpu",
            "d e.txt:1 tensorflow-gpu",
            "constraints.txt:1 tensorflow<2.5 (constraint)",
        ],
        &[],
    );
}

#[test]
fn includes_that_lead_nowhere_are_notices() {
    check(
        "-r ../../etc/passwd\n-r /etc/passwd\n-r C:/x.txt\n-r https://example.org/r.txt\n-r ${HOME}/x\n\
         -r missing.txt\n-r requirements.txt\ntensorflow\n",
        &["requirements.txt:8 tensorflow"],
        &[
            "requirements.txt:1: `../../etc/passwd` lies outside the repository and was not read",
            "requirements.txt:2: `/etc/passwd` lies outside the repository and was not read",
            "requirements.txt:3: `C:/x.txt` lies outside the repository and was not read",
            "requirements.txt:4: `https://example.org/r.txt` is an address and was not fetched",
            "requirements.txt:5: `${HOME}/x` holds a variable, so that file was not read",
            "requirements.txt:6: `missing.txt` was not read: there is no such file",
            "requirements.txt:7: `requirements.txt` includes itself",
        ],
    );
}

#[test]
fn a_cycle_over_several_files_ends() {
    check(
        "--- requirements.txt\n-r a.txt\ntensorflow\n--- a.txt\n-r b.txt\nkeras\n--- b.txt\n-r a.txt\ntf-keras\n",
        &[
            "b.txt:2 tf-keras",
            "a.txt:2 keras",
            "requirements.txt:2 tensorflow",
        ],
        &["b.txt:1: `a.txt` includes itself"],
    );
}

#[test]
fn files_that_double_at_every_level_are_read_once() {
    let mut text = "--- requirements.txt\n-r l0.txt\n-r l0.txt\n".to_owned();
    for level in 0..30 {
        let next = level + 1;
        text.push_str(&format!(
            "--- l{level}.txt\n-r l{next}.txt\n-r ./l{next}.txt\n"
        ));
    }
    text.push_str("--- l30.txt\ntensorflow\n");
    check(&text, &["l30.txt:1 tensorflow"], &[]);
}

#[test]
fn checkouts_and_archives_are_pins_of_what_they_name() {
    check(
        "-e git+https://example.org/tf.git#egg=tensorflow\n-e .\n-e ./keras\n./keras-2.3.1-py2.py3-none-any.whl\n",
        &[
            "requirements.txt:1 git+https://example.org/tf.git#egg=tensorflow <- \"-e git+https://example.org/tf.git#egg=tensorflow\"",
            "requirements.txt:4 ./keras-2.3.1-py2.py3-none-any.whl",
        ],
        &["requirements.txt:1: the version of `tensorflow` comes from an address and is not known"],
    );
}

#[test]
fn hostile_files_cost_a_notice_and_nothing_else() {
    let long = "x".repeat(10 << 20);
    check(
        &format!("tensorflow=={long}\nkeras==2.3.1\n"),
        &["requirements.txt:2 keras==2.3.1"],
        &["requirements.txt:1: a line of more than 262144 bytes was not looked at"],
    );
    let continued = "\\\n".repeat(1 << 20);
    check(
        &format!("tensorflow{continued}==2.3.4"),
        &[],
        &["requirements.txt:1: a line of more than 262144 bytes was not looked at"],
    );
}

#[test]
fn a_file_of_another_format_is_cut_short() {
    let (pins, notices) = Memory::one(&"{\"tensorflow\": 1}\n".repeat(1000)).read();
    assert_eq!((pins.len(), notices.len()), (0, MAX_NOTICES + 1));
}

#[test]
fn numbers_without_end_are_newer_than_the_history() {
    let digits = "9".repeat(5000);
    let (pins, notices) = Memory::one(&format!("tensorflow=={digits}\n")).read();
    assert_eq!((pins.len(), notices.len()), (1, 1));
    assert!(
        notices[0].contains("newer than every known release"),
        "{notices:?}"
    );
}

/// A comment is no part of the statement, so that it cannot push it over the limit.
#[test]
fn a_long_comment_hides_no_pin() {
    let long = "x".repeat(2 * MAX_STATEMENT);
    for text in [
        format!("tensorflow==2.3.4 # {long}\n"),
        format!("tensorflow \\\n  ==2.3.4 \t#{long}\n"),
        format!("#{long}\ntensorflow==2.3.4\n"),
    ] {
        let (pins, notices) = Memory::one(&text).read();
        assert_eq!((pins.len(), notices.len()), (1, 0), "{notices:?}");
    }
    // Here is no comment.
    let (pins, notices) = Memory::one(&format!("tensorflow==2.3.4#{long}\n")).read();
    assert_eq!((pins.len(), notices.len()), (0, 1));
}

#[test]
fn other_indexes_leave_no_certainty() {
    for (text, certain) in [
        ("tensorflow==2.3.4\n", true),
        (
            "tensorflow==2.3.4\n--extra-index-url https://index.example/simple\n",
            false,
        ),
        ("-f wheels\ntensorflow==2.3.4\n", false),
        (
            "tensorflow @ https://example.org/tensorflow-2.3.4-py3-none-any.whl\n",
            false,
        ),
    ] {
        let memory = Memory::one(text);
        let file = &memory.0["requirements.txt"];
        let ctx = Ctx {
            files: &memory,
            python: &|_| Vec::new(),
        };
        let Found { pins, .. } = read(file, Role::Requirement, ctx);
        assert_eq!(pins[0].from_index, certain, "{text}");
    }
}
