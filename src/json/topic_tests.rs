use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::arbitrary::{any_json, any_message};
use super::*;

fn found(text: &str) -> Option<String> {
    topic(text).unwrap().map(Cow::into_owned)
}

#[test]
fn finds_the_topic_wherever_it_stands() {
    for text in [
        r#"{"topic":"a.b"}"#,
        r#"{"topic":"a.b","object":{"id":"1"}}"#,
        r#"{"object":{"id":"1"},"context":{"containers":["x",null,true,false,-1.5e+3]},"topic":"a.b"}"#,
        " \t\r\n{ \"object\" : [ ] , \"topic\" : \"a.b\" } \n",
    ] {
        assert_eq!(found(text).as_deref(), Some("a.b"), "{text}");
    }
}

#[test]
fn looks_at_the_outermost_object_only() {
    assert_eq!(found(r#"{"object":{"topic":"inner"},"topic":"outer"}"#).as_deref(), Some("outer"));
    assert_eq!(found(r#"{"object":{"topic":"inner"}}"#), None);
    assert_eq!(found(r#"[{"topic":"inner"}]"#), None);
    assert_eq!(found(r#"{"a":["topic","x"],"b":"topic"}"#), None);
    assert_eq!(found(r#"{"a":"{\"topic\":\"fake\"}"}"#), None);
}

#[test]
fn the_last_of_several_keys_counts() {
    assert_eq!(found(r#"{"topic":"a","topic":"b"}"#).as_deref(), Some("b"));
    assert_eq!(found(r#"{"topic":"a","t\u006fpic":"b"}"#).as_deref(), Some("b"));
    assert_eq!(found(r#"{"topic":"a","topic":null}"#), None);
    assert_eq!(found(r#"{"topic":{"topic":"a"},"topic":"b"}"#).as_deref(), Some("b"));
}

#[test]
fn resolves_escapes() {
    assert_eq!(found(r#"{"topic":"a\u002eb"}"#).as_deref(), Some("a.b"));
    assert_eq!(found(r#"{"topic":"\"\\\/\b\f\n\r\t"}"#).as_deref(), Some("\"\\/\u{8}\u{c}\n\r\t"));
    assert_eq!(found(r#"{"topic":"\ud83d\ude00é\u00E9"}"#).as_deref(), Some("\u{1f600}éé"));
    assert_eq!(found(r#"{"topic":"x\ud800y\udc00"}"#).as_deref(), Some("x\u{fffd}y\u{fffd}"));
    assert_eq!(found(r#"{"\ud800":1,"topic":"a"}"#).as_deref(), Some("a"));
}

#[test]
fn borrows_a_topic_without_escapes() {
    assert!(matches!(topic(r#"{"topic":"a.b"}"#), Ok(Some(Cow::Borrowed("a.b")))));
}

#[test]
fn what_is_no_object_has_no_topic() {
    for text in ["null", "true", "7", "-0", "0.5", "1e9", "1E-9", "\"topic\"", "[]", "[1,[2]]", "{}", " { } "]
    {
        assert_eq!(found(text), None, "{text}");
    }
}

#[test]
fn refuses_what_is_no_json() {
    for text in [
        "",
        " ",
        "{",
        "}",
        "{]",
        "[}",
        "[",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":}",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a:1}",
        "{'a':1}",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{}{}",
        "{} x",
        "nul",
        "nulll",
        "tru",
        "True",
        "01",
        "1.",
        ".5",
        "-",
        "+1",
        "1e",
        "1e+",
        "0x1",
        "1.e1",
        "\"",
        "\"a",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"a\nb\"",
        "\"a\tb\"",
        "\"\u{0}\"",
        "\u{feff}{}",
        "\u{a0}{}",
        "{\"topic\":\"a\"",
        "{\"topic\":\"a\"}]",
        "{\"topic\":\"a\",\"x\":}",
        "undefined",
        "NaN",
        "//",
        "{\"a\":1}/**/",
    ] {
        assert_eq!(topic(text), Err(Error), "{text:?}");
    }
}

#[test]
fn depth_is_bounded_by_memory_alone() {
    for depth in [1, 63, 64, 65, 127, 128, 129, 200_000] {
        let text = format!("{{\"x\":{}{},\"topic\":\"a\"}}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(found(&text).as_deref(), Some("a"), "{depth}");
        let mixed = format!("{{\"x\":{}1{},\"topic\":\"a\"}}", "[{\"k\":".repeat(depth), "}]".repeat(depth));
        assert_eq!(found(&mixed).as_deref(), Some("a"), "{depth}");
        let crossed = format!("{{\"x\":{}1{}", "[{\"k\":".repeat(depth), "]}".repeat(depth));
        assert_eq!(topic(&crossed), Err(Error), "{depth}");
    }
}

/// What the topic is when the whole message is parsed.
fn reference(value: &Value) -> Option<String> {
    value.get("topic").and_then(Value::as_str).map(String::from)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn agrees_with_a_full_parse(message in any_message()) {
        let whole: Value = serde_json::from_str(&message).unwrap();
        prop_assert_eq!(found(&message), reference(&whole));
    }

    #[test]
    fn agrees_on_anything_that_serialises(value in any_json()) {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            prop_assert_eq!(found(&text), reference(&value));
        }
    }

    #[test]
    fn agrees_on_what_is_valid_after_damage(message in any_message(), at in any::<prop::sample::Index>(), with in any::<char>()) {
        let mut characters: Vec<char> = message.chars().collect();
        let position = at.index(characters.len());
        characters[position] = with;
        let damaged: String = characters.into_iter().collect();
        match serde_json::from_str::<Value>(&damaged) {
            Ok(whole) => prop_assert_eq!(found(&damaged), reference(&whole)),
            // serde_json refuses lone surrogates and numbers beyond f64, which JSON.parse accepts.
            Err(error) if error.to_string().starts_with("lone leading surrogate") => {}
            Err(error) if error.to_string().starts_with("unexpected end of hex escape") => {}
            Err(error) if error.to_string().starts_with("number out of range") => {}
            Err(_) => prop_assert_eq!(topic(&damaged), Err(Error)),
        }
    }

    #[test]
    fn never_panics(text in any::<String>()) {
        let _ = topic(&text);
    }

    #[test]
    fn a_cut_message_is_no_json(message in any_message(), at in any::<prop::sample::Index>()) {
        let trimmed = message.trim_end();
        let cut: String = trimmed.chars().take(at.index(trimmed.chars().count())).collect();
        prop_assert_eq!(topic(&cut), Err(Error));
    }
}

#[test]
fn a_realistic_notification() {
    let message = json!({
        "topic": "container.instance.state.changed",
        "object": { "id": "5f0c", "state": "running" },
        "context": { "label": null, "containers": ["c1"], "environments": ["e1"] },
        "flags": {},
    });
    assert_eq!(found(&message.to_string()).as_deref(), Some("container.instance.state.changed"));
}
