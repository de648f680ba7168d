//! Adds objects to a superproject. libgit2 would write them into temporary files, which stay if oca is killed. So
//! libgit2 keeps them in memory, and oca writes the files.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use git2::{Index, Odb, Oid, Repository};

use crate::fs::{Context, create_directory, put_read_only};
use crate::git::Error;

/// The priority of the memory backend. libgit2 writes into the backend with the highest one.
const FIRST: i32 = 1000;

/// The directory of a repository's objects.
pub(super) fn directory(repository: &Repository) -> PathBuf {
    repository.commondir().join("objects")
}

/// Stages a file of the work tree, as `git add` would.
pub(super) fn stage(repository: &Repository, index: &mut Index, path: &Path) -> Result<(), Error> {
    let odb = repository.odb()?;
    let _of_the_odb = odb.add_new_mempack_backend(FIRST)?;
    index.add_path(path)?;
    match index.get_path(path, 0) {
        Some(entry) => write(repository, &odb, entry.id),
        None => Ok(()),
    }
}

/// Writes an object from memory as a loose object, if the repository does not have it.
fn write(repository: &Repository, odb: &Odb<'_>, id: Oid) -> Result<(), Error> {
    let objects = directory(repository);
    let on_disk = Odb::new()?;
    if let Some(path) = objects.to_str() {
        on_disk.add_disk_alternate(path)?;
        if on_disk.exists(id) {
            return Ok(());
        }
    }
    let object = odb.read(id)?;
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    let header = format!("{} {}\0", object.kind(), object.len());
    let content = packed.write_all(header.as_bytes()).and_then(|()| packed.write_all(object.data()));
    let name = id.to_string();
    let file = objects.join(&name[..2]).join(&name[2..]);
    let packed = content.and_then(|()| packed.finish()).at("write", &file)?;
    create_directory(&objects.join(&name[..2]))?;
    Ok(put_read_only(&objects, &file, &packed).at("write", &file)?)
}
