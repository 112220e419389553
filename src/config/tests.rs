use super::*;
use crate::report::samples::RULES;
use crate::text::RepoPath;

fn file(path: &str, text: &str) -> Arc<SourceFile> {
    Arc::new(SourceFile::new(RepoPath::new(path), text.to_owned()))
}

#[track_caller]
fn check_error(text: &str, message: &str, advice: &str) {
    let error = read(&file("tfmp.toml", text), RULES).unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.advice.as_str()),
        (message, advice)
    );
}

#[track_caller]
fn check_shared(text: &str, expect: Result<Option<&[&str]>, &str>) {
    let read = read_shared(&file("pyproject.toml", text), RULES);
    let excluded = read
        .map(|config| config.map(|c| c.exclude.into_iter().map(|e| e.value).collect::<Vec<_>>()));
    let excluded = excluded.map_err(|error| error.place);
    let expect = expect.map(|o| o.map(|all| all.iter().map(|s| (*s).to_owned()).collect()));
    assert_eq!(excluded, expect.map_err(str::to_owned), "{text}");
}

#[test]
fn every_key_is_read() {
    let text = "select = ['api-too-new', \"tfmp003\"]\nignore = ['TFMP002']\n\
        exclude = ['a']\nrequirements = ['r.txt']\ntensorflow = '2.3'\nkeras = '3'\n\
        python = '>=3.8'\nfail-on = 'never'\nenvironments = 'all'\n\
        baseline = 'known.json'\n\
        [[per-path]]\npaths = ['tests']\nignore = ['TFMP003']\n\
        [per-file-ignores]\n'b/**' = ['TFMP00']\n'a' = []\n";
    let config = read(&file("tfmp.toml", text), RULES).unwrap();
    assert_eq!(
        config.select,
        Some(vec![RuleId("TFMP001"), RuleId("TFMP003")])
    );
    assert_eq!(config.ignore, [RuleId("TFMP002")]);
    assert_eq!(config.fail_on, Some(None));
    assert_eq!(config.environments, Environments::All);
    assert_eq!(config.baseline.clone().unwrap().value, "known.json");
    let per_path: Vec<(&str, usize)> = config
        .per_path
        .iter()
        .map(|one| (one.paths[0].value.as_str(), one.ignore.len()))
        .collect();
    // Tables that can say more have the last word.
    assert_eq!(per_path, [("b/**", 3), ("a", 0), ("tests", 1)]);
    let tensorflow = config.tensorflow.clone().unwrap();
    assert_eq!(
        config.line("tensorflow", &tensorflow).text,
        "tensorflow = \"2.3\""
    );
    assert_eq!(config.place(tensorflow.at.start), "tfmp.toml:5:14");
}

#[test]
fn an_unknown_key_is_answered_with_the_nearest() {
    let keys = format!("the keys are `{}`", KEYS.join("`, `"));
    check_error(
        "exclude = []\nfail_on = 'note'\n",
        "tfmp.toml:2:1: there is no key `fail_on`",
        &format!("did you mean `fail-on`? {keys}"),
    );
    check_error("x = 1", "tfmp.toml:1:1: there is no key `x`", &keys);
    check_error(
        "[[per-path]]\npath = ['tests']\n",
        "tfmp.toml:2:1: there is no key `path`",
        "did you mean `paths`? the keys are `paths`, `select`, `ignore`",
    );
    check_error(
        "[tool.tfmp]\nselect = []\n",
        "tfmp.toml:1:2: there is no key `tool`",
        "here the keys stand at the top, without `[tool.tfmp]`",
    );
}

#[test]
fn wrong_types_are_told_with_the_right_way_to_write_them() {
    check_error(
        "exclude = 'tests'\n",
        "tfmp.toml:1:11: `exclude` takes a list of strings, not a string",
        "write `exclude = ['tests']`",
    );
    check_error(
        "python = 3.9\n",
        "tfmp.toml:1:10: `python` takes a string, not a number",
        "write `python = \"3.9\"`",
    );
    check_error(
        "ignore = [\n  1,\n]\n",
        "tfmp.toml:2:3: `ignore` takes strings, not a number",
        "put it between quotes",
    );
    check_error(
        "[per-path]\npaths = ['a']\n",
        "tfmp.toml:1:1: `per-path` takes tables, not a table",
        "`[[per-path]]` begins one",
    );
    check_error(
        "[[per-path]]\nignore = ['TFMP001']\n",
        "tfmp.toml:1:1: `per-path` names no paths",
        "add `paths = [\"tests\"]`, globs as in `.gitignore`",
    );
}

#[test]
fn what_per_file_ignores_cannot_say() {
    check_error(
        "per-file-ignores = ['a']\n",
        "tfmp.toml:1:20: `per-file-ignores` takes a table, not a list",
        "write its keys below a header",
    );
    check_error(
        "[per-file-ignores]\n'tests/**' = ['api-too-old']\n",
        "tfmp.toml:2:15: `api-too-old` in `tests/**` names no rule",
        "did you mean `api-too-new`? `tfmp rules` lists them all",
    );
}

#[test]
fn values_that_mean_nothing() {
    check_error(
        "fail-on = 'warn'\n",
        "tfmp.toml:1:11: `fail-on` cannot be \"warn\"",
        "did you mean \"warning\"? it is one of \"error\", \"warning\", \"note\", \"never\"",
    );
    check_error(
        "select = ['api-too-old']\n",
        "tfmp.toml:1:11: `api-too-old` in `select` names no rule",
        "did you mean `api-too-new`? `tfmp rules` lists them all",
    );
}

#[test]
fn a_file_that_is_no_toml_is_told_with_its_place() {
    let error = read(&file(".tfmp.toml", "a = 1\nexclude = [\n"), RULES).unwrap_err();
    assert!(error.place.starts_with(".tfmp.toml:"), "{error}");
    assert!(error.message.starts_with("this is not TOML ("), "{error}");
}

#[test]
fn what_is_broken_beside_our_table_is_not_our_business() {
    let ours = "[tool.tfmp]\nexclude = ['a']\n";
    check_shared(&format!("[project]\nname = 'x'\n{ours}"), Ok(Some(&["a"])));
    check_shared("[project]\nname = 'x'\n", Ok(None));
    check_shared(
        &format!("{ours}[project]\nname = = 'x'\n"),
        Ok(Some(&["a"])),
    );
    check_shared("[project]\nname = = 'x'\n", Ok(None));
    check_shared(
        "[project]\nname = 'x'\n[tool.tfmp]\nexclude = = ['a']\n",
        Err("pyproject.toml:4:11"),
    );
    check_shared("[tool]\ntfmp = 1\n", Err("pyproject.toml:2:8"));
}
