//! Runs the real binary against real repositories and loopback servers; nothing here needs the network.

mod daemon;
mod demo;
mod diff;
mod env;
mod harness;
mod lock;
mod lock_check;
mod lock_format;
mod lock_upgrade;
mod loopback;
mod project;
mod proxy;
mod remote;
mod run;
mod server;
#[cfg(unix)]
mod ssh;
mod transports;
