use super::*;
use crate::github::review::samples::remark;
use crate::github::told::Remark;

const PATCH: &str = "@@ -0,0 +1,3 @@\n+a\n+b\n+c";

/// What is on the pull request, for a plan.
struct Given {
    told: Told,
    files: Vec<ChangedFile>,
    comments: Vec<Comment>,
    reviews: Vec<Earlier>,
    most: usize,
}

impl Given {
    /// Findings on lines that all read as the patch has them.
    fn new(findings: &[(u32, &str)]) -> Self {
        let findings = findings.iter().map(|(line, text)| named(*line, text));
        Self {
            told: Told {
                findings: findings.collect(),
                ..Told::default()
            },
            files: vec![ChangedFile {
                path: "src/train.py".to_owned(),
                patch: Some(PATCH.to_owned()),
            }],
            comments: Vec::new(),
            reviews: Vec::new(),
            most: 25,
        }
    }

    fn plan(&self) -> Plan {
        plan(&Ground {
            told: &self.told,
            files: &self.files,
            all_files: true,
            comments: &self.comments,
            reviews: &self.reviews,
            repository: &Repository {
                server: "https://github.example".to_owned(),
                name: "org/project".to_owned(),
                commit: "4b64".to_owned(),
            },
            most: self.most,
            category: "tfmp",
        })
    }

    /// Does what a plan says, as GitHub would.
    fn apply(&mut self, plan: &Plan) {
        for new in &plan.new {
            let id = self.comments.len() as u64 + 1;
            self.comments.push(Comment {
                id,
                path: new.path.clone(),
                lines: Some((new.start.unwrap_or(new.line), new.line)),
                is_outdated: false,
                body: new.body.clone(),
                is_ours: true,
                answers: None,
            });
        }
        if let Standing::Post(body) = &plan.body {
            self.reviews.push(Earlier {
                id: 9,
                body: body.clone(),
                is_ours: true,
            });
        }
    }

    /// After its first run.
    fn reviewed(findings: &[(u32, &str)]) -> Self {
        let mut given = Self::new(findings);
        let plan = given.plan();
        given.apply(&plan);
        given
    }
}

fn named(line: u32, text: &str) -> Remark {
    Remark {
        symbol: format!("tensorflow.{text}"),
        ..remark(line, &[text])
    }
}

#[track_caller]
fn check_lines(plan: &Plan, expect: &[u32]) {
    let lines: Vec<u32> = plan.new.iter().map(|new| new.line).collect();
    assert_eq!(lines, expect);
}

#[test]
fn the_worst_come_first_and_the_rest_is_listed() {
    let mut given = Given::new(&[(1, "a"), (2, "b"), (3, "c")]);
    given.told.findings[0].level = crate::finding::Level::Note;
    given.most = 2;
    let plan = given.plan();
    check_lines(&plan, &[2, 3]);
    assert_eq!(plan.listed, 1);
}

#[test]
fn a_worse_finding_does_not_drive_out_a_comment_that_is_there() {
    let mut given = Given::reviewed(&[(1, "a")]);
    given.told.findings[0].level = crate::finding::Level::Note;
    given.told.findings.push(named(2, "b"));
    given.most = 1;
    let plan = given.plan();
    check_lines(&plan, &[]);
    assert_eq!(plan.delete, [0; 0]);
    assert!(
        matches!(plan.body, Standing::Replace(9, _)),
        "{:?}",
        plan.body
    );
}

#[test]
fn a_plan_that_was_done_is_followed_by_none() {
    let given = Given::reviewed(&[(1, "a"), (2, "b"), (9, "z")]);
    let plan = given.plan();
    assert!(plan.is_done(), "{plan:?}");
    assert_eq!((plan.kept, plan.listed), (2, 1));
}

#[test]
fn two_comments_on_one_finding_become_one() {
    let mut given = Given::reviewed(&[(1, "a")]);
    let twin = Comment {
        id: 2,
        ..given.comments[0].clone()
    };
    given.comments.push(twin);
    assert_eq!(given.plan().delete, [2]);
}

#[test]
fn nothing_is_deleted_for_a_report_that_is_not_whole() {
    let mut given = Given::reviewed(&[(1, "a")]);
    given.told.findings.clear();
    assert_eq!(given.plan().delete, [1]);
    given.told.left_out = 1;
    assert_eq!(given.plan().delete, [0; 0]);
}

#[test]
fn a_comment_whose_line_left_the_diff_stays_with_its_finding() {
    let mut given = Given::reviewed(&[(1, "a")]);
    given.files[0].patch = Some("@@ -7 +7 @@\n-x\n+y".to_owned());
    let plan = given.plan();
    check_lines(&plan, &[]);
    assert_eq!((plan.delete.len(), plan.kept), (0, 1));
}

#[test]
fn a_push_that_changes_nothing_here_changes_no_text() {
    let given = Given::reviewed(&[(1, "a"), (9, "z")]);
    // Links to lines name the commit, and there is another one now.
    let plan = plan(&Ground {
        told: &given.told,
        files: &given.files,
        all_files: true,
        comments: &given.comments,
        reviews: &given.reviews,
        repository: &Repository {
            server: "https://github.example".to_owned(),
            name: "org/project".to_owned(),
            commit: "4b65".to_owned(),
        },
        most: 25,
        category: "tfmp",
    });
    assert!(plan.is_done(), "{plan:?}");
}

#[test]
fn no_text_is_longer_than_github_takes() {
    let mut given = Given::new(&[]);
    given.told.findings = (0..4_000)
        .map(|n| {
            let mut one = named(90, "z");
            one.message = "`x` | ".repeat(200);
            one.fingerprint = format!("{n:016x}");
            one
        })
        .collect();
    let plan = given.plan();
    let Standing::Post(body) = &plan.body else {
        panic!("there is a body to post");
    };
    assert!(body.len() < 60_000, "{}", body.len());
    assert!(body.contains("more findings: see the summary of the run."));
    let rows = body.lines().filter(|line| line.starts_with("| [")).count();
    assert!(rows > 0 && body.matches("<details>").count() == body.matches("</details>").count());
}
