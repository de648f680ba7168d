//! What forges say about requests: `oca outdated` asks their API, and `oca add` takes a title from it.

use crate::env::Env;
use crate::merges::{locked, requested_at};
use crate::remote::Remote;
use crate::server::{ALWAYS, Fault, Server};

pub(crate) const PULL_1: &str =
    r#"{"number": 1, "state": "open", "merged": false, "title": "[FIX] web_x: the third line"}"#;
pub(crate) const PULL_2: &str =
    r#"{"number": 2, "state": "closed", "merged": false, "title": "[ADD] web_new"}"#;

pub(crate) fn json(text: &'static str) -> Fault {
    Fault::Other(200, "application/json", text)
}

/// `web` of the owner `acme` with some merges, on a server.
pub(crate) fn declare(env: &Env, base: &str, merges: &str) {
    let more = format!("[repos.web]\nmerges = [{merges}]\n");
    env.declare_repos_with(&format!("{base}/acme"), &["web"], &more);
}

/// The same, locked, with the first two requests.
pub(crate) fn locked_on(env: &Env) -> (Remote, Server) {
    let remote = requested_at(env, "acme/web");
    let server = Server::start(env);
    declare(env, &server.base(), "\"#1\", \"#2\"");
    env.oca(&["lock", "-q"]).success();
    assert_eq!(server.count("/api/"), 0, "only `outdated` and `add` ask a forge");
    (remote, server)
}

fn commits(remote: &Remote) -> [String; 2] {
    [1, 2].map(|number| {
        crate::project::short(&remote.commit_of(&format!("refs/pull/{number}/head"))).to_owned()
    })
}

/// Asks, and expects these states. The forge decides about nothing else.
#[track_caller]
fn assert_told(env: &Env, remote: &Remote, states: [&str; 2]) {
    let [one, two] = commits(remote);
    let [first, second] = states;
    env.oca(&["outdated", "--exit-code"])
        .stdout(&format!("web#1  {one}  {first}\nweb#2  {two}  {second}\n"))
        .stderr("0 of 1 repository outdated\n")
        .success();
}

const UNKNOWN: [&str; 2] = ["state unknown"; 2];

#[test]
fn gitea_tells_state_title_and_reviews() {
    let env = Env::new();
    let (remote, server) = locked_on(&env);
    server.fault(
        "GET /api/v1/repos/acme/web/pulls/1/reviews",
        ALWAYS,
        json(r#"[{"user": {"id": 1}, "state": "APPROVED"}]"#),
    );
    server.fault("GET /api/v1/repos/acme/web/pulls/1", ALWAYS, json(PULL_1));
    server.fault("GET /api/v1/repos/acme/web/pulls/2", ALWAYS, json(PULL_2));
    assert_told(
        &env,
        &remote,
        ["open, approved    [FIX] web_x: the third line", "closed            [ADD] web_new"],
    );
    assert_eq!(server.count("/reviews"), 1, "only an open request needs reviews");
    assert_eq!(server.count("/api/v3/"), 1, "one question finds out which forge it is");
    env.oca(&["outdated", "--format", "json"])
        .stdout(
            r##"{
  "version": 1,
  "repos": [],
  "merges": [],
  "requests": [
    {
      "repo": "web",
      "merge": "#1",
      "state": "open",
      "review": "approved",
      "title": "[FIX] web_x: the third line"
    },
    {
      "repo": "web",
      "merge": "#2",
      "state": "closed",
      "review": null,
      "title": "[ADD] web_new"
    }
  ],
  "changes": [],
  "errors": []
}
"##,
        )
        .success();
    // What happened in the repository stands first.
    remote.pull(1).file("web_x/more.txt", "").commit();
    env.oca(&["outdated"])
        .stdout_contains("  moved by 1 commit; open, approved    [FIX] web_x: the third line\n")
        .stderr("0 of 1 repository outdated\n")
        .success();
}

#[test]
fn github_without_a_token_tells_about_single_requests() {
    let env = Env::new();
    let (remote, server) = locked_on(&env);
    server.fault("GET /api/v3/repos/acme/web/pulls/1", ALWAYS, json(PULL_1));
    server.fault(
        "GET /api/v3/repos/acme/web/pulls/2",
        ALWAYS,
        json(r#"{"number": 2, "state": "closed", "merged": true, "title": "two"}"#),
    );
    assert_told(&env, &remote, ["open      [FIX] web_x: the third line", "merged    two"]);
}

/// A server that gives nothing without a token, with two requests locked.
fn guarded(env: &Env) -> (Remote, Server) {
    let remote = requested_at(env, "acme/web");
    let server = Server::builder(env).basic("x-access-token", "t0ken").start();
    declare(env, &server.base(), "\"#1\", \"#2\"");
    env.oca(&["lock", "-q"]).env(&server.token_variable("127.0.0.1"), "t0ken").success();
    (remote, server)
}

#[test]
fn github_with_a_token_tells_about_all_requests_at_once() {
    let env = Env::new();
    let (_, server) = guarded(&env);
    server.fault("GET /api/v3/repos/acme/web/pulls/1", ALWAYS, json(PULL_1));
    server.fault(
        "POST /api/graphql",
        ALWAYS,
        json(
            r#"{"data": {
                "r0": {"pullRequest": {"number": 1, "state": "OPEN", "title": "one", "reviewDecision": "CHANGES_REQUESTED"}},
                "r1": {"pullRequest": {"number": 2, "state": "OPEN", "title": "two", "reviewDecision": "REVIEW_REQUIRED"}}
            }}"#,
        ),
    );
    env.oca(&["outdated"])
        .env(&server.token_variable("127.0.0.1"), "t0ken")
        .stdout_contains("  open, changes requested    one\n")
        .stdout_contains("  open, review required      two\n")
        .stderr("0 of 1 repository outdated\n")
        .success();
    let asked = server.requests();
    let graphql: Vec<_> = asked.iter().filter(|seen| seen.line.contains("graphql")).collect();
    assert_eq!(graphql.len(), 1);
    assert_eq!(graphql[0].authorization(), Some("Bearer t0ken"));
    assert!(
        graphql[0].asks("r1: repository(owner: \\\"acme\\\", name: \\\"web\\\") { pullRequest(number: 2)")
    );
}

#[test]
fn gitlab_tells_about_the_requests_of_a_project_at_once() {
    let env = Env::new();
    let remote = requested_at(&env, "acme/odoo/web");
    for number in [1, 2] {
        let commit = remote.commit_of(&format!("refs/pull/{number}/head"));
        env.git(remote.path(), &["update-ref", &format!("refs/merge-requests/{number}/head"), &commit]);
        env.git(remote.path(), &["update-ref", "-d", &format!("refs/pull/{number}/head")]);
    }
    let server = Server::start(&env);
    declare(&env, &server.base(), "\"#1\", { mr = 2 }");
    env.write("repos.toml", env.read("repos.toml").replace("/acme\"", "/acme/odoo\""));
    env.oca(&["lock", "-q"]).success();
    server.fault(
        "GET /api/v4/projects/acme%2Fodoo%2Fweb/merge_requests?iids[]=1&iids[]=2&",
        ALWAYS,
        json(
            r#"[{"iid": 2, "state": "merged", "title": "two"},
                {"iid": 1, "state": "opened", "title": "one", "detailed_merge_status": "not_approved"}]"#,
        ),
    );
    env.oca(&["outdated"])
        .env(&server.token_variable("127.0.0.1"), "t0ken")
        .stdout_contains("  open, review required    one\n")
        .stdout_contains("  merged                   two\n")
        .stderr("0 of 1 repository outdated\n")
        .success();
    assert_eq!(server.count("/api/"), 1);
    let seen = server.requests().into_iter().find(|seen| seen.line.contains("/api/")).expect("a question");
    assert_eq!(seen.authorization(), Some("Bearer t0ken"));
}

#[test]
fn without_an_answer_the_state_is_unknown() {
    let env = Env::new();
    let (remote, server) = locked_on(&env);
    assert_told(&env, &remote, UNKNOWN);
    let too_long: &'static str = Box::leak(format!("{}{PULL_1}", " ".repeat(1_000_000)).into_boxed_str());
    let drip = Fault::Drip("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{", " ");
    env.configure_git("[http]\n\tlowSpeedTime = 1\n");
    for fault in [
        Fault::Status(401),
        Fault::Status(403),
        Fault::Status(404),
        Fault::Status(500),
        // Nobody waits for it.
        Fault::RetryAfter(429, 3600),
        Fault::RetryAfter(503, 3600),
        Fault::Html,
        json(""),
        json("{\"number\": 1"),
        json("{\"number\": 1, \"state\": \"open\"}"),
        json("[[[[[[[[[[[[[[[["),
        json(too_long),
        Fault::Hang,
        drip,
    ] {
        server.fault("/api/", 20, fault);
        assert_told(&env, &remote, UNKNOWN);
        server.clear_faults();
    }
    env.oca(&["outdated", "--format", "json"])
        .stdout_contains("\"merge\": \"#2\",\n      \"state\": \"unknown\",\n      \"review\": null,\n      \"title\": null\n")
        .success();
}

#[test]
fn a_server_that_asks_for_patience_is_not_asked_again() {
    for fault in [Fault::Status(429), Fault::Status(403), Fault::Status(401), Fault::Status(500)] {
        let env = Env::new();
        let (remote, server) = locked_on(&env);
        server.fault("/api/", ALWAYS, fault);
        assert_told(&env, &remote, UNKNOWN);
        assert_eq!(server.count("/api/"), 2, "Gitea or GitHub, about the first request");
    }
}

#[test]
fn a_request_that_is_gone_does_not_hide_the_others() {
    let env = Env::new();
    let (remote, server) = locked_on(&env);
    server.fault("GET /api/v1/repos/acme/web/pulls/2", ALWAYS, json(PULL_2));
    assert_told(&env, &remote, ["state unknown", "closed           [ADD] web_new"]);
}

#[test]
fn a_hostile_title_stays_one_harmless_line() {
    let env = Env::new();
    let remote = requested_at(&env, "acme/web");
    let server = Server::start(&env);
    declare(&env, &server.base(), "");
    let hostile = r#"{"number": 1, "state": "open", "merged": false, "title": "a\n]\n\"x\" \u001b[2J\u202e\u0000 # b\r\u2028c"}"#;
    server.fault("GET /api/v1/repos/acme/web/pulls/1", ALWAYS, json(hostile));
    env.oca(&["add", "-q", "web#1"]).success();
    let text = env.read("repos.toml");
    assert!(text.contains("merges = [\n  \"#1\", # a ] \"x\" [2J # b c\n]\n"), "{text}");
    env.oca(&["lock", "--check"]).success();
    let [one, _] = commits(&remote);
    env.oca(&["outdated"])
        .stdout(&format!("web#1  {one}  open    a ] \"x\" [2J # b c\n"))
        .stderr("0 of 1 repository outdated\n")
        .success();
}

#[test]
fn an_added_request_gets_its_title_from_the_forge_with_one_question() {
    let env = Env::new();
    requested_at(&env, "acme/web");
    let server = Server::start(&env);
    declare(&env, &server.base(), "");
    server.fault("GET /api/v3/repos/acme/web/pulls/1", ALWAYS, json(PULL_1));
    env.oca(&["add", "-q", "web#1"]).success();
    assert!(env.read("repos.toml").contains("\"#1\", # [FIX] web_x: the third line\n"));
    assert_eq!(server.count("/api/"), 2, "as Gitea and as GitHub, at the same time");
    // Without an answer, it is the title of the commit.
    env.configure_git("[http]\n\tlowSpeedTime = 1\n");
    server.fault("/api/", ALWAYS, Fault::Hang);
    env.oca(&["add", "-q", "web#2"]).success();
    assert!(env.read("repos.toml").contains("\"#2\", # [ADD] web_new\n"));
    assert_eq!(server.count("/api/"), 4);
    assert_eq!(locked(&env, "\"#2\"", "step"), "made");
}

#[test]
fn an_added_request_that_was_closed_without_being_merged_is_named() {
    let env = Env::new();
    requested_at(&env, "acme/web");
    let server = Server::start(&env);
    declare(&env, &server.base(), "");
    server.fault("GET /api/v3/repos/acme/web/pulls/1", ALWAYS, json(PULL_1));
    server.fault("GET /api/v3/repos/acme/web/pulls/2", ALWAYS, json(PULL_2));
    let output = env.oca(&["add", "web#1", "web#2"]).output();
    assert_eq!(output.code, Some(0), "{output}");
    assert!(output.stderr.contains("\nwarning: `web#2` was closed without being merged\n"), "{output}");
    assert_eq!(output.stderr.matches("warning: ").count(), 1, "{output}");
    assert_eq!(locked(&env, "\"#2\"", "step"), "made");
    // One that is merged is nothing to warn about.
    env.oca(&["remove", "-q", "web#2"]).success();
    let merged = r#"{"number": 2, "state": "closed", "merged": true, "title": "[ADD] web_new"}"#;
    server.clear_faults();
    server.fault("GET /api/v3/repos/acme/web/pulls/2", ALWAYS, json(merged));
    let output = env.oca(&["add", "web#2"]).output();
    assert!(!output.stderr.contains("warning: "), "{output}");
}

#[test]
fn nobody_waits_long_for_a_title() {
    let env = Env::new();
    requested_at(&env, "acme/web");
    let server = Server::start(&env);
    declare(&env, &server.base(), "");
    // Fast enough for a pack, and without an end.
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{";
    let hundred = "                                                                                                    ";
    server.fault("/api/", ALWAYS, Fault::Drip(head, hundred));
    env.oca(&["add", "-q", "web#1"]).success();
    assert!(env.read("repos.toml").contains("\"#1\", # [FIX] web_x: three\n"));
    assert_eq!(server.count("/api/"), 2);
}

#[test]
fn offline_no_forge_is_asked() {
    let env = Env::new();
    let (_, server) = locked_on(&env);
    env.oca(&["--offline", "outdated"]).stderr_contains("oca is offline").status(3);
    assert_eq!(server.count("/api/"), 0);
}

#[test]
fn a_redirect_takes_no_token_to_another_host() {
    let env = Env::new();
    let (_, server) = guarded(&env);
    let other = Server::start(&env);
    other.fault("/api/", ALWAYS, json(PULL_1));
    server.redirect("/api/", 302, &format!("{}/api/", other.base_as("localhost")));
    env.oca(&["outdated"])
        .env(&server.token_variable("127.0.0.1"), "t0ken")
        .stdout_contains("  state unknown\n")
        .stderr("0 of 1 repository outdated\n")
        .success();
    assert!(server.count("/api/") > 0);
    assert!(other.requests().is_empty());
}

#[test]
fn a_repository_that_moved_on_its_server_is_followed() {
    let env = Env::new();
    let (remote, server) = locked_on(&env);
    server.redirect("/api/v1/repos/acme/web/", 301, "/api/v1/repositories/7/");
    server.fault("GET /api/v1/repositories/7/pulls/1", ALWAYS, json(PULL_1));
    server.fault("GET /api/v1/repositories/7/pulls/2", ALWAYS, json(PULL_2));
    assert_told(&env, &remote, ["open      [FIX] web_x: the third line", "closed    [ADD] web_new"]);
    // Round and round.
    let env = Env::new();
    let (remote, server) = locked_on(&env);
    server.redirect("/api/", 301, "/api/");
    assert_told(&env, &remote, UNKNOWN);
}

#[test]
fn a_token_goes_to_its_own_host_only() {
    let env = Env::new();
    let (remote, server) = locked_on(&env);
    server.fault("GET /api/v1/repos/acme/web/pulls/1", ALWAYS, json(PULL_1));
    let [one, _] = commits(&remote);
    env.oca(&["outdated"])
        .env("OCA_TOKEN_127_0_0_1", "t0ken")
        .env("GITHUB_TOKEN", "t0ken")
        .env("GITLAB_TOKEN", "t0ken")
        .stdout_contains(&format!("web#1  {one}  open"))
        .stderr("0 of 1 repository outdated\n")
        .success();
    assert!(server.requests().iter().all(|seen| seen.authorization().is_none()));
}

#[test]
fn the_forge_is_at_the_url_that_git_rewrites_to() {
    let env = Env::new();
    let (remote, server) = locked_on(&env);
    server.fault("GET /api/v1/repos/acme/web/pulls/1", ALWAYS, json(PULL_1));
    server.fault("GET /api/v1/repos/acme/web/pulls/2", ALWAYS, json(PULL_2));
    declare(&env, "https://github.com", "\"#1\", \"#2\"");
    env.configure_git(&format!("[url \"{}/\"]\n\tinsteadOf = https://github.com/\n", server.base()));
    env.oca(&["lock", "-q"]).success();
    assert_told(&env, &remote, ["open      [FIX] web_x: the third line", "closed    [ADD] web_new"]);
}
