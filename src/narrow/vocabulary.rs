//! What reading asks about names of the API, answered over all releases.

use std::sync::LazyLock;

use crate::api::{self, format::Kind, overlay};
use crate::python::vocabulary::{ApiNames, INSTANCE, members_of_instance};
use crate::text::words::Words;

use super::availability::below;

/// The history as the room `python` asks it.
#[derive(Clone, Copy, Debug)]
pub struct History;

impl ApiNames for History {
    fn is_public(&self, path: &str) -> bool {
        api::lookup(path).is_some()
    }

    fn instance_of(&self, path: &str) -> Option<String> {
        let overlay = overlay::get();
        if let Some(class) = overlay.returned(path) {
            return Some(class.to_owned());
        }
        if path.ends_with(INSTANCE) || members_of_instance(path).is_some() {
            return None;
        }
        // Only classes begin with a capital letter, but for a few functions and old classes.
        let name = path.rsplit('.').next()?;
        if !name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_') {
            return None;
        }
        let is_class =
            |path: &str| api::lookup(path).is_some_and(|symbol| symbol.kind() == Kind::Class);
        let behind = || {
            overlay
                .surfaces
                .iter()
                .filter(|surface| below(path, &surface.prefix))
                .any(|surface| {
                    is_class(&format!(
                        "{}{}",
                        surface.target,
                        &path[surface.prefix.len()..]
                    ))
                })
        };
        (is_class(path) || behind()).then(|| path.to_owned())
    }

    fn is_watched_in(&self, text: &str) -> bool {
        static WORDS: LazyLock<Words> = LazyLock::new(|| Words::new(&overlay::get().watched_in));
        WORDS.any_in(text)
    }

    fn is_final(&self, class: &str) -> bool {
        let overlay = overlay::get();
        overlay::below_keras(class)
            .is_some_and(|name| overlay.finals.iter().any(|known| known == name))
    }

    fn is_watched(&self, method: &str) -> bool {
        overlay::get().watched.iter().any(|known| known == method)
    }

    fn owner_of(&self, method: &str) -> Option<&'static str> {
        overlay::get().owner_of(method)
    }

    fn methods_elsewhere(&self, package: &str) -> Vec<&'static str> {
        let methods = &overlay::get().methods;
        let theirs = methods
            .iter()
            .filter(|known| known.libraries.iter().any(|library| library == package));
        theirs.map(|known| known.name.as_str()).collect()
    }
}
