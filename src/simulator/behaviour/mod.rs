//! The kinds of behaviour of operations. The declaration gives each operation a kind and its settings; no kind is
//! written for a certain endpoint.

mod append;
mod election;
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
use super::placeholders::{Scope, fill};

pub(crate) use election::Election;
pub(crate) use lease::Leasing;
pub(crate) use store::Store;

/// What an operation does when it is called.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Behaviour {
    /// Answers with one part of the world.
    Value(lookup::Part),
    /// Answers with one entry of a collection.
    Pick(lookup::Pick),
    /// Answers with the entries of a collection that match.
    List(lookup::List),
    /// Answers with the value stored under a key.
    StoreRead(store::Read),
    /// Stores a value under a key until it expires.
    StoreWrite(store::Write),
    /// Adds an entry to a collection, or updates the one with the same key.
    Append(append::Append),
    /// Gives a lease to one of the members that check in.
    Lease(Box<lease::Lease>),
    /// Checks a user name and a password.
    BasicLogin(login::Login),
    /// Always gives the same answer; the request is in the journal.
    Record(record::Record),
    /// Changes an entry in several steps, which the name of the task selects.
    Task(task::Task),
}

/// The request that a behaviour answers, and the state that it works with.
pub(crate) struct Call<'a> {
    /// `$self`, `$query`, `$path`, `$body` and `$now`.
    pub(crate) scope: Scope<'a>,
    pub(crate) operation: &'a str,
    pub(crate) now: Duration,
    pub(crate) credentials: Option<(String, String)>,
    pub(crate) leasing: &'a Leasing,
    pub(crate) world: &'a mut Value,
    pub(crate) state: &'a mut State,
    /// Notifications to send, without the fields that are added to every one.
    pub(crate) publications: Vec<Value>,
}

/// What behaviours keep from one call to the next, besides the world.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) stores: HashMap<String, Store>,
    pub(crate) elections: HashMap<(String, String), Election>,
}

/// The answer to a call.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    /// `None`: the status of success that the operation declares.
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

    /// Checks the values of a world that must be of a certain form.
    ///
    /// # Errors
    /// A message that names the value.
    pub(crate) fn check_world(&self, world: &Value) -> Result<(), String> {
        match self {
            Self::Lease(lease) => lease.check_world(world),
            _ => Ok(()),
        }
    }

    /// The error cases with which it may answer.
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
    /// A result as `{"data": result}`.
    pub(crate) fn data(result: &Value) -> Self {
        Self { status: None, body: json!({ "data": result }) }
    }

    /// A declared answer, with its placeholders filled.
    pub(crate) fn filled(template: &Value, scope: &Scope<'_>) -> Self {
        Self { status: None, body: fill(template, scope).unwrap_or(Value::Null) }
    }
}

impl Call<'_> {
    /// Adds notifications to send, with their placeholders filled from `scope`.
    pub(crate) fn publish(publications: &mut Vec<Value>, templates: &[Value], scope: &Scope<'_>) {
        publications.extend(templates.iter().filter_map(|template| fill(template, scope)));
    }
}
