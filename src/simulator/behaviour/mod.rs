//! What an operation does, by kind. The declaration names a kind and its particulars; no kind knows an endpoint.

mod append;
mod lease;
mod login;
mod lookup;
mod record;
mod store;
mod task;

use std::collections::HashMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::api_error::ApiError;
use super::holes::{Scope, fill};

pub(crate) use lease::{Election, Leasing};
pub(crate) use store::Store;

/// What an operation does when it is called.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Behaviour {
    /// Answers one part of the world.
    Value(lookup::Part),
    /// Answers one entry of a collection.
    Pick(lookup::Pick),
    /// Answers the entries of a collection that match.
    List(lookup::List),
    /// Answers what was stored under a key.
    StoreRead(store::Read),
    /// Stores a value under a key, for a time.
    StoreWrite(store::Write),
    /// Adds an entry to a collection, or renews the one that is there.
    Append(append::Append),
    /// Elects one of those who check in, for as long as it goes on checking in.
    Lease(lease::Lease),
    /// Checks a user name and a password.
    BasicLogin(login::Login),
    /// Takes note, and answers always the same.
    Record(record::Record),
    /// Takes an entry through states, by the name of the task.
    Task(task::Task),
}

/// What a behaviour works with.
pub(crate) struct Call<'a> {
    /// `$self`, `$query`, `$path`, `$body` and `$now`.
    pub(crate) scope: Scope<'a>,
    pub(crate) operation: &'a str,
    pub(crate) now: Duration,
    pub(crate) credentials: Option<(String, String)>,
    pub(crate) leasing: &'a Leasing,
    pub(crate) world: &'a mut Value,
    pub(crate) state: &'a mut State,
    /// Messages that the call gives rise to, without what every message has.
    pub(crate) publications: Vec<Value>,
}

/// What behaviours remember from one call to the next.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) stores: HashMap<String, Store>,
    pub(crate) elections: HashMap<(String, String), Election>,
}

/// What comes of a call.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    /// `None` for the status that the operation declares.
    pub(crate) status: Option<u16>,
    pub(crate) body: Value,
}

impl Behaviour {
    pub(crate) fn run(&self, call: &mut Call<'_>) -> Result<Outcome, ApiError> {
        match self {
            Self::Value(part) => part.run(call),
            Self::Pick(pick) => pick.run(call),
            Self::List(list) => list.run(call),
            Self::StoreRead(read) => read.run(call),
            Self::StoreWrite(write) => write.run(call),
            Self::Append(append) => append.run(call),
            Self::Lease(lease) => lease.run(call),
            Self::BasicLogin(login) => Ok(login.run(call)),
            Self::Record(record) => Ok(record.run(call)),
            Self::Task(task) => task.run(call),
        }
    }

    /// The error cases it may answer with.
    pub(crate) fn cases(&self) -> Vec<&str> {
        match self {
            Self::Pick(pick) => vec![&pick.missing],
            Self::List(list) => list.within.iter().map(|pick| pick.missing.as_str()).collect(),
            Self::StoreRead(read) => vec![&read.missing],
            Self::Lease(lease) => vec![&lease.disabled],
            Self::Task(task) => task.cases(),
            Self::Value(_)
            | Self::StoreWrite(_)
            | Self::Append(_)
            | Self::BasicLogin(_)
            | Self::Record(_) => Vec::new(),
        }
    }
}

impl Outcome {
    /// A result in the usual envelope.
    pub(crate) fn data(result: &Value) -> Self {
        Self { status: None, body: json!({ "data": result }) }
    }

    /// An answer as the declaration writes it.
    pub(crate) fn filled(template: &Value, scope: &Scope<'_>) -> Self {
        Self { status: None, body: fill(template, scope).unwrap_or(Value::Null) }
    }
}

impl Call<'_> {
    /// Notes down the messages to be sent; `scope` is what their holes are filled from.
    pub(crate) fn publish(publications: &mut Vec<Value>, templates: &[Value], scope: &Scope<'_>) {
        publications.extend(templates.iter().filter_map(|template| fill(template, scope)));
    }
}
