//! Protocol version 2: writes requests and reads responses, as bytes. It does not use HTTP.
//!
//! Source: git's `gitprotocol-v2` and `gitprotocol-common`.

use std::io::{self, Read, Write};

use gix_packetline::blocking_io::StreamingPeekableIter;
use gix_packetline::blocking_io::encode::{data_to_write, delim_to_write, flush_to_write};
use gix_packetline::{BandRef, PacketLineRef};

use crate::git::pace;
use crate::repo::{CommitId, quotation};

const AGENT: &str = concat!("agent=oca/", env!("CARGO_PKG_VERSION"));

/// The limit for lines without pack data. oca does not request progress messages, and no prefix has so many refs.
const MOST_LINES: usize = 100_000;
/// The limit for the bytes of these lines.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Why a response could not be understood.
#[derive(Debug)]
pub(super) enum Broken {
    /// The answer is empty: the server lacks protocol 2, or the connection was cut.
    Empty,
    /// An error message of the server.
    Remote(String),
    /// The answer violates the protocol.
    Malformed(String),
    /// Too many lines or bytes besides the pack.
    Endless,
    Read(io::Error),
    Write(io::Error),
}

/// One ref of a listing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ListedRef {
    pub(super) name: String,
    /// The commit to which it points. An annotated tag is resolved to its commit.
    pub(super) commit: CommitId,
    /// The full name of the ref that it names, if it is a symbolic ref and the request asked for it.
    pub(super) target: Option<String>,
}

/// The features of a server.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Capabilities {
    pub(super) version_2: bool,
    pub(super) filter: bool,
    pub(super) shallow: bool,
}

impl Capabilities {
    /// Whether the server supports all requests of this room.
    pub(super) fn is_enough(self) -> bool {
        self.version_2 && self.filter && self.shallow
    }
}

/// The arguments of a fetch.
pub(super) struct Wants<'a> {
    pub(super) ids: &'a [[u8; 20]],
    /// The server sends neither this commit nor its history.
    pub(super) have: Option<CommitId>,
    /// Generations of commits. `None` means all of them; it is also used for blobs and trees.
    pub(super) depth: Option<u32>,
    /// The objects to leave out, in the syntax of `git rev-list --filter`.
    pub(super) filter: Option<&'static str>,
}

/// Asks for refs, given by their full names.
pub(super) fn list_request(names: &[String]) -> Vec<u8> {
    let prefixes = names.iter().map(|name| format!("ref-prefix {name}").into_bytes());
    request("ls-refs", [b"peel".to_vec()].into_iter().chain(prefixes))
}

/// Asks for `HEAD` and for the ref that it names.
pub(super) fn head_request() -> Vec<u8> {
    request("ls-refs", [b"symrefs".to_vec(), b"ref-prefix HEAD".to_vec()])
}

pub(super) fn fetch_request(wants: &Wants<'_>) -> Vec<u8> {
    let mut arguments = vec![b"ofs-delta".to_vec(), b"no-progress".to_vec()];
    arguments.extend(wants.depth.map(|depth| format!("deepen {depth}").into_bytes()));
    arguments.extend(wants.filter.map(|filter| format!("filter {filter}").into_bytes()));
    arguments.extend(wants.have.map(|have| format!("have {have}").into_bytes()));
    let ids = wants.ids.iter().map(|id| format!("want {}", CommitId::from_bytes(*id)).into_bytes());
    request("fetch", arguments.into_iter().chain(ids).chain([b"done".to_vec()]))
}

pub(super) fn request(command: &str, arguments: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut body = Vec::new();
    let mut line = |bytes: &[u8]| data_to_write(&[bytes, b"\n"].concat(), &mut body).map(|_| ());
    let written = line(format!("command={command}").as_bytes())
        .and_then(|()| line(AGENT.as_bytes()))
        .and_then(|()| line(b"object-format=sha1"))
        .and_then(|()| delim_to_write(&mut body).map(|_| ()))
        .and_then(|()| {
            arguments.into_iter().try_for_each(|argument| {
                data_to_write(&[&argument, &b"\n"[..]].concat(), &mut body).map(|_| ())
            })
        })
        .and_then(|()| flush_to_write(&mut body).map(|_| ()));
    written.expect("short lines into memory always fit");
    body
}

/// Reads the answer to [`list_request`].
pub(super) fn read_list(response: &mut dyn Read) -> Result<Vec<ListedRef>, Broken> {
    let mut lines = Lines::new(response);
    let mut refs = Vec::new();
    loop {
        match lines.next()? {
            Line::Text(text) => refs.extend(listed_ref(&text)?),
            Line::Flush => return Ok(refs),
            Line::Delimiter => return Err(Broken::Malformed("a delimiter within the refs".to_owned())),
        }
    }
}

/// Reads a line `<id> <name>[ symref-target:…][ peeled:<id>]`. `None` for an unborn ref.
fn listed_ref(line: &str) -> Result<Option<ListedRef>, Broken> {
    let mut words = line.split(' ');
    let (Some(id), Some(name)) = (words.next(), words.next()) else {
        return Err(Broken::Malformed(format!("it listed {}, which is not a ref", quotation(line))));
    };
    if id == "unborn" {
        return Ok(None);
    }
    let attributes: Vec<&str> = words.collect();
    let attribute = |key: &str| attributes.iter().find_map(|word| word.strip_prefix(key));
    let peeled = attribute("peeled:");
    let target = attribute("symref-target:").map(str::to_owned);
    let commit =
        CommitId::parse(peeled.unwrap_or(id)).map_err(|invalid| Broken::Malformed(invalid.to_string()))?;
    Ok(Some(ListedRef { name: name.to_owned(), commit, target }))
}

/// Reads the answer to [`fetch_request`]. Writes the pack to `pack`, and returns the shallow boundary: the commits
/// whose parents are left out.
pub(super) fn read_fetch(response: &mut dyn Read, pack: &mut dyn Write) -> Result<Vec<CommitId>, Broken> {
    let mut lines = Lines::new(response);
    let mut shallow = Vec::new();
    loop {
        match lines.next()? {
            Line::Text(section) if section == "packfile" => break,
            Line::Text(line) => {
                if let Some(id) = line.strip_prefix("shallow ") {
                    shallow
                        .push(CommitId::parse(id).map_err(|invalid| Broken::Malformed(invalid.to_string()))?);
                }
            }
            Line::Delimiter => {}
            Line::Flush => return Err(Broken::Malformed("the answer contains no pack".to_owned())),
        }
    }
    lines.copy_pack(pack)?;
    Ok(shallow)
}

/// Reads the answer to `GET info/refs` with `Git-Protocol: version=2`.
pub(super) fn read_capabilities(response: &mut dyn Read) -> Result<Capabilities, Broken> {
    let mut lines = Lines::new(response);
    let mut capabilities = Capabilities::default();
    loop {
        match lines.next()? {
            Line::Text(text) if text.starts_with("# service=") => {}
            Line::Text(text) if text == "version 2" => capabilities.version_2 = true,
            // The refs of protocol 0 begin. They say nothing about protocol 2.
            Line::Text(_) if !capabilities.version_2 => return Ok(capabilities),
            Line::Text(text) => {
                if let Some(features) = text.strip_prefix("fetch=") {
                    capabilities.filter = features.split(' ').any(|feature| feature == "filter");
                    capabilities.shallow = features.split(' ').any(|feature| feature == "shallow");
                }
            }
            Line::Flush if capabilities.version_2 => return Ok(capabilities),
            Line::Flush | Line::Delimiter => {}
        }
    }
}

pub(super) enum Line {
    Text(String),
    Delimiter,
    Flush,
}

pub(super) struct Lines<'a> {
    packets: StreamingPeekableIter<&'a mut dyn Read>,
    began: bool,
    count: usize,
    bytes: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(response: &'a mut dyn Read) -> Self {
        Self { packets: StreamingPeekableIter::new(response, &[], false), began: false, count: 0, bytes: 0 }
    }

    pub(super) fn next(&mut self) -> Result<Line, Broken> {
        let began = std::mem::replace(&mut self.began, true);
        count(&mut self.count)?;
        Ok(match read_packet(&mut self.packets, began)? {
            PacketLineRef::Data(bytes) => {
                self.bytes += bytes.len();
                if self.bytes > MOST_BYTES {
                    return Err(Broken::Endless);
                }
                let text = String::from_utf8_lossy(bytes);
                let text = text.trim_end_matches('\n');
                if let Some(message) = text.strip_prefix("ERR ") {
                    return Err(Broken::Remote(message.trim().to_owned()));
                }
                Line::Text(text.to_owned())
            }
            PacketLineRef::Delimiter => Line::Delimiter,
            PacketLineRef::Flush | PacketLineRef::ResponseEnd => Line::Flush,
        })
    }

    /// Copies band 1 to `pack` until the flush. Band 2 and empty pieces are counted and skipped. Band 3 is an error.
    pub(super) fn copy_pack(&mut self, pack: &mut dyn Write) -> Result<(), Broken> {
        loop {
            let packet = read_packet(&mut self.packets, true)?;
            match packet {
                PacketLineRef::Flush | PacketLineRef::ResponseEnd => return Ok(()),
                PacketLineRef::Delimiter => {
                    return Err(Broken::Malformed("a delimiter within the pack".to_owned()));
                }
                PacketLineRef::Data(_) => match packet.decode_band() {
                    Ok(BandRef::Data([]) | BandRef::Progress(_)) => {
                        pace::is_at_work();
                        count(&mut self.count)?;
                    }
                    Ok(BandRef::Data(bytes)) => {
                        pace::pack_came(bytes.len());
                        pack.write_all(bytes).map_err(Broken::Write)?;
                    }
                    Ok(BandRef::Error(message)) => {
                        let message = String::from_utf8_lossy(message);
                        return Err(Broken::Remote(message.trim().to_owned()));
                    }
                    Err(error) => return Err(Broken::Malformed(error.to_string())),
                },
            }
        }
    }
}

fn count(lines: &mut usize) -> Result<(), Broken> {
    *lines += 1;
    if *lines > MOST_LINES { Err(Broken::Endless) } else { Ok(()) }
}

fn read_packet<'p>(
    packets: &'p mut StreamingPeekableIter<&mut dyn Read>,
    began: bool,
) -> Result<PacketLineRef<'p>, Broken> {
    match packets.read_line() {
        Some(Ok(Ok(packet))) => Ok(packet),
        Some(Ok(Err(error))) => Err(Broken::Malformed(error.to_string())),
        Some(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof && !began => Err(Broken::Empty),
        Some(Err(error)) => Err(Broken::Read(error)),
        None => Err(Broken::Malformed("the answer ends too early".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
    const OTHER: &str = "89abcdef0123456789abcdef0123456789abcdef";

    fn packets(lines: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for line in lines {
            match *line {
                b"FLUSH" => flush_to_write(&mut bytes).expect("memory"),
                b"DELIM" => delim_to_write(&mut bytes).expect("memory"),
                data => data_to_write(data, &mut bytes).expect("memory"),
            };
        }
        bytes
    }

    fn listed(lines: &[&[u8]]) -> Result<Vec<ListedRef>, Broken> {
        read_list(&mut packets(lines).as_slice())
    }

    fn fetched(lines: &[&[u8]]) -> Result<(Vec<CommitId>, Vec<u8>), Broken> {
        let mut pack = Vec::new();
        let shallow = read_fetch(&mut packets(lines).as_slice(), &mut pack)?;
        Ok((shallow, pack))
    }

    #[test]
    fn requests_are_those_of_gitprotocol_v2() {
        let commit = CommitId::parse(COMMIT).expect("an id");
        let ids = [*commit.as_bytes()];
        let wants = Wants { ids: &ids, have: None, depth: Some(1), filter: Some("blob:none") };
        let request = String::from_utf8(fetch_request(&wants)).expect("text");
        let lines = [
            "0012command=fetch\n",
            &format!("{:04x}{AGENT}\n", AGENT.len() + 5),
            "0017object-format=sha1\n0001",
            "000eofs-delta\n0010no-progress\n000ddeepen 1\n0015filter blob:none\n",
            &format!("0032want {COMMIT}\n0009done\n0000"),
        ];
        assert_eq!(request, lines.concat());
    }

    #[test]
    fn a_listing_resolves_a_tag_to_its_commit() {
        let tag = format!("{COMMIT} refs/tags/v1 peeled:{OTHER}\n");
        let branch = format!("{COMMIT} refs/heads/18.0\n");
        let refs = listed(&[branch.as_bytes(), tag.as_bytes(), b"FLUSH"]).expect("refs");
        let refs: Vec<_> =
            refs.iter().map(|listed| (listed.name.as_str(), listed.commit.to_string())).collect();
        assert_eq!(refs, [("refs/heads/18.0", COMMIT.to_owned()), ("refs/tags/v1", OTHER.to_owned())]);
        assert!(listed(&[b"FLUSH"]).expect("no refs").is_empty());
    }

    #[test]
    fn a_listing_says_what_the_head_is() {
        let head = format!("{COMMIT} HEAD symref-target:refs/heads/main\n");
        let refs = listed(&[head.as_bytes(), b"FLUSH"]).expect("refs");
        assert_eq!(refs[0].target.as_deref(), Some("refs/heads/main"));
        let request = String::from_utf8(head_request()).expect("text");
        assert!(request.ends_with("0001000csymrefs\n0014ref-prefix HEAD\n0000"), "{request}");
    }

    #[test]
    fn a_fetch_returns_its_shallow_boundary_and_its_pack() {
        let shallow = format!("shallow {COMMIT}\n");
        let lines: [&[u8]; 8] = [
            b"shallow-info\n",
            shallow.as_bytes(),
            b"DELIM",
            b"packfile\n",
            b"\x01PA",
            b"\x02counting\n",
            b"\x01CK",
            b"FLUSH",
        ];
        let (shallow, pack) = fetched(&lines).expect("a pack");
        assert_eq!((shallow[0].to_string().as_str(), pack.as_slice()), (COMMIT, &b"PACK"[..]));
    }

    #[test]
    fn each_kind_of_broken_answer_is_told_apart() {
        assert!(matches!(listed(&[]), Err(Broken::Empty)));
        assert!(matches!(listed(&[b"ERR no\n"]), Err(Broken::Remote(message)) if message == "no"));
        assert!(matches!(listed(&[b"HEAD\n"]), Err(Broken::Malformed(_))));
        assert!(matches!(fetched(&[b"packfile\n", b"\x03died\n"]), Err(Broken::Remote(_))));
        assert!(matches!(fetched(&[b"packfile\n", b"\x01PA"]), Err(Broken::Read(_))));
        assert!(matches!(fetched(&[b"acknowledgments\n", b"FLUSH"]), Err(Broken::Malformed(_))));
        assert!(matches!(read_list(&mut &b"<html>"[..]), Err(Broken::Malformed(_))));
        let empty =
            [&[b"packfile\n".as_slice()], [b"\x01".as_slice()].repeat(MOST_LINES).as_slice()].concat();
        assert!(matches!(fetched(&empty), Err(Broken::Endless)));
    }

    #[test]
    fn capabilities_are_read() {
        let read = |lines: &[&[u8]]| read_capabilities(&mut packets(lines).as_slice()).expect("capabilities");
        let full: [&[u8]; 6] = [
            b"# service=git-upload-pack\n",
            b"FLUSH",
            b"version 2\n",
            b"ls-refs\n",
            b"fetch=shallow filter\n",
            b"FLUSH",
        ];
        assert!(read(&full).is_enough());
        assert!(!read(&[b"version 2\n", b"fetch=shallow\n", b"FLUSH"]).is_enough());
        let old = format!("{COMMIT} HEAD\0multi_ack shallow filter\n");
        assert!(!read(&[b"# service=git-upload-pack\n", b"FLUSH", old.as_bytes(), b"FLUSH"]).version_2);
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(lines in proptest::collection::vec(
            proptest::collection::vec(any::<u8>(), 0..40), 0..8), cut in 0_usize..200)
        {
            let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).filter(|line| !line.is_empty()).collect();
            let mut bytes = packets(&[&[b"packfile\n".as_slice()], lines.as_slice()].concat());
            let _any = read_fetch(&mut bytes.as_slice(), &mut Vec::new());
            let _any = read_list(&mut &bytes[9.min(bytes.len())..]);
            bytes.truncate(cut);
            let _any = read_fetch(&mut bytes.as_slice(), &mut Vec::new());
            let _any = read_capabilities(&mut bytes.as_slice());
        }
    }
}
