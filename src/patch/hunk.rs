//! Hunks: the changed lines of a text with the lines around them.

/// Changed lines that are near each other.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Hunk {
    /// How many lines of the old text come before it.
    pub(crate) at: usize,
    pub(crate) lines: Vec<Line>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Line {
    pub(crate) kind: LineKind,
    /// With its line feed. Only the last line of a text has none.
    pub(crate) bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum LineKind {
    Context,
    Removed,
    Added,
}

impl Line {
    pub(super) fn is_old(&self) -> bool {
        self.kind != LineKind::Added
    }

    pub(super) fn is_new(&self) -> bool {
        self.kind != LineKind::Removed
    }

    pub(super) fn is_ended(&self) -> bool {
        self.bytes.ends_with(b"\n")
    }
}

impl Hunk {
    /// How many lines it has of the old and of the new text.
    pub(super) fn counts(&self) -> (usize, usize) {
        let old = self.lines.iter().filter(|line| line.is_old()).count();
        let new = self.lines.iter().filter(|line| line.is_new()).count();
        (old, new)
    }
}

/// The lines of a content, each with its line feed.
pub(super) fn lines_of(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    content.split_inclusive(|&byte| byte == b'\n')
}

/// Checks the hunks of one text together. Returns whether any line is old, and whether any line is new.
pub(super) fn check(hunks: &[Hunk]) -> Result<(bool, bool), &'static str> {
    if hunks.is_empty() {
        return Err("it has no hunks");
    }
    let (mut end, mut is_old_over, mut is_new_over) = (0, false, false);
    let (mut any_old, mut any_new) = (false, false);
    for hunk in hunks {
        if hunk.at < end {
            return Err("its hunks overlap");
        }
        if hunk.lines.iter().all(|line| line.kind == LineKind::Context) {
            return Err("a hunk changes nothing");
        }
        for line in &hunk.lines {
            let inner = line.bytes.strip_suffix(b"\n").unwrap_or(&line.bytes);
            if line.bytes.is_empty() || inner.contains(&b'\n') {
                return Err("a line of a hunk is not one line");
            }
            if line.is_old() && is_old_over || line.is_new() && is_new_over {
                return Err("a line follows the last line of the file");
            }
            is_old_over |= line.is_old() && !line.is_ended();
            is_new_over |= line.is_new() && !line.is_ended();
            any_old |= line.is_old();
            any_new |= line.is_new();
        }
        end = hunk.at.checked_add(hunk.counts().0).ok_or("its hunks overlap")?;
    }
    Ok((any_old, any_new))
}
