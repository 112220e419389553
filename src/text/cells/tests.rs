use super::*;
use crate::report::fingerprint::LineHashes;

/// The joined text of a JSON source: `[` and `]` enclose a cell, each string in it is a line.
#[track_caller]
fn joined(json: &str, dedent: bool) -> (String, Cells) {
    let mut joiner = Joiner::new(json.to_owned());
    let mut number = 0;
    let mut at = 0;
    while let Some(c) = json[at..].chars().next() {
        match c {
            '[' => {
                number += 1;
                joiner.begin(number);
                at += 1;
            }
            ']' => {
                if dedent {
                    joiner.dedent();
                }
                joiner.end();
                at += 1;
            }
            '"' => {
                at += 1;
                while !json[at..].starts_with('"') {
                    let rest = &json[at..];
                    if rest.starts_with(r"\u00e9") {
                        joiner.escape('é', at..at + 6);
                        at += 6;
                    } else if rest.starts_with(r"\ud83d\ude00") {
                        joiner.escape('😀', at..at + 12);
                        at += 12;
                    } else if let Some(escaped) = rest.strip_prefix('\\') {
                        let c = escaped.chars().next().unwrap();
                        joiner.escape(if c == 'n' { '\n' } else { c }, at..at + 2);
                        at += 2;
                    } else {
                        let end = rest.find(['"', '\\']).unwrap();
                        joiner.plain(at..at + end);
                        at += end;
                    }
                }
                at += 1;
            }
            _ => at += c.len_utf8(),
        }
    }
    joiner.finish()
}

fn span_of(text: &str, part: &str) -> Span {
    let start = text.find(part).expect("the part is there");
    Span::new(byte(start), byte(start + part.len()))
}

/// A part of the joined text and the JSON that spells it.
#[track_caller]
fn spells(json: &str, part: &str, expect: &str) {
    let (text, cells) = joined(json, false);
    let span = cells.json_span(span_of(&text, part));
    assert_eq!(&json[span.range()], expect);
}

#[test]
fn spans_lead_to_the_bytes_of_the_json() {
    spells(r#"["x = tf.a"]"#, "tf.a", "tf.a");
    spells(r#"["f(\"é\", tf.a)"]"#, "\"é\", tf", r#"\"é\", tf"#);
    spells(r#"["\u00e9\ud83d\ude00 = 1"]"#, "é", r"\u00e9");
    spells(r#"["\u00e9\ud83d\ude00 = 1"]"#, "😀 =", r"\ud83d\ude00 =");
    spells(r#"["a\nb"]"#, "a\n", r"a\n");
}

#[test]
fn a_line_end_is_not_the_next_string() {
    spells(r#"["a\n", "b"]"#, "a\n", r"a\n");
    spells(r#"["a\n", "b"]"#, "a\nb", r#"a\n", "b"#);
}

#[test]
fn what_the_json_does_not_spell_is_the_end_of_what_it_does() {
    let json = r#"["ab"] ["c"]"#;
    let (text, cells) = joined(json, false);
    assert_eq!(text, "ab\nc\n");
    assert_eq!(cells.json_span(Span::new(2, 2)), Span::new(4, 4));
    assert_eq!(cells.json_span(Span::new(1, 3)), Span::new(3, 4));
    assert_eq!(cells.json_span(Span::new(99, 99)), Span::new(10, 10));
}

#[track_caller]
fn stands(json: &str, part: &str, number: u32, line: u32) {
    let (text, cells) = joined(json, false);
    let place = cells.place(span_of(&text, part).start);
    assert_eq!(place, Some(CellPlace { number, line }));
}

#[test]
fn cells_and_their_lines_are_counted_from_one() {
    let json = r#"["a\n", "b"] [] ["c\n\nd\r\n", "e"]"#;
    stands(json, "a", 1, 1);
    stands(json, "b", 1, 2);
    stands(json, "c", 3, 1);
    stands(json, "d", 3, 3);
    stands(json, "e", 3, 4);
}

/// Replaces a part of the joined text by way of the JSON: the rest of the JSON is as it was, and the
/// cells read as if they had been edited themselves.
#[track_caller]
fn edits(json: &str, part: &str, new: &str, expect: &str) {
    let (text, cells) = joined(json, false);
    let span = span_of(&text, part);
    let (at, escaped) = cells.edit(span, new).expect("it can be edited");
    let mut edited = json.to_owned();
    edited.replace_range(at.range(), &escaped);
    assert_eq!(edited, expect);
    let mut wanted = text.clone();
    wanted.replace_range(span.range(), new);
    assert_eq!(joined(&edited, false).0, wanted);
}

#[test]
fn edits_are_made_in_the_json() {
    edits(
        r#"["x = tf.a(1)"]"#,
        "tf.a",
        "tf.b.c",
        r#"["x = tf.b.c(1)"]"#,
    );
    edits(
        r#"["tf.a(\"é\")\n", "y"]"#,
        "a(\"é\")",
        "b(\"ü\")",
        r#"["tf.b(\"ü\")\n", "y"]"#,
    );
    edits(r#"["a\n", "b\n", "c"]"#, "a\nb", "d", r#"["d\n", "c"]"#);
}

#[test]
fn a_line_that_goes_takes_its_string_along() {
    let json = r#"["a\n", "b\n", "c"]"#;
    edits(json, "a\n", "", r#"["b\n", "c"]"#);
    edits(json, "b\n", "", r#"["a\n", "c"]"#);
    edits(json, "a\nb\n", "", r#"["c"]"#);
    edits(json, "b\nc\n", "", r#"["a"]"#);
    edits(json, "c\n", "", r#"["a\n", "b"]"#);
    edits(json, "c\n", "d\n", r#"["a\n", "b\n", "d"]"#);
    edits(r#"["a\n", "b\n"]"#, "b\n", "", r#"["a\n"]"#);
    edits("[\n \"a\"\n]", "a", "", "[]");
    // Some of a string, and a string that is no list.
    edits(r#"["a b\n", "c"]"#, "a ", "", r#"["b\n", "c"]"#);
    edits(r#"["a\nb\nc"]"#, "b\n", "", r#"["a\nc"]"#);
    edits(r#"["a\nb\nc"]"#, "c\n", "", r#"["a\nb"]"#);
    // A quote at the border is none that begins a string.
    edits(r#"["\"a\n", "b"]"#, "a\n", "", r#"["\"", "b"]"#);
}

/// Puts a text at a place of the joined text.
#[track_caller]
fn puts(json: &str, at: u32, new: &str, expect: &str) {
    let (mut text, cells) = joined(json, false);
    let (span, escaped) = cells
        .edit(Span::new(at, at), new)
        .expect("it can be put there");
    let mut edited = json.to_owned();
    edited.replace_range(span.range(), &escaped);
    assert_eq!(edited, expect);
    text.insert_str(at as usize, new);
    assert_eq!(joined(&edited, false).0, text);
}

#[test]
fn new_lines_are_strings_of_their_own_in_a_list() {
    edits(
        "[\"a\\n\",\n  \"b\"]",
        "b",
        "c\nd\ne",
        "[\"a\\n\",\n  \"c\\n\",\n  \"d\\n\",\n  \"e\"]",
    );
    edits("[\"a\\nb\"]", "b", "c\nd", "[\"a\\nc\\nd\"]");
    puts(
        "[\"a\\n\",\n \"b\"]",
        0,
        "c\n",
        "[\"c\\n\",\n \"a\\n\",\n \"b\"]",
    );
    puts("[\"a\\n\", \"b\"]", 2, "c\n", "[\"a\\n\", \"c\\n\", \"b\"]");
    puts("[\n  \"a\"\n]", 0, "c\n", "[\n  \"c\\n\",\n  \"a\"\n]");
    puts("[\"a\"]", 1, "\nc", "[\"a\\n\",\"c\"]");
}

#[track_caller]
fn refuses(json: &str, span: Span) {
    let (_, cells) = joined(json, false);
    assert_eq!(cells.edit(span, "x"), None);
}

#[test]
fn edits_never_leave_their_cell() {
    let json = r#"["ab"] [] ["c"]"#;
    // `ab`, its line end, the empty cell, `c`.
    refuses(json, Span::new(1, 3));
    refuses(json, Span::new(1, 5));
    refuses(json, Span::new(3, 3));
    refuses(json, Span::new(3, 4));
}

#[test]
fn something_can_be_put_at_either_end_of_a_cell() {
    let (_, cells) = joined(r#"["ab"] ["c"]"#, false);
    let at = |at| {
        let edit = cells.edit(Span::new(at, at), "x");
        edit.map(|(span, _)| span.start)
    };
    assert_eq!((at(0), at(2), at(3)), (Some(2), Some(4), Some(9)));
}

#[track_caller]
fn dedents(json: &str, text: &str, part: &str, expect: &str) {
    let (got, cells) = joined(json, true);
    assert_eq!(got, text);
    let span = cells.json_span(span_of(&got, part));
    assert_eq!(&json[span.range()], expect);
}

#[test]
fn an_indented_cell_is_moved_to_the_left() {
    dedents(
        r#"["z"] ["  a(\n", "    b)\n", " c\n", "  d"]"#,
        "z\na(\n  b)\n c\nd\n",
        "  b)\n c",
        r#"  b)\n", " c"#,
    );
    dedents(r#"["\n  a\n  b"]"#, "\na\nb\n", "b", "b");
    dedents(r#"["a\n  b"]"#, "a\n  b\n", "  b", "  b");
    dedents(r#"[" \u00e9 = 1"]"#, "é = 1\n", "é =", r"\u00e9 =");
}

#[test]
fn edits_keep_the_indentation_that_was_taken_away() {
    let json = r#"["  a\n", "  b"]"#;
    let (text, cells) = joined(json, true);
    let (at, new) = cells.edit(span_of(&text, "b"), "c").unwrap();
    assert_eq!((&json[at.range()], new.as_str()), ("b", "c"));
    assert_eq!(cells.edit(span_of(&text, "a\nb"), "c"), None);
    assert_eq!(cells.edit(span_of(&text, "a\n"), ""), None);
    assert_eq!(cells.edit(span_of(&text, "b\n"), ""), None);
}

/// What is a line of an output in a test, and what becomes of it.
fn long(c: char) -> (String, String) {
    let line = |length| format!("({})", c.to_string().repeat(length));
    (line(2_000), line(511)[..512].to_owned())
}

#[test]
fn long_lines_without_code_are_forgotten_and_every_place_is_known() {
    let ((x, short), (beside, _), (blank, _)) = (long('x'), long('y'), long(' '));
    let json = |x: &str, z: &str| {
        format!(
            "{x}\n\n[\"a\\n\",\n \"tf.b\"]\r\n{beside}\n\r{z}\n{blank}\n{z}\n\n[\"c\"]\n{beside}\n{x}"
        )
    };
    let whole = json(&x, &x.replace('x', "é"));
    let left = json(&short, &format!("({}", "é".repeat(255)));
    let (text, mut cells) = joined(&whole, false);
    let before = cells.edit(span_of(&text, "tf.b"), "x\ny").unwrap();
    cells.forget_outputs();
    assert_eq!(cells.json(), left);
    for part in ["a\n", "tf.b", "c"] {
        let span = cells.json_span(span_of(&text, part));
        assert_eq!(&left[span.range()], joined_spelling(part));
        let (file, _) = cells.edit(span_of(&text, part), "new").unwrap();
        assert_eq!(&whole[file.range()], joined_spelling(part));
        assert_eq!(cells.in_json(file), span);
    }
    assert_eq!(cells.edit(span_of(&text, "tf.b"), "x\ny"), Some(before));
    let (of_whole, of_left) = (LineHashes::of(&whole), LineHashes::of(&left));
    for line in 1..20 {
        assert_eq!(of_whole.line(line), of_left.line(line), "line {line}");
    }
    assert!(cells.are_of(whole.as_bytes()));
    assert!(!cells.are_of(left.as_bytes()));
    assert!(!cells.are_of(whole.replace("tf.b", "tf.d").as_bytes()));
    assert!(!cells.are_of((whole + "\n").as_bytes()));
}

fn joined_spelling(part: &str) -> String {
    part.replace('\n', r"\n")
}
