//! The option `addons_path` in an odoo.conf, everything else kept as it is.
//!
//! By the rules of Python's `configparser`, which Odoo reads the file with: sections in brackets, `key = value` or
//! `key: value`, a value goes on in lines that are indented, `#` and `;` begin comments, keys ignore case.

const SECTION: &str = "options";
const KEY: &str = "addons_path";

/// The value of `addons_path`, its lines joined as Odoo joins them; `None` where it is not set.
pub(crate) fn addons_path(text: &str) -> Option<String> {
    let place = find(text)?;
    let lines: Vec<&str> = text.lines().collect();
    let first = value_of(lines[place.first])?;
    let rest = lines[place.first + 1..place.end].iter().map(|line| line.trim());
    let parts = std::iter::once(first).chain(rest).filter(|part| !part.is_empty() && !is_comment(part));
    Some(parts.collect::<Vec<_>>().join(""))
}

/// The text with `addons_path` set in its section `[options]`, which is added where there is none.
pub(crate) fn with_addons_path(text: &str, path: &str) -> String {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let line = format!("{KEY} = {path}{newline}");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    if let Some(place) = find(text) {
        return [&lines[..place.first].concat(), &line, &lines[place.end..].concat()]
            .map(String::as_str)
            .concat();
    }
    if let Some(section) = lines.iter().position(|line| section_name(line) == Some(SECTION)) {
        let mut head = lines[..=section].concat();
        if !head.ends_with('\n') {
            head.push_str(newline);
        }
        return format!("{head}{line}{}", lines[section + 1..].concat());
    }
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { newline };
    format!("{text}{gap}[{SECTION}]{newline}{line}")
}

/// The lines that hold the option: from `first` up to, not including, `end`.
struct Place {
    first: usize,
    end: usize,
}

/// The last setting counts, as in a file that was added to by hand.
fn find(text: &str) -> Option<Place> {
    let lines: Vec<&str> = text.lines().collect();
    let mut in_section = false;
    let mut found = None;
    for (first, line) in lines.iter().enumerate() {
        if let Some(name) = section_name(line) {
            in_section = name == SECTION;
        } else if in_section && key_of(line).is_some_and(|key| key.eq_ignore_ascii_case(KEY)) {
            let more = lines[first + 1..]
                .iter()
                .take_while(|line| line.starts_with([' ', '\t']) && !line.trim().is_empty());
            found = Some(Place { first, end: first + 1 + more.count() });
        }
    }
    found
}

fn section_name(line: &str) -> Option<&str> {
    line.strip_prefix('[')?.split_once(']').map(|(name, _)| name)
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with(['#', ';'])
}

fn key_of(line: &str) -> Option<&str> {
    if is_comment(line) || line.starts_with([' ', '\t']) {
        return None;
    }
    line.split_once(['=', ':']).map(|(key, _)| key.trim())
}

fn value_of(line: &str) -> Option<&str> {
    line.split_once(['=', ':']).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_the_file_stays() {
        let text = "; mine\n[queue_job]\naddons_path = no\n[options]\n; path\ndb_host = db\nAddons_Path: /a,\n    /b\n  ,/c\nworkers = 2\n";
        assert_eq!(addons_path(text).as_deref(), Some("/a,/b,/c"));
        assert_eq!(
            with_addons_path(text, "/x,/y"),
            "; mine\n[queue_job]\naddons_path = no\n[options]\n; path\ndb_host = db\naddons_path = /x,/y\nworkers = 2\n"
        );
    }

    #[test]
    fn the_option_is_added_where_it_is_missing() {
        assert_eq!(with_addons_path("", "/x"), "[options]\naddons_path = /x\n");
        assert_eq!(with_addons_path("[options]", "/x"), "[options]\naddons_path = /x\n");
        assert_eq!(with_addons_path("[a]\nb = 1", "/x"), "[a]\nb = 1\n[options]\naddons_path = /x\n");
        assert_eq!(
            with_addons_path("[options]\r\na = 1\r\n", "/x"),
            "[options]\r\naddons_path = /x\r\na = 1\r\n"
        );
    }

    #[test]
    fn setting_it_twice_changes_nothing_more() {
        let once = with_addons_path("[options]\naddons_path = /a\n  , /b\n[x]\n", "/x");
        assert_eq!(with_addons_path(&once, "/x"), once);
        assert_eq!(addons_path(&once).as_deref(), Some("/x"));
    }
}
