//! The difference of two contents, as git shows it: Myers's algorithm, three lines of context.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput};

use super::hunk::{Hunk, Line, LineKind, lines_of};
use super::model::Content;

const CONTEXT: usize = 3;
/// From this number of lines between the first and the last change, they are replaced as a whole: the search for a short
/// way can take very long.
const MOST_LINES: usize = 60_000;
/// How far git looks for a NUL.
const LOOKED_AT: usize = 8000;

/// How `old` becomes `new`.
pub(crate) fn diff(old: &[u8], new: &[u8]) -> Content {
    if old == new {
        return Content::None;
    }
    if is_binary(old) || is_binary(new) {
        return Content::Literal(new.to_owned());
    }
    let [old, new]: [Vec<&[u8]>; 2] = [lines_of(old).collect(), lines_of(new).collect()];
    let changes = changes(&old, &new);
    let near = changes.chunk_by(|one, next| next.old.start - one.old.end <= 2 * CONTEXT);
    Content::Hunks(near.map(|changes| hunk(changes, &old, &new)).collect())
}

/// Git's rule.
pub(crate) fn is_binary(content: &[u8]) -> bool {
    content.iter().take(LOOKED_AT).any(|&byte| byte == 0)
}

fn changes(old: &[&[u8]], new: &[&[u8]]) -> Vec<Change> {
    let start = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let ends = old[start..].iter().rev().zip(new[start..].iter().rev());
    let end = ends.take_while(|(old, new)| old == new).count();
    let whole = Change { old: start..old.len() - end, new: start..new.len() - end };
    if whole.old.len() + whole.new.len() > MOST_LINES {
        return vec![whole];
    }
    let mut input = InternedInput::default();
    input.update_before(old.iter().copied());
    input.update_after(new.iter().copied());
    let mut diff = Diff::compute(Algorithm::Myers, &input);
    diff.postprocess_lines(&input);
    diff.hunks().map(Change::from).collect()
}

/// Lines of the old text that are replaced by lines of the new one.
struct Change {
    old: Range<usize>,
    new: Range<usize>,
}

impl From<imara_diff::Hunk> for Change {
    fn from(hunk: imara_diff::Hunk) -> Self {
        let wide = |range: Range<u32>| range.start as usize..range.end as usize;
        Self { old: wide(hunk.before), new: wide(hunk.after) }
    }
}

fn hunk(changes: &[Change], old: &[&[u8]], new: &[&[u8]]) -> Hunk {
    let at = changes.first().map_or(0, |first| first.old.start.saturating_sub(CONTEXT));
    let mut lines = Vec::new();
    let mut add = |kind, texts: &[&[u8]]| {
        lines.extend(texts.iter().map(|bytes| Line { kind, bytes: bytes.to_vec() }));
    };
    let mut end = at;
    for change in changes {
        add(LineKind::Context, &old[end..change.old.start]);
        add(LineKind::Removed, &old[change.old.clone()]);
        add(LineKind::Added, &new[change.new.clone()]);
        end = change.old.end;
    }
    add(LineKind::Context, &old[end..old.len().min(end + CONTEXT)]);
    Hunk { at, lines }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::super::apply::apply_hunks;
    use super::super::hunk::check;
    use super::*;

    #[test]
    fn binary_is_what_git_takes_for_binary() {
        let nul_at = |at: usize| [&vec![b'x'; at][..], b"\0\n"].concat();
        assert!(is_binary(&nul_at(7999)) && !is_binary(&nul_at(8000)));
        assert_eq!(diff(b"a\n", b"\0"), Content::Literal(vec![0]));
        assert_eq!(diff(b"\0", b""), Content::Literal(Vec::new()));
    }

    #[test]
    fn long_hostile_texts_take_no_long_time() {
        let text = |seed: u64, count: usize| -> Vec<u8> {
            let mut state = seed;
            let mut line = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                format!("{}\n", (state >> 60) & 3)
            };
            (0..count).map(|_| line()).collect::<String>().into_bytes()
        };
        for (count, is_whole) in [(5000, false), (400_000, true)] {
            let start = Instant::now();
            let (old, new) = (text(1, count), text(2, count));
            let Content::Hunks(hunks) = diff(&old, &new) else { panic!("text") };
            assert_eq!(apply_hunks(&old, &hunks), Ok(new));
            assert_eq!(hunks.len() == 1, is_whole);
            assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
        }
    }

    proptest! {
        #[test]
        fn the_hunks_lead_from_one_text_to_the_other(old in "[ab\n]{0,40}", new in "[ab\n]{0,40}") {
            match diff(old.as_bytes(), new.as_bytes()) {
                Content::Hunks(hunks) => {
                    prop_assert!(check(&hunks).is_ok());
                    prop_assert_eq!(apply_hunks(old.as_bytes(), &hunks), Ok(new.into_bytes()));
                }
                other => {
                    prop_assert_eq!(other, Content::None);
                    prop_assert_eq!(old, new);
                }
            }
        }
    }
}
