//! `merges` of a repository: pull requests and branches that are merged into it.

use std::fmt;

use super::document::Refusal;
use super::reader::Table;
use super::values::{self, quoted};
use crate::repo::{CommitId, Invalid, ModuleName, Reference, RemoteUrl, is_invisible, redact};

/// A change to merge into a repository.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Merge {
    pub(crate) source: MergeSource,
    /// Only the files of these modules. `None` stands for the whole change.
    pub(crate) modules: Option<Vec<ModuleName>>,
    /// A remark of the user.
    pub(crate) why: Option<String>,
    /// Take only its own difference. The commits of the branch on which it is based do not come along.
    pub(crate) pick: bool,
}

/// Where a change is.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum MergeSource {
    /// A pull or merge request on the forge of the repository.
    Request(u64),
    Reference {
        /// `None` means the repository's own url.
        url: Option<RemoteUrl>,
        /// A full ref such as `refs/pull/2950/head`, a branch or tag, or a commit id.
        reference: String,
    },
}

const FORMS: &str =
    "write it as `#2950`, as `https://github.com/acme/web.git 18.0-fix`, or as a table with `pr` or `ref`";

impl Merge {
    /// The whole of a full ref, a plain name, or a complete commit id, as git accepts them.
    pub(crate) fn of_reference(url: Option<RemoteUrl>, reference: &str) -> Result<Self, Invalid> {
        if CommitId::parse(reference).is_err() {
            Reference::branch(reference.strip_prefix("refs/").unwrap_or(reference))?;
        }
        Ok(Self::whole(MergeSource::Reference { url, reference: reference.to_owned() }))
    }

    fn whole(source: MergeSource) -> Self {
        Self { source, modules: None, why: None, pick: false }
    }

    /// `#NUMBER`, `REF`, or `URL REF`.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (url, reference) = match words[..] {
            [number] if number.starts_with('#') => return request(&number[1..]).map(Self::whole),
            [url] if url.contains(':') => {
                return Err(Refusal::new(format!("`{}` has no ref after it", redact(url))).hint(FORMS));
            }
            [reference] => (None, reference),
            [url, reference] => (Some(values::remote_url(url)?), reference),
            _ => return Err(Refusal::new("it must be `#NUMBER`, `REF` or `URL REF`").hint(FORMS)),
        };
        Self::of_reference(url, reference).map_err(|invalid| Refusal::from(invalid).hint(FORMS))
    }

    /// A table with `pr`, `mr` or `ref`, and perhaps `url`, `modules`, `why` and `pick`.
    pub(super) fn of_table(mut table: Table<'_, '_>) -> Option<Self> {
        let numbers = [table.number("pr"), table.number("mr")];
        let reference = table.text("ref", |word| Ok::<_, Refusal>(word.to_owned()));
        let url = table.text("url", values::remote_url);
        let modules = table.list("modules", |word| ModuleName::parse(word).map_err(Refusal::from));
        let why = table.text("why", remark);
        let pick = table.flag("pick").unwrap_or_default();
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
            ([Some(number), _] | [_, Some(number)], _) => Some(MergeSource::Request(u64::from(number))),
            (_, Some(reference)) => match Self::of_reference(url, &reference) {
                Ok(merge) => Some(merge.source),
                Err(invalid) => {
                    table.refuse_value("ref", &invalid.to_string(), FORMS);
                    None
                }
            },
            // The wrong value was reported already.
            _ => None,
        };
        table.finish();
        Some(Self { source: source?, modules, why, pick })
    }

    /// The text for `repos.toml`: a string, or an inline table. Unlike the one of `Display`, it keeps secrets.
    pub(super) fn to_toml(&self) -> String {
        let Self { source, modules, why, pick } = self;
        if modules.is_none() && why.is_none() && !pick {
            return quoted(&match source {
                MergeSource::Request(number) => format!("#{number}"),
                MergeSource::Reference { url: Some(url), reference } => {
                    format!("{} {reference}", url.as_str())
                }
                MergeSource::Reference { url: None, reference } => reference.clone(),
            });
        }
        let mut fields = match source {
            MergeSource::Request(number) => vec![format!("pr = {number}")],
            MergeSource::Reference { url, reference } => {
                let url = url.iter().map(|url| format!("url = {}", quoted(url.as_str())));
                url.chain([format!("ref = {}", quoted(reference))]).collect()
            }
        };
        if let Some(modules) = modules {
            let names: Vec<String> = modules.iter().map(|name| quoted(name.as_str())).collect();
            fields.push(format!("modules = [{}]", names.join(", ")));
        }
        fields.extend(why.iter().map(|why| format!("why = {}", quoted(why))));
        fields.extend(pick.then(|| "pick = true".to_owned()));
        format!("{{ {} }}", fields.join(", "))
    }
}

fn request(digits: &str) -> Result<MergeSource, Refusal> {
    match digits.parse() {
        Ok(number @ 1..) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(MergeSource::Request(number))
        }
        _ => Err(Refusal::new(format!("`#{digits}` is not the number of a request")).hint(FORMS)),
    }
}

fn remark(text: &str) -> Result<String, Refusal> {
    if text.contains(is_invisible) {
        return Err(Refusal::new("it must be one line without invisible characters"));
    }
    Ok(text.to_owned())
}

/// The source.
impl fmt::Display for Merge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

/// The source, without secrets.
impl fmt::Display for MergeSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(number) => write!(f, "#{number}"),
            Self::Reference { url, reference } => {
                url.iter().try_for_each(|url| write!(f, "{url} "))?;
                f.write_str(reference)
            }
        }
    }
}
