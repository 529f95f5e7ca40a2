//! Reading: cushions, throws, stools, for the one who reads.

use super::easel::Easel;
use super::reading::lying;
use super::shape::{Shape, disc, dome, from, line, oval, poly, rect, soft};

pub(super) fn cushion(e: &mut Easel) {
    let r = e.vary(170.0, 190.0);
    let (main, accent, third) = (e.main, e.accent, e.third);
    e.cast((10.0, 0.0), r * 0.9, 170.0);
    let lean = e.dice.between(-5.0, 5.0);
    let at = (0.0, -r);
    let tilt = |shape: Shape| shape.turn(lean, at);
    let body = |r: f64| {
        from((-r, at.1 - r))
            .bend((0.0, at.1 - r * 0.84), (r, at.1 - r))
            .bend((r * 0.86, at.1), (r, at.1 + r))
            .bend((0.0, at.1 + r * 0.9), (-r, at.1 + r))
            .bend((-r * 0.86, at.1), (-r, at.1 - r))
            .close()
    };
    e.behind(&tilt(body(r)));
    e.fill(tilt(body(r)), main.base);
    match e.design(4) {
        0 => {
            for (dx, dy, turn) in
                [(-0.42, -0.4, 0.0), (0.42, -0.4, 180.0), (-0.42, 0.42, 180.0), (0.42, 0.42, 0.0)]
            {
                let c = (r * dx, at.1 + r * dy);
                e.fill(tilt(dome((c.0, c.1 + r * 0.16), r * 0.34).turn(turn, c)), accent.base);
            }
        }
        1 => {
            for (i, dx) in [-0.6, -0.3, 0.0, 0.3, 0.6].into_iter().enumerate() {
                let tone = if i % 2 == 0 { accent } else { third };
                e.fill(tilt(rect((r * dx - r * 0.07, at.1 - r * 0.86), r * 0.14, r * 1.74, 0.0)), tone.base);
            }
        }
        2 => {
            e.fill(tilt(disc(at, r * 0.56)), accent.base);
            e.fill(tilt(dome(at, r * 0.56).turn(90.0, at)), third.base);
        }
        _ => {
            let mut checks = Shape::default();
            for i in 0..4_u8 {
                for j in 0..4_u8 {
                    if (i + j) % 2 == 0 {
                        let step = r * 0.38;
                        let c = (-r * 0.57 + step * f64::from(i), at.1 - r * 0.57 + step * f64::from(j));
                        checks = checks.and(poly(&[
                            (c.0, c.1 - step * 0.46),
                            (c.0 + step * 0.46, c.1),
                            (c.0, c.1 + step * 0.46),
                            (c.0 - step * 0.46, c.1),
                        ]));
                    }
                }
            }
            e.fill(tilt(checks), accent.base);
        }
    }
    let shade = from((r, at.1 - r))
        .bend((r * 0.86, at.1), (r, at.1 + r))
        .bend((0.0, at.1 + r * 0.9), (-r, at.1 + r))
        .bend((r * 0.66, at.1 + r * 0.66), (r, at.1 - r))
        .close();
    e.veil(tilt(shade), super::tone::INK, 22);
    e.line(tilt(body(r * 0.93)), main.light, 3.0);
    for (x, y) in [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
        e.fill(tilt(disc((r * x, at.1 + r * y), 11.0)), third.base);
    }
    e.spot = Some((r * 0.4, -r * 1.4));
}

pub(super) fn throw(e: &mut Easel) {
    let (main, accent, third, wood) = (e.main, e.accent, e.third, e.wood);
    let (w, drop) = (e.vary(150.0, 185.0), e.vary(270.0, 320.0));
    let (half, top) = (230.0, -370.0);
    e.cast((0.0, 0.0), 225.0, 110.0);
    for x in [-half + 14.0, half - 14.0] {
        e.rod(&line((x, 0.0), (x, top)), wood, 22.0);
        e.rod(&line((x - 46.0, -4.0), (x + 46.0, -4.0)), wood, 18.0);
    }
    e.rod(&line((-half, top), (half, top)), wood, 24.0);
    let cloth = from((-w, top - 14.0))
        .to((w, top - 14.0))
        .bend((w + 8.0, top + drop * 0.5), (w - 6.0, top + drop))
        .to((-w + 4.0, top + drop))
        .bend((-w - 8.0, top + drop * 0.5), (-w, top - 14.0))
        .close();
    e.fill(cloth, main.base);
    match e.design(3) {
        0 => {
            for (y, size) in [(0.2, 26.0), (0.34, 10.0), (0.7, 26.0), (0.84, 10.0)] {
                e.fill(rect((-w - 2.0, top + drop * y), w * 2.0, size, 0.0), accent.base);
            }
        }
        1 => {
            for k in [-0.7, -0.25, 0.2, 0.65] {
                e.veil(rect((w * k, top - 13.0), 30.0, drop + 12.0, 0.0), accent.base, 70);
            }
            for k in [0.12, 0.4, 0.68] {
                e.veil(rect((-w, top + drop * k), w * 2.0 - 4.0, 30.0, 0.0), third.base, 55);
            }
        }
        _ => {
            let step = w / 3.0;
            for row in 0..3_u8 {
                let y = top + 50.0 + f64::from(row) * drop * 0.29;
                let zigzag = (0..6_u8).fold(from((-w + 6.0, y)), |zigzag, i| {
                    let x = -w + 6.0 + step * (f64::from(i) + 1.0);
                    zigzag.to((x.min(w - 6.0), if i % 2 == 0 { y + 38.0 } else { y }))
                });
                e.line(zigzag, if row == 1 { third.base } else { accent.base }, 13.0);
            }
        }
    }
    let fold = from((w * 0.5, top - 14.0))
        .to((w, top - 14.0))
        .bend((w + 8.0, top + drop * 0.5), (w - 6.0, top + drop))
        .to((w * 0.62, top + drop))
        .bend((w * 0.42, top + drop * 0.4), (w * 0.5, top - 14.0))
        .close();
    e.veil(fold, super::tone::INK, 22);
    let mut fringe = Shape::default();
    let mut x = -w + 10.0;
    while x < w - 8.0 {
        fringe = fringe.and(line((x, top + drop), (x - 2.0, top + drop + 26.0)));
        x += 17.0;
    }
    e.line(fringe, main.dark, 5.0);
    e.spot = Some((-w * 0.3, top + drop * 0.75));
}

pub(super) fn stool(e: &mut Easel) {
    let (w, h) = (e.vary(140.0, 165.0), e.vary(270.0, 310.0));
    let (main, wood) = (e.main, e.wood);
    let round = e.design(2) == 0;
    e.cast((20.0, 4.0), w, w * 1.1);
    let splay = if round { 46.0 } else { 14.0 };
    for (x, tone, foot) in
        [(-0.5, wood.deep, -18.0), (0.56, wood.deep, -18.0), (-0.8, wood.base, 0.0), (0.8, wood.dark, 0.0)]
    {
        let (top, bottom) = (w * x, w * x + splay * f64::signum(x));
        e.fill(
            poly(&[
                (top - 14.0, -h + 20.0),
                (top + 14.0, -h + 20.0),
                (bottom + 9.0, foot),
                (bottom - 9.0, foot),
            ]),
            tone,
        );
    }
    e.line(line((-w * 0.86, -h * 0.36), (w * 0.86, -h * 0.36)), wood.dark, 13.0);
    if round {
        let seat = super::turned::Profile::new(0.0, (w, -h)).to((w, -h + 22.0)).to((w * 0.94, -h + 34.0));
        e.turned(&seat, main);
        e.fill(oval((0.0, -h), w, w * 0.13), main.light);
    } else {
        let seat =
            soft(&[(-w - 10.0, -h + 40.0), (w + 10.0, -h + 40.0), (w + 10.0, -h), (-w - 10.0, -h)], 12.0);
        e.fill(seat, main.base);
        let weave = [-0.8, -0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6, 0.8]
            .into_iter()
            .fold(Shape::default(), |weave, k| weave.and(line((w * k, -h + 4.0), (w * k, -h + 36.0))));
        e.line(weave, main.dark, 6.0);
    }
    lying(e, (-w * 0.62, -h - 2.0), (w * 1.1, 40.0), e.accent);
    lying(e, (-w * 0.54, -h - 42.0), (w * 0.96, 32.0), e.third);
    e.spot = Some((0.0, -h));
}
