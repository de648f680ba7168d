//! Whether git itself wrote a file of a work tree, although its content differs from its blob: by attributes of the path,
//! or by `core.autocrlf`. No filter is run.

use std::fs;
use std::io::Read;
use std::path::Path;

use git2::{AttrCheckFlags, AttrValue, Repository};

use super::ids::oid;
use crate::fs::{open_plain, sha256_of};
use crate::repo::{BlobId, Conversion, Encoding, blob_id, lfs_target};

/// In bytes, larger than any text in a repository.
const LARGEST_TEXT: u64 = 16 << 20;

/// Whether git wrote the file at a path of the work tree for this blob. Its mode does not count.
pub(super) fn is_by_git(repository: &Repository, path: &Path, id: BlobId) -> bool {
    let Some(root) = repository.workdir() else { return false };
    let (file, conversion) = (root.join(path), conversion(repository, path));
    if conversion == Conversion::default() {
        return false;
    }
    let pointer = if conversion.lfs { repository.find_blob(oid(id.as_bytes())).ok() } else { None };
    if let Some((digest, size)) = pointer.as_ref().and_then(|pointer| lfs_target(pointer.content())) {
        let is_size = fs::metadata(&file).is_ok_and(|file| file.len() == size);
        return is_size && sha256_of(&file).is_ok_and(|found| found.as_deref() == Some(digest));
    }
    let mut content = Vec::new();
    let read = open_plain(&file)
        .and_then(|file| file.map(|file| file.take(LARGEST_TEXT).read_to_end(&mut content)).transpose());
    read.is_ok() && blob_id(&conversion.undone(&content, id)) == id
}

/// How git changes this file when it writes it into a work tree.
fn conversion(repository: &Repository, path: &Path) -> Conversion {
    let value = |name| {
        let value = repository.get_attr(path, name, AttrCheckFlags::FILE_THEN_INDEX).ok().flatten();
        AttrValue::from_string(value)
    };
    let is_automatic = || {
        let word = repository.config().and_then(|config| config.get_string("core.autocrlf"));
        word.is_ok_and(|word| ["true", "yes", "on", "1", "input"].contains(&&*word.to_lowercase()))
    };
    let line_ends = match value("text") {
        AttrValue::False => false,
        AttrValue::Unspecified => value("eol") != AttrValue::Unspecified || is_automatic(),
        AttrValue::True | AttrValue::String(_) | AttrValue::Bytes(_) => true,
    };
    Conversion {
        line_ends,
        ident: value("ident") == AttrValue::True,
        lfs: value("filter") == AttrValue::String("lfs"),
        encoding: match value("working-tree-encoding") {
            AttrValue::String(name) => Encoding::parse(name),
            _ => None,
        },
    }
}
