//! How often a worker that ends by itself is started again.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// The pause before the first of several starts; each further one within the window takes twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The starts of one worker. It has no clock: the caller passes the time.
#[derive(Debug, Clone)]
pub(super) struct Respawns {
    most: usize,
    window: Duration,
    /// When it was started again, within the last window.
    recent: VecDeque<Instant>,
}

/// What to do about a worker that has ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Start it again at this time.
    At(Instant),
    /// It has failed.
    GiveUp,
}

impl Respawns {
    /// At most `most` within any `window`.
    pub(super) fn new(most: usize, window: Duration) -> Self {
        Self { most, window, recent: VecDeque::new() }
    }

    /// Decides about a worker that has ended at `now`. A verdict with a time counts as a start at that time.
    pub(super) fn ended(&mut self, now: Instant) -> Verdict {
        while self.recent.front().is_some_and(|start| *start + self.window <= now) {
            self.recent.pop_front();
        }
        if self.recent.len() >= self.most {
            return Verdict::GiveUp;
        }
        let doublings = u32::try_from(self.recent.len()).unwrap_or(u32::MAX);
        let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST_PAUSE);
        self.recent.push_back(now + pause);
        Verdict::At(now + pause)
    }

    /// Forgets all starts: an operator has restarted the worker.
    pub(super) fn forget(&mut self) {
        self.recent.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WINDOW: Duration = Duration::from_mins(1);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn one_that_ends_at_once_gets_five_more_tries() {
        let mut respawns = Respawns::new(5, WINDOW);
        let mut now = Instant::now();
        for pause in [100, 200, 400, 800, 1600] {
            let again = now + ms(pause);
            assert_eq!(respawns.ended(now), Verdict::At(again));
            now = again + ms(5);
        }
        assert_eq!(respawns.ended(now), Verdict::GiveUp);
        assert_eq!(respawns.ended(now), Verdict::GiveUp);
        respawns.forget();
        assert_eq!(respawns.ended(now), Verdict::At(now + ms(100)));
    }

    #[test]
    fn no_tries_are_none() {
        assert_eq!(Respawns::new(0, WINDOW).ended(Instant::now()), Verdict::GiveUp);
    }

    proptest! {
        /// The worker lives for each of `lives` milliseconds in turn.
        #[test]
        fn never_more_than_allowed_and_never_given_up_early(
            most in 1_usize..12,
            lives in proptest::collection::vec(prop_oneof![0_u64..500, 0_u64..40_000, 50_000_u64..200_000], 1..60),
        ) {
            let mut respawns = Respawns::new(most, WINDOW);
            let mut starts: Vec<Instant> = Vec::new();
            let mut now = Instant::now();
            for life in lives {
                now += ms(life);
                let recent = starts.iter().filter(|start| **start + WINDOW > now).count();
                match respawns.ended(now) {
                    Verdict::At(start) => {
                        let pause = start - now;
                        prop_assert!(pause >= FIRST_PAUSE && pause <= LONGEST_PAUSE);
                        prop_assert_eq!(pause == FIRST_PAUSE, recent == 0, "a calm worker comes back soonest");
                        starts.push(start);
                        now = start;
                    }
                    Verdict::GiveUp => {
                        prop_assert_eq!(recent, most, "only one that has used all its tries");
                        respawns.forget();
                        starts.clear();
                    }
                }
                let crowd = |end: &Instant| {
                    starts.iter().filter(|start| *start <= end && **start + WINDOW > *end).count()
                };
                prop_assert!(starts.iter().all(|end| crowd(end) <= most), "in no window are there more");
            }
        }

        #[test]
        fn the_pause_doubles_while_it_keeps_ending(most in 7_usize..40) {
            let mut respawns = Respawns::new(most, Duration::from_hours(1));
            let mut now = Instant::now();
            let mut last = None;
            while let Verdict::At(start) = respawns.ended(now) {
                let pause = start - now;
                prop_assert_eq!(pause, last.map_or(FIRST_PAUSE, |last: Duration| (last * 2).min(LONGEST_PAUSE)));
                last = Some(pause);
                now = start;
            }
            prop_assert_eq!(last, Some(LONGEST_PAUSE));
        }
    }
}
