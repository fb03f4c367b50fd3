use serde_json::{Value, json};

use crate::protocol::Protocol;

fn small() -> Value {
    json!({
        "things": {
            "get": {
                "path": "/things/{id}",
                "params": {"id": {"type": "String", "description": "Which"}, "note": {"type": "String", "required": false}},
                "description": "Gives a thing",
                "msg": "Getting {id}",
                "request": {"method": "GET", "authorized": true},
                "response": {
                    "body": {"name": "String"},
                    "error": {"lost": {"status": 404, "msg": "{id} is lost", "suggestions": ["Look for {id}"]}},
                    "success": {"status": 200, "msg": "Got {results}"}
                }
            },
            "put": {
                "path": "/things/{id}",
                "params": {"id": {"type": "String"}, "size": {"type": "Number"}},
                "description": "Puts a thing",
                "request": {"method": "PUT", "body": ["size"]}
            }
        }
    })
}

/// The faults of the small declaration after a change at a JSON pointer; null removes.
fn faults_after(changes: &[(&str, Value)]) -> Vec<String> {
    let mut declaration = small();
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = declaration.pointer_mut(parent).unwrap();
        if value.is_null() {
            parent.as_object_mut().unwrap().remove(key).unwrap();
        } else {
            parent[key] = value.clone();
        }
    }
    match Protocol::from_json(&declaration.to_string()) {
        Ok(_) => Vec::new(),
        Err(error) => error.diagnostics.iter().map(ToString::to_string).collect(),
    }
}

fn fault_after(pointer: &str, value: Value) -> String {
    faults_after(&[(pointer, value)]).join("\n")
}

#[test]
fn accepts_a_small_declaration() {
    assert_eq!(faults_after(&[]), [""; 0]);
    let protocol = Protocol::from_json(&small().to_string()).unwrap();
    let ids: Vec<String> = protocol.endpoints().map(super::Endpoint::id).collect();
    assert_eq!(ids, ["things.get", "things.put"]);
    assert!(protocol.endpoint("things", "get").is_some() && protocol.endpoint("things", "delete").is_none());
}

#[test]
fn every_protocol_has_the_built_in_errors() {
    let protocol = Protocol::from_json(&small().to_string()).unwrap();
    let names: Vec<&str> = protocol.errors.keys().map(String::as_str).collect();
    assert_eq!(names, ["unauthorized", "malformedRequest", "badResponse", "timeout", "refused", "generic"]);
    let own = json!({"response": {"error": {"timeout": {"msg": "Too slow: {host}"}}}});
    let mut declaration = small();
    declaration["global"] = own;
    let protocol = Protocol::from_json(&declaration.to_string()).unwrap();
    assert_eq!(protocol.errors["timeout"].msg.fields().collect::<Vec<_>>(), ["host"]);
}

#[test]
fn names_faults_of_structure() {
    for (pointer, value, fault) in [
        (
            "/things/get/summary",
            json!("x"),
            "things.get.summary: is not a known key; the keys are path, params, description, msg, request, response",
        ),
        ("/things/get/path", json!(null), "things.get.path: is missing"),
        ("/things/get/path", json!(5), "things.get.path: must be a String, not the Number 5"),
        (
            "/things/get/requets",
            json!({}),
            "things.get.requets: is not a known key; the keys are path, params, description, msg, request, response; did you mean request?",
        ),
        (
            "/things/get/params/id/typ",
            json!("x"),
            "things.get.params.id.typ: is not a known key; the keys are type, description, required,",
        ),
        ("/things/get/params/id/type", json!(null), "things.get.params.id.type: is missing"),
        ("/things/get/request", json!(null), "things.get.request: is missing"),
        (
            "/things/get/request/authorized",
            json!("yes"),
            "things.get.request.authorized: must be true or false, not the String \"yes\"",
        ),
        (
            "/things/get/response/error/lost/msg",
            json!(null),
            "things.get.response.error.lost.msg: is missing",
        ),
        (
            "/things/get/response/error/lost/suggestions",
            json!([1]),
            "things.get.response.error.lost.suggestions[0]: must be a String, not the Number 1",
        ),
        (
            "/things/get/response/error/lost/status",
            json!("404"),
            "things.get.response.error.lost.status: must be an HTTP status such as 404, not the String \"404\"",
        ),
        (
            "/things/put/request/basic",
            json!(["id"]),
            "things.put.request.basic: must be an Array of two names of params, not an Array",
        ),
        (
            "/things/get/response/success/code",
            json!(1),
            "things.get.response.success.code: is not a known key; the keys are status, msg",
        ),
        (
            "/global",
            json!({"parms": {}}),
            "global.parms: is not a known key; the keys are name, description, params, request, response; did you mean params?",
        ),
        ("/things/get", json!([]), "things.get: must be an Object, not an Array"),
        ("/other", json!(1), "other: a group is an Object of endpoints, not a Number"),
    ] {
        let found = fault_after(pointer, value);
        assert!(found.starts_with(fault), "{pointer}: {found}");
    }
}

/// Checks that each change brings exactly these faults, in any order.
fn assert_faults<const N: usize>(rows: [(&str, Value, &str); N]) {
    for (pointer, value, diagnostics) in rows {
        let mut found = faults_after(&[(pointer, value)]);
        let mut expected: Vec<&str> = diagnostics.lines().collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{pointer}");
    }
}

#[test]
fn names_faults_of_params_and_paths() {
    assert_faults([
        ("/things/get/path", json!("/things/{name}"), "things.get.path: {name} is not declared in params"),
        ("/things/get/path", json!("things"), "things.get.path: a path starts with /"),
        ("/things/get/path", json!("/{id}/{id}"), "things.get.path: {id} appears twice"),
        (
            "/things/get/path",
            json!("/{note}/x"),
            "things.get.path: {note} is optional and is not the whole last segment",
        ),
        (
            "/things/get/params/id/type",
            json!("JSON"),
            "things.get.path: {id} is of type JSON, which a path cannot contain",
        ),
        (
            "/things/get/params/id/type",
            json!("Map"),
            "things.get.params.id.type: \"Map\" is not a type; the types are String, Number, Boolean, Date and JSON",
        ),
        (
            "/things/get/params/id/values",
            json!(["a", 1]),
            "things.get.params.id.values[1]: must be a String, not a Number",
        ),
        (
            "/things/get/params/note/default",
            json!(1),
            "things.get.params.note.default: must be a String, not a Number",
        ),
        (
            "/things/get/params/note",
            json!({"type": "String", "required": true, "default": "x"}),
            "things.get.params.note.default: a param with a default is not required",
        ),
        (
            "/things/get/params/note/env",
            json!("NOTE"),
            "things.get.params.note.env: only a global param can be taken from an environment variable",
        ),
        (
            "/things/get/params/host",
            json!({"type": "String"}),
            "things.get.params.host: is a global param already",
        ),
        (
            "/things/get/params/a b",
            json!({"type": "String"}),
            "things.get.params.a b: is not a name that a param can have",
        ),
        (
            "/things/get/params/Note",
            json!({"type": "String"}),
            "things.get.params.Note: gives the same command-line option as note",
        ),
    ]);
}

#[test]
fn names_faults_of_messages_and_answers() {
    assert_faults([
        ("/things/get/msg", json!("Getting {name}"), "things.get.msg: unknown field {name}"),
        ("/things/get/msg", json!("Using {api-key}"), "things.get.msg: unknown field {api-key}"),
        ("/things/get/msg", json!("Getting {id"), "things.get.msg: the brace at position 8 is never closed"),
        (
            "/things/get/response/success/msg",
            json!("{result}"),
            "things.get.response.success.msg: unknown field {result}",
        ),
        (
            "/things/get/response/error/lost/msg",
            json!("{results}"),
            "things.get.response.error.lost.msg: unknown field {results}",
        ),
        (
            "/things/get/response/error/lost/suggestions",
            json!(["x", "{y}"]),
            "things.get.response.error.lost.suggestions[1]: unknown field {y}",
        ),
        (
            "/things/get/response/error/lost/status",
            json!(200),
            "things.get.response.error.lost.status: is the status of success",
        ),
        (
            "/things/get/response/error/lost/status",
            json!(99),
            "things.get.response.error.lost.status: is not an HTTP status",
        ),
        (
            "/things/get/response/error/lost/code",
            json!([1]),
            "things.get.response.error.lost.code: a code must be a String, not a Number",
        ),
        (
            "/things/get/response/error/lost",
            json!({"msg": "x", "code": "*"}),
            "things.get.response.error.lost.code: the code * needs a status",
        ),
        (
            "/things/get/response/success/status",
            json!(9),
            "things.get.response.success.status: is neither an HTTP status nor \"2xx\"",
        ),
        (
            "/things/get/response/body",
            json!({"a": "Text"}),
            "things.get.response.body.a: \"Text\" is not a type; the types are String, Number, Boolean, Date and JSON",
        ),
        (
            "/things/get/response/body",
            json!(["#Thing"]),
            "things.get.response.body[0]: there is no shape called \"Thing\" in global.response.shapes",
        ),
        (
            "/things/get/response/secret",
            json!(["a", ".b"]),
            "things.get.response.secret[1]: a path of keys has no empty keys",
        ),
        ("/things/get/description", json!(" "), "things.get.description: is empty"),
    ]);
}

#[test]
fn names_faults_of_requests_and_names() {
    assert_faults([
        (
            "/things/get/request/method",
            json!("get"),
            "things.get.request.method: \"get\" is not one of GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS; did you mean GET?",
        ),
        ("/things/get/request/body", json!(["note"]), "things.get.request.body: a GET request has no body"),
        (
            "/things/put/request/body",
            json!(["size", "color"]),
            "things.put.request.body[1]: \"color\" is not declared in params",
        ),
        (
            "/things/put/request/body",
            json!("color"),
            "things.put.request.body: \"color\" is not declared in params",
        ),
        (
            "/things/put/request/body",
            json!({"size": 1}),
            "things.put.request.body: is an Array of param names or one param name, not an Object",
        ),
        (
            "/things/put/request/basic",
            json!(["id", "size"]),
            "things.put.request.basic: cannot be used: the credential needs the header authorization too\nthings.put.request.basic[1]: \"size\" is not a required param of type String",
        ),
        (
            "/things/put/request/method",
            json!("GET"),
            "things.put.request.body: a GET request has no body\nthings.put.path: gives the same route as things.get: GET /things/{}",
        ),
        (
            "/things/Get",
            small()["things"]["put"].clone(),
            "things.Get: gives the command get, as get does\nthings.Get.path: gives the same route as things.put: PUT /things/{}",
        ),
        (
            "/things/__proto__",
            json!({"path": "/x", "description": "x", "request": {"method": "GET"}}),
            "things.__proto__: is not a name that an endpoint can have",
        ),
        ("/close", json!({}), "close: is not a name that a group can have"),
        ("/request", json!({}), "request: request is a built-in command"),
    ]);
}

#[test]
fn names_faults_of_what_every_endpoint_shares() {
    assert_faults([
        (
            "/global",
            json!({"response": {"shapes": {"A": "#A"}}}),
            "global.response.shapes.A: must not be just the name of another shape",
        ),
        (
            "/global",
            json!({"response": {"fields": {"type": "a..b"}}}),
            "global.response.fields.type: a path of keys has no empty keys",
        ),
        (
            "/global",
            json!({"request": {"credential": {"param": "key", "header": "a b"}}}),
            "global.request.credential.header: \"a b\" is not the name of a header",
        ),
        (
            "/global",
            json!({"params": {"port": {"type": "String"}}}),
            "global.params.port.type: port is always a Number",
        ),
        (
            "/global",
            json!({"response": {"error": {"refused": {"msg": "{id}"}}}}),
            "global.response.error.refused.msg: unknown field {id}",
        ),
    ]);
}

#[test]
fn a_body_has_the_key_of_the_results() {
    let results = json!({"response": {"results": "data", "shapes": {"Whole": {"data?": "String"}, "Bare": {"a": "String"}}}});
    for (body, fits) in [
        (json!({"name": "String"}), false),
        (json!(["String"]), false),
        (json!("String"), false),
        (json!("#Bare"), false),
        (json!({"data": "String"}), true),
        (json!({"data?": ["String"], "error": "JSON"}), true),
        (json!({"*": "String"}), true),
        (json!("#Whole"), true),
        (json!("JSON"), true),
        (json!({}), true),
    ] {
        let found =
            faults_after(&[("/global", results.clone()), ("/things/get/response/body", body.clone())]);
        let fault =
            "things.get.response.body: has no data, the key of the results by global.response.results";
        assert_eq!(found, if fits { vec![] } else { vec![fault] }, "{body}");
    }
}

#[test]
fn an_optional_end_of_a_path_takes_the_route_without_it() {
    let optional = json!({"type": "String", "required": false});
    let all = json!({"path": "/things/", "description": "All", "request": {"method": "PUT"}});
    assert_eq!(
        faults_after(&[("/things/put/params/id", optional), ("/things/all", all)]),
        ["things.all.path: gives the same route as things.put: PUT /things/"]
    );
}

#[test]
fn gathers_faults_and_refuses_what_is_no_declaration() {
    let both = faults_after(&[("/things/get/msg", json!("{x}")), ("/things/put/path", json!("x"))]);
    assert_eq!(both, ["things.get.msg: unknown field {x}", "things.put.path: a path starts with /"]);
    for (text, fault) in [
        ("", "is not JSON"),
        ("[]", "a declaration is an Object of groups, not an Array"),
        ("null", "a declaration is an Object of groups, not null"),
        ("{}", "the declaration has no endpoint"),
        ("{\"a\":{}}", "the declaration has no endpoint"),
    ] {
        let error = Protocol::from_json(text).unwrap_err();
        assert!(error.diagnostics[0].to_string().starts_with(fault), "{text}: {error}");
    }
}
