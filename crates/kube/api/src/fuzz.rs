//! What fuzzing reaches of this crate: what webhooks, aggregated servers and nodes answer.

use serde_json::Value;

use crate::{aggregation, measured, webhooks};

/// The answer of a webhook, whether it may change objects or not.
pub fn review(body: &[u8]) {
    for may_patch in [true, false] {
        if let Ok(verdict) = webhooks::review::judge("hook.example.com", "u", may_patch, body) {
            assert!(may_patch || verdict.patch.is_none());
            assert!(verdict.refusal.is_none() || verdict.patch.is_none());
        }
    }
}

/// The kinds of an aggregated server, which stand in a document of the cluster.
pub fn aggregated(list: &[u8]) {
    if let Ok(told) = aggregation::told::resources(list, "metrics.example.com", "v1") {
        let read: Value = serde_json::from_str(&told).expect("its own JSON");
        assert!(read.is_array());
    }
}

/// What a node uses.
pub fn node_summary(body: &[u8]) {
    if let Ok(read) = measured::told::read(body) {
        let containers = read.pods.values().flatten().map(|(_, sample)| sample);
        for sample in containers.chain(&read.node) {
            let _ = (sample.window(), sample.usage());
        }
    }
}
