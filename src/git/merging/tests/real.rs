//! Every open request of mirrors, merged onto the head of its branch.

use std::collections::{BTreeMap, HashSet};
use std::io::Write;
use std::process::Command;
use std::sync::atomic::Ordering;

use super::server::Server;
use super::*;

fn lines(repository: &Path, args: &[&str]) -> Vec<String> {
    let output = Command::new("git").arg("-C").arg(repository).args(args).output().expect("git is installed");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[derive(Default)]
struct Figures {
    requests: u32,
    same: u32,
    git_conflicts: u32,
    merged_here: u32,
    unjudged: Vec<String>,
    absorbed: u32,
    different: Vec<String>,
    rules: BTreeMap<String, u32>,
    kinds: BTreeMap<String, u32>,
    /// Of the requests for the merge base.
    bytes: Vec<u64>,
    asked: Vec<u64>,
}

/// `OCA_MIRRORS` names bare repositories with `refs/pull/N/merge`, with `:` between them, `OCA_BRANCH` a branch.
#[test]
#[ignore = "it needs mirrors with pull requests"]
fn real_requests_merge_as_in_git() {
    let mirrors = std::env::var("OCA_MIRRORS").expect("`OCA_MIRRORS` names repositories");
    let branch = std::env::var("OCA_BRANCH").unwrap_or_else(|_| "16.0".to_owned());
    let mut figures = Figures::default();
    for mirror in mirrors.split(':') {
        one_mirror(Path::new(mirror), &branch, &mut figures);
    }
    figures.bytes.sort_unstable();
    let median = |list: &[u64]| list.get(list.len() / 2).copied().unwrap_or_default();
    let text = format!(
        "{} requests: {} as git, {} git conflicts ({} merged here), {} absorbed, {} cannot be judged, {} different\n\
         merge base: median {} bytes, most {} bytes, most {} requests\nrules {:?}\nconflicts {:?}\n{:#?}\n{:#?}\n",
        figures.requests,
        figures.same,
        figures.git_conflicts,
        figures.merged_here,
        figures.absorbed,
        figures.unjudged.len(),
        figures.different.len(),
        median(&figures.bytes),
        figures.bytes.last().copied().unwrap_or_default(),
        figures.asked.iter().max().copied().unwrap_or_default(),
        figures.rules,
        figures.kinds,
        figures.unjudged,
        figures.different,
    );
    std::io::stderr().write_all(text.as_bytes()).expect("stderr");
    assert!(figures.different.is_empty());
    assert!(figures.requests > 0);
}

fn one_mirror(mirror: &Path, branch: &str, figures: &mut Figures) {
    let history: HashSet<String> = lines(mirror, &["rev-list", branch]).into_iter().collect();
    let server = Server::new(mirror.to_owned());
    let (_cache, git) = git();
    let remote = remote(&git, &server.url);
    let scratch = Origin::new();
    let reference = Reference::branch(branch).expect("a branch");
    let pin = remote.resolve(&reference).expect("the branch");
    let pin = remote.clone().at(pin, &reference, &|_| ());
    for line in lines(mirror, &["for-each-ref", "--format=%(refname) %(parent)", "refs/pull/*/merge"]) {
        let words: Vec<&str> = line.split(' ').collect();
        let [name, base, _] = words[..] else { continue };
        if !history.contains(base) {
            continue;
        }
        figures.requests += 1;
        let number = name.split('/').nth(2).and_then(|number| number.parse().ok()).expect("a number");
        let place = format!("{} #{number}", mirror.display());
        let head = remote.resolve_merge(&MergeRef::Request(number)).expect("a request");
        let head = at(&remote, &head);
        let counts = || (server.sent.load(Ordering::Relaxed), server.requests.load(Ordering::Relaxed));
        let before = counts();
        let ancestor = match relation(&pin, None, &head) {
            Ok(Relation::From(ancestor)) => ancestor,
            Ok(Relation::Absorbed) => {
                figures.absorbed += 1;
                continue;
            }
            other => {
                figures.different.push(format!("{place}: {other:?}"));
                continue;
            }
        };
        // The server counts an answer after it was read.
        std::thread::sleep(std::time::Duration::from_millis(2));
        figures.bytes.push(counts().0 - before.0);
        figures.asked.push(counts().1 - before.1);
        let bases =
            lines(mirror, &["merge-base", "--all", &pin.commit().to_string(), &head.commit().to_string()]);
        if bases != [ancestor.to_string()] {
            figures.different.push(format!("{place}: merge base {ancestor}, git has {bases:?}"));
            continue;
        }
        let merge = Merge { head: &head, ancestor, modules: &[], label: Label::default() };
        let mut merging = Merging::new(&pin).expect("a base");
        let outcome = match merging.merge(&merge) {
            Ok(outcome) => outcome,
            Err(error) => {
                figures.unjudged.push(format!("{place}: {error}"));
                continue;
            }
        };
        let objects = scratch.path().join("objects");
        let of_git = merge_tree(mirror, &objects, Some(ancestor), pin.commit(), head.commit());
        match (of_git, outcome) {
            (Some(tree), Outcome::Step(step)) if step.tree == tree => figures.same += 1,
            (Some(tree), outcome) => figures
                .different
                .push(format!("{place}: git has {tree}: {outcome:?}").chars().take(400).collect()),
            (None, Outcome::Step(step)) => {
                figures.git_conflicts += 1;
                figures.merged_here += 1;
                for ruled in step.ruled {
                    *figures.rules.entry(format!("{:?}", ruled.rule)).or_default() += 1;
                }
            }
            (None, Outcome::Conflicts(conflicts)) => {
                figures.git_conflicts += 1;
                for conflict in conflicts {
                    let kind = format!("{:?}", conflict.kind);
                    *figures.kinds.entry(kind).or_default() += 1;
                }
            }
        }
    }
}
