//! What to type after an error of git.

use std::path::Path;

use super::Error;
use crate::repo::typed;

/// What a hint can name: the repository in which the error occurred.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HintContext<'a> {
    /// The name of the repository in `repos.toml`.
    pub(crate) name: Option<&'a str>,
    /// The url of the repository, without secrets.
    pub(crate) url: Option<&'a str>,
}

impl Error {
    /// The text of the hint: what to type next. `None` if there is nothing to say.
    pub(crate) fn hint(&self, of: HintContext<'_>) -> Option<String> {
        let list = || match of.url {
            Some(url) => format!("`git ls-remote {}`", typed(url)),
            None => "`git ls-remote`".to_owned(),
        };
        Some(match self {
            Self::MissingReference { .. } => format!("list the branches and tags with {}", list()),
            Self::Vanished { .. } | Self::OutOfReach { .. } => match of.name {
                Some(name) => format!(
                    "move the pin with `oca lock --upgrade {name}`, or pin a commit that exists with `oca lock {name}@COMMIT`"
                ),
                None => "move the pin with `oca lock --upgrade`".to_owned(),
            },
            Self::IsTag { commit, .. } => format!("write `rev = \"{commit}\"`, or name the tag with `tag`"),
            Self::NotFound { .. } => format!("check the url; {} should list its branches", list()),
            Self::NotFoundAs { .. } => {
                format!("check the url and the rights of the credential; {} should list its branches", list())
            }
            Self::Dumb => "use another url of the repository, such as its ssh url".to_owned(),
            Self::Unauthorised { .. } | Self::Ssh { .. } => {
                format!("check that {} works without a prompt", list())
            }
            Self::Forbidden | Self::ForbiddenAs { .. } => "check the permissions of your token".to_owned(),
            Self::Offline => "run the command without `--offline` and without `OCA_OFFLINE`".to_owned(),
            Self::Extension { convert, .. } => format!("convert it with `{convert}`"),
            Self::DamagedCheckout { path, .. } => {
                format!(
                    "check it with `git -C {} fsck`, or move it away and run `oca sync`",
                    typed_path(path)
                )
            }
            Self::DamagedRemote { path, .. } => {
                format!("check it with `git -C {} fsck`", typed_path(path))
            }
            Self::PartialRemote { path, from, is_bare } => {
                // A bare clone has no refspec of its own.
                let refs = if *is_bare { " '+refs/heads/*:refs/heads/*'" } else { "" };
                let path = typed_path(path);
                format!("fetch them with `git -C {path} fetch --refetch --no-filter {}{refs}`", typed(from))
            }
            Self::WrongStep { .. } => "restore `oca.lock.json` and `oca.lock.d` from git".to_owned(),
            Self::CacheGone => "run the command again".to_owned(),
            Self::Damaged { .. } => "run `oca cache clean` and try again".to_owned(),
            Self::Stalled { .. } | Self::Slow { .. } | Self::Connection { .. } => {
                "check the network and the proxy, then try again".to_owned()
            }
            Self::Certificate { .. } => {
                "set git's `http.sslCAInfo` or the variable `SSL_CERT_FILE` to the certificate file of its authority"
                    .to_owned()
            }
            Self::CertificateOfProxy { .. } => {
                "set git's `http.proxySSLCAInfo` or the variable `SSL_CERT_FILE` to the certificate file of its authority"
                    .to_owned()
            }
            Self::Authorities { setting, .. } => authorities_hint(setting),
            Self::Secret { variable, .. } => {
                format!("set `{variable}` to a file that can be read, or unset it")
            }
            Self::Netrc { .. } => "correct the line".to_owned(),
            Self::Unsupported { setting } => {
                format!("unset `{setting}` for this url, or fetch with git and declare the path of the clone")
            }
            Self::NotText { .. } => {
                "see `git config --list --show-origin`, and write the setting in UTF-8".to_owned()
            }
            Self::TooManyIncludes { .. } => {
                "see `git config --list --show-origin`, and remove the file that includes itself".to_owned()
            }
            Self::Proxy => {
                "check git's `http.proxy` and the variables `https_proxy` and `http_proxy`".to_owned()
            }
            Self::NotGit { .. } => {
                "check the url, and whether the network asks you to sign in first".to_owned()
            }
            Self::Redirect { .. } => {
                "if the repository moved there, write the new url in `repos.toml`".to_owned()
            }
            Self::Status { .. } if self.is_passing() => "try again later".to_owned(),
            Self::Status { .. } => format!("check the url; {} should list its branches", list()),
            Self::Protocol { .. } | Self::Endless | Self::Unpacking | Self::Remote { .. } | Self::Tls { .. } => {
                format!("check that {} works, then try again", list())
            }
            Self::Program { .. } => "install it, or set `GIT_SSH_COMMAND` to another program".to_owned(),
            Self::IndexLocked { .. } => {
                "wait until the other git ends; if no git is running, delete the file".to_owned()
            }
            Self::ModulesLink { .. } => "replace the link with a file".to_owned(),
            Self::ModulesMalformed { .. } => {
                "correct the line; if a merge is not finished, resolve its conflicts first".to_owned()
            }
            Self::Borrowed { .. } => "remove the line".to_owned(),
            Self::Impossible { .. } => {
                let pin = of.name.map(|name| format!(" with `oca lock {name}@COMMIT`")).unwrap_or_default();
                format!("tell the maintainers of the repository, and pin an older commit{pin}")
            }
            Self::LinkOnTheWay { .. } => "replace the link with the directory itself".to_owned(),
            Self::NoSubmodulePath { .. } => "change `path` in `repos.toml`".to_owned(),
            Self::NestedModule { .. } => {
                "give one of the two another name with `git mv` and `git submodule add --name`".to_owned()
            }
            Self::TooMuchHistory { .. } => {
                "check that the merged branch starts from the branch of the repository".to_owned()
            }
            Self::Shallow { .. } => "make the remote complete with `git fetch --unshallow`".to_owned(),
            Self::Git { .. } | Self::System { .. } | Self::File(_) => return None,
        })
    }
}

fn authorities_hint(setting: &str) -> String {
    let what = match setting {
        "SSL_CERT_DIR" => "to directories of certificates, or unset it",
        "GIT_SSL_CAPATH" | "http.sslCAPath" => "to a directory of certificates, or unset it",
        "GIT_SSL_KEY" | "http.sslKey" | "GIT_PROXY_SSL_KEY" | "http.proxySSLKey" => {
            "to a file with the private key of the certificate"
        }
        _ => "to a file of certificates, or unset it",
    };
    format!("set `{setting}` {what}")
}

fn typed_path(path: &Path) -> String {
    typed(&path.to_string_lossy())
}
