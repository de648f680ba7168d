//! Writes a patch in the one form.

use super::binary;
use super::header;
use super::hunk::{Hunk, LineKind};
use super::model::{Content, FileMode, FilePatch, NO_ID, Patch, Side};
use super::quote::quoted;
use crate::repo::BlobId;

pub(super) const BINARY: &str = "GIT binary patch";
pub(super) const NO_END: &str = "\\ No newline at end of file";

/// The bytes of a patch. They depend on nothing else.
pub(crate) fn render(patch: &Patch) -> Vec<u8> {
    let header = patch.header();
    let mut text = format!(
        "From: {} <{}>\nDate: {}\nSubject: {}\n",
        header.name,
        header.email,
        header::written(header.date),
        header.title,
    );
    if let Some(url) = &header.url {
        text.extend(["Link: ", url, "\n"]);
    }
    text.push('\n');
    let mut bytes = text.into_bytes();
    patch.files().iter().for_each(|file| write_file(file, &mut bytes));
    bytes
}

fn write_file(file: &FilePatch, to: &mut Vec<u8>) {
    let path = file.path.as_bytes();
    let (old, new) = (quoted("a/", path), quoted("b/", path));
    to.extend_from_slice(&[b"diff --git ", &old[..], b" ", &new, b"\n"].concat());
    let id = |side: Option<Side>| BlobId::from_bytes(side.map_or(NO_ID, |side| side.id));
    let (modes, kept) = match (file.old, file.new) {
        (None, Some(new)) => (format!("new file mode {}\n", new.mode), String::new()),
        (Some(old), None) => (format!("deleted file mode {}\n", old.mode), String::new()),
        (Some(old), Some(new)) if old.mode != new.mode => {
            (format!("old mode {}\nnew mode {}\n", old.mode, new.mode), String::new())
        }
        (Some(old), _) => (String::new(), format!(" {}", old.mode)),
        (None, None) => Default::default(),
    };
    to.extend_from_slice(format!("{modes}index {}..{}{kept}\n", id(file.old), id(file.new)).as_bytes());
    match &file.content {
        Content::None => {
            let hunk = gitlink(file);
            if !hunk.is_empty() {
                write_names(file, &old, &new, to);
                to.extend_from_slice(hunk.as_bytes());
            }
        }
        Content::Hunks(hunks) => {
            write_names(file, &old, &new, to);
            write_hunks(hunks, to);
        }
        Content::Literal(content) => {
            to.extend_from_slice(format!("{BINARY}\n").as_bytes());
            binary::write(content, to);
            to.push(b'\n');
        }
    }
}

fn write_names(file: &FilePatch, old: &[u8], new: &[u8], to: &mut Vec<u8>) {
    // Git ends a name that contains a blank with a tab, so that readers find its end.
    let tab: &[u8] = if file.path.as_bytes().contains(&b' ') { b"\t" } else { b"" };
    let name = |side: Option<Side>, name: &[u8]| match side {
        Some(_) => [name, tab].concat(),
        None => b"/dev/null".to_vec(),
    };
    to.extend_from_slice(
        &[b"--- ", &name(file.old, old)[..], b"\n+++ ", &name(file.new, new), b"\n"].concat(),
    );
}

/// The lines that git writes for a submodule. Empty for anything else.
fn gitlink(file: &FilePatch) -> String {
    let line = |sign: &str, side: Option<Side>| {
        let link = side.filter(|side| side.mode == FileMode::Gitlink);
        link.map(|side| format!("{sign}Subproject commit {}\n", BlobId::from_bytes(side.id)))
            .unwrap_or_default()
    };
    let range = |side: Option<Side>| if side.is_some() { "1" } else { "0,0" };
    let (old, new) = (line("-", file.old), line("+", file.new));
    if old.is_empty() && new.is_empty() {
        return String::new();
    }
    format!("@@ -{} +{} @@\n{old}{new}", range(file.old), range(file.new))
}

fn write_hunks(hunks: &[Hunk], to: &mut Vec<u8>) {
    let (mut added, mut removed) = (0, 0);
    for hunk in hunks {
        let (old, new) = hunk.counts();
        let range = |at: usize, count: usize| match count {
            0 => format!("{at},0"),
            1 => format!("{}", at + 1),
            _ => format!("{},{count}", at + 1),
        };
        let at = hunk.at + added - removed;
        to.extend_from_slice(format!("@@ -{} +{} @@\n", range(hunk.at, old), range(at, new)).as_bytes());
        (added, removed) = (added + new, removed + old);
        for line in &hunk.lines {
            to.push(match line.kind {
                LineKind::Context => b' ',
                LineKind::Removed => b'-',
                LineKind::Added => b'+',
            });
            to.extend_from_slice(&line.bytes);
            if !line.is_ended() {
                to.extend_from_slice(format!("\n{NO_END}\n").as_bytes());
            }
        }
    }
}
