//! Packs as files: receives packs for a store, links them into checkouts, and checks them for damage.

mod bases;
mod copy;
mod deltas;
mod entry;
mod hash;
mod incoming;
mod inflate;
mod new_index;
mod pack;
mod reader;
#[cfg(test)]
mod samples;
mod sink;
#[cfg(test)]
mod sink_tests;
mod unpacking;
mod window;

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use sha1::{Digest, Sha1};

pub(super) use copy::{NewObject, Sources, write_objects};
pub(super) use pack::Pack;
pub(super) use reader::{Packs, Reader};
pub(super) use sink::PackSink;
pub(super) use unpacking::Unpacking;

use super::Error;
use crate::fs::{Context, open};

/// Moves complete packs into another directory. A pack counts as soon as its index is there. So the index moves last,
/// and both files are synced to the disk first.
pub(super) fn take_packs(from: &Path, to: &Path) -> Result<(), Error> {
    let files = pack_files(from)?;
    for file in &files {
        // Through git2, libgit2 cannot be told to sync. So the file itself is synced.
        open(file).and_then(|handle| handle.sync_all()).at("write", file)?;
    }
    for file in files {
        let target = to.join(file.file_name().unwrap_or_default());
        fs::rename(&file, &target).at("write", &target)?;
        crate::fs::stop("taking in a file of a pack");
    }
    Ok(())
}

/// The files of all packs in a directory: first the packs, then their indexes.
pub(super) fn pack_files(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let indexes = indexes(directory)?;
    let packs: Vec<PathBuf> = indexes.iter().map(|index| index.with_extension("pack")).collect();
    Ok(packs.into_iter().chain(indexes).collect())
}

/// The indexes in a directory, sorted. A pack without an index is being added or removed, and does not count.
pub(super) fn indexes(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files: Vec<PathBuf> = Vec::new();
    let entries = match fs::read_dir(directory) {
        // Another process is deleting the store.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(files),
        other => other.at("read", directory)?,
    };
    for entry in entries {
        files.push(entry.at("read", directory)?.path());
    }
    files.retain(|file| is_a(file, "idx"));
    files.sort();
    Ok(files)
}

/// The files in a directory of packs that are not part of a pack with an index: a process was killed between two steps.
pub(super) fn remnants(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).at("read", directory)? {
        let file = entry.at("read", directory)?.path();
        let other = if is_a(&file, "idx") { "pack" } else { "idx" };
        if !file.with_extension(other).exists() {
            files.push(file);
        }
    }
    Ok(files)
}

pub(super) fn is_a(file: &Path, wanted: &str) -> bool {
    file.extension().is_some_and(|extension| extension == wanted)
}

/// Links a file into a directory, or copies it if it cannot be linked. An existing file of the same length stays. A
/// file of another length is damaged and is replaced.
pub(super) fn link(file: &Path, into: &Path) -> Result<(), Error> {
    let to = into.join(file.file_name().unwrap_or_default());
    if same_length(file, &to) || fs::hard_link(file, &to).is_ok() {
        return Ok(());
    }
    Ok(copy(file, &to).at("write", &to)?)
}

/// Copies a file as a whole or not at all.
fn copy(file: &Path, to: &Path) -> io::Result<()> {
    let mut source = open(file)?;
    crate::fs::put(to, |aside| {
        io::copy(&mut source, aside)?;
        aside.set_permissions(source.metadata()?.permissions())?;
        aside.sync_all()
    })
}

fn same_length(one: &Path, other: &Path) -> bool {
    let length = |path: &Path| fs::metadata(path).ok().map(|metadata| metadata.len());
    length(one).is_some() && length(one) == length(other)
}

/// Whether the pack ends in the checksum that its index has for it, and the index is not truncated.
pub(super) fn is_whole_pack(index: &Path) -> io::Result<bool> {
    /// Magic and version, 256 counts of objects.
    const HEAD: u64 = 8 + 4 * 256;
    /// An id, a checksum and an offset.
    const ENTRY: u64 = 20 + 4 + 4;
    /// The checksums of the pack and of the index.
    const TAIL: u64 = 20 + 20;
    fn read<const N: usize>(file: &mut File, from: SeekFrom) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        file.seek(from)?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
    let mut pack = open(&index.with_extension("pack"))?;
    let mut index = open(index)?;
    let objects = u32::from_be_bytes(read(&mut index, SeekFrom::Start(HEAD - 4))?);
    let is_long_enough = index.metadata()?.len() >= HEAD + u64::from(objects) * ENTRY + TAIL;
    let expected: [u8; 20] = read(&mut index, SeekFrom::End(-40))?;
    Ok(is_long_enough && read::<20>(&mut pack, SeekFrom::End(-20))? == expected)
}

/// Whether a pack and its index end in the checksums of their content. If they do, nothing in them was altered.
pub(super) fn is_intact(index: &Path) -> bool {
    let pack = index.with_extension("pack");
    [index, &pack].iter().all(|file| ends_in_checksum(file).unwrap_or(false))
        && is_whole_pack(index).unwrap_or(false)
}

fn ends_in_checksum(file: &Path) -> io::Result<bool> {
    const CHECKSUM: u64 = 20;
    let mut file = open(file)?;
    let length = file.metadata()?.len().saturating_sub(CHECKSUM);
    let mut hash = Sha1::new();
    let mut buffer = vec![0; 256 * 1024];
    let mut content = (&mut file).take(length);
    loop {
        match content.read(&mut buffer)? {
            0 => break,
            count => hash.update(&buffer[..count]),
        }
    }
    let mut expected = Vec::new();
    file.read_to_end(&mut expected)?;
    Ok(hash.finalize()[..] == expected[..])
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::link;

    #[test]
    fn a_half_copied_file_is_replaced_and_a_whole_one_stays() {
        let directory = tempfile::tempdir().expect("a directory");
        let [packs, into] = ["packs", "into"].map(|name| directory.path().join(name));
        for folder in [&packs, &into] {
            fs::create_dir(folder).expect("a folder");
        }
        let pack = packs.join("pack-1.pack");
        fs::write(&pack, "a whole pack").expect("a pack");
        for left in [None, Some("a whole"), Some("a whole pack")] {
            if let Some(left) = left {
                drop(fs::remove_file(into.join("pack-1.pack")));
                fs::write(into.join("pack-1.pack"), left).expect("a file");
            }
            link(&pack, &into).expect("linked or copied");
            assert_eq!(fs::read(into.join("pack-1.pack")).expect("the pack"), b"a whole pack");
            assert_eq!(fs::read_dir(&into).expect("a folder").count(), 1);
        }
        assert_eq!(fs::read(&pack).expect("the pack"), b"a whole pack");
    }
}
