//! Lines that fit the width of a terminal, which would break them in the middle of a word.

use super::tone::columns;

/// The text with its long lines broken at blanks. The rest of a line is indented below it. What is quoted stays on one
/// line if it fits, so that it can be copied.
pub(super) fn wrapped(text: &str, width: Option<usize>) -> String {
    let Some(width) = width else { return text.to_owned() };
    text.split_inclusive('\n').map(|line| folded(line, width)).collect()
}

fn folded(line: &str, width: usize) -> String {
    let (body, end) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
    if columns(body) <= width {
        return line.to_owned();
    }
    let words = body.trim_start_matches(' ');
    let first = " ".repeat(body.len() - words.len());
    let indent = format!("{first}    ");
    let (mut text, mut current) = (String::new(), first);
    let mut is_begun = false;
    for part in parts(words, width.saturating_sub(indent.len())) {
        let gap = usize::from(is_begun);
        if is_begun && columns(&current) + gap + columns(part) > width {
            text.push_str(&current);
            text.push('\n');
            current = format!("{indent}{part}");
        } else {
            current.push_str(&" ".repeat(gap));
            current.push_str(part);
        }
        is_begun = true;
    }
    format!("{text}{current}{end}")
}

/// The words of a line. What is between backticks is one word, unless it is longer than `widest`.
fn parts(line: &str, widest: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut is_quoted) = (0, false);
    for (at, c) in line.char_indices().chain([(line.len(), ' ')]) {
        match c {
            '`' => is_quoted = !is_quoted,
            ' ' if !is_quoted || at == line.len() => {
                let part = &line[start..at];
                if columns(part) > widest {
                    parts.extend(part.split(' '));
                } else {
                    parts.push(part);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_between_words_and_not_in_what_is_quoted() {
        let text = "error[OCA004]: `mine` needs `queue_job`\n  hint: run `oca add --module queue_job` and then sync\n";
        assert_eq!(wrapped(text, None), text);
        assert_eq!(wrapped(text, Some(80)), text);
        assert_eq!(
            wrapped(text, Some(34)),
            "error[OCA004]: `mine` needs\n    `queue_job`\n  hint: run\n      `oca add --module queue_job`\n      and then sync\n"
        );
        // A quotation that is too long is broken, a word is not.
        assert_eq!(
            wrapped("`oca add --module a_long_name_of_a_module`", Some(20)),
            "`oca add --module\n    a_long_name_of_a_module`"
        );
        assert_eq!(wrapped("", Some(1)), "");
    }
}
