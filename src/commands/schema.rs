//! `oca schema`: prints the JSON Schema of a file or of a report.

use clap::builder::PossibleValuesParser;

use crate::error::Error;
use crate::output::{Printer, Table};
use crate::schema::{self, Schema};

const EXAMPLES: &str = "\
Examples:
  # List the schemas
  oca schema
  # Write the schema of repos.toml into a file, for an editor
  oca schema repos > repos.schema.json
  # Show what a program can expect of a report
  oca schema check";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The schema; without it, lists all of them
    #[arg(value_name = "NAME", value_parser = names(), hide_possible_values = true)]
    name: Option<String>,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(schema::ALL.iter().map(|schema| schema.name))
}

#[expect(clippy::unnecessary_wraps, reason = "every command returns a result")]
pub(crate) fn run(args: &Args, printer: &Printer) -> Result<(), Error> {
    if let Some(schema) = args.name.as_deref().and_then(schema::named) {
        printer.data(schema.text);
        return Ok(());
    }
    let mut table = Table::default();
    for Schema { name, about, .. } in schema::ALL {
        table.row([(*name).to_owned(), (*about).to_owned()]);
    }
    printer.table(&table);
    Ok(())
}
