//! What a database has installed, and the checksums with which `click-odoo-update` finds the modules to update: the rule
//! of click-odoo-contrib (`_addon_hash.py`, `update.py`), which is also that of `module_auto_update`.

mod checksum;
mod database;
mod links;

pub(crate) use checksum::{Checksum, ChecksumRule, Hasher, Unhashable};
pub(crate) use database::{BadDatabase, Database, LARGEST};
pub(crate) use links::{Found, Leads, Places};
