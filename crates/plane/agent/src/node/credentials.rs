//! Credentials of task roles: in memory only, handed out by id.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::RwLock;
use tokio::sync::watch;

use crate::protocol::payload::RoleCredentials;

/// Shared, cheap to clone.
#[derive(Clone, Debug)]
pub struct CredentialStore {
    by_id: Arc<RwLock<BTreeMap<String, RoleCredentials>>>,
    /// Counts arrivals, for those who wait.
    arrivals: Arc<watch::Sender<u64>>,
}

impl Default for CredentialStore {
    fn default() -> Self {
        Self {
            by_id: Arc::default(),
            arrivals: Arc::new(watch::Sender::new(0)),
        }
    }
}

impl CredentialStore {
    pub fn put(&self, credentials: RoleCredentials) {
        if credentials.credentials_id.is_empty() {
            return;
        }
        let mut by_id = self.by_id.write();
        by_id.insert(credentials.credentials_id.clone(), credentials);
        drop(by_id);
        self.arrivals.send_modify(|n| *n += 1);
    }

    pub fn get(&self, id: &str) -> Option<RoleCredentials> {
        self.by_id.read().get(id).cloned()
    }

    pub fn forget<'a>(&self, ids: impl IntoIterator<Item = &'a str>) {
        let mut by_id = self.by_id.write();
        for id in ids {
            by_id.remove(id);
        }
    }

    /// Waits until the credentials are there: after a restart they come with the first connection.
    pub async fn wait_for(&self, id: &str) -> RoleCredentials {
        let mut arrivals = self.arrivals.subscribe();
        loop {
            if let Some(found) = self.get(id) {
                return found;
            }
            if arrivals.changed().await.is_err() {
                // The sender lives as long as `self`.
                std::future::pending::<()>().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waits_for_what_comes_later() {
        let store = CredentialStore::default();
        let waiting = tokio::spawn({
            let store = store.clone();
            async move { store.wait_for("id").await }
        });
        let credentials = RoleCredentials {
            credentials_id: "id".into(),
            ..Default::default()
        };
        store.put(RoleCredentials {
            credentials_id: "other".into(),
            ..Default::default()
        });
        store.put(credentials.clone());
        assert_eq!(waiting.await.unwrap(), credentials);
        store.forget(["id"]);
        assert_eq!(store.get("id"), None);
    }
}
