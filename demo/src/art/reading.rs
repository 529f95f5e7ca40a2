//! Reading: books, bookends, spectacles.

use super::easel::Easel;
use super::shape::{P, Shape, disc, dome, from, line, poly, rect, soft};
use super::tone::Tone;

pub(super) fn book(e: &mut Easel) {
    match e.design(3) {
        0 => standing(e),
        1 => stacked(e),
        _ => {
            open_book(e);
        }
    }
}

/// One book upright, its cover towards us.
fn standing(e: &mut Easel) {
    let (w, h, thick) = (e.vary(245.0, 285.0), e.vary(355.0, 395.0), e.vary(34.0, 50.0));
    let (main, cream) = (e.main, e.cream);
    let x = -w / 2.0;
    e.cast((20.0, 0.0), w * 0.5, 140.0);
    e.block((x, 0.0), w, h, thick, cream);
    for i in 1..5_u8 {
        let dx = w + thick * f64::from(i) / 5.0;
        let rise = thick * 0.36 * f64::from(i) / 5.0;
        e.line(line((x + dx, -rise - 6.0), (x + dx, -h - rise + 6.0)), cream.deep, 2.0);
    }
    e.fill(rect((x - 4.0, -h - 5.0), w + 8.0, h + 5.0, 5.0), main.base);
    e.fill(rect((x - 4.0, -h - 5.0), 26.0, h + 5.0, 4.0), main.dark);
    cover(e, (x + w * 0.56, -h * 0.44), w * 0.34);
    let title = rect((x + w * 0.26, -h * 0.9), w * 0.6, 17.0, 3.0).and(rect(
        (x + w * 0.26, -h * 0.83),
        w * 0.36,
        17.0,
        3.0,
    ));
    e.fill(title, cream.base);
    e.line(line((x + w * 0.26, -h * 0.07), (x + w * 0.5, -h * 0.07)), cream.base, 6.0);
    e.spot = Some((x + w * 0.6, -h * 0.6));
}

/// The picture on a cover: a small poster of its own.
fn cover(e: &mut Easel, at: P, r: f64) {
    let ((x, y), accent, third, cream, main) = (at, e.accent, e.third, e.cream, e.main);
    match e.dice.below(5) {
        0 => {
            e.fill(disc((x, y - r * 0.3), r * 0.62), accent.base);
            for i in 0..3_u8 {
                let dy = y + r * (0.35 + 0.3 * f64::from(i));
                e.fill(
                    from((x - r, dy))
                        .bend((x - r * 0.5, dy - r * 0.34), (x, dy))
                        .bend((x + r * 0.5, dy + r * 0.34), (x + r, dy))
                        .to((x + r, dy + r * 0.2))
                        .bend((x + r * 0.5, dy + r * 0.54), (x, dy + r * 0.2))
                        .bend((x - r * 0.5, dy - r * 0.14), (x - r, dy + r * 0.2))
                        .close(),
                    if i == 1 { cream.base } else { third.base },
                );
            }
        }
        1 => {
            e.fill(poly(&[(x - r, y + r), (x - r * 0.1, y - r * 0.7), (x + r * 0.8, y + r)]), accent.base);
            e.fill(
                poly(&[(x - r * 0.1, y - r * 0.7), (x + r * 0.8, y + r), (x + r * 0.1, y + r)]),
                accent.dark,
            );
            e.fill(poly(&[(x - r * 0.2, y + r), (x + r * 0.5, y), (x + r, y + r)]), third.base);
            e.fill(disc((x + r * 0.6, y - r * 0.7), r * 0.24), cream.base);
        }
        2 => {
            for (i, tone) in [accent, cream, third, main].into_iter().enumerate() {
                let size = r * (1.0 - 0.25 * f64::from(u8::try_from(i).unwrap_or(0)));
                e.fill(dome((x, y + r * 0.6), size), tone.base);
            }
            e.fill(rect((x - r, y + r * 0.68), r * 2.0, r * 0.1, 0.0), cream.base);
        }
        3 => {
            e.line(line((x, y + r), (x, y - r * 0.8)), third.base, 8.0);
            for (dy, side) in [(0.7, 1.0), (0.35, -1.0), (0.0, 1.0), (-0.35, -1.0), (-0.7, 1.0)] {
                let foot = (x, y + r * dy);
                let tip = (x + side * r * 0.85, y + r * dy - r * 0.42);
                let leaf = from(foot)
                    .bend((x + side * r * 0.2, y + r * dy - r * 0.5), tip)
                    .bend((x + side * r * 0.7, y + r * dy), foot)
                    .close();
                e.fill(leaf, if side > 0.0 { accent.base } else { cream.base });
            }
        }
        _ => {
            for (column, row) in [(0_u8, 0_u8), (1, 0), (0, 1), (1, 1)] {
                let (cx, cy) = (x - r * 0.5 + r * f64::from(column), y - r * 0.5 + r * f64::from(row));
                let tone = if (column + row) % 2 == 0 { accent } else { cream };
                e.fill(
                    dome((cx, cy + r * 0.2), r * 0.46).turn(f64::from(column + 2 * row) * 90.0, (cx, cy)),
                    tone.base,
                );
            }
        }
    }
}

/// Books lying, with a fruit on them.
fn stacked(e: &mut Easel) {
    let w = e.vary(290.0, 330.0);
    e.cast((0.0, 0.0), w * 0.55, 170.0);
    let mut y = 0.0;
    for tone in [e.third, e.main, e.accent, e.main] {
        let (h, dx, shrink) = (e.vary(46.0, 64.0), e.vary(-16.0, 16.0), e.vary(0.0, 40.0));
        lying(e, (dx - w / 2.0 + shrink / 2.0, y), (w - shrink, h), tone);
        y -= h;
    }
    e.fruit((w * 0.12, y + 2.0), 36.0);
    e.spot = Some((-w * 0.2, y * 0.7));
}

/// A book lying flat, its spine towards us; `at` is its lower left corner.
pub(super) fn lying(e: &mut Easel, at: P, (w, h): P, tone: Tone) {
    let ((x, y), cream) = (at, e.cream);
    e.fill(rect((x, y - h), w, h, 8.0), tone.base);
    e.fill(rect((x + w * 0.7, y - h), w * 0.3, h, 8.0), tone.dark);
    e.fill(rect((x + w * 0.7, y - h), 16.0, h, 0.0), tone.dark);
    let bands = rect((x + 26.0, y - h), 9.0, h, 0.0).and(rect((x + w - 36.0, y - h), 9.0, h, 0.0));
    e.fill(bands, cream.base);
    e.fill(rect((x + w * 0.26, y - h * 0.62), w * 0.36, h * 0.24, 4.0), cream.base);
}

/// An open book propped up, its pages towards us.
fn open_book(e: &mut Easel) {
    let (w, h) = (e.vary(210.0, 235.0), e.vary(270.0, 310.0));
    let (main, cream) = (e.main, e.cream);
    e.cast((30.0, 0.0), w, 130.0);
    let board = poly(&[
        (0.0, 2.0),
        (w + 12.0, -16.0),
        (w + 12.0, -h - 32.0),
        (0.0, -h - 8.0),
        (-w - 12.0, -h - 32.0),
        (-w - 12.0, -16.0),
    ]);
    e.behind(&board);
    e.fill(board.shift(6.0, 2.0), main.deep);
    e.fill(board, main.base);
    for side in [-1.0, 1.0] {
        let page = from((0.0, -8.0))
            .curve((side * w * 0.3, -44.0), (side * w * 0.7, -40.0), (side * w, -26.0))
            .to((side * w, -h - 18.0))
            .curve((side * w * 0.7, -h - 36.0), (side * w * 0.3, -h - 38.0), (0.0, -h))
            .close();
        e.fill(page, if side < 0.0 { cream.base } else { cream.dark.mix(cream.base, 55) });
    }
    let mut lines = Shape::default();
    for i in 0..6_u8 {
        let y = -h * 0.84 + f64::from(i) * h * 0.12;
        let end = if i == 5 { -w * 0.5 } else { -w * 0.14 };
        lines = lines.and(from((-w * 0.86, y - 22.0)).bend((-w * 0.5, y - 36.0), (end, y - 22.0)));
    }
    e.line(lines, cream.deep, 5.0);
    cover(e, (w * 0.5, -h * 0.56), w * 0.32);
    e.line(line((0.0, -8.0), (0.0, -h)), cream.deep, 3.0);
    let ribbon = e.third.base;
    e.fill(poly(&[(-5.0, -14.0), (7.0, -14.0), (11.0, 42.0), (3.0, 32.0), (-5.0, 42.0)]), ribbon);
    e.spot = Some((w * 0.4, -h * 0.6));
}

pub(super) fn bookends(e: &mut Easel) {
    let (main, cream) = (e.main, e.cream);
    e.cast((0.0, 0.0), 220.0, 130.0);
    let mut x = -150.0;
    let tones = [e.accent, e.third, cream, e.accent, e.third, e.cream];
    let lean = e.design(2) == 1;
    for (i, tone) in tones.into_iter().enumerate() {
        let (w, h) = (e.vary(36.0, 60.0), e.vary(250.0, 345.0));
        if x + w > 150.0 {
            break;
        }
        let turn = if lean && i == 3 { -9.0 } else { 0.0 };
        if turn < 0.0 {
            x += 38.0;
        }
        let tilt = |shape: Shape| shape.turn(turn, (x, 0.0));
        e.fill(tilt(rect((x, -h), w, h, 3.0)), tone.base);
        e.fill(tilt(rect((x + w * 0.62, -h), w * 0.38, h, 3.0)), tone.dark);
        let label = if i % 2 == 0 { tone.light } else { tone.deep };
        e.fill(tilt(rect((x, -h + 26.0), w, 8.0, 0.0)).and(tilt(rect((x, -44.0), w, 8.0, 0.0))), label);
        e.fill(tilt(rect((x + w * 0.34, -h * 0.74), w * 0.26, h * 0.3, 3.0)), label);
        x += w + 1.0;
    }
    for side in [-1.0, 1.0] {
        let at = if side < 0.0 { -150.0 } else { x };
        let shape = match e.design(3) {
            0 => from((at, 0.0))
                .to((at, -150.0))
                .arc((130.0, 150.0), side > 0.0, (at + side * 130.0, 0.0))
                .close(),
            1 => poly(&[(at, 0.0), (at, -190.0), (at + side * 120.0, 0.0)]),
            _ => disc((at + side * 72.0, -72.0), 72.0),
        };
        e.fill(shape, if side < 0.0 { main.base } else { main.dark });
        if e.design(3) == 2 {
            e.fill(disc((at + side * 72.0, -72.0), 26.0), main.deep);
        }
    }
    e.spot = Some((-110.0, -150.0));
}

pub(super) fn glasses(e: &mut Easel) {
    let (r, gap) = (e.vary(66.0, 78.0), e.vary(18.0, 26.0));
    let (main, cream, third) = (e.main, e.cream, e.third);
    e.cast((0.0, 0.0), 190.0, 120.0);
    lying(e, (-185.0, 0.0), (370.0, 58.0), e.accent);
    lying(e, (-165.0, -58.0), (330.0, 46.0), third);
    let y = -104.0 - r;
    let x = r + gap;
    let lens = |side: f64, grow: f64| match e.design(3) {
        0 => disc((side * x, y), r + grow),
        1 => soft(
            &[
                (side * x - r * 1.06 - grow, y - r * 0.8 - grow),
                (side * x + r * 1.06 + grow, y - r * 0.8 - grow),
                (side * x + r * 0.82 + grow, y + r + grow),
                (side * x - r * 0.82 - grow, y + r + grow),
            ],
            r * 0.5,
        ),
        _ => soft(
            &[
                (side * x - r - grow, y - r * 0.76 - grow),
                (side * x + r + grow, y - r * 0.76 - grow),
                (side * x + r + grow, y + r + grow),
                (side * x - r - grow, y + r + grow),
            ],
            r * 0.62,
        ),
    };
    let pieces = [lens(-1.0, 0.0), lens(1.0, 0.0)];
    for lens in pieces {
        e.veil(lens.clone(), cream.light, 45);
        e.rod(&lens, main, 17.0);
    }
    for side in [-1.0, 1.0] {
        let glint = line((side * x - r * 0.44, y + r * 0.1), (side * x - r * 0.06, y - r * 0.44));
        e.line(glint, cream.light, 8.0);
    }
    e.rod(&from((-gap - 4.0, y - r * 0.12)).bend((0.0, y - r * 0.62), (gap + 4.0, y - r * 0.12)), main, 15.0);
    e.spot = Some((x * 0.5, y));
}
