//! Which migration scripts of a module Odoo runs.
//!
//! The rules are those of `odoo/modules/migration.py` and `odoo/tools/parse_version.py`.

use crate::diff::Step;
use crate::repo::Series;

/// The directories with scripts.
const DIRECTORIES: [&str; 2] = ["migrations", "upgrades"];
const STAGES: [&str; 3] = ["pre", "post", "end"];
/// The numbers of a series in a version.
const SERIES_PARTS: usize = 2;
/// Scripts of this version run at each update to a higher version.
const ALWAYS: &str = "0.0.0";

/// The scripts that run when a module is updated between these versions, in their order. `paths` are those of the files
/// of the new module.
pub(crate) fn scripts_to_run<'p>(
    versions: Step<&str>,
    series: Step<Series>,
    paths: impl Iterator<Item = &'p str>,
) -> Vec<String> {
    let from = parse_version(&adapted(versions.from, series.from));
    let to = parse_version(&adapted(versions.to, series.to));
    let runs = |version: &str| {
        let wanted = parse_version(&whole(version, series.to));
        // Without a series in its name, only the version of the module counts, so that a step of series runs it once.
        let skipped = if has_series(version) { 0 } else { SERIES_PARTS };
        let [from_part, to_part, wanted] =
            [&from, &to, &wanted].map(|version| version.get(skipped..).unwrap_or_default());
        if version == ALWAYS { from < to } else { from_part < wanted && wanted <= to_part }
    };
    let script = |path: &'p str| {
        let mut parts = path.split('/');
        let (directory, version, file) = (parts.next()?, parts.next()?, parts.next()?);
        let stage = file.strip_suffix(".py").and_then(|_| file.split_once('-')).map(|(stage, _)| stage)?;
        let stage = STAGES.iter().position(|known| *known == stage)?;
        let is_script = DIRECTORIES.contains(&directory) && is_version(version) && parts.next().is_none();
        (is_script && runs(version)).then(|| {
            // Scripts of each version run first in the stage `pre`, and last in the others.
            let always = match (version, stage) {
                (ALWAYS, 0) => 0,
                (ALWAYS, _) => 2,
                _ => 1,
            };
            (stage, always, parse_version(&whole(version, series.to)), file, path)
        })
    };
    let mut scripts: Vec<_> = paths.filter_map(script).collect();
    scripts.sort();
    scripts.into_iter().map(|(.., path)| path.to_owned()).collect()
}

/// The version of a module as Odoo stores it: with the series in front.
fn adapted(version: &str, series: Series) -> String {
    let prefix = format!("{series}.");
    if version.starts_with(&prefix) { version.to_owned() } else { format!("{prefix}{version}") }
}

/// The name of a directory as a version: with the series in front, if it does not have it.
fn whole(version: &str, series: Series) -> String {
    if has_series(version) { version.to_owned() } else { format!("{series}.{version}") }
}

fn has_series(version: &str) -> bool {
    version == ALWAYS || version.matches('.').count() > 2
}

/// Whether Odoo takes the name of a directory as a version: two or three numbers, perhaps with a series in front.
fn is_version(name: &str) -> bool {
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = name.strip_prefix("saas~").unwrap_or(name).split('.').collect();
    let numbers = parts.iter().filter(|part| is_number(part)).count();
    let is_old_saas =
        parts.get(1).is_some_and(|part| part.strip_prefix("saas~").is_some_and(|part| is_number(&part)));
    (2..=5).contains(&parts.len()) && (numbers == parts.len() || (is_old_saas && numbers + 1 == parts.len()))
}

/// A version in a form that can be compared.
fn parse_version(version: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let lower = version.to_lowercase();
    for part in split(if lower.is_empty() { "0.1" } else { &lower }).into_iter().chain(["final".to_owned()]) {
        let part = match part.as_str() {
            "pre" | "preview" | "rc" => "c",
            "-" | "_" => "final-",
            "dev" => "@",
            "saas" | "~" | "." => continue,
            other => other,
        };
        if part.starts_with(|c: char| c.is_ascii_digit()) {
            parts.push(format!("{part:0>8}"));
            continue;
        }
        let part = format!("*{part}");
        if *part < *"*final" {
            while parts.last().is_some_and(|last| last == "*final-") {
                parts.pop();
            }
        }
        while parts.last().is_some_and(|last| last == "00000000") {
            parts.pop();
        }
        parts.push(part);
    }
    parts
}

/// The numbers, the words and what is between them.
fn split(version: &str) -> Vec<String> {
    let kind = |c: char| match c {
        '0'..='9' => 0,
        'a'..='z' => 1,
        '.' => 2,
        '-' => 3,
        _ => 4,
    };
    let mut parts: Vec<String> = Vec::new();
    let mut last = None;
    for c in version.chars() {
        match parts.last_mut() {
            Some(part) if last == Some(kind(c)) && !matches!(kind(c), 2 | 3) => part.push(c),
            _ => parts.push(c.to_string()),
        }
        last = Some(kind(c));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(from: &str, to: &str, paths: &[&str]) -> Vec<String> {
        let series = Series::parse("18.0").expect("a series");
        scripts_to_run(Step { from, to }, Step { from: series, to: series }, paths.iter().copied())
    }

    #[test]
    fn scripts_between_the_versions_run() {
        let paths = [
            "migrations/18.0.1.0.0/pre-a.py",
            "migrations/18.0.1.1.0/post-migration.py",
            "migrations/18.0.1.1.0/pre-migration.py",
            "upgrades/1.10.0/pre-x.py",
            "migrations/18.0.2.0.0/end-x.py",
            "migrations/18.0.3.0.0/pre-x.py",
            "migrations/0.0.0/post-always.py",
            "migrations/0.0.0/pre-always.py",
            "migrations/tests/pre-x.py",
            "migrations/18.0.x.1/pre-x.py",
            "migrations/18/pre-x.py",
            "migrations/18.0.2.0.0/helper.py",
            "migrations/18.0.2.0.0/pre-x.txt",
            "models/18.0.2.0.0/pre-x.py",
        ];
        assert_eq!(
            run("18.0.1.0.0", "18.0.2.0.0", &paths),
            [
                "migrations/0.0.0/pre-always.py",
                "migrations/18.0.1.1.0/pre-migration.py",
                "upgrades/1.10.0/pre-x.py",
                "migrations/18.0.1.1.0/post-migration.py",
                "migrations/0.0.0/post-always.py",
                "migrations/18.0.2.0.0/end-x.py",
            ]
        );
        assert!(run("18.0.2.0.0", "18.0.2.0.0", &paths).is_empty());
        assert!(run("18.0.4.0.0", "18.0.2.0.0", &paths).is_empty());
        assert_eq!(run("1.0.9", "1.1", &["migrations/1.1.0/pre-x.py"]).len(), 1);
    }

    #[test]
    fn versions_compare_as_in_odoo() {
        for (less, more) in [("1.9", "1.10"), ("1.0rc1", "1.0"), ("1.0", "1.0.1"), ("18.0.1.2-3", "18.0.1.3")]
        {
            assert!(parse_version(less) < parse_version(more), "{less} {more}");
        }
        assert_eq!(parse_version("1.0.0"), parse_version("1"));
        assert_eq!(parse_version("1.2"), ["00000001", "00000002", "*final"]);
    }
}
