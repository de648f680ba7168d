//! The map in `src/lib.rs` is drawn once and kept: arrows between rooms point down only.

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
