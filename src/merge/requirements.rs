//! The root `requirements.txt`: a bot collects it from the manifests.

use std::collections::BTreeMap;

/// The lines of both sides, each once: first the comments in their order, then the requirements, sorted as the bot sorts
/// them: capital letters do not count. `None` if a line goes on in the next one: then lines cannot be sorted.
pub(crate) fn requirements(ours: &[u8], theirs: &[u8]) -> Option<Vec<u8>> {
    let lines = [ours, theirs].into_iter().flat_map(|text| text.split(|&byte| byte == b'\n'));
    let (mut comments, mut needs): (Vec<&[u8]>, BTreeMap<_, &[u8]>) = Default::default();
    for line in lines.map(<[u8]>::trim_ascii_end).filter(|line| !line.is_empty()) {
        if line.ends_with(b"\\") {
            return None;
        }
        if !line.starts_with(b"#") {
            needs.insert((line.to_ascii_lowercase(), line), line);
        } else if !comments.contains(&line) {
            comments.push(line);
        }
    }
    Some(comments.into_iter().chain(needs.into_values()).flat_map(|line| [line, b"\n"].concat()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lines_of_both_sides_are_kept() {
        let head = "# generated from manifests external_dependencies\n";
        let ours = format!("{head}PyPDF2\nlxml>=5\nzeep");
        let theirs = format!("{head}astor\r\nlxml>=5\n\nzeep\n");
        let merged = requirements(ours.as_bytes(), theirs.as_bytes()).expect("it is merged");
        assert_eq!(String::from_utf8_lossy(&merged), format!("{head}astor\nlxml>=5\nPyPDF2\nzeep\n"));
        assert_eq!(requirements(b"a \\\n  --hash=x\n", b""), None);
    }
}
