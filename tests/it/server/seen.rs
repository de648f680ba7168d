//! What a server remembers of a request.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::http::Request;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Which connection it came over, counted from 0.
    pub(crate) connection: usize,
    /// Method, target and, in protocol 2, the command, such as `POST /web.git/git-upload-pack ls-refs`; in protocol 0
    /// `done` stands there where the pack is asked for, else `want`.
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, inflated if it came gzipped.
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn new(request: &Request, connection: usize) -> Self {
        let mut body = Vec::new();
        if request.header("content-encoding") == Some("gzip") {
            MultiGzDecoder::new(&*request.body).read_to_end(&mut body).expect("a gzipped body");
        } else {
            body.clone_from(&request.body);
        }
        let line = format!("{} {}", request.method, request.target);
        let mut seen = Self { connection, line, headers: request.headers.clone(), body };
        if let Some(command) = seen.command().map(str::to_owned) {
            seen.line.extend([" ", &command]);
        } else if seen.asks("want ") {
            seen.line.push_str(if seen.asks("0009done") { " done" } else { " want" });
        }
        seen
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn authorization(&self) -> Option<&str> {
        self.header("authorization")
    }

    /// The command of a protocol 2 request: `ls-refs` or `fetch`.
    pub(crate) fn command(&self) -> Option<&str> {
        let line = self.body.get(4..)?.split(|byte| *byte == b'\n' || *byte == 0).next()?;
        let command = std::str::from_utf8(line).ok()?.strip_prefix("command=")?;
        // Clients may leave the newline out; then the next packet's length follows.
        Some(if command.starts_with("fetch") { "fetch" } else { command })
    }

    /// Whether the body has a line such as `filter blob:none`.
    pub(crate) fn asks(&self, line: &str) -> bool {
        self.body.windows(line.len()).any(|window| window == line.as_bytes())
    }
}

pub(super) fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits =
            chunk.iter().enumerate().fold(0, |bits, (at, byte)| bits | u32::from(*byte) << (16 - 8 * at));
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at)) as usize & 63];
            encoded.push(if at <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    encoded
}

#[test]
fn encodes_credentials() {
    assert_eq!(base64("Aladdin:open sesame"), "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_eq!(base64("abc"), "YWJj");
}
