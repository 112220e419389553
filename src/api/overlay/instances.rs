//! Members of instances that no class tells of: what an instance has beside its class, and what it
//! surely lacks although other releases, or another class in its place, had it.

use serde::Deserialize;

use super::Overlay;
use super::keywords::below_keras;
use super::sets::{Releases, Sets};
use crate::names::Package;
use crate::release::ReleaseSet;

/// Members that instances of a class may have and the class has not.
#[derive(Debug)]
pub(super) struct Instances {
    /// Classes below the root of Keras.
    classes: Vec<String>,
    /// The members; any where there are none.
    members: Vec<String>,
    /// Members that they have only where the class has them.
    never: Vec<String>,
    pub(super) releases: Sets,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InstancesEntry {
    classes: Vec<String>,
    #[serde(default)]
    members: Vec<String>,
    #[serde(default)]
    never: Vec<String>,
    tensorflow: String,
    keras: String,
    tf_keras: String,
}

impl From<InstancesEntry> for Instances {
    fn from(entry: InstancesEntry) -> Self {
        let releases = Releases {
            tensorflow: Some(entry.tensorflow),
            keras: Some(entry.keras),
            tf_keras: Some(entry.tf_keras),
        };
        Self {
            releases: releases.sets(),
            classes: entry.classes,
            members: entry.members,
            never: entry.never,
        }
    }
}

impl Instances {
    fn is_of(&self, class: &str) -> bool {
        self.classes.iter().any(|known| {
            let root = class.strip_suffix(known.as_str());
            root.is_some_and(|root| root.ends_with("keras."))
        })
    }
}

/// Members that instances surely lack: what the class took the place of had them.
#[derive(Debug)]
pub struct Lack {
    /// Classes below the root of Keras or TensorFlow; those that inherit from them are meant too.
    classes: Vec<String>,
    members: Vec<String>,
    pub(super) releases: Sets,
    /// The public name of the same member, where the classes have one.
    pub public: Option<String>,
    /// What to do instead.
    pub advice: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LackEntry {
    classes: Vec<String>,
    members: Vec<String>,
    tensorflow: Option<String>,
    keras: Option<String>,
    tf_keras: Option<String>,
    public: Option<String>,
    advice: String,
}

impl From<LackEntry> for Lack {
    fn from(entry: LackEntry) -> Self {
        let releases = Releases {
            tensorflow: entry.tensorflow,
            keras: entry.keras,
            tf_keras: entry.tf_keras,
        };
        Self {
            releases: releases.sets(),
            classes: entry.classes,
            members: entry.members,
            public: entry.public,
            advice: entry.advice,
        }
    }
}

impl Lack {
    /// The releases of the package of a class's path in which this is true of it.
    fn releases_in(&self, class: &str) -> ReleaseSet {
        let root = class.split('.').next().unwrap_or(class);
        let name = below_keras(class).or_else(|| class.strip_prefix("tensorflow."));
        match (Package::from_name(root), name) {
            (Some(package), Some(name)) if self.classes.iter().any(|known| known == name) => {
                self.releases.of(package)
            }
            _ => ReleaseSet::EMPTY,
        }
    }
}

impl Overlay {
    /// The releases in which an instance of a class may have a member that the class has not.
    #[must_use]
    pub fn instance_may_have(&self, class: &str, member: &str) -> ReleaseSet {
        let root = class.split('.').next().unwrap_or(class);
        let Some(package) = Package::from_name(root) else {
            return ReleaseSet::EMPTY;
        };
        let is = |entry: &&Instances| {
            let named = |list: &[String]| list.iter().any(|known| known == member);
            (entry.members.is_empty() || named(&entry.members))
                && !named(&entry.never)
                && entry.is_of(class)
        };
        let entries = self.instances.iter().filter(is);
        entries.fold(ReleaseSet::EMPTY, |set, entry| {
            set | entry.releases.of(package)
        })
    }

    /// Whether an instance of a class has a member only where the class is known to have it.
    #[must_use]
    pub fn never_has(&self, class: &str, member: &str) -> bool {
        self.instances.iter().any(|entry| {
            let named = entry.never.iter().any(|known| known == member);
            named && entry.is_of(class)
        })
    }

    /// What is known of a private member that has a public name, by the path of an instance's member.
    #[must_use]
    pub fn private_member(&self, path: &str) -> Option<&Lack> {
        let (class, member) = path.split_once(".().")?;
        let name = below_keras(class)?;
        let mut entries = self.lacks.iter().filter(|entry| entry.public.is_some());
        entries.find(|entry| {
            let is = |list: &[String], name: &str| list.iter().any(|known| known == name);
            is(&entry.members, member) && is(&entry.classes, name)
        })
    }

    /// What is known of a member that instances of a class lack, with the releases of the class's
    /// package in which they do.
    pub fn lacks(&self, class: &str, member: &str) -> impl Iterator<Item = (&Lack, ReleaseSet)> {
        let entries = self.lacks.iter();
        let entries = entries.filter(move |entry| entry.members.iter().any(|m| m == member));
        let entries: Vec<&Lack> = entries.collect();
        // Few names of members are in any entry.
        let ancestry = (!entries.is_empty()).then(|| crate::api::class::class(class));
        entries.into_iter().filter_map(move |entry| {
            let ancestry = ancestry.as_ref()?;
            let there = ancestry
                .ancestry()
                .fold(ReleaseSet::EMPTY, |set, (ancestor, releases)| {
                    set | (entry.releases_in(ancestor) & releases)
                });
            (!there.is_empty()).then_some((entry, there))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::get;
    use super::*;
    use crate::api::class::class;

    #[test]
    fn no_class_has_what_it_is_said_to_lack() {
        for lack in &get().lacks {
            for package in Package::ALL {
                let roots = match package {
                    Package::Tensorflow => ["tensorflow.keras.", "tensorflow."].as_slice(),
                    Package::Keras => ["keras.", "keras._tf_keras.keras."].as_slice(),
                    Package::TfKeras => ["tf_keras."].as_slice(),
                };
                for (root, name) in roots
                    .iter()
                    .flat_map(|root| lack.classes.iter().map(move |name| (root, name)))
                {
                    let path = format!("{root}{name}");
                    for member in &lack.members {
                        let both = class(&path).member(member) & lack.releases.of(package);
                        assert!(both.is_empty(), "{path} has {member} in some of them");
                    }
                }
            }
        }
    }
}
