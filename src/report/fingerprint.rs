//! Identities of findings that outlive a shift of lines.
//!
//! * [`LineHashes`] is the `primaryLocationLineHash` of GitHub code scanning: the algorithm of
//!   [codeql-action](https://github.com/github/codeql-action/blob/main/src/fingerprints.ts), which
//!   hashes the hundred significant characters from a line's start on.
//! * [`own`] is our own: rule, path, symbol and how many equal ones stand before it in the file. It
//!   names no line, so edits above a finding leave it alone.

use std::collections::HashMap;

use crate::finding::Finding;

/// How many characters a hash covers.
const WINDOW: usize = 100;
const MULTIPLIER: u64 = 37;
/// Stands for the end of the file.
const END: u16 = u16::MAX;

/// The hashes of a file's lines.
#[derive(Debug)]
pub struct LineHashes(Vec<(u64, usize)>);

impl LineHashes {
    /// Hashes every line of a text, as GitHub would read it: UTF-16 units, spaces and tabs left
    /// out, every line end as one LF.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut rolling = Rolling::new();
        // A skipped blank ends a CR LF pair too: that is how the original counts.
        let mut after_return = false;
        for unit in text.encode_utf16() {
            let blank = unit == u16::from(b' ') || unit == u16::from(b'\t');
            if blank || (after_return && unit == u16::from(b'\n')) {
                after_return = false;
                continue;
            }
            after_return = unit == u16::from(b'\r');
            rolling.take(if after_return { u16::from(b'\n') } else { unit });
        }
        rolling.finish()
    }

    /// The hash of a line (base 1) as SARIF carries it: `hash:occurrence`. `None` past the end.
    #[must_use]
    pub fn line(&self, line: u32) -> Option<String> {
        let (hash, occurrence) = self.0.get((line as usize).checked_sub(1)?)?;
        Some(format!("{hash:x}:{occurrence}"))
    }
}

/// The rolling hash over the last [`WINDOW`] characters.
struct Rolling {
    window: [u16; WINDOW],
    /// Which line begins at each place of the window, base 0.
    starts: [Option<usize>; WINDOW],
    at: usize,
    hash: u64,
    /// What the oldest character has been multiplied with by the time that it leaves.
    leaving: u64,
    at_line_start: bool,
    lines: Vec<(u64, usize)>,
    begun: usize,
    seen: HashMap<u64, usize>,
}

impl Rolling {
    fn new() -> Self {
        let leaving = (0..WINDOW).fold(1_u64, |power, _| power.wrapping_mul(MULTIPLIER));
        Self {
            window: [0; WINDOW],
            starts: [None; WINDOW],
            at: 0,
            hash: 0,
            leaving,
            at_line_start: true,
            lines: Vec::new(),
            begun: 0,
            seen: HashMap::new(),
        }
    }

    fn take(&mut self, unit: u16) {
        self.emit();
        if self.at_line_start {
            self.at_line_start = false;
            self.starts[self.at] = Some(self.begun);
            self.begun += 1;
        }
        if unit == u16::from(b'\n') {
            self.at_line_start = true;
        }
        self.push(unit);
    }

    fn finish(mut self) -> LineHashes {
        self.take(END);
        for _ in 0..WINDOW {
            self.emit();
            self.push(0);
        }
        LineHashes(self.lines)
    }

    /// Settles the line whose first character is about to leave the window. Lines leave in the
    /// order in which they begin.
    fn emit(&mut self) {
        if self.starts[self.at].take().is_some() {
            let seen = self.seen.entry(self.hash).or_insert(0);
            *seen += 1;
            self.lines.push((self.hash, *seen));
        }
    }

    fn push(&mut self, unit: u16) {
        let gone = std::mem::replace(&mut self.window[self.at], unit);
        self.hash = self
            .hash
            .wrapping_mul(MULTIPLIER)
            .wrapping_add(u64::from(unit))
            .wrapping_sub(self.leaving.wrapping_mul(u64::from(gone)));
        self.at = (self.at + 1) % WINDOW;
    }
}

/// The fingerprint of a finding: sixteen hexadecimal digits.
#[must_use]
pub fn own(finding: &Finding) -> String {
    let path = finding.location.file.path.as_str();
    of(finding.rule.0, path, &finding.symbol, finding.occurrence)
}

/// The fingerprint of what a rule finds for the n-th time (base 1) of a symbol in a file.
#[must_use]
pub fn of(rule: &str, path: &str, symbol: &str, occurrence: usize) -> String {
    let occurrence = occurrence.to_string();
    format!("{:016x}", fnv([rule, path, symbol, &occurrence]))
}

/// [FNV-1a](http://www.isthe.com/chongo/tech/comp/fnv/) over parts, a zero byte after each.
pub(crate) fn fnv<'p>(parts: impl IntoIterator<Item = &'p str>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[track_caller]
    fn check(text: &str, expect: &[&str]) {
        let hashes = LineHashes::of(text);
        let lines: Vec<String> = (1..).map_while(|line| hashes.line(line)).collect();
        assert_eq!(lines, expect);
    }

    /// The vectors of codeql-action's own tests.
    #[test]
    fn hashes_are_those_of_code_scanning() {
        check("", &["c129715d7a2bc9a3:1"]);
        check(
            " a\nb\n  \t\tc\n d",
            &[
                "271789c17abda88f:1",
                "54703d4cd895b18:1",
                "180aee12dab6264:1",
                "a23a3dc5e078b07b:1",
            ],
        );
        check(
            " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End",
            &[
                "8b7cf3e952e7aeb2:1",
                "b1ae1287ec4718d9:1",
                "bff680108adb0fcc:1",
                "c6805c5e1288b612:1",
                "b86d3392aea1be30:1",
                "e6ceba753e1a442:1",
            ],
        );
        check(
            "x = 2\nx = 1\nprint(x)\nx = 3\nprint(x)\nx = 4\nprint(x)\n",
            &[
                "e54938cc54b302f1:1",
                "bb609acbe9138d60:1",
                "1131fd5871777f34:1",
                "5c482a0f8b35ea28:1",
                "54517377da7028d2:1",
                "2c644846cb18d53e:1",
                "f1b89f20de0d133:1",
                "c129715d7a2bc9a3:1",
            ],
        );
    }

    #[test]
    fn line_ends_of_every_kind_hash_alike() {
        let expect = [
            "e9496ae3ebfced30:1",
            "fb7c023a8b9ccb3f:1",
            "ce8ba1a563dcdaca:1",
            "e20e36e16fcb0cc8:1",
            "b3edc88f2938467e:1",
            "c8e28b0b4002a3a0:1",
            "c129715d7a2bc9a3:1",
        ];
        check(
            " hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n",
            &expect,
        );
        check(
            " hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n",
            &expect,
        );
    }

    #[test]
    fn equal_lines_are_counted() {
        let text = "Lorem ipsum dolor sit amet.\n".repeat(10);
        let mut expect: Vec<String> = (1..=6).map(|n| format!("a7f2ff13bc495cf2:{n}")).collect();
        expect.extend(
            [
                "a7f2ff1481e87703:1",
                "a9cf91f7bbf1862b:1",
                "55ec222b86bcae53:1",
                "cc97dc7b1d7d8f7b:1",
                "c129715d7a2bc9a3:1",
            ]
            .map(str::to_owned),
        );
        let expect: Vec<&str> = expect.iter().map(String::as_str).collect();
        check(&text, &expect);
    }

    #[test]
    fn letters_beyond_the_basic_plane_are_two_units() {
        assert_ne!(
            LineHashes::of("😀").line(1),
            LineHashes::of("\u{f600}").line(1)
        );
    }

    #[test]
    fn own_fingerprints_ignore_lines_and_count_repeats() {
        let report = samples::report();
        let finding = &report.findings[0];
        let mut moved = finding.clone();
        moved.location.span.start += 1;
        assert_eq!(own(&moved), own(finding));
        assert_eq!(own(finding).len(), 16);
        assert_ne!(own(&report.findings[1]), own(finding));
        moved.occurrence = 2;
        assert_ne!(own(&moved), own(finding));
    }

    /// Alerts and review comments that are out there are found again by these.
    #[test]
    fn own_fingerprints_never_change() {
        let report = samples::report();
        assert_eq!(own(&report.findings[0]), "7c683f0264752036");
    }
}
