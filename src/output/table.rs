//! Tables for people.

use std::fmt;

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
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        // A longer cell does not widen its column. Rust pads to 65,535 characters at most.
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .filter(|&width| width <= WIDEST)
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn columns_line_up() {
        let mut table = Table::default();
        table.row(["web".to_owned(), "clean".to_owned(), String::new()]);
        table.row(["server-tools".to_owned(), "dirty".to_owned(), "x".to_owned()]);
        assert_eq!(table.to_string(), "web           clean\nserver-tools  dirty  x\n");
    }

    #[test]
    fn a_cell_without_measure_does_not_widen_its_column() {
        let mut table = Table::default();
        let long = "1".repeat(70_000);
        table.row(["web".to_owned(), long.clone(), "x".to_owned()]);
        table.row(["dms".to_owned(), "1.0".to_owned(), "y".to_owned()]);
        assert_eq!(table.to_string(), format!("web  {long}  x\ndms  1.0  y\n"));
    }
}
