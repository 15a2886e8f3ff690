//! What nodes said, for a moment: many may ask at once, and each node is asked once for all of them.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::time::Instant;
use wharf_kube_model::view::text_at;

use super::{asking, sample::OfNode};
use crate::cluster::Inner;

/// Nodes measure every ten seconds.
const KEPT: Duration = Duration::from_secs(5);
/// One that did not answer holds up nobody again so soon.
const SILENT: Duration = Duration::from_secs(15);
/// Nodes that are remembered before those nobody asked for lately are forgotten.
const REMEMBERED: usize = 64;
const FORGOTTEN: Duration = Duration::from_secs(60);

pub type Heard = Arc<OfNode>;

/// What a node said when it was asked last; nothing if it did not answer.
#[derive(Default)]
struct Known {
    asked: Option<(Instant, Option<Heard>)>,
}

type Slot = Arc<tokio::sync::Mutex<Known>>;

#[derive(Default)]
pub struct Usage {
    /// By the nodes' uids.
    nodes: Mutex<HashMap<String, Slot>>,
}

impl Usage {
    pub async fn of(&self, inner: &Inner, node: &Value) -> Option<Heard> {
        let slot = self.slot(text_at(node, &["metadata", "uid"]));
        // The first asks; who comes meanwhile waits for what it hears.
        let mut known = slot.lock().await;
        if let Some((at, heard)) = &known.asked {
            let kept = if heard.is_some() { KEPT } else { SILENT };
            if at.elapsed() < kept {
                return heard.clone();
            }
        }
        let asked = asking::ask(&*inner.parts.nodes, node).await;
        let heard = match asked {
            Ok(heard) => Some(Arc::new(heard)),
            Err(error) => {
                let name = text_at(node, &["metadata", "name"]);
                tracing::debug!(node = name, %error, "failed to ask a node what its pods use");
                None
            }
        };
        known.asked = Some((Instant::now(), heard.clone()));
        heard
    }

    fn slot(&self, uid: &str) -> Slot {
        let mut nodes = self.nodes.lock();
        if let Some(slot) = nodes.get(uid) {
            return Arc::clone(slot);
        }
        if nodes.len() >= REMEMBERED {
            nodes.retain(|_, it| is_wanted(it));
        }
        let slot = Slot::default();
        nodes.insert(uid.to_owned(), Arc::clone(&slot));
        slot
    }
}

fn is_wanted(slot: &Slot) -> bool {
    // One that is locked is asked right now.
    let Ok(known) = slot.try_lock() else {
        return true;
    };
    let is_held = Arc::strong_count(slot) > 1;
    let lately = |(at, _): &(Instant, Option<Heard>)| at.elapsed() < FORGOTTEN;
    is_held || known.asked.as_ref().is_some_and(lately)
}
