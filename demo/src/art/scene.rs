//! The stage of the series: a tinted wall, a table with one horizon, light from the upper left.

use super::dice::Dice;
use super::easel::Easel;
use super::shape::{P, Place, Shape, dome, from, poly, rect};
use super::tone::{INK, PAPER, Rgb};

/// Where the table meets the wall, in every picture.
const HORIZON: f64 = 560.0;
/// Where the table's front edge begins.
const EDGE: f64 = 752.0;
/// Where things stand.
const STAND: f64 = 664.0;
/// Where pegs are.
const PEG: f64 = 92.0;

/// A wall and a table that go together.
#[derive(Clone, Copy, Debug)]
struct Ground {
    wall: Rgb,
    table: Rgb,
}

/// The grounds of the series; the first six are quiet, the rest are deep and come less often.
const GROUNDS: [Ground; 10] = [
    Ground::new(0x00C4_D6D4, 0x00E9_DFCA),
    Ground::new(0x00E5_D5B7, 0x00C6_A272),
    Ground::new(0x00EB_C9B7, 0x00F1_E3D0),
    Ground::new(0x00BD_CBB3, 0x00E5_DBC2),
    Ground::new(0x00E9_CC88, 0x00F1_E5CB),
    Ground::new(0x00D8_D2C5, 0x00B5_A792),
    Ground::new(0x003F_7683, 0x00E2_D3B6),
    Ground::new(0x00CB_7A60, 0x00EB_D3B8),
    Ground::new(0x006C_8A70, 0x00DE_D0AF),
    Ground::new(0x0057_5A6C, 0x00C9_A586),
];

impl Ground {
    const fn new(wall: u32, table: u32) -> Self {
        Self { wall: Rgb::hex(wall), table: Rgb::hex(table) }
    }

    /// A ground on which a thing of this colour stands out.
    fn choose(dice: &mut Dice, thing: Rgb) -> Self {
        let fits =
            |ground: &Self| thing.distance(ground.wall) > 26_000 && thing.distance(ground.table) > 3_000;
        let quiet = GROUNDS.iter().take(6);
        let all = GROUNDS.iter().chain(quiet).copied().filter(fits).collect::<Vec<_>>();
        dice.pick(&all).unwrap_or(Self::new(0x00C4_D6D4, 0x00E9_DFCA))
    }
}

/// Draws the ground and puts one or two things on it.
pub(super) fn compose(title: &str, seed: u64, view: View, easels: &[Easel], colour: Rgb) -> String {
    let salt = if matches!(view, View::Pair) { 3 } else { 2 };
    let mut dice = Dice::new(seed, salt);
    let ground = Ground::choose(&mut dice, colour);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"800\" height=\"800\" viewBox=\"0 0 800 800\" fill=\"none\" \
         stroke-linecap=\"round\" stroke-linejoin=\"round\" role=\"img\"><title>{title}</title>"
    );
    paint(&mut out, &rect((0.0, 0.0), 800.0, HORIZON, 0.0), ground.wall);
    if !matches!(view, View::Close) {
        motif(&mut out, &mut dice, ground.wall);
    }
    paint(&mut out, &rect((0.0, HORIZON), 800.0, EDGE - HORIZON, 0.0), ground.table);
    paint(&mut out, &rect((0.0, EDGE), 800.0, 800.0 - EDGE, 0.0), ground.table.mix(INK, 16));
    match (view, easels) {
        (View::Front, [thing]) => thing.write(&front(thing), &mut out),
        (View::Close, [thing]) => thing.write(&close(thing), &mut out),
        (_, [thing, friend, ..]) => pair(thing, friend, &mut dice, &mut out),
        _ => {}
    }
    out.push_str("</svg>");
    out
}

/// What a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// The thing, alone.
    Front,
    /// A part of it.
    Close,
    /// The thing and another.
    Pair,
}

fn paint(out: &mut String, shape: &Shape, colour: Rgb) {
    out.push_str("<path fill=\"#");
    out.push_str(&colour.digits());
    out.push_str("\" d=\"");
    shape.write(out);
    out.push_str("\"/>");
}

/// One quiet figure on the wall: a sun, an arch, light through a window, a hill, a hanging.
fn motif(out: &mut String, dice: &mut Dice, wall: Rgb) {
    let lit = wall.mix(PAPER, 34);
    let dim = wall.mix(INK, 8);
    let x = dice.between(290.0, 510.0).round();
    let shape = match dice.below(6) {
        0 => {
            let (y, r) = (dice.between(250.0, 330.0), dice.between(170.0, 225.0));
            super::shape::disc((x, y.round()), r.round())
        }
        1 => {
            let (half, top) = (dice.between(190.0, 235.0).round(), dice.between(300.0, 350.0).round());
            from((x - half, HORIZON))
                .to((x - half, top))
                .arc((half, half), true, (x + half, top))
                .to((x + half, HORIZON))
                .close()
        }
        2 => return window(out, dice, lit),
        3 => dome((x, HORIZON), dice.between(230.0, 300.0).round()),
        4 => {
            let lean = dice.between(120.0, 260.0).round();
            poly(&[(0.0, 0.0), (x + lean, 0.0), (x - lean, HORIZON), (0.0, HORIZON)])
        }
        _ => {
            let half = dice.between(60.0, 90.0).round();
            paint(out, &rect((x - half * 3.0, 0.0), half * 2.0, HORIZON, 0.0), dim);
            rect((x + half, 0.0), half * 2.0, HORIZON, 0.0)
        }
    };
    paint(out, &shape, lit);
}

/// Four panes of light, slanting down from the upper left.
fn window(out: &mut String, dice: &mut Dice, lit: Rgb) {
    let (x, y) = (dice.between(120.0, 260.0).round(), dice.between(60.0, 120.0).round());
    let (w, h, slant) = (170.0, 180.0, 0.35);
    for (column, row) in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)] {
        let left = x + column * (w + 18.0);
        let top = y + row * (h + 18.0);
        let at = |dx: f64, dy: f64| (left + dx, top + dy + (left + dx - x) * slant);
        paint(out, &poly(&[at(0.0, 0.0), at(w, 0.0), at(w, h), at(0.0, h)]), lit);
    }
}

/// Alone: as large as fits, centred by its solid parts.
fn front(thing: &Easel) -> Place {
    let bounds = thing.bounds();
    let tall = if thing.hung { 440.0 } else { 490.0 };
    let scale = (560.0 / bounds.width()).min(tall / bounds.height()).min(1.5);
    // What is low stands a little farther back, so that it does not sink in the picture.
    let foot = STAND - (400.0 - bounds.height() * scale).clamp(0.0, 200.0) * 0.15;
    let (x, y) = (400.0 - bounds.centre().0 * scale, if thing.hung { PEG } else { foot });
    Place { scale, turn: 0.0, to: (x, y) }
}

/// A part, twice as near.
fn close(thing: &Easel) -> Place {
    let (x, y) = thing.spot.unwrap_or_else(|| thing.bounds().centre());
    let scale = front(thing).scale * 1.9;
    Place { scale, turn: 0.0, to: (400.0 - x * scale, 410.0 - y * scale) }
}

/// Side by side, the friend a little smaller and on either side; together centred.
fn pair(thing: &Easel, friend: &Easel, dice: &mut Dice, out: &mut String) {
    let (own, other) = (thing.bounds(), friend.bounds());
    let tall = if thing.hung { 430.0 } else { 450.0 };
    let big = (460.0 / own.width()).min(tall / own.height()).min(1.4);
    let small = (280.0 / other.width()).min(310.0 / other.height());
    let gap = -16.0;
    let squeeze = (660.0 / (own.width() * big + gap + other.width() * small)).min(1.0);
    let (big, small) = (big * squeeze, small * squeeze);
    let total = own.width() * big + gap + other.width() * small;
    let left = 400.0 - total / 2.0;
    let friend_first = dice.one_in(2);
    let (own_left, other_left) = if friend_first {
        (left + other.width() * small + gap, left)
    } else {
        (left, left + own.width() * big + gap)
    };
    let place = |at: f64, min: P, scale: f64, y: f64| Place { scale, turn: 0.0, to: (at - min.0 * scale, y) };
    let y = if thing.hung { PEG } else { STAND - 14.0 };
    thing.write(&place(own_left, own.min, big, y), out);
    friend.write(&place(other_left, other.min, small, STAND + 28.0), out);
}
