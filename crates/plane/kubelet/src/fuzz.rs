//! What fuzzing reaches of a node: a pod as the API server hands it over, what that answers to a probe, and how the node's port is asked.

use std::{
    collections::BTreeMap,
    path::{Component, PathBuf},
};

use bytes::Bytes;
use serde_json::Value;
use wharf_base::Timestamp;

use crate::{
    env::{self, Facts, Sources},
    machine::Lent,
    plan::{begin, plan},
    pod::{Pod, TokenSource},
    probe, qos,
    refused::{self, refused},
    server,
    state::{Event, PodState},
    status::{self, Place},
    volume_files::{self, Tokens},
};

/// What every pod refers to is there.
struct All;

impl Sources for All {
    fn config_map(&self, name: &str) -> Option<BTreeMap<String, Vec<u8>>> {
        Some(BTreeMap::from([(name.to_owned(), b"v".to_vec())]))
    }

    fn secret(&self, _: &str) -> Option<BTreeMap<String, Vec<u8>>> {
        Some(BTreeMap::from([("k".to_owned(), vec![0xff])]))
    }
}

impl Tokens for All {
    fn token(&self, of: &TokenSource) -> Option<String> {
        Some(of.audience.clone())
    }
}

/// After so many nothing is left to begin, until something happens.
const ROUNDS: usize = 3;

/// A pod from its begin: it comes to rest, whatever it asks for.
pub fn pod(object: &Value, now: Timestamp) {
    let Ok(pod) = Pod::read(object) else {
        let _ = Pod::unreadable(object);
        return;
    };
    let facts = Facts::default();
    for of in pod.all_containers() {
        let _ = env::environment(&pod, of, &All, &facts);
        let _ = qos::container_bounds(&pod, of);
    }
    for volume in &pod.spec.volumes {
        if let Some(Ok(files)) = volume_files::files(&pod, volume, &All, &All, &facts) {
            let stays_in = |it: &PathBuf| {
                let mut parts = it.components();
                parts.all(|part| matches!(part, Component::Normal(_)))
            };
            assert!(files.keys().all(stays_in), "{files:?}");
        }
    }
    let _ = (qos::class(&pod), qos::pod_bounds(&pod), qos::requests(&pod));
    let place = Place {
        host_ip: "10.0.0.1".to_owned(),
    };
    let lacks = refused::Node {
        address: "10.0.0.1",
        has_host_paths: true,
        lent: Lent::default(),
    };
    let _ = refused(&pod, lacks);
    let mut state = PodState::new(&pod, now);
    state.welcome(&pod, |_, _| None, now);
    for event in [
        None,
        Some(Event::SandboxMade { ip: None }),
        Some(Event::SandboxLost),
    ] {
        if let Some(event) = event {
            state.take(&pod, event, now);
        }
        // What one asks for may be what another waits for.
        for _ in 0..ROUNDS {
            for action in plan(&pod, &state, now).actions {
                begin(&mut state, &action);
            }
        }
        let again = plan(&pod, &state, now).actions;
        assert!(again.is_empty(), "{again:?}");
        let _ = status::status(&pod, &state, &place, now);
    }
}

/// What a pod answers to a probe of gRPC.
pub fn health(answer: &[u8]) {
    let _ = probe::grpc::status(Bytes::copy_from_slice(answer));
}

/// The query of a request for a log or a session.
pub fn query(text: &str, now: Timestamp) {
    server::fuzz::query(text, now);
}
