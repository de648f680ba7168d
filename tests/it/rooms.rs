//! The map in `src/lib.rs` is drawn once and kept: arrows between rooms point down only.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of the map from top to bottom; those in braces are neighbours, which do not know each other.
fn layers(lib: &str) -> Vec<Vec<&str>> {
    let map = lib.split("```").nth(1).expect("a map between fences").trim_start_matches("text");
    let words = |layer| {
        str::split(layer, |c: char| !c.is_ascii_lowercase() && c != '_').filter(|word| !word.is_empty())
    };
    map.split('→').map(|layer| words(layer).collect()).collect()
}

/// The rooms that a file names, in `use` lines and elsewhere.
fn named(text: &str) -> impl Iterator<Item = &str> {
    text.split("crate::").skip(1).flat_map(|after| {
        let group = after.strip_prefix('{').and_then(|group| group.split('}').next());
        group.unwrap_or_else(|| first_word(after)).split(',').map(first_word)
    })
}

fn first_word(path: &str) -> &str {
    path.trim().split(|c: char| !c.is_ascii_lowercase() && c != '_').next().unwrap_or_default()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

#[test]
fn arrows_point_down_only() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lib = fs::read_to_string(source.join("lib.rs")).expect("the map");
    let layers = layers(&lib);
    let depth = |room: &str| {
        let depth = layers.iter().position(|layer| layer.contains(&room));
        depth.unwrap_or_else(|| panic!("the map in src/lib.rs lacks the room `{room}`"))
    };
    for file in files_below(&source).iter().filter(|file| file.extension().is_some_and(|end| end == "rs")) {
        let path = file.strip_prefix(&source).expect("a file below").with_extension("");
        let from = path.iter().next().and_then(|part| part.to_str()).expect("a room");
        let text = fs::read_to_string(file).expect("a source file");
        for to in named(&text).filter(|to| !to.is_empty() && *to != from && from != "lib") {
            let file = path.display();
            assert!(depth(from) < depth(to), "`{file}` looks up, from `{from}` to `{to}`");
        }
    }
}

/// A source file as a module: the path `["git", "store", "lock"]`, and what it takes from others.
struct Module {
    path: Vec<String>,
    /// Each from the top of the crate, as `["git", "Error"]`.
    uses: Vec<Vec<String>>,
    /// What it gives out under its own name: `Error` of `["git", "error", "Error"]`.
    exports: Vec<Vec<String>>,
}

/// The paths of a `use` tree: `a::{b, c::{d, e}}` are `a::b`, `a::c::d` and `a::c::e`.
fn leaves(tree: &str) -> Vec<Vec<String>> {
    let tree = tree.trim();
    let Some((before, group)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![path.split("::").map(|part| part.trim().to_owned()).collect()];
    };
    let group = group.rsplit_once('}').map_or(group, |(group, _)| group);
    let before: Vec<String> =
        before.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let (mut depth, mut parts, mut start) = (0, Vec::new(), 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[start..]);
    let parts = parts.into_iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(leaves).map(|leaf| [before.clone(), leaf].concat()).collect()
}

/// A path from the top of the crate; `None` where it leads to another crate.
fn from_top(path: &[String], module: &[String]) -> Option<Vec<String>> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([module, &path[1..]].concat()),
        "super" => Some([&module[..module.len() - ups], &path[ups..]].concat()),
        _ => None,
    }
}

fn read_module(source: &Path, file: &Path) -> Module {
    let text = fs::read_to_string(file).expect("a source file");
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let path = file.strip_prefix(source).expect("a file below").with_extension("");
    let mut path: Vec<String> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if path.last().is_some_and(|last| last == "mod") {
        path.pop();
    }
    let (mut uses, mut exports) = (Vec::new(), Vec::new());
    for statement in text.replace('\n', " ").split(';') {
        let Some((before, tree)) = statement.split_once("use ") else { continue };
        if before.contains("//")
            || !before.trim_end().ends_with([')', ']', '}', '{']) && !before.trim().is_empty()
        {
            continue;
        }
        for leaf in leaves(tree) {
            let is_child = !["crate", "self", "super"].contains(&leaf[0].as_str());
            let own = if is_child { Some([&path[..], &leaf].concat()) } else { from_top(&leaf, &path) };
            uses.extend(own.clone());
            if before.contains("pub") {
                exports.extend(own);
            }
        }
    }
    Module { path, uses, exports }
}

/// The module whose file holds what a path names, through what modules on the way give out under their own names.
fn home<'m>(modules: &'m [Module], path: &[String]) -> Option<&'m Module> {
    let module = modules
        .iter()
        .filter(|module| !module.path.is_empty() && path.starts_with(&module.path))
        .max_by_key(|module| module.path.len())?;
    let Some(name) = path.get(module.path.len()) else { return Some(module) };
    let exported = module.exports.iter().find(|export| export.last() == Some(name) && *export != path);
    exported.map_or(Some(module), |export| home(modules, export))
}

type Arrows<'m> = BTreeMap<&'m [String], BTreeSet<&'m [String]>>;

/// The modules to which the arrows lead from one.
fn reached<'m>(arrows: &Arrows<'m>, from: &[String]) -> BTreeSet<&'m [String]> {
    let mut seen: BTreeSet<&[String]> = BTreeSet::new();
    let mut left: Vec<&[String]> = arrows[from].iter().copied().collect();
    while let Some(next) = left.pop() {
        if seen.insert(next) {
            left.extend(&arrows[next]);
        }
    }
    seen
}

/// A module may use what stands in the one around it; every other arrow counts.
#[test]
fn no_files_use_each_other_in_a_circle() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files =
        files_below(&source).into_iter().filter(|file| file.extension().is_some_and(|end| end == "rs"));
    let modules: Vec<Module> = files.map(|file| read_module(&source, &file)).collect();
    let mut arrows = Arrows::new();
    for module in &modules {
        let homes = module.uses.iter().filter_map(|path| home(&modules, path)).map(|to| &to.path[..]);
        let apart = homes.filter(|to| !module.path.starts_with(to));
        arrows.entry(&module.path).or_default().extend(apart);
    }
    let total: usize = arrows.values().map(BTreeSet::len).sum();
    assert!(total > 500, "{total} arrows are too few to believe");
    let circles: Vec<String> = arrows
        .keys()
        .filter(|from| reached(&arrows, from).contains(*from))
        .map(|from| format!("{} uses {:?}", from.join("::"), arrows[from]))
        .collect();
    assert!(circles.is_empty(), "these files use each other in a circle:\n{}", circles.join("\n"));
}

/// Who put a file there is not known: `fs` looks whether it is one, and does not read it without end.
#[test]
fn only_the_room_fs_opens_files() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in files_below(&source).iter().filter(|file| !file.starts_with(source.join("fs"))) {
        let text = fs::read_to_string(file).expect("a source file");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for opening in
            ["fs::read_to_string(", "std::fs::read(", "File::open(", "File::options(", "OpenOptions"]
        {
            let is_test = file.ends_with("literal_tests.rs");
            assert!(is_test || !code.contains(opening), "`{}` has `{opening}`", file.display());
        }
    }
}
