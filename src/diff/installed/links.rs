//! Where symlinks lead among files that are not on a disk.

use std::collections::BTreeMap;
use std::ops::Bound;

/// How many symlinks the kernel follows.
const MOST_LINKS: usize = 40;

/// Something at a path. Directories need not be named: there is one wherever something is below it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Found<F> {
    File(F),
    /// With its target.
    Link(Vec<u8>),
    Directory,
}

/// Files, symlinks and directories, by their paths.
#[derive(Debug, Default)]
pub(crate) struct Places<F>(BTreeMap<Vec<u8>, Found<F>>);

/// Where a symlink leads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Leads<F> {
    File(F),
    Directory,
    Nowhere,
    /// Out of the files, so it is not known where.
    Outside,
}

impl<F> FromIterator<(Vec<u8>, Found<F>)> for Places<F> {
    fn from_iter<I: IntoIterator<Item = (Vec<u8>, Found<F>)>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

impl<F: Copy> Places<F> {
    /// Follows the symlink at a path as the kernel does.
    pub(crate) fn follow(&self, path: &[u8]) -> Leads<F> {
        let mut at: Vec<Vec<u8>> = Vec::new();
        let mut left = parts(path);
        let (mut followed, mut file) = (0, None);
        while let Some(part) = left.pop() {
            // Only a directory has something in it, be it `.` or the name after a slash at the end.
            if file.is_some() {
                return Leads::Nowhere;
            }
            match &*part {
                b"" | b"." => continue,
                b".." if at.pop().is_none() => return Leads::Outside,
                b".." => continue,
                _ => at.push(part),
            }
            let place = at.join(&b'/');
            match self.0.get(&place) {
                Some(Found::File(found)) => file = Some(*found),
                Some(Found::Directory) => {}
                Some(Found::Link(target)) => {
                    followed += 1;
                    match target.first() {
                        None => return Leads::Nowhere,
                        Some(b'/') => return Leads::Outside,
                        Some(_) if followed > MOST_LINKS => return Leads::Nowhere,
                        Some(_) => {}
                    }
                    at.pop();
                    left.extend(parts(target));
                }
                None if self.is_directory(&place) => {}
                None => return Leads::Nowhere,
            }
        }
        file.map_or(Leads::Directory, Leads::File)
    }

    fn is_directory(&self, path: &[u8]) -> bool {
        let begin = [path, b"/"].concat();
        let mut below = self.0.range::<[u8], _>((Bound::Excluded(&begin[..]), Bound::Unbounded));
        below.next().is_some_and(|(path, _)| path.starts_with(&begin))
    }
}

/// The parts of a path, the first one at the end.
fn parts(path: &[u8]) -> Vec<Vec<u8>> {
    path.rsplit(|byte| *byte == b'/').map(<[u8]>::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(links: &[(&str, &str)]) -> Leads<u8> {
        let files = [("f", 1), ("d/g", 2), ("d/e/h", 3)].map(|(path, id)| (path.into(), Found::File(id)));
        let links = links.iter().map(|(path, target)| ((*path).into(), Found::Link((*target).into())));
        let first = links.clone().next().expect("a link");
        let empty = [(b"empty".to_vec(), Found::Directory)];
        files.into_iter().chain(empty).chain(links).collect::<Places<u8>>().follow(&first.0)
    }

    #[test]
    fn symlinks_are_followed_as_the_kernel_does() {
        use Leads::{Directory, File, Nowhere, Outside};
        for (target, expected) in [
            ("f", File(1)),
            ("./d//g", File(2)),
            ("d/../f", File(1)),
            ("d", Directory),
            ("d/e/", Directory),
            (".", Directory),
            ("empty", Directory),
            ("f/", Nowhere),
            ("f/.", Nowhere),
            ("f/..", Nowhere),
            ("x/../f", Nowhere),
            ("x", Nowhere),
            ("l", Nowhere),
            ("", Nowhere),
            ("..", Outside),
            ("../f", Outside),
            ("/f", Outside),
        ] {
            assert_eq!(leads(&[("l", target)]), expected, "{target}");
        }
        assert_eq!(leads(&[("d/l", "../f")]), File(1));
        assert_eq!(leads(&[("l", "m/h"), ("m", "d/e")]), File(3));
        // By its text, this is `f`. The kernel goes up from `d/e`.
        assert_eq!(leads(&[("l", "m/../f"), ("m", "d/e")]), Nowhere);
        assert_eq!(leads(&[("l", "m"), ("m", "l")]), Nowhere);
    }

    /// The kernel itself says where each of some symlinks leads.
    #[cfg(unix)]
    mod kernel {
        use std::fs;
        use std::os::unix::fs::symlink;

        use proptest::prelude::*;

        use super::super::*;

        proptest! {
            #![proptest_config(ProptestConfig::with_cases(64))]
            #[test]
            fn says_the_same(
                links in prop::collection::btree_map("(d/)?[l-n]", "((\\.\\./|d/|\\./|[l-n]/){0,3})([l-n]|f|d|x|\\.\\.)/?", 1..6),
            ) {
                let root = tempfile::tempdir().expect("a directory");
                let top = root.path().join("top");
                crate::fs::create_directory(&top.join("d")).expect("a directory");
                let mut places = vec![(b"f".to_vec(), Found::File(1_u8)), (b"d".to_vec(), Found::Directory)];
                crate::fs::write_if_changed(&top.join("f"), b"").expect("a file");
                for (path, target) in &links {
                    symlink(target, top.join(path)).expect("a link");
                    places.push((path.clone().into_bytes(), Found::Link(target.clone().into_bytes())));
                }
                let places: Places<u8> = places.into_iter().collect();
                for path in links.keys() {
                    let found = match fs::metadata(top.join(path)) {
                        Ok(found) if found.is_dir() => Leads::Directory,
                        Ok(_) => Leads::File(1),
                        Err(_) => Leads::Nowhere,
                    };
                    let leads = places.follow(path.as_bytes());
                    prop_assert!(leads == Leads::Outside || leads == found, "{path}: {leads:?} {found:?} {links:?}");
                    if leads == Leads::Outside {
                        prop_assert!(links.values().any(|target| target.contains("..")));
                    }
                }
            }
        }
    }
}
