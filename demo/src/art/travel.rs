//! Travel: wallets, maps, tags, cameras, paint boxes.

use super::easel::Easel;
use super::shape::{Shape, disc, from, line, oval, poly, rect, soft};
use super::tone::{INK, Tone};

pub(super) fn wallet(e: &mut Easel) {
    let (main, accent, cream, third, metal) = (e.main, e.bold(), e.cream, e.third, e.metal);
    let (w, h) = (e.vary(230.0, 255.0), e.vary(310.0, 340.0));
    e.cast((40.0, 0.0), w * 0.6, 130.0);
    let tilt = |shape: Shape, turn: f64| shape.turn(turn, (40.0, 0.0));
    for (turn, tone, lift) in [(13.0, cream, 30.0), (8.0, accent, 10.0)] {
        let paper = rect((-w * 0.42, -h - lift), w * 0.86, h, 8.0);
        e.behind(&tilt(paper.clone(), turn));
        e.fill(tilt(paper, turn), tone.base);
        e.line(tilt(line((w * 0.02, -h - lift + 22.0), (w * 0.3, -h - lift + 22.0)), turn), tone.dark, 7.0);
    }
    let lean = -4.0;
    let cover = rect((-w / 2.0, -h), w, h, 18.0);
    e.behind(&tilt(cover.clone(), lean));
    e.fill(tilt(cover.shift(9.0, 2.0), lean), main.deep);
    e.fill(tilt(cover, lean), main.base);
    e.fill(tilt(rect((-w / 2.0, -h), 34.0, h, 12.0), lean), main.dark);
    let stitched = rect((-w / 2.0 + 13.0, -h + 13.0), w - 26.0, h - 26.0, 10.0);
    e.line(tilt(stitched, lean), main.light, 3.0);
    let at = (14.0, -h * 0.58);
    match e.design(3) {
        0 => {
            e.line(tilt(disc(at, 54.0), lean), metal.base, 6.0);
            e.line(
                tilt(oval(at, 24.0, 54.0).and(line((at.0 - 54.0, at.1), (at.0 + 54.0, at.1))), lean),
                metal.base,
                5.0,
            );
        }
        1 => {
            let rays = [0.0, 45.0, 90.0, 135.0, 180.0, 225.0, 270.0, 315.0].into_iter().fold(
                Shape::default(),
                |rays, turn| {
                    rays.and(
                        poly(&[
                            (at.0 - 10.0, at.1 - 22.0),
                            (at.0, at.1 - if turn % 90.0 == 0.0 { 72.0 } else { 48.0 }),
                            (at.0 + 10.0, at.1 - 22.0),
                        ])
                        .turn(turn, at),
                    )
                },
            );
            e.fill(tilt(rays.and(disc(at, 20.0)), lean), metal.base);
        }
        _ => {
            e.fill(tilt(rect((-w / 2.0 + 34.0, -h * 0.5), w - 34.0, h * 0.5, 16.0), lean), third.base);
            e.line(
                tilt(line((-w / 2.0 + 40.0, -h * 0.5 + 12.0), (w / 2.0 - 12.0, -h * 0.5 + 12.0)), lean),
                third.dark,
                3.0,
            );
        }
    }
    e.fill(tilt(rect((-22.0, -h * 0.26), 72.0, 11.0, 3.0), lean), metal.base);
    e.spot = Some((30.0, -h * 0.66));
}

pub(super) fn map(e: &mut Easel) {
    let (main, accent, third, cream) = (e.main, e.accent, e.third, e.cream);
    let (w, h) = (e.vary(96.0, 108.0), e.vary(280.0, 310.0));
    let folds = if e.design(2) == 0 { 4_u8 } else { 3 };
    e.cast((0.0, 0.0), w * 1.7, 170.0);
    let left = -w * f64::from(folds) / 2.0;
    let top = |i: u8| if i.is_multiple_of(2) { -h } else { -h + 30.0 };
    let foot = |i: u8| if i.is_multiple_of(2) { 0.0 } else { 26.0 };
    for i in 0..folds {
        let (x, next) = (left + w * f64::from(i), left + w * f64::from(i + 1));
        let paper = if i % 2 == 0 { cream.base } else { cream.base.mix(cream.dark, 40) };
        e.fill(poly(&[(x, top(i)), (next, top(i + 1)), (next, foot(i + 1)), (x, foot(i))]), paper);
    }
    let right = left + w * f64::from(folds);
    let sea = from((left, -h * 0.52))
        .curve((left + w, -h * 0.7), (left + w, -h * 0.2), (left + w * 1.9, -h * 0.3))
        .curve((left + w * 2.4, -h * 0.36), (right - w * 0.7, -4.0), (right, -h * 0.12 + 20.0))
        .to((right, foot(folds)))
        .to((right - w, foot(folds - 1)))
        .to((right - w * 2.0, foot(folds - 2)))
        .to((left + w, foot(1)))
        .to((left, 0.0))
        .close();
    e.fill(sea, main.base);
    for i in 0..folds {
        if i % 2 == 1 {
            let (x, next) = (left + w * f64::from(i), left + w * f64::from(i + 1));
            e.veil(poly(&[(x, top(i)), (next, top(i + 1)), (next, foot(i + 1)), (x, foot(i))]), INK, 12);
        }
    }
    let hills = from((left + w * 0.5, -h * 0.76))
        .to((left + w * 0.78, -h * 0.92))
        .to((left + w * 1.06, -h * 0.76))
        .to((left + w * 1.3, -h * 0.88))
        .to((left + w * 1.5, -h * 0.76))
        .close();
    e.fill(hills, accent.base);
    let track = [0.16, 0.3, 0.44, 0.58, 0.72].into_iter().fold(Shape::default(), |track, t| {
        let x = left + (right - left) * (t + 0.14);
        let y = -h * (0.46 + 0.18 * f64::sin(t * 9.0));
        track.and(line((x, y), (x + 20.0, y - 12.0)))
    });
    e.line(track, third.base, 8.0);
    let pin = (right - w * 0.62, -h * 0.66);
    e.fill(
        poly(&[(pin.0 - 18.0, pin.1 - 22.0), (pin.0 + 18.0, pin.1 - 22.0), (pin.0, pin.1 + 18.0)]),
        third.base,
    );
    e.fill(disc((pin.0, pin.1 - 28.0), 21.0), third.base);
    e.fill(disc((pin.0, pin.1 - 28.0), 8.0), cream.light);
    e.spot = Some((pin.0 - 40.0, pin.1 + 40.0));
}

pub(super) fn tag(e: &mut Easel) {
    e.hung = true;
    let (main, accent, third, metal, cream) = (e.main, e.accent, e.third, e.metal, e.cream);
    let (w, h) = (e.vary(72.0, 84.0), e.vary(250.0, 280.0));
    e.ball((0.0, 4.0), 14.0, metal);
    for (turn, tone, other) in [(-19.0, accent, main), (12.0, main, third)] {
        let tilt = |shape: Shape| shape.turn(turn, (0.0, 6.0));
        let y = 120.0;
        let body = match e.design(3) {
            0 => soft(
                &[(-w, y + h), (w, y + h), (w, y + 58.0), (w * 0.4, y), (-w * 0.4, y), (-w, y + 58.0)],
                16.0,
            ),
            1 => soft(&[(-w, y + h), (w, y + h), (w, y), (-w, y)], w),
            _ => soft(&[(-w, y + h), (w, y + h), (w, y), (-w, y)], 22.0),
        };
        e.behind(&tilt(body.clone()));
        e.rod(
            &tilt(from((0.0, y + 36.0)).curve((-30.0, y - 40.0), (-16.0, 30.0), (0.0, 4.0)).curve(
                (16.0, 30.0),
                (30.0, y - 40.0),
                (0.0, y + 36.0),
            )),
            e.wood,
            9.0,
        );
        e.fill(tilt(body.shift(6.0, 4.0)), tone.deep);
        e.fill(tilt(body), tone.base);
        e.fill(tilt(disc((0.0, y + 36.0), 17.0)), metal.base);
        e.fill(tilt(disc((0.0, y + 36.0), 8.0)), tone.deep);
        let window = rect((-w * 0.66, y + h * 0.4), w * 1.32, h * 0.36, 8.0);
        e.fill(tilt(window), cream.base);
        let lines = line((-w * 0.46, y + h * 0.51), (w * 0.4, y + h * 0.51))
            .and(line((-w * 0.46, y + h * 0.6), (w * 0.1, y + h * 0.6)));
        e.line(tilt(lines), cream.deep, 5.0);
        e.fill(tilt(rect((-w, y + h * 0.83), w * 2.0, 15.0, 0.0)), other.base);
    }
    e.spot = Some((10.0, 170.0));
}

pub(super) fn camera(e: &mut Easel) {
    let (w, h) = (e.vary(180.0, 200.0), e.vary(195.0, 220.0));
    let (main, metal, iron, accent) = (e.main, e.metal, e.iron, e.accent);
    let steel = Tone::hex(0x00C6_CCCA);
    e.cast((0.0, 0.0), w, 150.0);
    let strap =
        from((-w + 8.0, -h * 0.8)).curve((-w - 80.0, -h * 0.5), (-w - 60.0, 14.0), (-w - 120.0, 10.0));
    e.rod(&strap, e.wood, 15.0);
    e.fill(
        soft(
            &[(-w * 0.34, -h + 10.0), (-w * 0.26, -h - 52.0), (w * 0.26, -h - 52.0), (w * 0.34, -h + 10.0)],
            14.0,
        ),
        steel.base,
    );
    e.fill(rect((-w * 0.16, -h - 38.0), w * 0.32, 26.0, 5.0), iron.deep);
    e.fill(rect((w * 0.52, -h - 26.0), 54.0, 32.0, 7.0), steel.dark);
    e.fill(rect((-w * 0.8, -h - 20.0), 62.0, 26.0, 7.0), accent.base);
    let case = rect((-w, -h), w * 2.0, h, 30.0);
    e.fill(case, steel.base);
    e.fill(soft(&[(w * 0.6, 0.0), (w, 0.0), (w, -h), (w * 0.6, -h)], 28.0), steel.dark);
    e.fill(rect((-w, -h * 0.72), w * 2.0, h * 0.56, 0.0), main.base);
    e.fill(rect((w * 0.6, -h * 0.72), w * 0.4, h * 0.56, 0.0), main.dark);
    let (x, y, r) = (if e.design(2) == 0 { 0.0 } else { -w * 0.2 }, -h * 0.46, h * 0.39);
    e.fill(disc((x + 8.0, y + 8.0), r + 9.0), main.deep);
    e.ball((x, y), r + 8.0, steel);
    e.fill(disc((x, y), r - 8.0), iron.base);
    e.fill(disc((x, y), r - 26.0), iron.deep);
    e.fill(disc((x, y), r - 40.0), Tone::hex(0x0027_5566).base);
    e.fill(disc((x - 11.0, y - 12.0), 9.0), steel.light);
    e.fill(disc((w * 0.78, -h * 0.6), 11.0), metal.base);
    if e.design(2) == 1 {
        e.fill(rect((w * 0.34, -h * 0.92), 78.0, 30.0, 6.0), iron.base);
    }
    e.spot = Some((x, y));
}

pub(super) fn paints(e: &mut Easel) {
    let (main, cream, wood) = (e.main, e.cream, e.wood);
    let (w, h) = (e.vary(190.0, 210.0), e.vary(64.0, 78.0));
    e.cast((0.0, 0.0), w, 130.0);
    let lid = soft(&[(-w, -h), (w, -h), (w * 0.97, -h - 215.0), (-w * 0.97, -h - 215.0)], 16.0);
    e.behind(&lid);
    e.fill(lid, main.dark);
    e.fill(
        soft(
            &[
                (-w + 17.0, -h - 4.0),
                (w - 17.0, -h - 4.0),
                (w * 0.97 - 17.0, -h - 199.0),
                (-w * 0.97 + 17.0, -h - 199.0),
            ],
            10.0,
        ),
        cream.base,
    );
    let dabs = [0x00D8_9A35, 0x00C8_4B33, 0x0027_6678, 0x003F_7A54, 0x006B_4256, 0x00D7_9A8B];
    let swirl = e.dice.below(6);
    for (i, dab) in dabs.into_iter().cycle().skip(usize::try_from(swirl).unwrap_or(0)).take(3).enumerate() {
        let x = -w * 0.6 + f64::from(u8::try_from(i).unwrap_or(0)) * w * 0.6;
        let (rx, ry) = (e.vary(34.0, 52.0), e.vary(32.0, 56.0));
        let y = -h - 104.0;
        let blot = super::shape::smooth(&[
            (x - rx, y),
            (x - rx * 0.3, y - ry),
            (x + rx, y - ry * 0.4),
            (x + rx * 0.7, y + ry * 0.7),
            (x - rx * 0.4, y + ry),
        ]);
        e.fill(blot, Tone::hex(dab).base);
    }
    for (i, dab) in dabs.into_iter().enumerate() {
        let x = -w + 40.0 + f64::from(u8::try_from(i).unwrap_or(0)) * (w * 2.0 - 80.0) / 5.2;
        let tone = Tone::hex(dab);
        e.fill(rect((x - 22.0, -h - 17.0), 47.0, 30.0, 4.0), tone.base);
        e.fill(rect((x + 9.0, -h - 17.0), 16.0, 30.0, 4.0), tone.dark);
    }
    e.fill(rect((-w, -h), w * 2.0, h, 14.0), main.base);
    e.fill(soft(&[(w * 0.5, 0.0), (w, 0.0), (w, -h), (w * 0.5, -h)], 14.0), main.dark);
    e.fill(rect((w * 0.5, -h), 20.0, h, 0.0), main.dark);
    e.fill(rect((-26.0, -h + 12.0), 52.0, 22.0, 6.0), e.metal.base);
    let about = (w * 0.3, 22.0);
    let tilt = |shape: Shape| shape.turn(-9.0, about);
    e.fill(tilt(rect((-w * 0.5, 15.0), w * 1.3, 13.0, 6.0)), wood.base);
    e.fill(tilt(rect((w * 0.8, 13.0), 40.0, 17.0, 0.0)), e.metal.base);
    e.fill(
        tilt(
            from((w * 0.8 + 40.0, 12.0))
                .curve((w * 0.8 + 76.0, 8.0), (w * 0.8 + 90.0, 18.0), (w * 0.8 + 108.0, 22.0))
                .curve((w * 0.8 + 84.0, 28.0), (w * 0.8 + 70.0, 36.0), (w * 0.8 + 40.0, 31.0))
                .close(),
        ),
        e.iron.base,
    );
    e.spot = Some((-w * 0.1, -h - 60.0));
}
