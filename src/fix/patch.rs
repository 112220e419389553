//! Changes as a patch in the [unified format](https://www.gnu.org/software/diffutils/manual/html_node/Unified-Format.html)
//! that `git apply` takes: bytes as they are, LF alone ends a line, so that CR stays part of it.

use std::io;

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

use crate::fix::Change;

/// Lines around a change.
const CONTEXT: usize = 3;

/// Writes the patch of a file.
///
/// # Errors
///
/// What the output answers.
pub fn write(change: &Change, out: &mut dyn io::Write) -> io::Result<()> {
    let path = change.path.as_str();
    let before: Vec<&[u8]> = change
        .before
        .split_inclusive(|&byte| byte == b'\n')
        .collect();
    let after: Vec<&[u8]> = change
        .after
        .split_inclusive(|&byte| byte == b'\n')
        .collect();
    let operations = capture_diff_slices(Algorithm::Myers, &before, &after);
    writeln!(out, "--- {}", name("a/", path))?;
    writeln!(out, "+++ {}", name("b/", path))?;
    for group in group_diff_ops(operations, CONTEXT) {
        hunk(&group, &before, &after, out)?;
    }
    Ok(())
}

fn hunk(
    group: &[DiffOp],
    before: &[&[u8]],
    after: &[&[u8]],
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let (Some(first), Some(last)) = (group.first(), group.last()) else {
        return Ok(());
    };
    let old = first.old_range().start..last.old_range().end;
    let new = first.new_range().start..last.new_range().end;
    // An empty range is named by the line before it.
    let start = |range: &std::ops::Range<usize>| range.start + usize::from(!range.is_empty());
    writeln!(
        out,
        "@@ -{},{} +{},{} @@",
        start(&old),
        old.len(),
        start(&new),
        new.len()
    )?;
    for operation in group {
        let gone = &before[operation.old_range()];
        let come = &after[operation.new_range()];
        match operation.tag() {
            DiffTag::Equal => lines(b' ', gone, out)?,
            DiffTag::Delete => lines(b'-', gone, out)?,
            DiffTag::Insert => lines(b'+', come, out)?,
            DiffTag::Replace => {
                lines(b'-', gone, out)?;
                lines(b'+', come, out)?;
            }
        }
    }
    Ok(())
}

fn lines(sign: u8, lines: &[&[u8]], out: &mut dyn io::Write) -> io::Result<()> {
    for line in lines {
        out.write_all(&[sign])?;
        out.write_all(line)?;
        if !line.ends_with(b"\n") {
            out.write_all(b"\n\\ No newline at end of file\n")?;
        }
    }
    Ok(())
}

/// A file name as git writes it: quoted where it has control characters, quotes or backslashes; a
/// tab behind it where it has spaces, which would end it otherwise.
fn name(side: &str, path: &str) -> String {
    let special = |c: char| c.is_control() || matches!(c, '"' | '\\');
    if path.contains(special) {
        let mut quoted = format!("\"{side}");
        for byte in path.bytes() {
            match byte {
                b'"' | b'\\' => {
                    quoted.push('\\');
                    quoted.push(char::from(byte));
                }
                b' '..=b'~' => quoted.push(char::from(byte)),
                _ => quoted.push_str(&format!("\\{byte:03o}")),
            }
        }
        quoted.push('"');
        return quoted;
    }
    let end = if path.contains(' ') { "\t" } else { "" };
    format!("{side}{path}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::RepoPath;

    #[track_caller]
    fn check(path: &str, before: &str, after: &str, patch: &str) {
        let change = Change {
            path: RepoPath::new(path),
            before: before.into(),
            after: after.into(),
        };
        let mut out = Vec::new();
        write(&change, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), patch);
    }

    #[test]
    fn lines_keep_their_ends() {
        check(
            "a.py",
            "1\r\n2\r\n",
            "1\r\n3\r\n",
            "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n 1\r\n-2\r\n+3\r\n",
        );
        check(
            "a.py",
            "x",
            "y",
            "--- a/a.py\n+++ b/a.py\n@@ -1,1 +1,1 @@\n-x\n\\ No newline at end of file\n+y\n\\ No newline at end of file\n",
        );
        check(
            "a.py",
            "1\r2\n",
            "1\r3\n",
            "--- a/a.py\n+++ b/a.py\n@@ -1,1 +1,1 @@\n-1\r2\n+1\r3\n",
        );
    }

    #[test]
    fn names_are_written_as_git_reads_them() {
        assert_eq!(name("a/", "my code/a.py"), "a/my code/a.py\t");
        assert_eq!(name("a/", "a\"b\n.py"), "\"a/a\\\"b\\012.py\"");
        assert_eq!(name("b/", "größe.py"), "b/größe.py");
    }
}
