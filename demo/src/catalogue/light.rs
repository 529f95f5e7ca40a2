//! Light.

use super::{Entry, STANDARD};
use crate::art::{Motif, Palette};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        title: "Draughtsman's lamp",
        text: "Two arms, one elbow and a spun shade that stays where you leave it. The switch is on the \
               head, where your hand already is.",
        look: (Motif::DeskLamp, Palette::Coral, 3),
        tax: STANDARD,
        code: "DRAU",
        options: &["Colour"],
        variants: &[(&["Coral"], 3_200, 41), (&["Ink"], 3_200, 56), (&["Sage"], 3_200, 2)],
    },
    Entry {
        title: "Gourd lamp",
        text: "A stoneware foot in two swellings, like the gourd on the roof, under a shade of white \
               glass. It gives the light of a late afternoon, dimmable with a chain.",
        look: (Motif::TableLamp, Palette::Sage, 7),
        tax: STANDARD,
        code: "GOUR",
        options: &["Colour"],
        variants: &[(&["Sage"], 3_850, 25), (&["Clay"], 3_850, 29)],
    },
    Entry {
        title: "Pleated lamp",
        text: "A turned ceramic base and a pleated cotton shade, folded by hand over a card pattern \
               from 1961. The flex is cloth-covered and two metres long.",
        look: (Motif::TableLamp, Palette::Amber, 0),
        tax: STANDARD,
        code: "PLEA",
        options: &["Size"],
        variants: &[(&["Small"], 2_950, 32), (&["Large"], 3_950, 20)],
    },
    Entry {
        title: "Dome pendant",
        text: "Spun aluminium, painted on the outside and left warm white within, to hang low over a \
               table. It lights the plates and leaves the faces kind.",
        look: (Motif::Pendant, Palette::Sea, 4),
        tax: STANDARD,
        code: "DOME",
        options: &["Width", "Colour"],
        variants: &[
            (&["30 cm", "Sea"], 2_850, 37),
            (&["30 cm", "Cream"], 2_850, 42),
            (&["45 cm", "Sea"], 3_950, 21),
            (&["45 cm", "Cream"], 3_950, 0),
        ],
    },
    Entry {
        title: "Storm lantern",
        text: "A paraffin lantern of the old pattern, with a guard round the glass and a wick that \
               trims itself. It will burn through a night and most of a power cut.",
        look: (Motif::Lantern, Palette::Coral, 2),
        tax: STANDARD,
        code: "STOR",
        options: &["Colour"],
        variants: &[(&["Coral"], 1_640, 68), (&["Ink"], 1_640, 59)],
    },
    Entry {
        title: "Three candlesticks",
        text: "Turned sheesham in three heights, with a socket that fits any dinner candle. A dozen \
               candles come with them, four of each colour.",
        look: (Motif::Candles, Palette::Plum, 6),
        tax: STANDARD,
        code: "CAND",
        options: &[],
        variants: &[(&[], 2_260, 30)],
    },
    Entry {
        title: "Everyday torch",
        text: "Aluminium, one switch, two brightnesses and a cell that charges from any cable in the \
               drawer. It stands on its tail and lights the ceiling.",
        look: (Motif::Torch, Palette::Amber, 2),
        tax: STANDARD,
        code: "TORC",
        options: &["Colour"],
        variants: &[(&["Amber"], 1_090, 101), (&["Sea"], 1_090, 93)],
    },
];
