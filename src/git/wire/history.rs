//! Requests about history: commits without trees and blobs, and several refs in one listing.

use std::io::{Read, Write};

use super::protocol::{Broken, Line, Lines, list_request, request};
use super::{Failure, HttpRemote, Metered, Size, protocol, response_failure};
use crate::git::retry::retrying;
use crate::git::{Error, Meter};
use crate::repo::CommitId;

/// Asks for the history of some commits without the history of others.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::git) struct Ask<'a> {
    pub(in crate::git) wants: &'a [CommitId],
    /// The server ignores those that it does not have.
    pub(in crate::git) haves: &'a [CommitId],
    /// Generations of commits. `None` means all of them.
    pub(in crate::git) depth: Option<u32>,
    /// Whether the server must first say which of `haves` it has. Then it sends commits only if all wants lead to one
    /// of these.
    pub(in crate::git) negotiate: bool,
    pub(in crate::git) extras: Extras,
}

/// What comes with the commits.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::git) enum Extras {
    #[default]
    Nothing,
    /// Trees, and files of less than 4 KiB: such as the manifests. Of 1,089 manifests and requirements of 32 OCA
    /// repositories, the longest has 3,143 bytes.
    TreesAndSmallFiles,
}

impl Extras {
    /// The objects to leave out, in the syntax of `git rev-list --filter`.
    fn filter(self) -> &'static str {
        match self {
            Self::Nothing => "tree:0",
            Self::TreesAndSmallFiles => "blob:limit=4k",
        }
    }

    /// Trees are asked for since a pin, and so the answer is short. Histories may be long.
    fn size(self) -> Size {
        match self {
            Self::Nothing => Size::Pack,
            Self::TreesAndSmallFiles => Size::Small,
        }
    }
}

/// What the server says. The commits themselves are in the pack.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::git) struct Answer {
    /// Those of `haves` that the server has, if it was asked to negotiate.
    pub(in crate::git) common: Vec<CommitId>,
    /// The commits whose parents are left out.
    pub(in crate::git) ends: Vec<CommitId>,
    pub(in crate::git) has_pack: bool,
}

impl HttpRemote {
    /// The commits of refs, given by their full names. `None` for each ref that the remote does not have. One request.
    pub(in crate::git) fn resolve_all(&self, names: &[String]) -> Result<Vec<Option<CommitId>>, Failure> {
        let refs = self.list(&list_request(names))?;
        let find = |name: &String| refs.iter().find(|listed| listed.name == *name);
        Ok(names.iter().map(|name| find(name).map(|listed| listed.commit)).collect())
    }

    /// Asks for commits. `open` and `close` are those of [`HttpRemote::fetch`].
    pub(in crate::git) fn history<S: Write>(
        &self,
        ask: &Ask<'_>,
        open: impl Fn() -> Result<S, Error>,
        close: impl Fn(S) -> Result<(), Error>,
        meter: Meter<'_>,
    ) -> Result<Answer, Failure> {
        let body = fetch_request(ask);
        retrying(|| {
            let mut sink = open()?;
            let mut response = self.post_with(&body, true, ask.extras.size())?;
            let read = read_answer(&mut Metered { inner: &mut response, meter }, &mut sink);
            let answer = read.map_err(|broken| response_failure(broken, &[]))?;
            drop(response);
            if answer.has_pack {
                close(sink)?;
            }
            Ok(answer)
        })
    }
}

fn fetch_request(ask: &Ask<'_>) -> Vec<u8> {
    let filter = format!("filter {}", ask.extras.filter()).into_bytes();
    let mut arguments = vec![b"ofs-delta".to_vec(), b"no-progress".to_vec(), filter];
    arguments.extend(ask.depth.map(|depth| format!("deepen {depth}").into_bytes()));
    arguments.extend(ask.wants.iter().map(|id| format!("want {id}").into_bytes()));
    arguments.extend(ask.haves.iter().map(|id| format!("have {id}").into_bytes()));
    if !ask.negotiate {
        arguments.push(b"done".to_vec());
    }
    request("fetch", arguments)
}

/// Reads the answer to a fetch, with or without acknowledgments.
pub(super) fn read_answer(response: &mut dyn Read, pack: &mut dyn Write) -> Result<Answer, Broken> {
    let mut lines = Lines::new(response);
    let (mut answer, mut acknowledges) = (Answer::default(), false);
    let id = |word: &str| {
        CommitId::parse(word).map_err(|invalid| protocol::Broken::Malformed(invalid.to_string()))
    };
    loop {
        match lines.next()? {
            Line::Text(section) if section == "packfile" => break,
            Line::Text(section) if section == "acknowledgments" => acknowledges = true,
            Line::Text(line) => {
                if let Some(word) = line.strip_prefix("ACK ") {
                    answer.common.push(id(word)?);
                } else if let Some(word) = line.strip_prefix("shallow ") {
                    answer.ends.push(id(word)?);
                }
            }
            Line::Delimiter => {}
            Line::Flush if acknowledges => return Ok(answer),
            Line::Flush => return Err(Broken::Malformed("the answer contains no pack".to_owned())),
        }
    }
    lines.copy_pack(pack)?;
    answer.has_pack = true;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use gix_packetline::blocking_io::encode::{data_to_write, delim_to_write, flush_to_write};

    use super::*;

    fn read(lines: &[&str]) -> Result<(Answer, Vec<u8>), Broken> {
        let (mut bytes, mut pack) = (Vec::new(), Vec::new());
        for line in lines {
            match *line {
                "FLUSH" => flush_to_write(&mut bytes),
                "DELIM" => delim_to_write(&mut bytes),
                line => data_to_write(line.as_bytes(), &mut bytes),
            }
            .expect("memory");
        }
        read_answer(&mut bytes.as_slice(), &mut pack).map(|answer| (answer, pack))
    }

    #[test]
    fn requests_are_those_of_gitprotocol_v2() {
        let [one, two] = [1, 2].map(|byte| CommitId::from_bytes([byte; 20]));
        let ask = Ask { wants: &[one], haves: &[two], ..Ask::default() };
        let text = String::from_utf8(fetch_request(&ask)).expect("text");
        let end = format!("0012filter tree:0\n0032want {one}\n0032have {two}\n0009done\n0000");
        assert!(text.ends_with(&end), "{text}");
        let text =
            String::from_utf8(fetch_request(&Ask { depth: Some(64), negotiate: true, ..ask })).expect("text");
        let end = format!("0012filter tree:0\n000edeepen 64\n0032want {one}\n0032have {two}\n0000");
        assert!(text.ends_with(&end), "{text}");
        let difference = Ask { extras: Extras::TreesAndSmallFiles, negotiate: true, ..ask };
        let text = String::from_utf8(fetch_request(&difference)).expect("text");
        let end = format!("0019filter blob:limit=4k\n0032want {one}\n0032have {two}\n0000");
        assert!(text.ends_with(&end), "{text}");
        let list = list_request(&["refs/pull/1/head".to_owned(), "refs/tags/x".to_owned()]);
        let text = String::from_utf8(list).expect("text");
        assert!(
            text.ends_with("0020ref-prefix refs/pull/1/head\n001bref-prefix refs/tags/x\n0000"),
            "{text}"
        );
    }

    #[test]
    fn an_answer_has_acknowledgments_or_a_pack_or_both() {
        let ack = format!("ACK {}\n", "1".repeat(40));
        let shallow = format!("shallow {}\n", "2".repeat(40));
        let (answer, pack) = read(&["acknowledgments\n", "NAK\n", "FLUSH"]).expect("an answer");
        assert_eq!((answer, pack), (Answer::default(), Vec::new()));
        let (answer, _) = read(&["acknowledgments\n", &ack, "FLUSH"]).expect("an answer");
        assert_eq!((answer.common.len(), answer.has_pack), (1, false));
        let lines = ["acknowledgments\n", &ack, "ready\n", "DELIM", "packfile\n", "\u{1}PACK", "FLUSH"];
        let (answer, pack) = read(&lines).expect("an answer");
        assert_eq!((answer.common.len(), answer.has_pack, pack), (1, true, b"PACK".to_vec()));
        let lines = ["shallow-info\n", &shallow, "DELIM", "packfile\n", "\u{1}PACK", "FLUSH"];
        assert_eq!(read(&lines).expect("an answer").0.ends.len(), 1);
        assert!(read(&["FLUSH"]).is_err());
        assert!(read(&["acknowledgments\n", "ACK x\n", "FLUSH"]).is_err());
    }
}
