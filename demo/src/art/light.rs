//! Light: desk lamps, table lamps, pendants, lanterns, candles, torches.

use super::easel::{Easel, GLOW};
use super::shape::{P, disc, dome, from, line, oval, poly, rect, soft};
use super::tone::{Rgb, Tone};
use super::turned::{Profile, TILT};

pub(super) fn desk_lamp(e: &mut Easel) {
    let (main, accent, metal) = (e.main, e.accent, e.metal);
    let design = e.design(3);
    let (reach, tall) = (e.vary(96.0, 130.0), e.vary(210.0, 245.0));
    let (foot, elbow) = ((80.0, -24.0), (80.0 + reach * 0.7, -tall));
    let head = match design {
        1 => (-10.0 - reach * 0.2, -tall - 96.0),
        _ => (-40.0 - reach * 0.2, -tall - 110.0),
    };
    e.cast((80.0, 0.0), 88.0, 150.0);
    if design == 1 {
        e.rod(
            &from((80.0, -20.0)).curve((96.0, -tall * 1.0), (80.0, -tall - 190.0), (head.0 + 6.0, head.1)),
            metal,
            13.0,
        );
    } else {
        e.rod(&line(foot, elbow), metal, 13.0);
        e.rod(&line(elbow, head), metal, 13.0);
        e.ball(elbow, 17.0, accent);
    }
    let base = Profile::new(80.0, (82.0, -22.0)).curve((88.0, -20.0), (90.0, -12.0), (90.0, 0.0));
    e.turned(&base, main);
    e.fill(oval((80.0, -22.0), 82.0, 82.0 * TILT), main.light);
    e.fill(oval((80.0, -22.0), 14.0, 3.0), metal.dark);
    let turn = if design == 1 { 0.0 } else { 26.0 };
    let tilt = |shape: super::shape::Shape| shape.turn(turn, head);
    let (x, y) = head;
    let (left, right, drift) = if design == 1 {
        ((x - 86.0, y + 96.0), (x + 86.0, y + 96.0), 0.0)
    } else {
        ((x - 116.0, y + 46.0), (x + 34.0, y + 120.0), -y * 0.4)
    };
    let (far, near) = (x - 150.0 - drift, x + 130.0 - drift);
    e.glow(
        from(left)
            .to(right)
            .to((near, 12.0))
            .arc((f64::midpoint(near, -far), 18.0), true, (far, 12.0))
            .close(),
        36,
    );
    e.fill(tilt(oval((x, y + 94.0), 84.0, 15.0)), GLOW);
    e.fill(tilt(dome((x, y + 96.0), 27.0).turn(180.0, (x, y + 96.0))), Rgb::hex(0x00FF_F6DC));
    let shade = if design == 2 {
        from((x - 86.0, y + 96.0))
            .arc((86.0, 100.0), true, (x + 86.0, y + 96.0))
            .arc((86.0, 15.0), false, (x - 86.0, y + 96.0))
            .close()
    } else {
        from((x - 26.0, y - 26.0))
            .to((x + 26.0, y - 26.0))
            .curve((x + 34.0, y + 20.0), (x + 84.0, y + 50.0), (x + 88.0, y + 96.0))
            .arc((88.0, 15.0), false, (x - 88.0, y + 96.0))
            .curve((x - 84.0, y + 50.0), (x - 34.0, y + 20.0), (x - 26.0, y - 26.0))
            .close()
    };
    e.fill(tilt(shade), main.base);
    let side = from((x + 10.0, y - if design == 2 { 2.0 } else { 26.0 }))
        .to((x + 26.0, y - if design == 2 { 0.0 } else { 26.0 }))
        .curve((x + 40.0, y + 16.0), (x + 84.0, y + 44.0), (x + 87.0, y + 96.0))
        .to((x + 40.0, y + 83.0))
        .curve((x + 40.0, y + 50.0), (x + 20.0, y + 20.0), (x + 10.0, y - 20.0))
        .close();
    e.fill(tilt(side), main.dark);
    e.fill(tilt(rect((x - 15.0, y - 46.0), 30.0, 24.0, 8.0)), accent.base);
    e.spot = Some((head.0 + 20.0, head.1 + 60.0));
}

pub(super) fn table_lamp(e: &mut Easel) {
    let (main, accent, metal, wood) = (e.main, e.accent, e.metal, e.wood);
    let (w, h) = (e.vary(66.0, 92.0), e.vary(190.0, 225.0));
    e.cast((0.0, 0.0), w * 0.8, 190.0);
    let body = match e.design(4) {
        0 => Profile::new(0.0, (16.0, -h)).curve((20.0, -h * 0.8), (w, -h * 0.7), (w, -h * 0.36)).curve(
            (w, -h * 0.1),
            (w * 0.7, 0.0),
            (w * 0.6, 0.0),
        ),
        1 => Profile::new(0.0, (22.0, -h)).to((w * 0.95, 0.0)),
        2 => Profile::new(0.0, (13.0, -h)).to((13.0, -34.0)).curve((14.0, -24.0), (w, -24.0), (w, 0.0)),
        _ => Profile::new(0.0, (20.0, -h))
            .curve((w * 1.1, -h * 0.98), (w * 1.1, -h * 0.56), (26.0, -h * 0.52))
            .curve((w * 1.2, -h * 0.5), (w * 1.2, -h * 0.02), (w * 0.6, 0.0)),
    };
    e.line(line((0.0, -h), (0.0, -h - 40.0)), metal.dark, 13.0);
    let tone = if e.design(4) == 1 { wood } else { main };
    e.glazed(&body, tone);
    if e.design(4) == 0 {
        e.band(&body.ring(-h * 0.46, -h * 0.36), accent);
    }
    let (top, bottom, low) = (e.vary(70.0, 110.0), e.vary(140.0, 165.0), -h - 14.0);
    let shade_tone = if e.design(4) == 1 { main } else { e.cream };
    let tall = e.vary(140.0, 180.0);
    e.fill(oval((0.0, low), bottom, bottom * TILT), GLOW);
    let shade = if e.design(4) == 3 {
        Profile::new(0.0, (top * 0.4, low - tall)).curve(
            (bottom * 0.8, low - tall),
            (bottom, low - tall * 0.5),
            (bottom, low),
        )
    } else {
        Profile::new(0.0, (top, low - tall)).to((bottom, low))
    };
    e.fill(shade.outline(), shade_tone.base.mix(GLOW, 30));
    e.fill(shade.strip(0.36, 1.0), shade_tone.dark.mix(GLOW, 20));
    if e.dice.one_in(2) {
        for k in [-0.74, -0.5, -0.24, 0.04, 0.32, 0.58, 0.82] {
            e.fill(shade.strip(k, k + 0.035), shade_tone.dark);
        }
    } else {
        e.band(&shade.ring(low - 22.0, low - 8.0), accent);
        e.band(&shade.ring(low - tall + 2.0, low - tall + 12.0), accent);
    }
    e.fill(oval((0.0, low - tall), shade.top().1.0, shade.top().1.0 * TILT), GLOW);
    e.line(from((30.0, low + 10.0)).to((30.0, low + 52.0)), metal.base, 4.0);
    e.ball((30.0, low + 58.0), 8.0, metal);
    e.spot = Some((0.0, low - tall * 0.3));
}

pub(super) fn pendant(e: &mut Easel) {
    e.hung = true;
    let (main, accent, metal) = (e.main, e.accent, e.metal);
    let (w, h) = (e.vary(165.0, 195.0), e.vary(130.0, 165.0));
    let y = e.vary(70.0, 110.0);
    e.cord((0.0, y));
    let shade = match e.design(4) {
        0 => Profile::new(0.0, (30.0, y)).curve((w * 0.8, y), (w, y + h * 0.5), (w, y + h)),
        1 => Profile::new(0.0, (34.0, y)).to((w * 0.9, y + h)),
        2 => {
            Profile::new(0.0, (24.0, y)).curve((30.0, y + h * 0.5), (w * 0.5, y + h * 0.62), (w * 1.1, y + h))
        }
        _ => Profile::new(0.0, (w * 0.4, y)).curve(
            (w * 1.0, y),
            (w * 1.0, y + h * 1.3),
            (w * 0.5, y + h * 1.4),
        ),
    };
    let open = e.design(4) != 3;
    let (half, low) = match e.design(4) {
        0 => (w, y + h),
        1 => (w * 0.9, y + h),
        2 => (w * 1.1, y + h),
        _ => (w * 0.5, y + h * 1.4),
    };
    e.glow(poly(&[(-half, low), (half, low), (half + 240.0, low + 900.0), (-half - 240.0, low + 900.0)]), 34);
    e.turned(&shade, main);
    e.fill(shade.strip(-0.74, -0.64), main.light);
    if e.design(4) == 1 {
        e.band(&shade.ring(low - 34.0, low - 12.0), accent);
    }
    if open {
        e.fill(oval((0.0, low), half, half * TILT), main.deep);
        e.fill(oval((0.0, low + 2.0), half - 12.0, (half - 12.0) * TILT), GLOW);
        e.fill(dome((0.0, low), 32.0).turn(180.0, (0.0, low)), Rgb::hex(0x00FF_F8E4));
    } else {
        for t in [0.2, 0.4, 0.6, 0.8, 1.0, 1.2] {
            let at = y + h * t;
            let r = shade.radius(at);
            e.line(from((-r, at)).arc((r, r * TILT), false, (r, at)), main.dark, 4.0);
        }
        e.fill(oval((0.0, low), half, half * TILT), GLOW);
    }
    let cap = Profile::new(0.0, (15.0, y - 40.0)).to((26.0, y + 4.0));
    e.turned(&cap, metal);
    e.spot = Some((0.0, y + h * 0.7));
}

pub(super) fn lantern(e: &mut Easel) {
    let (main, accent, metal, cream) = (e.main, e.accent, e.metal, e.cream);
    let (w, h) = (e.vary(92.0, 108.0), e.vary(210.0, 245.0));
    e.cast((0.0, 0.0), w, w * 2.1);
    let ring = from((-w * 0.5, -h - 60.0)).curve(
        (-w * 0.6, -h - 190.0),
        (w * 0.6, -h - 190.0),
        (w * 0.5, -h - 60.0),
    );
    e.rod(&ring, metal, 11.0);
    if e.design(2) == 0 {
        let tank = Profile::new(0.0, (w * 0.6, -76.0)).curve((w * 1.1, -70.0), (w * 1.1, -20.0), (w, 0.0));
        let glass = Profile::new(0.0, (w * 0.5, -h)).curve(
            (w * 0.96, -h * 0.8),
            (w * 0.96, -h * 0.5),
            (w * 0.56, -72.0),
        );
        for side in [-1.0, 1.0] {
            e.rod(
                &from((side * w * 0.9, -44.0))
                    .to((side * w * 1.12, -80.0))
                    .to((side * w * 1.12, -h + 10.0))
                    .to((side * w * 0.5, -h - 34.0)),
                main,
                15.0,
            );
        }
        e.veil(glass.outline(), GLOW, 70);
        flame(e, (0.0, -86.0), 84.0);
        e.veil(glass.strip(-0.84, -0.7), cream.light, 80);
        e.turned(&tank, main);
        e.fill(tank.strip(-0.8, -0.66), main.light);
        e.band(&tank.ring(-34.0, -24.0), accent);
        let hood = Profile::new(0.0, (w * 0.24, -h - 62.0))
            .to((w * 0.34, -h - 36.0))
            .to((w * 0.66, -h - 22.0))
            .to((w * 0.56, -h + 4.0));
        e.turned(&hood, main);
    } else {
        e.fill(rect((-w * 0.86, -h), w * 1.72, h, 0.0), GLOW);
        e.fill(rect((w * 0.3, -h), w * 0.56, h, 0.0), GLOW.mix(main.base, 22));
        e.fill(rect((-25.0, -104.0), 50.0, 92.0, 3.0), cream.base);
        e.fill(rect((6.0, -104.0), 19.0, 92.0, 3.0), cream.dark);
        flame(e, (0.0, -108.0), 72.0);
        for x in [-w * 0.9, -w * 0.36, w * 0.28, w * 0.8] {
            e.fill(rect((x, -h), 13.0, h, 0.0), if x > 0.0 { main.dark } else { main.base });
        }
        e.fill(rect((-w * 0.9, -h * 0.62), w * 1.8, 9.0, 0.0), main.dark);
        e.fill(soft(&[(-w - 6.0, 4.0), (w + 6.0, 4.0), (w + 6.0, -20.0), (-w - 6.0, -20.0)], 5.0), main.base);
        e.fill(rect((w * 0.36, -20.0), w * 0.64 + 4.0, 24.0, 3.0), main.dark);
        e.fill(
            poly(&[
                (-w - 18.0, -h + 6.0),
                (w + 18.0, -h + 6.0),
                (w * 0.36, -h - 64.0),
                (-w * 0.36, -h - 64.0),
            ]),
            main.base,
        );
        e.fill(
            poly(&[(w * 0.3, -h + 6.0), (w + 18.0, -h + 6.0), (w * 0.36, -h - 64.0), (w * 0.1, -h - 64.0)]),
            main.dark,
        );
        e.fill(rect((-w * 0.2, -h - 84.0), w * 0.4, 22.0, 4.0), accent.base);
    }
    e.spot = Some((0.0, -h * 0.55));
}

/// A flame standing on `at`.
fn flame(e: &mut Easel, (x, y): P, tall: f64) {
    let outer = from((x, y))
        .curve(
            (x - tall * 0.4, y - tall * 0.1),
            (x - tall * 0.24, y - tall * 0.56),
            (x + tall * 0.04, y - tall),
        )
        .curve((x + tall * 0.2, y - tall * 0.6), (x + tall * 0.42, y - tall * 0.14), (x, y))
        .close();
    e.fill(outer, Rgb::hex(0x00E9_A23B));
    let inner = from((x, y))
        .curve(
            (x - tall * 0.2, y - tall * 0.06),
            (x - tall * 0.1, y - tall * 0.3),
            (x + tall * 0.02, y - tall * 0.56),
        )
        .curve((x + tall * 0.1, y - tall * 0.34), (x + tall * 0.22, y - tall * 0.08), (x, y))
        .close();
    e.fill(inner, Rgb::hex(0x00FF_F1C9));
}

pub(super) fn candles(e: &mut Easel) {
    let (main, metal, wood) = (e.main, e.metal, e.wood);
    let sticks: &[(f64, f64)] = match e.design(3) {
        0 => &[(-110.0, 120.0), (0.0, 200.0), (110.0, 70.0)],
        1 => &[(-70.0, 170.0), (76.0, 100.0)],
        _ => &[(0.0, 40.0)],
    };
    let holder = if e.dice.one_in(2) { metal } else { wood };
    let wax = [e.main, e.accent, e.third];
    for (&(x, h), wax) in sticks.iter().zip(wax) {
        let r = if e.design(3) == 2 { 96.0 } else { 52.0 };
        e.cast((x, 0.0), r, 130.0);
        let tone = if e.design(3) == 2 { main } else { holder };
        if e.design(3) == 2 {
            let ear = from((r - 10.0, -26.0)).curve((r + 70.0, -60.0), (r + 70.0, 10.0), (r - 14.0, -8.0));
            e.rod(&ear, tone, 15.0);
            let dish =
                Profile::new(x, (r + 14.0, -36.0)).curve((r + 6.0, -10.0), (r * 0.8, 0.0), (r * 0.7, 0.0));
            e.mouth(&dish, tone, 7.0);
            e.band(&dish, tone);
            let cup = Profile::new(x, (32.0, -70.0)).to((28.0, -24.0));
            e.turned(&cup, tone);
        } else {
            let stick = Profile::new(x, (27.0, -h))
                .curve((26.0, -h + 24.0), (11.0, -h + 24.0), (11.0, -h + 44.0))
                .to((12.0, -30.0))
                .curve((14.0, -16.0), (r, -22.0), (r, 0.0));
            e.turned(&stick, tone);
        }
        let (foot, tall) = (-h + if e.design(3) == 2 { -28.0 } else { 4.0 }, e.vary(130.0, 190.0));
        let colour = if e.design(3) == 2 { e.cream } else { wax };
        let candle = Profile::new(x, (18.0, foot - tall)).to((21.0, foot));
        e.turned(&candle, colour);
        e.fill(oval((x, foot - tall), 18.0, 4.0), colour.light);
        e.line(from((x - 15.0, foot - tall + 4.0)).to((x - 15.0, foot - tall + 40.0)), colour.light, 9.0);
        e.line(line((x, foot - tall), (x, foot - tall - 14.0)), e.iron.base, 4.0);
        e.glow(disc((x, foot - tall - 44.0), 58.0), 34);
        flame(e, (x, foot - tall - 10.0), 62.0);
    }
    e.spot = Some((0.0, -220.0));
}

pub(super) fn torch(e: &mut Easel) {
    let (main, accent, metal, iron) = (e.main, e.accent, e.metal, e.iron);
    let (r, h) = (e.vary(50.0, 60.0), e.vary(215.0, 250.0));
    e.cast((0.0, 0.0), r, 190.0);
    let wide = r * e.dice.between(1.5, 1.75);
    let top = -h - 130.0;
    if e.design(2) == 0 {
        let light = poly(&[
            (-wide + 6.0, top),
            (wide - 6.0, top),
            (wide + 400.0, top - 700.0),
            (-wide - 400.0, top - 700.0),
        ]);
        e.glow(light, 34);
    }
    let body = Profile::new(0.0, (r, -h)).to((r, -12.0)).curve((r, 0.0), (r, 0.0), (r * 0.84, 0.0));
    e.glazed(&body, main);
    for y in [0.12, 0.2, 0.28, 0.36] {
        e.band(&body.ring(-h * y - 5.0, -h * y + 5.0), iron);
    }
    let bell = Profile::new(0.0, (wide, top + 44.0)).curve(
        (wide, -h - 40.0),
        (r * 1.06, -h - 30.0),
        (r * 1.06, -h + 4.0),
    );
    e.glazed(&bell, metal);
    let head = Profile::new(0.0, (wide * 1.07, top)).to((wide * 1.07, top + 50.0));
    e.turned(&head, accent);
    e.fill(oval((0.0, top), wide * 1.07, wide * 1.07 * TILT), accent.light);
    e.fill(oval((0.0, top), wide * 0.92, wide * 0.92 * TILT), GLOW);
    e.fill(rect((-17.0, -h * 0.86), 34.0, 62.0, 17.0), iron.base);
    e.fill(rect((-11.0, -h * 0.86 + 6.0), 22.0, 28.0, 11.0), Tone::of(accent.base).light);
    let strap = from((r * 0.5, -6.0)).curve((r * 2.8, 40.0), (r * 2.4, -90.0), (r * 0.9, -36.0));
    e.line(strap, iron.base, 7.0);
    e.spot = Some((0.0, -h));
}
