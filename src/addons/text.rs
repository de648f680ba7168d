//! Reads Python's string literals.

use super::cursor::Cursor;
use super::problem::{LiteralError, LiteralProblem};

/// The prefix of the string literal that comes next. None if none comes, or if its value is not a text: then it is one
/// of bytes, or an f-string.
pub(super) fn prefix(cursor: &Cursor<'_>) -> Option<&'static str> {
    let is_next = |prefix: &&str| {
        cursor.rest.strip_prefix(*prefix).is_some_and(|quoted| quoted.starts_with(['"', '\'']))
    };
    ["", "r", "R", "u", "U"].into_iter().find(is_next)
}

/// Reads a string literal that has this prefix, and adds its value to the text.
pub(super) fn read(cursor: &mut Cursor<'_>, prefix: &str, text: &mut String) -> Result<(), LiteralError> {
    let line = cursor.line;
    let unclosed = || LiteralError { line, problem: LiteralProblem::Unclosed { what: "string" } };
    cursor.take(prefix.len());
    let quote = cursor.take(1);
    let end = if cursor.take_if(&quote.repeat(2)) { quote.repeat(3) } else { quote.to_owned() };
    while !cursor.take_if(&end) {
        match cursor.next().ok_or_else(unclosed)? {
            '\n' if end.len() == 1 => return Err(unclosed()),
            '\\' => {
                let escaped = cursor.rest.chars().nth(1).ok_or_else(unclosed)?;
                if prefix.eq_ignore_ascii_case("r") {
                    text.push_str(cursor.take(1 + escaped.len_utf8()));
                } else {
                    escape(cursor, escaped, text)?;
                }
            }
            first => {
                let behind = &cursor.rest[first.len_utf8()..];
                let length = behind.find(|c| "\\\n\"'".contains(c)).unwrap_or(behind.len());
                text.push_str(cursor.take(first.len_utf8() + length));
            }
        }
    }
    Ok(())
}

/// Reads an escape; `letter` is the character behind its backslash. Python keeps an escape that it does not know.
fn escape(cursor: &mut Cursor<'_>, letter: char, text: &mut String) -> Result<(), LiteralError> {
    let octal = || cursor.rest[1..].bytes().take(3).take_while(|c| matches!(c, b'0'..=b'7')).count();
    let value = match letter {
        'x' => return character(cursor, 2, 2, 16).map(|c| text.push(c)),
        'u' => return character(cursor, 2, 4, 16).map(|c| text.push(c)),
        'U' => return character(cursor, 2, 8, 16).map(|c| text.push(c)),
        '0'..='7' => return character(cursor, 1, octal(), 8).map(|c| text.push(c)),
        'N' => return Err(cursor.error(LiteralProblem::forbidden("the escape `\\N`"))),
        '\n' => "",
        '\\' | '\'' | '"' => &cursor.rest[1..2],
        'a' => "\x07",
        'b' => "\x08",
        'f' => "\x0c",
        'n' => "\n",
        'r' => "\r",
        't' => "\t",
        'v' => "\x0b",
        _ => &cursor.rest[..=letter.len_utf8()],
    };
    text.push_str(value);
    cursor.take(1 + letter.len_utf8());
    Ok(())
}

/// Reads an escape that ends with the number of a character, in `count` digits behind `start` bytes.
fn character(cursor: &mut Cursor<'_>, start: usize, count: usize, radix: u32) -> Result<char, LiteralError> {
    let digits = cursor.rest.get(start..start + count).filter(|text| text.chars().all(|c| c.is_digit(radix)));
    let Some(digits) = digits else {
        let escape = &cursor.rest[..start];
        let what = format!("the escape `{escape}` without {count} hexadecimal digits");
        return Err(cursor.error(LiteralProblem::forbidden(what)));
    };
    let number = u32::from_str_radix(digits, radix).ok();
    let Some(character) = number.and_then(char::from_u32) else {
        let escape = &cursor.rest[..start + count];
        let what = format!("the escape `{escape}`: it is not a character");
        return Err(cursor.error(LiteralProblem::forbidden(what)));
    };
    cursor.take(start + count);
    Ok(character)
}
