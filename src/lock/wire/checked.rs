//! Turns the JSON of an entry into its checked types.

use std::collections::HashSet;

use super::{ABSORBED, CORE, EMPTY, WireMerge, WireModule, WirePatch, WireRepo, WireUnreadable};
use crate::lock::schema::{
    Digest, Facts, LockedMerge, LockedModule, LockedPatch, LockedRepo, LockedStep, Pin, StepWay,
    UnreadableManifest,
};
use crate::patch::Fingerprint;
use crate::repo::{
    AddonsDirectory, AutoInstall, CommitId, CorePart, Invalid, Manifest, Pending, PendingMerge, Reference,
    TreeId,
};

impl WireRepo {
    pub(in crate::lock) fn into_repo(self) -> Result<LockedRepo, String> {
        let reference = self.reference()?;
        let core = self.core()?;
        if self.url != self.url.without_secret() {
            return Err("its url contains a user or a password".to_owned());
        }
        let (mut pending, mut merges, mut patches) = (Pending::default(), Vec::new(), Vec::new());
        for wire in self.merges {
            let (merge, locked) = wire.into_merge()?;
            if pending.merges.iter().any(|known: &PendingMerge| known.source == merge.source) {
                return Err(format!("it has two merges `{}`", merge.source));
            }
            pending.merges.push(merge);
            merges.push(locked);
        }
        for wire in self.patches {
            let (path, locked) = wire.into_patch()?;
            pending.patches.push(path);
            patches.push(locked);
        }
        let steps = merges.iter().map(|merge: &LockedMerge| &merge.step);
        let steps = steps.chain(patches.iter().map(|patch: &LockedPatch| &patch.step));
        if steps.flatten().last().is_some_and(|step| step.tree != self.tree) {
            return Err("its `tree` is not the tree of its last step".to_owned());
        }
        let first = core.and_then(|_| self.addons.first().cloned());
        let modules = self.modules.into_iter();
        let modules: Vec<LockedModule> = match core {
            Some(_) => {
                modules.map(|module| module.into_core_module(first.as_ref())).collect::<Result<_, _>>()?
            }
            None => modules.map(WireModule::into_module).collect::<Result<_, _>>()?,
        };
        let mut seen = HashSet::new();
        for module in &modules {
            if !self.addons.contains(&module.directory) {
                return Err(format!("module `{}` is not in any of its `addons`", module.path()));
            }
            if !seen.insert((&module.directory, &module.name)) {
                return Err(format!("it has two modules `{}`", module.path()));
            }
        }
        let unreadable = self.unreadable.into_iter();
        let facts = Facts {
            modules,
            unreadable: unreadable.map(WireUnreadable::into_unreadable).collect::<Result<_, _>>()?,
            requirements: self.requirements,
        };
        Ok(LockedRepo {
            pin: Pin { name: self.name, reference, url: self.url, pending },
            core,
            addons: self.addons,
            commit: self.commit,
            tree: self.tree,
            merges,
            patches,
            facts,
            digest: self.digest.map_or(Digest::Absent, Digest::Written),
        })
    }

    fn core(&self) -> Result<Option<CorePart>, String> {
        match self.kind.as_deref() {
            None => Ok(None),
            Some(CORE) => CorePart::of_name(&self.name)
                .map(Some)
                .ok_or_else(|| format!("`{}` is not a repository of Odoo itself", self.name)),
            Some(kind) => Err(format!("there is no kind `{kind}` of repositories")),
        }
    }

    fn reference(&self) -> Result<Reference, String> {
        let checked = match (&self.branch, &self.tag, self.rev) {
            (Some(branch), None, None) => Reference::branch(branch),
            (None, Some(tag), None) => Reference::tag(tag),
            (None, None, Some(commit)) => Ok(Reference::Rev(commit)),
            _ => return Err("it must have exactly one of `branch`, `tag` and `rev`".to_owned()),
        };
        checked.map_err(|invalid: Invalid| invalid.to_string())
    }
}

impl WireMerge {
    fn into_merge(self) -> Result<(PendingMerge, LockedMerge), String> {
        let Self { merge: source, modules, pick, reference, commit, step, tree, result, exact, loose } = self;
        if source != source.without_secret() {
            return Err("the url of a merge contains a user or a password".to_owned());
        }
        let reference = match reference {
            Some(name) => Reference::full(&name).map_err(|invalid| invalid.to_string())?,
            None => Reference::Rev(commit),
        };
        let is_absorbed = step == ABSORBED;
        let word = if is_absorbed { EMPTY } else { &step };
        let step = locked_step(word, tree, result, exact, loose)?;
        Ok((PendingMerge { source, modules, pick }, LockedMerge { reference, commit, step, is_absorbed }))
    }
}

impl WirePatch {
    fn into_patch(self) -> Result<(String, LockedPatch), String> {
        let Self { patch, content, step, tree, result, exact, loose } = self;
        if patch.is_empty() || patch.contains(char::is_control) {
            return Err("the path of a patch must be text on one line".to_owned());
        }
        let content = sha256(&content)?;
        Ok((patch, LockedPatch { content, step: locked_step(&step, tree, result, exact, loose)? }))
    }
}

/// The step of a merge or a patch. `None` if it changes nothing.
fn locked_step(
    word: &str,
    tree: Option<TreeId>,
    result: Option<CommitId>,
    exact: Option<String>,
    loose: Option<String>,
) -> Result<Option<LockedStep>, String> {
    match (word, tree, result, exact, loose) {
        (EMPTY, None, None, None, None) => Ok(None),
        (word, Some(tree), Some(commit), Some(exact), Some(loose)) => {
            let way = StepWay::ALL.into_iter().find(|way| way.word() == word);
            let way = way.ok_or_else(|| format!("there is no step `{word}`"))?;
            let fingerprint = Fingerprint { exact: sha256(&exact)?, loose: sha256(&loose)? };
            Ok(Some(LockedStep { way, tree, commit, fingerprint }))
        }
        _ => Err("a step has `tree`, `result`, `exact` and `loose`, unless it changes nothing".to_owned()),
    }
}

/// Reads a digest such as `sha256:…`, 64 lower-case hexadecimal digits.
fn sha256(word: &str) -> Result<[u8; 32], String> {
    let refuse = || format!("`{word}` is not a SHA-256 digest");
    let digits = word.strip_prefix("sha256:").filter(|digits| digits.len() == 64).ok_or_else(refuse)?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
        let digit = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        *byte = digit(pair[0]).zip(digit(pair[1])).map(|(high, low)| high << 4 | low).ok_or_else(refuse)?;
    }
    Ok(bytes)
}

impl WireUnreadable {
    /// Accepts any path that can be shown. It is never opened, so it may be one that cannot be checked out.
    fn into_unreadable(self) -> Result<UnreadableManifest, String> {
        let Self { path, line, why } = self;
        if path.is_empty() || path.contains(char::is_control) {
            return Err(format!("`{path}` is not the path of a manifest"));
        }
        Ok(UnreadableManifest { path, line, why })
    }
}

impl WireModule {
    fn into_module(self) -> Result<LockedModule, String> {
        let lacks = |key: &str| format!("module `{}` has no field `{key}`", self.name);
        Ok(LockedModule {
            directory: self.directory.unwrap_or_else(AddonsDirectory::root),
            tree: self.tree.ok_or_else(|| lacks("tree"))?,
            manifest: Manifest {
                version: self.version,
                depends: self.depends,
                license: self.license,
                development_status: self.development_status,
                auto_install: self.auto_install.ok_or_else(|| lacks("auto_install"))?.0,
                python: self.python.ok_or_else(|| lacks("python"))?,
                bin: self.bin.ok_or_else(|| lacks("bin"))?,
                deb: self.deb.ok_or_else(|| lacks("deb"))?,
                model_access: self.model_access,
            },
            name: self.name,
        })
    }

    /// A module of Odoo itself. `first` is the first addons directory of its repository.
    fn into_core_module(self, first: Option<&AddonsDirectory>) -> Result<LockedModule, String> {
        let Self { version, tree, license, development_status, model_access, .. } = &self;
        let texts = [version, license, development_status];
        if tree.is_some() || *model_access || texts.into_iter().any(Option::is_some) {
            return Err(format!("module `{}` has fields that no module of Odoo itself has", self.name));
        }
        Ok(LockedModule {
            name: self.name,
            directory: self.directory.or(first.cloned()).unwrap_or_else(AddonsDirectory::root),
            tree: LockedModule::NO_TREE,
            manifest: Manifest {
                depends: self.depends,
                auto_install: self.auto_install.map_or(AutoInstall::Never, |word| word.0),
                python: self.python.unwrap_or_default(),
                bin: self.bin.unwrap_or_default(),
                deb: self.deb.unwrap_or_default(),
                ..Manifest::default()
            },
        })
    }
}
