//! HTTP/2 over TLS: each request is answered as over a connection of its own with HTTP/1.1, with the same faults.

use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::http::{HeaderValue, Request, Response, header};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::server::Acceptor;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tokio::io::DuplexStream;
use tokio_rustls::TlsAcceptor;
use tokio_util::io::SyncIoBridge;

use super::service::Service;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What a server of HTTP/2 does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Http2 {
    /// How many requests it takes at a time on a connection.
    pub(crate) streams: u32,
    /// What it does to the first requests.
    pub(crate) first: First,
}

/// What a server of HTTP/2 does to its first requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum First {
    Answer,
    /// Sends `RST_STREAM` with this reason to so many.
    Reset(h2::Reason, usize),
    /// On so many connections, sends `GOAWAY` without an error before it works on a request.
    GoAway(usize),
    /// On so many connections, sends a frame that no protocol knows.
    Garbage(usize),
}

/// The requests that a server of HTTP/2 has had.
#[derive(Default)]
pub(super) struct Count {
    requests: AtomicUsize,
    connections: AtomicUsize,
}

/// Whether a client speaks HTTP/2, by the first message of TLS, which stays there to be read.
pub(super) fn is_offered(stream: &TcpStream) -> io::Result<bool> {
    let mut hello = [0; 16 * 1024];
    loop {
        let length = stream.peek(&mut hello)?;
        let mut acceptor = Acceptor::default();
        acceptor.read_tls(&mut &hello[..length])?;
        match acceptor.accept() {
            Ok(Some(accepted)) => {
                let mut offered = accepted.client_hello().alpn().into_iter().flatten();
                return Ok(offered.any(|name| name == b"h2"));
            }
            Ok(None) if length > 0 => {}
            _ => return Ok(false),
        }
    }
}

/// Answers until either side ends.
pub(super) fn serve(
    service: &Arc<Service>,
    stream: TcpStream,
    config: &Arc<ServerConfig>,
    number: usize,
    (http2, count): (Http2, &Arc<Count>),
) -> io::Result<()> {
    let begun = count.connections.fetch_add(1, Ordering::SeqCst);
    match http2.first {
        First::GoAway(times) if begun < times => return send_instead(stream, config, GOAWAY),
        First::Garbage(times) if begun < times => return send_instead(stream, config, GARBAGE),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let served = runtime.block_on(async {
        stream.set_nonblocking(true)?;
        let stream = tokio::net::TcpStream::from_std(stream)?;
        let stream = TlsAcceptor::from(Arc::clone(config)).accept(stream).await?;
        let answering = service_fn(|request| {
            let nth = count.requests.fetch_add(1, Ordering::SeqCst);
            let service = Arc::clone(service);
            async move {
                match http2.first {
                    First::Reset(reason, times) if nth < times => Err(h2::Error::from(reason).into()),
                    _ => answer(service, request, number).await,
                }
            }
        });
        hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .max_concurrent_streams(http2.streams)
            .serve_connection(TokioIo::new(stream), answering)
            .await
            .map_err(io::Error::other)
    });
    // Those that answer a client that went away may wait for ever.
    runtime.shutdown_background();
    served
}

/// Passes a request on to the service, and its answer back.
async fn answer(
    service: Arc<Service>,
    request: Request<Incoming>,
    number: usize,
) -> Result<Response<Incoming>, BoxError> {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let bridge = Bridge(SyncIoBridge::new(far));
    std::thread::spawn(move || drop(service.converse(&mut BufReader::new(bridge), number)));
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(near)).await?;
    tokio::spawn(async { drop(connection.await) });
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut passed = Request::builder().method(head.method).uri(target).body(Full::new(body))?;
    let host = head.uri.authority().map_or("", |authority| authority.as_str());
    *passed.headers_mut() = head.headers;
    passed.headers_mut().insert(header::HOST, HeaderValue::from_str(host)?);
    Ok(sender.send_request(passed).await?)
}

struct Bridge(SyncIoBridge<DuplexStream>);

impl Read for Bridge {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Bridge {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// `SETTINGS`, and `GOAWAY` with stream 0 as the last one and no error.
const GOAWAY: &[u8] = b"\0\0\0\x04\0\0\0\0\0\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
/// `SETTINGS`, and data for a stream that nobody opened.
const GARBAGE: &[u8] = b"\0\0\0\x04\0\0\0\0\0\0\0\x01\0\0\0\0\0\x07x";

/// Waits for a request and sends these frames instead of an answer.
fn send_instead(stream: TcpStream, config: &Arc<ServerConfig>, frames: &[u8]) -> io::Result<()> {
    /// In bytes: the preface, which comes before the first frame.
    const PREFACE: usize = 24;
    let session = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(session, stream);
    stream.read_exact(&mut [0; PREFACE])?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head)?;
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        stream.read_exact(&mut vec![0; length])?;
        // The head of a request.
        if head[3] == 1 {
            break;
        }
    }
    stream.write_all(frames)?;
    stream.flush()?;
    // The client ends it.
    while stream.read(&mut [0; 1024])? > 0 {}
    Ok(())
}
