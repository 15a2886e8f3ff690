//! Pods spread over places.

use std::collections::{HashMap, HashSet};

use crate::{
    filter::{Refusal, untolerated, wants},
    node::Node,
    pod::{HOSTNAME, Pod, Spread, ZONE},
    snapshot::{Class, ClassFacts, Snapshot},
};

/// What the required constraints of a pod come to.
pub struct Spreads(Vec<Counted>);

struct Counted {
    topology: String,
    counts: HashMap<String, i64>,
    least: i64,
    max_skew: i64,
    /// 1 if the pod counts itself.
    own: i64,
}

fn counts_for(pod: &Pod, spread: &Spread, facts: &ClassFacts) -> bool {
    facts.namespace == pod.namespace
        && !facts.is_terminating
        && spread.selector.matches(Some(&facts.labels))
}

/// Whether what is on a node counts, by the policies of a constraint.
fn is_included(pod: &Pod, node: &Node, honors_affinity: bool, honors_taints: bool) -> bool {
    (!honors_affinity || wants(pod, node)) && (!honors_taints || untolerated(pod, node).is_none())
}

fn classes(snapshot: &Snapshot, counts: impl Fn(&ClassFacts) -> bool) -> HashSet<Class> {
    let found = snapshot.classes().filter(|(_, facts)| counts(facts));
    found.map(|(class, _)| class).collect()
}

fn on(load: &crate::node::Load, classes: &HashSet<Class>) -> i64 {
    let counts = load
        .classes
        .iter()
        .filter(|(class, _)| classes.contains(class));
    counts.map(|(_, count)| i64::from(*count)).sum()
}

impl Spreads {
    pub fn required(pod: &Pod, snapshot: &Snapshot) -> Self {
        let required: Vec<&Spread> = pod.spread.iter().filter(|it| it.is_required).collect();
        let counted = required.iter().map(|spread| {
            let classes = classes(snapshot, |it| counts_for(pod, spread, it));
            let mut counts: HashMap<String, i64> = HashMap::new();
            for (node, load) in snapshot.nodes() {
                let is_eligible = required.iter().all(|it| node.label(&it.topology).is_some())
                    && is_included(pod, node, spread.honors_affinity, spread.honors_taints);
                if let Some(value) = node.label(&spread.topology).filter(|_| is_eligible) {
                    *counts.entry(value.to_owned()).or_default() += on(load, &classes);
                }
            }
            let is_short = (counts.len() as i64) < spread.min_domains;
            let least = counts.values().min().copied().unwrap_or_default();
            Counted {
                topology: spread.topology.clone(),
                counts,
                least: if is_short { 0 } else { least },
                max_skew: spread.max_skew,
                own: i64::from(spread.selector.matches(Some(&pod.labels))),
            }
        });
        Self(counted.collect())
    }

    pub fn ask(&self, node: &Node) -> Result<(), Refusal> {
        for counted in &self.0 {
            let value = node.label(&counted.topology).ok_or(Refusal::SpreadLabel)?;
            let count = counted.counts.get(value).copied().unwrap_or_default();
            if count + counted.own - counted.least > counted.max_skew {
                return Err(Refusal::Spread);
            }
        }
        Ok(())
    }
}

/// What a pod would like to be spread over.
struct Wish<'a> {
    topology: &'a str,
    max_skew: i64,
    honors_affinity: bool,
    honors_taints: bool,
    classes: HashSet<Class>,
}

/// How crowded each of `nodes` is with the pod's like, by its wishes, or else by those every pod has: over nodes and zones, with those
/// of the same controller. `None` for a node that a wish says nothing about.
pub fn crowding(pod: &Pod, nodes: &[&Node], snapshot: &Snapshot) -> Vec<Option<f64>> {
    // Wishes of every pod do not need all labels, those of its own do.
    let is_lenient = pod.spread.is_empty();
    let wishes: Vec<Wish<'_>> = match is_lenient {
        false => {
            let wishes = pod.spread.iter().filter(|it| !it.is_required);
            wishes
                .map(|it| Wish {
                    topology: &it.topology,
                    max_skew: it.max_skew,
                    honors_affinity: it.honors_affinity,
                    honors_taints: it.honors_taints,
                    classes: classes(snapshot, |facts| counts_for(pod, it, facts)),
                })
                .collect()
        }
        true if pod.controller.is_empty() => Vec::new(),
        true => {
            let own = classes(snapshot, |it| {
                it.controller == pod.controller && !it.is_terminating
            });
            let wish = |topology, max_skew| Wish {
                topology,
                max_skew,
                honors_affinity: true,
                honors_taints: false,
                classes: own.clone(),
            };
            vec![wish(HOSTNAME, 3), wish(ZONE, 5)]
        }
    };
    let is_known =
        |node: &Node| is_lenient || wishes.iter().all(|it| node.label(it.topology).is_some());
    let mut crowding: Vec<Option<f64>> = nodes
        .iter()
        .map(|node| is_known(node).then_some(0.0))
        .collect();
    let known = crowding.iter().flatten().count();
    for wish in &wishes {
        // A machine is a place by itself.
        let is_machine = wish.topology == HOSTNAME;
        let mut counts: HashMap<&str, i64> = HashMap::new();
        if !is_machine {
            let candidates = nodes.iter().filter(|node| is_known(node));
            counts.extend(candidates.map(|it| (place(it, wish.topology), 0)));
            for (node, load) in snapshot.nodes() {
                let counts_here = is_known(node)
                    && is_included(pod, node, wish.honors_affinity, wish.honors_taints);
                if counts_here && let Some(count) = counts.get_mut(place(node, wish.topology)) {
                    *count += on(load, &wish.classes);
                }
            }
        }
        // More places weigh more, since each has fewer.
        let places = if is_machine { known } else { counts.len() };
        let weight = (places as f64 + 2.0).ln();
        for (node, sum) in nodes.iter().zip(&mut crowding) {
            let (Some(sum), Some(value)) = (sum, node.label(wish.topology)) else {
                continue;
            };
            let count = match is_machine {
                true => on(snapshot.load(&node.name), &wish.classes),
                false => counts.get(value).copied().unwrap_or_default(),
            };
            *sum += count as f64 * weight + (wish.max_skew - 1) as f64;
        }
    }
    crowding
}

/// Nodes without the label are one place more.
fn place<'a>(node: &'a Node, topology: &str) -> &'a str {
    node.label(topology).unwrap_or_default()
}

#[cfg(test)]
mod tests;
