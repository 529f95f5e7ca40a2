//! Pauses between tries of what fails.

use std::time::Duration;

use crate::IdSource;

/// How long to wait before what failed is tried again, and when to give up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackOff {
    pauses: Pauses,
    endless: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pauses {
    Steps(&'static [Duration]),
    Doubling { first: Duration, longest: Duration },
}

/// What doubling pauses count as.
const LONG: usize = 10;

impl BackOff {
    /// These pauses, one after the other; after the last comes one more try, and then it is given up.
    pub const fn steps(pauses: &'static [Duration]) -> Self {
        Self { pauses: Pauses::Steps(pauses), endless: false }
    }

    /// Each pause is twice as long as the one before, up to `longest`; it is never given up.
    pub const fn doubling(first: Duration, longest: Duration) -> Self {
        Self { pauses: Pauses::Doubling { first, longest }, endless: true }
    }

    /// The same, but the last pause repeats: it is never given up.
    #[must_use]
    pub const fn endless(self) -> Self {
        Self { endless: true, ..self }
    }

    /// The pause after this many failed tries (the first is 1); none when there were enough.
    pub fn pause_after(&self, tries: i64) -> Option<Duration> {
        let before = usize::try_from(tries - 1).unwrap_or_default();
        match self.pauses {
            Pauses::Steps(steps) => steps.get(before).or(steps.last().filter(|_| self.endless)).copied(),
            Pauses::Doubling { first, longest } => {
                let factor = u32::try_from(before).ok().and_then(|doubled| 2_u32.checked_pow(doubled));
                Some(factor.map_or(longest, |factor| first.saturating_mul(factor).min(longest)))
            }
        }
    }

    /// The same pause, up to a tenth shorter: what failed together does not come back together.
    pub fn random_pause_after(&self, tries: i64, ids: &IdSource) -> Option<Duration> {
        let [random] = ids.bytes::<1>();
        let pause = self.pause_after(tries)?;
        Some(pause.saturating_sub(pause / 10 / u32::from(u8::MAX) * u32::from(random)))
    }

    /// The number of different pauses: after so many failures even endless patience should ask whether it is a bug.
    pub const fn count(&self) -> usize {
        match self.pauses {
            Pauses::Steps(steps) => steps.len(),
            Pauses::Doubling { .. } => LONG,
        }
    }
}

/// A [`BackOff`] with a count of failures, for a loop that tries until it succeeds.
#[derive(Debug, Clone)]
pub struct Tries {
    back_off: BackOff,
    failed: i64,
}

impl Tries {
    /// No failure so far; pauses double from `first` to `longest`.
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { back_off: BackOff::doubling(first, longest), failed: 0 }
    }

    /// It failed: how long to wait before the next try.
    pub fn pause(&mut self) -> Duration {
        self.failed = self.failed.saturating_add(1);
        self.back_off.pause_after(self.failed).unwrap_or_default()
    }

    /// It succeeded: the next failure is the first again.
    pub fn begin_anew(&mut self) {
        self.failed = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Clock;

    const STEPS: BackOff = BackOff::steps(&[Duration::from_secs(1), Duration::from_secs(10)]);

    #[test]
    fn steps_end_unless_they_are_endless() {
        let seconds = |back_off: BackOff| {
            [1, 2, 3, 4].map(|tries| back_off.pause_after(tries).map(|pause| pause.as_secs()))
        };
        assert_eq!(seconds(STEPS), [Some(1), Some(10), None, None]);
        assert_eq!(seconds(STEPS.endless()), [Some(1), Some(10), Some(10), Some(10)]);
    }

    #[test]
    fn doubling_ends_at_the_longest_and_begins_anew() {
        let mut tries = Tries::new(Duration::from_millis(50), Duration::from_millis(150));
        let millis = |tries: &mut Tries| [(); 4].map(|()| tries.pause().as_millis());
        assert_eq!(millis(&mut tries), [50, 100, 150, 150]);
        tries.begin_anew();
        assert_eq!(millis(&mut tries), [50, 100, 150, 150]);
    }

    proptest! {
        #[test]
        fn a_random_pause_is_at_most_a_tenth_shorter(seed: u64, tries in 0..i64::MAX) {
            let ids = IdSource::seeded(Clock::system(), seed);
            for back_off in [STEPS, STEPS.endless(), BackOff::doubling(Duration::from_secs(1), Duration::MAX)] {
                let exact = back_off.pause_after(tries);
                let random = back_off.random_pause_after(tries, &ids);
                prop_assert_eq!(exact.is_some(), random.is_some());
                let (exact, random) = (exact.unwrap_or_default(), random.unwrap_or_default());
                prop_assert!(random <= exact && random >= exact.saturating_sub(exact / 10));
            }
        }
    }
}
