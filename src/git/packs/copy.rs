//! Makes new packs from old ones. Objects are copied as they are in the old packs: compressed, and as deltas.
//!
//! libgit2's packbuilder searches for deltas again, which takes much longer than everything else.

use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use git2::{ObjectType, Odb};
use sha1::{Digest, Sha1};

use super::entry::{self, Id};
use super::pack::{Kind, Pack, Packed, whole_packs};
use crate::git::Error;
use crate::git::ids::oid;

/// The sources of objects: packs, and an object database for objects that are in none of the packs.
pub(in crate::git) struct Sources<'a> {
    packs: Vec<Pack>,
    odb: &'a Odb<'a>,
}

/// An object in one of several packs.
#[derive(Clone, Copy)]
struct ObjectPlace {
    pack: usize,
    place: usize,
}

impl<'a> Sources<'a> {
    /// The packs of an `objects` directory. Packs that cannot be read are skipped; their objects come from `odb`.
    pub(in crate::git) fn open(objects: &Path, odb: &'a Odb<'a>) -> Self {
        Self { packs: whole_packs(objects), odb }
    }

    pub(in crate::git) fn of(packs: Vec<Pack>, odb: &'a Odb<'a>) -> Self {
        Self { packs, odb }
    }

    /// Writes a pack of these objects, which needs no other pack. Each id must be listed once. A delta stays a delta if
    /// its base is in the new pack too.
    pub(in crate::git) fn write_pack(&mut self, ids: &[Id], sink: &mut dyn Write) -> Result<(), Error> {
        let mut writer = PackWriter::new(sink, ids.len())?;
        let mut packed: HashMap<Id, ObjectPlace> = HashMap::with_capacity(ids.len());
        let mut order = Vec::with_capacity(ids.len());
        let mut others = Vec::new();
        for id in ids {
            let place =
                |(pack, found): (usize, &Pack)| found.find(id).map(|place| ObjectPlace { pack, place });
            match self.packs.iter().enumerate().find_map(place) {
                Some(place) => {
                    packed.insert(*id, place);
                    let offset =
                        self.packs[place.pack].offset(place.place).map_err(|error| damage(&error))?;
                    order.push((place.pack, offset, *id));
                }
                None => others.push(*id),
            }
        }
        order.sort_unstable();
        for (_, _, id) in order {
            self.copy(id, &packed, &mut writer)?;
        }
        for id in others {
            self.deflate(&id, &mut writer)?;
        }
        writer.finish()
    }

    /// Copies an object after the bases of its delta.
    ///
    /// If an object is in several packs, the first pack counts. So the base of a delta is in the same pack or in an
    /// earlier one, and a chain of deltas ends, unless a pack is malformed.
    fn copy(
        &mut self,
        id: Id,
        packed: &HashMap<Id, ObjectPlace>,
        writer: &mut PackWriter<'_>,
    ) -> Result<(), Error> {
        let mut chain: Vec<(Id, Packed)> = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next.take().filter(|id| !writer.offsets.contains_key(id)) {
            if chain.iter().any(|(known, _)| *known == id) {
                return Err(Error::Damaged {
                    why: "a pack is malformed: a delta depends on itself".to_owned(),
                });
            }
            let place = packed[&id];
            let object = self.packs[place.pack].read(place.place).map_err(|error| damage(&error))?;
            if let Kind::Delta(base) = object.kind
                && packed.contains_key(&base)
            {
                next = Some(base);
            }
            chain.push((id, object));
        }
        for (id, object) in chain.into_iter().rev() {
            match object.kind {
                Kind::Whole(kind) => writer.whole(id, kind, object.size, object.data())?,
                Kind::Delta(base) => match writer.offsets.get(&base).copied() {
                    Some(base) => writer.delta(id, base, object.size, object.data())?,
                    None => self.deflate(&id, writer)?,
                },
            }
        }
        Ok(())
    }

    /// Reads an object from the object database and compresses it.
    fn deflate(&self, id: &Id, writer: &mut PackWriter<'_>) -> Result<(), Error> {
        let object = self.odb.read(oid(id))?;
        writer.deflated(*id, object.kind(), object.data())
    }
}

/// An object that no pack has yet.
pub(in crate::git) struct NewObject {
    pub(in crate::git) id: Id,
    pub(in crate::git) kind: ObjectType,
    pub(in crate::git) content: Vec<u8>,
}

/// Writes a pack of new objects. Each id must be there once.
pub(in crate::git) fn write_objects(objects: &[NewObject], sink: &mut dyn Write) -> Result<(), Error> {
    let mut writer = PackWriter::new(sink, objects.len())?;
    for NewObject { id, kind, content } in objects {
        writer.deflated(*id, *kind, content)?;
    }
    writer.finish()
}

/// A pack that is being written.
struct PackWriter<'a> {
    sink: BufWriter<&'a mut dyn Write>,
    hash: Sha1,
    written: u64,
    /// The offsets of the objects that are written.
    offsets: HashMap<Id, u64>,
}

impl<'a> PackWriter<'a> {
    fn new(sink: &'a mut dyn Write, objects: usize) -> Result<Self, Error> {
        let objects =
            u32::try_from(objects).map_err(|_| Error::Git { why: "too many objects".to_owned() })?;
        let sink = BufWriter::new(sink);
        let mut writer = Self { sink, hash: Sha1::new(), written: 0, offsets: HashMap::new() };
        writer.put(b"PACK\0\0\0\x02")?;
        writer.put(&objects.to_be_bytes())?;
        Ok(writer)
    }

    fn whole(&mut self, id: Id, kind: u8, size: u64, data: &[u8]) -> Result<(), Error> {
        self.offsets.insert(id, self.written);
        self.put(&entry::whole(kind, size))?;
        self.put(data)
    }

    /// Compresses an object and writes it.
    fn deflated(&mut self, id: Id, kind: ObjectType, content: &[u8]) -> Result<(), Error> {
        let mut deflated = ZlibEncoder::new(Vec::new(), Compression::fast());
        let deflated = deflated.write_all(content).and_then(|()| deflated.finish());
        let deflated = deflated.expect("memory takes every byte");
        self.whole(id, entry::number_of(kind), content.len() as u64, &deflated)
    }

    /// Writes a delta against the object at the offset `base`.
    fn delta(&mut self, id: Id, base: u64, size: u64, data: &[u8]) -> Result<(), Error> {
        let distance = self.written - base;
        self.offsets.insert(id, self.written);
        self.put(&entry::delta_before(distance, size))?;
        self.put(data)
    }

    fn finish(mut self) -> Result<(), Error> {
        let checksum = self.hash.finalize_reset();
        self.put(&checksum)?;
        self.sink.flush().map_err(in_sink)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.hash.update(bytes);
        self.written += bytes.len() as u64;
        self.sink.write_all(bytes).map_err(in_sink)
    }
}

fn damage(error: &io::Error) -> Error {
    Error::Damaged { why: error.to_string() }
}

/// The error of the sink itself, if it gave one.
fn in_sink(error: io::Error) -> Error {
    error.downcast().unwrap_or_else(|error| Error::Protocol { why: error.to_string() })
}
