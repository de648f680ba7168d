//! The software bill of materials of an export, as CycloneDX 1.6 and as SPDX 2.3: an inventory in, text out.
//!
//! Knows the two formats, package urls and the identifiers of licences. Does not know the lock, git or files: `ops` makes
//! the inventory. The same inventory gives the same bytes.
//!
//! `inventory` has the components, of which both formats are made. `location` says where the files of a repository are,
//! and `purl` writes that as a package url. `license` maps the words of manifests to those of SPDX. `identity` has what
//! tells one document from another: its number and its time.

mod cyclonedx;
mod identity;
mod inventory;
mod license;
mod location;
mod purl;
mod spdx;
mod spdx_names;
mod wire;

pub(crate) use cyclonedx::cyclonedx;
pub(crate) use inventory::{Change, ChangeKind, Component, DEPENDS, Inventory, Kind, PROGRAM, UNREAD};
pub(crate) use license::License;
pub(crate) use location::Location;
pub(crate) use purl::{of_debian, of_own, of_python};
pub(crate) use spdx::spdx;
