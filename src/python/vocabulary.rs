//! What reading asks about names of the API. This room knows no releases: whoever reads answers
//! from the history, over all of them.

/// The part of a path that stands for an instance of the class before it:
/// `tensorflow.keras.optimizers.Adam.().minimize`. No name of Python looks like it.
pub const INSTANCE: &str = "()";

/// Answers about names of the API, over all releases.
pub trait ApiNames: Sync {
    /// Whether a path such as `tensorflow.keras.layers.Dense` is public: only such names can come
    /// from `from tensorflow.keras.layers import *`.
    fn is_public(&self, path: &str) -> bool;

    /// The class of what calling a path gives; nothing where that is not known, so that nothing is
    /// said of its members.
    fn instance_of(&self, path: &str) -> Option<String> {
        let _ = path;
        None
    }

    /// The class that a method of this name belongs to, whatever it is called on; nothing for all
    /// names that other libraries may have too.
    fn owner_of(&self, method: &str) -> Option<&'static str> {
        let _ = method;
        None
    }

    /// Methods of such names that the classes of another package have too, by the name that imports it.
    fn methods_elsewhere(&self, package: &str) -> Vec<&'static str> {
        let _ = package;
        Vec::new()
    }

    /// Whether what is said to be an instance of a class is one of this class, and of none that
    /// inherits from it.
    fn is_final(&self, class: &str) -> bool {
        let _ = class;
        false
    }

    /// Whether a file names what makes rules look at all of it together.
    fn is_watched_in(&self, text: &str) -> bool {
        let _ = text;
        false
    }

    /// Whether they want to know of every call of a method of this name there.
    fn is_watched(&self, method: &str) -> bool {
        let _ = method;
        false
    }
}

/// Nothing is known of classes.
impl<F: Fn(&str) -> bool + Sync> ApiNames for F {
    fn is_public(&self, path: &str) -> bool {
        self(path)
    }
}

/// Whether a path leads to an instance itself, not to a member of it.
pub(crate) fn is_instance(path: &str) -> bool {
    path.strip_suffix(INSTANCE)
        .is_some_and(|class| class.ends_with('.'))
}

/// The part of a path that names members of an instance: `a.b.().c.d` gives `c.d`.
#[must_use]
pub fn members_of_instance(path: &str) -> Option<&str> {
    // No other name has a bracket, and most paths lead to no instance.
    let bracket = memchr::memchr(b'(', path.as_bytes())?;
    path[bracket..]
        .strip_prefix("().")
        .filter(|_| path[..bracket].ends_with('.'))
}
