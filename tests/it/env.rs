//! A place of its own for each test: folders, a clean environment, runs of `oca`, and git to look at the result.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::diff::difference;
use crate::run::{Run, shown};

/// The folders of one test, removed at its end; nothing outside of them is read or written.
pub(crate) struct Env {
    root: PathBuf,
    _temp: TempDir,
}

impl Env {
    pub(crate) fn new() -> Self {
        let temp = TempDir::with_prefix("oca-it-").expect("a temp dir");
        // Resolved, since `oca` may print resolved paths, and macOS keeps temp dirs behind a symlink.
        let root = temp.path().canonicalize().expect("the temp dir exists");
        let env = Self { root, _temp: temp };
        for folder in [env.project(), env.home(), env.remotes(), env.cache(), env.bin(), env.scratch()] {
            fs::create_dir(folder).expect("a folder in the temp dir");
        }
        env
    }

    /// The folder that is shown as `[TEMP]`.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where `oca` runs.
    pub(crate) fn project(&self) -> PathBuf {
        self.root.join("project")
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// What `Remote` builds in and the servers serve.
    pub(crate) fn remotes(&self) -> PathBuf {
        self.root.join("remotes")
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    /// All that `PATH` holds in a run that did not ask for more: an empty folder, until a test puts a program there.
    pub(crate) fn bin(&self) -> PathBuf {
        self.root.join("bin")
    }

    /// Where runs put their temporary files.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// Prepares a run of the real binary in the project; neither git nor a shell is on its `PATH`.
    pub(crate) fn oca(&self, args: &[&str]) -> Run {
        let mut command = self.command(env!("CARGO_BIN_EXE_oca"));
        command.args(args).current_dir(self.project()).env("PATH", self.bin());
        Run::new(command, &self.root)
    }

    /// Runs git in `folder` and returns what it wrote to stdout.
    #[track_caller]
    pub(crate) fn git(&self, folder: impl AsRef<Path>, args: &[&str]) -> String {
        self.try_git(folder, args).unwrap_or_else(|stderr| panic!("git {args:?} failed: {stderr}"))
    }

    /// Runs git in `folder`: its stdout, or its stderr when it failed.
    pub(crate) fn try_git(&self, folder: impl AsRef<Path>, args: &[&str]) -> Result<String, String> {
        let output = self
            .command("git")
            .envs(GIT)
            .args(["-c", "protocol.file.allow=always", "-C"])
            .arg(self.project().join(folder))
            .args(args)
            .stdin(Stdio::null())
            .output()
            .expect("git is installed");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Runs a line of shell in the project.
    #[track_caller]
    pub(crate) fn shell(&self, line: &str) {
        let status = self.command("sh").envs(GIT).args(["-c", line]).current_dir(self.project()).status();
        assert!(status.expect("a shell").success(), "{line}");
    }

    /// Asserts that git finds nothing changed, untracked, missing or broken in this checkout.
    #[track_caller]
    pub(crate) fn assert_sound_checkout(&self, folder: impl AsRef<Path>) {
        let folder = folder.as_ref();
        assert_eq!(self.git(folder, &["status", "--porcelain", "--ignored"]), "", "{}", folder.display());
        self.git(folder, &["fsck", "--no-dangling"]);
    }

    /// Writes a file of the project and the folders above it.
    pub(crate) fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.project().join(path);
        fs::create_dir_all(path.parent().expect("a file in a folder")).expect("the folder of the file");
        fs::write(path, content).expect("the file");
    }

    #[track_caller]
    pub(crate) fn read(&self, path: impl AsRef<Path>) -> String {
        let path = self.project().join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub(crate) fn exists(&self, path: impl AsRef<Path>) -> bool {
        self.project().join(path).symlink_metadata().is_ok()
    }

    /// Asserts that a file of the project says exactly this; `[TEMP]` and `[PORT]` stand for what they stand for.
    #[track_caller]
    pub(crate) fn assert_file(&self, path: impl AsRef<Path>, expected: &str) {
        let path = path.as_ref();
        let actual = shown(&self.root, &self.read(path));
        if let Some(difference) = difference(&shown(&self.root, expected), &actual) {
            panic!("{} is not as expected (- expected, + found):\n{difference}", path.display());
        }
    }

    /// The `repos.toml` that `oca init` wrote, below the line for editors.
    #[track_caller]
    pub(crate) fn new_config(&self) -> String {
        let line = "#:schema https://raw.githubusercontent.com/oca-lock/oca/main/docs/schemas/repos.json\n";
        let text = self.read("repos.toml");
        text.strip_prefix(line).unwrap_or_else(|| panic!("no line for editors\n{text}")).to_owned()
    }

    /// Asserts that `oca init` wrote exactly this `repos.toml`, below the line for editors.
    #[track_caller]
    pub(crate) fn assert_new_config(&self, expected: &str) {
        let actual = shown(&self.root, &self.new_config());
        if let Some(difference) = difference(&shown(&self.root, expected), &actual) {
            panic!("repos.toml is not as expected (- expected, + found):\n{difference}");
        }
    }

    /// Copies the demo project of `fixtures/` into the project.
    pub(crate) fn copy_demo(&self) {
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo"), &self.project());
    }

    /// A command whose home and temporary files are in the temp dir, and that inherits only `PATH`.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = without_environment(program);
        for (name, folder) in [
            ("HOME", self.home()),
            ("USERPROFILE", self.home()),
            ("XDG_CONFIG_HOME", self.home().join(".config")),
            ("XDG_CACHE_HOME", self.home().join(".cache")),
            ("OCA_CACHE_DIR", self.cache()),
            ("TMPDIR", self.scratch()),
            ("TEMP", self.scratch()),
            ("TMP", self.scratch()),
        ] {
            command.env(name, folder);
        }
        command.envs([
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("TZ", "UTC"),
            ("LANG", "C.UTF-8"),
            ("LC_ALL", "C.UTF-8"),
        ]);
        command
    }
}

/// The git that servers run: it has no home and no configuration.
pub(crate) fn server_git() -> Command {
    let mut command = without_environment("git");
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    command
}

/// A command that inherits nothing but where programs are found.
fn without_environment(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    for name in ["PATH", "SYSTEMROOT", "LLVM_PROFILE_FILE"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command
}

/// For the git that looks at results: whatever a test writes below its home is `oca`'s affair. Its commits are
/// younger than all that `Remote` makes.
const GIT: [(&str, &str); 8] = [
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_AUTHOR_NAME", "Odo Test"),
    ("GIT_AUTHOR_EMAIL", "odo@example.com"),
    ("GIT_AUTHOR_DATE", "1735689600 +0000"),
    ("GIT_COMMITTER_NAME", "Odo Test"),
    ("GIT_COMMITTER_EMAIL", "odo@example.com"),
    ("GIT_COMMITTER_DATE", "1735689600 +0000"),
];

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder to copy") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        // What a run of the demo left in the source tree.
        if entry.file_name() == "oca" || entry.file_name() == ".cache" {
            continue;
        }
        if entry.file_type().expect("its type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copied file");
        }
    }
}
