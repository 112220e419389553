use serde_json::json;

use super::*;

fn read(json: &Value) -> Notebook {
    let path = RepoPath::new("a.ipynb");
    let bytes = serde_json::to_vec_pretty(json).unwrap();
    let read = Notebook::read(&path, bytes.clone()).expect("it is a notebook");
    let read = read.expect("its code is Python");
    // With one parse, it is the same; and once more, as that one told it to be.
    let once = Notebook::read_with(&path, bytes.clone(), |_, _| ()).unwrap();
    let (once, _, whole) = once.unwrap();
    let again = Notebook::read_again(&path, bytes, whole).unwrap().unwrap();
    for other in [once, again] {
        assert_eq!(other.file.code(), read.file.code());
        assert_eq!(other.commands, read.commands);
        assert_eq!(other.notice, read.notice);
    }
    read
}

/// Whether all cells are whole.
fn are_whole(cells: &[&str]) -> bool {
    let bytes = serde_json::to_vec(&notebook(cells)).unwrap();
    let path = RepoPath::new("a.ipynb");
    let read = Notebook::read_with(&path, bytes, |_, _| ()).unwrap();
    read.is_some_and(|(.., whole)| whole)
}

#[test]
fn cells_are_whole_that_leave_nothing_open_and_go_on_with_nothing() {
    for cells in [
        &[][..],
        &["x = 1", "y = 2"],
        &["", "# nothing", "x = [\n  1,\n]\n", "if x:\n  y"],
        &["!pip install x\nx = 1", "%%bash\nls (", "x?"],
        &["if x:\n  y", "    x = 1\n    y = 2", "z"],
    ] {
        assert!(are_whole(cells), "{cells:?}");
    }
    for cells in [
        &["x = ["][..],
        &["x = [", "1]"],
        &["x = \"\"\"a", "b\"\"\""],
        &["@decorated", "def f(): pass"],
        &["if x:\n  y", "else:\n  z"],
        &["x = 1 \\", "+ 2"],
        &["pip install x"],
        &["print 'x'", "y = 1"],
    ] {
        assert!(!are_whole(cells), "{cells:?}");
    }
}

/// A notebook of code cells.
fn notebook(cells: &[&str]) -> Value {
    let cell = |source: &&str| json!({"cell_type": "code", "metadata": {}, "source": source});
    let cells: Vec<Value> = cells.iter().map(cell).collect();
    json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
}

/// What the parser gets of some cells, blanks at the ends of lines left out.
#[track_caller]
fn python(cells: &[&str], expect: &str) {
    let read = read(&notebook(cells));
    let shown: Vec<&str> = read.file.code().lines().map(str::trim_end).collect();
    assert_eq!(shown.join("\n"), expect);
    assert_eq!(read.file.code().len(), read.file.text.len());
    assert_eq!(read.notice, None);
}

#[track_caller]
fn commands(cells: &[&str], expect: &[&str]) {
    let read = read(&notebook(cells));
    let found = read.commands.iter();
    let found: Vec<&str> = found.map(|span| &read.file.text[span.range()]).collect();
    assert_eq!(found, expect);
}

#[track_caller]
fn notice(cells: &[&str], expect: Option<&str>) -> Notebook {
    let read = read(&notebook(cells));
    let message = read.notice.as_ref().map(|notice| notice.message.as_str());
    assert_eq!(message, expect);
    read
}

/// The notice on bytes that are no notebook.
#[track_caller]
fn refused(bytes: &[u8], line: Option<u32>, message: &str) {
    let path = RepoPath::new("a.ipynb");
    let notice = Notebook::read(&path, bytes.to_vec()).expect_err("it is no notebook");
    assert_eq!((notice.line, notice.message.as_str()), (line, message));
    assert_ne!(notice.advice, "");
}

fn is_read(json: &Value) -> bool {
    let path = RepoPath::new("a.ipynb");
    let bytes = serde_json::to_vec(json).unwrap();
    Notebook::read(&path, bytes).unwrap().is_some()
}

#[test]
fn cells_are_joined_in_their_order() {
    python(&["import a\nb", "", "c\n"], "import a\nb\n\nc\n");
}

#[test]
fn sources_are_texts_or_lists_of_lines() {
    let cell = |source: Value| json!({"cell_type": "code", "source": source});
    let text = read(&json!({"cells": [cell(json!("a\nb"))]})).file.text;
    let lines = read(&json!({"cells": [cell(json!(["a\n", "b"]))]}))
        .file
        .text;
    assert_eq!((text.as_str(), lines.as_str()), ("a\nb\n", "a\nb\n"));
    // What no notebook should hold is passed over.
    let odd = json!({"cells": [cell(json!(["a", 1, null])), cell(json!(3)), cell(Value::Null)]});
    assert_eq!(read(&odd).file.text, "a\n\n\n");
}

#[test]
fn format_3_keeps_cells_in_worksheets() {
    let code = |language: &str, input: &str| json!({"cell_type": "code", "language": language, "input": input});
    let sheet = json!({"cells": [
        {"cell_type": "heading", "source": "x"},
        code("python", "import a"),
        code("julia", "using a"),
    ]});
    let read = read(&json!({"worksheets": [sheet], "nbformat": 3}));
    assert_eq!(read.file.text, "import a\nusing a\n");
    assert_eq!(read.file.code().trim_end(), "import a");
    assert_eq!(read.file.cell(0).map(|place| place.number), Some(2));
}

#[test]
fn escapes_are_characters() {
    let json = br#"{"cells": [{"cell_type": "code",
        "source": "x = \"\u00e9\ud83d\ude00\\t\/\"\n\ty \ud83d z \u00zz"}]}"#;
    let path = RepoPath::new("a.ipynb");
    let read = Notebook::read(&path, json.to_vec());
    // JSON with an escape that is none is broken, and one half of a pair is a character of its own.
    assert!(read.is_err());
    let good = String::from_utf8_lossy(json).replace(r" \u00zz", "");
    let read = Notebook::read(&path, good.into_bytes()).unwrap().unwrap();
    assert_eq!(
        read.file.text,
        "x = \"\u{e9}\u{1F600}\\t/\"\n\ty \u{FFFD} z\n"
    );
}

#[test]
fn other_languages_are_not_read() {
    let kernel = |metadata: Value| json!({"cells": [], "metadata": metadata});
    for metadata in [
        json!({"kernelspec": {"language": "R", "name": "ir"}}),
        json!({"language_info": {"name": "julia"}}),
        json!({"kernelspec": {"name": "swift", "display_name": "Swift"}}),
        json!({"kernelspec": {"name": "julia-1.6"}}),
        json!({"kernelspec": {"name": ".net-csharp"}}),
    ] {
        assert!(!is_read(&kernel(metadata.clone())), "{metadata}");
    }
    for metadata in [
        Value::Null,
        json!([]),
        json!({}),
        json!({"kernelspec": null, "language_info": {"name": 3}}),
        json!({"kernelspec": {"name": "tf2", "display_name": "my environment"}}),
        json!({"kernelspec": {"language": "python", "name": "python3"}}),
        json!({"language_info": {"name": "ipython"}}),
    ] {
        assert!(is_read(&kernel(metadata.clone())), "{metadata}");
    }
}

#[test]
fn a_cell_may_be_of_another_language() {
    let mut notebook = notebook(&["import a", "using b"]);
    notebook["cells"][1]["metadata"] = json!({"vscode": {"languageId": "julia"}});
    assert_eq!(read(&notebook).file.code().trim_end(), "import a");
}

#[test]
fn cell_magics_tell_the_language() {
    python(&["%%html\n<b>a</b>", "x"], "\n\nx");
    python(&["# a title\n\n%%javascript\nvar a", "x"], "\n\n\n\nx");
    python(&["%%writefile a.py\nimport a", "x"], "\n\nx");
    python(&["%%time\nx"], "_\nx");
    python(&["%%capture out\n!ls\nx"], "_\n_\nx");
    python(&["%%timeit -n 10 x = 1\ny = x"], "_\ny = x");
    python(&["%%bash\nls é", "x"], "\n\nx");
    python(&["%%script bash --bg\nls", "x"], "\n\nx");
    python(&["%%nobody_knows\nx"], "\n");
}

#[test]
fn databricks_names_languages_with_one_mark() {
    let mut notebook = notebook(&[
        "%md\n# a title",
        "%sh\npip install a",
        "%sql\nselect a from b",
        "x",
    ]);
    let plain = read(&notebook);
    assert!(plain.notice.is_some());
    notebook["metadata"] =
        json!({"application/vnd.databricks.v1+notebook": {"language": "python"}});
    let read = read(&notebook);
    assert_eq!((read.file.code().trim(), read.notice), ("x", None));
    assert_eq!(read.commands.len(), 1);
}

#[test]
fn commands_are_found() {
    commands(
        &[
            "!pip install a\nx = 1",
            "if x:\n    %pip install b \\\n        c\ny = !ls\nz = %time f()",
        ],
        &[
            "!pip install a",
            "%pip install b \\\n        c",
            "!ls",
            "%time f()",
        ],
    );
    commands(&["%%bash\npip install a\n"], &["%%bash\npip install a\n\n"]);
    commands(&["x = '''\n!pip install a\n'''\n# !pip install b"], &[]);
    // Help is no command that could install, however it is asked for.
    commands(&["?f", "f??", "f.g?"], &[]);
}

#[test]
fn commands_without_a_mark_are_found_where_they_are_no_python() {
    commands(
        &["import a\npip install b\nls ./c/d\nx"],
        &["pip install b", "ls ./c/d"],
    );
    let read = notice(&["import a\npip install b\nx"], None);
    assert_eq!(read.file.code(), "import a\n             \nx\n");
    commands(&["ls = 1\npip = 2\n"], &[]);
}

#[test]
fn a_broken_cell_is_told_and_the_others_are_read() {
    let read = notice(
        &["import a", "x = 1\nprint 'b'\ny", "def f(:", "z ="],
        Some("cell 2, line 2: Python 2 syntax, and 2 more cells"),
    );
    assert!(
        read.file.code().contains("import a"),
        "{}",
        read.file.code()
    );
    let notice = read.notice.unwrap();
    assert_eq!(
        notice.advice,
        "the rest of the notebook was checked as far as it could be parsed"
    );
}

#[test]
fn a_cell_that_stays_open_does_not_swallow_the_next() {
    let read = notice(
        &["x = (1,", "import a", "y = '''", "import b"],
        Some("cell 1, line 1: cannot be parsed: unexpected EOF while parsing, and 1 more cell"),
    );
    let lines: Vec<&str> = read.file.code().lines().map(str::trim).collect();
    assert_eq!(lines, ["", "import a", "", "import b"]);
    assert_eq!(
        read.notice.unwrap().advice,
        "the cell was left out, and the rest of the notebook was checked"
    );
}

#[test]
fn a_cell_that_goes_on_in_the_next_is_broken() {
    let read = notice(
        &["x = 1 + \\", "import a"],
        Some("cell 1, line 1: cannot be parsed: something stays open in it"),
    );
    assert_eq!(read.file.code().trim(), "import a");
    // Together they would be Python; each is run by itself.
    notice(
        &["x = (1,", "2)"],
        Some("cell 1, line 1: cannot be parsed: unexpected EOF while parsing, and 1 more cell"),
    );
}

#[test]
fn commands_of_a_broken_cell_count() {
    commands(&["!pip install a\nx = (1,", "y"], &["!pip install a"]);
}

#[test]
fn an_indented_cell_is_read() {
    python(&["  for x in y:\n    z", "w"], "for x in y:\n  z\nw");
}

#[test]
fn code_that_no_stack_holds_is_one_cell() {
    let deep = "(".repeat(200_000);
    let read = notice(
        &["import a", &deep, "import b"],
        Some("cell 2, line 1: the code is nested too deeply to be read"),
    );
    let lines: Vec<&str> = read.file.code().lines().map(str::trim).collect();
    assert_eq!(lines, ["import a", "", "import b"]);
}

#[test]
fn what_is_no_notebook_is_told() {
    refused(
        b"{\n \"cells\": [\n<<<<<<< HEAD\n",
        Some(3),
        "the notebook is broken JSON and was not read: expected value",
    );
    refused(
        b"{\"cells\": [",
        Some(1),
        "the notebook is broken JSON and was not read: EOF while parsing a list",
    );
    let other = "the file is JSON but no notebook of format 3 or 4, and was not read";
    refused(b"{\"keras\": 1}", None, other);
    refused(b"{\"cells\":\n {}}", Some(2), other);
    refused(b"[]", Some(1), other);
    refused(
        b"{\n\"\xFF\"}",
        Some(2),
        "the notebook is not UTF-8 and was not read",
    );
    refused(
        b"",
        Some(1),
        "the notebook is broken JSON and was not read: EOF while parsing a value",
    );
}

#[test]
fn nesting_of_the_json_is_no_danger() {
    let deep = "[".repeat(300_000);
    let path = RepoPath::new("a.ipynb");
    for text in [
        deep.clone(),
        format!("{{\"x\": {deep}"),
        format!("{{\"cells\": [{{\"source\": {deep}"),
        format!(
            "{{\"metadata\": {deep}{}, \"cells\": []}}",
            "]".repeat(300_000)
        ),
    ] {
        let _ = Notebook::read(&path, text.into_bytes());
    }
}

#[test]
fn a_byte_order_mark_moves_nothing() {
    let json = "\u{FEFF}{\"cells\": [{\"cell_type\": \"code\", \"source\": \"x\"}]}";
    let read = Notebook::read(&RepoPath::new("a.ipynb"), json.as_bytes().to_vec());
    let file = read.unwrap().unwrap().file;
    assert_eq!(&json[file.span_on_disk(Span::new(0, 1)).range()], "x");
}
