//! `merges` of a repository: pull requests and branches that are merged into it.

use std::fmt;

use super::document::Refusal;
use super::reader::Table;
use super::values::{self, quoted};
use crate::repo::{MergeRef, MergeSource, ModuleName, PendingMerge, is_invisible};

/// A change to merge into a repository.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Merge {
    pub(crate) pending: PendingMerge,
    /// A remark of the user.
    pub(crate) why: Option<String>,
    /// Stays at its commit, unless it is named.
    pub(crate) hold: bool,
}

const FORMS: &str =
    "write it as `#2950`, as `https://github.com/acme/web.git 18.0-fix`, or as a table with `pr` or `ref`";

impl Merge {
    pub(crate) fn whole(source: MergeSource) -> Self {
        Self { pending: PendingMerge { source, modules: None, pick: false }, why: None, hold: false }
    }

    /// `#NUMBER`, `REF`, or `URL REF`.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let source = MergeSource::parse(text).map_err(|invalid| Refusal::from(invalid).hint(FORMS))?;
        source.url.iter().try_for_each(|url| values::remote_url(url.as_str()).map(drop))?;
        Ok(Self::whole(source))
    }

    /// A table with `pr`, `mr` or `ref`, and perhaps `url`, `modules`, `why`, `pick` and `hold`.
    pub(super) fn of_table(mut table: Table<'_, '_>) -> Option<Self> {
        let numbers = [table.number("pr"), table.number("mr")];
        let reference = table.text("ref", MergeRef::named);
        let url = table.text("url", values::remote_url);
        let modules = table.list("modules", |word| ModuleName::parse(word).map_err(Refusal::from));
        let why = table.text("why", remark);
        let pick = table.flag("pick").unwrap_or_default();
        let hold = table.flag("hold").unwrap_or_default();
        let given = ["pr", "mr", "ref"].iter().filter(|key| table.line_of(key).is_some()).count();
        let source = match (numbers, reference) {
            _ if given != 1 => {
                table.refuse_value("pr", "a merge has exactly one of `pr`, `mr` and `ref`", FORMS);
                None
            }
            ([Some(_), _] | [_, Some(_)], _) if table.line_of("url").is_some() => {
                table.refuse_value("url", "a request is always one of the repository itself", FORMS);
                None
            }
            ([Some(0), _] | [_, Some(0)], _) => {
                let key = if numbers[0].is_some() { "pr" } else { "mr" };
                table.refuse_value(key, "the number of a request is at least 1", FORMS);
                None
            }
            ([Some(number), _] | [_, Some(number)], _) => Some(MergeSource::request(u64::from(number))),
            (_, Some(reference)) => Some(MergeSource { url, reference }),
            // The wrong value was reported already.
            _ => None,
        };
        if table.is_empty_list("modules") {
            table.refuse_value(
                "modules",
                "it must name a module",
                "delete `modules` to take all of the change",
            );
        }
        table.finish();
        Some(Self { pending: PendingMerge { source: source?, modules, pick }, why, hold })
    }

    /// As in `repos.toml`, without secrets.
    pub(crate) fn for_people(&self) -> String {
        let source = self.pending.source.without_secret();
        Self { pending: PendingMerge { source, ..self.pending.clone() }, ..self.clone() }.to_toml()
    }

    /// The text for `repos.toml`: a string, or an inline table. Unlike the one of `Display`, it keeps secrets.
    pub(super) fn to_toml(&self) -> String {
        let Self { pending: PendingMerge { source, modules, pick }, why, hold } = self;
        let MergeSource { url, reference } = source;
        if modules.is_none() && why.is_none() && !pick && !hold {
            return quoted(&match url {
                Some(url) => format!("{} {reference}", url.as_str()),
                None => reference.to_string(),
            });
        }
        let mut fields = match reference {
            MergeRef::Request(number) => vec![format!("pr = {number}")],
            MergeRef::Name(_) | MergeRef::Full(_) | MergeRef::Commit(_) => {
                let url = url.iter().map(|url| format!("url = {}", quoted(url.as_str())));
                url.chain([format!("ref = {}", quoted(&reference.to_string()))]).collect()
            }
        };
        if let Some(modules) = modules {
            let names: Vec<String> = modules.iter().map(|name| quoted(name.as_str())).collect();
            fields.push(format!("modules = [{}]", names.join(", ")));
        }
        fields.extend(why.iter().map(|why| format!("why = {}", quoted(why))));
        fields.extend(pick.then(|| "pick = true".to_owned()));
        fields.extend(hold.then(|| "hold = true".to_owned()));
        format!("{{ {} }}", fields.join(", "))
    }
}

fn remark(text: &str) -> Result<String, Refusal> {
    if text.contains(is_invisible) {
        return Err(Refusal::new("it must be one line without invisible characters"));
    }
    Ok(text.to_owned())
}

/// The source, without secrets.
impl fmt::Display for Merge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pending.source.fmt(f)
    }
}
