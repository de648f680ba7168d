//! Places a graph in layers from left to right, so that lines lead to the right (Sugiyama, Tagawa, Toda: "Methods for
//! Visual Understanding of Hierarchical System Structures"). The same graph always gets the same places.

use std::collections::{BTreeMap, BTreeSet};

/// Where the nodes are, and the ways of the lines.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Layers {
    /// The layer of each node and its place in the layer, from the top.
    pub(super) nodes: Vec<(usize, usize)>,
    /// For each line: its nodes, and the free places through which it leads.
    pub(super) lines: Vec<Line>,
    /// The number of places in each layer.
    pub(super) places: Vec<usize>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Line {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The places in the layers from the first node to the last one, both included. If the line closes a circle, it
    /// leads to the left, and the first node is on the right.
    pub(super) way: Vec<(usize, usize)>,
}

/// How often the places are improved. More make no difference that can be seen.
const SWEEPS: usize = 12;

/// Places `count` nodes. An edge leads from the node that needs to the node that is needed.
pub(super) fn layers(count: usize, edges: &BTreeSet<(usize, usize)>) -> Layers {
    let edges: BTreeSet<(usize, usize)> =
        edges.iter().copied().filter(|(from, to)| from != to && *from < count && *to < count).collect();
    let back = back_edges(count, &edges);
    let forth: BTreeSet<(usize, usize)> = edges
        .iter()
        .map(|&(from, to)| if back.contains(&(from, to)) { (to, from) } else { (from, to) })
        .collect();
    let depth = depths(count, &forth);
    let mut order = Order::new(&depth, &forth);
    order.improve();
    let mut lines = Vec::new();
    for &(from, to) in &edges {
        let key = if back.contains(&(from, to)) { (to, from) } else { (from, to) };
        let mut way: Vec<(usize, usize)> = order.ways[&key].iter().map(|&point| order.place(point)).collect();
        if key.0 != from {
            way.reverse();
        }
        lines.push(Line { from, to, way });
    }
    Layers {
        nodes: (0..count).map(|node| order.place(node)).collect(),
        lines,
        places: order.layers.iter().map(Vec::len).collect(),
    }
}

/// The edges without those that follow from others: if `a` needs `b` and `b` needs `c`, the edge from `a` to `c`. Edges
/// of circles stay.
pub(super) fn essential(count: usize, edges: &BTreeSet<(usize, usize)>) -> BTreeSet<(usize, usize)> {
    let back = back_edges(count, edges);
    let next = |node: usize| {
        let of_node = edges.range((node, 0)..=(node, usize::MAX));
        of_node.copied().filter(|edge| !back.contains(edge)).map(|(_, to)| to)
    };
    let follows = |&(from, to): &(usize, usize)| {
        let mut open: Vec<usize> = next(from).filter(|other| *other != to).collect();
        let mut seen: BTreeSet<usize> = open.iter().copied().collect();
        while let Some(node) = open.pop() {
            if node == to {
                return true;
            }
            open.extend(next(node).filter(|other| seen.insert(*other)));
        }
        false
    };
    edges.iter().copied().filter(|edge| back.contains(edge) || !follows(edge)).collect()
}

/// The edges that close circles: those that lead to a node on the way of a walk in depth.
fn back_edges(count: usize, edges: &BTreeSet<(usize, usize)>) -> BTreeSet<(usize, usize)> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let next = |node: usize| edges.range((node, 0)..=(node, usize::MAX)).map(|edge| edge.1);
    let mut needed = vec![false; count];
    edges.iter().for_each(|edge| needed[edge.1] = true);
    // Nodes that nothing needs come first: a circle is then closed where it is entered.
    let mut starts: Vec<usize> = (0..count).collect();
    starts.sort_by_key(|node| needed[*node]);
    let mut state = vec![State::New; count];
    let mut back = BTreeSet::new();
    for start in starts {
        let mut open: Vec<(usize, Vec<usize>)> = Vec::new();
        if state[start] == State::New {
            state[start] = State::Open;
            open.push((start, next(start).rev().collect()));
        }
        while let Some((node, left)) = open.last_mut() {
            let node = *node;
            match left.pop() {
                None => {
                    state[node] = State::Done;
                    open.pop();
                }
                Some(to) if state[to] == State::Open => {
                    back.insert((node, to));
                }
                Some(to) if state[to] == State::New => {
                    state[to] = State::Open;
                    open.push((to, next(to).rev().collect()));
                }
                Some(_) => {}
            }
        }
    }
    back
}

/// The layer of each node: what needs nothing more is on the right, and everything else as far right as it can be.
fn depths(count: usize, edges: &BTreeSet<(usize, usize)>) -> Vec<usize> {
    let mut height = vec![0; count];
    // The edges have no circle, so this ends after at most one round for each node.
    loop {
        let mut is_changed = false;
        for &(from, to) in edges {
            if height[from] <= height[to] {
                height[from] = height[to] + 1;
                is_changed = true;
            }
        }
        if !is_changed {
            break;
        }
    }
    let highest = height.iter().copied().max().unwrap_or_default();
    height.into_iter().map(|height| highest - height).collect()
}

/// The points of each layer in their order. The first points are the nodes; the others are the free places of lines.
struct Order {
    layers: Vec<Vec<usize>>,
    layer_of: Vec<usize>,
    position: Vec<usize>,
    /// The neighbours of each point in the layer before and in the layer after it.
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
    ways: BTreeMap<(usize, usize), Vec<usize>>,
}

impl Order {
    fn new(depth: &[usize], edges: &BTreeSet<(usize, usize)>) -> Self {
        let mut layer_of = depth.to_vec();
        let mut ways = BTreeMap::new();
        for &(from, to) in edges {
            let mut way = vec![from];
            for layer in depth[from] + 1..depth[to] {
                way.push(layer_of.len());
                layer_of.push(layer);
            }
            way.push(to);
            ways.insert((from, to), way);
        }
        let count = layer_of.iter().max().map_or(0, |last| last + 1);
        let (mut before, mut after) = (vec![Vec::new(); layer_of.len()], vec![Vec::new(); layer_of.len()]);
        for way in ways.values() {
            for pair in way.windows(2) {
                after[pair[0]].push(pair[1]);
                before[pair[1]].push(pair[0]);
            }
        }
        let mut layers = vec![Vec::new(); count];
        layer_of.iter().enumerate().for_each(|(point, layer)| layers[*layer].push(point));
        let mut order = Self { position: vec![0; layer_of.len()], layers, layer_of, before, after, ways };
        order.number();
        order
    }

    fn number(&mut self) {
        for layer in &self.layers {
            layer.iter().enumerate().for_each(|(place, point)| self.position[*point] = place);
        }
    }

    fn place(&self, point: usize) -> (usize, usize) {
        (self.layer_of[point], self.position[point])
    }

    /// Sorts each layer by the middle of the neighbours, back and forth, and keeps the order with the fewest crossings.
    fn improve(&mut self) {
        let (mut best, mut fewest) = (self.layers.clone(), self.crossings());
        for sweep in 0..SWEEPS {
            let is_forth = sweep % 2 == 0;
            let mut places: Vec<usize> = (0..self.layers.len()).collect();
            if !is_forth {
                places.reverse();
            }
            for place in places {
                let neighbours = if is_forth { &self.before } else { &self.after };
                let position = &self.position;
                self.layers[place].sort_by(|a, b| {
                    let key = |point: usize| middle(position, &neighbours[point], position[point]);
                    key(*a).total_cmp(&key(*b))
                });
                self.number();
            }
            let crossings = self.crossings();
            if crossings < fewest {
                (best, fewest) = (self.layers.clone(), crossings);
            }
        }
        self.layers = best;
        self.number();
    }

    fn crossings(&self) -> usize {
        let mut count = 0;
        for layer in &self.layers {
            let ends = |point: &usize| self.after[*point].iter().map(|to| self.position[*to]);
            let lines: Vec<(usize, usize)> = layer
                .iter()
                .enumerate()
                .flat_map(|(place, point)| ends(point).map(move |end| (place, end)))
                .collect();
            for (at, one) in lines.iter().enumerate() {
                count += lines[at + 1..].iter().filter(|other| one.0 < other.0 && one.1 > other.1).count();
            }
        }
        count
    }
}

/// The middle of the places of neighbours; without any, the point stays where it is.
#[expect(clippy::cast_precision_loss, reason = "there are never that many places")]
fn middle(position: &[usize], neighbours: &[usize], own: usize) -> f64 {
    if neighbours.is_empty() {
        return own as f64;
    }
    neighbours.iter().map(|neighbour| position[*neighbour] as f64).sum::<f64>() / neighbours.len() as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn edges(all: &[(usize, usize)]) -> BTreeSet<(usize, usize)> {
        all.iter().copied().collect()
    }

    #[test]
    fn what_is_needed_is_to_the_right() {
        let found = layers(4, &edges(&[(0, 1), (1, 2), (0, 2), (3, 2)]));
        let layer: Vec<usize> = found.nodes.iter().map(|node| node.0).collect();
        assert_eq!(layer, [0, 1, 2, 1]);
        let long = found.lines.iter().find(|line| (line.from, line.to) == (0, 2)).expect("a line");
        assert_eq!(long.way.len(), 3);
    }

    #[test]
    fn a_circle_has_one_line_that_leads_back() {
        let found = layers(3, &edges(&[(0, 1), (1, 2), (2, 0), (1, 1)]));
        let is_back = |line: &&Line| line.way[0].0 > line.way[line.way.len() - 1].0;
        assert_eq!(found.lines.iter().filter(is_back).count(), 1);
        assert_eq!(found.lines.len(), 3);
    }

    #[test]
    fn lines_that_cross_are_put_right() {
        // 0 and 1 need 3 and 2: the order of the right layer turns round.
        let found = layers(4, &edges(&[(0, 3), (1, 2)]));
        assert_eq!(found.nodes[0].1, found.nodes[3].1);
    }

    #[test]
    fn edges_that_follow_from_others_are_not_essential() {
        let all = edges(&[(0, 1), (1, 2), (0, 2), (2, 1), (3, 2)]);
        assert_eq!(essential(4, &all), edges(&[(0, 1), (1, 2), (2, 1), (3, 2)]));
    }

    proptest! {
        #[test]
        fn every_node_has_a_place_of_its_own(all in proptest::collection::btree_set((0_usize..12, 0_usize..12), 0..40)) {
            let found = layers(12, &all);
            let places: BTreeSet<(usize, usize)> = found.nodes.iter().copied().collect();
            prop_assert_eq!(places.len(), 12);
            for line in &found.lines {
                prop_assert_eq!(line.way[0], found.nodes[line.from]);
                prop_assert_eq!(line.way[line.way.len() - 1], found.nodes[line.to]);
                for pair in line.way.windows(2) {
                    prop_assert_eq!(pair[0].0.abs_diff(pair[1].0), 1);
                }
            }
            prop_assert_eq!(&layers(12, &all), &found);
        }
    }
}
