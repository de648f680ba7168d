//! Runs the real binary against real repositories and loopback servers; nothing here needs the network.

mod daemon;
mod demo;
mod diff;
mod env;
mod harness;
mod loopback;
mod proxy;
mod remote;
mod run;
mod selection;
mod server;
#[cfg(unix)]
mod ssh;
mod transports;
