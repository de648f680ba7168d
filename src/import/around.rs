//! What surrounds the files of an import: the environment, and the files of the project that name the series.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::node::{Node, Value};
use super::{Surroundings, Text, directory_of, yaml};
use crate::repo::Series;

/// The variable that contains the series in most of these files.
pub(super) const SERIES: &str = "ODOO_VERSION";
/// How many directories above the file are searched, if no repository and no project ends the search.
const ABOVE: usize = 3;

/// The surroundings of an import, with what the files of the project add.
pub(super) struct Around<'a> {
    given: &'a Surroundings<'a>,
    /// The variables of the file `.env`.
    dotenv: BTreeMap<String, String>,
    /// The series that a file of the project names.
    named: Option<Series>,
}

impl<'a> Around<'a> {
    pub(super) fn new(file: &Path, given: &'a Surroundings<'a>) -> Self {
        let directories = directories(file, given.project);
        let mut dotenv = BTreeMap::new();
        for directory in &directories {
            for (name, value) in variables(&directory.join(".env")) {
                dotenv.entry(name).or_insert(value);
            }
        }
        let named = directories.iter().find_map(|directory| named_in(directory, &dotenv));
        Self { given, dotenv, named }
    }

    pub(super) fn project(&self) -> &Path {
        self.given.project
    }

    /// The series of `--odoo`.
    pub(super) fn asked(&self) -> Option<Series> {
        self.given.series
    }

    /// The series in the variable that these tools read.
    pub(super) fn in_variable(&self) -> Option<Series> {
        Series::parse(&self.variable(SERIES)?).ok()
    }

    /// The series that a file of the project names, such as `.copier-answers.yml`.
    pub(super) fn named(&self) -> Option<Series> {
        self.named
    }

    /// A variable of the environment, or else of the project's `.env`.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        (self.given.variable)(name).or_else(|| self.dotenv.get(name).cloned())
    }
}

/// The directory of the file, then those above. The search ends at the project, and at the top of a repository.
fn directories(file: &Path, project: &Path) -> Vec<PathBuf> {
    let start = if file.is_dir() { file.to_owned() } else { directory_of(file) };
    let Ok(start) = start.canonicalize() else { return Vec::new() };
    let project = project.canonicalize().unwrap_or_else(|_| project.to_owned());
    let mut directories = Vec::new();
    for directory in start.ancestors() {
        directories.push(directory.to_owned());
        if directory == project || directory.join(".git").exists() || directories.len() > ABOVE {
            break;
        }
    }
    directories
}

/// A small text file. `None` if it is missing or cannot be read: nobody asked for it by name.
fn text(file: &Path) -> Option<Text> {
    file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    Text::load_if_there(file).ok()?
}

/// The lines `NAME=VALUE` of an environment file.
fn variables(file: &Path) -> Vec<(String, String)> {
    let Some(text) = text(file) else { return Vec::new() };
    let line = |line: &str| {
        let line = line.trim();
        let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let value = value.trim();
        // A comment can follow.
        let quoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.split(*quote).next());
        let plain = value.split(" #").next().unwrap_or_default().trim();
        is_name.then(|| (name.to_owned(), quoted.unwrap_or(plain).to_owned()))
    };
    text.text.lines().filter_map(line).collect()
}

/// The series that the files of one directory name.
fn named_in(directory: &Path, dotenv: &BTreeMap<String, String>) -> Option<Series> {
    let answers = [".copier-answers.yml", ".copier-answers.yaml"].iter().find_map(|name| {
        let document = document(&directory.join(name))?;
        // The template of doodba, and those of other projects.
        ["odoo_version", "odoo_series", "odoo_branch"].iter().find_map(|key| series(&document, key))
    });
    let in_dotenv = || {
        let names = [SERIES, "ODOO_SERIES", "ODOO_MINOR"];
        names.iter().find_map(|name| Series::parse(dotenv.get(*name)?).ok())
    };
    let compose = || {
        let names = ["common", "docker-compose", "compose", "setup-devel", "devel", "prod"];
        let files = names.iter().flat_map(|name| ["yaml", "yml"].map(|end| format!("{name}.{end}")));
        files.into_iter().find_map(|name| build_arguments(&document(&directory.join(name))?))
    };
    let image = || {
        ["Dockerfile", "odoo/Dockerfile"].iter().find_map(|name| in_dockerfile(&text(&directory.join(name))?))
    };
    let version = || {
        ["VERSION", "odoo/VERSION"]
            .iter()
            .find_map(|name| of_version(text(&directory.join(name))?.text.trim()))
    };
    answers.or_else(in_dotenv).or_else(compose).or_else(image).or_else(version)
}

fn document(file: &Path) -> Option<Node> {
    yaml::documents(&text(file)?, &mut Vec::new()).ok()?.into_iter().next()
}

fn series(node: &Node, key: &str) -> Option<Series> {
    match &node.get(key)?.value {
        Value::Text(text) => Series::parse(text).ok(),
        _ => None,
    }
}

/// The series in the build arguments of a service in a compose file, else in the tag of its image.
fn build_arguments(document: &Node) -> Option<Series> {
    let services = document.get("services")?.map("`services`").ok()?;
    let of_build = services.iter().find_map(|service| {
        let arguments = service.node.get("build")?.get("args")?;
        match &arguments.value {
            Value::List(items) => items.iter().find_map(|item| {
                let (name, value) = item.text("an argument").ok()?.split_once('=')?;
                Series::parse(value).ok().filter(|_| name == SERIES)
            }),
            _ => series(arguments, SERIES),
        }
    });
    of_build.or_else(|| {
        services.iter().find_map(|service| of_image(service.node.get("image")?.text("`image`").ok()?))
    })
}

/// The series that a Dockerfile sets, or that the tag of its image names.
fn in_dockerfile(text: &Text) -> Option<Series> {
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<String>>();
    let lines: Vec<Vec<String>> = text.text.lines().map(words).collect();
    let set = lines.iter().find_map(|words| {
        let [instruction, rest @ ..] = words.as_slice() else { return None };
        let is_setting = ["ARG", "ENV"].iter().any(|word| instruction.eq_ignore_ascii_case(word));
        let rest = rest.join(" ");
        let value = rest.strip_prefix(SERIES)?.trim_start_matches(['=', ' ']);
        Series::parse(value.trim_matches(['"', '\''])).ok().filter(|_| is_setting)
    });
    set.or_else(|| {
        lines.iter().find_map(|words| match words.as_slice() {
            [from, image, ..] if from.eq_ignore_ascii_case("FROM") => of_image(image),
            _ => None,
        })
    })
}

/// The series in the tag of an image of Odoo, such as `odoo:16.0` or `tecnativa/doodba:16.0-onbuild`.
fn of_image(image: &str) -> Option<Series> {
    let (name, tag) = image.rsplit_once(':')?;
    let is_odoo = ["odoo", "doodba", "ocb"].iter().any(|word| name.to_lowercase().contains(word));
    of_version(tag).filter(|_| is_odoo)
}

/// The series at the start of a tag such as `16.0-onbuild`, or of the version of a project.
fn of_version(version: &str) -> Option<Series> {
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
    let mut parts = version[..end].split('.');
    let (major, minor) = (parts.next()?, parts.next()?);
    let series = Series::parse(&format!("{major}.{minor}")).ok()?;
    Some(series).filter(|series| minor.len() == 1 && is_series(*series))
}

/// Whether Odoo can have this series. The version of a project, such as `1.2.0`, does not begin with one.
pub(super) fn is_series(series: Series) -> bool {
    (6..=99).contains(&series.major())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_is_the_start_of_a_version_or_tag() {
        for (version, expected) in [
            ("16.0.1.2.3", Some("16.0")),
            ("16.0-onbuild", Some("16.0")),
            ("16.0", Some("16.0")),
            ("1.2.3", None),
            ("16", None),
            ("16.04", None),
            ("latest", None),
        ] {
            assert_eq!(
                of_version(version).map(|series| series.to_string()).as_deref(),
                expected,
                "{version}"
            );
        }
        assert_eq!(of_image("postgres:16.0"), None);
        assert!(of_image("docker.io/tecnativa/doodba:16.0-onbuild").is_some());
    }

    #[test]
    fn a_dockerfile_names_the_series_in_an_argument_or_an_image() {
        for (text, expected) in [
            ("ARG ODOO_VERSION=16.0\nFROM odoo:${ODOO_VERSION}\n", Some("16.0")),
            ("ENV ODOO_VERSION \"15.0\"\n", Some("15.0")),
            ("from odoo:14.0 AS base\n", Some("14.0")),
            ("FROM debian:12.0\n", None),
        ] {
            let found = in_dockerfile(&Text::new(Path::new("Dockerfile"), text));
            assert_eq!(found.map(|series| series.to_string()).as_deref(), expected, "{text}");
        }
    }
}
