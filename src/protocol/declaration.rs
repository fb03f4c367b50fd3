//! A declaration as it is written, before [`super::compile`] checks it.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

/// What holds for every endpoint.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Global {
    /// The name of the API, shown by the command line.
    pub(super) name: Option<String>,
    /// What the API is, in one line.
    pub(super) description: Option<String>,
    /// Params that every call can have.
    #[serde(default)]
    pub(super) params: IndexMap<String, Param>,
    /// How requests are authorised.
    #[serde(default)]
    pub(super) request: GlobalRequest,
    /// What every answer has in common.
    #[serde(default)]
    pub(super) response: GlobalResponse,
}

/// The part of requests that every endpoint shares.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GlobalRequest {
    /// The credential of authorised endpoints.
    pub(super) credential: Option<Credential>,
}

/// Where the credential comes from and where it goes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Credential {
    /// The global param that holds it.
    pub(super) param: String,
    /// The header that carries it.
    pub(super) header: String,
}

/// The part of answers that every endpoint shares.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GlobalResponse {
    /// Errors that every call may end with.
    #[serde(default)]
    pub(super) error: IndexMap<String, Error>,
    /// Where the body of an error answer has its fields, as dotted paths by field name. `type` is the error's name and
    /// `error` its text. Error messages can show every field.
    pub(super) fields: Option<IndexMap<String, String>>,
    /// The key of an answer's body that holds the results; absent when the body is the results.
    pub(super) results: Option<String>,
    /// Shapes by name, for `"#name"` in response bodies.
    #[serde(default)]
    pub(super) shapes: IndexMap<String, Value>,
}

/// A param of an endpoint or of every call.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Param {
    /// The name of its type.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// What it is, in a line.
    #[serde(default)]
    pub(super) description: String,
    /// Whether calls must give it; true when absent.
    pub(super) required: Option<bool>,
    /// The values it may have; any value of its type when empty.
    #[serde(default)]
    pub(super) values: Vec<Value>,
    /// The value when none is given.
    pub(super) default: Option<Value>,
    /// The environment variable that gives it when the call does not; global params only.
    pub(super) env: Option<String>,
    /// Whether its value must not be shown.
    #[serde(default)]
    pub(super) secret: bool,
    /// A value for examples.
    pub(super) example: Option<Value>,
}

/// One operation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Endpoint {
    /// The path, with `{param}` where params go.
    pub(super) path: String,
    /// Its params by name.
    #[serde(default)]
    pub(super) params: IndexMap<String, Param>,
    /// What it does, in a line.
    pub(super) description: String,
    /// Shown by the command line while it waits for the answer.
    pub(super) msg: Option<String>,
    /// What is sent.
    pub(super) request: Request,
    /// What is answered.
    #[serde(default)]
    pub(super) response: Response,
}

/// What an endpoint sends.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    /// The HTTP method.
    pub(super) method: String,
    /// Whether the credential is sent.
    #[serde(default)]
    pub(super) authorized: bool,
    /// The names of the params that make the JSON body, or the name of the one that is the body.
    pub(super) body: Option<Value>,
    /// The names of the params for user name and password of HTTP basic authentication.
    pub(super) basic: Option<[String; 2]>,
}

/// What an endpoint answers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Response {
    /// The shape of a success's body; absent when it may be anything.
    pub(super) body: Option<Value>,
    /// Its errors by name.
    #[serde(default)]
    pub(super) error: IndexMap<String, Error>,
    /// The answer that means success.
    pub(super) success: Option<Success>,
    /// The secret parts of the results: dotted paths, with `*` for any one key and `**` for any number of keys.
    #[serde(default)]
    pub(super) secret: Vec<String>,
}

/// An error that a call may end with.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Error {
    /// The status of answers that mean it; absent for errors without an answer.
    pub(super) status: Option<u16>,
    /// What happened.
    pub(super) msg: String,
    /// What to do about it.
    #[serde(default)]
    pub(super) suggestions: Vec<String>,
    /// The `type` fields of answers that mean this error; its name when absent. Either exact, `prefix*`, or `*` for any
    /// answer with the status.
    pub(super) code: Option<Value>,
}

/// The answer that means success.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Success {
    /// Its status, or `"2xx"` for any from 200 to 299.
    pub(super) status: Option<Value>,
    /// Shown with the results.
    pub(super) msg: Option<String>,
}
