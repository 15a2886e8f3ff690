//! Who a layer is fetched as.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::time::timeout;

use super::{Event, Filling, PAUSE, RegistryError, Repository};

/// Logins that are kept; the registry may take the newest no more while it takes another.
const MOST_LOGINS: usize = 8;

impl Filling {
    /// It may be fetched by this login too.
    pub(in super::super) fn attach(
        self: &Arc<Self>,
        repository: &Arc<Repository>,
    ) -> Result<(), RegistryError> {
        if self.is_broken.load(Ordering::Acquire) || self.is_over.load(Ordering::Acquire) {
            return Err(RegistryError::Nonsense(
                "it turned out to be wrong".to_owned(),
            ));
        }
        self.logins.send_modify(|logins| {
            if logins.len() >= MOST_LOGINS {
                logins.remove(0);
            }
            logins.push(Arc::clone(repository));
        });
        let is_complete = self.is_complete.load(Ordering::Acquire);
        if !is_complete && !self.is_filled.swap(true, Ordering::AcqRel) {
            tokio::spawn(self.clone().fill());
        }
        Ok(())
    }

    pub(in super::super) fn is_unattended(&self) -> bool {
        let is_done = |flag: &AtomicBool| flag.load(Ordering::Acquire);
        let over = [&self.is_complete, &self.is_over, &self.is_broken];
        self.logins.borrow().is_empty() && !over.into_iter().any(is_done)
    }

    fn call_for_login(&self) {
        let users = self.places.users();
        let _ = self.lazies.events.send(Event::Unattended { users });
    }

    /// A login that the registry takes no more is nobody's. Whether there is another.
    pub(super) fn refused(&self, by: &Arc<Repository>, error: &RegistryError) -> bool {
        if !matches!(error, RegistryError::Denied(_) | RegistryError::NotFound) {
            return false;
        }
        let mut is_last = false;
        self.logins.send_if_modified(|logins| {
            let before = logins.len();
            logins.retain(|it| !Arc::ptr_eq(it, by));
            is_last = before > 0 && logins.is_empty();
            logins.len() < before
        });
        if is_last {
            self.call_for_login();
        }
        !self.logins.borrow().is_empty()
    }

    /// Waits for one; `None`: it is over.
    pub(super) async fn login(&self) -> Option<Arc<Repository>> {
        let mut seen = self.logins.subscribe();
        loop {
            let is_over = self.is_over.load(Ordering::Acquire);
            if is_over || self.is_broken.load(Ordering::Acquire) || self.inner.strong_count() == 0 {
                return None;
            }
            if let Some(repository) = seen.borrow_and_update().first() {
                return Some(repository.clone());
            }
            // Whether it is over is looked at every now and then.
            let _ = timeout(PAUSE, seen.changed()).await;
        }
    }
}
