//! The fields that a view shows.

use roxmltree::Node;

use super::facts::{FileFacts, How, Use};
use super::lines::Lines;

/// The most fields inside of each other.
const MOST_NAMES: usize = 24;

/// Adds the fields of a view. `fields` are those of its record.
pub(super) fn read(fields: &[Node<'_, '_>], lines: &Lines, facts: &mut FileFacts) {
    let field = |name: &str| fields.iter().find(|field| field.attribute("name") == Some(name));
    let Some(model) = field("model").and_then(Node::text).map(str::trim) else { return };
    if let Some(node) = field("model") {
        facts.uses.push(Use::new(model, Vec::new(), How::Sets, lines.line(*node)));
    }
    let Some(arch) = field("arch") else { return };
    // What a view adds to another one may be inside of a field of that one, so of another model.
    let is_whole = field("inherit_id").is_none();
    let how = if is_whole { How::Shows } else { How::MayShow };
    let mut open: Vec<(Node<'_, '_>, Vec<String>)> = Vec::new();
    add_children(&mut open, *arch, &[]);
    while let Some((node, mut path)) = open.pop() {
        // Inside of `<groupby name="x">` are fields of another model.
        if node.has_tag_name("groupby") {
            continue;
        }
        // `<field name="x" position="after">` is a place in the other view.
        let is_shown = node.has_tag_name("field") && node.attribute("position").is_none();
        if let Some(name) = node.attribute("name").filter(|_| is_shown) {
            // No text makes much more than itself.
            if path.len() == MOST_NAMES {
                continue;
            }
            path.push(name.to_owned());
            facts.uses.push(Use::new(model, path.clone(), how, lines.line(node)));
        }
        add_children(&mut open, node, &path);
    }
}

/// Adds the elements below a node, the last first. `path` leads to the model to which they belong.
fn add_children<'a, 'i>(open: &mut Vec<(Node<'a, 'i>, Vec<String>)>, node: Node<'a, 'i>, path: &[String]) {
    let start = open.len();
    open.extend(node.children().filter(Node::is_element).map(|child| (child, path.to_vec())));
    open[start..].reverse();
}
