//! As much of HTTP/1.1 as a git client and a proxy need.

use std::io::{self, BufRead, BufReader, Read, Write};

/// A request, its body read completely and as it was sent.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Reads the next request; nothing when the client has closed the connection.
    pub(crate) fn read<S: Read + Write>(stream: &mut BufReader<S>) -> io::Result<Option<Self>> {
        let Some(mut request) = Self::read_head(stream)? else { return Ok(None) };
        if request.header("expect").is_some() {
            stream.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            stream.get_mut().flush()?;
        }
        request.body = if request.header("transfer-encoding") == Some("chunked") {
            read_chunks(stream)?
        } else {
            let length =
                request.header("content-length").map_or(Ok(0), str::parse).map_err(io::Error::other)?;
            let mut body = vec![0; length];
            stream.read_exact(&mut body)?;
            body
        };
        Ok(Some(request))
    }

    /// Reads the request line and the headers alone.
    pub(crate) fn read_head(stream: &mut impl BufRead) -> io::Result<Option<Self>> {
        let line = read_line(stream)?;
        let mut words = line.split(' ').map(str::to_owned);
        let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
        let mut headers = Vec::new();
        loop {
            let line = read_line(stream)?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        Ok(Some(Self { method, target, headers, body: Vec::new() }))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The path without the query.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub(crate) fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }
}

/// Reads a line without its end; an empty one at the end of the stream.
pub(crate) fn read_line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn read_chunks(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(stream)?;
        let length = u64::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
        if length == 0 {
            while !read_line(stream)?.is_empty() {}
            return Ok(body);
        }
        stream.take(length).read_to_end(&mut body)?;
        read_line(stream)?;
    }
}

/// Writes a whole response whose length is known.
pub(crate) fn respond(
    stream: &mut impl Write,
    status: u16,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<()> {
    let length = body.len().to_string();
    write_head(stream, status, headers.iter().copied().chain([("Content-Length", length.as_str())]))?;
    stream.write_all(body)?;
    stream.flush()
}

pub(crate) fn write_head<'a>(
    stream: &mut impl Write,
    status: u16,
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} {}\r\n", reason(status));
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())
}

pub(crate) fn write_chunk(stream: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    write!(stream, "{:x}\r\n", bytes.len())?;
    stream.write_all(bytes)?;
    stream.write_all(b"\r\n")?;
    stream.flush()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Error",
    }
}
