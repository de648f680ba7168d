//! How a file in a work tree may differ from its blob, although git counts them as equal; and the pointers of Git LFS:
//! small text files in place of files that another server has.

use super::BlobId;

/// The changes that git makes when it writes a file into a work tree (gitattributes(5)).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Conversion {
    /// It may write the line ends of Windows.
    pub(crate) line_ends: bool,
    /// It writes the id of the blob into `$Id$`.
    pub(crate) ident: bool,
    /// Git LFS replaces the pointer by the file.
    pub(crate) lfs: bool,
    /// It writes the text in another encoding.
    pub(crate) encoding: Option<Encoding>,
}

/// An encoding of `working-tree-encoding`. The blob is UTF-8.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Encoding {
    /// The bytes of a file without a byte order mark begin with the low one.
    Utf16Little,
    Utf16Big,
    Latin1,
}

impl Encoding {
    /// `None` for encodings that oca does not know.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name.to_ascii_uppercase().as_str() {
            "UTF-16LE" | "UTF-16LE-BOM" => Some(Self::Utf16Little),
            "UTF-16" | "UTF-16BE" | "UTF-16BE-BOM" => Some(Self::Utf16Big),
            "ISO-8859-1" | "LATIN1" | "LATIN-1" => Some(Self::Latin1),
            _ => None,
        }
    }

    fn decoded(self, content: &[u8]) -> Option<String> {
        let (is_little, text) = match (self, content) {
            (Self::Latin1, _) => return Some(content.iter().copied().map(char::from).collect()),
            (_, [0xff, 0xfe, text @ ..]) => (true, text),
            (_, [0xfe, 0xff, text @ ..]) => (false, text),
            (Self::Utf16Little, text) => (true, text),
            (Self::Utf16Big, text) => (false, text),
        };
        let unit = if is_little { u16::from_le_bytes } else { u16::from_be_bytes };
        let (pairs, rest) = text.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().copied().map(unit).collect();
        String::from_utf16(&units).ok().filter(|_| rest.is_empty())
    }
}

impl Conversion {
    /// The content of the blob with this id, for a file that git wrote into a work tree, without Git LFS. For another file,
    /// it is something else.
    pub(crate) fn undone(self, content: &[u8], id: BlobId) -> Vec<u8> {
        let decoded = self.encoding.and_then(|encoding| encoding.decoded(content));
        let content = decoded.as_ref().map_or(content, String::as_bytes);
        let mut blob = Vec::with_capacity(content.len());
        for line in content.split_inclusive(|&byte| byte == b'\n') {
            match line.strip_suffix(b"\r\n").filter(|_| self.line_ends) {
                Some(line) => blob.extend_from_slice(&[line, b"\n"].concat()),
                None => blob.extend_from_slice(line),
            }
        }
        if self.ident { without_ident(&blob, id) } else { blob }
    }
}

/// Each `$Id$` with the id of the blob as `$Id$`. Git takes any text there for an id, also code that runs.
fn without_ident(content: &[u8], id: BlobId) -> Vec<u8> {
    let written = format!("$Id: {id} $");
    let mut plain = Vec::with_capacity(content.len());
    let mut left = content;
    while let Some(start) = left.windows(written.len()).position(|window| window == written.as_bytes()) {
        plain.extend_from_slice(&left[..start]);
        plain.extend_from_slice(b"$Id$");
        left = &left[start + written.len()..];
    }
    plain.extend_from_slice(left);
    plain
}

/// The SHA-256 of the file for which a pointer stands, in hexadecimal digits, and its size in bytes.
pub(crate) fn lfs_target(pointer: &[u8]) -> Option<(&str, u64)> {
    let text = std::str::from_utf8(pointer).ok().filter(|_| is_lfs_pointer(pointer))?;
    let value = |key| text.lines().find_map(|line| line.strip_prefix(key));
    Some((value("oid sha256:")?, value("size ")?.parse().ok()?))
}

/// The longest pointer, in bytes.
const LONGEST: usize = 1024;
const STARTS: [&[u8]; 2] =
    [b"version https://git-lfs.github.com/spec/", b"version https://hawser.github.com/spec/"];

/// Whether the content of a file is a pointer (git-lfs, `docs/spec.md`).
pub(crate) fn is_lfs_pointer(content: &[u8]) -> bool {
    let has_line = |start: &[u8]| content.split(|&byte| byte == b'\n').any(|line| line.starts_with(start));
    content.len() < LONGEST
        && STARTS.iter().any(|start| content.starts_with(start))
        && has_line(b"oid ")
        && has_line(b"size ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_has_a_version_an_oid_and_a_size() {
        let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{:064}\nsize 7\n", 1);
        assert!(is_lfs_pointer(pointer.as_bytes()));
        for other in [&pointer[1..], &pointer[..43], "", &(pointer.clone() + &"x".repeat(1024))] {
            assert!(!is_lfs_pointer(other.as_bytes()), "{other}");
        }
        assert_eq!(lfs_target(pointer.as_bytes()), Some((&*format!("{:064}", 1), 7)));
    }

    #[test]
    fn what_git_writes_is_undone() {
        let id = BlobId::from_bytes([1; 20]);
        let undone = |line_ends, ident, text: &str| {
            let blob = Conversion { line_ends, ident, ..Conversion::default() }.undone(text.as_bytes(), id);
            String::from_utf8(blob).expect("a text")
        };
        assert_eq!(undone(true, false, "a\r\nb\n\r"), "a\nb\n\r");
        let written = format!("# $Id: {id} $ $Id: {id} $\r\n");
        assert_eq!(undone(false, true, &written), "# $Id$ $Id$\r\n");
        assert_eq!(undone(true, true, &written), "# $Id$ $Id$\n");
        for other in ["$Id: 1234 $", "$Id: \"; evil() #$", "$Id: x\n$", &format!("$Id: {id}$"), "$Id: "] {
            assert_eq!(undone(false, true, other), other);
        }
    }

    #[test]
    fn an_encoding_is_undone_before_the_line_ends() {
        let undone = |encoding: &str, content: &[u8]| {
            let encoding = Encoding::parse(encoding);
            let blob = Conversion { line_ends: true, encoding, ..Conversion::default() }
                .undone(content, BlobId::from_bytes([0; 20]));
            String::from_utf8_lossy(&blob).into_owned()
        };
        assert_eq!(undone("UTF-16LE-BOM", b"\xff\xfea\0\r\0\n\0"), "a\n");
        assert_eq!(undone("UTF-16", b"\xff\xfea\0\n\0"), "a\n");
        assert_eq!(undone("utf-16be", b"\0a\0\r\0\n"), "a\n");
        assert_eq!(undone("ISO-8859-1", b"caf\xe9\r\n"), "caf\u{e9}\n");
        assert_eq!(undone("UTF-16", b"\xff\xfea"), "\u{fffd}\u{fffd}a");
        assert_eq!(Encoding::parse("SHIFT-JIS"), None);
    }
}
