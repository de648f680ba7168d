//! The errors of git and the network, as they are shown for a repository.

use std::time::Duration;

use super::super::*;
use super::{full_disk, shown};
use crate::git::{Error as GitError, WrongStep};
use crate::repo::samples::{commit, every_variant, name};
use crate::repo::{Reference, TreeId};
use crate::report::Trouble;

#[expect(clippy::too_many_lines, reason = "a table and its snapshot")]
#[test]
fn every_error_of_git_is_told_with_its_repository_and_a_hint() {
    let branch = || Reference::Branch("18.0".to_owned());
    let text = str::to_owned;
    let errors = every_variant!(GitError:
        MissingReference { reference: branch() },
        Vanished { commit: commit(0xaa) },
        IsTag { tag: commit(0xaa), commit: commit(0xbb) },
        OutOfReach { reference: branch(), commit: commit(0xaa) },
        NotFound { what: text("repository not found") },
        NotFoundAs { what: text("https://github.com/OCA/web.git"), credential: text("the variable `GITHUB_TOKEN`") },
        Unauthorised { tried: vec![text("git's credential helper"), text("`OCA_TOKEN`")] },
        Forbidden {},
        NotText { setting: text("url./srv/caf\u{fffd}/.insteadof") },
        TooManyIncludes { file: "/home/me/customer".into() },
        ForbiddenAs { credential: text("the variable `GITHUB_TOKEN`") },
        Status { status: 502, retry_after: None },
        NotGit { content_type: text("text/html") },
        Dumb {},
        Protocol { why: text("unexpected end of stream") },
        Secret { variable: "NETRC".to_owned(), path: "netrc".into(), why: "it is not UTF-8".to_owned() },
        Endless {},
        Unpacking {},
        TooMuchHistory { limit: 20_000_000 },
        Shallow { commit: commit(0xaa) },
        Remote { message: text("access denied") },
        Stalled { after: Duration::from_secs(30) },
        Slow { within: Duration::from_mins(5) },
        Connection { why: text("connection refused") },
        Certificate { why: text("unknown issuer") },
        CertificateOfProxy { why: text("unknown issuer") },
        Tls { why: text("no common protocol version") },
        Authorities { setting: "SSL_CERT_FILE", path: "/etc/ca.pem".into(), why: text("no certificate in it") },
        Netrc { path: "netrc".into(), line: 3, why: text("a quote is not closed") },
        Unsupported { setting: "http.pinnedPubkey" },
        Proxy {},
        Redirect { from: text("https://a.example/web.git"), to: text("http://b.example/web.git") },
        Offline {},
        Program { program: text("ssh"), why: text("no such file") },
        Ssh { message: text("Permission denied (publickey).") },
        WrongStep { number: 2, why: WrongStep::Tree { locked: TreeId::from_bytes([0xaa; 20]), found: TreeId::from_bytes([0xbb; 20]) } },
        Damaged { why: text("object not found") },
        CacheGone {},
        DamagedCheckout { path: "oca/web".into(), why: text("object not found") },
        DamagedRemote { path: "/srv/web.git".into(), why: text("object not found") },
        PartialRemote { path: "/srv/web.git".into(), from: text("origin"), is_bare: true },
        Extension { extension: text("sparse index"), convert: "git sparse-checkout reapply --no-sparse-index" },
        IndexLocked { lock: ".git/index.lock".into() },
        ModulesLink { file: ".gitmodules".into() },
        ModulesMalformed { file: ".gitmodules".into(), line: 3, why: text("a conflict marker") },
        Borrowed { file: "oca/web/.git/objects/info/alternates".into(), line: 2, why: "the directory is listed twice" },
        System { path: Some("oca/web".into()), why: text("no space left") },
        Impossible { path: text("web_x/.git"), why: text("git uses that name") },
        NoSubmodulePath { path: text("../web"), why: "it must not contain `..`" },
        LinkOnTheWay { link: "oca".into() },
        NestedModule { git: ".git/modules/oca".into() },
        Git { why: text("invalid index") },
        File(full_disk());
        GitError::Unauthorised { tried: Vec::new() },
        GitError::Status { status: 405, retry_after: None },
        GitError::Remote { message: String::new() },
        GitError::Ssh { message: String::new() },
        GitError::Authorities { setting: "SSL_CERT_DIR", path: "/etc/ca".into(), why: text("not a directory") },
        GitError::System { path: None, why: text("no space left") }
    );
    let url = "https://github.com/OCA/web.git";
    let failed = |error| Failure::new(name("web"), url.to_owned(), Trouble::Remote(error));
    let errors = errors.into_iter().map(|error| Error::Repos { failures: vec![failed(error)] }).collect();
    let lead = format!("cannot fetch `web` from `{url}`\n  caused by: ");
    insta::assert_snapshot!(shown::<Error>(errors).replace(&lead, ""), @r#"
    3 the remote has no branch `18.0`
      hint: list the branches and tags with `git ls-remote https://github.com/OCA/web.git`
    4 commit `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` does not exist on the remote
      hint: move the pin with `oca lock --upgrade web`, or pin a commit that exists with `oca lock web@COMMIT`
    2 `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` is an annotated tag, not a commit; it names commit `bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb`
      hint: write `rev = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"`, or name the tag with `tag`
    4 the server only sends branches, and commit `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` is not in the history of branch `18.0`
      hint: move the pin with `oca lock --upgrade web`, or pin a commit that exists with `oca lock web@COMMIT`
    3 not found: repository not found
      hint: check the url; `git ls-remote https://github.com/OCA/web.git` should list its branches
    3 not found: https://github.com/OCA/web.git; the variable `GITHUB_TOKEN` was sent with the request and may lack the right to read it
      hint: check the url and the rights of the credential; `git ls-remote https://github.com/OCA/web.git` should list its branches
    3 not authorised; tried git's credential helper, then `OCA_TOKEN`
      hint: check that `git ls-remote https://github.com/OCA/web.git` works without a prompt
    3 the server denies access (status 403)
      hint: check the permissions of your token
    2 git's `url./srv/caf�/.insteadof` is not UTF-8, and oca cannot follow it
      hint: see `git config --list --show-origin`, and write the setting in UTF-8
    2 `/home/me/customer` is included by too many files of git's configuration, one in another
      hint: see `git config --list --show-origin`, and remove the file that includes itself
    3 the server denies access (status 403); the variable `GITHUB_TOKEN` was sent with the request and may lack the right to read the repository
      hint: check the permissions of your token
    3 the server answered with status 502
      hint: try again later
    3 the server does not speak git: the content type of its answer is `text/html`
      hint: check the url, and whether the network asks you to sign in first
    3 the server only serves files (git's dumb protocol), which oca does not support
      hint: use another url of the repository, such as its ssh url
    3 the server violates the git protocol: unexpected end of stream
      hint: check that `git ls-remote https://github.com/OCA/web.git` works, then try again
    2 cannot read `netrc`, set by `NETRC`: it is not UTF-8
      hint: set `NETRC` to a file that can be read, or unset it
    3 the server sent too much data
      hint: check that `git ls-remote https://github.com/OCA/web.git` works, then try again
    3 the server sent a pack that takes too long to unpack
      hint: check that `git ls-remote https://github.com/OCA/web.git` works, then try again
    3 the remote sent more than 20 MB of history
      hint: check that the merged branch starts from the branch of the repository
    3 the remote does not have the history of commit `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`
      hint: make the remote complete with `git fetch --unshallow`
    3 the server says: "access denied"
      hint: check that `git ls-remote https://github.com/OCA/web.git` works, then try again
    3 no data for 30 seconds
      hint: check the network and the proxy, then try again
    3 the server is too slow: too little data within 300 seconds
      hint: check the network and the proxy, then try again
    3 the connection failed: connection refused
      hint: check the network and the proxy, then try again
    3 the server's certificate is not trusted: unknown issuer
      hint: set git's `http.sslCAInfo` or the variable `SSL_CERT_FILE` to the certificate file of its authority
    3 the proxy's certificate is not trusted: unknown issuer
      hint: set git's `http.proxySSLCAInfo` or the variable `SSL_CERT_FILE` to the certificate file of its authority
    3 cannot make a secure connection: no common protocol version
      hint: check that `git ls-remote https://github.com/OCA/web.git` works, then try again
    2 cannot read `/etc/ca.pem`, set by `SSL_CERT_FILE`: no certificate in it
      hint: set `SSL_CERT_FILE` to a file of certificates, or unset it
    2 cannot read `netrc` at line 3: a quote is not closed
      hint: correct the line
    2 git's `http.pinnedPubkey` is set, and oca does not support it
      hint: unset `http.pinnedPubkey` for this url, or fetch with git and declare the path of the clone
    3 the url of the proxy is not valid or not supported
      hint: check git's `http.proxy` and the variables `https_proxy` and `http_proxy`
    3 refused to follow a redirect from `https://a.example/web.git` to `http://b.example/web.git`
      hint: if the repository moved there, write the new url in `repos.toml`
    3 the remote cannot be asked because oca is offline
      hint: run the command without `--offline` and without `OCA_OFFLINE`
    3 cannot run `ssh`: no such file
      hint: install it, or set `GIT_SSH_COMMAND` to another program
    3 ssh says: "Permission denied (publickey)."
      hint: check that `git ls-remote https://github.com/OCA/web.git` works without a prompt
    1 the lock is wrong about `web`: step 2 is wrong: it gives tree `bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb`, but the lock says `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`
      hint: restore `oca.lock.json` and `oca.lock.d` from git
    3 the cache is damaged: object not found
      hint: run `oca cache clean` and try again
    3 the cache was deleted while oca was using it
      hint: run the command again
    3 the repository in `oca/web` is damaged: object not found
      hint: check it with `git -C oca/web fsck`, or move it away and run `oca sync`
    3 the repository at `/srv/web.git` is damaged: object not found
      hint: check it with `git -C /srv/web.git fsck`
    3 the repository at `/srv/web.git` is a partial clone, and git objects are missing in it
      hint: fetch them with `git -C /srv/web.git fetch --refetch --no-filter origin '+refs/heads/*:refs/heads/*'`
    3 this repository uses git's `sparse index`, which libgit2 cannot read
      hint: convert it with `git sparse-checkout reapply --no-sparse-index`
    3 `.git/index.lock` exists: git is running in this repository, or was killed
      hint: wait until the other git ends; if no git is running, delete the file
    2 `.gitmodules` is a symlink, and git refuses it
      hint: replace the link with a file
    2 `.gitmodules` at line 3: a conflict marker
      hint: correct the line; if a merge is not finished, resolve its conflicts first
    2 `oca/web/.git/objects/info/alternates` at line 2: the directory is listed twice
      hint: remove the line
    2 cannot work in `oca/web`: no space left
    3 `web_x/.git` cannot be checked out: git uses that name
      hint: tell the maintainers of the repository, and pin an older commit with `oca lock web@COMMIT`
    2 `../web` cannot be the path of a submodule: it must not contain `..`
      hint: change `path` in `repos.toml`
    2 `oca` is a symlink, and oca does not write through symlinks
      hint: replace the link with the directory itself
    2 `.git/modules/oca` contains the git directory of another submodule
      hint: give one of the two another name with `git mv` and `git submodule add --name`
    3 invalid index
    2 cannot write `oca/web`: no space left
    3 not authorised; no credentials were found
      hint: check that `git ls-remote https://github.com/OCA/web.git` works without a prompt
    3 the server answered with status 405
      hint: check the url; `git ls-remote https://github.com/OCA/web.git` should list its branches
    3 the server refused the request without a reason
      hint: check that `git ls-remote https://github.com/OCA/web.git` works, then try again
    3 ssh closed the connection
      hint: check that `git ls-remote https://github.com/OCA/web.git` works without a prompt
    2 cannot read `/etc/ca`, set by `SSL_CERT_DIR`: not a directory
      hint: set `SSL_CERT_DIR` to directories of certificates, or unset it
    2 no space left
    "#);
}
