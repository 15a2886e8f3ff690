//! How much of the machines of each cluster is reserved by its tasks, and how many tasks and services those with
//! Container Insights have, once a minute.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::time::sleep;
use wharf_records::{
    ecs::{InstanceStatus, Launch, Status},
    hosts::Capacity,
};
use wharf_vended::Point;

use super::{
    insights, performance,
    used::{Offer, point},
};
use crate::{Agents, names, names::Place, view::Region};

const MINUTE_MS: i64 = 60_000;

/// At the turn of each minute, by the server whose reconcilers run.
pub async fn run(agents: Arc<Agents>) {
    loop {
        let now = agents.state.now().millis();
        let rest = MINUTE_MS - now.rem_euclid(MINUTE_MS);
        sleep(Duration::from_millis(rest.unsigned_abs())).await;
        let at = (now + rest) / 1000;
        if agents.state.fence().is_err() {
            continue;
        }
        let mut accounts: BTreeMap<String, Vec<(String, Point)>> = BTreeMap::new();
        for place in places(&agents) {
            let read = |region: &Region| {
                let (mut points, counts) = (points(region, at), insights::counts(region));
                points.extend(counts.iter().flat_map(|it| it.points(at)));
                (points, counts)
            };
            let (points, counts) = agents.state.view.read(&place, read);
            let of_account = accounts.entry(place.account.clone()).or_default();
            of_account.extend(points.into_iter().map(|it| (place.region.clone(), it)));
            let events = counts
                .iter()
                .map(|it| performance::counts(&it.cluster, it.service.as_deref(), &it.counts, at));
            agents.tell(&place, events);
        }
        let what = "how much of clusters is reserved";
        agents.metrics.put_of_all(what, accounts).await;
    }
}

/// Where there are clusters.
fn places(agents: &Agents) -> Vec<Place> {
    let mut places = Vec::new();
    agents.state.view.read_all(|_, records| {
        let mut clusters = records.clusters.values();
        places.extend(clusters.find_map(|it| names::place_of(&it.arn)));
    });
    places
}

fn points(region: &Region<'_>, at: i64) -> Vec<Point> {
    let mut clusters: BTreeMap<&str, (Offer, Offer)> = BTreeMap::new();
    let nothing = Offer {
        cpu: 0.0,
        memory: 0.0,
    };
    for instance in region.instances.values() {
        let counts = instance.status != InstanceStatus::Inactive;
        let host = region.hosts.get(&instance.host).filter(|_| counts);
        if let Some(Capacity { cpu, memory, .. }) = host.map(|it| &it.capacity) {
            let (offer, _) = clusters
                .entry(&instance.cluster)
                .or_insert((nothing, nothing));
            offer.cpu += f64::from(*cpu);
            offer.memory += f64::from(*memory);
        }
    }
    for task in region.tasks.values() {
        let runs = task.last == Status::Running && task.launch != Launch::Fargate;
        if let Some((_, reserved)) = clusters.get_mut(task.cluster.as_str()).filter(|_| runs) {
            reserved.cpu += f64::from(task.claim.cpu);
            reserved.memory += f64::from(task.claim.memory);
        }
    }
    let mut points = Vec::new();
    for (cluster, (offer, reserved)) in clusters {
        let shares = [
            ("CPUReservation", reserved.cpu, offer.cpu),
            ("MemoryReservation", reserved.memory, offer.memory),
        ];
        for (name, reserved, offer) in shares.into_iter().filter(|it| it.2 > 0.0) {
            let dimensions = vec![("ClusterName", cluster.to_owned())];
            points.push(point(name, dimensions, reserved / offer * 100.0, at));
        }
    }
    points
}
