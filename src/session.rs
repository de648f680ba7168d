//! One run of the tool in one project: the files it reads, the profile it is about, and its paths.

use std::fs::File;
use std::path::{Component, Path, PathBuf};

use crate::cli::Global;
use crate::config::{self, Config, Profile, Template};
use crate::error::Error;
use crate::facts::{self, LocalModules};
use crate::fs::{Context, short_digest};
use crate::git::{Git, Origin};
use crate::lock::{self, Lock};
use crate::output::Printer;
use crate::plan;
use crate::pool::Pools;
use crate::repo::{Reference, RemoteUrl, RepoName};

/// What every command that has a `repos.toml` needs.
pub(crate) struct Session<'a> {
    pub(crate) global: &'a Global,
    pub(crate) printer: &'a Printer,
    pub(crate) config: Config,
    /// The absolute directory of `repos.toml`.
    root: PathBuf,
    git: Git,
}

impl<'a> Session<'a> {
    pub(crate) fn open(global: &'a Global, printer: &'a Printer) -> Result<Self, Error> {
        let file = match &global.config {
            Some(file) => file.clone(),
            None => config::find(Path::new(".")).ok_or(Error::NoConfig)?,
        };
        let config = Config::load(&file, &running_version())?;
        let uses = config.unsupported();
        if !uses.is_empty() {
            return Err(Error::Unsupported { uses });
        }
        let root = std::path::absolute(&config.directory).at("find", &config.directory)?;
        let git = Git::new(cache_directory(global)?, global.offline);
        Ok(Self { global, printer, config, root: normal(&root), git })
    }

    pub(crate) fn git(&self) -> &Git {
        &self.git
    }

    /// Threads are only started by commands that have work for them.
    pub(crate) fn pools(&self) -> Result<Pools, Error> {
        Ok(Pools::new(self.global.jobs)?)
    }

    /// The profile that the command is about.
    pub(crate) fn profile(&self) -> Result<&Profile, Error> {
        Ok(self.config.profile(self.global.profile.as_deref())?)
    }

    /// The profile that the command is about, or all of them.
    pub(crate) fn profiles(&self) -> Result<Vec<&Profile>, Error> {
        if self.global.all_profiles {
            return Ok(self.config.profiles.iter().collect());
        }
        Ok(vec![self.profile()?])
    }

    pub(crate) fn lock_file(&self) -> PathBuf {
        self.config.file.with_file_name(lock::FILE_NAME)
    }

    /// The lock as it stands, fresh or not; `None` where there is none.
    pub(crate) fn lock(&self) -> Result<Option<Lock>, Error> {
        Ok(Lock::load(&self.lock_file())?)
    }

    /// The lock, refused where it is missing or not what `repos.toml` declares.
    pub(crate) fn fresh_lock(&self) -> Result<Lock, Error> {
        let file = self.lock_file();
        let Some(lock) = self.lock()? else { return Err(Error::NoLock { file }) };
        let differences = plan::differences(&self.config, Some(&lock));
        if differences.is_empty() {
            return Ok(lock);
        }
        Err(Error::Stale { file, differences, locked: false })
    }

    /// Waits until no other oca changes this project.
    pub(crate) fn claim(&self) -> Result<Claim, Error> {
        let name = short_digest(self.root.as_os_str().as_encoded_bytes());
        let directory = self.git.cache().join("projects");
        std::fs::create_dir_all(&directory).at("create", &directory)?;
        let path = directory.join(format!("{name}.lock"));
        let file = File::options().create(true).truncate(false).write(true).open(&path).at("open", &path)?;
        if file.try_lock().is_err() {
            self.printer.note("waiting for another oca in this project");
            file.lock().at("lock", &path)?;
        }
        Ok(Claim { _file: file })
    }

    /// The url that requests go to: expanded, and absolute where it is a path.
    pub(crate) fn remote_url(&self, url: &RemoteUrl) -> Result<RemoteUrl, Error> {
        let expanded = config::expand_url(url, &variable)?;
        let text = expanded.as_str();
        if text.contains("://") || crate::repo::split_scp(text).is_some() {
            return Ok(expanded);
        }
        let path = self.absolute(text);
        Ok(RemoteUrl::from_path(&path))
    }

    /// What the `origin` of a checkout is.
    pub(crate) fn origin(&self, url: &RemoteUrl, reference: &Reference) -> Result<Origin, Error> {
        let branch = match reference {
            Reference::Branch(branch) => Some(branch.clone()),
            Reference::Tag(_) | Reference::Rev(_) => None,
        };
        Ok(Origin { url: self.remote_url(url)?.without_secret().as_str().to_owned(), branch })
    }

    /// The directory of a profile's checkouts, absolute.
    pub(crate) fn checkouts(&self, profile: &Profile) -> Result<PathBuf, Error> {
        Ok(self.absolute(&profile.checkouts(&variable)?))
    }

    pub(crate) fn checkout(&self, profile: &Profile, name: &RepoName) -> Result<PathBuf, Error> {
        Ok(self.checkouts(profile)?.join(name.as_str()))
    }

    /// An entry of the addons path here, absolute.
    pub(crate) fn entry(&self, template: &Template) -> Result<PathBuf, Error> {
        Ok(self.absolute(&template.expand_entry(&variable)?))
    }

    /// What is in the own directories of a profile, in the order of the file; read from the disk now.
    pub(crate) fn local_modules(&self, profile: &Profile) -> Result<Vec<LocalModules>, Error> {
        let mut all = Vec::new();
        for local in &profile.locals {
            let directory = self.entry(&local.path)?;
            let found = facts::read_folder(&directory, profile.odoo);
            let (requirements, survey) = found.map_err(|error| Error::UnreadableFolder { error })?;
            let name = local.path.as_str().trim_end_matches('/').to_owned();
            all.push(LocalModules { name, position: local.position, requirements, survey });
        }
        Ok(all)
    }

    /// A constraints file: as it is shown, and where it is.
    pub(crate) fn constraint(&self, template: &Template) -> Result<(String, PathBuf), Error> {
        let shown = template.expand(&variable).map_err(config::Unusable::from)?;
        let file = self.absolute(&shown);
        Ok((shown, file))
    }

    /// An entry of the addons path in the container.
    pub(crate) fn image_entry(template: &Template) -> Result<String, Error> {
        Ok(template.expand_entry(&variable)?)
    }

    /// The time that `SOURCE_DATE_EPOCH` gives to all that is built, in seconds since 1970.
    pub(crate) fn source_date() -> Result<Option<i64>, Error> {
        let Some(word) = variable("SOURCE_DATE_EPOCH").filter(|word| !word.is_empty()) else {
            return Ok(None);
        };
        match word.parse() {
            Ok(seconds @ 0..) => Ok(Some(seconds)),
            _ => Err(Error::BadDate { word }),
        }
    }

    /// A path as `repos.toml` means it.
    pub(crate) fn absolute(&self, path: &str) -> PathBuf {
        normal(&self.root.join(path))
    }
}

/// Held while a project is being changed.
pub(crate) struct Claim {
    _file: File,
}

/// The directory of all stores.
pub(crate) fn cache_directory(global: &Global) -> Result<PathBuf, Error> {
    use etcetera::BaseStrategy;
    if let Some(directory) = &global.cache_dir {
        return Ok(std::path::absolute(directory).at("find", directory)?);
    }
    let strategy = etcetera::choose_base_strategy().map_err(|_| Error::NoCache)?;
    Ok(strategy.cache_dir().join("oca"))
}

pub(crate) fn running_version() -> semver::Version {
    semver::Version::parse(env!("CARGO_PKG_VERSION")).expect("cargo checks the version of a package")
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Without `.` and `..`, by the words alone: a path that is printed should not depend on what is there.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}
