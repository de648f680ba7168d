//! The words for what `oca check` finds.

use std::fmt;

use super::human::{profile_list, quoted_list};
use crate::repo::{Edition, one_line};
use crate::report::{Finding, Needer, Problem, Severity, Spot, WhyMissing};

/// How many modules are named that have the same finding.
const SHOWN: usize = 5;

/// The findings for people, each with its place and its hint. `with_profiles` says whose they are as well; `default` is
/// the profile that commands take of themselves.
pub(crate) fn render_findings(findings: &[Finding], default: Option<&str>, with_profiles: bool) -> String {
    findings.iter().map(|finding| render(finding, default, with_profiles)).collect()
}

fn render(finding: &Finding, default: Option<&str>, with_profiles: bool) -> String {
    let rule = finding.problem.rule();
    let place = match &finding.spot {
        Spot::Manifest { name, line: Some(line), .. } => format!("  at: {}:{line}\n", one_line(name)),
        Spot::Manifest { name, line: None, .. } => format!("  at: {}\n", one_line(name)),
        Spot::Declaration(_) => String::new(),
    };
    let profiles =
        if with_profiles { format!("  in: {}\n", profile_list(&finding.profiles)) } else { String::new() };
    let hint = hint(finding, default);
    let (text, hint) = (one_line(&finding.to_string()), one_line(&hint));
    format!("{}[{}]: {text}\n{place}{profiles}  hint: {hint}\n", rule.severity, rule.code)
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let module = self.module.as_deref().unwrap_or_default();
        let of = |f: &mut fmt::Formatter<'_>| {
            write!(f, "`{module}`")?;
            self.repo.iter().try_for_each(|repo| write!(f, " of `{repo}`"))
        };
        match &self.problem {
            Problem::Duplicate { homes } => {
                write!(f, "`{module}` is in {}; Odoo takes that of `{}`", and_list(homes), first(homes))
            }
            Problem::Hidden { homes } => {
                write!(f, "`{module}` of `{}` hides that of {}", first(homes), and_list(&homes[1..]))
            }
            Problem::Core { edition } => {
                of(f)?;
                write!(f, " has the name of a module of {}", odoo(*edition))
            }
            Problem::Missing { needed_by, why } => match why {
                WhyMissing::Uninstallable { home } => write!(
                    f,
                    "`{module}` of `{home}` says that it cannot be installed, and {}",
                    need_it(needed_by)
                ),
                WhyMissing::Enterprise => write!(
                    f,
                    "`{module}` is a module of Odoo Enterprise, `edition` is `community`, and {}",
                    need_it(needed_by)
                ),
                _ => write!(f, "there is no module `{module}`, and {}", need_it(needed_by)),
            },
            Problem::Impossible { needed_by } => {
                write!(f, "no module can be called `{}`, and {}", module, need_it(needed_by))
            }
            Problem::Cycle { modules } => {
                let names: Vec<String> =
                    modules.iter().chain(modules.first()).map(|name| format!("`{name}`")).collect();
                write!(f, "modules need each other in a circle: {}", names.join(" -> "))
            }
            Problem::Version { version, series } => {
                of(f)?;
                write!(f, " has version `{version}`, which is none of Odoo {series}")
            }
            Problem::License { license, on } => {
                of(f)?;
                write!(f, " is under `{license}` and depends on {}", with_words(on))
            }
            Problem::UnknownLicense { license: Some(license) } => {
                of(f)?;
                write!(f, " is under `{license}`, a licence that Odoo does not know")
            }
            Problem::UnknownLicense { license: None } => {
                of(f)?;
                write!(f, " names no licence; Odoo takes it for `LGPL-3`")
            }
            Problem::AutoInstall { where_are } => {
                of(f)?;
                let verb = if where_are.len() == 1 { "is" } else { "are" };
                write!(f, " installs itself where {} {verb}, and is not selected", and_list(where_are))
            }
            Problem::Maturity { status, on } => {
                of(f)?;
                write!(f, " is `{status}` and depends on {}", with_words(on))
            }
            Problem::Case { names } => {
                write!(f, "{} are one name on macOS and Windows", and_list(names))
            }
            Problem::Nested { inner, outer } => {
                write!(f, "the path has an entry of `{inner}` inside one of `{outer}`")
            }
            Problem::Unreadable { path, line, why } => {
                write!(f, "the manifest of ")?;
                of(f)?;
                write!(f, " cannot be read: {why} (`{path}` at line {line})")
            }
        }
    }
}

/// What to do about a finding; `default` is the profile that commands take of themselves.
pub(super) fn hint(finding: &Finding, default: Option<&str>) -> String {
    let module = finding.module.as_deref().unwrap_or_default();
    let add = |what: &str| match finding.profiles.first().filter(|first| Some(first.as_str()) != default) {
        Some(profile) => format!("run `oca add {what} --profile {profile}`"),
        None => format!("run `oca add {what}`"),
    };
    let unless = |what: &str| format!("{what}, or put `{module}` into `ignore` of `[check]`");
    match &finding.problem {
        Problem::Duplicate { homes } => {
            unless(&format!("keep only one of them, such as that of `{}`", first(homes)))
        }
        Problem::Hidden { .. } => unless("keep only one of them"),
        Problem::Core { .. } => unless("rename it"),
        Problem::Missing { why, .. } => match why {
            WhyMissing::Uninstallable { .. } => format!("make `{module}` installable, or do without"),
            WhyMissing::Enterprise => {
                "write `edition = \"enterprise\"` into `repos.toml` if the image has Odoo Enterprise"
                    .to_owned()
            }
            WhyMissing::Elsewhere { repo, profile } => {
                format!("`{repo}` of profile `{profile}` has it: {}", add(repo))
            }
            WhyMissing::Known { repo } => format!("`{repo}` has it: {}", add(repo)),
            WhyMissing::Newer { repo } => {
                format!("`{repo}` may have it by now: run `oca lock --upgrade {repo}`")
            }
            WhyMissing::Nowhere { near: Some(near) } => {
                format!("did you mean `{near}`? else run `oca find {module}`")
            }
            WhyMissing::Nowhere { near: None } => {
                format!("run `oca find {module}`, and add the repository that has it")
            }
        },
        Problem::Impossible { .. } => "correct `depends` in the manifest".to_owned(),
        Problem::Cycle { .. } => "take one of them out of the `depends` of another".to_owned(),
        Problem::Version { series, .. } => {
            format!("write it as `{series}.1.0.0` or `1.0.0` once it is migrated, or leave it out")
        }
        Problem::License { .. } => unless("change the licence of one of them"),
        Problem::UnknownLicense { .. } => {
            unless("write a licence that Odoo knows, such as `LGPL-3`, into the manifest")
        }
        Problem::AutoInstall { .. } => unless(&add(&format!("--module {module}"))),
        Problem::Maturity { .. } => unless("expect changes in what it depends on"),
        Problem::Case { .. } => unless("rename one of them"),
        Problem::Nested { inner, .. } => format!("move `{inner}`, or take one of the two off the path"),
        Problem::Unreadable { .. } => match finding.spot {
            Spot::Manifest { .. } => "correct it: a manifest is one dict of Python literals".to_owned(),
            Spot::Declaration(_) => "correct it in a fork that `url` in `repos.toml` names".to_owned(),
        },
    }
}

/// All modules that have to do with a finding, the one it is about first.
pub(super) fn modules(finding: &Finding) -> Vec<&str> {
    let names: Vec<&str> = match &finding.problem {
        Problem::Missing { needed_by, .. } | Problem::Impossible { needed_by } => {
            needed_by.iter().map(|needer| needer.module.as_str()).collect()
        }
        Problem::Cycle { modules: names }
        | Problem::AutoInstall { where_are: names }
        | Problem::Case { names } => names.iter().map(String::as_str).collect(),
        Problem::License { on, .. } | Problem::Maturity { on, .. } => {
            on.iter().map(|(name, _)| name.as_str()).collect()
        }
        _ => Vec::new(),
    };
    let module = finding.module.as_deref();
    module.into_iter().chain(names.into_iter().filter(|name| Some(*name) != module)).collect()
}

fn first(homes: &[String]) -> &str {
    homes.first().map(String::as_str).unwrap_or_default()
}

fn odoo(edition: Edition) -> &'static str {
    match edition {
        Edition::Community => "Odoo's own",
        Edition::Enterprise => "Odoo Enterprise",
    }
}

/// "`a` of `web` needs it", "`a`, `b` and 8 others need it".
fn need_it(needed_by: &[Needer]) -> String {
    if let [Needer { module, repo }] = needed_by {
        return format!("`{module}` of `{repo}` needs it");
    }
    let mut names: Vec<String> = needed_by.iter().map(|needer| needer.module.clone()).collect();
    names.dedup();
    format!("{} need it", shortened(&names))
}

fn shortened(names: &[String]) -> String {
    if names.len() <= SHOWN + 1 {
        return and_list(names);
    }
    format!("{} and {} others", quoted_list(&names[..SHOWN]), names.len() - SHOWN)
}

/// "`a`, `b` and `c`".
fn and_list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [rest @ .., last] => format!("{} and `{last}`", quoted_list(rest)),
    }
}

/// "`a`, which is `Beta`", and the first few of many.
fn with_words(on: &[(String, String)]) -> String {
    let named: Vec<String> =
        on.iter().take(SHOWN).map(|(name, word)| format!("`{name}` (`{word}`)")).collect();
    match on.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use crate::report::RULES;

    #[test]
    fn the_documents_have_the_table_of_codes() {
        let page = include_str!("../../docs/checks.md").replace("\r\n", "\n");
        let rows = RULES.iter().map(|rule| format!("| {} | {} | {} |", rule.code, rule.severity, rule.title));
        let rows: Vec<String> = rows.collect();
        let found: Vec<&str> = page.lines().filter(|line| line.starts_with("| OCA")).collect();
        let starts = |(line, row): (&&str, &String)| line.starts_with(row.as_str());
        assert!(
            found.len() == rows.len() && found.iter().zip(&rows).all(starts),
            "`docs/checks.md` lacks these rows, or has others:\n{}",
            rows.join("\n")
        );
    }
}
