//! A project as the help and the pages describe one: repositories with the names of OCA's, on a stand-in for GitHub. So
//! examples run as they are printed.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::env::Env;
use crate::odoo_itself::odoo_at;
use crate::remote::Remote;

/// What the repositories have: the repository, a module, and what the module depends on.
const MODULES: [(&str, &str, &str); 8] = [
    ("OCA/web", "web_responsive", "web"),
    ("OCA/server-tools", "auditlog", "base"),
    ("OCA/sale-workflow", "sale_order_type", "sale"),
    ("OCA/server-ux", "date_range", "web"),
    ("OCA/reporting-engine", "report_xlsx", "web"),
    ("OCA/mis-builder", "mis_builder", "account date_range report_xlsx"),
    ("OCA/account-financial-reporting", "account_financial_report", "account date_range report_xlsx"),
    ("git.example.com/acme/addons", "acme_base", "base"),
];

const NEEDS: (&str, &str) = ("external_dependencies", "{'python': ['xlrd'], 'bin': ['pdftotext']}");

const CONFIGURATION: &str = "\
odoo = \"18.0\"
default-profile = \"standard\"

[requirements]
python = \"3.12\"

[[local]]
path = \"addons\"

[profiles.standard]
repos = [\"web\", \"server-tools\", \"sale-workflow\"]

[profiles.parity]
extends = [\"standard\"]
repos = [\"reporting-engine\"]
";

/// The shop, built once; each example gets a copy of it.
pub(crate) struct Shop {
    env: Env,
    /// The first commit of `web`.
    pub(crate) first_web: String,
}

impl Shop {
    /// A git repository with two commits: an older lock, then a newer one with its checkouts. After that, the remotes go
    /// on.
    pub(crate) fn build() -> Self {
        let env = Env::new();
        for (name, module, depends) in MODULES {
            repository(&env, name, module, depends);
        }
        odoo_at(&env, "odoo/odoo");
        let first_web = Remote::open(&env, "OCA/web").commit_of("18.0");
        let remotes = env.remotes().display().to_string();
        env.configure_git(&format!(
            "[user]\n\tname = Odo Test\n\temail = odo@example.com\n\
             [url \"{remotes}/\"]\n\tinsteadOf = https://github.com/\n\
             [url \"{remotes}/git.example.com/\"]\n\tinsteadOf = https://git.example.com/\n"
        ));
        env.write("repos.toml", CONFIGURATION);
        env.write(".gitignore", "/oca/\n");
        env.write("odoo.conf", "[options]\nadmin_passwd = admin\n");
        let manifest = "{'name': 'Shop', 'version': '18.0.1.0.0', 'license': 'AGPL-3', \
                        'depends': ['sale_order_type', 'web_responsive']}\n";
        env.own_module("addons/shop_sale", manifest);
        env.oca(&["lock", "-q"]).success();
        env.git("", &["init", "-q", "-b", "main"]);
        env.commit_all("Lock");
        go_on(&env, "18.0.1.1.0");
        env.oca(&["lock", "-q", "--upgrade"]).success();
        env.oca(&["sync", "-q", "--all-profiles"]).success();
        env.oca(&["requirements", "-q", "-o", "requirements.txt"]).success();
        env.commit_all("Update");
        requests(&env);
        go_on(&env, "18.0.1.2.0");
        Self { env, first_web }
    }

    /// Makes the repositories of a preset that are not there yet: those that the `repos.toml` of this place names.
    pub(crate) fn serve_preset(&self, place: &Env) {
        let text = place.read("repos.toml");
        let words = text.split('"').skip(1).step_by(2).filter(|word| !word.contains(['.', '/', ' ']));
        for name in words.map(|word| format!("OCA/{word}")) {
            if !self.env.remotes().join(format!("{name}.git")).exists() {
                let module = name.replace(['/', '-'], "_").to_lowercase();
                repository(&self.env, &name, &module, "base");
            }
        }
    }

    /// A place with a copy of the project, the cache and the home. The remotes are shared.
    pub(crate) fn copy(&self) -> Env {
        let copy = Env::new();
        for folder in ["project", "cache", "home"] {
            let from = self.env.root().join(folder).join(".");
            let done = Command::new("cp").arg("-a").arg(from).arg(copy.root().join(folder)).status();
            assert!(done.expect("cp is installed").success());
        }
        copy
    }
}

/// What stands in for the programs of examples that are not `oca`, git or the shell. They are tested elsewhere, or not ours.
const STAND_INS: &str = "\
docker() { :; }
docker-compose() { :; }
pip() { :; }
python3() { :; }
odoo-bin() { :; }
man() { cat > /dev/null; }
dot() { cat > /dev/null; }
grype() { :; }
trivy() { :; }
jq() { cat > /dev/null; }
git() { if [ \"${1-}\" = mergetool ]; then echo all > web_responsive/form.txt; set -- add .; fi; command git \"$@\"; }
psql() { echo '{\"odoo\": \"18.0.1.3\", \"modules\": [\"web_responsive\"], \"languages\": [\"en_US\"], \"exclude_patterns\": null, \"checksums\": null}'; }
Out-String() { cat; }
Invoke-Expression() { cat > /dev/null; }
";

/// States of the shop, as functions for what comes before an example.
const STATES: &str = "\
# A directory without a project.
nothing() { rm -r repos.toml oca.lock.json oca addons requirements.txt; }
# The project before `oca`, with the .gitmodules that other tools keep.
only_gitmodules() { oca export --gitmodules > .gitmodules && rm -r repos.toml oca.lock.json oca; }
# Two merges of web that conflict.
conflict() { printf '[repos.web]\nmerges = [\"#2950\", \"#3020\"]\n' >> repos.toml; ! oca lock; }
# The conflict is open in the checkout.
open_conflict() { conflict && oca resolve web; }
# It is resolved there.
resolved() { open_conflict && echo all > oca/web/web_responsive/form.txt && git -C oca/web add .; }
# A commit in the checkout of web.
own_commit() { echo more >> oca/web/README.md && git -C oca/web commit -qam '[IMP] README: say more'; }
# It is a patch.
patched() { own_commit && oca patch web --name patches/web-title.patch; }
# Two branches that moved the same pin, and git could not merge the lock.
both_sides() {
  git checkout -qb other HEAD~1 && oca lock --upgrade web && git commit -qam Other && git checkout -q main &&
    ! git merge -q other
}
# The mode for submodules, before the first sync.
submodules() {
  { echo 'mode = \"submodule\"'; cat repos.toml; } > new.toml && mv new.toml repos.toml && rm -r oca .gitignore && git add -A && oca lock
}
# The project with Odoo itself.
core() { printf '[core]\n' >> repos.toml && oca lock; }
# Requirements that exclude each other.
requirements_conflict() {
  local needs=\"{'python': ['xlrd<1', 'xlrd>2']}\"
  printf '%s' \"{'name': 'x', 'version': '18.0.1.0.0', 'external_dependencies': $needs}\" > addons/shop_sale/__manifest__.py
  oca lock
}
";

/// A line of a session after its run.
pub(crate) struct Ran {
    pub(crate) line: String,
    pub(crate) code: i32,
}

/// Runs a line of bash in the project, with `oca` and the usual programs.
pub(crate) fn bash(env: &Env, line: &str) -> Output {
    let oca = Path::new(env!("CARGO_BIN_EXE_oca")).parent().expect("a directory");
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let folders = [env.bin(), oca.to_owned()].into_iter().chain(std::env::split_paths(&inherited));
    let path = std::env::join_paths(folders).expect("folders without a separator in their names");
    let mut command = env.command("bash");
    command.args(["-o", "pipefail", "-c", line]).current_dir(env.project()).env("PATH", path);
    command.env("GIT_EDITOR", "echo Update >").stdin(Stdio::null()).output().expect("bash is installed")
}

/// Runs lines as one session of a shell, each whatever the one before said. Also returns all that they printed. `before`
/// has to succeed.
pub(crate) fn session(env: &Env, before: &str, lines: &[&str]) -> Result<(Vec<Ran>, String), String> {
    let text = |output: &Output| {
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
    };
    let prepared = bash(env, &format!("{STAND_INS}{STATES}{before}"));
    if !prepared.status.success() {
        return Err(format!("before it: {before}\n{}", text(&prepared)));
    }
    let codes = env.scratch().join("codes");
    let mut script = format!("{STAND_INS}codes={}\n", codes.display());
    for line in lines {
        let _ = write!(script, "{line}\necho $? >> \"$codes\"\n");
    }
    let output = bash(env, &script);
    let codes = std::fs::read_to_string(codes).unwrap_or_default();
    let codes = codes.lines().map(|code| code.parse().expect("a number"));
    let ran: Vec<Ran> =
        lines.iter().zip(codes).map(|(line, code)| Ran { line: (*line).to_owned(), code }).collect();
    if ran.len() == lines.len() {
        Ok((ran, text(&output)))
    } else {
        Err(format!("bash stopped\n{}", text(&output)))
    }
}

/// A repository of OCA with one module on three series.
fn repository(env: &Env, name: &str, module: &str, depends: &str) {
    let remote = Remote::new(env, name);
    let depends: Vec<&str> = depends.split(' ').collect();
    for series in ["16.0", "17.0", "18.0"] {
        let version = format!("\"{series}.1.0.0\"");
        let fields = [("version", version.as_str()), ("depends", &format!("{depends:?}")), NEEDS];
        remote.branch(series).file("README.md", "").module(module, &fields).commit();
    }
}

/// Each module gets a newer version.
fn go_on(env: &Env, version: &str) {
    for (name, module, depends) in MODULES {
        let remote = Remote::open(env, name);
        remote.later(3600 * 24 * if version.contains(".1.1.") { 1 } else { 5 });
        let depends: Vec<&str> = depends.split(' ').collect();
        let version = format!("\"{version}\"");
        let fields = [("version", version.as_str()), ("depends", &format!("{depends:?}")), NEEDS];
        remote.branch("18.0").module(module, &fields).commit();
    }
}

/// Two requests for `web` that conflict, and the branch of a fork.
fn requests(env: &Env) {
    let web = Remote::open(env, "OCA/web");
    web.later(3600 * 24 * 2);
    let head = web.commit_of("18.0");
    for (number, text) in [(2950, "wide\n"), (3020, "narrow\n")] {
        web.pull(number)
            .from(&head)
            .file("web_responsive/form.txt", text)
            .message("[IMP] web_responsive")
            .commit();
    }
    // A fork has all that its origin has.
    let acme = env.remotes().join("acme");
    std::fs::create_dir_all(&acme).expect("a folder");
    let copied = Command::new("cp").arg("-a").arg(web.path()).arg(acme.join("web.git")).status();
    assert!(copied.expect("cp is installed").success());
    let fork = Remote::open(env, "acme/web");
    fork.later(3600 * 24 * 3);
    fork.branch("18.0-fix").from(&head).file("web_responsive/fix.txt", "fix\n").commit();
}
