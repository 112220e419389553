//! Reports of others, and the review that is planned from one: whatever it says, what is posted is not
//! posted twice, and GitHub would take it.
//!
//! Parts of the input are apart by a zero byte: the report, the patch of each file that it names, the
//! body of a comment that is there.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tfmp::github::review::{self, ChangedFile, Comment, Earlier, Ground, Plan, Standing};
use tfmp::github::told::Told;
use tfmp::report::links::Repository;
use tfmp::rules::ALL;

/// GitHub takes no longer body, in characters.
const LONGEST: usize = 65_536;

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.split(|&byte| byte == 0);
    let Ok(told) = Told::read(parts.next().unwrap_or_default(), ALL) else {
        return;
    };
    let patch = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let body = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let pins = told.findings.iter().flat_map(|finding| &finding.pins);
    let mut paths: Vec<&str> = pins
        .filter_map(|pin| Some(pin.place.as_ref()?.0.as_str()))
        .chain(told.findings.iter().map(|finding| finding.path.as_str()))
        .collect();
    paths.sort_unstable();
    paths.dedup();
    let files: Vec<ChangedFile> = paths
        .iter()
        .map(|path| ChangedFile {
            path: (*path).to_owned(),
            patch: Some(patch.clone()),
        })
        .collect();
    let comment = Comment {
        id: 1,
        path: paths.first().copied().unwrap_or("a.py").to_owned(),
        lines: Some((1, 1)),
        is_outdated: false,
        body: body.clone(),
        is_ours: true,
        answers: None,
    };
    let mut there = There {
        comments: vec![comment],
        reviews: vec![Earlier {
            id: 1,
            body,
            is_ours: true,
        }],
        next: 2,
    };
    let repository = Repository {
        server: "https://github.com".to_owned(),
        name: "org/project".to_owned(),
        commit: "4b64000000000000000000000000000000000001".to_owned(),
    };
    let plan = |there: &There| {
        review::plan(&Ground {
            told: &told,
            files: &files,
            all_files: true,
            comments: &there.comments,
            reviews: &there.reviews,
            repository: &repository,
            most: 25,
            category: "tfmp",
        })
    };
    let first = plan(&there);
    held(&first);
    there.apply(&first);
    let second = plan(&there);
    assert!(second.is_done(), "{second:?}\nafter {first:?}");
});

/// What stands on the pull request.
struct There {
    comments: Vec<Comment>,
    reviews: Vec<Earlier>,
    next: u64,
}

impl There {
    fn apply(&mut self, plan: &Plan) {
        self.comments.retain(|one| {
            let replaced = !plan.new.is_empty() && plan.replaced.contains(&one.id);
            !plan.delete.contains(&one.id) && !replaced
        });
        for (id, text) in &plan.change {
            let mut comments = self.comments.iter_mut();
            let comment = comments
                .find(|one| one.id == *id)
                .expect("only what is there is changed");
            comment.body.clone_from(text);
        }
        for new in &plan.new {
            self.next += 1;
            self.comments.push(Comment {
                id: self.next,
                path: new.path.clone(),
                lines: Some((new.start.unwrap_or(new.line), new.line)),
                is_outdated: false,
                body: new.body.clone(),
                is_ours: true,
                answers: None,
            });
        }
        match &plan.body {
            Standing::Post(text) => {
                self.next += 1;
                self.reviews.push(Earlier {
                    id: self.next,
                    body: text.clone(),
                    is_ours: true,
                });
            }
            Standing::Replace(id, text) => {
                let mut reviews = self.reviews.iter_mut();
                let review = reviews
                    .find(|one| one.id == *id)
                    .expect("only what is there is changed");
                review.body.clone_from(text);
            }
            Standing::Leave => {}
        }
    }
}

fn held(plan: &Plan) {
    assert!(plan.new.len() <= 25, "{}", plan.new.len());
    let bodies = [&plan.body, &plan.without_lines].into_iter();
    let bodies = bodies.filter_map(|body| match body {
        Standing::Post(text) | Standing::Replace(_, text) => Some(text),
        Standing::Leave => None,
    });
    let changed = plan.change.iter().map(|(_, text)| text);
    let new = plan.new.iter().map(|new| &new.body);
    for text in bodies.chain(changed).chain(new).chain([&plan.brief]) {
        assert!(text.chars().count() <= LONGEST, "{}", text.len());
    }
    for new in &plan.new {
        assert!(
            new.line > 0 && new.start.is_none_or(|start| 0 < start && start < new.line),
            "{new:?}"
        );
    }
}
