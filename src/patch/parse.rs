//! Reads a patch in the one form. Everything else is refused.

use super::binary;
use super::error::Error;
use super::header::{self, Header};
use super::hunk::Hunk;
use super::lines::{Lines, take_hunk};
use super::model::{Content, FileMode, FilePatch, Patch, Side};
use super::quote::unquote;
use super::render::{BINARY, render};
use crate::repo::{BlobId, RepoPath, shown};

/// Reads what [`render`] writes: rendering the result gives the same bytes.
pub(crate) fn parse(bytes: &[u8]) -> Result<Patch, Error> {
    let mut lines = Lines::new(bytes)?;
    let header = take_header(&mut lines)?;
    let (mut files, mut starts) = (Vec::new(), Vec::new());
    while lines.peek().is_some() {
        starts.push(lines.number + 1);
        files.push(take_file(&mut lines)?);
    }
    let paths: Vec<RepoPath> = files.iter().map(|file| file.path.clone()).collect();
    let patch = Patch::new(header, files).map_err(|error| match error {
        Error::Inconsistent { path, why } => {
            let file = paths.iter().rposition(|known| *known == path).unwrap_or_default();
            Error::Syntax { line: starts.get(file).copied().unwrap_or(1), why }
        }
        other => other,
    })?;
    let expected = render(&patch);
    if expected == bytes {
        return Ok(patch);
    }
    let same = expected.iter().zip(bytes).take_while(|(one, other)| one == other).count();
    let line = 1 + bytes[..same].iter().filter(|&&byte| byte == b'\n').count();
    Err(Error::Syntax { line, why: "oca does not write this line in this way" })
}

fn take_header(lines: &mut Lines<'_>) -> Result<Header, Error> {
    let text = |lines: &mut Lines<'_>, start: &str, why| {
        let bytes = lines.expect(start, why)?;
        let text = std::str::from_utf8(bytes).map_err(|_| lines.error("the text is not UTF-8"))?;
        Ok::<_, Error>(text.to_owned())
    };
    let person = text(lines, "From: ", "a step begins with `From: NAME <ADDRESS>`")?;
    let (name, email) = person
        .strip_suffix('>')
        .and_then(|person| person.rsplit_once(" <"))
        .ok_or_else(|| lines.error("an author looks like `NAME <ADDRESS>`"))?;
    let date = text(lines, "Date: ", "the second line of a step begins with `Date: `")?;
    let date =
        header::read(&date).ok_or_else(|| lines.error("a date looks like `2024-05-01 12:00:00 +0000`"))?;
    let title = text(lines, "Subject: ", "the third line of a step begins with `Subject: `")?;
    let url = match lines.peek() {
        Some(b"") => None,
        _ => Some(text(lines, "Link: ", "this line must be empty or begin with `Link: `")?),
    };
    match lines.take() {
        Some(b"") => {}
        _ => return Err(lines.error("an empty line must end the header")),
    }
    Ok(Header { name: name.to_owned(), email: email.to_owned(), date, title, url })
}

fn take_file(lines: &mut Lines<'_>) -> Result<FilePatch, Error> {
    let names = lines.expect("diff --git ", "a file begins with `diff --git a/PATH b/PATH`")?;
    let start = lines.number;
    let path = path_of(names).ok_or_else(|| lines.error("a file begins with `diff --git a/PATH b/PATH`"))?;
    let path = RepoPath::parse(&path).map_err(|why| Error::Path { line: start, path: shown(&path), why })?;
    let (mut added, mut removed) = (None, None);
    let (mut is_added, mut is_removed) = (false, false);
    if let Some(digits) = lines.take_after("new file mode ") {
        (added, is_added) = (Some(mode(lines, digits)?), true);
    } else if let Some(digits) = lines.take_after("deleted file mode ") {
        (removed, is_removed) = (Some(mode(lines, digits)?), true);
    } else if let Some(digits) = lines.take_after("old mode ") {
        removed = Some(mode(lines, digits)?);
        let digits = lines.expect("new mode ", "`new mode` must follow `old mode`")?;
        added = Some(mode(lines, digits)?);
    }
    let (old, new, kept) = index(lines)?;
    if kept.is_some() {
        (added, removed) = (kept, kept);
    }
    let side = |mode: Option<FileMode>, id, is_absent: bool| match mode {
        _ if is_absent => Ok(None),
        Some(mode) => Ok(Some(Side { mode, id })),
        None => Err(Error::Syntax { line: start, why: "the file has no mode" }),
    };
    let (old, new) = (side(removed, old, is_added)?, side(added, new, is_removed)?);
    let mut content = take_content(lines)?;
    // Its lines say what the ids say; `render` writes them from the ids.
    if [old, new].into_iter().flatten().any(|side| side.mode == FileMode::Gitlink) {
        content = Content::None;
    }
    Ok(FilePatch { path, old, new, content })
}

/// The path of `a/PATH b/PATH`.
fn path_of(names: &[u8]) -> Option<Vec<u8>> {
    if names.starts_with(b"\"") {
        let (name, _) = unquote(names)?;
        return name.strip_prefix(b"a/").map(<[u8]>::to_owned);
    }
    let length = names.len().checked_sub("a/ b/".len())? / 2;
    names.get(2..2 + length).map(<[u8]>::to_owned)
}

fn mode(lines: &Lines<'_>, digits: &[u8]) -> Result<FileMode, Error> {
    let mode = std::str::from_utf8(digits).ok().and_then(FileMode::parse);
    mode.ok_or_else(|| lines.error("a mode is 100644, 100755, 120000 or 160000"))
}

#[expect(clippy::type_complexity, reason = "two ids and a mode")]
fn index(lines: &mut Lines<'_>) -> Result<([u8; 20], [u8; 20], Option<FileMode>), Error> {
    const LOOK: &str = "the line with the ids looks like `index ID..ID` or `index ID..ID MODE`";
    let text = lines.expect("index ", LOOK)?;
    let words = std::str::from_utf8(text).ok().and_then(|text| {
        let id = |range| BlobId::parse(text.get(range)?).ok().map(|id| *id.as_bytes());
        let dots = text.get(40..42)?;
        (dots == "..").then_some((id(0..40)?, id(42..82)?, text.get(82..)?))
    });
    let (old, new, rest) = words.ok_or_else(|| lines.error(LOOK))?;
    let kept = rest.strip_prefix(' ').map(|digits| mode(lines, digits.as_bytes())).transpose()?;
    Ok((old, new, kept))
}

fn take_content(lines: &mut Lines<'_>) -> Result<Content, Error> {
    if lines.take_after("--- ").is_some() {
        lines.expect("+++ ", "`+++` must follow `---`")?;
        let mut hunks: Vec<Hunk> = Vec::new();
        while let Some(placed) = take_hunk(lines)? {
            hunks.push(placed.hunk);
        }
        return Ok(Content::Hunks(hunks));
    }
    if lines.take_after(BINARY).is_some() {
        lines.expect("literal ", "`literal` must follow `GIT binary patch`")?;
        let (start, mut stream) = (lines.number, Vec::new());
        loop {
            match lines.take() {
                Some(b"") => break,
                Some(line) => binary::read_line(line, &mut stream)
                    .ok_or_else(|| lines.error("this is not a line of a binary patch"))?,
                None => return Err(lines.next_error("an empty line must end a binary patch")),
            }
        }
        let why = "the binary content is damaged or compressed";
        let content = binary::unstored(&stream).ok_or(Error::Syntax { line: start, why })?;
        return Ok(Content::Literal(content));
    }
    Ok(Content::None)
}
