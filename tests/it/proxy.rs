//! Proxies on loopback that count what goes through them.

use std::io::{self, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use crate::loopback::{Loopback, lock, tunnel};
use crate::server::http::Request;

/// A running proxy; it ends when it is dropped.
pub(crate) struct Proxy {
    listener: Loopback,
    scheme: &'static str,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub(crate) fn start() -> Self {
        Self::with("http", serve)
    }

    /// A proxy that is asked over TLS.
    pub(crate) fn secure(config: Arc<ServerConfig>) -> Self {
        Self::with("https", move |stream, lines| serve_secure(stream, &config, lines))
    }

    /// A proxy for SOCKS 4 or 5; `scheme` says which one, and who looks up names.
    pub(crate) fn socks(scheme: &'static str) -> Self {
        Self::with(scheme, if scheme.starts_with("socks4") { serve_socks_4 } else { serve_socks_5 })
    }

    fn with(
        scheme: &'static str,
        serve: impl Fn(&TcpStream, &Mutex<Vec<String>>) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&lines);
        // How a client goes away is not our affair.
        let listener = Loopback::start(move |stream, _| drop(serve(&stream, &shared)));
        Self { listener, scheme, lines }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.listener.port())
    }

    /// Method and target of each request: `CONNECT host:port`, or another method and a whole url. For SOCKS, only the host.
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

fn serve_secure(
    client: &TcpStream,
    config: &Arc<ServerConfig>,
    lines: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = client.try_clone()?;
        client.set_nonblocking(true)?;
        let client = tokio::net::TcpStream::from_std(client)?;
        let mut client = TlsAcceptor::from(Arc::clone(config)).accept(client).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.read_u8().await?);
        }
        let head = String::from_utf8_lossy(&head);
        let line = head.split(" HTTP/1.1").next().unwrap_or_default();
        lock(lines).push(line.to_owned());
        let target = line.strip_prefix("CONNECT ").ok_or(io::ErrorKind::InvalidInput)?;
        let mut server = tokio::net::TcpStream::connect(target).await?;
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
        tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop)
    })
}

/// Source: RFC 1928.
fn serve_socks_5(mut client: &TcpStream, lines: &Mutex<Vec<String>>) -> io::Result<()> {
    let [_, methods] = bytes(client)?;
    client.read_exact(&mut vec![0; usize::from(methods)])?;
    client.write_all(&[5, 0])?;
    let [_, _, _, kind] = bytes(client)?;
    let host = match kind {
        1 => Ipv4Addr::from(bytes::<4>(client)?).to_string(),
        4 => std::net::Ipv6Addr::from(bytes::<16>(client)?).to_string(),
        _ => {
            let [length] = bytes(client)?;
            let mut name = vec![0; usize::from(length)];
            client.read_exact(&mut name)?;
            String::from_utf8_lossy(&name).into_owned()
        }
    };
    lock(lines).push(host);
    lead_on(client, u16::from_be_bytes(bytes(client)?), &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
}

fn serve_socks_4(client: &TcpStream, lines: &Mutex<Vec<String>>) -> io::Result<()> {
    let [_, _] = bytes(client)?;
    let port = u16::from_be_bytes(bytes(client)?);
    let address = Ipv4Addr::from(bytes::<4>(client)?);
    let _user = until_zero(client)?;
    // The addresses `0.0.0.x` say that a name follows.
    let is_name = address.octets()[..3] == [0; 3];
    lock(lines).push(if is_name { until_zero(client)? } else { address.to_string() });
    lead_on(client, port, &[0, 90, 0, 0, 0, 0, 0, 0])
}

/// All servers of tests are at 127.0.0.1.
fn lead_on(mut client: &TcpStream, port: u16, granted: &[u8]) -> io::Result<()> {
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    client.write_all(granted)?;
    tunnel(client, &server);
    Ok(())
}

fn bytes<const N: usize>(mut client: &TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    client.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn until_zero(client: &TcpStream) -> io::Result<String> {
    let mut text = String::new();
    loop {
        match bytes(client)? {
            [0] => return Ok(text),
            [byte] => text.push(char::from(byte)),
        }
    }
}
