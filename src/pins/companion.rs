//! Packages beside TensorFlow that work with some of its releases only.

use std::sync::Arc;

use pep508_rs::MarkerTree;

use super::distribution::normalize;
use super::requirement::{self, Request};
use super::{Place, Role, marker};
use crate::finding::{Location, PinLine};
use crate::release::companions::{self, Limit};

/// A line that installs a companion of TensorFlow.
#[derive(Clone, Debug)]
pub struct Companion {
    /// Its name, normalised.
    pub name: String,
    /// With what every version works that the line permits.
    pub limit: Limit,
    /// When it holds.
    pub marker: MarkerTree,
    /// The extra or group it belongs to; `""` for none.
    pub group: String,
    /// The line.
    pub line: PinLine,
}

/// Whether a distribution is a companion.
pub(super) fn is_known(name: &str) -> bool {
    companions::is_known(&normalize(name))
}

/// Takes a statement of the requirement grammar, where it names a companion that has a limit.
pub(super) fn take(text: &str, shown: &str, place: &Place<'_>) -> Option<Companion> {
    let read = requirement::parse(text.trim()).ok()?;
    let name = normalize(&read.name);
    let Request::Specifiers(all) = &read.request else {
        return None;
    };
    if place.role != Role::Requirement {
        return None;
    }
    Some(Companion {
        limit: companions::limit(&name, all)?,
        marker: marker::parse(&read.marker).ok()?,
        group: place.group.to_owned(),
        line: PinLine {
            location: Some(Location {
                file: Arc::clone(place.file),
                span: place.span,
            }),
            text: PinLine::quoted(shown.trim()),
        },
        name,
    })
}
