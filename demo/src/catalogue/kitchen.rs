//! Kitchen.

use super::{Entry, STANDARD};
use crate::art::{Motif, Palette};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        title: "Harbour kettle",
        text: "A round enamel kettle with a beech grip that stays cool while the water does not. It \
               whistles once, low, and then waits for you.",
        look: (Motif::Kettle, Palette::Sea, 3),
        tax: STANDARD,
        code: "HARB",
        options: &["Colour", "Size"],
        variants: &[
            (&["Sea", "1.2 litres"], 2_490, 64),
            (&["Sea", "2 litres"], 2_890, 38),
            (&["Cream", "1.2 litres"], 2_490, 71),
            (&["Cream", "2 litres"], 2_890, 3),
            (&["Coral", "1.2 litres"], 2_490, 45),
            (&["Coral", "2 litres"], 2_890, 0),
        ],
    },
    Entry {
        title: "Long-neck kettle",
        text: "The narrow spout pours a thread of water exactly where the coffee is. It is steel \
               throughout, with a lid that stays on when the last of it is tipped out.",
        look: (Motif::Kettle, Palette::Ink, 4),
        tax: STANDARD,
        code: "LONG",
        options: &["Colour"],
        variants: &[(&["Ink"], 3_250, 42), (&["Sage"], 3_250, 27)],
    },
    Entry {
        title: "Sunday casserole",
        text: "Cast iron, three and a half kilos of it, enamelled inside so that nothing sticks and \
               nothing rusts. It goes from the stove to the oven to the table and stays hot through \
               second helpings.",
        look: (Motif::Saucepan, Palette::Coral, 2),
        tax: STANDARD,
        code: "SUND",
        options: &["Size", "Colour"],
        variants: &[
            (&["3 litres", "Coral"], 5_400, 33),
            (&["3 litres", "Leaf"], 5_400, 29),
            (&["5 litres", "Coral"], 6_900, 24),
            (&["5 litres", "Leaf"], 6_900, 2),
        ],
    },
    Entry {
        title: "One-egg and four-egg pan",
        text: "Spun iron, already seasoned with flaxseed oil, with an ash handle that unscrews for the \
               oven. Wash it with water, dry it on the flame, and it will outlast the stove.",
        look: (Motif::FryingPan, Palette::Ink, 2),
        tax: STANDARD,
        code: "EGGS",
        options: &["Size"],
        variants: &[(&["16 cm"], 1_650, 58), (&["26 cm"], 2_350, 47)],
    },
    Entry {
        title: "Paddle board",
        text: "One plank of oak, planed on both sides, with a hole to hang it by. Cut bread on the \
               plain face and onions on the one with the stripe.",
        look: (Motif::Board, Palette::Oak, 1),
        tax: STANDARD,
        code: "PADD",
        options: &["Length"],
        variants: &[(&["32 cm"], 1_180, 84), (&["42 cm"], 1_490, 61), (&["54 cm"], 1_890, 22)],
    },
    Entry {
        title: "Three kitchen knives",
        text: "A cook's knife, a long slicer and a paring knife, forged in Moradabad and ground thin. \
               The beech rail holds them to the wall with magnets, edges safe and in sight.",
        look: (Motif::Knife, Palette::Plum, 4),
        tax: STANDARD,
        code: "KNIF",
        options: &["Steel"],
        variants: &[(&["Carbon"], 4_200, 26), (&["Stainless"], 4_650, 35)],
    },
    Entry {
        title: "Pantry jars",
        text: "Plain glass, a cork-lined wooden lid, and a label you write in pencil and rub out again. \
               Three sizes: lentils, sugar, and the spice you keep running out of.",
        look: (Motif::Jar, Palette::Amber, 5),
        tax: STANDARD,
        code: "JARS",
        options: &["Set"],
        variants: &[(&["Three jars"], 980, 120), (&["Six jars"], 1_840, 73)],
    },
    Entry {
        title: "Crock of spoons",
        text: "Two stirrers, a flat scraper and a tasting spoon, cut from neem and walnut and left \
               unvarnished. The stoneware crock is heavy enough not to tip when you pull one out.",
        look: (Motif::Spoons, Palette::Leaf, 0),
        tax: STANDARD,
        code: "SPOO",
        options: &["Crock"],
        variants: &[(&["Leaf"], 1_390, 52), (&["Cream"], 1_390, 4), (&["Clay"], 1_390, 40)],
    },
    Entry {
        title: "Market apron",
        text: "Heavy cotton canvas with a pocket for a phone and a loop for a cloth. The straps cross \
               at the back, so the weight sits on your shoulders and not on your neck.",
        look: (Motif::Apron, Palette::Rose, 4),
        tax: STANDARD,
        code: "APRO",
        options: &["Colour", "Length"],
        variants: &[
            (&["Rose", "Short"], 1_250, 44),
            (&["Rose", "Long"], 1_350, 51),
            (&["Ink", "Short"], 1_250, 37),
            (&["Ink", "Long"], 1_350, 63),
        ],
    },
];
