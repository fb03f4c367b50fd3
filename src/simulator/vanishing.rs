//! Fields of the world that vanish some time after the start.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::duration;
use crate::protocol::value::get;

/// Where the world says which fields of an object vanish, and when.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vanishing {
    /// Path of the object.
    from: String,
    /// Path of another object: by name of a field, how long after the start it is there. A duration such as `1h30m`, or
    /// a number of milliseconds.
    after: String,
}

impl Vanishing {
    /// Removes the fields whose time is over. `age` is the time since the start.
    pub(crate) fn apply(&self, world: &mut Value, age: Duration) {
        let over: Vec<String> = self
            .durations(world)
            .filter(|(_, given)| span(given).is_some_and(|kept| kept <= age))
            .map(|(name, _)| name.clone())
            .collect();
        if let Some(Value::Object(fields)) = at(world, &self.from) {
            fields.retain(|name, _| !over.contains(name));
        }
    }

    /// Checks the durations in a world.
    ///
    /// # Errors
    /// A message, when one is neither a duration nor a number.
    pub(crate) fn check_world(&self, world: &Value) -> Result<(), String> {
        match self.durations(world).find(|(_, given)| span(given).is_none()) {
            None => Ok(()),
            Some((name, given)) => Err(format!(
                "{}.{name} must be a duration or a number of milliseconds, not {given}",
                self.after
            )),
        }
    }

    fn durations<'a>(&self, world: &'a Value) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
        get(world, &self.after).and_then(Value::as_object).into_iter().flatten()
    }
}

fn span(given: &Value) -> Option<Duration> {
    match given {
        Value::String(text) => duration::parse(text),
        given => Duration::try_from_secs_f64(given.as_f64()? / 1000.0).ok(),
    }
}

fn at<'a>(world: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    path.split('.').try_fold(world, |value, part| value.get_mut(part))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn vanishing() -> Vanishing {
        serde_json::from_value(json!({"from": "all.words", "after": "spans"})).unwrap()
    }

    #[test]
    fn removes_the_fields_whose_time_is_over() {
        let mut world = json!({
            "all": {"words": {"stays": 1, "goes": 2, "late": 3}},
            "spans": {"goes": "1m", "late": 60_001, "unknown": "0s"}
        });
        vanishing().apply(&mut world, Duration::from_secs(59));
        assert_eq!(world["all"]["words"], json!({"stays": 1, "goes": 2, "late": 3}));
        vanishing().apply(&mut world, Duration::from_secs(60));
        assert_eq!(world["all"]["words"], json!({"stays": 1, "late": 3}));
        vanishing().apply(&mut world, Duration::from_millis(60_001));
        assert_eq!(world["all"]["words"], json!({"stays": 1}));
    }

    #[test]
    fn bears_a_world_without_them() {
        let mut world = json!({"spans": {"goes": "1m"}});
        vanishing().apply(&mut world, Duration::MAX);
        vanishing().apply(&mut json!({}), Duration::MAX);
        assert_eq!(vanishing().check_world(&json!({})), Ok(()));
    }

    #[test]
    fn refuses_what_is_no_span_of_time() {
        for given in [json!("soon"), json!(-1), json!(null)] {
            let refused = vanishing().check_world(&json!({"spans": {"a": given}})).unwrap_err();
            assert_eq!(
                refused,
                format!("spans.a must be a duration or a number of milliseconds, not {given}")
            );
        }
    }
}
