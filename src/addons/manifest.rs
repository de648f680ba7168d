//! What a manifest says to Odoo: the keys that `oca` looks at, with Odoo's defaults.

use std::collections::HashSet;

pub(crate) use super::cursor::MAX_BYTES;
use crate::repo::{AutoInstall, Manifest};

use super::literal;
use super::problem::LiteralError;
use super::value::{Literal, Value};

/// The most bytes of a version, a licence or a name. Real ones are shorter, so messages show them whole.
const MAX_TEXT: usize = 1000;

/// A manifest that was read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Parsed {
    pub(crate) installable: bool,
    pub(crate) manifest: Manifest,
    pub(crate) lines: Lines,
}

/// The lines of values that findings name, counted from 1; a key that is absent has none.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Lines {
    /// Of each name, in the order of [`Manifest::depends`].
    pub(crate) depends: Vec<usize>,
    pub(crate) version: Option<usize>,
    pub(crate) license: Option<usize>,
    pub(crate) development_status: Option<usize>,
    pub(crate) model_access: Option<usize>,
}

/// Why a manifest cannot be used, and on which line.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum ManifestError {
    #[error(transparent)]
    NotALiteral(#[from] LiteralError),
    #[error("a manifest must be a dict, not `{found}`")]
    NotADict { line: usize, found: &'static str },
    #[error("`{key}` has a string of more than {MAX_TEXT} bytes")]
    TooLong { line: usize, key: String },
    #[error("`{key}` must be {expected}, not `{found}`")]
    WrongType { line: usize, key: String, expected: &'static str, found: &'static str },
}

impl ManifestError {
    /// Where it is wrong, counted from 1.
    pub(crate) fn line(&self) -> usize {
        match self {
            Self::NotALiteral(error) => error.line,
            Self::NotADict { line, .. } | Self::TooLong { line, .. } | Self::WrongType { line, .. } => *line,
        }
    }
}

/// Reads a manifest as `load_manifest` of `odoo/modules/module.py` does.
///
/// Whether a value counts as true or false is Python's rule: `"False"` is true, `0` and an empty list are false. A module
/// is installable unless `installable` is false. A false value of another key counts as absent. Misspelt and unknown keys
/// are ignored, as Odoo ignores them.
pub(crate) fn parse(source: &[u8]) -> Result<Parsed, ManifestError> {
    let value = literal::parse(source)?;
    let Literal::Dict(items) = &value.literal else {
        return Err(ManifestError::NotADict { line: value.line, found: value.literal.type_name() });
    };
    let keys = Keys { prefix: "", items };
    let external = Keys::of_external(keys.get("external_dependencies"))?;
    let installable = keys.get("installable").is_none_or(|value| value.literal.is_truthy());
    let (depends, depends_lines) = keys.names_and_lines("depends")?;
    let model_access = keys.model_access();
    let lines = Lines {
        depends: depends_lines,
        model_access,
        version: keys.line("version"),
        license: keys.line("license"),
        development_status: keys.line("development_status"),
    };
    let manifest = Manifest {
        version: keys.text("version")?,
        depends,
        license: keys.text("license")?,
        development_status: keys.text("development_status")?,
        auto_install: keys.auto_install()?,
        python: external.names("python")?,
        bin: external.names("bin")?,
        deb: external.debian_packages()?,
        model_access: model_access.is_some(),
    };
    Ok(Parsed { installable, manifest, lines })
}

/// The items of a dict, and what errors put before the names of its keys.
struct Keys<'a> {
    prefix: &'static str,
    items: &'a [(String, Value)],
}

impl<'a> Keys<'a> {
    fn of_external(value: Option<&'a Value>) -> Result<Self, ManifestError> {
        let items = match value {
            Some(Value { literal: Literal::Dict(items), .. }) => items.as_slice(),
            Some(value) if value.literal.is_truthy() => {
                return Err(Self { prefix: "", items: &[] }.wrong("external_dependencies", "a dict", value));
            }
            _ => &[],
        };
        Ok(Self { prefix: "external_dependencies.", items })
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.items.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// A value that Python takes for true.
    fn get_truthy(&self, name: &str) -> Option<&'a Value> {
        self.get(name).filter(|value| value.literal.is_truthy())
    }

    fn text(&self, name: &str) -> Result<Option<String>, ManifestError> {
        match self.get_truthy(name) {
            None => Ok(None),
            Some(Value { literal: Literal::Str(text), line }) => Ok(Some(self.short(name, text, *line)?)),
            Some(value) => Err(self.wrong(name, "a string", value)),
        }
    }

    fn short(&self, name: &str, text: &str, line: usize) -> Result<String, ManifestError> {
        if text.len() > MAX_TEXT {
            return Err(ManifestError::TooLong { line, key: format!("{}{name}", self.prefix) });
        }
        Ok(text.to_owned())
    }

    /// The line of a value that Python takes for true.
    fn line(&self, name: &str) -> Option<usize> {
        self.get_truthy(name).map(|value| value.line)
    }

    fn names(&self, name: &str) -> Result<Vec<String>, ManifestError> {
        Ok(self.names_and_lines(name)?.0)
    }

    fn names_and_lines(&self, name: &str) -> Result<(Vec<String>, Vec<usize>), ManifestError> {
        match self.get_truthy(name) {
            None => Ok((Vec::new(), Vec::new())),
            Some(value) => Ok(self.names_in(name, value)?.into_iter().unzip()),
        }
    }

    /// The names in a list, a tuple or a set, and their lines. Those of a set are sorted, because it has no order.
    fn names_in(&self, name: &str, value: &Value) -> Result<Vec<(String, usize)>, ManifestError> {
        let (Literal::List(items) | Literal::Tuple(items) | Literal::Set(items)) = &value.literal else {
            return Err(self.wrong(name, "a list of strings", value));
        };
        let text = |item: &Value| match &item.literal {
            Literal::Str(text) => Ok((self.short(name, text, item.line)?, item.line)),
            _ => Err(self.wrong(name, "a list of strings only", item)),
        };
        let mut names = items.iter().map(text).collect::<Result<Vec<_>, _>>()?;
        if matches!(value.literal, Literal::Set(_)) {
            names.sort();
        }
        Ok(names)
    }

    /// If the value is a list, a tuple or a set, even an empty one, Odoo waits for the modules in it.
    fn auto_install(&self) -> Result<AutoInstall, ManifestError> {
        match self.get("auto_install") {
            Some(value @ Value { literal: Literal::List(_) | Literal::Tuple(_) | Literal::Set(_), .. }) => {
                let names = self.names_in("auto_install", value)?;
                Ok(AutoInstall::When(names.into_iter().map(|(name, _)| name).collect()))
            }
            Some(value @ Value { literal: Literal::Str(_) | Literal::Dict(_), .. }) => {
                Err(self.wrong("auto_install", "a bool or a list of strings", value))
            }
            Some(value) if value.literal.is_truthy() => Ok(AutoInstall::WhenDependsAre),
            _ => Ok(AutoInstall::Never),
        }
    }

    /// The names in `deb` and in `apt`. From 19.0 on, `apt` is a dict: its keys are names of Python distributions, its
    /// values are the names of their Debian packages.
    fn debian_packages(&self) -> Result<Vec<String>, ManifestError> {
        let mut packages = self.names("deb")?;
        let of_apt = match self.get_truthy("apt") {
            Some(Value { literal: Literal::Dict(items), .. }) => {
                let text = |(_, package): &(String, Value)| match &package.literal {
                    Literal::Str(text) => self.short("apt", text, package.line),
                    _ => Err(self.wrong("apt", "a dict of strings", package)),
                };
                items.iter().map(text).collect::<Result<Vec<_>, _>>()?
            }
            Some(value) => self.names_in("apt", value)?.into_iter().map(|(name, _)| name).collect(),
            None => Vec::new(),
        };
        let mut known: HashSet<String> = packages.iter().cloned().collect();
        packages.extend(of_apt.into_iter().filter(|package| known.insert(package.clone())));
        Ok(packages)
    }

    /// The line of the first file of `ir.model.access` in `data`. Odoo takes the model from the name of the file, up to a
    /// `-`. What is not a list of strings is ignored here.
    fn model_access(&self) -> Option<usize> {
        let (Literal::List(items) | Literal::Tuple(items)) = &self.get("data")?.literal else { return None };
        let is_of_it = |item: &&Value| match &item.literal {
            Literal::Str(path) => {
                let file = path.rsplit('/').next().unwrap_or_default();
                let stem = file.strip_suffix(".csv");
                stem.is_some_and(|stem| stem.split('-').next() == Some("ir.model.access"))
            }
            _ => false,
        };
        items.iter().find(is_of_it).map(|item| item.line)
    }

    fn wrong(&self, name: &str, expected: &'static str, value: &Value) -> ManifestError {
        let key = format!("{}{name}", self.prefix);
        ManifestError::WrongType { line: value.line, key, expected, found: value.literal.type_name() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(source: &str) -> Parsed {
        parse(source.as_bytes()).unwrap_or_else(|error| panic!("{source}: {error}"))
    }

    fn manifest(source: &str) -> Manifest {
        parsed(source).manifest
    }

    fn refusal(source: &str) -> String {
        match parse(source.as_bytes()) {
            Ok(parsed) => format!("accepted: {parsed:?}"),
            Err(error) => format!("{} {error}", error.line()),
        }
    }

    #[test]
    fn an_empty_manifest_has_the_defaults_of_odoo() {
        let (manifest, lines) = (Manifest::default(), Lines::default());
        let expected = Parsed { installable: true, manifest, lines };
        let nothing = "{'version': None, 'depends': None, 'license': '', 'auto_install': None,
            'external_dependencies': {'python': [], 'bin': ()}, 'Summary': 1, 'autoinstall': True}";
        for source in ["{}", nothing, "{'external_dependencies': None}", "{'depends': ()}"] {
            assert_eq!(parsed(source), expected, "{source}");
        }
    }

    #[test]
    fn every_key_is_read() {
        let source = "{
            'version': '18.0.1.2.3', 'installable': False, 'license': 'LGPL-3', 'license': 'AGPL-3',
            'development_status': 'Beta', 'depends': ('web', 'x ', 'server-ux'), 'auto_install': ['web'],
            'external_dependencies': {'python': ['lxml>=5'], 'bin': ('wkhtmltopdf',), 'deb': ['libxml2']},
            'data': ['views/x.xml',
                'security/ir.model.access.csv'],
        }";
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let expected = Manifest {
            version: Some("18.0.1.2.3".to_owned()),
            depends: names(&["web", "x ", "server-ux"]),
            license: Some("AGPL-3".to_owned()),
            development_status: Some("Beta".to_owned()),
            auto_install: AutoInstall::When(names(&["web"])),
            python: names(&["lxml>=5"]),
            bin: names(&["wkhtmltopdf"]),
            deb: names(&["libxml2"]),
            model_access: true,
        };
        let lines = Lines {
            depends: vec![3; 3],
            version: Some(2),
            license: Some(2),
            development_status: Some(3),
            model_access: Some(6),
        };
        assert_eq!(parsed(source), Parsed { installable: false, manifest: expected, lines });
    }

    #[test]
    fn access_rights_are_known_by_the_name_of_their_file() {
        for (data, expected) in [
            ("['security/ir.model.access.csv']", true),
            ("('ir.model.access-more.csv',)", true),
            ("['security/ir.access.csv', 'ir.model.access.xml', 'my_ir.model.access.csv']", false),
            ("['ir.model.access.csv/x.xml', 1, ['ir.model.access.csv']]", false),
            ("'ir.model.access.csv'", false),
            ("None", false),
        ] {
            assert_eq!(parsed(&format!("{{'data': {data}}}")).manifest.model_access, expected, "{data}");
        }
        assert!(!parsed("{'demo': ['ir.model.access.csv']}").manifest.model_access);
    }

    #[test]
    fn the_names_of_a_set_are_sorted_and_keep_their_lines() {
        let parsed = parsed("{'depends': {\n'c',\n'a', 'b'}}");
        assert_eq!(parsed.manifest.depends, ["a", "b", "c"]);
        assert_eq!(parsed.lines.depends, [3, 3, 2]);
    }

    #[test]
    fn installable_is_true_as_in_python() {
        for (value, expected) in [
            ("True", true),
            ("False", false),
            ("'False'", true),
            ("''", false),
            ("0", false),
            ("1", true),
            ("0.0", false),
            ("None", false),
            ("[]", false),
            ("-0.0", false),
            ("1e-999", false),
            ("-1", true),
            ("()", false),
            ("('')", false),
            ("('',)", true),
            ("{}", false),
            ("{'a'}", true),
            ("{'': 0}", true),
        ] {
            assert_eq!(parsed(&format!("{{'installable': {value}}}")).installable, expected, "{value}");
        }
    }

    #[test]
    fn auto_install_is_a_bool_or_names() {
        let names = |names: &[&str]| AutoInstall::When(names.iter().map(ToString::to_string).collect());
        for (value, expected) in [
            ("True", AutoInstall::WhenDependsAre),
            ("1", AutoInstall::WhenDependsAre),
            ("False", AutoInstall::Never),
            ("None", AutoInstall::Never),
            ("0", AutoInstall::Never),
            ("['a', 'b']", names(&["a", "b"])),
            ("{'b', 'a'}", names(&["a", "b"])),
            ("[]", names(&[])),
        ] {
            assert_eq!(manifest(&format!("{{'auto_install': {value}}}")).auto_install, expected, "{value}");
        }
    }

    #[test]
    fn apt_adds_the_packages_it_names() {
        let deb = |value: &str| manifest(&format!("{{'external_dependencies': {value}}}")).deb;
        assert_eq!(
            deb("{'apt': {'ldap': 'python3-ldap', 'lxml': 'python3-lxml'}}"),
            ["python3-ldap", "python3-lxml"]
        );
        assert_eq!(deb("{'deb': ['a', 'b'], 'apt': {'x': 'b', 'y': 'c'}}"), ["a", "b", "c"]);
        assert_eq!(deb("{'apt': ['a']}"), ["a"]);
    }

    #[test]
    fn wrong_types_are_named_with_their_line() {
        for (source, expected) in [
            ("[]", "1 a manifest must be a dict, not `list`"),
            ("# c\n'text'", "2 a manifest must be a dict, not `str`"),
            ("{'a': 1,\n 2: 3}", "2 a key of a dict must be a string, not `int`"),
            ("{\n 'version': 1.0}", "2 `version` must be a string, not `float`"),
            ("{'depends': 'base'}", "1 `depends` must be a list of strings, not `str`"),
            ("{'depends': [\n'base', 1]}", "2 `depends` must be a list of strings only, not `int`"),
            ("{'auto_install': 'base'}", "1 `auto_install` must be a bool or a list of strings, not `str`"),
            ("{'external_dependencies': ['x']}", "1 `external_dependencies` must be a dict, not `list`"),
            (
                "{'external_dependencies': {'python': 'x'}}",
                "1 `external_dependencies.python` must be a list of strings, not `str`",
            ),
            (
                "{'external_dependencies': {'apt': {'x': 1}}}",
                "1 `external_dependencies.apt` must be a dict of strings, not `int`",
            ),
            (
                &format!("{{'version':\n'{}'}}", "1".repeat(1001)),
                "2 `version` has a string of more than 1000 bytes",
            ),
            (
                &format!("{{'external_dependencies': {{'deb': ['{}']}}}}", "é".repeat(501)),
                "1 `external_dependencies.deb` has a string of more than 1000 bytes",
            ),
            ("{'a': b}", "1 a manifest must not contain the word `b`"),
        ] {
            assert_eq!(refusal(source), expected, "{source}");
        }
    }
}
