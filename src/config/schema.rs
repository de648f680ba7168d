//! The keys of `repos.toml`: their names, their tables and their values.
//!
//! The result is what the file says: no default is filled in and no `extends` is applied. Nearly every key is optional
//! here, because profiles and overrides set some keys and inherit the others.

use std::collections::HashSet;

use semver::VersionReq;

use super::base_url::BaseUrl;
use super::core_settings::{self, CoreSettings};
use super::document::{At, Refusal};
use super::error::Fault;
use super::expand::Template;
use super::profile::{Drop, Local, Mode, Position};
use super::push::NamedUrl;
use super::reader::{Table, one_of};
use super::repo_settings::{RepoSettings, repo_settings, settings};
use super::values::{self, ModuleRequest};
use crate::repo::{Age, Edition, Layout, Platform, RepoName, Series};
use crate::requirements::Override;

pub(super) struct Declared {
    pub(super) settings: Settings,
    pub(super) core: CoreSettings,
    pub(super) base_url: Option<BaseUrl>,
    pub(super) push_url: Option<NamedUrl>,
    pub(super) fetch_url: Option<NamedUrl>,
    pub(super) mode: Option<Mode>,
    pub(super) locking: Locking,
    pub(super) find: Vec<RepoName>,
    pub(super) default_profile: Option<At<String>>,
    pub(super) profiles: Vec<DeclaredProfile>,
    pub(super) repos: Vec<DeclaredRepo>,
}

/// `[lock]`.
#[derive(Clone, Copy, Default)]
pub(super) struct Locking {
    /// Whether merges move only by name.
    pub(super) holds_merges: bool,
    /// How old a commit must be before a pin moves to it.
    pub(super) cooldown: Age,
}

pub(super) struct DeclaredProfile {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) settings: Settings,
    pub(super) core: CoreSettings,
    pub(super) extends: Vec<At<String>>,
    pub(super) repos: Vec<At<RepoName>>,
    pub(super) modules: Option<Vec<ModuleRequest>>,
    pub(super) overrides: Vec<DeclaredRepo>,
}

/// `[repos.NAME]`, or `override.NAME` of a profile.
pub(super) struct DeclaredRepo {
    pub(super) name: RepoName,
    pub(super) line: usize,
    pub(super) settings: RepoSettings,
}

settings! {
    /// The settings of the top level and of a profile.
    Settings {
        odoo: Series,
        edition: Edition,
        path: Template,
        before: Vec<Template>,
        after: Vec<Template>,
        image_root: Template,
        image_core: At<Template>,
        image_before: Vec<Template>,
        image_after: Vec<Template>,
        image_layout: Layout,
        locals: Vec<Local>,
        python: String,
        platform: Platform,
        constraints: Vec<Template>,
        ignored_requirements: Vec<String>,
        overridden_requirements: Vec<Override>,
        ignored_findings: Vec<String>,
        languages: Vec<String>,
        drop: Vec<Drop>,
    }
}

/// `requires-oca`. It is read before all other keys, because a newer file can have keys that this version does not
/// know.
pub(super) fn required_oca(top: &mut Table<'_, '_>) -> Option<At<VersionReq>> {
    let requirement = top.text("requires-oca", |text| {
        VersionReq::parse(text).map_err(|error| {
            Refusal::new(format!("`{text}` is not a valid version requirement: {error}"))
                .hint("write it as `requires-oca = \">=0.1, <1\"`")
        })
    })?;
    Some(At { value: requirement, line: top.line_of("requires-oca").unwrap_or(1) })
}

pub(super) fn read(mut top: Table<'_, '_>) -> Declared {
    if top.line_of("odoo").is_none() {
        top.refuse(1, Fault::MissingField { key: "odoo", example: "odoo = \"18.0\"" });
    }
    let settings = settings(&mut top);
    let core = core_settings::read(&mut top);
    let base_url = top.text("base-url", BaseUrl::parse);
    let push_url = top.text("push-url", NamedUrl::parse);
    let fetch_url = top.text("fetch-url", NamedUrl::parse);
    let mode = top.word("mode", &[("clone", Mode::Clone), ("submodule", Mode::Submodule)]);
    let locking = top.table("lock").map(locking).unwrap_or_default();
    let find = top.table("find").map(find).unwrap_or_default();
    let default_profile = top
        .text("default-profile", values::profile_name)
        .map(|value| At { value, line: top.line_of("default-profile").unwrap_or(1) });
    let profiles =
        top.named("profiles").into_iter().filter_map(|(name, table)| profile(name, table)).collect();
    let repos = repos(&mut top, "repos");
    top.finish();
    Declared {
        settings,
        core,
        base_url,
        push_url,
        fetch_url,
        mode,
        locking,
        find,
        default_profile,
        profiles,
        repos,
    }
}

fn locking(mut table: Table<'_, '_>) -> Locking {
    let merges = table.word("merges", &[("move", false), ("hold", true)]);
    let cooldown = table.text("cooldown", values::age);
    table.finish();
    Locking { holds_merges: merges.unwrap_or_default(), cooldown: cooldown.unwrap_or_default() }
}

/// The names of repositories in `[find]`.
fn find(mut table: Table<'_, '_>) -> Vec<RepoName> {
    let repos = table.list("repos", RepoName::parse).unwrap_or_default();
    table.finish();
    repos
}

fn profile(name: &str, mut table: Table<'_, '_>) -> Option<DeclaredProfile> {
    let line = table.line();
    let extends = table.list_with_lines("extends", values::profile_name).unwrap_or_default();
    let repos = table.list_with_lines("repos", RepoName::parse).unwrap_or_default();
    let settings = settings(&mut table);
    let core = core_settings::read(&mut table);
    let modules = modules(&mut table);
    let overrides = self::repos(&mut table, "override");
    let name = match values::profile_name(name) {
        Ok(name) => Some(name),
        Err(Refusal { why, .. }) => {
            table.refuse(line, Fault::BadName { why });
            None
        }
    };
    table.finish();
    Some(DeclaredProfile { name: name?, line, settings, core, extends, repos, modules, overrides })
}

fn settings(table: &mut Table<'_, '_>) -> Settings {
    let mut settings = Settings {
        odoo: table.text("odoo", Series::parse),
        edition: table
            .word("edition", &[("community", Edition::Community), ("enterprise", Edition::Enterprise)]),
        path: table.text("path", values::checkouts),
        ..Settings::default()
    };
    if let Some(mut inner) = table.table("addons-path") {
        settings.before = inner.list("before", values::entry);
        settings.after = inner.list("after", values::entry);
        inner.finish();
    }
    if let Some(mut inner) = table.table("image") {
        settings.image_root = inner.text("root", values::image_entry);
        let line = inner.line_of("core").unwrap_or_default();
        settings.image_core = inner.text("core", values::image_core).map(|value| At { value, line });
        settings.image_before = inner.list("before", values::image_entry);
        settings.image_after = inner.list("after", values::image_entry);
        settings.image_layout = inner.word("layout", &[("repos", Layout::Repos), ("flat", Layout::Flat)]);
        inner.finish();
    }
    settings.locals = table.tables("local").map(|tables| tables.into_iter().filter_map(local).collect());
    if let Some(mut inner) = table.table("requirements") {
        settings.python = inner.text("python", values::python);
        settings.platform = inner.word("platform", &Platform::WORDS);
        settings.constraints = inner.list("constraints", values::template);
        settings.ignored_requirements = inner.list("ignore", values::some_text);
        settings.overridden_requirements = overridden(&mut inner);
        inner.finish();
    }
    if let Some(mut inner) = table.table("check") {
        settings.ignored_findings = inner.list("ignore", values::some_text);
        inner.finish();
    }
    if let Some(mut inner) = table.table("export") {
        settings.languages = inner.list("languages", values::language);
        settings.drop = inner.list("drop", |text| one_of(text, DROPS));
        inner.finish();
    }
    settings
}

/// The lines of `override`. A distribution can have several, for different environments.
fn overridden(table: &mut Table<'_, '_>) -> Option<Vec<Override>> {
    let mut kept: Vec<Override> = Vec::new();
    for At { value, line } in table.list_with_lines("override", values::overridden)? {
        if kept.iter().any(|other| other.repeats(&value)) {
            let why = format!("another line has the distribution `{}` and the same marker", value.name());
            let hint = Some("keep one of them".to_owned());
            table.refuse(line, Fault::BadValue { key: "override".to_owned(), why, hint });
        } else {
            kept.push(value.at(line));
        }
    }
    Some(kept)
}

const DROPS: &[(&str, Drop)] =
    &[("tests", Drop::Tests), ("readme", Drop::Readme), ("description", Drop::Description)];

fn local(mut table: Table<'_, '_>) -> Option<Local> {
    let line = table.line();
    if table.line_of("path").is_none() {
        table.refuse(line, Fault::MissingField { key: "path", example: "path = \"addons\"" });
    }
    let path = table.text("path", values::entry);
    let image = table.text("image", values::image_entry);
    let position = table.word("position", &[("before", Position::Before), ("after", Position::After)]);
    table.finish();
    Some(Local { path: path?, image, position: position.unwrap_or_default(), line })
}

fn repos(table: &mut Table<'_, '_>, key: &'static str) -> Vec<DeclaredRepo> {
    table.named(key).into_iter().filter_map(|(name, table)| repo(name, table)).collect()
}

fn repo(name: &str, mut table: Table<'_, '_>) -> Option<DeclaredRepo> {
    let line = table.line();
    let settings = RepoSettings { modules: modules(&mut table), ..repo_settings(&mut table) };
    let name = RepoName::parse(name)
        .map_err(|invalid| table.refuse(line, Fault::BadName { why: invalid.to_string() }))
        .ok();
    table.finish();
    Some(DeclaredRepo { name: name?, line, settings })
}

fn modules(table: &mut Table<'_, '_>) -> Option<Vec<ModuleRequest>> {
    let requests = table.list_with_lines("modules", values::module_request)?;
    let mut kept: Vec<ModuleRequest> = Vec::new();
    let mut names: HashSet<String> = HashSet::new();
    for At { value, line } in requests {
        if names.insert(value.name.clone()) {
            kept.push(value);
        } else {
            table.refuse(line, Fault::Duplicate { key: "modules".to_owned(), word: value.name });
        }
    }
    Some(kept)
}
