//! The page of `oca report`: a project as one HTML file that needs nothing else.
//!
//! Data in, text out: no side effects, no clock. The same data always gives the same bytes. The page loads nothing, and
//! its policy allows only its own style and script. Everything can be read without the script.

mod amount;
mod document;
mod findings;
mod graph;
mod layers;
mod markup;
mod model;
mod modules;
mod repositories;
mod requirements;
mod sizes;
mod squares;
mod treemap;
mod view;

pub(crate) use amount::Amount;
pub(crate) use model::{
    Bytes, Conflict, Finding, Home, HomeKind, Module, Need, NeedKind, Outdated, OutdatedMerge, OutdatedPin,
    Page, Requirement, Standing, Step, SystemNeed,
};

/// What is not known about the sizes, because it is not in the cache.
pub(crate) struct Unknown {
    /// The repositories of which no file is known.
    pub(crate) repos: Vec<String>,
    /// The number of other files without a size.
    pub(crate) files: usize,
}

/// See [`Unknown`].
pub(crate) fn unknown(page: &Page) -> Unknown {
    let repos = page.homes.iter().filter(|home| home.trouble.is_some()).map(|home| home.name.clone());
    Unknown { repos: repos.collect(), files: view::View::new(page).total().all().unknown }
}

/// The page as HTML.
pub(crate) fn render(page: &Page) -> String {
    document::document(&view::View::new(page)).into_string()
}
