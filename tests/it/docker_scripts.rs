//! The scripts in `docker/`: what they pass on, and what they say about bad input. Stand-ins print what they are asked.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use crate::env::Env;
use crate::markdown::root;

const LOCK: &str = r#"{
  "version": 1,
  "profiles": {
    "parity": {
      "odoo": "16.0",
      "repos": []
    },
    "standard": {
      "odoo": "18.0",
      "repos": []
    }
  }
}
"#;

/// A copy of the scripts in a project, with stand-ins for the builder, the engine and compose. `engine` says whether the
/// engine answers.
fn project(env: &Env, engine: bool) {
    let script = |path: &str, text: &str| {
        env.write(path, text);
        fs::set_permissions(env.project().join(path), fs::Permissions::from_mode(0o755)).expect("a mode");
    };
    for name in ["build", "binary", "compose"] {
        let path = format!("docker/{name}");
        script(&path, &fs::read_to_string(root().join(&path)).expect("a script"));
    }
    script("bin/buildah", "#!/bin/sh\necho buildah \"$@\"\n");
    script("bin/docker-compose", "#!/bin/sh\necho $COMPOSE_PROJECT_NAME: \"$@\"\n");
    let engine = if engine { "version | --version" } else { "--version" };
    script("bin/docker", &format!("#!/bin/sh\ncase $1 in {engine}) echo 20.10 ;; *) exit 1 ;; esac\n"));
    env.write("repos.toml", "odoo = \"18.0\"\n");
    env.write("oca.lock.json", LOCK);
}

fn run(env: &Env, script: &str, words: &[&str]) -> Output {
    let mut command = env.command("bash");
    let path = std::env::var("PATH").expect("a path");
    command.env("PATH", format!("{}:{path}", env.project().join("bin").display()));
    command.arg(format!("docker/{script}")).args(words).current_dir(env.project());
    command.output().expect("bash")
}

#[track_caller]
fn refuses(output: &Output, error: &str) {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), error);
}

/// What the builder is asked, without the digest of the lock.
fn asked(profile: &str, series: &str, rest: &str) -> String {
    format!(
        "buildah build --layers --force-rm --format docker --tag odoo-oca:{profile} --file docker/Dockerfile \
         --build-arg PROFILE={profile} --build-arg DIGEST --build-arg ODOO_IMAGE=docker.io/library/odoo:{series}{rest} .\n"
    )
}

/// What was printed, with DIGEST in place of the digest of the lock.
fn printed(env: &Env, words: &[&str]) -> String {
    let output = run(env, "build", words);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (before, after) = text.split_once("LOCK_DIGEST=sha256:").expect("a digest");
    format!("{before}DIGEST{}", &after[64..])
}

#[test]
fn the_image_of_odoo_is_that_of_the_profile_and_the_engine_gets_the_image() {
    let env = Env::new();
    project(&env, true);
    let sent = |tag: &str| format!("buildah push {tag} docker-daemon:{tag}\n");
    assert_eq!(printed(&env, &[]), asked("standard", "18.0", "") + &sent("odoo-oca:standard"));
    assert_eq!(printed(&env, &["parity"]), asked("parity", "16.0", "") + &sent("odoo-oca:parity"));
    assert_eq!(printed(&env, &["parity", "--load=false"]), asked("parity", "16.0", ""));
    let pushed = "buildah push odoo-oca:parity\n";
    assert_eq!(printed(&env, &["parity", "--push"]), asked("parity", "16.0", "") + pushed);
    let target = asked("parity", "16.0", " --target oca --no-cache");
    assert_eq!(
        printed(&env, &["parity", "--target", "oca", "--no-cache"]),
        target + &sent("odoo-oca:parity")
    );
}

#[test]
fn without_an_engine_the_image_stays_with_buildah() {
    let env = Env::new();
    project(&env, false);
    let output = run(&env, "build", &["parity"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "odoo-oca:parity is in the storage of buildah, and no Docker engine answers here: podman can run it\n"
    );
    refuses(
        &run(&env, "build", &["parity", "--load"]),
        "error: no Docker engine answers here\nhint: start it, or leave out --load\n",
    );
}

#[test]
fn bad_words_are_refused_with_what_to_type() {
    let env = Env::new();
    project(&env, true);
    env.write("token", "x");
    printed(&env, &["parity", "--secret", "id=token,src=token"]);
    for (words, error) in [
        (
            &["nowhere"][..],
            "error: there is no profile `nowhere` in `oca.lock.json`\nhint: name one of these profiles, or run `oca lock`: parity standard\n",
        ),
        (
            &["--core", "parity"],
            "error: `parity` belongs to no option\nhint: the profile is the first word: type `docker/build parity …`\n",
        ),
        (
            &["parity", "--no-cache", "."],
            "error: `.` belongs to no option\n\
             hint: the form is `docker/build PROFILE [OPTION...]`, and the directory is that of repos.toml\n",
        ),
        (
            &["standard", "--build-arg", "PROFILE=parity"],
            "error: the profile is not given as `--build-arg PROFILE=parity`\n\
             hint: the profile is the first word: type `docker/build parity`\n",
        ),
        (
            &["parity", "--build-arg"],
            "error: the value of `--build-arg` is missing\nhint: type it after the option\n",
        ),
        (&["parity", "--tag"], "error: the value of `--tag` is missing\nhint: type it after the option\n"),
        (
            &["parity", "--secret", "id=token,env=NO_TOKEN"],
            "error: `--secret id=token,env=NO_TOKEN`: the variable `NO_TOKEN` is not set or empty\n\
             hint: type `export NO_TOKEN=…`; if all repositories are public, leave the option out\n",
        ),
        (
            &["parity", "--secret=id=token,src=nowhere"],
            "error: `--secret id=token,src=nowhere`: there is no readable file `nowhere`\nhint: correct the path\n",
        ),
    ] {
        refuses(&run(&env, "build", words), error);
    }
    let help = run(&env, "build", &["parity", "--help"]);
    let text = String::from_utf8_lossy(&help.stdout);
    assert!(help.status.success() && text.contains("docker/build [PROFILE [OPTION...]]"), "{help:?}");
}

#[test]
fn a_lock_with_another_layout_is_refused() {
    let env = Env::new();
    project(&env, true);
    let error = "error: `oca.lock.json` is not formatted as oca writes it\nhint: run `oca lock` and commit the result\n";
    for lock in [LOCK.replace("  ", "    "), LOCK.replace('\n', ""), LOCK.replace("\"odoo\": ", "\"odoo\":")]
    {
        env.write("oca.lock.json", lock);
        refuses(&run(&env, "build", &["parity", "--print"]), error);
    }
    env.write("oca.lock.json", LOCK.replace('\n', "\r\n"));
    assert!(printed(&env, &["parity", "--print"]).contains("library/odoo:16.0"));
}

#[test]
fn a_project_without_its_files_is_refused() {
    let env = Env::new();
    project(&env, true);
    let place = env.project().display().to_string();
    fs::remove_file(env.project().join("oca.lock.json")).expect("a file");
    refuses(
        &run(&env, "build", &[]),
        &format!(
            "error: there is no `oca.lock.json` in {place}\nhint: run `oca lock` and commit the result\n"
        ),
    );
    refuses(
        &run(&env, "binary", &[]),
        &format!(
            "error: {place} is not the source tree of oca\n\
             hint: run it in a clone of oca, and copy its `docker/bin/oca` here; without that file, `docker/build` takes \
             the released oca\n"
        ),
    );
    fs::remove_file(env.project().join("repos.toml")).expect("a file");
    refuses(
        &run(&env, "build", &[]),
        &format!(
            "error: there is no `repos.toml` in {place}\n\
             hint: copy the directory `docker` into your project, beside `repos.toml`\n"
        ),
    );
}

#[test]
fn compose_gets_the_name_of_the_project() {
    let env = Env::new();
    project(&env, true);
    fs::rename(env.project(), env.root().join("_My Shop")).expect("another name");
    let run = |name: Option<&str>, words: &[&str]| {
        let top = env.root().join("_My Shop");
        let mut command = env.command("bash");
        let path = std::env::var("PATH").expect("a path");
        command.env("PATH", format!("{}:{path}", top.join("bin").display()));
        if let Some(name) = name {
            command.env("COMPOSE_PROJECT_NAME", name);
        }
        let output = command.arg(top.join("docker/compose")).args(words).current_dir(env.root()).output();
        let output = output.expect("bash");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).replace(&top.join("docker/").display().to_string(), "")
    };
    assert_eq!(run(None, &["up"]), "my-shop: --file compose.yaml up\n");
    assert_eq!(run(Some("other"), &["up"]), "other: --file compose.yaml up\n");
    assert_eq!(
        run(None, &["--dev", "up", "--detach"]),
        "my-shop: --file compose.yaml --file compose.dev.yaml up --detach\n"
    );
    // An env file may have the name.
    fs::write(env.root().join("name.env"), "A=b\nexport COMPOSE_PROJECT_NAME='acme' # ours\r\n")
        .expect("a file");
    fs::write(env.root().join("other.env"), "A=b\n").expect("a file");
    fs::write(env.root().join(".env"), "COMPOSE_PROJECT_NAME=shop-2\r\n").expect("a file");
    assert_eq!(run(None, &["up"]), "shop-2: --file compose.yaml up\n");
    for (words, name) in [
        (&["--env-file", "name.env", "up"][..], "acme"),
        (&["--env-file=name.env", "--env-file", "other.env", "up"], "acme"),
        (&["--env-file", "other.env", "up"], "my-shop"),
        (&["--env-file", "nowhere.env", "up"], "my-shop"),
        (&["up", "--env-file"], "my-shop"),
    ] {
        let asked = format!(": --file compose.yaml {}\n", words.join(" "));
        assert_eq!(run(None, words), format!("{name}{asked}"));
        assert_eq!(run(Some("other"), words), format!("other{asked}"));
    }
}
