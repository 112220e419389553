//! What the emitters take from a rule's page (`src/rules/<name>.md`).

/// The body of a page: without the front lines that stand before its first heading.
pub(crate) fn body(page: &str) -> &str {
    if page.starts_with('#') {
        return page.trim();
    }
    page.find("\n#").map_or(page, |at| &page[at + 1..]).trim()
}

/// The first paragraph below a heading, on one line.
pub(crate) fn section(page: &str, heading: &str) -> Option<String> {
    let mut lines = page.lines().skip_while(|line| {
        line.strip_prefix('#')
            .is_none_or(|rest| rest.trim_start_matches('#').trim() != heading)
    });
    lines.next()?;
    let paragraph: Vec<&str> = lines
        .map(str::trim)
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with("```"))
        .collect();
    (!paragraph.is_empty()).then(|| paragraph.join(" "))
}

/// A text with a full stop, cut at `limit` characters between words.
pub(crate) fn sentence(text: &str, limit: usize) -> String {
    let text = text.trim();
    let mut out = if text.chars().count() < limit {
        text.to_owned()
    } else {
        let cut: String = text.chars().take(limit - 2).collect();
        let whole = cut
            .rsplit_once(' ')
            .map_or(cut.as_str(), |(whole, _)| whole);
        format!("{whole}…")
    };
    if !out.ends_with(['.', '!', '?']) {
        out.push('.');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str =
        "id: X\n\n## What it does\n\nOne\ntwo.\n\nMore.\n\n## Example\n\n```py\nx\n```\n";

    #[test]
    fn the_front_lines_are_no_part_of_the_body() {
        assert!(body(PAGE).starts_with("## What it does"));
        assert_eq!(body("# Title\ntext\n"), "# Title\ntext");
        assert_eq!(body("no heading"), "no heading");
    }

    #[test]
    fn a_section_is_its_first_paragraph() {
        assert_eq!(section(PAGE, "What it does").as_deref(), Some("One two."));
        assert_eq!(section(PAGE, "Example"), None);
        assert_eq!(section(PAGE, "What"), None);
    }

    #[test]
    fn sentences_end_and_fit() {
        assert_eq!(sentence("one", 100), "one.");
        assert_eq!(sentence("one?", 100), "one?");
        assert_eq!(sentence("one two three", 10), "one two….");
    }
}
