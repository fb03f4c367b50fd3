//! Finding out that a server is dead although its connection looks alive.

use std::time::Duration;

use tokio::time::Instant;

/// What silence asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Send a ping: half of the allowed time has passed.
    Ping,
    /// The server is dead: the other half has passed since the ping.
    Dead,
}

/// Counts how long nothing was heard. Any byte of the server counts as a sign of life.
#[derive(Debug)]
pub struct Liveness {
    timeout: Duration,
    heard: Instant,
    pinged: Option<Instant>,
}

impl Liveness {
    /// Starts to count at `now`.
    #[must_use]
    pub fn new(timeout: Duration, now: Instant) -> Self {
        Self { timeout, heard: now, pinged: None }
    }

    /// Something was heard, or reading was put off by ourselves.
    pub fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.pinged = None;
    }

    /// When [`Liveness::check`] has something to say next.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.pinged.unwrap_or(self.heard) + self.timeout / 2
    }

    /// What to do at `now`, if anything. A ping is asked for once in each silence, and again when so much time has passed
    /// after its deadline that this process was stopped, and maybe the server with it.
    pub fn check(&mut self, now: Instant) -> Option<Verdict> {
        let deadline = self.deadline();
        if now < deadline {
            None
        } else if self.pinged.is_some() && now < deadline + self.timeout / 2 {
            Some(Verdict::Dead)
        } else {
            self.pinged = Some(now);
            Some(Verdict::Ping)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pings_at_half_time_and_gives_up_half_a_time_later() {
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
    fn the_answer_to_a_late_ping_is_waited_for_as_long() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut liveness = Liveness::new(Duration::from_millis(100), start);
        assert_eq!(liveness.check(at(1_000)), Some(Verdict::Ping));
        assert_eq!(liveness.check(at(1_049)), None);
        assert_eq!(liveness.check(at(1_050)), Some(Verdict::Dead));
    }

    #[test]
    fn a_stop_after_the_ping_asks_for_another() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut liveness = Liveness::new(Duration::from_millis(100), start);
        assert_eq!(liveness.check(at(50)), Some(Verdict::Ping));
        assert_eq!(liveness.check(at(1_000)), Some(Verdict::Ping));
        assert_eq!(liveness.check(at(1_050)), Some(Verdict::Dead));
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
