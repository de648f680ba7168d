//! `oca requirements` where a repository's words are made to be something else to pip, or too much to read.

use std::fmt::Write;

use crate::env::Env;
use crate::project::{WEB, repository};
use crate::remote::Remote;

const HINT: &str = "hint: correct it there (if the repository is not yours, in a fork that you name with `url` in \
    `repos.toml`), or put";

/// A locked `web` with this file, and a module `good` whose manifest has these words.
fn locked(file: &str, words: &[&str]) -> Env {
    let env = Env::new();
    let python = format!("{{'python': {words:?}}}");
    let draft = Remote::new(&env, "web");
    draft
        .branch("18.0")
        .module("good", &[("external_dependencies", &python)])
        .file("requirements.txt", file)
        .commit();
    env.locked(WEB);
    env
}

#[test]
fn a_word_of_a_manifest_is_never_an_option_nor_a_file() {
    let here =
        "is a file on the machine where pip runs, and only your own `requirements.txt` may name such files";
    for (word, said) in [
        ("--index-url=https://h/s", "pip would read `--index-url` as an option"),
        ("-ihttps://me:secret@h/s", "pip would read `-i` as an option"),
        ("  -r../x", "pip would read `-r` as an option"),
        ("six --hash=x", "pip would read `--hash` as an option"),
        ("x @ https://h/x --config-settings a=b", "pip would read `--config-settings` as an option"),
        ("six ; os_name == ' -i https://h '", "pip would read `-i` as an option"),
        ("six\\", "a backslash is not allowed"),
        ("six ; os_name == ' #'", "pip would read part of it as a comment"),
        ("six @ https://h/${HOME}", "would replace `${HOME}` with"),
        ("six @ file:///x", here),
        ("/etc/passwd", here),
        ("git+FILE:///x", here),
        ("../x", "is a path in the repository"),
        ("six @ git+ssh://-oProxyCommand=x/y", "the host in its url must start with a letter or a digit"),
        ("six @ git+https://h/x@--upload-pack=y", "the revision in its url must not start with `-`"),
        ("https://h/six.zip", "a url in a manifest needs a name, as in `name @ url`"),
        ("six==1.0+x.zip", "pip would read it as a file name"),
    ] {
        let env = locked("", &[word]);
        let output = env.oca(&["requirements"]).output();
        assert_eq!(output.code, Some(1), "{word}: {output}");
        assert!(output.stderr.starts_with("error: web/good/__manifest__.py: `"), "{word}: {output}");
        assert!(output.stderr.contains(said) && output.stderr.contains(HINT), "{word}: {output}");
        assert!(
            !output.stdout.contains(word.trim()) && !output.stderr.contains("secret"),
            "{word}: {output}"
        );
    }
}

#[test]
fn a_line_that_is_several_to_pip_is_refused_also_in_a_comment() {
    for (line, code) in [
        ("# harmless\u{2028}evil", "U+2028"),
        ("# harmless\u{c}evil", "U+000C"),
        ("six # \u{85}evil", "U+0085"),
        ("six\u{1e}evil", "U+001E"),
        ("six\revil", "U+000D"),
    ] {
        let said = format!("is not a requirement: pip ends the line at the character {code}\n");
        locked(line, &[]).oca(&["requirements"]).stderr_contains(&said).status(1);
    }
    let env = locked("six\u{2028}\r\n\u{c}\r\n# end \u{1b}[31m\r\n", &[]);
    env.oca(&["requirements", "--no-annotate"]).stdout_contains("\nsix\n").success();
}

#[test]
fn only_a_file_of_the_users_own_names_what_is_here() {
    let line = "x @ https://${TOKEN}@h/x.zip\n/srv/wheels/y.zip\n";
    let env = locked(line, &[]);
    env.oca(&["requirements"])
        .stderr_contains("pip would replace `${TOKEN}` with an environment variable\n")
        .stderr_contains(
            "error: web/requirements.txt:2: `/srv/wheels/y.zip` is a file on the machine where pip runs",
        )
        .status(1);
    env.write("addons/requirements.txt", line);
    repository(&env, "other", &[]);
    env.locked("[profiles.x]\nrepos = [\"other\"]\n[[local]]\npath = \"addons\"\n");
    env.oca(&["requirements", "--no-annotate"])
        .stdout_contains("\n/srv/wheels/y.zip\nx @ https://${TOKEN}@h/x.zip\n")
        .success();
}

#[test]
fn text_that_the_parser_cannot_take_is_no_panic() {
    let nested = format!("x ; {}os_name == 'a'{}", "(".repeat(30_000), ")".repeat(30_000));
    for line in [
        "d<2 ; (python_version>='3.8' and extra=='x') ér os_name=='nt'",
        "d ; python_version é '3'",
        "d[é]",
        "d @ é",
        "d>=é",
        "d[a- b]",
        "d[a-]",
        "d-",
        &nested,
        &format!("d=={}", "1".repeat(70_000)),
        &format!("d=={}", "1.".repeat(40_000)),
    ] {
        let env = locked(line, &["six"]);
        for (command, code) in [("requirements", 1), ("check", 0), ("list", 0)] {
            let output = env.oca(&[command]).output();
            assert_eq!(output.code, Some(code), "{command}, {}: {output}", &line[..line.len().min(80)]);
            assert!(output.stderr.len() < 2000, "{command}: {} bytes", output.stderr.len());
        }
    }
}

#[test]
fn a_file_that_is_no_list_is_told_and_left_out() {
    for (name, why) in [("long", "the file is longer than 1 MiB"), ("link", "the file is a symlink")] {
        let env = Env::new();
        let remote = Remote::new(&env, "web");
        let draft = remote.branch("18.0").module("good", &[("external_dependencies", "{'python': ['six']}")]);
        match name {
            "long" => draft.file("requirements.txt", "#\n".repeat((1 << 19) + 1)),
            _ => draft.symlink("requirements.txt", "good/__manifest__.py"),
        }
        .commit();
        env.declare(WEB);
        env.oca(&["lock"])
            .stderr_contains(&format!("warning: `web/requirements.txt`: {why}; the file is ignored\n"))
            .success();
        assert!(env.read("oca.lock.json").len() < 2000);
        env.oca(&["requirements"])
            .stderr(&format!(
                "error: web/requirements.txt is left out: {why}\n\
                 {HINT} `web/requirements.txt` into `ignore` of `[requirements]`\n"
            ))
            .status(1);
        env.oca(&["check"]).stderr("1 module, 0 errors, 0 warnings\n").success();
        env.declare(&format!("{WEB}[requirements]\nignore = [\"web/requirements.txt\"]\n"));
        env.oca(&["requirements", "--no-annotate"]).stdout_contains("six\n").success();
    }
}

#[test]
fn many_lines_take_no_longer_each_than_few() {
    const MANIFEST: &str = "good/__manifest__.py";
    let many = |line: &dyn Fn(usize) -> String| {
        (0..20_000).fold(String::new(), |mut text, place| {
            let _ = writeln!(text, "{}", line(place));
            text
        })
    };
    let equal = locked(&many(&|_| "six".to_owned()), &[]);
    equal.oca(&["requirements", "--no-annotate"]).stdout_contains("\nsix\n").success();
    let names = locked(&many(&|place| format!("name{place}>=1")), &vec!["six"; 2000]);
    names.oca(&["requirements", "--no-annotate"]).stdout_contains("\nname9999>=1\nsix\n").success();
    for (what, place, line) in [
        ("lines", MANIFEST, &(|place: usize| format!("six!={place}")) as &dyn Fn(usize) -> String),
        ("lines", MANIFEST, &|place| format!("six ; os_name == '{place}'")),
        ("markers", "requirements.txt:1", &|place| {
            if place < 50 { format!("six=={place} ; '{place}' in os_name") } else { String::new() }
        }),
    ] {
        locked(&many(line), &["six"])
            .oca(&["requirements"])
            .stderr(&format!(
                "error: web/{place}: `six` has too many different {what} for \
                 oca to compare\n{HINT} `six` into `ignore` of `[requirements]`\n"
            ))
            .status(1);
    }
}
