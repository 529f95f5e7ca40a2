//! Upkeep.

use super::{Entry, STANDARD};
use crate::art::{Motif, Palette};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        title: "Bath soap in bars",
        text: "Cold-pressed coconut and castor oil, cured for six weeks, so that a bar lasts about as \
               long. Three scents, none of which enters the room before you do.",
        look: (Motif::Soap, Palette::Leaf, 1),
        tax: STANDARD,
        code: "SOAP",
        options: &["Scent"],
        variants: &[
            (&["Vetiver"], 210, 195),
            (&["Neem"], 190, 170),
            (&["Plain"], 180, 200),
            (&["One of each"], 540, 82),
        ],
    },
    Entry {
        title: "Dish and bottle brushes",
        text: "Beech and plant fibre, with heads that unscrew when they are worn and go on the compost. \
               They hang to dry, bristles down.",
        look: (Motif::Brush, Palette::Sea, 2),
        tax: STANDARD,
        code: "BRUS",
        options: &["Set"],
        variants: &[(&["Pair"], 620, 115), (&["With two spare heads"], 840, 70)],
    },
    Entry {
        title: "Dustpan and whisk",
        text: "A steel pan with an edge that meets the floor, and a whisk of broomcorn bound with \
               cotton. Both hang from the same nail.",
        look: (Motif::Broom, Palette::Mist, 2),
        tax: STANDARD,
        code: "DUST",
        options: &["Colour"],
        variants: &[(&["Mist"], 880, 65), (&["Clay"], 880, 59)],
    },
    Entry {
        title: "Striped tea towels",
        text: "Cotton and linen in a loose weave that drinks water instead of pushing it about. Each \
               has a loop in the corner, sewn on by somebody who means it.",
        look: (Motif::Linen, Palette::Coral, 1),
        tax: STANDARD,
        code: "TEAT",
        options: &["Set", "Colour"],
        variants: &[
            (&["Two", "Coral"], 480, 135),
            (&["Two", "Sea"], 480, 142),
            (&["Five", "Coral"], 1_080, 60),
            (&["Five", "Sea"], 1_080, 4),
        ],
    },
];
