//! Walking: boots, hats, socks.

use super::easel::Easel;
use super::shape::{Shape, disc, from, line, oval, poly, rect, soft};
use super::turned::{Profile, TILT};

pub(super) fn boots(e: &mut Easel) {
    let tall = e.vary(235.0, 300.0);
    e.cast((40.0, 0.0), 190.0, 150.0);
    boot(e, (72.0, -24.0), tall, true);
    boot(e, (-36.0, 0.0), tall, false);
    e.spot = Some((-60.0, -tall * 0.62));
}

/// One boot, its toe to the left.
fn boot(e: &mut Easel, (x, y): (f64, f64), h: f64, far: bool) {
    let (main, accent, cream, metal, iron) = (e.main, e.accent, e.cream, e.metal, e.iron);
    let at = |shape: Shape| shape.shift(x, y);
    let (skin, side) = if far { (main.dark, main.deep) } else { (main.base, main.dark) };
    let upper = from((-168.0, -34.0))
        .curve((-176.0, -92.0), (-120.0, -104.0), (-84.0, -118.0))
        .curve((-44.0, -134.0), (-30.0, -160.0), (-28.0, -h))
        .to((98.0, -h - 8.0))
        .curve((90.0, -h * 0.6), (104.0, -110.0), (108.0, -34.0))
        .close();
    e.fill(at(upper), skin);
    let heel = from((46.0, -34.0))
        .curve((40.0, -100.0), (34.0, -h * 0.6), (44.0, -h - 4.0))
        .to((98.0, -h - 8.0))
        .curve((90.0, -h * 0.6), (104.0, -110.0), (108.0, -34.0))
        .close();
    e.fill(at(heel), side);
    let toe = from((-168.0, -34.0))
        .curve((-176.0, -92.0), (-128.0, -102.0), (-100.0, -112.0))
        .curve((-88.0, -90.0), (-84.0, -60.0), (-88.0, -34.0))
        .close();
    e.fill(at(toe), side);
    e.line(at(from((-80.0, -40.0)).curve((-76.0, -66.0), (-82.0, -92.0), (-92.0, -110.0))), main.light, 3.0);
    let collar = soft(&[(-38.0, -h + 14.0), (-38.0, -h - 18.0), (106.0, -h - 26.0), (104.0, -h + 8.0)], 13.0);
    e.fill(at(collar), if far { accent.dark } else { accent.base });
    e.rod(
        &at(from((82.0, -h - 16.0)).curve((84.0, -h - 62.0), (118.0, -h - 56.0), (106.0, -h + 4.0))),
        accent,
        11.0,
    );
    let chunky = e.design(2) == 0;
    let sole = soft(&[(-180.0, -2.0), (-182.0, -40.0), (118.0, -40.0), (118.0, 0.0)], 11.0);
    e.fill(at(sole), if chunky { iron.base } else { e.wood.dark });
    e.fill(at(rect((-180.0, -44.0), 298.0, 13.0, 6.0)), cream.dark);
    if chunky {
        for i in 0..6_u8 {
            e.fill(at(rect((-166.0 + f64::from(i) * 46.0, -11.0), 18.0, 14.0, 3.0)), iron.deep);
        }
    }
    let rows = 4_u8;
    for i in 0..=rows {
        let t = f64::from(i) / f64::from(rows);
        let (ly, lx) = (-122.0 - (h - 150.0) * t, -64.0 + 42.0 * (t * 3.0).min(1.0));
        e.line(at(line((lx, ly), (lx + 50.0, ly - 12.0))), if far { cream.dark } else { cream.base }, 7.0);
        e.fill(at(disc((lx + 54.0, ly - 13.0), 6.0)), metal.base);
    }
}

pub(super) fn hat(e: &mut Easel) {
    let (w, h) = (e.vary(215.0, 245.0), e.vary(120.0, 150.0));
    let (main, accent) = (e.main, e.accent);
    e.cast((10.0, 0.0), w * 0.9, 130.0);
    let crown_half = w * e.dice.between(0.5, 0.58);
    let y = -26.0;
    e.fill(oval((0.0, y + 10.0), w, w * 0.15), main.deep);
    e.fill(oval((0.0, y), w, w * 0.15), main.base);
    let near = from((w * 0.3, y + w * 0.14))
        .arc((w, w * 0.15), false, (w, y))
        .bend((w * 0.7, y - 26.0), (w * 0.3, y - 4.0))
        .close();
    e.fill(near, main.dark);
    let crown = match e.design(3) {
        0 => Profile::new(0.0, (crown_half * 0.5, y - h)).curve(
            (crown_half * 0.86, y - h),
            (crown_half * 0.98, y - h * 0.6),
            (crown_half, y),
        ),
        1 => Profile::new(0.0, (crown_half * 0.84, y - h * 0.86)).to((crown_half, y)),
        _ => Profile::new(0.0, (crown_half * 0.7, y - h * 1.16)).curve(
            (crown_half * 0.9, y - h * 0.9),
            (crown_half * 0.94, y - h * 0.4),
            (crown_half, y),
        ),
    };
    e.turned(&crown, main);
    if e.design(3) == 1 {
        e.fill(oval((0.0, y - h * 0.86), crown_half * 0.84, crown_half * 0.84 * TILT), main.light);
    } else {
        let dent =
            from((-crown_half * 0.34, y - h * 1.0)).bend((0.0, y - h * 0.8), (crown_half * 0.3, y - h * 1.0));
        e.line(dent, main.dark, 8.0);
    }
    let mut weave = Shape::default();
    for i in 1..4_u8 {
        let grow = 0.62 + 0.12 * f64::from(i);
        weave = weave.and(from((-w * grow, y + 4.0)).arc(
            (w * grow, w * 0.15 * grow),
            false,
            (w * grow, y + 4.0),
        ));
    }
    e.line(weave, main.dark, 3.0);
    e.band(&crown.ring(y - h * 0.32, y), accent);
    let bow = poly(&[
        (-crown_half * 0.7, y - h * 0.12),
        (-crown_half * 0.7 - 46.0, y - h * 0.3),
        (-crown_half * 0.7 - 40.0, y + h * 0.04),
    ]);
    e.fill(
        bow.and(poly(&[
            (-crown_half * 0.7, y - h * 0.12),
            (-crown_half * 0.7 + 40.0, y - h * 0.26),
            (-crown_half * 0.7 + 34.0, y + h * 0.08),
        ])),
        accent.deep,
    );
    e.spot = Some((-w * 0.2, y - h * 0.4));
}

pub(super) fn socks(e: &mut Easel) {
    e.hung = true;
    let (main, accent, third, wood) = (e.main, e.accent, e.third, e.wood);
    e.line(from((-250.0, -6.0)).bend((0.0, 26.0), (250.0, -6.0)), e.iron.base, 5.0);
    let long = e.vary(250.0, 290.0);
    for x in [-110.0, 90.0] {
        let at = |shape: Shape| shape.shift(x, 0.0);
        let sock = from((-44.0, 0.0))
            .to((44.0, 0.0))
            .to((46.0, long))
            .curve((48.0, long + 74.0), (10.0, long + 88.0), (-34.0, long + 100.0))
            .curve((-100.0, long + 116.0), (-134.0, long + 60.0), (-84.0, long + 38.0))
            .curve((-50.0, long + 22.0), (-46.0, long), (-44.0, long - 40.0))
            .close();
        e.behind(&at(sock.clone()));
        e.fill(at(sock), main.base);
        let heel = from((46.0, long - 16.0))
            .to((46.0, long + 4.0))
            .curve((48.0, long + 74.0), (10.0, long + 88.0), (-4.0, long + 92.0))
            .curve((-8.0, long + 40.0), (10.0, long), (46.0, long - 16.0))
            .close();
        e.fill(at(heel), accent.base);
        let toe = from((-72.0, long + 33.0))
            .curve((-134.0, long + 60.0), (-100.0, long + 116.0), (-50.0, long + 104.0))
            .curve((-66.0, long + 84.0), (-74.0, long + 60.0), (-72.0, long + 33.0))
            .close();
        e.fill(at(toe), accent.base);
        match e.design(3) {
            0 => {
                for y in [0.3, 0.42, 0.54, 0.66, 0.78] {
                    e.fill(at(rect((-44.0, long * y), 89.0, 13.0, 0.0)), third.base);
                }
            }
            1 => {
                for y in [0.34, 0.56, 0.78] {
                    let diamond = poly(&[
                        (0.0, long * y - 30.0),
                        (30.0, long * y),
                        (0.0, long * y + 30.0),
                        (-30.0, long * y),
                    ]);
                    e.fill(at(diamond), third.base);
                }
            }
            _ => {
                let dots = [(-22.0, 0.3), (18.0, 0.4), (-20.0, 0.52), (20.0, 0.64), (-18.0, 0.78)];
                let dots = dots
                    .into_iter()
                    .fold(Shape::default(), |dots, (dx, y)| dots.and(disc((dx, long * y), 9.0)));
                e.fill(at(dots), third.base);
            }
        }
        e.fill(at(rect((-48.0, -2.0), 96.0, 52.0, 8.0)), accent.base);
        let ribs = [-32.0, -16.0, 0.0, 16.0, 32.0]
            .into_iter()
            .fold(Shape::default(), |ribs, dx| ribs.and(line((dx, 6.0), (dx, 42.0))));
        e.line(at(ribs), accent.dark, 4.0);
        e.veil(at(rect((18.0, 50.0), 27.0, long - 60.0, 0.0)), super::tone::INK, 20);
        e.fill(at(rect((-10.0, -22.0), 20.0, 54.0, 5.0)), wood.base);
        e.line(at(line((-10.0, 0.0), (10.0, 0.0))), e.metal.dark, 5.0);
    }
    e.spot = Some((-120.0, long * 0.8));
}
