//! The drawing of which repository needs which.

use std::collections::BTreeSet;

use super::layers::{Layers, essential, layers};
use super::markup::{At, Markup};
use super::view::View;
use crate::repo::{counted, one_line};

/// In pixels.
const NODE_HEIGHT: f64 = 28.0;
const ROW: f64 = 38.0;
const GAP: f64 = 32.0;
const LETTER: f64 = 6.9;
const EDGE: f64 = 8.0;
/// No more letters of a name are shown.
const MOST_LETTERS: usize = 30;

/// The drawing, and the places of the repositories that have no line. `None` if no repository needs another one.
pub(super) fn graph(view: &View<'_>) -> Option<(Markup, Vec<usize>)> {
    let tied: BTreeSet<usize> = view.ties.keys().flat_map(|(from, to)| [*from, *to]).collect();
    if tied.is_empty() {
        return None;
    }
    let nodes: Vec<usize> = tied.iter().copied().collect();
    let place = |home: usize| nodes.binary_search(&home).unwrap_or_default();
    let edges: BTreeSet<(usize, usize)> =
        view.ties.keys().map(|(from, to)| (place(*from), place(*to))).collect();
    let drawn = layers(nodes.len(), &essential(nodes.len(), &edges));
    let alone =
        (0..view.page.homes.len()).filter(|home| !tied.contains(home) && !view.of_home[*home].is_empty());
    Some((draw(view, &nodes, &drawn), alone.collect()))
}

/// The places of layers and rows in the drawing.
struct Grid {
    left: Vec<f64>,
    widths: Vec<f64>,
    top: Vec<f64>,
    width: f64,
    height: f64,
}

impl Grid {
    #[expect(clippy::cast_precision_loss, reason = "a drawing has no more than four digits")]
    fn new(view: &View<'_>, nodes: &[usize], drawn: &Layers) -> Self {
        let mut widths = vec![40.0_f64; drawn.places.len()];
        for (node, (layer, _)) in nodes.iter().zip(&drawn.nodes) {
            let letters = shortened(&view.page.homes[*node].name).chars().count();
            widths[*layer] = widths[*layer].max(letters as f64 * LETTER + 16.0);
        }
        let mut left = Vec::new();
        let mut at = EDGE;
        for width in &widths {
            left.push(at);
            at += width + GAP;
        }
        let highest = drawn.places.iter().copied().max().unwrap_or_default() as f64;
        let top = drawn.places.iter().map(|places| EDGE + (highest - *places as f64) * ROW / 2.0).collect();
        Self { left, widths, top, width: at - GAP + EDGE, height: highest * ROW + 2.0 * EDGE }
    }

    #[expect(clippy::cast_precision_loss, reason = "a drawing has no more than four digits")]
    fn middle(&self, (layer, row): (usize, usize)) -> f64 {
        self.top[layer] + row as f64 * ROW + ROW / 2.0
    }
}

fn draw(view: &View<'_>, nodes: &[usize], drawn: &Layers) -> Markup {
    let grid = Grid::new(view, nodes, drawn);
    let mut svg = Markup::default();
    svg.put(
        "<svg class=\"graph\" id=\"graph\" role=\"group\" aria-labelledby=\"graph-t\" aria-describedby=\"graph-d\" \
         width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\">\
         <title id=\"graph-t\">Which repository needs which</title>\
         <desc id=\"graph-d\">A line leads from a repository to one that it needs. The table of repositories says the same.\
         </desc>\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto-start-reverse\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs>\n",
        &[&At(grid.width), &At(grid.height), &At(grid.width), &At(grid.height)],
    );
    for line in &drawn.lines {
        let is_back = line.way[0].0 > line.way[line.way.len() - 1].0;
        let (from, to) = (nodes[line.from], nodes[line.to]);
        let class = if is_back { "line back" } else { "line" };
        let way = way(&grid, &line.way, is_back);
        svg.put(
            "<path class=\"{}\" data-from=\"{}\" data-to=\"{}\" marker-end=\"url(#tip)\" d=\"{}\"/>\n",
            &[&class, &from, &to, &way],
        );
    }
    for (home, place) in nodes.iter().zip(&drawn.nodes) {
        let name = &view.page.homes[*home].name;
        let (x, y, width) = (grid.left[place.0], grid.middle(*place), grid.widths[place.0]);
        let needs = view.ties.keys().filter(|(from, _)| from == home).count();
        let needed = view.ties.keys().filter(|(_, to)| to == home).count();
        let repositories = |count| counted(count, "repository", "repositories");
        svg.put(
            "<a href=\"#{}\" data-node=\"{}\"><title>{}: needs {}, needed by {}</title>\
             <rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text></a>\n",
            &[
                &view.home_anchor(*home),
                home,
                name,
                &repositories(needs),
                &repositories(needed),
                &At(x),
                &At(y - NODE_HEIGHT / 2.0),
                &At(width),
                &At(NODE_HEIGHT),
                &At(x + width / 2.0),
                &At(y + 4.5),
                &shortened(name),
            ],
        );
    }
    svg.raw("</svg>\n");
    svg
}

/// A curve through the places of a line.
fn way(grid: &Grid, places: &[(usize, usize)], is_back: bool) -> Markup {
    let mut path = Markup::default();
    // A line enters a place on one side and leaves it on the other side.
    let sides = |place: (usize, usize)| {
        let (left, right) = (grid.left[place.0], grid.left[place.0] + grid.widths[place.0]);
        if is_back { (right, left) } else { (left, right) }
    };
    let last = places.len() - 1;
    path.put("M{} {}", &[&At(sides(places[0]).1), &At(grid.middle(places[0]))]);
    for (at, pair) in places.windows(2).enumerate() {
        let (from, to) = (sides(pair[0]).1, sides(pair[1]).0);
        let (start, end) = (grid.middle(pair[0]), grid.middle(pair[1]));
        let bend = f64::midpoint(from, to);
        path.put("C{} {} {} {} {} {}", &[&At(bend), &At(start), &At(bend), &At(end), &At(to), &At(end)]);
        if at + 1 < last {
            path.put("H{}", &[&At(sides(pair[1]).1)]);
        }
    }
    path
}

fn shortened(name: &str) -> String {
    let name = one_line(name);
    if name.chars().count() <= MOST_LETTERS {
        return name;
    }
    name.chars().take(MOST_LETTERS - 1).chain(['…']).collect()
}
