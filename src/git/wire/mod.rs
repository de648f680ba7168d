//! Git over HTTP with protocol version 2: one short request for a ref, and one for exactly the objects that are needed.
//!
//! libgit2 knows neither protocol 2 nor object filters. So this room makes the requests and gives the packs to
//! `packs`. It neither lists all refs nor asks for the capabilities first: a server that lacks a feature sends an empty
//! answer, and only then is it asked what it supports.

mod answer;
mod api;
mod authorise;
mod client;
mod connect;
mod connections;
mod credentials;
mod explain;
mod failure;
mod history;
mod idle;
mod permits;
mod protocol;
mod proxy;
mod request;
mod retry_after;
mod runtime;
mod server;
mod tls;
mod trust;
mod unsupported;

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use flate2::Compression;
use flate2::write::GzEncoder;
use url::{Origin, Url};

pub(super) use api::ApiRequest;
pub(crate) use api::NoAnswer;
pub(super) use client::{Client, Response};
pub(crate) use credentials::TokenScheme;
pub(super) use failure::Failure;
use failure::{response_failure, what_it_is};
pub(super) use history::{Answer, Ask, Extras};
pub(super) use permits::{Permit, Permits, lock};
use protocol::{Capabilities, ListedRef, Wants};
use request::{Post, Request};
pub(super) use server::Size;

use super::retry::retrying;
use super::{Error, Meter};
use crate::repo::{CommitId, TreeId};

/// In bytes. As in git, longer request bodies are compressed.
const GZIP_FROM: usize = 1024;
/// More than the manifests of a large repository.
const FEW_BLOBS: usize = 1000;

/// A repository on an HTTP server.
pub(super) struct HttpRemote {
    client: Arc<Client>,
    declared: Origin,
    /// The url of the repository. It changes when the server redirects.
    base: Mutex<Url>,
    host: Arc<Host>,
}

impl Clone for HttpRemote {
    fn clone(&self) -> Self {
        let base = self.base.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self {
            client: Arc::clone(&self.client),
            declared: self.declared.clone(),
            base: Mutex::new(base),
            host: Arc::clone(&self.host),
        }
    }
}

/// What this run knows about a host.
#[derive(Default)]
struct Host {
    /// The host lacks protocol 2 or a feature of it.
    plain: AtomicBool,
    /// The host answered a request of protocol 2.
    answered: AtomicBool,
    /// How often the host could not send the difference between two commits.
    failed_differences: AtomicUsize,
    /// Held while the host is asked, so that one answer serves all threads.
    asking: Mutex<()>,
}

/// The objects that a fetch asks for.
pub(super) enum Objects<'a> {
    /// Some commits and their trees, without their blobs.
    Trees(&'a [CommitId]),
    /// A commit with its trees and blobs, and this number of generations of history; 0 is the whole history.
    Files(CommitId, u32),
    /// Only these blobs.
    Blobs(&'a [[u8; 20]]),
    /// The history of `to` without the history of `from`: commits only, no trees and no blobs.
    History { from: CommitId, to: CommitId },
    /// Only a commit.
    Commit(CommitId),
    /// Only these trees, without their entries.
    TreesAlone(&'a [TreeId]),
}

impl Objects<'_> {
    /// The ids to ask for.
    fn ids(&self) -> Vec<[u8; 20]> {
        match self {
            Self::Trees(commits) => commits.iter().map(|commit| *commit.as_bytes()).collect(),
            Self::Files(commit, _) | Self::History { to: commit, .. } | Self::Commit(commit) => {
                vec![*commit.as_bytes()]
            }
            Self::TreesAlone(trees) => trees.iter().map(|tree| *tree.as_bytes()).collect(),
            Self::Blobs(ids) => ids.to_vec(),
        }
    }

    /// Whether the answer may take long: then it does not share a connection with short ones.
    fn size(&self) -> Size {
        match self {
            Self::Files(..) | Self::History { .. } => Size::Pack,
            Self::Blobs(ids) if ids.len() > FEW_BLOBS => Size::Pack,
            Self::Blobs(_) | Self::Trees(_) | Self::Commit(_) | Self::TreesAlone(_) => Size::Small,
        }
    }

    fn wants<'w>(&self, ids: &'w [[u8; 20]]) -> Wants<'w> {
        let all = Wants { ids, have: None, depth: None, filter: None };
        match *self {
            Self::Trees(_) => Wants { depth: Some(1), filter: Some("blob:none"), ..all },
            Self::Files(_, depth) => Wants { depth: (depth > 0).then_some(depth), ..all },
            Self::Blobs(_) => all,
            Self::History { from, .. } => Wants { have: Some(from), filter: Some("tree:0"), ..all },
            Self::Commit(_) => Wants { depth: Some(1), filter: Some("tree:0"), ..all },
            // An object that is requested by its id passes every filter. Its entries do not.
            Self::TreesAlone(_) => Wants { filter: Some("tree:0"), ..all },
        }
    }
}

impl HttpRemote {
    pub(super) fn new(client: Arc<Client>, url: Url) -> Self {
        let host = client.host(&url);
        Self { client, declared: url.origin(), base: Mutex::new(url), host }
    }

    /// Whether the host is known to lack a feature that this room needs.
    pub(super) fn is_plain(&self) -> bool {
        self.host.plain.load(Ordering::Acquire)
    }

    /// Asks the host what it supports, after an unexpected answer. Returns whether it lacks a feature that this room
    /// needs. If so, the host is not asked again in this run. This request follows redirects that git follows: some
    /// servers redirect only this one.
    pub(super) fn turns_out_plain(&self, answer: &Error) -> Result<bool, Error> {
        // Such an answer is about the repository and not about the host, so many are asked for at the same time.
        let is_about_host = !answer.is_denial();
        let _asking = is_about_host.then(|| self.host.asking.lock().unwrap_or_else(PoisonError::into_inner));
        if !self.is_plain() && !self.capabilities()?.is_enough() {
            self.host.plain.store(true, Ordering::Release);
        }
        Ok(self.is_plain())
    }

    /// Notes that the host answered a request of protocol 2.
    pub(super) fn has_answered(&self) {
        self.host.answered.store(true, Ordering::Release);
    }

    /// Whether the host may be asked for the difference between two commits: it speaks protocol 2, and has not failed twice.
    /// One failure may be about the repository.
    pub(super) fn sends_differences(&self) -> bool {
        let failed = self.host.failed_differences.load(Ordering::Acquire);
        self.host.answered.load(Ordering::Acquire) && !self.is_plain() && failed < 2
    }

    /// Notes that the host could not send a difference.
    pub(super) fn failed_difference(&self) {
        self.host.failed_differences.fetch_add(1, Ordering::AcqRel);
    }

    /// Asks an unknown host once what it supports, after an error of the first request that an old server, or what stands
    /// before it, may give to this request only. `None` if there is nothing to ask, or the answer is an error, too.
    pub(super) fn supports_after(&self, error: &Error) -> Option<bool> {
        let may_be_of_request = match error {
            Error::Unauthorised { .. } | Error::Connection { .. } | Error::Redirect { .. } => true,
            Error::Status { status, .. } => !matches!(*status, 403 | 413 | 429),
            _ => false,
        };
        if !may_be_of_request || self.host.answered.load(Ordering::Acquire) {
            return None;
        }
        let mut response = self.get_refs(true).ok()?;
        let is_enough = protocol::read_capabilities(&mut response).ok()?.is_enough();
        self.host.plain.fetch_or(!is_enough, Ordering::AcqRel);
        Some(is_enough)
    }

    /// The full name of the ref that `HEAD` names. `None` if the remote does not say it.
    pub(super) fn head(&self) -> Result<Option<String>, Failure> {
        let refs = self.list(&protocol::head_request())?;
        Ok(refs.into_iter().find(|listed| listed.name == "HEAD").and_then(|listed| listed.target))
    }

    fn list(&self, request: &[u8]) -> Result<Vec<ListedRef>, Failure> {
        retrying(|| {
            let mut response = self.post_with(request, true, Size::Small)?;
            protocol::read_list(&mut response).map_err(|broken| response_failure(broken, &[]))
        })
    }

    /// Fetches objects. For each attempt, `open` makes a new sink for the pack. `close` gets the sink with the whole
    /// pack. Returns the commits whose parents are left out.
    pub(super) fn fetch<S: Write>(
        &self,
        objects: &Objects<'_>,
        open: impl Fn() -> Result<S, Error>,
        close: impl Fn(S) -> Result<(), Error>,
        meter: Meter<'_>,
    ) -> Result<Vec<CommitId>, Failure> {
        self.fetch_some(objects, &open, &close, meter)
    }

    /// The same. A long list of files is halved if the request is too large for the server.
    fn fetch_some<S: Write>(
        &self,
        objects: &Objects<'_>,
        open: &dyn Fn() -> Result<S, Error>,
        close: &dyn Fn(S) -> Result<(), Error>,
        meter: Meter<'_>,
    ) -> Result<Vec<CommitId>, Failure> {
        let ids = objects.ids();
        let body = protocol::fetch_request(&objects.wants(&ids));
        let size = objects.size();
        let fetched = retrying(|| {
            let mut sink = open()?;
            let mut response = self.post_with(&body, true, size)?;
            let read = protocol::read_fetch(&mut Metered { inner: &mut response, meter }, &mut sink);
            let shallow = read.map_err(|broken| response_failure(broken, &ids))?;
            // Frees the connection for the next request while this pack is indexed.
            drop(response);
            close(sink)?;
            Ok(shallow)
        });
        match (fetched, objects) {
            (Err(Failure::Error(Error::Status { status: 413, .. })), Objects::Blobs(blobs))
                if blobs.len() > 1 =>
            {
                let (one, other) = blobs.split_at(blobs.len() / 2);
                let mut ends = self.fetch_some(&Objects::Blobs(one), open, close, meter)?;
                ends.extend(self.fetch_some(&Objects::Blobs(other), open, close, meter)?);
                Ok(ends)
            }
            (fetched, _) => fetched,
        }
    }

    fn capabilities(&self) -> Result<Capabilities, Error> {
        let answer = retrying(|| {
            let mut response = self.get_refs(true)?;
            protocol::read_capabilities(&mut response).map_err(|broken| response_failure(broken, &[]))
        });
        answer.map_err(Failure::into_error)
    }

    /// `GET info/refs`. If `version_2` is false, this is for libgit2's own protocol.
    pub(super) fn get_refs(&self, version_2: bool) -> Result<Response, Failure> {
        let mut url = self.url("info/refs");
        url.set_query(Some("service=git-upload-pack"));
        let accept = "application/x-git-upload-pack-advertisement";
        let response = self.send(&url, None, accept, version_2, Size::Small)?;
        self.follow(&response, "/info/refs");
        if response.is(accept) {
            return Ok(response);
        }
        Err(Failure::Error(what_it_is(response)))
    }

    /// `POST git-upload-pack`. A long body is compressed.
    pub(super) fn post_with(&self, body: &[u8], version_2: bool, size: Size) -> Result<Response, Failure> {
        let compressed;
        let gzipped = body.len() >= GZIP_FROM;
        let body = if gzipped {
            compressed = gzip(body);
            compressed.as_slice()
        } else {
            body
        };
        let url = self.url("git-upload-pack");
        let accept = "application/x-git-upload-pack-result";
        let content_type = "application/x-git-upload-pack-request";
        let post = Some(Post { content_type, body, gzipped });
        let response = self.send(&url, post, accept, version_2, size).map_err(Failure::of_answer)?;
        self.follow(&response, "/git-upload-pack");
        if response.is(accept) {
            return Ok(response);
        }
        Err(Failure::PerhapsUnsupported(Error::NotGit { content_type: response.content_type().to_owned() }))
    }

    fn send(
        &self,
        url: &Url,
        post: Option<Post<'_>>,
        accept: &str,
        version_2: bool,
        size: Size,
    ) -> Result<Response, Error> {
        let declared = &self.declared;
        self.client.send(&Request { url, declared, post, accept, version_2, size, within: None })
    }

    fn url(&self, service: &str) -> Url {
        let base = self.base.lock().unwrap_or_else(PoisonError::into_inner);
        let mut url = base.clone();
        url.set_path(&format!("{}/{service}", base.path().trim_end_matches('/')));
        url
    }

    /// Remembers the target of a redirect for the next requests.
    fn follow(&self, response: &Response, suffix: &str) {
        let Some(path) = response.url.path().strip_suffix(suffix) else { return };
        let mut base = self.base.lock().unwrap_or_else(PoisonError::into_inner);
        let same = response.url.origin() == base.origin() && path == base.path().trim_end_matches('/');
        if !same {
            let mut moved = response.url.clone();
            moved.set_path(path);
            moved.set_query(None);
            *base = moved;
        }
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).and_then(|()| encoder.finish()).expect("memory takes every byte")
}

/// Reports received bytes to a meter.
struct Metered<'a, R> {
    inner: R,
    meter: Meter<'a>,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        (self.meter)(count as u64);
        Ok(count)
    }
}

/// Reads the input as each kind of answer; see `src/fuzz.rs`.
#[cfg(any(fuzzing, test))]
pub(super) fn fuzz(input: &[u8]) {
    let _any = protocol::read_list(&mut &*input);
    let _any = protocol::read_fetch(&mut &*input, &mut std::io::sink());
    let _any = protocol::read_capabilities(&mut &*input);
    let _any = history::read_answer(&mut &*input, &mut std::io::sink());
}
