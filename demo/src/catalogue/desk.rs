//! Desk.

use super::{Entry, STANDARD};
use crate::art::{Motif, Palette};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        title: "Logbook",
        text: "A sewn notebook that opens flat, with numbered pages and an index you fill in yourself. \
               The cloth cover takes a year in a bag and shows it kindly.",
        look: (Motif::Notebook, Palette::Coral, 3),
        tax: STANDARD,
        code: "LOGB",
        options: &["Colour", "Ruling"],
        variants: &[
            (&["Coral", "Plain"], 520, 130),
            (&["Coral", "Ruled"], 520, 155),
            (&["Coral", "Squared"], 520, 74),
            (&["Sea", "Plain"], 520, 118),
            (&["Sea", "Ruled"], 520, 160),
            (&["Sea", "Squared"], 520, 2),
        ],
    },
    Entry {
        title: "Wire sketchbook",
        text: "Forty sheets of cotton paper, heavy enough for a wash and toothed enough for charcoal. \
               The wire lets it fold back on itself when there is no table.",
        look: (Motif::Notebook, Palette::Ink, 2),
        tax: STANDARD,
        code: "SKET",
        options: &["Size"],
        variants: &[(&["A5"], 680, 92), (&["A4"], 980, 67)],
    },
    Entry {
        title: "Pencils and pot",
        text: "Cedar pencils from 4B to 2H, two brushes, and a striped pot to keep them upright. They \
               are sharpened before they leave us, so you can start.",
        look: (Motif::Pencils, Palette::Sea, 1),
        tax: STANDARD,
        code: "PENC",
        options: &[],
        variants: &[(&[], 890, 78)],
    },
    Entry {
        title: "Fountain pen and ink",
        text: "A resin pen with a steel nib that forgives a heavy hand, and a bottle of ink that lasts \
               about a novel. The filler is a plain piston, with nothing to throw away.",
        look: (Motif::Pen, Palette::Leaf, 0),
        tax: STANDARD,
        code: "FPEN",
        options: &["Nib", "Ink"],
        variants: &[
            (&["Fine", "Green"], 2_200, 36),
            (&["Fine", "Blue-black"], 2_200, 44),
            (&["Medium", "Green"], 2_200, 29),
            (&["Medium", "Blue-black"], 2_200, 50),
            (&["Broad", "Blue-black"], 2_300, 3),
        ],
    },
    Entry {
        title: "Two-bell clock",
        text: "A wind-up alarm clock with hands you can read without your glasses. It loses a minute a \
               week and has never needed an update.",
        look: (Motif::Clock, Palette::Mist, 0),
        tax: STANDARD,
        code: "BELL",
        options: &["Colour"],
        variants: &[(&["Mist"], 1_750, 40), (&["Coral"], 1_750, 33), (&["Ink"], 1_750, 0)],
    },
    Entry {
        title: "Paper shears",
        text: "Long-bladed scissors from Meerut, hung from a peg so that they can be found. The pivot \
               is a screw, and any knife grinder will know what to do.",
        look: (Motif::Scissors, Palette::Amber, 1),
        tax: STANDARD,
        code: "SHEA",
        options: &["Length"],
        variants: &[(&["18 cm"], 740, 83), (&["24 cm"], 920, 60)],
    },
    Entry {
        title: "Letter rack",
        text: "Bent sheet steel with room for the post you have answered and the post you have not. \
               Rubber feet keep it where you put it.",
        look: (Motif::LetterRack, Palette::Sage, 0),
        tax: STANDARD,
        code: "RACK",
        options: &["Colour"],
        variants: &[(&["Sage"], 1_120, 45), (&["Clay"], 1_120, 38)],
    },
];
