//! What a notebook installs for itself: its `!pip install ...` and `%pip install ...` lines, its cells
//! of shell commands, and Colab's `%tensorflow_version`.
//!
//! Supported: every command line that `shell` and `install` read; `{sys.executable} -m pip`.
//! Not supported: versions that Python variables hold (`!pip install tensorflow=={version}`); they are
//! not known.

use std::ops::Range;
use std::sync::Arc;

use super::sheet::{Installed, Sheet, Statement, alternatives};
use super::shell::{self, Lines, Variables};
use super::{Ctx, Found, Pin, Role};
use crate::finding::Notice;
use crate::text::{LineIndex, SourceFile};

/// The last TensorFlow that Colab had for `%tensorflow_version 1.x`, which it took away in August 2022:
/// <https://research.google.com/colaboratory/tensorflow_version.html>.
const COLAB_ONE: &str = "tensorflow==1.15.2";

/// What the commands of a notebook pin.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// What they install. Commands that install different versions are alternatives.
    pub found: Found,
    /// `%tensorflow_version 2.x`: whatever TensorFlow 2 is there. It names a version only where
    /// nothing else does.
    pub two: Option<Pin>,
}

/// Reads the commands of a notebook, given as parts of its text.
#[must_use]
pub fn read(file: &Arc<SourceFile>, commands: &[Range<usize>], ctx: Ctx<'_>) -> Session {
    let mut sheet = Sheet::new(file);
    let mut two = None;
    let mut installs = Vec::new();
    for command in commands {
        let Some(text) = file.text.get(command.clone()) else {
            continue;
        };
        let mut made = match colab_version(text) {
            Some('1') => vec![Installed {
                label: String::new(),
                pins: colab(&mut sheet, COLAB_ONE, text, command),
            }],
            Some(_) => {
                let asked = colab(&mut sheet, "tensorflow", text, command);
                two = two.or_else(|| asked.into_iter().next());
                continue;
            }
            None => {
                // What marks a command is no part of it: `!sudo pip install x`.
                let marks = text.len() - text.trim_start_matches(['!', '%']).len();
                let part = command.start + marks..command.end;
                let mut variables = Variables::new();
                shell::run(&mut sheet, part, Lines::End, &mut variables, ctx)
            }
        };
        for install in &mut made {
            install.label = label(file, install, command.start);
        }
        installs.extend(made);
    }
    sheet.found.pins = alternatives(installs);
    let mut found = sheet.finish();
    on_disk(file, &mut found.notices);
    Session { found, two }
}

/// `cell 3, line 1`: what sets one command apart from another.
fn label(file: &SourceFile, install: &Installed, start: usize) -> String {
    let own = install
        .pins
        .iter()
        .map(|pin| &pin.location)
        .find(|location| location.file.path == file.path)
        .map_or_else(|| u32::try_from(start).unwrap_or(0), |at| at.span.start);
    file.cell(own)
        .map_or_else(|| install.label.clone(), |place| place.to_string())
}

/// The first digit of what `%tensorflow_version` asks for.
fn colab_version(command: &str) -> Option<char> {
    let rest = command.strip_prefix("%tensorflow_version")?;
    let digit = rest.trim_start().chars().next()?;
    matches!(digit, '1' | '2').then_some(digit)
}

fn colab(sheet: &mut Sheet<'_>, requirement: &str, text: &str, command: &Range<usize>) -> Vec<Pin> {
    let shown = text.split('#').next().unwrap_or(text).trim();
    let at = command.start..command.start + shown.len();
    let mut pins = sheet.apart(|sheet| {
        sheet.state(&Statement {
            requirement,
            shown,
            at,
            group: "",
            role: Role::Requirement,
        });
    });
    for pin in &mut pins {
        // It came with the machine.
        pin.from_index = false;
    }
    pins
}

/// Gives notices the lines of the file in the place of those of the joined cells.
fn on_disk(file: &SourceFile, notices: &mut [Notice]) {
    let lines = LineIndex::new(&file.text);
    for notice in notices {
        let Some(line) = notice.line else { continue };
        let text = lines.line_text(&file.text, line);
        let start = text.as_ptr() as usize - file.text.as_ptr() as usize;
        let start = u32::try_from(start).unwrap_or(0);
        if let Some(place) = file.cell(start) {
            notice.message = format!("{place}: {}", notice.message);
            notice.line = Some(file.line_on_disk(start));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pins::{Choice, Files};
    use crate::release::ReleaseTable;
    use crate::text::RepoPath;
    use crate::text::cells::Joiner;

    struct Requirements;

    impl Files for Requirements {
        fn open(&self, path: &RepoPath) -> Result<(Arc<SourceFile>, Vec<Notice>), Notice> {
            if path.as_str() != "requirements.txt" {
                return Err(Notice::on_file(path, None, "there is no such file"));
            }
            let text = "numpy\ntensorflow==2.4.4\n".to_owned();
            Ok((Arc::new(SourceFile::new(path.clone(), text)), Vec::new()))
        }
    }

    /// A session of commands, each a cell of its own.
    fn session(commands: &[&str]) -> Session {
        let mut joiner = Joiner::new(commands.concat());
        let (mut at, mut parts) = (0, Vec::new());
        for (number, command) in (1..).zip(commands) {
            joiner.begin(number);
            let start = joiner.text().len();
            joiner.plain(at..at + command.len());
            parts.push(start..joiner.text().len());
            joiner.end();
            at += command.len();
        }
        let (text, cells) = joiner.finish();
        let file = Arc::new(SourceFile {
            path: RepoPath::new("nb/a.ipynb"),
            text,
            cells: Some(cells),
        });
        let ctx = Ctx {
            files: &Requirements,
            python: &|_| Vec::new(),
        };
        read(&file, &parts, ctx)
    }

    /// What commands permit: `package releases @ group` for each pin.
    #[track_caller]
    fn check(commands: &[&str], expect: &[&str]) {
        let found = session(commands).found;
        let shown: Vec<String> = found
            .pins
            .iter()
            .map(|pin| {
                let releases = match pin.choice {
                    Choice::Any => "any".to_owned(),
                    Choice::Unknown => "unknown".to_owned(),
                    Choice::Releases(set) => ReleaseTable::of(pin.package()).describe(set),
                };
                let group = match pin.group.as_str() {
                    "" => String::new(),
                    group => format!(" @ {group}"),
                };
                format!("{} {releases}{group}", pin.distribution.name)
            })
            .collect();
        assert_eq!(shown, expect, "{commands:?}");
    }

    #[test]
    fn pip_is_found_by_every_name() {
        for pip in [
            "!pip install",
            "%pip install -q -U",
            "!pip3 install",
            "! pip install",
            "!!pip install",
            "!sudo pip install",
            "!python -m pip install",
            "!python3.7 -m pip install --quiet",
            "!{sys.executable} -m pip install",
            "!\"{sys.executable}\" -m pip install",
            "!$sys.executable -m pip install",
            "!uv pip install",
            "!pip uninstall -y tensorflow && pip install",
            "%%bash\napt-get update\npip install",
            "pip install",
        ] {
            check(
                &[&format!("{pip} tensorflow==2.3.4")],
                &["tensorflow 2.3.4"],
            );
        }
    }

    #[test]
    fn other_tools_install_too() {
        check(
            &["!conda install -y tensorflow=2.3.1"],
            &["tensorflow 2.3.1"],
        );
        check(&["%conda install tensorflow=2.3.1"], &["tensorflow 2.3.1"]);
        check(
            &["!pip install -q tensorflow-gpu==2.0.0 keras"],
            &["tensorflow-gpu 2.0.0", "keras any"],
        );
    }

    #[test]
    fn a_shell_takes_an_unquoted_bound_for_a_file() {
        check(&["!pip install tensorflow>=2.4"], &["tensorflow any"]);
        check(
            &["!pip install 'tensorflow==2.4.*'"],
            &["tensorflow 2.4.0-2.4.4"],
        );
    }

    #[test]
    fn what_installs_nothing_pins_nothing() {
        check(
            &[
                "!pip uninstall tensorflow",
                "!pip show keras",
                "%matplotlib inline",
            ],
            &[],
        );
        check(
            &[
                "!pip install tensorflow-datasets==4.0",
                "!echo pip install keras",
            ],
            &[],
        );
    }

    #[test]
    fn a_file_of_requirements_is_followed() {
        check(&["!pip install -r requirements.txt"], &["tensorflow 2.4.4"]);
        check(
            &["!pip install -r ../requirements.txt"],
            &["tensorflow 2.4.4"],
        );
        check(&["!pip install -r /content/repo/requirements.txt"], &[]);
        let found = session(&["!pip install -r ../requirements.txt"]).found;
        assert_eq!(
            found.pins[0].location.file.path.as_str(),
            "requirements.txt"
        );
    }

    #[test]
    fn several_versions_are_alternatives() {
        check(
            &[
                "!pip install tensorflow==2.3.4",
                "x",
                "!pip install tensorflow==2.4.4 keras==2.4.3",
            ],
            &[
                "tensorflow 2.3.4 @ cell 1, line 1",
                "tensorflow 2.4.4 @ cell 3, line 1",
                "keras 2.4.3",
            ],
        );
    }

    #[test]
    fn a_version_that_python_holds_is_not_known() {
        let found = session(&["x", "!pip install tensorflow=={version}"]).found;
        assert_eq!(found.pins[0].choice, Choice::Unknown);
        let [notice] = &found.notices[..] else {
            panic!("{:?}", found.notices);
        };
        assert!(notice.message.starts_with("cell 2, line 1: "), "{notice:?}");
        check(
            &["!pip install tensorflow==$version"],
            &["tensorflow unknown"],
        );
    }

    #[test]
    fn colab_had_two_versions() {
        check(&["%tensorflow_version 1.x"], &["tensorflow 1.15.2"]);
        let found = session(&["%tensorflow_version 1.x  # old"]).found;
        assert_eq!(found.pins[0].text, "%tensorflow_version 1.x");
        assert!(!found.pins[0].from_index);
        check(&["%tensorflow_version 2.x", "%tensorflow_version"], &[]);
        let two = session(&["%tensorflow_version 2.x"]).two.unwrap();
        assert_eq!(
            (two.choice, two.text.as_str()),
            (Choice::Any, "%tensorflow_version 2.x")
        );
    }
}
