//! Checks the errors and messages of a declaration.

use indexmap::IndexMap;
use serde_json::Value;

use crate::protocol::declaration;
use crate::protocol::declared_error::{Code, Declared};
use crate::protocol::error::{Diagnostics, join};
use crate::protocol::names::is_name;
use crate::protocol::param::article_of;
use crate::protocol::template::Template;

/// Reads a message template and checks that each of its fields is known.
pub(super) fn template(
    source: &str,
    place: &str,
    known: &dyn Fn(&str) -> bool,
    diagnostics: &mut Diagnostics,
) -> Template {
    match Template::parse(source) {
        Ok(template) => {
            for field in template.fields().filter(|field| !known(field)) {
                diagnostics.add(place, format!("unknown field {{{field}}}"));
            }
            template
        }
        Err(fault) => {
            diagnostics.add(place, fault);
            // Any template will do: the declaration is refused.
            Template::parse("").unwrap_or_else(|_| unreachable!("an empty template is a template"))
        }
    }
}

/// Checks a map of errors. `success` is the status of success, which no error can have; `None` stands for all from 200
/// to 299.
pub(super) fn compile_all(
    declared: IndexMap<String, declaration::Error>,
    place: &str,
    success: Option<u16>,
    known: &dyn Fn(&str) -> bool,
    diagnostics: &mut Diagnostics,
) -> IndexMap<String, Declared> {
    let mut errors = IndexMap::new();
    for (name, error) in declared {
        let place = join(place, &name);
        if !is_name(&name) {
            diagnostics.add(&place, "is not a name that an error can have");
        }
        if error.status.is_some_and(|status| !(100..=599).contains(&status)) {
            diagnostics.add(join(&place, "status"), "is not an HTTP status");
        }
        let succeeds =
            |status: u16| success.map_or((200..300).contains(&status), |success| status == success);
        if error.status.is_some_and(succeeds) {
            diagnostics.add(join(&place, "status"), "is the status of success");
        }
        let suggestions = error.suggestions.iter().enumerate().map(|(at, suggestion)| {
            template(suggestion, &join(&place, &format!("suggestions[{at}]")), known, diagnostics)
        });
        let suggestions = suggestions.collect();
        let declared = Declared {
            msg: template(&error.msg, &join(&place, "msg"), known, diagnostics),
            suggestions,
            codes: codes(&name, error.code, error.status, &join(&place, "code"), diagnostics),
            status: error.status,
            name: name.clone(),
        };
        errors.insert(name, declared);
    }
    errors
}

fn codes(
    name: &str,
    source: Option<Value>,
    status: Option<u16>,
    place: &str,
    diagnostics: &mut Diagnostics,
) -> Vec<Code> {
    let sources = match source {
        None => return vec![Code::Exact(name.to_owned())],
        Some(Value::Array(sources)) => sources,
        Some(source) => vec![source],
    };
    let mut codes = Vec::new();
    for source in sources {
        match source {
            Value::String(text) if !text.is_empty() => codes.push(Code::parse(&text)),
            other => diagnostics.add(place, format!("a code must be a String, not {}", article_of(&other))),
        }
    }
    if codes.contains(&Code::Any) && status.is_none() {
        diagnostics.add(place, "the code * needs a status");
    }
    codes
}
