//! Entries of the lock that say what is not so: edited, which their digest tells, or forged, which their commit tells.

use crate::env::Env;
use crate::merges::{declare, requested};
use crate::project::{WEB, repository, short};
use crate::remote::Remote;

const UPSTREAM: [&str; 3] = ["lock", "--check", "--upstream"];
const EDITED: &str = "`web` at branch `18.0` was edited: its entry does not match its digest";

/// A repository with something in every field, locked.
fn full(env: &Env) -> (Remote, String) {
    let remote = Remote::new(env, "web");
    let dependencies = "{'python': ['lxml'], 'bin': ['wkhtmltopdf'], 'deb': ['libxml2']}";
    let fields =
        [("depends", "['sale']"), ("development_status", "'Beta'"), ("external_dependencies", dependencies)];
    let draft = remote.branch("18.0").module("web_x", &fields).module("web_y", &[]);
    draft
        .file("web_z/__init__.py", "")
        .file("web_z/__manifest__.py", "not a literal")
        .file("requirements.txt", "requests==2.0\nsix\n")
        .commit();
    env.declare(WEB);
    env.oca(&["lock", "-q"]).success();
    (remote, env.read("oca.lock.json"))
}

#[test]
fn an_edit_of_any_field_is_told_refused_and_mended() {
    let env = Env::new();
    let (remote, lock) = full(&env);
    let tree = remote.tree_of("18.0", "");
    for (from, to) in [
        (tree.as_str(), "f93e3a1a1525fb5b91020da86e44810c87a2d7bc"),
        ("requests==2.0", "evil==6.6.6"),
        ("\"version\": \"18.0.1.0.0\"", "\"version\": \"18.0.9.0.0\""),
        ("[\"sale\"]", "[]"),
        ("AGPL-3", "MIT"),
        ("Beta", "Mature"),
        ("\"auto_install\": false", "\"auto_install\": true"),
        ("\"lxml\"", "\"evil\""),
        ("wkhtmltopdf", "evil"),
        ("libxml2", "evil"),
        ("\"name\": \"web_y\"", "\"name\": \"web_w\""),
        ("\"line\": 1", "\"line\": 2"),
        ("\"digest\": \"sha256:", "\"digest\": \"sha256:0"),
    ] {
        let edited = lock.replacen(from, to, 1);
        assert_ne!(edited, lock, "{from}");
        env.write("oca.lock.json", edited);
        env.oca(&["lock", "--check"])
            .stdout(&format!("{EDITED}\n"))
            .stderr_contains("1 difference")
            .status(1);
        env.oca(&["lock", "-q"]).success();
        env.assert_file("oca.lock.json", &lock);
    }
}

#[test]
fn every_command_that_reads_the_lock_refuses_an_edited_entry() {
    let env = Env::new();
    let (_, lock) = full(&env);
    let edited = lock.replace("requests==2.0", "evil==6.6.6");
    env.write("oca.lock.json", &edited);
    let commands: [&[&str]; 11] = [
        &["list"],
        &["tree", "web_x"],
        &["why", "web_x"],
        &["check"],
        &["requirements"],
        &["addons-path"],
        &["status"],
        &["outdated"],
        &["verify"],
        &["export", "out"],
        &["sync", "--locked"],
    ];
    for command in commands {
        env.oca(command).stderr_contains(EDITED).stderr_contains("hint: run `oca lock`").status(1);
    }
    let refused = "error: `oca.lock.json` was edited: the entry of `web` does not match its digest\n\
                   hint: run `oca lock`; it reads these entries again from their commits\n";
    for command in [["remove", "web"], ["add", "dms"], ["find", "web_x"]] {
        env.oca(&command).stderr(refused).status(1);
    }
    env.assert_file("oca.lock.json", &edited);
    // Without a word against it, sync mends the lock as it pins what is not pinned.
    env.oca(&["sync", "-q"]).success();
    env.assert_file("oca.lock.json", &lock);
}

#[test]
fn an_entry_of_an_earlier_oca_is_read_anew() {
    let env = Env::new();
    let (remote, lock) = full(&env);
    let without: Vec<&str> = lock.lines().filter(|line| !line.contains("\"digest\"")).collect();
    env.write("oca.lock.json", without.join("\n") + "\n");
    remote.branch("18.0").module("web_new", &[]).commit();
    let said = "`web` at branch `18.0` has no digest in the lock";
    env.oca(&["lock", "--check"])
        .stdout(&format!("{said}\nprofile `standard` has no digest in the lock\n"))
        .stderr_contains("is out of date: 2 differences")
        .status(1);
    env.oca(&["remove", "web"])
        .stderr(
            "error: `oca.lock.json` is not complete: the entry of `web` has no digest, and profile `standard` has no digest\n\
             hint: run `oca lock`; it reads these entries again from their commits\n",
        )
        .status(1);
    env.oca(&["lock", "-q"]).success();
    env.assert_file("oca.lock.json", &lock);
}

#[test]
fn a_copy_with_the_line_ends_of_windows_keeps_its_digests() {
    let env = Env::new();
    let (_, lock) = full(&env);
    env.write("oca.lock.json", lock.replace('\n', "\r\n"));
    env.oca(&["lock", "--check"]).success();
    env.oca(&["list"]).stdout_contains("web_x").success();
}

#[test]
fn the_merge_driver_gives_no_edited_entry_a_right_digest() {
    let env = Env::new();
    let (_, lock) = full(&env);
    let edited = lock.replace("requests==2.0", "evil==6.6.6");
    for (name, text) in [("base", &lock), ("ours", &lock), ("theirs", &edited)] {
        env.write(name, text);
    }
    env.oca(&["merge-lock", "base", "ours", "theirs"]).success();
    env.assert_file("ours", &edited);
}

/// The entry of a lock, from its tree to its end.
fn facts(lock: &str) -> &str {
    let start = lock.find("      \"tree\"").expect("a tree");
    &lock[start..lock.find("\n    }").expect("the end of the entry")]
}

/// Puts what another commit holds into the entry of `web`, with the digest that belongs to it.
fn forge(env: &Env, remote: &Remote, draft: crate::remote::Draft<'_>) -> (String, String) {
    let honest = env.read("oca.lock.json");
    let good = remote.commit_of("18.0");
    let other = draft.commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    let lying = env.read("oca.lock.json");
    let forged = sealed(&honest.replace(facts(&honest), facts(&lying)));
    env.write("oca.lock.json", &forged);
    remote.branch("18.0").from(&good).commit();
    assert!(forged.contains(&good) && !forged.contains(&other));
    (good, honest)
}

/// A lock whose only entry has the digest that belongs to it.
pub(crate) fn sealed(forged: &str) -> String {
    let start = forged.find("    {\n").expect("an entry") + 4;
    let end = forged.find("\n    }").expect("its end") + "\n    }".len();
    let entry: String =
        forged[start..end].split_inclusive('\n').filter(|line| !line.contains("\"digest\"")).collect();
    let digest = <sha2::Sha256 as sha2::Digest>::digest(entry.as_bytes());
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let line = forged.lines().find(|line| line.contains("\"digest\"")).expect("a digest");
    forged.replace(line, &format!("      \"digest\": \"sha256:{digits}\","))
}

#[test]
fn a_forged_entry_is_found_by_its_commit_field_by_field() {
    let env = Env::new();
    let (remote, _) = full(&env);
    let tree = remote.tree_of("18.0", "");
    let more =
        [("version", "'18.0.9.0.0'"), ("license", "'MIT'"), ("depends", "[]"), ("auto_install", "True")];
    let draft = remote
        .branch("18.0")
        .module("web_x", &more)
        .module("web_evil", &[])
        .remove("web_y/__manifest__.py")
        .module("web_z", &[])
        .file("requirements.txt", "evil==6.6.6\nsix\n");
    let (good, honest) = forge(&env, &remote, draft);
    env.oca(&["lock", "--check"]).success();
    let commit = short(&good).to_owned();
    let is = |text: &str| format!("`web`: {text}");
    let lines = [
        is("`version` of module `web_x` is \"18.0.9.0.0\" in the lock, but \"18.0.1.0.0\" in commit"),
        is("`depends` of module `web_x` is [] in the lock, but [\"sale\"] in commit"),
        is("`license` of module `web_x` is \"MIT\" in the lock, but \"AGPL-3\" in commit"),
        is("`development_status` of module `web_x` is null in the lock, but \"Beta\" in commit"),
        is("`auto_install` of module `web_x` is true in the lock, but false in commit"),
        is("`python` of module `web_x` is [] in the lock, but [\"lxml\"] in commit"),
        is("`bin` of module `web_x` is [] in the lock, but [\"wkhtmltopdf\"] in commit"),
        is("`deb` of module `web_x` is [] in the lock, but [\"libxml2\"] in commit"),
        is("module `web_evil` is in the lock, but not in commit"),
        is("module `web_y` is in commit"),
        is("unreadable manifest `web_z/__manifest__.py` is in commit"),
        is("requirement `evil==6.6.6` is in the lock, but not in commit"),
        is("requirement `requests==2.0` is in commit"),
    ];
    let tree = format!("in the lock, but \"{tree}\" in commit {commit}\n");
    let hint = format!("hint: run `oca lock web@{good}`; it reads these entries again\n");
    let mut run = env.oca(&UPSTREAM).stdout_contains(&tree).stderr_contains(&hint);
    for line in &lines {
        run = run.stdout_contains(line);
    }
    run.status(1);
    let expected_error = format!("error: the lock is wrong about `web`: commit `{good}` has tree `");
    env.oca(&["sync", "--locked"]).stderr_contains(&expected_error).status(1);
    env.oca(&["export", "out"]).stderr_contains(&expected_error).status(1);
    assert!(!env.exists("out") && !env.exists("oca/web"));
    env.oca(&["lock", "-q"]).arg(format!("web@{good}")).success();
    env.assert_file("oca.lock.json", &honest);
}

#[test]
fn a_forged_tree_is_found_where_the_commit_is_checked_out() {
    let env = Env::new();
    let (remote, _) = full(&env);
    env.oca(&["sync", "-q"]).success();
    let (good, _) = forge(&env, &remote, remote.branch("18.0").file("web_x/evil.py", "evil"));
    let wrong = format!("commit `{good}` has tree `{}`, but the lock has `", remote.tree_of(&good, ""));
    env.oca(&["verify"]).stdout_contains(&wrong).status(1);
    env.oca(&["sync", "--locked"]).stderr_contains(&wrong).status(1);
}

#[test]
fn a_declared_commit_is_read_too() {
    let env = Env::new();
    let remote = repository(&env, "web", &["web_x"]);
    let commit = remote.commit_of("18.0");
    env.locked(&format!("{WEB}[repos.web]\nrev = \"{commit}\"\n"));
    env.edit("oca.lock.json", "AGPL-3", "MIT");
    let said = "`license` of module `web_x` is \"MIT\" in the lock, but \"AGPL-3\" in commit";
    env.oca(&UPSTREAM).stdout_contains(said).stderr_contains("error").status(1);
}

#[test]
fn a_commit_that_is_not_on_its_branch_is_warned_of() {
    let env = Env::new();
    let remote = repository(&env, "web", &["web_x"]);
    env.locked(WEB);
    let fork = remote.pull(1).from(&remote.commit_of("18.0")).module("web_y", &[]).commit();
    env.oca(&["lock"])
        .arg(format!("web@{fork}"))
        .stderr_contains(&format!("warning: `web`: commit `{fork}` is not on branch `18.0`"))
        .stderr_contains(&format!("hint: to keep it, write `rev = \"{fork}\"` for `web` in `repos.toml`\n"))
        .success();
    env.oca(&UPSTREAM).stdout_contains("does not contain that commit").stderr_contains("error").status(1);
}

/// The text of the first entry of a lock, from its `{` to its `}`.
fn first_entry(lock: &str) -> &str {
    let start = lock.find("    {\n").expect("an entry") + 4;
    &lock[start..lock.find("\n    }").expect("its end") + "\n    }".len()]
}

#[test]
fn an_entry_that_cannot_be_read_is_named_refused_and_read_anew() {
    let env = Env::new();
    let (_, lock) = full(&env);
    let entry = first_entry(&lock);
    let twice = format!("{entry},\n    {entry}");
    for (from, to, why) in [
        (
            "      \"url\"",
            "      \"note\": 1,\n      \"url\"",
            "unknown field `note`, expected one of `name`",
        ),
        ("\"addons\"", "\"a\\u001b[31m\\nerror: x\"", "unknown field `a\\u{1b}[31m\\nerror: x`"),
        ("\"tree\"", "\"tree\": \"0\",\n      \"tree\"", "`0` is not a valid tree id"),
        ("\"auto_install\": false", "\"auto_install\": 1", "invalid type: integer `1`"),
        (
            "\"requirements\"",
            "\"requirements\": [],\n      \"requirements\"",
            "duplicate field `requirements` at line 2",
        ),
        ("{\"name\": \"web_x\"", "{\"name\": \"../web_x\"", "`../web_x` is not a valid module name"),
        (entry, &twice, "the lock has two entries for it"),
        (
            "{\"name\": \"web_x\"",
            "{\"name\": \"web_x\", \"directory\": \"sub\"",
            "module `sub/web_x` is not in any of its `addons`",
        ),
        ("{\"name\": \"web_y\"", "{\"name\": \"web_x\"", "it has two modules `web_x`"),
    ] {
        let edited = lock.replacen(from, to, 1);
        assert_ne!(edited, lock, "{from}");
        env.write("oca.lock.json", &edited);
        let said = format!("`web` at branch `18.0` was edited: its entry cannot be read: {why}");
        env.oca(&["lock", "--check"]).stdout_contains(&said).stderr_contains("is out of date").status(1);
        for command in [["remove", "web"], ["add", "dms"], ["find", "web_x"]] {
            let said = format!("was edited: the entry of `web` cannot be read: {why}");
            env.oca(&command).stderr_contains(&said).stderr_contains("hint: run `oca lock`").status(1);
        }
        env.assert_file("oca.lock.json", &edited);
        env.oca(&["lock", "-q"]).success();
        env.assert_file("oca.lock.json", &lock);
    }
}

#[test]
fn two_entries_of_one_pin_at_different_commits_are_chosen_of_by_the_user() {
    let env = Env::new();
    let (remote, lock) = full(&env);
    remote.branch("18.0").module("web_new", &[]).commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    let new = env.read("oca.lock.json");
    let both =
        lock.replace(first_entry(&lock), &format!("{},\n    {}", first_entry(&lock), first_entry(&new)));
    let commit = remote.commit_of("18.0");
    for command in [&["lock", "--check"][..], &["list"], &["sync"], &["addons-path"], &["export", "out"]] {
        env.write("oca.lock.json", &both);
        env.oca(command)
            .stderr_contains("`oca.lock.json` was edited: it has two entries for `web`, at `")
            .stderr_contains("hint: run `oca lock`; it takes the newer commit if it contains the other one")
            .status(1);
        env.assert_file("oca.lock.json", &both);
    }
    env.oca(&["lock"])
        .stderr_contains("web: uses their commit ")
        .stderr_contains("which contains the other one")
        .success();
    env.assert_file("oca.lock.json", &new);
    let pin = format!("web@{commit}");
    for (words, chosen) in [(&["--ours", "web"][..], &lock), (&["--theirs", "web"], &new), (&[&*pin], &new)] {
        env.write("oca.lock.json", &both);
        env.oca(&[&["lock", "-q"], words].concat()).success();
        env.assert_file("oca.lock.json", chosen);
    }
}

#[test]
fn two_commits_in_one_entry_are_chosen_of_by_the_user() {
    let env = Env::new();
    let (remote, lock) = full(&env);
    let old = remote.commit_of("18.0");
    remote.branch("18.0").module("web_new", &[]).commit();
    env.oca(&["lock", "-q", "--upgrade"]).success();
    let (new, commit) = (env.read("oca.lock.json"), remote.commit_of("18.0"));
    // Somebody deleted the markers of a conflict, and kept the lines of both sides.
    let line = |commit: &str| format!("      \"commit\": \"{commit}\",\n");
    let both = new.replace(&line(&commit), &format!("{}{}", line(&old), line(&commit)));
    assert_ne!(both, new);
    let said = format!(
        "`oca.lock.json` was edited: it has two commits for `web`, `{old}` and `{commit}`: duplicate field \
         `commit` at line "
    );
    for command in [&["lock", "--check"][..], &["list"], &["sync"], &["addons-path"], &["export", "out"]] {
        env.write("oca.lock.json", &both);
        env.oca(command)
            .stderr_contains(&said)
            .stderr_contains("`oca lock --ours web` for the first of the two")
            .status(1);
        env.assert_file("oca.lock.json", &both);
    }
    let pin = format!("web@{commit}");
    for (words, chosen) in
        [(&[][..], &new), (&["--ours", "web"], &lock), (&["--theirs", "web"], &new), (&[&*pin], &new)]
    {
        env.write("oca.lock.json", &both);
        env.oca(&[&["lock", "-q"], words].concat()).success();
        env.assert_file("oca.lock.json", chosen);
    }
}

#[test]
fn a_field_that_is_twice_in_a_profile_is_named_and_mended() {
    let env = Env::new();
    let (_, lock) = full(&env);
    let edited = lock.replacen("      \"repos\": [", "      \"odoo\": \"18.0\",\n      \"repos\": [", 1);
    assert_ne!(edited, lock);
    env.write("oca.lock.json", &edited);
    env.oca(&["lock", "--check"])
        .stdout_contains("was edited: it cannot be read: duplicate field `odoo` at line ")
        .stderr_contains("hint: run `oca lock`")
        .status(1);
    env.oca(&["remove", "web"]).stderr_contains("cannot be read: duplicate field `odoo` at line ").status(1);
    env.oca(&["lock", "-q"]).success();
    env.assert_file("oca.lock.json", &lock);
}

#[test]
fn a_profile_that_names_no_entry_is_refused_and_mended() {
    let env = Env::new();
    let (_, lock) = full(&env);
    for (from, to) in [("\"web@18.0\"", "\"web@17.0\""), ("\"web@18.0\"", "\"web@18.0\", \"dms@18.0\"")] {
        let edited = lock.replacen(from, to, 1);
        env.write("oca.lock.json", &edited);
        env.oca(&["lock", "--check"])
            .stdout_contains("the file is not formatted")
            .stderr_contains("error")
            .status(1);
        env.oca(&["find", "web_x"])
            .stderr_contains("`oca.lock.json` was edited: profile `standard` names `")
            .stderr_contains("hint: run `oca lock`\n")
            .status(1);
        env.oca(&["lock", "-q"]).success();
        env.assert_file("oca.lock.json", &lock);
    }
}

#[test]
fn a_forged_tree_is_found_by_lock_where_the_commit_is_in_the_cache() {
    let env = Env::new();
    let (remote, _) = full(&env);
    let (good, honest) = forge(&env, &remote, remote.branch("18.0").file("web_x/evil.py", "evil"));
    let forged = env.read("oca.lock.json");
    for command in [&["lock"][..], &["lock", "--offline"]] {
        env.write("oca.lock.json", &forged);
        env.oca(command)
            .stderr_contains(&format!(
                "warning: `web`: the tree in the lock is not the tree of commit `{}`",
                short(&good)
            ))
            .success();
        env.assert_file("oca.lock.json", &honest);
    }
}

#[test]
fn odd_locks_are_refused_on_one_line() {
    let env = Env::new();
    let (_, lock) = full(&env);
    let malformed = "error: `oca.lock.json` is not a lock that oca wrote: ";
    for (from, to, why) in [
        (
            "\"profiles\": {",
            "\"profiles\": {\"standard\": {\"odoo\": \"18.0\", \"repos\": []},",
            "duplicate key `standard`",
        ),
        (
            "\"../remotes/web.git\"",
            "\"https://me:s3cret@example.com/web.git\"",
            "repository `web`: its url contains a user or a password",
        ),
    ] {
        env.write("oca.lock.json", lock.replacen(from, to, 1));
        env.oca(&["list"]).stderr_contains(&format!("{malformed}{why}")).status(2);
    }
    let deep = format!(
        "{{\"version\": 1, \"repos\": {}",
        "[".repeat(100_000) + &"]".repeat(100_000) + ", \"profiles\": {}}"
    );
    env.write("oca.lock.json", deep);
    env.oca(&["list"]).stderr_contains(malformed).status(2);
    let file = std::fs::File::create(env.project().join("oca.lock.json")).expect("a file");
    file.set_len(1 << 30).expect("a sparse file");
    env.oca(&["list"])
        .stderr("error: `oca.lock.json` is too large for a lock: it has 1024 MiB\nhint: move the file away and run `oca lock`\n")
        .status(2);
}

/// Somebody deleted the markers of a conflict, and kept the lines of both sides, which declare different merges.
#[test]
fn two_lists_of_merges_in_one_entry_are_merged_as_with_markers() {
    let env = Env::new();
    let remote = requested(&env);
    let old = remote.commit_of("18.0~1");
    declare(&env, "merges = [\"#1\"]");
    env.oca(&["lock", "-q"]).success();
    let (ours, our_commit) = (env.read("oca.lock.json"), remote.commit_of("18.0"));
    declare(&env, "merges = [\"#2\"]");
    let their_commit = remote.branch("18.0-side").from(&old).module("web_side", &[]).commit();
    env.oca(&["lock", "-q", &format!("web@{their_commit}")]).success();
    let theirs = env.read("oca.lock.json");
    let fields = |lock: &str| first_entry(lock).trim_matches(['{', '}', '\n']).to_owned();
    let one_entry = format!("{{\n{},\n{}\n    }}", fields(&ours), fields(&theirs));
    let two_entries = format!("{},\n    {}", first_entry(&ours), first_entry(&theirs));
    let forms = [
        format!("<<<<<<< ours\n{ours}=======\n{theirs}>>>>>>> theirs\n"),
        ours.replace(first_entry(&ours), &one_entry),
        ours.replace(first_entry(&ours), &two_entries),
    ];
    declare(&env, "merges = [\"#1\", \"#2\"]");
    for (words, expected) in [
        (&["lock"][..], None),
        (&["lock", "--ours"], Some(&our_commit)),
        (&["lock", "--theirs"], Some(&their_commit)),
        (&["lock", "--theirs", "web"], Some(&their_commit)),
    ] {
        let results = forms.each_ref().map(|form| {
            env.write("oca.lock.json", form);
            let output = env.oca(words).output();
            assert_eq!(output.code, Some(i32::from(expected.is_none())), "{words:?} {output}");
            (output.stderr, expected.map(|_| env.read("oca.lock.json")))
        });
        assert_eq!(results[0], results[1], "{words:?}");
        assert_eq!(results[0], results[2], "{words:?}");
        match expected {
            Some(commit) => assert_eq!(env.locked_commit("web"), *commit, "{words:?}"),
            None => assert!(results[0].0.contains("has conflicting pins for 1 repository"), "{results:?}"),
        }
    }
    for command in ["list", "sync"] {
        env.write("oca.lock.json", &forms[1]);
        env.oca(&[command])
            .stderr_contains("was edited: it has two commits for `web`, `")
            .stderr_contains("duplicate field")
            .status(1);
    }
}

/// A reviewer must see what is in the lock.
#[test]
fn what_turns_or_hides_text_is_an_escape_in_the_lock() {
    let env = Env::new();
    let remote = Remote::new(&env, "web");
    let summary = "'a\u{200b}b\u{e0041}'";
    remote
        .branch("18.0")
        .module("web_x", &[("summary", summary), ("external_dependencies", "{'bin': ['x\u{2066}y\u{7f}']}")])
        .file("requirements.txt", "six # \u{202e}txet\nrequests\n")
        .commit();
    env.declare(WEB);
    env.oca(&["lock", "-q"]).success();
    let lock = env.read("oca.lock.json");
    assert!(lock.contains("\"six # \\u202etxet\""), "{lock}");
    assert!(
        !lock.contains(|c: char| c != '\n' && (c.is_control() || "\u{202e}\u{2066}\u{200b}".contains(c)))
    );
    env.oca(&["lock", "--check"]).success();
    env.oca(&["lock", "--check", "--upstream"]).success();
    // What it means is the same.
    env.write("oca.lock.json", lock.replace("\\u202e", "\u{202e}"));
    env.oca(&["lock", "--check"])
        .stdout_contains("the file is not formatted")
        .stderr_contains("hint")
        .status(1);
    env.oca(&["lock", "-q"]).success();
    env.assert_file("oca.lock.json", &lock);
}
