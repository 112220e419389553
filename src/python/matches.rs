//! `match`: which case is taken, where what is matched was computed of versions.

use std::sync::Arc;

use ruff_python_ast::{Pattern, Singleton, StmtMatch};

use super::computed::{Comparison, Computed};
use super::flow::{Branch, Exit};
use super::scopes::{Value, captures};
use super::tested::Test;
use super::uses::Guard;
use super::walk::{Walk, span_of};

/// When a pattern fits, and what its names get where it does.
struct Fit<'a> {
    test: Computed,
    names: Vec<(&'a str, Computed)>,
}

/// What is known of a pattern that fits anything.
const FITS: Test = Test {
    yes: Guard::ALWAYS,
    no: Guard::Never,
    computed: None,
};

impl<'a> Walk<'a, '_> {
    pub(crate) fn match_statement(&mut self, choice: &'a StmtMatch) -> Exit {
        let outer = self.guard;
        let value = self.expr(&choice.subject);
        let subject = self.computed(&choice.subject);
        let relevant = subject.is_some()
            || matches!(value, Value::Test(_))
            || super::words::speaks_of_versions(self.slice(&choice.subject));
        let mut branches = Vec::with_capacity(choice.cases.len() + 1);
        // What is known where no case so far was taken.
        let mut failed = Vec::new();
        let mut exhaustive = false;
        for case in &choice.cases {
            self.guard = outer;
            let before = Guard::all(failed.clone());
            self.push_guard(before.clone());
            let mark = self.open();
            self.pattern(&case.pattern);
            let fit = subject
                .as_ref()
                .and_then(|subject| self.fit(subject, &case.pattern));
            let (mut test, names) = match fit {
                Some(Fit {
                    test: Computed::Bool(true),
                    names,
                }) => (FITS, names),
                None if case.pattern.is_irrefutable() => (FITS, Vec::new()),
                // What is a truth value already was noted where it stands.
                Some(Fit { test, names }) if subject.as_ref().is_some_and(Computed::is_truth) => {
                    (Test::of_computed(test), names)
                }
                Some(Fit { test, names }) => (self.test_of(test, span_of(&case.pattern)), names),
                None if relevant => (Test::UNKNOWN, Vec::new()),
                None => (Test::IRRELEVANT, Vec::new()),
            };
            self.push_guard(test.yes.clone());
            captures(&case.pattern, &mut |name| self.bind(name, Value::Other));
            for (name, computed) in names {
                let value = self.value_of_computed(computed);
                self.bind(name, value);
            }
            if let Some(guard) = &case.guard {
                let own = self.test(guard);
                self.push_guard(own.yes.clone());
                test = Test {
                    no: Guard::any(vec![test.no, Guard::all(vec![test.yes.clone(), own.no])]),
                    yes: Guard::all(vec![test.yes, own.yes]),
                    computed: None,
                };
            } else {
                exhaustive |= case.pattern.is_irrefutable();
            }
            let exit = self.block(&case.body);
            branches.push(Branch {
                end: self.guard,
                changes: self.close(mark),
                condition: Guard::all(vec![before, test.yes]),
                exit,
            });
            if !test.no.is_always() {
                failed.push(test.no);
            }
        }
        if !exhaustive {
            branches.push(self.branch(outer, Guard::all(failed), &[]));
        }
        self.merge(outer, branches)
    }

    /// When a pattern fits what was computed; nothing where that is not understood.
    fn fit(&self, subject: &Computed, pattern: &'a Pattern) -> Option<Fit<'a>> {
        let only = |test| {
            Some(Fit {
                test,
                names: Vec::new(),
            })
        };
        let equals = |value| {
            Computed::Compare(
                Arc::new(subject.clone()),
                Comparison::Equal,
                Arc::new(value),
            )
        };
        match pattern {
            Pattern::MatchValue(value) => only(equals(self.literal(&value.value)?)),
            Pattern::MatchSingleton(single) => match single.value {
                Singleton::None => only(equals(Computed::Nothing)),
                // They fit themselves alone, and not 1 or 0.
                Singleton::True if is_bool(subject) => only(subject.clone()),
                Singleton::False if is_bool(subject) => {
                    only(Computed::Not(Arc::new(subject.clone())))
                }
                Singleton::True | Singleton::False => None,
            },
            Pattern::MatchSequence(sequence) => self.fit_sequence(subject, &sequence.patterns),
            Pattern::MatchAs(capture) => {
                let mut fit = match &capture.pattern {
                    Some(inner) => self.fit(subject, inner)?,
                    None => only(Computed::Bool(true))?,
                };
                if let Some(name) = &capture.name {
                    fit.names.push((name.as_str(), subject.clone()));
                }
                Some(fit)
            }
            Pattern::MatchOr(or) => {
                let mut tests = Vec::with_capacity(or.patterns.len());
                for part in &or.patterns {
                    let fit = self.fit(subject, part)?;
                    if !fit.names.is_empty() {
                        return None;
                    }
                    tests.push(fit.test);
                }
                only(Computed::Any(tests))
            }
            Pattern::MatchMapping(_) | Pattern::MatchClass(_) | Pattern::MatchStar(_) => None,
        }
    }

    fn fit_sequence(&self, subject: &Computed, patterns: &'a [Pattern]) -> Option<Fit<'a>> {
        // An iterator is no sequence.
        if matches!(subject, Computed::Each(..) | Computed::Comprehension { .. }) {
            return None;
        }
        let of = Arc::new(subject.clone());
        let star = patterns.iter().position(Pattern::is_match_star);
        let mut tests = vec![Computed::Fits {
            of: Arc::clone(&of),
            items: patterns.len() - usize::from(star.is_some()),
            more: star.is_some(),
        }];
        let mut names = Vec::new();
        for (at, pattern) in patterns.iter().enumerate() {
            let item = Computed::Unpacked {
                of: Arc::clone(&of),
                at,
                names: patterns.len(),
                star,
            };
            if let Pattern::MatchStar(rest) = pattern {
                if let Some(name) = &rest.name {
                    names.push((name.as_str(), item));
                }
                continue;
            }
            let fit = self.fit(&item, pattern)?;
            if fit.test != Computed::Bool(true) {
                tests.push(fit.test);
            }
            names.extend(fit.names);
        }
        Some(Fit {
            test: Computed::All(tests),
            names,
        })
    }

    /// The expressions in a pattern: `case tf.float32:`, `case tf.Tensor():`.
    fn pattern(&mut self, pattern: &'a Pattern) {
        match pattern {
            Pattern::MatchValue(value) => {
                self.expr(&value.value);
            }
            Pattern::MatchSequence(sequence) => {
                sequence.patterns.iter().for_each(|part| self.pattern(part));
            }
            Pattern::MatchMapping(mapping) => {
                for key in &mapping.keys {
                    self.expr(key);
                }
                mapping.patterns.iter().for_each(|part| self.pattern(part));
            }
            Pattern::MatchClass(class) => {
                self.expr(&class.cls);
                for part in &class.arguments.patterns {
                    self.pattern(part);
                }
                for part in &class.arguments.keywords {
                    self.pattern(&part.pattern);
                }
            }
            Pattern::MatchAs(capture) => {
                if let Some(inner) = &capture.pattern {
                    self.pattern(inner);
                }
            }
            Pattern::MatchOr(or) => or.patterns.iter().for_each(|part| self.pattern(part)),
            Pattern::MatchSingleton(_) | Pattern::MatchStar(_) => {}
        }
    }
}

/// Whether a value is `True` or `False` itself.
fn is_bool(computed: &Computed) -> bool {
    matches!(
        computed,
        Computed::Compare(..)
            | Computed::In(..)
            | Computed::Affix { .. }
            | Computed::Not(_)
            | Computed::Bool(_)
            | Computed::Builtin("any" | "all" | "bool", _)
    ) || matches!(computed, Computed::All(parts) | Computed::Any(parts)
        if parts.iter().all(is_bool))
}
