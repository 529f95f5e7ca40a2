//! Garden: potted plants, and the leaves that other things borrow.

use super::easel::Easel;
use super::shape::{P, Shape, disc, from, line, oval, rect, soft};
use super::tone::Tone;
use super::turned::{Profile, TILT};

/// The greens of leaves, one per picture.
pub(super) fn green(e: &mut Easel) -> Tone {
    e.dice.pick(&[0x003F_7A54, 0x005C_8A4E, 0x002F_6559, 0x007A_9A5B]).map_or(e.accent, Tone::hex)
}

/// A leaf from its foot to its tip, `wide` across, one half in shade.
pub(super) fn leaf(e: &mut Easel, foot: P, tip: P, wide: f64, tone: Tone) {
    let (dx, dy) = (tip.0 - foot.0, tip.1 - foot.1);
    let length = dx.hypot(dy).max(1.0);
    let side = (-dy / length * wide, dx / length * wide);
    let middle = (f64::midpoint(foot.0, tip.0), f64::midpoint(foot.1, tip.1));
    let left = (middle.0 - side.0, middle.1 - side.1);
    let right = (middle.0 + side.0, middle.1 + side.1);
    e.fill(from(foot).bend(left, tip).bend(right, foot).close(), tone.base);
    let shaded = if side.0 > 0.0 { right } else { left };
    e.fill(from(foot).bend(shaded, tip).close(), tone.dark);
}

pub(super) fn plant(e: &mut Easel) {
    let (r, h) = (e.vary(92.0, 112.0), e.vary(130.0, 165.0));
    let (main, accent) = (e.main, e.accent);
    e.cast((0.0, 0.0), r * 0.8, r * 2.4);
    let pot = match e.dice.below(3) {
        0 => Profile::new(0.0, (r, -h)).to((r * 0.72, 0.0)),
        1 => {
            Profile::new(0.0, (r * 0.9, -h)).curve((r * 1.1, -h * 0.7), (r * 1.05, -h * 0.1), (r * 0.66, 0.0))
        }
        _ => Profile::new(0.0, (r * 0.96, -h)).to((r * 0.96, -h * 0.14)).curve(
            (r * 0.96, 0.0),
            (r * 0.9, 0.0),
            (r * 0.8, 0.0),
        ),
    };
    e.mouth(&pot, main, 9.0);
    let soil = pot.top().1.0 - 14.0;
    e.fill(oval((0.0, -h + 4.0), soil, soil * TILT), Tone::hex(0x0059_4438).base);
    match e.design(5) {
        0 => blades(e, h),
        1 => coins(e, h),
        2 => cactus(e, h),
        3 => tree(e, h),
        _ => flowers(e, h),
    }
    e.band(&pot, main);
    match e.dice.below(4) {
        0 => e.band(&pot.ring(-h, -h * 0.76), main),
        1 => e.band(&pot.ring(-h * 0.46, 0.0), accent),
        2 => {
            let mut dots = Shape::default();
            for k in [-0.64, -0.32, 0.0, 0.32, 0.64] {
                dots = dots.and(disc((r * k, -h * 0.5 + 8.0), 9.0));
            }
            e.fill(dots, accent.base);
        }
        _ => {
            for y in [0.34, 0.52, 0.7] {
                e.band(&pot.ring(-h * y - 5.0, -h * y + 5.0), accent);
            }
        }
    }
    e.fill(pot.strip(-0.82, -0.7), main.light);
    e.line(
        from((-pot.top().1.0, -h)).arc((pot.top().1.0, pot.top().1.0 * TILT), false, (pot.top().1.0, -h)),
        main.light,
        4.0,
    );
    e.spot = Some((-10.0, -h * 1.35));
}

/// Sword-shaped leaves.
fn blades(e: &mut Easel, h: f64) {
    let tone = green(e);
    for (x, lean) in [(-46.0, -104.0), (44.0, 96.0), (-22.0, -44.0), (26.0, 52.0), (0.0, 4.0)] {
        let tall = e.vary(190.0, 260.0);
        leaf(e, (x * 0.7, -h + 6.0), (x + lean * 0.8, -h - tall), 44.0, tone);
    }
}

/// Round leaves on thin stalks.
fn coins(e: &mut Easel, h: f64) {
    let tone = green(e);
    let spots = [
        (-116.0, -96.0),
        (-78.0, -178.0),
        (-22.0, -120.0),
        (14.0, -232.0),
        (62.0, -152.0),
        (112.0, -84.0),
        (104.0, -206.0),
    ];
    for (x, y) in spots {
        let (x, y) = (x + e.vary(-14.0, 14.0), -h + y + e.vary(-14.0, 14.0));
        e.line(from((x * 0.16, -h + 4.0)).bend((x * 0.3, y * 0.6 - h * 0.4), (x, y)), tone.deep, 5.0);
        let size = e.vary(33.0, 46.0);
        e.ball((x, y), size, tone);
        e.fill(disc((x - 4.0, y), 5.0), tone.light);
    }
}

/// A round-armed cactus with a flower.
fn cactus(e: &mut Easel, h: f64) {
    let tone = green(e);
    let tall = e.vary(200.0, 250.0);
    for (side, at, reach) in [(-1.0, 0.36, 96.0), (1.0, 0.52, 84.0)] {
        let y = -h - tall * at;
        let arm = from((0.0, y))
            .to((side * (reach - 24.0), y))
            .bend((side * reach, y), (side * reach, y - 26.0))
            .to((side * reach, y - 64.0));
        e.line(arm.clone(), if side > 0.0 { tone.dark } else { tone.base }, 46.0);
    }
    let trunk = rect((-40.0, -h - tall), 80.0, tall + 8.0, 40.0);
    e.fill(trunk, tone.base);
    e.fill(
        soft(&[(10.0, -h + 8.0), (40.0, -h + 8.0), (40.0, -h - tall), (10.0, -h - tall)], 28.0),
        tone.dark,
    );
    let mut spines = Shape::default();
    for i in 0..5_u8 {
        let y = -h - tall * (0.14 + 0.16 * f64::from(i));
        spines = spines.and(line((-22.0, y), (-16.0, y - 10.0))).and(line((2.0, y - 14.0), (8.0, y - 24.0)));
    }
    e.line(spines, tone.light, 4.0);
    let flower = e.third;
    for turn in [-50.0, 0.0, 50.0] {
        let foot = (0.0, -h - tall + 8.0);
        e.fill(oval((0.0, -h - tall - 14.0), 11.0, 24.0).turn(turn, foot), flower.base);
    }
}

/// A clipped little tree: a trunk and one or two balls of leaves.
fn tree(e: &mut Easel, h: f64) {
    let (tone, wood) = (green(e), e.wood);
    let tall = e.vary(140.0, 180.0);
    e.rod(&line((0.0, -h + 6.0), (0.0, -h - tall)), wood, 18.0);
    let balls: &[(f64, f64)] = if e.dice.one_in(2) { &[(0.0, 92.0)] } else { &[(0.0, 82.0), (-112.0, 58.0)] };
    for &(down, r) in balls {
        let y = -h - tall - 40.0 - down;
        e.ball((0.0, y), r, tone);
        let mut leaves = Shape::default();
        for i in 0..7_u8 {
            let turn = f64::from(i) * 51.0;
            let ring = if i % 2 == 0 { 0.6 } else { 0.3 };
            leaves = leaves.and(oval((0.0, y - r * ring), 7.0, 13.0).turn(turn, (0.0, y)));
        }
        e.fill(leaves, tone.light);
    }
}

/// Stems with round flowers.
fn flowers(e: &mut Easel, h: f64) {
    let tone = green(e);
    let petals = [e.accent, e.third, e.accent];
    for (x, y) in [(-70.0, -90.0), (78.0, -80.0), (-30.0, -70.0), (36.0, -100.0)] {
        leaf(e, (x * 0.2, -h + 4.0), (x * 1.3, -h + y), 28.0, tone);
    }
    for ((x, y), petal) in [(-74.0, -190.0), (6.0, -250.0), (86.0, -176.0)].into_iter().zip(petals) {
        let (x, y) = (x + e.vary(-12.0, 12.0), -h + y + e.vary(-16.0, 16.0));
        e.line(from((0.0, -h + 4.0)).bend((x * 0.3, y * 0.5 - h * 0.5), (x, y)), tone.dark, 7.0);
        for i in 0..8_u8 {
            let shape = oval((x, y - 30.0), 14.0, 24.0).turn(f64::from(i) * 45.0, (x, y));
            e.fill(shape, if (1..5).contains(&i) { petal.dark } else { petal.base });
        }
        e.fill(disc((x, y), 16.0), Tone::hex(0x00DB_A43A).base);
    }
}
