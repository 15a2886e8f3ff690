//! A service with its loops.

use std::ops::Deref;

use tokio_util::sync::CancellationToken;

/// A service whose loops run in the background until it is dropped.
pub struct Running<S> {
    service: S,
    stop: CancellationToken,
    launch: Box<dyn Fn() -> (S, CancellationToken) + Send + Sync>,
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
            tokio::spawn(run(stop.clone()));
            (service, stop)
        };
        let (service, stop) = launch();
        Self {
            service,
            stop,
            launch: Box::new(launch),
        }
    }

    /// Ends the service without a word, as a crash does, and starts another on the same store.
    pub fn restart(&mut self) {
        self.stop.cancel();
        (self.service, self.stop) = (self.launch)();
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
