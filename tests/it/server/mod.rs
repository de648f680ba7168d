//! A smart HTTP server for the repositories below `remotes/`, with everything real ones get wrong.

mod cgi;
mod faults;
pub(crate) mod http;
mod http2;
mod seen;
mod service;
mod tls;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

pub(crate) use self::faults::{ALWAYS, Fault};
pub(crate) use self::http2::{First, Http2};
pub(crate) use self::seen::Seen;
use self::service::Service;
pub(crate) use self::tls::{Certificates, Made, make as certificates};
use crate::env::Env;
use crate::loopback::{Loopback, lock};

/// Longer than any client takes to come to a request on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// What a server offers; all of it unless said otherwise.
#[must_use = "a server runs after `start`"]
pub(crate) struct Builder {
    root: PathBuf,
    authority_file: PathBuf,
    tls: Option<Certificates>,
    http2: Option<Http2>,
    authorizations: Vec<String>,
    protocol_2: bool,
    filter: bool,
    size_filter: bool,
    exact_commits: bool,
    deepest_tree: Option<u32>,
}

impl Builder {
    /// Serves the repositories below another folder than `remotes/`.
    pub(crate) fn root(mut self, folder: PathBuf) -> Self {
        self.root = folder;
        self
    }

    /// Speaks https with a certificate of its own authority, see `Server::authority`.
    pub(crate) fn tls(self) -> Self {
        self.certificates(Certificates::Signed)
    }

    /// Speaks https with other certificates, see `Server::authority` and `Server::client`.
    pub(crate) fn certificates(mut self, certificates: Certificates) -> Self {
        self.tls = Some(certificates);
        self
    }

    /// Speaks https, and HTTP/2 with those who offer it.
    pub(crate) fn http2(mut self, http2: Http2) -> Self {
        self.http2 = Some(http2);
        self.tls()
    }

    /// Asks everyone for this user, or another one that is accepted.
    pub(crate) fn basic(mut self, user: &str, password: &str) -> Self {
        self.authorizations.push(format!("Basic {}", seen::base64(&format!("{user}:{password}"))));
        self
    }

    /// Asks everyone for this token, or something else that is accepted.
    pub(crate) fn bearer(mut self, token: &str) -> Self {
        self.authorizations.push(format!("Bearer {token}"));
        self
    }

    /// Answers in protocol 0, whatever the client asks for.
    pub(crate) fn without_protocol_2(mut self) -> Self {
        self.protocol_2 = false;
        self
    }

    pub(crate) fn without_filter(mut self) -> Self {
        self.filter = false;
        self
    }

    /// Refuses the filter `blob:limit=N`.
    pub(crate) fn without_size_filter(mut self) -> Self {
        self.size_filter = false;
        self
    }

    /// Refuses commits that no reference stands at; git does so in protocol 0 alone.
    pub(crate) fn without_exact_commits(mut self) -> Self {
        self.exact_commits = false;
        self
    }

    /// Takes the filter `tree:N` with this `N` at most, as the largest forge does.
    pub(crate) fn deepest_tree(mut self, depth: u32) -> Self {
        self.deepest_tree = Some(depth);
        self
    }

    pub(crate) fn start(self) -> Server {
        let made = self.tls.map(tls::make);
        let authority = made.as_ref().map(|made| {
            fs::write(&self.authority_file, &made.trusted).expect("the authority's certificate");
            self.authority_file.clone()
        });
        let client = made.as_ref().map(|made| made.client.clone());
        let on = |feature: &str, on: bool| format!("uploadpack.{feature}={on}");
        let mut config = vec![on("allowFilter", self.filter), on("allowAnySHA1InWant", self.exact_commits)];
        config.push(format!("uploadpackfilter.blob:limit.allow={}", self.size_filter));
        config.extend(self.deepest_tree.map(|depth| format!("uploadpackfilter.tree.maxDepth={depth}")));
        let service = Arc::new(Service {
            config,
            root: self.root,
            authorizations: self.authorizations,
            protocol_2: self.protocol_2,
            ..Service::default()
        });
        let shared = Arc::clone(&service);
        let tls = made.map(|mut made| {
            let names = self.http2.iter().map(|_| b"h2".to_vec());
            Arc::make_mut(&mut made.config).alpn_protocols = names.chain([b"http/1.1".to_vec()]).collect();
            made.config
        });
        let http2 = self.http2.map(|http2| (http2, Arc::default()));
        let listener = Loopback::start(move |stream, number| match (&tls, &http2) {
            (Some(tls), Some((http2, count))) if http2::is_offered(&stream).is_ok_and(|offered| offered) => {
                // How a client goes away is not our affair.
                drop(http2::serve(&shared, stream, tls, number, (*http2, count)));
            }
            _ => shared.serve(stream, tls.as_ref(), number),
        });
        Server { listener, service, authority, client }
    }
}

/// A running server; it ends when it is dropped.
pub(crate) struct Server {
    listener: Loopback,
    service: Arc<Service>,
    authority: Option<PathBuf>,
    client: Option<(String, String)>,
}

impl Server {
    /// A plain server without authentication.
    pub(crate) fn start(env: &Env) -> Self {
        Self::builder(env).start()
    }

    pub(crate) fn builder(env: &Env) -> Builder {
        Builder {
            root: env.remotes(),
            authority_file: env.root().join("authority.pem"),
            tls: None,
            http2: None,
            authorizations: Vec::new(),
            protocol_2: true,
            filter: true,
            size_filter: true,
            exact_commits: true,
            deepest_tree: None,
        }
    }

    /// The url of `remotes/{name}.git`.
    pub(crate) fn url(&self, name: &str) -> String {
        format!("{}/{name}.git", self.base())
    }

    /// The url above all repositories, without a slash at its end.
    pub(crate) fn base(&self) -> String {
        self.base_as("127.0.0.1")
    }

    /// The same with another host, such as `localhost` or `user:password@127.0.0.1`.
    pub(crate) fn base_as(&self, host: &str) -> String {
        let scheme = if self.authority.is_some() { "https" } else { "http" };
        format!("{scheme}://{host}:{}", self.listener.port())
    }

    /// The variable that holds the token for this server, by the name that it has here.
    pub(crate) fn token_variable(&self, host: &str) -> String {
        let host = host.to_ascii_uppercase().replace('.', "_");
        format!("OCA_TOKEN_{host}___{}", self.listener.port())
    }

    /// The PEM file of the authority that signed this https server's certificate.
    pub(crate) fn authority(&self) -> &Path {
        self.authority.as_deref().expect("a server with tls")
    }

    /// A certificate for a client of this https server, and its key, as PEM.
    pub(crate) fn client(&self) -> &(String, String) {
        self.client.as_ref().expect("a server with tls")
    }

    /// Sends requests whose path begins with `from` to `to`, a path or the base of another server.
    pub(crate) fn redirect(&self, from: &str, status: u16, to: &str) {
        lock(&self.service.redirects).push((from.to_owned(), status, to.to_owned()));
    }

    /// Does something wrong the next `times` times that a request's line (see `Seen::line`) contains `on`.
    pub(crate) fn fault(&self, on: &str, times: usize, fault: Fault) {
        lock(&self.service.faults).push((on.to_owned(), times, fault));
    }

    /// Forgets what goes wrong from now on.
    pub(crate) fn clear_faults(&self) {
        lock(&self.service.faults).clear();
    }

    /// All requests so far, in the order in which they arrived.
    pub(crate) fn requests(&self) -> Vec<Seen> {
        lock(&self.service.seen).clone()
    }

    /// How many lines contained this, such as `POST /web.git/` or `upload-pack fetch`.
    pub(crate) fn count(&self, part: &str) -> usize {
        self.requests().iter().filter(|seen| seen.line.contains(part)).count()
    }

    /// Waits until so many lines contained this.
    #[track_caller]
    pub(crate) fn wait_for(&self, part: &str, times: usize) {
        let is_less =
            |seen: &mut Vec<Seen>| seen.iter().filter(|seen| seen.line.contains(part)).count() < times;
        let waited = self.service.arrived.wait_timeout_while(lock(&self.service.seen), PATIENCE, is_less);
        let (seen, patience) = waited.expect("no connection panics");
        drop(seen);
        assert!(!patience.timed_out(), "no request came with `{part}`");
    }

    pub(crate) fn connections(&self) -> usize {
        self.listener.connections()
    }

    /// How many requests `Fault::Gather` held at once, at most.
    pub(crate) fn most_gathered(&self) -> usize {
        lock(&self.service.gathered).most
    }

    /// Bytes that came in over the wire, those of tls among them.
    pub(crate) fn bytes_in(&self) -> u64 {
        self.service.bytes_in.load(Ordering::SeqCst)
    }

    /// Bytes that went out over the wire.
    pub(crate) fn bytes_out(&self) -> u64 {
        self.service.bytes_out.load(Ordering::SeqCst)
    }
}
