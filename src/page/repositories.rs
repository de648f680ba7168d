//! The section about repositories: which needs which, and what each is pinned to.

use super::amount::kilobytes;
use super::graph::graph;
use super::markup::{Markup, outside};
use super::model::{Home, HomeKind, Outdated, OutdatedMerge, Standing, Step};
use super::view::View;
use crate::repo::counted;

pub(super) fn section(view: &View<'_>) -> Markup {
    let mut out = Markup::default();
    out.raw("<section id=\"repositories\" aria-labelledby=\"repositories-h\">\n<h2 id=\"repositories-h\">Repositories</h2>\n");
    drawing(&mut out, view);
    table(&mut out, view);
    steps(&mut out, view);
    out.raw("</section>\n");
    out
}

fn drawing(out: &mut Markup, view: &View<'_>) {
    let Some((svg, alone)) = graph(view) else { return };
    out.put(
        "<p class=\"soft\">A line leads from a repository to one that it needs. Lines that follow from others are left \
         out. A dashed line closes a circle.</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Which repository needs which\">\n{}</div>\n",
        &[&svg],
    );
    if !alone.is_empty() {
        out.raw("<p class=\"soft\">No tie to another repository: ");
        list(out, alone.into_iter().map(|home| view.home_link(home)));
        out.raw(".</p>\n");
    }
}

/// The links, with commas between them.
fn list(out: &mut Markup, links: impl Iterator<Item = Markup>) {
    for (place, link) in links.enumerate() {
        out.put("{}{}", &[if place == 0 { &"" } else { &", " }, &link]);
    }
}

fn table(out: &mut Markup, view: &View<'_>) {
    let outdated = view.page.outdated.as_ref();
    out.raw(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"repositories-c\"><table class=\"pins\">\n\
         <caption id=\"repositories-c\">What each repository is pinned to, and what its modules need</caption>\n\
         <thead><tr><th scope=\"col\">Repository</th><th scope=\"col\">Follows</th><th scope=\"col\">Commit</th>\
         <th scope=\"col\" class=\"r\">Modules</th><th scope=\"col\" class=\"r\">kB in an export</th>",
    );
    out.raw(if outdated.is_some() { "<th scope=\"col\">Newer commits</th>" } else { "" });
    out.raw("<th scope=\"col\">Needs</th></tr></thead>\n<tbody>\n");
    for (place, home) in view.page.homes.iter().enumerate().filter(|(_, home)| home.kind != HomeKind::Own) {
        row(out, view, place, home);
    }
    out.raw("</tbody></table></div>\n");
}

fn row(out: &mut Markup, view: &View<'_>, place: usize, home: &Home) {
    let is_odoo = home.kind == HomeKind::Odoo;
    if is_odoo {
        out.put("<tr><th scope=\"row\">{} <span class=\"chip\">Odoo itself</span></th>", &[&home.name]);
    } else {
        out.put("<tr><th scope=\"row\">{}</th>", &[&view.home_link(place)]);
    }
    let short: String = home.commit.chars().take(10).collect();
    out.put("<td>{}</td><td><code>{}</code></td>", &[&home.reference, &short]);
    if is_odoo {
        out.raw("<td class=\"r\">–</td><td class=\"r\">–</td>");
    } else {
        let all = view.of_home[place].len();
        let exported =
            view.modules_of(place).filter(|(_, module)| module.standing == Standing::Exported).count();
        out.put("<td class=\"r\">{}", &[&exported]);
        if exported != all {
            out.put("<span class=\"soft\"> of {}</span>", &[&all]);
        }
        let bytes = match home.trouble {
            Some(_) => "–".to_owned(),
            None => kilobytes(view.bytes[place].exported),
        };
        out.put("</td><td class=\"r\">{}</td>", &[&bytes]);
    }
    if let Some(outdated) = &view.page.outdated {
        newer_commits(out, outdated, home);
    }
    out.raw("<td class=\"wide\">");
    let needs = view.ties.range((place, 0)..=(place, usize::MAX)).map(|((_, to), _)| view.home_link(*to));
    list(out, needs);
    out.raw("</td></tr>\n");
}

fn newer_commits(out: &mut Markup, outdated: &Outdated, home: &Home) {
    let Some(pin) = outdated.pins.iter().find(|pin| pin.name == home.name) else {
        out.raw(if outdated.asked.contains(&home.name) { "<td>none</td>" } else { "<td>–</td>" });
        return;
    };
    let head: String = pin.head.chars().take(10).collect();
    let remark = if pin.is_held { ", held" } else { "" };
    out.put("<td>{} <code>{}</code>{}</td>", &[&pin.behind, &head, &remark]);
}

/// The merges and patches of all repositories.
fn steps(out: &mut Markup, view: &View<'_>) {
    let count: usize = view.page.homes.iter().map(|home| home.steps.len()).sum();
    out.raw("<h3 id=\"steps\">Merges and patches</h3>\n");
    if count == 0 {
        out.raw("<p class=\"soft\">None: each repository is as its server has it.</p>\n");
        return;
    }
    out.put(
        "<p class=\"soft\">{} on top of the pinned commits.</p>\n<ul class=\"steps\">\n",
        &[&counted(count, "change", "changes")],
    );
    for (place, home) in view.page.homes.iter().enumerate() {
        for step in &home.steps {
            let news = news(view, home, step);
            let kind = if step.is_patch { "patch" } else { "merge" };
            let name = if home.kind == HomeKind::Odoo { name(home) } else { view.home_link(place) };
            out.put("<li>{} <span class=\"chip\">{}</span> {}", &[&name, &kind, &step.what]);
            if !step.commit.is_empty() {
                let short: String = step.commit.chars().take(10).collect();
                out.put(" at <code>{}</code>", &[&short]);
            }
            for words in step.remark.into_iter().chain(news) {
                out.put(", {}", &[&words]);
            }
            out.raw("</li>\n");
        }
    }
    out.raw("</ul>\n");
}

fn name(home: &Home) -> Markup {
    let mut markup = Markup::default();
    markup.text(&home.name);
    markup
}

/// What the servers said about a merge.
fn news<'v>(view: &View<'v>, home: &Home, step: &Step) -> Option<&'v str> {
    let merges = &view.page.outdated.as_ref()?.merges;
    let is_its = |merge: &&OutdatedMerge| merge.repo == home.name && merge.source == step.source;
    let merge = merges.iter().find(is_its).filter(|_| !step.is_patch)?;
    Some(&merge.words)
}

/// The address of a repository and its commit, above its modules.
pub(super) fn about(out: &mut Markup, home: &Home) {
    if home.kind == HomeKind::Own {
        out.raw("<p class=\"soft\">The project’s own modules. An export does not have them.</p>\n");
        return;
    }
    out.put(
        "<p class=\"soft\">{} · {} · <code>{}</code></p>\n",
        &[&outside(&home.url, &home.url), &home.reference, &home.commit],
    );
}
