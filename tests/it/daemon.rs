//! `git daemon` for `git://` urls: one process for each connection, on a port that is ours.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::thread;

use crate::env::{Env, server_git};
use crate::loopback::Loopback;

/// A running daemon for the repositories below `remotes/`; it ends when it is dropped.
pub(crate) struct Daemon {
    listener: Loopback,
}

impl Daemon {
    pub(crate) fn start(env: &Env) -> Self {
        Self::dropping(env, |_| false)
    }

    /// Closes those of the connections, counted from 0, without a word.
    pub(crate) fn dropping(env: &Env, drops: fn(usize) -> bool) -> Self {
        let root = env.remotes();
        let serve = move |stream: TcpStream, number| {
            if !drops(number) {
                // How a client goes away is not our affair.
                drop(serve(&stream, &root));
            }
        };
        Self { listener: Loopback::start(serve) }
    }

    /// The url of `remotes/{name}.git`.
    pub(crate) fn url(&self, name: &str) -> String {
        format!("git://127.0.0.1:{}/{name}.git", self.listener.port())
    }

    pub(crate) fn connections(&self) -> usize {
        self.listener.connections()
    }
}

fn serve(client: &TcpStream, root: &Path) -> io::Result<()> {
    let mut base = OsString::from("--base-path=");
    base.push(root);
    let mut child = server_git()
        .args(["daemon", "--inetd", "--export-all", "--log-destination=none"])
        .arg(base)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    let mut stdout = child.stdout.take().expect("stdout is a pipe");
    let mut incoming = client.try_clone()?;
    let requests = thread::spawn(move || copy(&mut incoming, &mut stdin));
    drop(copy(&mut stdout, &mut &*client));
    drop(client.shutdown(Shutdown::Both));
    drop(requests.join());
    child.kill()?;
    child.wait().map(drop)
}

/// Passes on what is there at once: both sides wait for each other's words.
fn copy(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        to.write_all(&buffer[..length])?;
        to.flush()?;
    }
}
