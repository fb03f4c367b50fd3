//! Which names a declaration may use, and how they are written on a command line.

/// Whether a group, an endpoint or an error may have this name: a letter or underscore, then letters, digits, `_` and
/// `-`. Names with a meaning in JavaScript, such as `__proto__` and `then`, are refused.
pub(super) fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|char| char.is_ascii_alphabetic() || char == '_')
        && chars.all(|char| char.is_ascii_alphanumeric() || char == '_' || char == '-')
        && !is_reserved(name)
}

/// Whether a param may have the name: as [`is_name`], with `.`, `[` and `]` allowed within.
pub(super) fn is_param_name(name: &str) -> bool {
    is_name(&name.replace(['.', '[', ']'], "_"))
}

fn is_reserved(name: &str) -> bool {
    matches!(name, "__proto__" | "constructor" | "prototype" | "then")
}

/// The name in kebab case, for the command line: `statusAll` and `_status_all` give `status-all`.
pub(super) fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    let mut previous = '-';
    let mut chars = name.chars().peekable();
    while let Some(char) = chars.next() {
        if !char.is_ascii_alphanumeric() {
            if previous != '-' && chars.peek().is_some() {
                kebab.push('-');
                previous = '-';
            }
            continue;
        }
        let starts_word = char.is_ascii_uppercase()
            && (previous.is_ascii_lowercase()
                || previous.is_ascii_digit()
                || (previous.is_ascii_uppercase() && chars.peek().is_some_and(char::is_ascii_lowercase)));
        if starts_word {
            kebab.push('-');
        }
        kebab.push(char.to_ascii_lowercase());
        previous = char;
    }
    kebab.trim_end_matches('-').to_owned()
}

/// Finds the name that is most similar to a misspelt word, as the end of an error message: `; did you mean path?`.
/// Empty when none is similar.
pub(crate) fn suggestion<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let lower = word.to_lowercase();
    let limit = (word.len() / 3).max(1).min(word.len().saturating_sub(1));
    let distances = names.into_iter().map(|name| (distance(&lower, &name.to_lowercase()), name));
    match distances.min_by_key(|(distance, _)| *distance) {
        Some((distance, name)) if distance <= limit && name != word => format!("; did you mean {name}?"),
        _ => String::new(),
    }
}

/// The edit distance: how many letters must be inserted, removed, changed, or swapped with the next to turn one word
/// into the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            table[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let changed = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let least = changed.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
                let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                if swapped { least.min(table[i - 2][j - 2] + 1) } else { least }
            };
        }
    }
    table[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_command_names() {
        for (name, command) in [
            ("start", "start"),
            ("statusAll", "status-all"),
            ("_preloadStatus", "preload-status"),
            ("object-cache", "object-cache"),
            ("ips", "ips"),
            ("getIPs", "get-i-ps"),
            ("HTTPServer2Go", "http-server2-go"),
            ("image_id", "image-id"),
            ("page[size]", "page-size"),
            ("__", ""),
        ] {
            assert_eq!(kebab(name), command, "{name}");
        }
    }

    #[test]
    fn allows_plain_names() {
        for name in ["a", "_preload", "statusAll", "object-cache", "v2"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "2a", "a b", "a.b", "é", "__proto__", "constructor", "then", "-a"] {
            assert!(!is_name(name), "{name}");
        }
        assert!(is_param_name("page[size]") && is_param_name("a.b") && !is_param_name("a b"));
    }

    #[test]
    fn suggests_the_nearest_name() {
        let names = ["path", "params", "description", "request"];
        for (word, text) in [
            ("parms", "; did you mean params?"),
            ("Path", "; did you mean path?"),
            ("requets", "; did you mean request?"),
            ("ptah", "; did you mean path?"),
            ("summary", ""),
            ("x", ""),
            ("", ""),
        ] {
            assert_eq!(suggestion(word, names), text, "{word}");
        }
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
