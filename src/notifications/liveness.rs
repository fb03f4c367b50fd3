//! Finding out that a server is dead although its connection looks alive.

use std::time::Duration;

use tokio::time::Instant;

/// What silence asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Send a ping: half of the allowed time has passed.
    Ping,
    /// The server is dead: the whole of it has.
    Dead,
}

/// Counts how long nothing was heard. Any byte of the server counts as a sign of life.
#[derive(Debug)]
pub struct Liveness {
    timeout: Duration,
    heard: Instant,
    pinged: bool,
}

impl Liveness {
    /// Starts to count at `now`.
    #[must_use]
    pub fn new(timeout: Duration, now: Instant) -> Self {
        Self { timeout, heard: now, pinged: false }
    }

    /// Something was heard, or reading was put off by ourselves.
    pub fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.pinged = false;
    }

    /// When [`Liveness::check`] has something to say next.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.heard + if self.pinged { self.timeout } else { self.timeout / 2 }
    }

    /// What to do at `now`, if anything. A ping is asked for once in each silence.
    pub fn check(&mut self, now: Instant) -> Option<Verdict> {
        if now < self.deadline() {
            None
        } else if self.pinged {
            Some(Verdict::Dead)
        } else {
            self.pinged = true;
            Some(Verdict::Ping)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pings_at_half_time_and_gives_up_at_full_time() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut liveness = Liveness::new(Duration::from_millis(100), start);
        assert_eq!(liveness.check(at(49)), None);
        assert_eq!(liveness.deadline(), at(50));
        assert_eq!(liveness.check(at(50)), Some(Verdict::Ping));
        assert_eq!(liveness.check(at(60)), None);
        assert_eq!(liveness.deadline(), at(100));
        assert_eq!(liveness.check(at(100)), Some(Verdict::Dead));
    }

    #[test]
    fn a_sign_of_life_starts_the_count_again() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut liveness = Liveness::new(Duration::from_millis(100), start);
        assert_eq!(liveness.check(at(70)), Some(Verdict::Ping));
        liveness.heard(at(99));
        assert_eq!(liveness.check(at(148)), None);
        assert_eq!(liveness.check(at(149)), Some(Verdict::Ping));
        assert_eq!(liveness.check(at(199)), Some(Verdict::Dead));
    }

    #[test]
    fn a_thread_that_was_late_still_pings_before_it_gives_up() {
        let start = Instant::now();
        let mut liveness = Liveness::new(Duration::from_millis(100), start);
        assert_eq!(liveness.check(start + Duration::from_secs(9)), Some(Verdict::Ping));
    }
}
