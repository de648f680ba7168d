//! Runs the real binary against real repositories and loopback servers; nothing here needs the network.

mod auth;
mod checkouts;
mod daemon;
mod demo;
mod diff;
mod env;
mod faults;
mod harness;
mod http;
mod loopback;
mod other_transports;
mod proxy;
mod remote;
mod run;
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
