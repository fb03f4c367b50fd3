//! Serves a declared protocol, whose answers come from a [`Service`] in place of behaviours.

use serde_json::{Value, json};

use super::api_error::ApiErrors;
use super::declaration::Declaration;
use super::error::Error;
use super::reply::Reply;
use super::request::Request;
use crate::protocol::{HeaderLookup, Incoming, Protocol, Service};

impl Declaration {
    /// The declaration for a protocol: its endpoints are operations with the names `group.endpoint`, and a [`Service`]
    /// answers them.
    ///
    /// # Errors
    /// When the protocol cannot be written as a declaration.
    pub fn of_protocol(protocol: Protocol) -> Result<Self, Error> {
        let operations: Vec<Value> = protocol
            .endpoints()
            .map(|endpoint| {
                json!({ "operationId": endpoint.id(), "method": endpoint.method(), "path": endpoint.path() })
            })
            .collect();
        let header = protocol.credential_header().to_owned();
        let service = Service::new(protocol, None);
        let status = |case: &str| match case {
            "unauthorized" => 401,
            "unknown-path" => 404,
            "wrong-method" => 405,
            "internal" => 500,
            _ => 422,
        };
        let cases = ApiErrors::BUILT_IN.iter().map(|case| {
            let title = "The simulator answers with this status because it was told to.";
            ((*case).to_owned(), json!({ "status": status(case), "code": "generic", "title": title }))
        });
        let simulation = json!({
            "identity": { "from": "self", "token": "token" },
            "errors": {
                "body": service.error_body(json!("$code"), json!("$title"), json!("$status")),
                "cases": cases.collect::<serde_json::Map<_, _>>(),
            },
        });
        let operations = Value::Array(operations).to_string();
        let mut declaration =
            Self::parse(&operations, "{}", &simulation.to_string(), r#"{"self":{"token":""}}"#)?;
        declaration.service = Some(service);
        declaration.credential_header = Some(header);
        Ok(declaration)
    }
}

/// Answers a request to a declared protocol.
pub(crate) fn reply(service: &Service, request: &Request) -> Reply {
    let incoming =
        Incoming { method: &request.method, target: &request.target, header: request, body: &request.body };
    let reply = service.answer(&incoming);
    Reply { status: reply.status, body: reply.body, allow: reply.allow, publications: Vec::new() }
}

impl HeaderLookup for Request {
    fn get(&self, name: &str) -> Option<&str> {
        self.header(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTES: &str = r#"{"notes": {"get": {
        "path": "/notes/{id}",
        "params": {"id": {"type": "String", "required": false}},
        "description": "Gives a note",
        "request": {"method": "GET", "authorized": true},
        "response": {"body": {"id": "String"}, "error": {"gone": {"status": 410, "msg": "{id} is gone"}}}
    }}}"#;

    fn request(target: &str, key: &str) -> Request {
        Request {
            method: "GET".to_owned(),
            target: target.to_owned(),
            path: target.to_owned(),
            headers: vec![("authorization".to_owned(), key.to_owned())],
            ..Request::default()
        }
    }

    #[test]
    fn serves_the_endpoints_of_a_protocol() {
        let declaration = Declaration::of_protocol(Protocol::from_json(NOTES).unwrap()).unwrap();
        assert_eq!(declaration.operations[0].id, "notes.get");
        assert!(declaration.secret_headers().contains(&"authorization".to_owned()));
        let mut service = declaration.service.unwrap();
        service.accept(Some("k".to_owned()));
        let answered = reply(&service, &request("/notes/a", "k"));
        assert_eq!((answered.status, answered.body), (200, json!({"id": "a"})));
        assert_eq!(reply(&service, &request("/notes/a", "no")).status, 403);
        service.fail("notes.get", Some("gone")).unwrap();
        let answered = reply(&service, &request("/notes/a", "k"));
        assert_eq!((answered.status, answered.body), (410, json!({"type": "gone", "error": "a is gone"})));
    }
}
