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
        Error::Header { field, why } => {
            let line = match field {
                "date" => 2,
                "title" => 3,
                "url" => 4,
                _ => 1,
            };
            Error::Syntax { line, why }
        }
        other => other,
    })?;
    let expected = render(&patch);
    if expected == bytes {
        return Ok(patch);
    }
    let same = expected.iter().zip(bytes).take_while(|(one, other)| one == other).count();
    let line = bytes[..same].split(|&byte| byte == b'\n').count();
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A step with all kinds of changes.
    const ALL: &[u8] = include_bytes!("../../fuzz/corpus/patch/all");

    fn refusal(bytes: &[u8]) -> String {
        parse(bytes).expect_err("it is not the one form").to_string()
    }

    #[test]
    fn only_the_one_form_is_read() {
        let patch = parse(ALL).expect("a step");
        assert_eq!(render(&patch), ALL);
        assert_eq!(patch.files().len(), 7);
        let text = String::from_utf8_lossy(ALL).into_owned();
        // Each of these changes alone makes it another form.
        let changes = [
            ("From: Ann <", "From: Ann"),
            ("2024-05-01 12", "2024-05-01T12"),
            ("Subject: ", "Subject:  "),
            ("Link: ", "Url: "),
            ("a/a b/a\n", "a/../a b/../a\n"),
            ("a/a b/a\n", "a/.git b/.git\n"),
            ("a/a b/a\n", "a//a b//a\n"),
            ("a/a b/a\n", "a/a b/b\n"),
            ("100644\n--- a/a", "100664\n--- a/a"),
            ("@@ -1,3 +1,3 @@", "@@ -1,3 +1,3 @@ def"),
            ("@@ -1,3 +1,3 @@", "@@ -1,3 +2,3 @@"),
            ("@@ -1,3 +1,3 @@", "@@ -1,2 +1,3 @@"),
            (" 1\n-2", "\n-2"),
            ("literal 180", "literal 181"),
            ("old mode 100644\nnew mode 100755\n", ""),
            ("+Subproject commit 2", "+Subproject commit 3"),
        ];
        let mut refusals: Vec<String> = Vec::new();
        for (from, to) in changes {
            assert!(text.contains(from), "{from}");
            refusals.push(refusal(text.replacen(from, to, 1).as_bytes()));
        }
        refusals.push(refusal(b""));
        refusals.push(refusal(&ALL[..ALL.len() - 1]));
        let twice = [ALL, &ALL[text.find("diff --git").expect("a file")..]].concat();
        refusals.push(refusal(&twice));
        refusals.push(refusal(text.replace('\n', "\r\n").as_bytes()));
        insta::assert_snapshot!(refusals.join("\n"), @r"
        line 1: an author looks like `NAME <ADDRESS>`
        line 2: a date looks like `2024-05-01 12:00:00 +0000`
        line 3: it begins or ends with a blank
        line 4: this line must be empty or begin with `Link: `
        line 6: a patch must not change `../a`: the name leads to another directory
        line 6: a patch must not change `.git`: some file systems treat the name as `.git`
        line 6: a patch must not change `/a`: the name is empty
        line 6: oca does not write this line in this way
        line 7: a mode is 100644, 100755, 120000 or 160000
        line 10: oca does not write this line in this way
        line 10: oca does not write this line in this way
        line 13: the hunk has more lines than its first line says
        line 11: oca does not write this line in this way
        line 25: oca does not write this line in this way
        line 17: the file has no mode
        line 44: oca does not write this line in this way
        line 1: a step begins with `From: NAME <ADDRESS>`
        line 61: oca does not write this line in this way
        line 62: the files are not in the order of their paths, each once
        line 1: an author looks like `NAME <ADDRESS>`
        ");
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_with_the_same_bytes(
            at in 0..ALL.len(), length in 0..30_usize, bytes in proptest::collection::vec(any::<u8>(), 0..10),
        ) {
            let end = (at + length).min(ALL.len());
            let changed = [&ALL[..at], &bytes, &ALL[end..]].concat();
            if let Ok(patch) = parse(&changed) {
                prop_assert_eq!(render(&patch), changed);
            }
        }
    }
}
