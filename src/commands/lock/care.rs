//! The flags of a careful upgrade.

use crate::diff::VersionStep;
use crate::error::Error;
use crate::ops::Care;
use crate::repo::{Age, NotAnAge};

#[derive(clap::Args, Clone, Copy, Debug)]
pub(crate) struct CareArgs {
    /// Leave a repository where it is if the version of a selected module would go further than this
    #[arg(long, value_name = "STEP")]
    max_bump: Option<Bump>,
    /// Only move to commits that are at least this old, such as `7 days` [default: `cooldown` of `repos.toml`]
    #[arg(long, value_name = "TIME", value_parser = age)]
    cooldown: Option<Age>,
    /// Leave a repository where it is if its new commit brings a new error of `oca check`, or requirements that conflict
    #[arg(long)]
    only_clean: bool,
    /// Fail if the history of a branch was rewritten, so that it does not contain the old pin any more
    #[arg(long)]
    no_rewrites: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Bump {
    Patch,
    Minor,
    Major,
}

fn age(text: &str) -> Result<Age, NotAnAge> {
    text.parse()
}

impl CareArgs {
    pub(crate) fn care(self) -> Care {
        let Self { max_bump, cooldown, only_clean, no_rewrites } = self;
        let max_bump = max_bump.map(|bump| match bump {
            Bump::Patch => VersionStep::Patch,
            Bump::Minor => VersionStep::Minor,
            Bump::Major => VersionStep::Major,
        });
        Care { max_bump, cooldown, only_clean, no_rewrites, is_foreseen: false }
    }

    /// Fails if one of the flags is given, for a command that moves nothing.
    pub(crate) fn refuse(self) -> Result<(), Error> {
        let Self { max_bump, cooldown, only_clean, no_rewrites } = self;
        let flags = [
            ("--max-bump", max_bump.is_some()),
            ("--cooldown", cooldown.is_some()),
            ("--only-clean", only_clean),
            ("--no-rewrites", no_rewrites),
        ];
        match flags.into_iter().find(|(_, is_given)| *is_given) {
            Some((flag, _)) => Err(Error::OnlyForUpgrade { flag }),
            None => Ok(()),
        }
    }
}
