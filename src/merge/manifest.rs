//! The version of a manifest: a bot raises it after each merge, so two requests always conflict there.

use std::cmp::Ordering;

/// Three manifests with one and the same version. A line merge of them shows if anything else is in conflict.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Versions {
    pub(crate) ancestor: Vec<u8>,
    pub(crate) ours: Vec<u8>,
    pub(crate) theirs: Vec<u8>,
}

/// Writes the higher version of both sides into all three manifests. Nothing else changes. `None` if the version is not
/// on one line of its own in each of them, or if one of both is not a number.
pub(crate) fn manifest(ancestor: &[u8], ours: &[u8], theirs: &[u8]) -> Option<Versions> {
    let [in_ancestor, in_ours, in_theirs] = [find(ancestor)?, find(ours)?, find(theirs)?];
    let versions = [&ours[in_ours.clone()], &theirs[in_theirs.clone()]];
    let higher = match compare(versions[0], versions[1])? {
        Ordering::Less => versions[1],
        _ => versions[0],
    };
    let with = |text: &[u8], place: std::ops::Range<usize>| {
        [&text[..place.start], higher, &text[place.end..]].concat()
    };
    Some(Versions {
        ancestor: with(ancestor, in_ancestor),
        ours: with(ours, in_ours),
        theirs: with(theirs, in_theirs),
    })
}

/// The place of the version in a manifest: of what is between the quotes.
fn find(text: &[u8]) -> Option<std::ops::Range<usize>> {
    let mut start = 0;
    let mut found = None;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        if let Some(place) = in_line(line) {
            // Two of them: Python uses the last one, and this is not for a merge to know.
            if found.is_some() {
                return None;
            }
            found = Some(start + place.start..start + place.end);
        }
        start += line.len();
    }
    found
}

fn in_line(line: &[u8]) -> Option<std::ops::Range<usize>> {
    let key = line.trim_ascii_start();
    let rest = key.strip_prefix(b"\"version\"").or_else(|| key.strip_prefix(b"'version'"))?;
    let value = rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let (&quote, value) = value.split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
    let length = value.iter().position(|&byte| byte == quote)?;
    let after = value[length + 1..].trim_ascii_start();
    let after = after.strip_prefix(b",").unwrap_or(after).trim_ascii();
    let is_over = after.is_empty() || after.starts_with(b"#");
    let start = line.len() - value.len();
    is_over.then_some(start..start + length)
}

/// Compares two versions number by number. `None` if one has a part that is not a number.
fn compare(one: &[u8], other: &[u8]) -> Option<Ordering> {
    let numbers = |version: &[u8]| -> Option<Vec<u64>> {
        let text = std::str::from_utf8(version).ok()?;
        let number =
            |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?;
        text.split('.').map(number).collect()
    };
    if one == other { Some(Ordering::Equal) } else { Some(numbers(one)?.cmp(&numbers(other)?)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(version: &str, rest: &str) -> Vec<u8> {
        format!("{{\n    \"name\": \"X\",\n    {version}\n{rest}}}\n").into_bytes()
    }

    #[test]
    fn the_higher_version_is_in_all_three() {
        let ancestor = text("\"version\": \"16.0.1.0.0\",", "");
        let ours = text("\"version\": \"16.0.1.9.0\",", "    \"a\": 1,\n");
        let theirs = text("'version' : '16.0.1.10.0' ,  # new", "    \"b\": 1,\n");
        let expected = Versions {
            ancestor: text("\"version\": \"16.0.1.10.0\",", ""),
            ours: text("\"version\": \"16.0.1.10.0\",", "    \"a\": 1,\n"),
            theirs: theirs.clone(),
        };
        assert_eq!(manifest(&ancestor, &ours, &theirs), Some(expected));
        let swapped = manifest(&ancestor, &theirs, &ours).expect("versions");
        assert_eq!(swapped.theirs, text("\"version\": \"16.0.1.10.0\",", "    \"a\": 1,\n"));
    }

    #[test]
    fn what_is_no_plain_version_is_left_to_people() {
        let good = text("\"version\": \"16.0.1.0.0\",", "");
        for other in [
            text("", ""),
            text("\"version\": VERSION,", ""),
            text("\"version\": \"16.0.1.0.0\", \"x\": 1,", ""),
            text("\"version\": \"16.0.x\",", ""),
            text("\"version\": \"1\",", "'version': '2',\n"),
            text("\"version\": \"16.0..1\",", ""),
        ] {
            assert_eq!(manifest(&good, &good, &other), None, "{}", String::from_utf8_lossy(&other));
        }
    }
}
