//! Applies hunks that may have moved, by the rule of `git apply`: every line must be the same, the place may differ.

use super::super::hunk::{Hunk, lines_of};
use super::super::lines::Placed;

/// How many comparisons and moves of lines one file may need. The worst honest patch needs a small part of it.
const MOST_WORK: usize = 1 << 30;

/// The new content, or the index of the first hunk that does not apply.
pub(super) fn apply(old: &[u8], hunks: &[Placed]) -> Result<Vec<u8>, usize> {
    let first = place(old, hunks);
    let Err(rejected) = first else { return first };
    // On its way, the patch or the file may have got the line ends of Windows.
    let is_crlf = |mut lines: Box<dyn Iterator<Item = &[u8]> + '_>| lines.all(|line| line.ends_with(b"\r\n"));
    let old_is_crlf = is_crlf(Box::new(lines_of(old).filter(|line| line.ends_with(b"\n"))));
    let lines = || hunks.iter().flat_map(|placed| &placed.hunk.lines).map(|line| &line.bytes[..]);
    let turned = match (old_is_crlf, old.contains(&b'\r')) {
        (true, true) if !lines().any(|line| line.contains(&b'\r')) => turned(hunks, true),
        (_, false) if is_crlf(Box::new(lines().filter(|line| line.ends_with(b"\n")))) => turned(hunks, false),
        _ => return Err(rejected),
    };
    place(old, &turned).map_err(|_| rejected)
}

/// The hunks with the line ends of Windows, or without them.
fn turned(hunks: &[Placed], to_crlf: bool) -> Vec<Placed> {
    let mut turned = hunks.to_vec();
    for line in turned.iter_mut().flat_map(|placed| &mut placed.hunk.lines) {
        if line.is_ended() {
            line.bytes.pop();
            if to_crlf {
                line.bytes.push(b'\r');
            } else {
                line.bytes.pop();
            }
            line.bytes.push(b'\n');
        }
    }
    turned
}

/// A line of the content that is changed.
struct Present<'a> {
    bytes: &'a [u8],
    /// A hunk put it there, or looked at it. No other hunk may use it.
    is_used: bool,
}

fn place(old: &[u8], hunks: &[Placed]) -> Result<Vec<u8>, usize> {
    let mut image: Vec<Present<'_>> = lines_of(old).map(|bytes| Present { bytes, is_used: false }).collect();
    let mut work = 0;
    for (index, placed) in hunks.iter().enumerate() {
        let at = find(&image, placed, &mut work).ok_or(index)?;
        let (count, _) = placed.hunk.counts();
        let new = placed.hunk.lines.iter().filter(|line| line.is_new());
        work += image.len() - at;
        if work > MOST_WORK {
            return Err(index);
        }
        image.splice(at..at + count, new.map(|line| Present { bytes: &line.bytes, is_used: true }));
    }
    let is_broken = |line: &Present<'_>| !line.bytes.ends_with(b"\n");
    if image.iter().rev().skip(1).any(is_broken) {
        return Err(hunks.len().saturating_sub(1));
    }
    Ok(image.iter().flat_map(|line| line.bytes).copied().collect())
}

/// The place of a hunk: the nearest to the one that it names, first behind it.
fn find(image: &[Present<'_>], placed: &Placed, work: &mut usize) -> Option<usize> {
    let Hunk { at, lines } = &placed.hunk;
    let old: Vec<&[u8]> = lines.iter().filter(|line| line.is_old()).map(|line| &line.bytes[..]).collect();
    // Without lines before the first or after the last change, it is at the beginning or at the end of the file.
    let starts = *at == 0;
    let ends = lines.last().is_none_or(|line| !(line.is_old() && line.is_new()));
    if old.is_empty() && !image.is_empty() {
        // Nothing says where it belongs: `git diff -U0` made it.
        return None;
    }
    let last = image.len().checked_sub(old.len())?;
    let fits = |place: usize, work: &mut usize| {
        if place > last || starts && place != 0 || ends && place != last {
            return false;
        }
        let same =
            image[place..].iter().zip(&old).take_while(|(line, old)| !line.is_used && line.bytes == **old);
        let same = same.count();
        *work += same + 1;
        same == old.len()
    };
    if starts || ends {
        let place = if starts { 0 } else { last };
        return fits(place, work).then_some(place);
    }
    let wanted = placed.new_at.min(image.len());
    for distance in 0..=image.len() {
        for place in [wanted.checked_add(distance), wanted.checked_sub(distance)].into_iter().flatten() {
            if fits(place, work) {
                return Some(place);
            }
        }
        if distance > wanted && wanted + distance > last || *work > MOST_WORK {
            break;
        }
    }
    None
}
