//! Tables for people.

use super::tone::{Tone, columns, without_colour};
use crate::repo::one_line;

/// The largest width of a column.
const WIDEST: usize = 200;
/// The blanks between two columns.
const GAP: usize = 2;

/// A table with aligned columns and without blanks at line ends.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Vec<Cell>>,
}

/// A cell, on one line, perhaps with a colour.
pub(crate) struct Cell {
    text: String,
    tone: Option<Tone>,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text: one_line(&text), tone: None }
    }
}

impl Cell {
    pub(crate) fn toned(text: impl AsRef<str>, tone: Tone) -> Self {
        Self { text: one_line(text.as_ref()), tone: Some(tone) }
    }

    fn painted(&self, text: &str) -> String {
        self.tone.map_or_else(|| text.to_owned(), |tone| tone.paint(text))
    }
}

impl Table {
    pub(crate) fn row<C: Into<Cell>>(&mut self, cells: impl IntoIterator<Item = C>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// Adds the rows of another table.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.rows.append(&mut other.rows);
    }
}

impl Table {
    /// The rows as lines without colours, for a file.
    pub(crate) fn plain(&self) -> String {
        without_colour(&self.render(None))
    }

    /// The rows as lines. If a row does not fit the width, its cells go on below, and no cell is broken.
    pub(super) fn render(&self, width: Option<usize>) -> String {
        let fits = |row: &&Vec<Cell>| width.is_none_or(|width| own_width(row) <= width);
        let fitting: Vec<&Vec<Cell>> = self.rows.iter().filter(fits).collect();
        let count = fitting.iter().map(|row| row.len()).max().unwrap_or(0);
        // A longer cell does not widen its column. Nothing stands behind the last cell of a row.
        let column_width = |column: usize| {
            fitting
                .iter()
                .filter(|row| column + 1 < row.len())
                .filter_map(|row| row.get(column))
                .map(|cell| columns(&cell.text))
                .filter(|&width| width <= WIDEST)
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..count).map(column_width).collect();
        let line = |row: &Vec<Cell>| match width {
            Some(width) if own_width(row) > width => folded(row, width),
            Some(width) if aligned_width(row, &widths) > width => folded(row, width),
            _ => aligned(row, &widths),
        };
        self.rows.iter().map(line).collect()
    }
}

/// The last cell with a text, and those before it.
fn filled(row: &[Cell]) -> &[Cell] {
    let end = row.iter().rposition(|cell| !cell.text.is_empty()).map_or(0, |last| last + 1);
    &row[..end]
}

/// The width of a row without alignment.
fn own_width(row: &[Cell]) -> usize {
    let cells = row.iter().filter(|cell| !cell.text.is_empty());
    cells.map(|cell| columns(&cell.text) + GAP).sum::<usize>().saturating_sub(GAP)
}

fn aligned_width(row: &[Cell], widths: &[usize]) -> usize {
    let row = filled(row);
    let Some((last, before)) = row.split_last() else { return 0 };
    let before = before.iter().zip(widths).map(|(cell, width)| columns(&cell.text).max(*width) + GAP);
    before.sum::<usize>() + columns(&last.text)
}

fn aligned(row: &[Cell], widths: &[usize]) -> String {
    let (row, mut line) = (filled(row), String::new());
    for (place, cell) in row.iter().enumerate() {
        line.push_str(&cell.painted(&cell.text));
        if place + 1 < row.len() {
            let width = widths.get(place).copied().unwrap_or_default();
            line.push_str(&" ".repeat(width.saturating_sub(columns(&cell.text)) + GAP));
        }
    }
    line.truncate(line.trim_end_matches(' ').len());
    line + "\n"
}

/// A row whose cells go on in lines that are indented more. A cell that is too long is broken between words.
fn folded(row: &[Cell], width: usize) -> String {
    let blanks = |cell: &Cell| cell.text.len() - cell.text.trim_start_matches(' ').len();
    let first = row.first().map_or(0, blanks);
    let indent = " ".repeat(first + 4);
    let (mut text, mut line) = (String::new(), " ".repeat(first));
    let mut is_begun = false;
    for cell in row {
        let whole = cell.text.trim_start_matches(' ');
        if whole.is_empty() {
            continue;
        }
        let fits = indent.len() + columns(whole) <= width;
        let parts: Vec<&str> = if fits { vec![whole] } else { whole.split(' ').collect() };
        for (place, part) in parts.into_iter().enumerate() {
            let gap = if place == 0 { GAP } else { 1 };
            if !is_begun {
                is_begun = true;
            } else if columns(&line) + gap + columns(part) > width {
                text.push_str(&line);
                text.push('\n');
                line.clone_from(&indent);
            } else {
                line.push_str(&" ".repeat(gap));
            }
            line.push_str(&cell.painted(part));
        }
    }
    format!("{text}{line}\n")
}

#[cfg(test)]
mod tests {
    use super::{Cell, Table, Tone};
    use crate::output::tone::{columns, without_colour};

    #[test]
    fn columns_line_up() {
        let mut table = Table::default();
        table.row(["web".to_owned(), "clean".to_owned(), String::new()]);
        table.row(["server-tools".to_owned(), "dirty".to_owned(), "x".to_owned()]);
        assert_eq!(table.render(None), "web           clean\nserver-tools  dirty  x\n");
    }

    #[test]
    fn columns_line_up_behind_wide_characters_and_colours() {
        let mut table = Table::default();
        table.row([Cell::toned("会計", Tone::Name), Cell::toned("clean", Tone::Good), "x".to_owned().into()]);
        table.row(["e\u{301}t\u{e9} \u{1f600}", "dirty files", "y"].map(str::to_owned));
        let text = table.render(None);
        assert_eq!(
            without_colour(&text),
            "会計    clean        x\ne\u{301}t\u{e9} \u{1f600}  dirty files  y\n"
        );
        assert!(text.starts_with("\x1b[1m会計\x1b[0m    \x1b[32mclean\x1b[0m  "), "{text:?}");
        // A wide name is not taken for one that fits, and a colour does not make a text longer.
        let mut table = Table::default();
        table.row([Cell::toned("会計".repeat(5), Tone::Name), Cell::toned("clean", Tone::Good)]);
        let text = table.render(Some(24));
        assert_eq!(without_colour(&text), format!("{}\n    clean\n", "会計".repeat(5)));
        assert!(text.lines().all(|line| columns(line) <= 24), "{text:?}");
        assert_eq!(table.render(Some(27)).lines().count(), 1);
    }

    #[test]
    fn a_cell_without_measure_does_not_widen_its_column() {
        let mut table = Table::default();
        let long = "1".repeat(70_000);
        table.row(["web".to_owned(), long.clone(), "x".to_owned()]);
        table.row(["dms".to_owned(), "1.0".to_owned(), "y".to_owned()]);
        assert_eq!(table.render(None), format!("web  {long}  x\ndms  1.0  y\n"));
    }

    #[test]
    fn a_row_that_does_not_fit_goes_on_below() {
        let mut table = Table::default();
        table.row([
            "account_reconcile_oca".to_owned(),
            "18.0.1.0.0".to_owned(),
            "account-reconcile".to_owned(),
        ]);
        table.row(["web".to_owned(), "1.0".to_owned(), "web".to_owned()]);
        assert_eq!(
            table.render(Some(40)),
            "account_reconcile_oca  18.0.1.0.0\n    account-reconcile\nweb  1.0  web\n"
        );
        assert_eq!(table.render(Some(60)), table.render(None));
    }

    #[test]
    fn a_row_below_another_one_stays_below_it() {
        let mut table = Table::default();
        table.row(["web".to_owned(), "clean".to_owned()]);
        table.row(["  take back: oca lock web@4f6702f5067515bc5b3e".to_owned()]);
        table.row(["  account_reconcile_oca".to_owned(), "18.0.1.0.0".to_owned(), "moved".to_owned()]);
        assert_eq!(
            table.render(Some(34)),
            "web  clean\n  take back: oca lock\n      web@4f6702f5067515bc5b3e\n  account_reconcile_oca\n      18.0.1.0.0  moved\n"
        );
    }
}
