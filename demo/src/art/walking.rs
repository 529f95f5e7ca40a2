//! Walking: umbrellas, flasks, rucksacks, compasses.

use super::easel::Easel;
use super::shape::{Shape, disc, from, line, oval, poly, rect, soft};
use super::tone::Rgb;
use super::turned::{Profile, TILT};

pub(super) fn umbrella(e: &mut Easel) {
    let (main, accent, wood, iron, metal) = (e.main, e.accent, e.wood, e.iron, e.metal);
    if e.design(2) == 0 {
        let r = e.vary(210.0, 235.0);
        let (top, rim) = (-440.0, -440.0 + r);
        e.cast((0.0, 0.0), 22.0, 150.0);
        e.line(line((0.0, -20.0), (0.0, rim - 20.0)), iron.base, 10.0);
        let hook = from((0.0, -70.0)).to((0.0, -24.0)).curve((0.0, 10.0), (-58.0, 10.0), (-58.0, -26.0));
        e.rod(&hook, wood, 22.0);
        e.line(line((0.0, top), (0.0, top - 26.0)), metal.base, 11.0);
        let edges = [-1.0, -0.58, 0.0, 0.58, 1.0];
        let tones = [main.base, accent.base, main.base, accent.dark];
        for (pair, tone) in edges.windows(2).zip(tones) {
            let &[a, b] = pair else { continue };
            let panel = from((0.0, top))
                .arc((r * f64::max(f64::abs(a), 0.01), r), a > 0.0, (r * a, rim))
                .bend((r * f64::midpoint(a, b), rim - 40.0), (r * b, rim))
                .arc((r * f64::max(f64::abs(b), 0.01), r), b < 0.0, (0.0, top))
                .close();
            e.fill(panel, tone);
        }
        e.spot = Some((-r * 0.2, rim - r * 0.4));
    } else {
        let w = e.vary(34.0, 44.0);
        e.cast((0.0, 0.0), 26.0, 190.0);
        let tilt = |shape: Shape| shape.turn(6.0, (0.0, 0.0));
        let canopy = poly(&[(-6.0, -30.0), (6.0, -30.0), (w, -300.0), (-w, -300.0)]);
        e.behind(&tilt(canopy.clone()));
        e.line(tilt(line((0.0, 0.0), (0.0, -60.0))), metal.base, 9.0);
        e.fill(tilt(canopy), main.base);
        e.fill(tilt(poly(&[(1.0, -30.0), (6.0, -30.0), (w, -300.0), (w * 0.3, -300.0)])), main.dark);
        e.line(tilt(line((-2.0, -40.0), (-w * 0.4, -296.0))), main.deep, 4.0);
        e.fill(tilt(rect((-w * 0.92, -226.0), w * 1.84, 22.0, 4.0)), accent.base);
        e.fill(tilt(disc((w * 0.3, -215.0), 6.0)), metal.light);
        e.fill(tilt(poly(&[(-w, -298.0), (w, -298.0), (12.0, -330.0), (-12.0, -330.0)])), main.deep);
        e.line(tilt(line((0.0, -320.0), (0.0, -370.0))), iron.base, 11.0);
        let hook = from((0.0, -364.0)).to((0.0, -420.0)).curve((0.0, -478.0), (78.0, -478.0), (78.0, -420.0));
        e.rod(&tilt(hook), wood, 24.0);
        e.spot = Some((30.0, -330.0));
    }
}

pub(super) fn flask(e: &mut Easel) {
    let (r, h) = (e.vary(74.0, 90.0), e.vary(300.0, 350.0));
    let (main, accent, metal, cream) = (e.main, e.accent, e.metal, e.cream);
    e.cast((0.0, 0.0), r, r * 3.0);
    let squat = e.design(3) == 1;
    let body = Profile::new(0.0, (r * 0.62, -h))
        .curve((r * 0.64, -h * 0.9), (r, -h * 0.9), (r, -h * 0.76))
        .to((r, -10.0))
        .to((r * 0.94, 0.0));
    if squat {
        let ear = from((r - 6.0, -h * 0.66))
            .to((r + 62.0, -h * 0.62))
            .to((r + 62.0, -h * 0.24))
            .to((r - 6.0, -h * 0.2));
        e.rod(&ear, accent, 22.0);
    }
    e.turned(&body, main);
    match e.design(3) {
        0 => {
            e.band(&body.ring(-h * 0.5, -h * 0.3), cream);
            for (x, y) in [(-0.34, 0.4), (0.0, 0.44)] {
                e.fill(
                    poly(&[(r * x - 26.0, -h * 0.29), (r * x, -h * y), (r * x + 26.0, -h * 0.29)]),
                    accent.base,
                );
            }
        }
        1 => e.band(&body.ring(-h * 0.16, -h * 0.1), accent),
        _ => {
            for y in [0.2, 0.3, 0.4, 0.5, 0.6] {
                e.band(&body.ring(-h * y - 5.0, -h * y + 5.0), accent);
            }
        }
    }
    e.fill(body.strip(-0.8, -0.66), main.light);
    e.band(&Profile::new(0.0, (r * 0.66, -h - 8.0)).to((r * 0.66, -h + 8.0)), metal);
    let cup = Profile::new(0.0, (r * 0.54, -h - 86.0)).to((r * 0.64, -h - 8.0));
    let tone = if e.dice.one_in(2) { metal } else { accent };
    e.glazed(&cup, tone);
    e.fill(oval((0.0, -h - 86.0), r * 0.54, r * 0.54 * TILT), tone.light);
    if e.design(3) == 2 {
        let strap = from((-r * 0.5, -h - 70.0)).curve(
            (-r * 0.8, -h - 150.0),
            (r * 0.8, -h - 150.0),
            (r * 0.5, -h - 70.0),
        );
        e.rod(&strap, accent, 13.0);
    }
    e.spot = Some((0.0, -h * 0.86));
}

pub(super) fn rucksack(e: &mut Easel) {
    let (w, h) = (e.vary(140.0, 160.0), e.vary(330.0, 375.0));
    let (main, accent, metal, wood) = (e.main, e.accent, e.metal, e.wood);
    e.cast((10.0, 0.0), w, 180.0);
    let roll = e.design(3) == 1;
    e.rod(
        &from((-34.0, -h + 8.0)).curve((-30.0, -h - 50.0), (30.0, -h - 50.0), (34.0, -h + 8.0)),
        accent,
        15.0,
    );
    for side in [-1.0, 1.0] {
        let pouch = soft(
            &[
                (side * (w - 14.0), -16.0),
                (side * (w + 38.0), -24.0),
                (side * (w + 34.0), -h * 0.42),
                (side * (w - 14.0), -h * 0.46),
            ],
            18.0,
        );
        e.fill(pouch, if side < 0.0 { main.base } else { main.deep });
    }
    let sack = soft(
        &[(-w, 0.0), (-w * 1.02, -h * 0.5), (-w * 0.84, -h), (w * 0.84, -h), (w * 1.02, -h * 0.5), (w, 0.0)],
        52.0,
    );
    e.fill(sack, main.base);
    e.fill(
        soft(&[(w * 0.42, 0.0), (w * 0.46, -h), (w * 0.84, -h), (w * 1.02, -h * 0.5), (w, 0.0)], 46.0),
        main.dark,
    );
    let pocket =
        soft(&[(-w * 0.7, -22.0), (w * 0.7, -22.0), (w * 0.66, -h * 0.4), (-w * 0.66, -h * 0.4)], 20.0);
    e.fill(pocket.shift(5.0, 5.0), main.deep);
    e.fill(pocket, if e.design(3) == 2 { accent.base } else { main.base });
    e.fill(
        soft(
            &[(-w * 0.7, -h * 0.32), (w * 0.7, -h * 0.32), (w * 0.68, -h * 0.44), (-w * 0.68, -h * 0.44)],
            10.0,
        ),
        main.dark,
    );
    let (face, shade) = if roll { (accent.base, accent.dark) } else { (main.light, main.base) };
    rucksack_flap(e, (w, h), [face, shade]);
    for x in [-w * 0.44, w * 0.44] {
        e.fill(rect((x - 11.0, -h * 0.86), 22.0, h * 0.52, 6.0), wood.base);
        e.fill(rect((x + 3.0, -h * 0.86), 8.0, h * 0.52, 3.0), wood.dark);
        e.line(rect((x - 16.0, -h * 0.5), 32.0, 28.0, 5.0), metal.base, 6.0);
    }
    if roll {
        e.fill(rect((-w * 0.96, -h - 62.0), w * 1.92, 62.0, 31.0), e.third.base);
        e.fill(rect((w * 0.4, -h - 62.0), w * 0.56, 62.0, 31.0), e.third.dark);
        e.line(
            line((-w * 0.44, -h - 60.0), (-w * 0.44, -h)).and(line((w * 0.3, -h - 60.0), (w * 0.3, -h))),
            wood.dark,
            13.0,
        );
    }
    e.spot = Some((-w * 0.2, -h * 0.55));
}

/// The flap over a sack of this half width and height, in a colour and its shade.
fn rucksack_flap(e: &mut Easel, (w, h): (f64, f64), [face, shade]: [Rgb; 2]) {
    let flap = soft(
        &[
            (-w * 0.96, -h * 0.56),
            (-w * 0.86, -h - 6.0),
            (w * 0.86, -h - 6.0),
            (w * 0.96, -h * 0.56),
            (w * 0.5, -h * 0.48),
            (-w * 0.5, -h * 0.48),
        ],
        34.0,
    );
    e.fill(flap.shift(0.0, 7.0), e.main.deep);
    e.fill(flap, face);
    e.fill(
        soft(
            &[
                (w * 0.4, -h - 6.0),
                (w * 0.86, -h - 6.0),
                (w * 0.96, -h * 0.56),
                (w * 0.5, -h * 0.48),
                (w * 0.34, -h * 0.48),
            ],
            30.0,
        ),
        shade,
    );
}

pub(super) fn compass(e: &mut Easel) {
    let r = e.vary(128.0, 146.0);
    let (main, accent, cream, metal, iron) = (e.main, e.accent, e.cream, e.metal, e.iron);
    let y = -r - 6.0;
    e.cast((20.0, 0.0), r * 0.7, r * 1.7);
    let lid = e.design(2) == 0;
    if lid {
        let back = disc((r * 0.95, y - r * 0.5), r * 0.94);
        e.behind(&back);
        e.fill(back, metal.dark);
        e.fill(disc((r * 0.95 - 3.0, y - r * 0.5 - 3.0), r * 0.86), metal.base);
        e.line(disc((r * 0.95, y - r * 0.5), r * 0.62), metal.dark, 5.0);
    }
    e.line(disc((-r * 0.7, y - r * 1.0), 26.0), metal.dark, 11.0);
    e.fill(disc((8.0, y + 5.0), r), metal.deep);
    e.fill(disc((0.0, y), r), if lid { metal.base } else { main.base });
    e.fill(disc((0.0, y), r - 20.0), main.deep);
    e.fill(disc((3.0, y + 3.0), r - 25.0), cream.base);
    for i in 0..24_u8 {
        let size = if i % 6 == 0 { 20.0 } else { 8.0 };
        let tick = line((0.0, y - r + 36.0), (0.0, y - r + 36.0 + size));
        e.line(tick.turn(f64::from(i) * 15.0, (0.0, y)), iron.base, if i % 6 == 0 { 6.0 } else { 3.0 });
    }
    for turn in [0.0, 90.0, 180.0, 270.0] {
        let ray = poly(&[(0.0, y - r * 0.5), (r * 0.1, y - r * 0.1), (0.0, y)]);
        e.fill(ray.turn(turn, (0.0, y)), main.base);
        e.fill(
            poly(&[(0.0, y - r * 0.5), (-r * 0.1, y - r * 0.1), (0.0, y)]).turn(turn, (0.0, y)),
            main.light,
        );
    }
    let turn = e.vary(-60.0, 60.0);
    e.fill(poly(&[(-13.0, y), (0.0, y - r * 0.66), (13.0, y)]).turn(turn, (0.0, y)), accent.base);
    e.fill(poly(&[(-13.0, y), (0.0, y + r * 0.66), (13.0, y)]).turn(turn, (0.0, y)), iron.base);
    e.fill(disc((0.0, y), 10.0), metal.light);
    let gleam = from((-r * 0.62, y - r * 0.3)).arc((r * 0.7, r * 0.7), true, (-r * 0.1, y - r * 0.68));
    e.line(gleam, cream.light, 7.0);
    e.spot = Some((0.0, y - r * 0.2));
}
