//! A lease: of the members that check in, one holds it until it stops checking in.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Outcome};
use crate::simulator::api_error::ApiError;
use crate::simulator::placeholders::fill;

/// Records a check-in and answers who holds the lease.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lease {
    /// The members of a group compete for one lease.
    group: Value,
    /// Name of the member that checks in.
    member: Value,
    electable: Value,
    priority: Value,
    /// How long the holder keeps the lease without checking in, in milliseconds. The simulator's options can override
    /// it.
    deadline_ms: u64,
    /// Error case when elections are disabled.
    pub(super) disabled: String,
    /// The answer; `$primary` is the holder of the lease.
    answer: Value,
}

/// The simulator's options for leases.
#[derive(Clone, Debug)]
pub(crate) struct Leasing {
    pub(crate) enabled: bool,
    /// Replaces the declared deadline.
    pub(crate) deadline: Option<Duration>,
}

impl Default for Leasing {
    fn default() -> Self {
        Self { enabled: true, deadline: None }
    }
}

/// The members that compete for a lease, and which one holds it.
#[derive(Debug, Default)]
pub(crate) struct Election {
    holder: Option<String>,
    members: BTreeMap<String, Member>,
}

#[derive(Debug)]
struct Member {
    electable: bool,
    priority: i64,
    seen: Duration,
}

impl Lease {
    pub(super) fn run(&self, call: &mut Call<'_>) -> Result<Outcome, ApiError> {
        if !call.leasing.enabled {
            return Err(ApiError::new(&*self.disabled));
        }
        let text = |template: &Value| {
            fill(template, &call.scope).as_ref().and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let group = (call.operation.to_owned(), text(&self.group));
        let member = text(&self.member);
        let electable = fill(&self.electable, &call.scope) == Some(json!(true));
        let priority = fill(&self.priority, &call.scope).and_then(|value| value.as_i64()).unwrap_or(0);
        let deadline = call.leasing.deadline.unwrap_or(Duration::from_millis(self.deadline_ms));
        let election = call.state.elections.entry(group).or_default();
        let primary = json!(election.check_in(&member, electable, priority, call.now, deadline));
        Ok(Outcome::filled(&self.answer, &call.scope.with("primary", &primary)))
    }
}

impl Election {
    /// Records a check-in and returns who holds the lease.
    ///
    /// The holder keeps it as long as it is electable and checks in within the deadline. Otherwise the lease goes to
    /// the electable member with the highest priority that checked in within the deadline; of equal ones, the first by
    /// name.
    pub(crate) fn check_in(
        &mut self,
        member: &str,
        electable: bool,
        priority: i64,
        now: Duration,
        deadline: Duration,
    ) -> Option<&str> {
        self.members.insert(member.to_owned(), Member { electable, priority, seen: now });
        self.members.retain(|_, member| now.saturating_sub(member.seen) < deadline || member.seen == now);
        let stands = |name: &String| self.members.get(name).is_some_and(|member| member.electable);
        if !self.holder.as_ref().is_some_and(stands) {
            let best =
                self.members.iter().filter(|(_, member)| member.electable).max_by(|one, other| {
                    one.1.priority.cmp(&other.1.priority).then_with(|| other.0.cmp(one.0))
                });
            self.holder = best.map(|(name, _)| name.clone());
        }
        self.holder.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(1000 + seconds)
    }

    #[test]
    fn holds_while_the_holder_checks_in_and_moves_when_it_stops() {
        let mut election = Election::default();
        assert_eq!(election.check_in("a", true, 1, at(0), DEADLINE), Some("a"));
        assert_eq!(election.check_in("b", true, 9, at(1), DEADLINE), Some("a"));
        assert_eq!(election.check_in("a", true, 1, at(9), DEADLINE), Some("a"));
        assert_eq!(election.check_in("b", true, 9, at(18), DEADLINE), Some("a"));
        assert_eq!(election.check_in("b", true, 9, at(19), DEADLINE), Some("b"));
        assert_eq!(election.check_in("a", true, 1, at(20), DEADLINE), Some("b"));
    }

    #[test]
    fn goes_to_the_highest_priority_and_then_to_the_first_name() {
        let mut election = Election::default();
        for (name, priority) in [("z", 5), ("c", 7), ("b", 7), ("a", 1)] {
            election.check_in(name, false, priority, at(0), DEADLINE);
        }
        assert_eq!(election.check_in("a", false, 1, at(1), DEADLINE), None);
        for (name, priority) in [("z", 5), ("c", 7), ("b", 7)] {
            election.check_in(name, true, priority, at(2), DEADLINE);
        }
        assert_eq!(election.check_in("a", true, 1, at(3), DEADLINE), Some("z"));
        assert_eq!(election.check_in("z", false, 5, at(4), DEADLINE), Some("b"));
    }

    #[test]
    fn is_given_up_by_a_holder_that_no_longer_stands() {
        let mut election = Election::default();
        election.check_in("a", true, 1, at(0), DEADLINE);
        election.check_in("b", true, 0, at(1), DEADLINE);
        assert_eq!(election.check_in("a", false, 1, at(2), DEADLINE), Some("b"));
        assert_eq!(election.check_in("b", false, 0, at(3), DEADLINE), None);
    }

    #[test]
    fn takes_a_deadline_of_nothing() {
        let mut election = Election::default();
        assert_eq!(election.check_in("a", true, 1, at(0), Duration::ZERO), Some("a"));
        assert_eq!(election.check_in("b", true, 1, at(1), Duration::ZERO), Some("b"));
    }
}
