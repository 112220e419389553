//! What a policy was told of the scaling of the loss, said where releases hear it now.

use crate::finding::{Change, Repair};
use crate::narrow::arguments::{Fault, Refusal};
use crate::python::uses::{Call, Given};
use crate::python::vocabulary::INSTANCE;
use crate::rule::Subject;

use super::ways::{plain_argument, takes};

/// The parameter of `compile` that turns scaling off.
const SCALES: &str = "auto_scale_loss";

/// `Policy("mixed_float16", loss_scale=None)` where `compile` decides: the argument goes, and every
/// `compile` of the file is told. Other files may compile too, so that it is asked for.
pub(super) fn unscaled(subject: &Subject<'_>, call: &Call, refusal: &Refusal) -> Option<Repair> {
    let Fault::Known(index, keyword) = &refusal.fault else {
        return None;
    };
    let (first, argument) = (call.arguments.first()?, call.arguments.get(*index)?);
    let is_mixed = matches!(&first.given, Given::Text(name) if &**name == "mixed_float16");
    if keyword.name != "loss_scale"
        || !subject.used.path.ends_with("mixed_precision.Policy")
        || !is_mixed
        || argument.given != Given::Nothing
    {
        return None;
    }
    let uses = subject.uses;
    let mut changes = vec![Change::Drop {
        call: call.span,
        argument: argument.span,
    }];
    for method in uses.methods.iter().filter(|one| &*one.name == "compile") {
        let compile = &uses.calls[method.call as usize];
        let path = format!("{}.{INSTANCE}.compile", method.object.as_ref()?);
        let mut told = compile.clone();
        told.arguments
            .change(|all| all.push(plain_argument(Some(SCALES))));
        let says = compile.keywords().any(|keyword| keyword == SCALES);
        if says || compile.is_open() || !takes(subject.judge, uses, subject.used, &path, &told) {
            return None;
        }
        changes.push(Change::Add {
            call: compile.span,
            text: format!("{SCALES}=False"),
        });
    }
    let title = "turn scaling off where the model is compiled";
    (changes.len() > 1).then(|| Repair::on_request(title, changes))
}
