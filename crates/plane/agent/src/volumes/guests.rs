//! The instances that run on this machine, which volumes are given to.

use std::collections::BTreeMap;

use tokio::sync::watch;
use wharf_container::runtime::TaskHandle;

/// Cheap to clone. Who keeps instances says which run; who keeps volumes looks.
#[derive(Clone)]
pub struct Guests(watch::Sender<Known>);

#[derive(Clone, Default)]
struct Known {
    /// Those that an agent before this one left were found again.
    all: bool,
    running: BTreeMap<String, TaskHandle>,
}

impl Default for Guests {
    fn default() -> Self {
        Self(watch::channel(Known::default()).0)
    }
}

impl Guests {
    /// `None`: it does not run.
    pub fn set(&self, id: &str, handle: Option<&TaskHandle>) {
        self.0.send_if_modified(|known| match handle {
            Some(handle) => known
                .running
                .insert(id.to_owned(), handle.clone())
                .is_none(),
            None => known.running.remove(id).is_some(),
        });
    }

    /// From now on, one that is not known does not run.
    pub fn all_known(&self) {
        self.0.send_modify(|known| known.all = true);
    }

    /// Those that run; `None` before that is known.
    pub fn running(&self) -> Option<BTreeMap<String, TaskHandle>> {
        let known = self.0.borrow();
        known.all.then(|| known.running.clone())
    }

    /// Returns when another runs, or one does no more.
    pub fn changes(&self) -> Changes {
        Changes(self.0.subscribe())
    }
}

/// News of instances.
pub struct Changes(watch::Receiver<Known>);

impl Changes {
    pub async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            // Nobody keeps instances any more.
            std::future::pending::<()>().await;
        }
    }
}
