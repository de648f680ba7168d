//! What `oca diff --format update --installed` refuses or leaves out.

use std::fs;

use serde_json::json;

use crate::env::Env;
use crate::lock_diff_installed::{MODULES, database, diff};
use crate::project::committed;

#[test]
fn a_database_of_another_series_is_refused() {
    let env = Env::new();
    committed(&env, &MODULES);
    let mut database = database(&env, &[], &["web_a"]);
    database["odoo"] = json!("17.0.1.3");
    diff(&env, &[], &database)
        .stderr(
            "error: the database has Odoo 17.0, but profile `standard` has 18.0\n\
             hint: an update does not migrate a database to another series: name a profile of 17.0 with `--profile`\n",
        )
        .status(2);
    diff(&env, &["--profile", "lean"], &database).stderr_contains("no profile `lean`").status(2);
    diff(&env, &["--all-profiles"], &database).stderr_contains("`--all-profiles`").status(2);
}

#[test]
fn names_that_odoo_would_not_read_as_one_module_are_left_out() {
    let env = Env::new();
    committed(&env, &[("all", &[]), ("sp ace", &[]), ("web_a", &[])]);
    let database = database(&env, &[], &["all", "sp ace", "web_a", "gone"]);
    diff(&env, &[], &database)
        .stdout("web_a\n")
        .stderr(
            "warning: neither the lock nor your own directories have 1 installed module, so it is not in the list: `gone`\n\
             warning: `all` is not in the list: `-u` takes `all` as all modules, so rename the module\n\
             warning: `sp ace` is not in the list: the name contains a blank, so rename the module\n\
             1 module to update: no stored checksum\n",
        )
        .success();
}

#[test]
fn what_is_no_database_is_refused() {
    let env = Env::new();
    committed(&env, &MODULES);
    let psql = "hint: print it with the line for psql in docs/updating.md\n";
    let refused = |text: &str, why: &str| {
        env.write("db.json", text);
        env.oca(&["diff", "--format", "update", "--installed", "db.json"])
            .stderr(&format!("error: `db.json` does not say what a database has installed: {why}\n{psql}"))
            .status(2);
    };
    refused("psql: error: no such database", "it is not JSON: expected value at line 1 column 1");
    refused("[1]", "it has a list where an object is needed");
    refused("{\"sale\": \"abc\"}", "`abc`, the checksum of `sale`, is not one of 40 hexadecimal digits");
    refused(
        "{\"checksums\": {}, \"modules\": [\"../x\"]}",
        "`../x` is not a valid module name: the name contains a `/`",
    );
    refused(
        &format!("{}\n", "[".repeat(100_000)),
        "it is not JSON: recursion limit exceeded at line 1 column 128",
    );
    let large = fs::File::create(env.project().join("db.json")).expect("a file");
    large.set_len(100 << 20).expect("a large file");
    env.oca(&["diff", "--format", "update", "--installed", "db.json"])
        .stderr_contains("installed: it is larger than 8 MiB\n")
        .status(2);
    env.oca(&["diff", "--format", "update", "--installed", "-"])
        .stderr_contains("`stdin` does not say what a database has installed: it is empty\nhint: check that the command before it prints something: run it alone\n")
        .status(2);
    env.oca(&["diff", "--format", "update", "--installed", "none.json"])
        .stderr(&format!("error: there is no `none.json`\n{psql}"))
        .status(2);
    for words in [&["-"][..], &["HEAD", "-"]] {
        env.oca(&[&["diff", "--format", "update", "--installed", "-"], words].concat())
            .stderr("error: stdin cannot be both a lock and the database\nhint: write one of the two into a file\n")
            .status(2);
    }
    env.oca(&["diff", "--installed", "-"])
        .stderr("error: `--installed` is for `--format update`\nhint: add `--format update`\n")
        .status(2);
    env.oca(&["diff", "--checkouts"]).stderr_contains("--installed <FILE>").status(2);
}
