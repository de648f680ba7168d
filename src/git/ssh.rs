//! ssh through the user's own program, so that the user's configuration, agent, keys and known hosts work.

use std::env;
use std::io::{self, IsTerminal, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::Error;
use super::address::SshAddress;
use super::configuration::Configuration;
use super::pace::{self, Limits};

/// How ssh is started: a program, or a command line for the shell.
#[derive(Clone, Debug)]
pub(super) enum SshProgram {
    Plain(String),
    Shell(String),
}

impl SshProgram {
    /// In git's order: `GIT_SSH_COMMAND`, `core.sshCommand` of the user or the system, `GIT_SSH`, `ssh`.
    pub(super) fn choose(configuration: &Configuration) -> Self {
        let line = env::var("GIT_SSH_COMMAND").ok();
        let line = line.or_else(|| configuration.get("core.sshcommand").map(str::to_owned));
        match line {
            Some(line) if !line.trim().is_empty() => Self::Shell(line),
            _ => Self::Plain(env::var("GIT_SSH").unwrap_or_else(|_| "ssh".to_owned())),
        }
    }

    fn command(&self, arguments: &[String]) -> Command {
        match self {
            Self::Plain(program) => {
                let mut command = Command::new(program);
                command.args(arguments);
                command
            }
            Self::Shell(line) => {
                let mut command = Command::new("sh");
                command.arg("-c").arg(format!("{line} \"$@\"")).arg(line).args(arguments);
                command
            }
        }
    }

    fn name(&self) -> &str {
        let (Self::Plain(line) | Self::Shell(line)) = self;
        line
    }

    /// Which options the program has. As in git, the name of the program decides.
    fn variant(&self) -> Variant {
        let program = match self {
            Self::Plain(program) => program.as_str(),
            Self::Shell(line) => first_word(line),
        };
        let name = program.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
        match name.strip_suffix(".exe").unwrap_or(&name) {
            "plink" | "putty" | "tortoiseplink" => Variant::Putty,
            "ssh" => Variant::OpenSsh,
            _ => Variant::Unknown,
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Variant {
    OpenSsh,
    Putty,
    /// Another program, such as a script. It may accept no options at all.
    Unknown,
}

/// The first word of a command line for the shell.
fn first_word(line: &str) -> &str {
    let line = line.trim_start();
    match line.chars().next() {
        Some(quote @ ('\'' | '"')) => line[1..].split(quote).next().unwrap_or_default(),
        _ => line.split_whitespace().next().unwrap_or_default(),
    }
}

/// The number of bytes of the program's stderr that are kept.
const MOST_COMPLAINTS: usize = 16 * 1024;
/// How long to wait for the end of stderr: a process that shares the ssh connection may keep it open for ever.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A running `git-upload-pack` on the server. Pipes have no time limit, so each pipe has a thread.
pub(super) struct SshSession {
    child: Child,
    input: Option<Input>,
    output: Receiver<io::Result<Vec<u8>>>,
    complaints: Complaints,
    rest: Vec<u8>,
    limits: Limits,
}

impl SshSession {
    pub(super) fn start(program: &SshProgram, address: &SshAddress, limits: Limits) -> Result<Self, Error> {
        let variant = program.variant();
        let mut arguments: Vec<String> = Vec::new();
        // ssh asks for a password on the terminal device, whatever stdin is. A script would wait for ever.
        if !io::stdin().is_terminal() {
            arguments.extend(match variant {
                Variant::OpenSsh => vec!["-o".to_owned(), "BatchMode=yes".to_owned()],
                Variant::Putty => vec!["-batch".to_owned()],
                Variant::Unknown => Vec::new(),
            });
        }
        let port_flag = if variant == Variant::Putty { "-P" } else { "-p" };
        arguments.extend(address.port.into_iter().flat_map(|port| [port_flag.to_owned(), port.to_string()]));
        arguments.push(address.destination.clone());
        arguments.push(format!("git-upload-pack {}", quoted(&address.path)));
        let mut child = program
            .command(&arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| Error::Program { program: program.name().to_owned(), why: error.to_string() })?;
        let input = Input::to(child.stdin.take().expect("stdin is piped"));
        let mut stdout = child.stdout.take().expect("stdout is piped");
        let complaints = Complaints::of(child.stderr.take().expect("stderr is piped"));
        let (sender, output) = mpsc::sync_channel(16);
        std::thread::spawn(move || {
            loop {
                let mut buffer = vec![0; 64 * 1024];
                let piece = stdout.read(&mut buffer).map(|count| {
                    buffer.truncate(count);
                    buffer
                });
                let last = piece.as_ref().map_or(true, Vec::is_empty);
                if sender.send(piece).is_err() || last {
                    return;
                }
            }
        });
        pace::start(limits);
        Ok(Self { child, input: Some(input), output, complaints, rest: Vec::new(), limits })
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// What the program wrote to stderr, on one line. Empty if it only closed the connection.
    pub(super) fn complaint(&mut self) -> String {
        drop(self.input.take());
        let text = self.complaints.last();
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        lines.join("; ")
    }
}

impl Read for SshSession {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            self.rest = match self.output.recv_timeout(pace::left().min(self.limits.stall)) {
                Ok(piece) => piece?,
                Err(RecvTimeoutError::Timeout) => return Err(io::ErrorKind::TimedOut.into()),
                Err(RecvTimeoutError::Disconnected) => Vec::new(),
            };
            if self.rest.is_empty() {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, self.complaint()));
            }
            pace::came(self.rest.len());
        }
        let count = self.rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.rest[..count]);
        self.rest.drain(..count);
        Ok(count)
    }
}

impl Write for SshSession {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let input = self.input.as_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        input.pieces.send(buffer.to_vec()).map_err(|_| io::ErrorKind::BrokenPipe)?;
        match input.written.recv_timeout(self.limits.stall) {
            Ok(written) => written.map(|()| buffer.len()),
            Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::TimedOut.into()),
            Err(RecvTimeoutError::Disconnected) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Does nothing: each piece is flushed when it is written.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The program's stdin. It is closed when this value is dropped.
struct Input {
    pieces: Sender<Vec<u8>>,
    written: Receiver<io::Result<()>>,
}

impl Input {
    fn to(mut pipe: impl Write + Send + 'static) -> Self {
        let (pieces, to_write) = mpsc::channel::<Vec<u8>>();
        let (answers, written) = mpsc::channel();
        std::thread::spawn(move || {
            for piece in to_write {
                if answers.send(pipe.write_all(&piece).and_then(|()| pipe.flush())).is_err() {
                    return;
                }
            }
        });
        Self { pieces, written }
    }
}

/// The program's stderr. It is read all the time, so that the program never waits for us.
struct Complaints {
    text: Arc<Mutex<Vec<u8>>>,
    end: Receiver<()>,
}

impl Complaints {
    fn of(mut pipe: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let (ended, end) = mpsc::channel();
        let kept = Arc::clone(&text);
        std::thread::spawn(move || {
            let _dropped_at_the_end = ended;
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                let room = MOST_COMPLAINTS.saturating_sub(kept.len());
                kept.extend_from_slice(&buffer[..count.min(room)]);
            }
        });
        Self { text, end }
    }

    fn last(&self) -> String {
        let _ended_or_not = self.end.recv_timeout(LAST_WORDS);
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).into_owned()
    }
}

impl Drop for SshSession {
    fn drop(&mut self) {
        drop(self.input.take());
        let _already_gone = self.child.kill();
        let _already_gone = self.child.wait();
    }
}

/// Quotes a word for the shell on the server.
fn quoted(word: &str) -> String {
    // A leading `~user` stays unquoted, so that the shell expands it.
    let (home, rest) = match word.strip_prefix('~') {
        Some(rest) => {
            let end = rest.find('/').unwrap_or(rest.len());
            if rest[..end].chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
                word.split_at(end + 1)
            } else {
                ("", word)
            }
        }
        None => ("", word),
    };
    format!("{home}'{}'", rest.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::{SshProgram, Variant, quoted};

    #[test]
    fn the_name_of_a_program_decides_its_options() {
        for (line, variant) in [
            ("ssh -i key", Variant::OpenSsh),
            ("'/usr/local/my bin/ssh' -i key", Variant::OpenSsh),
            ("\"C:\\Program Files\\plink.exe\" -v", Variant::Putty),
            ("/opt/wrapper", Variant::Unknown),
        ] {
            assert_eq!(SshProgram::Shell(line.to_owned()).variant(), variant, "{line}");
        }
        assert_eq!(SshProgram::Plain("/my bin/ssh".to_owned()).variant(), Variant::OpenSsh);
    }

    #[test]
    fn a_path_is_one_word_for_the_servers_shell() {
        assert_eq!(quoted("/srv/a b.git"), "'/srv/a b.git'");
        assert_eq!(quoted("~me/a.git"), "~me'/a.git'");
        assert_eq!(quoted("a'; rm x"), "'a'\\''; rm x'");
        assert_eq!(quoted("~$(x)/a"), "'~$(x)/a'");
    }
}
