//! Typed view of `data/texts.toml`: texts that the API understands in some releases. Which calls and
//! assignments give such texts is the reader's; what a wrong one means is the rules'.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::overlay::{Releases, Sets, below_keras, releases};
use crate::carried::{self, packed};
use crate::names::Package;
use crate::release::ReleaseSet;

/// Everything in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    place: Vec<Place>,
    dtypes: Dtypes,
    /// Dtypes of 16 bits as the policy of everything.
    pub sixteen: Sixteen,
    /// What the first version of the policies takes only with 2.x behaviour.
    pub version_1: VersionOne,
    policy: Vec<Policy>,
    meant: Vec<Meant>,
    /// What a layer takes in place of a text.
    pub layer_object: LayerObject,
    floatx: Vec<Floatx>,
    options: Vec<Options>,
    variable: Vec<Variable>,
}

/// What a text is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyKind {
    /// The policy of everything that is built after it.
    Global,
    /// A policy object.
    Object,
    /// The policy of one layer.
    Layer,
}

/// Where a text is taken for the name of a policy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// What it names there.
    pub kind: PolicyKind,
    callables: Vec<String>,
    /// The parameter; the first, too, where that is not a layer's.
    pub argument: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dtypes {
    plain: Vec<String>,
}

/// Dtypes of 16 bits, and the mixed policies that were meant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sixteen {
    float16: String,
    bfloat16: String,
    tensorflow: String,
    keras: String,
    tf_keras: String,
}

/// What only 2.x behaviour makes possible in 1.15.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionOne {
    releases: String,
    /// Functions that switch it on.
    pub switches: Vec<String>,
    /// Environment variables that do.
    pub variables: Vec<String>,
    /// What to do instead.
    pub advice: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    names: Vec<String>,
    #[serde(default)]
    object: Releases,
    #[serde(default)]
    global: Releases,
    #[serde(default)]
    layer: Releases,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Meant {
    name: String,
    texts: Vec<String>,
}

/// What a layer takes in place of a text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerObject {
    /// Classes below the root of Keras, best first.
    pub callables: Vec<String>,
}

/// The function that sets the float type.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Floatx {
    callables: Vec<String>,
    /// The parameter.
    pub argument: String,
    /// Names of policies, which are no float types.
    pub policies: Vec<String>,
    /// The float type that people take for mixed precision.
    pub narrow: String,
    /// A float type that came later.
    pub later: String,
    later_keras: String,
    /// Functions below the root of Keras that set a policy, best first.
    pub instead: Vec<String>,
    /// The policy that was meant.
    pub policy: String,
}

/// A function that takes a dict and ignores keys that it does not know.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    callables: Vec<String>,
    /// The parameter.
    pub argument: String,
    keys: Vec<Keys>,
    meant: Vec<OptionMeant>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    names: Vec<String>,
    tensorflow: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OptionMeant {
    text: String,
    name: String,
}

/// An environment variable.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    names: Vec<String>,
    tensorflow: Option<String>,
    #[serde(default)]
    values: Vec<String>,
    /// Where only some permitted releases read it, all do what it asks for.
    #[serde(default)]
    pub harmless: bool,
    /// Whose builds read it in any case, as their pins are spelled.
    pub vendor: Option<String>,
    /// Why it has no effect, in a few words.
    pub because: String,
    /// The package before whose import it has to be set.
    pub before: Option<String>,
    /// Calls that do what it was to do, best first.
    #[serde(default)]
    pub instead: Vec<String>,
    /// What to do.
    #[serde(default)]
    pub advice: String,
}

/// The texts, read once.
#[must_use]
pub fn get() -> &'static Texts {
    static TEXTS: OnceLock<Texts> = OnceLock::new();
    TEXTS.get_or_init(|| {
        let text = carried::bytes(packed!("texts.json"));
        serde_json::from_slice(&text).expect("a test reads the file that is compiled in")
    })
}

/// Whether one of some callables, given below the root of Keras, is what a path names.
fn names_one(callables: &[String], path: &str) -> bool {
    below_keras(path).is_some_and(|rest| callables.iter().any(|callable| callable == rest))
}

impl Texts {
    /// Where a path takes the name of a policy. `bases` are the classes that it inherits from.
    #[must_use]
    pub fn policy_place(&self, path: &str, bases: &[&str]) -> Option<&Place> {
        let is_layer = is_among_layers(path);
        self.place.iter().find(|place| match place.kind {
            PolicyKind::Layer => {
                is_layer && bases.iter().any(|base| names_one(&place.callables, base))
            }
            PolicyKind::Global | PolicyKind::Object => names_one(&place.callables, path),
        })
    }

    /// Whether some layer takes the name of a policy by this keyword.
    #[must_use]
    pub fn is_of_layers(&self, keyword: Option<&str>) -> bool {
        let layers = self.place.iter();
        layers
            .filter(|place| place.kind == PolicyKind::Layer)
            .any(|place| keyword == Some(place.argument.as_str()))
    }

    /// The releases that take a name of a policy; nothing where nothing is said of it, as of most plain
    /// dtypes.
    #[must_use]
    pub fn policy(&self, name: &str, kind: PolicyKind) -> Option<Sets> {
        let plain = self.dtypes.plain.iter().any(|dtype| dtype == name);
        let named = |policy: &&Policy| policy.names.iter().any(|known| matches(known, name));
        let known = self.policy.iter().find(named);
        let Some(policy) = known.filter(|_| !plain || kind != PolicyKind::Layer) else {
            return (!plain).then(Sets::default);
        };
        let releases = match kind {
            PolicyKind::Global => &policy.global,
            PolicyKind::Object => &policy.object,
            PolicyKind::Layer => &policy.layer,
        };
        Some(releases.sets())
    }

    /// The name of a policy that a text was to be.
    #[must_use]
    pub fn policy_meant(&self, text: &str) -> Option<&str> {
        let bare = |text: &str| -> String {
            let letters = text.chars().filter(char::is_ascii_alphanumeric);
            letters.map(|c| c.to_ascii_lowercase()).collect()
        };
        let given = bare(text);
        let known = self.policy.iter().flat_map(|policy| &policy.names);
        let dtypes = self.dtypes.plain.iter();
        known
            .chain(dtypes)
            .map(String::as_str)
            .find(|name| *name != text && !name.contains('*') && bare(name) == given)
            .filter(|_| !given.is_empty())
            .or_else(|| {
                let means = |meant: &&Meant| meant.texts.iter().any(|known| bare(known) == given);
                Some(self.meant.iter().find(means)?.name.as_str())
            })
    }

    /// The function at a path that sets the float type.
    #[must_use]
    pub fn floatx(&self, path: &str) -> Option<&Floatx> {
        let found = |floatx: &&Floatx| names_one(&floatx.callables, path);
        self.floatx.iter().find(found)
    }

    /// The function at a path that takes options.
    #[must_use]
    pub fn options(&self, path: &str) -> Option<&Options> {
        let root = ["compat.v1.", "compat.v2.", ""];
        let below = path.strip_prefix("tensorflow.")?;
        let rest = root.iter().find_map(|root| below.strip_prefix(root))?;
        let is_it = |callable: &String| callable.strip_prefix("tensorflow.") == Some(rest);
        let found = |options: &&Options| options.callables.iter().any(is_it);
        self.options.iter().find(found)
    }

    /// What is known of an environment variable.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        let found = |variable: &&Variable| variable.names.iter().any(|known| known == name);
        self.variable.iter().find(found)
    }
}

/// Whether a path lies where Keras has its layers.
#[must_use]
pub fn is_among_layers(path: &str) -> bool {
    below_keras(path).is_some_and(|rest| rest.starts_with("layers."))
}

/// Whether a name is one that a pattern stands for.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut open = false;
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
        open = part.is_empty();
    }
    rest.is_empty() || open
}

impl Sixteen {
    /// The mixed policy that was meant by a dtype of 16 bits.
    #[must_use]
    pub fn meant(&self, dtype: &str) -> Option<&str> {
        match dtype {
            "float16" => Some(&self.float16),
            "bfloat16" => Some(&self.bfloat16),
            _ => None,
        }
    }

    /// The releases that take it.
    #[must_use]
    pub fn sets(&self) -> Sets {
        Sets {
            tensorflow: releases(Package::Tensorflow, &self.tensorflow),
            keras: releases(Package::Keras, &self.keras),
            tf_keras: releases(Package::TfKeras, &self.tf_keras),
        }
    }
}

impl VersionOne {
    /// The TensorFlow releases concerned.
    #[must_use]
    pub fn releases(&self) -> ReleaseSet {
        releases(Package::Tensorflow, &self.releases)
    }
}

impl Floatx {
    /// The releases that take a text; nothing where it is not known.
    #[must_use]
    pub fn taken(&self, text: &str) -> Option<Sets> {
        if self.policies.iter().any(|policy| policy == text) {
            return Some(Sets::default());
        }
        (self.later == text).then(|| Sets {
            keras: releases(Package::Keras, &self.later_keras),
            ..Sets::default()
        })
    }
}

impl Options {
    /// The TensorFlow releases that read a key.
    #[must_use]
    pub fn read(&self, key: &str) -> ReleaseSet {
        let of = |keys: &&Keys| keys.names.iter().any(|name| name == key);
        let found = self.keys.iter().find(of);
        found.map_or(ReleaseSet::EMPTY, |keys| {
            releases(Package::Tensorflow, &keys.tensorflow)
        })
    }

    /// The key that was meant, as far as that is known.
    #[must_use]
    pub fn meant(&self, key: &str) -> Option<&str> {
        let found = self.meant.iter().find(|meant| meant.text == key);
        found.map(|meant| meant.name.as_str())
    }

    /// All keys, sorted.
    #[must_use]
    pub fn all(&self) -> Vec<&str> {
        let names = self.keys.iter().flat_map(|keys| &keys.names);
        let sorted: BTreeMap<&str, ()> = names.map(|name| (name.as_str(), ())).collect();
        sorted.into_keys().collect()
    }
}

impl Variable {
    /// The TensorFlow releases that read it.
    #[must_use]
    pub fn read(&self) -> ReleaseSet {
        self.tensorflow.as_ref().map_or(ReleaseSet::EMPTY, |text| {
            releases(Package::Tensorflow, text)
        })
    }

    /// Whether a value asks for something; nothing stands for a value that is not spelled out.
    #[must_use]
    pub fn asks(&self, value: Option<&str>) -> bool {
        match value {
            Some("" | "0" | "false" | "False" | "off") => false,
            Some(value) => self.values.is_empty() || self.values.iter().any(|known| known == value),
            None => self.values.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::ReleaseTable;

    #[test]
    fn every_entry_can_be_read() {
        let texts = get();
        for policy in &texts.policy {
            for releases in [&policy.object, &policy.global, &policy.layer] {
                let sets = releases.sets();
                for (text, set) in [
                    (&releases.tensorflow, sets.tensorflow),
                    (&releases.keras, sets.keras),
                    (&releases.tf_keras, sets.tf_keras),
                ] {
                    assert_eq!(text.is_none(), set.is_empty(), "{:?}", policy.names);
                }
            }
        }
        assert!(!texts.version_1.releases().is_empty());
        for variable in &texts.variable {
            assert_eq!(variable.tensorflow.is_none(), variable.read().is_empty());
        }
        for options in &texts.options {
            assert!(
                options
                    .all()
                    .iter()
                    .all(|key| !options.read(key).is_empty())
            );
            assert!(
                options
                    .meant
                    .iter()
                    .all(|meant| !options.read(&meant.name).is_empty())
            );
        }
    }

    /// What a release itself answered, by the name, where it was given, and the release.
    #[track_caller]
    fn check(name: &str, kind: PolicyKind, tensorflow: &str, expect: bool) {
        let table = ReleaseTable::of(Package::Tensorflow);
        let release = table
            .releases()
            .iter()
            .position(|r| r.row.version == tensorflow);
        let sets = get().policy(name, kind).expect("no plain dtype");
        let takes = sets.tensorflow.contains(release.expect("a release"));
        assert_eq!(takes, expect, "{name} in {tensorflow}");
    }

    #[test]
    fn the_table_says_what_releases_answered() {
        use PolicyKind::{Global, Layer, Object};
        check("mixed_float16", Object, "1.14.0", false);
        check("mixed_float16", Object, "1.15.5", true);
        check("mixed_float16", Global, "1.15.5", false);
        check("mixed_float16", Global, "2.0.4", true);
        check("mixed_float16", Layer, "2.4.4", false);
        check("mixed_float16", Layer, "2.8.4", true);
        check("infer", Object, "2.2.3", true);
        check("infer", Object, "2.3.4", false);
        check("infer_float32_vars", Object, "1.14.0", true);
        check("infer_with_float32_vars", Object, "1.14.0", false);
        check("float16_with_float32_vars", Global, "2.0.4", true);
        check("float16_with_float32_vars", Global, "2.2.3", false);
        check("MIXED_FLOAT16", Global, "2.15.1", false);
        check("int8_from_float32", Global, "2.15.1", false);
    }

    #[test]
    fn a_name_is_found_by_its_pattern() {
        assert!(matches("int8_from_*", "int8_from_float32"));
        assert!(matches("gptq/*_from_*", "gptq/4/128_from_mixed_bfloat16"));
        assert!(!matches("gptq/*_from_*", "gptq/4"));
        assert!(!matches("mixed_float16", "mixed_float16x"));
    }

    #[test]
    fn what_was_meant_is_told() {
        #[track_caller]
        fn check(text: &str, expect: Option<&str>) {
            assert_eq!(get().policy_meant(text), expect);
        }
        check("MIXED_FLOAT16", Some("mixed_float16"));
        check("mixed-bfloat16", Some("mixed_bfloat16"));
        check("mixed_fp16", Some("mixed_float16"));
        check("bf16", Some("mixed_bfloat16"));
        check("Float16", Some("float16"));
        check("auto", None);
    }
}
