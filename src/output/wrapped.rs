//! Lines that fit the width of a terminal, which would break them in the middle of a word.

use super::tone::columns;

/// The text with its long lines broken at blanks. The rest of a line is indented below it. What is quoted is never broken,
/// so that a command can be copied; the terminal itself breaks it if it is too long.
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
    for part in parts(words) {
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

/// The words of a line. What is between backticks is one word.
fn parts(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut is_quoted) = (0, false);
    for (at, c) in line.char_indices().chain([(line.len(), ' ')]) {
        match c {
            '`' => is_quoted = !is_quoted && line[at + 1..].contains('`'),
            ' ' if !is_quoted || at == line.len() => {
                parts.push(&line[start..at]);
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
        // Neither a quotation nor a word is broken, however long it is.
        assert_eq!(
            wrapped("run `oca add --module a_long_name_of_a_module`", Some(20)),
            "run\n    `oca add --module a_long_name_of_a_module`"
        );
        // A backtick that nothing closes quotes nothing.
        assert_eq!(wrapped("a ` in a line of text", Some(12)), "a ` in a\n    line of\n    text");
        assert_eq!(wrapped("", Some(1)), "");
    }
}
