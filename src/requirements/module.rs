//! Requirements that would make pip install modules of Odoo.

use super::Origin;
use super::line::Author;
use super::parse::parse_file;
use super::place::normalised;

/// A requirement such as `odoo-addon-queue-job`, or the metapackage of a repository, such as `odoo-addons-oca-queue`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RequiredModule {
    /// Normalised.
    pub(crate) distribution: String,
    /// `None` for a metapackage.
    pub(crate) module: Option<String>,
    /// In the file, from 1.
    pub(crate) line: usize,
}

/// The lines that require modules of Odoo, without those that `ignore` of `[requirements]` names.
pub(crate) fn required_modules(lines: &[String], ignore: &[String]) -> Vec<RequiredModule> {
    let parsed = parse_file("", lines, Author::Other);
    let of_entry =
        |(name, origin): (&String, &Origin)| {
            let (before, behind) = name.split_once("-addon")?;
            let series = before.strip_prefix("odoo")?;
            let module = behind.strip_prefix('-').map(|name| name.replace('-', "_"));
            let is_odoo = series.bytes().all(|byte| byte.is_ascii_digit());
            let is_ignored = ignore.iter().any(|word| normalised(word).as_ref() == Some(name));
            let Origin::File { line, .. } = *origin else { return None };
            (is_odoo && !is_ignored && (module.is_some() || behind.starts_with("s-")))
                .then(|| RequiredModule { distribution: name.clone(), module, line })
        };
    parsed.entries.iter().map(|entry| (&entry.name, &entry.origin)).filter_map(of_entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_of_modules_are_known_by_their_names() {
        let lines = [
            "lxml",
            "Odoo_Addon_queue.job>=18.0",
            "odoo14-addon-web-x @ git+https://h/web@14.0#subdirectory=setup/web_x",
            "odoo-addons-oca-queue",
            "odoo-addon-ignored",
            "my-odoo-addon-x",
            "odoo-addonify",
            "odoo-test-helper",
        ];
        let lines = lines.map(str::to_owned);
        let found = required_modules(&lines, &["odoo_addon_ignored".to_owned()]);
        let found: Vec<_> = found.iter().map(|one| (one.line, one.module.as_deref())).collect();
        assert_eq!(found, [(2, Some("queue_job")), (3, Some("web_x")), (4, None)]);
    }
}
