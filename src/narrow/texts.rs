//! From a text in a call to the releases that do not take it as it is meant: names of policies, the
//! float type of Keras, keys of options. The releases stand in `data/texts.toml`.

use crate::api;
use crate::api::overlay::Sets;
use crate::api::texts::{self, Floatx, Options, Place, PolicyKind};
use crate::python::uses::{Argument, Call, Given, Key};
use crate::python::vocabulary::members_of_instance;
use crate::release::ReleaseSet;

use super::Raised;
use super::arguments::nowhere;
use super::availability::Availability;

/// What is wrong with a text.
#[derive(Clone, Debug)]
pub enum TextFault {
    /// Some releases have no policy of this name.
    Policy {
        /// What it was to name.
        kind: PolicyKind,
        /// The text; `None` stands for Python's.
        name: String,
        /// Some releases take it only with 2.x behaviour.
        version_1: bool,
    },
    /// A dtype of 16 bits as the policy of everything: nothing raises.
    Sixteen {
        /// The text.
        name: String,
    },
    /// The float type of Keras is set to something that some releases refuse.
    FloatxRefused {
        /// The text.
        name: String,
        /// What is known of the function.
        floatx: &'static Floatx,
    },
    /// The float type of Keras is set to 16 bits: nothing raises.
    FloatxNarrow {
        /// What is known of the function.
        floatx: &'static Floatx,
    },
    /// Some releases ignore a key of a dict of options.
    Option {
        /// The key.
        key: Key,
        /// What is known of the function.
        options: &'static Options,
    },
}

/// A text that some releases do not take as it is meant.
#[derive(Clone, Debug)]
pub struct TextRefusal {
    /// What is wrong.
    pub fault: TextFault,
    /// The argument it stands in: an index into the call's.
    pub argument: usize,
    /// Where: its `absent` releases are those concerned.
    pub found: Availability,
}

impl TextRefusal {
    /// What the releases may raise, one after the other.
    #[must_use]
    pub fn raised(&self) -> &'static [Raised] {
        match &self.fault {
            TextFault::Policy {
                kind: PolicyKind::Layer,
                ..
            } => &[Raised::Type, Raised::Value],
            TextFault::Policy { .. } | TextFault::FloatxRefused { .. } => &[Raised::Value],
            TextFault::Sixteen { .. }
            | TextFault::FloatxNarrow { .. }
            | TextFault::Option { .. } => &[Raised::Nothing],
        }
    }
}

/// What a callable takes a text for.
#[derive(Clone, Copy, Debug)]
pub enum Role {
    /// Keys of a dict of options.
    Options(&'static Options),
    /// The float type of Keras.
    Floatx(&'static Floatx),
    /// The name of a policy.
    Policy(&'static Place),
}

impl Role {
    /// What is known of the callable at a path.
    #[must_use]
    pub fn of(path: &str, found: &Availability) -> Option<Self> {
        if members_of_instance(path).is_some() {
            return None;
        }
        let texts = texts::get();
        if let Some(options) = texts.options(path) {
            return Some(Self::Options(options));
        }
        if let Some(floatx) = texts.floatx(path) {
            return Some(Self::Floatx(floatx));
        }
        let mut bases = Vec::new();
        if texts::is_among_layers(path) {
            let behind = found.keras.as_ref().map(|part| part.path.as_str());
            bases = api::ancestors(path);
            bases.extend(behind.into_iter().flat_map(api::ancestors));
        }
        texts.policy_place(path, &bases).map(Self::Policy)
    }
}

impl Role {
    /// Whether a call gives what the callable takes the text for.
    #[must_use]
    pub fn is_given(self, call: &Call) -> bool {
        let (argument, by_position) = match self {
            Self::Options(options) => (&options.argument, true),
            Self::Floatx(floatx) => (&floatx.argument, true),
            Self::Policy(place) => (&place.argument, place.kind != PolicyKind::Layer),
        };
        argument_of(call, argument, by_position).is_some()
    }
}

/// What some release, permitted or not, has against the texts of a call. `version_2` says that the
/// project switches 2.x behaviour on somewhere.
#[must_use]
pub fn refusals(
    role: Role,
    call: &Call,
    found: &Availability,
    version_2: bool,
) -> Vec<TextRefusal> {
    match role {
        Role::Options(options) => of_options(options, call, found),
        Role::Floatx(floatx) => of_floatx(floatx, call, found).into_iter().collect(),
        Role::Policy(place) => {
            let by_position = place.kind != PolicyKind::Layer;
            argument_of(call, &place.argument, by_position)
                .and_then(|index| of_policy(place.kind, call, index, found, version_2))
                .into_iter()
                .collect()
        }
    }
}

fn of_policy(
    kind: PolicyKind,
    call: &Call,
    argument: usize,
    found: &Availability,
    version_2: bool,
) -> Option<TextRefusal> {
    let texts = texts::get();
    let name = match &call.arguments[argument].given {
        Given::Text(text) => text.to_string(),
        Given::Nothing if kind == PolicyKind::Global => "None".to_owned(),
        _ => return None,
    };
    let refusal = |fault, sets| TextRefusal {
        fault,
        argument,
        found: concerning(found, sets),
    };
    if kind == PolicyKind::Global && texts.sixteen.meant(&name).is_some() {
        return Some(refusal(TextFault::Sixteen { name }, texts.sixteen.sets()));
    }
    let mut taken = texts.policy(&name, kind)?;
    let first = texts.version_1.releases();
    let mut version_1 = false;
    if kind == PolicyKind::Global {
        let object = texts.policy(&name, PolicyKind::Object)?;
        let with_switch = (object.tensorflow & first) - taken.tensorflow;
        if version_2 {
            taken.tensorflow = taken.tensorflow | with_switch;
        } else {
            version_1 = !with_switch.is_empty();
        }
    }
    let fault = TextFault::Policy {
        kind,
        name,
        version_1,
    };
    Some(refusal(fault, all_but(taken)))
}

fn of_floatx(floatx: &'static Floatx, call: &Call, found: &Availability) -> Option<TextRefusal> {
    let argument = argument_of(call, &floatx.argument, true)?;
    let Given::Text(text) = &call.arguments[argument].given else {
        return None;
    };
    let (fault, sets) = if **text == *floatx.narrow {
        (TextFault::FloatxNarrow { floatx }, all_but(Sets::default()))
    } else {
        let name = text.to_string();
        let taken = floatx.taken(&name)?;
        (TextFault::FloatxRefused { name, floatx }, all_but(taken))
    };
    Some(TextRefusal {
        fault,
        argument,
        found: concerning(found, sets),
    })
}

fn of_options(options: &'static Options, call: &Call, found: &Availability) -> Vec<TextRefusal> {
    let Some(argument) = argument_of(call, &options.argument, true) else {
        return Vec::new();
    };
    let Given::Keys(keys) = &call.arguments[argument].given else {
        return Vec::new();
    };
    let refusals = keys.iter().map(|key| {
        let read = Sets {
            tensorflow: options.read(&key.name),
            ..Sets::default()
        };
        TextRefusal {
            fault: TextFault::Option {
                key: key.clone(),
                options,
            },
            argument,
            found: concerning(found, all_but(read)),
        }
    });
    refusals.collect()
}

/// The argument of a name, or the first of a call where that may be given by position.
fn argument_of(call: &Call, name: &str, by_position: bool) -> Option<usize> {
    let named = |argument: &Argument| argument.keyword.as_deref() == Some(name);
    call.arguments.iter().position(named).or_else(|| {
        let first = call.arguments.first().filter(|_| by_position)?;
        let plain = !matches!(first.given, Given::Unpacked | Given::UnpackedKeywords);
        (first.keyword.is_none() && plain).then_some(0)
    })
}

/// All releases but some.
fn all_but(sets: Sets) -> Sets {
    let all = ReleaseSet::from_words([u64::MAX; 4]);
    Sets {
        tensorflow: all - sets.tensorflow,
        keras: all - sets.keras,
        tf_keras: all - sets.tf_keras,
    }
}

/// The same path, with some releases in the place of those that lack it.
fn concerning(found: &Availability, sets: Sets) -> Availability {
    let mut found = nowhere(found);
    found.absent = sets.of(found.package);
    if let Some(part) = &mut found.keras {
        part.absent = sets.keras;
    }
    if let Some(part) = &mut found.legacy {
        part.absent = sets.tf_keras;
    }
    found
}
