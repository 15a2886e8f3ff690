//! A service with its loops.

use std::ops::Deref;

use parking_lot::Mutex;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A service whose loops run in the background until it is dropped.
pub struct Running<S> {
    service: S,
    stop: CancellationToken,
    running: Mutex<Option<JoinHandle<()>>>,
    launch: Box<dyn Fn() -> (S, CancellationToken, JoinHandle<()>) + Send + Sync>,
}

impl<S> Running<S> {
    /// `make` makes the service and what runs its loops; it is called again at each restart.
    pub fn start<R, F>(make: impl Fn() -> (S, R) + Send + Sync + 'static) -> Self
    where
        R: FnOnce(CancellationToken) -> F,
        F: Future<Output = ()> + Send + 'static,
    {
        let launch = move || {
            let (service, run) = make();
            let stop = CancellationToken::new();
            let running = tokio::spawn(run(stop.clone()));
            (service, stop, running)
        };
        let (service, stop, running) = launch();
        Self {
            service,
            stop,
            running: Mutex::new(Some(running)),
            launch: Box::new(launch),
        }
    }

    /// Ends the service without a word, as a crash does, and starts another on the same store.
    pub fn restart(&mut self) {
        self.stop.cancel();
        let (service, stop, running) = (self.launch)();
        (self.service, self.stop) = (service, stop);
        *self.running.lock() = Some(running);
    }

    /// Tells its loops to end, and waits until they have.
    ///
    /// # Panics
    /// If one of them did.
    pub async fn end(&self) {
        self.stop.cancel();
        let running = self.running.lock().take();
        if let Some(running) = running {
            running.await.unwrap();
        }
    }
}

impl<S> Deref for Running<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.service
    }
}

impl<S> Drop for Running<S> {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
