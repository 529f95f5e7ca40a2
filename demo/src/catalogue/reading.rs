//! Reading.

use super::{Entry, REDUCED, STANDARD};
use crate::art::{Motif, Palette};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        title: "A Field Guide to Monsoon Clouds",
        text: "Forty-two clouds, drawn from a rooftop in Ratnagiri over nine seasons, with what each of \
               them usually did next. The last chapter is blank and ruled for your own.",
        look: (Motif::Book, Palette::Sea, 6),
        tax: REDUCED,
        code: "CLOU",
        options: &["Binding"],
        variants: &[(&["Paperback"], 490, 146), (&["Hardback"], 890, 62)],
    },
    Entry {
        title: "Soup for One",
        text: "Thirty soups that take one pot, one bowl and under half an hour, by a cook who lived \
               alone and ate well. Every recipe fits on a page and says what to do with the other half \
               of the onion.",
        look: (Motif::Book, Palette::Coral, 33),
        tax: REDUCED,
        code: "SOUP",
        options: &["Binding"],
        variants: &[(&["Paperback"], 420, 133), (&["Hardback"], 780, 4)],
    },
    Entry {
        title: "Half-round bookends",
        text: "A disc of solid sheesham sawn in two, with felt under each half. Together they weigh two \
               kilos, enough for a short shelf of long books.",
        look: (Motif::Bookends, Palette::Amber, 6),
        tax: STANDARD,
        code: "BEND",
        options: &[],
        variants: &[(&[], 1_380, 37)],
    },
    Entry {
        title: "Second pair of reading glasses",
        text: "Round frames in plant-based acetate, to be left by the bed so that the first pair can \
               stay in your bag. The hinges are screwed, not glued.",
        look: (Motif::Glasses, Palette::Plum, 3),
        tax: STANDARD,
        code: "GLAS",
        options: &["Strength", "Colour"],
        variants: &[
            (&["+1.0", "Plum"], 1_150, 54),
            (&["+1.5", "Plum"], 1_150, 61),
            (&["+2.0", "Plum"], 1_150, 47),
            (&["+1.0", "Ink"], 1_150, 39),
            (&["+1.5", "Ink"], 1_150, 0),
            (&["+2.0", "Ink"], 1_150, 25),
        ],
    },
    Entry {
        title: "Window-seat cushion",
        text: "Handloom cotton over a feather pad, piped at the edge and tasselled at the corners. The \
               cover unbuttons and goes in with the sheets.",
        look: (Motif::Cushion, Palette::Clay, 2),
        tax: STANDARD,
        code: "CUSH",
        options: &["Size", "Colour"],
        variants: &[
            (&["40 cm", "Clay"], 980, 72),
            (&["40 cm", "Leaf"], 980, 58),
            (&["50 cm", "Clay"], 1_240, 43),
            (&["50 cm", "Leaf"], 1_240, 36),
        ],
    },
    Entry {
        title: "Kullu throw",
        text: "A woollen check, woven in the Kullu valley and washed until it stopped scratching. It \
               covers two knees and one cat, with fringe to spare.",
        look: (Motif::Throw, Palette::Leaf, 1),
        tax: STANDARD,
        code: "KULL",
        options: &["Colour"],
        variants: &[(&["Leaf"], 3_450, 28), (&["Plum"], 3_450, 23)],
    },
];
