//! Volumes whose files are being read, or checked and mounted, which takes as long as they are large: each is kept from
//! others who would, and from being removed, by itself, and nobody waits for the files of others.

use std::collections::BTreeSet;

use tokio::sync::watch;

use super::Volumes;

/// One of them, until this is dropped.
pub struct Taken {
    all: watch::Sender<BTreeSet<String>>,
    id: String,
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.all.send_modify(|all| {
            all.remove(&self.id);
        });
    }
}

impl Volumes {
    /// Takes a volume for itself, as one that is not made or removed just now; `None` while somebody else has it.
    pub(super) async fn try_take(&self, id: &str) -> Option<Taken> {
        let _busy = self.busy.lock().await;
        let is_free = self.taken.send_if_modified(|all| all.insert(id.to_owned()));
        is_free.then(|| Taken {
            all: self.taken.clone(),
            id: id.to_owned(),
        })
    }

    /// The same, once nobody else has it.
    pub(super) async fn take_for_itself(&self, id: &str) -> Taken {
        let mut all = self.taken.subscribe();
        loop {
            if let Some(taken) = self.try_take(id).await {
                return taken;
            }
            let free = all.wait_for(|all| !all.contains(id)).await;
            drop(free);
        }
    }

    pub(super) fn is_taken_for_itself(&self, id: &str) -> bool {
        self.taken.borrow().contains(id)
    }
}
