//! Writes commits of the user as mails, as `git format-patch` does.

use super::parse_user;
use crate::patch::between::{between, describe};
use crate::patch::error::Error;
use crate::patch::header::{self, Header};
use crate::patch::model::Patch;
use crate::patch::render::render;
use crate::repo::{CommitId, LATEST, Objects, TreeId, one_line};

/// A commit to write.
pub(crate) struct MailedCommit<'a> {
    pub(crate) commit: CommitId,
    pub(crate) name: &'a str,
    pub(crate) email: &'a str,
    /// Seconds since 1970.
    pub(crate) date: i64,
    pub(crate) message: &'a str,
    pub(crate) before: TreeId,
    pub(crate) after: TreeId,
}

/// The title of a commit: the first line of its message that is not blank.
pub(crate) fn title_of(message: &str) -> String {
    let line = message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("(no title)");
    one_line(line)
}

/// The mails of commits that follow each other. `git am` takes them, and so does [`parse_user`](super::parse_user).
pub(crate) fn mails(objects: &dyn Objects, commits: &[MailedCommit<'_>]) -> Result<Vec<u8>, Error> {
    let mut text = Vec::new();
    for (number, commit) in (1..).zip(commits) {
        text.extend_from_slice(head(commit, number, commits.len()).as_bytes());
        text.extend(difference(objects, commit.before, commit.after)?);
        text.push(b'\n');
    }
    Ok(text)
}

/// The patch `old` with other changes. What stands above its first change stays, without the summary of git: it has the
/// numbers of the old changes. Several mails become the first of them.
pub(crate) fn refreshed(
    objects: &dyn Objects,
    old: &[u8],
    before: TreeId,
    after: TreeId,
) -> Result<Vec<u8>, Error> {
    with_changes(old, &difference(objects, before, after)?)
}

/// The same with the changes of a step.
pub(crate) fn rewritten(old: &[u8], step: &Patch) -> Result<Vec<u8>, Error> {
    with_changes(old, &changes_of(step))
}

fn with_changes(old: &[u8], changes: &[u8]) -> Result<Vec<u8>, Error> {
    let patch = parse_user(old)?;
    let lines = old.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let head: Vec<&[u8]> = lines.take(patch.first_line() - 1).collect();
    let summary = head.iter().rposition(|line| *line == b"---").unwrap_or(head.len());
    let subject =
        (patch.mails.len() > 1).then(|| head.iter().position(|line| line.starts_with(SUBJECT))).flatten();
    let mut text = Vec::new();
    for (number, line) in head.into_iter().enumerate() {
        // A line such as ` web/x.py | 2 +-`, or ` 1 file changed`.
        if number > summary && line.starts_with(b" ") {
            continue;
        }
        match line.strip_prefix(SUBJECT).filter(|_| subject == Some(number)).and_then(without_number) {
            Some(rest) => text.extend([SUBJECT, &rest].concat()),
            None => text.extend_from_slice(line),
        }
        text.push(b'\n');
    }
    text.extend_from_slice(changes);
    Ok(text)
}

const SUBJECT: &[u8] = b"Subject: [";

/// What follows [`SUBJECT`], such as `PATCH v2 1/2] title`, without `1/2`. `None` if there is no number.
fn without_number(rest: &[u8]) -> Option<Vec<u8>> {
    let end = rest.iter().position(|byte| *byte == b']')?;
    let (tag, rest) = rest.split_at(end);
    let blank = tag.iter().rposition(|byte| *byte == b' ')?;
    let number = std::str::from_utf8(&tag[blank + 1..]).ok()?;
    let (number, count) = number.split_once('/')?;
    let is_number = [number, count].iter().all(|word| word.parse::<u32>().is_ok());
    is_number.then(|| [&tag[..blank], rest].concat())
}

/// The changes between two trees, as `git diff` writes them.
fn difference(objects: &dyn Objects, before: TreeId, after: TreeId) -> Result<Vec<u8>, Error> {
    let files = describe(objects, between(objects, before, after)?)?;
    // Only its files are written. The form of the header does not matter.
    let header =
        Header { name: "x".to_owned(), email: String::new(), date: 0, title: "x".to_owned(), url: None };
    Ok(changes_of(&Patch::new(header, files)?))
}

/// The text of a patch without its header.
fn changes_of(patch: &Patch) -> Vec<u8> {
    let rendered = render(patch);
    let start = rendered.windows(2).position(|pair| pair == b"\n\n").map_or(rendered.len(), |at| at + 2);
    rendered[start..].to_vec()
}

fn head(commit: &MailedCommit<'_>, number: usize, count: usize) -> String {
    let person = |text: &str| one_line(text).replace(['<', '>', '"', '\\'], "").trim().to_owned();
    let (mut name, email) = (person(commit.name), person(commit.email));
    if name.contains(|c: char| "(),.:;@[]".contains(c)) {
        name = format!("\"{name}\"");
    }
    let title = title_of(commit.message);
    let tag = if count == 1 { "[PATCH]".to_owned() } else { format!("[PATCH {number}/{count}]") };
    let rest = commit.message.trim_start().split_once('\n').map_or("", |(_, rest)| rest).trim();
    let mut body = String::new();
    for line in rest.lines() {
        let line = one_line(line);
        // These would begin a patch or a mail, or end the message.
        let starts = ["diff ", "---", "+++ ", "From ", "Index: ", "@@ "];
        let blank = if starts.iter().any(|start| line.starts_with(start)) { " " } else { "" };
        body.extend([blank, line.trim_end(), "\n"]);
    }
    if !body.is_empty() {
        body.insert(0, '\n');
    }
    let is_ascii = body.is_ascii() && title.is_ascii() && name.is_ascii();
    let kind =
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n";
    format!(
        "From {} Mon Sep 17 00:00:00 2001\nFrom: {name} <{email}>\nDate: {}\nSubject: {tag} {title}\n{}{body}---\n\n",
        commit.commit,
        header::mailed(commit.date.clamp(0, LATEST)),
        if is_ascii { "" } else { kind },
    )
}
