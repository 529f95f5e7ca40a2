//! Garden: trowels, seeds, twine.

use super::easel::Easel;
use super::plants::green;
use super::shape::{P, Shape, disc, dome, from, line, oval, poly, rect, soft};
use super::tone::Tone;
use super::turned::{Profile, TILT};

pub(super) fn trowel(e: &mut Easel) {
    e.hung = true;
    let (main, wood, metal, iron) = (e.main, e.wood, e.metal, e.iron);
    let steel = Tone::hex(0x009F_ABAE);
    let rail = rect((-185.0, -14.0), 370.0, 34.0, 8.0);
    e.behind(&rail);
    e.fill(rail.shift(0.0, 6.0), wood.deep);
    e.fill(rail, wood.dark);
    let order: &[(f64, u8)] = match e.design(3) {
        0 => &[(-80.0, 0), (80.0, 1)],
        1 => &[(-110.0, 1), (0.0, 0), (110.0, 2)],
        _ => &[(-80.0, 2), (80.0, 0)],
    };
    let long = e.vary(130.0, 160.0);
    for &(x, tool) in order {
        e.line(
            from((x, 40.0)).bend((x - 16.0, 18.0), (x, 8.0)).bend((x + 16.0, 18.0), (x, 40.0)),
            iron.base,
            4.0,
        );
        e.ball((x, 6.0), 9.0, metal);
        let head = tool_head(tool, x, long);
        let shank = rect((x - 8.0, long + 20.0), 16.0, 90.0, 0.0);
        let grip = soft(
            &[
                (x - 20.0, 34.0),
                (x + 20.0, 34.0),
                (x + 24.0, long * 0.7),
                (x + 15.0, long + 34.0),
                (x - 15.0, long + 34.0),
                (x - 24.0, long * 0.7),
            ],
            15.0,
        );
        for part in [&head, &grip] {
            e.behind(part);
        }
        e.fill(shank, steel.dark);
        e.fill(head, steel.base);
        match tool {
            0 => e.fill(
                from((x, long + 92.0))
                    .bend((x + 40.0, long + 92.0), (x + 46.0, long + 110.0))
                    .curve((x + 46.0, long + 200.0), (x + 22.0, long + 250.0), (x, long + 268.0))
                    .close(),
                steel.dark,
            ),
            1 => e.fill(rect((x + 8.0, long + 100.0), 40.0, 30.0, 10.0), steel.dark),
            _ => e.line(line((x, long + 120.0), (x, long + 220.0)), steel.deep, 4.0),
        }
        e.fill(grip, main.base);
        e.fill(
            soft(
                &[
                    (x + 4.0, 34.0),
                    (x + 20.0, 34.0),
                    (x + 24.0, long * 0.7),
                    (x + 15.0, long + 34.0),
                    (x + 4.0, long + 34.0),
                ],
                11.0,
            ),
            main.dark,
        );
        e.fill(rect((x - 16.0, long + 18.0), 32.0, 18.0, 4.0), metal.base);
        e.line(line((x - 9.0, 60.0), (x - 12.0, long * 0.6)), main.light, 5.0);
    }
    e.spot = Some((0.0, long));
}

/// The blade or the teeth of a tool that hangs at `x` on a handle this long: trowel, fork, weeder.
fn tool_head(tool: u8, x: f64, long: f64) -> Shape {
    match tool {
        0 => from((x - 46.0, long + 110.0))
            .bend((x - 40.0, long + 92.0), (x, long + 92.0))
            .bend((x + 40.0, long + 92.0), (x + 46.0, long + 110.0))
            .curve((x + 46.0, long + 200.0), (x + 22.0, long + 250.0), (x, long + 268.0))
            .curve((x - 22.0, long + 250.0), (x - 46.0, long + 200.0), (x - 46.0, long + 110.0))
            .close(),
        1 => [-40.0, 0.0, 40.0].into_iter().fold(
            rect((x - 48.0, long + 100.0), 96.0, 30.0, 13.0),
            |fork, dx| {
                fork.and(poly(&[
                    (x + dx - 8.0, long + 112.0),
                    (x + dx + 8.0, long + 112.0),
                    (x + dx + 2.0, long + 240.0),
                    (x + dx - 2.0, long + 240.0),
                ]))
            },
        ),
        _ => soft(
            &[
                (x - 26.0, long + 96.0),
                (x + 26.0, long + 96.0),
                (x + 20.0, long + 210.0),
                (x, long + 264.0),
                (x - 20.0, long + 210.0),
            ],
            9.0,
        ),
    }
}

pub(super) fn seeds(e: &mut Easel) {
    let (main, accent, cream) = (e.main, e.bold(), e.cream);
    let (w, h) = (e.vary(180.0, 200.0), e.vary(265.0, 295.0));
    e.cast((20.0, 0.0), 190.0, 120.0);
    for (i, (x, turn, tone)) in [(96.0, 7.0, accent), (-70.0, -5.0, main)].into_iter().enumerate() {
        let about = (x, 0.0);
        let tilt = |shape: Shape| shape.turn(turn, about);
        let packet = rect((x - w / 2.0, -h), w, h, 3.0);
        e.behind(&tilt(packet.clone()));
        e.fill(tilt(packet.shift(6.0, 2.0)), tone.deep);
        e.fill(tilt(packet), tone.base);
        e.fill(tilt(rect((x - w / 2.0, -h), w, 34.0, 2.0)), tone.dark);
        let window = rect((x - w * 0.4, -h * 0.66), w * 0.8, h * 0.54, 8.0);
        e.fill(tilt(window), cream.base);
        e.fill(
            tilt(rect((x - w * 0.36, -h * 0.8), w * 0.72, 13.0, 3.0).and(rect(
                (x - w * 0.2, -h * 0.73),
                w * 0.4,
                8.0,
                3.0,
            ))),
            cream.base,
        );
        let y = -h * 0.38;
        let crop = (e.design(3) + u64::try_from(i).unwrap_or(0)) % 3;
        draw_crop(e, crop, (x, y), tilt);
    }
    e.spot = Some((-60.0, -h * 0.5));
}

/// What grows from the seeds in a packet that is tilted: carrots, flowers, tomatoes.
fn draw_crop(e: &mut Easel, crop: u64, (x, y): (f64, f64), tilt: impl Fn(Shape) -> Shape) {
    let (third, green) = (e.third, green(e));
    match crop {
        0 => {
            for dx in [-30.0, 0.0, 30.0] {
                e.fill(
                    tilt(
                        from((x + dx, y + 60.0))
                            .bend((x + dx - 22.0, y - 4.0), (x + dx, y - 16.0))
                            .bend((x + dx + 22.0, y - 4.0), (x + dx, y + 60.0))
                            .close(),
                    ),
                    Tone::hex(0x00D8_7A35).base,
                );
                e.line(
                    tilt(
                        line((x + dx, y - 16.0), (x + dx - 9.0, y - 48.0))
                            .and(line((x + dx, y - 16.0), (x + dx + 9.0, y - 48.0))),
                    ),
                    green.base,
                    7.0,
                );
            }
        }
        1 => {
            e.line(tilt(line((x, y + 60.0), (x, y))), green.base, 8.0);
            for k in 0..10_u8 {
                e.fill(
                    tilt(oval((x, y - 42.0), 11.0, 22.0).turn(f64::from(k) * 36.0, (x, y - 10.0))),
                    third.base,
                );
            }
            e.fill(tilt(disc((x, y - 10.0), 21.0)), e.iron.base);
        }
        _ => {
            e.fill(tilt(disc((x - 22.0, y + 14.0), 38.0)), Tone::hex(0x00C8_4B33).base);
            e.fill(tilt(disc((x + 30.0, y + 26.0), 28.0)), Tone::hex(0x00AD_3B30).base);
            for (dx, dy) in [(-22.0, -24.0), (30.0, 0.0)] {
                e.line(
                    tilt(
                        line((x + dx, y + dy), (x + dx + 14.0, y + dy - 22.0))
                            .and(line((x + dx - 14.0, y + dy - 2.0), (x + dx + 14.0, y + dy - 2.0))),
                    ),
                    green.base,
                    8.0,
                );
            }
        }
    }
}

pub(super) fn twine(e: &mut Easel) {
    let (main, wood, iron) = (e.main, e.wood, e.iron);
    let (r, h) = (e.vary(92.0, 110.0), e.vary(180.0, 220.0));
    e.cast((0.0, 0.0), r, r * 2.0);
    let trail = from((r * 0.6, -10.0)).curve((r * 1.9, 30.0), (r * 1.1, -34.0), (r * 2.2, 6.0));
    if e.design(2) == 0 {
        let foot = Profile::new(0.0, (r, -26.0)).to((r, 0.0));
        e.turned(&foot, wood);
        e.fill(oval((0.0, -26.0), r, r * TILT), wood.light);
        let cord = Profile::new(0.0, (r * 0.66, -h)).curve(
            (r * 0.9, -h * 0.8),
            (r * 0.9, -h * 0.3),
            (r * 0.7, -26.0),
        );
        e.turned(&cord, main);
        let mut turns = Shape::default();
        for i in 1..9_u8 {
            let y = -h + (h - 40.0) * f64::from(i) / 9.0;
            let half = cord.radius(y);
            turns = turns.and(from((-half, y - 5.0)).bend((0.0, y + half * 0.24 + 5.0), (half, y + 5.0)));
        }
        e.line(turns, main.deep, 4.0);
        let head = Profile::new(0.0, (r * 0.84, -h - 24.0)).to((r * 0.84, -h));
        e.turned(&head, wood);
        e.fill(oval((0.0, -h - 24.0), r * 0.84, r * 0.84 * TILT), wood.light);
        e.fill(oval((0.0, -h - 24.0), 18.0, 4.0), iron.deep);
    } else {
        let big = r * 1.24;
        e.ball((0.0, -big + 6.0), big, main);
        let mut turns = Shape::default();
        for k in [-0.7, -0.42, -0.14, 0.14, 0.42, 0.7] {
            let half = big * f64::sqrt(1.0 - k * k) * 0.94;
            turns = turns.and(
                from((-half, -big + 6.0 + big * k))
                    .bend((0.0, -big + 6.0 + big * (k + 0.22)), (half, -big + 6.0 + big * k)),
            );
        }
        e.line(turns.turn(-32.0, (0.0, -big + 6.0)), main.deep, 4.5);
        let cross = from((-big * 0.7, -big * 1.5)).bend((0.0, -big * 0.5), (big * 0.1, -big * 0.06));
        e.line(
            cross.and(from((-big * 0.3, -big * 1.8)).bend((big * 0.4, -big), (big * 0.46, -big * 0.22))),
            main.light,
            5.0,
        );
    }
    e.line(trail, main.base, 7.0);
    let (third, about) = (e.third, (-r * 1.7, 0.0));
    let tag = soft(
        &[
            (about.0 - 34.0, 0.0),
            (about.0 + 34.0, 0.0),
            (about.0 + 34.0, -84.0),
            (about.0, -112.0),
            (about.0 - 34.0, -84.0),
        ],
        6.0,
    );
    e.cast(about, 30.0, 60.0);
    e.fill(tag.shift(5.0, 0.0), third.deep);
    e.fill(tag, third.base);
    e.fill(disc((about.0, -84.0), 8.0), iron.base);
    dome_mark(e, about);
    e.spot = Some((0.0, -h * 0.6));
}

/// A half sun printed on a tag.
fn dome_mark(e: &mut Easel, at: P) {
    let main = e.main;
    e.fill(dome((at.0, -26.0), 20.0), main.base);
}
