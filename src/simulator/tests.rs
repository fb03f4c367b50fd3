//! A small API, and the engine and the server under it.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use serde_json::{Value, json};

use super::behaviour::Leasing;
use super::engine::Engine;
use super::reply::Reply;
use super::request::{Request, parse_query};
use super::*;

pub(super) const OPERATIONS: &str = r##"[
  {"operationId": "getThing", "method": "get", "path": "/thing", "auth": ["token"],
   "params": [{"name": "thing-id", "in": "query", "required": false, "schema": {"type": "string"}}]},
  {"operationId": "listThings", "method": "get", "path": "/things", "auth": ["token"],
   "params": [{"name": "size", "in": "query", "required": false, "schema": {"type": "integer"}}]},
  {"operationId": "listUsed", "method": "get", "path": "/things/used", "auth": ["token"], "scopes": ["home"]},
  {"operationId": "getMap", "method": "get", "path": "/map", "auth": []},
  {"operationId": "read", "method": "get", "path": "/store", "auth": ["token"], "scopes": {"scope": {"all": "home", "own": "thing"}},
   "params": [{"name": "scope", "in": "query", "required": true, "schema": {"enum": ["all", "own"]}},
              {"name": "key", "in": "query", "required": true, "schema": {"type": "string"}}]},
  {"operationId": "write", "method": "post", "path": "/store", "auth": ["token"], "scopes": {"scope": {"all": "home", "own": "thing"}},
   "body": {"required": true, "schema": {"$ref": "#/components/schemas/Stored"}}},
  {"operationId": "add", "method": "post", "path": "/list", "auth": ["token"],
   "body": {"required": true, "schema": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}}},
  {"operationId": "checkIn", "method": "post", "path": "/lead", "auth": ["token"],
   "body": {"required": true, "schema": {"type": "object", "properties": {"electable": {"type": "boolean"}, "priority": {"type": "integer"}}, "required": ["electable", "priority"]}}},
  {"operationId": "login", "method": "post", "path": "/login", "auth": ["token", "basic"]},
  {"operationId": "note", "method": "post", "path": "/note", "auth": ["token"],
   "body": {"required": true, "schema": {"type": "array", "items": {"type": "object", "properties": {"event": {"type": "string"}}, "required": ["event"]}}}},
  {"operationId": "task", "method": "post", "path": "/task", "auth": ["token"],
   "body": {"required": true, "schema": {"type": "object", "properties": {"action": {"type": "string"}, "id": {"type": "string"}}, "required": ["action", "id"]}}},
  {"operationId": "sampled", "method": "get", "path": "/sampled/{id}", "auth": ["token"],
   "params": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}],
   "success": {"status": 201, "schema": {"type": "object", "properties": {"data": {"$ref": "#/components/schemas/Stored"}}, "required": ["data"]}}}
]"##;

pub(super) const DOCUMENT: &str = r#"{"components": {
  "securitySchemes": {
    "token": {"type": "apiKey", "in": "header", "name": "X-Token"},
    "basic": {"type": "http", "scheme": "basic"}
  },
  "schemas": {"Stored": {"type": "object", "properties": {"scope": {"enum": ["all", "own"]}, "key": {"type": "string"}, "value": {"type": "string"}, "expires": {"type": "string"}}, "required": ["scope", "key", "value", "expires"]}}
}}"#;

pub(super) const SIMULATION: &str = r#"{
  "identity": {"from": "self", "token": "token", "in": "things", "take": {"thing_id": "$entry.id", "home": "$entry.home"}},
  "metadata": "about",
  "errors": {
    "body": {"data": null, "error": {"status": "$status", "code": "$code", "title": "$title", "detail": "$detail", "source": "$source"}},
    "cases": {
      "unauthorized": {"status": 401, "code": "401", "title": "Who are you"},
      "unknown-path": {"status": 404, "code": "404.path", "title": "No such path"},
      "wrong-method": {"status": 404, "code": "404.method", "title": "No such method"},
      "missing-argument": {"status": 422, "code": "422.missing", "title": "Missing"},
      "invalid-argument": {"status": 422, "code": "422.invalid", "title": "Invalid"},
      "invalid-syntax": {"status": 400, "code": "400", "title": "Not JSON"},
      "wrong-content-type": {"status": 415, "code": "415", "title": "Not JSON either"},
      "too-large": {"status": 422, "code": "422.large", "title": "Too large"},
      "internal": {"status": 500, "code": "500", "title": "Oh"},
      "thing": {"status": 404, "code": "404.thing", "title": "No such thing"},
      "scope": {"status": 403, "code": "403.scope", "title": "No such scope"}
    }
  },
  "scopes": {"names": ["home", "thing", "news"], "missing": "scope"},
  "vanishing": [{"from": "map", "after": "spans"}],
  "channel": {"path": "/news", "auth": ["token"], "scopes": ["news"], "message": {"context": {"home": "$self.home", "label": null}}},
  "operations": {
    "getThing": {"kind": "pick", "from": "things", "where": {"id": ["$query.thing-id", "$self.thing_id"]}, "missing": "thing"},
    "listThings": {"kind": "list", "from": "things", "where": {"home": "$self.home"}, "take": "id",
                   "within": {"from": "homes", "where": {"id": "$self.home"}, "missing": "thing"}},
    "listUsed": {"kind": "list", "from": "things", "take": "id", "having": {"field": "id", "in": "uses", "by": "thing", "where": {"live": true}}},
    "getMap": {"kind": "value", "from": "map"},
    "read": {"kind": "store-read", "store": "s", "missing": "thing",
             "key": {"scope": "$query.scope", "name": "$query.key", "owners": {"own": "$self.thing_id"}}},
    "write": {"kind": "store-write", "store": "s", "value": "$body", "expires": "$body.expires", "expires_at": "/expires", "answer": {"data": null},
              "key": {"scope": "$body.scope", "name": "$body.key", "owners": {"own": "$self.thing_id"}}},
    "add": {"kind": "append", "into": "list", "key": "id", "entry": {"id": "$body.id", "seen": "$now"},
            "added": [{"topic": "list.new", "object": {"id": "$entry.id"}}], "renewed": [{"topic": "list.updated"}]},
    "checkIn": {"kind": "lease", "group": "$self.home", "member": "$self.thing_id", "electable": "$body.electable", "priority": "$body.priority",
                "deadline": {"from": "homes", "where": {"id": "$self.home"}, "take": "lead.within", "at_least": "5s"},
                "disabled": "thing", "answer": {"data": {"primary": "$primary", "time": "$now"}},
                "record": {
                  "primary": {"id": "$member.name", "priority": "$member.priority", "since": "$member.elected", "seen": "$member.seen"},
                  "group": {"in": ["homes"], "where": {"id": "$group.name"}, "set": {"leads": "$group.primary", "seen": "$group.seen"}},
                  "members": {"in": ["things"], "where": {"id": "$member.name"}, "set": {"lead": {"since": "$member.elected", "seen": "$member.seen"}}}
                }},
    "login": {"kind": "basic-login", "users": "users", "username": "name", "password": "word", "answer": {"data": true}, "refused": {"status": 403, "answer": {"data": false}}},
    "note": {"kind": "record", "answer": {"data": true}, "each": "body", "publish": [{"topic": "noted", "object": {"id": "$item.event"}}]},
    "task": {"kind": "task", "on": "$body.action", "answer": {}, "tasks": {
      "start": {"in": ["things", "copies.*.things"], "where": {"id": "$body.id"}, "missing": "thing", "settled": {"state": "running"}, "states": [
        {"set": {"state": "starting", "changed": "$now"}, "publish": [{"topic": "state", "object": {"id": "$entry.id", "state": "$entry.state", "was": "$before.state"}}]},
        {"set": {"state": "running"}, "publish": [{"topic": "state", "object": {"state": "$entry.state", "was": "$before.state"}}]}
      ]}
    }}
  }
}"#;

pub(super) const WORLD: &str = r#"{
  "self": {"token": "t", "thing_id": "a", "home": "h"},
  "about": {"id": "h"},
  "homes": [{"id": "h", "lead": {"within": "10s"}}],
  "map": {"k": "v"},
  "things": [{"id": "a", "home": "h", "state": "stopped"}, {"id": "b", "home": "h", "state": "running"}, {"id": "c", "home": "other"}],
  "copies": {"x": {"things": [{"id": "a", "state": "stopped"}]}},
  "uses": [{"thing": "b", "live": true}, {"thing": "a", "live": false}],
  "list": [],
  "users": [{"name": "ann", "word": "pass:word"}]
}"#;

const START: Duration = Duration::from_secs(1_000_000_000);

fn declaration() -> Arc<Declaration> {
    Arc::new(Declaration::parse(OPERATIONS, DOCUMENT, SIMULATION, WORLD).unwrap())
}

fn engine(leasing: Leasing) -> (Engine, Clock) {
    let clock = Clock::standing_at(START);
    let world = serde_json::from_str(WORLD).unwrap();
    (Engine::new(declaration(), world, None, leasing, clock.clone()), clock)
}

fn request(method: &str, target: &str, body: &str, headers: &[(&str, &str)]) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Request {
        method: method.into(),
        target: target.into(),
        path: path.into(),
        query: parse_query(query),
        headers: headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        body: body.to_owned().into(),
    }
}

fn call(engine: &mut Engine, token: &str, method: &str, target: &str, body: &Value) -> Reply {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    engine.reply(&request(method, target, &body, &[("x-token", token), ("content-type", "application/json")]))
}

fn get(engine: &mut Engine, target: &str) -> (u16, Value) {
    let reply = call(engine, "t", "GET", target, &Value::Null);
    (reply.status, reply.body)
}

fn error(reply: &(u16, Value)) -> (u16, &str, &str) {
    let text = |name: &str| reply.1["error"][name].as_str().unwrap_or_default();
    (reply.0, text("code"), text("source"))
}

#[test]
fn picks_lists_and_reads_the_world() {
    let (mut engine, _) = engine(Leasing::default());
    assert_eq!(get(&mut engine, "/thing").1["data"]["id"], "a");
    assert_eq!(get(&mut engine, "/thing?thing-id=b").1["data"]["state"], "running");
    assert_eq!(error(&get(&mut engine, "/thing?thing-id=z")), (404, "404.thing", ""));
    assert_eq!(get(&mut engine, "/things"), (200, json!({"data": ["a", "b"]})));
    assert_eq!(get(&mut engine, "/things/used"), (200, json!({"data": ["b"]})));
    assert_eq!(get(&mut engine, "/map"), (200, json!({"data": {"k": "v"}})));
}

#[test]
fn samples_what_has_no_behaviour() {
    let (mut engine, _) = engine(Leasing::default());
    let (status, body) = get(&mut engine, "/sampled/7");
    assert_eq!((status, &body["data"]["scope"]), (201, &json!("all")));
    assert_eq!(error(&get(&mut engine, "/sampled/seven")), (422, "422.invalid", "/path/id"));
}

#[test]
fn tells_what_is_wrong_with_a_request() {
    let (mut engine, _) = engine(Leasing::default());
    assert_eq!(error(&get(&mut engine, "/nothing")), (404, "404.path", ""));
    let reply = call(&mut engine, "t", "DELETE", "/store", &Value::Null);
    assert_eq!((reply.status, reply.allow.as_deref()), (404, Some("GET, POST")));
    assert_eq!(error(&get(&mut engine, "/store?scope=all")), (422, "422.missing", "/query/key"));
    assert_eq!(error(&get(&mut engine, "/store?scope=some&key=k")), (422, "422.invalid", "/query/scope"));
    assert_eq!(error(&get(&mut engine, "/things?size=big")), (422, "422.invalid", "/query/size"));
    assert_eq!(get(&mut engine, "/things?size=12").0, 200);

    let mut post = |body: &str, kind: &str| {
        let reply =
            engine.reply(&request("POST", "/store", body, &[("x-token", "t"), ("content-type", kind)]));
        (reply.status, reply.body)
    };
    let json = "application/json; charset=utf-8";
    let missing = r#"{"scope": "all", "key": "k", "value": 1}"#;
    assert_eq!(error(&post(missing, json)), (422, "422.missing", "/expires"));
    let wrong = r#"{"scope": "all", "key": "k", "value": 1, "expires": "1s"}"#;
    assert_eq!(error(&post(wrong, json)), (422, "422.invalid", "/value"));
    let never = r#"{"scope": "all", "key": "k", "value": "v", "expires": "soon"}"#;
    assert_eq!(error(&post(never, json)), (422, "422.invalid", "/expires"));
    assert_eq!(error(&post("", json)), (422, "422.missing", ""));
    assert_eq!(error(&post("{", json)), (400, "400", ""));
    assert_eq!(error(&post("{}", "text/plain")), (415, "415", ""));
}

#[test]
fn asks_for_a_token_it_knows() {
    let (mut engine, _) = engine(Leasing::default());
    for headers in [&[][..], &[("x-token", "")], &[("x-token", "T")], &[("authorization", "Basic YTpi")]] {
        let reply = engine.reply(&request("GET", "/thing", "", headers));
        assert_eq!((reply.status, &reply.body["error"]["code"]), (401, &json!("401")));
        assert!(!reply.body.to_string().contains("T\""), "{}", reply.body);
    }
    assert_eq!(engine.reply(&request("GET", "/map", "", &[])).status, 200);
    assert!(!engine.add_token("u", "nobody"));
    assert!(engine.add_token("u", "b"));
    assert_eq!(call(&mut engine, "u", "GET", "/thing", &Value::Null).body["data"]["id"], "b");
}

#[test]
fn stores_by_scope_owner_and_key_until_it_expires() {
    let (mut engine, clock) = engine(Leasing::default());
    assert!(engine.add_token("u", "b"));
    let mut write = |token: &str, scope: &str, value: &str, expires: &str| {
        let body = json!({"scope": scope, "key": "k", "value": value, "expires": expires});
        assert_eq!(call(&mut engine, token, "POST", "/store", &body).body, json!({"data": null}));
    };
    write("t", "all", "one", "1m");
    write("t", "own", "mine", "1h");
    write("u", "own", "hers", "1h");
    let mut read = |token: &str, scope: &str| {
        let target = format!("/store?key=k&scope={scope}");
        let reply = call(&mut engine, token, "GET", &target, &Value::Null);
        (reply.status, reply.body["data"]["value"].clone())
    };
    assert_eq!(read("u", "all"), (200, json!("one")));
    assert_eq!(read("t", "own"), (200, json!("mine")));
    assert_eq!(read("u", "own"), (200, json!("hers")));
    clock.advance(Duration::from_secs(60));
    assert_eq!(read("t", "all").0, 404);
    assert_eq!(read("t", "own").0, 200);
}

#[test]
fn appends_once_and_renews_afterwards() {
    let (mut engine, clock) = engine(Leasing::default());
    let reply = call(&mut engine, "t", "POST", "/list", &json!({"id": "x"}));
    assert_eq!(reply.body, json!({"data": [{"id": "x", "seen": "2001-09-09T01:46:40.000Z"}]}));
    assert_eq!(
        reply.publications,
        [json!({"topic": "list.new", "object": {"id": "x"}, "context": {"home": "h", "label": null}})]
    );
    clock.advance(Duration::from_secs(1));
    let reply = call(&mut engine, "t", "POST", "/list", &json!({"id": "x"}));
    assert_eq!(reply.body, json!({"data": [{"id": "x", "seen": "2001-09-09T01:46:41.000Z"}]}));
    assert_eq!(reply.publications[0]["topic"], "list.updated");
    engine.reset();
    assert_eq!(engine.world()["list"], json!([]));
}

#[test]
fn moves_the_lease_when_the_holder_is_silent() {
    let (mut first, clock) = engine(Leasing::default());
    assert!(first.add_token("u", "b"));
    let primary = |engine: &mut Engine, token: &str| {
        let body = json!({"electable": true, "priority": 1});
        call(engine, token, "POST", "/lead", &body).body["data"]["primary"].clone()
    };
    assert_eq!(primary(&mut first, "t"), "a");
    clock.advance(Duration::from_secs(9));
    assert_eq!(primary(&mut first, "u"), "a");
    clock.advance(Duration::from_secs(1));
    assert_eq!(primary(&mut first, "u"), "b");
    assert_eq!(primary(&mut first, "t"), "b");
    let body = json!({"electable": false, "priority": 1});
    assert_eq!(call(&mut first, "u", "POST", "/lead", &body).body["data"]["primary"], "a");

    let deadline = Some(Duration::from_millis(100));
    let (mut quick, clock) = engine(Leasing { enabled: true, deadline });
    assert!(quick.add_token("u", "b"));
    primary(&mut quick, "t");
    clock.advance(Duration::from_millis(100));
    assert_eq!(primary(&mut quick, "u"), "b");

    let (mut off, _) = engine(Leasing { enabled: false, deadline: None });
    assert_eq!(call(&mut off, "t", "POST", "/lead", &body).status, 404);
}

#[test]
fn shows_the_lease_in_the_world() {
    let (mut engine, clock) = engine(Leasing::default());
    assert!(engine.add_token("u", "b"));
    let check_in = |engine: &mut Engine, token: &str, electable: bool| {
        let body = json!({"electable": electable, "priority": 3});
        assert_eq!(call(engine, token, "POST", "/lead", &body).status, 200);
    };
    let (first, second) = ("2001-09-09T01:46:40.000Z", "2001-09-09T01:46:49.000Z");
    check_in(&mut engine, "t", true);
    clock.advance(Duration::from_secs(9));
    check_in(&mut engine, "u", true);
    let world = engine.world();
    let leads = json!({"id": "a", "priority": 3, "since": first, "seen": first});
    assert_eq!((&world["homes"][0]["leads"], &world["homes"][0]["seen"]), (&leads, &json!(second)));
    assert_eq!(world["things"][0]["lead"], json!({"since": first, "seen": first}));
    assert_eq!(world["things"][1]["lead"], json!({"since": null, "seen": second}));
    assert_eq!(world["things"][2].get("lead"), None);

    clock.advance(Duration::from_secs(1));
    assert_eq!(engine.world()["homes"][0]["leads"], Value::Null);
    assert_eq!(get(&mut engine, "/thing").1["data"]["lead"], json!({"since": null, "seen": first}));
    check_in(&mut engine, "u", true);
    assert_eq!(engine.world()["homes"][0]["leads"]["id"], "b");
}

#[test]
fn has_no_lease_where_the_world_has_no_deadline() {
    let mut world: Value = serde_json::from_str(WORLD).unwrap();
    world["homes"][0]["lead"] = Value::Null;
    let mut engine = Engine::new(declaration(), world, None, Leasing::default(), Clock::default());
    let reply = call(&mut engine, "t", "POST", "/lead", &json!({"electable": true, "priority": 1}));
    assert_eq!((reply.status, &reply.body["error"]["detail"]), (404, &json!("lead.within is not set")));
}

#[test]
fn refuses_a_world_with_a_deadline_that_is_too_short_or_none() {
    for (given, shown) in [(json!("4s"), r#""4s""#), (json!("soon"), r#""soon""#), (json!(60), "60")] {
        let world = Some(json!({"homes": [{"id": "g"}, {"id": "h", "lead": {"within": given}}]}));
        let refused = Simulator::start(declaration(), Options { world, ..Options::default() }, |_| {});
        let error = refused.err().unwrap();
        let expected = format!(
            "the world can't be served: homes.1.lead.within must be a duration of 5s or more, not {shown}"
        );
        assert_eq!((error.code(), error.to_string()), ("ERR_CYCLE_DECLARATION", expected));
    }
}

#[test]
fn allows_what_its_scopes_allow() {
    let (mut engine, _) = engine(Leasing::default());
    let answer = |engine: &mut Engine, target: &str| {
        let (status, body) = get(engine, target);
        (status, body["error"]["detail"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(answer(&mut engine, "/things/used").0, 200);
    engine.set_scopes(Some(vec!["thing".into()])).unwrap();
    let refused = (403, "needs the scope home; allowed: thing".to_owned());
    assert_eq!(answer(&mut engine, "/things/used"), refused);
    assert_eq!(answer(&mut engine, "/store?scope=all&key=k"), refused);
    assert_eq!(answer(&mut engine, "/store?scope=own&key=k").0, 404);
    assert_eq!(answer(&mut engine, "/store?scope=odd&key=k").0, 422);
    assert_eq!(answer(&mut engine, "/thing").0, 200);
    let mut write = |scope: &str| {
        let body = json!({"scope": scope, "key": "k", "value": "v", "expires": "1m"});
        call(&mut engine, "t", "POST", "/store", &body).status
    };
    assert_eq!((write("all"), write("own")), (403, 200));
    assert!(engine.check_channel_scopes().is_err());
    assert_eq!(engine.reply(&request("GET", "/things/used", "", &[])).status, 401);

    engine.set_scopes(Some(vec!["home".into(), "news".into()])).unwrap();
    assert_eq!(answer(&mut engine, "/things/used").0, 200);
    assert!(engine.check_channel_scopes().is_ok());
    let error = engine.set_scopes(Some(vec!["nwes".into()])).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"there is no scope "nwes"; the scopes are home, thing, news; did you mean news?"#
    );
    assert_eq!(answer(&mut engine, "/things/used").0, 200);
    engine.set_scopes(None).unwrap();
    assert_eq!(answer(&mut engine, "/store?scope=own&key=k").0, 200);
}

#[test]
fn forgets_a_token_that_was_replaced() {
    let (mut engine, _) = engine(Leasing::default());
    assert!(engine.add_token("u", "b"));
    engine.set_token("v".into());
    let id = |engine: &mut Engine, token: &str| {
        let reply = call(engine, token, "GET", "/thing", &Value::Null);
        (reply.status, reply.body["data"]["id"].clone())
    };
    assert_eq!(id(&mut engine, "t").0, 401);
    assert_eq!((id(&mut engine, "u"), id(&mut engine, "v")), ((200, json!("b")), (200, json!("a"))));
}

#[test]
fn changes_the_world_while_it_runs() {
    let (mut engine, _) = engine(Leasing::default());
    engine.change_world(|world| world["map"]["k"] = json!("w")).unwrap();
    assert_eq!(get(&mut engine, "/map").1["data"], json!({"k": "w"}));
    engine.change_world(|world| world["self"]["thing_id"] = json!("b")).unwrap();
    assert_eq!(get(&mut engine, "/thing").1["data"]["id"], "b");
    let refused = engine.change_world(|world| world["homes"][0]["lead"]["within"] = json!("1s"));
    assert_eq!(refused.unwrap_err().code(), "ERR_CYCLE_DECLARATION");
    assert_eq!(engine.world()["homes"][0]["lead"]["within"], "10s");
    engine.reset();
    assert_eq!(get(&mut engine, "/map").1["data"], json!({"k": "v"}));
}

#[test]
fn replaces_only_a_world_that_it_was_told_of() {
    let (simulator, _) = start(Options::default());
    let before: Value = serde_json::from_str(&simulator.world()).unwrap();
    let mut after = before.clone();
    after["map"]["k"] = json!("w");
    assert!(simulator.replace_world(&before, after.clone()).unwrap());
    assert!(!simulator.replace_world(&before, before.clone()).unwrap());
    assert_eq!(serde_json::from_str::<Value>(&simulator.world()).unwrap(), after);
}

#[test]
fn lets_fields_vanish_some_time_after_the_start() {
    let (mut engine, clock) = engine(Leasing::default());
    engine.change_world(|world| world["spans"] = json!({"k": "1m"})).unwrap();
    clock.advance(Duration::from_secs(59));
    assert_eq!(get(&mut engine, "/map").1["data"], json!({"k": "v"}));
    clock.advance(Duration::from_secs(1));
    assert_eq!(get(&mut engine, "/map").1["data"], json!({}));
    engine.reset();
    engine.change_world(|world| world["spans"] = json!({"k": "1m"})).unwrap();
    assert_eq!(get(&mut engine, "/map").1["data"], json!({"k": "v"}));
    assert!(engine.change_world(|world| world["spans"] = json!({"k": "soon"})).is_err());
}

#[test]
fn checks_user_names_and_passwords() {
    let (mut engine, _) = engine(Leasing::default());
    let mut login = |headers: &[(&str, &str)]| {
        let reply = engine.reply(&request("POST", "/login", "", headers));
        (reply.status, reply.body["data"].clone())
    };
    // ann:pass:word, ann:password, and no colon at all
    assert_eq!(login(&[("authorization", "Basic YW5uOnBhc3M6d29yZA==")]), (200, json!(true)));
    assert_eq!(login(&[("authorization", "basic YW5uOnBhc3N3b3Jk")]), (403, json!(false)));
    assert_eq!(login(&[("authorization", "Basic YW5u")]).0, 401);
    assert_eq!(login(&[("authorization", "Bearer YW5u")]).0, 401);
    assert_eq!(login(&[("x-token", "t")]), (403, json!(false)));
    assert_eq!(login(&[]).0, 401);
}

#[test]
fn takes_an_entry_through_its_states() {
    let (mut engine, _) = engine(Leasing::default());
    let reply = call(&mut engine, "t", "POST", "/task", &json!({"action": "start", "id": "a"}));
    assert_eq!((reply.status, &reply.body), (200, &json!({})));
    let states: Vec<_> = reply.publications.iter().map(|message| message["object"].clone()).collect();
    assert_eq!(
        states,
        [
            json!({"id": "a", "state": "starting", "was": "stopped"}),
            json!({"state": "running", "was": "starting"})
        ]
    );
    assert_eq!(get(&mut engine, "/thing").1["data"]["state"], "running");
    assert_eq!(engine.world()["copies"]["x"]["things"][0]["state"], "running");
    let mut again = |action: &str, id: &str| {
        call(&mut engine, "t", "POST", "/task", &json!({"action": action, "id": id}))
    };
    assert_eq!(again("start", "b").publications, Vec::<Value>::new());
    assert_eq!(again("start", "z").status, 404);
    assert_eq!(again("dance", "a").status, 422);
}

#[test]
fn publishes_once_for_each_item() {
    let (mut engine, _) = engine(Leasing::default());
    let reply = call(&mut engine, "t", "POST", "/note", &json!([{"event": "one"}, {"event": "two"}]));
    let ids: Vec<_> = reply.publications.iter().map(|message| message["object"]["id"].clone()).collect();
    assert_eq!((reply.body, ids), (json!({"data": true}), vec![json!("one"), json!("two")]));
}

fn start(options: Options) -> (Simulator, mpsc::Receiver<Event>) {
    let (sender, events) = mpsc::channel();
    let simulator = Simulator::start(declaration(), options, move |event| {
        // The test may have ended.
        let _ = sender.send(event);
    })
    .unwrap();
    (simulator, events)
}

fn connect(simulator: &Simulator) -> UnixStream {
    let stream = UnixStream::connect(simulator.socket_path().unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// Sends a request and reads until the server closes, or has sent a whole body.
fn exchange(stream: &mut UnixStream, head: &str) -> String {
    write!(stream, "{head}\r\nhost: x\r\nx-token: t\r\n\r\n").unwrap();
    let mut reader = BufReader::new(stream);
    let (mut text, mut length) = (String::new(), 0);
    loop {
        let start = text.len();
        if reader.read_line(&mut text).unwrap_or(0) == 0 {
            return text;
        }
        let line = &text[start..];
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body).unwrap();
    text + &String::from_utf8(body).unwrap()
}

#[test]
fn serves_connections_and_cleans_up() {
    let (mut simulator, _) = start(Options { token: Some("t".into()), ..Options::default() });
    let (socket, metadata) =
        (simulator.socket_path().unwrap().to_owned(), simulator.metadata_path().unwrap().to_owned());
    assert_eq!(
        serde_json::from_slice::<Value>(&std::fs::read(&metadata).unwrap()).unwrap(),
        json!({"id": "h"})
    );
    let mut stream = connect(&simulator);
    assert!(exchange(&mut stream, "GET /map HTTP/1.1").ends_with("{\"data\":{\"k\":\"v\"}}"));
    assert!(exchange(&mut stream, "GET /nothing HTTP/1.1").starts_with("HTTP/1.1 404 "));
    let journal: Value = serde_json::from_str(&simulator.requests_since(0)).unwrap();
    assert_eq!(journal["entries"][0]["headers"]["x-token"], "[redacted]");
    assert_eq!(journal["entries"][1]["status"], 404);
    simulator.close();
    simulator.close();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    assert!(!socket.exists() && !metadata.exists() && !socket.parent().unwrap().exists());
}

#[test]
fn serves_a_world_that_was_changed() {
    let world = Some(json!({"map": {"more": 1}, "self": {"token": "other"}}));
    let (simulator, _) = start(Options { world, ..Options::default() });
    assert_eq!(simulator.token(), "other");
    let body = exchange(&mut connect(&simulator), "GET /map HTTP/1.1");
    assert!(body.ends_with("{\"data\":{\"k\":\"v\",\"more\":1}}"), "{body}");
    let refused = Options { token: Some(String::new()), ..Options::default() };
    assert!(matches!(Simulator::start(declaration(), refused, |_| {}), Err(Error::NoToken)));
}

#[test]
fn answers_and_breaks_off_as_it_is_told_to() {
    let (simulator, _) = start(Options::default());
    let answer = |text: &str| Some(Answer::parse(text, None).unwrap());
    let told = |text: &str| {
        simulator.respond("getMap", answer(text), Some(1)).unwrap();
        exchange(&mut connect(&simulator), "GET /map HTTP/1.1")
    };
    let teapot = told(r#"{"status": 418, "text": "short", "headers": [["x-a", "1"], ["x-a", "2"]]}"#);
    assert!(teapot.starts_with("HTTP/1.1 418 ") && teapot.ends_with("short"), "{teapot}");
    assert!(teapot.contains("x-a: 1\r\nx-a: 2\r\n"));
    assert!(told(r#"{"status": 500}"#).contains(r#""code":"500""#));
    assert!(told(r#"{"headers": [["x-b", "1"]]}"#).ends_with("{\"data\":{\"k\":\"v\"}}"));
    assert_eq!(told(r#"{"drop": "connection"}"#), "");
    let head = told(r#"{"drop": "head"}"#);
    assert!(head.starts_with("HTTP/1.1 200 ") && !head.contains("\r\n\r\n"), "{head}");
    let body = told(r#"{"drop": "body"}"#);
    assert!(body.ends_with("\r\n\r\n{\"data\":{"), "{body}");
    let journal: Value = serde_json::from_str(&simulator.requests_since(0)).unwrap();
    let faults: Vec<_> = journal["entries"].as_array().unwrap().iter().map(|entry| &entry["fault"]).collect();
    assert_eq!(json!(faults), json!([null, null, null, "connection", "head", "body"]));
    assert!(simulator.respond("getNothing", None, None).is_err());
}

#[test]
fn asks_the_owner() {
    let (simulator, events) = start(Options::default());
    let rule = simulator.respond("GET /map", None, None).unwrap();
    let answers =
        [Ok(Some(Answer::parse(r#"{"text": "told"}"#, None).unwrap())), Ok(None), Err("it broke".to_owned())];
    let ends = ["told", "{\"data\":{\"k\":\"v\"}}", "\"detail\":\"it broke\"}}"];
    for (answer, end) in answers.into_iter().zip(ends) {
        let mut stream = connect(&simulator);
        let client = std::thread::spawn(move || exchange(&mut stream, "GET /map?a=1 HTTP/1.1"));
        let Event::Question { question, rule: asked, request } =
            events.recv_timeout(Duration::from_secs(10)).unwrap()
        else {
            panic!("another event")
        };
        assert_eq!(asked, rule);
        assert_eq!(serde_json::from_str::<Value>(&request).unwrap()["query"], json!({"a": "1"}));
        simulator.answer(question, answer);
        let text = client.join().unwrap();
        assert!(text.ends_with(end), "{text}");
    }
    assert_eq!(simulator.calls(rule), Some(3));
    simulator.remove(rule);
    assert_eq!(simulator.calls(rule), None);
}

#[test]
fn refuses_handshakes_that_are_none() {
    let (simulator, _) = start(Options::default());
    let refused = exchange(&mut connect(&simulator), "GET /news HTTP/1.1");
    assert!(refused.starts_with("HTTP/1.1 400 ") && refused.contains("is a WebSocket"), "{refused}");
    let (simulator, _) = start(Options { token: Some("other".into()), ..Options::default() });
    let refused = exchange(&mut connect(&simulator), "GET /news HTTP/1.1");
    assert!(refused.starts_with("HTTP/1.1 401 "), "{refused}");
    assert_eq!(simulator.connections(), 0);
}

#[test]
fn sends_notifications_to_whoever_is_connected() {
    let (simulator, events) = start(Options::default());
    let mut stream = connect(&simulator);
    let upgrade = "GET /news HTTP/1.1\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
    let head = exchange(&mut stream, upgrade);
    assert!(head.starts_with("HTTP/1.1 101 ") && head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    let wait = |wanted: &Event| {
        while events.recv_timeout(Duration::from_secs(10)).unwrap() != *wanted {}
    };
    wait(&Event::Connections(1));
    let mut frame = |wanted: &[u8]| {
        let mut bytes = vec![0; wanted.len()];
        stream.read_exact(&mut bytes).unwrap();
        assert_eq!(bytes, wanted);
    };
    simulator.publish_text("hi".into());
    frame(b"\x81\x02hi");
    simulator.go_silent(false);
    simulator.publish(json!({"topic": "t", "context": {"label": "l"}}));
    simulator.resume();
    frame(
        b"\x81\x37{\"context\":{\"home\":\"h\",\"label\":\"l\"},\"topic\":\"t\"}".replace_length().as_slice(),
    );
    let pace = Pace { per_second: None, count: Some(3) };
    let publisher = simulator.publish_every(7, vec![json!("a"), json!("b")], pace);
    frame(b"\x81\x01a\x81\x01b\x81\x01a");
    wait(&Event::Published { publisher: 7 });
    assert_eq!(publisher.sent(), 3);
    simulator.send_raw(vec![0xff, 0x00]);
    frame(&[0xff, 0x00]);
    simulator.disconnect(4001, "bye").unwrap();
    frame(b"\x88\x05\x0f\xa1bye");
    assert!(simulator.disconnect(1006, "").is_err());
    drop(stream);
    wait(&Event::Connections(0));
    assert_eq!(simulator.connections(), 0);
}

trait Frame {
    /// The frame with its length byte set to that of its payload.
    fn replace_length(&self) -> Vec<u8>;
}

impl<const N: usize> Frame for [u8; N] {
    fn replace_length(&self) -> Vec<u8> {
        let mut bytes = self.to_vec();
        bytes[1] = u8::try_from(N - 2).unwrap();
        bytes
    }
}
