//! Conflicts between parts of a declaration: equal routes, and equal names of commands.

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::protocol::error::{Diagnostics, join};
use crate::protocol::names::kebab;
use crate::protocol::types::Protocol;

/// The built-in commands of the command line, whose names no group can have.
const OWN_COMMANDS: [&str; 4] = ["completion", "help", "request", "simulate"];

/// Reports endpoints with the same route, and groups or endpoints with the same command.
pub(super) fn check(protocol: &Protocol, diagnostics: &mut Diagnostics) {
    check_routes(protocol, diagnostics);
    let mut groups: HashMap<String, &str> = HashMap::new();
    for (group, endpoints) in &protocol.groups {
        let command = kebab(group);
        if OWN_COMMANDS.contains(&command.as_str()) {
            diagnostics.add(group, format!("{command} is a built-in command"));
        }
        check_command(group, &command, group, &mut groups, diagnostics);
        let mut commands: HashMap<String, &str> = HashMap::new();
        for name in endpoints.keys() {
            check_command(&join(group, name), &kebab(name), name, &mut commands, diagnostics);
        }
    }
}

fn check_command<'a>(
    place: &str,
    command: &str,
    name: &'a str,
    taken: &mut HashMap<String, &'a str>,
    diagnostics: &mut Diagnostics,
) {
    if command.is_empty() {
        diagnostics.add(place, "gives no name for a command");
    } else if let Some(other) = taken.insert(command.to_owned(), name) {
        diagnostics.add(place, format!("gives the command {command}, as {other} does"));
    }
}

fn check_routes(protocol: &Protocol, diagnostics: &mut Diagnostics) {
    let mut routes: IndexMap<String, String> = IndexMap::new();
    for endpoint in protocol.endpoints() {
        let place = join(&endpoint.id(), "path");
        let mut patterns = vec![endpoint.path.pattern(true)];
        if endpoint.optional_path_param().is_some() {
            patterns.push(endpoint.path.pattern(false));
        }
        for pattern in patterns {
            let route = format!("{} {pattern}", endpoint.method);
            match routes.get(&route) {
                Some(other) => diagnostics.add(&place, format!("gives the same route as {other}: {route}")),
                None => drop(routes.insert(route, endpoint.id())),
            }
        }
    }
}
