//! The project's pages: their fenced blocks, links, headings and commands.

use std::fs;
use std::path::{Path, PathBuf};

/// Directories without pages of the project: they hold what was built or fetched.
const OTHERS: [&str; 5] = ["target", "remotes", "oca", ".git", ".cache"];

/// A page of the project.
pub(crate) struct Page {
    /// Relative to the project, with `/`.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// A fenced block.
pub(crate) struct Block<'p> {
    pub(crate) language: &'p str,
    /// The number of its first line in the page.
    pub(crate) line: usize,
    pub(crate) lines: Vec<&'p str>,
    /// Whether `<!-- run -->` is on the line above it.
    pub(crate) is_run: bool,
}

/// The directory that holds `README.md`.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All pages, sorted by name.
pub(crate) fn pages() -> Vec<Page> {
    let mut files = Vec::new();
    collect(root(), &mut files);
    files.sort();
    files.iter().map(|file| Page::load(file)).collect()
}

/// One page, by its name.
pub(crate) fn page(name: &str) -> Page {
    Page::load(&root().join(name))
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory of the project") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !OTHERS.contains(&name) {
            collect(&path, files);
        } else if path.is_file() && path.extension().is_some_and(|end| end == "md") {
            files.push(path);
        }
    }
}

impl Page {
    fn load(file: &Path) -> Self {
        let text = fs::read_to_string(file).expect("a page").replace("\r\n", "\n");
        let name = file.strip_prefix(root()).expect("a file of the project");
        Self { name: name.to_string_lossy().replace('\\', "/"), text }
    }

    pub(crate) fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks: Vec<Block<'_>> = Vec::new();
        let mut is_inside = false;
        let mut above = "";
        for (number, line) in self.text.lines().enumerate() {
            match line.strip_prefix("```") {
                Some(_) if is_inside => is_inside = false,
                Some(language) => {
                    is_inside = true;
                    let is_run = above == "<!-- run -->";
                    blocks.push(Block { language, line: number + 2, lines: Vec::new(), is_run });
                }
                None if is_inside => blocks.last_mut().expect("a block that began").lines.push(line),
                None => {}
            }
            above = line;
        }
        assert!(!is_inside, "`{}` has a block without an end", self.name);
        blocks
    }

    /// The lines outside of blocks, with their numbers.
    pub(crate) fn prose(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut is_inside = false;
        self.text.lines().enumerate().filter_map(move |(number, line)| {
            let is_fence = line.starts_with("```");
            is_inside ^= is_fence;
            (!is_inside && !is_fence).then_some((number + 1, line))
        })
    }

    /// The targets of all links, with the numbers of their lines.
    pub(crate) fn links(&self) -> impl Iterator<Item = (usize, &str)> {
        self.prose().flat_map(|(number, line)| {
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            targets.map(move |(target, _)| (number, target))
        })
    }

    /// The anchors that a forge makes of the headings.
    pub(crate) fn anchors(&self) -> Vec<String> {
        let headings = self.prose().filter(|(_, line)| line.starts_with('#'));
        headings.map(|(_, line)| anchor(line.trim_start_matches('#').trim())).collect()
    }

    /// The lines below a heading, up to the next heading of its level or above.
    pub(crate) fn section(&self, heading: &str) -> Vec<&str> {
        let level = |line: &str| line.bytes().take_while(|&byte| byte == b'#').count();
        let mut lines = self.prose().map(|(_, line)| line).skip_while(|line| *line != heading);
        let first = lines.next().unwrap_or_else(|| panic!("`{}` lacks the heading `{heading}`", self.name));
        lines.take_while(|line| !(1..=level(first)).contains(&level(line))).collect()
    }

    /// All commands `oca …` of the page with the numbers of their lines: in blocks for a shell, and between backticks.
    pub(crate) fn oca_commands(&self) -> Vec<(usize, Vec<String>)> {
        let mut lines: Vec<(usize, &str)> = Vec::new();
        for block in self.blocks() {
            let numbered = block.lines.iter().enumerate().map(|(place, line)| (block.line + place, *line));
            match block.language {
                "console" => {
                    let typed = numbered.filter_map(|(at, line)| Some((at, line.strip_prefix("$ ")?)));
                    lines.extend(typed);
                }
                "sh" => lines.extend(numbered),
                _ => {}
            }
        }
        for (number, line) in self.prose() {
            let spans = line.split('`').skip(1).step_by(2).filter(|span| span.starts_with("oca "));
            lines.extend(spans.map(|span| (number, span)));
        }
        let all =
            lines.into_iter().flat_map(|(at, line)| commands(line).into_iter().map(move |words| (at, words)));
        all.filter(|(_, words)| words.first().is_some_and(|word| word == "oca")).collect()
    }
}

/// The keys in the first column of a table: "| `key` | …".
pub(crate) fn keys<'l>(lines: &[&'l str]) -> Vec<&'l str> {
    lines.iter().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect()
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// The commands of a line of shell, as words, without leading variables and without redirections.
pub(crate) fn commands(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    for word in words(line) {
        match word.as_str() {
            "&&" | "||" | "|" | ";" => commands.push(Vec::new()),
            _ => commands.last_mut().expect("one at least").push(word),
        }
    }
    for words in &mut commands {
        let is_variable =
            |word: &String| word.contains('=') && word.starts_with(|c: char| c.is_ascii_uppercase());
        let before = words.iter().take_while(|word| is_variable(word)).count();
        words.drain(..before);
        let end = words.iter().position(|word| word.starts_with(['>', '<', '#']));
        words.truncate(end.unwrap_or(words.len()));
    }
    commands
}

/// The words of a line. Quotes keep a word with blanks together.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut quote, mut is_new) = (None, true);
    for c in line.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == ' ' => is_new = true,
            _ => {
                if is_new {
                    words.push(String::new());
                }
                words.last_mut().expect("a word that began").push(c);
                is_new = false;
            }
        }
    }
    words
}
