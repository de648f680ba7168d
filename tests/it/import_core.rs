//! `oca init --from`: Odoo itself, Enterprise and the themes of another tool's file become `[core]`.

use crate::env::Env;
use crate::odoo_itself::odoo_at;
use crate::project::{repository, short};
use crate::remote::Remote;

pub(crate) const WEB: &str = "oca/web:\n  remotes: {o: https://github.com/OCA/web}\n  merges: [o 18.0]\n";

/// An entry of git-aggregator.
pub(crate) fn entry(directory: &str, url: &str, merges: &str) -> String {
    format!(
        "{directory}:\n  remotes: {{o: {url}, acme: https://github.com/acme/odoo}}\n  merges: [{merges}]\n"
    )
}

/// Imports this `repos.yaml` without a network. Returns the new file, and what is said.
#[track_caller]
pub(crate) fn imported(text: &str, status: i32) -> (String, String) {
    let env = Env::new();
    env.write("repos.yaml", text);
    let run = env.oca(&["init", "--offline", "--odoo", "18.0", "--from", "repos.yaml"]).output();
    assert!(run.to_string().starts_with(&format!("exit: {status}\n")), "{run}");
    (env.new_config(), run.stderr.clone())
}

/// `[core]` and its tables in the new file.
pub(crate) fn core(text: &str) -> &str {
    let start = text.find("[core]\n").unwrap_or_else(|| panic!("no `[core]` in {text}"));
    let rest = &text[start..];
    &rest[..rest.find("\n[profiles").unwrap_or(rest.len())]
}

/// A superproject with these submodules: their paths, and their urls.
pub(crate) fn superproject(env: &Env, submodules: &[(&str, &str)]) {
    env.stand_in_for_github();
    env.git(".", &["init", "-q"]);
    let mut entries: Vec<String> = Vec::new();
    for (path, url) in submodules {
        let name = url.strip_prefix("https://github.com/").expect("a url of GitHub");
        let commit = Remote::open(env, name).commit_of("18.0");
        entries.push(format!("[submodule \"{path}\"]\n\tpath = {path}\n\turl = {url}\n\tbranch = 18.0\n"));
        env.git(".", &["update-index", "--add", "--cacheinfo", &format!("160000,{commit},{path}")]);
    }
    env.write(".gitmodules", entries.concat());
    env.git(".", &["add", ".gitmodules"]);
}

#[test]
fn the_whole_stack_of_submodules_is_pinned_where_it_is() {
    let env = Env::new();
    let odoo = odoo_at(&env, "odoo/odoo");
    let pinned = odoo.commit_of("18.0");
    for (name, module) in
        [("odoo/enterprise", "web_enterprise"), ("odoo/design-themes", "theme_common"), ("OCA/web", "web_x")]
    {
        repository(&env, name, &[module]);
    }
    superproject(
        &env,
        &[
            ("odoo", "https://github.com/odoo/odoo"),
            ("src/enterprise", "https://github.com/odoo/enterprise"),
            ("src/themes", "https://github.com/odoo/design-themes"),
            ("oca/web", "https://github.com/OCA/web"),
        ],
    );
    odoo.branch("18.0").module("addons/crm", &[]).commit();
    env.oca(&["init", "--from", ".gitmodules"])
        .stderr_contains(&format!("odoo: locked at {}\n", short(&pinned)))
        .stderr_contains("4 repositories with 1 module, 4 changed\n")
        .success();
    env.assert_new_config("odoo = \"18.0\"\nmode = \"submodule\"\n\n[core]\npath-enterprise = \"src/enterprise\"\n\
         path-themes = \"src/themes\"\nenterprise = \"https://github.com/odoo/enterprise\"\n\
         themes = \"https://github.com/odoo/design-themes\"\n\n[profiles.standard]\nrepos = [\n  \"web\",\n]\n",
    );
    assert_eq!(env.locked_commit("odoo"), pinned);
    env.oca(&["lock", "--check"]).success();
    env.oca(&["sync"]).with_programs().stderr_contains("odoo: checked out at ").success();
    assert!(env.exists("odoo/odoo-bin") && env.exists("src/enterprise/web_enterprise"));
    assert!(env.git(".", &["ls-files", "-s", "odoo"]).contains(&pinned));
    env.git(".", &["commit", "-qm", "Move to oca"]);
    env.oca(&["submodules", "--check"]).success();
    // Nobody's entry was renamed or moved.
    let text = env.read(".gitmodules");
    assert_eq!(text.matches("[submodule ").count(), 4, "{text}");
    // Odoo moves by name only, and its pin is one of a branch.
    env.oca(&["lock", "--upgrade", "odoo", "-q"]).success();
    assert_eq!(env.locked_commit("odoo"), odoo.commit_of("18.0"));
}

#[test]
fn odoo_and_what_is_merged_into_it_become_core() {
    let env = Env::new();
    env.stand_in_for_github();
    let odoo = odoo_at(&env, "OCA/OCB");
    let base = odoo.commit_of("18.0");
    odoo.pull(7).from(&base).module("addons/crm", &[("depends", "['base']")]).commit();
    odoo.branch("18.0-fix").from(&base).module("addons/stock", &[("depends", "['base']")]).commit();
    env.git("../remotes", &["clone", "-q", "--bare", "OCA/OCB.git", "acme/odoo.git"]);
    repository(&env, "OCA/web", &["web_x"]);
    let text = entry(
        "./odoo",
        "https://github.com/OCA/OCB.git",
        "{remote: o, ref: $ODOO_VERSION, depth: 5}, o refs/pull/7/head, acme 18.0-fix, o $ODOO_VERSION",
    );
    env.write("repos.yaml", format!("{text}  shell_command_after: git am x.patch\n{WEB}"));
    env.oca(&["init", "--odoo", "18.0", "--from", "repos.yaml"])
        .stderr(
            "warning: `repos.yaml` at line 4: a patch command of `./odoo` is left out: save the patch as a file, and name the \
             file in `patches`\n\
             `[core]` has `odoo` in `odoo`, with its `merges`\n\
             error: `repos.toml` is written, but parts of `repos.yaml` are not in it: 1 patch command\n\
             hint: read the warnings above and edit `repos.toml`; if you do not need what is left out, run `oca sync`\n",
        )
        .status(1);
    assert_eq!(
        core(&env.new_config()),
        "[core]\nurl = \"https://github.com/OCA/OCB.git\"\nmerges = [\n  \"#7\",\n  \
         \"https://github.com/acme/odoo 18.0-fix\",\n]\ndepth = 5\n"
    );
    env.oca(&["sync", "-q"]).success();
    assert!(env.exists("odoo/addons/crm") && env.exists("odoo/addons/stock") && env.exists("oca/web/web_x"));
}

#[test]
fn the_frozen_commits_of_odoo_and_its_merges_are_locked() {
    let env = Env::new();
    env.stand_in_for_github();
    let odoo = odoo_at(&env, "odoo/odoo");
    let base = odoo.commit_of("18.0");
    let request = odoo.pull(7).from(&base).module("addons/crm", &[("depends", "['base']")]).commit();
    repository(&env, "OCA/web", &["web_x"]);
    env.write(
        "spec.yaml",
        "odoo:\n  modules: [sale]\n  remotes: {o: https://github.com/odoo/odoo}\n  merges: [o 18.0, o refs/pull/7/head]\n\
         web:\n  src: https://github.com/OCA/web 18.0\n",
    );
    env.write("frozen.yaml", format!("odoo:\n  o:\n    '18.0': {base}\n    refs/pull/7/head: {request}\n"));
    odoo.branch("18.0").module("addons/new", &[]).commit();
    odoo.pull(7).module("addons/newer", &[]).commit();
    env.oca(&["init", "--from", "spec.yaml"])
        .stderr_contains("the choice of modules in `src` is left out: oca selects all modules there\n")
        .success();
    assert_eq!(core(&env.new_config()), "[core]\nmerges = [\n  \"#7\",\n]\npath = \"src\"\n");
    assert_eq!(env.locked_commit("odoo"), base);
    assert!(env.read("oca.lock.json").contains(&request));
    env.oca(&["sync", "-q", "--locked"]).success();
    assert!(env.exists("src/addons/crm") && !env.exists("src/addons/newer"));
}

#[test]
fn a_fork_is_known_by_its_place() {
    for (directory, url, expected, is_guess) in [
        ("./odoo", "git@gitlab.acme.fr:erp/core.git", "url = \"git@gitlab.acme.fr:erp/core.git\"\n", true),
        (
            "odoo/src",
            "git@gitlab.acme.fr:erp/core.git",
            "url = \"git@gitlab.acme.fr:erp/core.git\"\npath = \"odoo/src\"\n",
            true,
        ),
        (
            "src",
            "https://git.acme.fr/acme/OCB",
            "url = \"https://git.acme.fr/acme/OCB\"\npath = \"src\"\n",
            false,
        ),
        (
            "src/odoo",
            "https://git.acme.fr/acme/odoo-18.0.git",
            "url = \"https://git.acme.fr/acme/odoo-18.0.git\"\npath = \"src/odoo\"\n",
            false,
        ),
        ("x/y", "ssh://git@GitHub.com/Odoo/Odoo.git", "path = \"x/y\"\n", false),
    ] {
        let (text, said) = imported(&(entry(directory, url, "o 18.0") + WEB), 0);
        let found = core(&text);
        if directory == "x/y" {
            assert!(found.ends_with(expected), "{text}");
        } else {
            assert_eq!(found, format!("[core]\n{expected}"), "{directory}");
        }
        assert!(text.contains("repos = [\n  \"web\",\n]\n"), "{text}");
        let guess = "is taken for Odoo itself because of its directory: if it is not, move it from `[core]`";
        assert_eq!(said.contains(guess), is_guess, "{said}");
    }
}

#[test]
fn a_repository_of_modules_with_the_name_of_odoo_stays_one() {
    for (directory, url, name) in [
        ("addons/odoo", "https://git.acme.fr/acme/odoo", "odoo"),
        ("addons/acme", "https://git.acme.fr/acme/odoo.git", "acme"),
        ("addons/acme", "https://git.acme.fr/acme/odoo-enterprise.git", "acme"),
    ] {
        let (text, said) = imported(&entry(directory, url, "o 18.0"), 0);
        assert!(!text.contains("[core]") && text.contains(&format!("\"{name}\"")), "{text}");
        assert!(
            said.contains("as a repository of modules: if it is not, declare it in `[core]` instead\n"),
            "{said}"
        );
    }
    // A name of `[core]` is reserved.
    let odoo = entry("odoo", "https://github.com/odoo/odoo", "o 18.0");
    let (text, said) =
        imported(&(odoo + &entry("addons/odoo", "https://git.acme.fr/acme/odoo", "o 18.0")), 0);
    assert!(text.contains("repos = [\n  \"addons-odoo\",\n]\n"), "{text}");
    assert!(said.contains("gets the name `addons-odoo`"), "{said}");
}

#[test]
fn one_of_two_is_chosen_and_the_other_is_told() {
    let ocb = entry("src/ocb", "https://github.com/OCA/OCB", "o 18.0, o refs/pull/7/head");
    let odoo = entry("odoo", "https://github.com/odoo/odoo", "o 17.0");
    let (text, said) = imported(&(odoo.clone() + &ocb + WEB), 1);
    // The one of the series.
    assert!(core(&text).starts_with("[core]\nurl = \"https://github.com/OCA/OCB\"\nmerges"), "{text}");
    assert!(
        said.contains(
            "`odoo` at branch `17.0` is Odoo itself like `src/ocb`, which `[core]` has, and is left out: to use it \
             instead, change `[core]`; if it has modules of others, run `oca add https://github.com/odoo/odoo`\n"
        ),
        "{said}"
    );
    assert!(said.contains("are not in it: 1 second repository of Odoo itself\n"), "{said}");
    // The surer one, and the merges of the other are told.
    let fork = entry("src/odoo", "https://git.acme.fr/acme/odoo", "o 18.0, o refs/pull/7/head");
    let (text, said) = imported(&(fork + &odoo.replace("17", "18") + WEB), 1);
    assert_eq!(core(&text), "[core]\n");
    assert!(said.contains("the merge of `#7` into `src/odoo` is left out with it\n"), "{said}");
}

#[test]
fn what_is_checked_out_decides_before_the_names() {
    let env = Env::new();
    for file in ["vendor/erp/.git", "vendor/erp/odoo-bin", "odoo/.git", "odoo/acme_sale/__manifest__.py"] {
        env.write(file, "");
    }
    let url = |name: &str| format!("https://git.acme.fr/acme/{name}");
    env.write(
        "repos.yaml",
        entry("vendor/erp", &url("erp"), "o 18.0") + &entry("odoo", &url("odoo"), "o 18.0"),
    );
    env.oca(&["init", "-q", "--odoo", "18.0", "--from", "repos.yaml"]).success();
    let text = env.new_config();
    assert_eq!(core(&text), "[core]\nurl = \"https://git.acme.fr/acme/erp\"\npath = \"vendor/erp\"\n");
    assert_eq!(text.matches("url = ").count(), 2, "{text}");
}

#[test]
fn enterprise_without_odoo_is_left_out() {
    let env = Env::new();
    env.write("enterprise/account_ent/__manifest__.py", "{}");
    let enterprise = entry("enterprise", "https://github.com/odoo/enterprise", "o 18.0");
    env.write("repos.yaml", enterprise.clone() + WEB);
    env.oca(&["init", "-q", "--from", "repos.yaml"]).success();
    let text = env.new_config();
    assert!(text.starts_with("odoo = \"18.0\"\nedition = \"enterprise\"\n"), "{text}");
    assert!(
        text.contains("[addons-path]\nbefore = [\"enterprise\"]\n") && !text.contains("[core]"),
        "{text}"
    );
    let (text, said) = imported(&(enterprise.clone() + WEB), 0);
    assert!(text.contains("edition = \"enterprise\"") && !text.contains("before"), "{text}");
    assert!(
        said.contains("is left out, because the file does not declare Odoo itself: declare both in `[core]`"),
        "{said}"
    );
    let env = Env::new();
    env.write("repos.yaml", enterprise);
    env.oca(&["init", "--from", "repos.yaml"])
        .stderr_contains("error: `repos.yaml` declares no repository besides Odoo Enterprise\n")
        .status(2);
    // The themes alone are modules as all others.
    let (text, _) = imported(&entry("design-themes", "https://github.com/odoo/design-themes", "o 18.0"), 0);
    assert!(!text.contains("[core]") && text.contains("\"design-themes\""), "{text}");
}

#[test]
fn odoo_alone_is_a_project() {
    let (text, _) = imported(&entry("odoo", "https://github.com/odoo/odoo", "o 18.0"), 0);
    assert_eq!(text, "odoo = \"18.0\"\n\n[core]\n\n[profiles.standard]\nrepos = [\n]\n");
}

#[test]
fn the_branch_of_odoo_is_the_series() {
    let env = Env::new();
    let web = WEB.replace("18.0", "17.0") + &WEB.replace("oca/web", "oca/dms").replace("18.0", "17.0");
    env.write("repos.yaml", entry("odoo", "https://github.com/odoo/odoo", "o 18.0") + &web);
    env.oca(&["init", "-q", "--from", "repos.yaml"]).success();
    let text = env.new_config();
    assert!(text.starts_with("odoo = \"18.0\"\n") && !core(&text).contains("branch"), "{text}");
}

#[test]
fn a_setting_of_enterprise_gives_it_a_table() {
    let text = entry("odoo", "https://github.com/odoo/odoo", "o 18.0-acme")
        + &entry("enterprise", "https://github.com/odoo/enterprise", "o 18.0, o refs/pull/3/head")
        + &entry("themes", "https://github.com/acme/design-themes", "o main");
    let (text, _) = imported(&text, 0);
    assert_eq!(
        core(&text),
        "[core]\nbranch = \"18.0-acme\"\npath-themes = \"themes\"\n\n\
         [core.enterprise]\nurl = \"https://github.com/odoo/enterprise\"\nmerges = [\n  \"#3\",\n]\n\n\
         [core.themes]\nurl = \"https://github.com/acme/design-themes\"\nbranch = \"main\"\n"
    );
}

#[test]
fn passwords_in_the_urls_of_odoo_are_left_out() {
    let url = "https://me:geheim@github.com/odoo/enterprise.git";
    let text = entry("odoo", "https://github.com/odoo/odoo", "o 18.0") + &entry("enterprise", url, "o 18.0");
    let (text, said) = imported(&text, 0);
    assert!(!text.contains("geheim") && !said.contains("geheim"), "{text}{said}");
    assert!(said.contains("the user and the password in the url of `enterprise`"), "{said}");
}
