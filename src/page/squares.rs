//! Divides a rectangle into parts with given areas, each as square as it can be (Bruls, Huizing, van Wijk: "Squarified
//! Treemaps").

/// A rectangle of a drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// One part of the area for each weight, in their order. The weights must be sorted, the largest first.
pub(super) fn squarified(area: Area, weights: &[f64]) -> Vec<Area> {
    let total: f64 = weights.iter().sum();
    let scale = if total > 0.0 { area.width * area.height / total } else { 0.0 };
    let mut parts = Vec::with_capacity(weights.len());
    let mut left = area;
    let mut open = weights;
    while !open.is_empty() {
        let side = left.width.min(left.height);
        let count = row_length(open, side, scale);
        let (row, rest) = open.split_at(count);
        left = lay(row, left, scale, &mut parts);
        open = rest;
    }
    parts
}

/// How many of the first weights make the best row along a side: as long as one more makes the worst part squarer.
fn row_length(weights: &[f64], side: f64, scale: f64) -> usize {
    let mut best = f64::INFINITY;
    let mut sum = 0.0;
    for (place, weight) in weights.iter().enumerate() {
        sum += weight * scale;
        let (largest, smallest) = (weights[0] * scale, weight * scale);
        let worst = (side * side * largest / (sum * sum)).max(sum * sum / (side * side * smallest));
        if place > 0 && (worst > best || worst.is_nan()) {
            return place;
        }
        best = worst;
    }
    weights.len()
}

/// Lays a row along the shorter side. Returns the area that is left.
fn lay(row: &[f64], left: Area, scale: f64, parts: &mut Vec<Area>) -> Area {
    let sum: f64 = row.iter().sum::<f64>() * scale;
    let is_column = left.width >= left.height;
    let side = if is_column { left.height } else { left.width };
    let depth = if side > 0.0 { sum / side } else { 0.0 };
    let mut at = 0.0;
    for weight in row {
        let length = if depth > 0.0 { weight * scale / depth } else { 0.0 };
        parts.push(if is_column {
            Area { x: left.x, y: left.y + at, width: depth, height: length }
        } else {
            Area { x: left.x + at, y: left.y, width: length, height: depth }
        });
        at += length;
    }
    if is_column {
        Area { x: left.x + depth, width: (left.width - depth).max(0.0), ..left }
    } else {
        Area { y: left.y + depth, height: (left.height - depth).max(0.0), ..left }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WHOLE: Area = Area { x: 0.0, y: 0.0, width: 600.0, height: 400.0 };

    #[test]
    fn the_example_of_the_paper_is_laid_as_in_the_paper() {
        let area = Area { x: 0.0, y: 0.0, width: 6.0, height: 4.0 };
        let parts = squarified(area, &[6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0]);
        let shown: Vec<String> = parts
            .iter()
            .map(|part| format!("{:.2} {:.2} {:.2} {:.2}", part.x, part.y, part.width, part.height))
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @r"
        0.00 0.00 3.00 2.00
        0.00 2.00 3.00 2.00
        3.00 0.00 1.71 2.33
        4.71 0.00 1.29 2.33
        3.00 2.33 1.20 1.67
        4.20 2.33 1.20 1.67
        5.40 2.33 0.60 1.67
        ");
    }

    #[test]
    fn nothing_and_empty_weights_do_no_harm() {
        assert_eq!(squarified(WHOLE, &[]), []);
        assert_eq!(squarified(WHOLE, &[0.0, 0.0]).len(), 2);
        assert_eq!(squarified(Area { width: 0.0, ..WHOLE }, &[1.0]).len(), 1);
    }

    proptest! {
        #[test]
        fn parts_fill_the_area_in_proportion(mut weights in proptest::collection::vec(1_u32..1_000_000, 1..60)) {
            weights.sort_unstable_by(|a, b| b.cmp(a));
            let weights: Vec<f64> = weights.into_iter().map(f64::from).collect();
            let total: f64 = weights.iter().sum();
            let parts = squarified(WHOLE, &weights);
            prop_assert_eq!(parts.len(), weights.len());
            for (part, weight) in parts.iter().zip(&weights) {
                let wanted = 240_000.0 * weight / total;
                prop_assert!((part.width * part.height - wanted).abs() < 0.01);
                prop_assert!(part.x >= -0.01 && part.x + part.width <= 600.01);
                prop_assert!(part.y >= -0.01 && part.y + part.height <= 400.01);
            }
        }
    }
}
