//! What a thing is drawn with: tones, chance, and strokes that share one light.
//!
//! A thing stands with its foot at the origin and rises towards negative y, some 300 to 400 pixels tall.
//! Things that hang (`hung`) have their peg at the origin and go down.

use super::dice::Dice;
use super::shape::{Bounds, P, Place, Shape, disc, from, oval, poly, rect, soft};
use super::tone::{INK, Rgb, Tone};
use super::turned::{Profile, TILT};

/// Lamplight.
pub(super) const GLOW: Rgb = Rgb::hex(0x00FF_EDB8);

/// Paper, pages, milk glass.
const CREAM: Rgb = Rgb::hex(0x00F1_E8D6);

/// How a shape is painted.
#[derive(Clone, Copy, Debug)]
enum Paint {
    Fill(Rgb),
    Line(Rgb, f64),
    /// See-through, in percent.
    Veil(Rgb, u8),
}

#[derive(Clone, Debug)]
struct Mark {
    shape: Shape,
    paint: Paint,
    /// Shadows and light do not count when a thing is measured.
    shadow: bool,
}

/// One thing being drawn.
#[derive(Debug)]
pub(super) struct Easel {
    marks: Vec<Mark>,
    seed: u64,
    /// The thing's own chance.
    pub(super) dice: Dice,
    /// The product's colour.
    pub(super) main: Tone,
    /// A colour that sits well beside it.
    pub(super) accent: Tone,
    /// A third, for small things.
    pub(super) third: Tone,
    /// Timber, metal, paper and iron of this picture.
    pub(super) wood: Tone,
    pub(super) metal: Tone,
    pub(super) cream: Tone,
    pub(super) iron: Tone,
    /// Where a close-up looks; `None` is the middle.
    pub(super) spot: Option<P>,
    /// Hangs on the wall from the origin instead of standing on it.
    pub(super) hung: bool,
}

impl Easel {
    pub(super) fn new(seed: u64, [main, accent, third]: [Tone; 3]) -> Self {
        let mut dice = Dice::new(seed, 1);
        let wood = dice.pick(&[0x00D2_A66E, 0x00BE_8B54, 0x0094_6240, 0x00DB_BB8C]).unwrap_or_default();
        let metal = dice.pick(&[0x00C9_A24E, 0x00B2_BABA, 0x00BD_8A5E]).unwrap_or_default();
        Self {
            marks: Vec::new(),
            seed,
            dice,
            main,
            accent,
            third,
            wood: Tone::hex(wood),
            metal: Tone::hex(metal),
            // On a cream thing, paper would not show.
            cream: Tone::hex(if main.base.distance(CREAM) < 2_000 { 0x00D8_C29A } else { 0x00F1_E8D6 }),
            iron: Tone::hex(0x003A_4148),
            spot: None,
            hung: false,
        }
    }

    /// Which of `n` designs this seed stands for: consecutive seeds give every design in turn.
    pub(super) fn design(&self, n: u64) -> u64 {
        self.seed % n
    }

    /// A measure that varies with the seed.
    pub(super) fn vary(&mut self, low: f64, high: f64) -> f64 {
        self.dice.between(low, high).round()
    }

    pub(super) fn fill(&mut self, shape: Shape, colour: Rgb) {
        self.marks.push(Mark { shape, paint: Paint::Fill(colour), shadow: false });
    }

    pub(super) fn line(&mut self, shape: Shape, colour: Rgb, width: f64) {
        self.marks.push(Mark { shape, paint: Paint::Line(colour, width), shadow: false });
    }

    /// Glass, water, steam: `percent` of a colour.
    pub(super) fn veil(&mut self, shape: Shape, colour: Rgb, percent: u8) {
        self.marks.push(Mark { shape, paint: Paint::Veil(colour, percent), shadow: false });
    }

    /// The shadow on the table of something with its foot around `at`, `half` wide to each side and `reach`
    /// long.
    pub(super) fn cast(&mut self, at: P, half: f64, reach: f64) {
        let ((x, y), ry) = (at, half * TILT);
        let (far, near) = (x + reach, ry * 0.8);
        let shape = from((x, y - ry))
            .to((far, y + 8.0 - near))
            .arc((near * 2.2, near), true, (far, y + 8.0 + near))
            .to((x, y + ry))
            .arc((half, ry), true, (x, y - ry))
            .close();
        self.shadow(shape);
    }

    /// Any other cast shadow.
    pub(super) fn shadow(&mut self, shape: Shape) {
        self.marks.push(Mark { shape, paint: Paint::Veil(INK, 15), shadow: true });
    }

    /// The shadow of a flat thing that hangs on or leans against the wall.
    pub(super) fn behind(&mut self, shape: &Shape) {
        self.shadow(shape.shift(24.0, 14.0));
    }

    /// Lamplight in the air; like a shadow it does not count when a thing is measured.
    pub(super) fn glow(&mut self, shape: Shape, percent: u8) {
        self.marks.push(Mark { shape, paint: Paint::Veil(GLOW, percent), shadow: true });
    }

    /// What a thing hangs from, out of the picture.
    pub(super) fn cord(&mut self, to: P) {
        let shape = from((to.0, to.1 - 900.0)).to(to);
        self.marks.push(Mark { shape, paint: Paint::Line(self.iron.base, 6.0), shadow: true });
    }

    /// The accent, or the third colour where the accent is too pale to carry print.
    pub(super) fn bold(&self) -> Tone {
        if self.accent.base.distance(CREAM) < 12_000 { self.third } else { self.accent }
    }

    /// A turned thing: its colour, its shaded side, its glint.
    pub(super) fn turned(&mut self, profile: &Profile, tone: Tone) {
        self.fill(profile.outline(), tone.base);
        self.fill(profile.strip(0.36, 1.0), tone.dark);
    }

    /// The same with a streak of light on it: glazed, polished or wet.
    pub(super) fn glazed(&mut self, profile: &Profile, tone: Tone) {
        self.turned(profile, tone);
        self.fill(profile.strip(-0.8, -0.66), tone.light);
    }

    /// A ring around a turned thing, or the near side of an open one: both edges curve towards us.
    pub(super) fn band(&mut self, ring: &Profile, tone: Tone) {
        self.fill(ring.strip(-1.0, 1.0), tone.base);
        self.fill(ring.strip(0.36, 1.0), tone.dark);
    }

    /// The opening at the top of a turned thing.
    pub(super) fn mouth(&mut self, profile: &Profile, tone: Tone, wall: f64) {
        let (x, (r, y)) = profile.top();
        self.fill(oval((x, y), r, r * TILT), tone.light);
        self.fill(oval((x, y + wall * TILT), r - wall, (r - wall) * TILT), tone.deep);
    }

    /// A bent rod, wire or strap of one thickness: a handle, a frame, a cord.
    pub(super) fn rod(&mut self, shape: &Shape, tone: Tone, width: f64) {
        self.line(shape.clone(), tone.dark, width);
        self.line(shape.shift(-width * 0.14, -width * 0.1), tone.base, width * 0.66);
    }

    /// A ball.
    pub(super) fn ball(&mut self, at: P, r: f64, tone: Tone) {
        self.fill(disc(at, r), tone.base);
        let (x, y) = at;
        let crescent = from((x + r * 0.3, y - r * 0.954))
            .arc((r, r), true, (x + r * 0.3, y + r * 0.954))
            .bend((x + r * 0.62, y), (x + r * 0.3, y - r * 0.954))
            .close();
        self.fill(crescent, tone.dark);
    }

    /// A box seen from the front and a little from the right: lit top, shaded side. `at` is its lower left
    /// corner.
    pub(super) fn block(&mut self, at: P, w: f64, h: f64, depth: f64, tone: Tone) {
        let ((x, y), rise) = (at, depth * 0.36);
        self.fill(rect((x, y - h), w, h, 0.0), tone.base);
        let (near, far) = (x + w, x + w + depth);
        self.fill(poly(&[(near, y), (far, y - rise), (far, y - h - rise), (near, y - h)]), tone.dark);
        let top = [(x, y - h), (x + depth, y - h - rise), (far, y - h - rise), (near, y - h)];
        self.fill(poly(&top), tone.light);
    }

    /// A flat thing with thickness, front on: a card, a board, a cover.
    pub(super) fn slab(&mut self, corners: &[P], r: f64, tone: Tone) {
        let shape = soft(corners, r);
        self.fill(shape.shift(7.0, 4.0), tone.deep);
        self.fill(shape, tone.base);
    }

    /// A lemon, a pear or an orange, as company.
    pub(super) fn fruit(&mut self, at: P, r: f64) {
        let (x, y) = at;
        let tone = self.dice.pick(&[0x00E2_B33C, 0x00D8_8A3A, 0x00A9_B05A]).map_or(self.third, Tone::hex);
        self.cast((x, y), r * 0.8, r * 2.4);
        if self.dice.one_in(2) {
            self.ball((x, y - r * 0.94), r, tone);
            self.line(
                from((x, y - r * 1.9)).bend((x, y - r * 2.2), (x + r * 0.3, y - r * 2.3)),
                self.iron.base,
                5.0,
            );
        } else {
            let pear = Profile::new(x, (r * 0.2, y - r * 2.5))
                .curve((r * 0.75, y - r * 2.5), (r * 0.35, y - r * 1.7), (r * 0.85, y - r * 1.2))
                .curve((r * 1.25, y - r * 0.7), (r * 0.95, y), (r * 0.4, y));
            self.turned(&pear, tone);
            let stalk = from((x, y - r * 2.5)).bend((x, y - r * 2.8), (x + r * 0.35, y - r * 3.0));
            self.line(stalk, self.iron.base, 5.0);
        }
    }

    /// The box around everything but the shadows.
    pub(super) fn bounds(&self) -> Bounds {
        let solid = self.marks.iter().filter(|mark| !mark.shadow);
        solid.fold(Bounds::EMPTY, |all, mark| {
            let own = mark.shape.bounds();
            all.with(own.min).with(own.max)
        })
    }

    /// Writes the thing as SVG elements, at its place in the picture.
    pub(super) fn write(&self, place: &Place, out: &mut String) {
        for mark in &self.marks {
            let (colour, rest) = match mark.paint {
                Paint::Fill(colour) => (format!("fill=\"#{}\"", colour.digits()), String::new()),
                Paint::Veil(colour, percent) => {
                    (format!("fill=\"#{}\"", colour.digits()), format!(" fill-opacity=\".{percent:02}\""))
                }
                Paint::Line(colour, width) => {
                    let width = (width * place.scale * 10.0).round() / 10.0;
                    (format!("stroke=\"#{}\"", colour.digits()), format!(" stroke-width=\"{width}\""))
                }
            };
            out.push_str("<path ");
            out.push_str(&colour);
            out.push_str(&rest);
            out.push_str(" d=\"");
            mark.shape.put(place).write(out);
            out.push_str("\"/>");
        }
    }
}
