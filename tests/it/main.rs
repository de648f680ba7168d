//! Runs the real binary against real repositories and loopback servers; nothing here needs the network.

mod addons_path;
mod addons_path_files;
mod auth;
mod cache;
mod checkouts;
mod config;
mod daemon;
mod demo;
mod diff;
mod env;
#[cfg(unix)]
mod export;
#[cfg(unix)]
mod export_dest;
mod faults;
mod harness;
mod http;
mod init;
mod list;
mod lock;
mod lock_check;
mod lock_format;
mod lock_refused;
mod lock_upgrade;
mod lock_upstream;
mod loopback;
mod other_transports;
mod outdated;
mod project;
mod proxy;
mod remote;
mod requirements;
mod run;
mod selection;
mod server;
#[cfg(unix)]
mod ssh;
mod status;
mod sync;
mod sync_moves;
mod sync_prune;
mod sync_repair;
mod sync_safety;
mod transports;
mod usage;
#[cfg(unix)]
mod verify;
