//! Whether a step was edited, or only changed by a hook of pre-commit or by `core.autocrlf`.

use sha2::{Digest, Sha256};

/// Two digests of the bytes of a step. The lock keeps both: from the first alone, nobody could tell what changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Fingerprint {
    /// SHA-256 of the bytes.
    pub(crate) exact: [u8; 32],
    /// SHA-256 of the lines without the blanks at their ends, and without empty lines. Hooks that strip blanks or
    /// change line ends do not change it.
    pub(crate) loose: [u8; 32],
}

/// How bytes differ from those that a fingerprint was made of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Difference {
    None,
    /// Only line ends, blanks at the ends of lines, and empty lines are different.
    Whitespace,
    Edited,
}

impl Fingerprint {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut loose = Sha256::new();
        for line in bytes.split(|byte| matches!(byte, b'\n' | b'\r')) {
            let line = line.trim_ascii_end();
            if !line.is_empty() {
                loose.update(line);
                loose.update(b"\n");
            }
        }
        Self { exact: Sha256::digest(bytes).into(), loose: loose.finalize().into() }
    }

    pub(crate) fn compare(&self, bytes: &[u8]) -> Difference {
        let other = Self::of(bytes);
        if other.exact == self.exact {
            Difference::None
        } else if other.loose == self.loose {
            Difference::Whitespace
        } else {
            Difference::Edited
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_is_told_from_an_edit() {
        let step = b"--- a/x y\t\n+++ b/x y\t\n@@ -1,3 +1,3 @@\n \n-a\r\n+b  \n \t\n\n";
        let fingerprint = Fingerprint::of(step);
        assert_eq!(fingerprint.compare(step), Difference::None);
        let text = String::from_utf8_lossy(step);
        let stripped: String = text.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
        let windows = text.replace('\n', "\r\n");
        let one_end = text.replace("\r\n", "\n");
        for changed in [stripped.as_str(), stripped.trim_end(), &windows, &one_end, &text.replace('\n', "\r")]
        {
            assert_eq!(fingerprint.compare(changed.as_bytes()), Difference::Whitespace, "{changed:?}");
        }
        for changed in [text.replace("+b", "+c"), text.replace("-a", "- a"), text.replace("\t\n+++", "+++")] {
            assert_eq!(fingerprint.compare(changed.as_bytes()), Difference::Edited, "{changed:?}");
        }
    }
}
