//! Shows how two texts differ, line by line.

/// Returns the lines of both texts marked ` `, `-` or `+`, or nothing when the texts are equal.
pub(crate) fn difference(expected: &str, actual: &str) -> Option<String> {
    if expected == actual {
        return None;
    }
    let old: Vec<&str> = expected.split_inclusive('\n').collect();
    let new: Vec<&str> = actual.split_inclusive('\n').collect();
    let common = common_below(&old, &new);
    let (mut left, mut right, mut text) = (0, 0, String::new());
    while left < old.len() || right < new.len() {
        if left < old.len() && right < new.len() && old[left] == new[right] {
            push(&mut text, ' ', old[left]);
            (left, right) = (left + 1, right + 1);
        } else if left < old.len() && common[left + 1][right] >= common[left][right] {
            push(&mut text, '-', old[left]);
            left += 1;
        } else if right < new.len() {
            push(&mut text, '+', new[right]);
            right += 1;
        } else {
            push(&mut text, '-', old[left]);
            left += 1;
        }
    }
    Some(text)
}

/// How many lines the texts have in common from each pair of positions on.
fn common_below(old: &[&str], new: &[&str]) -> Vec<Vec<usize>> {
    let mut common = vec![vec![0; new.len() + 1]; old.len() + 1];
    for left in (0..old.len()).rev() {
        for right in (0..new.len()).rev() {
            common[left][right] = if old[left] == new[right] {
                common[left + 1][right + 1] + 1
            } else {
                common[left + 1][right].max(common[left][right + 1])
            };
        }
    }
    common
}

fn push(text: &mut String, mark: char, line: &str) {
    text.push(mark);
    text.push_str(line.trim_end_matches('\n'));
    if !line.ends_with('\n') {
        text.push_str("\n\\ no newline at the end");
    }
    text.push('\n');
}

#[test]
fn shows_changed_lines_between_equal_ones() {
    assert_eq!(difference("a\nb\nc\n", "a\nx\nc\n").as_deref(), Some(" a\n-b\n+x\n c\n"));
    assert_eq!(difference("", "a").as_deref(), Some("+a\n\\ no newline at the end\n"));
    assert_eq!(difference("a\n", "a\n"), None);
}
