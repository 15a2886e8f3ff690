//! Which pods have to leave so that a more important one fits. Pure, on a snapshot that is put back as it was.

use std::sync::Arc;

use crate::{
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

/// The preemption that hurts least, or why there is none, as upstream says it.
pub fn preempt(
    pod: &Pod,
    volumes: &Reach,
    snapshot: &mut Snapshot,
    refusals: &[(String, Vec<Refusal>)],
) -> Result<Preemption, String> {
    if !pod.may_preempt {
        return Err("not eligible due to preemptionPolicy=Never.".to_owned());
    }
    let helpful = refusals
        .iter()
        .filter(|(_, why)| why.iter().all(Refusal::is_for_others));
    let helpful: Vec<&String> = helpful.map(|(node, _)| node).collect();
    let (mut best, mut without) = (None::<(Cost, Preemption)>, 0);
    let mut tried = 0;
    for node in &helpful {
        let is_less = |it: &&Arc<Pod>| it.priority < pod.priority;
        if snapshot.pods_on(node).find(is_less).is_none() {
            without += 1;
            continue;
        }
        tried += 1;
        if tried > MOST_TRIED && best.is_some() {
            break;
        }
        let Some(victims) = victims(pod, volumes, snapshot, node) else {
            without += 1;
            continue;
        };
        let cost = cost(&victims);
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            let node = (*node).clone();
            best = Some((cost, Preemption { node, victims }));
        }
    }
    if let Some((_, best)) = best {
        return Ok(best);
    }
    let all = refusals.len();
    let mut reasons = Vec::new();
    if without > 0 {
        reasons.push(format!(
            "{without} No preemption victims found for incoming pod"
        ));
    }
    if all > helpful.len() {
        let unhelpful = all - helpful.len();
        reasons.push(format!(
            "{unhelpful} Preemption is not helpful for scheduling"
        ));
    }
    Err(format!(
        "0/{all} nodes are available: {}.",
        reasons.join(", ")
    ))
}

/// The highest priority, their sum, and how many.
type Cost = (i64, i128, usize);

fn cost(victims: &[Arc<Pod>]) -> Cost {
    let highest = victims.iter().map(|it| it.priority).max();
    // Negative priorities still cost: one victim less is better.
    let sum = victims.iter().map(|it| i128::from(it.priority) + (1 << 32));
    (highest.unwrap_or(i64::MIN), sum.sum(), victims.len())
}

/// The least important pods of a node without which `pod` fits.
fn victims(
    pod: &Pod,
    volumes: &Reach,
    snapshot: &mut Snapshot,
    node: &str,
) -> Option<Vec<Arc<Pod>>> {
    let lower = snapshot
        .pods_on(node)
        .filter(|it| it.priority < pod.priority);
    let mut lower: Vec<Arc<Pod>> = lower.cloned().collect();
    // The most important first: they get to stay first.
    lower.sort_by(|a, b| b.priority.cmp(&a.priority).then(a.uid.cmp(&b.uid)));
    let fits = |snapshot: &Snapshot| {
        snapshot.node(node).is_some_and(|it| {
            let question = Question::new(pod, volumes, snapshot);
            question.ask(it, snapshot.load(node)).is_ok()
        })
    };
    for it in &lower {
        snapshot.remove_pod(&it.uid);
    }
    let mut victims = Vec::new();
    let could = fits(snapshot);
    for it in &lower {
        snapshot.set_pod(it.clone());
        if could && !fits(snapshot) {
            snapshot.remove_pod(&it.uid);
            victims.push(it.clone());
        }
    }
    for it in &victims {
        snapshot.set_pod(it.clone());
    }
    (!victims.is_empty()).then_some(victims)
}
