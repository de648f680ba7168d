//! What the source of Odoo says about itself.

use crate::repo::Series;

/// The file that says which series a source of Odoo is, from 10.0 on and before.
pub(crate) const RELEASES: [&str; 2] = ["odoo/release.py", "openerp/release.py"];

/// The series in a `release.py`: the first two elements of `version_info`. They are read, not evaluated.
///
/// The tuple is no literal, as in `(19, 0, 0, FINAL, 0, '')`. The first element may be `'saas~18'`. The assignment may
/// have an annotation, and the tuple may have several lines with comments. The error is the line of `version_info`;
/// `None` if there is no assignment.
pub(crate) fn series_of(text: &str) -> Result<Series, Option<usize>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let (line, tuple) = assigned(&text).ok_or(None)?;
    first_two(tuple).and_then(|series| Series::parse(&series).ok()).ok_or(Some(line))
}

/// The line of the assignment of `version_info` at the top level, counted from 1, and the text behind its `=`.
fn assigned(text: &str) -> Option<(usize, &str)> {
    let (mut at, mut quotes) = (0, None);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        at += line.len();
        if quotes.is_none()
            && let Some(value) = value_of(line)
        {
            return Some((number + 1, &text[at - value.len()..]));
        }
        quotes = open_quotes(line, quotes);
    }
    None
}

/// The text behind the `=` of a line that assigns `version_info`.
fn value_of(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("version_info")?.trim_start_matches([' ', '\t']);
    let rest = match rest.strip_prefix(':') {
        Some(annotated) => &annotated[annotated.find('=')?..],
        None => rest,
    };
    rest.strip_prefix('=').filter(|value| !value.starts_with('='))
}

/// The triple quotes that are open at the end of a line.
fn open_quotes<'q>(line: &str, open: Option<&'q str>) -> Option<&'q str> {
    let (mut rest, mut open) = (line, open);
    while let Some((at, quotes)) = match open {
        Some(quotes) => rest.find(quotes).map(|at| (at, quotes)),
        None => ["\"\"\"", "'''"].into_iter().filter_map(|quotes| Some((rest.find(quotes)?, quotes))).min(),
    } {
        open = open.is_none().then_some(quotes);
        rest = &rest[at + quotes.len()..];
    }
    open
}

/// The first two elements of a tuple as a series: `19.0`.
fn first_two(tuple: &str) -> Option<String> {
    let inside = blank(tuple).strip_prefix(['(', '['])?;
    let (major, rest) = element(inside)?;
    let (minor, _) = element(rest)?;
    let major = major.strip_prefix("saas~").or(major.strip_prefix("saas-")).unwrap_or(major);
    Some(format!("{major}.{minor}"))
}

/// An element that is a number or a string, and the text behind its comma or the end of the tuple.
fn element(text: &str) -> Option<(&str, &str)> {
    let text = blank(text);
    let (value, rest) = match text.chars().next()? {
        quote @ ('\'' | '"') => text[1..].split_once(quote)?,
        _ => text.split_at(text.find(|c: char| !c.is_ascii_digit())?),
    };
    Some((value, blank(rest).strip_prefix([',', ')', ']'])?))
}

/// The text without the white space and the comments at its start.
fn blank(text: &str) -> &str {
    let mut text = text.trim_start();
    while let Some(more) = text
        .strip_prefix('#')
        .map(|comment| comment.find('\n').map_or("", |end| &comment[end..]))
        .or(text.strip_prefix("\\\n"))
    {
        text = more.trim_start();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_is_read_without_evaluating() {
        let of = |line: &str| series_of(&format!("RELEASE_LEVELS = [ALPHA]\n# x\n{line}\nserie = 1\n")).ok();
        for (line, series) in [
            ("version_info = (19, 0, 0, FINAL, 0, '')", Some("19.0")),
            ("version_info = ('saas~18', 4, 0, FINAL, 0, '')", Some("18.4")),
            ("version_info=(8,0,0,FINAL,0)", Some("8.0")),
            ("version_info = (\"saas~11\", 3, 0, FINAL, 0, '')", Some("11.3")),
            ("version_info = (\n    18,  # the series, (1\n    0,\n    0, FINAL, 0, '',\n)", Some("18.0")),
            ("version_info = (\r\n\t18\r\n\t,0,)", Some("18.0")),
            ("version_info: tuple = (18, 0, 0, FINAL, 0, '')", Some("18.0")),
            ("version_info : tuple[int | str, ...] = (18, 0)", Some("18.0")),
            ("version_info = \\\n  (18, 0)", Some("18.0")),
            ("'''\nversion_info = (17, 0)\n'''\nversion_info = (18, 0)", Some("18.0")),
            ("\"\"\"version_info\"\"\"\nversion_info = [18, 0]", Some("18.0")),
            ("version_info: tuple", None),
            ("version_info == (18, 0)", None),
            ("version_infos = (18, 0)", None),
            ("version_info = (18", None),
            ("version_info = ('18, 0)", None),
            ("version_info = (18 + 1, 0)", None),
            ("version_info = (18, 0 + 1)", None),
            ("version_info = get_version()", None),
            ("version_info = (MAJOR, 0)", None),
            ("version_info = (19)", None),
            (" version_info = (19, 0)", None),
            ("", None),
        ] {
            assert_eq!(of(line).map(|series| series.to_string()).as_deref(), series, "{line}");
        }
    }

    #[test]
    fn a_byte_order_mark_does_not_count_and_an_error_has_a_line() {
        assert!(series_of("\u{feff}version_info = (18, 0)").is_ok());
        assert_eq!(series_of("\n\nversion_info = (MAJOR, 0)\n"), Err(Some(3)));
        assert_eq!(series_of("import x\n"), Err(None));
    }
}
