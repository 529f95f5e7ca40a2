//! Travel.

use super::{Entry, REDUCED, STANDARD};
use crate::art::{Motif, Palette};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        title: "Two-strap suitcase",
        text: "Vulcanised fibre with leather corners, lighter than it looks and stiff enough to sit on. \
               The straps are for the way home.",
        look: (Motif::Suitcase, Palette::Leaf, 3),
        tax: STANDARD,
        code: "SUIT",
        options: &["Size", "Colour"],
        variants: &[
            (&["Cabin", "Leaf"], 7_400, 24),
            (&["Cabin", "Coral"], 7_400, 28),
            (&["Week", "Leaf"], 9_200, 20),
            (&["Week", "Coral"], 9_200, 1),
        ],
    },
    Entry {
        title: "Weekend bag",
        text: "Canvas on a leather base, with handles long enough for a shoulder and a zip that does \
               not snag. Two shirts, shoes and a book, with room for jam.",
        look: (Motif::Holdall, Palette::Sea, 3),
        tax: STANDARD,
        code: "WEEK",
        options: &["Colour"],
        variants: &[(&["Sea"], 5_650, 35), (&["Clay"], 5_650, 31)],
    },
    Entry {
        title: "Wash bag",
        text: "Printed cotton outside, wipe-clean inside, with a loop to hang it from a hook that is \
               never in the right place. It stands open by itself.",
        look: (Motif::Pouch, Palette::Rose, 1),
        tax: STANDARD,
        code: "WASH",
        options: &["Colour"],
        variants: &[(&["Rose"], 820, 85), (&["Ink"], 820, 77)],
    },
    Entry {
        title: "Passport wallet",
        text: "One piece of vegetable-tanned leather, folded and saddle-stitched, for a passport, two \
               cards and a boarding pass. It darkens wherever you hold it.",
        look: (Motif::Wallet, Palette::Clay, 3),
        tax: STANDARD,
        code: "PASS",
        options: &["Colour", "Initials"],
        variants: &[
            (&["Clay", "None"], 1_580, 49),
            (&["Clay", "Stamped"], 1_780, 44),
            (&["Ink", "None"], 1_580, 53),
            (&["Ink", "Stamped"], 1_780, 38),
        ],
    },
    Entry {
        title: "Walker's map of the Konkan",
        text: "The coast from Alibag to Vengurla at an inch to the mile, with ferries, wells and tea \
               stalls marked. Printed on paper that survives rain and refolding.",
        look: (Motif::Map, Palette::Mist, 2),
        tax: REDUCED,
        code: "KONK",
        options: &["Form"],
        variants: &[(&["Folded"], 380, 125), (&["Rolled"], 520, 43)],
    },
    Entry {
        title: "Pocket paint box",
        text: "Six half-pans of watercolour in a tin with a lid to mix on, and a brush that packs into \
               its own handle. It fits a coat pocket and a ten-minute wait.",
        look: (Motif::Paints, Palette::Coral, 2),
        tax: STANDARD,
        code: "PAIN",
        options: &["Colours"],
        variants: &[(&["Landscape"], 1_340, 46), (&["Portrait"], 1_340, 33)],
    },
];
