//! `oca export --layers`: one directory for each profile of the `extends` chain, so that images can share layers.

use std::path::Path;

use super::{Args, Made, Plan, make};
use crate::config::Profile;
use crate::error::Error;
use crate::flags::Format;
use crate::json::{ExportLayer, LayersReport};
use crate::lock::Lock;
use crate::plan::{self, Below, Layers};
use crate::repo::counted;
use crate::session::Session;

/// Makes all layers before the first one is put in place, so that the layers always belong together.
///
/// The content of a layer depends only on its own profile, so it is the same under every other profile.
pub(super) fn run(
    args: &Args,
    dest: &Path,
    session: &Session<'_>,
    profile: &Profile,
    lock: &Lock,
) -> Result<(), Error> {
    let Layers { below, apart } = plan::layers(&session.config, profile, lock);
    for (other, why) in apart {
        let (name, other) = (&profile.name, &other.name);
        session.printer.note(&format!("profile `{other}` cannot be a layer under `{name}`: {why}"));
    }
    let mut made: Vec<Made> = Vec::new();
    for layer in below.into_iter().chain([profile]) {
        let held = Below::of(plan::layers(&session.config, layer, lock).below, lock);
        let packaging = layer.packaging();
        let plan = Plan { below: held, ..Plan::of_modules(session, layer, lock, &packaging, false) };
        made.push(make(args, session, &plan, &dest.join(&layer.name))?);
    }
    // The last layer knows the modules of all of them.
    made.last().iter().for_each(|made| made.warn_of_unmatched(session.printer));
    let mut layers = Vec::new();
    for made in made {
        let (profile, files) = (made.manifest.profile.clone(), made.files);
        let path = made.finish()?.display().to_string();
        let what = counted(files, "file", "files");
        session.printer.note(&format!("layer `{profile}`: {what} in `{path}`"));
        layers.push(ExportLayer { profile, path, files });
    }
    match args.format.format {
        Format::Json => session.printer.json(&LayersReport::of(&layers)),
        Format::Human => {
            layers.iter().for_each(|layer| session.printer.data(&format!("{}\n", layer.path)));
        }
    }
    Ok(())
}
