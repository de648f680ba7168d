//! The transports to a remote, and resolving a reference there. Other files fetch.

use std::path::PathBuf;
use std::sync::Arc;

use super::address::Address;
use super::libgit2::Served;
use super::retry::{Failed, retrying};
use super::wire::{Failure, HttpRemote};
use super::{Error, Network, libgit2, local};
use crate::repo::{CommitId, Reference, RemoteUrl};

#[derive(Clone)]
pub(super) enum Transport {
    Path(PathBuf),
    /// Protocol 2. If the server does not support it, libgit2.
    Http {
        remote: HttpRemote,
        served: Served,
    },
    Libgit2(Served),
}

impl Transport {
    /// The transport for an expanded url, after `insteadOf` of the user's configuration.
    pub(super) fn new(network: &Network, url: &RemoteUrl) -> Result<Self, Error> {
        let malformed = |why: String| Error::Git { why };
        let real = network.configuration.instead_of(url.as_str());
        let real = RemoteUrl::parse(&real).map_err(|invalid| malformed(invalid.to_string()))?;
        let address = Address::parse(&real).map_err(malformed)?;
        let served = Served::new(real.as_str().to_owned(), address.place());
        Ok(match address {
            Address::Path(path) => Self::Path(path),
            Address::Http(url) => {
                Self::Http { remote: HttpRemote::new(Arc::clone(&network.client), url), served }
            }
            Address::Ssh(_) | Address::Daemon(_) => Self::Libgit2(served),
        })
    }

    /// Whether it may send parts of a repository, as far as this run knows.
    pub(super) fn has_version_2(&self) -> bool {
        matches!(self, Self::Http { remote, .. } if !remote.is_plain())
    }

    /// Asks for the commit to which a branch or tag points now. For a `rev`, this is the commit itself.
    pub(super) fn resolve(&self, reference: &Reference) -> Result<CommitId, Error> {
        if let Reference::Rev(commit) = reference {
            return Ok(*commit);
        }
        let found = self.resolve_all(&[reference.full_name().unwrap_or_default()])?.pop().flatten();
        found.ok_or_else(|| Error::MissingReference { reference: reference.clone() })
    }

    /// Asks for the commits of refs, given by their full names. `None` for each ref that the remote does not have.
    pub(super) fn resolve_all(&self, names: &[String]) -> Result<Vec<Option<CommitId>>, Error> {
        match self {
            Self::Path(path) => names.iter().map(|name| local::resolve(path, name)).collect(),
            Self::Libgit2(served) => libgit2::resolve_all(served, names),
            Self::Http { remote, served } => match if_version_2(remote, || remote.resolve_all(names))? {
                Some(found) => Ok(found),
                None => libgit2::resolve_all(served, names),
            },
        }
    }

    /// Asks for the default branch. `None` if the remote has none.
    pub(super) fn default_branch(&self) -> Result<Option<Reference>, Error> {
        let found = match self {
            Self::Path(path) => local::head(path)?,
            Self::Libgit2(served) => libgit2::head(served)?,
            Self::Http { remote, served } => match if_version_2(remote, || remote.head())? {
                Some(found) => found,
                None => libgit2::head(served)?,
            },
        };
        Ok(found.and_then(|name| Reference::branch(name.strip_prefix("refs/heads/")?).ok()))
    }
}

/// A failure of a server that supports protocol 2. So an unexpected answer may pass.
struct Supported(Failure);

impl Failed for Supported {
    fn error(&self) -> Option<&Error> {
        match &self.0 {
            Failure::PerhapsUnsupported(error) => Some(error),
            // Such an error has been retried.
            Failure::NotOurRef | Failure::Error(_) => None,
        }
    }
}

/// Sends a request of protocol 2. Returns `None` if the server does not support it.
///
/// Servers have many ways to say that: no content, an error, a page, a status such as 404. A repository that moved or
/// does not exist may give the same answers. So after any such answer the server is asked once what it supports, in the
/// way of git; that request also follows a move. If the server supports protocol 2, the first request is sent again.
/// This also counts for a refusal or a lost connection, if the server has not answered yet.
pub(super) fn if_version_2<T>(
    remote: &HttpRemote,
    request: impl Fn() -> Result<T, Failure>,
) -> Result<Option<T>, Error> {
    if remote.is_plain() {
        return Ok(None);
    }
    match request() {
        Ok(done) => {
            remote.has_answered();
            Ok(Some(done))
        }
        Err(Failure::PerhapsUnsupported(error)) if remote.turns_out_plain(&error)? => Ok(None),
        Err(Failure::PerhapsUnsupported(_)) => retrying(|| request().map_err(Supported))
            .map(Some)
            .map_err(|Supported(failure)| failure.into_error()),
        Err(Failure::Error(error)) => match remote.supports_after(&error) {
            None => Err(error),
            Some(false) => Ok(None),
            Some(true) => request().map(Some).map_err(Failure::into_error),
        },
        Err(failure) => Err(failure.into_error()),
    }
}
