//! `setup.cfg`, as [setuptools](https://setuptools.pypa.io/en/latest/userguide/declarative_config.html)
//! reads it.
//!
//! Supported: `install_requires`, `[options.extras_require]`, `python_requires`, `file:` with
//! requirements files, the old keys of pbr and distutils2 (`requires-dist`). Not supported: `attr:`.

use std::sync::Arc;

use super::marker::Pythons;
use super::sheet::Sheet;
use super::{Ctx, Found, Role, ini, install};
use crate::text::SourceFile;

/// The pins of a `setup.cfg`.
pub(crate) fn read(file: &Arc<SourceFile>, ctx: Ctx<'_>) -> Found {
    let mut sheet = Sheet::new(file);
    for line in ini::lines(&file.text) {
        if (line.section, line.key) == ("options", "python_requires")
            && let Ok(pythons) = Pythons::parse(line.text)
        {
            let shown = format!("python_requires = {}", line.text.trim());
            sheet.runs_on(pythons, shown, line.at.clone());
        }
        let group = match (line.section, line.key) {
            ("options", "install_requires" | "requires") | ("metadata", "requires-dist") => "",
            ("options.extras_require" | "extras", extra) => extra,
            _ => continue,
        };
        if let Some(files) = line.text.strip_prefix("file:") {
            for name in files.split(',') {
                install::include(name.trim(), Role::Requirement, &mut sheet, ctx);
            }
        } else {
            sheet.plain(line.text, line.at, group);
        }
    }
    sheet.finish()
}
