//! Table: mugs, bowls, plates, teapots, glasses, jugs, cutlery, linen.

use super::easel::Easel;
use super::shape::{disc, from, line, oval, poly, rect, soft};
use super::tone::Tone;
use super::turned::{Profile, TILT};

pub(super) fn mug(e: &mut Easel) {
    let (w, h) = (e.vary(100.0, 122.0), e.vary(185.0, 235.0));
    let (main, accent) = (e.main, e.accent);
    let body = match e.design(4) {
        0 => Profile::new(0.0, (w, -h)).to((w, -h * 0.2)).curve(
            (w, -h * 0.04),
            (w * 0.92, 0.0),
            (w * 0.76, 0.0),
        ),
        1 => Profile::new(0.0, (w * 1.08, -h)).to((w * 0.78, -6.0)).to((w * 0.74, 0.0)),
        2 => Profile::new(0.0, (w * 0.86, -h))
            .curve((w * 0.88, -h * 0.8), (w * 1.12, -h * 0.66), (w * 1.1, -h * 0.36))
            .curve((w * 1.08, -h * 0.12), (w * 0.9, 0.0), (w * 0.7, 0.0)),
        _ => Profile::new(0.0, (w, -h)).to((w, -h * 0.12)).to((w * 0.7, -h * 0.1)).to((w * 0.74, 0.0)),
    };
    e.cast((0.0, 0.0), w * 0.8, w * 2.2);
    let (edge, low) = (body.radius(-h * 0.76) - 8.0, body.radius(-h * 0.3) - 8.0);
    let ear = if e.dice.one_in(3) {
        from((edge, -h * 0.78)).to((edge + 70.0, -h * 0.72)).to((low, -h * 0.26))
    } else {
        from((edge, -h * 0.78)).curve((edge + 108.0, -h * 0.92), (edge + 96.0, -h * 0.22), (low, -h * 0.26))
    };
    e.rod(&ear, main, 27.0);
    e.turned(&body, main);
    match e.dice.below(4) {
        0 => e.band(&body.ring(-h * 0.4, 0.0), accent),
        1 => {
            for y in [0.3, 0.44, 0.58] {
                e.band(&body.ring(-h * y - 9.0, -h * y + 9.0), accent);
            }
        }
        2 => speckle(e, w * 0.78, h, accent),
        _ => {
            let foot = Tone::hex(0x00C9_9B6D);
            e.band(&body.ring(-h * 0.14, 0.0), foot);
        }
    }
    e.fill(body.strip(-0.8, -0.68), main.light);
    e.mouth(&body, main, 9.0);
    let (x, (r, y)) = body.top();
    let brew = Tone::hex(0x0060_3B2A);
    e.fill(oval((x, y + 4.0), r - 18.0, (r - 18.0) * TILT - 1.0), brew.base);
    e.spot = Some((w * 0.45, -h * 0.72));
}

/// Small flecks in a glaze, kept away from the edges.
fn speckle(e: &mut Easel, half: f64, h: f64, tone: Tone) {
    let mut flecks = super::shape::Shape::default();
    for _ in 0..16 {
        let at = (e.vary(-half, half), -h * e.dice.between(0.08, 0.86));
        let r = e.vary(2.0, 5.0);
        flecks = flecks.and(oval(at, r, r * 0.8));
    }
    e.fill(flecks, tone.dark);
}

pub(super) fn bowl(e: &mut Easel) {
    let (w, h) = (e.vary(160.0, 190.0), e.vary(105.0, 140.0));
    let (main, accent, third) = (e.main, e.accent, e.third);
    let make = |w: f64, h: f64, y: f64| {
        Profile::new(0.0, (w, y - h))
            .curve((w * 0.96, y - h * 0.5), (w * 0.7, y - h * 0.14), (w * 0.42, y - h * 0.1))
            .to((w * 0.42, y))
    };
    e.cast((0.0, 0.0), w * 0.6, w * 1.6);
    if e.design(2) == 0 {
        let body = make(w, h, 0.0);
        e.mouth(&body, main, 8.0);
        let fruit = [Tone::hex(0x00E2_B33C), Tone::hex(0x00D8_8A3A), Tone::hex(0x00A9_B05A)];
        for ((x, y, r), tone) in
            [(-78.0, -24.0, 44.0), (76.0, -22.0, 42.0), (0.0, -34.0, 52.0)].into_iter().zip(fruit)
        {
            e.ball((x, -h + y), r, tone);
            e.line(line((x + 4.0, -h + y - r), (x + 9.0, -h + y - r - 11.0)), e.iron.base, 5.0);
        }
        e.band(&body, main);
        e.fill(body.strip(-0.82, -0.72), main.light);
        e.band(&body.ring(-h * 0.84, -h * 0.7), accent);
    } else {
        for (i, tone) in [main, accent, third, main].into_iter().enumerate() {
            let step = f64::from(u8::try_from(i).unwrap_or(0));
            let shrink = 1.0 - step * 0.12;
            let body = make(w * shrink, h * (1.0 - step * 0.05), -step * h * 0.42);
            e.glazed(&body, tone);
            e.mouth(&body, tone, 8.0);
        }
    }
    e.spot = Some((0.0, -h));
}

pub(super) fn plates(e: &mut Easel) {
    let r = e.vary(150.0, 172.0);
    let (main, accent, third) = (e.main, e.accent, e.third);
    let at = (-52.0, -r);
    e.cast((60.0, 0.0), 130.0, 190.0);
    e.behind(&disc(at, r));
    e.fill(disc((at.0 + 6.0, at.1 + 3.0), r), main.deep);
    e.fill(disc(at, r), main.base);
    match e.design(3) {
        0 => {
            e.line(disc(at, r - 16.0), accent.base, 9.0);
            e.line(disc(at, r - 30.0), accent.base, 4.0);
        }
        1 => {
            for i in 0..20_u8 {
                let petal = oval((at.0, at.1 - r + 26.0), 9.0, 17.0).turn(f64::from(i) * 18.0, at);
                e.fill(petal, accent.base);
            }
        }
        _ => {
            let half = from((at.0 - r * 0.707, at.1 + r * 0.707))
                .arc((r, r), true, (at.0 + r * 0.707, at.1 - r * 0.707))
                .close();
            e.fill(half, accent.base);
        }
    }
    e.fill(disc((at.0 + 3.0, at.1 + 2.0), r * 0.66), main.dark);
    e.fill(disc((at.0 + 5.0, at.1 + 4.0), r * 0.63), if e.design(3) == 2 { main.light } else { main.base });
    for (i, tone) in [main, accent, main, third, main].into_iter().enumerate() {
        let y = 18.0 - f64::from(u8::try_from(i).unwrap_or(0)) * 19.0;
        let plate = Profile::new(112.0, (128.0, y - 20.0)).to((122.0, y - 13.0)).curve(
            (110.0, y - 4.0),
            (90.0, y),
            (66.0, y),
        );
        e.turned(&plate, tone);
        e.fill(oval((112.0, y - 20.0), 128.0, 128.0 * TILT), tone.light);
        e.fill(oval((112.0, y - 17.0), 88.0, 88.0 * TILT), tone.dark);
    }
    e.spot = Some((20.0, -r * 0.7));
}

pub(super) fn teapot(e: &mut Easel) {
    let (w, h) = (e.vary(130.0, 150.0), e.vary(175.0, 215.0));
    let (main, accent, wood) = (e.main, e.accent, e.wood);
    let design = e.design(3);
    e.cast((0.0, 0.0), w * 0.8, w * 2.1);
    let body = match design {
        0 => Profile::new(0.0, (w * 0.5, -h))
            .curve((w * 0.9, -h * 0.94), (w, -h * 0.7), (w, -h * 0.46))
            .curve((w, -h * 0.2), (w * 0.86, 0.0), (w * 0.56, 0.0)),
        1 => Profile::new(0.0, (w * 0.6, -h * 0.78))
            .curve((w * 1.1, -h * 0.74), (w * 1.2, -h * 0.5), (w * 1.16, -h * 0.32))
            .curve((w * 1.1, -h * 0.1), (w * 0.9, 0.0), (w * 0.66, 0.0)),
        _ => Profile::new(0.0, (w * 0.8, -h)).to((w * 0.9, -h * 0.2)).curve(
            (w * 0.9, 0.0),
            (w * 0.8, 0.0),
            (w * 0.7, 0.0),
        ),
    };
    let (_, (mouth, top)) = body.top();
    if design == 1 {
        let cane = from((-w * 0.72, top + 14.0)).curve(
            (-w * 0.7, top - h * 0.85),
            (w * 0.7, top - h * 0.85),
            (w * 0.72, top + 14.0),
        );
        e.rod(&cane, wood, 17.0);
    } else {
        let edge = body.radius(-h * 0.7) - 10.0;
        let ear = from((edge, -h * 0.78)).curve(
            (edge + 112.0, -h),
            (edge + 104.0, -h * 0.16),
            (edge - 4.0, -h * 0.24),
        );
        e.rod(&ear, if design == 2 { wood } else { main }, 24.0);
    }
    let left = body.radius(-h * 0.4) - 8.0;
    let pour = from((-left, -h * 0.2))
        .curve((-left - 62.0, -h * 0.2), (-left - 50.0, -h * 0.66), (-left - 104.0, -h * 0.84))
        .to((-left - 70.0, -h * 0.92))
        .curve((-left - 36.0, -h * 0.84), (-left - 30.0, -h * 0.62), (-left + 4.0, -h * 0.58))
        .close();
    e.fill(pour, main.base);
    let under = from((-left, -h * 0.2))
        .curve((-left - 62.0, -h * 0.2), (-left - 50.0, -h * 0.66), (-left - 104.0, -h * 0.84))
        .curve((-left - 34.0, -h * 0.62), (-left - 40.0, -h * 0.4), (-left, -h * 0.36))
        .close();
    e.fill(under, main.dark);
    e.turned(&body, main);
    if e.dice.one_in(2) {
        e.band(&body.ring(-h * 0.34, 0.0), accent);
    } else {
        e.band(&body.ring(-h * 0.5, -h * 0.44), accent);
        e.band(&body.ring(-h * 0.38, -h * 0.32), accent);
    }
    e.fill(body.strip(-0.8, -0.68), main.light);
    let cover = Profile::new(0.0, (mouth * 0.2, top - mouth * 0.42)).curve(
        (mouth * 0.8, top - mouth * 0.4),
        (mouth, top - mouth * 0.1),
        (mouth, top + 3.0),
    );
    e.turned(&cover, main);
    e.line(from((-mouth, top + 3.0)).arc((mouth, mouth * TILT), false, (mouth, top + 3.0)), main.deep, 4.0);
    e.ball((0.0, top - mouth * 0.42 - 13.0), 17.0, if design == 0 { main } else { wood });
    e.spot = Some((-w * 0.4, -h * 0.7));
}

pub(super) fn tumbler(e: &mut Easel) {
    let cream = e.cream;
    let spots: &[(f64, f64)] = match e.design(3) {
        0 => &[(-70.0, 1.0), (92.0, 1.0)],
        1 => &[(-150.0, 0.86), (0.0, 1.1), (150.0, 0.74)],
        _ => &[(0.0, 1.25)],
    };
    let (r, h, taper) = (e.vary(62.0, 72.0), e.vary(190.0, 230.0), e.dice.between(0.74, 0.98));
    let ribbed = e.dice.one_in(2);
    let drinks = [e.main, e.accent, e.third];
    for (&(x, grow), drink) in spots.iter().zip(drinks) {
        let (r, h) = (r * grow.sqrt(), h * grow);
        e.cast((x, 0.0), r * taper, r * 2.2);
        let glass = Profile::new(x, (r, -h)).to((r * taper, -8.0)).to((r * taper - 6.0, 0.0));
        e.fill(glass.outline(), cream.base.mix(drink.base, 26));
        e.fill(glass.strip(0.5, 1.0), cream.dark.mix(drink.base, 26));
        let level = -h * e.dice.between(0.55, 0.8);
        let part = glass.ring(level, -22.0);
        let inside = Profile::new(x, (part.top().1.0 - 8.0, level)).to((r * taper - 8.0, -22.0));
        e.turned(&inside, drink);
        e.fill(oval((x, level), part.top().1.0 - 8.0, (part.top().1.0 - 8.0) * TILT), drink.light);
        if ribbed {
            for k in [-0.5, -0.18, 0.16, 0.48] {
                e.veil(inside.strip(k, k + 0.05), cream.light, 40);
            }
        }
        e.fill(glass.strip(-0.84, -0.72), cream.light);
        e.line(oval((x, -h), r - 1.0, (r - 1.0) * TILT), cream.light, 5.0);
    }
    e.spot = Some((30.0, -h * 0.8));
}

pub(super) fn jug(e: &mut Easel) {
    let (w, h) = (e.vary(100.0, 122.0), e.vary(270.0, 320.0));
    let (main, accent, cream) = (e.main, e.accent, e.cream);
    let body = match e.design(3) {
        0 => Profile::new(0.0, (w * 0.66, -h))
            .curve((w * 0.6, -h * 0.7), (w * 1.12, -h * 0.62), (w * 1.1, -h * 0.3))
            .curve((w * 1.08, -h * 0.08), (w * 0.9, 0.0), (w * 0.74, 0.0)),
        1 => Profile::new(0.0, (w * 0.74, -h)).to((w, -10.0)).to((w * 0.98, 0.0)),
        _ => Profile::new(0.0, (w * 0.6, -h))
            .to((w * 0.56, -h * 0.62))
            .curve((w * 0.58, -h * 0.5), (w * 1.2, -h * 0.5), (w * 1.2, -h * 0.22))
            .curve((w * 1.2, -h * 0.05), (w, 0.0), (w * 0.8, 0.0)),
    };
    e.cast((0.0, 0.0), w * 0.85, w * 2.3);
    let (edge, low) = (body.radius(-h * 0.88) - 8.0, body.radius(-h * 0.34) - 8.0);
    let ear =
        from((edge, -h * 0.9)).curve((edge + 130.0, -h * 0.98), (edge + 104.0, -h * 0.4), (low, -h * 0.32));
    e.rod(&ear, main, 25.0);
    let (_, (r, top)) = body.top();
    let lip = from((-r * 0.2, top - 6.0))
        .curve((-r * 0.8, top - 10.0), (-r * 1.2, top - 28.0), (-r * 1.62, top - 24.0))
        .curve((-r * 1.3, top + 14.0), (-r, top + 40.0), (-r * 0.9, top + 74.0))
        .to((0.0, top + 30.0))
        .close();
    e.fill(lip, main.base);
    e.turned(&body, main);
    match e.dice.below(3) {
        0 => e.band(&body.ring(-h * 0.42, 0.0), cream),
        1 => {
            for y in [0.22, 0.34, 0.46] {
                e.band(&body.ring(-h * y - 8.0, -h * y + 8.0), accent);
            }
        }
        _ => {
            let leaf = from((-w * 0.2, -h * 0.1))
                .bend((-w * 0.62, -h * 0.3), (-w * 0.2, -h * 0.52))
                .bend((w * 0.1, -h * 0.3), (-w * 0.2, -h * 0.1))
                .close();
            e.fill(
                leaf.turn(-14.0, (-w * 0.2, -h * 0.1)).and(leaf.turn(22.0, (-w * 0.2, -h * 0.1))),
                accent.base,
            );
        }
    }
    e.fill(body.strip(-0.82, -0.7), main.light);
    e.mouth(&body, main, 8.0);
    e.fill(
        from((-r * 0.86, top - 8.0))
            .bend((-r * 1.2, top - 24.0), (-r * 1.5, top - 20.0))
            .bend((-r * 1.16, top), (-r * 0.9, top + 7.0))
            .close(),
        main.deep,
    );
    e.spot = Some((0.0, -h * 0.8));
}

pub(super) fn cutlery(e: &mut Easel) {
    let (main, accent) = (e.main, e.accent);
    let steel = if e.design(3) == 2 { e.metal } else { Tone::hex(0x00BF_C7C7) };
    let (wide, end) = (e.dice.between(16.0, 24.0), e.vary(-64.0, -34.0));
    let board = rect((-180.0, -400.0), 360.0, 400.0, 12.0);
    e.cast((20.0, 0.0), 170.0, 90.0);
    e.behind(&board);
    e.fill(board.shift(7.0, 0.0), accent.deep);
    e.fill(board, accent.base);
    e.line(
        from((-162.0, -16.0)).to((-162.0, -384.0)).to((162.0, -384.0)).to((162.0, -16.0)),
        accent.light,
        4.0,
    );
    for (x, piece) in [(-104.0, 0_u8), (0.0, 1), (104.0, 2)] {
        let head = match piece {
            0 => {
                let tines = [-24.0, -8.0, 8.0, 24.0].into_iter().fold(
                    soft(
                        &[(x - 29.0, -290.0), (x + 29.0, -290.0), (x + 18.0, -214.0), (x - 18.0, -214.0)],
                        16.0,
                    ),
                    |fork, dx| fork.and(rect((x + dx - 5.0, -356.0), 10.0, 90.0, 5.0)),
                );
                tines.and(rect((x - 7.0, -236.0), 14.0, 60.0, 0.0))
            }
            1 => from((x - 4.0, -180.0))
                .to((x - 16.0, -200.0))
                .curve((x - 18.0, -300.0), (x - 14.0, -350.0), (x + 18.0, -358.0))
                .to((x + 12.0, -180.0))
                .close(),
            _ => oval((x, -304.0), 33.0, 52.0).and(rect((x - 7.0, -262.0), 14.0, 90.0, 0.0)),
        };
        e.shadow(head.shift(10.0, 6.0));
        e.fill(head, steel.base);
        if piece == 2 {
            e.fill(oval((x + 5.0, -304.0), 22.0, 40.0), steel.dark);
        }
        let grip = soft(
            &[(x - wide * 0.6, -190.0), (x + wide * 0.6, -190.0), (x + wide, end), (x - wide, end)],
            12.0,
        );
        e.shadow(grip.shift(10.0, 6.0));
        e.fill(grip, main.base);
        e.fill(
            soft(&[(x + 2.0, -190.0), (x + wide * 0.6, -190.0), (x + wide, end), (x + 2.0, end)], 7.0),
            main.dark,
        );
        e.fill(disc((x, -80.0), 4.5).and(disc((x, -158.0), 4.5)), main.light);
    }
    e.spot = Some((-40.0, -230.0));
}

pub(super) fn linen(e: &mut Easel) {
    let w = e.vary(170.0, 200.0);
    e.cast((0.0, 0.0), w, 150.0);
    let tones = [e.accent, e.main, e.cream, e.main, e.third];
    let count = 3 + usize::try_from(e.design(3)).unwrap_or(0);
    let mut y = 0.0;
    for (i, tone) in tones.into_iter().cycle().take(count).enumerate() {
        let (h, half) = (e.vary(40.0, 52.0), w + e.vary(-14.0, 4.0));
        let fold = soft(&[(-half, y), (half, y), (half, y - h), (-half, y - h)], h * 0.42);
        e.fill(fold, tone.base);
        e.fill(
            soft(&[(half * 0.45, y), (half, y), (half, y - h), (half * 0.45, y - h)], h * 0.42),
            tone.dark,
        );
        e.fill(rect((half * 0.45, y - h), 24.0, h, 0.0), tone.dark);
        e.line(from((-half + 12.0, y - h * 0.5)).to((half - 16.0, y - h * 0.5)), tone.deep, 3.5);
        let stripe = if i % 2 == 0 { e.main } else { e.accent };
        if i % 3 != 2 {
            for dx in [0.0, 20.0, 34.0] {
                let width = if dx > 10.0 { 6.0 } else { 14.0 };
                e.fill(rect((-half * 0.66 + dx, y - h + 1.0), width, h - 2.0, 0.0), stripe.light);
            }
        }
        y -= h + 1.0;
    }
    let tape = rect((w * 0.08, y + 1.0), 20.0, -y - 1.0, 0.0);
    if e.design(2) == 0 {
        e.fill(tape, e.third.base);
        let bow = poly(&[(w * 0.08 + 10.0, y), (w * 0.08 - 34.0, y - 24.0), (w * 0.08 - 34.0, y + 14.0)]);
        e.fill(
            bow.and(poly(&[(w * 0.08 + 10.0, y), (w * 0.08 + 54.0, y - 24.0), (w * 0.08 + 54.0, y + 14.0)])),
            e.third.base,
        );
        e.fill(disc((w * 0.08 + 10.0, y - 2.0), 12.0), e.third.dark);
    }
    e.spot = Some((-w * 0.3, y * 0.55));
}
