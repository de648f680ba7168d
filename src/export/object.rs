//! The ids that git gives to blobs and trees.
//!
//! Plain SHA-1 will do: what oca fetched was indexed with libgit2's detection of collisions, so none is in a tree
//! that a lock names, and a second content for the id of a given one nobody can make.

use sha1::{Digest, Sha1};

use crate::repo::{BlobId, TreeEntry, TreeId};

pub(super) fn blob_id(content: &[u8]) -> BlobId {
    BlobId::from_bytes(id("blob", content))
}

/// The id of a tree with these entries, in git's order.
pub(super) fn tree_id(entries: &[TreeEntry]) -> TreeId {
    let mut content = Vec::new();
    for entry in entries {
        content.extend_from_slice(format!("{:o} ", entry.mode).as_bytes());
        content.extend_from_slice(&entry.name);
        content.push(0);
        content.extend_from_slice(&entry.id);
    }
    TreeId::from_bytes(id("tree", &content))
}

fn id(kind: &str, content: &[u8]) -> [u8; 20] {
    let mut hash = Sha1::new();
    hash.update(format!("{kind} {}\0", content.len()));
    hash.update(content);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::{blob_id, tree_id};
    use crate::repo::TreeEntry;

    #[test]
    fn ids_are_those_of_git() {
        assert_eq!(blob_id(b"").to_string(), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(tree_id(&[]).to_string(), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
        let entry = |mode, name: &str, content: &[u8]| TreeEntry {
            mode,
            name: name.as_bytes().to_owned(),
            id: *blob_id(content).as_bytes(),
        };
        let entries = [entry(0o100_644, "a", b"x\n"), entry(0o100_755, "b", b"")];
        // printf '100644 blob …\ta\n100755 blob …\tb\n' | git mktree
        assert_eq!(tree_id(&entries).to_string(), "4f40365cc7e9e68f48f8e544a84324dd9af56c82");
    }
}
