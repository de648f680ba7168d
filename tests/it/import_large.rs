//! `oca init --from` with files of many entries: the time must grow with their number, not with its square.
//!
//! A run that takes too long fails by itself.

use crate::env::Env;

const MANY: usize = 20_000;

/// One text for each entry.
fn many(entry: impl Fn(usize) -> String) -> String {
    (0..MANY).map(entry).collect()
}

#[test]
fn many_directories_of_doodba() {
    let env = Env::new();
    // Half of them are directories in declared repositories.
    env.write(
        "repos.yaml",
        many(|at| format!("r{at}: {{remotes: {{o: https://github.com/OCA/r{at}.git}}, merges: [o 18.0]}}\n")),
    );
    env.write("addons.yaml", many(|at| format!("r{at}/sub: [m]\nd{at}: [\"*\"]\n")));
    env.oca(&["init", "-q", "--odoo", "18.0", "--from", "repos.yaml"]).success();
    let text = env.read("repos.toml");
    assert!(text.contains("\n[repos.r19999]\nmodules = [\"m\"]\naddons = [\"sub\"]\n"), "{}", text.len());
    assert!(text.contains("  \"d19999\",\n"), "{}", text.len());
    // The modules of one repository.
    let env = Env::new();
    env.write("addons.yaml", format!("web:\n{}", many(|at| format!("- m{at}\n- m{at}\n"))));
    env.oca(&["init", "-q", "--odoo", "18.0", "--from", "addons.yaml"]).success();
    assert_eq!(env.read("repos.toml").matches("\"m").count(), MANY);
}

#[test]
fn many_pins_of_ak() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let env = Env::new();
    let remote = |name: &str| format!("remotes: {{{name}: https://git.example.com/acme/{name}}}");
    // The variable keeps oca from locking.
    let aggregated = format!(
        "large: {{{}, merges: [o $BRANCH, {}]}}\n",
        remote("o"),
        (0..MANY).map(|at| format!("o b{at}")).collect::<Vec<_>>().join(", ")
    );
    env.write(
        "spec.yaml",
        many(|at| format!("r{at}: {{src: https://github.com/OCA/r{at} 18.0}}\n")) + &aggregated,
    );
    let frozen = many(|at| format!("r{at}: {{origin: {{18.0: {commit}}}}}\nx{at}: {{}}\n"));
    let merges = many(|at| format!("    b{at}: {commit}\n"));
    env.write("frozen.yaml", format!("{frozen}large:\n  o:\n{merges}"));
    env.oca(&["init", "--odoo", "18.0", "--from", "spec.yaml"])
        .env("BRANCH", "18.0")
        .stderr_contains("20000 pins are left out: no declared repository has them (`x0`")
        // The lock keeps the pins of repositories. The branch of `large` has none, so the command has those of its merges.
        .stderr_contains(&format!(" 'large#b19999@{commit}'"))
        .status(1);
    assert_eq!(env.locked_commit("r19999"), commit);
}

#[test]
fn many_remotes_and_merges() {
    let env = Env::new();
    let remotes = many(|at| format!("    r{at}: https://git.example.com/acme/r{at}\n"));
    let merges = many(|at| format!("    - r{at} 18.0\n"));
    env.write("repos.yaml", format!("web:\n  remotes:\n{remotes}  merges:\n{merges}"));
    env.oca(&["init", "--from", "repos.yaml"]).stderr_contains("wrote `repos.toml`").success();
    assert_eq!(env.read("repos.toml").matches("  \"https://git.example.com/acme/r").count(), 19999);
}

#[test]
fn many_pending_merges() {
    let env = Env::new();
    env.write(
        ".gitmodules",
        many(|at| {
            format!(
                "[submodule \"r{at}\"]\n\tpath = oca/r{at}\n\turl = https://github.com/OCA/r{at}.git\n\tbranch = 18.0\n"
            )
        }),
    );
    env.write(
        "pending-merges.yaml",
        many(|at| {
            format!(
                "./oca/r{at}: {{remotes: {{o: https://github.com/OCA/r{at}}}, merges: [o 18.0, o refs/pull/1/head]}}\n"
            )
        }),
    );
    env.oca(&["init", "--from", "pending-merges.yaml"]).stderr_contains("wrote `repos.toml`").success();
    assert_eq!(env.read("repos.toml").matches("merges = [\n  \"#1\",\n]").count(), 20000);
}

#[test]
fn many_meals() {
    let env = Env::new();
    env.write("mrchef.toml", many(|at| format!("[meals.r{at}]\nurl = 1\nspices = {{}}\n")));
    let pins: Vec<String> =
        (0..MANY).map(|at| format!("\"r{at}\": {{\"rev\": \"\"}}, \"x{at}\": 1")).collect();
    env.write("mrchef.lock", format!("{{\"meals\": {{{}}}}}", pins.join(", ")));
    env.oca(&["init", "--odoo", "18.0", "--from", "mrchef.toml"]).stderr_contains("error: ").status(2);
}

#[test]
fn many_default_branches_and_names_that_differ_by_case() {
    let cased = |at: usize| -> String {
        let letter = |(bit, c): (usize, char)| if at >> bit & 1 == 1 { c.to_ascii_uppercase() } else { c };
        "abcdefghijklmno".chars().enumerate().map(letter).collect()
    };
    let env = Env::new();
    let entries = many(|at| format!("  oca/{}: {{type: git, url: https://host/oca/x}}\n", cased(at)));
    env.write("x.repos", format!("repositories:\n{entries}"));
    env.oca(&["init", "--offline", "--odoo", "18.0", "--from", "x.repos"])
        .stderr_contains("are not in it: 20000 default branches\n")
        .status(1);
}
