//! The choice of a node for a pod: pure.

use crate::{
    filter::{Question, Refusal, message},
    pod::Pod,
    score::scores,
    snapshot::Snapshot,
    volumes::Reach,
};

/// Where a pod goes, or why nowhere.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    Node(String),
    Nowhere {
        message: String,
        /// By node, in its order.
        refusals: Vec<(String, Vec<Refusal>)>,
    },
}

/// Below this many all nodes are looked at.
const ENOUGH: usize = 100;

/// How many possible nodes are enough to choose among: all of a hundred, then fewer of more, as upstream has it.
fn enough(nodes: usize) -> usize {
    let percent = 50usize.saturating_sub(nodes / 125).max(5);
    (nodes * percent / 100).max(ENOUGH)
}

/// `after` is the node that the search begins behind; the next should begin behind the one chosen.
pub fn choose(pod: &Pod, volumes: &Reach, snapshot: &Snapshot, after: &str) -> Choice {
    let question = Question::new(pod, volumes, snapshot);
    let enough = enough(snapshot.node_count());
    let mut candidates = Vec::new();
    let mut refusals = Vec::new();
    for (node, load) in snapshot.nodes_after(after) {
        match question.ask(node, load) {
            Ok(()) => candidates.push((node, load)),
            Err(why) => refusals.push((node.name.clone(), why)),
        }
        if candidates.len() >= enough {
            break;
        }
    }
    let scores = match &candidates[..] {
        [] => {
            let reasons: Vec<_> = refusals.iter().map(|(_, why)| why.clone()).collect();
            return Choice::Nowhere {
                message: message(snapshot.node_count(), &reasons),
                refusals,
            };
        }
        [_] => vec![0],
        _ => scores(pod, volumes, &candidates, snapshot),
    };
    let mut best = 0;
    for (at, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = at;
        }
    }
    Choice::Node(candidates[best].0.name.clone())
}

#[cfg(test)]
mod tests;
