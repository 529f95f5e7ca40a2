//! Which SVG texts are pictures and nothing else.
//!
//! A browser that opens an SVG file runs what is in it, and fetches what it names. So only elements that draw are let in,
//! by name; styles are given as attributes; and a reference may only point into the file itself.

use roxmltree::{Attribute, Document, Node, NodeType};

const SVG: &str = "http://www.w3.org/2000/svg";
const XLINK: &str = "http://www.w3.org/1999/xlink";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// In bytes.
const MAX_SIZE: usize = 64 << 10;

const ELEMENTS: &[&str] = &[
    "svg",
    "g",
    "defs",
    "symbol",
    "use",
    "title",
    "desc",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "textPath",
    "linearGradient",
    "radialGradient",
    "stop",
    "clipPath",
    "mask",
    "pattern",
    "marker",
    "filter",
    "feBlend",
    "feColorMatrix",
    "feComponentTransfer",
    "feComposite",
    "feConvolveMatrix",
    "feDiffuseLighting",
    "feDisplacementMap",
    "feDistantLight",
    "feDropShadow",
    "feFlood",
    "feFuncA",
    "feFuncB",
    "feFuncG",
    "feFuncR",
    "feGaussianBlur",
    "feMerge",
    "feMergeNode",
    "feMorphology",
    "feOffset",
    "fePointLight",
    "feSpecularLighting",
    "feSpotLight",
    "feTile",
    "feTurbulence",
];

/// Says why `text` is not let in.
pub(crate) fn check(text: &str) -> Result<(), String> {
    if text.len() > MAX_SIZE {
        return Err(format!("expected at most {} KiB", MAX_SIZE >> 10));
    }
    // Document type declarations, and with them entities, are refused by the parser.
    let document = Document::parse(text).map_err(|error| format!("expected an SVG document: {error}"))?;
    if !document.root_element().has_tag_name((SVG, "svg")) {
        return Err(format!("expected an svg element with xmlns=\"{SVG}\" at the root"));
    }
    for node in document.descendants() {
        check_node(node)
            .map_err(|reason| format!("line {}: {reason}", document.text_pos_at(node.range().start).row))?;
    }
    Ok(())
}

/// Width and height of a picture that was found valid, rounded to pixels; `None` if it does not say them.
pub(crate) fn size(text: &str) -> Option<(u32, u32)> {
    let document = Document::parse(text).ok()?;
    let root = document.root_element();
    let length = |name: &str| {
        let value = root.attribute(name)?;
        value.strip_suffix("px").unwrap_or(value).trim().parse::<f64>().ok()
    };
    let numbers = |text: &str| -> Option<(f64, f64)> {
        let mut numbers = text.split([' ', ',', '\t', '\n', '\r']).filter(|part| !part.is_empty()).skip(2);
        Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
    };
    let said = length("width").zip(length("height"));
    let (width, height) = said.or_else(|| root.attribute("viewBox").and_then(numbers))?;
    let pixels = |side: f64| {
        let side = side.round();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
        (1.0..=99_999.0).contains(&side).then_some(side as u32)
    };
    pixels(width).zip(pixels(height))
}

fn check_node(node: Node<'_, '_>) -> Result<(), String> {
    match node.node_type() {
        NodeType::Root | NodeType::Comment | NodeType::Text => Ok(()),
        NodeType::PI => Err("processing instructions are not let in".to_owned()),
        NodeType::Element => {
            let name = node.tag_name();
            if name.namespace() != Some(SVG) || !ELEMENTS.contains(&name.name()) {
                return Err(format!("the element {} is not let in", name.name()));
            }
            node.attributes().try_for_each(|attribute| check_attribute(&attribute))
        }
    }
}

fn check_attribute(attribute: &Attribute<'_, '_>) -> Result<(), String> {
    let (name, value) = (attribute.name(), attribute.value());
    let is_reference = match attribute.namespace() {
        None if is_prefix(name, "on") => return Err(format!("the event handler {name} is not let in")),
        None if name == "style" => return Err("styles are let in as attributes of their own only".to_owned()),
        None | Some(XLINK) => name == "href",
        Some(XML) if matches!(name, "space" | "lang") => false,
        Some(_) => return Err(format!("the attribute {name} is not let in")),
    };
    if is_reference && !value.starts_with('#') {
        return Err(format!("{name} may only point into the file itself, as #name does"));
    }
    // A backslash could hide a function's name from us, though not from a browser.
    if value.contains('\\') || !urls_point_inside(value) {
        return Err(format!("{name} may only point into the file itself, as url(#name) does"));
    }
    Ok(())
}

fn is_prefix(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn urls_point_inside(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    value.split("url(").skip(1).all(|target| target.trim_start_matches([' ', '"', '\'']).starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(inside: &str) -> String {
        format!("<svg xmlns='{SVG}' xmlns:xlink='{XLINK}'>{inside}</svg>")
    }

    #[test]
    fn pictures_are_let_in() {
        let full = "<?xml version='1.0' encoding='UTF-8'?><!-- drawn by hand -->
            <svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8' role='img' xml:lang='hi'>
              <title>केतली &amp; cup</title>
              <defs><linearGradient id='sand'><stop offset='0' stop-color='#fed'/></linearGradient></defs>
              <g fill='url(#sand)' stroke=\"url( '#sand' )\"><path id='p' d='M0 0h8'/><use href='#p'/></g>
            </svg>";
        assert_eq!(check(full), Ok(()));
        assert_eq!(check(&around("<use xlink:href='#p'/>")), Ok(()));
    }

    #[test]
    fn what_runs_or_fetches_is_not() {
        for inside in [
            "<script>alert(1)</script>",
            "<SCRIPT/>",
            "<h:script xmlns:h='http://www.w3.org/1999/xhtml'>alert(1)</h:script>",
            "<foreignObject/>",
            "<image href='#p'/>",
            "<a href='javascript:alert(1)'><path/></a>",
            "<animate attributeName='href' values='javascript:alert(1)'/>",
            "<style>@import 'https://example.org/a.css'</style>",
            "<path onload='alert(1)'/>",
            "<path ONclick='alert(1)'/>",
            "<use href='https://example.org/a.svg#p'/>",
            "<use xlink:href='other.svg#p'/>",
            "<use href='&#106;avascript:alert(1)'/>",
            "<path fill='url(https://example.org/a)'/>",
            "<path fill='URL(\"//example.org/a\")'/>",
            "<path fill='url(#a) url(b)'/>",
            "<path fill='\\75rl(https://example.org/a)'/>",
            "<path style='fill:red'/>",
            "<g xml:base='https://example.org/'/>",
            "<?xml-stylesheet href='https://example.org/a.css'?>",
            "<g>",
            "\u{0}",
        ] {
            assert!(check(&around(inside)).is_err(), "{inside}");
        }
    }

    #[test]
    fn what_is_no_svg_is_not() {
        let entity = "<!DOCTYPE svg [<!ENTITY a 'b'>]><svg xmlns='http://www.w3.org/2000/svg'>&a;</svg>";
        let mut large = around("");
        large.push_str(&" ".repeat(MAX_SIZE));
        for text in ["", "a kettle", "<svg/>", "<html xmlns='http://www.w3.org/1999/xhtml'/>", entity, &large]
        {
            assert!(check(text).is_err(), "{text}");
        }
    }

    #[test]
    fn its_size_is_what_it_says() {
        for (attributes, said) in [
            ("", None),
            ("viewBox='0 0 800 600'", Some((800, 600))),
            ("viewBox='-10,-10, 99.6 50'", Some((100, 50))),
            ("width='300' height='200px' viewBox='0 0 3 2'", Some((300, 200))),
            ("width='100%' height='100%' viewBox='0 0 3 2'", Some((3, 2))),
            ("width='100%'", None),
            ("viewBox='0 0 0 9'", None),
            ("viewBox='0 0 NaN 9'", None),
            ("viewBox='0 0 1e9 9'", None),
        ] {
            let text = format!("<svg xmlns='{SVG}' {attributes}/>");
            assert_eq!((check(&text), size(&text)), (Ok(()), said), "{attributes}");
        }
    }

    #[test]
    fn the_line_is_named() {
        let refused = check(&around("\n<path/>\n<script/>"));
        assert_eq!(refused, Err("line 3: the element script is not let in".to_owned()));
    }

    #[test]
    fn depth_does_no_harm() {
        let deep = around(&format!("{}{}", "<g>".repeat(9_000), "</g>".repeat(9_000)));
        assert!(deep.len() < MAX_SIZE);
        // Whatever the answer, there is one.
        let _ = check(&deep);
    }
}
