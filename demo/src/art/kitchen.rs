//! Kitchen: kettles, saucepans, pans, boards, knives, jars, spoons.

use super::easel::Easel;
use super::shape::{Shape, disc, from, line, oval, poly, rect, soft};
use super::turned::{Profile, TILT};

pub(super) fn kettle(e: &mut Easel) {
    match e.design(3) {
        0 => hoop_kettle(e),
        1 => gooseneck(e),
        _ => cone_kettle(e),
    }
}

/// A round kettle with a hoop over it.
fn hoop_kettle(e: &mut Easel) {
    let (w, h) = (e.vary(138.0, 165.0), e.vary(185.0, 225.0));
    let (main, wood, metal) = (e.main, e.wood, e.metal);
    e.cast((0.0, 0.0), w * 0.85, w * 2.1);
    let body = Profile::new(0.0, (w * 0.42, -h))
        .curve((w * 0.82, -h * 0.98), (w, -h * 0.72), (w, -h * 0.38))
        .curve((w, -h * 0.14), (w * 0.96, 0.0), (w * 0.82, 0.0));
    let hoop = from((-w * 0.66, -h * 0.86)).curve(
        (-w * 0.72, -h * 1.75),
        (w * 0.72, -h * 1.75),
        (w * 0.66, -h * 0.86),
    );
    e.rod(&hoop, metal, 13.0);
    let grip = from((-w * 0.36, -h * 1.45)).bend((0.0, -h * 1.62), (w * 0.36, -h * 1.45));
    e.rod(&grip, wood, 27.0);
    spout(e, w, h);
    e.glazed(&body, main);
    e.band(&body.ring(-h * 0.12, 0.0), metal);
    for x in [-w * 0.64, w * 0.64] {
        e.fill(disc((x, -h * 0.82), 11.0), metal.dark);
        e.fill(disc((x - 2.0, -h * 0.82 - 2.0), 7.0), metal.light);
    }
    lid(e, w * 0.43, -h + 4.0);
    e.spot = Some((-w * 0.35, -h * 0.95));
}

/// The short, rising spout of a stove kettle, to the left.
fn spout(e: &mut Easel, w: f64, h: f64) {
    let main = e.main;
    let shape = from((-w * 0.75, -h * 0.2))
        .curve((-w * 1.2, -h * 0.3), (-w * 1.2, -h * 0.62), (-w * 1.5, -h * 0.86))
        .to((-w * 1.3, -h * 0.98))
        .curve((-w * 1.1, -h * 0.8), (-w * 1.0, -h * 0.66), (-w * 0.7, -h * 0.62))
        .close();
    e.fill(shape, main.base);
    let under = from((-w * 0.75, -h * 0.2))
        .curve((-w * 1.2, -h * 0.3), (-w * 1.2, -h * 0.62), (-w * 1.5, -h * 0.86))
        .curve((-w * 1.12, -h * 0.62), (-w * 1.06, -h * 0.46), (-w * 0.72, -h * 0.4))
        .close();
    e.fill(under, main.dark);
    e.line(line((-w * 1.5, -h * 0.86), (-w * 1.3, -h * 0.98)), main.light, 9.0);
}

/// A domed lid with a turned knob.
fn lid(e: &mut Easel, r: f64, y: f64) {
    let (main, wood) = (e.main, e.wood);
    let dome = Profile::new(0.0, (r * 0.16, y - r * 0.5)).curve(
        (r * 0.7, y - r * 0.5),
        (r * 0.98, y - r * 0.24),
        (r, y),
    );
    e.turned(&dome, main);
    e.line(from((-r, y)).arc((r, r * TILT), false, (r, y)), main.deep, 4.0);
    e.ball((0.0, y - r * 0.5 - 15.0), 19.0, wood);
}

/// A pouring kettle: a straight body, a long curved neck, a handle behind.
fn gooseneck(e: &mut Easel) {
    let (w, h) = (e.vary(105.0, 125.0), e.vary(210.0, 245.0));
    let (main, wood, metal) = (e.main, e.wood, e.metal);
    e.cast((0.0, 0.0), w, w * 2.6);
    let neck = from((-w * 0.8, -h * 0.16)).curve(
        (-w * 2.1, -h * 0.1),
        (-w * 1.15, -h * 1.04),
        (-w * 2.0, -h * 1.06),
    );
    e.rod(&neck, main, 24.0);
    let handle =
        from((w * 0.74, -h * 0.92)).curve((w * 1.9, -h * 1.25), (w * 1.95, -h * 0.5), (w * 1.55, -h * 0.12));
    e.rod(&handle, wood, 25.0);
    e.line(line((w * 0.6, -h * 0.92), (w * 0.9, -h * 0.97)), metal.base, 15.0);
    let body =
        Profile::new(0.0, (w * 0.72, -h)).to((w, -h * 0.08)).curve((w, 0.0), (w, 0.0), (w * 0.94, 0.0));
    e.glazed(&body, main);
    e.band(&body.ring(-h * 0.93, -h * 0.88), metal);
    lid(e, w * 0.7, -h + 2.0);
    e.spot = Some((-w * 0.9, -h * 0.7));
}

/// An enamel kettle, a cone with a wire handle and a band.
fn cone_kettle(e: &mut Easel) {
    let (w, h) = (e.vary(150.0, 172.0), e.vary(215.0, 250.0));
    let (main, accent, metal, wood) = (e.main, e.accent, e.metal, e.wood);
    e.cast((0.0, 0.0), w, w * 1.9);
    let hoop = from((-w * 0.5, -h * 0.9))
        .to((-w * 0.36, -h * 1.42))
        .to((w * 0.36, -h * 1.42))
        .to((w * 0.5, -h * 0.9));
    e.rod(&hoop, metal, 11.0);
    e.rod(&line((-w * 0.3, -h * 1.42), (w * 0.3, -h * 1.42)), wood, 26.0);
    let beak =
        poly(&[(-w * 0.78, -h * 0.52), (-w * 1.32, -h * 0.9), (-w * 1.12, -h * 0.99), (-w * 0.6, -h * 0.84)]);
    e.fill(beak, main.base);
    e.fill(poly(&[(-w * 0.78, -h * 0.52), (-w * 1.32, -h * 0.9), (-w * 0.66, -h * 0.68)]), main.dark);
    let body = Profile::new(0.0, (w * 0.44, -h))
        .curve((w * 0.6, -h * 0.96), (w * 0.96, -h * 0.3), (w, -h * 0.06))
        .to((w * 0.96, 0.0));
    e.turned(&body, main);
    let (upper, lower) = (-h * 0.36, -h * e.dice.between(0.1, 0.2));
    e.band(&body.ring(upper, lower), accent);
    e.fill(body.strip(-0.8, -0.68), main.light);
    lid(e, w * 0.45, -h + 3.0);
    e.spot = Some((0.0, -h * 0.75));
}

pub(super) fn saucepan(e: &mut Easel) {
    let (w, h) = (e.vary(150.0, 180.0), e.vary(130.0, 170.0));
    let (main, wood, metal, accent) = (e.main, e.wood, e.metal, e.accent);
    let casserole = e.design(2) == 0;
    e.cast((0.0, 0.0), w * 0.9, w * 1.9);
    let body =
        Profile::new(0.0, (w, -h)).to((w, -h * 0.3)).curve((w, -h * 0.05), (w * 0.95, 0.0), (w * 0.84, 0.0));
    if casserole {
        for side in [-1.0, 1.0] {
            let x = side * w;
            let loop_handle = from((x, -h * 0.8)).curve(
                (x + side * 62.0, -h * 0.86),
                (x + side * 62.0, -h * 0.5),
                (x, -h * 0.56),
            );
            e.rod(&loop_handle, main, 20.0);
        }
    } else {
        let bar = soft(
            &[(w * 0.9, -h * 0.86), (w * 2.0, -h * 1.06), (w * 2.03, -h * 0.92), (w * 0.9, -h * 0.64)],
            9.0,
        );
        e.fill(bar.shift(0.0, 5.0), wood.dark);
        e.fill(bar, wood.base);
        e.line(line((w * 0.98, -h * 0.76), (w * 1.2, -h * 0.8)), metal.base, 24.0);
        e.fill(disc((w * 1.92, -h * 0.975), 6.0), wood.deep);
    }
    e.glazed(&body, main);
    if e.dice.one_in(2) {
        e.band(&body.ring(-h * 0.24, -h * 0.16), accent);
    }
    let rim = Profile::new(0.0, (w * 1.03, -h - 6.0)).to((w * 1.03, -h + 9.0));
    e.turned(&rim, if casserole { main } else { metal });
    let cover = Profile::new(0.0, (w * 0.14, -h * 1.36)).curve(
        (w * 0.7, -h * 1.36),
        (w * 0.98, -h * 1.16),
        (w, -h - 5.0),
    );
    e.turned(&cover, main);
    e.fill(cover.strip(-0.8, -0.68), main.light);
    let knob =
        Profile::new(0.0, (26.0, -h * 1.36 - 30.0)).to((26.0, -h * 1.36 - 18.0)).to((13.0, -h * 1.36 + 2.0));
    e.turned(&knob, if casserole { metal } else { wood });
    if !casserole {
        for x in [0.84, 0.93] {
            e.fill(disc((w * x, -h * 0.74), 5.5), metal.light);
        }
    }
    e.spot = Some((w * 0.35, -h * 0.95));
}

pub(super) fn frying_pan(e: &mut Easel) {
    e.hung = true;
    let (r, len) = (e.vary(150.0, 172.0), e.vary(165.0, 200.0));
    let (main, wood, metal) = (e.main, e.wood, e.metal);
    let y = len + r;
    let handle = soft(&[(-14.0, -16.0), (14.0, -16.0), (19.0, len * 0.62), (-19.0, len * 0.62)], 12.0);
    let shank = poly(&[(-15.0, len * 0.5), (15.0, len * 0.5), (24.0, len + 14.0), (-24.0, len + 14.0)]);
    e.behind(&disc((0.0, y), r).and(handle.clone()));
    e.fill(shank, main.dark);
    e.fill(disc((0.0, y), r), main.dark);
    e.fill(disc((-4.0, y - 3.0), r - 7.0), main.base);
    e.fill(disc((2.0, y + 2.0), r - 26.0), main.deep);
    let floor = r - 36.0;
    e.fill(disc((7.0, y + 6.0), floor), main.dark);
    let gleam =
        from((-floor * 0.8, y + floor * 0.1)).arc((floor, floor), true, (floor * 0.1, y - floor * 0.78));
    e.line(gleam, main.base, 9.0);
    let tone = if e.design(2) == 0 { wood } else { main };
    e.fill(handle.clone(), tone.base);
    let shade = soft(&[(3.0, -16.0), (14.0, -16.0), (19.0, len * 0.62), (4.0, len * 0.62)], 6.0);
    e.fill(shade, tone.dark);
    e.fill(disc((0.0, 4.0), 8.0), e.iron.deep);
    e.ball((0.0, 1.0), 6.0, metal);
    for dy in [0.0, 26.0] {
        e.fill(disc((0.0, len * 0.72 + dy), 6.0), metal.light);
    }
    e.spot = Some((0.0, len * 0.9));
}

pub(super) fn board(e: &mut Easel) {
    let (w, h) = (e.vary(115.0, 140.0), e.vary(300.0, 350.0));
    let (wood, accent) = (e.main, e.accent);
    let lean = e.dice.between(-4.0, 4.0);
    let turned = |shape: Shape| shape.turn(lean, (0.0, 0.0));
    let (outline, hole) = match e.design(3) {
        0 => (
            disc((0.0, -w - 20.0), w + 20.0).and(soft(
                &[(-30.0, -w * 2.0 - 20.0), (30.0, -w * 2.0 - 20.0), (24.0, -h - 60.0), (-24.0, -h - 60.0)],
                18.0,
            )),
            disc((0.0, -h - 34.0), 9.0),
        ),
        1 => (
            soft(
                &[
                    (-w, 0.0),
                    (w, 0.0),
                    (w, -h),
                    (34.0, -h - 8.0),
                    (24.0, -h - 96.0),
                    (-24.0, -h - 96.0),
                    (-34.0, -h - 8.0),
                    (-w, -h),
                ],
                26.0,
            ),
            disc((0.0, -h - 68.0), 10.0),
        ),
        _ => (rect((-w, -h), w * 2.0, h, 30.0), rect((-38.0, -h + 26.0), 76.0, 22.0, 11.0)),
    };
    e.cast((30.0, 0.0), w * 0.9, w * 1.1);
    e.behind(&turned(outline.clone()));
    e.fill(turned(outline.shift(8.0, 3.0)), wood.deep);
    e.fill(turned(outline), wood.base);
    let stripe = if e.design(3) == 0 { -w * 0.9 } else { -h * 0.2 };
    let half = if e.design(3) == 0 { w + 18.0 } else { w };
    e.fill(turned(rect((-half + 2.0, stripe), half * 2.0 - 4.0, 26.0, 0.0)), accent.base);
    e.fill(turned(rect((-half + 2.0, stripe + 38.0), half * 2.0 - 4.0, 8.0, 0.0)), wood.dark);
    let grains = if e.design(3) == 0 { 0 } else { 3 };
    for (i, x) in [-0.55, -0.1, 0.4].into_iter().take(grains).enumerate() {
        let sway = if i == 1 { 10.0 } else { -8.0 };
        let grain = from((w * x, -h * 0.42)).bend((w * x + sway, -h * 0.6), (w * x, -h * 0.86 + sway * 3.0));
        e.line(turned(grain), wood.dark, 4.0);
    }
    e.fill(turned(hole), wood.deep);
    e.fruit((w * 0.9, 14.0), 40.0);
    e.spot = Some((0.0, -h * 0.85));
}

pub(super) fn knife(e: &mut Easel) {
    e.hung = true;
    let (main, wood, iron) = (e.main, e.wood, e.iron);
    let (long, broad) = (e.vary(265.0, 315.0), e.vary(38.0, 50.0));
    let rail = rect((-190.0, 120.0), 380.0, 46.0, 8.0);
    let blades: &[(f64, f64, f64)] = match e.design(3) {
        0 => &[(-60.0, 1.0, 1.0), (70.0, 0.74, 0.62)],
        1 => &[(-110.0, 0.7, 0.6), (-10.0, 1.05, 1.1), (105.0, 0.85, 0.55)],
        _ => &[(-40.0, 0.95, 1.6), (95.0, 0.8, 0.7)],
    };
    e.behind(&rail);
    e.fill(rail.shift(0.0, 7.0), wood.dark);
    e.fill(rail, wood.base);
    let steel = super::tone::Tone::hex(0x00C3_CBCB);
    for &(x, tall, wide) in blades {
        let (len, w) = (long * tall, broad * wide);
        let blade = from((x - w * 0.5, 90.0))
            .to((x + w * 0.5, 90.0))
            .to((x + w * 0.5, 90.0 + len * 0.5))
            .curve(
                (x + w * 0.5, 90.0 + len * 0.8),
                (x + w * 0.1, 90.0 + len * 0.95),
                (x - w * 0.5, 90.0 + len),
            )
            .close();
        e.behind(&blade);
        e.fill(blade, steel.base);
        let back = from((x - w * 0.5, 90.0))
            .to((x - w * 0.12, 90.0))
            .to((x - w * 0.12, 90.0 + len * 0.7))
            .to((x - w * 0.5, 90.0 + len))
            .close();
        e.fill(back, steel.light);
        let grip = soft(&[(x - 19.0, -60.0), (x + 19.0, -66.0), (x + 16.0, 96.0), (x - 16.0, 96.0)], 12.0);
        e.fill(grip, main.base);
        e.fill(
            soft(&[(x + 3.0, -63.0), (x + 19.0, -66.0), (x + 16.0, 96.0), (x + 3.0, 96.0)], 8.0),
            main.dark,
        );
        e.fill(rect((x - 18.0, 84.0), 36.0, 14.0, 3.0), iron.base);
        for y in [-20.0, 18.0, 56.0] {
            e.fill(disc((x, y), 5.0), main.light);
        }
    }
    e.spot = Some((0.0, 90.0));
}

pub(super) fn jar(e: &mut Easel) {
    let sizes: &[(f64, f64, f64)] = match e.design(3) {
        0 => &[(0.0, 110.0, 290.0)],
        1 => &[(-85.0, 92.0, 310.0), (105.0, 84.0, 205.0)],
        _ => &[(-150.0, 70.0, 170.0), (0.0, 76.0, 250.0), (155.0, 70.0, 200.0)],
    };
    let (wood, cream) = (e.wood, e.cream);
    let fills = [e.main, e.accent, e.third];
    for (&(x, r, h), fill) in sizes.iter().zip(fills) {
        e.cast((x, 0.0), r, r * 1.7);
        let glass = Profile::new(x, (r, -h)).to((r, -16.0)).curve((r, -4.0), (r * 0.97, 0.0), (r * 0.9, 0.0));
        e.veil(glass.outline(), cream.light, 55);
        let level = -h * e.dice.between(0.62, 0.8);
        let inside = Profile::new(x, (r - 9.0, level)).to((r - 9.0, -18.0)).to((r - 16.0, -8.0));
        e.turned(&inside, fill);
        e.fill(oval((x, level), r - 9.0, (r - 9.0) * TILT), fill.light);
        e.veil(glass.strip(-0.86, -0.7), cream.light, 80);
        let label = glass.ring(-h * 0.48, -h * 0.2);
        e.fill(label.strip(-0.6, 0.5), cream.base);
        e.line(line((x - r * 0.4, -h * 0.32), (x + r * 0.26, -h * 0.32)), cream.deep, 5.0);
        e.line(line((x - r * 0.4, -h * 0.26), (x, -h * 0.26)), cream.deep, 5.0);
        let lid = Profile::new(x, (r * 0.94, -h - 34.0)).to((r * 0.94, -h + 2.0));
        e.turned(&lid, wood);
        e.fill(oval((x, -h - 34.0), r * 0.94, r * 0.94 * TILT), wood.light);
    }
    e.spot = Some((20.0, -190.0));
}

pub(super) fn spoons(e: &mut Easel) {
    let (r, h) = (e.vary(88.0, 105.0), e.vary(165.0, 200.0));
    let (main, wood, accent) = (e.main, e.wood, e.accent);
    let walnut = super::tone::Tone::hex(0x0086_583A);
    e.cast((0.0, 0.0), r, r * 2.6);
    let crock = Profile::new(0.0, (r, -h)).to((r * 0.97, -h * 0.16)).curve(
        (r * 0.96, -4.0),
        (r * 0.9, 0.0),
        (r * 0.82, 0.0),
    );
    e.mouth(&crock, main, 8.0);
    for (i, (x, turn, tone)) in
        [(-34.0, -15.0, wood), (6.0, -2.0, walnut), (40.0, 13.0, wood), (-8.0, -8.0, accent)]
            .into_iter()
            .enumerate()
    {
        let foot = (x, -h * 0.7);
        let top = -h - e.vary(150.0, 205.0);
        e.line(line((x, -h * 0.7), (x, top)).turn(turn, foot), tone.dark, 15.0);
        let head = match (i + usize::try_from(e.design(2)).unwrap_or(0)) % 3 {
            0 => oval((x, top - 20.0), 31.0, 46.0),
            1 => soft(
                &[
                    (x - 26.0, top - 74.0),
                    (x + 26.0, top - 60.0),
                    (x + 20.0, top + 22.0),
                    (x - 20.0, top + 22.0),
                ],
                12.0,
            ),
            _ => oval((x, top - 14.0), 26.0, 52.0),
        };
        e.fill(head.turn(turn, foot), tone.base);
        let bowl = oval((x + 5.0, top - 16.0), 15.0, 30.0);
        if (i + usize::try_from(e.design(2)).unwrap_or(0)) % 3 != 1 {
            e.fill(bowl.turn(turn, foot), tone.dark);
        }
    }
    e.band(&crock, main);
    e.fill(crock.strip(-0.8, -0.66), main.light);
    e.band(&crock.ring(-h * 0.5, -h * 0.38), accent);
    e.spot = Some((0.0, -h * 1.25));
}
