//! What a server can do wrong, and how it does it.

use std::io::{self, BufReader, Read, Write};
use std::thread;
use std::time::Duration;

use super::cgi::Answer;
use super::http::{Request, respond, write_chunk, write_head};

/// A number of times that does not end.
pub(crate) const ALWAYS: usize = usize::MAX;

#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// This status and a line of text; 401 asks for basic authentication.
    Status(u16),
    /// This status with `Retry-After` in seconds.
    RetryAfter(u16, u32),
    /// 200 with a page, as captive portals and login walls answer.
    Html,
    /// This status with this content type and content.
    Other(u16, &'static str, &'static str),
    /// The true answer, its connection closed after so many bytes of the body.
    CloseAfter(u64),
    /// The true answer, with silence after so many bytes of the body.
    StallAfter(u64),
    /// The true answer with one byte of the pack changed.
    CorruptPack,
    /// No answer, and no end of the connection.
    Hang,
    /// Progress messages without an end.
    Endless,
    /// Long refs without an end.
    EndlessRefs,
    /// The true answer, and more and more of the pack after its end.
    EndlessPack,
    /// The first text, then the second one again and again, with a pause before each.
    Drip(&'static str, &'static str),
    /// 200 and this as git's answer.
    Says(Vec<u8>),
    /// The true answer, when so many requests have come, and a moment has passed in which one more could come.
    Gather(usize),
    /// The true answer in protocol 2, with so many lines in front that say where the history ends.
    Boundaries(usize),
}

/// What becomes of the connection after an answer.
#[derive(PartialEq)]
pub(crate) enum Next {
    Keep,
    Close,
}

/// Answers in place of git; only for faults that need no true answer.
pub(crate) fn answer<S: Read + Write>(
    stream: &mut BufReader<S>,
    request: &Request,
    fault: &Fault,
) -> io::Result<Next> {
    let out = stream.get_mut();
    match fault {
        Fault::Status(401) => {
            let headers = [("WWW-Authenticate", "Basic realm=\"oca\""), ("Content-Type", "text/plain")];
            respond(out, 401, &headers, b"who are you?\n")?;
        }
        Fault::Status(status) => {
            respond(out, *status, &[("Content-Type", "text/plain")], b"not today\n")?;
        }
        Fault::RetryAfter(status, seconds) => {
            respond(out, *status, &[("Retry-After", &seconds.to_string())], b"later\n")?;
        }
        Fault::Html => {
            let page = b"<!DOCTYPE html><html><title>Sign in</title><p>Please sign in.</p></html>\n";
            respond(out, 200, &[("Content-Type", "text/html; charset=utf-8")], page)?;
        }
        Fault::Other(status, content_type, content) => {
            respond(out, *status, &[("Content-Type", *content_type)], content.as_bytes())?;
        }
        Fault::Hang => return wait_for_the_end(stream),
        Fault::Endless => {
            write_git_head(out, request)?;
            // Side band 2, which both protocol versions know.
            return repeat_forever(out, &b"0014\x02still counting\n".repeat(256));
        }
        Fault::EndlessRefs => {
            write_git_head(out, request)?;
            if request.method == "GET" {
                write_chunk(out, b"001e# service=git-upload-pack\n0000")?;
            }
            let line = format!("fff0{} refs/heads/", "1".repeat(40));
            return repeat_forever(out, format!("{line:a<65519}\n").as_bytes());
        }
        Fault::Drip(first, again) => {
            out.write_all(first.as_bytes())?;
            loop {
                out.flush()?;
                thread::sleep(Duration::from_millis(50));
                out.write_all(again.as_bytes())?;
            }
        }
        Fault::Says(text) => {
            write_git_head(out, request)?;
            write_chunk(out, text)?;
            out.write_all(b"0\r\n\r\n")?;
            out.flush()?;
        }
        Fault::CloseAfter(_)
        | Fault::StallAfter(_)
        | Fault::CorruptPack
        | Fault::EndlessPack
        | Fault::Gather(_)
        | Fault::Boundaries(_) => {
            unreachable!("needs an answer")
        }
    }
    Ok(Next::Keep)
}

/// Passes git's answer on: chunked, unless git says its length, and with what `fault` does to it.
pub(crate) fn pass_on<S: Read + Write>(
    stream: &mut BufReader<S>,
    mut answer: Answer,
    fault: Option<&Fault>,
) -> io::Result<Next> {
    let chunked = !answer.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let headers = std::mem::take(&mut answer.headers);
    let encoding = chunked.then_some(("Transfer-Encoding", "chunked"));
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(encoding);
    write_head(stream.get_mut(), answer.status, headers)?;
    if let Some(Fault::EndlessPack) = fault {
        let mut body = Vec::new();
        answer.read_to_end(&mut body)?;
        // All but the flush.
        write_chunk(stream.get_mut(), &body[..body.len() - 4])?;
        return repeat_forever(stream.get_mut(), &[b"fff0\x01".as_slice(), &vec![0; 0xffeb]].concat());
    }
    if let Some(Fault::Boundaries(count)) = fault {
        let lines: String = (0..*count).map(|number| format!("0035shallow {number:040x}\n")).collect();
        write_chunk(stream.get_mut(), format!("0011shallow-info\n{lines}").as_bytes())?;
    }
    let mut body: Box<dyn Read> = match fault {
        Some(Fault::CloseAfter(length) | Fault::StallAfter(length)) => Box::new(answer.take(*length)),
        Some(Fault::CorruptPack) => Box::new(io::Cursor::new(corrupted(answer)?)),
        _ => Box::new(answer),
    };
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = body.read(&mut buffer)?;
        if length == 0 {
            break;
        }
        if chunked {
            write_chunk(stream.get_mut(), &buffer[..length])?;
        } else {
            stream.get_mut().write_all(&buffer[..length])?;
        }
    }
    match fault {
        Some(Fault::CloseAfter(_)) => {
            stream.get_mut().flush()?;
            return Ok(Next::Close);
        }
        Some(Fault::StallAfter(_)) => {
            stream.get_mut().flush()?;
            return wait_for_the_end(stream);
        }
        _ if chunked => stream.get_mut().write_all(b"0\r\n\r\n")?,
        _ => {}
    }
    stream.get_mut().flush()?;
    Ok(Next::Keep)
}

fn wait_for_the_end(stream: &mut impl Read) -> io::Result<Next> {
    io::copy(stream, &mut io::sink())?;
    Ok(Next::Close)
}

fn write_git_head(out: &mut impl Write, request: &Request) -> io::Result<()> {
    let service = if request.method == "GET" { "advertisement" } else { "result" };
    let content_type = format!("application/x-git-upload-pack-{service}");
    write_head(out, 200, [("Content-Type", content_type.as_str()), ("Transfer-Encoding", "chunked")])
}

fn repeat_forever(out: &mut impl Write, bytes: &[u8]) -> io::Result<Next> {
    loop {
        write_chunk(out, bytes)?;
    }
}

/// Changes a byte inside the first object, so that only checksums can tell.
fn corrupted(mut answer: impl Read) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    answer.read_to_end(&mut body)?;
    if let Some(start) = body.windows(4).position(|window| window == b"PACK") {
        // 12 bytes of header, the object's own header, then deflated data.
        body[start + 24] ^= 0x55;
    }
    Ok(body)
}
