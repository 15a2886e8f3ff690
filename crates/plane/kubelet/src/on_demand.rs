//! Pods whose images are read on demand: containers end when a layer turns out to be wrong, and a pod lends the login of its node
//! to a layer that nobody has one for any more.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{sync::broadcast::error::RecvError, task::JoinSet, time::sleep};
use wharf_base::Backoff;
use wharf_container::image::{OnDemandEvent, OnDemandUser};
use wharf_kube_client::Object as _;
use wharf_kube_model::view::containers;

use crate::{
    machine::{Pull, PullPolicy},
    node::Node,
    pull_secrets,
};

const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How often a login is tried: for an hour or so. Reads of the pod fail long before.
const TRIES: u32 = 60;

/// As long as the node works. A container that was ended is started again as its pod wants it, and its image asked for anew: one
/// that is wrong cannot be pulled, and the pod says so.
pub async fn tend(node: Arc<Node>) {
    let Some(mut events) = node.machine.on_demand_events() else {
        return;
    };
    let mut lending = JoinSet::new();
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            Some(_) = lending.join_next() => continue,
        };
        match event {
            Ok(OnDemandEvent::Broken { users, reason }) => {
                for (user, pod) in own(&node, users) {
                    tracing::error!(
                        pod = pod.key(),
                        reason,
                        "failed to read an image of a pod; its containers are stopped"
                    );
                    node.machine.end_those_of(&user.task_id, &user.image).await;
                }
            }
            Ok(OnDemandEvent::Unattended { users }) => {
                for (user, pod) in own(&node, users) {
                    lending.spawn(lend(node.clone(), user, pod));
                }
            }
            Err(RecvError::Lagged(missed)) => {
                tracing::error!(missed, "failed to hear of layers that are read on demand");
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// Those that are pods of this node.
fn own(node: &Node, users: Vec<OnDemandUser>) -> Vec<(OnDemandUser, Arc<Value>)> {
    let pod = |user: OnDemandUser| Some((node.pod_of(&user.task_id)?, user));
    let own = users.into_iter().filter_map(pod);
    own.map(|(pod, user)| (user, pod)).collect()
}

/// Has the image asked for again, under the names that containers of the pod have for it.
async fn lend(node: Arc<Node>, user: OnDemandUser, pod: Arc<Value>) {
    let names: Vec<String> = containers(&pod)
        .map(|it| {
            it.text("/image")
                .split('@')
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .map(|name| format!("{name}@{}", user.image))
        .collect();
    let mut pause = Backoff::new(PAUSE, LONGEST_PAUSE, 2.0);
    for _ in 0..TRIES {
        if node.pod_of(&user.task_id).is_none() {
            return;
        }
        let mut refused = None;
        // Which of its containers has it is not known; others' repositories have no such image.
        for name in &names {
            let secrets = pod.list("/spec/imagePullSecrets").iter();
            let secrets = secrets.map(|it| it.text("/name"));
            let (logins, _) = pull_secrets::logins(&node, pod.namespace(), secrets, name).await;
            let wanted = Pull {
                name,
                policy: PullPolicy::IfNotPresent,
                logins: &logins,
                told: &|_| (),
            };
            match node.machine.fetch(&user.task_id, wanted).await {
                Ok(_) => return,
                Err(no) => refused = Some(no.message),
            }
        }
        tracing::warn!(pod = pod.key(), image = %user.image, reason = refused, "failed to log in for an image that is read on demand; will retry");
        sleep(pause.wait()).await;
    }
}
