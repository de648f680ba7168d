//! Runs the real binary against real repositories and loopback servers; nothing here needs the network.

mod daemon;
mod demo;
mod diff;
mod env;
#[cfg(unix)]
mod export;
#[cfg(unix)]
mod export_dest;
mod harness;
mod loopback;
mod proxy;
mod remote;
mod run;
mod server;
#[cfg(unix)]
mod ssh;
mod transports;
#[cfg(unix)]
mod verify;
