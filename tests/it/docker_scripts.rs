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
    for name in ["build", "binary", "compose", "names", "step"] {
        let path = format!("docker/{name}");
        script(&path, &fs::read_to_string(root().join(&path)).expect("a script"));
    }
    script("bin/buildah", "#!/bin/sh\necho buildah \"$@\"\n");
    script("bin/docker-compose", "#!/bin/sh\necho $COMPOSE_PROJECT_NAME, ${IMAGE:-none}: \"$@\"\n");
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
        "buildah build --layers --force-rm --format docker --tag odoo-oca-project:{profile} --file docker/Dockerfile \
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
    assert_eq!(printed(&env, &[]), asked("standard", "18.0", "") + &sent("odoo-oca-project:standard"));
    assert_eq!(printed(&env, &["parity"]), asked("parity", "16.0", "") + &sent("odoo-oca-project:parity"));
    assert_eq!(printed(&env, &["parity", "--load=false"]), asked("parity", "16.0", ""));
    let pushed = "buildah push odoo-oca-project:parity\n";
    assert_eq!(printed(&env, &["parity", "--push"]), asked("parity", "16.0", "") + pushed);
    let target = asked("parity", "16.0", " --target oca --no-cache");
    assert_eq!(
        printed(&env, &["parity", "--target", "oca", "--no-cache"]),
        target + &sent("odoo-oca-project:parity")
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
        "odoo-oca-project:parity is in the storage of buildah, and no Docker engine answers here: podman can run it\n"
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
    let image = "odoo-oca-my-shop";
    assert_eq!(run(None, &["up"]), format!("my-shop, {image}: --file compose.yaml up\n"));
    assert_eq!(run(Some("other"), &["up"]), format!("other, {image}: --file compose.yaml up\n"));
    assert_eq!(
        run(None, &["--dev", "up", "--detach"]),
        format!("my-shop, {image}: --file compose.yaml --file compose.dev.yaml up --detach\n")
    );
    // An env file may have the name.
    fs::write(env.root().join("name.env"), "A=b\nexport COMPOSE_PROJECT_NAME='acme' # ours\r\n")
        .expect("a file");
    fs::write(env.root().join("other.env"), "A=b\n").expect("a file");
    fs::write(env.root().join(".env"), "COMPOSE_PROJECT_NAME=shop-2\r\n").expect("a file");
    assert_eq!(run(None, &["up"]), format!("shop-2, {image}: --file compose.yaml up\n"));
    for (words, name) in [
        (&["--env-file", "name.env", "up"][..], "acme"),
        (&["--env-file=name.env", "--env-file", "other.env", "up"], "acme"),
        (&["--env-file", "other.env", "up"], "my-shop"),
        (&["--env-file", "nowhere.env", "up"], "my-shop"),
        (&["up", "--env-file"], "my-shop"),
    ] {
        let asked = format!(", {image}: --file compose.yaml {}\n", words.join(" "));
        assert_eq!(run(None, words), format!("{name}{asked}"));
        assert_eq!(run(Some("other"), words), format!("other{asked}"));
    }
}

/// Both scripts name the same image, and two projects of one host have two.
#[test]
fn an_env_file_can_name_the_image() {
    let env = Env::new();
    project(&env, true);
    env.write(".env", "IMAGE=ghcr.io/acme/odoo # ours\n");
    assert!(printed(&env, &["parity", "--load=false"]).contains(" --tag ghcr.io/acme/odoo:parity "));
    let compose = run(&env, "compose", &["config"]);
    let asked = String::from_utf8_lossy(&compose.stdout).into_owned();
    assert!(asked.starts_with("project, none: "), "compose reads it: {compose:?}");
    env.write(".env", "IMAGE=${REGISTRY}/odoo\n");
    refuses(
        &run(&env, "build", &[]),
        "error: `IMAGE=${REGISTRY}/odoo` has a variable\n\
         hint: type `export IMAGE=…` with the whole name\n",
    );
}

/// The step of a build that runs `oca`, with a stand-in that ends with `code`.
fn step(env: &Env, code: u8, words: &[&str]) -> Output {
    let oca = format!("#!/bin/sh\necho \"$OCA_CACHE_DIR $OCA_TOKEN_X_FILE $*\"\nexit {code}\n");
    env.write("bin/oca", oca);
    fs::set_permissions(env.project().join("bin/oca"), fs::Permissions::from_mode(0o755)).expect("a mode");
    let mut command = env.command("sh");
    let path = std::env::var("PATH").expect("a path");
    command.env("PATH", format!("{}:{path}", env.project().join("bin").display()));
    command.env("TOKEN", "OCA_TOKEN_X");
    command.arg("docker/step").args(words).current_dir(env.project()).output().expect("sh")
}

#[test]
fn a_build_without_a_token_says_how_to_pass_one() {
    let env = Env::new();
    project(&env, true);
    for code in [0, 1, 3] {
        let output = step(&env, code, &["fetch", "export", "/x y"]);
        assert_eq!(output.status.code(), Some(code.into()));
        let asked = "/var/cache/oca /run/secrets/token export /x y\n";
        assert_eq!(String::from_utf8_lossy(&output.stdout), asked);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(said.contains("pass `--secret id=token,env=OCA_TOKEN_X`"), code == 3, "{said}");
    }
}

#[test]
fn a_binary_that_does_not_start_is_named_with_its_image() {
    let env = Env::new();
    project(&env, true);
    let output = step(&env, 0, &["starts", "debian:7"]);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let output = step(&env, 127, &["starts", "debian:7"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.starts_with("error: this oca does not start in debian:7\nhint: build docker/bin/oca"),
        "{said}"
    );
    assert_eq!(step(&env, 0, &["other"]).status.code(), Some(2));
}

/// Each of the Dockerfiles says these words at several places, so a script has them. What `.dockerignore` lets in is theirs.
#[test]
fn the_dockerfiles_take_their_scripts_and_leave_compiled_files_out() {
    let read = |path: &str| fs::read_to_string(root().join(path)).expect("a file");
    let ignore = read(".dockerignore");
    for path in ["docker/Dockerfile", "docker/Dockerfile.core"] {
        let text = read(path);
        assert!(!text.contains("has no token") && !text.contains("does not start"), "{path}");
        let context = text.lines().filter_map(|line| line.strip_prefix("COPY docker/"));
        for script in context.filter_map(|line| line.split(' ').next()) {
            assert!(ignore.contains(&format!("\n!docker/{script}\n")), "{path}: {script}");
        }
        let (clean, copied) = (
            text.find("-name __pycache__").expect("it removes them"),
            text.find("COPY --from=oca /project/"),
        );
        assert!(Some(clean) < copied, "{path}");
    }
}
