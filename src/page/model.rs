//! What the page shows, as plain data. Every text may come from a stranger.

use super::amount::Amount;
use crate::report::Severity;

/// A project with one profile, as its lock pins it.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) project: String,
    pub(crate) profile: String,
    pub(crate) odoo: String,
    /// The SHA-256 of the lock, in hexadecimal digits.
    pub(crate) digest: String,
    /// What an export leaves out of each module, in words.
    pub(crate) rules: Vec<String>,
    /// Odoo itself, the repositories and the own directories, in path order.
    pub(crate) homes: Vec<Home>,
    /// In path order.
    pub(crate) modules: Vec<Module>,
    pub(crate) requirements: Vec<Requirement>,
    pub(crate) conflicts: Vec<Conflict>,
    /// Packages of Debian, and programs that must be on the path.
    pub(crate) system: Vec<SystemNeed>,
    pub(crate) findings: Vec<Finding>,
    /// `None` if no server was asked.
    pub(crate) outdated: Option<Outdated>,
}

/// Where modules come from.
#[derive(Debug, Default)]
pub(crate) struct Home {
    pub(crate) name: String,
    pub(crate) kind: HomeKind,
    /// Without secrets.
    pub(crate) url: String,
    /// The branch, the tag or the commit that it follows.
    pub(crate) reference: String,
    pub(crate) commit: String,
    /// The merges and the patches on top of the commit.
    pub(crate) steps: Vec<Step>,
    /// The files beside the modules that an export has, such as licences.
    pub(crate) others: Amount,
    /// Why its content is not known.
    pub(crate) trouble: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum HomeKind {
    #[default]
    Repository,
    /// A repository of Odoo itself.
    Odoo,
    /// A directory of the project's own modules.
    Own,
}

/// A merge or a patch.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) what: String,
    /// Where a merge is from, without what is taken of it. Empty for a patch.
    pub(crate) source: String,
    pub(crate) is_patch: bool,
    /// The commit of a merge. Empty for a patch.
    pub(crate) commit: String,
    /// What is special about it.
    pub(crate) remark: Option<&'static str>,
}

#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) name: String,
    /// The place of its home in [`Page::homes`].
    pub(crate) home: usize,
    pub(crate) standing: Standing,
    /// Why it is selected or not, in words.
    pub(crate) why: String,
    pub(crate) version: String,
    pub(crate) licence: String,
    pub(crate) maturity: String,
    /// When it installs itself, in words.
    pub(crate) auto_install: Option<String>,
    pub(crate) depends: Vec<Need>,
    pub(crate) python: Vec<String>,
    pub(crate) programs: Vec<String>,
    pub(crate) debian: Vec<String>,
    /// `None` if its files are not known.
    pub(crate) bytes: Option<Bytes>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Standing {
    /// An export has it.
    Exported,
    /// It is the project's own.
    Own,
    /// The profile does not select it.
    LeftOut,
    /// Another module of the same name is in front of it.
    Hidden,
}

/// The bytes of a module: in an export, and why others are not in it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bytes {
    pub(crate) exported: Amount,
    /// Left out because the module is not selected.
    pub(crate) selection: Amount,
    /// Left out as translations for other languages.
    pub(crate) languages: Amount,
    /// Left out as tests, readme or description.
    pub(crate) rules: Amount,
}

/// A name in `depends`.
#[derive(Debug)]
pub(crate) struct Need {
    pub(crate) name: String,
    pub(crate) kind: NeedKind,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NeedKind {
    /// The place of the module in [`Page::modules`].
    Module(usize),
    /// A module of Odoo itself, or of a directory around the checkouts.
    Odoo,
    Enterprise,
    /// It exists, but it cannot be installed or read.
    Unusable,
    Missing,
    /// A module of Odoo itself, or missing: the modules of this Odoo are not known.
    Unknown,
}

/// A line of the merged requirements.
#[derive(Debug)]
pub(crate) struct Requirement {
    /// Without secrets.
    pub(crate) line: String,
    pub(crate) remark: Option<String>,
    /// The files that ask for it.
    pub(crate) origins: Vec<String>,
}

/// Requirements that exclude each other.
#[derive(Debug)]
pub(crate) struct Conflict {
    /// Also of a line that cannot be merged.
    pub(crate) title: String,
    /// Each requirement with the file that asks for it.
    pub(crate) lines: Vec<(String, String)>,
    pub(crate) hint: String,
}

#[derive(Debug)]
pub(crate) struct SystemNeed {
    pub(crate) name: String,
    pub(crate) is_program: bool,
    pub(crate) origins: Vec<String>,
}

/// A finding of `oca check`.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    pub(crate) code: &'static str,
    pub(crate) text: String,
    pub(crate) hint: String,
    /// The modules that it names.
    pub(crate) modules: Vec<String>,
}

/// What the servers said.
#[derive(Debug, Default)]
pub(crate) struct Outdated {
    /// The names of all repositories that were asked about.
    pub(crate) asked: Vec<String>,
    pub(crate) pins: Vec<OutdatedPin>,
    /// Merges that changed, or of which a forge says something.
    pub(crate) merges: Vec<OutdatedMerge>,
}

#[derive(Debug)]
pub(crate) struct OutdatedMerge {
    pub(crate) repo: String,
    /// As in its [`Step`].
    pub(crate) source: String,
    /// How it changed.
    pub(crate) words: String,
}

/// A pin that is not at the head of its branch or tag.
#[derive(Debug)]
pub(crate) struct OutdatedPin {
    pub(crate) name: String,
    pub(crate) head: String,
    /// How far it is behind, in words.
    pub(crate) behind: String,
    pub(crate) is_held: bool,
}
