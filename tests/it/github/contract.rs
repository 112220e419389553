//! GitHub's own description of its API, held against every request that the tests' GitHub gets and every
//! answer that it gives. `tests/fixtures/github/README.md` tells where it comes from.

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};

use crate::support::project;

/// The operations that are used, with compiled schemas.
pub(crate) struct Contract {
    schemas: Schemas,
    operations: Vec<Operation>,
}

struct Operation {
    method: String,
    path: Vec<String>,
    query: Vec<(String, SchemaIndex)>,
    body: Option<SchemaIndex>,
    status: u16,
    answer: Option<SchemaIndex>,
}

impl Contract {
    /// Reads the description.
    pub(crate) fn new() -> Self {
        let path = project().join("tests/fixtures/github/openapi.json");
        let text = std::fs::read_to_string(path).unwrap();
        let description: Value = serde_json::from_str(&text).unwrap();
        let mut compiler = Compiler::new();
        let url = "https://api.example/openapi.json";
        compiler.add_resource(url, description.clone()).unwrap();
        let mut schemas = Schemas::new();
        let operations = description["operations"].as_array().unwrap();
        let mut compile = |place: String| {
            compiler
                .compile(&format!("{url}#{place}"), &mut schemas)
                .unwrap()
        };
        let operations = operations
            .iter()
            .enumerate()
            .map(|(index, operation)| {
                let place = format!("/operations/{index}");
                let mut part = |name: &str| {
                    let there = !operation[name].is_null();
                    there.then(|| compile(format!("{place}/{name}")))
                };
                let (body, answer) = (part("body"), part("answer"));
                let query = operation["query"].as_object().unwrap().keys();
                Operation {
                    method: operation["method"].as_str().unwrap().to_owned(),
                    path: parts(operation["path"].as_str().unwrap()),
                    query: query
                        .map(|name| (name.clone(), compile(format!("{place}/query/{name}"))))
                        .collect(),
                    body,
                    status: u16::try_from(operation["status"].as_u64().unwrap()).unwrap(),
                    answer,
                }
            })
            .collect();
        Self {
            schemas,
            operations,
        }
    }

    fn operation(&self, method: &str, path: &str) -> Option<&Operation> {
        let given = parts(path);
        self.operations.iter().find(|operation| {
            let same =
                |(known, given): (&String, &String)| known == given || known.starts_with('{');
            operation.method == method
                && operation.path.len() == given.len()
                && operation.path.iter().zip(&given).all(same)
        })
    }

    /// What is wrong with a request; `""` where nothing is.
    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        query: &[(String, String)],
        body: &[u8],
    ) -> String {
        let Some(operation) = self.operation(method, path) else {
            return format!("there is no {method} {path}");
        };
        for (name, value) in query {
            let Some((_, schema)) = operation.query.iter().find(|(known, _)| known == name) else {
                return format!("{method} {path} has no parameter {name}");
            };
            let number = value.parse::<i64>().map(Value::from);
            let value = number.unwrap_or_else(|_| json!(value));
            if let Err(error) = self.schemas.validate(&value, *schema) {
                return format!("{method} {path}: {name}: {error}");
            }
        }
        match (operation.body, body) {
            (None, []) => String::new(),
            (None, _) => format!("{method} {path} takes no body"),
            (Some(schema), body) => match serde_json::from_slice::<Value>(body) {
                Err(error) => format!("{method} {path}: {error}"),
                Ok(body) => self.verdict(&body, schema),
            },
        }
    }

    /// What is wrong with an answer that is no refusal.
    pub(crate) fn answer(&self, method: &str, path: &str, status: u16, body: &Value) -> String {
        let operation = self
            .operation(method, path)
            .expect("the request was looked at");
        if status != operation.status {
            return format!("{method} {path} answers {}", operation.status);
        }
        let schema = operation.answer;
        schema.map_or(String::new(), |schema| self.verdict(body, schema))
    }

    fn verdict(&self, value: &Value, schema: SchemaIndex) -> String {
        let verdict = self.schemas.validate(value, schema);
        verdict
            .err()
            .map_or(String::new(), |error| format!("{error:#}"))
    }
}

fn parts(path: &str) -> Vec<String> {
    path.split('/').map(str::to_owned).collect()
}

const REVIEWS: &str = "/repos/org/project/pulls/7/reviews";

#[track_caller]
fn check(method: &str, path: &str, query: &[(&str, &str)], body: &Value, expect: &str) {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let query: Vec<(String, String)> = query.iter().map(own).collect();
    let bytes = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let found = Contract::new().request(method, path, &query, bytes.as_bytes());
    let fits = if expect.is_empty() {
        found.is_empty()
    } else {
        found.contains(expect)
    };
    assert!(fits, "{found:?}, not {expect:?}");
}

fn review() -> Value {
    json!({
        "commit_id": "4b64000000000000000000000000000000000001",
        "event": "COMMENT",
        "body": "two",
        "comments": [
            {"path": "a.py", "line": 5, "side": "RIGHT", "body": "x"},
            {"path": "a.py", "start_line": 5, "start_side": "RIGHT", "line": 6, "side": "RIGHT", "body": "x"},
        ],
    })
}

/// The review with a value at a place; a null takes the field away.
#[track_caller]
fn check_review(pointer: &str, value: Value, expect: &str) {
    let mut review = review();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    let parent = review.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        parent.remove(field).unwrap();
    } else {
        parent.insert(field.to_owned(), value);
    }
    check("POST", REVIEWS, &[], &review, expect);
}

#[test]
fn right_requests_are_accepted() {
    check("POST", REVIEWS, &[], &review(), "");
    check(
        "PUT",
        &format!("{REVIEWS}/9"),
        &[],
        &json!({"body": "x"}),
        "",
    );
    check(
        "PATCH",
        "/repos/org/project/pulls/comments/9",
        &[],
        &json!({"body": "x"}),
        "",
    );
    check(
        "DELETE",
        "/repos/org/project/pulls/comments/9",
        &[],
        &Value::Null,
        "",
    );
    let page = [("per_page", "100"), ("page", "2")];
    check(
        "GET",
        "/repos/org/project/pulls/7/files",
        &page,
        &Value::Null,
        "",
    );
    let head = [("state", "open"), ("head", "ann:fix")];
    check("GET", "/repos/org/project/pulls", &head, &Value::Null, "");
}

#[test]
fn wrong_reviews_are_rejected() {
    check_review("/event", Value::Null, "missing properties 'event'");
    check_review("/event", json!("APPROVE"), "must be 'COMMENT'");
    check_review("/commit_id", json!("4b64"), "does not match pattern");
    check_review("/body", json!("x".repeat(70_000)), "length must be <=65536");
    check_review("/body", json!(""), "length must be >=1");
    check_review("/labels", json!([]), "additionalProperties");
    check_review("/comments/0/line", json!(0), "must be >=1");
    check_review("/comments/0/line", json!("5"), "want integer");
    check_review("/comments/0/line", Value::Null, "missing properties 'line'");
    check_review("/comments/0/path", Value::Null, "missing properties 'path'");
    check_review("/comments/0/path", json!("/a.py"), "does not match pattern");
    check_review("/comments/0/side", json!("MIDDLE"), "must be one of");
    check_review("/comments/0/body", Value::Null, "missing properties 'body'");
    check_review("/comments/0/position", json!(1), "additionalProperties");
    check_review(
        "/comments/1/start_side",
        Value::Null,
        "'start_side' required, if 'start_line'",
    );
}

#[test]
fn wrong_requests_of_other_kinds_are_rejected() {
    check(
        "POST",
        "/repos/org/project/pulls/7/review",
        &[],
        &review(),
        "there is no POST",
    );
    check("PUT", REVIEWS, &[], &review(), "there is no PUT");
    check(
        "PUT",
        &format!("{REVIEWS}/9"),
        &[],
        &json!({"text": "x"}),
        "missing properties 'body'",
    );
    check(
        "PATCH",
        "/repos/org/project/pulls/comments/9",
        &[],
        &json!({"body": 1}),
        "want string",
    );
    check(
        "DELETE",
        "/repos/org/project/pulls/comments/9",
        &[],
        &json!({}),
        "takes no body",
    );
    let files = "/repos/org/project/pulls/7/files";
    check(
        "GET",
        files,
        &[("pages", "2")],
        &Value::Null,
        "has no parameter pages",
    );
    check(
        "GET",
        files,
        &[("page", "two")],
        &Value::Null,
        "want integer",
    );
    let pulls = "/repos/org/project/pulls";
    check(
        "GET",
        pulls,
        &[("state", "merged")],
        &Value::Null,
        "must be one of",
    );
}
