//! Upkeep: soap, brushes, dustpans, aprons.

use super::easel::Easel;
use super::shape::{Shape, disc, from, line, oval, rect, soft};
use super::tone::INK;
use super::turned::{Profile, TILT};

pub(super) fn soap(e: &mut Easel) {
    let (main, accent, third, cream, wood) = (e.main, e.accent, e.third, e.cream, e.wood);
    let (w, h) = (e.vary(150.0, 178.0), e.vary(86.0, 108.0));
    e.cast((0.0, 0.0), w * 0.9, w * 1.3);
    match e.design(3) {
        0 => {
            let dish =
                Profile::new(0.0, (w * 1.15, -58.0)).curve((w * 1.1, -14.0), (w * 0.8, 0.0), (w * 0.6, 0.0));
            e.mouth(&dish, accent, 9.0);
            bar(e, (0.0, -44.0), w * 0.78, h, main);
            stamp(e, (0.0, -44.0), w * 0.78, main);
            e.band(&dish, accent);
            e.fill(dish.strip(-0.82, -0.72), accent.light);
        }
        1 => {
            for (y, dx, tone) in [(0.0, -8.0, main), (-98.0, 14.0, third), (-196.0, -12.0, accent)] {
                bar(e, (dx, y), w * 0.82, 94.0, tone);
                e.fill(rect((dx - w * 0.36, y - 94.0), w * 0.74, 94.0, 0.0), cream.base);
                e.fill(rect((dx + w * 0.37, y - 94.0), w * 0.17, 94.0, 0.0), cream.dark);
                e.fill(disc((dx, y - 47.0), 22.0), tone.base);
            }
        }
        _ => {
            for i in 0..4_u8 {
                let x = -w * 0.9 + f64::from(i) * w * 0.6;
                e.fill(rect((x - 16.0, -26.0), 32.0, 26.0, 4.0), wood.deep);
            }
            e.fill(rect((-w * 1.15, -44.0), w * 2.3, 24.0, 8.0), wood.base);
            e.fill(rect((w * 0.5, -44.0), w * 0.65, 24.0, 8.0), wood.dark);
            bar(e, (-10.0, -44.0), w * 0.84, h, main);
            stamp(e, (-10.0, -46.0), w * 0.84, main);
        }
    }
    if e.design(3) != 1 {
        for (x, y, r) in [(w * 0.5, -190.0, 26.0), (w * 0.74, -236.0, 17.0), (w * 0.34, -250.0, 12.0)] {
            e.veil(disc((x, y), r), cream.light, 55);
            e.line(
                from((x - r * 0.5, y - r * 0.2)).bend((x - r * 0.4, y - r * 0.6), (x, y - r * 0.6)),
                cream.light,
                4.0,
            );
        }
    }
    e.spot = Some((0.0, -110.0));
}

/// A bar of soap standing on `at`.
fn bar(e: &mut Easel, (x, y): (f64, f64), half: f64, h: f64, tone: super::tone::Tone) {
    e.fill(rect((x - half, y - h), half * 2.0, h, 30.0), tone.base);
    e.fill(
        soft(&[(x + half * 0.45, y), (x + half, y), (x + half, y - h), (x + half * 0.45, y - h)], 26.0),
        tone.dark,
    );
    e.fill(rect((x + half * 0.45, y - h), 30.0, h, 0.0), tone.dark);
    e.line(line((x - half * 0.72, y - h + 15.0), (x + half * 0.2, y - h + 15.0)), tone.light, 7.0);
}

/// The maker's mark pressed into a bar.
fn stamp(e: &mut Easel, (x, y): (f64, f64), half: f64, tone: super::tone::Tone) {
    e.line(oval((x - half * 0.16, y - 49.0), half * 0.4, 22.0), tone.dark, 5.0);
}

pub(super) fn brush(e: &mut Easel) {
    e.hung = true;
    let (wood, accent, metal) = (e.wood, e.accent, e.metal);
    let long = e.vary(190.0, 225.0);
    let rail = rect((-180.0, -12.0), 360.0, 30.0, 8.0);
    e.behind(&rail);
    e.fill(rail, wood.dark);
    let kinds: &[(f64, u8)] = match e.design(3) {
        0 => &[(-86.0, 0), (86.0, 1)],
        1 => &[(-96.0, 1), (40.0, 2)],
        _ => &[(-86.0, 2), (86.0, 0)],
    };
    for &(x, kind) in kinds {
        e.line(
            from((x, 44.0)).bend((x - 14.0, 20.0), (x, 8.0)).bend((x + 14.0, 20.0), (x, 44.0)),
            accent.base,
            6.0,
        );
        e.ball((x, 6.0), 10.0, metal);
        let handle = soft(
            &[
                (x - 13.0, 36.0),
                (x + 13.0, 36.0),
                (x + 20.0, long * 0.6),
                (x + 12.0, long + 40.0),
                (x - 12.0, long + 40.0),
                (x - 20.0, long * 0.6),
            ],
            12.0,
        );
        let shade = soft(
            &[
                (x + 3.0, 36.0),
                (x + 13.0, 36.0),
                (x + 20.0, long * 0.6),
                (x + 12.0, long + 40.0),
                (x + 3.0, long + 40.0),
            ],
            8.0,
        );
        e.behind(&handle);
        brush_head(e, kind, (x, long + 92.0), [handle, shade]);
    }
    e.spot = Some((0.0, long + 40.0));
}

/// The head of a brush around `(x, y)`, with its handle: for pots, for the back, for shoes.
fn brush_head(e: &mut Easel, kind: u8, (x, y): (f64, f64), [handle, shade]: [Shape; 2]) {
    let (main, cream, metal) = (e.main, e.cream, e.metal);
    let straw = super::tone::Tone::hex(0x00DD_C391);
    match kind {
        0 => {
            e.behind(&disc((x, y), 70.0));
            for i in 0..24_u8 {
                let ray = line((x, y - 56.0), (x, y - 76.0)).turn(f64::from(i) * 15.0, (x, y));
                e.line(ray, straw.base, 8.0);
            }
            e.fill(handle, main.base);
            e.fill(shade, main.dark);
            e.ball((x, y), 58.0, main);
            e.fill(disc((x - 4.0, y - 4.0), 12.0), metal.base);
        }
        1 => {
            let head = oval((x, y + 24.0), 54.0, 98.0);
            e.behind(&head);
            e.fill(head.shift(10.0, 3.0), straw.dark);
            e.fill(handle, main.base);
            e.fill(shade, main.dark);
            e.fill(head, main.base);
            e.fill(
                from((x + 18.0, y - 68.0))
                    .curve((x + 70.0, y - 40.0), (x + 70.0, y + 90.0), (x + 18.0, y + 116.0))
                    .curve((x + 36.0, y + 60.0), (x + 36.0, y - 20.0), (x + 18.0, y - 68.0))
                    .close(),
                main.dark,
            );
            e.line(line((x - 20.0, y - 30.0), (x - 20.0, y + 60.0)), main.light, 7.0);
        }
        _ => {
            let block = rect((x - 74.0, y - 50.0), 148.0, 40.0, 13.0);
            e.behind(&block);
            for i in 0..12_u8 {
                let dx = -66.0 + 12.0 * f64::from(i);
                e.line(
                    line((x + dx, y - 16.0), (x + dx * 1.1, y + 62.0)),
                    if i > 7 { straw.dark } else { straw.base },
                    11.0,
                );
            }
            e.fill(handle, main.base);
            e.fill(shade, main.dark);
            e.fill(block, main.base);
            e.fill(rect((x + 26.0, y - 50.0), 48.0, 40.0, 13.0), main.dark);
            e.fill(disc((x - 52.0, y - 30.0), 5.0).and(disc((x - 20.0, y - 30.0), 5.0)), cream.base);
        }
    }
}

pub(super) fn broom(e: &mut Easel) {
    e.hung = true;
    let (main, wood, metal) = (e.main, e.wood, e.metal);
    let wide = e.vary(120.0, 140.0);
    for x in [-110.0, 120.0] {
        e.ball((x, 4.0), 12.0, metal);
    }
    let x = -110.0;
    let pan = soft(
        &[
            (x - 40.0, 150.0),
            (x + 40.0, 150.0),
            (x + wide * 0.9, 220.0),
            (x + wide, 420.0),
            (x - wide, 420.0),
            (x - wide * 0.9, 220.0),
        ],
        26.0,
    );
    let grip = soft(&[(x - 20.0, -16.0), (x + 20.0, -16.0), (x + 15.0, 170.0), (x - 15.0, 170.0)], 16.0);
    e.behind(&pan);
    e.behind(&grip);
    e.fill(pan, main.base);
    e.fill(
        soft(
            &[(x + wide * 0.4, 166.0), (x + wide * 0.9, 220.0), (x + wide, 420.0), (x + wide * 0.5, 420.0)],
            16.0,
        ),
        main.dark,
    );
    e.fill(rect((x - wide * 0.96, 396.0), wide * 1.92, 15.0, 4.0), main.light);
    if e.design(2) == 0 {
        let ribs = [-0.5, -0.17, 0.17].into_iter().fold(Shape::default(), |ribs, k| {
            ribs.and(line((x + wide * k * 0.8, 250.0), (x + wide * k, 376.0)))
        });
        e.line(ribs, main.dark, 6.0);
    }
    let tone = if e.design(2) == 0 { wood } else { main };
    e.fill(grip, tone.base);
    e.fill(rect((x + 3.0, -8.0), 12.0, 170.0, 6.0), tone.dark);
    e.fill(disc((x, 6.0), 8.0), e.iron.deep);
    let x = 120.0;
    let handle = soft(&[(x - 16.0, -16.0), (x + 16.0, -16.0), (x + 13.0, 240.0), (x - 13.0, 240.0)], 14.0);
    e.behind(&handle);
    bristles(e, x);
    e.fill(handle, tone.base);
    e.fill(rect((x + 3.0, -8.0), 11.0, 240.0, 6.0), tone.dark);
    e.fill(disc((x, 6.0), 7.0), e.iron.deep);
    e.spot = Some((-20.0, 260.0));
}

/// What a broom at `x` sweeps with.
fn bristles(e: &mut Easel, x: f64) {
    let accent = e.accent;
    let straw = super::tone::Tone::hex(0x00DD_C391);
    if e.design(2) == 0 {
        let bundle =
            soft(&[(x - 34.0, 210.0), (x + 34.0, 210.0), (x + 96.0, 430.0), (x - 96.0, 430.0)], 10.0);
        e.behind(&bundle);
        e.fill(bundle, straw.base);
        e.fill(
            soft(&[(x + 10.0, 210.0), (x + 34.0, 210.0), (x + 96.0, 430.0), (x + 30.0, 430.0)], 8.0),
            straw.dark,
        );
        let straws = [-0.7, -0.35, 0.0, 0.35].into_iter().fold(Shape::default(), |straws, k| {
            straws.and(line((x + 40.0 * k, 300.0), (x + 90.0 * k, 424.0)))
        });
        e.line(straws, straw.deep, 3.5);
        for y in [244.0, 274.0] {
            e.fill(rect((x - 52.0, y), 104.0, 12.0, 6.0), accent.base);
        }
    } else {
        let block = soft(&[(x - 92.0, 236.0), (x + 92.0, 236.0), (x + 92.0, 290.0), (x - 92.0, 290.0)], 18.0);
        e.behind(&block);
        for i in 0..14_u8 {
            let dx = -84.0 + 13.0 * f64::from(i);
            e.line(
                line((x + dx, 280.0), (x + dx * 1.08, 392.0)),
                if i > 9 { straw.dark } else { straw.base },
                12.0,
            );
        }
        e.fill(block, accent.base);
        e.fill(
            soft(&[(x + 40.0, 236.0), (x + 92.0, 236.0), (x + 92.0, 290.0), (x + 40.0, 290.0)], 15.0),
            accent.dark,
        );
    }
}

pub(super) fn apron(e: &mut Easel) {
    e.hung = true;
    let (main, accent, cream, metal, wood) = (e.main, e.accent, e.cream, e.metal, e.wood);
    let (w, h) = (e.vary(130.0, 150.0), e.vary(390.0, 430.0));
    e.ball((0.0, 0.0), 15.0, wood);
    let neck = from((-58.0, 96.0)).curve((-52.0, 20.0), (-20.0, 0.0), (0.0, -8.0)).curve(
        (20.0, 0.0),
        (52.0, 20.0),
        (58.0, 96.0),
    );
    e.rod(&neck, accent, 14.0);
    let body = from((-66.0, 90.0))
        .bend((0.0, 110.0), (66.0, 90.0))
        .curve((72.0, 160.0), (100.0, 186.0), (w, 196.0))
        .bend((w + 16.0, h * 0.7), (w + 8.0, h))
        .bend((0.0, h + 16.0), (-w - 8.0, h))
        .bend((-w - 16.0, h * 0.7), (-w, 196.0))
        .curve((-100.0, 186.0), (-72.0, 160.0), (-66.0, 90.0))
        .close();
    e.behind(&body);
    for side in [-1.0, 1.0] {
        let tie = from((side * (w - 6.0), 206.0)).curve(
            (side * (w + 44.0), 230.0),
            (side * (w + 14.0), 290.0),
            (side * (w + 50.0), 330.0),
        );
        e.line(tie, accent.dark, 11.0);
    }
    e.fill(body, main.base);
    if e.design(3) == 0 {
        for x in [-0.72, -0.44, -0.16, 0.12, 0.4, 0.68] {
            let top = if f64::abs(x) > 0.42 { 204.0 } else { 104.0 };
            e.fill(rect((w * x, top), 12.0, h - top + 2.0, 0.0), accent.base);
        }
    }
    let fold = from((40.0, 98.0))
        .to((66.0, 90.0))
        .curve((72.0, 160.0), (100.0, 186.0), (w, 196.0))
        .bend((w + 16.0, h * 0.7), (w + 8.0, h))
        .to((w * 0.56, h + 6.0))
        .curve((w * 0.62, h * 0.7), (60.0, 240.0), (40.0, 98.0))
        .close();
    e.veil(fold, INK, 20);
    let pocket = soft(&[(-72.0, 236.0), (72.0, 236.0), (66.0, 330.0), (-66.0, 330.0)], 14.0);
    e.fill(pocket.shift(4.0, 5.0), main.deep);
    let tone = if e.design(3) == 2 { accent } else { main };
    e.fill(pocket, tone.base);
    e.line(line((-66.0, 250.0), (66.0, 250.0)), tone.light, 3.5);
    e.line(line((0.0, 254.0), (0.0, 326.0)), tone.dark, 3.5);
    e.fill(disc((-64.0, 244.0), 5.0).and(disc((64.0, 244.0), 5.0)), metal.base);
    let cloth = soft(&[(18.0, 216.0), (56.0, 216.0), (56.0, 244.0), (18.0, 244.0)], 6.0);
    e.fill(cloth, cream.base);
    e.line(line((20.0, 226.0), (54.0, 226.0)), e.third.base, 5.0);
    if e.design(3) != 0 {
        e.fill(oval((0.0, 150.0), 22.0, 22.0 * (1.0 - TILT)), accent.base);
    }
    e.spot = Some((0.0, 220.0));
}
