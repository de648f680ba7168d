//! Opens a connection: by TCP, perhaps through a proxy, perhaps with TLS, in the version of HTTP that both sides speak.

use std::future::{Ready, ready};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::http::{HeaderValue, Request, Response, Uri, Version};
use hyper::rt;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV4, SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use tower_service::Service;

use super::explain::Unreachable;
use super::proxy::{Proxy, Scheme};
use crate::git::CONNECT;
use crate::git::pace::Limits;

/// In bytes: what a server may send ahead on one request. At 1 Gbit/s and 200 ms, 25 MB are under way; the usual
/// defaults allow 10 MB a second there. This is also the memory that a slow reader costs.
const STREAM_WINDOW: u32 = 32 << 20;
/// In bytes: the same for all requests of a connection.
const CONNECTION_WINDOW: u32 = 64 << 20;
/// In bytes: larger frames cost less work a byte.
const FRAME: u32 = 256 << 10;
/// In bytes: the longest head of an answer.
const HEAD: u32 = 64 << 10;

/// For an answer to a `PING`, also if the user allows only short stalls.
const SHORTEST_PATIENCE: Duration = Duration::from_secs(5);

pub(super) type RequestBody = Full<Bytes>;

/// The sending end of a connection.
pub(super) enum Opened {
    /// One request at a time.
    Http1(http1::SendRequest<RequestBody>),
    Http2(Shared),
}

/// The sending end of a connection that takes many requests at a time.
#[derive(Clone)]
pub(super) struct Shared {
    sender: http2::SendRequest<RequestBody>,
    /// How many requests the server allows at a time. It can change at any time.
    most: Arc<AtomicUsize>,
    /// It takes no new requests.
    is_retired: Arc<AtomicBool>,
}

impl Opened {
    pub(super) fn version(&self) -> Version {
        match self {
            Self::Http1(_) => Version::HTTP_11,
            Self::Http2(_) => Version::HTTP_2,
        }
    }

    /// Sends a request and returns the head of the answer.
    pub(super) async fn send(&mut self, request: Request<RequestBody>) -> hyper::Result<Response<Incoming>> {
        match self {
            Self::Http1(sender) => sender.send_request(request).await,
            Self::Http2(shared) => shared.sender.send_request(request).await,
        }
    }
}

impl Shared {
    pub(super) fn is_open(&self) -> bool {
        !self.sender.is_closed() && !self.is_retired.load(Ordering::Relaxed)
    }

    /// Takes it out of use. Returns whether it was in use.
    pub(super) fn retire(&self) -> bool {
        !self.is_retired.swap(true, Ordering::Relaxed)
    }

    pub(super) fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }
}

/// What is needed to reach a server.
pub(super) struct Target<'a> {
    /// Scheme, host and port.
    pub(super) server: &'a Uri,
    /// The settings of TLS for it, if it is https.
    pub(super) tls: Option<&'a Arc<ClientConfig>>,
    pub(super) proxy: Option<&'a Proxy>,
    /// The same for the proxy.
    pub(super) tls_of_proxy: Option<&'a Arc<ClientConfig>>,
    pub(super) limits: Limits,
}

impl Target<'_> {
    pub(super) async fn open(&self) -> Result<Opened, Unreachable> {
        // On the heap: each way is a large future.
        match tokio::time::timeout(CONNECT, Box::pin(self.reach())).await {
            Ok(opened) => opened,
            Err(_) => Err(Unreachable::Connection(format!("no answer within {} seconds", CONNECT.as_secs()))),
        }
    }

    async fn reach(&self) -> Result<Opened, Unreachable> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT));
        let Some(proxy) = self.proxy else { return self.secured(tcp, self.server).await };
        match proxy.scheme {
            // A plain proxy passes plain requests on.
            Scheme::Http if self.server.scheme_str() == Some("http") => {
                self.secured(tcp, &proxy.address).await
            }
            Scheme::Http => self.secured(tunnel(tcp, proxy), self.server).await,
            Scheme::Https => {
                let mut secure = HttpsConnector::from((tcp, Arc::clone(given(self.tls_of_proxy)?)));
                let stream = secure.call(proxy.address.clone()).await;
                let stream = stream.map_err(|error| Unreachable::of_proxy(&*error))?;
                Box::pin(self.secured(tunnel(Reached(Some(stream)), proxy), self.server)).await
            }
            Scheme::Socks4 { local_dns } => {
                let server = self.looked_up(local_dns, SocketAddr::is_ipv4).await?;
                let way = SocksV4::new(proxy.address.clone(), tcp);
                self.secured(To { server, way }, self.server).await
            }
            Scheme::Socks5 { local_dns } => {
                let server = self.looked_up(local_dns, |_| true).await?;
                let mut way = SocksV5::new(proxy.address.clone(), tcp);
                if let Some(known) = &proxy.credential {
                    way = way.with_auth(known.user.clone(), known.password.clone());
                }
                self.secured(To { server, way }, self.server).await
            }
        }
    }

    /// The server with an address in place of its name, if `local_dns` is true. The connectors for SOCKS can do this, too,
    /// but they stop all connections for as long as it takes.
    async fn looked_up(&self, local_dns: bool, is_fit: fn(&SocketAddr) -> bool) -> Result<Uri, Unreachable> {
        let failed = |error: &dyn std::fmt::Display| Unreachable::Connection(error.to_string());
        let Some(authority) = self.server.authority().filter(|_| local_dns) else {
            return Ok(self.server.clone());
        };
        let mut found = tokio::net::lookup_host(authority.as_str()).await.map_err(|error| failed(&error))?;
        let address = found.find(is_fit).ok_or_else(|| failed(&"the server has no address that fits"))?;
        // Without the zone of an address for one network: a url cannot have it.
        let address = SocketAddr::new(address.ip(), address.port());
        format!("{}://{address}/", self.server.scheme_str().unwrap_or("https"))
            .parse()
            .map_err(|error: hyper::http::uri::InvalidUri| failed(&error))
    }

    /// Reaches a server by a way, with TLS if its scheme is https.
    async fn secured<C>(&self, mut way: C, server: &Uri) -> Result<Opened, Unreachable>
    where
        C: Service<Uri>,
        C::Response: rt::Read + rt::Write + Connection + Send + Unpin + 'static,
        C::Future: Send + 'static,
        C::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        if server.scheme_str() == Some("https") {
            let mut secure = HttpsConnector::from((way, Arc::clone(given(self.tls)?)));
            let stream = secure.call(server.clone()).await;
            self.begin(stream.map_err(|error| Unreachable::of(&*error))?).await
        } else {
            let stream = way.call(server.clone()).await;
            self.begin(stream.map_err(|error| Unreachable::of(&*error.into()))?).await
        }
    }

    async fn begin<S>(&self, stream: S) -> Result<Opened, Unreachable>
    where
        S: rt::Read + rt::Write + Connection + Send + Unpin + 'static,
    {
        if stream.connected().is_negotiated_h2() {
            let begun = http2(self.limits.stall).handshake::<_, RequestBody>(stream).await;
            let (sender, mut connection) = begun.map_err(|error| Unreachable::of(&error))?;
            let most = Arc::new(AtomicUsize::new(connection.current_max_send_streams()));
            let allowed = Arc::clone(&most);
            tokio::spawn(std::future::poll_fn(move |context| {
                let ended = std::pin::Pin::new(&mut connection).poll(context).map(drop);
                allowed.store(connection.current_max_send_streams(), Ordering::Relaxed);
                ended
            }));
            return Ok(Opened::Http2(Shared { sender, most, is_retired: Arc::default() }));
        }
        let (sender, connection) =
            http1::handshake::<_, RequestBody>(stream).await.map_err(|error| Unreachable::of(&error))?;
        // Its errors are those of its requests.
        tokio::spawn(async { drop(connection.await) });
        Ok(Opened::Http1(sender))
    }
}

fn given(tls: Option<&Arc<ClientConfig>>) -> Result<&Arc<ClientConfig>, Unreachable> {
    tls.ok_or_else(|| Unreachable::Tls("there are no settings for it".to_owned()))
}

/// A way that leads to one server, whatever is asked for.
struct To<C> {
    server: Uri,
    way: C,
}

impl<C: Service<Uri>> Service<Uri> for To<C> {
    type Response = C::Response;
    type Error = C::Error;
    type Future = C::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.way.poll_ready(context)
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        self.way.call(self.server.clone())
    }
}

/// A way whose end is reached already. It can be taken once.
struct Reached<S>(Option<S>);

impl<S> Service<Uri> for Reached<S> {
    type Response = S;
    type Error = io::Error;
    type Future = Ready<io::Result<S>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().ok_or_else(|| io::ErrorKind::NotConnected.into()))
    }
}

/// A tunnel through a proxy, by `CONNECT`.
fn tunnel<C>(to_proxy: C, proxy: &Proxy) -> Tunnel<C> {
    let tunnel = Tunnel::new(proxy.address.clone(), to_proxy);
    let value = proxy.credential.as_ref().and_then(|known| HeaderValue::try_from(known.header()).ok());
    match value {
        Some(value) => tunnel.with_auth(value),
        None => tunnel,
    }
}

fn http2(stall: Duration) -> http2::Builder<TokioExecutor> {
    let patience = (stall / 3).max(SHORTEST_PATIENCE);
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .adaptive_window(false)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(FRAME)
        .max_header_list_size(HEAD)
        // A `PING` without an answer means that the connection is dead.
        .keep_alive_interval(patience)
        .keep_alive_timeout(patience);
    builder
}

#[cfg(test)]
mod tests {
    use hyper_util::rt::TokioIo;
    use tokio::io::AsyncReadExt;

    use super::*;

    /// 1 Gbit/s at a round trip of 200 ms has 25 MB under way. The usual windows allow a tenth of it.
    #[test]
    fn the_windows_do_not_limit_a_long_line() {
        const ON_A_LONG_LINE: u32 = 25_000_000;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let sent = runtime.block_on(async {
            let (near, mut far) = tokio::io::duplex(4096);
            let begun = http2(Duration::from_secs(30)).handshake::<_, RequestBody>(TokioIo::new(near)).await;
            let (sender, connection) = begun.expect("a connection");
            tokio::spawn(async { drop(connection.await) });
            // The preface, and the heads and contents of two frames.
            let mut sent = vec![0; 24];
            far.read_exact(&mut sent).await.expect("the preface");
            let mut frames = Vec::new();
            for _ in 0..2 {
                let mut head = [0; 9];
                far.read_exact(&mut head).await.expect("a frame");
                let mut content = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
                far.read_exact(&mut content).await.expect("its content");
                frames.push((head[3], content));
            }
            drop(sender);
            frames
        });
        let number = |bytes: &[u8]| bytes.iter().fold(0, |number, &byte| number << 8 | u32::from(byte));
        let (settings, update) = (&sent[0], &sent[1]);
        assert_eq!((settings.0, update.0), (4, 8));
        let of_stream =
            settings.1.chunks(6).find(|setting| setting[1] == 4).map(|setting| number(&setting[2..]));
        assert!(of_stream.is_some_and(|window| window > ON_A_LONG_LINE), "{of_stream:?}");
        assert!(number(&update.1) > 2 * ON_A_LONG_LINE, "{}", number(&update.1));
    }
}
