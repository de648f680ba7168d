//! Applies the change of one file to its content. Exact: every line must stand where the patch says.

use super::error::{Error, Rejected};
use super::hunk::{Hunk, lines_of};
use super::model::{Content, FilePatch};
use crate::repo::blob_id;

/// The new content of a file, checked against the id in the patch. `old` is the content of the old side, empty if there
/// is none. `None` if the patch removes the file, or if the entry is a submodule.
pub(crate) fn apply(file: &FilePatch, old: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let Some(id) = file.new.and_then(|side| side.blob()) else { return Ok(None) };
    let new = match &file.content {
        Content::None => old.to_owned(),
        Content::Hunks(hunks) => apply_hunks(old, hunks)
            .map_err(|rejected| Error::Rejected { path: file.path.clone(), rejected })?,
        Content::Literal(content) => content.clone(),
    };
    if blob_id(&new) == id { Ok(Some(new)) } else { Err(Error::OtherContent { path: file.path.clone() }) }
}

/// Applies hunks to a text.
pub(crate) fn apply_hunks(old: &[u8], hunks: &[Hunk]) -> Result<Vec<u8>, Rejected> {
    let mut left = lines_of(old);
    let (mut taken, mut new) = (0, Vec::with_capacity(old.len()));
    for (hunk, number) in hunks.iter().zip(1..) {
        let rejected = |line: usize| Rejected { hunk: number, line: line + 1 };
        while taken < hunk.at {
            new.extend_from_slice(left.next().ok_or(rejected(taken))?);
            taken += 1;
        }
        for line in &hunk.lines {
            if line.is_old() {
                if left.next() != Some(&line.bytes) {
                    return Err(rejected(taken));
                }
                taken += 1;
            }
            if line.is_new() {
                // What follows a line without a line feed would become a part of it.
                if !new.is_empty() && !new.ends_with(b"\n") {
                    return Err(rejected(taken));
                }
                new.extend_from_slice(&line.bytes);
            }
        }
    }
    for line in left {
        if !new.is_empty() && !new.ends_with(b"\n") {
            return Err(Rejected { hunk: hunks.len(), line: taken + 1 });
        }
        new.extend_from_slice(line);
    }
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::super::hunk::{Line, LineKind};
    use super::*;

    fn hunk(at: usize, lines: &[&str]) -> Hunk {
        let line = |line: &&str| {
            let kind = match line.as_bytes()[0] {
                b'-' => LineKind::Removed,
                b'+' => LineKind::Added,
                _ => LineKind::Context,
            };
            Line { kind, bytes: line.as_bytes()[1..].to_vec() }
        };
        Hunk { at, lines: lines.iter().map(line).collect() }
    }

    #[test]
    fn a_hunk_applies_only_where_it_says() {
        let text = b"a\nb\nc\n";
        let apply =
            |hunks: &[Hunk]| apply_hunks(text, hunks).map(|new| String::from_utf8_lossy(&new).into_owned());
        assert_eq!(apply(&[hunk(1, &[" b\n", "-c\n", "+d"])]), Ok("a\nb\nd".to_owned()));
        assert_eq!(apply(&[hunk(3, &["+d\n"])]), Ok("a\nb\nc\nd\n".to_owned()));
        assert_eq!(apply(&[hunk(0, &["-a\n"]), hunk(2, &["-c\n"])]), Ok("b\n".to_owned()));
        let rejected = |hunk, line| Err(Rejected { hunk, line });
        assert_eq!(apply(&[hunk(0, &[" b\n", "-c\n"])]), rejected(1, 1));
        assert_eq!(apply(&[hunk(0, &["-a\n"]), hunk(2, &["-c"])]), rejected(2, 3));
        assert_eq!(apply(&[hunk(4, &["+d\n"])]), rejected(1, 4));
        assert_eq!(apply(&[hunk(0, &["+x"])]), rejected(1, 1));
        assert_eq!(apply_hunks(b"a", &[hunk(1, &["+x\n"])]), Err(Rejected { hunk: 1, line: 2 }));
    }
}
