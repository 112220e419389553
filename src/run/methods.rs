//! Methods that tell by their name alone whose they are: of which of them this does not hold in a
//! project.

use std::sync::LazyLock;

use crate::api::overlay;
use crate::maps::FastSet;
use crate::narrow;
use crate::python;
use crate::text::words::Words;

use super::Code;

/// Which of these methods, by their number, a file binds that is not read: a base class that knows
/// nothing of the API may have one.
pub(super) fn bound_in(bytes: &[u8]) -> Vec<u16> {
    static NAMES: LazyLock<Words> =
        LazyLock::new(|| Words::new(overlay::get().methods.iter().map(|one| &*one.name)));
    if !NAMES.any_in(bytes) {
        return Vec::new();
    }
    let methods = (0..).zip(&overlay::get().methods);
    methods
        .filter(|(_, method)| python::binds(bytes, &method.name))
        .map(|(number, _)| number)
        .collect()
}

/// Methods whose names tell nothing here: something of the project bears such a name, or it uses a
/// class of another library that has it.
pub(super) fn ambiguous(code: &Code) -> FastSet<&'static str> {
    let uses = || code.readings.iter().flat_map(|reading| &reading.uses.uses);
    let called: FastSet<&str> = uses()
        .filter(|used| used.by_name)
        .filter_map(|used| used.path.rsplit('.').next())
        .collect();
    let methods = (0..).zip(&overlay::get().methods);
    methods
        .filter(|(_, method)| called.contains(&*method.name))
        .filter(|(number, method)| {
            let elsewhere = |prefix: &String| uses().any(|used| narrow::below(&used.path, prefix));
            let mut readings = code.readings.iter();
            code.bound.contains(number)
                || readings.any(|reading| reading.defines.contains(&method.name))
                || method.unless.iter().any(elsewhere)
        })
        .map(|(_, method)| method.name.as_str())
        .collect()
}
