//! `oca sbom`: a software bill of materials of what an export of the profile holds.

use clap::ValueHint;

use crate::error::Error;
use crate::flags::Destination;
use crate::fs::write_out;
use crate::ops::bill;
use crate::sbom::{cyclonedx, spdx};
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  # Write a CycloneDX file of what an export holds
  oca sbom -o sbom.cdx.json
  # Write it as SPDX
  oca sbom --format spdx -o sbom.spdx.json
  # Add your own modules, as in the image
  oca sbom --own -o sbom.cdx.json";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// CycloneDX 1.6 or SPDX 2.3, both as JSON
    #[arg(long, value_name = "FORMAT", default_value = "cyclonedx")]
    format: SbomFormat,
    /// Write to this file instead of stdout; `-` is stdout
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<Destination>,
    /// Add your own modules, which an image has and an export does not hold
    #[arg(long)]
    own: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum SbomFormat {
    Cyclonedx,
    Spdx,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let lock = session.fresh_lock()?;
    let profile = session.profile()?;
    let time = Session::source_date()?;
    let locals = if args.own { session.local_modules(profile)? } else { Vec::new() };
    let inventory = bill(session, profile, &lock, &locals)?;
    let version = env!("CARGO_PKG_VERSION");
    let text = match args.format {
        SbomFormat::Cyclonedx => cyclonedx(&inventory, version, time),
        SbomFormat::Spdx => spdx(&inventory, version, time),
    };
    if let Some(file) = args.output.as_ref().and_then(Destination::path) {
        return Ok(write_out(file, text.as_bytes())?);
    }
    session.printer.data(&text);
    Ok(())
}
