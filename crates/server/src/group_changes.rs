//! Where Auto Scaling groups change, for ECS, which keeps those of its capacity providers.

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use wharf_records::Scope;
use wharf_service::{Reach, feed};
use wharf_store::Store;
use wharf_svc_ecs::Place;

/// Places that a slow listener may be behind by; it then looks everywhere.
const BEHIND: usize = 256;
/// As its records are kept.
const SERVICE: &str = "autoscaling";

/// Accounts and regions in which some group, instance or hook has changed.
#[derive(Debug, Clone)]
pub(crate) struct GroupChanges(broadcast::Sender<Place>);

impl GroupChanges {
    pub fn new() -> Self {
        Self(broadcast::channel(BEHIND).0)
    }

    pub fn listen(&self) -> broadcast::Receiver<Place> {
        self.0.subscribe()
    }

    /// Tells of changes until `stop`.
    pub async fn follow(self, store: Store, stop: CancellationToken) {
        let changed = move |key: &str, _| {
            if let Some((scope, _, _)) = Scope::parse(key) {
                // Nobody may listen yet.
                let _ = self.0.send(Place {
                    account: scope.account,
                    region: scope.region,
                });
            }
            Reach::One
        };
        feed(store, SERVICE, stop, changed).await;
    }
}
