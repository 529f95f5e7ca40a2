//! Desk: notebooks, pencils, pens, clocks, scissors, letter racks.

use super::easel::Easel;
use super::shape::{P, Shape, disc, from, line, oval, poly, rect, soft};
use super::tone::Tone;
use super::turned::{Profile, TILT};

pub(super) fn notebook(e: &mut Easel) {
    match e.design(3) {
        0 => bound(e),
        1 => pile(e),
        _ => spiral(e),
    }
}

/// One notebook with an elastic band, leaning on the wall.
fn bound(e: &mut Easel) {
    let (w, h, lean) = (e.vary(250.0, 285.0), e.vary(360.0, 390.0), e.dice.between(-7.0, -3.0));
    let (main, accent, third, cream) = (e.main, e.accent, e.third, e.cream);
    let (x, about) = (-w / 2.0, (0.0, 0.0));
    let tilt = |shape: Shape| shape.turn(lean, about);
    e.cast((30.0, 0.0), w * 0.46, 130.0);
    let cover = rect((x, -h), w, h, 14.0);
    e.behind(&tilt(cover.clone()));
    e.fill(tilt(cover.shift(14.0, 2.0)), main.deep);
    e.fill(tilt(rect((x + 10.0, -h + 6.0), w - 2.0, h - 10.0, 4.0)), cream.base);
    e.fill(tilt(cover), main.base);
    e.fill(tilt(rect((x, -h), 40.0, h, 14.0)), main.dark);
    e.fill(tilt(rect((x + w - 52.0, -h), 17.0, h, 0.0)), accent.base);
    let plate = rect((x + 84.0, -h + 66.0), w - 176.0, 74.0, 6.0);
    e.fill(tilt(plate), cream.base);
    for (dy, len) in [(92.0, 0.7), (114.0, 0.45)] {
        let rule = line((x + 100.0, -h + dy), (x + 100.0 + (w - 208.0) * len, -h + dy));
        e.line(tilt(rule), cream.deep, 5.0);
    }
    e.fill(
        tilt(poly(&[
            (x + 96.0, 0.0),
            (x + 96.0, 34.0),
            (x + 106.0, 24.0),
            (x + 116.0, 34.0),
            (x + 116.0, 0.0),
        ])),
        third.base,
    );
    stitches(e, lean, (x + 40.0, -h + 24.0), h - 48.0);
    e.spot = Some((0.0, -h * 0.72));
}

/// A seam, as dashes down from (x, y).
fn stitches(e: &mut Easel, lean: f64, (x, y): P, tall: f64) {
    let tone = e.main;
    let mut dashes = Shape::default();
    let mut at = y;
    while at < y + tall {
        dashes = dashes.and(line((x, at), (x, at + 11.0)));
        at += 24.0;
    }
    e.line(dashes.turn(lean, (0.0, 0.0)), tone.light, 3.5);
}

/// Three notebooks lying on each other, a pencil on top.
fn pile(e: &mut Easel) {
    let w = e.vary(300.0, 340.0);
    let cream = e.cream;
    e.cast((20.0, 0.0), w * 0.5, 150.0);
    let mut y = 0.0;
    for (i, tone) in [e.main, e.accent, e.third, e.main].into_iter().take(4).enumerate() {
        let (h, dx) = (e.vary(44.0, 66.0), e.vary(-20.0, 20.0));
        let width = w - f64::from(u8::try_from(i).unwrap_or(0)) * 18.0;
        let (left, right) = (dx - width / 2.0, dx + width / 2.0);
        e.fill(rect((left, y - h), width, h, 9.0), tone.base);
        e.fill(rect((left + 24.0, y - h + 9.0), width - 20.0, h - 18.0, 0.0), cream.base);
        e.fill(rect((right - 70.0, y - h + 9.0), 74.0, h - 18.0, 0.0), cream.dark);
        for dy in [0.36, 0.62] {
            e.line(line((left + 40.0, y - h * dy), (right - 10.0, y - h * dy)), cream.deep, 2.0);
        }
        e.fill(rect((right - 60.0, y - h - 1.0), 14.0, h + 2.0, 0.0), tone.deep);
        y -= h + 2.0;
    }
    pencil(e, (-120.0, y - 11.0), 250.0, 0.0);
    e.spot = Some((w * 0.2, y * 0.6));
}

/// A pencil from its blunt end, `len` long, turned clockwise from pointing right.
fn pencil(e: &mut Easel, at: (f64, f64), len: f64, turn: f64) {
    let ((x, y), third, wood, iron) = (at, e.accent, e.wood, e.iron);
    let tilt = |shape: Shape| shape.turn(turn, at);
    e.fill(tilt(rect((x, y - 11.0), len - 40.0, 22.0, 4.0)), third.base);
    e.fill(tilt(rect((x, y + 2.0), len - 40.0, 9.0, 2.0)), third.dark);
    e.fill(tilt(poly(&[(x + len - 42.0, y - 11.0), (x + len, y), (x + len - 42.0, y + 11.0)])), wood.light);
    e.fill(tilt(poly(&[(x + len - 14.0, y - 4.0), (x + len, y), (x + len - 14.0, y + 4.0)])), iron.base);
    e.fill(tilt(rect((x, y - 11.0), 24.0, 22.0, 4.0)), e.metal.base);
}

/// A sketchbook bound with a wire, upright.
fn spiral(e: &mut Easel) {
    let (w, h) = (e.vary(270.0, 310.0), e.vary(340.0, 380.0));
    let (main, accent, cream, iron) = (e.main, e.accent, e.cream, e.iron);
    let x = -w / 2.0;
    e.cast((20.0, 0.0), w * 0.48, 120.0);
    e.behind(&rect((x, -h), w, h, 10.0));
    e.slab(&[(x, -h), (x + w, -h), (x + w, 0.0), (x, 0.0)], 12.0, main);
    let (cx, cy, r) = (0.0, -h * 0.42, w * 0.27);
    match e.dice.below(3) {
        0 => {
            e.fill(disc((cx - r * 0.4, cy), r), accent.base);
            e.fill(disc((cx + r * 0.5, cy + r * 0.4), r * 0.7), cream.base);
        }
        1 => {
            for i in 0..4_u8 {
                let dy = f64::from(i) * 44.0 - 66.0;
                let wave = from((cx - r * 1.3, cy + dy))
                    .curve((cx - r * 0.6, cy + dy - 40.0), (cx - r * 0.4, cy + dy + 40.0), (cx, cy + dy))
                    .curve(
                        (cx + r * 0.5, cy + dy - 40.0),
                        (cx + r * 0.6, cy + dy + 40.0),
                        (cx + r * 1.3, cy + dy),
                    );
                e.line(wave, accent.base, 14.0);
            }
        }
        _ => {
            e.fill(poly(&[(cx - r, cy + r), (cx, cy - r), (cx + r, cy + r)]), accent.base);
            e.fill(poly(&[(cx, cy - r), (cx + r, cy + r), (cx, cy + r)]), accent.dark);
        }
    }
    let mut at = x + 22.0;
    while at < x + w - 12.0 {
        e.fill(disc((at, -h + 22.0), 6.0), main.deep);
        e.line(
            from((at, -h + 20.0)).curve((at - 12.0, -h - 22.0), (at + 14.0, -h - 22.0), (at + 8.0, -h + 4.0)),
            iron.base,
            4.5,
        );
        at += 26.0;
    }
    pencil(e, (x + w + 22.0, -4.0), h * 0.72, -96.0);
    e.spot = Some((-w * 0.1, -h * 0.75));
}

pub(super) fn pencils(e: &mut Easel) {
    let (r, h) = (e.vary(80.0, 98.0), e.vary(150.0, 190.0));
    let (main, accent, third, wood, iron, metal) = (e.main, e.accent, e.third, e.wood, e.iron, e.metal);
    e.cast((0.0, 0.0), r, r * 2.4);
    let pot = Profile::new(0.0, (r, -h)).to((r * 0.94, -6.0)).to((r * 0.9, 0.0));
    e.mouth(&pot, main, 8.0);
    let tones = [accent, third, main, wood, accent, third];
    for (i, (tone, x)) in tones.into_iter().zip([-52.0, -26.0, 4.0, 30.0, 54.0]).enumerate() {
        let foot = (x * 0.8, -h * 0.5);
        let top = -h - e.vary(90.0, 190.0);
        let turn = x * 0.2 + e.dice.between(-3.0, 3.0);
        let tilt = |shape: Shape| shape.turn(turn, foot);
        e.fill(tilt(rect((foot.0 - 11.0, top), 22.0, foot.1 - top, 0.0)), tone.base);
        e.fill(tilt(rect((foot.0 + 3.0, top), 8.0, foot.1 - top, 0.0)), tone.dark);
        if (i + usize::try_from(e.design(3)).unwrap_or(0)) % 3 == 0 {
            e.fill(tilt(rect((foot.0 - 11.0, top - 4.0), 22.0, 24.0, 0.0)), metal.base);
            let bristle = from((foot.0 - 10.0, top - 2.0))
                .curve((foot.0 - 22.0, top - 40.0), (foot.0, top - 60.0), (foot.0 + 3.0, top - 84.0))
                .curve((foot.0 + 8.0, top - 56.0), (foot.0 + 20.0, top - 38.0), (foot.0 + 10.0, top - 2.0))
                .close();
            e.fill(tilt(bristle), iron.base);
        } else {
            e.fill(
                tilt(poly(&[(foot.0 - 11.0, top), (foot.0, top - 44.0), (foot.0 + 11.0, top)])),
                wood.light,
            );
            e.fill(
                tilt(poly(&[(foot.0 - 4.0, top - 28.0), (foot.0, top - 44.0), (foot.0 + 4.0, top - 28.0)])),
                tone.dark,
            );
        }
    }
    e.fill(pot.strip(-1.0, 1.0), main.base);
    if e.dice.one_in(2) {
        for k in [-0.86, -0.5, -0.08, 0.36, 0.74] {
            e.fill(pot.strip(k, k + 0.16), accent.base);
        }
    } else {
        e.fill(pot.ring(-h * 0.34, 0.0).strip(-1.0, 1.0), accent.base);
    }
    e.veil(pot.strip(0.36, 1.0), super::tone::INK, 22);
    e.spot = Some((0.0, -h * 1.25));
}

pub(super) fn pen(e: &mut Easel) {
    let (w, h) = (e.vary(92.0, 112.0), e.vary(120.0, 150.0));
    let (main, accent, cream, metal, iron) = (e.main, e.accent, e.cream, e.metal, e.iron);
    e.cast((-60.0, 0.0), w, w * 2.0);
    let x = -60.0;
    let shoulder = [
        (x - w, 0.0),
        (x + w, 0.0),
        (x + w, -h * 0.7),
        (x + w * 0.5, -h),
        (x - w * 0.5, -h),
        (x - w, -h * 0.7),
    ];
    e.fill(soft(&shoulder, 14.0), cream.dark);
    e.fill(
        soft(
            &[
                (x - w + 10.0, -8.0),
                (x + w - 10.0, -8.0),
                (x + w - 10.0, -h * 0.62),
                (x - w + 10.0, -h * 0.62),
            ],
            10.0,
        ),
        main.base,
    );
    e.fill(
        soft(
            &[(x + w * 0.3, -8.0), (x + w - 10.0, -8.0), (x + w - 10.0, -h * 0.62), (x + w * 0.3, -h * 0.62)],
            6.0,
        ),
        main.dark,
    );
    e.fill(rect((x - w * 0.5, -h * 0.5), w, h * 0.34, 5.0), cream.light);
    e.line(
        line((x - w * 0.3, -h * 0.38), (x + w * 0.3, -h * 0.38))
            .and(line((x - w * 0.3, -h * 0.28), (x + w * 0.05, -h * 0.28))),
        main.base,
        5.0,
    );
    let cap = Profile::new(x, (w * 0.46, -h - 52.0)).to((w * 0.46, -h + 2.0));
    e.turned(&cap, iron);
    e.fill(oval((x, -h - 52.0), w * 0.46, w * 0.46 * TILT), iron.light);
    let about = (118.0, 0.0);
    let turn = if e.design(2) == 0 { 13.0 } else { -17.0 };
    let tilt = |shape: Shape| shape.turn(turn, about);
    e.cast((118.0, 0.0), 16.0, 150.0);
    e.fill(tilt(poly(&[(118.0, 0.0), (104.0, -52.0), (132.0, -52.0)])), metal.base);
    e.fill(tilt(poly(&[(118.0, 0.0), (118.0, -52.0), (132.0, -52.0)])), metal.dark);
    e.line(tilt(line((118.0, -14.0), (118.0, -42.0))), iron.base, 2.5);
    e.fill(tilt(rect((103.0, -92.0), 30.0, 42.0, 4.0)), iron.base);
    e.fill(tilt(soft(&[(98.0, -88.0), (138.0, -88.0), (136.0, -370.0), (100.0, -370.0)], 16.0)), accent.base);
    e.fill(
        tilt(soft(&[(120.0, -88.0), (138.0, -88.0), (136.0, -370.0), (120.0, -370.0)], 10.0)),
        accent.dark,
    );
    e.fill(tilt(rect((97.0, -214.0), 42.0, 16.0, 0.0)), metal.base);
    e.fill(tilt(rect((112.0, -360.0), 11.0, 130.0, 5.0)), metal.light);
    e.spot = Some((20.0, -h * 0.9));
}

pub(super) fn clock(e: &mut Easel) {
    let r = e.vary(118.0, 138.0);
    let (main, accent, cream, iron, metal, wood) = (e.main, e.bold(), e.cream, e.iron, e.metal, e.wood);
    let design = e.design(3);
    let y = if design == 1 { -r - 44.0 } else { -r - 30.0 };
    e.cast((0.0, 0.0), r * 0.86, r * 1.9);
    match design {
        0 => {
            for side in [-1.0, 1.0] {
                e.line(line((side * r * 0.6, y + r * 0.7), (side * r * 0.8, -4.0)), metal.dark, 20.0);
                let bell = super::shape::dome((side * r * 0.56, y - r * 0.92), r * 0.38)
                    .turn(side * 32.0, (side * r * 0.56, y - r * 0.92));
                e.fill(bell, if side < 0.0 { metal.base } else { metal.dark });
            }
            e.line(line((0.0, y - r), (0.0, y - r - 44.0)), metal.dark, 9.0);
            e.ball((0.0, y - r - 48.0), 13.0, metal);
        }
        1 => {
            let case = from((-r - 40.0, 0.0))
                .to((-r - 40.0, y))
                .arc((r + 40.0, r + 40.0), true, (r + 40.0, y))
                .to((r + 40.0, 0.0))
                .close();
            e.fill(case.shift(10.0, 0.0), wood.deep);
            e.fill(case, wood.base);
            e.line(line((-r - 30.0, -18.0), (r + 30.0, -18.0)), wood.dark, 6.0);
        }
        _ => {
            e.block((-r - 26.0, 0.0), r * 2.0 + 52.0, r * 2.0 + 56.0, 46.0, main);
        }
    }
    e.fill(disc((5.0, y + 4.0), r), main.deep);
    e.fill(disc((0.0, y), r), if design == 2 { main.dark } else { main.base });
    e.fill(disc((0.0, y), r - 20.0), cream.dark);
    e.fill(disc((3.0, y + 3.0), r - 24.0), cream.base);
    for i in 0..12_u8 {
        let long = i % 3 == 0;
        let mark = line((0.0, y - r + 36.0), (0.0, y - r + if long { 54.0 } else { 42.0 }));
        e.line(mark.turn(f64::from(i) * 30.0, (0.0, y)), iron.base, if long { 7.0 } else { 4.0 });
    }
    let minute = e.vary(0.0, 11.0) * 30.0;
    e.line(line((0.0, y), (0.0, y - r * 0.42)).turn(minute / 12.0 + 300.0, (0.0, y)), iron.base, 10.0);
    e.line(line((0.0, y + 14.0), (0.0, y - r * 0.62)).turn(minute, (0.0, y)), iron.base, 6.0);
    e.line(line((0.0, y + 20.0), (0.0, y - r * 0.6)).turn(minute + 140.0, (0.0, y)), accent.base, 3.0);
    e.fill(disc((0.0, y), 8.0), accent.base);
    e.spot = Some((20.0, y));
}

pub(super) fn scissors(e: &mut Easel) {
    e.hung = true;
    let (main, metal) = (e.main, e.metal);
    let steel = Tone::hex(0x00B9_C2C3);
    let (open, r) = (e.dice.between(9.0, 19.0), e.vary(46.0, 56.0));
    let pivot = (0.0, 190.0);
    e.ball((-r * 0.9, 10.0), 13.0, metal);
    for (side, tone) in [(1.0, steel.dark), (-1.0, steel.base)] {
        let swing = |shape: Shape| shape.turn(-side * open, pivot);
        let blade = from((side * -15.0, 176.0))
            .to((side * 15.0, 176.0))
            .curve((side * 18.0, 260.0), (side * 6.0, 350.0), (side * -8.0, 430.0))
            .close();
        let eye = if e.design(2) == 0 {
            oval((side * -r * 0.6, 58.0), r * 0.8, r * 1.3)
        } else {
            disc((side * -r * 0.7, 66.0), r)
        };
        e.shadow(swing(blade.clone()).shift(22.0, 14.0));
        e.fill(swing(blade), tone);
        let shank = line((side * -4.0, 186.0), (side * -r * 0.3, 120.0));
        e.rod(&swing(shank), main, 30.0);
        e.rod(&swing(eye), main, 24.0);
    }
    e.fill(disc(pivot, 13.0), metal.dark);
    e.fill(disc((-1.0, 189.0), 9.0), metal.light);
    e.line(line((-5.0, 194.0), (3.0, 184.0)), metal.deep, 3.0);
    e.spot = Some((0.0, 150.0));
}

pub(super) fn letter_rack(e: &mut Easel) {
    let (w, h) = (e.vary(165.0, 190.0), e.vary(120.0, 150.0));
    let (main, accent, third, cream) = (e.main, e.accent, e.third, e.cream);
    e.cast((0.0, 0.0), w, 170.0);
    let back = if e.design(2) == 0 {
        from((-w, 0.0)).to((-w, -h * 1.5)).arc((w, h * 0.9), true, (w, -h * 1.5)).to((w, 0.0)).close()
    } else {
        soft(&[(-w, 0.0), (-w, -h * 1.9), (w, -h * 1.9), (w, 0.0)], 18.0)
    };
    e.fill(back.shift(10.0, -2.0), main.deep);
    e.fill(back, main.dark);
    for (x, top, turn, tone) in
        [(-20.0, -h * 2.5, -4.0, cream), (36.0, -h * 2.1, 3.0, third), (-36.0, -h * 1.75, 1.0, accent)]
    {
        let (half, about) = (w * 0.72, (x, -h * 0.5));
        let paper = rect((x - half, top), half * 2.0, -top - 20.0, 4.0).turn(turn, about);
        e.fill(paper.shift(5.0, 3.0), tone.deep);
        e.fill(paper, tone.base);
        let stamp = rect((x + half - 62.0, top + 16.0), 44.0, 52.0, 0.0);
        e.fill(stamp.turn(turn, about), main.base);
        e.fill(disc((x + half - 40.0, top + 42.0), 13.0).turn(turn, about), cream.base);
        let address = line((x - half + 26.0, top + 46.0), (x, top + 46.0))
            .and(line((x - half + 26.0, top + 66.0), (x - 34.0, top + 66.0)));
        e.line(address.turn(turn, about), tone.dark, 5.0);
    }
    e.fill(soft(&[(-w - 8.0, 0.0), (w + 8.0, 0.0), (w + 8.0, -h), (-w - 8.0, -h)], 12.0), main.base);
    e.fill(soft(&[(w * 0.5, 0.0), (w + 8.0, 0.0), (w + 8.0, -h), (w * 0.5, -h)], 12.0), main.dark);
    e.fill(rect((w * 0.5, -h), 20.0, h, 0.0), main.dark);
    e.line(line((-w + 14.0, -h * 0.5), (w - 14.0, -h * 0.5)), main.deep, 4.0);
    e.spot = Some((w * 0.3, -h * 1.6));
}
