//! Things thrown on a wheel or turned on a lathe: a profile, seen from a little above.

use super::shape::{P, Shape, from};

/// How round things look from above: an ellipse's height over its width.
pub(super) const TILT: f64 = 0.13;

#[derive(Clone, Copy, Debug)]
enum Step {
    Line(P),
    Curve(P, P, P),
}

/// The right-hand edge of a turned thing as (radius, height) pairs from its top to its foot; y grows
/// downwards.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    axis: f64,
    start: P,
    steps: Vec<Step>,
}

impl Profile {
    /// Begins at the top, around the vertical axis at x = `axis`.
    pub(super) fn new(axis: f64, start: P) -> Self {
        Self { axis, start, steps: Vec::new() }
    }

    /// A straight wall.
    pub(super) fn to(mut self, p: P) -> Self {
        self.steps.push(Step::Line(p));
        self
    }

    /// A curved wall.
    pub(super) fn curve(mut self, one: P, two: P, p: P) -> Self {
        self.steps.push(Step::Curve(one, two, p));
        self
    }

    /// Centre, radius and height of the top.
    pub(super) fn top(&self) -> (f64, P) {
        (self.axis, self.start)
    }

    fn foot(&self) -> P {
        self.steps.last().map_or(self.start, |step| match *step {
            Step::Line(p) | Step::Curve(_, _, p) => p,
        })
    }

    /// The whole silhouette, with the far edge of its top.
    pub(super) fn outline(&self) -> Shape {
        let (top, foot) = (self.start, self.foot());
        self.down(from(self.seen(1.0, top)), 1.0)
            .arc((foot.0, foot.0 * TILT), true, self.seen(-1.0, foot))
            .and_up(self, -1.0)
            .arc((top.0, top.0 * TILT), true, self.seen(1.0, top))
            .close()
    }

    /// The strip between two meridians: -1 is the left edge, 0 faces us, 1 is the right edge.
    pub(super) fn strip(&self, left: f64, right: f64) -> Shape {
        let (top, foot) = (self.start, self.foot());
        self.down(from(self.seen(right, top)), right)
            .arc((foot.0, foot.0 * TILT), true, self.seen(left, foot))
            .and_up(self, left)
            .arc((top.0, top.0 * TILT), false, self.seen(right, top))
            .close()
    }

    /// The ring of the surface between two heights, with curved edges.
    pub(super) fn ring(&self, upper: f64, lower: f64) -> Self {
        let mut ring: Option<Self> = None;
        let mut last = self.start;
        for step in &self.steps {
            let (one, two, end) = match *step {
                Step::Line(p) => (mid(last, p, 1.0 / 3.0), mid(last, p, 2.0 / 3.0), p),
                Step::Curve(a, b, p) => (a, b, p),
            };
            if end.1 > upper && last.1 < lower {
                let begin = if last.1 < upper { when(last, one, two, end, upper) } else { 0.0 };
                let finish = if end.1 > lower { when(last, one, two, end, lower) } else { 1.0 };
                let (a, b, c, d) = part(last, one, two, end, begin, finish);
                ring = Some(ring.unwrap_or_else(|| Self::new(self.axis, a)).curve(b, c, d));
            }
            last = end;
        }
        ring.unwrap_or_else(|| Self::new(self.axis, last))
    }

    /// The radius at a height.
    pub(super) fn radius(&self, y: f64) -> f64 {
        self.ring(y, f64::MAX).start.0
    }

    fn seen(&self, meridian: f64, (r, y): P) -> P {
        (self.axis + meridian * r, y + TILT * r * (1.0 - meridian * meridian).max(0.0).sqrt())
    }

    fn down(&self, shape: Shape, meridian: f64) -> Shape {
        self.steps.iter().fold(shape, |shape, step| match *step {
            Step::Line(p) => shape.to(self.seen(meridian, p)),
            Step::Curve(a, b, p) => {
                shape.curve(self.seen(meridian, a), self.seen(meridian, b), self.seen(meridian, p))
            }
        })
    }
}

impl Shape {
    /// Follows a profile from foot to top along one meridian.
    fn and_up(self, profile: &Profile, meridian: f64) -> Self {
        let ends = std::iter::once(profile.start).chain(profile.steps.iter().map(|step| match *step {
            Step::Line(p) | Step::Curve(_, _, p) => p,
        }));
        let begins: Vec<P> = ends.collect();
        profile.steps.iter().zip(begins).rev().fold(self, |shape, (step, begin)| match *step {
            Step::Line(_) => shape.to(profile.seen(meridian, begin)),
            Step::Curve(a, b, _) => shape.curve(
                profile.seen(meridian, b),
                profile.seen(meridian, a),
                profile.seen(meridian, begin),
            ),
        })
    }
}

fn mid(a: P, b: P, t: f64) -> P {
    (a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t)
}

/// The point of a cubic at `t`, by de Casteljau.
fn point(a: P, b: P, c: P, d: P, t: f64) -> P {
    let (ab, bc, cd) = (mid(a, b, t), mid(b, c, t), mid(c, d, t));
    mid(mid(ab, bc, t), mid(bc, cd, t), t)
}

/// When a cubic that only goes down reaches a height.
fn when(a: P, b: P, c: P, d: P, y: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..24 {
        let t = f64::midpoint(low, high);
        if point(a, b, c, d, t).1 < y { low = t } else { high = t }
    }
    low
}

/// The cubic between two times of another (by blossoming).
fn part(a: P, b: P, c: P, d: P, s: f64, t: f64) -> (P, P, P, P) {
    let blossom = |u: f64, v: f64, w: f64| {
        let (ab, bc, cd) = (mid(a, b, u), mid(b, c, u), mid(c, d, u));
        mid(mid(ab, bc, v), mid(bc, cd, v), w)
    };
    (blossom(s, s, s), blossom(s, s, t), blossom(s, t, t), blossom(t, t, t))
}
