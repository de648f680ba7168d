//! The comments of a YAML file, by what they are about. The parser does not give them, so they are read from the lines.

use std::collections::{BTreeMap, BTreeSet};

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::place::{SourcePlace, Spot, Text};
use super::{Note, note};
use crate::repo::{one_line, redact_userinfo};

/// More characters of a comment than a note needs.
const SHOWN: usize = 40;

/// A comment, and its line.
type Comment = (usize, String);

/// The comments of a file.
#[derive(Debug, Default)]
pub(super) struct Comments {
    /// Those directly above a line, in the same column, and the one behind it.
    about: BTreeMap<usize, Vec<Comment>>,
    /// All others.
    alone: Vec<Comment>,
}

impl Comments {
    /// Reads the comments of a file that the parser accepts.
    pub(super) fn read(text: &Text) -> Self {
        let ends = Values::read(text).ends(text);
        let (mut comments, mut above) = (Self::default(), Vec::<(usize, Comment)>::new());
        for ((line, content), end) in (1..).zip(text.text.lines()).zip(ends) {
            let comment = end.and_then(|end| comment(content, end)).map(|text| (line, text));
            let column = indent(content);
            let is_alone = end == Some(0) && content.trim_start().starts_with('#');
            if is_alone {
                above.extend(comment.map(|comment| (column, comment)));
                continue;
            }
            let is_about = end.is_some() && !content.trim().is_empty();
            let (its_own, others): (Vec<_>, Vec<_>) =
                above.drain(..).partition(|(at, _)| is_about && *at == column);
            comments.alone.extend(others.into_iter().map(|(_, comment)| comment));
            let its_own: Vec<Comment> = its_own.into_iter().map(|(_, own)| own).chain(comment).collect();
            if !its_own.is_empty() {
                comments.about.insert(line, its_own);
            }
        }
        comments.alone.extend(above.into_iter().map(|(_, comment)| comment));
        comments
    }

    /// Takes the comments about what stands in a line.
    pub(super) fn take(&mut self, place: &SourcePlace) -> Vec<String> {
        let Spot::Line(line) = &place.spot else { return Vec::new() };
        self.about.remove(line).into_iter().flatten().map(|(_, text)| text).collect()
    }

    /// A note for each comment that nothing took.
    pub(super) fn left(self, text: &Text) -> Vec<Note> {
        let mut left: Vec<Comment> = self.about.into_values().flatten().chain(self.alone).collect();
        left.sort();
        left.into_iter().map(|(line, comment)| left_out(&text.line(line), &comment)).collect()
    }
}

/// The note about a comment that the new file does not have.
pub(super) fn left_out(place: &SourcePlace, comment: &str) -> Note {
    let short: String = comment.chars().take(SHOWN).collect();
    let short = if short.len() < comment.len() { format!("{short}…") } else { short };
    place.note(note::COMMENT, &short, format!("the comment `{short}`"))
}

/// Where the values of a file are, as far as the parser says it.
#[derive(Default)]
struct Values {
    /// The column after the last plain value of a line.
    plain: BTreeMap<usize, usize>,
    /// The lines that a plain value leaves open.
    continued: BTreeSet<usize>,
    /// Where the values with quotes begin: line and column. Their ends are not exact.
    quoted: BTreeSet<(usize, usize)>,
    /// The first lines of blocks, below the `|` or `>`.
    blocks: BTreeSet<usize>,
}

impl Values {
    fn read(text: &Text) -> Self {
        let mut values = Self::default();
        for (event, span) in Parser::new_from_str(&text.text).map_while(Result::ok) {
            let (start, end) = (span.start.line(), span.end.line());
            match event {
                Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, ..) => {
                    values.blocks.insert(start);
                }
                Event::Scalar(_, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted, ..) => {
                    values.quoted.insert((start, span.start.col()));
                }
                Event::Scalar(..) | Event::Alias(_) => {
                    values.continued.extend(start..end);
                    let column = values.plain.entry(end).or_default();
                    *column = span.end.col().max(*column);
                }
                _ => {}
            }
        }
        values
    }

    /// For each line, the column after its last value. `None` if a value goes on in the next line, or if all of it is a
    /// part of one.
    fn ends(&self, text: &Text) -> Vec<Option<usize>> {
        let (mut block, mut quote) = (None, None);
        let mut ends = Vec::new();
        for (line, content) in (1..).zip(text.text.lines()) {
            let column = indent(content);
            block = block.or_else(|| self.blocks.contains(&line).then_some(column));
            block = block.filter(|of| column >= *of || content.trim().is_empty());
            if block.is_some() {
                ends.push(None);
                continue;
            }
            let closed = self.closed(line, content, &mut quote);
            let end = self.plain.get(&line).copied().unwrap_or_default().max(closed);
            ends.push((quote.is_none() && !self.continued.contains(&line)).then_some(end));
        }
        ends
    }

    /// The column after the last quote of a line that ends a value. `quote` is the one that is open.
    fn closed(&self, line: usize, content: &str, quote: &mut Option<char>) -> usize {
        let mut closed = 0;
        let mut chars = content.chars().enumerate().peekable();
        while let Some((column, c)) = chars.next() {
            match quote {
                None if self.quoted.contains(&(line, column)) => *quote = Some(c),
                // The next character is escaped.
                Some('"') if c == '\\' => _ = chars.next(),
                Some('\'') if c == '\'' && chars.peek().is_some_and(|(_, next)| *next == c) => {
                    _ = chars.next();
                }
                Some(open) if *open == c => {
                    *quote = None;
                    closed = column + 1;
                }
                _ => {}
            }
        }
        closed
    }
}

fn indent(line: &str) -> usize {
    line.chars().take_while(|c| *c == ' ').count()
}

/// The comment of a line behind a column. `None` if there is none, or if it is empty.
fn comment(line: &str, column: usize) -> Option<String> {
    let before = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    let (known, rest) = line.split_at(before);
    let is_start = |(at, _): &(usize, &str)| {
        let previous = rest[..*at].chars().next_back().or_else(|| known.chars().next_back());
        previous.is_none_or(char::is_whitespace)
    };
    let (at, _) = rest.match_indices('#').find(is_start)?;
    let text = rest[at..].trim_start_matches('#').trim();
    // A comment may have an address with a password.
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| if word.contains("://") { redact_userinfo(word) } else { word.to_owned() })
        .collect();
    let text = one_line(&words.join(" "));
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn comments_belong_to_the_line_below_or_before_them() {
        let text = Text::new(
            Path::new("repos.yaml"),
            "# The file\n\n# Web\n## of OCA\n./web: # main\n  remotes:\n    oca: \"https://x/#y\" # url\n  merges:\n    \
             - oca 18.0\n    # Search\n    - oca refs/pull/1/head   # until July\n    # - oca refs/pull/2/head\n./dms:\n  \
             shell_command_after: |\n    # no comment\n    true\n  # depth\n  x: 'a\n    # b' # c\n  y: a#b\n# \
             https://me:pw@host/x\n#\n",
        );
        let mut comments = Comments::read(&text);
        assert_eq!(comments.take(&text.line(5)), ["Web", "of OCA", "main"]);
        assert_eq!(comments.take(&text.line(11)), ["Search", "until July"]);
        assert_eq!(comments.take(&text.line(13)), [""; 0], "it is indented, so it belongs to `./web`");
        let left: Vec<String> = comments.left(&text).iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(left.join("\n"), @r"
        `repos.yaml` at line 1: the comment `The file` is left out
        `repos.yaml` at line 7: the comment `url` is left out
        `repos.yaml` at line 12: the comment `- oca refs/pull/2/head` is left out
        `repos.yaml` at line 17: the comment `depth` is left out
        `repos.yaml` at line 19: the comment `c` is left out
        `repos.yaml` at line 21: the comment `https://***@host/x` is left out
        ");
    }
}
