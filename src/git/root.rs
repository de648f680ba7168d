//! Reads the root tree of a remote, for a search in many repositories. Nothing of it is stored, because a store must
//! have all trees of its commits.
//!
//! The commit and its root tree are requested one after the other, with the filter `tree:0`. `tree:1` would bring both
//! in one answer, but large forges refuse it: they allow only what their bitmaps compute.

use std::cell::Cell;
use std::io::{self, Read, Write};

use flate2::read::ZlibDecoder;
use git2::{ObjectType, Oid, Repository};

use super::ids::{bytes, oid};
use super::store::Store;
use super::transport::{Transport, if_version_2};
use super::tree::listed;
use super::wire::{Failure, HttpRemote, Objects};
use super::{Error, Git, Meter, libgit2, local};
use crate::fs::Context;
use crate::repo::{CommitId, Entry, Reference, RemoteUrl, TreeId, parse_tree};

/// In bytes: more than the commit or the root tree of any real repository.
const LARGEST: usize = 16 * 1024 * 1024;

impl Git {
    /// The entries of the root tree of the commit to which a reference points now, sorted by name. The url is expanded.
    pub(crate) fn root_entries(
        &self,
        url: &RemoteUrl,
        reference: &Reference,
        meter: Meter<'_>,
    ) -> Result<Vec<Entry>, Error> {
        let transport = Transport::new(self.network()?, url)?;
        self.refuse_offline(&transport)?;
        let commit = transport.resolve(reference)?;
        let with_files = |served: &libgit2::Served| {
            // Such a server does not send a tree without its files.
            let aside = tempfile::tempdir().at("write in", &std::env::temp_dir())?;
            let scratch = Store::scratch(aside.path())?;
            libgit2::fetch(served, commit, reference, 1, &scratch, meter)?;
            root_of(&scratch.repository()?, commit)
        };
        let tree = match &transport {
            Transport::Path(path) => root_of(&local::open(path)?, commit)?,
            Transport::Libgit2(served) => with_files(served)?,
            Transport::Http { remote, served } => {
                match if_version_2(remote, || ask(remote, commit, meter))? {
                    Some(tree) => tree,
                    None => with_files(served)?,
                }
            }
        };
        Ok(listed(&parse_tree(&tree)?))
    }
}

/// The raw root tree of a commit in a local repository.
fn root_of(repository: &Repository, commit: CommitId) -> Result<Vec<u8>, Error> {
    let tree = repository.find_commit(oid(commit.as_bytes()))?.tree_id();
    Ok(repository.odb()?.read(tree)?.data().to_vec())
}

/// The raw root tree of a commit on a server.
fn ask(remote: &HttpRemote, commit: CommitId, meter: Meter<'_>) -> Result<Vec<u8>, Failure> {
    let text = object(remote, &Objects::Commit(commit), commit.as_bytes(), meter)?;
    let id = text.strip_prefix(b"tree ").and_then(|rest| std::str::from_utf8(rest.get(..40)?).ok());
    let id = id.and_then(|id| Oid::from_str(id).ok());
    let tree = bytes(id.ok_or_else(|| broken(&format!("`{commit}` is not a commit")))?);
    object(remote, &Objects::TreesAlone(&[TreeId::from_bytes(tree)]), &tree, meter)
}

/// Fetches one object.
fn object(
    remote: &HttpRemote,
    wanted: &Objects<'_>,
    id: &[u8; 20],
    meter: Meter<'_>,
) -> Result<Vec<u8>, Failure> {
    let found = Cell::new(Vec::new());
    let close = |pack: InMemory| {
        found.set(pack.only_object(id)?);
        Ok(())
    };
    remote.fetch(wanted, || Ok(InMemory::default()), close, meter)?;
    Ok(found.into_inner())
}

/// A small pack that is being received.
#[derive(Default)]
struct InMemory(Vec<u8>);

impl Write for InMemory {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        if self.0.len() + buffer.len() > LARGEST {
            return Err(io::Error::other(broken("it sent much more than the requested object")));
        }
        self.0.extend_from_slice(buffer);
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl InMemory {
    /// The content of the object. It must be the only one in the pack and have this id. A single object cannot be a
    /// delta, so no more of git's `gitformat-pack` is needed.
    fn only_object(&self, id: &[u8; 20]) -> Result<Vec<u8>, Error> {
        let malformed = || broken("its pack does not contain exactly the requested object");
        let body = self.0.strip_prefix(b"PACK\0\0\0\x02\0\0\0\x01").ok_or_else(malformed)?;
        // The length continues while the highest bit is set. In the first byte, the next three bits are the type.
        let length = body.iter().position(|byte| byte & 0x80 == 0).ok_or_else(malformed)?;
        let kind = match body[0] >> 4 & 7 {
            1 => ObjectType::Commit,
            2 => ObjectType::Tree,
            _ => return Err(malformed()),
        };
        let mut content = Vec::new();
        let inflated = ZlibDecoder::new(&body[length + 1..]).take(LARGEST as u64).read_to_end(&mut content);
        if inflated.is_err() || Oid::hash_object(kind, &content)? != oid(id) {
            return Err(malformed());
        }
        Ok(content)
    }
}

fn broken(why: &str) -> Error {
    Error::Protocol { why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use proptest::prelude::*;

    use super::*;

    const TREE: &[u8] = b"40000 web_x\0abcdefghijklmnopqrst100644 README\0abcdefghijklmnopqrst";

    fn pack(content: &[u8], head: &[u8]) -> InMemory {
        let mut body = ZlibEncoder::new(Vec::new(), Compression::fast());
        body.write_all(content).expect("memory");
        let body = body.finish().expect("memory");
        InMemory([b"PACK\0\0\0\x02\0\0\0\x01", head, &body, &[0; 20]].concat())
    }

    #[test]
    fn only_a_pack_of_exactly_the_requested_object_is_accepted() {
        let id = bytes(Oid::hash_object(ObjectType::Tree, TREE).expect("an id"));
        // 65 bytes: 1 and 4 times 16.
        let head = [0x80 | 2 << 4 | 1, 4];
        assert_eq!(pack(TREE, &head).only_object(&id).expect("the tree"), TREE);
        assert!(pack(TREE, &head).only_object(&[7; 20]).is_err(), "another id");
        assert!(pack(TREE, &[0x80 | 3 << 4, 4]).only_object(&id).is_err(), "a blob");
        assert!(pack(TREE, &[0x80, 0x80]).only_object(&id).is_err(), "a length without end");
        let mut two = pack(TREE, &head);
        two.0[11] = 2;
        assert!(two.only_object(&id).is_err(), "two objects");
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _any = pack(&bytes, &bytes).only_object(&[0; 20]);
            let _any = InMemory(bytes).only_object(&[0; 20]);
        }
    }
}
