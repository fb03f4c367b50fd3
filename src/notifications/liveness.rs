//! Detects a server that no longer answers although its connection is open.

use std::time::Duration;

use tokio::time::Instant;

/// What to do about silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Send a ping: half of the allowed time has passed.
    Ping,
    /// The server is dead: the other half has passed since the ping.
    Dead,
}

/// Measures how long the server was silent. Any byte that it sends ends the silence.
#[derive(Debug)]
pub struct Liveness {
    timeout: Duration,
    heard: Instant,
    pinged: Option<Instant>,
}

impl Liveness {
    /// Starts measuring at `now`. A server is dead after `timeout` of silence.
    #[must_use]
    pub fn new(timeout: Duration, now: Instant) -> Self {
        Self { timeout, heard: now, pinged: None }
    }

    /// Starts the silence anew: something was received, or this side paused reading.
    pub fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.pinged = None;
    }

    /// When to call [`Liveness::check`] next.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.pinged.unwrap_or(self.heard) + self.timeout / 2
    }

    /// What to do at `now`, if anything. Asks for one ping in each silence. If the check comes much too late, this
    /// process was stopped, and maybe the server with it: then it asks for another ping.
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
