//! Garden: watering cans, birdhouses, baskets.

use super::easel::Easel;
use super::plants::{green, leaf};
use super::shape::{P, Shape, disc, from, line, poly};
use super::tone::Tone;
use super::turned::{Profile, TILT};

pub(super) fn watering_can(e: &mut Easel) {
    let (w, h) = (e.vary(112.0, 130.0), e.vary(175.0, 215.0));
    let (main, accent, metal, wood) = (e.main, e.accent, e.metal, e.wood);
    e.cast((0.0, 0.0), w, w * 2.0);
    let long = e.design(2) == 0;
    let tip = if long { (-w * 2.1, -h * 1.22) } else { (-w * 1.76, -h * 1.02) };
    let pipe = poly(&[
        (-w * 0.8, -h * 0.06),
        (-w * 0.8, -h * 0.4),
        (tip.0 - 6.0, tip.1 - 14.0),
        (tip.0 - 18.0, tip.1 + 10.0),
    ]);
    e.fill(pipe, main.base);
    e.fill(
        poly(&[
            (-w * 0.8, -h * 0.06),
            (-w * 0.8, -h * 0.22),
            (tip.0 - 12.0, tip.1 - 2.0),
            (tip.0 - 18.0, tip.1 + 10.0),
        ]),
        main.dark,
    );
    let rose = poly(&[
        (tip.0 + 4.0, tip.1 + 4.0),
        (tip.0 - 54.0, tip.1 + 20.0),
        (tip.0 - 14.0, tip.1 - 58.0),
        (tip.0 + 12.0, tip.1 - 12.0),
    ]);
    e.fill(rose, metal.base);
    e.line(line((tip.0 - 54.0, tip.1 + 20.0), (tip.0 - 14.0, tip.1 - 58.0)), metal.dark, 11.0);
    e.line(line((-w * 0.9, -h * 0.82), (-w * 1.3, -h * 0.62)), main.deep, 9.0);
    let back =
        from((w * 0.84, -h * 0.9)).curve((w * 1.75, -h * 1.1), (w * 1.75, -h * 0.2), (w * 0.9, -h * 0.14));
    e.rod(&back, if long { main } else { wood }, 20.0);
    let hoop = from((-w * 0.64, -h)).curve((-w * 0.6, -h * 1.6), (w * 0.6, -h * 1.6), (w * 0.64, -h));
    e.rod(&hoop, main, 18.0);
    let body = if e.design(3) == 0 {
        Profile::new(0.0, (w * 0.8, -h)).to((w, -8.0)).to((w * 0.97, 0.0))
    } else {
        Profile::new(0.0, (w * 0.86, -h)).curve((w * 1.02, -h * 0.7), (w, -h * 0.2), (w * 0.94, 0.0))
    };
    e.mouth(&body, main, 8.0);
    e.band(&body, main);
    match e.dice.below(3) {
        0 => e.band(&body.ring(-h * 0.3, 0.0), accent),
        1 => e.band(&body.ring(-h * 0.62, -h * 0.48), accent),
        _ => {
            for y in [0.2, 0.8] {
                e.band(&body.ring(-h * y - 5.0, -h * y + 5.0), metal);
            }
        }
    }
    e.fill(body.strip(-0.82, -0.7), main.light);
    e.spot = Some((-w * 0.8, -h * 0.8));
}

pub(super) fn birdhouse(e: &mut Easel) {
    let (w, h) = (e.vary(105.0, 130.0), e.vary(200.0, 240.0));
    let (main, accent, third, iron, wood) = (e.main, e.accent, e.third, e.iron, e.wood);
    e.cast((20.0, 0.0), w, w * 1.8);
    let side = 58.0;
    let gable = h + w * 0.86;
    if e.design(3) == 2 {
        e.block((-w, 0.0), w * 2.0, h, side, main);
        e.fill(
            poly(&[
                (-w - 26.0, -h + 4.0),
                (w + 12.0, -h - 22.0),
                (w + side + 16.0, -h - 44.0),
                (-w + side - 20.0, -h - 26.0),
            ]),
            accent.light,
        );
        e.fill(
            poly(&[(-w - 26.0, -h + 4.0), (w + 12.0, -h - 22.0), (w + 12.0, -h), (-w - 26.0, -h + 24.0)]),
            accent.base,
        );
    } else {
        e.fill(poly(&[(w, 0.0), (w + side, -22.0), (w + side, -h - 22.0), (w, -h)]), main.dark);
        e.fill(poly(&[(-w, 0.0), (w, 0.0), (w, -h), (0.0, -gable), (-w, -h)]), main.base);
        e.fill(
            poly(&[
                (0.0, -gable - 12.0),
                (side, -gable - 34.0),
                (w + side + 26.0, -h - 6.0),
                (w + 26.0, -h + 22.0),
            ]),
            accent.dark,
        );
        let edge = from((-w - 22.0, -h + 20.0)).to((0.0, -gable - 2.0)).to((w + 22.0, -h + 20.0));
        e.line(edge, accent.base, 21.0);
    }
    let mut boards = Shape::default();
    for i in 1..5_u8 {
        let y = -h * f64::from(i) / 5.0;
        boards = boards.and(line((-w + 8.0, y), (w - 6.0, y)));
    }
    if e.design(3) != 1 {
        e.line(boards, main.dark, 3.0);
    }
    let (y, r) = (-h * 0.72, e.vary(30.0, 40.0));
    e.fill(disc((0.0, y), r + 9.0), third.base);
    e.fill(disc((0.0, y), r), iron.deep);
    e.fill(
        from((-r * 0.7, y + r * 0.7))
            .arc((r, r), false, (r * 0.98, y))
            .bend((r * 0.4, y + r * 0.3), (-r * 0.7, y + r * 0.7))
            .close(),
        iron.base,
    );
    e.rod(&line((0.0, -h * 0.34), (-20.0, -h * 0.32)), wood, 13.0);
    if e.dice.one_in(2) {
        bird(e, (-w - 66.0, 0.0));
    }
    e.spot = Some((0.0, -h * 0.9));
}

/// A small bird on the table, looking at the house.
fn bird(e: &mut Easel, (x, y): P) {
    let (third, iron) = (e.third, e.iron);
    e.cast((x, y), 24.0, 60.0);
    e.line(
        line((x - 6.0, y), (x - 6.0, y - 20.0)).and(line((x + 8.0, y), (x + 8.0, y - 20.0))),
        iron.base,
        4.0,
    );
    let body = from((x - 62.0, y - 34.0))
        .curve((x - 30.0, y - 8.0), (x + 30.0, y - 8.0), (x + 34.0, y - 52.0))
        .curve((x + 36.0, y - 84.0), (x - 2.0, y - 90.0), (x - 8.0, y - 62.0))
        .bend((x - 28.0, y - 48.0), (x - 62.0, y - 34.0))
        .close();
    e.fill(body, third.base);
    e.fill(
        from((x - 40.0, y - 34.0))
            .bend((x - 8.0, y - 62.0), (x + 14.0, y - 46.0))
            .bend((x, y - 18.0), (x - 40.0, y - 34.0))
            .close(),
        third.dark,
    );
    e.fill(poly(&[(x + 32.0, y - 66.0), (x + 50.0, y - 58.0), (x + 32.0, y - 54.0)]), e.metal.base);
    e.fill(disc((x + 18.0, y - 66.0), 4.0), iron.deep);
}

pub(super) fn basket(e: &mut Easel) {
    let (w, h) = (e.vary(165.0, 190.0), e.vary(120.0, 150.0));
    let (main, accent, third) = (e.main, e.accent, e.third);
    e.cast((0.0, 0.0), w * 0.84, w * 1.3);
    let hoop = from((-w * 0.92, -h)).curve((-w * 0.9, -h - 250.0), (w * 0.9, -h - 250.0), (w * 0.92, -h));
    e.rod(&hoop, main, 19.0);
    let body = Profile::new(0.0, (w, -h)).curve((w, -h * 0.5), (w * 0.9, -h * 0.1), (w * 0.78, 0.0));
    e.mouth(&body, main, 9.0);
    match e.design(3) {
        0 => {
            let tone = green(e);
            for (x, y, r) in [(-80.0, -26.0, 46.0), (10.0, -42.0, 54.0), (88.0, -24.0, 44.0)] {
                e.ball((x, -h + y), r, Tone::hex(0x00C8_4B33));
                leaf(e, (x, -h + y - r + 6.0), (x + 34.0, -h + y - r - 20.0), 14.0, tone);
            }
        }
        1 => {
            let tone = green(e);
            for (x, turn) in [(-96.0, -24.0), (-34.0, -9.0), (30.0, 8.0), (92.0, 22.0)] {
                leaf(e, (x * 0.7, -h + 20.0), (x * 1.2 + turn, -h - 122.0), 42.0, tone);
            }
        }
        _ => {
            let cloth = from((-w * 0.8, -h))
                .bend((-w * 0.6, -h - 80.0), (-w * 0.1, -h - 52.0))
                .bend((w * 0.5, -h - 100.0), (w * 0.8, -h))
                .close();
            e.fill(cloth, accent.base);
            e.fill(
                from((w * 0.1, -h))
                    .bend((w * 0.4, -h - 80.0), (w * 0.66, -h - 46.0))
                    .to((w * 0.8, -h))
                    .close(),
                accent.dark,
            );
            e.line(
                line((-w * 0.5, -h - 46.0), (-w * 0.3, -h)).and(line((0.0, -h - 54.0), (0.0, -h))),
                third.base,
                7.0,
            );
        }
    }
    e.band(&body, main);
    let mut weave = Shape::default();
    for row in 0..4_u8 {
        for column in 0..7_u8 {
            let y = -h * (0.84 - 0.22 * f64::from(row));
            let half = body.radius(y);
            let shift = if row % 2 == 0 { 0.0 } else { 0.12 };
            let k = -0.84 + 0.25 * f64::from(column) + shift;
            let sag = TILT * half * (1.0 - k * k).max(0.0).sqrt();
            weave = weave.and(line((half * k, y + sag), (half * (k + 0.11).min(0.97), y + sag)));
        }
    }
    e.line(weave, main.deep, 7.0);
    let rim = body.ring(-h, -h * 0.9);
    e.band(&rim, main);
    e.line(from((-w, -h)).arc((w, w * TILT), false, (w, -h)), main.light, 5.0);
    e.spot = Some((-w * 0.3, -h));
}
