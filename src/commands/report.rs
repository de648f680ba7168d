//! `oca report`: the project as one page to look at.

use clap::ValueHint;

use crate::error::Error;
use crate::flags::Destination;
use crate::fs::write_out;
use crate::ops::page::{Wanted, gather};
use crate::page::{Module, Page, Standing, Unknown, render, unknown};
use crate::repo::{counted, first_names};
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  # Write the page, and open it in a browser
  oca report -o report.html
  # Say what is outdated, too
  oca report -o report.html --outdated --title 'Our shop'";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The file to write; `-` is stdout
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Destination,
    /// Ask the servers for newer commits
    #[arg(long)]
    outdated: bool,
    /// The title of the page [default: the name of the directory of repos.toml]
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let lock = session.fresh_lock()?;
    let profile = session.profile()?;
    let named = || session.root().file_name().unwrap_or_default().to_string_lossy().into_owned();
    let title = args.title.clone().unwrap_or_else(named);
    let page = gather(session, &lock, Wanted { title, profile, outdated: args.outdated })?;
    let html = render(&page);
    warn_of_unknown(session, &page);
    let Some(file) = args.output.path() else {
        session.printer.data(&html);
        return Ok(());
    };
    write_out(file, html.as_bytes())?;
    let is_selected = |module: &&Module| matches!(module.standing, Standing::Exported | Standing::Own);
    let (selected, all) = (page.modules.iter().filter(is_selected).count(), page.modules.len());
    let modules = if selected == all {
        counted(all, "module", "modules")
    } else {
        format!("{} of {all}", counted(selected, "selected module", "selected modules"))
    };
    session.printer.note(&format!("{modules} in `{}`", file.display()));
    Ok(())
}

/// Warns that sizes on the page are too small, because oca is offline and the cache does not have all files.
fn warn_of_unknown(session: &Session<'_>, page: &Page) {
    let Unknown { repos, files } = unknown(page);
    let mut parts = Vec::new();
    if !repos.is_empty() {
        parts.push(format!("the files of {}", first_names(&repos)));
    }
    if files > 0 {
        parts.push(counted(files, "file", "files"));
    }
    if parts.is_empty() {
        return;
    }
    let parts = parts.join(" and ");
    session
        .printer
        .warning(&format!("the page does not know the sizes of {parts}: they are not in the cache"));
    session.printer.hint("run the command without `--offline` and without `OCA_OFFLINE`");
}
