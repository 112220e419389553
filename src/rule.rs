//! What every rule has in common: its name card.

use crate::finding::Level;
use crate::names::RuleId;

/// The name card of a rule. Everything that is listed anywhere (SARIF rules, `tfmp rules`, docs)
/// derives from it and from the rule's page.
#[derive(Clone, Copy, Debug)]
pub struct RuleMeta {
    /// Stable id, such as `TFMP001`.
    pub id: RuleId,
    /// Kebab-case name, such as `api-too-new`.
    pub name: &'static str,
    /// The level where nothing softens it.
    pub level: Level,
    /// One sentence: what fires it.
    pub summary: &'static str,
    /// The rule's page (`src/rules/<name>.md`): documentation, SARIF help, and an executed test.
    pub page: &'static str,
}
