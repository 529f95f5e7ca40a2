//! Names of colours, for the swatches beside a product's choices.

/// The sRGB colour that a name means, if it is one that people agree on. The last word decides: "pale sea" is a sea.
pub(crate) fn colour(name: &str) -> Option<&'static str> {
    let name = name.trim().to_lowercase();
    let word = name.rsplit([' ', '-']).next().unwrap_or_default();
    let known = |text: &str| COLOURS.iter().find(|(known, _)| *known == text).map(|(_, colour)| *colour);
    known(&name).or_else(|| known(word))
}

/// Sorted by name.
const COLOURS: &[(&str, &str)] = &[
    ("amber", "#D9A441"),
    ("aqua", "#7FC9C9"),
    ("beige", "#E3D6BD"),
    ("black", "#1C1C1C"),
    ("blue", "#2F5FA8"),
    ("blue-black", "#1F2A44"),
    ("brass", "#B9862B"),
    ("bronze", "#8C6A3C"),
    ("brown", "#6B4A32"),
    ("burgundy", "#6E1F33"),
    ("celadon", "#A9C4A4"),
    ("charcoal", "#3A3F44"),
    ("chrome", "#C8CDD1"),
    ("clay", "#B5664A"),
    ("copper", "#B66A3C"),
    ("coral", "#E0694B"),
    ("cream", "#F3E9D2"),
    ("crimson", "#A61E36"),
    ("ecru", "#D9CDB2"),
    ("fuchsia", "#C2337F"),
    ("gold", "#C9A13B"),
    ("gray", "#8C9196"),
    ("green", "#3B7D4F"),
    ("grey", "#8C9196"),
    ("indigo", "#35407F"),
    ("ink", "#1C2126"),
    ("ivory", "#F5EFE0"),
    ("khaki", "#A39A6B"),
    ("lavender", "#B7A9D6"),
    ("leaf", "#3F7D55"),
    ("lilac", "#C3A8CF"),
    ("lime", "#A4C639"),
    ("magenta", "#B8327A"),
    ("maroon", "#6B2030"),
    ("mint", "#A7D7C0"),
    ("mist", "#B9C6CC"),
    ("mustard", "#C99A2E"),
    ("natural", "#E2D3B5"),
    ("navy", "#1F2F55"),
    ("oak", "#C49A6C"),
    ("ochre", "#C08A35"),
    ("olive", "#6B6B3A"),
    ("orange", "#E07B2F"),
    ("peach", "#F2B694"),
    ("pink", "#E39AB0"),
    ("plum", "#6E3B5F"),
    ("purple", "#6C4A93"),
    ("red", "#B8322F"),
    ("rose", "#D98A9A"),
    ("rust", "#A6502E"),
    ("sage", "#9CAB8C"),
    ("sand", "#D9C5A0"),
    ("scarlet", "#C2281D"),
    ("sea", "#0B6E86"),
    ("silver", "#BFC4C8"),
    ("sky", "#8DB9DA"),
    ("slate", "#56636E"),
    ("steel", "#8A959C"),
    ("tan", "#C29B6F"),
    ("taupe", "#9A8B7C"),
    ("teal", "#1F7A7A"),
    ("terracotta", "#BF6B4A"),
    ("turquoise", "#3FB5B0"),
    ("violet", "#7A55A6"),
    ("walnut", "#5E4331"),
    ("white", "#FFFFFF"),
    ("wine", "#6A2237"),
    ("yellow", "#E8C537"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_whole_or_by_their_last_word() {
        assert_eq!(colour(" Blue-Black "), Some("#1F2A44"));
        assert_eq!(colour("Dark olive"), colour("olive"));
        assert_eq!(colour("Large"), None);
        assert_eq!(colour(""), None);
        assert!(COLOURS.is_sorted_by_key(|(name, _)| *name));
    }
}
