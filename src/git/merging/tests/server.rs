//! A loopback server: `git upload-pack` behind HTTP.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::GzDecoder;

/// Serves one bare repository until the end of the process.
pub(super) struct Server {
    pub(super) url: String,
    /// The bytes of all answers.
    pub(super) sent: Arc<AtomicU64>,
    pub(super) requests: Arc<AtomicU64>,
}

impl Server {
    pub(super) fn new(repository: PathBuf) -> Self {
        Self::start(repository, true)
    }

    /// A server that knows only the first protocol.
    pub(super) fn without_version_2(repository: PathBuf) -> Self {
        Self::start(repository, false)
    }

    fn start(repository: PathBuf, version_2: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/web.git", listener.local_addr().expect("an address"));
        let (sent, requests) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let counts = (Arc::clone(&sent), Arc::clone(&requests));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, repository) = (stream.expect("a connection"), repository.clone());
                let (sent, requests) = (Arc::clone(&counts.0), Arc::clone(&counts.1));
                std::thread::spawn(move || {
                    while let Some(length) = exchange(&stream, &repository, version_2) {
                        sent.fetch_add(length, Ordering::Relaxed);
                        requests.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        Self { url, sent, requests }
    }
}

/// One request and its answer. `None` at the end of the connection.
fn exchange(stream: &TcpStream, repository: &Path, version_2: bool) -> Option<u64> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length, mut gzipped) = (String::new(), 0, false);
    reader.read_line(&mut first).ok().filter(|count| *count > 0)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        gzipped |= line == "content-encoding: gzip";
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    if gzipped {
        let mut plain = Vec::new();
        GzDecoder::new(&body[..]).read_to_end(&mut plain).ok()?;
        body = plain;
    }
    let kind = if first.starts_with("GET") { "advertisement" } else { "result" };
    let is_advertisement = kind == "advertisement";
    let mut answer = upload_pack(repository, version_2, is_advertisement, &body);
    if is_advertisement && !version_2 {
        answer = [b"001e# service=git-upload-pack\n0000".as_slice(), &answer].concat();
    }
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-{kind}\r\nContent-Length: {}\r\n\r\n",
        answer.len()
    );
    let mut stream = stream;
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(&answer).ok()?;
    Some(answer.len() as u64)
}

fn upload_pack(repository: &Path, version_2: bool, is_advertisement: bool, body: &[u8]) -> Vec<u8> {
    let mut command = Command::new("git");
    for option in ["allowFilter", "allowAnySHA1InWant"] {
        command.args(["-c", &format!("uploadpack.{option}=true")]);
    }
    command.args(["upload-pack", "--stateless-rpc"]);
    command.args(is_advertisement.then_some("--http-backend-info-refs"));
    command.arg(repository).env("GIT_PROTOCOL", if version_2 { "version=2" } else { "" });
    command.envs(
        ["HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"].map(|name| (name, OsString::from("/dev/null"))),
    );
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("git is installed");
    let mut stdin = child.stdin.take().expect("a pipe");
    std::thread::scope(|scope| {
        // upload-pack may answer before it has read everything.
        scope.spawn(move || stdin.write_all(body));
        child.wait_with_output().expect("git ends").stdout
    })
}
