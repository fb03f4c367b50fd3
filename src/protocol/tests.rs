use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::*;

fn protocol() -> Protocol {
    let declaration = json!({
        "global": {
            "params": {
                "tenant": {"type": "String", "required": false},
                "api-key": {"type": "String", "default": "built-in"},
            },
        },
        "things": {
            "all": {
                "path": "/things/",
                "params": {"since": {"type": "Date", "required": false}, "most": {"type": "Number", "default": 10}},
                "description": "Lists things",
                "request": {"method": "GET"},
                "response": {"body": [{"name": "String", "at": "Date"}], "success": {"status": 200, "msg": "Things: {results} (all)"}},
            },
            "make": {
                "path": "/things/{kind}/{name}",
                "params": {
                    "kind": {"type": "String"},
                    "name": {"type": "String", "required": false},
                    "size": {"type": "Number", "required": false},
                    "tags": {"type": "JSON", "required": false},
                    "note": {"type": "String", "required": false},
                },
                "description": "Makes a thing",
                "msg": "Making a {kind}",
                "request": {"method": "POST", "authorized": true, "body": ["size", "tags"]},
                "response": {
                    "body": {"kind": "String", "id": "Number"},
                    "error": {
                        "named": {"status": 409, "msg": "{name} is there: {error}"},
                        "tooBig": {"status": 400, "msg": "{size} is too big", "suggestions": ["Make a smaller {kind}: {error}"]},
                        "odd": {"status": 400, "code": ["odd.*", "*"], "msg": "Odd: {error} ({status})"},
                    },
                },
            },
            "raw": {
                "path": "/raw",
                "params": {"events": {"type": "JSON"}},
                "description": "Sends events",
                "request": {"method": "POST", "body": "events"},
            },
        },
    });
    Protocol::from_json(&declaration.to_string()).unwrap()
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(object) = value else { panic!("{value} is not an object") };
    object
}

fn request(protocol: &Protocol, name: &str, given: Value) -> Result<Request, Box<CallError>> {
    let settings = json!({"host": "localhost", "port": 80, "api-key": "k"});
    call(protocol, name, given, settings)?.request()
}

fn call(protocol: &Protocol, name: &str, given: Value, options: Value) -> Result<Call, Box<CallError>> {
    let caller = Caller::new(Arc::new(protocol.clone()), object(options));
    caller.call(protocol.endpoint("things", name).unwrap(), object(given))
}

/// The param and the reason of a call that is refused.
fn refused(name: &str, given: Value) -> (String, String) {
    let error = request(&protocol(), name, given).unwrap_err();
    assert_eq!((error.name.as_str(), error.status), ("malformedRequest", Some(422)));
    (error.param.unwrap(), error.detail.unwrap())
}

#[test]
fn builds_requests() {
    let protocol = protocol();
    let made = request(
        &protocol,
        "make",
        json!({"kind": "a b", "name": "é/?", "size": 2, "note": "x&y", "tenant": "t"}),
    )
    .unwrap();
    assert_eq!(made.method, "POST");
    assert_eq!(made.target, "/things/a%20b/%C3%A9%2F%3F?note=x%26y&tenant=t");
    assert_eq!(made.body.as_deref(), Some("{\"size\":2}"));
    assert_eq!(made.msg, "Making a a b");
    let headers: Vec<(&str, &str)> =
        made.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        headers,
        [("accept", "application/json"), ("content-type", "application/json"), ("authorization", "k")]
    );
    assert_eq!(*made.address, Address::Tcp { host: "localhost".to_owned(), port: 80 });

    let all = request(&protocol, "all", json!({"since": "2016-01-01"})).unwrap();
    assert_eq!((all.target.as_str(), all.body), ("/things/?since=2016-01-01&most=10", None));
    assert_eq!(all.headers.len(), 1);
    assert_eq!(request(&protocol, "make", json!({"kind": "a"})).unwrap().target, "/things/a/");
    assert_eq!(request(&protocol, "make", json!({"kind": "a"})).unwrap().body.as_deref(), Some("{}"));
    assert_eq!(
        request(&protocol, "raw", json!({"events": [1, {"a": null}]})).unwrap().body.as_deref(),
        Some("[1,{\"a\":null}]")
    );
}

#[test]
fn refuses_params_that_do_not_fit() {
    let pair = |name: &str, reason: &str| (name.to_owned(), reason.to_owned());
    assert_eq!(refused("make", json!({})), pair("kind", "it is missing"));
    assert_eq!(refused("make", json!({"kind": 1})), pair("kind", "it must be a String, not a Number"));
    assert_eq!(refused("make", json!({"kind": null})), pair("kind", "it must be a String, not null"));
    assert_eq!(refused("make", json!({"kind": ""})), pair("kind", "it must not be empty"));
    assert_eq!(
        refused("make", json!({"kind": "a", "sise": 1})),
        pair("sise", "it is not a param of this endpoint")
    );
    assert_eq!(refused("make", json!({"kind": "a", "port": "http"})).0, "port");
    assert_eq!(refused("make", json!({"kind": "a", "api-key": "x\r\ny"})).0, "api-key");
    assert_eq!(refused("make", json!({"kind": ".."})).0, "kind");
    assert_eq!(refused("make", json!({"kind": "a", "note": "x".repeat(70_000)})).0, "note");
    assert_eq!(refused("all", json!({"since": "soon"})).0, "since");
    let error = request(&protocol(), "make", json!({"kind": 1})).unwrap_err();
    assert_eq!(
        error.message,
        "The params of this call do not fit its declaration: kind: it must be a String, not a Number."
    );
    assert_eq!(error.suggestions, ["Correct kind: it must be a String, not a Number."]);
    assert_eq!(error.endpoint, "things.make");
}

#[test]
fn the_credential_goes_only_where_it_belongs() {
    let protocol = protocol();
    let secret = "s3cret\u{e9}";
    let error = request(&protocol, "make", json!({"kind": "a", "api-key": secret})).unwrap_err();
    assert!(!format!("{error:?}").contains(secret));
    let made = request(&protocol, "make", json!({"kind": "a", "api-key": "s3cret"})).unwrap();
    assert!(!format!("{made:?}").contains("s3cret"));
    let made = call(&protocol, "make", json!({"kind": "a"}), json!({"socket-path": "/a"}));
    assert_eq!(made.unwrap().request().unwrap().headers[2].1, "built-in");
    let settings = json!({"socket-path": "/a", "api-key": null});
    assert_eq!(call(&protocol, "make", json!({"kind": "a"}), settings).unwrap_err().name, "unauthorized");
}

#[test]
fn what_a_call_says_about_the_address_goes_first() {
    let protocol = protocol();
    let address = |given: Value, settings: Value| {
        let mut caller = Caller::new(Arc::new(protocol.clone()), object(settings));
        caller.set_environment(object(json!({"host": "last", "port": 9})));
        let call = caller.call(protocol.endpoint("things", "all").unwrap(), object(given));
        call.map(|call| call.address.to_string()).map_err(|error| error.param.unwrap())
    };
    let tcp = json!({"host": "a", "port": 1});
    assert_eq!(address(json!({}), tcp.clone()).unwrap(), "a:1");
    assert_eq!(address(json!({"host": "b"}), tcp.clone()).unwrap(), "b:1");
    assert_eq!(address(json!({"socket-path": "/s"}), tcp.clone()).unwrap(), "unix:/s");
    assert_eq!(address(tcp.clone(), json!({"socket-path": "/s"})).unwrap(), "a:1");
    assert_eq!(address(json!({}), json!({"socket-path": "/s"})).unwrap(), "unix:/s");
    assert_eq!(address(json!({}), json!({})).unwrap(), "last:9");
    assert_eq!(address(json!({"socket-path": "/s", "port": 1}), json!({})).unwrap_err(), "socket-path");
}

fn rejection(name: &str, given: Value, status: u16, body: &str) -> Option<Box<CallError>> {
    let settings = json!({"host": "localhost", "port": 80, "api-key": "k"});
    call(&protocol(), name, given, settings).unwrap().error(Answer { status, body })
}

fn made(status: u16, body: &str) -> Option<Box<CallError>> {
    rejection("make", json!({"kind": "box", "size": 9}), status, body)
}

#[test]
fn maps_answers_to_declared_errors() {
    assert_eq!(made(200, r#"{"kind": "box", "id": 1}"#), None);
    for (status, body, name) in [
        (400, r#"{"type": "tooBig", "error": "9 > 8"}"#, "tooBig"),
        (500, r#"{"type": "tooBig", "error": "9 > 8"}"#, "tooBig"),
        (403, r#"{"type": "tooBig"}"#, "tooBig"),
        (500, r#"{"type": "odd.one"}"#, "odd"),
        (400, r#"{"type": "unknown"}"#, "odd"),
        (400, "", "odd"),
        (403, "", "unauthorized"),
        (403, "<html>", "unauthorized"),
        (422, r#"{"type": "malformedRequest", "error": "size?"}"#, "malformedRequest"),
        (500, r#"{"type": "badResponse"}"#, "badResponse"),
        (422, r#"{"error": "size?"}"#, "generic"),
        (500, r#"{"type": "toString", "error": "x"}"#, "generic"),
        (500, r#"{"type": "__proto__"}"#, "generic"),
        (500, r#"{"type": ["tooBig"]}"#, "generic"),
        (500, "", "generic"),
        (500, "null", "generic"),
        (404, "not here", "generic"),
        (201, r#"{"kind": "box", "id": 1}"#, "generic"),
    ] {
        let error = made(status, body).unwrap();
        assert_eq!((error.name.as_str(), error.status), (name, Some(status)), "{status} {body}");
        assert!(!error.message.is_empty() && error.endpoint == "things.make");
    }
}

#[test]
fn fills_messages_of_errors() {
    let error = made(400, r#"{"type": "tooBig", "error": "9 > 8"}"#).unwrap();
    assert_eq!(error.message, "9 is too big");
    assert_eq!(error.suggestions, ["Make a smaller box: 9 > 8"]);
    assert_eq!(error.detail.as_deref(), Some("9 > 8"));
    let named = self::rejection(
        "make",
        json!({"kind": "box", "name": "a"}),
        409,
        r#"{"type": "named", "error": "x"}"#,
    );
    assert_eq!(named.unwrap().message, "a is there: x");
    let error = made(400, "").unwrap();
    assert_eq!(error.message, "Odd: (not given) (400)");
    let error = made(422, r#"{"type": "malformedRequest", "error": "size?"}"#).unwrap();
    assert_eq!(error.message, "The params of this call do not fit its declaration: size?.");
    let error = made(404, &"<p>".repeat(500)).unwrap();
    assert!(error.message.starts_with("The call failed: the server answered with status 404: <p><p>"));
    assert!(error.message.len() < 300);
    assert_eq!(made(403, "").unwrap().suggestions, ["Pass a valid credential in api-key."]);
}

#[test]
fn checks_the_shape_of_results() {
    for (body, place) in [
        ("", "the whole body"),
        ("{", "the whole body"),
        ("[]", "the whole body"),
        (r#"{"kind": "box"}"#, "id"),
        (r#"{"kind": "box", "id": "1"}"#, "id"),
    ] {
        let error = made(200, body).unwrap();
        assert_eq!((error.name.as_str(), error.status), ("badResponse", Some(200)), "{body}");
        assert_eq!(error.param.as_deref(), Some(place), "{body}");
    }
    let list = r#"[{"name": "a", "at": "2016-01-01"}, {"name": "b", "at": "then"}]"#;
    assert_eq!(rejection("all", json!({}), 200, list).unwrap().param.as_deref(), Some("[1].at"));
    assert_eq!(rejection("raw", json!({"events": []}), 200, "anything"), None);
    let deep = "[".repeat(100_000);
    assert_eq!(rejection("all", json!({}), 200, &deep).unwrap().name, "badResponse");
}

#[test]
fn maps_missing_answers() {
    let call = call(&protocol(), "all", json!({}), json!({"host": "::1", "port": 80})).unwrap();
    let timeout = call.unanswered(Unanswered::Timeout, "after 5 ms");
    assert_eq!((timeout.name.as_str(), timeout.status), ("timeout", None));
    assert_eq!(timeout.message, "No answer from [::1]:80 in time: after 5 ms.");
    assert_eq!(call.unanswered(Unanswered::Refused, "x").message, "No connection to [::1]:80: x.");
    let other = call.unanswered(Unanswered::Other, "ECONNRESET");
    assert_eq!((other.name.as_str(), other.message.as_str()), ("generic", "The call failed: ECONNRESET"));
    assert_eq!(call.success_msg(), ("Things:".to_owned(), "(all)".to_owned()));
}

#[test]
fn makes_commands() {
    let commands = protocol().commands();
    let make = &commands[1];
    assert_eq!((make.group.as_str(), make.name.as_str()), ("things", "make"));
    let options: Vec<&str> = make.params.iter().map(|param| param.option.as_str()).collect();
    assert_eq!(options, ["kind", "name", "size", "tags", "note"]);
    assert_eq!(make.example, "my-kind");
    assert_eq!(commands[2].example, "@events.json");
}

fn serve(service: &Service, method: &str, target: &str, key: Option<&str>, body: &str) -> (u16, Value) {
    let header: HashMap<String, String> =
        key.map(|key| ("authorization".to_owned(), key.to_owned())).into_iter().collect();
    let reply = service.answer(&Incoming { method, target, header: &header, body: body.as_bytes() });
    (reply.status, reply.body)
}

#[test]
fn serves_what_it_declares() {
    let service = Service::new(protocol(), Some("k".to_owned()));
    let (status, body) = serve(&service, "POST", "/things/box/b%20c?note=x+y", Some("k"), r#"{"size": 3}"#);
    assert_eq!((status, body), (200, json!({"kind": "box", "id": 1})));
    let (status, body) = serve(&service, "GET", "/things/?since=2016-01-01", None, "");
    assert_eq!((status, body), (200, json!([{"name": "name", "at": "2024-01-01T00:00:00Z"}])));
    for (method, target, key, body, status, kind) in [
        ("POST", "/things/box/a", None, "", 403, "unauthorized"),
        ("POST", "/things/box/a", Some("no"), "", 403, "unauthorized"),
        ("POST", "/things/box/a", Some("k"), r#"{"size": "3"}"#, 422, "malformedRequest"),
        ("POST", "/things/box/a", Some("k"), r#"{"weight": 3}"#, 422, "malformedRequest"),
        ("POST", "/things/box/a", Some("k"), "[]", 422, "malformedRequest"),
        ("POST", "/things/box/a", Some("k"), "{", 422, "malformedRequest"),
        ("POST", "/things/box/a?size=3", Some("k"), "", 422, "malformedRequest"),
        ("POST", "/raw", None, "", 422, "malformedRequest"),
        ("GET", "/things/?other=1", None, "", 422, "malformedRequest"),
        ("GET", "/things/?since=%ff", None, "", 422, "malformedRequest"),
        ("GET", "/nothing", None, "", 404, "generic"),
        ("DELETE", "/things/", None, "", 405, "generic"),
    ] {
        let (found, answer) = serve(&service, method, target, key, body);
        assert_eq!(
            (found, answer["type"].as_str().unwrap_or("")),
            (status, kind),
            "{method} {target} {answer}"
        );
    }
}

#[test]
fn serves_declared_errors_on_demand() {
    let mut service = Service::new(protocol(), None);
    for error in ["tooBig", "odd", "unauthorized", "malformedRequest", "badResponse"] {
        service.fail("things.make", Some(error)).unwrap();
        let (status, body) = serve(&service, "POST", "/things/box/a", Some("any"), "");
        assert_eq!(made(status, &body.to_string()).unwrap().name, error);
    }
    service.fail("things.make", None).unwrap();
    assert_eq!(serve(&service, "POST", "/things/box/a", Some("any"), "").0, 200);
    assert!(service.fail("things.none", Some("odd")).is_err());
    assert!(service.fail("things.make", Some("timeout")).is_err());
    assert!(service.fail("things.make", Some("none")).is_err());
}
