//! Table.

use super::{Entry, STANDARD};
use crate::art::{Motif, Palette};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        title: "Breakfast mug",
        text: "Thrown in Khurja, glazed by hand, and big enough for the first cup to be the only one. \
               The handle takes three fingers, even in gloves.",
        look: (Motif::Mug, Palette::Leaf, 4),
        tax: STANDARD,
        code: "BMUG",
        options: &["Colour"],
        variants: &[(&["Leaf"], 640, 140), (&["Cream"], 640, 165), (&["Sea"], 640, 98), (&["Clay"], 640, 0)],
    },
    Entry {
        title: "Belly mug",
        text: "A low, round mug that warms both hands and will not be knocked over by a sleeve. It \
               stacks badly, which is the only thing we could find against it.",
        look: (Motif::Mug, Palette::Plum, 2),
        tax: STANDARD,
        code: "BELM",
        options: &["Colour"],
        variants: &[(&["Plum"], 590, 87), (&["Mist"], 590, 112)],
    },
    Entry {
        title: "Nesting bowls",
        text: "Four stoneware bowls that live inside each other and come out for dough, salad, soup and \
               olives. Each has a foot ring, so they sit straight on an uneven table.",
        look: (Motif::Bowl, Palette::Sage, 1),
        tax: STANDARD,
        code: "NEST",
        options: &["Colour"],
        variants: &[(&["Sage"], 2_780, 31), (&["Rose"], 2_780, 26)],
    },
    Entry {
        title: "Petal plates",
        text: "Earthenware plates with a ring of brush-marked petals, no two painted quite alike. They \
               are fired twice and do not mind the dishwasher.",
        look: (Motif::Plates, Palette::Sea, 4),
        tax: STANDARD,
        code: "PETA",
        options: &["Set", "Colour"],
        variants: &[
            (&["Two", "Sea"], 1_560, 46),
            (&["Two", "Coral"], 1_560, 39),
            (&["Six", "Sea"], 4_380, 21),
            (&["Six", "Coral"], 4_380, 1),
        ],
    },
    Entry {
        title: "Four-cup teapot",
        text: "A teapot that pours without dribbling, which is harder than it sounds and took the \
               potter two winters. The strainer lifts out with the lid.",
        look: (Motif::Teapot, Palette::Coral, 0),
        tax: STANDARD,
        code: "TEAP",
        options: &["Colour"],
        variants: &[(&["Coral"], 2_150, 34), (&["Ink"], 2_150, 28), (&["Cream"], 2_150, 41)],
    },
    Entry {
        title: "Ribbed tumblers",
        text: "Pressed glass, thick at the foot and thin at the lip, for water, lassi or a candle when \
               the power fails. Sold in pairs, because one always breaks.",
        look: (Motif::Tumbler, Palette::Amber, 12),
        tax: STANDARD,
        code: "TUMB",
        options: &["Set"],
        variants: &[(&["Two"], 460, 180), (&["Six"], 1_290, 95)],
    },
    Entry {
        title: "Leaf jug",
        text: "A stoneware jug with a pinched lip and two leaves brushed on before the glaze. It holds \
               a litre and a half of water, or seven stems of anything.",
        look: (Motif::Jug, Palette::Mist, 0),
        tax: STANDARD,
        code: "LJUG",
        options: &["Colour"],
        variants: &[(&["Mist"], 1_480, 49), (&["Cream"], 1_480, 57)],
    },
    Entry {
        title: "Canteen of cutlery",
        text: "Brushed steel with riveted handles, on a cloth-covered board that hangs or lies in a \
               drawer. Knife, fork and spoon for each person, and nothing you have to look up.",
        look: (Motif::Cutlery, Palette::Leaf, 1),
        tax: STANDARD,
        code: "CUTL",
        options: &["Places"],
        variants: &[(&["Two"], 1_900, 55), (&["Four"], 3_600, 32), (&["Six"], 5_200, 20)],
    },
    Entry {
        title: "Linen napkins",
        text: "Washed linen in two plain colours and one stripe, hemmed by hand with a mitred corner. \
               They are soft from the first meal and better after the fiftieth.",
        look: (Motif::Linen, Palette::Sea, 2),
        tax: STANDARD,
        code: "NAPK",
        options: &["Set", "Colour"],
        variants: &[
            (&["Four", "Sea"], 1_320, 66),
            (&["Four", "Oak"], 1_320, 48),
            (&["Eight", "Sea"], 2_480, 23),
            (&["Eight", "Oak"], 2_480, 0),
        ],
    },
];
