//! The man pages, made of the command line that clap knows and of the sections that all pages share.

mod page;
mod shared;

use page::Page;

use crate::repo::day;

/// A man page as it is written to disk.
pub(crate) struct ManPage {
    /// Such as `oca-cache-prune.1`.
    pub(crate) file: String,
    pub(crate) text: String,
}

/// The page of the program, then one for each command in the order of `oca --help`.
///
/// `date` is a Unix timestamp, in seconds. Without one, the pages have no date: they depend only on the version.
pub(crate) fn man_pages(whole: clap::Command, date: Option<i64>) -> Vec<ManPage> {
    let date = date.map(day).unwrap_or_default();
    let mut whole = whole.disable_help_subcommand(true);
    whole.build();
    let mut pages = Vec::new();
    collect(&whole, None, &date, &mut pages);
    pages
}

fn collect(command: &clap::Command, parent: Option<&str>, date: &str, pages: &mut Vec<ManPage>) {
    let page = Page { command, parent, date };
    pages.push(ManPage { file: format!("{}.1", page.name()), text: page.render() });
    for child in command.get_subcommands().filter(|child| !child.is_hide_set()) {
        collect(child, Some(page.name()), date, pages);
    }
}
