//! Receives a pack into a file, and makes its index.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use super::incoming::Incoming;
use super::pack::Pack;
use super::{deltas, new_index, take_packs};
use crate::fs::{Context, create_read_only, put_read_only};
use crate::git::Error;
use crate::repo::hexadecimal;

/// A pack that is being received for a store. If it is dropped before it is complete, it leaves no files.
pub(in crate::git) struct PackSink {
    packs: PathBuf,
    incoming: Incoming,
    /// It is closed before its directory is removed.
    file: BufWriter<File>,
    aside: tempfile::TempDir,
}

/// A complete pack with an index. It is still in its temporary directory.
pub(in crate::git) struct IndexedPack {
    packs: PathBuf,
    aside: tempfile::TempDir,
    /// The file name without an extension.
    name: String,
}

/// The name of the pack while it comes.
const INCOMING: &str = "incoming";

impl PackSink {
    /// A sink that receives a pack in the empty directory `aside`. The pack is moved to `packs` later.
    pub(in crate::git) fn new(aside: tempfile::TempDir, packs: PathBuf) -> Result<Self, Error> {
        /// In bytes.
        const WRITTEN_AT_ONCE: usize = 256 << 10;
        let path = aside.path().join(INCOMING);
        let file = create_read_only(&path).at("write in", &packs)?;
        let file = BufWriter::with_capacity(WRITTEN_AT_ONCE, file);
        Ok(Self { packs, incoming: Incoming::new(), file, aside })
    }

    /// Indexes the pack and moves it to the other packs.
    pub(in crate::git) fn finish(self) -> Result<(), Error> {
        self.index()?.take_in()
    }

    /// Makes the index of the pack. The ids are computed from the objects.
    pub(in crate::git) fn index(self) -> Result<IndexedPack, Error> {
        let Self { packs, aside, file, incoming } = self;
        let received = incoming.finish()?;
        let path = aside.path().join(INCOMING);
        let file = file.into_inner().map_err(io::IntoInnerError::into_error).at("write in", &packs)?;
        let ids = deltas::ids(&file, &received)?;
        let name = format!("pack-{}", hexadecimal(&received.checksum));
        let index = aside.path().join(&name).with_extension("idx");
        let bytes = new_index::index(&received, &ids)?;
        put_read_only(aside.path(), &index, &bytes).at("write in", &packs)?;
        std::fs::rename(&path, index.with_extension("pack")).at("write in", &packs)?;
        Ok(IndexedPack { packs, aside, name })
    }
}

impl IndexedPack {
    /// The path of its index after [`IndexedPack::take_in`].
    pub(in crate::git) fn index(&self) -> PathBuf {
        self.packs.join(&self.name).with_extension("idx")
    }

    pub(in crate::git) fn open(&self) -> io::Result<Pack> {
        Pack::open(&self.aside.path().join(&self.name).with_extension("idx"))
    }

    /// Moves it to the other packs.
    pub(in crate::git) fn take_in(self) -> Result<(), Error> {
        crate::fs::stop("taking a pack in");
        take_packs(self.aside.path(), &self.packs)
    }
}

impl Write for PackSink {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        /// Bytes that may follow the pack until the stream is given up. A few extra bytes are an error later.
        const REST: usize = 64 << 10;
        self.incoming.feed(buffer).map_err(io::Error::other)?;
        if self.incoming.beyond() > REST {
            return Err(io::Error::other(Error::Endless));
        }
        self.file
            .write_all(buffer)
            .at("write in", &self.packs)
            .map_err(|error| io::Error::other(Error::from(error)))?;
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
