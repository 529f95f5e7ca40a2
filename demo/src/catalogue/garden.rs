//! Garden.

use super::{Entry, REDUCED, STANDARD};
use crate::art::{Motif, Palette};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        title: "Snake plant in a pot",
        text: "A plant that prefers to be forgotten, in a glazed pot with a hole and a saucer. Water it \
               when you remember and turn it when you pass.",
        look: (Motif::Plant, Palette::Cream, 5),
        tax: STANDARD,
        code: "SNAK",
        options: &["Pot"],
        variants: &[(&["Cream"], 1_190, 34), (&["Ink"], 1_190, 28), (&["Clay"], 1_190, 3)],
    },
    Entry {
        title: "Pilea on a stalk",
        text: "Round leaves on thin stems, each turning to the window at its own pace. It makes small \
               plants of itself, which you give to friends.",
        look: (Motif::Plant, Palette::Coral, 6),
        tax: STANDARD,
        code: "PILE",
        options: &[],
        variants: &[(&[], 780, 0)],
    },
    Entry {
        title: "Long-spout watering can",
        text: "Galvanised steel with a brass rose that rains instead of pouring. The balance is right \
               when it is full, and still right when it is nearly empty.",
        look: (Motif::WateringCan, Palette::Leaf, 4),
        tax: STANDARD,
        code: "WCAN",
        options: &["Size", "Colour"],
        variants: &[
            (&["2 litres", "Leaf"], 1_540, 47),
            (&["2 litres", "Amber"], 1_540, 52),
            (&["5 litres", "Leaf"], 2_180, 30),
            (&["5 litres", "Amber"], 2_180, 24),
        ],
    },
    Entry {
        title: "Trowel, fork and weeder",
        text: "Three hand tools with painted handles and one-piece steel heads, and the rail they hang \
               from. Wipe them with an oily rag in October.",
        look: (Motif::Trowel, Palette::Coral, 4),
        tax: STANDARD,
        code: "TROW",
        options: &["Set"],
        variants: &[(&["Trowel and fork"], 1_280, 58), (&["All three, with rail"], 1_980, 39)],
    },
    Entry {
        title: "Balcony seeds",
        text: "Carrots bred for pots, tomatoes that stay short and flowers that bees can find on the \
               fourth floor. Each packet says when to sow in your month, not in Europe's.",
        look: (Motif::Seeds, Palette::Leaf, 3),
        tax: REDUCED,
        code: "SEED",
        options: &["Packet"],
        variants: &[
            (&["Carrot"], 120, 190),
            (&["Tomato"], 120, 175),
            (&["Sunflower"], 140, 150),
            (&["All three"], 340, 105),
        ],
    },
    Entry {
        title: "House for sparrows",
        text: "A cedar box with a 32 mm door, the width sparrows like and mynas do not. One wall slides \
               out for cleaning when the family has moved on.",
        look: (Motif::Birdhouse, Palette::Mist, 0),
        tax: STANDARD,
        code: "SPAR",
        options: &["Colour"],
        variants: &[(&["Mist"], 1_420, 36), (&["Oak"], 1_320, 44)],
    },
    Entry {
        title: "Picking basket",
        text: "Split cane woven in Tripura, with a hoop that sits in the crook of an arm. It carries \
               six kilos of tomatoes, or the washing.",
        look: (Motif::Basket, Palette::Oak, 3),
        tax: STANDARD,
        code: "BASK",
        options: &["Size"],
        variants: &[(&["Small"], 860, 57), (&["Large"], 1_240, 26)],
    },
];
