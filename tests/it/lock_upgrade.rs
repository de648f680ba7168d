//! `oca lock --upgrade`, `oca lock NAME@COMMIT`, and what an edited `repos.toml` does to a pin.

use crate::env::Env;
use crate::harness::web;
use crate::project::{WEB, repository, short};
use crate::remote::Remote;

const BOTH: &str = "[profiles.standard]\nrepos = [\"web\", \"dms\"]\n";

/// `web` and `dms`, locked, each with a commit since then; their old and new commits.
fn moved(env: &Env, declared: &str) -> [(String, String); 2] {
    let remotes = [web(env), repository(env, "dms", &["dms"])];
    let old = remotes.each_ref().map(|remote| remote.commit_of("18.0"));
    env.locked(declared);
    let step = |remote: &Remote| remote.branch("18.0").module("more", &[]).commit();
    let new = remotes.each_ref().map(step);
    let [old_web, old_dms] = old;
    let [new_web, new_dms] = new;
    [(old_web, new_web), (old_dms, new_dms)]
}

fn arrow((old, new): &(String, String)) -> String {
    format!("{} -> {}", short(old), short(new))
}

#[test]
fn all_pins_move_to_the_heads_of_their_branches() {
    let env = Env::new();
    let [web, dms] = moved(&env, BOTH);
    env.oca(&["lock", "--upgrade"])
        .stderr(&format!(
            "dms: {}\nweb: {}\n2 repositories with 4 modules, 2 changed\n",
            arrow(&dms),
            arrow(&web)
        ))
        .success();
    env.oca(&["lock", "--upgrade"]).stderr("2 repositories with 4 modules, nothing changed\n").success();
    env.oca(&["lock", "--update"]).stderr("2 repositories with 4 modules, nothing changed\n").success();
}

#[test]
fn modules_that_the_new_commits_do_not_have_are_named_with_those_that_need_them() {
    let env = Env::new();
    let web = repository(&env, "web", &["web_a", "web_b", "web_c"]);
    env.own_module("addons/mine", "{'license': 'AGPL-3', 'depends': ['web_a']}");
    env.locked(&format!("{WEB}[[local]]\npath = \"addons\"\n"));
    let old = web.commit_of("18.0");
    let new =
        web.branch("18.0").remove("web_a").remove("web_b").remove("web_c").module("web_d", &[]).commit();
    let moved = format!("web: {}\n", arrow(&(old, new)));
    let gone = "`web` no longer has `web_a`, but `mine` needs it\n`web` no longer has `web_b`, `web_c`\n";
    env.oca(&["upgrade", "--dry-run"]).stdout_contains("web_a").stderr_contains(gone).success();
    env.oca(&["upgrade"]).stderr(&format!("{moved}1 repository with 1 module, 1 changed\n{gone}")).success();
    // A repository that is no longer declared is no surprise.
    env.oca(&["upgrade"]).stderr("1 repository with 1 module, nothing changed\n").success();
}

#[test]
fn only_the_named_pin_moves_and_only_its_lines_change() {
    let env = Env::new();
    let [web, _] = moved(&env, BOTH);
    let old = env.read("oca.lock.json");
    env.oca(&["lock", "--upgrade", "web"])
        .stderr(&format!("web: {}\n2 repositories with 3 modules, 1 changed\n", arrow(&web)))
        .success();
    let new = env.read("oca.lock.json");
    let gone: Vec<&str> = old.lines().filter(|line| !new.contains(line)).map(str::trim).collect();
    let keys: Vec<&str> = gone.iter().filter_map(|line| line.split('"').nth(1)).collect();
    assert_eq!(keys, ["commit", "tree", "digest"], "{gone:?}");
    let come: Vec<&str> = new.lines().filter(|line| !old.contains(line)).map(str::trim).collect();
    assert_eq!(come.len(), 4, "{come:?}");
    assert!(come[3].starts_with("{\"name\": \"more\""), "{come:?}");
}

#[test]
fn a_held_pin_stays_until_it_is_named() {
    let env = Env::new();
    let [web, dms] = moved(&env, &format!("{BOTH}[repos.web]\nhold = true\n"));
    env.oca(&["lock", "--upgrade"])
        .stderr(&format!("dms: {}\n2 repositories with 3 modules, 1 changed\n", arrow(&dms)))
        .success();
    env.oca(&["lock", "--upgrade", "web"])
        .stderr(&format!("web: {}\n2 repositories with 4 modules, 1 changed\n", arrow(&web)))
        .success();
}

#[test]
fn a_pin_can_be_set_by_hand_and_stays_there() {
    let env = Env::new();
    let [web, _] = moved(&env, BOTH);
    env.lock();
    let old = env.read("oca.lock.json");
    env.oca(&["lock", "-q"]).arg(format!("web@{}", web.1)).success();
    assert!(env.read("oca.lock.json").contains(&web.1));
    env.oca(&["lock"])
        .arg(format!("web@{}", web.0.to_uppercase()))
        .stderr(&format!(
            "web: {} -> {}\n2 repositories with 2 modules, 1 changed\n`web` no longer has `more`\n",
            short(&web.1),
            short(&web.0)
        ))
        .success();
    env.assert_file("oca.lock.json", &old);
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn a_branch_is_not_a_pin() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    let hint = "hint: write a name and the first digits of a commit, at least 7: `web@0123abc`\n";
    for (word, why) in
        [("web@HEAD", "`HEAD` is not the id of a commit"), ("web@", "`` is not the id of a commit")]
    {
        let stderr = format!("error: `{word}` is not `NAME@COMMIT`: {why}\n{hint}");
        env.oca(&["lock", word]).stderr(&stderr).status(2);
    }
    env.oca(&["lock", "web"])
        .stderr("error: `web` is not `NAME@COMMIT`: there is no `@`\nhint: to move it to the head of its branch, run `oca lock --upgrade web`\n")
        .status(2);
}

#[test]
fn one_name_takes_one_commit() {
    let env = Env::new();
    let remote = web(&env);
    env.locked(WEB);
    let [one, other] = [remote.commit_of("18.0"), remote.commit_of("18.0~1")];
    env.oca(&["lock"])
        .arg(format!("web@{one}"))
        .arg(format!("web@{other}"))
        .stderr(&format!("error: `web@{other}` gives a second commit for `web`\nhint: keep one of the two\n"))
        .status(2);
}

#[test]
fn a_declared_commit_cannot_be_overruled_by_hand() {
    let env = Env::new();
    let remote = web(&env);
    let [declared, other] = [remote.commit_of("18.0"), remote.commit_of("18.0~1")];
    env.locked(&format!("{WEB}[repos.web]\nrev = \"{declared}\"\n"));
    let lock = env.read("oca.lock.json");
    env.oca(&["lock"])
        .arg(format!("web@{other}"))
        .stderr(&format!(
            "error: `web` cannot be pinned to `{other}`: `repos.toml` declares commit `{declared}`\n\
             hint: change `rev` of `web` in `repos.toml`, then run `oca lock`\n"
        ))
        .status(2);
    env.assert_file("oca.lock.json", &lock);
    env.oca(&["lock", "-q"]).arg(format!("web@{declared}")).success();
    env.oca(&["lock", "--upgrade", "web", "-q"]).success();
    env.assert_file("oca.lock.json", &lock);
}

#[test]
fn a_commit_by_hand_is_not_for_two_pins_at_once() {
    let env = Env::new();
    let remote = web(&env);
    let old = remote.branch("17.0").module("web_x", &[]).commit();
    env.locked(&format!(
        "default-profile = \"standard\"\n{WEB}[profiles.old]\nodoo = \"17.0\"\npath = \"oca-17\"\nrepos = [\"web\"]\n"
    ));
    env.oca(&["lock"])
        .arg(format!("web@{old}"))
        .stderr(
            "error: `web` has several pins: branch `17.0`, branch `18.0`\n\
             hint: write the commit as `rev` into `override.web` of a profile\n",
        )
        .status(2);
}

#[test]
fn a_name_that_nobody_declares_is_refused_with_the_nearest() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    env.oca(&["lock", "--upgrade", "wep"])
        .stderr("error: no profile has a repository `wep`\nhint: did you mean `web`?\n")
        .status(2);
    env.oca(&["lock", "dms@0c441c48a4dc2bfe0c23088bc2d3e1211e0c9709"])
        .stderr("error: no profile has a repository `dms`\nhint: the repositories are `web`\n")
        .status(2);
    env.oca(&["lock", "--upgrade", "a/b"])
        .stderr("error: `a/b` is not a valid repository name: it must contain only letters, digits, `.`, `_` and `-`\n")
        .status(2);
}

#[test]
fn an_edited_branch_or_url_counts_as_unpinned() {
    let env = Env::new();
    let remote = web(&env);
    let fork = Remote::new(&env, "fork");
    let fix = remote
        .branch("18.0-fix")
        .from(&remote.commit_of("18.0"))
        .module("web_x", &[("name", "'fixed'")])
        .commit();
    let forked = fork.branch("18.0").module("web_fork", &[]).commit();
    env.locked(WEB);
    let head = remote.commit_of("18.0");
    env.declare(&format!("{WEB}[repos.web]\nbranch = \"18.0-fix\"\n"));
    env.oca(&["lock"])
        .stderr(&format!("web: locked at {}\n1 repository with 1 module, 1 changed\n", short(&fix)))
        .success();
    env.declare(&format!("{WEB}[repos.web]\nurl = \"../remotes/fork.git\"\n"));
    env.oca(&["lock"])
        .stderr(&format!(
            "web: locked at {}\n1 repository with 1 module, 1 changed\n`web` no longer has `web_x`\n",
            short(&forked)
        ))
        .success();
    env.declare(&format!("{WEB}[repos.web]\nrev = \"{head}\"\n"));
    env.oca(&["lock"])
        .stderr(&format!(
            "web: locked at {}\n1 repository with 1 module, 1 changed\n`web` no longer has `web_fork`\n",
            short(&head)
        ))
        .success();
    env.declare(WEB);
    env.lock();
    env.oca(&["lock", "--check"]).success();
}

#[test]
fn edited_addons_directories_are_read_anew_at_the_same_commit() {
    let env = Env::new();
    let remote = web(&env);
    let commit = remote.branch("18.0").module("extra/web_deep", &[]).commit();
    env.locked(WEB);
    remote.branch("18.0").module("web_later", &[]).commit();
    env.declare(&format!("{WEB}[repos.web]\naddons = [\"extra\", \".\"]\n"));
    env.oca(&["lock"]).stderr("web: read again\n1 repository with 2 modules, 1 changed\n").success();
    let lock = env.read("oca.lock.json");
    assert!(lock.contains(&format!("\"commit\": \"{commit}\"")), "{lock}");
    assert!(lock.contains("{\"name\": \"web_deep\", \"directory\": \"extra\""), "{lock}");
    assert!(!lock.contains("web_later"), "{lock}");
}

#[test]
fn edited_depth_and_hold_leave_the_lock_alone() {
    let env = Env::new();
    web(&env);
    env.locked(WEB);
    env.remove_remotes();
    env.declare(&format!("{WEB}[repos.web]\ndepth = 0\nhold = true\n"));
    env.oca(&["lock", "--check"]).success();
    env.oca(&["lock"]).stderr("1 repository with 1 module, nothing changed\n").success();
}

#[test]
fn upgrading_pins_what_is_new_as_well() {
    let env = Env::new();
    let [web, _] = moved(&env, WEB);
    env.declare(BOTH);
    env.oca(&["lock", "--upgrade", "web"])
        .stderr_contains(&format!("web: {}\n", arrow(&web)))
        .stderr_contains("2 repositories with 4 modules, 2 changed\n")
        .success();
}

#[test]
fn a_changed_series_reads_the_same_commit_anew() {
    let env = Env::new();
    let old = |name: &str| [format!("{name}/__init__.py"), format!("{name}/__openerp__.py")];
    let [init, manifest] = old("web_old");
    let remote = web(&env);
    let commit = remote.branch("18.0").file(&init, "").file(&manifest, "{'name': 'old'}").commit();
    let declared = format!("{WEB}[repos.web]\nbranch = \"18.0\"\n");
    env.locked(&declared);
    assert!(env.read("oca.lock.json").contains("web_old"));
    remote.branch("18.0").module("web_later", &[]).commit();
    env.declare(&declared);
    env.edit("repos.toml", "odoo = \"18.0\"", "odoo = \"19.0\"");
    env.oca(&["lock"])
        .stderr("web: read again\n1 repository with 1 module, 1 changed\n`web` no longer has `web_old`\n")
        .success();
    let lock = env.read("oca.lock.json");
    assert!(!lock.contains("web_old") && lock.contains(&commit) && !lock.contains("web_later"), "{lock}");
    env.edit("repos.toml", "odoo = \"19.0\"", "odoo = \"18.0\"");
    env.lock();
    assert!(env.read("oca.lock.json").contains("web_old"));
}
