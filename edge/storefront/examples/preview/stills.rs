//! Plain stand-ins for product pictures: a thing on a table, in two or three flat shapes.

/// Each kind with the colours of ground, table and thing.
const KINDS: [(&str, [&str; 4]); 8] = [
    ("kettle", ["#DCE6E4", "#C3D3D0", "#0B5D73", "#1C2126"]),
    ("lamp", ["#F1E4C8", "#E3D0A6", "#B9862B", "#3A3A36"]),
    ("notebook", ["#E9DCD3", "#D9C5B8", "#8C4A3A", "#F6F0E6"]),
    ("cup", ["#E4E2D6", "#D0CDBD", "#F7F3EA", "#2F6B45"]),
    ("bottle", ["#D9E0E6", "#C1CCD6", "#47627A", "#20303D"]),
    ("pot", ["#E6E9DA", "#CED4BB", "#B5664A", "#2F6B45"]),
    ("bag", ["#EDE3DA", "#DDCDBF", "#5C6B52", "#2C3328"]),
    ("board", ["#E8E4EA", "#D3CCD8", "#B98D5E", "#7E5B37"]),
];

/// Every stand-in with its file name, two views per kind.
pub(crate) fn all() -> Vec<(String, String)> {
    let views = [("", 0), ("-2", 70)];
    KINDS
        .iter()
        .flat_map(|(kind, colours)| {
            views.map(|(end, shift)| (format!("{kind}{end}.svg"), draw(kind, *colours, shift)))
        })
        .collect()
}

fn draw(kind: &str, [ground, table, thing, accent]: [&str; 4], shift: i32) -> String {
    let shapes = match kind {
        "kettle" => format!(
            r#"<path d="M250 560c0-150 60-240 150-240s150 90 150 240z" fill="{thing}"/><path d="M530 400l90-60 14 22-84 110z" fill="{thing}"/><path d="M290 330c20-120 200-120 220 0" stroke="{accent}" stroke-width="18"/><circle cx="400" cy="308" r="16" fill="{accent}"/>"#
        ),
        "lamp" => format!(
            r#"<path d="M300 360l50-150h100l50 150z" fill="{thing}"/><path d="M392 360h16v190h-16z" fill="{accent}"/><path d="M320 550h160v16H320z" fill="{accent}"/>"#
        ),
        "notebook" => format!(
            r#"<path d="M290 250h210a14 14 0 0 1 14 14v302H290z" fill="{thing}"/><path d="M290 250h30v316h-30z" fill="{accent}" fill-opacity=".35"/><path d="M360 320h110v60H360z" fill="{accent}"/>"#
        ),
        "cup" => format!(
            r#"<path d="M290 380h200v110c0 50-34 76-76 76h-48c-42 0-76-26-76-76z" fill="{thing}"/><path d="M490 410c70-14 70 96 0 84" stroke="{thing}" stroke-width="20"/><path d="M290 430h200v14H290z" fill="{accent}"/>"#
        ),
        "bottle" => format!(
            r#"<path d="M372 200h56v70c50 30 62 60 62 110v186H310V380c0-50 12-80 62-110z" fill="{thing}"/><path d="M366 176h68v36h-68z" fill="{accent}"/>"#
        ),
        "pot" => format!(
            r#"<path d="M310 430h180l-26 136H336z" fill="{thing}"/><path d="M400 430c-90-30-110-120-90-170 60 20 90 90 90 170zm0 0c0-90 40-150 100-180 20 70-20 150-100 180z" fill="{accent}"/>"#
        ),
        "bag" => format!(
            r#"<path d="M270 350h260l24 216H246z" fill="{thing}"/><path d="M330 350c0-130 140-130 140 0" stroke="{accent}" stroke-width="18"/>"#
        ),
        _ => format!(
            r#"<path d="M240 520h320v46H240z" fill="{thing}"/><circle cx="330" cy="470" r="50" fill="{accent}"/><path d="M400 430h110v90H400z" fill="{thing}"/>"#
        ),
    };
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="800" height="800" viewBox="0 0 800 800" fill="none"><path d="M0 0h800v800H0z" fill="{ground}"/><path d="M0 566h800v234H0z" fill="{table}"/><g transform="translate({shift} {shift})">{shapes}</g></svg>"#
    )
}
