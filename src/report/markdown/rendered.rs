//! Markdown as GitHub renders it, for tests.

use comrak::{Options, markdown_to_html};

/// HTML as GitHub makes it of Markdown, raw HTML kept where it would be.
pub(crate) fn render(markdown: &str) -> String {
    let mut options = Options::default();
    let on = &mut options.extension;
    on.table = true;
    on.autolink = true;
    on.strikethrough = true;
    on.tasklist = true;
    on.footnotes = true;
    on.alerts = true;
    on.math_dollars = true;
    on.math_code = true;
    options.render.r#unsafe = true;
    markdown_to_html(markdown, &options)
}
