//! Classes with everything that they inherit, put together once and kept.

use std::sync::{Arc, OnceLock, RwLock};

use super::lookup;
use crate::maps::FastMap;
use crate::release::ReleaseSet;

/// What is known of a class, its bases included.
#[derive(Debug, Default)]
pub struct Class {
    members: FastMap<&'static str, ReleaseSet>,
    /// The releases in which some base cannot be seen.
    pub unknown: ReleaseSet,
    /// The releases in which instances may have members that the class has not.
    pub open: ReleaseSet,
    /// The releases in which members are known.
    pub told: ReleaseSet,
    /// The class and all that it inherits from, each with the releases in which it does.
    ancestry: FastMap<String, ReleaseSet>,
}

impl Class {
    /// The releases in which it has a member.
    #[must_use]
    pub fn member(&self, name: &str) -> ReleaseSet {
        self.members.get(name).copied().unwrap_or_default()
    }

    /// The names of its members, in no order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.members.keys().copied()
    }

    /// The class and all that it inherits from, each with the releases in which it does; in no
    /// order.
    pub fn ancestry(&self) -> impl Iterator<Item = (&str, ReleaseSet)> {
        self.ancestry
            .iter()
            .map(|(path, releases)| (path.as_str(), *releases))
    }

    fn of(path: &str) -> Self {
        let mut class = Self::default();
        let mut open = vec![(path.to_owned(), ReleaseSet::from_words([u64::MAX; 4]))];
        while let Some((path, releases)) = open.pop() {
            let before = class.ancestry.entry(path.clone()).or_default();
            let new = releases - *before;
            *before = *before | new;
            let Some(symbol) = lookup(&path).filter(|_| !new.is_empty()) else {
                continue;
            };
            for member in symbol.own_members() {
                let set = class.members.entry(member.name).or_default();
                *set = *set | (member.present & new);
                class.told = class.told | (member.present & new);
            }
            for (base, releases) in symbol.bases() {
                match base {
                    "?" => class.unknown = class.unknown | (releases & new),
                    "~" => class.open = class.open | (releases & new),
                    _ => open.push((base.to_owned(), releases & new)),
                }
            }
        }
        class
    }
}

/// What is known of the class at a path; nothing of anything else.
#[must_use]
pub fn class(path: &str) -> Arc<Class> {
    static KNOWN: OnceLock<RwLock<FastMap<String, Arc<Class>>>> = OnceLock::new();
    let known = KNOWN.get_or_init(RwLock::default);
    // A panic elsewhere leaves what is known as true as it was.
    let read = known.read().unwrap_or_else(|broken| broken.into_inner());
    if let Some(class) = read.get(path) {
        return Arc::clone(class);
    }
    drop(read);
    let class = Arc::new(Class::of(path));
    let mut write = known.write().unwrap_or_else(|broken| broken.into_inner());
    Arc::clone(write.entry(path.to_owned()).or_insert(class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_has_what_its_bases_have() {
        let model = class("tensorflow.keras.Sequential");
        assert!(!model.member("pop").is_empty());
        assert!(!model.member("fit").is_empty());
        assert!(!model.member("add_weight").is_empty());
        assert!(model.member("no_such_member").is_empty());
        assert!(model.member("fit").is_subset(model.told));
    }

    #[test]
    fn what_is_no_class_has_nothing() {
        let nothing = class("tensorflow.nn.relu");
        assert!(nothing.told.is_empty() && nothing.unknown.is_empty());
    }
}
