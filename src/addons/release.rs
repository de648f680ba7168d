//! What the source of Odoo says about itself.

use crate::repo::Series;

/// The file that says which series a source of Odoo is, from 10.0 on and before.
pub(crate) const RELEASES: [&str; 2] = ["odoo/release.py", "openerp/release.py"];

/// The series in a `release.py`: the first two elements of `version_info`. They are read, not evaluated.
///
/// The tuple is no literal, as in `(19, 0, 0, FINAL, 0, '')`. The first element may be `'saas~18'`.
pub(crate) fn series_of(text: &str) -> Option<Series> {
    let assigned = text.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim_end() == "version_info").then_some(value)
    })?;
    let elements = assigned.trim_start().strip_prefix('(')?;
    let mut elements = elements.split(',').map(str::trim);
    let major = elements.next()?.trim_matches(['\'', '"']);
    let major = major.strip_prefix("saas~").or(major.strip_prefix("saas-")).unwrap_or(major);
    let minor = elements.next()?;
    Series::parse(&format!("{major}.{minor}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_is_read_without_evaluating() {
        let of = |line: &str| series_of(&format!("RELEASE_LEVELS = [ALPHA]\n# x\n{line}\nserie = 1\n"));
        for (line, series) in [
            ("version_info = (19, 0, 0, FINAL, 0, '')", Some("19.0")),
            ("version_info = ('saas~18', 4, 0, FINAL, 0, '')", Some("18.4")),
            ("version_info=(8,0,0,FINAL,0)", Some("8.0")),
            ("version_info = (\"saas~11\", 3, 0, FINAL, 0, '')", Some("11.3")),
            ("version_info = get_version()", None),
            ("version_info = (MAJOR, 0)", None),
            ("version_info = (19)", None),
            (" version_info = (19, 0)", None),
            ("", None),
        ] {
            assert_eq!(of(line).map(|series| series.to_string()).as_deref(), series, "{line}");
        }
    }
}
