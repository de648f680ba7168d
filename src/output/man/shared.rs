//! The sections that all man pages share. `tests/it/man.rs` compares them with README.md and the pages.

/// A term, and what it means.
type Rows = &'static [(&'static str, &'static str)];

pub(super) const EXIT_STATUS: Rows = &[
    ("0", "Success."),
    (
        "1",
        "The answer is no: the lock is missing, edited or out of date; a checkout has local work; requirements conflict; \
         `oca check` found something; files were altered.",
    ),
    ("2", "Wrong usage or configuration; a file cannot be read or written."),
    ("3", "The network or git failed; or `--offline` was given and the cache does not have it."),
    ("4", "A pinned commit does not exist on the server."),
    ("70", "`oca` itself has a bug."),
    ("130", "Interrupted. Run it again; it repairs what was half done."),
];

pub(super) const FILES: Rows = &[
    ("repos.toml", "The repositories, the profiles and the settings of the project. You write it."),
    ("repos.local.toml", "Settings of this machine, beside `repos.toml`. Do not commit it."),
    ("oca.lock.json", "The commits and their facts. `oca` writes it; review it and commit it."),
    (
        "~/.cache/oca",
        "The cache of fetched objects on Linux; `oca cache dir` prints its place. No checkout depends on it.",
    ),
];

pub(super) const ENVIRONMENT: Rows = &[
    ("OCA_PROFILE", "The profile, if `--profile` is not given."),
    ("OCA_OFFLINE", "If it is `1`: as `--offline`."),
    ("OCA_CACHE_DIR", "The cache directory, if `--cache-dir` is not given."),
    ("OCA_HTTP_VERSION", "If it is `1.1`: no HTTP/2. Without it, git's `http.version` counts."),
    ("GITHUB_TOKEN, GITLAB_TOKEN", "The token for github.com, and for gitlab.com."),
    ("OCA_TOKEN_GIT_EXAMPLE_COM", "The token for git.example.com; the same for every other host."),
    (
        "SOURCE_DATE_EPOCH",
        "The time of all files of an export, and the date of an SBOM and of man pages, as a Unix \
         timestamp.",
    ),
    ("NO_COLOR", "No colour, unless `--color always` is given."),
];
