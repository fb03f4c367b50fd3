//! A lease: of the members that check in, one holds it until it stops checking in.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::election::Election;
use super::{Call, Outcome};
use crate::protocol::value::get;
use crate::simulator::api_error::ApiError;
use crate::simulator::clock::rfc3339;
use crate::simulator::duration;
use crate::simulator::placeholders::{Scope, fill};
use crate::simulator::world::{Change, Filter, entries};

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
    deadline: Deadline,
    /// Error case when the group has no deadline, or elections are disabled by an option.
    pub(super) disabled: String,
    /// The answer; `$primary` is the name of the lease's holder.
    answer: Value,
    #[serde(default)]
    record: Option<Record>,
}

/// Where the world says how long a holder keeps the lease without checking in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deadline {
    /// Path of the collection with an entry for each group.
    from: String,
    #[serde(rename = "where")]
    filter: Filter,
    /// Path in the entry to the duration. A group without one has no lease.
    take: String,
    /// The shortest duration that a world may have there.
    #[serde(deserialize_with = "duration::deserialize")]
    at_least: Duration,
}

/// How the world shows the state of a lease.
///
/// `$group` has `name`, `seen` (the last check-in) and `primary` (what `primary` below makes of the holder, or null).
/// `$member` has `name`, `priority`, `seen` and `elected` (when it got the lease; null if it does not hold it).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    /// The holder, as `$group.primary`.
    primary: Value,
    /// Changes the entry of the group.
    group: Change,
    /// Changes the entry of each member that ever checked in.
    members: Change,
}

/// The simulator's options for leases.
#[derive(Clone, Debug)]
pub(crate) struct Leasing {
    pub(crate) enabled: bool,
    /// Replaces the deadlines in the world.
    pub(crate) deadline: Option<Duration>,
}

impl Default for Leasing {
    fn default() -> Self {
        Self { enabled: true, deadline: None }
    }
}

impl Lease {
    pub(super) fn run(&self, call: &mut Call<'_>) -> Result<Outcome, ApiError> {
        let deadline = self.deadline(call)?;
        let text = |template: &Value| {
            fill(template, &call.scope).as_ref().and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let (group, member) = (text(&self.group), text(&self.member));
        let electable = fill(&self.electable, &call.scope) == Some(json!(true));
        let priority = fill(&self.priority, &call.scope).and_then(|value| value.as_i64()).unwrap_or(0);
        let election = call.state.elections.entry((call.operation.to_owned(), group.clone())).or_default();
        election.check_in(&member, electable, priority, call.now, deadline);
        self.show(&group, election, call.world);
        Ok(Outcome::filled(&self.answer, &call.scope.with("primary", &json!(election.holder()))))
    }

    fn deadline(&self, call: &Call<'_>) -> Result<Duration, ApiError> {
        let disabled = |detail: String| ApiError::new(&*self.disabled).detail(detail);
        if !call.leasing.enabled {
            return Err(disabled("an option of the simulator disables elections".into()));
        }
        let Deadline { from, filter, take, .. } = &self.deadline;
        let wanted = filter.bind(&call.scope);
        let entry = entries(call.world, from).into_iter().find(|entry| wanted.matches(entry));
        let declared = entry
            .and_then(|entry| get(entry, take)?.as_str().and_then(duration::parse))
            .ok_or_else(|| disabled(format!("{take} is not set")))?;
        Ok(call.leasing.deadline.unwrap_or(declared))
    }

    /// Writes the state of an election into the world.
    pub(crate) fn show(&self, group: &str, election: &Election, world: &mut Value) {
        let Some(Record { primary, group: of_group, members }) = &self.record else { return };
        let mut holder = Value::Null;
        for (name, member) in election.members() {
            let elected = election.elected(name);
            let member = json!({
                "name": name,
                "priority": member.priority,
                "seen": rfc3339(member.seen),
                "elected": elected.map(rfc3339),
            });
            let scope = Scope::default().with("member", &member);
            if elected.is_some() {
                holder = fill(primary, &scope).unwrap_or(Value::Null);
            }
            members.apply(world, &scope);
        }
        let group = json!({"name": group, "seen": election.seen().map(rfc3339), "primary": holder});
        of_group.apply(world, &Scope::default().with("group", &group));
    }

    /// Checks the deadlines in a world.
    ///
    /// # Errors
    /// A message, when one is no duration or too short.
    pub(super) fn check_world(&self, world: &Value) -> Result<(), String> {
        let Deadline { from, take, at_least, .. } = &self.deadline;
        for (index, entry) in entries(world, from).into_iter().enumerate() {
            let Some(given) = get(entry, take) else { continue };
            let long = given.as_str().and_then(duration::parse).is_some_and(|given| given >= *at_least);
            if !long && !given.is_null() {
                return Err(format!(
                    "{from}.{index}.{take} must be a duration of {at_least:?} or more, not {given}"
                ));
            }
        }
        Ok(())
    }
}
