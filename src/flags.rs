//! The global options, and the options that several commands have.

use std::path::{Path, PathBuf};

use clap::ValueHint;
use clap::builder::{PathBufValueParser, TryMapValueParser, TypedValueParser, ValueParserFactory};

use crate::repo::{is_dot_git, is_own_file};

#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Work in this directory
    #[arg(short = 'C', value_name = "DIR", value_hint = ValueHint::DirPath, global = true)]
    pub(crate) directory: Option<PathBuf>,
    /// The file to read [default: `repos.toml` here or in a parent directory]
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    /// The profile to use [default: `OCA_PROFILE`, then `default-profile` of the file]
    #[arg(short, long, value_name = "NAME", global = true)]
    pub(crate) profile: Option<String>,
    /// Use all profiles
    #[arg(long, global = true, conflicts_with = "profile")]
    pub(crate) all_profiles: bool,
    /// How many repositories to work on at once [default: 32, and 64 for a search in OCA's repositories]
    #[arg(short, long, value_name = "N", value_parser = jobs, global = true)]
    jobs: Option<usize>,
    /// Ask no server; use only the cache
    #[arg(long, env = "OCA_OFFLINE", hide_env = true, value_parser = clap::builder::FalseyValueParser::new(), global = true)]
    pub(crate) offline: bool,
    /// The directory for fetched objects [default: `OCA_CACHE_DIR`, then the platform's cache directory]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, global = true)]
    pub(crate) cache_dir: Option<PathBuf>,
    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub(crate) color: ColorChoice,
    /// Print only data and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print more
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Do not show progress bars
    #[arg(long, global = true)]
    pub(crate) no_progress: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum ColorChoice {
    Auto,
    Always,
    Never,
}

/// The format of a report.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Format {
    Human,
    Json,
}

/// A format of reports that machines read. An error before the report is printed in it, too.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MachineFormat {
    Json,
    /// Annotations of GitHub workflows.
    Github,
    /// GitLab's Code Quality.
    Gitlab,
}

/// The option of commands that print reports.
#[derive(clap::Args, Clone, Copy, Debug)]
pub(crate) struct FormatArg {
    /// How to print the report
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(crate) format: Format,
}

/// The value of `-o`: where the text of a command goes.
#[derive(Clone, Debug)]
pub(crate) struct Destination(PathBuf);

impl Destination {
    /// The path. `None` is stdout, which users write as `-`.
    pub(crate) fn path(&self) -> Option<&Path> {
        Some(&*self.0).filter(|path| path.as_os_str() != "-")
    }
}

impl ValueParserFactory for Destination {
    type Parser = TryMapValueParser<PathBufValueParser, fn(PathBuf) -> Result<Self, String>>;

    fn value_parser() -> Self::Parser {
        PathBufValueParser::new().try_map(destination)
    }
}

/// Files of oca and git are never overwritten.
fn destination(path: PathBuf) -> Result<Destination, String> {
    let is_own = |part: &str| is_own_file(part) || is_dot_git(part.as_bytes());
    match path.iter().filter_map(|part| part.to_str()).find(|part| is_own(part)) {
        Some(part) => Err(format!("`{part}` belongs to oca or git")),
        None => Ok(Destination(path)),
    }
}

impl Global {
    /// How many repositories to work on at once.
    pub(crate) fn jobs(&self) -> usize {
        self.jobs.unwrap_or(32)
    }

    /// The same if each is only asked for a few bytes, which go nowhere.
    pub(crate) fn jobs_of_search(&self) -> usize {
        self.jobs.unwrap_or(64)
    }
}

fn jobs(word: &str) -> Result<usize, String> {
    match word.parse() {
        Ok(jobs @ 1..=64) => Ok(jobs),
        _ => Err("it must be a number from 1 to 64".to_owned()),
    }
}
