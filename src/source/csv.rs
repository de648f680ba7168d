//! Records of a CSV file.

use super::facts::{FileFacts, Record, Reference};

/// Reads the ids of the records, and the ids to which they refer. The name of the file is the model.
pub(super) fn read(path: &str, text: &str) -> FileFacts {
    let name = path.rsplit('/').next().unwrap_or(path);
    let name = name.strip_suffix(".csv").unwrap_or(name);
    // `res.partner-1.csv` is of `res.partner`, too.
    let model = name.split('-').next().unwrap_or(name);
    let mut facts = FileFacts::default();
    let mut rows = Rows { text, line: 1 };
    let Some((header, _)) = rows.next() else { return facts };
    let is_id = |name: &str| name == "id" || name.ends_with(":id") || name.ends_with("/id");
    for (cells, line) in rows {
        for (column, cell) in std::iter::zip(&header, cells) {
            if cell.is_empty() || !is_id(column) {
            } else if column == "id" {
                facts.records.push(Record { id: cell, model: model.to_owned(), line });
            } else {
                let ids = cell.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
                facts.references.extend(ids.map(|id| Reference { id, is_parent: false, line }));
            }
        }
    }
    facts
}

/// The rows of a text, each with its line.
struct Rows<'t> {
    text: &'t str,
    line: u32,
}

impl Iterator for Rows<'_> {
    type Item = (Vec<String>, u32);

    fn next(&mut self) -> Option<Self::Item> {
        if self.text.is_empty() {
            return None;
        }
        let start = self.line;
        let (mut cells, mut cell, mut is_quoted) = (Vec::new(), String::new(), false);
        let mut chars = self.text.char_indices().peekable();
        let mut end = self.text.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' if is_quoted && chars.peek().is_some_and(|(_, next)| *next == '"') => {
                    chars.next();
                    cell.push('"');
                }
                '"' => is_quoted = !is_quoted,
                ',' if !is_quoted => cells.push(std::mem::take(&mut cell)),
                '\n' if !is_quoted => {
                    self.line += 1;
                    end = at + 1;
                    break;
                }
                '\n' => {
                    self.line += 1;
                    cell.push(c);
                }
                '\r' => {}
                _ => cell.push(c),
            }
        }
        cells.push(cell);
        self.text = &self.text[end..];
        Some((cells.into_iter().map(|cell| cell.trim().to_owned()).collect(), start))
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn ids_are_read_from_the_columns_that_have_them() {
        let text =
            "id,name,model_id:id,group_id/id\n\"a\",\"x, \"\"y\"\"\nz\",base.model_x,\nb,,,\"g1,m.g2\"\r\n";
        let facts = read("security/ir.model.access.csv", text);
        let records: Vec<_> =
            facts.records.iter().map(|record| (&*record.id, &*record.model, record.line)).collect();
        assert_eq!(records, [("a", "ir.model.access", 2), ("b", "ir.model.access", 4)]);
        let ids: Vec<_> = facts.references.iter().map(|reference| &*reference.id).collect();
        assert_eq!(ids, ["base.model_x", "g1", "m.g2"]);
        assert!(read("x.csv", "").records.is_empty() && read("x.csv", "name\nx").records.is_empty());
    }
}
