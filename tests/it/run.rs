//! One run of a program: what it is given, what it has to say, and how it has to end.

use std::ffi::OsStr;
use std::fmt::{self, Display, Formatter};
use std::io::{Read, Write};
use std::iter;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::diff::difference;
use crate::schemas::assert_report;

/// Longer than any honest run on a busy machine: a run that takes longer hangs.
const PATIENCE: Duration = Duration::from_mins(2);

/// A run that is prepared; stdout and stderr have to stay empty unless said otherwise.
#[must_use = "nothing runs before `success`, `status`, `output` or `spawn`"]
pub(crate) struct Run {
    command: Command,
    root: PathBuf,
    stdin: String,
    stdout: Expected,
    stderr: Expected,
}

enum Expected {
    Exactly(String),
    Containing(Vec<String>),
}

impl Run {
    pub(crate) fn new(command: Command, root: &Path) -> Self {
        let empty = || Expected::Exactly(String::new());
        Self { command, root: root.to_owned(), stdin: String::new(), stdout: empty(), stderr: empty() }
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub(crate) fn args(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Lets the run also find the programs that the tests themselves find, such as git and a shell.
    pub(crate) fn with_programs(self) -> Self {
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let folders = iter::once(self.root.join("bin")).chain(std::env::split_paths(&inherited));
        let path = std::env::join_paths(folders).expect("folders without a separator in their names");
        self.env("PATH", path)
    }

    pub(crate) fn current_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub(crate) fn stdin(mut self, text: &str) -> Self {
        text.clone_into(&mut self.stdin);
        self
    }

    pub(crate) fn stdout(mut self, text: &str) -> Self {
        self.stdout = Expected::Exactly(text.to_owned());
        self
    }

    pub(crate) fn stderr(mut self, text: &str) -> Self {
        self.stderr = Expected::Exactly(text.to_owned());
        self
    }

    /// Accepts any stdout that contains this; may be said several times.
    pub(crate) fn stdout_contains(mut self, text: &str) -> Self {
        self.stdout.also_contains(text);
        self
    }

    /// Accepts any stderr that contains this; may be said several times.
    pub(crate) fn stderr_contains(mut self, text: &str) -> Self {
        self.stderr.also_contains(text);
        self
    }

    #[track_caller]
    pub(crate) fn success(self) {
        self.status(0);
    }

    #[track_caller]
    pub(crate) fn status(self, code: i32) {
        self.spawn().status(code);
    }

    /// Runs and returns what came out, for a snapshot or a look at parts of it.
    #[track_caller]
    pub(crate) fn output(self) -> Output {
        self.spawn().output()
    }

    /// Runs up to the named place in the source, and there ends as if it was killed: no signal handler, no destructor.
    #[track_caller]
    pub(crate) fn stopped_at(self, place: &str) {
        let output = self.env("OCA_TEST_STOP", format!("abort:{place}")).output();
        assert_eq!(output.code, None, "the run did not come to `{place}`\n{output}");
    }

    /// Runs up to the named place in the source, and on from there once something was done meanwhile.
    #[cfg(unix)]
    #[track_caller]
    pub(crate) fn held_at(self, place: &str, meanwhile: impl FnOnce()) -> Running {
        let pipe = self.root.join("hold");
        drop(std::fs::remove_file(&pipe));
        assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is installed").success());
        let mut running = self.env("OCA_TEST_STOP", format!("wait:{place}:{}", pipe.display())).spawn();
        // A run that ends elsewhere never opens the pipe at its end.
        let (opened, is_open) = std::sync::mpsc::channel::<()>();
        let other_end = pipe.clone();
        thread::spawn(move || {
            is_open.recv_timeout(PATIENCE).is_err().then(|| std::fs::File::open(other_end))
        });
        let hold = std::fs::File::options().write(true).open(&pipe).expect("a pipe");
        let _ended = opened.send(());
        let ended = running.child.try_wait().expect("the run is our child");
        assert_eq!(ended, None, "the run did not come to `{place}`");
        meanwhile();
        drop(hold);
        running
    }

    /// Starts the run without waiting for it, to kill it or to have several at once.
    #[track_caller]
    pub(crate) fn spawn(mut self) -> Running {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("the program starts");
        let mut pipe = child.stdin.take().expect("stdin is a pipe");
        let stdin = self.stdin;
        // A program that does not read its stdin is no failure.
        thread::spawn(move || pipe.write_all(stdin.as_bytes()));
        Running {
            stdout_reader: reader(child.stdout.take().expect("stdout is a pipe")),
            stderr_reader: reader(child.stderr.take().expect("stderr is a pipe")),
            child,
            arguments: self.command.get_args().map(|word| word.to_string_lossy().into_owned()).collect(),
            root: self.root,
            stdout: self.stdout,
            stderr: self.stderr,
        }
    }
}

/// A run that has started.
#[must_use = "a run has to be waited for or killed"]
pub(crate) struct Running {
    child: Child,
    arguments: Vec<String>,
    root: PathBuf,
    stdout: Expected,
    stderr: Expected,
    stdout_reader: JoinHandle<Vec<u8>>,
    stderr_reader: JoinHandle<Vec<u8>>,
}

impl Running {
    #[track_caller]
    pub(crate) fn success(self) {
        self.status(0);
    }

    #[track_caller]
    pub(crate) fn status(mut self, code: i32) {
        let expected = [("stdout", self.stdout.take()), ("stderr", self.stderr.take())];
        let (root, arguments) = (self.root.clone(), self.arguments.clone());
        let output = self.output();
        let mut faults: Vec<String> = [&output.stdout, &output.stderr]
            .into_iter()
            .zip(&expected)
            .filter_map(|(actual, (name, expected))| {
                Some(format!("{name}{}", expected.fault(&root, actual)?))
            })
            .collect();
        if output.code != Some(code) {
            faults.push(format!("exit code {:?} instead of {code}\n{output}", output.code));
        }
        assert!(faults.is_empty(), "run with {arguments:?}:\n{}", faults.join("\n"));
    }

    #[track_caller]
    pub(crate) fn output(mut self) -> Output {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("the run is our child") {
                break status;
            }
            if Instant::now() > deadline {
                self.child.kill().expect("the run is our child");
                panic!("run with {:?} hangs", self.arguments);
            }
            thread::sleep(Duration::from_millis(2));
        };
        let text = |reader: JoinHandle<Vec<u8>>| {
            let bytes = reader.join().expect("a reader does not panic");
            shown(&self.root, &String::from_utf8_lossy(&bytes))
        };
        let stdout = text(self.stdout_reader);
        // A run that was killed can have printed a part.
        if status.code().is_some() {
            assert_report(&self.arguments, &stdout);
        }
        Output { code: status.code(), stdout, stderr: text(self.stderr_reader) }
    }

    /// Interrupts the run as Ctrl-C would.
    #[cfg(unix)]
    pub(crate) fn interrupt(&self) {
        let sent = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(sent.expect("kill is installed").success());
    }

    /// Kills the run as a power cut would: no signal handler, no destructor.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("the run is our child");
        self.child.wait().expect("the run is our child");
    }
}

/// What came out of a run, with `[TEMP]` and `[PORT]` in place of what differs from run to run.
#[derive(Debug)]
pub(crate) struct Output {
    /// Nothing when a signal ended the run.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Display for Output {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let code = self.code.map_or("none".to_owned(), |code| code.to_string());
        write!(f, "exit: {code}\n----- stdout -----\n{}----- stderr -----\n{}", self.stdout, self.stderr)
    }
}

impl Expected {
    fn also_contains(&mut self, text: &str) {
        assert!(!text.is_empty(), "every text contains an empty one");
        match self {
            Self::Containing(texts) => texts.push(text.to_owned()),
            Self::Exactly(_) => *self = Self::Containing(vec![text.to_owned()]),
        }
    }

    fn take(&mut self) -> Self {
        std::mem::replace(self, Self::Containing(Vec::new()))
    }

    /// Says what is wrong with `actual`, if anything is.
    fn fault(&self, root: &Path, actual: &str) -> Option<String> {
        match self {
            Self::Exactly(text) => difference(&shown(root, text), actual)
                .map(|difference| format!(" is not as expected (- expected, + found):\n{difference}")),
            Self::Containing(texts) => texts
                .iter()
                .find(|text| !actual.contains(&shown(root, text)))
                .map(|text| format!(" does not contain {text:?}:\n{actual}")),
        }
    }
}

fn reader(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("output can be read");
        bytes
    })
}

/// Replaces the temp dir by `[TEMP]` and the ports of loopback servers by `[PORT]`.
pub(crate) fn shown(root: &Path, text: &str) -> String {
    let text = text.replace(&*root.to_string_lossy(), "[TEMP]");
    let mut shown = String::new();
    let mut rest = text.as_str();
    while let Some(end) =
        ["127.0.0.1:", "localhost:"].iter().filter_map(|host| Some(rest.find(host)? + host.len())).min()
    {
        shown.push_str(&rest[..end]);
        let digits = rest[end..].bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            shown.push_str("[PORT]");
        }
        rest = &rest[end + digits..];
    }
    shown + rest
}
