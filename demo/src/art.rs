//! The pictures of the demo shop: flat, geometric still lifes as SVG, drawn from a kind, a colour and a seed.
//!
//! Every picture stands on the same table under the same light from the upper left (`scene`). A thing is a
//! function that draws on an `easel` with its foot at the origin; it takes its colours from there, chooses
//! among its designs by the seed (`easel.design(n)`) and lets the dice vary proportions and details. To add a
//! kind, write such a function in the file of its family and give it a line in the table below.
//!
//! The SVG is self-contained: no script, no reference, no id, so that it can be a file or stand inline in a
//! page.

#![expect(clippy::many_single_char_names, reason = "x, y, w, h and r are geometry's own words")]

mod bags;
mod desk;
pub(crate) mod dice;
mod easel;
mod garden;
mod kitchen;
mod light;
mod plants;
mod reading;
mod rest;
mod scene;
mod shape;
mod shed;
mod table;
mod tone;
mod travel;
mod turned;
mod upkeep;
mod walking;
mod wear;

#[cfg(test)]
mod tests;

use easel::Easel;
use scene::View;
use tone::Tone;

/// One line per kind: its name in code, in words, the function that draws it, and what it likes to stand
/// beside.
macro_rules! kinds {
    ($($kind:ident $word:literal $family:ident::$draw:ident with $friend:ident;)*) => {
        /// What a picture shows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Motif {
            $(#[doc = concat!("Shown as: ", $word, ".")] $kind,)*
        }

        impl Motif {
            /// Every kind, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The kind in words, with its article.
            pub const fn words(self) -> &'static str {
                match self { $(Self::$kind => $word,)* }
            }

            const fn friend(self) -> Self {
                match self { $(Self::$kind => Self::$friend,)* }
            }

            fn draw(self, easel: &mut Easel) {
                match self { $(Self::$kind => $family::$draw(easel),)* }
            }
        }
    };
}

kinds! {
    Kettle "a kettle" kitchen::kettle with Jar;
    Saucepan "a saucepan" kitchen::saucepan with Spoons;
    FryingPan "a frying pan" kitchen::frying_pan with Jar;
    Board "a chopping board" kitchen::board with Jar;
    Knife "kitchen knives" kitchen::knife with Jar;
    Jar "storage jars" kitchen::jar with Saucepan;
    Spoons "wooden spoons in a crock" kitchen::spoons with Kettle;
    Mug "a mug" table::mug with Teapot;
    Bowl "bowls" table::bowl with Jug;
    Plates "plates" table::plates with Tumbler;
    Teapot "a teapot" table::teapot with Mug;
    Tumbler "glasses" table::tumbler with Jug;
    Jug "a jug" table::jug with Tumbler;
    Cutlery "cutlery" table::cutlery with Tumbler;
    Linen "folded linen" table::linen with Mug;
    Notebook "notebooks" desk::notebook with Pencils;
    Pencils "pencils in a pot" desk::pencils with Notebook;
    Pen "a pen and ink" desk::pen with Notebook;
    Clock "a clock" desk::clock with Pencils;
    Scissors "scissors" desk::scissors with Pencils;
    LetterRack "a letter rack" desk::letter_rack with Pen;
    Book "books" reading::book with Glasses;
    Bookends "books between bookends" reading::bookends with Mug;
    Glasses "reading glasses" reading::glasses with Mug;
    Cushion "a cushion" rest::cushion with Book;
    Throw "a woollen throw" rest::throw with Cushion;
    Stool "a stool" rest::stool with Mug;
    Boots "walking boots" wear::boots with Flask;
    Umbrella "an umbrella" walking::umbrella with Boots;
    Flask "a flask" walking::flask with Mug;
    Rucksack "a rucksack" walking::rucksack with Flask;
    Hat "a sun hat" wear::hat with Flask;
    Compass "a compass" walking::compass with Notebook;
    Socks "socks on a line" wear::socks with Boots;
    Plant "a potted plant" plants::plant with WateringCan;
    WateringCan "a watering can" garden::watering_can with Plant;
    Trowel "garden hand tools" shed::trowel with Plant;
    Seeds "packets of seeds" shed::seeds with Plant;
    Birdhouse "a birdhouse" garden::birdhouse with Plant;
    Basket "a basket" garden::basket with Plant;
    Twine "garden twine" shed::twine with Seeds;
    DeskLamp "a desk lamp" light::desk_lamp with Notebook;
    TableLamp "a table lamp" light::table_lamp with Book;
    Pendant "a pendant lamp" light::pendant with Bowl;
    Lantern "a lantern" light::lantern with Candles;
    Candles "candles" light::candles with Jug;
    Torch "a torch" light::torch with Compass;
    Suitcase "a suitcase" bags::suitcase with Camera;
    Holdall "a weekend bag" bags::holdall with Hat;
    Pouch "a wash bag" bags::pouch with Soap;
    Wallet "a passport wallet" travel::wallet with Camera;
    Map "a folded map" travel::map with Compass;
    Tag "luggage tags" travel::tag with Suitcase;
    Camera "a camera" travel::camera with Map;
    Paints "a travelling paint box" travel::paints with Notebook;
    Soap "soap in a dish" upkeep::soap with Pouch;
    Brush "brushes" upkeep::brush with Soap;
    Broom "a dustpan and brush" upkeep::broom with Soap;
    Apron "an apron" upkeep::apron with Mug;
}

/// The colour of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Palette {
    /// Warm white.
    Cream,
    /// Blue-black.
    Ink,
    /// Deep teal.
    Sea,
    /// Warm red.
    Coral,
    /// Deep green.
    Leaf,
    /// Ochre.
    Amber,
    /// Fired earth.
    Clay,
    /// Dusty pink.
    Rose,
    /// Grey green.
    Sage,
    /// Pale grey blue.
    Mist,
    /// Dark berry.
    Plum,
    /// Pale timber.
    Oak,
}

impl Palette {
    /// Every palette.
    pub const ALL: &[Self] = &[
        Self::Cream,
        Self::Ink,
        Self::Sea,
        Self::Coral,
        Self::Leaf,
        Self::Amber,
        Self::Clay,
        Self::Rose,
        Self::Sage,
        Self::Mist,
        Self::Plum,
        Self::Oak,
    ];

    /// The colour in one word, as an option's value would name it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cream => "Cream",
            Self::Ink => "Ink",
            Self::Sea => "Sea",
            Self::Coral => "Coral",
            Self::Leaf => "Leaf",
            Self::Amber => "Amber",
            Self::Clay => "Clay",
            Self::Rose => "Rose",
            Self::Sage => "Sage",
            Self::Mist => "Mist",
            Self::Plum => "Plum",
            Self::Oak => "Oak",
        }
    }

    /// The colour for somebody who cannot see it.
    const fn spoken(self) -> &'static str {
        match self {
            Self::Cream => "cream",
            Self::Ink => "blue-black",
            Self::Sea => "deep teal",
            Self::Coral => "warm red",
            Self::Leaf => "deep green",
            Self::Amber => "ochre",
            Self::Clay => "terracotta",
            Self::Rose => "dusty pink",
            Self::Sage => "grey-green",
            Self::Mist => "grey-blue",
            Self::Plum => "dark plum",
            Self::Oak => "light oak",
        }
    }

    /// The colour itself and two that go with it.
    fn tones(self) -> [Tone; 3] {
        let trio = match self {
            Self::Cream => [0x00F0_E6D2, 0x000B_5D73, 0x00C8_452B],
            Self::Ink => [0x0033_3D47, 0x00C9_9A45, 0x00EF_E4D0],
            Self::Sea => [0x001B_6A80, 0x00E9_C46F, 0x00D9_7B5E],
            Self::Coral => [0x00CC_5138, 0x00F0_DDBE, 0x001F_5C70],
            Self::Leaf => [0x003B_7552, 0x00EB_D9B0, 0x00C9_7B4A],
            Self::Amber => [0x00CB_9232, 0x0031_5A68, 0x00F0_E3CB],
            Self::Clay => [0x00B8_6444, 0x00EF_D9BC, 0x002F_5D62],
            Self::Rose => [0x00D7_9A8B, 0x006B_4256, 0x00F2_E5D3],
            Self::Sage => [0x0090_A98A, 0x00EE_E3CC, 0x00B8_6444],
            Self::Mist => [0x0086_AEBB, 0x00F1_E8D8, 0x00CC_5138],
            Self::Plum => [0x006B_4256, 0x00DB_A793, 0x00D6_AE56],
            Self::Oak => [0x00CF_A069, 0x0033_6672, 0x00C8_593F],
        };
        trio.map(Tone::hex)
    }

    /// A colour for the thing beside it, never its own.
    const fn friend(self) -> Self {
        match self {
            Self::Cream | Self::Mist => Self::Coral,
            Self::Ink | Self::Leaf => Self::Amber,
            Self::Sea | Self::Plum => Self::Rose,
            Self::Coral | Self::Clay => Self::Sea,
            Self::Amber | Self::Oak => Self::Ink,
            Self::Rose => Self::Leaf,
            Self::Sage => Self::Clay,
        }
    }
}

/// How many views of a thing there are: alone, close up, beside another.
pub const VIEWS: u8 = 3;

/// Draws a picture, 800 by 800. A `view` past the last begins again.
pub fn picture(kind: Motif, palette: Palette, seed: u64, view: u8) -> String {
    let set = |kind: Motif, palette: Palette, seed: u64| {
        let mut easel = Easel::new(seed, palette.tones());
        kind.draw(&mut easel);
        easel
    };
    let thing = set(kind, palette, seed);
    let [tone, ..] = palette.tones();
    let title = format!("{} in {}", kind.words(), palette.spoken());
    // The same seed in another kind or colour gets another ground.
    let stage = seed.wrapping_mul(4096) + kind as u64 * 16 + palette as u64;
    match view % VIEWS {
        0 => scene::compose(&title, stage, View::Front, &[thing], tone.base),
        1 => scene::compose(&format!("{title}, close up"), stage, View::Close, &[thing], tone.base),
        _ => {
            let friend = kind.friend();
            let beside = set(friend, palette.friend(), seed.wrapping_add(1));
            let title = format!("{title}, beside {}", friend.words());
            scene::compose(&title, stage, View::Pair, &[thing, beside], tone.base)
        }
    }
}
