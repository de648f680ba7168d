//! Runs the real binary against real repositories and loopback servers; nothing here needs the network.

#![expect(clippy::disallowed_methods, reason = "tests set up their own files")]

mod addons_path;
mod addons_path_files;
mod cache;
mod config;
mod daemon;
mod demo;
mod diff;
mod env;
mod harness;
mod init;
mod list;
mod lock;
mod lock_check;
mod lock_format;
mod lock_refused;
mod lock_upgrade;
mod loopback;
#[cfg(unix)]
mod one_at_a_time;
mod outdated;
mod project;
mod proxy;
mod remote;
mod requirements;
mod rooms;
mod run;
mod server;
#[cfg(unix)]
mod ssh;
mod sync_directories;
mod sync_outcomes;
#[cfg(unix)]
mod sync_symlinks;
mod transports;
mod usage;
