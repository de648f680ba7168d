//! `oca work`: works on a request or a branch in a checkout, which oca leaves alone until you are done.

use crate::complete;
use crate::error::Error;
use crate::ops::Working;
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  # Work on a pull request
  oca work web#2950
  # Work on a branch of your own
  oca work web --branch 18.0-fix
  # Go back to the locked commit
  oca work web --done";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The repository, perhaps with a request or a branch to merge, such as web#2950; without one, the branch that is
    /// checked out
    #[arg(value_name = "NAME[#REQUEST]", add = complete::pins_to_move())]
    name: String,
    /// Work on this branch; if it exists nowhere, it starts from the pin
    #[arg(long, value_name = "BRANCH", conflicts_with = "done")]
    branch: Option<String>,
    /// Go back to the lock
    #[arg(long)]
    done: bool,
    /// With `--done`: discard changes, and leave commits that are not pushed on their branch
    #[arg(long, requires = "done")]
    force: bool,
}

impl Args {
    /// Whether the work ends, which `--force` is for.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let _claim = session.claim()?;
    let working = Working::new(session, &args.name)?;
    if args.done { working.done(args.force) } else { working.start(args.branch.as_deref()) }
}
