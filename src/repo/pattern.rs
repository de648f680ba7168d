//! Patterns for paths and names as Python's `fnmatch` reads them: `*` matches `/`, too, and there is no escape character.

/// A pattern for the path of a file, such as `static/*`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Pattern(Vec<Part>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Part {
    /// `*`: any text.
    Any,
    /// One character of a set. `?` is the set without which nothing is left out.
    One(Set),
}

/// Characters between the ends of the ranges, or all others.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Set {
    ranges: Vec<(u32, u32)>,
    is_negated: bool,
}

impl Set {
    fn of(ranges: &[(u32, u32)]) -> Self {
        Self { ranges: ranges.to_vec(), is_negated: false }
    }

    fn has(&self, character: u32) -> bool {
        self.is_negated != self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&character))
    }
}

const ANY: Set = Set { ranges: Vec::new(), is_negated: true };

impl Pattern {
    pub(crate) fn parse(text: &str) -> Self {
        let text: Vec<u32> = text.chars().map(u32::from).collect();
        let (mut parts, mut at) = (Vec::new(), 0);
        while let Some(&character) = text.get(at) {
            at += 1;
            parts.push(match char::from_u32(character) {
                Some('*') => Part::Any,
                Some('?') => Part::One(ANY),
                Some('[') if let Some(end) = end_of_set(&text, at) => {
                    let set = set(&text[at..end]);
                    at = end + 1;
                    Part::One(set)
                }
                _ => Part::One(Set::of(&[(character, character)])),
            });
        }
        Self(parts)
    }

    /// Whether the whole text matches. `text` is from [`characters`].
    pub(crate) fn matches(&self, text: &[u32]) -> bool {
        // After a `*`, the shortest text is tried first. Only the last `*` can need a longer one.
        let (mut part, mut at, mut last) = (0, 0, None);
        while at < text.len() {
            match self.0.get(part) {
                Some(Part::Any) => {
                    part += 1;
                    last = Some((part, at));
                }
                Some(Part::One(set)) if set.has(text[at]) => {
                    part += 1;
                    at += 1;
                }
                _ => {
                    let Some((after, begin)) = last else { return false };
                    (part, at, last) = (after, begin + 1, Some((after, begin + 1)));
                }
            }
        }
        self.0[part..].iter().all(|part| *part == Part::Any)
    }
}

/// The characters of a path as Python has them: a byte that is not UTF-8 is one of its own (`surrogateescape`).
pub(crate) fn characters(path: &[u8]) -> Vec<u32> {
    let mut characters = Vec::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        characters.extend(chunk.valid().chars().map(u32::from));
        characters.extend(chunk.invalid().iter().map(|byte| 0xdc00 + u32::from(*byte)));
    }
    characters
}

/// Where the `]` of a set is that begins here. A `]` at its beginning is one of its characters. `None` if there is no end:
/// the `[` stands for itself then.
fn end_of_set(text: &[u32], begin: usize) -> Option<usize> {
    let is = |at: usize, wanted: char| text.get(at) == Some(&u32::from(wanted));
    let first = if is(begin, '!') { begin + 1 } else { begin };
    let first = if is(first, ']') { first + 1 } else { first };
    (first..text.len()).find(|at| is(*at, ']'))
}

/// The set with this text between `[` and `]`, by the steps of `fnmatch.translate`. They matter: a range whose ends are
/// exchanged is left out, and what is left can begin with another `!`.
fn set(text: &[u32]) -> Set {
    const NOT: u32 = '!' as u32;
    const TO: u32 = '-' as u32;
    let mut chunks: Vec<Vec<u32>> = Vec::new();
    let (mut begin, mut from) = (0, if text.first() == Some(&NOT) { 2 } else { 1 });
    while let Some(hyphen) = (from..text.len()).find(|at| text[*at] == TO) {
        chunks.push(text[begin..hyphen].to_vec());
        begin = hyphen + 1;
        from = hyphen + 3;
    }
    match (text.get(begin..).unwrap_or_default(), chunks.last_mut()) {
        ([], Some(last)) => last.push(TO),
        (rest, _) => chunks.push(rest.to_vec()),
    }
    for place in (1..chunks.len()).rev() {
        if chunks[place - 1].last() > chunks[place].first() {
            let next = chunks.remove(place);
            chunks[place - 1].pop();
            chunks[place - 1].extend(next.into_iter().skip(1));
        }
    }
    let is_negated = chunks.first().is_some_and(|first| first.first() == Some(&NOT));
    if is_negated {
        chunks[0].remove(0);
    }
    let mut ranges = Vec::new();
    for place in 0..chunks.len() {
        // The ends of a chunk belong to the ranges to its neighbours.
        let first = usize::from(place > 0);
        let end = chunks[place].len() - usize::from(place + 1 < chunks.len() && !chunks[place].is_empty());
        ranges.extend(chunks[place].iter().take(end).skip(first).map(|one| (*one, *one)));
        if let Some((low, high)) =
            chunks[place].last().zip(chunks.get(place + 1).and_then(|next| next.first()))
        {
            ranges.push((*low, *high));
        }
    }
    Set { ranges, is_negated }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::parse(pattern).matches(&characters(text.as_bytes()))
    }

    /// Each answer is that of `fnmatch.fnmatchcase` of Python 3.11.
    #[test]
    fn patterns_match_as_in_python() {
        for (pattern, text, expected) in [
            ("*.pyc", "a/b/c.pyc", true),
            ("*.pyc", "a.pyc\n", false),
            ("static/*", "static/a/b", true),
            ("static/*", "x/static/a", false),
            ("static/*", "static/", true),
            ("a?c", "a/c", true),
            ("a?c", "ac", false),
            ("[ab]x", "bx", true),
            ("[!ab]x", "cx", true),
            ("[!ab]x", "ax", false),
            ("[]x]", "]", true),
            ("[!]x]", "a", true),
            ("[!]x]", "]", false),
            ("[", "[", true),
            ("a[b", "a[b", true),
            ("[a-c]", "b", true),
            ("[c-a]", "b", false),
            ("[!c-a]", "b", true),
            ("[a-]", "-", true),
            ("[-a]", "-", true),
            ("[a-c-e]", "-", true),
            ("[a-c-e]", "d", false),
            ("[^a]", "^", true),
            ("[^a]", "b", false),
            ("[b-a!x]", "y", true),
            ("[b-a!x]", "x", false),
            ("[b-a!]", "q", true),
            ("[\\]", "\\", true),
            ("[a\\-z]", "b", true),
            ("[a\\-z]", "\\", true),
            ("[[a]", "[", true),
            ("**/x", "a/b/x", true),
            ("**/x", "x", false),
            ("A", "a", false),
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("é?", "éü", true),
            ("[à-ü]", "é", true),
            ("*a*b*", "xaxxbx", true),
            ("[!]", "[!]", true),
            ("[!]", "a", false),
            ("[]", "[]", true),
            (".*", "a", false),
            ("[a-z-9]", "-", true),
            ("[a-z-9]", "9", true),
            ("[a-z-9]", "5", false),
            ("[--/]", ".", true),
            ("[!-a]", "b", true),
            ("[!-a]", "-", false),
            ("[%--]", "&", true),
            ("[z-a-c]", "b", false),
            ("[z-a-c]", "-", true),
            ("[z-a-c]", "c", true),
            ("[b-ad-cf-g]", "f", true),
            ("[b-ad-cf-g]", "a", false),
            ("[b-ad-cf-g]", "h", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_byte_that_is_not_utf_8_is_one_character() {
        let matches = |pattern: &str, text: &[u8]| Pattern::parse(pattern).matches(&characters(text));
        assert!(matches("a?b", b"a\xffb") && matches("a??", b"a\xc3\xff"));
        assert!(!matches("a?b", b"a\xc3\xffb") && !matches("a\u{ff}b", b"a\xffb"));
    }

    /// The same rule, as one writes it down: `*` takes nothing, or one character and then again what it takes.
    fn plainly(pattern: &[Part], text: &[u32]) -> bool {
        match (pattern, text) {
            ([], rest) => rest.is_empty(),
            ([Part::Any, left @ ..], rest) => {
                plainly(left, rest) || rest.split_first().is_some_and(|(_, rest)| plainly(pattern, rest))
            }
            ([Part::One(set), left @ ..], [first, rest @ ..]) => set.has(*first) && plainly(left, rest),
            ([Part::One(_), ..], []) => false,
        }
    }

    proptest! {
        #[test]
        fn stars_take_any_text(pattern in "[*?ab]{0,8}", text in "[ab/]{0,10}") {
            let pattern = Pattern::parse(&pattern);
            let text = characters(text.as_bytes());
            prop_assert_eq!(pattern.matches(&text), plainly(&pattern.0, &text));
        }

        #[test]
        fn a_text_without_special_characters_matches_only_itself(text in "[a-z./_-]{0,9}", other in "[a-z./_-]{0,9}") {
            prop_assert!(matches(&text, &text));
            prop_assert_eq!(matches(&text, &other), text == other);
        }

        /// A set without ranges has its characters, and a negated one all others.
        #[test]
        fn a_set_has_its_characters(set in "[a-d^&|~]{1,4}", text in "[a-f^&|~]") {
            prop_assert_eq!(matches(&format!("[{set}]"), &text), set.contains(&text));
            prop_assert_eq!(matches(&format!("[!{set}]"), &text), !set.contains(&text));
        }

        #[test]
        fn any_text_is_a_pattern(pattern in "[-!\\[\\]*?^a-c]{0,12}", text in "[-!\\[\\]^a-c]{0,6}") {
            matches(&pattern, &text);
        }
    }
}
