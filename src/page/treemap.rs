//! The treemap: the bytes of each module, as areas. Its height is fixed and its width is that of the page, so places
//! from left to right are in percent, and letters keep their size.

use std::cmp::Reverse;

use super::amount::{Amount, in_words};
use super::markup::{At, Markup};
use super::model::Standing;
use super::squares::{Area, squarified};
use super::view::View;
use crate::repo::counted;

/// In pixels. The width is the one for which the parts are squares.
const WIDTH: f64 = 1200.0;
pub(super) const HEIGHT: f64 = 640.0;
/// The height of the name of a repository.
const STRIP: f64 = 20.0;
/// The width of a letter of a module, and of the name of a repository.
const LETTER: f64 = 6.4;
const BOLD_LETTER: f64 = 7.2;

/// What a treemap shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Shown {
    /// What an export has.
    Exported,
    /// That, and what is left out.
    All,
}

/// A part of a repository.
struct Cell {
    amount: Amount,
    /// `None` stands for the licences, and for what is left out of the exported modules.
    module: Option<usize>,
    class: &'static str,
    what: &'static str,
}

/// The drawing. `id` begins the names of its title and its description.
pub(super) fn treemap(view: &View<'_>, shown: Shown, id: &'static str, title: &str, words: &str) -> Markup {
    let mut homes: Vec<(usize, Vec<Cell>, f64)> = Vec::new();
    for (home, _) in view.repositories() {
        let cells = cells(view, home, shown);
        let weight: f64 = cells.iter().map(|cell| cell.amount.weight()).sum();
        if !cells.is_empty() {
            homes.push((home, cells, weight));
        }
    }
    homes.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
    let weights: Vec<f64> = homes.iter().map(|home| home.2).collect();
    let areas = squarified(Area { x: 0.0, y: 0.0, width: WIDTH, height: HEIGHT }, &weights);
    let mut svg = Markup::default();
    svg.put(
        "<svg class=\"map\" id=\"{}\" role=\"group\" aria-labelledby=\"{}-t\" aria-describedby=\"{}-d\">\
         <title id=\"{}-t\">{}</title><desc id=\"{}-d\">{}</desc>\n",
        &[&id, &id, &id, &id, &title, &id, &words],
    );
    for ((home, cells, _), area) in homes.iter().zip(areas) {
        group(&mut svg, view, *home, cells, area);
    }
    svg.raw("</svg>\n");
    svg
}

/// The parts of a repository, the largest first.
fn cells(view: &View<'_>, home: usize, shown: Shown) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (place, module) in view.modules_of(home) {
        let Some(bytes) = module.bytes else { continue };
        if module.standing == Standing::Exported {
            cells.push(Cell {
                amount: bytes.exported,
                module: Some(place),
                class: "in",
                what: "in an export",
            });
        } else if shown == Shown::All {
            cells.push(Cell { amount: bytes.selection, module: Some(place), class: "out", what: "left out" });
        }
    }
    let licences = view.page.homes[home].others;
    if licences.files > 0 {
        cells.push(Cell { amount: licences, module: None, class: "in", what: "Licences, in an export" });
    }
    if shown == Shown::All {
        let bytes = view.bytes[home];
        let rest = [
            (bytes.languages, "Translations for other languages, left out"),
            (bytes.rules, "Tests, readme and descriptions, left out"),
        ];
        let rest = rest.into_iter().filter(|(amount, _)| amount.files > 0);
        cells.extend(rest.map(|(amount, what)| Cell { amount, module: None, class: "rest", what }));
    }
    // A file of no bytes still is a module.
    cells.sort_by_key(|cell| Reverse(cell.amount.bytes));
    cells
}

fn group(svg: &mut Markup, view: &View<'_>, home: usize, cells: &[Cell], area: Area) {
    let name = &view.page.homes[home].name;
    // On a phone, the name may be cut off.
    let has_name = area.height > 2.0 * STRIP && fits(name, area.width, BOLD_LETTER).is_some();
    let strip = if has_name { STRIP } else { 0.0 };
    let total: Amount = cells.iter().map(|cell| cell.amount).sum();
    svg.put(
        "<g><a href=\"#{}\"><title>{}: {}</title><rect class=\"home\" {}/>",
        &[&view.home_anchor(home), name, &in_words(total), &rect(area)],
    );
    if has_name {
        let strip = rect(Area { height: STRIP, ..area });
        svg.put("<svg {}><text class=\"name\" x=\"5\" y=\"14\">{}</text></svg>", &[&strip, name]);
    }
    svg.raw("</a>\n");
    let inside = Area { y: area.y + strip, height: area.height - strip, ..area };
    let weights: Vec<f64> = cells.iter().map(|cell| cell.amount.weight()).collect();
    for (cell, area) in cells.iter().zip(squarified(inside, &weights)) {
        let bytes = in_words(cell.amount);
        match cell.module {
            Some(place) => {
                let name = &view.page.modules[place].name;
                let files = counted(cell.amount.files, "file", "files");
                svg.put(
                    "<a href=\"#{}\" tabindex=\"-1\"><title>{}: {} {}, {}</title><rect class=\"{}\" {}/>",
                    &[&view.module_anchor(place), name, &bytes, &cell.what, &files, &cell.class, &rect(area)],
                );
                if area.height > 18.0 {
                    label(svg, name, area);
                }
                svg.raw("</a>\n");
            }
            None => {
                svg.put(
                    "<g><title>{}: {}</title><rect class=\"{}\" {}/></g>\n",
                    &[&cell.what, &bytes, &cell.class, &rect(area)],
                );
            }
        }
    }
    svg.raw("</g>\n");
}

fn rect(area: Area) -> Markup {
    let mut markup = Markup::default();
    let percent = |length: f64| At(length / WIDTH * 100.0);
    markup.put(
        "x=\"{}%\" y=\"{}\" width=\"{}%\" height=\"{}\"",
        &[&percent(area.x), &At(area.y), &percent(area.width), &At(area.height)],
    );
    markup
}

/// The class of a text that fits into a width: how much narrower the page can be before it does not fit any more.
fn fits(text: &str, width: f64, letter: f64) -> Option<&'static str> {
    let length = f64::from(u32::try_from(text.chars().count()).unwrap_or(u32::MAX)) * letter + 10.0;
    // A phone, a tablet, a desk.
    [(0.27, ""), (0.6, "t2"), (0.95, "t1")]
        .into_iter()
        .find(|(part, _)| length < width * part)
        .map(|(_, class)| class)
}

fn label(svg: &mut Markup, text: &str, area: Area) {
    if let Some(narrow) = fits(text, area.width, LETTER) {
        let (x, y) = (At(area.x / WIDTH * 100.0), At(area.y + 14.0));
        svg.put("<text class=\"{}\" x=\"{}%\" y=\"{}\" dx=\"5\">{}</text>", &[&narrow, &x, &y, &text]);
    }
}
