//! Writes one HTML page with many pictures side by side, to look at them as a series.
//!
//! `cargo run -p demo --example contact_sheet -- kinds > sheet.html` shows every kind in several seeds (a word after
//! `kinds` keeps the kinds that hold it); `-- demo` shows the demo shop's products in all their views.

use std::io::Write;

use demo::art::{Motif, Palette, VIEWS, picture};
use demo::catalogue::lateen;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_else(|| "demo".to_owned());
    let filter = arguments.next().unwrap_or_default();
    let figures = if what == "kinds" { kinds(&filter) } else { products(&filter) };
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "<!doctype html><meta charset=utf-8><style>body{{margin:16px;background:#FBF9F4;display:grid;gap:12px;\
         grid-template-columns:repeat(6,1fr)}}svg{{width:100%;height:auto;border-radius:10px;display:block}}</style>"
    )?;
    for figure in figures {
        writeln!(out, "<div>{figure}</div>")?;
    }
    Ok(())
}

/// Each kind in four seeds front on, then a close-up and a pair.
fn kinds(filter: &str) -> Vec<String> {
    let wanted = |name: &str| filter.is_empty() || filter.split(',').any(|word| word == name);
    let kinds = Motif::ALL.iter().copied().filter(|kind| wanted(&format!("{kind:?}")));
    kinds
        .enumerate()
        .flat_map(|(row, kind)| {
            let palettes = Palette::ALL.iter().copied().cycle().skip(row * 5 % 12);
            let seeds = [(0, 0), (1, 0), (2, 0), (3, 0), (4, 1), (5, VIEWS - 1)];
            seeds
                .into_iter()
                .zip(palettes.step_by(5))
                .map(move |((seed, view), palette)| picture(kind, palette, seed, view))
        })
        .collect()
}

/// The demo shop's products in all their views; a collection's slug keeps that collection.
fn products(filter: &str) -> Vec<String> {
    let samples = lateen().into_iter().filter(|sample| filter.is_empty() || sample.collection == filter);
    samples.flat_map(|sample| sample.pictures()).collect()
}
