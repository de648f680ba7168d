//! `oca init --from` in a project that has modules of its own, pending merges, and submodules that nobody declares.

use crate::env::Env;
use crate::project::repository;

/// A superproject with these submodules of `remotes/`, none of them populated. Each is at its first commit.
fn superproject(env: &Env, paths: &[&str]) -> String {
    let mut commit = String::new();
    env.git(".", &["init", "-q"]);
    let mut entries: Vec<String> = Vec::new();
    for path in paths {
        let name = path.rsplit('/').next().unwrap_or(path);
        commit = repository(env, name, &[&format!("{name}_a")]).commit_of("18.0");
        let url = env.remotes().join(format!("{name}.git"));
        let url = url.display();
        entries.push(format!("[submodule \"{path}\"]\n\tpath = {path}\n\turl = {url}\n\tbranch = 18.0\n"));
        env.git(".", &["update-index", "--add", "--cacheinfo", &format!("160000,{commit},{path}")]);
    }
    env.write(".gitmodules", entries.concat());
    commit
}

#[test]
fn own_modules_beside_the_submodules_are_local_and_an_image_is_proposed() {
    let env = Env::new();
    superproject(&env, &["addons/oca/web", "addons/oca/dms"]);
    env.own_module("addons/acme_sale", "{'version': '18.0.1.0.0', 'license': 'OPL-1', 'depends': ['web_a']}");
    env.own_module("addons/oca/web/web_local", "{}");
    env.own_module("custom/deep/acme_stock", "{}");
    env.own_module("node_modules/no", "{}");
    env.own_module(".hidden/no", "{}");
    env.oca(&["init", "--from", ".gitmodules"])
        .stderr_contains("`[[local]]` has your own modules in `addons`, `custom/deep`\n")
        .success();
    let text = env.read("repos.toml");
    assert!(text.contains("path = \"addons/oca\"\nmode = \"submodule\"\n"), "{text}");
    assert!(
        text.contains(
            "[image]\nroot = \"/mnt/oca-addons\"\nbefore = [\"/usr/lib/python3/dist-packages/odoo/addons\"]\n\n\
             [[local]]\npath = \"addons\"\nimage = \"/mnt/extra-addons/addons\"\n\n\
             [[local]]\npath = \"custom/deep\"\nimage = \"/mnt/extra-addons/deep\"\n"
        ),
        "{text}"
    );
    // The licence of the own module is looked at.
    env.oca(&["check", "-q"]).stdout_contains("acme_sale").status(1);
}

#[test]
fn checkouts_never_go_where_the_user_has_modules() {
    let web = "repositories:\n  oca/web: {type: git, url: ../remotes/web.git, version: 18.0}\n";
    let env = Env::new();
    repository(&env, "web", &["web_a"]);
    env.git(".", &["init", "-q"]);
    env.write("oca/acme_sale/__manifest__.py", "{}");
    env.write("x.repos", web);
    env.oca(&["init", "--from", "x.repos"])
        .stderr(
            "warning: `x.repos` at line 2: the checkout of `web` will be in `oca-repos`, not in `oca`: \
             your own modules are there\n\
             `[[local]]` has your own modules in `oca`\n\
             wrote `repos.toml`, but no lock: there are no pins to take over; look at it, then run `oca sync`\n",
        )
        .success();
    env.oca(&["sync", "-q"]).success();
    env.write("oca/acme_new/__manifest__.py", "{}");
    let status = env.git(".", &["status", "--short", "--untracked-files=all"]);
    assert!(status.contains("oca/acme_new") && !status.contains("web_a"), "{status}");

    // The same directory for a file system that ignores case.
    let env = Env::new();
    env.write("OCA/README.md", "");
    env.write("x.repos", web);
    env.oca(&["init", "-q", "--from", "x.repos"]).success();
    assert!(env.read("repos.toml").contains("path = \"oca-repos\"\n"));
}

/// A module that comes later is seen by git, and the checkouts still are not.
#[test]
fn among_own_modules_git_ignores_only_the_checkouts() {
    let env = Env::new();
    repository(&env, "web", &["web_a"]);
    env.git(".", &["init", "-q"]);
    env.declare(crate::project::WEB);
    env.oca(&["sync", "-q"]).success();
    env.assert_file("oca/.gitignore", "*\n");
    env.write("oca/acme_new/__manifest__.py", "{}");
    env.oca(&["sync"])
        .stderr_contains(
            "oca` has your own modules in `acme_new`: git ignores only the checkouts there from now on\n",
        )
        .success();
    let status = env.git(".", &["status", "--short", "--untracked-files=all"]);
    assert!(
        status.contains("oca/acme_new") && !status.contains("oca/web") && !status.contains(".gitignore"),
        "{status}"
    );
    env.oca(&["sync"]).stderr("1 repository up to date\n").success();
    std::fs::remove_dir_all(env.project().join("oca/acme_new")).expect("a directory");
    env.oca(&["sync", "-q"]).success();
    env.assert_file("oca/.gitignore", "*\n");
}

#[test]
fn a_phantom_that_sync_removes_is_named() {
    let env = Env::new();
    let commit = superproject(&env, &["oca/web"]);
    env.git(".", &["update-index", "--add", "--cacheinfo", &format!("160000,{commit},themes/acme")]);
    env.git(".", &["add", ".gitmodules"]);
    env.oca(&["init", "-q", "--from", "."]).success();
    env.oca(&["sync"])
        .stderr_contains(&format!(
            "`themes/acme`: its gitlink at `{commit}` has no entry in `.gitmodules` and is removed from the index\n"
        ))
        .success();
    assert!(!env.git(".", &["ls-files", "-s"]).contains("themes/acme"));
}

/// The commits of the gitlinks contain what is merged, so nothing is lost.
#[test]
fn pending_merges_are_in_the_gitlinks() {
    let body = "\n  remotes: {OCA: https://github.com/OCA/web.git, acme: https://github.com/acme/web.git}\n  \
                target: acme merge-branch-1-18.0\n  merges: [OCA 18.0, OCA refs/pull/12/head]\n  \
                shell_command_after: [git am x.patch]\n";
    for (file, key, from) in [
        ("pending-merges.d/web.yml", "../odoo/external-src/web", "."),
        ("pending-merges.d/web.yml", "./odoo/external-src/web", "pending-merges.d"),
        ("odoo/pending-merges.d/web.yml", "../external-src/web", "."),
        ("odoo/pending-merges.yaml", "./external-src/web", "odoo/pending-merges.yaml"),
        ("odoo/pending-merges.yaml", "./external-src/web", "."),
    ] {
        let env = Env::new();
        let commit = superproject(&env, &["odoo/external-src/dms", "odoo/external-src/web"]);
        env.write(file, format!("{key}:{body}"));
        env.oca(&["init", "--from", from])
            .stderr_contains(
                "`odoo/external-src/web` has pending merges: oca keeps the commit of its gitlink as `rev`",
            )
            .success();
        let text = env.read("repos.toml");
        assert!(text.contains("path = \"odoo/external-src\"\nmode = \"submodule\"\n"), "{file}: {text}");
        assert!(text.contains(&format!("[repos.web]\nrev = \"{commit}\"\n")), "{file}: {text}");
        assert!(env.read("oca.lock.json").contains(&commit), "{file}");
    }
}

#[test]
fn without_pending_merges_a_project_stays_one_of_submodules() {
    for text in [
        "# nothing pending\n",
        "../odoo/external-src/web:\n  remotes: {OCA: https://x/web}\n  merges: [OCA 18.0]\n",
    ] {
        let env = Env::new();
        superproject(&env, &["odoo/external-src/web"]);
        env.write("pending-merges.d/web.yml", text);
        env.oca(&["init", "--from", "pending-merges.d"]).stderr_contains("web: locked at").success();
        let text = env.read("repos.toml");
        assert!(text.contains("mode = \"submodule\"") && !text.contains("rev ="), "{text}");
    }
}

#[test]
fn what_is_pending_without_a_gitlink_is_lost_and_told() {
    let env = Env::new();
    superproject(&env, &["odoo/external-src/web"]);
    env.write(
        "odoo/pending-merges.yaml",
        "./external-src/dms:\n  remotes: {OCA: ../remotes/dms.git}\n  merges:\n  - OCA 18.0\n  - OCA refs/pull/3/head\n",
    );
    repository(&env, "dms", &["dms_a"]);
    env.oca(&["init", "--from", "odoo/pending-merges.yaml"])
        .stderr_contains(
            "at line 5: the merge of `#3` into `dms` is left out: merges of submodules need a `push-url`",
        )
        .stderr_contains("parts of `odoo/pending-merges.yaml` are not in it: 1 merge\n")
        .status(1);
    let text = env.read("repos.toml");
    assert!(text.contains("path = \"odoo/external-src\"") && !text.contains("merges"), "{text}");
    // What is written works.
    env.oca(&["sync", "-q"]).success();
}

#[test]
fn a_change_to_clones_says_what_former_submodules_still_hold() {
    let env = Env::new();
    superproject(&env, &["oca/web"]);
    env.git(".", &["add", ".gitmodules"]);
    env.oca(&["init", "-q", "--from", "."]).success();
    env.oca(&["sync", "-q"]).success();
    env.git(".", &["clone", "-q", "--bare", "../remotes/web.git", ".git/modules/oca/old"]);
    env.write(".git/modules/oca/old/objects/pack/large", vec![7; 2_500_000]);
    env.edit("repos.toml", "mode = \"submodule\"", "mode = \"clone\"");
    env.oca(&["sync"])
        .stderr_contains(
            "`.git/modules` still holds 2.5 MB of former submodules: \
             if you need no branch and no stash there, delete it\n",
        )
        .success();
}

#[test]
fn a_project_that_is_imported_elsewhere_is_told() {
    let env = Env::new();
    repository(&env, "web", &["web_a"]);
    let other = env.root().join("shop");
    let text = "repositories:\n  oca/web: {type: git, url: ../remotes/web.git, version: 18.0}\n";
    std::fs::create_dir_all(other.join("odoo")).expect("a directory");
    std::fs::write(other.join("odoo/x.repos"), text).expect("a file");
    env.git(&other, &["init", "-q"]);
    let told = |command: &str| {
        format!(
            "warning: the new project is in `[TEMP]/project`; nothing changes in `[TEMP]/shop`, from which it is imported\n\
             hint: if you want to use oca in that directory, delete the new files here and run `{command}`\n"
        )
    };
    env.oca(&["init", "--from", "../shop/odoo/x.repos"])
        .stderr_contains(
            &(told("oca -C [TEMP]/shop init --from odoo/x.repos")
                + "wrote `repos.toml`, but no lock: there are no pins to take over; look at it, then run `oca sync`\n"),
        )
        .success();
    assert!(env.exists("repos.toml") && !other.join("repos.toml").exists());
    // A directory without git, with a name that a shell would split, and with its pins.
    let other = env.root().join("my shop");
    std::fs::create_dir_all(&other).expect("a directory");
    std::fs::write(other.join("oca_dependencies.txt"), "web ../remotes/web.git\n").expect("a file");
    std::fs::remove_file(env.project().join("repos.toml")).expect("a file");
    env.oca(&["init", "--odoo", "18.0", "--from", "../my shop"])
        .stderr_contains("nothing changes in `[TEMP]/my shop`, from which it is imported\n")
        .stderr_contains("run `oca -C '[TEMP]/my shop' init --odoo 18.0 --from .`\n")
        .success();
    // As the hint says.
    env.oca(&["-C", "../my shop", "init", "-q", "--odoo", "18.0", "--from", "."]).success();
    assert!(other.join("repos.toml").exists());
    // A file below the project belongs to it.
    std::fs::remove_file(env.project().join("repos.toml")).expect("a file");
    env.write("odoo/x.repos", text);
    let output = env.oca(&["init", "--from", "odoo/x.repos"]).output();
    assert!(output.code == Some(0) && !output.stderr.contains("the new project is in"), "{output}");
}
