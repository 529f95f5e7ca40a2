//! Colours, and what light does to them.

/// An opaque colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rgb(u8, u8, u8);

/// The page that the pictures hang on.
pub(super) const PAPER: Rgb = Rgb(0xFB, 0xF9, 0xF4);
/// The darkest colour used; also the colour of every cast shadow.
pub(super) const INK: Rgb = Rgb(0x1C, 0x21, 0x26);
/// What colours turn to on the side away from the light.
const DUSK: Rgb = Rgb(0x2C, 0x24, 0x36);

impl Rgb {
    /// From `0xRRGGBB`.
    pub(super) const fn hex(value: u32) -> Self {
        let [_, r, g, b] = value.to_be_bytes();
        Self(r, g, b)
    }

    /// This colour with `percent` of another in it.
    pub(super) fn mix(self, other: Self, percent: u16) -> Self {
        let part = |a: u8, b: u8| {
            let sum = u16::from(a) * (100 - percent.min(100)) + u16::from(b) * percent.min(100);
            u8::try_from(sum / 100).unwrap_or(u8::MAX)
        };
        Self(part(self.0, other.0), part(self.1, other.1), part(self.2, other.2))
    }

    /// How different two colours look, squared; 0 for the same, some 200 000 at most.
    pub(super) fn distance(self, other: Self) -> i32 {
        let gap = |a: u8, b: u8| (i32::from(a) - i32::from(b)).pow(2);
        2 * gap(self.0, other.0) + 4 * gap(self.1, other.1) + 3 * gap(self.2, other.2)
    }

    /// As SVG writes it, without the hash sign.
    pub(super) fn digits(self) -> String {
        format!("{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// One material under the series' light: from the upper left, soft, a little warm.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tone {
    /// Facing us.
    pub(super) base: Rgb,
    /// Facing the light.
    pub(super) light: Rgb,
    /// Facing away.
    pub(super) dark: Rgb,
    /// Insides, undersides and gaps.
    pub(super) deep: Rgb,
}

impl Tone {
    /// The four values of a colour.
    pub(super) fn of(base: Rgb) -> Self {
        Self { base, light: base.mix(PAPER, 32), dark: base.mix(DUSK, 24), deep: base.mix(DUSK, 50) }
    }

    /// From `0xRRGGBB`.
    pub(super) fn hex(value: u32) -> Self {
        Self::of(Rgb::hex(value))
    }
}
