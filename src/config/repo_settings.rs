//! The keys of every repository, be it of modules or of Odoo itself.

use std::collections::HashSet;

use super::document::At;
use super::error::Fault;
use super::merge::Merge;
use super::push::NamedUrl;
use super::reader::Table;
use super::values::{self, ModuleRequest};
use crate::repo::{AddonsDirectory, Age, CommitId, Reference, RemoteUrl};

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

pub(super) use settings;

settings! {
    /// The settings of a repository. Branch, tag and commit are one setting: each replaces the others.
    RepoSettings {
        url: RemoteUrl,
        reference: Reference,
        modules: Vec<ModuleRequest>,
        addons: Vec<AddonsDirectory>,
        hold: bool,
        cooldown: Age,
        merges: Vec<Merge>,
        patches: Vec<String>,
        push_url: NamedUrl,
        fetch_url: NamedUrl,
        depth: u32,
    }
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
        cooldown: table.text("cooldown", values::age),
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

/// The merges in the order of the file, each source once.
fn merges(table: &mut Table<'_, '_>) -> Option<Vec<Merge>> {
    let (mut merges, mut known) = (Vec::new(), HashSet::new());
    for At { value, line } in table.items("merges", Merge::parse, Merge::of_table)? {
        // The lock has no secrets, and each source once.
        if known.insert(value.pending.source.without_secret()) {
            merges.push(value);
        } else {
            let word = value.to_string();
            table.refuse(line, Fault::Duplicate { key: "merges".to_owned(), word });
        }
    }
    Some(merges)
}
