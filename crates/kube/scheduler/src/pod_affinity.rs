//! Pods that want to be with others, or away from them.

use std::collections::{HashMap, HashSet};

use crate::{
    filter::Refusal,
    node::Node,
    pod::{Pod, PodTerm},
    snapshot::{ClassFacts, Snapshot},
};

/// Which places are ruled out for a pod, and which it must be in.
pub struct PodAffinity {
    /// By existing pods, by label of nodes.
    forbidden: HashMap<String, HashSet<String>>,
    /// One per term of anti-affinity.
    avoided: Vec<(String, HashSet<String>)>,
    /// One per term of affinity.
    wanted: Vec<(String, HashSet<String>)>,
    /// There is none of those it wants to be with, and it is one of them itself.
    is_first: bool,
}

/// Whether a term is about a class, or a pod.
fn is_about(term: &PodTerm, facts: &ClassFacts, snapshot: &Snapshot) -> bool {
    term.matches(&facts.namespace, &facts.labels, |it| {
        snapshot.namespace_labels(it)
    })
}

fn is_about_pod(term: &PodTerm, pod: &Pod, snapshot: &Snapshot) -> bool {
    term.matches(&pod.namespace, &pod.labels, |it| {
        snapshot.namespace_labels(it)
    })
}

/// The values of a label on the nodes that have pods of a class, and how many pods each has.
fn places<'a>(
    facts: &'a ClassFacts,
    topology: &'a str,
    snapshot: &'a Snapshot,
) -> impl Iterator<Item = (String, i64)> + 'a {
    facts.nodes.iter().filter_map(move |(node, count)| {
        let value = snapshot.node(node)?.label(topology)?;
        Some((value.to_owned(), i64::from(*count)))
    })
}

impl PodAffinity {
    pub fn of(pod: &Pod, snapshot: &Snapshot) -> Self {
        let mut forbidden: HashMap<String, HashSet<String>> = HashMap::new();
        for (_, facts) in snapshot.classes() {
            let terms = facts.anti_affinity.required.iter();
            for term in terms.filter(|it| is_about_pod(it, pod, snapshot)) {
                let values = forbidden.entry(term.topology.clone()).or_default();
                values.extend(places(facts, &term.topology, snapshot).map(|(value, _)| value));
            }
        }
        let avoided = pod.anti_affinity.required.iter().map(|term| {
            let about = snapshot
                .classes()
                .filter(|(_, it)| is_about(term, it, snapshot));
            let values = about.flat_map(|(_, it)| places(it, &term.topology, snapshot));
            (
                term.topology.clone(),
                values.map(|(value, _)| value).collect(),
            )
        });
        // Only pods that all terms are about count for any.
        let terms = &pod.affinity.required;
        let all: Vec<&ClassFacts> = match terms.is_empty() {
            true => Vec::new(),
            false => snapshot
                .classes()
                .map(|(_, facts)| facts)
                .filter(|facts| terms.iter().all(|it| is_about(it, facts, snapshot)))
                .collect(),
        };
        let wanted: Vec<(String, HashSet<String>)> = terms
            .iter()
            .map(|term| {
                let values = all
                    .iter()
                    .flat_map(|it| places(it, &term.topology, snapshot));
                (
                    term.topology.clone(),
                    values.map(|(value, _)| value).collect(),
                )
            })
            .collect();
        let is_first = wanted.iter().all(|(_, values)| values.is_empty())
            && terms.iter().all(|it| is_about_pod(it, pod, snapshot));
        Self {
            forbidden,
            avoided: avoided.collect(),
            wanted,
            is_first,
        }
    }

    pub fn ask(&self, node: &Node) -> Result<(), Refusal> {
        for (topology, values) in &self.wanted {
            let is_there = node
                .label(topology)
                .is_some_and(|it| self.is_first || values.contains(it));
            if !is_there {
                return Err(Refusal::PodAffinity);
            }
        }
        let is_in = |topology: &str, values: &HashSet<String>| {
            node.label(topology).is_some_and(|it| values.contains(it))
        };
        if self
            .avoided
            .iter()
            .any(|(topology, values)| is_in(topology, values))
        {
            return Err(Refusal::PodAntiAffinity);
        }
        if self
            .forbidden
            .iter()
            .any(|(topology, values)| is_in(topology, values))
        {
            return Err(Refusal::ExistingAntiAffinity);
        }
        Ok(())
    }
}

/// How much each place is liked, by label of nodes and its value.
pub fn liking(pod: &Pod, snapshot: &Snapshot) -> HashMap<(String, String), i64> {
    let mut liking: HashMap<(String, String), i64> = HashMap::new();
    let mut add = |facts: &ClassFacts, term: &PodTerm, weight: i64| {
        for (value, count) in places(facts, &term.topology, snapshot) {
            *liking.entry((term.topology.clone(), value)).or_default() += weight * count;
        }
    };
    for (_, facts) in snapshot.classes() {
        for (terms, sign) in [(&pod.affinity, 1), (&pod.anti_affinity, -1)] {
            for (weight, term) in &terms.preferred {
                if is_about(term, facts, snapshot) {
                    add(facts, term, sign * weight);
                }
            }
        }
        for (terms, sign) in [(&facts.affinity, 1), (&facts.anti_affinity, -1)] {
            for (weight, term) in &terms.preferred {
                if is_about_pod(term, pod, snapshot) {
                    add(facts, term, sign * weight);
                }
            }
        }
        // Who needs to be with this pod likes it near.
        for term in &facts.affinity.required {
            if is_about_pod(term, pod, snapshot) {
                add(facts, term, 1);
            }
        }
    }
    liking
}
