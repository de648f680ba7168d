//! Binary contents in a patch of the user: compressed, whole or as a delta.

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::UserContent;
use crate::patch::binary::read_line;
use crate::patch::delta::LONGEST;
use crate::patch::error::Error;
use crate::patch::lines::{Lines, number};

/// Reads what follows `GIT binary patch`: the new content, and perhaps how to go back.
pub(super) fn take(lines: &mut Lines<'_>) -> Result<UserContent, Error> {
    let why = "`literal` or `delta` must follow `GIT binary patch`";
    let forward = take_block(lines)?.ok_or_else(|| lines.next_error(why))?;
    take_block(lines)?;
    Ok(forward)
}

fn take_block(lines: &mut Lines<'_>) -> Result<Option<UserContent>, Error> {
    let (is_literal, length) = match (lines.take_after("literal "), lines.take_after("delta ")) {
        (Some(length), _) => (true, length),
        (None, Some(length)) => (false, length),
        (None, None) => return Ok(None),
    };
    let start = lines.number;
    let damaged = || Error::Syntax { line: start, why: "the binary content is damaged" };
    let (length, _) = number(length).ok_or_else(damaged)?;
    if length > LONGEST {
        return Err(Error::Unsupported { line: start, what: "a binary content of more than 64 MiB" });
    }
    let mut stream = Vec::new();
    while let Some(line) = lines.take().map(<[u8]>::trim_ascii_end).filter(|line| !line.is_empty()) {
        read_line(line, &mut stream).ok_or_else(|| lines.error("this is not a line of a binary patch"))?;
    }
    let mut content = Vec::new();
    let inflated = ZlibDecoder::new(&stream[..]).take(length as u64 + 1).read_to_end(&mut content);
    if inflated.is_err() || content.len() != length {
        return Err(damaged());
    }
    Ok(Some(if is_literal { UserContent::Literal(content) } else { UserContent::Delta(content) }))
}
