//! A Dockerfile as instructions: lines joined where they end with `\`, here-documents apart.

use std::ops::Range;

use crate::pins::document;

/// One instruction.
pub(super) struct Instruction {
    pub(super) word: Range<usize>,
    /// What stands behind the word, to the end of its last line.
    pub(super) rest: Range<usize>,
    /// The bodies of its here-documents.
    pub(super) documents: Vec<Range<usize>>,
}

impl Instruction {
    /// From its word to the end of its first line.
    pub(super) fn whole(&self, text: &str) -> Range<usize> {
        let part = &text[self.word.start..self.rest.end];
        let end = part.find(['\n', '\r']).unwrap_or(part.len());
        self.word.start..self.word.start + part[..end].trim_end().len()
    }
}

/// The instructions of a file.
pub(super) fn instructions(text: &str) -> Vec<Instruction> {
    let mut all = Vec::new();
    let mut open: Option<Instruction> = None;
    let mut at = 0;
    while at < text.len() {
        let start = at;
        let line = text[at..].split_inclusive('\n').next().unwrap_or_default();
        at += line.len();
        let trimmed = line.trim();
        if trimmed.starts_with('#') || trimmed.is_empty() {
            continue;
        }
        let continued = trimmed.ends_with('\\');
        let mut instruction = open.take().unwrap_or_else(|| {
            let indent = line.len() - line.trim_start().len();
            let length = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
            let word = start + indent..start + indent + length;
            Instruction {
                rest: word.end..word.end,
                word,
                documents: Vec::new(),
            }
        });
        instruction.rest.end = at.max(instruction.rest.start);
        if continued {
            open = Some(instruction);
            continue;
        }
        let word = &text[instruction.word.clone()];
        if ["RUN", "COPY", "ADD"]
            .iter()
            .any(|known| word.eq_ignore_ascii_case(known))
        {
            for (name, tabs) in document::announced(&text[instruction.rest.clone()]) {
                // Without its end it is no document: `$((1 << 2))`.
                let Some(body) = document::body(text, at, name, tabs) else {
                    continue;
                };
                at = body.end
                    + text[body.end..]
                        .find('\n')
                        .map_or(text.len() - body.end, |end| end + 1);
                instruction.documents.push(body);
            }
        }
        all.push(instruction);
    }
    all.extend(open);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each instruction as `WORD|rest|body|...`.
    #[track_caller]
    fn check(text: &str, expect: &[&str]) {
        let shown: Vec<String> = instructions(text)
            .into_iter()
            .map(|one| {
                let parts = [one.word, one.rest].into_iter().chain(one.documents);
                let parts: Vec<&str> = parts.map(|part| text[part].trim()).collect();
                parts.join("|")
            })
            .collect();
        assert_eq!(shown, expect);
    }

    #[test]
    fn lines_are_joined_and_documents_kept_apart() {
        check(
            "FROM a\n# b\nRUN c \\\n  # d\n  e\n",
            &["FROM|a", "RUN|c \\\n  # d\n  e"],
        );
        check(
            "RUN <<EOF\npip install a\nEOF\nRUN b\n",
            &["RUN|<<EOF|pip install a", "RUN|b"],
        );
        check(
            "COPY <<-'A' <<B /x/\n1\n\tA\n2\nB\nUSER c",
            &["COPY|<<-'A' <<B /x/|1|2", "USER|c"],
        );
        check("RUN <<EOF\r\na\r\nEOF\r\nRUN b", &["RUN|<<EOF|a", "RUN|b"]);
        // A document that does not end is none, nor is a shift or a string.
        check("RUN cat <<EOF\nUSER a\n", &["RUN|cat <<EOF", "USER|a"]);
        check(
            "RUN echo $((1<<2)) <<<EOF\nEOF\n",
            &["RUN|echo $((1<<2)) <<<EOF", "EOF|"],
        );
    }
}
