//! What the source files of a module declare and use: models, fields, methods, records.
//!
//! Text in, plain data out. Files are read as data and never executed. This room does not know git; it reads the files
//! of a module by their paths, and the caller has their texts. What it cannot tell for sure from the text alone, it
//! leaves out: a variable whose model is not known is no use of a field.

mod csv;
mod facts;
mod kept;
mod lines;
mod module;
mod python;
mod view;
mod xml;

pub(crate) use facts::{Field, FileFacts, How, Source, Unread, Use};
pub(crate) use kept::{Kept, PrunedSources, clean as clean_kept, prune as prune_kept};
pub(crate) use module::{Model, ModuleFacts, kind_of};

use module::Kind;

/// The largest Python file that is read, in bytes.
const MOST_PYTHON: usize = 1 << 20;
/// The largest XML or CSV file that is read, in bytes.
const MOST_DATA: usize = 10 << 20;

/// Reads a source file. `path` is its path below the module.
pub(crate) fn read(path: &str, text: &[u8]) -> Source {
    let most = if path.ends_with(".py") { MOST_PYTHON } else { MOST_DATA };
    if text.len() > most {
        return Err(Unread { line: 0, why: format!("it is larger than {} MiB", most >> 20) });
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let Ok(text) = std::str::from_utf8(text) else {
        return Err(Unread { line: 0, why: "it is not UTF-8".to_owned() });
    };
    match kind_of(path) {
        Some(Kind::Python) => python::read(text),
        Some(Kind::Xml) => xml::read(text),
        Some(Kind::Csv) => Ok(csv::read(path, text)),
        None => Ok(FileFacts::default()),
    }
}

#[cfg(test)]
mod tests;
