use super::*;

/// The complete example of the documentation.
const EXAMPLE: &str = include_str!("design.toml");

#[test]
fn the_documented_example_is_read_completely() {
    let config = accepted(EXAMPLE);
    assert_eq!(config.mode, Mode::Clone);
    assert_eq!(config.default_profile.as_deref(), Some("standard"));
    let names: Vec<&str> = config.profiles.iter().map(|profile| &*profile.name).collect();
    assert_eq!(names, ["standard", "parity", "lean", "next"]);

    let standard = config.profile(None).expect("the default profile");
    assert_eq!((standard.name.as_str(), standard.odoo.to_string()), ("standard", "18.0".to_owned()));
    assert_eq!((standard.edition, standard.path.as_str()), (Edition::Community, "oca"));
    assert_eq!(texts(&standard.addons_path.before), ["${ODOO_HOME:-../odoo}/addons"]);
    assert_eq!(standard.addons_path.before[0].expand_entry(&|_| None).as_deref(), Ok("../odoo/addons"));
    assert!(standard.addons_path.after.is_empty());
    assert_eq!(standard.image.root.as_str(), "/mnt/oca-addons");
    assert_eq!(texts(&standard.image.before), ["/usr/lib/python3/dist-packages/odoo/addons"]);
    assert_eq!(standard.image.layout, Layout::Repos);
    let [local] = &standard.locals[..] else { panic!("one local directory") };
    assert_eq!((local.path.as_str(), local.position), ("addons", Position::Before));
    assert_eq!(local.image.as_ref().map(Template::as_str), Some("/mnt/extra-addons"));
    assert_eq!(standard.requirements.python.as_deref(), Some("3.12"));
    assert_eq!(texts(&standard.requirements.constraints), ["odoo-requirements.txt"]);
    assert_eq!(standard.requirements.ignore, ["dataclasses"]);
    let [lxml, six] = &standard.requirements.overrides[..] else { panic!("two overrides") };
    assert_eq!((lxml.name(), six.name()), ("lxml", "six"));
    assert_eq!(standard.check.ignore, ["maintenance_x", "OCA012"]);
    assert_eq!(standard.export.languages.as_deref(), Some(&["fr".to_owned(), "es".to_owned()][..]));
    assert_eq!(standard.export.drop, [Drop::Tests, Drop::Readme]);
    assert_eq!(standard.modules, None);
}

#[test]
fn the_repositories_of_the_documented_example_are_resolved() {
    let config = accepted(EXAMPLE);
    let plain = repo(&config, "standard", "reporting-engine");
    assert_eq!(plain.url.as_str(), "https://github.com/OCA/reporting-engine.git");
    assert_eq!(plain.reference.to_string(), "branch `18.0`");
    assert_eq!((&plain.modules, plain.hold, plain.depth), (&None, false, 1));
    assert_eq!(plain.addons, ["."]);

    let web = repo(&config, "standard", "web");
    assert_eq!(web.modules.as_deref().map(texts), Some(vec!["web_responsive".to_owned()]));
    assert!(web.hold);
    let sources: Vec<String> = web.merges.iter().map(ToString::to_string).collect();
    assert_eq!(sources, ["refs/pull/2950/head", "https://github.com/acme/web.git 18.0-fix"]);
    assert_eq!(web.patches, ["patches/web-title.patch"]);

    let parity: Vec<&str> = profile(&config, "parity").repos.iter().map(|repo| repo.name.as_str()).collect();
    assert_eq!(parity, ["reporting-engine", "account-closing", "web", "account-reconcile"]);
    let lean = profile(&config, "lean");
    assert_eq!(lean.repos.len(), 4);
    let selected = lean.modules.as_deref().map(texts);
    assert_eq!(selected.unwrap_or_default(), ["account_financial_report", "web_responsive >=1.0.3"]);

    let next = profile(&config, "next");
    assert_eq!(next.checkouts(&|_| None).as_deref(), Ok("oca-19"));
    assert_eq!(next.image.root.as_str(), "/mnt/oca-addons-19");
    assert_eq!(texts(&next.image.before), ["/usr/lib/python3/dist-packages/odoo/addons"]);
    assert_eq!(repo(&config, "next", "web").reference.to_string(), "branch `19.0`");
    assert_eq!(repo(&config, "next", "account-closing").reference.to_string(), "branch `19.0`");
    assert!(repo(&config, "next", "web").hold);
}

#[test]
fn missing_keys_have_a_default() {
    let config = accepted("odoo = \"18.0\"\nbase-url = \"../mirror/\"\n[profiles.a]\nrepos = [\"web\"]");
    let a = config.profile(None).expect("the only profile");
    assert_eq!(repo(&config, "a", "web").url.as_str(), "../mirror/web.git");
    assert_eq!((a.path.as_str(), a.image.root.as_str()), ("oca", "/mnt/oca-addons"));
    assert_eq!((a.edition, a.image.layout, config.mode), (Edition::Community, Layout::Repos, Mode::Clone));
    assert_eq!(a.addons_path, Surround::default());
    assert_eq!(a.requirements, Requirements { core: true, ..Requirements::default() });
    assert_eq!((&a.check, &a.export), (&Check::default(), &Export::default()));
    assert!(a.locals.is_empty() && a.modules.is_none());
}

#[test]
fn directories_and_patches_are_tidied() {
    let config = accepted(
        "\
odoo = \"18.0\"
[profiles.a]
repos = [\"web\"]
[repos.web]
addons = [\"./\", \"src//addons/\"]
patches = [\"./patches/x.patch\"]
rev = \"0123456789ABCDEF0123456789abcdef01234567\"
",
    );
    let web = repo(&config, "a", "web");
    assert_eq!(web.addons, [".", "src/addons"]);
    assert_eq!(web.patches, ["patches/x.patch"]);
    assert_eq!(web.reference.to_string(), "commit `0123456789abcdef0123456789abcdef01234567`");
}
