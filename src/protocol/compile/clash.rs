//! Parts of a declaration that cannot both be there.

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::protocol::error::{Diagnostics, join};
use crate::protocol::names::kebab;
use crate::protocol::types::Protocol;

/// Names of groups that the command line has for itself.
const OWN_COMMANDS: [&str; 4] = ["completion", "help", "request", "simulate"];

/// Notes endpoints that share a route and names that share a command.
pub(super) fn check(protocol: &Protocol, diagnostics: &mut Diagnostics) {
    check_routes(protocol, diagnostics);
    let mut groups: HashMap<String, &str> = HashMap::new();
    for (group, endpoints) in &protocol.groups {
        let command = kebab(group);
        if OWN_COMMANDS.contains(&command.as_str()) {
            diagnostics.add(group, format!("{command} is a command of its own"));
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
        diagnostics.add(place, "makes no name for a command");
    } else if let Some(other) = taken.insert(command.to_owned(), name) {
        diagnostics.add(place, format!("is the command {command}, as {other} is"));
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
                Some(other) => diagnostics.add(&place, format!("is the route of {other} too: {route}")),
                None => drop(routes.insert(route, endpoint.id())),
            }
        }
    }
}
