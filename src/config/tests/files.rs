use super::*;

fn directory_with(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, content) in files {
        fs::write_if_changed(&directory.path().join(name), content).expect("written");
    }
    directory
}

/// Loads the file from a temporary directory, and removes the path of that directory from the error.
fn load(files: &[(&str, &[u8])]) -> Result<Config, String> {
    let directory = directory_with(files);
    let file = directory.path().join(FILE_NAME);
    let prefix = directory.path().join("x").display().to_string();
    let prefix = prefix.strip_suffix('x').expect("the end that was put there");
    Config::load(&file, &RUNNING).map_err(|error| shown(&error).replace(prefix, ""))
}

#[test]
fn a_missing_file_has_a_hint_to_run_init() {
    assert_eq!(load(&[]).expect_err("no file"), "there is no `repos.toml`\nhint: run `oca init`");
}

#[test]
fn invalid_toml_is_reported_in_one_line() {
    for (text, message) in [
        (
            "odoo = \"18.0\"\nmode =\n",
            "`repos.toml` is not valid TOML at line 2: string values must be quoted, expected literal string",
        ),
        (
            "odoo = \"18.0\"\n\n[profiles\n",
            "`repos.toml` is not valid TOML at line 3: unclosed table, expected `]`",
        ),
        ("odoo = \"18.0\"\nodoo = \"19.0\"\n", "`repos.toml` is not valid TOML at line 2: duplicate key"),
        ("[a]\r\n[a]\r\n", "`repos.toml` is not valid TOML at line 2: duplicate key"),
    ] {
        assert_eq!(load(&[("repos.toml", text.as_bytes())]).expect_err(text), message);
    }
    assert_eq!(
        load(&[("repos.toml", b"odoo = \"18.0\""), ("repos.local.toml", b"\n\ndepth")])
            .expect_err("no value"),
        "`repos.local.toml` is not valid TOML at line 3: key with no value, expected `=`"
    );
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    assert_eq!(
        load(&[("repos.toml", b"odoo = \"18.0\"\n# \xe9t\xe9")]).expect_err("latin-1"),
        "`repos.toml` is not UTF-8 at line 2\nhint: save the file as UTF-8"
    );
    assert_eq!(
        load(&[("repos.toml", b"\xff\xfeo\0")]).expect_err("utf-16"),
        "`repos.toml` is not UTF-8 at line 1\nhint: save the file as UTF-8"
    );
}

#[test]
fn byte_order_marks_and_windows_line_ends_are_read() {
    let text = b"\xef\xbb\xbfodoo = \"18.0\"\r\n\r\n[profiles.a]\r\nrepos = [\r\n  \"web\",\r\n]\r\n";
    let config = load(&[("repos.toml", text)]).expect("a configuration");
    assert_eq!(repo(&config, "a", "web").line, 5);
    assert_eq!(
        load(&[("repos.toml", b"\xef\xbb\xbfodoo = \"18.0\"\r\n\r\nmod = 1\r\n")]).expect_err("a slip"),
        "unknown field `mod` in `repos.toml` at line 3\nhint: did you mean `mode`?"
    );
}

#[test]
fn the_machine_changes_only_the_surroundings_and_the_fetched_repositories() {
    let text = "\
odoo = \"18.0\"
addons-path = { before = [\"a\"], after = [\"b\"] }
[profiles.x]
repos = [\"web\", \"dms\"]
[repos.web]
depth = 7
";
    let plain = accepted(text);
    assert_eq!(texts(&plain.addons_path(profile(&plain, "x")).before), ["a"]);
    assert_eq!(plain.depth(repo(&plain, "x", "web")), 7);

    let config = accepted_with(text, "depth = 0\nskip = [\"web\"]\n[addons-path]\nbefore = []");
    let surround = config.addons_path(profile(&config, "x"));
    assert!(surround.before.is_empty());
    assert_eq!(texts(&surround.after), ["b"]);
    assert_eq!(config.depth(repo(&config, "x", "web")), 0);
    let skipped = ["web", "dms"].map(|name| config.skips(&RepoName::parse(name).expect("a name")));
    assert_eq!(skipped, [true, false]);
    assert_eq!(repo(&config, "x", "web").depth, 7);
    assert_eq!(texts(&profile(&config, "x").addons_path.before), ["a"]);
}

#[test]
fn mistakes_in_the_file_of_the_machine_are_refused() {
    let text = "odoo = \"18.0\"\n[profiles.x]\nrepos = [\"web\"]";
    for (machine, message) in [
        (
            "skip = [\"wbe\"]",
            "no profile has the repository `wbe` in `repos.local.toml` at line 1\nhint: did you mean `web`?",
        ),
        (
            "path = \"x\"",
            "unknown field `path` in `repos.local.toml` at line 1\nhint: the fields are `depth`, `addons-path`, `skip`",
        ),
        (
            "[addons-path]\nbefore = [\"a,b\"]",
            "bad value for `before` in `repos.local.toml` at line 2, table `addons-path`: `a,b` contains a comma, \
             which Odoo does not support in an addons path",
        ),
    ] {
        assert_eq!(shown(&parse_with(text, machine).expect_err(machine)), message);
    }
}

#[test]
fn the_file_is_searched_upward() {
    let directory = directory_with(&[("repos.toml", b"")]);
    let deep = directory.path().join("a/b");
    crate::fs::create_directory(&deep).expect("made");
    let file = directory.path().join(FILE_NAME);
    assert_eq!(find(&deep), Some(file.clone()));
    assert_eq!(find(directory.path()), Some(file.clone()));
    let found = find(&deep.join("..")).expect("a file");
    assert_eq!(std::fs::canonicalize(found).ok(), std::fs::canonicalize(file).ok());
}

#[test]
fn a_relative_search_returns_relative_paths() {
    let searched = |start: &str| -> Vec<String> {
        upward(Path::new(start), 2).map(|path| path.join(FILE_NAME).display().to_string()).collect()
    };
    assert_eq!(searched("."), ["repos.toml", "../repos.toml", "../../repos.toml"]);
    assert_eq!(
        searched("./a/b"),
        ["a/b/repos.toml", "a/repos.toml", "repos.toml", "../repos.toml", "../../repos.toml"]
    );
}

#[test]
fn paths_are_relative_to_the_directory_of_the_file() {
    assert_eq!(accepted("odoo = \"18.0\"").directory, Path::new("."));
    assert_eq!(directory_of(Path::new("a/repos.toml")), Path::new("a"));
    assert_eq!(directory_of(Path::new("/repos.toml")), Path::new("/"));
}
