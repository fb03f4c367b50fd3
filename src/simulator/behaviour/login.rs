//! Checks a user name and a password.

use serde::Deserialize;
use serde_json::Value;

use super::{Call, Outcome};
use crate::protocol::value::get;
use crate::simulator::placeholders::fill;
use crate::simulator::world::entries;

/// Answers whether the credentials of the request are those of a user.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    /// Path of the collection of users.
    users: String,
    /// The field of a user with the name.
    username: String,
    /// The field of a user with the password.
    password: String,
    answer: Value,
    refused: Refused,
}

/// The answer when credentials are wrong or missing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    status: u16,
    answer: Value,
}

impl Login {
    pub(super) fn run(&self, call: &Call<'_>) -> Outcome {
        let known = call.credentials.as_ref().is_some_and(|(name, password)| {
            let is =
                |user: &Value, field: &str, text: &str| get(user, field).is_some_and(|value| value == text);
            entries(call.world, &self.users)
                .into_iter()
                .any(|user| is(user, &self.username, name) && is(user, &self.password, password))
        });
        if known {
            return Outcome::filled(&self.answer, &call.scope);
        }
        let body = fill(&self.refused.answer, &call.scope).unwrap_or(Value::Null);
        Outcome { status: Some(self.refused.status), body }
    }
}
