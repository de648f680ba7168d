//! Writes commits of the user as mails, as `git format-patch` does.

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

/// The patch `old` with other changes. What stands before its first change stays: the first mail, or a remark.
pub(crate) fn refreshed(
    objects: &dyn Objects,
    old: &[u8],
    before: TreeId,
    after: TreeId,
) -> Result<Vec<u8>, Error> {
    let lines = || old.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let begins =
        |line: &[u8]| ["diff ", "--- ", "Index: "].iter().any(|word| line.starts_with(word.as_bytes()));
    let is_end = |line: &&[u8]| *line == b"---" || begins(line);
    let mut text = lines().take_while(|line| !is_end(line)).collect::<Vec<_>>().join(&b'\n');
    if !text.is_empty() {
        text.push(b'\n');
    }
    // The number of changed lines stood below it.
    if lines().find(is_end) == Some(b"---") {
        text.extend_from_slice(b"---\n\n");
    }
    text.extend(difference(objects, before, after)?);
    Ok(text)
}

/// The changes between two trees, as `git diff` writes them.
fn difference(objects: &dyn Objects, before: TreeId, after: TreeId) -> Result<Vec<u8>, Error> {
    let files = describe(objects, between(objects, before, after)?)?;
    // Only its files are written. The form of the header does not matter.
    let header =
        Header { name: "x".to_owned(), email: String::new(), date: 0, title: "x".to_owned(), url: None };
    let rendered = render(&Patch::new(header, files)?);
    let start = rendered.windows(2).position(|pair| pair == b"\n\n").map_or(rendered.len(), |at| at + 2);
    Ok(rendered[start..].to_vec())
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
