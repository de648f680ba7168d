//! A repository of a profile with every default filled in.

use super::document::At;
use super::profile::Repo;
use super::push::Push;
use super::repo_settings::RepoSettings;
use super::schema::Declared;
use crate::repo::{AddonsDirectory, Reference, RemoteUrl, RepoName, Series};

/// A repository with its settings. `url` is the one for requests.
pub(super) fn repo(
    mention: &At<RepoName>,
    settings: RepoSettings,
    declared: &Declared,
    url: RemoteUrl,
    odoo: Series,
) -> Repo {
    let name = mention.value.clone();
    let push = settings.push_url.as_ref().or(declared.push_url.as_ref());
    let fetch = settings.fetch_url.as_ref().or(declared.fetch_url.as_ref());
    let mut merges = settings.merges.unwrap_or_default();
    merges.iter_mut().for_each(|merge| merge.hold |= declared.locking.holds_merges);
    Repo {
        core: None,
        url,
        reference: settings.reference.unwrap_or_else(|| Reference::Branch(odoo.to_string())),
        modules: settings.modules,
        addons: settings.addons.unwrap_or_else(|| vec![AddonsDirectory::root()]),
        hold: settings.hold.unwrap_or_default(),
        cooldown: settings.cooldown.unwrap_or(declared.locking.cooldown),
        merges,
        patches: settings.patches.unwrap_or_default(),
        push: push.map(|push| Push::new(push, fetch, &name)),
        depth: settings.depth.unwrap_or(1),
        line: mention.line,
        name,
    }
}
