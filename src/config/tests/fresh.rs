//! A new file contains exactly the requested settings.

use proptest::prelude::*;

use super::*;
use crate::config::{Fresh, FreshCore, FreshRepo, core_addons};
use crate::repo::{
    CommitId, CorePart, MergeRef, MergeSource, ModuleName, PendingMerge, Reference, RemoteUrl, Series,
    bare_url,
};

fn series(text: &str) -> Series {
    Series::parse(text).expect("a series")
}

fn url(text: &str) -> RemoteUrl {
    RemoteUrl::parse(text).expect("a url")
}

fn plain(name: &str, address: &str) -> FreshRepo {
    FreshRepo {
        name: RepoName::parse(name).expect("a name"),
        url: url(address),
        reference: Reference::Branch("18.0".to_owned()),
        modules: None,
        addons: Vec::new(),
        hold: false,
        merges: Vec::new(),
        depth: None,
        remarks: Remarks::default(),
    }
}

fn fresh(repos: Vec<FreshRepo>) -> Fresh {
    let (edition, path) = (Edition::Community, "oca".to_owned());
    Fresh {
        odoo: series("18.0"),
        edition,
        path,
        mode: Mode::Clone,
        before: Vec::new(),
        locals: Vec::new(),
        core: Vec::new(),
        repos,
    }
}

#[test]
fn the_base_url_is_the_most_common_one() {
    let repos = vec![
        plain("web", "https://github.com/acme/web"),
        plain("dms", "git@github.com:OCA/dms.git"),
        plain("crm", "git@github.com:OCA/crm.git"),
        plain("odd", "https://example.com/x/odd"),
    ];
    insta::assert_snapshot!(fresh(repos).render(), @r#"
    odoo = "18.0"
    base-url = "git@github.com:OCA"

    [profiles.standard]
    repos = [
      "web",
      "dms",
      "crm",
      "odd",
    ]

    [repos.web]
    url = "https://github.com/acme/web"

    [repos.odd]
    url = "https://example.com/x/odd"
    "#);
    let github = fresh(vec![plain("web", "https://github.com/OCA/web")]).render();
    assert!(!github.contains("url"), "the large forges do without `.git`: {github}");
    let quoted = fresh(vec![plain("a.b", "https://example.com/\"x\\")]).render();
    assert!(quoted.contains("[repos.\"a.b\"]"), "{quoted}");
    accepted(&quoted);
}

/// Keeps the first merge of each source.
fn distinct(mut merges: Vec<Merge>) -> Vec<Merge> {
    let mut seen = std::collections::BTreeSet::new();
    merges.retain(|merge| seen.insert(merge.pending.source.clone()));
    merges
}

fn a_repo() -> impl Strategy<Value = FreshRepo> {
    let name = "[a-zA-Z][a-z0-9._-]{0,6}[a-z]".prop_filter("a name", |name| RepoName::parse(name).is_ok());
    let hosts: &[&str] = &["https://github.com/OCA", "git@host:acme", "../remotes", "https://${HOST}/x"];
    let host = proptest::sample::select(hosts);
    let reference = prop_oneof![
        Just(Reference::Branch("18.0".to_owned())),
        "[a-z]{1,6}".prop_map(Reference::Branch),
        "[a-z]{1,6}".prop_map(Reference::Tag),
        Just(Reference::Rev(CommitId::from_bytes([7; 20]))),
    ];
    let source = prop_oneof![
        (1..9_u64).prop_map(MergeSource::request),
        ("[a-z]{1,5}", any::<bool>()).prop_map(|(word, other)| {
            let fork = url("https://user@example.com/fork.git");
            MergeSource { url: other.then_some(fork), reference: MergeRef::named(&word).expect("a ref") }
        }),
    ];
    let details = (any::<bool>(), proptest::option::of("[a-z\"' ]{1,6}"), any::<bool>());
    let merge = (source, details).prop_map(|(source, (some, why, pick))| Merge {
        pending: PendingMerge {
            source,
            modules: some.then(|| vec![ModuleName::parse("web_x").expect("a name")]),
            pick,
        },
        why,
        hold: pick,
    });
    let modules = proptest::option::of(proptest::collection::btree_set("[a-z_]{1,9}", 0..3));
    let ends: &[&str] = &["", ".git"];
    let end = proptest::sample::select(ends);
    (name, host, end, reference, modules, proptest::collection::vec(merge, 0..3).prop_map(distinct))
        .prop_flat_map(|(name, host, end, reference, modules, merges)| {
            let url = url(&format!("{host}/{name}{end}"));
            let repo = FreshRepo {
                reference,
                modules: modules.map(|modules| modules.into_iter().collect()),
                merges,
                ..plain(&name, url.as_str())
            };
            (Just(repo), any::<bool>(), proptest::option::of(0..9_u32), any::<bool>())
        })
        .prop_map(|(repo, hold, depth, deep)| FreshRepo {
            hold,
            depth,
            addons: if deep { vec![".".to_owned(), "more".to_owned()] } else { Vec::new() },
            ..repo
        })
}

fn a_core() -> impl Strategy<Value = Vec<FreshCore>> {
    let part = |part: CorePart| {
        (a_repo(), "[a-z]{1,9}").prop_map(move |(repo, place)| FreshCore {
            part,
            path: format!("{}-{place}", part.word()),
            repo: FreshRepo { name: part.name(), modules: None, hold: false, ..repo },
        })
    };
    let other = |of| proptest::option::of(part(of));
    let others = (other(CorePart::Enterprise), other(CorePart::Themes));
    (others, part(CorePart::Odoo))
        .prop_map(|((enterprise, themes), odoo)| enterprise.into_iter().chain(themes).chain([odoo]).collect())
}

proptest! {
    #[test]
    fn a_new_file_is_read_with_the_requested_core(core in a_core()) {
        let asked = Fresh { core, ..fresh(Vec::new()) };
        let text = asked.render();
        let config = accepted(&text);
        let profile = profile(&config, "standard");
        prop_assert_eq!(profile.core.len(), asked.core.len());
        let has_enterprise = asked.core.iter().any(|core| core.part == CorePart::Enterprise);
        prop_assert_eq!(profile.edition == Edition::Enterprise, has_enterprise);
        for (read, FreshCore { part, path, repo }) in profile.core.iter().zip(&asked.core) {
            let place = read.core.as_ref().expect("a part of Odoo");
            prop_assert_eq!((place.part, place.path.as_str()), (*part, path.as_str()));
            prop_assert_eq!(&read.url, &repo.url, "{}", text);
            prop_assert_eq!(&read.reference, &repo.reference);
            prop_assert_eq!(&read.merges, &repo.merges);
            prop_assert_eq!((read.hold, read.depth), (true, repo.depth.unwrap_or(1)));
            let usual = core_addons(*part, series("18.0")).iter().map(ToString::to_string).collect();
            let addons: Vec<String> = read.addons.iter().map(ToString::to_string).collect();
            prop_assert_eq!(&addons, if repo.addons.is_empty() { &usual } else { &repo.addons });
        }
    }

    #[test]
    fn a_new_file_is_read_as_the_requested_settings(
        repos in proptest::collection::vec(a_repo(), 1..6),
        path in prop_oneof![Just("oca"), Just("addons/oca")],
    ) {
        let mut names = std::collections::BTreeSet::new();
        let repos: Vec<FreshRepo> =
            repos.into_iter().filter(|repo| names.insert(repo.name.as_str().to_lowercase())).collect();
        let asked = Fresh { path: path.to_owned(), locals: vec!["my own".to_owned()], ..fresh(repos) };
        let text = asked.render();
        let config = accepted(&text);
        let profile = profile(&config, "standard");
        prop_assert_eq!(profile.path.as_str(), path);
        prop_assert_eq!(profile.locals[0].path.as_str(), "my own");
        prop_assert_eq!(profile.repos.len(), asked.repos.len());
        for (read, asked) in profile.repos.iter().zip(&asked.repos) {
            prop_assert_eq!(&read.name, &asked.name);
            let bare = |url: &RemoteUrl| bare_url(url.as_str()).to_owned();
            let is_forge = asked.url.as_str().starts_with("https://github.com/");
            prop_assert!(read.url == asked.url || is_forge && bare(&read.url) == bare(&asked.url), "{}", text);
            prop_assert_eq!(&read.reference, &asked.reference);
            let modules = read.modules.as_ref().map(|modules| texts(modules));
            prop_assert_eq!(&modules, &asked.modules);
            prop_assert_eq!(&read.merges, &asked.merges);
            prop_assert_eq!(read.hold, asked.hold);
            prop_assert_eq!(read.depth, asked.depth.unwrap_or(1));
            let root = vec![".".to_owned()];
            let found: Vec<String> = read.addons.iter().map(ToString::to_string).collect();
            prop_assert_eq!(&found, if asked.addons.is_empty() { &root } else { &asked.addons });
        }
    }
}
