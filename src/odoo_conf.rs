//! Reads and sets the option `addons_path` in an odoo.conf, and keeps everything else as it is.
//!
//! The rules are those of Python's `configparser`, with which Odoo reads the file: sections in brackets, `key = value`
//! or `key: value`, indented lines continue a value, `#` and `;` start comments, keys are case-insensitive.

const SECTION: &str = "options";
const KEY: &str = "addons_path";

/// The value of `addons_path`: its lines, each trimmed. `None` if it is not set.
pub(crate) fn addons_path(text: &str) -> Option<String> {
    let place = find(text).option?;
    let lines = lines(text);
    let (_, first) = option(lines[place.first])?;
    let rest = lines[place.first + 1..place.end].iter().map(|line| line.trim());
    let parts = std::iter::once(first).chain(rest).filter(|part| !part.is_empty() && !is_comment(part));
    Some(parts.collect::<Vec<_>>().join("\n"))
}

/// The text with `addons_path` set in the section `[options]`. Adds the section if it is missing.
pub(crate) fn with_addons_path(text: &str, path: &str) -> String {
    let newline = match (text.contains('\n'), text.contains('\r')) {
        (true, true) if text.contains("\r\n") => "\r\n",
        (false, true) => "\r",
        _ => "\n",
    };
    let line = |indent: usize| format!("{:indent$}{KEY} = {path}{newline}", "");
    let lines = lines(text);
    let FoundOption { section, option } = find(text);
    if let Some(place) = option {
        let line = line(indent(lines[place.first]));
        return [&lines[..place.first].concat(), &line, &lines[place.end..].concat()]
            .map(String::as_str)
            .concat();
    }
    if let Some(section) = section {
        let mut head = lines[..=section].concat();
        if !head.ends_with(['\n', '\r']) {
            head.push_str(newline);
        }
        // The next line must not be indented more, or it would continue this value.
        let next = lines[section + 1..].iter().find(|line| !is_comment(line));
        let line = line(next.map_or(0, |next| indent(next)));
        return format!("{head}{line}{}", lines[section + 1..].concat());
    }
    let gap = if text.is_empty() || text.ends_with(['\n', '\r']) { "" } else { newline };
    format!("{text}{gap}[{SECTION}]{newline}{}", line(0))
}

/// The lines of the option: from `first` to `end`, excluding `end`.
struct OptionPlace {
    first: usize,
    end: usize,
}

/// The places of the section and the option.
#[derive(Default)]
struct FoundOption {
    /// The line of its first header.
    section: Option<usize>,
    /// The last setting, because the last one has effect.
    option: Option<OptionPlace>,
}

fn find(text: &str) -> FoundOption {
    let mut in_section = false;
    // The indent of the current option, which the next line may continue, and whether the option is `addons_path`.
    let mut open: Option<(usize, bool)> = None;
    let mut found = FoundOption::default();
    for (at, line) in lines(text).into_iter().enumerate().filter(|(_, line)| !is_comment(line)) {
        match open {
            Some((option, is_ours)) if indent(line) > option => {
                if let Some(place) = found.option.as_mut().filter(|_| is_ours) {
                    place.end = at + 1;
                }
                continue;
            }
            _ => {}
        }
        if let Some(name) = section_name(line) {
            in_section = name == SECTION;
            found.section = found.section.or(in_section.then_some(at));
            open = None;
        } else {
            let is_ours = in_section && option(line).is_some_and(|(key, _)| key.eq_ignore_ascii_case(KEY));
            if is_ours {
                found.option = Some(OptionPlace { first: at, end: at + 1 });
            }
            open = Some((indent(line), is_ours));
        }
    }
    found
}

/// The lines with their line ends, split as Python splits them: a lone `\r` also ends a line.
fn lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let length = |at: usize| at + if rest[at..].starts_with("\r\n") { 2 } else { 1 };
        let (line, after) = rest.split_at(rest.find(['\n', '\r']).map_or(rest.len(), length));
        lines.push(line);
        rest = after;
    }
    lines
}

fn section_name(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix('[')?.split_once(']').map(|(name, _)| name)
}

/// Comments and blank lines do not end a value; only the next other line can.
fn is_comment(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with(['#', ';'])
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn option(line: &str) -> Option<(&str, &str)> {
    line.split_once(['=', ':']).map(|(key, value)| (key.trim(), value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_inside_a_value_is_part_of_the_value() {
        let text = "[other]\nx = 1\n  [options]\n";
        assert_eq!(with_addons_path(text, "/x"), format!("{text}[options]\naddons_path = /x\n"));
    }

    #[test]
    fn the_rest_of_the_file_stays() {
        let text = "; mine\n[queue_job]\naddons_path = no\n[options]\n; path\ndb_host = db\nAddons_Path: /a,\n    /b\n  ,/c\nworkers = 2\n";
        assert_eq!(addons_path(text).as_deref(), Some("/a,\n/b\n,/c"));
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
    fn comments_and_blank_lines_do_not_end_a_value() {
        let text = "[options]\naddons_path = /a,\n\n# mine\n    /b,\n  ; his\n  /c\n\n# next\nworkers = 2\n";
        assert_eq!(addons_path(text).as_deref(), Some("/a,\n/b,\n/c"));
        assert_eq!(with_addons_path(text, "/x"), "[options]\naddons_path = /x\n\n# next\nworkers = 2\n");
    }

    #[test]
    fn indented_options_stay_options() {
        let text = "[options]\n  ; ours\n  addons_path = /a,\n    /b\n  workers = 2\n";
        assert_eq!(addons_path(text).as_deref(), Some("/a,\n/b"));
        assert_eq!(with_addons_path(text, "/x"), "[options]\n  ; ours\n  addons_path = /x\n  workers = 2\n");
        assert_eq!(
            with_addons_path("[options]\n\n  workers = 2\n", "/x"),
            "[options]\n  addons_path = /x\n\n  workers = 2\n"
        );
        assert_eq!(
            with_addons_path("[options]\n  [other]\n", "/x"),
            "[options]\n  addons_path = /x\n  [other]\n"
        );
    }

    #[test]
    fn lines_end_where_python_ends_them() {
        assert_eq!(addons_path("[options]\raddons_path = /a\rb = 1\r").as_deref(), Some("/a"));
        assert_eq!(
            with_addons_path("[options]\raddons_path = /a\rb = 1\r", "/x"),
            "[options]\raddons_path = /x\rb = 1\r"
        );
        assert_eq!(with_addons_path("[options]\rb = \0\r", "/x"), "[options]\raddons_path = /x\rb = \0\r");
    }

    #[test]
    fn setting_it_twice_changes_nothing_the_second_time() {
        let once = with_addons_path("[options]\naddons_path = /a\n  , /b\n[x]\n", "/x");
        assert_eq!(with_addons_path(&once, "/x"), once);
        assert_eq!(addons_path(&once).as_deref(), Some("/x"));
    }
}
