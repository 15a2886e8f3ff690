//! Which pods have to leave so that a more important one fits. Pure, on a snapshot that is put back as it was.

use std::{cell::LazyCell, cmp::Reverse, collections::BTreeSet, sync::Arc};

use crate::{
    budget::{Budget, violating},
    filter::{Question, Refusal},
    pod::Pod,
    snapshot::Snapshot,
    volumes::Reach,
};

/// How many nodes are tried in depth.
const MOST_TRIED: usize = 100;

/// A node and who has to leave it.
#[derive(Debug)]
pub struct Preemption {
    pub node: String,
    pub victims: Vec<Arc<Pod>>,
}

/// Why nobody leaves for a pod, as upstream says it.
#[derive(Debug, thiserror::Error)]
pub enum NoPreemption {
    #[error("not eligible due to preemptionPolicy=Never.")]
    Never,
    #[error("0/{all} nodes are available: {}.", reasons(*.without, *.unhelpful))]
    NoNode {
        all: usize,
        /// Nodes that would help and have nobody who could leave.
        without: usize,
        /// Nodes that refuse the pod for what no other pod is the reason of.
        unhelpful: usize,
    },
}

fn reasons(without: usize, unhelpful: usize) -> String {
    let mut reasons = Vec::new();
    if without > 0 {
        reasons.push(format!(
            "{without} No preemption victims found for incoming pod"
        ));
    }
    if unhelpful > 0 {
        reasons.push(format!(
            "{unhelpful} Preemption is not helpful for scheduling"
        ));
    }
    reasons.join(", ")
}

/// The preemption that hurts least, or why there is none.
pub fn preempt(
    pod: &Pod,
    volumes: &Reach,
    budgets: impl FnOnce() -> Vec<Budget>,
    snapshot: &mut Snapshot,
    refusals: &[(String, Vec<Refusal>)],
) -> Result<Preemption, NoPreemption> {
    if !pod.may_preempt {
        return Err(NoPreemption::Never);
    }
    // Most pods that wait have nobody to preempt.
    let budgets = LazyCell::new(budgets);
    let helpful = refusals
        .iter()
        .filter(|(_, why)| why.iter().all(Refusal::is_for_others));
    let helpful: Vec<&String> = helpful.map(|(node, _)| node).collect();
    let holders = nodes_of_holders(pod, volumes, snapshot);
    let (mut best, mut without) = (None::<(Cost, Preemption)>, 0);
    let mut tried = 0;
    for node in &helpful {
        let is_less = |it: &&Arc<Pod>| it.priority < pod.priority;
        let frees = holders.iter().all(|it| it == *node);
        if !frees || snapshot.pods_on(node).find(is_less).is_none() {
            without += 1;
            continue;
        }
        tried += 1;
        if tried > MOST_TRIED && best.is_some() {
            break;
        }
        let found = victims(pod, volumes, &budgets, snapshot, node);
        let Some((harm, victims)) = found else {
            without += 1;
            continue;
        };
        let cost = cost(harm, &victims);
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            let node = (*node).clone();
            best = Some((cost, Preemption { node, victims }));
        }
    }
    if let Some((_, best)) = best {
        return Ok(best);
    }
    let all = refusals.len();
    Err(NoPreemption::NoNode {
        all,
        without,
        unhelpful: all - helpful.len(),
    })
}

/// Where the pods are that have claims which `pod` is to have alone: on other nodes nobody makes room for it, and to find that out node
/// by node takes a look at all pods each time.
fn nodes_of_holders(pod: &Pod, volumes: &Reach, snapshot: &Snapshot) -> BTreeSet<String> {
    let claims = volumes.alone.iter();
    let holders = claims.flat_map(|it| snapshot.holders(pod, it));
    holders.map(|it| it.node.clone()).collect()
}

/// How many leave against a budget, the highest priority, their sum, how many, and since when the oldest of that priority is there.
type Cost = (usize, i64, i128, usize, Reverse<String>);

fn cost(harm: usize, victims: &[Arc<Pod>]) -> Cost {
    let highest = victims.iter().map(|it| it.priority).max();
    // Negative priorities still cost: one victim less is better.
    let sum = victims.iter().map(|it| i128::from(it.priority) + (1 << 32));
    let highest = highest.unwrap_or(i64::MIN);
    let foremost = victims.iter().filter(|it| it.priority == highest);
    let oldest = foremost.map(|it| &it.created).min().cloned();
    let oldest = Reverse(oldest.unwrap_or_default());
    (harm, highest, sum.sum(), victims.len(), oldest)
}

/// The least important pods of a node without which `pod` fits, and how many of them go against a budget: those that would get to stay
/// before all others, so that none goes for whom another could.
fn victims(
    pod: &Pod,
    volumes: &Reach,
    budgets: &[Budget],
    snapshot: &mut Snapshot,
    node: &str,
) -> Option<(usize, Vec<Arc<Pod>>)> {
    let lower = snapshot
        .pods_on(node)
        .filter(|it| it.priority < pod.priority);
    let mut lower: Vec<Arc<Pod>> = lower.cloned().collect();
    // The most important first: they get to stay first. Among equals these are the oldest.
    lower.sort_by(|a, b| {
        let by_priority = b.priority.cmp(&a.priority);
        by_priority
            .then_with(|| a.created.cmp(&b.created))
            .then_with(|| a.uid.cmp(&b.uid))
    });
    let fits = |snapshot: &Snapshot| {
        snapshot.node(node).is_some_and(|it| {
            let question = Question::new(pod, volumes, snapshot);
            question.ask(it, snapshot.load(node)).is_ok()
        })
    };
    for it in &lower {
        snapshot.remove_pod(&it.uid);
    }
    let violates = violating(budgets, lower.iter().map(AsRef::as_ref));
    let (mut harm, mut victims) = (0, Vec::new());
    let could = fits(snapshot);
    for is_harm in [true, false] {
        let of_kind = lower.iter().zip(&violates);
        for (it, _) in of_kind.filter(|(_, violates)| **violates == is_harm) {
            snapshot.set_pod(it.clone());
            if could && !fits(snapshot) {
                snapshot.remove_pod(&it.uid);
                victims.push(it.clone());
                harm += usize::from(is_harm);
            }
        }
    }
    for it in &victims {
        snapshot.set_pod(it.clone());
    }
    (!victims.is_empty()).then_some((harm, victims))
}
