//! Pauses between attempts.

use std::time::Duration;

/// Growing pauses: each is twice as long as the one before, up to a limit.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// Pauses from `first` to `longest`.
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, next: first, longest }
    }

    /// Returns the pause before the next attempt.
    pub fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.longest);
        pause
    }

    /// Starts again with the first pause, after a success.
    pub fn begin_anew(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_the_longest_and_begin_anew() {
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_millis(150));
        let millis = |backoff: &mut Backoff| [(); 4].map(|()| backoff.pause().as_millis());
        assert_eq!(millis(&mut backoff), [50, 100, 150, 150]);
        backoff.begin_anew();
        assert_eq!(millis(&mut backoff), [50, 100, 150, 150]);
    }
}
