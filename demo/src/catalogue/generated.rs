//! Products without end, for load tests.

use super::{REDUCED, STANDARD, Sample, SampleVariant, sku, slug};
use crate::art::dice::Dice;
use crate::art::{Motif, Palette};

/// Ports along the coast: the name that a product goes by.
const PORTS: [&str; 48] = [
    "Alappuzha",
    "Alibag",
    "Bekal",
    "Beypore",
    "Bhatkal",
    "Bheemili",
    "Chandipur",
    "Colachel",
    "Cuddalore",
    "Daman",
    "Devgad",
    "Digha",
    "Diu",
    "Dwarka",
    "Gokarna",
    "Gopalpur",
    "Harnai",
    "Honnavar",
    "Kakinada",
    "Kannur",
    "Karaikal",
    "Karwar",
    "Kasaragod",
    "Kochi",
    "Kollam",
    "Kovalam",
    "Kundapura",
    "Malpe",
    "Malvan",
    "Mandvi",
    "Munambam",
    "Murud",
    "Nagapattinam",
    "Okha",
    "Paradip",
    "Ponnani",
    "Porbandar",
    "Pulicat",
    "Puri",
    "Rameswaram",
    "Ratnagiri",
    "Shiroda",
    "Thalassery",
    "Tuticorin",
    "Udupi",
    "Varkala",
    "Vengurla",
    "Veraval",
];

/// What sets one thing apart from its neighbour.
const MANNERS: [&str; 12] = [
    "everyday",
    "small",
    "plain",
    "weekend",
    "broad",
    "slender",
    "old-pattern",
    "sturdy",
    "light",
    "low",
    "tall",
    "second",
];

/// Two designs of each kind in one colour each, two views of each: some 240 pictures for any number of
/// products.
const DESIGNS: u64 = 2;
const VIEWS: u8 = 2;

/// What a thing is made of: five words for it, and a sentence that is true of all five.
struct Stuff([&'static str; 5], &'static str);

const CLAY: Stuff = Stuff(
    ["stoneware", "earthenware", "salt-glazed", "porcelain", "slip-cast"],
    "It is fired twice and safe in the dishwasher.",
);
const METAL: Stuff = Stuff(
    ["steel", "enamel", "brass", "copper", "aluminium"],
    "The seams are brazed and the edges rolled, so there is nothing to catch.",
);
const TIMBER: Stuff = Stuff(
    ["beech", "oak", "sheesham", "mango-wood", "ash"],
    "The wood is oiled, not varnished, and can be oiled again.",
);
const CLOTH: Stuff = Stuff(
    ["cotton", "linen", "canvas", "handloom", "waxed"],
    "It is washed before it is sewn, so it keeps its size.",
);
const WOOL: Stuff = Stuff(
    ["merino", "lambswool", "Kullu", "boiled-wool", "yak-wool"],
    "It is woven loosely enough to breathe and tightly enough to last.",
);
const LEATHER: Stuff = Stuff(
    ["leather", "oiled-leather", "suede", "bridle-leather", "waxed-leather"],
    "The stitching is done by hand with two needles, and can be mended by one.",
);
const GLASS: Stuff = Stuff(
    ["clear-glass", "pressed-glass", "smoked-glass", "blown-glass", "ribbed"],
    "The glass is thick at the foot, where it is set down.",
);
const PAPER: Stuff = Stuff(
    ["cotton-paper", "laid", "wove", "recycled", "sewn"],
    "The paper takes ink without a shadow on the other side.",
);
const STRAW: Stuff = Stuff(
    ["cane", "willow", "palm-leaf", "rush", "bamboo"],
    "It is woven wet and dried in the shade, which keeps it supple.",
);
const GREEN: Stuff = Stuff(
    ["hardy", "shade-loving", "slow-growing", "sun-loving", "thirsty"],
    "It asks for water once a week and a wipe of the leaves once a month.",
);
const SEED: Stuff =
    Stuff(["early", "late", "dwarf", "climbing", "heirloom"], "The packet says when to sow, month by month.");
const FAT: Stuff = Stuff(
    ["coconut", "neem", "vetiver", "sandal", "lime"],
    "It is cured for six weeks and wears down slowly.",
);

/// What a buyer chooses.
struct Choice(&'static str, &'static [&'static str]);

const COLOUR: Choice = Choice("Colour", &[]);
const SIZE: Choice = Choice("Size", &["Small", "Medium", "Large"]);
const VOLUME: Choice = Choice("Size", &["0.5 litre", "1 litre", "1.5 litres", "2 litres"]);
const LENGTH: Choice = Choice("Length", &["18 cm", "24 cm", "32 cm"]);
const SHOE: Choice = Choice("Size", &["38", "39", "40", "41", "42", "43"]);
const SET: Choice = Choice("Set", &["One", "Two", "Four", "Six"]);
const RULING: Choice = Choice("Ruling", &["Plain", "Ruled", "Squared"]);
const FORM: Choice = Choice("Form", &["Folded", "Rolled"]);
const BINDING: Choice = Choice("Binding", &["Paperback", "Hardback"]);

/// What is sold of a kind: its collection, two names, material, choice, and the least and most it costs in
/// rupees.
struct Trade(&'static str, [&'static str; 2], Stuff, Choice, (i64, i64));

/// One product of an endless catalogue: the same for the same seed and index, and another for every index.
///
/// Titles are ports, manners, materials and names in every combination, some 5 700 to a kind; past the last
/// of them (at about 330 000 products) they begin again with a number. The pictures are few and shared.
pub fn generated(seed: u64, index: u64) -> Sample {
    let kinds = u64::try_from(Motif::ALL.len()).unwrap_or(1);
    let kind = at(Motif::ALL, index % kinds).unwrap_or(Motif::Kettle);
    let Trade(collection, names, Stuff(materials, sentence), choice, prices) = trade(kind);
    let combinations =
        u64::try_from(PORTS.len() * MANNERS.len() * materials.len() * names.len()).unwrap_or(1);
    let round = index / kinds;
    // 1117 is prime and divides no list's length, so the walk meets every combination once.
    let walk = (round % combinations * 1117 + seed % combinations) % combinations;
    let (walk, port) = split(walk, &PORTS);
    let (walk, material) = split(walk, &materials);
    let (walk, manner) = split(walk, &MANNERS);
    let (_, name) = split(walk, &names);
    let lap = round / combinations;
    let number = if lap == 0 { String::new() } else { format!(" no. {}", lap + 1) };
    let title = format!("{port} {manner} {material} {name}{number}");
    // Catalogues of several seeds can stand in one shop.
    let edition = if seed == 1 { String::new() } else { format!("-{}", base36(seed)) };

    let mut dice = Dice::new(seed ^ index.rotate_left(32), 9);
    let design = dice.below(DESIGNS);
    let look = Dice::new(kind as u64 * DESIGNS + design, 10).below(12);
    let palette = at(Palette::ALL, look).unwrap_or(Palette::Sea);
    let code = format!("{}{}{}", code(kind), base36(index), edition.to_ascii_uppercase());
    Sample {
        slug: format!("{}{}", slug(&title), edition.to_ascii_lowercase()),
        description: format!("A {manner} {name} from {port}, in our {material} range. {sentence}"),
        title,
        collection,
        kind,
        palette,
        seed: 30 + kind as u64 * DESIGNS + design,
        views: VIEWS,
        tax_class: if matches!(kind, Motif::Book | Motif::Map | Motif::Seeds) { REDUCED } else { STANDARD },
        variants: variants(&mut dice, &code, &choice, palette, prices),
    }
}

/// One to six variants whose prices rise along the choice; colours cost the same.
fn variants(
    dice: &mut Dice,
    code: &str,
    choice: &Choice,
    palette: Palette,
    prices: (i64, i64),
) -> Vec<SampleVariant> {
    let Choice(name, values) = *choice;
    let colours = [palette.word(), another(dice, palette).word()];
    let values = if values.is_empty() { colours.as_slice() } else { values };
    let steps = (prices.1 - prices.0) / 10;
    let base = prices.0 + i64::try_from(dice.below(steps.unsigned_abs().max(1))).unwrap_or(0) * 10;
    let single = values.len() < 4 && dice.one_in(5);
    let offered = if single { 1 } else { values.len() };
    let each = values.iter().take(offered).zip(0_i64..);
    each.map(|(value, step)| {
        let rise = if name == "Colour" || name == "Ruling" { 0 } else { base * step / 4 / 10 * 10 };
        let stock = match dice.below(20) {
            0 => 0,
            1 => 1 + dice.below(4),
            _ => 20 + dice.below(181),
        };
        SampleVariant {
            sku: sku(code, std::iter::once(*value)),
            options: vec![(name.to_owned(), (*value).to_owned())],
            price_minor: (base + rise) * 100,
            stock: i64::try_from(stock).unwrap_or(0),
        }
    })
    .collect()
}

/// A colour other than the given one.
fn another(dice: &mut Dice, palette: Palette) -> Palette {
    let others: Vec<Palette> = Palette::ALL.iter().copied().filter(|other| *other != palette).collect();
    dice.pick(&others).unwrap_or(Palette::Cream)
}

/// Takes one item of a list by the remainder, and leaves the rest of the number.
fn split(number: u64, list: &[&'static str]) -> (u64, &'static str) {
    let length = u64::try_from(list.len()).unwrap_or(1).max(1);
    (number / length, at(list, number % length).unwrap_or(""))
}

fn at<T: Copy>(list: &[T], index: u64) -> Option<T> {
    list.get(usize::try_from(index).ok()?).copied()
}

/// The first letters of a kind, set apart from the demo shop's codes by their leading G.
fn code(kind: Motif) -> String {
    let letters: String = format!("{kind:?}").chars().take(3).collect();
    format!("G{}-", letters.to_ascii_uppercase())
}

fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    while number > 0 || digits.len() < 4 {
        digits.extend(u32::try_from(number % 36).ok().and_then(|digit| char::from_digit(digit, 36)));
        number /= 36;
    }
    digits.iter().rev().map(char::to_ascii_uppercase).collect()
}

fn trade(kind: Motif) -> Trade {
    match kind {
        Motif::Kettle => Trade("kitchen", ["kettle", "stove kettle"], METAL, VOLUME, (1_400, 3_600)),
        Motif::Saucepan => Trade("kitchen", ["saucepan", "casserole"], METAL, VOLUME, (1_200, 4_800)),
        Motif::FryingPan => Trade("kitchen", ["frying pan", "skillet"], METAL, LENGTH, (900, 2_600)),
        Motif::Board => Trade("kitchen", ["chopping board", "bread board"], TIMBER, LENGTH, (600, 1_900)),
        Motif::Knife => Trade("kitchen", ["knives", "knife rail"], TIMBER, SET, (1_400, 4_000)),
        Motif::Jar => Trade("kitchen", ["jars", "spice jars"], GLASS, SET, (240, 900)),
        Motif::Spoons => Trade("kitchen", ["spoons", "spoons in a crock"], TIMBER, COLOUR, (500, 1_600)),
        Motif::Mug => Trade("table", ["mug", "tea mug"], CLAY, COLOUR, (320, 780)),
        Motif::Bowl => Trade("table", ["bowls", "mixing bowls"], CLAY, SET, (380, 1_200)),
        Motif::Plates => Trade("table", ["plates", "side plates"], CLAY, SET, (420, 1_300)),
        Motif::Teapot => Trade("table", ["teapot", "tea kettle"], CLAY, VOLUME, (1_100, 2_600)),
        Motif::Tumbler => Trade("table", ["tumblers", "water glasses"], GLASS, SET, (220, 700)),
        Motif::Jug => Trade("table", ["jug", "pitcher"], CLAY, VOLUME, (700, 1_800)),
        Motif::Cutlery => Trade("table", ["cutlery", "table set"], METAL, SET, (600, 1_900)),
        Motif::Linen => Trade("table", ["napkins", "table linen"], CLOTH, SET, (260, 900)),
        Motif::Notebook => Trade("desk", ["notebook", "journal"], PAPER, RULING, (240, 720)),
        Motif::Pencils => Trade("desk", ["pencils", "pencil pot"], TIMBER, COLOUR, (300, 980)),
        Motif::Pen => Trade("desk", ["pen and ink", "writing set"], METAL, COLOUR, (900, 2_900)),
        Motif::Clock => Trade("desk", ["clock", "alarm clock"], METAL, COLOUR, (900, 2_400)),
        Motif::Scissors => Trade("desk", ["scissors", "paper shears"], METAL, LENGTH, (320, 1_100)),
        Motif::LetterRack => Trade("desk", ["letter rack", "post rack"], METAL, COLOUR, (600, 1_500)),
        Motif::Book => Trade("reading", ["almanac", "coast guide"], PAPER, BINDING, (280, 900)),
        Motif::Bookends => Trade("reading", ["bookends", "shelf ends"], TIMBER, SIZE, (700, 1_800)),
        Motif::Glasses => Trade("reading", ["reading glasses", "desk glasses"], METAL, COLOUR, (700, 1_600)),
        Motif::Cushion => Trade("reading", ["cushion", "floor cushion"], CLOTH, SIZE, (520, 1_400)),
        Motif::Throw => Trade("reading", ["throw", "lap blanket"], WOOL, COLOUR, (1_600, 4_200)),
        Motif::Stool => Trade("reading", ["stool", "footstool"], TIMBER, SIZE, (1_500, 3_900)),
        Motif::Boots => Trade("walking", ["boots", "walking boots"], LEATHER, SHOE, (3_900, 7_800)),
        Motif::Umbrella => Trade("walking", ["umbrella", "rain umbrella"], CLOTH, COLOUR, (800, 2_200)),
        Motif::Flask => Trade("walking", ["flask", "water bottle"], METAL, VOLUME, (700, 1_700)),
        Motif::Rucksack => Trade("walking", ["rucksack", "day pack"], CLOTH, SIZE, (2_400, 5_600)),
        Motif::Hat => Trade("walking", ["sun hat", "brimmed hat"], STRAW, SIZE, (500, 1_400)),
        Motif::Compass => Trade("walking", ["compass", "pocket compass"], METAL, COLOUR, (800, 2_100)),
        Motif::Socks => Trade("walking", ["socks", "walking socks"], WOOL, SIZE, (280, 720)),
        Motif::Plant => Trade("garden", ["potted plant", "window plant"], GREEN, SIZE, (380, 1_500)),
        Motif::WateringCan => Trade("garden", ["watering can", "sill can"], METAL, VOLUME, (700, 2_000)),
        Motif::Trowel => Trade("garden", ["hand tools", "trowel set"], METAL, SET, (500, 1_200)),
        Motif::Seeds => Trade("garden", ["seeds", "flower seeds"], SEED, SET, (80, 180)),
        Motif::Birdhouse => Trade("garden", ["birdhouse", "nest box"], TIMBER, COLOUR, (800, 1_800)),
        Motif::Basket => Trade("garden", ["basket", "picking basket"], STRAW, SIZE, (480, 1_500)),
        Motif::Twine => Trade("garden", ["twine", "garden cord"], CLOTH, LENGTH, (120, 380)),
        Motif::DeskLamp => Trade("light", ["desk lamp", "work lamp"], METAL, COLOUR, (1_800, 4_200)),
        Motif::TableLamp => Trade("light", ["table lamp", "bedside lamp"], CLAY, SIZE, (1_900, 4_400)),
        Motif::Pendant => Trade("light", ["pendant", "hanging lamp"], METAL, SIZE, (1_700, 4_600)),
        Motif::Lantern => Trade("light", ["lantern", "storm lantern"], METAL, COLOUR, (900, 2_200)),
        Motif::Candles => Trade("light", ["candlesticks", "candle holders"], METAL, SET, (500, 1_500)),
        Motif::Torch => Trade("light", ["torch", "hand lamp"], METAL, COLOUR, (600, 1_500)),
        Motif::Suitcase => Trade("travel", ["suitcase", "trunk"], LEATHER, SIZE, (4_800, 9_500)),
        Motif::Holdall => Trade("travel", ["weekend bag", "holdall"], CLOTH, SIZE, (2_900, 6_200)),
        Motif::Pouch => Trade("travel", ["wash bag", "zip pouch"], CLOTH, COLOUR, (420, 1_100)),
        Motif::Wallet => Trade("travel", ["passport wallet", "travel wallet"], LEATHER, COLOUR, (900, 2_200)),
        Motif::Map => Trade("travel", ["walking map", "harbour chart"], PAPER, FORM, (220, 560)),
        Motif::Tag => Trade("travel", ["luggage tags", "bag tags"], LEATHER, SET, (180, 520)),
        Motif::Camera => Trade("travel", ["film camera", "pocket camera"], METAL, COLOUR, (4_500, 9_800)),
        Motif::Paints => Trade("travel", ["paint box", "watercolours"], METAL, SIZE, (800, 2_200)),
        Motif::Soap => Trade("upkeep", ["soap", "bath soap"], FAT, SET, (120, 320)),
        Motif::Brush => Trade("upkeep", ["brushes", "dish brushes"], TIMBER, SET, (220, 640)),
        Motif::Broom => Trade("upkeep", ["dustpan and brush", "hearth set"], METAL, COLOUR, (480, 1_200)),
        Motif::Apron => Trade("kitchen", ["apron", "work apron"], CLOTH, SIZE, (640, 1_600)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_same_seed_and_index_give_the_same_product() {
        for index in [0, 1, 59, 4_096, 99_999, u64::MAX] {
            assert_eq!(generated(3, index), generated(3, index));
        }
        assert_ne!(generated(3, 5).title, generated(4, 5).title);
    }

    #[test]
    fn a_hundred_thousand_products_have_as_many_titles_and_slugs() {
        let samples: Vec<Sample> = (0..100_000).map(|index| generated(1, index)).collect();
        let titles: HashSet<&str> = samples.iter().map(|sample| sample.title.as_str()).collect();
        let slugs: HashSet<&str> = samples.iter().map(|sample| sample.slug.as_str()).collect();
        assert_eq!((titles.len(), slugs.len()), (100_000, 100_000));
    }

    #[test]
    fn past_the_last_combination_titles_are_numbered() {
        let first = generated(1, 3);
        let again = generated(1, 3 + 59 * 5_760);
        assert_eq!(again.title, format!("{} no. 2", first.title));
        assert_ne!(again.variants[0].sku, first.variants[0].sku);
    }

    #[test]
    fn the_pictures_of_any_number_of_products_are_a_few_hundred() {
        let looks: HashSet<_> = (0..20_000)
            .map(|index| generated(1, index))
            .flat_map(|sample| {
                (0..sample.views).map(move |view| (sample.kind, sample.palette, sample.seed, view))
            })
            .collect();
        assert!((150..=300).contains(&looks.len()), "{} pictures", looks.len());
    }
}
