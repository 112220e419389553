use super::*;
use crate::report::markdown::rendered::render;

/// What is read of HTML that has no elements but those that escaping makes.
#[track_caller]
fn read(html: &str) -> String {
    let mut text = html.to_owned();
    for ours in ["<span>", "</span>", "<code>", "</code>", "\u{200b}"] {
        text = text.replace(ours, "");
    }
    assert!(
        !text.contains(['<', '>']),
        "an element came through: {html}"
    );
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    let text = text.replace("&quot;", "\"").replace("\u{a0}", " ");
    text.replace("&amp;", "&")
}

/// What the two kinds of contexts show of a piece of Markdown: a paragraph and a table cell, each
/// with the piece at its very start, too.
fn contexts(markdown: &str) -> Vec<String> {
    let inside = |html: &str, from: &str, to: &str| {
        let at = html
            .find(from)
            .unwrap_or_else(|| panic!("no {from} in {html}"))
            + from.len();
        let end = html[at..].find(to).unwrap() + at;
        assert_eq!(html[end..].find(from), None, "more than one: {html}");
        html[at..end].to_owned()
    };
    let cell = format!("|h|i|\n|---|---|\n| {markdown} |last|\n");
    let html = render(&cell);
    assert_eq!(html.matches("<td>").count(), 2, "{html}");
    assert!(html.contains("<td>last</td>"), "{html}");
    let first = html.replacen("<td>last</td>", "", 1);
    vec![
        inside(&render(&format!("{markdown}\n")), "<p>", "</p>"),
        inside(&render(&format!("x {markdown} y\n")), "<p>x ", " y</p>"),
        inside(&first, "<td>", "</td>"),
        inside(
            &render(&format!("<b>{markdown}</b>\n\n")),
            "<p><b>",
            "</b></p>",
        ),
    ]
}

/// What somebody may write who wants more than to be read.
const HOSTILE: &[&str] = &[
    "plain",
    "*a* **b** _c_ __d__ ~~e~~ `f` ``g`` \\*h\\*",
    "a_b_c __init__ _private snake_case_ 2*3*4",
    "<b>x</b><!-- --><script>alert(1)</script> <img src=x onerror=y> &lt;&amp;&#64;",
    "</code></td></table></details>",
    "[text](https://evil.example) ![i](j) [ref]: x [^1] [x]",
    "https://evil.example/a?b=c www.evil.example WWW.evil.example ftp://evil.example",
    "mailto:a@evil.example a@evil.example xmpp:a@b/c",
    "@octocat @org/team #12 org/repo#12 GH-12 gh-12",
    "$x$ $$y$$ $`z`$ :smile: :+1: 12:30:45 a:b",
    "a | b \\| c || d",
    "# heading",
    "## x",
    "1.",
    "2.3.4",
    "> quote",
    "> [!NOTE]",
    "- item",
    "+ item",
    "* item",
    "1. one",
    "12) two",
    "===",
    "---",
    "***",
    "```",
    "~~~",
    "    indented",
    "| a | b |",
    ":---",
    "[ ] task",
    "|---|",
    "`",
    "``",
    "`a",
    "a`",
    "a``b`c",
    " a ",
    "` `",
    "\\",
    "\\`",
    "&",
    "!",
    "![",
    "![a]",
    "a\n\nb",
    "a\n# b",
    "a\r::error::b",
    "```\nc\n```",
    "\u{202e}abc\u{2066}",
    "\u{1b}[31m",
    "\0",
    "größe 模型 \u{1f600}",
    "a  b",
    "\u{a0}a",
    "<U+202E>",
    "a&nbsp;b",
    "%41 %0A",
    "C:\\new\\x",
];

#[test]
fn any_text_is_read_as_it_is_and_does_nothing() {
    for foreign in HOSTILE {
        let shown = inert(foreign);
        let expect = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        for html in contexts(&text(foreign)) {
            let read = read(&html);
            let read = read.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(read, expect, "{foreign:?}: {html}");
            assert!(!html.contains("<code>"), "{foreign:?}: {html}");
        }
    }
}

#[test]
fn any_code_is_read_as_it_is_and_does_nothing() {
    for foreign in HOSTILE {
        for markdown in [code(foreign), html_code(foreign)] {
            for html in contexts(&markdown) {
                let inside = html
                    .strip_prefix("<code>")
                    .and_then(|h| h.strip_suffix("</code>"));
                let inside = inside.unwrap_or_else(|| panic!("{foreign:?}: {html}"));
                assert_eq!(
                    read(inside),
                    inert(foreign).replace('\u{a0}', " "),
                    "{html}"
                );
            }
        }
    }
}

#[test]
fn a_sentence_keeps_its_code() {
    #[track_caller]
    fn check(foreign: &str, expect: &str) {
        for html in contexts(&sentence(foreign)) {
            assert_eq!(html.replace('\u{200b}', ""), expect);
        }
        for html in contexts(&html_sentence(foreign)) {
            assert_eq!(html.replace('\u{200b}', ""), expect);
        }
    }
    check(
        "`tf.x` does not exist, `a|b` neither",
        "<code>tf.x</code> does not exist, <code>a|b</code> neither",
    );
    check("use `@a/b` in *c*", "use <code>@a/b</code> in *c*");
    check("`a``b`", "<code>a</code><code>b</code>");
    check("one ` tick <b>", "one ` tick &lt;b&gt;");
    check("`a` b", "<code>a</code> b");
}

#[test]
fn hostile_sentences_have_no_elements_but_code() {
    for foreign in HOSTILE {
        for html in contexts(&sentence(foreign)) {
            read(&html);
        }
    }
}

/// What GitHub looks for in the text that comes out.
#[test]
fn mentions_references_and_addresses_are_parted() {
    #[track_caller]
    fn check(foreign: &str, apart: &str) {
        let html = render(&text(foreign));
        assert_eq!(html, format!("<p>{apart}</p>\n"));
    }
    check("@org/team", "@\u{200b}org/team");
    check("org/repo#12", "org/repo#\u{200b}12");
    check("GH-12", "GH-\u{200b}12");
    check("https://x.example", "https:\u{200b}//x.example");
    check("www.x.example", "www\u{200b}.x.example");
    check(":tada:", ":\u{200b}tada:");
    check("$x$", "<span>$</span>x<span>$</span>");
}

#[test]
fn a_fence_holds_what_looks_like_its_end() {
    #[track_caller]
    fn check(lines: &str, expect: &str) {
        assert_eq!(fence("suggestion", lines), expect);
    }
    check("a\n", "```suggestion\na\n```\n");
    check("", "```suggestion\n```\n");
    check("a", "```suggestion\na\n```\n");
    check("```\nb\n````\n", "`````suggestion\n```\nb\n````\n`````\n");
    check("~~~\n", "```suggestion\n~~~\n```\n");
}

#[test]
fn an_address_stays_within_its_link() {
    #[track_caller]
    fn check(address: &str, expect: &str) {
        let html = render(&link(&code("a]b"), address));
        assert_eq!(html, format!("<p>{expect}</p>\n"));
    }
    check(
        "https://x.example/a%20b#L1",
        "<a href=\"https://x.example/a%20b#L1\"><code>a]b</code></a>",
    );
    check(
        "https://x.example/a) <b>\n(\"'`",
        "<a href=\"https://x.example/a%29%20%3Cb%3E%0A%28%22%27%60\"><code>a]b</code></a>",
    );
    check("javascript:alert(1)", "<code>a]b</code>");
}
