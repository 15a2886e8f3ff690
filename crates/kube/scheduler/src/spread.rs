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
                    && (!spread.honors_affinity || wants(pod, node))
                    && (!spread.honors_taints || untolerated(pod, node).is_none());
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

/// How crowded each of `nodes` is with the pod's like, by its wishes, or else by those every pod has: over nodes and zones, with those
/// of the same controller. `None` for a node that a wish says nothing about.
pub fn crowding(pod: &Pod, nodes: &[&Node], snapshot: &Snapshot) -> Vec<Option<f64>> {
    let wishes: Vec<(&str, i64, HashSet<Class>)> = match pod.spread.is_empty() {
        false => {
            let wishes = pod.spread.iter().filter(|it| !it.is_required);
            wishes
                .map(|it| {
                    let classes = classes(snapshot, |facts| counts_for(pod, it, facts));
                    (it.topology.as_str(), it.max_skew, classes)
                })
                .collect()
        }
        true if pod.controller.is_empty() => Vec::new(),
        true => {
            let own = classes(snapshot, |it| {
                it.controller == pod.controller && !it.is_terminating
            });
            vec![(HOSTNAME, 3, own.clone()), (ZONE, 5, own)]
        }
    };
    // Wishes of every pod do not need all labels, those of its own do.
    let is_lenient = pod.spread.is_empty();
    let mut crowding: Vec<Option<f64>> = vec![Some(0.0); nodes.len()];
    for (topology, max_skew, classes) in wishes {
        let mut counts: HashMap<&str, i64> = HashMap::new();
        for (node, load) in snapshot.nodes() {
            if let Some(value) = node.label(topology) {
                *counts.entry(value).or_default() += on(load, &classes);
            }
        }
        // More places weigh more, since each has fewer.
        let weight = (counts.len() as f64 + 2.0).ln();
        for (node, sum) in nodes.iter().zip(&mut crowding) {
            match node.label(topology) {
                Some(value) => {
                    let count = counts.get(value).copied().unwrap_or_default();
                    if let Some(sum) = sum {
                        *sum += count as f64 * weight + (max_skew - 1) as f64;
                    }
                }
                None if is_lenient => {}
                None => *sum = None,
            }
        }
    }
    crowding
}
