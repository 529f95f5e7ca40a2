//! Figures, medians and the tables they are printed in.

use std::fmt;

/// A table with a title; the first column is set left, the others right.
#[derive(Clone, Debug)]
pub struct Table {
    title: String,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with the names of its columns.
    pub fn new(title: impl Into<String>, columns: &[&str]) -> Self {
        Self { title: title.into(), rows: vec![columns.iter().map(|&column| column.to_owned()).collect()] }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) -> &mut Self {
        self.rows.push(cells.into_iter().collect());
        self
    }

    /// A table of figures that have floors.
    pub fn of_floors(title: impl Into<String>, floors: &[Floor]) -> Self {
        let mut table = Self::new(title, &["ratio", "measured", "floor", ""]);
        for floor in floors {
            let verdict = if floor.holds() { "holds" } else { "MISSED" };
            let (value, least) = (format!("{:.2}", floor.value), format!("{:.2}", floor.least));
            table.row([floor.name.clone(), value, least, verdict.to_owned()]);
        }
        table
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|n| self.rows.iter().filter_map(|row| row.get(n)).map(|cell| cell.chars().count()).max())
            .map(Option::unwrap_or_default)
            .collect();
        writeln!(f, "\n{}", self.title)?;
        for row in self.rows.iter().filter(|row| row.iter().any(|cell| !cell.is_empty())) {
            for (n, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                if n == 0 { write!(f, "  {cell:<width$}")? } else { write!(f, "  {cell:>width$}")? }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// A ratio, and the least that it must be.
#[derive(Clone, Debug)]
pub struct Floor {
    /// What is compared with what.
    pub name: String,
    /// The ratio that was measured.
    pub value: f64,
    /// The ratio that was promised.
    pub least: f64,
}

impl Floor {
    /// `ours / theirs`, to be at least `least`.
    pub fn ratio(name: impl Into<String>, ours: f64, theirs: f64, least: f64) -> Self {
        Self { name: name.into(), value: ours / theirs, least }
    }

    /// Whether the promise is kept.
    pub fn holds(&self) -> bool {
        self.value >= self.least
    }
}

/// The middle one of `values`; the mean of the two in the middle of an even number; 0 of none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    let at = |n: usize| sorted.get(n).copied().unwrap_or_default();
    if sorted.len() % 2 == 1 { at(half) } else { f64::midpoint(at(half.saturating_sub(1)), at(half)) }
}

/// A rate per second with its thousands set apart.
pub fn rate(per_second: f64) -> String {
    let digits = format!("{per_second:.0}");
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text + "/s"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
        assert!(median(&[]).abs() < 1e-9);
    }

    #[test]
    fn rates_are_readable() {
        assert_eq!(rate(999.4), "999/s");
        assert_eq!(rate(1_234_567.0), "1 234 567/s");
    }

    #[test]
    fn columns_stand_under_each_other() {
        let mut table = Table::new("Reading", &["who", "rate"]);
        table.row(["nginx".to_owned(), rate(100_000.0)]).row(["Caravel".to_owned(), rate(90.0)]);
        assert_eq!(
            table.to_string(),
            "\nReading\n  who           rate\n  nginx    100 000/s\n  Caravel       90/s\n"
        );
    }
}
