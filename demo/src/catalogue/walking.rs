//! Walking.

use super::{Entry, STANDARD};
use crate::art::{Motif, Palette};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        title: "Ghat boots",
        text: "Oiled leather, a stitched welt and a sole that can be replaced by any cobbler with a \
               last. Break them in on three short walks and they will do the long ones.",
        look: (Motif::Boots, Palette::Amber, 1),
        tax: STANDARD,
        code: "GHAT",
        options: &["Size"],
        variants: &[
            (&["38"], 6_800, 22),
            (&["39"], 6_800, 31),
            (&["40"], 6_800, 46),
            (&["41"], 6_800, 40),
            (&["42"], 6_800, 1),
            (&["43"], 6_800, 0),
        ],
    },
    Entry {
        title: "Monsoon umbrella",
        text: "Eight steel ribs, a waxed cotton canopy and a bentwood handle, made by the last umbrella \
               maker on his street. It blows inside out and comes back.",
        look: (Motif::Umbrella, Palette::Coral, 2),
        tax: STANDARD,
        code: "MONS",
        options: &["Colour"],
        variants: &[(&["Coral"], 1_950, 53), (&["Leaf"], 1_950, 64), (&["Ink"], 1_950, 88)],
    },
    Entry {
        title: "Ridge flask",
        text: "Two walls of steel with a vacuum between them and a cup for a lid. Tea poured at six is \
               still too hot at nine.",
        look: (Motif::Flask, Palette::Leaf, 3),
        tax: STANDARD,
        code: "RIDG",
        options: &["Size", "Colour"],
        variants: &[
            (&["0.5 litre", "Leaf"], 1_450, 76),
            (&["0.5 litre", "Clay"], 1_450, 69),
            (&["1 litre", "Leaf"], 1_850, 54),
            (&["1 litre", "Clay"], 1_850, 41),
        ],
    },
    Entry {
        title: "Day rucksack",
        text: "Waxed canvas with two outside pockets, leather tabs and no laptop sleeve. It holds \
               lunch, a jersey, a book and whatever you pick up on the way.",
        look: (Motif::Rucksack, Palette::Clay, 2),
        tax: STANDARD,
        code: "RUCK",
        options: &["Size"],
        variants: &[(&["14 litres"], 4_350, 33), (&["22 litres"], 5_150, 27)],
    },
    Entry {
        title: "Palm-leaf hat",
        text: "Plaited palm with a wide brim and a cotton band, light enough to forget. It rolls up for \
               a pocket and opens without a crease.",
        look: (Motif::Hat, Palette::Oak, 0),
        tax: STANDARD,
        code: "PALM",
        options: &["Size"],
        variants: &[(&["56 cm"], 960, 62), (&["58 cm"], 960, 79), (&["60 cm"], 960, 35)],
    },
    Entry {
        title: "Brass compass",
        text: "A liquid-damped needle in a brass case with a lid to stand it by. It needs no signal, \
               and will tell you which side of the house gets the sun.",
        look: (Motif::Compass, Palette::Sea, 2),
        tax: STANDARD,
        code: "COMP",
        options: &[],
        variants: &[(&[], 1_680, 48)],
    },
    Entry {
        title: "Striped walking socks",
        text: "Merino and a little nylon, knitted double at the heel and toe where socks die. Sold by \
               the pair, darning wool included.",
        look: (Motif::Socks, Palette::Sea, 3),
        tax: STANDARD,
        code: "SOCK",
        options: &["Size", "Colour"],
        variants: &[
            (&["36 to 39", "Sea"], 540, 110),
            (&["36 to 39", "Clay"], 540, 96),
            (&["40 to 43", "Sea"], 540, 124),
            (&["40 to 43", "Clay"], 540, 87),
        ],
    },
];
