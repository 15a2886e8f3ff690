//! Resource quotas: what is created counts in the status of its namespace's quotas, in the same transaction, so that no number of
//! creations at once takes more than there is. What goes is counted by the controller.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::OwnedMutexGuard;
use wharf_kube_model::{
    convert,
    quota::{Counted, Verdict, judge, to_value},
    view::text_at,
};
use wharf_store::Compare;

use super::Effects;
use crate::{
    answer::Fault,
    call::{Call, store_fault},
    storage::{Object, record},
};

const QUOTAS: &str = "resourcequotas";
/// Quotas of one namespace: a creation may write all of them.
const MOST_QUOTAS: usize = 32;
/// Namespaces known to have had creations under quotas before those without any are forgotten.
const MOST_TURNS: usize = 1024;

/// Who creates under the quotas of a namespace: one after the other, since each needs what the one before left.
#[derive(Debug, Default)]
pub struct Turns {
    all: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
}

impl Turns {
    async fn take(&self, namespace: &str) -> OwnedMutexGuard<()> {
        let turn = {
            let mut all = self.all.lock();
            if all.len() >= MOST_TURNS {
                all.retain(|_, it| it.strong_count() > 0);
            }
            match all.get(namespace).and_then(Weak::upgrade) {
                Some(turn) => turn,
                None => {
                    let turn = Arc::default();
                    all.insert(namespace.to_owned(), Arc::downgrade(&turn));
                    turn
                }
            }
        };
        turn.lock_owned().await
    }
}

async fn quotas(call: &Call) -> Result<Vec<(Object, Arc<Value>)>, Fault> {
    let found = call.cluster.some("", QUOTAS, call.namespace()).await;
    found.map_err(store_fault)
}

/// Whether there may be one more quota.
pub async fn has_room(call: &Call, quota: &Value) -> Result<(), Fault> {
    if quotas(call).await?.len() < MOST_QUOTAS {
        return Ok(());
    }
    let why = format!("a namespace has at most {MOST_QUOTAS} resource quotas");
    Err(call.forbidden(text_at(quota, &["metadata", "name"]), &why))
}

/// Which writes quotas count: those that can add something.
fn is_counted(counted: Counted<'_>, subresource: &str, is_new: bool) -> bool {
    if counted.plural == "events" {
        return false;
    }
    match (counted.group, counted.plural, subresource) {
        (_, _, "") if is_new => true,
        ("", "services" | "persistentvolumeclaims", "") | ("", "pods", "resize") => true,
        // What grows its volume tells there how large it may become.
        ("", "persistentvolumeclaims", "status") => true,
        _ => false,
    }
}

/// Counts a write in the quotas of its namespace. It must do what `effects` then say.
pub async fn charge(
    call: &Call,
    subresource: &str,
    object: &Value,
    live: Option<&Value>,
    effects: &mut Effects,
) -> Result<(), Fault> {
    let storage = &call.resource.storage;
    let counted = Counted {
        group: &storage.group,
        plural: &storage.plural,
    };
    let Some(namespace) = call.namespace() else {
        return Ok(());
    };
    if !is_counted(counted, subresource, live.is_none()) || quotas(call).await?.is_empty() {
        return Ok(());
    }
    effects.turn = Some(call.cluster.turns.take(namespace).await);
    let catalog = call.cluster.catalog.load();
    let resource = catalog
        .all()
        .find(|it| it.group.is_empty() && it.plural == QUOTAS);
    let Some(resource) = resource else {
        return Ok(());
    };
    // What was read before the turn came may have changed.
    for (stored, quota) in quotas(call).await? {
        let mut quota = Arc::unwrap_or_clone(quota);
        match judge(&quota, counted, object, live, call.now.millis()) {
            Verdict::Uncounted => {}
            Verdict::Refused(why) => {
                let name = text_at(object, &["metadata", "name"]);
                return Err(call.forbidden(name, &why));
            }
            Verdict::Used(used) => {
                quota["status"]["used"] = to_value(&used);
                let name = text_at(&quota, &["metadata", "name"]);
                let keys = &call.cluster.objects.keys;
                let key = keys.object("", QUOTAS, Some(namespace), name);
                let unchanged = Compare::mod_revision(&key, stored.revision);
                effects.compares.push(unchanged);
                let stored = convert::to_stored(resource, quota);
                let bytes = record(&resource.storage.version, &stored);
                effects.written.push((key, bytes));
            }
        }
    }
    if effects.written.is_empty() {
        effects.turn = None;
    }
    Ok(())
}
