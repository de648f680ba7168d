//! The series and the edition of Odoo.

use std::fmt;

use super::Invalid;

/// The last series whose package is `openerp`.
const LAST_OPENERP: u16 = 9;
/// How many digits each number of a series may have.
const MOST_DIGITS: usize = 4;

/// A series of Odoo, such as `18.0`. Branches are named after it, and Odoo's rules depend on it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Series {
    major: u16,
    minor: u16,
}

impl Series {
    pub(crate) fn parse(word: &str) -> Result<Self, Invalid> {
        let number = |digits: &str| {
            let is_plain = digits.len() <= MOST_DIGITS
                && digits.chars().all(|c| c.is_ascii_digit())
                && (digits.len() == 1 || !digits.starts_with('0'));
            is_plain.then(|| digits.parse().ok()).flatten()
        };
        word.split_once('.')
            .and_then(|(major, minor)| Some(Self { major: number(major)?, minor: number(minor)? }))
            .ok_or_else(|| Invalid::new(word, "Odoo series", "it must be two numbers such as `18.0`"))
    }

    pub(crate) fn major(self) -> u16 {
        self.major
    }

    /// The versions of Python that Odoo of this series supports, from the lowest to the highest. Empty if they are not
    /// known here.
    pub(crate) fn pythons(self) -> &'static [&'static str] {
        match (self.major, self.minor) {
            (20, 0) => &["3.12", "3.13", "3.14"],
            _ => &[],
        }
    }

    /// Whether Odoo of this series has `ir.model.access`. From 20.0 on, `ir.access` has the access rights.
    pub(crate) fn has_model_access(self) -> bool {
        self.major < 20
    }

    /// The Python package of Odoo, which is also a directory of its source.
    pub(crate) fn package(self) -> &'static str {
        if self.major <= LAST_OPENERP { "openerp" } else { "odoo" }
    }

    /// The program at the top of Odoo's source that starts it.
    pub(crate) fn server(self) -> &'static str {
        if self.major <= LAST_OPENERP { "openerp-server" } else { "odoo-bin" }
    }

    /// Whether Odoo of this series does not install a module whose version is of another series.
    pub(crate) fn refuses_others(self) -> bool {
        self.major >= 17
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The edition of Odoo: it decides whether the Enterprise modules exist.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Edition {
    #[default]
    Community,
    Enterprise,
}

/// The platform of the image.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Platform {
    Amd64,
    Arm64,
}

impl Platform {
    /// The words for it: as in Docker, and the machine as Python names it.
    pub(crate) const WORDS: [(&str, Self); 4] = [
        ("linux/amd64", Self::Amd64),
        ("linux/arm64", Self::Arm64),
        ("x86_64", Self::Amd64),
        ("aarch64", Self::Arm64),
    ];

    /// The machine, as Python names it.
    pub(crate) fn machine(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_two_numbers() {
        assert!(Series::parse("9.0").expect("a series") < Series::parse("18.0").expect("a series"));
        for word in ["18", "18.0.1", "", ".", "18.", "saas-1", "018.0", "+1.0", "10000.0"] {
            assert!(Series::parse(word).is_err(), "{word}");
        }
    }
}
