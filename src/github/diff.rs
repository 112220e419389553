//! The patch of a changed file: which lines of the file can carry a comment, and how they read.
//!
//! The text is that of `patch` in GitHub's
//! [list of files](https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files): the hunks of
//! a unified diff without its header. GitHub takes comments on lines within hunks, changed or not, and
//! several lines as one only within one hunk.
//!
//! Supported: hunks with and without counts, additions at the start and at the end of a file, CR LF,
//! `\ No newline at end of file`. A hunk that ends before its counts say so was cut off, and is left
//! out; so is one that does not stand below those before it. Not supported: combined diffs of merges,
//! which GitHub never gives here.

/// A line of the new file that stands in a hunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadLine<'p> {
    /// Its number in the new file, base 1.
    pub number: u32,
    /// Which hunk it stands in, base 0.
    pub hunk: usize,
    /// The pull request adds it, or changes it to this.
    pub added: bool,
    /// Its text without line end.
    pub text: &'p str,
    /// It ends with CR LF.
    pub crlf: bool,
}

/// A line of the old file that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removed<'p> {
    /// Which hunk it stands in, base 0.
    pub hunk: usize,
    /// Its text without line end.
    pub text: &'p str,
}

/// What a patch tells of both files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch<'p> {
    /// The lines of the new file within hunks, in order.
    pub head: Vec<HeadLine<'p>>,
    /// The lines that are gone, in order.
    pub removed: Vec<Removed<'p>>,
}

impl<'p> Patch<'p> {
    /// Reads the hunks of a patch.
    #[must_use]
    pub fn parse(text: &'p str) -> Self {
        let mut patch = Self::default();
        let mut lines = text.split('\n').peekable();
        let mut hunk = 0;
        while let Some(line) = lines.next() {
            let Some(header) = Header::parse(line) else {
                continue;
            };
            if !header.stands_below(patch.head.last()) {
                continue;
            }
            let (head, removed) = (patch.head.len(), patch.removed.len());
            let (mut old, mut new) = (header.old_count, header.new_count);
            let mut number = header.new_start;
            while old > 0 || new > 0 {
                let Some(line) = lines.peek() else { break };
                let (mark, rest) = match line.as_bytes().first() {
                    Some(b' ' | b'+' | b'-' | b'\\') => line.split_at(1),
                    // An empty line without its mark: editors and mailers cut blanks at the end.
                    None => (" ", ""),
                    Some(_) => break,
                };
                let (text, crlf) = match rest.strip_suffix('\r') {
                    Some(text) => (text, true),
                    None => (rest, false),
                };
                let (is_old, is_new) = (mark != "+", mark != "-");
                if mark != "\\" {
                    if (is_old && old == 0) || (is_new && new == 0) {
                        break;
                    }
                    old -= u32::from(is_old);
                    new -= u32::from(is_new);
                    if is_new {
                        patch.head.push(HeadLine {
                            number,
                            hunk,
                            added: mark == "+",
                            text,
                            crlf,
                        });
                        number += 1;
                    } else {
                        patch.removed.push(Removed { hunk, text });
                    }
                }
                lines.next();
            }
            if old > 0 || new > 0 {
                patch.head.truncate(head);
                patch.removed.truncate(removed);
            }
            hunk += 1;
        }
        patch
    }

    /// The line of that number.
    #[must_use]
    pub fn line(&self, number: u32) -> Option<&HeadLine<'p>> {
        let at = self.head.partition_point(|line| line.number < number);
        self.head.get(at).filter(|line| line.number == number)
    }

    /// Where lines that follow each other stand in the new file: at `expected` if they do, else at
    /// the only other place within a hunk. `None` where the diff does not have them, or has them in
    /// several places of which none is the expected one.
    ///
    /// A run checks the merge of a pull request with its base, whose lines may be shifted against those
    /// of the head by what the base has become.
    #[must_use]
    pub fn find(&self, expected: u32, wanted: &[&str]) -> Option<&[HeadLine<'p>]> {
        let at = |index: usize| {
            let lines = self.head.get(index..index + wanted.len())?;
            let first = lines.first()?;
            let last = lines.last()?;
            let together = first.hunk == last.hunk;
            let same = |(line, wanted): (&HeadLine<'_>, &&str)| same_text(line.text, wanted);
            (together && lines.iter().zip(wanted).all(same)).then_some(lines)
        };
        let index = self.head.partition_point(|line| line.number < expected);
        if let Some(lines) = at(index)
            && lines[0].number == expected
        {
            return Some(lines);
        }
        let mut places = (0..self.head.len()).filter_map(at);
        let only = places.next()?;
        places.next().is_none().then_some(only)
    }
}

/// Whether two readings of a line are the same; the mark at the start of a file is none of its text.
fn same_text(left: &str, right: &str) -> bool {
    left.trim_start_matches('\u{feff}') == right.trim_start_matches('\u{feff}')
}

/// `@@ -1,2 +3,4 @@ section`; a count that is left out is one.
struct Header {
    old_count: u32,
    new_start: u32,
    new_count: u32,
}

impl Header {
    /// Whether its lines have numbers, and larger ones than the last line before it.
    fn stands_below(&self, last: Option<&HeadLine<'_>>) -> bool {
        let last = last.map_or(0, |line| line.number);
        let fits = self.new_start.checked_add(self.new_count).is_some();
        self.new_count == 0 || (last < self.new_start && fits)
    }

    fn parse(line: &str) -> Option<Self> {
        let (ranges, _) = line.strip_prefix("@@ -")?.split_once(" @@")?;
        let (old, new) = ranges.split_once(" +")?;
        let range = |text: &str| -> Option<(u32, u32)> {
            let (start, count) = text.split_once(',').unwrap_or((text, "1"));
            Some((start.parse().ok()?, count.parse().ok()?))
        };
        let (_, old_count) = range(old)?;
        let (new_start, new_count) = range(new)?;
        Some(Self {
            old_count,
            new_start,
            new_count,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line of the new file as `number hunk mark text`.
    #[track_caller]
    fn check(patch: &str, expect: &[&str]) {
        let patch = Patch::parse(patch);
        let lines: Vec<String> = patch
            .head
            .iter()
            .map(|line| {
                let mark = if line.added { '+' } else { ' ' };
                let end = if line.crlf { "␍" } else { "" };
                format!("{} {} {mark}{}{end}", line.number, line.hunk, line.text)
            })
            .collect();
        assert_eq!(lines, expect);
    }

    #[track_caller]
    fn check_find(patch: &str, expected: u32, wanted: &[&str], found: Option<u32>) {
        let patch = Patch::parse(patch);
        let lines = patch.find(expected, wanted);
        assert_eq!(lines.map(|lines| lines[0].number), found);
    }

    #[test]
    fn lines_of_the_new_file_in_two_hunks() {
        let text = "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n@@ -10 +10,2 @@ def f():\n x\n+y";
        check(text, &["1 0  a", "2 0 +B", "3 0  c", "10 1  x", "11 1 +y"]);
        let removed = Patch::parse(text).removed;
        assert_eq!(removed, [Removed { hunk: 0, text: "b" }]);
    }

    #[test]
    fn a_new_file_and_one_that_is_gone() {
        check("@@ -0,0 +1,2 @@\n+a\n+b", &["1 0 +a", "2 0 +b"]);
        check("@@ -1,2 +0,0 @@\n-a\n-b", &[]);
        check("", &[]);
    }

    #[test]
    fn no_newline_at_the_end() {
        check(
            "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file",
            &["1 0 +b"],
        );
    }

    #[test]
    fn line_ends_of_windows_are_no_text() {
        check("@@ -1 +1,2 @@\n a\r\n+b\r", &["1 0  a␍", "2 0 +b␍"]);
    }

    #[test]
    fn an_empty_line_without_its_mark() {
        check(
            "@@ -1,3 +1,3 @@\n a\n\n-b\n+c",
            &["1 0  a", "2 0  ", "3 0 +c"],
        );
    }

    #[test]
    fn lines_that_look_like_headers() {
        check(
            "@@ -1 +1,3 @@\n a\n+@@ -9 +9 @@\n++++ b/x\n@@ -7 +9 @@\n-x\n+y",
            &["1 0  a", "2 0 +@@ -9 +9 @@", "3 0 ++++ b/x", "9 1 +y"],
        );
    }

    #[test]
    fn a_hunk_that_was_cut_off_is_left_out() {
        check("@@ -1 +1 @@\n-a\n+b\n@@ -9,4 +9,5 @@\n c\n+d", &["1 0 +b"]);
        check("@@ -1,2 +1,2 @@\n a\n@@ -9 +9 @@\n-c\n+d", &["9 1 +d"]);
        check("@@ nonsense @@\n a", &[]);
        check("@@ -1 +1,99999999999 @@\n a", &[]);
    }

    #[test]
    fn a_hunk_that_does_not_stand_below_the_others_is_left_out() {
        check("@@ -5 +5 @@\n-a\n+b\n@@ -1 +1 @@\n-c\n+d", &["5 0 +b"]);
        check("@@ -0,0 +0,2 @@\n+a\n+b", &[]);
        check("@@ -1 +4294967295,2 @@\n-a\n+b\n+c", &[]);
    }

    #[test]
    fn lines_are_found_where_they_are_expected() {
        let patch = "@@ -1,3 +1,4 @@\n x\n+x\n y\n x";
        check_find(patch, 2, &["x"], Some(2));
        check_find(patch, 2, &["x", "y"], Some(2));
    }

    #[test]
    fn lines_shifted_by_the_base_are_found_by_their_text() {
        let patch = "@@ -1,2 +1,4 @@\n x\n+y\n+z\n x";
        check_find(patch, 7, &["y"], Some(2));
        check_find(patch, 7, &["y", "z"], Some(2));
        // Nobody knows which of the two is meant.
        check_find(patch, 7, &["x"], None);
        check_find(patch, 2, &["q"], None);
        check_find(patch, 2, &[], None);
    }

    #[test]
    fn lines_of_two_hunks_never_go_together() {
        let patch = "@@ -1 +1 @@\n-a\n+b\n@@ -2 +2 @@\n-c\n+d";
        check_find(patch, 1, &["b", "d"], None);
    }

    #[test]
    fn the_mark_at_the_start_of_a_file_is_no_text() {
        check_find(
            "@@ -0,0 +1 @@\n+\u{feff}import a",
            1,
            &["import a"],
            Some(1),
        );
    }
}
