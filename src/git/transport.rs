//! The ways to a remote, and which commit a reference stands for there. What is fetched is the affair of others.

use std::path::PathBuf;
use std::sync::Arc;

use super::address::Address;
use super::wire::{Failure, HttpRemote};
use super::{Error, Network, libgit2, local};
use crate::repo::{CommitId, Reference, RemoteUrl};

pub(super) enum Transport {
    Path(PathBuf),
    /// Protocol 2, until the server turns out to lack it; then libgit2 with the url.
    Http {
        remote: HttpRemote,
        url: String,
    },
    Libgit2 {
        url: String,
    },
}

impl Transport {
    /// The way to an expanded url, by the user's configuration.
    pub(super) fn new(network: &Network, url: &RemoteUrl) -> Result<Self, Error> {
        let malformed = |why: String| Error::Git { why };
        let real = network.configuration.instead_of(url.as_str());
        let real = RemoteUrl::parse(&real).map_err(|invalid| malformed(invalid.to_string()))?;
        let url = real.as_str().to_owned();
        Ok(match Address::parse(&real).map_err(malformed)? {
            Address::Path(path) => Self::Path(path),
            Address::Http(address) => {
                Self::Http { remote: HttpRemote::new(Arc::clone(&network.client), address), url }
            }
            Address::Ssh(_) | Address::Daemon(_) => Self::Libgit2 { url },
        })
    }

    /// Asks for the commit that a branch or tag stands for now; a `rev` stands for itself.
    pub(super) fn resolve(&self, reference: &Reference) -> Result<CommitId, Error> {
        let name = match reference {
            Reference::Rev(commit) => return Ok(*commit),
            Reference::Branch(_) | Reference::Tag(_) => reference.full_name().unwrap_or_default(),
        };
        let found = match self {
            Self::Path(path) => local::resolve(path, &name)?,
            Self::Libgit2 { url } => libgit2::resolve(url, &name)?,
            Self::Http { remote, url } => match if_version_2(remote, || remote.resolve(&name))? {
                Some(found) => found,
                None => libgit2::resolve(url, &name)?,
            },
        };
        found.ok_or_else(|| Error::MissingReference { reference: reference.clone() })
    }
}

/// Runs a request of protocol 2; `None` where the server turns out not to support it.
///
/// A server without it answers with nothing, just like a connection that was cut: so it is asked what it can do,
/// and the request is made once more where it should have worked.
pub(super) fn if_version_2<T>(
    remote: &HttpRemote,
    request: impl Fn() -> Result<T, Failure>,
) -> Result<Option<T>, Error> {
    if remote.is_plain() {
        return Ok(None);
    }
    match request() {
        Ok(done) => Ok(Some(done)),
        Err(Failure::PerhapsUnsupported) if remote.turns_out_plain()? => Ok(None),
        Err(Failure::PerhapsUnsupported) => request().map(Some).map_err(Failure::into_error),
        Err(failure) => Err(failure.into_error()),
    }
}
