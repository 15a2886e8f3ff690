//! What many want at once is fetched once. The work goes on when nobody waits for it any more, so that
//! what was fetched is there for the next.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::watch;

/// Works under way at once; each is memory and a request of another registry.
const MOST: usize = 1000;

type Landed<T> = watch::Receiver<Option<T>>;

#[derive(Debug)]
pub(crate) struct Flights<T>(Mutex<HashMap<String, Landed<T>>>);

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// Takes a work out of those under way, however it ended.
struct Under<T> {
    flights: Arc<Flights<T>>,
    key: String,
}

impl<T> Drop for Under<T> {
    fn drop(&mut self) {
        self.flights.0.lock().remove(&self.key);
    }
}

impl<T: Clone + Send + Sync + 'static> Flights<T> {
    /// What became of the work under this key: of the one under way, or of this one. `None` if too
    /// many are under way, if there is no room for this one, or if it was cut short.
    pub(crate) async fn join<F>(
        self: &Arc<Self>,
        key: String,
        work: impl FnOnce() -> Option<F>,
    ) -> Option<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut landed = {
            let mut all = self.0.lock();
            match all.get(&key) {
                Some(landed) => landed.clone(),
                None if all.len() >= MOST => return None,
                None => {
                    let work = work()?;
                    let (told, landed) = watch::channel(None);
                    all.insert(key.clone(), landed.clone());
                    let under = Under {
                        flights: self.clone(),
                        key,
                    };
                    tokio::spawn(async move {
                        let _under = under;
                        told.send_replace(Some(work.await));
                    });
                    landed
                }
            }
        };
        let landed = landed.wait_for(Option::is_some).await.ok()?;
        landed.clone()
    }

    /// Waits for the work under this key, if there is one; whether there was.
    pub(crate) async fn wait(&self, key: &str) -> bool {
        let under_way = self.0.lock().get(key).cloned();
        match under_way {
            Some(mut landed) => landed.wait_for(Option::is_some).await.is_ok(),
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn those_who_want_the_same_wait_for_one_work() {
        let flights = Arc::new(Flights::<usize>::default());
        let (runs, go) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let join = || {
            let (flights, runs, go) = (flights.clone(), runs.clone(), go.clone());
            async move {
                let work = || {
                    Some(async move {
                        go.notified().await;
                        runs.fetch_add(1, Ordering::SeqCst)
                    })
                };
                flights.join("a".to_owned(), work).await
            }
        };
        let (mut one, mut two) = (Box::pin(join()), Box::pin(join()));
        // Both are waiting before it can end; one of them gives up.
        assert!(futures_util::poll!(&mut one).is_pending());
        assert!(futures_util::poll!(&mut two).is_pending());
        drop(one);
        go.notify_one();
        assert_eq!(two.await, Some(0));
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        assert!(!flights.wait("a").await || flights.0.lock().is_empty());
    }

    #[tokio::test]
    async fn a_work_that_was_cut_short_is_begun_anew() {
        let flights = Arc::new(Flights::<usize>::default());
        let broken = flights.join("a".to_owned(), || {
            Some(async { panic!("as it is meant to") })
        });
        assert_eq!(broken.await, None);
        let refused = flights.join("a".to_owned(), || None::<std::future::Ready<usize>>);
        assert_eq!(refused.await, None);
        let next = flights.join("a".to_owned(), || Some(async { 7 }));
        assert_eq!(next.await, Some(7));
    }
}
