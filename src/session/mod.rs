//! One run of the tool in one project: its files, its profile and its paths.

mod directories;
mod locked;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::catalogue::Catalogue;
use crate::config::{self, Config, Profile, Repo, Template};
use crate::error::{Error, Outside};
use crate::export;
use crate::flags::Global;
use crate::fs::{Context, DirectoryLock, create_directory, normal};
use crate::git::{Git, Origin};
use crate::lock;
use crate::output::Printer;
use crate::pool::Pools;
use crate::repo::{LATEST, Reference, RemoteUrl, RepoName, Series, bare_url};
use directories::Directories;

/// The directory of `repos.toml` in the images of `docker/Dockerfile`.
const IMAGE_PROJECT: &str = "/opt/oca";

/// Everything that a command with a `repos.toml` needs.
pub(crate) struct Session<'a> {
    pub(crate) global: &'a Global,
    pub(crate) printer: &'a Printer,
    pub(crate) config: Config,
    /// The absolute directory of `repos.toml`.
    root: PathBuf,
    /// Shared by all sessions of a run, so that connections and credentials are shared.
    git: Arc<OnceLock<Git>>,
    directories: Directories,
}

impl<'a> Session<'a> {
    pub(crate) fn open(global: &'a Global, printer: &'a Printer) -> Result<Self, Error> {
        let file = match &global.config {
            Some(file) => file.clone(),
            None => config::find(Path::new(".")).ok_or_else(|| Error::NoConfig { place: outside() })?,
        };
        Self::with_config(Config::load(&file, &running_version())?, global, printer)
    }

    /// The same run with this text as `repos.toml`.
    pub(crate) fn with_text(&self, text: &str) -> Result<Self, Error> {
        let config = Config::load_as(&self.config.file, text, &running_version())?;
        Ok(Self { git: self.git.clone(), ..Self::with_config(config, self.global, self.printer)? })
    }

    /// A run with a configuration that may not be written yet.
    pub(crate) fn with_config(
        config: Config,
        global: &'a Global,
        printer: &'a Printer,
    ) -> Result<Self, Error> {
        let root = std::path::absolute(&config.directory).at("find", &config.directory)?;
        let session = Self {
            global,
            printer,
            config,
            root: normal(&root),
            git: Arc::default(),
            directories: Directories::default(),
        };
        session.config.profiles.iter().try_for_each(|profile| session.refuse_mixed(profile))?;
        // Commands for all profiles check it, too: a wrong name is an error.
        if !global.all_profiles && session.named_profile().is_some() {
            session.profile()?;
        }
        Ok(session)
    }

    /// Fails if the user's own modules are among the checkouts: the `.gitignore` for the checkouts would hide the modules
    /// from the surrounding repository.
    ///
    /// A directory of checkouts beside own modules is fine, as in `addons` and `addons/oca`. An unset variable is reported
    /// by the code that needs its value.
    fn refuse_mixed(&self, profile: &Profile) -> Result<(), Error> {
        let core = profile.core.iter().flat_map(|repo| &repo.core).map(|core| &core.path);
        for path in std::iter::once(&profile.path).chain(core) {
            let Ok(below) = path.expand_below(&variable) else { continue };
            for local in &profile.locals {
                let Ok(own) = self.entry(&local.path) else { continue };
                if own.starts_with(self.absolute(&below)) {
                    let (path, local) = (path.as_str().to_owned(), local.path.as_str().to_owned());
                    let file = self.config.file.clone();
                    return Err(Error::MixedPaths { file, profile: profile.name.clone(), path, local });
                }
            }
        }
        Ok(())
    }

    /// Git and its cache. Only commands that fetch need it, and with it a home directory.
    pub(crate) fn git(&self) -> Result<&Git, Error> {
        if let Some(git) = self.git.get() {
            return Ok(git);
        }
        let git = open_git(self.global)?.for_lock(std::path::absolute(self.lock_file()).unwrap_or_default());
        Ok(self.git.get_or_init(|| git))
    }

    /// The known modules of OCA repositories on a series, as far as `oca find` or `oca add` asked before. Asks no
    /// server.
    pub(crate) fn catalogue(&self, odoo: Series) -> Result<Catalogue, Error> {
        let base = self.remote_url(self.config.base.as_url())?.without_secret();
        Ok(Catalogue::load(&cache_directory(self.global)?, base.as_str(), odoo))
    }

    /// Starts the threads; called only by commands that need them.
    pub(crate) fn pools(&self) -> Result<Pools, Error> {
        Ok(Pools::new(self.global.jobs())?)
    }

    /// The profile of the command.
    pub(crate) fn profile(&self) -> Result<&Profile, Error> {
        if self.global.all_profiles {
            return Err(Error::OneProfile);
        }
        Ok(self.config.profile(self.named_profile().as_deref())?)
    }

    /// The name of the profile that the user chose; it may not exist.
    pub(crate) fn named_profile(&self) -> Option<String> {
        named_profile(self.global)
    }

    /// The profile of a command without `--profile`.
    pub(crate) fn usual_profile(&self) -> Option<&Profile> {
        self.config.profile(set_variable("OCA_PROFILE").as_deref()).ok()
    }

    /// The profile of the command, or all profiles with `--all-profiles`.
    pub(crate) fn profiles(&self) -> Result<Vec<&Profile>, Error> {
        if self.global.all_profiles {
            return Ok(self.config.profiles.iter().collect());
        }
        Ok(vec![self.profile()?])
    }

    /// The beginning of a command line for the same project and profile.
    pub(crate) fn command_line(&self, command: &str) -> String {
        let Global { directory, config, profile, .. } = self.global;
        let mut line = "oca".to_owned();
        for (flag, path) in [("-C", directory), ("--config", config)] {
            line.extend(path.iter().map(|path| format!(" {flag} {}", path.display())));
        }
        line.extend([" ", command]);
        line.extend(profile.iter().map(|name| format!(" --profile {name}")));
        line
    }

    /// The absolute directory of `repos.toml`.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The absolute path of `repos.toml`.
    pub(crate) fn absolute_config(&self) -> PathBuf {
        self.root.join(self.config.file.file_name().unwrap_or_default())
    }

    pub(crate) fn lock_file(&self) -> PathBuf {
        self.config.file.with_file_name(lock::FILE_NAME)
    }

    /// Takes the project's lock: waits until no other oca changes this project, whatever its cache and its path to it.
    pub(crate) fn claim(&self) -> Result<DirectoryLock, Error> {
        let wait = || self.printer.note("waiting for another oca in this project");
        Ok(DirectoryLock::take(&self.root, wait)?)
    }

    /// The declared repository that a word means: by `ORGANISATION/NAME` or by its url, whatever the transport.
    pub(crate) fn repo_of(&self, word: &str) -> Option<RepoName> {
        let repos = || self.config.profiles.iter().flat_map(Profile::all_repos);
        let at = |url: &str| {
            let place = place_of(url);
            repos().find(|repo| place_of(repo.url.as_str()) == place).map(|repo| repo.name.clone())
        };
        at(word).or_else(|| {
            let (organisation, name) = word.split_once('/')?;
            at(self.config.base.beside(organisation, &RepoName::parse(name).ok()?)?.as_str())
        })
    }

    /// The url for requests: variables are expanded, and a path is absolute.
    pub(crate) fn remote_url(&self, url: &RemoteUrl) -> Result<RemoteUrl, Error> {
        let expanded = config::expand_url(url, &variable)?;
        let text = expanded.as_str();
        if text.contains("://") || crate::repo::split_scp(text).is_some() {
            return Ok(expanded);
        }
        let path = self.absolute(text);
        RemoteUrl::from_path(&path).ok_or(Error::PathNotUtf8 { path })
    }

    /// The `origin` of a checkout.
    pub(crate) fn origin(&self, url: &RemoteUrl, reference: &Reference) -> Result<Origin, Error> {
        let branch = reference.as_branch().map(str::to_owned);
        Ok(Origin { url: self.remote_url(url)?.without_secret().as_str().to_owned(), branch })
    }

    /// The directory of a profile's checkouts, absolute.
    pub(crate) fn checkouts(&self, profile: &Profile) -> Result<PathBuf, Error> {
        Ok(self.absolute(&Self::checkouts_below(profile)?))
    }

    /// The directory of a profile's checkouts, relative to the project, with `/`.
    pub(crate) fn checkouts_below(profile: &Profile) -> Result<String, Error> {
        Ok(profile.checkouts(&variable)?)
    }

    /// Fails if a part of the path to the checkouts is a symlink: the checkouts must stay inside the project.
    pub(crate) fn refuse_links(&self, profile: &Profile) -> Result<(), Error> {
        let core = profile.core.iter().map(|repo| Self::checkout_below(profile, repo));
        let mut directories = core.collect::<Result<Vec<_>, _>>()?;
        // A link in place of a checkout itself is reported when it is placed.
        for checkout in &mut directories {
            checkout.truncate(checkout.rfind('/').unwrap_or_default());
        }
        directories.push(Self::checkouts_below(profile)?);
        for directory in directories {
            let mut path = self.root.clone();
            for part in Path::new(&directory) {
                path.push(part);
                if path.is_symlink() {
                    return Err(Error::LinkedPath { path, profile: profile.name.clone() });
                }
            }
        }
        Ok(())
    }

    /// The checkout of a repository of a profile, absolute.
    pub(crate) fn checkout(&self, profile: &Profile, name: &RepoName) -> Result<PathBuf, Error> {
        match profile.core.iter().find(|repo| repo.name == *name) {
            Some(repo) => Ok(self.absolute(&Self::checkout_below(profile, repo)?)),
            None => Ok(self.checkouts(profile)?.join(name.as_str())),
        }
    }

    /// The same, relative to the project, with `/`.
    pub(crate) fn checkout_below(profile: &Profile, repo: &Repo) -> Result<String, Error> {
        match &repo.core {
            Some(core) => Ok(core.path.expand_below(&variable)?),
            None => Ok(format!("{}/{}", Self::checkouts_below(profile)?, repo.name)),
        }
    }

    /// The checkouts of Odoo itself, absolute.
    pub(crate) fn core_checkouts(&self, profile: &Profile) -> Result<Vec<PathBuf>, Error> {
        profile.core.iter().map(|repo| Ok(self.absolute(&Self::checkout_below(profile, repo)?))).collect()
    }

    /// An absolute entry of the addons path on this machine.
    pub(crate) fn entry(&self, template: &Template) -> Result<PathBuf, Error> {
        Ok(self.absolute(&template.expand_entry(&variable)?))
    }

    /// A constraints file: the text to show, and its path.
    pub(crate) fn constraint(&self, template: &Template) -> Result<(String, PathBuf), Error> {
        let shown = template.expand(&variable).map_err(config::Unusable::from)?;
        let file = self.absolute(&shown);
        Ok((shown, file))
    }

    /// An entry of the addons path in the container.
    pub(crate) fn image_entry(template: &Template) -> Result<String, Error> {
        Ok(template.expand_entry(&variable)?)
    }

    /// The value of `SOURCE_DATE_EPOCH`, a Unix timestamp in seconds.
    pub(crate) fn source_date() -> Result<Option<i64>, Error> {
        let Some(word) = variable("SOURCE_DATE_EPOCH").filter(|word| !word.is_empty()) else {
            return Ok(None);
        };
        match word.parse() {
            Ok(seconds @ 0..=LATEST) => Ok(Some(seconds)),
            _ => Err(Error::BadDate { word }),
        }
    }

    /// The absolute path for a path in `repos.toml`.
    pub(crate) fn absolute(&self, path: &str) -> PathBuf {
        normal(&self.root.join(path))
    }
}

/// Host and path of a url, without scheme, user and `.git`.
fn place_of(url: &str) -> String {
    let bare = bare_url(url);
    let place = match (bare.split_once("://"), crate::repo::split_scp(bare)) {
        (Some((_, rest)), _) => rest.rsplit_once('@').map_or(rest, |(_, place)| place).to_owned(),
        (None, Some((_, host, path))) => format!("{host}/{path}"),
        (None, None) => bare.to_owned(),
    };
    place.to_ascii_lowercase()
}

/// What is known about the current directory, which is in no project.
fn outside() -> Outside {
    match config::find_file(Path::new("."), export::FILE_NAME) {
        Some(file) => Outside::Export { directory: config::directory_of(&file) },
        None if Path::new(IMAGE_PROJECT).join(config::FILE_NAME).is_file() => {
            Outside::Container { project: IMAGE_PROJECT }
        }
        None => Outside::Unknown,
    }
}

/// The name of the profile that the user chose; it may not exist.
pub(crate) fn named_profile(global: &Global) -> Option<String> {
    global.profile.clone().or_else(|| set_variable("OCA_PROFILE"))
}

/// Git with the cache from the flags and the environment.
pub(crate) fn open_git(global: &Global) -> Result<Git, Error> {
    let cache = cache_directory(global)?;
    // Fail once, not once for each repository.
    create_directory(&cache).map_err(Error::Cache)?;
    crate::fs::expect_room_for_files(&cache)?;
    Ok(Git::new(cache, global.offline))
}

/// The directory of all stores.
pub(crate) fn cache_directory(global: &Global) -> Result<PathBuf, Error> {
    use etcetera::BaseStrategy;
    let directory = global.cache_dir.clone().or_else(|| set_variable("OCA_CACHE_DIR").map(PathBuf::from));
    if let Some(directory) = &directory {
        return Ok(std::path::absolute(directory).at("find", directory)?);
    }
    let strategy = etcetera::choose_base_strategy().map_err(|_| Error::NoCache)?;
    Ok(strategy.cache_dir().join("oca"))
}

pub(crate) fn running_version() -> semver::Version {
    semver::Version::parse(env!("CARGO_PKG_VERSION")).expect("cargo checks the version of a package")
}

/// A variable of the environment.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// One of oca's own variables. An empty one counts as unset, because CI systems set variables to empty values.
fn set_variable(name: &str) -> Option<String> {
    variable(name).filter(|value| !value.is_empty())
}
