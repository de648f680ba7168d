//! One request through `git http-backend`.

use std::io::{self, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
use std::thread;

use super::http::{Request, read_line};
use crate::env::server_git;

/// The answer of `git http-backend`, its body still to be read.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    body: BufReader<ChildStdout>,
    child: Child,
}

/// Runs `git http-backend` for the repositories below `root` with some git configuration.
pub(crate) fn answer(
    root: &Path,
    config: &[String],
    protocol: bool,
    request: &Request,
) -> io::Result<Answer> {
    let mut command = server_git();
    for setting in config {
        command.args(["-c", setting]);
    }
    command
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", &request.method)
        .env("PATH_INFO", request.path())
        .env("QUERY_STRING", request.query())
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("REMOTE_ADDR", "127.0.0.1");
    let passed = [("content-type", "CONTENT_TYPE"), ("content-encoding", "HTTP_CONTENT_ENCODING")];
    let version = protocol.then_some(("git-protocol", "GIT_PROTOCOL"));
    for (header, variable) in passed.into_iter().chain(version) {
        command.envs(request.header(header).map(|value| (variable, value)));
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    let body = request.body.clone();
    // Beside the reading, since upload-pack answers before it has read everything.
    thread::spawn(move || stdin.write_all(&body));
    let stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
    let mut answer = Answer { status: 200, headers: Vec::new(), body: stdout, child };
    answer.read_head()?;
    Ok(answer)
}

impl Answer {
    fn read_head(&mut self) -> io::Result<()> {
        loop {
            let line = read_line(&mut self.body)?;
            let Some((name, value)) = line.split_once(':') else { return Ok(()) };
            if name.eq_ignore_ascii_case("status") {
                let code = value.split_whitespace().next().unwrap_or_default();
                self.status = code.parse().map_err(io::Error::other)?;
            } else {
                self.headers.push((name.to_owned(), value.trim().to_owned()));
            }
        }
    }
}

impl Read for Answer {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.body.read(buffer)
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
