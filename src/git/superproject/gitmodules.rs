//! `.gitmodules`: reads its entries and changes single ones. Everything else stays, also comments and the user's own
//! keys.

use std::collections::BTreeMap;

use super::place::{SubmoduleName, SubmodulePath};
use crate::git::config_edit::{ConfigText, Name, header, quoted};
use crate::git::config_text::Malformed;

/// The name of the file, at the top of the work tree.
pub(crate) const FILE_NAME: &str = ".gitmodules";

/// The well-formed text of a `.gitmodules`.
#[derive(Clone, Debug, Default)]
pub(crate) struct GitModules(ConfigText);

/// An entry of a submodule, with the keys that oca manages.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SubmoduleEntry {
    /// The name of its git directory. It stays if the submodule is moved.
    pub(crate) name: SubmoduleName,
    pub(crate) path: SubmodulePath,
    /// Empty if the entry has no url.
    pub(crate) url: String,
    pub(crate) branch: Option<String>,
    pub(crate) shallow: bool,
}

const SHALLOW: &str = "shallow";

impl SubmoduleEntry {
    /// The text of a new entry.
    pub(crate) fn render(&self) -> String {
        let fields = self.fields().into_iter().filter_map(|(key, value)| Some((key, value?)));
        let fields = fields.map(|(key, value)| format!("\t{key} = {}\n", quoted(&value)));
        header(section_of(&self.name)) + &fields.collect::<String>()
    }

    /// The value of each key. A key without a value should not be in the entry.
    fn fields(&self) -> [(&'static str, Option<String>); 4] {
        [
            ("path", Some(self.path.to_string())),
            ("url", Some(self.url.clone())),
            ("branch", self.branch.clone()),
            (SHALLOW, self.shallow.then(|| "true".to_owned())),
        ]
    }
}

impl GitModules {
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        Ok(Self(ConfigText::parse(text)?))
    }

    pub(crate) fn text(&self) -> &str {
        self.0.text()
    }

    /// The valid entries in the order of the file.
    pub(crate) fn entries(&self) -> Vec<SubmoduleEntry> {
        self.read().into_iter().filter_map(Result::ok).collect()
    }

    /// Messages about entries that git and oca skip, because their name or path would lead to another place.
    pub(crate) fn passed_over(&self) -> Vec<String> {
        self.read().into_iter().filter_map(Result::err).collect()
    }

    /// All entries with a path. git skips the others.
    fn read(&self) -> Vec<Result<SubmoduleEntry, String>> {
        let mut values: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
        let mut names = Vec::new();
        for section in self.0.sections().iter().filter(|section| section.name == "submodule") {
            let Some(name) = section.subsection.as_deref() else { continue };
            let values = values.entry(name).or_insert_with(|| {
                names.push(name);
                BTreeMap::new()
            });
            // If a key has several values, the last one counts.
            values.extend(section.variables.iter().map(|variable| (&*variable.key, &*variable.value)));
        }
        let entry = |name: &str| {
            let values = values.get(name)?;
            let value = |key: &str| values.get(key).map(|value| (*value).to_owned());
            let path = value("path")?;
            let passed_over = |why| format!("the entry `{name}` with the path `{path}` is skipped: {why}");
            let place = SubmoduleName::parse(name).and_then(|name| Ok((name, SubmodulePath::parse(&path)?)));
            Some(place.map_err(passed_over).map(|(name, path)| SubmoduleEntry {
                name,
                path,
                url: value("url").unwrap_or_default(),
                branch: value("branch"),
                shallow: value(SHALLOW).is_some_and(|value| is_true(&value)),
            }))
        };
        names.into_iter().filter_map(entry).collect()
    }

    /// Adds an entry at the end, or changes the entry of this name where it differs. In an entry that exists, `shallow`
    /// stays as it is: the user chose it, and it decides nothing about the content.
    pub(crate) fn put(&mut self, entry: &SubmoduleEntry) {
        let section = section_of(&entry.name);
        if self.0.named(section).next().is_none() {
            return self.0.append(&entry.render());
        }
        let old = self.entries().into_iter().find(|old| old.name == entry.name);
        let old = old.map(|old| old.fields());
        let fields = entry.fields().into_iter().enumerate();
        for (at, (key, value)) in fields.filter(|(_, (key, _))| *key != SHALLOW) {
            let is_same = old.as_ref().is_some_and(|old| old[at].1 == value);
            if !is_same || self.0.value(section, key).is_none() {
                self.0.set(section, key, value.as_deref());
            }
        }
    }

    /// Removes an entry.
    pub(crate) fn remove(&mut self, name: &SubmoduleName) {
        self.0.remove(section_of(name));
    }
}

fn section_of(name: &SubmoduleName) -> Name<'_> {
    ("submodule", Some(name))
}

fn is_true(value: &str) -> bool {
    ["true", "yes", "on", "1"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# Ours, and one of somebody else.
[submodule \"oca/web\"]
	path = oca/web # where
	url = https://github.com/OCA/web
	update = rebase
[submodule \"odoo\"]
	path = odoo
	url = ../odoo.git

# The next one is old.
[submodule \"old\"]
	path = vendor/old
	# it moved
	url = https://host/old.git

# The end.
";

    fn name_of(name: &str) -> SubmoduleName {
        SubmoduleName::parse(name).expect("a name")
    }

    fn entry(name: &str, path: &str) -> SubmoduleEntry {
        let url = "https://github.com/OCA/web.git".to_owned();
        SubmoduleEntry {
            name: name_of(name),
            path: SubmodulePath::parse(path).expect("a path"),
            url,
            branch: Some("18.0".into()),
            shallow: true,
        }
    }

    #[test]
    fn a_change_keeps_everything_else() {
        let mut modules = GitModules::parse(TEXT).expect("a file");
        modules.put(&entry("oca/web", "oca/web"));
        modules.remove(&name_of("old"));
        modules.put(&entry("oca/dms", "oca/dms"));
        let expected = "\
# Ours, and one of somebody else.
[submodule \"oca/web\"]
	path = oca/web # where
	url = https://github.com/OCA/web.git
	update = rebase
	branch = 18.0
[submodule \"odoo\"]
	path = odoo
	url = ../odoo.git

# The next one is old.

# The end.
[submodule \"oca/dms\"]
	path = oca/dms
	url = https://github.com/OCA/web.git
	branch = 18.0
	shallow = true
";
        assert_eq!(modules.text(), expected);
        let again = modules.text().to_owned();
        modules.put(&entry("oca/dms", "oca/dms"));
        assert_eq!(modules.text(), again);
        let kept = SubmoduleEntry { shallow: false, ..entry("oca/web", "oca/web") };
        assert_eq!(modules.entries()[0], kept);
    }

    #[test]
    fn unwanted_keys_are_removed_and_the_last_of_several_values_counts() {
        let text = "[submodule \"web\"] path = a\r\n\tbranch = 17.0\r\n\turl = x\r\n[submodule \"web\"]\r\n\tpath = oca/web/";
        let mut modules = GitModules::parse(text).expect("a file");
        assert_eq!(&*modules.entries()[0].path, "oca/web");
        modules.put(&SubmoduleEntry { branch: None, shallow: false, ..entry("web", "oca/new") });
        assert_eq!(
            modules.text(),
            "[submodule \"web\"] path = a\r\n\turl = https://github.com/OCA/web.git\r\n[submodule \"web\"]\r\n\tpath = oca/new"
        );
        modules.put(&entry("dms", "d"));
        assert!(modules.text().contains("\tpath = oca/new\r\n[submodule \"dms\"]\r\n\tpath = d\r\n"));
        modules.remove(&name_of("web"));
        assert!(modules.text().starts_with("[submodule \"dms\"]"), "{}", modules.text());
    }

    #[test]
    fn dangerous_names_and_paths_are_skipped_as_in_git() {
        let text = "[submodule \"../../x\"]\n\tpath = x\n[submodule \"y\"]\n\turl = y\n[submodule \"z\"]\n\tpath = ../z\n";
        let mut modules = GitModules::parse(text).expect("a file");
        assert_eq!(modules.entries(), []);
        assert_eq!(
            modules.passed_over(),
            [
                "the entry `../../x` with the path `x` is skipped: the name leads to another directory",
                "the entry `z` with the path `../z` is skipped: the path leads out of the work tree or into `.git`, or is empty",
            ]
        );
        modules.put(&entry("z", "oca/z"));
        assert_eq!(modules.entries(), [SubmoduleEntry { shallow: false, ..entry("z", "oca/z") }]);
    }
}
