//! Objects that end by themselves: events, an hour after they were last written. Those of the same minutes share a lease of the store.

use std::time::Duration;

use tokio::sync::Mutex;
use wharf_base::Timestamp;
use wharf_kube_model::Resource;
use wharf_store::{LeaseId, StoreError};

use crate::storage::Objects;

const EVENTS_LAST: Duration = Duration::from_secs(3600);
/// For how long a lease is given to new objects: by so much events may last longer.
const SHARED_FOR: Duration = Duration::from_secs(180);
/// Objects of one lease: its end deletes them in one revision.
const MOST_SHARED: u32 = 100;

#[derive(Default)]
pub struct Expiry {
    current: Mutex<Option<Shared>>,
}

struct Shared {
    lease: LeaseId,
    since: Timestamp,
    objects: u32,
}

impl Expiry {
    /// The lease for an object that is written now; `None` for what lasts.
    pub async fn lease(
        &self,
        objects: &Objects,
        resource: &Resource,
        now: Timestamp,
    ) -> Result<Option<LeaseId>, StoreError> {
        if resource.storage.plural != "events" || resource.custom.is_some() {
            return Ok(None);
        }
        let mut current = self.current.lock().await;
        if let Some(shared) = current.as_mut()
            && now.since(shared.since) < SHARED_FOR
            && shared.objects < MOST_SHARED
        {
            shared.objects += 1;
            return Ok(Some(shared.lease));
        }
        let lease = objects.lease(EVENTS_LAST + SHARED_FOR).await?;
        *current = Some(Shared {
            lease,
            since: now,
            objects: 1,
        });
        Ok(Some(lease))
    }
}
