//! Travel: suitcases, weekend bags, wash bags.

use super::easel::Easel;
use super::shape::{P, Shape, disc, dome, from, line, poly, rect, soft};
use super::tone::{INK, Tone};

pub(super) fn suitcase(e: &mut Easel) {
    let (w, h) = (e.vary(200.0, 225.0), e.vary(255.0, 295.0));
    let (main, accent, wood, metal, third) = (e.main, e.accent, e.wood, e.metal, e.third);
    e.cast((10.0, 0.0), w, 150.0);
    let grip = from((-56.0, -h + 4.0))
        .to((-56.0, -h - 30.0))
        .bend((-56.0, -h - 48.0), (-38.0, -h - 48.0))
        .to((38.0, -h - 48.0))
        .bend((56.0, -h - 48.0), (56.0, -h - 30.0))
        .to((56.0, -h + 4.0));
    e.rod(&grip, wood, 19.0);
    let case = rect((-w, -h), w * 2.0, h, 34.0);
    e.fill(case.shift(14.0, -3.0), main.deep);
    e.fill(case, main.base);
    e.fill(soft(&[(w * 0.56, 0.0), (w, 0.0), (w, -h), (w * 0.56, -h)], 34.0), main.dark);
    e.fill(rect((w * 0.56, -h), 40.0, h, 0.0), main.dark);
    match e.design(3) {
        0 => {
            for x in [-w * 0.52, w * 0.52] {
                e.fill(rect((x - 17.0, -h), 34.0, h, 0.0), wood.base);
                e.fill(rect((x + 6.0, -h), 11.0, h, 0.0), wood.dark);
                e.line(rect((x - 23.0, -h * 0.66), 46.0, 40.0, 6.0), metal.base, 8.0);
            }
        }
        1 => {
            e.fill(rect((-w, -h * 0.62), w * 2.0, h * 0.2, 0.0), accent.base);
            e.fill(rect((w * 0.56, -h * 0.62), w * 0.44, h * 0.2, 0.0), accent.dark);
        }
        _ => {
            let mut ribs = Shape::default();
            for i in 1..9_u8 {
                let x = -w + w * 2.0 * f64::from(i) / 9.0;
                ribs = ribs.and(line((x, -h + 22.0), (x, -22.0)));
            }
            e.line(ribs, main.deep, 5.0);
        }
    }
    for (x, y) in [(-1.0, -1.0), (1.0, -1.0), (1.0, 0.0), (-1.0, 0.0)] {
        let (cx, cy) = (w * x, h * y);
        let turn = match (x < 0.0, y < 0.0) {
            (true, true) => 0.0,
            (false, true) => 90.0,
            (false, false) => 180.0,
            _ => 270.0,
        };
        let corner = from((cx, cy + 64.0))
            .to((cx, cy + 30.0))
            .bend((cx, cy), (cx + 30.0, cy))
            .to((cx + 64.0, cy))
            .bend((cx + 54.0, cy + 54.0), (cx, cy + 64.0))
            .close();
        e.fill(corner.turn(turn, (cx, cy)), if x > 0.0 { wood.dark } else { wood.base });
    }
    if e.design(3) != 0 {
        for x in [-w * 0.46, w * 0.46] {
            e.fill(rect((x - 26.0, -h - 5.0), 52.0, 42.0, 7.0), metal.base);
            e.fill(rect((x - 10.0, -h + 8.0), 20.0, 20.0, 4.0), metal.dark);
        }
    }
    sticker(e, (-w * 0.1, -h * 0.32), third, accent);
    e.spot = Some((-w * 0.4, -h * 0.75));
}

/// A traveller's sticker.
fn sticker(e: &mut Easel, at: P, tone: Tone, mark: Tone) {
    let (x, y) = at;
    e.fill(disc(at, 44.0), tone.base);
    e.line(disc(at, 35.0), tone.light, 3.0);
    e.fill(
        poly(&[
            (x - 26.0, y + 16.0),
            (x - 4.0, y - 22.0),
            (x + 10.0, y + 2.0),
            (x + 16.0, y - 6.0),
            (x + 28.0, y + 16.0),
        ]),
        mark.base,
    );
}

pub(super) fn holdall(e: &mut Easel) {
    let (w, h) = (e.vary(205.0, 230.0), e.vary(195.0, 230.0));
    let (main, wood, metal) = (e.main, e.wood, e.metal);
    e.cast((0.0, 0.0), w, 140.0);
    let far =
        from((-w * 0.4, -h * 0.9)).curve((-w * 0.36, -h * 1.62), (w * 0.44, -h * 1.62), (w * 0.46, -h * 0.9));
    e.line(far, wood.deep, 17.0);
    let bag = from((-w, -26.0))
        .curve((-w * 1.08, -h * 0.6), (-w * 0.98, -h), (-w * 0.74, -h))
        .to((w * 0.74, -h))
        .curve((w * 0.98, -h), (w * 1.08, -h * 0.6), (w, -26.0))
        .bend((w * 0.98, 0.0), (w * 0.86, 0.0))
        .to((-w * 0.86, 0.0))
        .bend((-w * 0.98, 0.0), (-w, -26.0))
        .close();
    e.fill(bag, main.base);
    let side = from((w * 0.6, -h))
        .to((w * 0.74, -h))
        .curve((w * 0.98, -h), (w * 1.08, -h * 0.6), (w, -26.0))
        .bend((w * 0.98, 0.0), (w * 0.86, 0.0))
        .to((w * 0.56, 0.0))
        .curve((w * 0.7, -h * 0.4), (w * 0.7, -h * 0.7), (w * 0.6, -h))
        .close();
    e.fill(side, main.dark);
    let foot = from((-w, -26.0))
        .to((-w * 1.02, -h * 0.3))
        .to((w * 1.02, -h * 0.3))
        .to((w, -26.0))
        .bend((w * 0.98, 0.0), (w * 0.86, 0.0))
        .to((-w * 0.86, 0.0))
        .bend((-w * 0.98, 0.0), (-w, -26.0))
        .close();
    holdall_front(e, (w, h), foot);
    e.line(from((-w * 0.8, -h + 15.0)).to((w * 0.8, -h + 15.0)), main.deep, 8.0);
    e.line(from((-w * 0.8, -h + 15.0)).to((w * 0.8, -h + 15.0)), metal.base, 2.5);
    e.fill(rect((w * 0.44, -h + 9.0), 14.0, 38.0, 6.0), metal.base);
    for x in [-w * 0.5, w * 0.5] {
        e.fill(rect((x - 14.0, -h * 0.92), 28.0, h * 0.66, 5.0), wood.base);
        e.fill(rect((x + 5.0, -h * 0.92), 9.0, h * 0.66, 4.0), wood.dark);
        e.fill(disc((x, -h * 0.36), 6.0).and(disc((x, -h * 0.84), 6.0)), metal.light);
    }
    e.rod(
        &from((-w * 0.5, -h * 0.86)).curve(
            (-w * 0.48, -h * 1.76),
            (w * 0.48, -h * 1.76),
            (w * 0.5, -h * 0.86),
        ),
        wood,
        19.0,
    );
    e.spot = Some((-w * 0.4, -h * 0.7));
}

/// What a holdall of this half width and height has on its front.
fn holdall_front(e: &mut Easel, (w, h): (f64, f64), foot: Shape) {
    let (main, accent, wood) = (e.main, e.accent, e.wood);
    match e.design(3) {
        0 => {
            e.fill(foot, wood.base);
            e.fill(
                poly(&[
                    (w * 0.62, -h * 0.3),
                    (w * 1.02, -h * 0.3),
                    (w, -26.0),
                    (w * 0.9, 0.0),
                    (w * 0.58, 0.0),
                ]),
                wood.dark,
            );
            e.line(line((-w * 0.98, -h * 0.3 + 9.0), (w * 0.98, -h * 0.3 + 9.0)), wood.light, 3.0);
        }
        1 => {
            for y in [0.3, 0.44, 0.58] {
                e.fill(rect((-w * 1.02, -h * y), w * 2.04, 14.0, 0.0), accent.base);
            }
        }
        _ => {
            let pocket = rect((-w * 0.3, -h * 0.58), w * 0.6, h * 0.42, 14.0);
            e.fill(pocket.shift(4.0, 5.0), main.deep);
            e.fill(pocket, accent.base);
            e.line(
                rect((-w * 0.3 + 9.0, -h * 0.58 + 9.0), w * 0.6 - 18.0, h * 0.42 - 18.0, 9.0),
                accent.light,
                3.0,
            );
        }
    }
}

pub(super) fn pouch(e: &mut Easel) {
    let (w, h) = (e.vary(180.0, 205.0), e.vary(180.0, 215.0));
    let (main, accent, metal, third) = (e.main, e.accent, e.metal, e.third);
    e.cast((0.0, 0.0), w, 130.0);
    let bristle = rect((-w * 0.5, -h - 110.0), 40.0, 34.0, 8.0);
    e.fill(rect((-w * 0.5 + 12.0, -h - 110.0), 17.0, 150.0, 8.0).turn(-9.0, (-w * 0.5, -h)), third.base);
    e.fill(bristle.turn(-9.0, (-w * 0.5, -h)), e.cream.base);
    e.fill(
        soft(&[(-10.0, -h + 30.0), (60.0, -h + 30.0), (60.0, -h - 66.0), (-10.0, -h - 66.0)], 12.0)
            .turn(5.0, (20.0, -h)),
        accent.base,
    );
    e.fill(rect((6.0, -h - 96.0), 38.0, 32.0, 5.0).turn(5.0, (20.0, -h)), e.iron.base);
    let bag = soft(
        &[
            (-w * 0.92, 0.0),
            (w * 0.92, 0.0),
            (w * 1.04, -h * 0.4),
            (w * 0.94, -h),
            (-w * 0.94, -h),
            (-w * 1.04, -h * 0.4),
        ],
        32.0,
    );
    e.fill(bag, main.base);
    match e.design(3) {
        0 => {
            for x in [-0.72, -0.36, 0.0, 0.36, 0.72] {
                e.fill(rect((w * x - 13.0, -h + 22.0), 26.0, h - 22.0, 0.0), accent.base);
            }
        }
        1 => {
            for row in 0..3_u8 {
                for column in 0..6_u8 {
                    let shift = if row % 2 == 0 { 0.0 } else { 0.16 };
                    let at =
                        (w * (-0.82 + 0.3 * f64::from(column) + shift), -h * (0.7 - 0.22 * f64::from(row)));
                    e.fill(dome(at, 17.0), if column % 2 == 0 { accent.base } else { third.base });
                }
            }
        }
        _ => {
            e.fill(
                soft(
                    &[(-w * 0.92, 0.0), (w * 0.92, 0.0), (w * 1.03, -h * 0.44), (-w * 1.03, -h * 0.44)],
                    30.0,
                ),
                accent.base,
            );
        }
    }
    e.veil(
        soft(&[(w * 0.5, 0.0), (w * 0.92, 0.0), (w * 1.04, -h * 0.4), (w * 0.94, -h), (w * 0.56, -h)], 28.0),
        INK,
        22,
    );
    e.line(line((-w * 0.9, -h + 18.0), (w * 0.9, -h + 18.0)), main.deep, 11.0);
    e.line(line((-w * 0.9, -h + 18.0), (w * 0.9, -h + 18.0)), metal.base, 3.5);
    e.rod(
        &from((w * 0.72, -h + 22.0)).curve(
            (w * 0.9, -h + 60.0),
            (w * 0.66, -h + 84.0),
            (w * 0.74, -h + 112.0),
        ),
        third,
        11.0,
    );
    let strap =
        from((-w, -h * 0.5)).curve((-w - 66.0, -h * 0.5), (-w - 60.0, -h * 0.86), (-w * 0.95, -h * 0.8));
    e.rod(&strap, third, 15.0);
    e.spot = Some((w * 0.2, -h * 0.75));
}
