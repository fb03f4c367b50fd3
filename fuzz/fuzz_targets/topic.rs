//! Random text as a message: the topic is that of a full parse, and text is refused when, and only when, the parse fails.
#![no_main]

use cycle_internal_api::json::topic::topic;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// Complaints of serde_json about what `JSON.parse` accepts: lone surrogates, numbers beyond f64, deep nesting.
const STRICTER: [&str; 4] =
    ["lone leading surrogate", "unexpected end of hex escape", "number out of range", "recursion limit exceeded"];

fuzz_target!(|text: &str| {
    let found = topic(text);
    match serde_json::from_str::<Value>(text) {
        Ok(value) => {
            let expected = value.get("topic").and_then(Value::as_str);
            assert_eq!(found.expect("valid JSON is accepted").as_deref(), expected);
        }
        Err(error) if STRICTER.iter().any(|complaint| error.to_string().starts_with(complaint)) => {}
        Err(_) => assert!(found.is_err(), "invalid JSON is refused"),
    }
});
