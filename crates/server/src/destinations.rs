//! EventBridge, for services that are built before it: its API destinations, and what it listens for.

use std::sync::OnceLock;

use wharf_delivery::{Actor, ApiDestinations, Failure, Invocation};
use wharf_svc_events::EventsService;
use wharf_wire::async_trait;

/// The service that has them, once it is built.
#[derive(Default)]
pub(crate) struct Destinations(OnceLock<EventsService>);

impl Destinations {
    pub fn serve(&self, service: EventsService) {
        let _ = self.0.set(service);
    }

    /// EventBridge, once it is built.
    pub fn service(&self) -> Option<&EventsService> {
        self.0.get()
    }
}

#[async_trait]
impl ApiDestinations for Destinations {
    async fn invoke(&self, actor: &Actor, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let Some(service) = self.0.get() else {
            let text = "EventBridge is not there yet.";
            return Err(Failure::passing("ServiceUnavailable", text));
        };
        service.invoke(actor, invocation).await
    }
}
