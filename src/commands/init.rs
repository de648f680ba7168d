//! `oca init`: a `repos.toml` to begin with.

use std::path::Path;

use toml_edit::{DocumentMut, value};

use crate::cli::Global;
use crate::config;
use crate::error::Error;
use crate::fs::write_if_changed;
use crate::output::Printer;
use crate::repo::Series;

/// The file of this very project is the larger preset: it is used every day, so it is right.
const PARITY: &str = include_str!("../../repos.toml");

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The series of Odoo
    #[arg(long, value_name = "SERIES", default_value = "18.0", value_parser = series)]
    odoo: Series,
    /// Begin with the repositories of a known profile
    #[arg(long, value_name = "PRESET")]
    preset: Option<Preset>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Preset {
    /// 14 repositories
    Standard,
    /// 32 repositories
    Parity,
}

pub(super) fn series(word: &str) -> Result<Series, String> {
    Series::parse(word).map_err(|invalid| invalid.to_string())
}

pub(crate) fn run(args: &Args, global: &Global, printer: &Printer) -> Result<(), Error> {
    let file = global.config.clone().unwrap_or_else(|| Path::new(config::FILE_NAME).to_owned());
    if file.symlink_metadata().is_ok() {
        return Err(Error::Exists { file });
    }
    let text = match args.preset {
        None => empty(args.odoo),
        Some(preset) => filled(preset, args.odoo),
    };
    write_if_changed(&file, text.as_bytes())?;
    printer.note(&format!("wrote `{}`; edit it, then run `oca sync`", file.display()));
    Ok(())
}

fn empty(odoo: Series) -> String {
    format!(
        "odoo = \"{odoo}\"\n\n[profiles.standard]\nrepos = [\n  # names of OCA repositories, such as \"web\"\n]\n"
    )
}

fn filled(preset: Preset, odoo: Series) -> String {
    let mut document: DocumentMut = PARITY.parse().expect("the file of this project is valid");
    document["odoo"] = value(odoo.to_string());
    if let Preset::Standard = preset
        && let Some(profiles) = document["profiles"].as_table_mut()
    {
        profiles.remove("parity");
    }
    document.to_string()
}
