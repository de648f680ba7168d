//! The text of a merged `requirements.txt`, in pip's requirements file format and pip-compile's layout.

use std::fmt;

use super::{Origin, Requirement};

/// Whether comments with the origins follow each line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Annotations {
    Shown,
    Hidden,
}

/// Writes a header and the requirements in their order. It contains no version and no date, so equal input gives equal
/// bytes.
pub(crate) fn render(requirements: &[Requirement], annotations: Annotations) -> String {
    RenderedFile { requirements, annotations }.to_string()
}

struct RenderedFile<'a> {
    requirements: &'a [Requirement],
    annotations: Annotations,
}

impl fmt::Display for RenderedFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# Written by `oca requirements`; do not edit.")?;
        for requirement in self.requirements {
            writeln!(f, "{requirement}")?;
            if let Annotations::Shown = self.annotations {
                if requirement.is_override {
                    writeln!(f, "    # override")?;
                }
                requirement.flag.iter().try_for_each(|flag| writeln!(f, "    # {flag}"))?;
                write_origins(f, &requirement.origins)?;
            }
        }
        Ok(())
    }
}

pub(super) fn write_origins(f: &mut impl fmt::Write, origins: &[Origin]) -> fmt::Result {
    match origins {
        [] => Ok(()),
        [origin] => writeln!(f, "    # via {origin}"),
        origins => {
            writeln!(f, "    # via")?;
            origins.iter().try_for_each(|origin| writeln!(f, "    #   {origin}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::Author;
    use super::super::parse::parse_file;
    use super::super::{Parsed, Settings, merge};
    use super::*;

    #[test]
    fn one_origin_is_on_the_line_of_via_and_several_are_below() {
        let inputs = [
            parse_file(
                "social/requirements.txt",
                &["# generated", "cryptography<37", "contextvars; python_version < '3.7'"],
                Author::Other,
            ),
            parse_file(
                "server-tools/requirements.txt",
                &["cryptography[ssh]", "git+https://host/acme/x.git@main"],
                Author::Other,
            ),
        ];
        let merged = merge(&Parsed::concat(inputs), &Parsed::default(), &Settings::default());
        insta::assert_snapshot!(render(&merged.requirements, Annotations::Shown), @r"
        # Written by `oca requirements`; do not edit.
        git+https://host/acme/x.git@main
            # direct reference
            # via server-tools/requirements.txt:2
        contextvars ; python_version < '3.7'
            # via social/requirements.txt:3
        cryptography[ssh]<37
            # via
            #   server-tools/requirements.txt:1
            #   social/requirements.txt:2
        ");
        insta::assert_snapshot!(render(&merged.requirements, Annotations::Hidden), @r"
        # Written by `oca requirements`; do not edit.
        git+https://host/acme/x.git@main
        contextvars ; python_version < '3.7'
        cryptography[ssh]<37
        ");
    }

    #[test]
    fn no_requirements_give_only_the_header() {
        assert_eq!(render(&[], Annotations::Shown), "# Written by `oca requirements`; do not edit.\n");
    }
}
