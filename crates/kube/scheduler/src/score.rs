//! How good each of the nodes is that a pod may run on: upstream's scores and weights, but for where its volumes lie.

use crate::{
    node::{Load, Node},
    pod::Pod,
    pod_affinity::liking,
    snapshot::Snapshot,
    spread::crowding,
    volumes::Reach,
};

const BEST: i64 = 100;
const MIB: i64 = 1024 * 1024;
/// Images below this save nothing, and above the other nothing more, for each container.
const SMALL_IMAGE: i64 = 23 * MIB;
const LARGE_IMAGE: i64 = 1000 * MIB;

const TAINTS: i64 = 3;
const NODE_AFFINITY: i64 = 2;
const SPREAD: i64 = 2;
const POD_AFFINITY: i64 = 2;
/// More than all others together: a volume that comes from another machine keeps its pod waiting for as long as it is large.
const VOLUMES: i64 = 16;

/// A score for each candidate; more is better.
pub fn scores(
    pod: &Pod,
    volumes: &Reach,
    candidates: &[(&Node, &Load)],
    snapshot: &Snapshot,
) -> Vec<i64> {
    let nodes: Vec<&Node> = candidates.iter().map(|(node, _)| *node).collect();
    let mut scores: Vec<i64> = candidates
        .iter()
        .map(|(node, load)| least_allocated(pod, node, load) + balanced(pod, node, load))
        .collect();
    let mut add = |weight: i64, part: Vec<i64>| {
        for (score, part) in scores.iter_mut().zip(part) {
            *score += weight * part;
        }
    };
    let taints = nodes.iter().map(|it| untolerated_preferences(pod, it));
    add(TAINTS, reversed(taints.collect()));
    if !pod.preferred_nodes.is_empty() {
        let preferred = nodes.iter().map(|it| preferred(pod, it));
        add(NODE_AFFINITY, normal(preferred.collect()));
    }
    add(SPREAD, evenly(&crowding(pod, &nodes, snapshot)));
    let liking = liking(pod, snapshot);
    if !liking.is_empty() {
        let liked = nodes.iter().map(|node| {
            let places = liking
                .iter()
                .filter(|((topology, value), _)| node.label(topology) == Some(value.as_str()));
            places.map(|(_, liking)| *liking).sum()
        });
        add(POD_AFFINITY, stretched(liked.collect()));
    }
    add(1, image_locality(pod, &nodes));
    let near = nodes.iter().map(|it| volumes.nearness(&it.labels));
    add(VOLUMES, normal(near.collect()));
    scores
}

/// The free part of cpu and memory, with the pod there.
fn least_allocated(pod: &Pod, node: &Node, load: &Load) -> i64 {
    let parts = ["cpu", "memory"].map(|it| {
        let has = node.allocatable.get(it);
        let used = load.scored.get(it) + pod.scored.get(it);
        match has > 0 && used <= has {
            true => (i128::from(has - used) * i128::from(BEST) / i128::from(has)) as i64,
            false => 0,
        }
    });
    (parts[0] + parts[1]) / 2
}

/// Cpu and memory used in the same measure, with the pod there.
fn balanced(pod: &Pod, node: &Node, load: &Load) -> i64 {
    let [cpu, memory] = ["cpu", "memory"].map(|it| {
        let has = node.allocatable.get(it);
        let used = load.scored.get(it) + pod.scored.get(it);
        match has > 0 {
            true => (used as f64 / has as f64).min(1.0),
            false => 1.0,
        }
    });
    ((1.0 - (cpu - memory).abs() / 2.0) * BEST as f64) as i64
}

fn untolerated_preferences(pod: &Pod, node: &Node) -> i64 {
    let soft = node
        .taints
        .iter()
        .filter(|it| it.effect == "PreferNoSchedule");
    let untolerated = soft.filter(|taint| {
        let mut tolerations = pod.tolerations.iter().filter(|it| it.is_for_preference());
        !tolerations.any(|it| it.tolerates(taint))
    });
    untolerated.count() as i64
}

fn preferred(pod: &Pod, node: &Node) -> i64 {
    let terms = pod
        .preferred_nodes
        .iter()
        .filter(|(_, term)| term.matches(&node.name, &node.labels));
    terms.map(|(weight, _)| weight).sum()
}

fn image_locality(pod: &Pod, nodes: &[&Node]) -> Vec<i64> {
    let all = nodes.len() as i64;
    let mut sums = vec![0; nodes.len()];
    for image in &pod.images {
        let name = normal_name(image);
        let size_on = |node: &Node| node.images.get(&name).copied().unwrap_or_default();
        let having = nodes.iter().filter(|it| size_on(it) > 0).count() as i64;
        for (sum, node) in sums.iter_mut().zip(nodes) {
            // One that few have does not draw all pods there.
            *sum += (i128::from(size_on(node)) * i128::from(having) / i128::from(all)) as i64;
        }
    }
    let most = LARGE_IMAGE * pod.containers.max(1);
    let scaled = sums
        .into_iter()
        .map(|it: i64| BEST * (it.clamp(SMALL_IMAGE, most) - SMALL_IMAGE) / (most - SMALL_IMAGE));
    scaled.collect()
}

/// A name without a tag is that of `latest`.
fn normal_name(image: &str) -> String {
    let last = image.rsplit('/').next().unwrap_or_default();
    match last.contains([':', '@']) {
        true => image.to_owned(),
        false => format!("{image}:latest"),
    }
}

/// The most becomes the best.
fn normal(values: Vec<i64>) -> Vec<i64> {
    let most = values.iter().max().copied().unwrap_or_default();
    match most > 0 {
        true => values.into_iter().map(|it| it * BEST / most).collect(),
        false => values,
    }
}

/// None becomes the best.
fn reversed(values: Vec<i64>) -> Vec<i64> {
    normal(values).into_iter().map(|it| BEST - it).collect()
}

/// The least becomes nothing, the most the best.
fn stretched(values: Vec<i64>) -> Vec<i64> {
    let least = values.iter().min().copied().unwrap_or_default();
    let most = values.iter().max().copied().unwrap_or_default();
    match most > least {
        true => values
            .into_iter()
            .map(|it| (it - least) * BEST / (most - least))
            .collect(),
        false => vec![0; values.len()],
    }
}

fn evenly(crowding: &[Option<f64>]) -> Vec<i64> {
    let known = || crowding.iter().flatten().copied();
    let (most, least) = (
        known().fold(0.0, f64::max),
        known().fold(f64::MAX, f64::min),
    );
    let scores = crowding.iter().map(|it| match it {
        None => 0,
        Some(_) if most <= 0.0 => BEST,
        Some(it) => (BEST as f64 * (most + least - it) / most) as i64,
    });
    scores.collect()
}
