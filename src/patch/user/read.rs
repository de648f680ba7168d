//! Reads the patches of the user.

use super::{About, Mail, UserContent, UserFile, UserPatch, binary};
use crate::patch::error::Error;
use crate::patch::lines::{Lines, take_hunk};
use crate::patch::model::FileMode;
use crate::patch::quote::unquote;
use crate::patch::render::BINARY;
use crate::repo::{RepoPath, shown};

/// Reads what `git diff`, `git format-patch` and `diff -u` write. Text between the files is skipped, as git skips it.
pub(crate) fn parse_user(bytes: &[u8]) -> Result<UserPatch, Error> {
    let unix = without_returns(bytes);
    let bytes = unix.as_deref().unwrap_or(bytes);
    let mut lines = Lines::new(bytes)?;
    let mut patch = UserPatch::default();
    while let Some(line) = lines.peek() {
        if is_mail(line) || patch.mails.is_empty() && line.starts_with(b"From: ") {
            let about = Some(take_about(&mut lines)?);
            patch.mails.push(Mail { about, files: Vec::new() });
            continue;
        }
        let file = match line.strip_prefix(b"diff --git ") {
            Some(names) => Some(take_git_file(&mut lines, names)?),
            None => take_plain_file(&mut lines)?,
        };
        let Some(file) = file else {
            lines.take();
            continue;
        };
        match patch.mails.last_mut() {
            Some(mail) => mail.files.push(file),
            None => patch.mails.push(Mail { about: None, files: vec![file] }),
        }
    }
    if patch.mails.iter().all(|mail| mail.files.is_empty()) {
        return Err(Error::Syntax { line: 1, why: "the file contains no patch" });
    }
    Ok(patch)
}

/// The text with the line ends of Unix, if all its line ends are those of Windows: an editor or a checkout changed them.
fn without_returns(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut lines =
        bytes.split_inclusive(|&byte| byte == b'\n').filter(|line| line.ends_with(b"\n")).peekable();
    if lines.peek().is_none() || !lines.all(|line| line.ends_with(b"\r\n")) {
        return None;
    }
    let lines: Vec<&[u8]> = bytes.split(|&byte| byte == b'\n').collect();
    let lines: Vec<&[u8]> = lines.into_iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect();
    Some(lines.join(&b'\n'))
}

/// Whether a mail begins with this line: `From`, 40 digits and a date.
fn is_mail(line: &[u8]) -> bool {
    let rest = line.strip_prefix(b"From ").unwrap_or_default();
    rest.len() > 40 && rest[..40].iter().all(u8::is_ascii_hexdigit) && rest[40] == b' '
}

/// Reads the header of a mail, up to the empty line.
fn take_about(lines: &mut Lines<'_>) -> Result<About, Error> {
    let mut about = About::default();
    let mut field = String::new();
    if lines.peek().is_some_and(is_mail) {
        lines.take();
    }
    while let Some(line) = lines.take().map(<[u8]>::trim_ascii_end) {
        let text = String::from_utf8_lossy(line);
        if !text.starts_with([' ', '\t']) {
            about.read(&field);
            field.clear();
        }
        if line.is_empty() {
            break;
        }
        field += &text;
        let is_coded = text.to_ascii_lowercase();
        if is_coded.starts_with("content-transfer-encoding:")
            && (is_coded.ends_with("quoted-printable") || is_coded.ends_with("base64"))
        {
            let what = "a mail in quoted-printable or base64; make the file with `git format-patch`";
            return Err(Error::Unsupported { line: lines.number, what });
        }
    }
    Ok(about)
}

/// The two names of a file, as they stand in the patch.
#[derive(Default)]
struct Names {
    old: Option<RepoPath>,
    new: Option<RepoPath>,
}

/// Reads a file that begins with `diff --git`.
fn take_git_file(lines: &mut Lines<'_>, names: &[u8]) -> Result<UserFile, Error> {
    lines.take();
    let line = lines.number;
    let (both, is_bare) = match both_names(names.trim_ascii_end()) {
        Some((path, is_bare)) => (Some(checked(&path, line)?), is_bare),
        None => (None, false),
    };
    let mut file = UserFile {
        line,
        old: None,
        new: None,
        is_copy: false,
        old_mode: None,
        new_mode: None,
        old_id: None,
        content: UserContent::Same,
    };
    let (mut is_added, mut is_removed) = (false, false);
    let mut moved = Names::default();
    while let Some(text) = lines.peek().map(<[u8]>::trim_ascii_end) {
        let after = |start: &str| text.strip_prefix(start.as_bytes());
        let number = lines.number + 1;
        if let Some(digits) = after("old mode ") {
            file.old_mode = Some(mode(digits, number)?);
        } else if let Some(digits) = after("new mode ") {
            file.new_mode = Some(mode(digits, number)?);
        } else if let Some(digits) = after("new file mode ") {
            (file.new_mode, is_added) = (Some(mode(digits, number)?), true);
        } else if let Some(digits) = after("deleted file mode ") {
            (file.old_mode, is_removed) = (Some(mode(digits, number)?), true);
        } else if let Some(name) = after("rename from ").or_else(|| after("copy from ")) {
            moved.old = Some(checked(&whole_name(name, number)?, number)?);
            file.is_copy = text.starts_with(b"copy");
        } else if let Some(name) = after("rename to ").or_else(|| after("copy to ")) {
            moved.new = Some(checked(&whole_name(name, number)?, number)?);
        } else if let Some(ids) = after("index ") {
            let ids = String::from_utf8_lossy(ids).into_owned();
            file.old_id = ids.split_once("..").map(|(old, _)| old.to_ascii_lowercase());
            if let Some((_, digits)) = ids.split_once(' ') {
                let kept = mode(digits.as_bytes(), number)?;
                file.old_mode = file.old_mode.or(Some(kept));
                file.new_mode = file.new_mode.or(Some(kept));
            }
        } else if after("similarity index ").or_else(|| after("dissimilarity index ")).is_none() {
            break;
        }
        lines.take();
    }
    let mut written = Names::default();
    if lines.peek().is_some_and(|text| text.starts_with(b"--- ")) {
        written = take_names(lines, Some(is_bare))?;
        file.content = UserContent::Hunks(take_hunks(lines)?);
    } else if lines.take_after(BINARY).is_some() {
        file.content = binary::take(lines)?;
    } else if lines.peek().is_some_and(|text| text.starts_with(b"Binary files ")) {
        let what = "a binary file without its content; make the patch with `git diff --binary`";
        return Err(Error::Unsupported { line: lines.number + 1, what });
    }
    let unnamed = || Error::Syntax { line, why: "the names of the file cannot be read" };
    let either = || written.old.clone().or(written.new.clone()).or(both.clone()).ok_or_else(unnamed);
    if let (Some(old), Some(new)) = (&moved.old, &moved.new) {
        (file.old, file.new) = (Some(old.clone()), Some(new.clone()));
    } else {
        let path = either()?;
        file.old = (!is_added).then(|| path.clone());
        file.new = (!is_removed).then_some(path);
    }
    let is_other = |named: &Option<RepoPath>, path: &Option<RepoPath>| named.is_some() && named != path;
    if is_other(&written.old, &file.old) || is_other(&written.new, &file.new) || is_added && is_removed {
        return Err(Error::Syntax { line, why: "the names of the file contradict each other" });
    }
    Ok(file)
}

/// Reads a file that begins with `---`, as `diff -u` writes it. `None` if the next line begins none.
fn take_plain_file(lines: &mut Lines<'_>) -> Result<Option<UserFile>, Error> {
    if !lines.begins_file() {
        return Ok(None);
    }
    let line = lines.number + 1;
    let Names { old, new } = take_names(lines, None)?;
    if old.is_none() && new.is_none() {
        return Err(Error::Syntax { line, why: "the names of the file cannot be read" });
    }
    // The name of a file that `diff` compares with a copy is the shorter one, such as `x.py` and `x.py.orig`.
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => {
            let path = if old.as_bytes().len() < new.as_bytes().len() { old } else { new };
            (Some(path.clone()), Some(path))
        }
        sides => sides,
    };
    let content = UserContent::Hunks(take_hunks(lines)?);
    let new_mode = old.is_none().then_some(FileMode::Plain);
    Ok(Some(UserFile { line, old, new, is_copy: false, old_mode: None, new_mode, old_id: None, content }))
}

fn take_hunks(lines: &mut Lines<'_>) -> Result<Vec<super::Placed>, Error> {
    let mut hunks = Vec::new();
    while let Some(hunk) = take_hunk(lines)? {
        hunks.push(hunk);
    }
    if hunks.is_empty() { Err(lines.next_error("a hunk must follow `+++`")) } else { Ok(hunks) }
}

/// Reads the lines `---` and `+++`. `/dev/null` is no name. `is_bare` says that names have no prefix such as `a/`; if it
/// is `None`, equal names have none.
fn take_names(lines: &mut Lines<'_>, is_bare: Option<bool>) -> Result<Names, Error> {
    let mut take = |start: &str| -> Result<_, Error> {
        let text = lines.expect(start, "`+++` must follow `---`")?;
        let name = match unquote(text) {
            Some((name, _)) => name,
            // A time follows a tab.
            None => text.split(|&byte| byte == b'\t').next().unwrap_or_default().trim_ascii_end().to_owned(),
        };
        Ok((name, lines.number))
    };
    let (old, new) = (take("--- ")?, take("+++ ")?);
    let is_bare = is_bare.unwrap_or(old.0 == new.0);
    let path = |(name, number): (Vec<u8>, usize)| {
        if name == b"/dev/null" {
            return Ok(None);
        }
        let path = if is_bare || name.starts_with(b"/") { &name } else { without_prefix(&name) };
        checked(path, number).map(Some)
    };
    Ok(Names { old: path(old)?, new: path(new)? })
}

/// The path that both names of `diff --git` have, and whether they have no prefix such as `a/`. `None` if the file
/// moves: then other lines name it.
fn both_names(names: &[u8]) -> Option<(Vec<u8>, bool)> {
    let (old, new) = if let Some((old, rest)) = unquote(names) {
        let rest = rest.strip_prefix(b" ")?;
        let new = unquote(rest).map_or_else(|| rest.to_owned(), |(new, _)| new);
        (old, new)
    } else {
        // An unquoted name can contain blanks, so the middle is the only place that is sure.
        let middle = names.len() / 2;
        if names.get(middle) != Some(&b' ') {
            return None;
        }
        (names[..middle].to_owned(), names[middle + 1..].to_owned())
    };
    if old == new {
        return Some((old, true));
    }
    let path = without_prefix(&old);
    (path == without_prefix(&new)).then(|| (path.to_owned(), false))
}

/// A name without its first part, as `git apply` reads it.
fn without_prefix(name: &[u8]) -> &[u8] {
    name.iter().position(|&byte| byte == b'/').map_or(name, |slash| &name[slash + 1..])
}

/// A name that takes the whole rest of a line.
fn whole_name(text: &[u8], line: usize) -> Result<Vec<u8>, Error> {
    match unquote(text) {
        Some((name, b"")) => Ok(name),
        Some(_) => Err(Error::Syntax { line, why: "the names of the file cannot be read" }),
        None => Ok(text.to_owned()),
    }
}

fn checked(path: &[u8], line: usize) -> Result<RepoPath, Error> {
    let refused = |why| Error::Path { line, path: shown(path), why };
    if path.starts_with(b"/") {
        return Err(refused("the path is absolute"));
    }
    RepoPath::parse(path).map_err(refused)
}

fn mode(digits: &[u8], line: usize) -> Result<FileMode, Error> {
    let mode = std::str::from_utf8(digits).ok().and_then(FileMode::parse);
    mode.ok_or(Error::Syntax { line, why: "a mode is 100644, 100755, 120000 or 160000" })
}
