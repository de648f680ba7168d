//! The keys of `repos.toml`: their names, their tables and their values.
//!
//! The result is what the file says: no default is filled in and no `extends` is applied. Nearly every key is optional
//! here, because profiles and overrides set some keys and inherit the others.

use std::collections::HashSet;

use semver::VersionReq;

use super::base_url::BaseUrl;
use super::core::{self, CoreSettings};
use super::document::{At, Refusal};
use super::error::Fault;
use super::expand::Template;
use super::merge::Merge;
use super::profile::{Drop, Local, Mode, Position};
use super::push::NamedUrl;
use super::reader::{Table, one_of};
use super::values::{self, ModuleRequest};
use crate::repo::{
    AddonsDirectory, CommitId, Edition, Layout, Platform, Reference, RemoteUrl, RepoName, Series,
};
use crate::requirements::Override;

pub(super) struct Declared {
    pub(super) settings: Settings,
    pub(super) core: CoreSettings,
    pub(super) base_url: Option<BaseUrl>,
    pub(super) push_url: Option<NamedUrl>,
    pub(super) fetch_url: Option<NamedUrl>,
    pub(super) mode: Option<Mode>,
    /// Whether merges move only by name.
    pub(super) holds_merges: bool,
    pub(super) find: Vec<RepoName>,
    pub(super) default_profile: Option<At<String>>,
    pub(super) profiles: Vec<DeclaredProfile>,
    pub(super) repos: Vec<DeclaredRepo>,
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

/// Declares a struct of optional settings that can be merged with another one, key by key.
macro_rules! settings {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default)]
        pub(super) struct $name {
            $(pub(super) $field: Option<$type>,)*
        }

        impl $name {
            /// Takes every setting that is not set here from `other`.
            #[must_use]
            pub(super) fn or(self, other: &Self) -> Self {
                Self { $($field: self.$field.or_else(|| other.$field.clone()),)* }
            }
        }
    };
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
        image_core: Template,
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

settings! {
    /// The settings of a repository. Branch, tag and commit are one setting: each replaces the others.
    RepoSettings {
        url: RemoteUrl,
        reference: Reference,
        modules: Vec<ModuleRequest>,
        addons: Vec<AddonsDirectory>,
        hold: bool,
        merges: Vec<Merge>,
        patches: Vec<String>,
        push_url: NamedUrl,
        fetch_url: NamedUrl,
        depth: u32,
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
    let core = core::read(&mut top);
    let base_url = top.text("base-url", BaseUrl::parse);
    let push_url = top.text("push-url", NamedUrl::parse);
    let fetch_url = top.text("fetch-url", NamedUrl::parse);
    let mode = top.word("mode", &[("clone", Mode::Clone), ("submodule", Mode::Submodule)]);
    let holds_merges = top.table("lock").is_some_and(holds_merges);
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
        holds_merges,
        find,
        default_profile,
        profiles,
        repos,
    }
}

/// Whether `[lock]` keeps merges at their commits.
fn holds_merges(mut table: Table<'_, '_>) -> bool {
    let merges = table.word("merges", &[("move", false), ("hold", true)]);
    table.finish();
    merges.unwrap_or_default()
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
    let core = core::read(&mut table);
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
        settings.image_core = inner.text("core", values::image_entry);
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
    if table.line_of("path").is_none() {
        table.refuse(table.line(), Fault::MissingField { key: "path", example: "path = \"addons\"" });
    }
    let path = table.text("path", values::entry);
    let image = table.text("image", values::image_entry);
    let position = table.word("position", &[("before", Position::Before), ("after", Position::After)]);
    table.finish();
    Some(Local { path: path?, image, position: position.unwrap_or_default() })
}

fn repos(table: &mut Table<'_, '_>, key: &'static str) -> Vec<DeclaredRepo> {
    table.named(key).into_iter().filter_map(|(name, table)| repo(name, table)).collect()
}

/// The merges in the order of the file, each source once.
fn merges(table: &mut Table<'_, '_>) -> Option<Vec<Merge>> {
    let (mut merges, mut known) = (Vec::new(), HashSet::new());
    for At { value, line } in table.items("merges", Merge::parse, Merge::of_table)? {
        if known.insert(value.pending.source.clone()) {
            merges.push(value);
        } else {
            let word = value.to_string();
            table.refuse(line, Fault::Duplicate { key: "merges".to_owned(), word });
        }
    }
    Some(merges)
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

/// The keys of every repository, be it of modules or of Odoo itself.
pub(super) fn repo_settings(table: &mut Table<'_, '_>) -> RepoSettings {
    if table.is_empty_list("addons") {
        let why = "it must name a directory; `.` is the repository itself".to_owned();
        let hint = Some("write `addons = [\".\"]`".to_owned());
        table.refuse(
            table.line_of("addons").unwrap_or(table.line()),
            Fault::BadValue { key: "addons".to_owned(), why, hint },
        );
    }
    RepoSettings {
        url: table.text("url", values::remote_url),
        reference: reference(table),
        modules: None,
        addons: table.list("addons", values::addons_directory),
        hold: table.flag("hold"),
        merges: merges(table),
        patches: table.list("patches", values::patch),
        push_url: table.text("push-url", NamedUrl::parse),
        fetch_url: table.text("fetch-url", NamedUrl::parse),
        depth: table.number("depth"),
    }
}

fn reference(table: &mut Table<'_, '_>) -> Option<Reference> {
    let branch = table.text("branch", Reference::branch);
    let tag = table.text("tag", Reference::tag);
    let rev = table.text("rev", CommitId::parse).map(Reference::Rev);
    let mut given: Vec<(usize, &'static str)> =
        ["branch", "tag", "rev"].into_iter().filter_map(|key| Some((table.line_of(key)?, key))).collect();
    given.sort_by_key(|(line, _)| *line);
    if let [(_, first), (line, second), ..] = given[..] {
        table.refuse(line, Fault::Exclusive { first, second });
    }
    branch.or(tag).or(rev)
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
