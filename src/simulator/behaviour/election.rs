//! An election: the members that compete for a lease, and which one holds it.

use std::collections::BTreeMap;
use std::time::Duration;

/// The members that compete for a lease, and which one holds it.
#[derive(Debug, Default)]
pub(crate) struct Election {
    term: Option<Term>,
    /// The term that ended because its holder did not check in. It goes on if the same member is the next to be elected.
    lapsed: Option<Term>,
    /// Everyone who ever checked in, by name.
    members: BTreeMap<String, Member>,
    /// How long the holder keeps the lease without checking in.
    deadline: Duration,
}

/// A member, as of its last check-in.
#[derive(Debug)]
pub(crate) struct Member {
    electable: bool,
    pub(crate) priority: i64,
    /// When it checked in.
    pub(crate) seen: Duration,
}

/// The time in which one member holds the lease.
#[derive(Debug)]
struct Term {
    holder: String,
    elected: Duration,
}

impl Election {
    /// Records a check-in.
    ///
    /// The holder keeps the lease as long as it is electable and checks in within the deadline. Otherwise the lease goes
    /// to the electable member with the highest priority that checked in within the deadline; of equal ones, the first
    /// by name.
    pub(crate) fn check_in(
        &mut self,
        member: &str,
        electable: bool,
        priority: i64,
        now: Duration,
        deadline: Duration,
    ) {
        self.deadline = deadline;
        self.expire(now);
        self.members.insert(member.to_owned(), Member { electable, priority, seen: now });
        if !electable {
            let others = |term: &Term| term.holder != member;
            self.term = self.term.take().filter(others);
            self.lapsed = self.lapsed.take().filter(others);
        }
        if self.term.is_none() {
            self.elect(member, now);
        }
    }

    /// Elects the best of the members that checked in within the deadline, to which `present` always belongs.
    fn elect(&mut self, present: &str, now: Duration) {
        let stands = |name: &str, member: &Member| {
            member.electable && (name == present || !self.is_stale(member, now))
        };
        let best = self
            .members
            .iter()
            .filter(|(name, member)| stands(name, member))
            .max_by(|one, other| one.1.priority.cmp(&other.1.priority).then_with(|| other.0.cmp(one.0)));
        let Some((holder, _)) = best else { return };
        let elected = match &self.lapsed {
            Some(lapsed) if lapsed.holder == *holder => lapsed.elected,
            _ => now,
        };
        self.term = Some(Term { holder: holder.clone(), elected });
        self.lapsed = None;
    }

    /// Takes the lease from a holder that did not check in within the deadline. Returns whether it did so.
    pub(crate) fn expire(&mut self, now: Duration) -> bool {
        let holder = self.term.as_ref().and_then(|term| self.members.get(&term.holder));
        let stale = holder.is_some_and(|holder| self.is_stale(holder, now));
        if stale {
            self.lapsed = self.term.take();
        }
        stale
    }

    fn is_stale(&self, member: &Member, now: Duration) -> bool {
        now.saturating_sub(member.seen) >= self.deadline
    }

    /// Who holds the lease.
    pub(crate) fn holder(&self) -> Option<&str> {
        self.term.as_ref().map(|term| term.holder.as_str())
    }

    /// When this member got the lease; `None` if it does not hold it.
    pub(crate) fn elected(&self, member: &str) -> Option<Duration> {
        self.term.as_ref().filter(|term| term.holder == member).map(|term| term.elected)
    }

    /// The last check-in of any member.
    pub(crate) fn seen(&self) -> Option<Duration> {
        self.members.values().map(|member| member.seen).max()
    }

    /// Everyone who ever checked in, by name.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&String, &Member)> {
        self.members.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(1000 + seconds)
    }

    /// Checks in, and tells who holds the lease then.
    fn check_in<'a>(
        election: &'a mut Election,
        member: &str,
        electable: bool,
        priority: i64,
        seconds: u64,
    ) -> Option<&'a str> {
        election.check_in(member, electable, priority, at(seconds), DEADLINE);
        election.holder()
    }

    #[test]
    fn holds_while_the_holder_checks_in_and_moves_when_it_stops() {
        let mut election = Election::default();
        assert_eq!(check_in(&mut election, "a", true, 1, 0), Some("a"));
        assert_eq!(check_in(&mut election, "b", true, 9, 1), Some("a"));
        assert_eq!(check_in(&mut election, "a", true, 1, 9), Some("a"));
        assert_eq!(check_in(&mut election, "b", true, 9, 18), Some("a"));
        assert_eq!(check_in(&mut election, "b", true, 9, 19), Some("b"));
        assert_eq!(check_in(&mut election, "a", true, 1, 20), Some("b"));
    }

    #[test]
    fn goes_to_the_highest_priority_and_then_to_the_first_name() {
        let mut election = Election::default();
        for (name, priority) in [("z", 5), ("c", 7), ("b", 7), ("a", 1)] {
            check_in(&mut election, name, false, priority, 0);
        }
        assert_eq!(check_in(&mut election, "a", false, 1, 1), None);
        for (name, priority) in [("z", 5), ("c", 7), ("b", 7)] {
            check_in(&mut election, name, true, priority, 2);
        }
        assert_eq!(check_in(&mut election, "a", true, 1, 3), Some("z"));
        assert_eq!(check_in(&mut election, "z", false, 5, 4), Some("b"));
    }

    #[test]
    fn is_given_up_by_a_holder_that_no_longer_stands() {
        let mut election = Election::default();
        check_in(&mut election, "a", true, 1, 0);
        check_in(&mut election, "b", true, 0, 1);
        assert_eq!(check_in(&mut election, "a", false, 1, 2), Some("b"));
        assert_eq!(check_in(&mut election, "b", false, 0, 3), None);
    }

    #[test]
    fn takes_a_deadline_of_nothing() {
        let mut election = Election::default();
        election.check_in("a", true, 1, at(0), Duration::ZERO);
        assert_eq!(election.holder(), Some("a"));
        election.check_in("b", true, 1, at(0), Duration::ZERO);
        assert_eq!(election.holder(), Some("b"));
    }

    #[test]
    fn is_lost_by_a_stale_holder_before_anyone_else_checks_in() {
        let mut election = Election::default();
        check_in(&mut election, "a", true, 1, 0);
        assert!(!election.expire(at(9)));
        assert!(election.expire(at(10)));
        assert_eq!((election.holder(), election.elected("a")), (None, None));
        assert!(!election.expire(at(11)));
        assert_eq!(election.seen(), Some(at(0)));
    }

    #[test]
    fn elects_anew_when_a_stale_holder_comes_back() {
        let mut election = Election::default();
        check_in(&mut election, "a", true, 1, 0);
        check_in(&mut election, "b", true, 9, 5);
        assert_eq!(check_in(&mut election, "a", true, 1, 12), Some("b"));
    }

    #[test]
    fn has_a_new_time_of_election_for_another_member_or_after_giving_up() {
        let mut election = Election::default();
        check_in(&mut election, "a", true, 1, 0);
        check_in(&mut election, "a", true, 1, 5);
        assert_eq!(election.elected("a"), Some(at(0)));
        // Nobody else was elected while it was stale.
        check_in(&mut election, "a", true, 1, 50);
        assert_eq!(election.elected("a"), Some(at(0)));
        check_in(&mut election, "b", true, 1, 51);
        check_in(&mut election, "a", false, 1, 52);
        assert_eq!((election.elected("a"), election.elected("b")), (None, Some(at(52))));
        check_in(&mut election, "b", false, 1, 53);
        check_in(&mut election, "b", true, 1, 54);
        assert_eq!(election.elected("b"), Some(at(54)));
    }
}
