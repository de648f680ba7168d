//! `oca init --from` with each of the formats: what it writes, what it says, and that the commits are the same.

use crate::env::Env;
use crate::odoo_itself::odoo_at;
use crate::project::{repository, short};
use crate::remote::Remote;

/// Three repositories whose branches have moved on since the pins were made.
struct Scene {
    env: Env,
    web: String,
    dms: String,
    queue: String,
}

fn scene() -> Scene {
    let env = Env::new();
    let pin = |name: &str, modules: &[&str]| {
        let remote = repository(&env, name, modules);
        let pinned = remote.commit_of("18.0");
        remote.branch("18.0").module(&format!("{name}_new"), &[]).commit();
        pinned
    };
    let (web, dms, queue) =
        (pin("web", &["web_a", "web_b"]), pin("dms", &["dms"]), pin("queue", &["queue_job"]));
    Scene { env, web, dms, queue }
}

impl Env {
    /// Asserts that the imported project syncs to these commits and that its lock is fresh.
    #[track_caller]
    pub(crate) fn assert_checkouts(&self, checkouts: &[(&str, &str)]) {
        self.oca(&["lock", "--check"]).success();
        self.oca(&["sync", "-q", "--locked"]).success();
        for (path, commit) in checkouts {
            assert_eq!(self.git(path, &["rev-parse", "HEAD"]).trim(), *commit, "{path}");
        }
    }
}

#[test]
fn git_aggregator() {
    let Scene { env, dms, .. } = scene();
    env.write(
        "repos.yaml",
        format!(
            "\
vendor/web:
  defaults: {{depth: 1}}
  remotes:
    oca: ../remotes/web.git
  merges:
    - oca 18.0
  target: oca 18.0
vendor/dms:
  remotes:
    oca: ../remotes/dms.git
    acme: git@git.example.com:acme/dms.git
  merges:
    - remote: oca
      ref: {dms}
      depth: 100
  target: acme 18.0-merged
  fetch_all: true
  shell_command_after:
    - rm -rf dms_field
vendor/server-tools:
  remotes:
    oca: https://github.com/OCA/server-tools
    acme: https://github.com/acme/server-tools
  merges:
    - oca 18.0
    - oca refs/pull/1/head
    - acme 18.0-fix
./src:
  remotes:
    odoo: https://github.com/odoo/odoo
  merges:
    - odoo 18.0
"
        ),
    );
    env.oca(&["init", "--from", "repos.yaml"])
        .stderr(
            "\
warning: `repos.yaml` at line 19: a command of `vendor/dms` is left out: oca runs no commands
`[core]` has `odoo` in `src`
error: `repos.toml` is written, but parts of `repos.yaml` are not in it: 1 command
hint: read the warnings above and edit `repos.toml`; if you do not need what is left out, run `oca sync`
",
        )
        .status(1);
    env.assert_new_config(&format!(
        "\
odoo = \"18.0\"
base-url = \"../remotes\"
path = \"vendor\"

[core]
path = \"src\"

[profiles.standard]
repos = [
  \"web\",
  \"dms\",
  \"server-tools\",
]

[repos.dms]
rev = \"{dms}\"
depth = 100

[repos.server-tools]
url = \"https://github.com/OCA/server-tools\"
merges = [
  \"#1\",
  \"https://github.com/acme/server-tools 18.0-fix\",
]
"
    ));
    assert!(!env.exists("oca.lock.json"));
}

#[test]
fn doodba() {
    let Scene { env, .. } = scene();
    env.write(
        "odoo/custom/src/repos.yaml",
        "\
./odoo:
  defaults: {depth: $DEPTH_DEFAULT}
  remotes: {ocb: https://github.com/OCA/OCB.git}
  target: ocb $ODOO_VERSION
  merges:
    - ocb $ODOO_VERSION
enterprise:
  remotes: {odoo: git@github.com:odoo/enterprise.git}
  merges: [odoo $ODOO_VERSION]
web:
  defaults: {depth: $DEPTH_MERGE}
  remotes: {oca: ../remotes/web.git}
  target: oca ${ODOO_VERSION}
  merges:
    - oca $ODOO_VERSION
acme:
  remotes: {acme: ../remotes/queue.git}
  merges: [acme $ODOO_VERSION]
",
    );
    env.write(
        "odoo/custom/src/addons.yaml",
        "\
ENV:
  ODOO_VERSION: \"18.0\"
  DEFAULT_REPO_PATTERN: ../remotes/{}.git
  DEPTH_DEFAULT: 10
web: [web_a]
dms:
  - \"*\"
odoo/addons: [account]
---
ONLY:
  PGDATABASE: [prod, staging]
server-tools: [\"*\"]
---
web: [web_b, web_a]
acme: [\"queue_*\"]
",
    );
    env.write("odoo/custom/src/private/my_module/__manifest__.py", "{}");
    env.oca(&["init", "--from", "odoo/custom/src"])
        .stderr(
            "\
warning: `odoo/custom/src/addons.yaml` at line 8: the choice of modules in `odoo/addons` is left out: oca selects all modules there
warning: `odoo/custom/src/addons.yaml` at line 11: the part that needs `PGDATABASE` is `prod` or `staging` is left out: use a profile for it
warning: `odoo/custom/src/addons.yaml` at line 15: `queue_*` is not the name of a module, and no module of a checkout matches it: oca selects all modules of `acme`
warning: `odoo/custom/src/repos.yaml` at line 10: the checkout of `web` and 2 more will be in `oca`, not in `odoo/custom/src`
`[core]` has `enterprise` in `odoo/custom/src/enterprise`
`[core]` has `odoo` in `odoo/custom/src/odoo`
`[[local]]` has your own modules in `odoo/custom/src/private`
error: `repos.toml` is written, but parts of `odoo/custom/src` are not in it: 1 part with a condition, 1 pattern of modules
hint: read the warnings above and edit `repos.toml`; if you do not need what is left out, run `oca sync`
",
        )
        .status(1);
    env.assert_new_config(
        "\
odoo = \"18.0\"
base-url = \"../remotes\"

[core]
url = \"https://github.com/OCA/OCB.git\"
path = \"odoo/custom/src/odoo\"
path-enterprise = \"odoo/custom/src/enterprise\"
enterprise = \"git@github.com:odoo/enterprise.git\"

# The container. Odoo itself is in `core`.
[image]
root = \"/mnt/oca-addons\"
core = \"/opt/odoo\"

[[local]]
path = \"odoo/custom/src/private\"
image = \"/mnt/extra-addons\"

[profiles.standard]
repos = [
  \"web\",
  \"acme\",
  \"dms\",
]

[repos.web]
modules = [\"web_a\", \"web_b\"]

[repos.acme]
url = \"../remotes/queue.git\"

[repos.dms]
depth = 10
",
    );
    env.stand_in_for_github();
    odoo_at(&env, "OCA/OCB");
    repository(&env, "odoo/enterprise", &["web_enterprise"]);
    env.oca(&["lock", "-q"]).success();
    env.oca(&["list"]).stdout_contains("web_b").success();
}

#[test]
fn ak() {
    let Scene { env, web, dms, queue } = scene();
    env.stand_in_for_github();
    let odoo = odoo_at(&env, "odoo/odoo").commit_of("18.0");
    env.write(
        "spec.yaml",
        format!(
            "\
odoo:
  src: https://github.com/odoo/odoo 18.0
web:
  src: ../remotes/web.git 18.0
  modules:
    - web_a
dms:
  modules: [dms]
  useless: [dms_field]
  remotes:
    origin: ../remotes/dms.git
  merges:
    - origin 18.0
queue:
  src: ../remotes/queue.git 18.0 {queue}
  shell_command_after: make
l10n:
  src: ../remotes/l10n.git 18.0
  prebuild: true
"
        ),
    );
    env.write(
        "frozen.yaml",
        format!(
            "dms:\n  origin:\n    '18.0': {dms}\ngone:\n  origin:\n    '18.0': {dms}\nweb:\n  origin:\n    '18.0': {web}\n"
        ),
    );
    let [dms_digits, odoo_digits, queue_digits, web_digits] =
        [&dms, &odoo, &queue, &web].map(|commit| short(commit));
    env.oca(&["init", "--from", "spec.yaml"])
        .stderr(&format!(
            "\
warning: `frozen.yaml` at line 4: `gone` is left out: `spec.yaml` has no such entry
warning: `spec.yaml` at line 16: a command of `queue` is left out: oca runs no commands
warning: `spec.yaml` at line 17: `l10n` is left out: its modules are prebuilt
`[core]` has `odoo` in `src`
dms: locked at {dms_digits}
odoo: locked at {odoo_digits}
queue: locked at {queue_digits}
web: locked at {web_digits}
profile `standard`: 3 modules selected
4 repositories with 4 modules, 4 changed
error: `repos.toml` is written, but parts of `spec.yaml` are not in it: 1 command, 1 repository
hint: read the warnings above and edit `repos.toml`; if you do not need what is left out, run `oca sync`
"
        ))
        .status(1);
    env.assert_new_config(
        "\
odoo = \"18.0\"
base-url = \"../remotes\"
path = \"external-src\"

[core]
path = \"src\"

[profiles.standard]
repos = [
  \"web\",
  \"dms\",
  \"queue\",
]

[repos.web]
modules = [\"web_a\"]

[repos.dms]
modules = [\"dms\"]

[repos.queue]
hold = true
",
    );
    env.assert_checkouts(&[
        ("external-src/web", &web),
        ("external-src/dms", &dms),
        ("external-src/queue", &queue),
        ("src", &odoo),
    ]);
    env.oca(&["lock", "-q", "--upgrade"]).success();
    env.oca(&["sync", "-q"]).success();
    assert_ne!(env.git("external-src/web", &["rev-parse", "HEAD"]).trim(), web);
    assert_eq!(env.git("external-src/queue", &["rev-parse", "HEAD"]).trim(), queue);
}

#[test]
fn camptocamp() {
    let env = Env::new();
    env.write("pending-merges.d/empty.yml", "# nothing pending\n");
    env.write(
        "pending-merges.d/web.yml",
        "\
../odoo/external-src/web:
  remotes:
    camptocamp: git@github.com:camptocamp/web.git
    OCA: git@github.com:OCA/web.git
  target: camptocamp merge-branch-1234-master
  merges:
    - OCA 18.0
    # [18.0][FIX] web: a title
    - OCA refs/pull/7/head
    - OCA 0123456789012345678901234567890123456789
  shell_command_after:
    - git am \"patches/0001.patch\"
",
    );
    let fork = "1234567890123456789012345678901234567890";
    env.write(
        ".gitmodules",
        "[submodule \"odoo/external-src/web\"]\n\tpath = odoo/external-src/web\n\turl = git@github.com:camptocamp/web.git\n\
         [submodule \"odoo/external-src/dms\"]\n\tpath = odoo/external-src/dms\n\turl = git@github.com:OCA/dms.git\n",
    );
    env.git(".", &["init", "-q"]);
    for path in ["odoo/external-src/web", "odoo/external-src/dms"] {
        env.git(".", &["update-index", "--add", "--cacheinfo", &format!("160000,{fork},{path}")]);
    }
    env.oca(&["init", "--from", "pending-merges.d", "--offline"])
        .stderr(
            "\
warning: `pending-merges.d/web.yml` at line 1: `odoo/external-src/web` has pending merges: oca keeps the commit of its gitlink as `rev`, which contains the merges
error: cannot fetch `dms` from `git@github.com:OCA/dms.git`
caused by: the remote cannot be asked because oca is offline
error: cannot fetch `web` from `git@github.com:camptocamp/web.git`
caused by: the remote cannot be asked because oca is offline
hint: run the command without `--offline` and without `OCA_OFFLINE`
error: 2 repositories failed
error: `repos.toml` is written, but its pins could not be locked
hint: run `oca lock` later; until then, `oca.lock.json` keeps the pins
",
        )
        .status(3);
    env.assert_new_config(&format!(
        "\
odoo = \"18.0\"
base-url = \"git@github.com:camptocamp\"
path = \"odoo/external-src\"
mode = \"submodule\"

[profiles.standard]
repos = [
  \"web\",
  \"dms\",
]

[repos.web]
rev = \"{fork}\"

[repos.dms]
url = \"git@github.com:OCA/dms.git\"
"
    ));
}

#[test]
fn mrchef() {
    let Scene { env, web, dms, .. } = scene();
    let remote = Remote::open(&env, "web");
    let request = remote.pull(1).from(&web).file("web_a/x.txt", "x\n").message("[FIX] web_a: x\n").commit();
    remote.pull(1).file("web_a/y.txt", "y\n").commit();
    let base = env.remotes().display().to_string();
    env.configure_git(&format!("[url \"{base}/\"]\n\tinsteadOf = https://github.com/OCA/\n"));
    env.write(
        "mrchef.toml",
        format!(
            "\
version = 1
kitchen = \"vendor\"
require_nar_hash = true

[meals.web]
url = \"https://github.com/OCA/web\"
branch = \"18.0\"
spices = [\"https://github.com/OCA/web/pull/1.patch\", \"https://github.com/OCA/web/commit/{web}.patch\"]

[meals.dms]
url = \"../remotes/dms.git\"
branch = \"18.0\"
rev = \"{dms}\"
"
        ),
    );
    env.write(
        "mrchef.lock",
        format!(
            r#"{{"version": 3, "meals": {{"web": {{"last_update": "2025-01-01T00:00:00+00:00", "rev": "{web}"}},
               "old": {{"rev": "{dms}"}}}}, "spices": {{"https://github.com/OCA/web/pull/1.patch": "From {request} Mon\n🚀"}}}}"#
        ),
    );
    env.oca(&["init", "--from", "mrchef.lock"])
        .stderr(&format!(
            "\
warning: `mrchef.lock` at `meals.old`: `old` is left out: `mrchef.toml` has no such meal
warning: `mrchef.toml` at line 3: `require_nar_hash` is left out: oca does not know this key
warning: `mrchef.toml` at line 8: the spice `https://github.com/OCA/web/commit/{web}.patch` of `web` is left out: save it as a file, and name the file in `patches`
dms: locked at {}
web: locked at {}
web#1: merged at {}, 1 file by Odo Test
2 repositories with 3 modules, 2 changed
error: `repos.toml` is written, but parts of `mrchef.lock` are not in it: 1 spice
hint: read the warnings above and edit `repos.toml`; if you do not need what is left out, run `oca sync`
",
            short(&dms),
            short(&web),
            short(&request)
        ))
        .status(1);
    env.assert_new_config(&format!(
        "\
odoo = \"18.0\"
path = \"vendor\"

[profiles.standard]
repos = [
  \"web\",
  \"dms\",
]

[repos.web]
merges = [
  {{ pr = 1, pick = true }},
]

[repos.dms]
url = \"../remotes/dms.git\"
rev = \"{dms}\"
"
    ));
    assert_eq!(crate::merges::locked(&env, "\"#1\"", "commit"), request);
    env.oca(&["sync", "-q", "--locked"]).success();
    env.assert_file("vendor/web/web_a/x.txt", "x\n");
    assert_eq!(env.git("vendor/web", &["rev-parse", "HEAD^"]).trim(), web);
    env.assert_checkouts(&[("vendor/dms", &dms)]);
}

#[test]
fn vcs2l() {
    let Scene { env, web, .. } = scene();
    env.write(
        "shop.repos",
        format!(
            "\
extends: base.repos
repositories:
  vendor/web:
    type: git
    url: ../remotes/web.git
    version: {web}
  vendor/dms:
    type: git
    url: ../remotes/dms.git
    version: 18.0
  vendor/other:
    type: hg
    url: https://example.com/other
"
        ),
    );
    env.oca(&["init", "--from", "shop.repos"])
        .stderr(
            "\
warning: `shop.repos` at line 1: `extends` is left out: import the other file as well
warning: `shop.repos` at line 11: `vendor/other` is left out: it is a `hg` repository, not a git repository
error: `repos.toml` is written, but parts of `shop.repos` are not in it: 1 extended file, 1 repository
hint: read the warnings above and edit `repos.toml`; if you do not need what is left out, run `oca sync`
",
        )
        .status(1);
    env.assert_new_config(&format!(
        "odoo = \"18.0\"\nbase-url = \"../remotes\"\npath = \"vendor\"\n\n[profiles.standard]\nrepos = [\n  \
             \"web\",\n  \"dms\",\n]\n\n[repos.web]\nrev = \"{web}\"\n"
    ));
    env.oca(&["sync", "-q"]).success();
    env.assert_checkouts(&[("vendor/web", &web)]);
}

/// The lock of before, with its commits; it lies where the new one will be.
#[test]
fn the_older_lock() {
    let Scene { env, web, dms, .. } = scene();
    env.write(
        "oca.lock.json",
        format!(
            r#"{{
  "$schema": "./oca.lock.schema.json",
  "version": "2.0",
  "odoo_version": "18.0",
  "target_dir": "addons/oca",
  "repos": [
    {{"name": "OCA/web", "url": "../remotes/web.git", "ref": "18.0", "commit": "{web}", "modules": ["web_a"], "tier": 1}},
    {{"name": "OCA/dms", "url": "../remotes/dms.git", "ref": "18.0", "commit": "HEAD", "modules": [], "tier": 2}}
  ],
  "coverage": {{}}
}}"#
        ),
    );
    let head = Remote::open(&env, "dms").commit_of("18.0");
    assert_ne!(head, dms);
    env.oca(&["init", "--from", "oca.lock.json"])
        .stderr(&format!(
            "\
warning: `oca.lock.json`: 2 keys are left out: oca does not know these keys (`coverage`, `tier`; `-v` shows each)
warning: `oca.lock.json` at `repos[1].commit`: `HEAD` is not a commit: oca pins `OCA/dms` to the current head of its branch
dms: locked at {}
web: locked at {}
profile `standard`: 3 modules selected
2 repositories with 4 modules, 2 changed
wrote `repos.toml` and `oca.lock.json`; look at them, then run `oca sync`
",
            short(&head),
            short(&web)
        ))
        .success();
    env.assert_new_config("odoo = \"18.0\"\nbase-url = \"../remotes\"\npath = \"addons/oca\"\n\n[profiles.standard]\nrepos = [\n  \
         \"web\",\n  \"dms\",\n]\n\n[repos.web]\nmodules = [\"web_a\"]\n",
    );
    env.assert_checkouts(&[("addons/oca/web", &web), ("addons/oca/dms", &head)]);
}
