//! `oca tree`: shows the dependencies of modules.

use crate::complete;
use crate::error::Error;
use crate::json::TreeReport;
use crate::ops::refuse_unknown;
use crate::output::{dot, mermaid, print_tree};
use crate::plan::Inventory;
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  # Show the dependencies of a module
  oca tree sale_order_type
  # Draw them in a document
  oca tree sale_order_type --format mermaid
  # Draw them with Graphviz
  oca tree sale_order_type --format dot | dot -Tsvg > tree.svg";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The modules to start with
    #[arg(required = true, value_name = "MODULE", add = complete::modules())]
    modules: Vec<String>,
    /// How to print the tree; `dot` is for Graphviz, and `mermaid` for Markdown
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: TreeFormat,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum TreeFormat {
    Human,
    Json,
    Dot,
    Mermaid,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let lock = session.fresh_lock()?;
    let profile = session.profile()?;
    let (locals, around) = (session.local_modules(profile)?, session.surrounding_modules(profile)?);
    let inventory = Inventory::new(profile, &lock, &locals, &around);
    refuse_unknown(session, &inventory, &lock, &args.modules)?;
    let report = || TreeReport::of(&inventory, &args.modules);
    match args.format {
        TreeFormat::Human => print_tree(session.printer, &inventory, &args.modules),
        TreeFormat::Json => session.printer.json(&report()),
        TreeFormat::Dot => session.printer.data(&dot(&report())),
        TreeFormat::Mermaid => session.printer.data(&mermaid(&report())),
    }
    Ok(())
}
