//! Reads and sets the option `addons_path` in an odoo.conf, and keeps everything else as it is.
//!
//! The rules are those of Python's `configparser`, with which Odoo reads the file: sections in brackets, `key = value`
//! or `key: value`, indented lines continue a value, `#` and `;` start comments, keys are case-insensitive. A file that
//! Python refuses is refused here too.

use std::collections::HashMap;

use crate::repo::one_line;

const SECTION: &str = "options";
/// The section whose options count in all others.
const DEFAULTS: &str = "DEFAULT";
const KEY: &str = "addons_path";

/// A line for which Python refuses the whole file.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
#[error("{why}")]
pub(crate) struct Malformed {
    pub(crate) line: usize,
    pub(crate) why: String,
}

/// The value of `addons_path`: its lines, each trimmed. `None` if it is not set. If `[options]` does not set it,
/// `[DEFAULT]` counts.
pub(crate) fn addons_path(text: &str) -> Result<Option<String>, Malformed> {
    let found = find(text)?;
    let Some(place) = found.option.or(found.default.filter(|_| found.section.is_some())) else {
        return Ok(None);
    };
    let lines = lines(text);
    let first = option(lines[place.first]).map_or("", |(_, value)| value);
    let rest =
        lines[place.first + 1..place.end].iter().filter(|line| !is_comment(line)).map(|line| strip(line));
    let parts = std::iter::once(first).chain(rest).filter(|part| !part.is_empty());
    Ok(Some(parts.collect::<Vec<_>>().join("\n")))
}

/// The directories of an `addons_path`, trimmed as Odoo trims them.
pub(crate) fn entries(path: &str) -> Vec<String> {
    path.split(',').map(|entry| strip(entry).to_owned()).collect()
}

/// The text with `addons_path` set in the section `[options]`. Adds the section if it is missing.
pub(crate) fn with_addons_path(text: &str, path: &str) -> Result<String, Malformed> {
    let newline = match (text.contains('\n'), text.contains('\r')) {
        (true, true) if text.contains("\r\n") => "\r\n",
        (false, true) => "\r",
        _ => "\n",
    };
    let line = |indent: usize| format!("{:indent$}{KEY} = {path}{newline}", "");
    let lines = lines(text);
    let FoundOption { section, option, .. } = find(text)?;
    if let Some(place) = option {
        let line = line(indent(lines[place.first]));
        return Ok(format!("{}{line}{}", lines[..place.first].concat(), lines[place.end..].concat()));
    }
    if let Some(section) = section {
        let mut head = lines[..=section].concat();
        if !head.ends_with(['\n', '\r']) {
            head.push_str(newline);
        }
        // The next line must not be indented more, or it would continue this value.
        let next = lines[section + 1..].iter().find(|line| !is_comment(line));
        let line = line(next.map_or(0, |next| indent(next)));
        return Ok(format!("{head}{line}{}", lines[section + 1..].concat()));
    }
    let gap = if text.is_empty() || text.ends_with(['\n', '\r']) { "" } else { newline };
    Ok(format!("{text}{gap}[{SECTION}]{newline}{}", line(0)))
}

/// The lines of the option: from `first` to `end`, excluding `end`.
struct OptionPlace {
    first: usize,
    end: usize,
}

/// The places of the section and the option.
#[derive(Default)]
struct FoundOption {
    /// The line of its header.
    section: Option<usize>,
    option: Option<OptionPlace>,
    /// The option in the section of defaults.
    default: Option<OptionPlace>,
}

fn find(text: &str) -> Result<FoundOption, Malformed> {
    let mut section: Option<&str> = None;
    // The indent of the current option, which the next line may continue.
    let mut open: Option<usize> = None;
    // The lines of sections and options.
    let mut seen: HashMap<(&str, Option<String>), usize> = HashMap::new();
    let mut found = FoundOption::default();
    let mut current: Option<(bool, OptionPlace)> = None;
    let lines = lines(text);
    for (at, line) in lines.into_iter().enumerate().filter(|(_, line)| !is_comment(line)) {
        if open.is_some_and(|option| indent(line) > option) {
            if let Some((_, place)) = &mut current {
                place.end = at + 1;
            }
            continue;
        }
        found.keep(current.take());
        let malformed = |why: String| Err(Malformed { line: at + 1, why });
        let key = if let Some(name) = section_name(line) {
            let shortest = name.split(']').next();
            if name.contains(']') && (shortest == Some(SECTION) || shortest == Some(DEFAULTS)) {
                return malformed("the line has more than one `]`".to_owned());
            }
            section = Some(name);
            open = None;
            if name == SECTION {
                found.section = Some(at);
            }
            if name == DEFAULTS {
                continue;
            }
            (name, None)
        } else {
            let Some(section) = section else {
                return malformed("there is text before the first section".to_owned());
            };
            let Some((key, _)) = option(line) else {
                return malformed("the line has no `=`".to_owned());
            };
            if key.is_empty() {
                return malformed("there is no name before the `=`".to_owned());
            }
            open = Some(indent(line));
            if key.eq_ignore_ascii_case(KEY) && (section == SECTION || section == DEFAULTS) {
                current = Some((section == SECTION, OptionPlace { first: at, end: at + 1 }));
            }
            (section, Some(key.to_lowercase()))
        };
        if let Some(before) = seen.get(&key) {
            let name = match &key {
                (section, None) => format!("[{section}]"),
                (_, Some(option)) => option.clone(),
            };
            return malformed(format!("`{}` is already in line {before}", one_line(&name)));
        }
        seen.insert(key, at + 1);
    }
    found.keep(current);
    Ok(found)
}

impl FoundOption {
    /// Keeps a whole option. The value says whether it is in the section itself.
    fn keep(&mut self, option: Option<(bool, OptionPlace)>) {
        match option {
            Some((true, place)) => self.option = Some(place),
            Some((false, place)) => self.default = Some(place),
            None => {}
        }
    }
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

/// The name in the header of a section. The newest Python takes the text up to the last bracket, older ones up to the
/// first.
fn section_name(line: &str) -> Option<&str> {
    let (name, _) = strip(line).strip_prefix('[')?.rsplit_once(']')?;
    Some(name).filter(|name| !name.is_empty())
}

/// Comments and blank lines do not end a value; only the next other line can.
fn is_comment(line: &str) -> bool {
    let line = strip(line);
    line.is_empty() || line.starts_with(['#', ';'])
}

/// In characters, as Python counts.
fn indent(line: &str) -> usize {
    line.chars().take_while(|c| is_space(*c)).count()
}

fn option(line: &str) -> Option<(&str, &str)> {
    line.split_once(['=', ':']).map(|(key, value)| (strip(key), strip(value)))
}

fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Python's `str.isspace`: Unicode's white space and four separators of ASCII.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::{Malformed, indent, is_space};

    fn addons_path(text: &str) -> Option<String> {
        super::addons_path(text).expect("Python reads it")
    }

    fn with_addons_path(text: &str, path: &str) -> String {
        super::with_addons_path(text, path).expect("Python reads it")
    }

    #[test]
    fn a_line_is_indented_by_what_python_takes_for_space() {
        // The characters for which Python's `str.isspace` is true.
        let spaces = "\t\n\u{b}\u{c}\r\u{1c}\u{1d}\u{1e}\u{1f} \u{85}\u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\
                      \u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";
        let found: String = ('\0'..=char::MAX).filter(|c| is_space(*c)).collect();
        assert_eq!(found, spaces);
        for space in spaces.chars().filter(|c| !"\n\r".contains(*c)) {
            let text = format!("[options]\naddons_path = /a\n{space},/b\n");
            assert_eq!(addons_path(&text).as_deref(), Some("/a\n,/b"), "{space:?}");
            assert_eq!(with_addons_path(&text, "/x"), "[options]\naddons_path = /x\n");
            assert_eq!(indent(&format!("{space}{space}x")), 2);
        }
        assert_eq!(addons_path("[options]\n\u{1d}addons_path = /a\n").as_deref(), Some("/a"));
    }

    #[test]
    fn a_file_that_python_refuses_is_refused() {
        for (text, line, why) in [
            ("[options]\naddons_path = /a\nAddons_Path = /b\n", 3, "`addons_path` is already in line 2"),
            ("[options]\n[x]\n[options]\n", 3, "`[options]` is already in line 1"),
            ("[x]\na = 1\n\na : 2\n", 4, "`a` is already in line 2"),
            ("[options]\naddons_path = /a\nnonsense\n", 3, "the line has no `=`"),
            ("[options]\n[]\n", 2, "the line has no `=`"),
            ("[options]\n = /a\n", 2, "there is no name before the `=`"),
            ("addons_path = /a\n[options]\n", 1, "there is text before the first section"),
            ("\u{feff}[options]\n", 1, "there is text before the first section"),
            ("[options] ; [mine]\n", 1, "the line has more than one `]`"),
        ] {
            let refused = Malformed { line, why: why.to_owned() };
            assert_eq!(super::addons_path(text).as_ref(), Err(&refused), "{text:?}");
            assert_eq!(super::with_addons_path(text, "/x"), Err(refused), "{text:?}");
        }
    }

    #[test]
    fn defaults_count_in_the_section() {
        let defaults = "[DEFAULT]\naddons_path = /a\n  ,/b\n[DEFAULT]\nb = 1\n";
        assert_eq!(addons_path(defaults), None);
        let text = format!("{defaults}[options]\n");
        assert_eq!(addons_path(&text).as_deref(), Some("/a\n,/b"));
        assert_eq!(with_addons_path(&text, "/x"), format!("{text}addons_path = /x\n"));
        assert_eq!(addons_path(&with_addons_path(&text, "/x")).as_deref(), Some("/x"));
    }

    #[test]
    fn a_value_can_begin_like_a_comment() {
        assert_eq!(addons_path("[options]\naddons_path = ;/a\n").as_deref(), Some(";/a"));
    }

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
