//! Tables for people.

use crate::repo::one_line;

/// The largest width of a column.
const WIDEST: usize = 200;

/// A table with aligned columns and without blanks at line ends.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| one_line(&cell)).collect());
    }

    /// Adds the rows of another table.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.rows.append(&mut other.rows);
    }
}

impl Table {
    /// The rows as lines. If a row does not fit the width, its cells go on below, and no cell is broken.
    pub(crate) fn render(&self, width: Option<usize>) -> String {
        let fits = |row: &&Vec<String>| width.is_none_or(|width| own_width(row) <= width);
        let fitting: Vec<&Vec<String>> = self.rows.iter().filter(fits).collect();
        let columns = fitting.iter().map(|row| row.len()).max().unwrap_or(0);
        // A longer cell does not widen its column: Rust pads to 65,535 characters at most. Nothing stands behind the last
        // cell of a row.
        let column_width = |column: usize| {
            fitting
                .iter()
                .filter(|row| column + 1 < row.len())
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .filter(|&width| width <= WIDEST)
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(column_width).collect();
        let aligned = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let line = |row: &Vec<String>| {
            let line = aligned(row);
            match width {
                Some(width) if own_width(row) > width || line.chars().count() > width => folded(row, width),
                _ => format!("{line}\n"),
            }
        };
        self.rows.iter().map(line).collect()
    }
}

/// The width of a row without alignment.
fn own_width(row: &[String]) -> usize {
    let cells = row.iter().filter(|cell| !cell.is_empty());
    cells.map(|cell| cell.chars().count() + 2).sum::<usize>().saturating_sub(2)
}

/// A row whose cells go on in lines that are indented more. A cell that is too long is broken between words.
fn folded(row: &[String], width: usize) -> String {
    let cells = row.iter().map(|cell| cell.trim_start_matches(' ')).filter(|cell| !cell.is_empty());
    let first = row.first().map_or(0, |cell| cell.len() - cell.trim_start_matches(' ').len());
    let indent = " ".repeat(first + 4);
    let (mut text, mut line) = (String::new(), " ".repeat(first));
    for cell in cells {
        let fits = indent.len() + cell.chars().count() <= width;
        let parts: Vec<&str> = if fits { vec![cell] } else { cell.split(' ').collect() };
        for (place, part) in parts.into_iter().enumerate() {
            let gap = if place == 0 { "  " } else { " " };
            if line.trim_start().is_empty() {
                line.push_str(part);
            } else if line.chars().count() + gap.len() + part.chars().count() > width {
                text.push_str(&line);
                text.push('\n');
                line = format!("{indent}{part}");
            } else {
                line.push_str(gap);
                line.push_str(part);
            }
        }
    }
    format!("{text}{line}\n")
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn columns_line_up() {
        let mut table = Table::default();
        table.row(["web".to_owned(), "clean".to_owned(), String::new()]);
        table.row(["server-tools".to_owned(), "dirty".to_owned(), "x".to_owned()]);
        assert_eq!(table.render(None), "web           clean\nserver-tools  dirty  x\n");
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
