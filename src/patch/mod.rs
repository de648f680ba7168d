//! Patches: the steps that a lock records, and the patches of the user. Bytes in, values out.
//!
//! Knows git's patch format, and how a patch changes trees. Reads trees and blobs through the trait
//! [`Objects`](crate::repo::Objects). Does not know files, git2 or the network.
//!
//! A step has one form only: [`render`] writes it, and [`parse`] accepts nothing else. So a step has the same bytes on
//! every machine. The form is a strict part of git's own: `git apply --index` accepts it. `model` has its types, `header`
//! and `hunk` their parts. `between` compares two trees, `diff` two contents. `result` computes the tree that a patch
//! gives, without any content of a file, and `apply` computes one content. `fingerprint` says whether a hook changed a
//! step. `user` reads the many forms of patches that people make, and turns them into the one form.

mod apply;
mod between;
mod binary;
mod delta;
mod diff;
mod error;
mod fingerprint;
#[cfg(all(test, unix))]
mod git_tests;
mod header;
mod hunk;
mod lines;
mod model;
mod parse;
mod quote;
mod render;
mod result;
mod user;

pub(crate) use apply::apply;
pub(crate) use between::{Change, between, describe};
pub(crate) use delta::{LONGEST as LONGEST_DELTA, apply_delta, apply_delta_in, result_length};
pub(crate) use diff::is_binary;
pub(crate) use error::Error;
pub(crate) use fingerprint::{Difference, Fingerprint};
pub(crate) use header::Header;
pub(crate) use model::{FileMode, FilePatch, Patch, Side};
pub(crate) use parse::parse;
pub(crate) use render::render;
pub(crate) use result::result;
pub(crate) use user::{About, MailedCommit, UserPatch, mails, parse_user, refreshed, rewritten, title_of};
