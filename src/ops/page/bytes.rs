//! How many bytes each module has: in an export, and left out of it. Only the sizes of files are read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::config::Profile;
use crate::error::Error;
use crate::export::{self, ExportRequest, Scope};
use crate::git::{self, GitTree, Snapshot};
use crate::lock::{Lock, LockedModule, LockedRepo, Pin};
use crate::ops::{Contents, OfPin, Remotes, Watch, confirm_trees};
use crate::page::{Amount, Bytes};
use crate::plan::{self, Offer, by_offer};
use crate::repo::{BlobId, RemoteUrl, Rules, Series};
use crate::report::{Done, Trouble};
use crate::session::Session;

/// The sizes of a profile, by repository.
#[derive(Default)]
pub(super) struct Measured {
    pub(super) repos: BTreeMap<Pin, MeasuredRepo>,
}

#[derive(Default)]
pub(super) struct MeasuredRepo {
    /// The paths of the modules that an export has.
    pub(super) exported: BTreeSet<String>,
    /// By the path of the module. A module that cannot be exported is missing.
    pub(super) modules: BTreeMap<String, Bytes>,
    /// The files of an export beside the modules.
    pub(super) others: Amount,
    /// Why nothing is known.
    pub(super) trouble: Option<String>,
}

/// A repository to measure.
struct Target<'a> {
    locked: &'a LockedRepo,
    url: RemoteUrl,
    /// All modules in its addons directories.
    modules: Vec<&'a LockedModule>,
    exported: BTreeSet<String>,
    rules: &'a Rules,
    odoo: Series,
}

impl OfPin for Target<'_> {
    fn pin(&self) -> &Pin {
        &self.locked.pin
    }
}

/// Measures the modules of all repositories, in parallel.
pub(super) fn measure(session: &Session<'_>, profile: &Profile, lock: &Lock) -> Result<Measured, Error> {
    let packaging = profile.packaging();
    let offers = plan::offers(profile, lock);
    let entries = by_offer(&offers, packaging.layout);
    let mut targets = Vec::new();
    for (Offer { locked, addons, .. }, entries) in offers.iter().zip(&entries) {
        let declared = profile.repos.iter().find(|declared| plan::pin(declared) == locked.pin);
        let url = session.remote_url(declared.map_or(&locked.pin.url, |declared| &declared.url))?;
        let modules = locked.facts.modules.iter().filter(|module| addons.contains(&module.directory));
        targets.push(Target {
            locked,
            url,
            modules: modules.collect(),
            exported: plan::module_paths(entries).into_iter().collect(),
            rules: &packaging.rules,
            odoo: profile.odoo,
        });
    }
    let remotes = Remotes::of(session)?.without_lines();
    let contents = Contents::new(session, lock);
    let answers = remotes
        .ask(&targets, |target, watch| Ok((Done::UpToDate, of_repo(&remotes, &contents, target, watch)?)))?;
    let (answers, failures) = answers.sorted();
    if !failures.is_empty() {
        return Err(Error::Repos { failures });
    }
    let repos = answers.into_iter().map(|(target, measured)| (target.locked.pin.clone(), measured));
    Ok(Measured { repos: repos.collect() })
}

fn of_repo(
    remotes: &Remotes<'_>,
    contents: &Contents<'_>,
    target: &Target<'_>,
    watch: &Watch<'_>,
) -> Result<MeasuredRepo, Trouble> {
    let mut measured = MeasuredRepo { exported: target.exported.clone(), ..MeasuredRepo::default() };
    if target.modules.is_empty() {
        return Ok(measured);
    }
    watch.step("fetching");
    let meter = |bytes| watch.received(bytes);
    let remote = remotes.git.remote(&target.url).map_err(Trouble::Remote)?;
    let snapshot = contents.of(remote, target.locked, &meter)?;
    let objects = match snapshot.tree() {
        Err(git::Error::Offline) => {
            measured.trouble = Some("oca is offline, and the cache does not have this commit".to_owned());
            return Ok(measured);
        }
        other => other.map_err(Trouble::Remote)?,
    };
    confirm_trees(target.locked, &objects)?;
    fetch(&snapshot, &objects, target)?;
    drop(objects);
    watch.step("measuring");
    let objects = snapshot.tree().map_err(Trouble::Remote)?;
    let mut scales = Scales { objects: &objects, target, sizes: HashMap::new() };
    for module in &target.modules {
        let Some((bytes, others)) = scales.module(module) else { continue };
        if target.exported.contains(&module.path()) {
            measured.others = others;
        }
        measured.modules.insert(module.path(), bytes);
    }
    Ok(measured)
}

/// Fetches the files of all modules, as a checkout has them. If oca is offline, those in the cache must do.
fn fetch(snapshot: &Snapshot<'_, '_>, objects: &GitTree<'_>, target: &Target<'_>) -> Result<(), Trouble> {
    let all = Rules::default();
    let chosen = target.modules.iter().filter_map(|module| choose(objects, target, module, &all).ok());
    let ids: BTreeSet<[u8; 20]> = chosen
        .flat_map(|chosen| chosen.files().map(|file| *file.id.as_bytes()).collect::<Vec<_>>())
        .collect();
    let ids: Vec<BlobId> = ids.into_iter().map(BlobId::from_bytes).collect();
    match snapshot.blobs(&ids) {
        Err(git::Error::Offline) => Ok(()),
        fetched => fetched.map_err(Trouble::Remote),
    }
}

/// The files that the rules keep of a module, and those beside the modules.
fn choose(
    objects: &GitTree<'_>,
    target: &Target<'_>,
    module: &LockedModule,
    rules: &Rules,
) -> Result<export::Chosen, export::Error> {
    /// No honest manifest and no `__init__.py` is longer.
    const LONGEST: usize = 1 << 20;
    let scope = Scope::Modules { paths: vec![module.path()], trees: vec![module.tree] };
    let request = ExportRequest { tree: target.locked.tree, scope, rules, odoo: target.odoo };
    export::choose(objects, &request, &|_, id| Ok(objects.known_file(id, LONGEST)))
}

/// Adds up sizes.
struct Scales<'s> {
    objects: &'s GitTree<'s>,
    target: &'s Target<'s>,
    /// Files that are kept by one rule are asked for again by the next one.
    sizes: HashMap<BlobId, Option<u64>>,
}

impl Scales<'_> {
    /// The bytes of a module, and of the files beside the modules. `None` if it cannot be exported.
    fn module(&mut self, module: &LockedModule) -> Option<(Bytes, Amount)> {
        let (whole, others) = self.amount(module, &Rules::default())?;
        if !self.target.exported.contains(&module.path()) {
            return Some((Bytes { selection: whole, ..Bytes::default() }, others));
        }
        let rules = self.target.rules;
        let only_languages = Rules { languages: rules.languages.clone(), ..Rules::default() };
        let translated = self.amount(module, &only_languages)?.0;
        let exported = self.amount(module, rules)?.0;
        let bytes = Bytes {
            exported,
            selection: Amount::default(),
            languages: whole.without(translated),
            rules: translated.without(exported),
        };
        Some((bytes, others))
    }

    fn amount(&mut self, module: &LockedModule, rules: &Rules) -> Option<(Amount, Amount)> {
        let chosen = choose(self.objects, self.target, module, rules).ok()?;
        let mut sum = |files: &mut dyn Iterator<Item = &export::File>| {
            files.map(|file| Amount::of_file(self.size(file.id))).sum::<Amount>()
        };
        let own = sum(&mut chosen.modules.iter().flat_map(|module| &module.files));
        Some((own, sum(&mut chosen.others.iter())))
    }

    fn size(&mut self, id: BlobId) -> Option<u64> {
        *self.sizes.entry(id).or_insert_with(|| self.objects.known_size(id))
    }
}
