//! The commands of a protocol's command line: one for each endpoint.

use serde::Serialize;
use serde_json::Value;

use super::names::kebab;
use super::param::{Param, Type, wire_text};
use super::types::{Endpoint, Protocol};

/// The options that every command has. A param of the same name gets the option `--param-<name>`.
const OWN_OPTIONS: [&str; 13] = [
    "api-key",
    "help",
    "host",
    "json",
    "no-color",
    "port",
    "protocol",
    "reveal",
    "socket-path",
    "timeout",
    "token",
    "version",
    "color",
];

/// A command: one endpoint on the command line.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Command {
    /// The name of its group on the command line.
    pub group: String,
    /// Its name on the command line.
    pub name: String,
    /// The endpoint it calls: the declared names of group and endpoint.
    pub endpoint: [String; 2],
    /// What it does, in one line.
    pub description: String,
    /// HTTP method.
    pub method: String,
    /// Whether the credential is sent.
    pub authorized: bool,
    /// Its params, in the order of the declaration.
    pub params: Vec<CommandParam>,
    /// The required params with example values, as they are typed in a shell.
    pub example: String,
    /// Whether parts of its results are hidden unless the user asks for them.
    pub has_secrets: bool,
}

/// A param of a command.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandParam {
    /// Its declared name.
    pub name: String,
    /// The name of its option, without the dashes.
    pub option: String,
    #[serde(rename = "type")]
    kind: Type,
    /// What it is, in one line.
    pub description: String,
    /// Whether it must be given.
    pub required: bool,
    /// The values it may have; empty when any value of its type is allowed.
    pub values: Vec<Value>,
    /// The value when none is given.
    pub default: Option<Value>,
    /// The environment variable that can give it.
    pub env: Option<String>,
    /// Whether its value must not be shown.
    pub secret: bool,
}

impl Protocol {
    /// The commands, in the order of the declaration.
    #[must_use]
    pub fn commands(&self) -> Vec<Command> {
        self.endpoints().map(|endpoint| self.command(endpoint)).collect()
    }

    /// The options for the global params, those of the connection first.
    #[must_use]
    pub fn global_options(&self) -> Vec<CommandParam> {
        let (connection, shared): (Vec<_>, Vec<_>) =
            self.params.values().partition(|param| self.is_connection_param(&param.name));
        connection
            .into_iter()
            .chain(shared)
            .map(|param| CommandParam::new(param, param.name.clone()))
            .collect()
    }

    fn command(&self, endpoint: &Endpoint) -> Command {
        Command {
            group: kebab(&endpoint.group),
            name: kebab(&endpoint.name),
            endpoint: [endpoint.group.clone(), endpoint.name.clone()],
            description: endpoint.description.clone(),
            method: endpoint.method.clone(),
            authorized: endpoint.authorized,
            params: endpoint.params.values().map(|param| self.command_param(param)).collect(),
            example: example(endpoint),
            has_secrets: !endpoint.secret.is_empty(),
        }
    }

    fn command_param(&self, param: &Param) -> CommandParam {
        let option = kebab(&param.name);
        let taken =
            OWN_OPTIONS.contains(&option.as_str()) || self.params.keys().any(|name| kebab(name) == option);
        CommandParam::new(param, if taken { format!("param-{option}") } else { option })
    }
}

impl CommandParam {
    fn new(param: &Param, option: String) -> Self {
        Self {
            name: param.name.clone(),
            option,
            kind: param.kind,
            description: param.description.clone(),
            required: param.required,
            values: param.values.clone(),
            default: param.default.clone(),
            env: param.env.clone(),
            secret: param.secret,
        }
    }
}

/// The required params of an endpoint with example values, as they are typed in a shell.
fn example(endpoint: &Endpoint) -> String {
    let words = endpoint.params.values().filter(|param| param.required).map(|param| {
        let text = match (&param.example, param.values.first(), param.kind) {
            (Some(value), _, _) | (None, Some(value), _) => wire_text(value),
            (None, None, Type::String) => format!("my-{}", kebab(&param.name)),
            (None, None, Type::Number) => "1".to_owned(),
            (None, None, Type::Boolean) => "true".to_owned(),
            (None, None, Type::Date) => "2024-01-01T00:00:00Z".to_owned(),
            (None, None, Type::Json) => format!("@{}.json", kebab(&param.name)),
        };
        quote(&text)
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Quotes a word for a shell.
fn quote(text: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "-_./:@%+,".contains(char);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
