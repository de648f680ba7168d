//! Addons: from a tree of files to the modules in it, what their manifests say, and which of them need which.
//!
//! Knows how Odoo finds a module and what a manifest means; it reads through [`FileTree`](crate::repo::FileTree)
//! and has never heard of git. A manifest is one Python literal: it is parsed, never executed.

pub(crate) mod core;
mod cursor;
pub(crate) mod discover;
pub(crate) mod folder;
pub(crate) mod graph;
mod literal;
#[cfg(test)]
mod literal_tests;
pub(crate) mod manifest;
mod problem;
pub(crate) mod release;
mod text;
mod value;
pub(crate) mod version;
