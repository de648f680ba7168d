//! The modules that `click-odoo-update` would update in a database, once the new lock is deployed.

mod places;
mod tell;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

use places::{Place, Sorted, places};

use super::side::{ReadLock, Source};
use super::update::drop_refused;
use crate::config::Profile;
use crate::diff::{Checksum, Database, LARGEST, Unhashable};
use crate::error::{DiffError, Error};
use crate::fs::{Context, read_given};
use crate::ops::{ChecksumRequest, Contents, ModuleFiles, NewOwn, module_checksums};
use crate::repo::{ModuleName, Rules, counted};
use crate::session::Session;

/// What the user asks.
pub(super) struct Request<'a> {
    /// `None` is stdin.
    pub(super) file: Option<&'a Path>,
    /// Whether the database runs on checkouts.
    pub(super) checkouts: bool,
}

/// The modules to update.
pub(super) struct Update {
    pub(super) names: BTreeSet<String>,
    /// How many of them have no stored checksum.
    unknown: usize,
}

impl Update {
    pub(super) fn summary(&self) -> String {
        let all = self.names.len();
        let why = match (all - self.unknown, self.unknown) {
            (0, 0) => String::new(),
            (_, 0) => ": another checksum".to_owned(),
            (0, _) => ": no stored checksum".to_owned(),
            (changed, unknown) => {
                format!(": {changed} with another checksum, {unknown} without a stored one")
            }
        };
        format!("{} to update{why}", counted(all, "module", "modules"))
    }
}

/// Modules of which a checksum is stored.
type Stored<'d, 'l, 'o> = BTreeMap<&'d ModuleName, (Place<'l, 'o>, Checksum)>;

impl Request<'_> {
    /// The database takes the place of the old lock. Warns about everything that is not compared.
    pub(super) fn update(&self, new: &ReadLock, session: &Session<'_>) -> Result<Update, Error> {
        let (database, printer) = (self.database()?, session.printer);
        let profile = session.profile()?;
        let not_there = || DiffError::NotInNewLock { profile: profile.name.clone() };
        let locked = new.lock.profiles.get(&profile.name).ok_or_else(not_there)?;
        if let Some(found) = database.series.filter(|found| *found != locked.odoo) {
            let (profile, wanted) = (profile.name.clone(), locked.odoo);
            return Err(DiffError::OtherSeries { profile, found, wanted }.into());
        }
        let rules = &locked.packaging.rules;
        let languages = assumed_languages(rules);
        tell::assumptions(&database, &languages, printer);
        let own = own(new, profile, session)?;
        let places = places(&new.lock, locked, own.as_ref(), self.checkouts);
        let Sorted { stored, unknown, of_odoo, absent } = Sorted::of(&database, &places, (&new.lock, locked));
        let rule = database.rule(&languages);
        let contents = Contents::new(session, &new.lock).with_texts(new.texts.clone());
        let compared = Compared { session, contents, own: own.as_ref() };
        let (whole, exported) = (ModuleFiles::Whole, ModuleFiles::Exported(rules));
        let (files, others) = if self.checkouts { (whole, exported) } else { (exported, whole) };
        let request = ChecksumRequest { rule: &rule, files, series: locked.odoo };
        let differing = compared.differing(&stored, &request)?;
        for (name, (place, why)) in &differing {
            if let Some(why) = why {
                tell::unhashable(&place.to_string(), name, why, printer);
            }
        }
        if *rules != Rules::default() {
            let same = compared.same(&stored, &differing, &ChecksumRequest { files: others, ..request });
            tell::only_by_export(&same, self.checkouts, printer);
        }
        tell::absent(&of_odoo, &absent, printer);
        let names = differing.keys().chain(&unknown);
        let mut names: BTreeSet<String> = names.map(ToString::to_string).collect();
        drop_refused(&mut names, printer);
        let unknown = unknown.iter().filter(|name| names.contains(name.as_str())).count();
        Ok(Update { names, unknown })
    }

    /// Reads the file, or stdin.
    fn database(&self) -> Result<Database, Error> {
        let stdin = Path::new("stdin");
        let file = self.file.unwrap_or(stdin);
        let bytes = if let Some(file) = self.file {
            let missing = || DiffError::NoInstalled { file: file.to_owned() };
            read_given(file)?.ok_or_else(missing)?
        } else {
            let mut bytes = Vec::new();
            std::io::stdin().take(LARGEST + 1).read_to_end(&mut bytes).at("read", stdin)?;
            bytes
        };
        let refuse = |error| DiffError::BadInstalled { file: file.to_owned(), error };
        Ok(Database::parse(&bytes).map_err(refuse)?)
    }
}

/// The languages of a database that does not name its own: those of the export, and that of Odoo's sources, which is in
/// every database.
fn assumed_languages(rules: &Rules) -> Vec<String> {
    let english = "en_US".to_owned();
    std::iter::once(english).chain(rules.languages.iter().flatten().cloned()).collect()
}

/// The own modules that belong to the new lock. `None` if it is not known which; then this warns.
fn own(new: &ReadLock, profile: &Profile, session: &Session<'_>) -> Result<Option<NewOwn>, Error> {
    if profile.locals.is_empty() {
        return Ok(None);
    }
    let revision = match &new.source {
        Source::Revision(revision) => Some(revision.as_str()),
        Source::Working => None,
        Source::Elsewhere => {
            session.printer.warning(
                "your own modules are not compared, because the new lock is not from git: add those that changed to the list",
            );
            return Ok(None);
        }
    };
    NewOwn::of(session, profile, revision).map(Some)
}

/// The new modules.
struct Compared<'a, 's, 'l> {
    session: &'a Session<'s>,
    contents: Contents<'l>,
    own: Option<&'a NewOwn>,
}

/// The modules with another checksum than the stored one, with the reason if there is none.
type Differing<'d, 'l, 'o> = BTreeMap<&'d ModuleName, (Place<'l, 'o>, Option<Unhashable>)>;

impl<'l> Compared<'_, '_, 'l> {
    fn differing<'d, 'o>(
        &self,
        stored: &Stored<'d, 'l, 'o>,
        request: &ChecksumRequest<'_>,
    ) -> Result<Differing<'d, 'l, 'o>, Error> {
        let homes = stored.values().filter_map(|(place, _)| place.home());
        let locked = module_checksums(self.session, &self.contents, homes, request)?;
        let mut differing = BTreeMap::new();
        for (name, (place, stored)) in stored {
            let own;
            let found = match (place, self.own) {
                (Place::Own(module), Some(all)) => {
                    own = all.checksum(*module, request.rule)?;
                    Some(&own)
                }
                _ => locked.get(*name),
            };
            let why = match found {
                Some(Ok(found)) if found == stored => continue,
                Some(Err(why)) => Some(why.clone()),
                _ => None,
            };
            differing.insert(*name, (*place, why));
        }
        Ok(differing)
    }

    /// Those of the differing modules whose stored checksum is that of this request. This only explains a list, so what
    /// cannot be found out, such as offline, is left out.
    fn same<'d, 'o>(
        &self,
        stored: &Stored<'d, 'l, 'o>,
        differing: &Differing<'d, 'l, 'o>,
        request: &ChecksumRequest<'_>,
    ) -> Vec<&'d ModuleName> {
        let locked = stored.iter().filter(|(_, (place, _))| place.is_locked());
        let asked = locked.filter(|(name, _)| differing.contains_key(*name));
        let asked: Stored<'_, '_, '_> = asked.map(|(name, stored)| (*name, *stored)).collect();
        let Ok(still) = self.differing(&asked, request) else { return Vec::new() };
        asked.into_keys().filter(|name| !still.contains_key(name)).collect()
    }
}
