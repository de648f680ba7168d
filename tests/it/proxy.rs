//! An HTTP proxy on loopback that counts what goes through it.

use std::io::{self, BufReader, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use crate::loopback::{Loopback, lock, tunnel};
use crate::server::http::Request;

/// A running proxy; it ends when it is dropped.
pub(crate) struct Proxy {
    listener: Loopback,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub(crate) fn start() -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&lines);
        // How a client goes away is not our affair.
        let listener = Loopback::start(move |stream, _| drop(serve(&stream, &shared)));
        Self { listener, lines }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.listener.port())
    }

    /// Method and target of each request: `CONNECT host:port`, or another method and a whole url.
    pub(crate) fn lines(&self) -> Vec<String> {
        lock(&self.lines).clone()
    }
}

fn serve(client: &TcpStream, lines: &Mutex<Vec<String>>) -> io::Result<()> {
    // Nothing that follows the head may be lost in a buffer; heads are short.
    let mut reader = BufReader::with_capacity(1, client);
    let Some(request) = Request::read_head(&mut reader)? else { return Ok(()) };
    lock(lines).push(format!("{} {}", request.method, request.target));
    let mut client = client;
    if request.method == "CONNECT" {
        let server = TcpStream::connect(&request.target)?;
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
        tunnel(client, &server);
        return Ok(());
    }
    let rest = request.target.strip_prefix("http://").ok_or(io::ErrorKind::InvalidInput)?;
    let (host, path) = rest.split_once('/').ok_or(io::ErrorKind::InvalidInput)?;
    let mut server = TcpStream::connect(host)?;
    // One request a connection, since the next one may be for another server.
    let mut head = format!("{} /{path} HTTP/1.1\r\nconnection: close\r\n", request.method);
    for (name, value) in &request.headers {
        if !["connection", "proxy-connection", "proxy-authorization"].contains(&name.as_str()) {
            head.extend([name, ": ", value, "\r\n"]);
        }
    }
    server.write_all(format!("{head}\r\n").as_bytes())?;
    tunnel(client, &server);
    Ok(())
}
