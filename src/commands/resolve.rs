//! `oca resolve`: opens a merge that conflicts in the checkout, and takes the resolution.

use crate::complete;
use crate::error::Error;
use crate::ops::Resolving;
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  # Put the conflict of a merge into the checkout
  oca resolve web
  # Go on, after you edited the files and ran `git add`
  oca resolve web --continue
  # Give up
  oca resolve web --abort";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The repository whose merges conflict, or one merge of it, such as web#2950
    #[arg(value_name = "NAME", add = complete::pins_to_move())]
    name: String,
    /// Take what is staged or committed in the checkout, and go on
    #[arg(long = "continue", conflicts_with = "abort")]
    go_on: bool,
    /// Give up what is open; if nothing was finished before it, put back what was in the checkout
    #[arg(long)]
    abort: bool,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let _claim = session.claim()?;
    let resolving = Resolving::new(session, &args.name)?;
    match (args.go_on, args.abort) {
        (true, _) => resolving.go_on(),
        (_, true) => resolving.abort(),
        _ => resolving.start(),
    }
}
