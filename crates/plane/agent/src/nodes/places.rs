//! A place for each instance, worked on by one at a time: what takes long for one holds up no other.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

type Place<T> = Arc<Turn<Option<T>>>;

pub struct Places<T>(Mutex<BTreeMap<String, Place<T>>>);

impl<T> Default for Places<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Places<T> {
    /// Waits for whoever works on that place.
    pub async fn of(&self, id: &str) -> OwnedMutexGuard<Option<T>> {
        let place = self.0.lock().entry(id.to_owned()).or_default().clone();
        place.lock_owned().await
    }

    pub fn names(&self) -> Vec<String> {
        self.0.lock().keys().cloned().collect()
    }

    /// Removes a place that is empty and that nobody waits for.
    pub fn forget(&self, id: &str) {
        let mut all = self.0.lock();
        let is_idle = |place: &Place<T>| {
            // Who holds or awaits it has a handle of its own, and gets none while the map is locked.
            Arc::strong_count(place) == 1 && place.try_lock().is_ok_and(|it| it.is_none())
        };
        if all.get(id).is_some_and(is_idle) {
            all.remove(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn what_takes_long_for_one_holds_up_no_other() {
        let places = Places::<u8>::default();
        let mut slow = places.of("i-1").await;
        *slow = Some(1);
        let other = tokio::time::timeout(Duration::from_secs(1), places.of("i-2"));
        assert_eq!(*other.await.expect("the other waits"), None);
        // One that is held or filled stays.
        places.forget("i-1");
        drop(slow);
        places.forget("i-1");
        places.forget("i-2");
        assert_eq!(places.names(), ["i-1"]);
        assert_eq!(places.of("i-1").await.take(), Some(1));
        places.forget("i-1");
        assert!(places.names().is_empty());
    }
}
