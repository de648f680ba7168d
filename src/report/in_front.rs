//! What is in front of the locked Odoo on the addons path.

use std::fmt;

use crate::repo::first_names;

/// What an entry of `before` does to the locked Odoo.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum InFront {
    /// It has these modules, too, and Odoo loads them from there.
    Hides(Vec<String>),
    /// It is a directory of the locked Odoo.
    Itself,
    /// By its path in the container, it is another Odoo.
    Another,
}

/// To follow the entry.
impl fmt::Display for InFront {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hides(modules) => write!(f, "hides {} of the locked Odoo", first_names(modules)),
            Self::Itself => f.write_str("is part of the locked Odoo, which is on the path anyway"),
            Self::Another => f.write_str("is an Odoo in front of the locked one"),
        }
    }
}
