//! Descriptions as HTML. Of Markdown it knows what they use: paragraphs, lists, tables and code between backticks.

use crate::theme::push_escaped;

/// Empty lines separate blocks. A block whose lines begin with `- ` is a list, with `|` a table.
pub(crate) fn html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() * 2);
    for block in text.split("\n\n").map(str::trim).filter(|block| !block.is_empty()) {
        if block.starts_with('|') {
            table(&mut html, block);
        } else if block.starts_with("- ") {
            list(&mut html, block);
        } else {
            wrapped(&mut html, "p", block);
            html.push('\n');
        }
    }
    html
}

/// The text as one line with its code.
pub(crate) fn line(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 16);
    push(&mut html, &text.split_whitespace().collect::<Vec<_>>().join(" "));
    html
}

/// A text line that begins no item belongs to the item before it.
fn list(html: &mut String, block: &str) {
    html.push_str("<ul>");
    let block = format!("\n{block}");
    for item in block.split("\n- ").skip(1) {
        wrapped(html, "li", item);
    }
    html.push_str("</ul>\n");
}

/// The first row is the head; the row of dashes below it is left out. The frame scrolls, by keyboard too.
fn table(html: &mut String, block: &str) {
    html.push_str("<div class=\"scroll\" role=\"group\" aria-label=\"Table\" tabindex=\"0\"><table>");
    let rows = block.lines().filter(|row| !row.starts_with("|-"));
    for (index, row) in rows.enumerate() {
        let cell = if index == 0 { "th" } else { "td" };
        html.push_str("<tr>");
        for words in row.trim().trim_matches('|').split('|') {
            wrapped(html, cell, words.trim());
        }
        html.push_str("</tr>");
    }
    html.push_str("</table></div>\n");
}

fn wrapped(html: &mut String, element: &str, words: &str) {
    html.push('<');
    html.push_str(element);
    html.push('>');
    push(html, words);
    html.push_str("</");
    html.push_str(element);
    html.push('>');
}

fn push(html: &mut String, words: &str) {
    for (index, piece) in words.split('`').enumerate() {
        let code = index % 2 == 1;
        html.push_str(if code { "<code>" } else { "" });
        push_escaped(html, piece);
        html.push_str(if code { "</code>" } else { "" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_wraps_is_escaped() {
        assert_eq!(
            html("Salt & <b>pepper</b>\n\nUse `a < b`."),
            "<p>Salt &amp; &lt;b&gt;pepper&lt;/b&gt;</p>\n<p>Use <code>a &lt; b</code>.</p>\n"
        );
        assert_eq!(line("Use `a <\nb`."), "Use <code>a &lt; b</code>.");
    }

    #[test]
    fn lists_and_tables_are_lists_and_tables() {
        assert_eq!(
            html("- one `1`\n  goes on\n- two\n\n| code | means |\n|---|---|\n| busy | wait |"),
            "<ul><li>one <code>1</code>\n  goes on</li><li>two</li></ul>\n\
             <div class=\"scroll\" role=\"group\" aria-label=\"Table\" tabindex=\"0\">\
             <table><tr><th>code</th><th>means</th></tr><tr><td>busy</td><td>wait</td></tr></table></div>\n"
        );
    }
}
