//! The outcome of a test: what is known where it is true, and where it is false.

use std::sync::Arc;

use super::computed::Computed;
use super::uses::Guard;

/// What is known where a test is true, and where it is false.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Test {
    pub(crate) yes: Guard,
    pub(crate) no: Guard,
    /// What was computed of versions, where that is known: not always a truth value.
    pub(crate) computed: Option<Arc<Computed>>,
}

impl Test {
    /// A test that has nothing to do with the API.
    pub(crate) const IRRELEVANT: Self = Self {
        yes: Guard::ALWAYS,
        no: Guard::ALWAYS,
        computed: None,
    };

    /// A test on versions that is not understood.
    pub(crate) const UNKNOWN: Self = Self {
        yes: Guard::Unknown,
        no: Guard::Unknown,
        computed: None,
    };

    /// A test that says one thing.
    pub(crate) fn of(guard: Guard) -> Self {
        Self {
            no: guard.opposite(),
            yes: guard,
            computed: None,
        }
    }

    /// A test of versions; one that is too big to be followed is unknown.
    pub(crate) fn of_computed(computed: Computed) -> Self {
        if !computed.is_small() {
            return Self::UNKNOWN;
        }
        if !matches!(computed, Computed::Function { .. })
            && computed.any_part(&|part| matches!(part, Computed::Has(..)))
        {
            return Self::of_names(&computed);
        }
        Self::of_version(computed)
    }

    fn of_version(computed: Computed) -> Self {
        let computed = Arc::new(computed);
        let guard = |holds| Guard::Version {
            computed: Arc::clone(&computed),
            holds,
        };
        Self {
            yes: guard(true),
            no: guard(false),
            computed: Some(computed),
        }
    }

    /// A test with parts that ask for names of the API.
    fn of_names(computed: &Computed) -> Self {
        let all = |parts: &[Computed]| -> (Vec<Guard>, Vec<Guard>) {
            let tests = parts.iter().cloned().map(Self::of_computed);
            tests.map(|test| (test.yes, test.no)).unzip()
        };
        match computed {
            Computed::Has(..) => match computed.asked_path() {
                Some(path) => Self::of(Guard::Has {
                    path,
                    present: true,
                }),
                None => Self::UNKNOWN,
            },
            Computed::Not(inner) => Self::of_computed((**inner).clone()).not(),
            Computed::All(parts) => {
                let (yes, no) = all(parts);
                Self {
                    yes: Guard::all(yes),
                    no: Guard::any(no),
                    computed: None,
                }
            }
            Computed::Any(parts) => {
                let (yes, no) = all(parts);
                Self {
                    yes: Guard::any(yes),
                    no: Guard::all(no),
                    computed: None,
                }
            }
            other => Self::of_version(other.clone()),
        }
    }

    /// The opposite test.
    pub(crate) fn not(self) -> Self {
        Self {
            yes: self.no,
            no: self.yes,
            computed: self.computed.and_then(|computed| match &*computed {
                Computed::Not(inner) => Some(Arc::clone(inner)),
                _ => Some(Computed::Not(computed))
                    .filter(Computed::is_small)
                    .map(Arc::new),
            }),
        }
    }

    pub(crate) fn is_irrelevant(&self) -> bool {
        self.yes.is_always() && self.no.is_always()
    }
}
