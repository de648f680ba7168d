//! A repository with submodules: reads and changes `.gitmodules`, the gitlinks in the index, and the configuration.
//! Changes are staged and never committed.

pub(super) mod change;
pub(super) mod gitmodules;
pub(super) mod module;
mod objects;
pub(super) mod place;
mod revision;
mod unmerged;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use git2::{ErrorCode, Index, Repository, RepositoryOpenFlags};

use change::JOURNAL;
pub(crate) use change::{Active, SuperprojectChange};
pub(crate) use gitmodules::{GitModules, SubmoduleEntry};
pub(crate) use module::Module;
use place::ModulePlace;
pub(crate) use place::{SubmoduleName, SubmodulePath};
pub(crate) use revision::AtRevision;
pub(crate) use unmerged::FileVersions;

use super::checkout::ASIDE_PREFIX;
use super::git_file::git_file;
use super::ids::bytes;
use super::{Error, pipes};
use crate::fs::{Context, read_if_there, slashed};
use crate::repo::{CommitId, RemoteUrl};

/// The mode of a submodule in a tree and in the index.
const GITLINK: u32 = 0o160_000;
/// The bits of an index entry's flags with its stage, which is not 0 in a conflict.
const STAGE: u16 = 0x3000;
/// In bytes: much more than any real `.gitmodules`.
const LARGEST: usize = 4 << 20;

/// Git directories of former submodules.
#[derive(Debug, Default)]
pub(crate) struct UnusedModules {
    /// The directory that contains them.
    pub(crate) directory: PathBuf,
    pub(crate) paths: Vec<PathBuf>,
    /// Whether that directory has others, which are used.
    pub(crate) others: bool,
    pub(crate) bytes: u64,
}

/// A repository that may have submodules.
pub(crate) struct Superproject {
    repository: Repository,
    /// The absolute path of the top of its work tree.
    directory: PathBuf,
    /// The base of relative urls of submodules, without secrets.
    base_url: OnceCell<String>,
}

impl Superproject {
    /// The repository whose work tree begins at this directory. `None` if there is none.
    pub(crate) fn at(directory: &Path) -> Result<Option<Self>, Error> {
        pipes::refuse(directory)?;
        Self::opened(Repository::open(directory))
    }

    /// The repository whose work tree contains a directory. `None` if there is none.
    pub(crate) fn around(directory: &Path) -> Result<Option<Self>, Error> {
        // If the git directory is elsewhere, `discover` would lose the path of the work tree.
        let no_ceiling: [&Path; 0] = [];
        let has_git = |above: &&Path| above.join(".git").symlink_metadata().is_ok();
        if let Some(top) = directory.ancestors().find(has_git) {
            pipes::refuse(top)?;
        }
        Self::opened(Repository::open_ext(directory, RepositoryOpenFlags::empty(), no_ceiling))
    }

    fn opened(repository: Result<Repository, git2::Error>) -> Result<Option<Self>, Error> {
        let repository = match repository {
            Ok(repository) => repository,
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Some(directory) = repository.workdir().map(Path::to_owned) else { return Ok(None) };
        // libgit2's path ends in a slash.
        let directory: PathBuf = directory.components().collect();
        // A hook must check what will be committed. For `git commit -a`, git puts this into another index file.
        if let Some(index) = std::env::var_os("GIT_INDEX_FILE").map(|file| directory.join(file))
            && index.parent().and_then(|parent| parent.canonicalize().ok())
                == repository.path().canonicalize().ok()
        {
            repository.set_index(&mut Index::open(&index)?)?;
        }
        Ok(Some(Self { repository, directory, base_url: OnceCell::new() }))
    }

    /// The absolute path of the top of its work tree.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The path of an existing directory relative to the top. Empty for the top itself; `None` if it is outside.
    pub(crate) fn path_of(&self, directory: &Path) -> Option<String> {
        let (top, directory) = (self.directory.canonicalize().ok()?, directory.canonicalize().ok()?);
        let parts = directory.strip_prefix(top).ok()?.iter().map(|part| part.to_str().map(str::to_owned));
        Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
    }

    /// The configured url of its `origin`. Urls of submodules can be relative to it.
    pub(crate) fn origin(&self) -> Option<String> {
        self.repository.config().ok()?.get_string("remote.origin.url").ok()
    }

    /// The commits of the submodules in the index, by path. If the index is empty because nothing was checked out yet,
    /// those of HEAD.
    pub(crate) fn gitlinks(&self) -> Result<BTreeMap<String, CommitId>, Error> {
        let mut index = self.repository.index()?;
        if index.is_empty()
            && let Ok(head) = self.repository.head()
        {
            index.read_tree(&head.peel_to_tree()?)?;
        }
        Ok(gitlinks(&index))
    }

    /// The commits of the submodules in HEAD, by path. Empty if there is no commit.
    pub(crate) fn committed_gitlinks(&self) -> Result<BTreeMap<String, CommitId>, Error> {
        let mut index = Index::new()?;
        if let Ok(head) = self.repository.head() {
            index.read_tree(&head.peel_to_tree()?)?;
        }
        Ok(gitlinks(&index))
    }

    /// A url of `.gitmodules` as an absolute url, without secrets of the `origin`'s url.
    pub(crate) fn absolute_url(&self, url: &str) -> String {
        if !url.starts_with("./") && !url.starts_with("../") {
            return url.to_owned();
        }
        let base = self.base_url.get_or_init(|| {
            let own = || self.directory.to_string_lossy().into_owned();
            let origin = self.origin().and_then(|url| RemoteUrl::parse(&url).ok());
            origin.map_or_else(own, |origin| origin.without_secret().as_str().to_owned())
        });
        relative_url(base, url).unwrap_or_else(|| url.to_owned())
    }

    /// The `.gitmodules` of the work tree. If there is none, it is empty.
    pub(crate) fn modules(&self) -> Result<GitModules, Error> {
        let file = self.file();
        if file.is_symlink() {
            return Err(Error::ModulesLink { file });
        }
        let bytes = read_if_there(&file)?.unwrap_or_default();
        let malformed = |line, why| Error::ModulesMalformed { file, line, why };
        if bytes.len() > LARGEST {
            return Err(malformed(1, format!("the file is larger than {} MiB", LARGEST >> 20)));
        }
        // The text is written back later. So bytes that are not UTF-8 must not be replaced.
        match std::str::from_utf8(&bytes) {
            Ok(text) => GitModules::parse(text).map_err(|found| malformed(found.line, found.why)),
            Err(error) => {
                let line = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).matches('\n').count() + 1;
                Err(malformed(line, "this is not UTF-8".to_owned()))
            }
        }
    }

    /// Whether the index has the same `.gitmodules` as the work tree.
    pub(crate) fn has_staged(&self, modules: &GitModules) -> Result<bool, Error> {
        let index = self.repository.index()?;
        let text = match index.get_path(Path::new(gitmodules::FILE_NAME), 0) {
            Some(entry) => self.repository.find_blob(entry.id)?.content().to_vec(),
            None => return Ok(modules.text().is_empty()),
        };
        // Git may have written the file with CRLF.
        let lines = |text: &str| text.replace("\r\n", "\n");
        Ok(self.file().exists() && lines(&String::from_utf8_lossy(&text)) == lines(modules.text()))
    }

    /// A tracked file that conflicts with a submodule at `path`: at this path, below it, or in place of a directory
    /// above.
    pub(crate) fn tracked_in_place_of(&self, path: &str) -> Result<Option<String>, Error> {
        let index = self.repository.index()?;
        if let Ok(place) = index.find_prefix(format!("{path}/")) {
            let entry = index.get(place);
            return Ok(entry.map(|entry| String::from_utf8_lossy(&entry.path).into_owned()));
        }
        if index.get_path(Path::new(path), 0).is_some_and(|entry| entry.mode != GITLINK) {
            return Ok(Some(path.to_owned()));
        }
        let above = path.match_indices('/').map(|(at, _)| &path[..at]);
        let mut above = above.filter(|path| index.get_path(Path::new(path), 0).is_some());
        Ok(above.next().map(str::to_owned))
    }

    /// Whether the index has an entry at a path.
    pub(crate) fn tracks(&self, path: &str) -> Result<bool, Error> {
        Ok(self.repository.index()?.get_path(Path::new(path), 0).is_some())
    }

    /// Whether git ignores a file and does not track it, by its path below the top.
    pub(crate) fn ignores_file(&self, path: &str) -> bool {
        self.repository.is_path_ignored(path).unwrap_or(false) && !self.tracks(path).unwrap_or(false)
    }

    /// Whether git ignores an existing directory, or tracks it as a submodule. True if this cannot be found out.
    pub(crate) fn ignores(&self, directory: &Path) -> bool {
        let Some(path) = self.path_of(directory) else { return true };
        self.tracks(&path).unwrap_or(true)
            || self.repository.is_path_ignored(format!("{path}/")).unwrap_or(true)
    }

    /// The git directory and the work tree of the submodule with this name and path.
    pub(crate) fn module(&self, name: &SubmoduleName, path: &SubmodulePath) -> Module {
        let git = ModulePlace::of_git_directory(self.repository.path(), name);
        Module::new(git, ModulePlace::of_work_tree(&self.directory, path))
    }

    /// Whether the work tree of a submodule can be moved to another path: nothing is there.
    pub(crate) fn can_move_work_tree(&self, from: &SubmodulePath, to: &SubmodulePath) -> Result<bool, Error> {
        let [from, to] = [from, to].map(|path| ModulePlace::of_work_tree(&self.directory, path));
        from.refuse_links()?;
        to.refuse_links()?;
        Ok(module::is_free(to.path()) && from.path().join(".git").exists())
    }

    /// Moves the work tree of a submodule to another path, if nothing is there. Returns whether it was moved.
    pub(crate) fn move_work_tree(&self, from: &SubmodulePath, to: &SubmodulePath) -> Result<bool, Error> {
        let is_moved = self.can_move_work_tree(from, to)?;
        let [from, to] = [from, to].map(|path| ModulePlace::of_work_tree(&self.directory, path));
        if is_moved {
            let parent = to.path().parent().unwrap_or(&self.directory);
            std::fs::create_dir_all(parent).at("create", parent)?;
            let _absent = std::fs::remove_dir(to.path());
            std::fs::rename(from.path(), to.path()).at("move", from.path())?;
        }
        let _not_empty = std::fs::remove_dir(from.path());
        Ok(is_moved)
    }

    /// Removes what a killed run left beside the git directories of the submodules in a directory.
    pub(crate) fn sweep(&self, directory: &str) -> Result<(), Error> {
        let Ok(name) = SubmoduleName::parse(directory) else { return Ok(()) };
        let place = ModulePlace::of_git_directory(self.repository.path(), &name);
        place.refuse_links()?;
        let modules = place.path();
        for entry in std::fs::read_dir(modules).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(ASIDE_PREFIX) {
                crate::fs::remove_directory(&entry.path())?;
            }
        }
        Ok(())
    }

    /// The submodules that oca once checked out in a directory and that have no entry and no work tree any more, with
    /// their names. Sorted by name.
    pub(crate) fn abandoned(&self, directory: &str, modules: &GitModules) -> Vec<(SubmoduleName, Module)> {
        let below = std::fs::read_dir(self.modules_directory().join(directory)).into_iter().flatten();
        let names = below.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let names = names.map(|name| format!("{directory}/{name}"));
        let entries = modules.entries();
        let place =
            |name: String| Some((SubmoduleName::parse(&name).ok()?, SubmodulePath::parse(&name).ok()?));
        let mut abandoned: Vec<(SubmoduleName, Module)> = names
            .filter_map(place)
            .filter(|(name, _)| !entries.iter().any(|entry| entry.name == *name))
            .map(|(name, path)| (name.clone(), self.module(&name, &path)))
            .filter(|(_, module)| module.is_ours() && !module.leads_here())
            .collect();
        abandoned.sort_by(|(one, _), (other, _)| one.cmp(other));
        abandoned
    }

    /// The git directories of former submodules: they have no entry and no work tree any more.
    pub(crate) fn unused_modules(&self, modules: &GitModules) -> UnusedModules {
        let directory = self.modules_directory();
        let entries = modules.entries();
        let is_git = |path: &Path| path.join("HEAD").is_file() && path.join("objects").is_dir();
        let mut unused = UnusedModules { directory: directory.clone(), ..UnusedModules::default() };
        let mut walk = walkdir::WalkDir::new(&directory).min_depth(1).into_iter();
        while let Some(found) = walk.next() {
            let Ok(found) = found else { continue };
            if !found.file_type().is_dir() || !is_git(found.path()) {
                continue;
            }
            walk.skip_current_dir();
            let name = found.path().strip_prefix(&directory).map(slashed).unwrap_or_default();
            // The name of another submodule can begin with this one's name.
            let is_of = |entry: &SubmoduleEntry| {
                entry.name.as_str() == name || entry.name.as_str().starts_with(&format!("{name}/"))
            };
            if entries.iter().any(is_of) || module::is_used(found.path()) {
                unused.others = true;
            } else {
                unused.bytes += super::cache::size(found.path());
                unused.paths.push(found.into_path());
            }
        }
        unused.paths.sort();
        unused
    }

    /// The name of the submodule whose git directory the work tree at this path uses.
    pub(crate) fn name_at(&self, path: &str) -> Option<SubmoduleName> {
        let git = git_file(&self.directory.join(path))?.canonicalize().ok()?;
        let below = git.strip_prefix(self.modules_directory().canonicalize().ok()?).ok()?.to_owned();
        let parts: Option<Vec<&str>> = below.iter().map(|part| part.to_str()).collect();
        SubmoduleName::parse(&parts?.join("/")).ok()
    }

    fn file(&self) -> PathBuf {
        self.directory.join(gitmodules::FILE_NAME)
    }

    /// The directory in which git keeps the git directories of submodules. Each work tree of a repository has its own.
    fn modules_directory(&self) -> PathBuf {
        self.repository.path().join("modules")
    }
}

/// Whether a directory is in a work tree with a `.gitmodules`, with git directories of submodules, or with a journal of a
/// killed oca. Only file names are checked.
pub(crate) fn may_have_submodules(directory: &Path) -> bool {
    let Some(top) = directory.ancestors().find(|above| above.join(".git").exists()) else { return false };
    let git = git_file(top).unwrap_or_else(|| top.join(".git"));
    top.join(gitmodules::FILE_NAME).exists() || git.join("modules").exists() || git.join(JOURNAL).exists()
}

fn gitlinks(index: &Index) -> BTreeMap<String, CommitId> {
    // In a conflict, no side counts.
    let is_settled = |flags: u16| flags & STAGE == 0;
    let gitlinks = index.iter().filter(|entry| entry.mode == GITLINK && is_settled(entry.flags));
    let gitlinks = gitlinks.filter_map(|entry| {
        // Git itself neither makes nor checks out a gitlink with a dangerous path.
        let path = String::from_utf8(entry.path).ok().filter(|path| SubmodulePath::parse(path).is_ok())?;
        Some((path, CommitId::from_bytes(bytes(entry.id))))
    });
    gitlinks.collect()
}

/// Resolves a url that begins with `./` or `../` by the rule of `git submodule`. Each `../` removes a part of the base,
/// at a slash or, if no slash is left, at the colon of `host:path`. `None` if no part is left to remove.
pub(crate) fn relative_url(base: &str, url: &str) -> Option<String> {
    let mut base = base.trim_end_matches('/').to_owned();
    let mut rest = url;
    let mut separator = '/';
    loop {
        if let Some(below) = rest.strip_prefix("../") {
            rest = below;
            let slash = base
                .rfind('/')
                .filter(|at| *at > 0 && !base[..*at].ends_with('/') && !base[..*at].ends_with(':'));
            if let Some(at) = slash {
                base.truncate(at);
            } else {
                let colon = base.rfind(':').filter(|_| separator == '/' && !base.contains("://"))?;
                base.truncate(colon);
                separator = ':';
            }
        } else if let Some(here) = rest.strip_prefix("./") {
            rest = here;
        } else {
            break;
        }
    }
    Some(format!("{base}{separator}{}", rest.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_urls_are_resolved_as_git_does() {
        for (base, url, expected) in [
            ("https://host/acme/shop.git", "../web.git", Some("https://host/acme/web.git")),
            ("https://host/acme/shop.git/", "../../OCA/web", Some("https://host/OCA/web")),
            ("https://host/acme/shop", "./web", Some("https://host/acme/shop/web")),
            ("git@host:acme/shop.git", "../web.git", Some("git@host:acme/web.git")),
            ("git@host:acme/shop.git", "../../OCA/web.git", Some("git@host:OCA/web.git")),
            ("git@host:shop.git", "../web.git", Some("git@host:web.git")),
            ("/srv/git/shop.git", "../web.git", Some("/srv/git/web.git")),
            ("../shop.git", "../web.git", Some("../web.git")),
            ("https://host/shop", "../../../web", None),
            ("git@host:shop.git", "../../web.git", None),
        ] {
            assert_eq!(relative_url(base, url).as_deref(), expected, "{base} {url}");
        }
    }
}
