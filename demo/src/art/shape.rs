//! Outlines: lines, curves and arcs that can be moved, turned, measured and written as SVG path data.

use std::fmt::Write;

/// A point: x to the right, y down, in pixels of the picture.
pub(super) type P = (f64, f64);

#[derive(Clone, Copy, Debug)]
enum Seg {
    Move(P),
    Line(P),
    Bend(P, P),
    Curve(P, P, P),
    Arc { radii: P, turn: f64, sweep: bool, to: P },
    Close,
}

/// An outline of one or more pieces.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape(Vec<Seg>);

/// A similarity: grow about the origin, turn, then move. Nothing is ever mirrored: the light stays where it
/// is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) scale: f64,
    /// Degrees, clockwise.
    pub(super) turn: f64,
    pub(super) to: P,
}

impl Place {
    fn point(&self, (x, y): P) -> P {
        let (sin, cos) = self.turn.to_radians().sin_cos();
        (self.to.0 + self.scale * (x * cos - y * sin), self.to.1 + self.scale * (x * sin + y * cos))
    }
}

/// The box around something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) min: P,
    pub(super) max: P,
}

impl Bounds {
    /// Around nothing yet.
    pub(super) const EMPTY: Self = Self { min: (f64::MAX, f64::MAX), max: (f64::MIN, f64::MIN) };

    /// Grown to hold a point.
    pub(super) fn with(self, (x, y): P) -> Self {
        Self { min: (self.min.0.min(x), self.min.1.min(y)), max: (self.max.0.max(x), self.max.1.max(y)) }
    }

    pub(super) fn width(&self) -> f64 {
        self.max.0 - self.min.0
    }

    pub(super) fn height(&self) -> f64 {
        self.max.1 - self.min.1
    }

    pub(super) fn centre(&self) -> P {
        (f64::midpoint(self.min.0, self.max.0), f64::midpoint(self.min.1, self.max.1))
    }
}

/// Begins an outline.
pub(super) fn from(at: P) -> Shape {
    Shape(vec![Seg::Move(at)])
}

/// Straight edges through the points, closed.
pub(super) fn poly(points: &[P]) -> Shape {
    let mut segs: Vec<Seg> = points.iter().map(|&p| Seg::Line(p)).collect();
    if let Some(Seg::Line(first)) = segs.first().copied() {
        segs.splice(..1, [Seg::Move(first)]);
    }
    segs.push(Seg::Close);
    Shape(segs)
}

/// Straight edges through the points, closed, with corners rounded by `r` where the edges are long enough.
pub(super) fn soft(points: &[P], r: f64) -> Shape {
    let around = points.iter().rev().take(1).chain(points).chain(points.iter().take(1));
    let around: Vec<P> = around.copied().collect();
    let mut segs = Vec::new();
    for corner in around.windows(3) {
        let &[before, at, after] = corner else { continue };
        let toward = |other: P| {
            let (dx, dy) = (other.0 - at.0, other.1 - at.1);
            let length = dx.hypot(dy).max(0.01);
            let step = r.min(length / 2.0) / length;
            (at.0 + dx * step, at.1 + dy * step)
        };
        let enter = toward(before);
        segs.push(if segs.is_empty() { Seg::Move(enter) } else { Seg::Line(enter) });
        segs.push(Seg::Bend(at, toward(after)));
    }
    segs.push(Seg::Close);
    Shape(segs)
}

/// A closed curve through the points (a Catmull-Rom spline).
pub(super) fn smooth(points: &[P]) -> Shape {
    let Some(&first) = points.first() else { return Shape::default() };
    let ring = points.iter().rev().take(1).chain(points).chain(points.iter().take(2));
    let ring: Vec<P> = ring.copied().collect();
    let mut shape = from(first);
    for four in ring.windows(4) {
        let &[a, b, c, d] = four else { continue };
        let one = (b.0 + (c.0 - a.0) / 6.0, b.1 + (c.1 - a.1) / 6.0);
        let two = (c.0 - (d.0 - b.0) / 6.0, c.1 - (d.1 - b.1) / 6.0);
        shape = shape.curve(one, two, c);
    }
    shape.close()
}

/// A rectangle from its upper left corner, with corners rounded by `r`.
pub(super) fn rect((x, y): P, w: f64, h: f64, r: f64) -> Shape {
    let corners = [(x, y), (x + w, y), (x + w, y + h), (x, y + h)];
    if r > 0.0 { soft(&corners, r) } else { poly(&corners) }
}

/// An upright ellipse.
pub(super) fn oval((x, y): P, rx: f64, ry: f64) -> Shape {
    from((x - rx, y)).arc((rx, ry), true, (x + rx, y)).arc((rx, ry), true, (x - rx, y)).close()
}

/// A circle.
pub(super) fn disc(at: P, r: f64) -> Shape {
    oval(at, r, r)
}

/// Half a circle, bulging up, its flat side on `at`.
pub(super) fn dome((x, y): P, r: f64) -> Shape {
    from((x - r, y)).arc((r, r), true, (x + r, y)).close()
}

/// A straight stroke.
pub(super) fn line(a: P, b: P) -> Shape {
    from(a).to(b)
}

impl Shape {
    /// A straight edge.
    pub(super) fn to(mut self, p: P) -> Self {
        self.0.push(Seg::Line(p));
        self
    }

    /// A curve pulled by one point.
    pub(super) fn bend(mut self, pull: P, p: P) -> Self {
        self.0.push(Seg::Bend(pull, p));
        self
    }

    /// A curve pulled by two points.
    pub(super) fn curve(mut self, one: P, two: P, p: P) -> Self {
        self.0.push(Seg::Curve(one, two, p));
        self
    }

    /// The shorter arc of an upright ellipse; `sweep` goes clockwise.
    pub(super) fn arc(mut self, radii: P, sweep: bool, to: P) -> Self {
        self.0.push(Seg::Arc { radii, turn: 0.0, sweep, to });
        self
    }

    /// Back to where this piece began.
    pub(super) fn close(mut self) -> Self {
        self.0.push(Seg::Close);
        self
    }

    /// Both outlines as one.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Moved.
    pub(super) fn shift(&self, dx: f64, dy: f64) -> Self {
        self.put(&Place { scale: 1.0, turn: 0.0, to: (dx, dy) })
    }

    /// Turned clockwise about a point, in degrees.
    pub(super) fn turn(&self, degrees: f64, about: P) -> Self {
        self.shift(-about.0, -about.1).put(&Place { scale: 1.0, turn: degrees, to: about })
    }

    /// Grown, turned and moved.
    pub(super) fn put(&self, place: &Place) -> Self {
        let at = |p: P| place.point(p);
        let segs = self.0.iter().map(|seg| match *seg {
            Seg::Move(p) => Seg::Move(at(p)),
            Seg::Line(p) => Seg::Line(at(p)),
            Seg::Bend(a, p) => Seg::Bend(at(a), at(p)),
            Seg::Curve(a, b, p) => Seg::Curve(at(a), at(b), at(p)),
            Seg::Arc { radii, turn, sweep, to } => Seg::Arc {
                radii: (radii.0 * place.scale, radii.1 * place.scale),
                turn: turn + place.turn,
                sweep,
                to: at(to),
            },
            Seg::Close => Seg::Close,
        });
        Self(segs.collect())
    }

    /// The box around the outline; curves count with their pulling points, arcs with their crest.
    pub(super) fn bounds(&self) -> Bounds {
        let mut last = (0.0, 0.0);
        let mut bounds = Bounds::EMPTY;
        for seg in &self.0 {
            match *seg {
                Seg::Move(p) | Seg::Line(p) => (bounds, last) = (bounds.with(p), p),
                Seg::Bend(a, p) => (bounds, last) = (bounds.with(a).with(p), p),
                Seg::Curve(a, b, p) => (bounds, last) = (bounds.with(a).with(b).with(p), p),
                Seg::Arc { radii, sweep, to, .. } => {
                    bounds = bounds.with(crest(last, to, radii, sweep)).with(to);
                    last = to;
                }
                Seg::Close => {}
            }
        }
        bounds
    }

    /// Appends the path data: relative, to a tenth of a pixel.
    pub(super) fn write(&self, out: &mut String) {
        let mut pen = Pen { out, start: (0, 0), at: (0, 0), last: ' ' };
        for seg in &self.0 {
            match *seg {
                Seg::Move(p) => {
                    pen.command('m', &[], &[p]);
                    pen.start = pen.at;
                }
                Seg::Line(p) => pen.line(p),
                Seg::Bend(a, p) => pen.command('q', &[], &[a, p]),
                Seg::Curve(a, b, p) => pen.command('c', &[], &[a, b, p]),
                Seg::Arc { radii, turn, sweep, to } => {
                    // A circle looks the same however it is turned.
                    let turn = if (radii.0 - radii.1).abs() < 0.05 { 0.0 } else { turn };
                    let flags = [tenths(radii.0), tenths(radii.1), tenths(turn), 0, i64::from(sweep) * 10];
                    pen.command('a', &flags, &[to]);
                }
                Seg::Close => pen.close(),
            }
        }
    }
}

/// Writes path data; positions are counted in whole tenths, so that relative steps do not drift.
struct Pen<'a> {
    out: &'a mut String,
    start: (i64, i64),
    at: (i64, i64),
    last: char,
}

impl Pen<'_> {
    fn command(&mut self, letter: char, plain: &[i64], points: &[P]) {
        let mut fresh = self.letter(letter);
        for &number in plain {
            self.number(number, &mut fresh);
        }
        let mut end = self.at;
        for &(x, y) in points {
            end = (tenths(x), tenths(y));
            self.number(end.0 - self.at.0, &mut fresh);
            self.number(end.1 - self.at.1, &mut fresh);
        }
        self.at = end;
    }

    fn line(&mut self, (x, y): P) {
        let (dx, dy) = (tenths(x) - self.at.0, tenths(y) - self.at.1);
        if dx != 0 && dy != 0 {
            return self.command('l', &[], &[(x, y)]);
        }
        let (letter, step) = if dy == 0 { ('h', dx) } else { ('v', dy) };
        let mut fresh = self.letter(letter);
        self.number(step, &mut fresh);
        self.at = (self.at.0 + dx, self.at.1 + dy);
    }

    fn close(&mut self) {
        self.out.push('z');
        self.at = self.start;
        self.last = 'z';
    }

    /// Writes a command's letter unless it goes without saying; tells whether the next number follows a
    /// letter.
    fn letter(&mut self, letter: char) -> bool {
        let repeated = letter == self.last && letter != 'm';
        if !repeated {
            self.out.push(letter);
            self.last = letter;
        }
        !repeated
    }

    fn number(&mut self, tenths: i64, fresh: &mut bool) {
        if !*fresh && tenths >= 0 {
            self.out.push(' ');
        }
        *fresh = false;
        let (sign, whole, part) = (if tenths < 0 { "-" } else { "" }, tenths.abs() / 10, tenths.abs() % 10);
        // Writing to a String cannot fail.
        let _ = match (whole, part) {
            (_, 0) => write!(self.out, "{sign}{whole}"),
            (0, _) => write!(self.out, "{sign}.{part}"),
            _ => write!(self.out, "{sign}{whole}.{part}"),
        };
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a picture's measures are a few thousand tenths")]
fn tenths(value: f64) -> i64 {
    (value * 10.0).round() as i64
}

/// The point of an arc that is farthest from its chord.
fn crest(a: P, b: P, radii: P, sweep: bool) -> P {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let chord = dx.hypot(dy).max(0.01);
    let (along, across) = if dx.abs() > dy.abs() { radii } else { (radii.1, radii.0) };
    let part = (chord / 2.0 / along.max(0.01)).min(1.0);
    let sagitta = across * (1.0 - (1.0 - part * part).sqrt()) * if sweep { 1.0 } else { -1.0 };
    (f64::midpoint(a.0, b.0) + dy / chord * sagitta, f64::midpoint(a.1, b.1) - dx / chord * sagitta)
}
