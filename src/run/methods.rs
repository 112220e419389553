//! Methods that tell by their name alone whose they are: of which of them this does not hold in a
//! project.

use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};

use crate::api::overlay;
use crate::discover::{Disk, MAX_SOURCE};
use crate::maps::FastSet;
use crate::narrow;
use crate::python;

use super::Code;

/// Methods whose names tell nothing here: something of the project bears such a name, or it uses a
/// class of another library that has it.
pub(super) fn ambiguous(disk: &Disk, code: &Code) -> FastSet<&'static str> {
    let uses = || code.readings.iter().flat_map(|reading| &reading.uses.uses);
    let called: FastSet<&str> = uses()
        .filter(|used| used.by_name)
        .filter_map(|used| used.path.rsplit('.').next())
        .collect();
    if called.is_empty() {
        return FastSet::default();
    }
    let methods = &overlay::get().methods;
    let mut open: Vec<&'static str> = Vec::new();
    let mut ambiguous: FastSet<&'static str> = FastSet::default();
    for method in methods.iter().filter(|one| called.contains(&*one.name)) {
        let defined = code
            .readings
            .iter()
            .any(|reading| reading.defines.contains(&method.name));
        let elsewhere = |prefix: &String| uses().any(|used| narrow::below(&used.path, prefix));
        if defined || method.unless.iter().any(elsewhere) {
            ambiguous.insert(&method.name);
        } else {
            open.push(&method.name);
        }
    }
    if open.is_empty() {
        return ambiguous;
    }
    // A base class that knows nothing of the API was not read.
    let found: Vec<&'static str> = code
        .others
        .par_iter()
        .filter_map(|path| disk.bytes(path, MAX_SOURCE).ok())
        .flat_map_iter(|bytes| {
            let binds = |name: &&&'static str| python::binds(&bytes, name);
            open.iter().filter(binds).copied().collect::<Vec<_>>()
        })
        .collect();
    ambiguous.extend(found);
    ambiguous
}
