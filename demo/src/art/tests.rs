use std::collections::{HashMap, HashSet};

use super::*;
use crate::catalogue::lateen;

/// Every picture of the demo shop, and every kind in a few more seeds.
fn pictures() -> Vec<String> {
    let kinds = Motif::ALL.iter().flat_map(|&kind| {
        (0..4).zip([0, 1, 2, 0]).map(move |(seed, view)| picture(kind, Palette::Coral, seed, view))
    });
    lateen().iter().flat_map(crate::catalogue::Sample::pictures).chain(kinds).collect()
}

/// Checks that elements nest and close and that attributes are quoted and not given twice, which is all the
/// XML that these pictures use; answers the attributes' names with their values.
fn attributes(svg: &str) -> Result<Vec<(String, String)>, String> {
    let (mut open, mut found, mut rest) = (Vec::new(), Vec::new(), svg);
    while let Some((text, after)) = rest.split_once('<') {
        if text.contains(['>', '&']) || (open.is_empty() && !text.trim().is_empty()) {
            return Err(format!("stray text {text:?}"));
        }
        let (tag, after) = after.split_once('>').ok_or("a tag does not end")?;
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            let last = open.pop();
            if last != Some(name) {
                return Err(format!("{name} closes {last:?}"));
            }
            continue;
        }
        let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, mut list) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut names = HashSet::new();
        while !list.trim().is_empty() {
            let (key, value) =
                list.trim_start().split_once("=\"").ok_or_else(|| format!("unquoted in {tag}"))?;
            let (value, after) = value.split_once('"').ok_or_else(|| format!("unclosed quote in {tag}"))?;
            if !names.insert(key) {
                return Err(format!("{key} twice in {tag}"));
            }
            found.push((key.to_owned(), value.to_owned()));
            list = after;
        }
        if !empty {
            open.push(name);
        }
    }
    if open.is_empty() && rest.is_empty() { Ok(found) } else { Err(format!("left open: {open:?}")) }
}

#[test]
fn pictures_are_well_formed() {
    for svg in pictures() {
        assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
        let found = attributes(&svg).unwrap_or_else(|why| panic!("{why} in {svg}"));
        for (key, value) in found {
            assert!(!value.contains("NaN") && !value.contains("inf"), "{key}={value}");
        }
    }
}

#[test]
fn the_check_finds_what_is_malformed() {
    for bad in ["<a><b></a></b>", "<a", "<a x=1/>", "<a x=\"1\" x=\"2\"/>", "<a>&</a>", "<a>"] {
        assert!(attributes(bad).is_err(), "{bad}");
    }
}

#[test]
fn pictures_stand_alone_and_can_be_inlined() {
    for svg in pictures() {
        let names: HashSet<String> = attributes(&svg).unwrap().into_iter().map(|(key, _)| key).collect();
        for banned in ["id", "href", "xlink:href", "style", "class", "onload"] {
            assert!(!names.contains(banned), "{banned}");
        }
        assert!(!svg.contains("<script") && !svg.contains("url("), "no script, no reference");
        assert_eq!(svg.matches("<title>").count(), 1);
    }
}

#[test]
fn the_same_choice_gives_the_same_bytes() {
    assert_eq!(pictures(), pictures());
}

#[test]
fn no_two_pictures_of_the_demo_shop_are_the_same() {
    let mut seen = HashMap::new();
    for sample in lateen() {
        for svg in sample.pictures() {
            if let Some(other) = seen.insert(svg, sample.title.clone()) {
                panic!("{} looks like {other}", sample.title);
            }
        }
    }
}

#[test]
fn two_of_a_kind_differ_in_more_than_their_colour() {
    for &kind in Motif::ALL {
        let shapes = |seed| {
            let mut easel = Easel::new(seed, Palette::Sea.tones());
            kind.draw(&mut easel);
            let mut out = String::new();
            easel.write(&shape::Place { scale: 1.0, turn: 0.0, to: (0.0, 0.0) }, &mut out);
            let outlines = attributes(&out).unwrap().into_iter().filter(|(key, _)| key == "d");
            outlines.map(|(_, path)| path).collect()
        };
        let distinct: HashSet<Vec<String>> = (0..6).map(shapes).collect();
        assert_eq!(distinct.len(), 6, "{kind:?}");
    }
}

#[test]
fn pictures_are_small() {
    let sizes: Vec<usize> =
        lateen().iter().flat_map(crate::catalogue::Sample::pictures).map(|svg| svg.len()).collect();
    let mean = sizes.iter().sum::<usize>() / sizes.len();
    assert!(mean < 4_000, "{mean} bytes on average");
    assert!(sizes.iter().all(|&size| size < 9_000), "{:?} at most", sizes.iter().max());
}

#[test]
fn what_stands_beside_a_thing_stands_on_the_table() {
    for &kind in Motif::ALL {
        let mut easel = Easel::new(1, Palette::Sea.tones());
        kind.friend().draw(&mut easel);
        assert!(!easel.hung, "{:?} beside {kind:?}", kind.friend());
        assert_ne!(kind, kind.friend());
    }
}
