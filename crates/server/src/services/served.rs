//! A service that is ready: what it answers, and what it does for as long as the server runs.

use std::{pin::Pin, sync::Arc};

use tokio_util::sync::CancellationToken;
use wharf_service::{Counted, Sealing, Tagged, announce::Announce, rates::Rates};
use wharf_vended::{Look, Minute};
use wharf_wire::Service;

use crate::gateway::throttle::OfServices;

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Work that a service does for as long as the server runs.
pub(crate) struct Loop {
    pub name: &'static str,
    /// Ends once it is told to.
    pub run: Box<dyn FnOnce(CancellationToken) -> Running + Send>,
}

/// Operations of a service that links ask for.
#[derive(Debug, Clone, Copy)]
pub struct Links {
    /// As requests are signed for it.
    pub service: &'static str,
    pub operations: &'static [&'static str],
}

/// A service that is ready.
#[derive(Default)]
pub(crate) struct Served {
    pub routes: Vec<Arc<dyn Service>>,
    pub loops: Vec<Loop>,
    /// How what it owes to others is delivered, for metrics.
    pub deliveries: Vec<Deliveries>,
    /// What is looked at once a minute, for CloudWatch.
    pub looks: Vec<Look>,
    /// How many requests they take.
    pub rates: OfServices,
    /// Which operations are asked for by links.
    pub links: Vec<Links>,
    pub(super) tagged: Vec<Tagged>,
    pub(super) counted: Vec<Counted>,
    pub(super) sealing: Vec<Sealing>,
    pub(super) announcing: Vec<Arc<dyn Announce>>,
}

/// A service that delivers, and how that goes.
pub(crate) type Deliveries = (
    &'static str,
    Box<dyn Fn() -> wharf_delivery::Figures + Send + Sync>,
);

impl Served {
    /// Answers by these routes.
    pub fn by(routes: impl Service + 'static) -> Self {
        Self {
            routes: vec![Arc::new(routes)],
            ..Self::default()
        }
    }

    /// Takes so many requests instead of the usual number.
    pub fn throttled(mut self, rates: Rates) -> Self {
        let names = self.routes.iter().map(|it| it.schema().name);
        self.rates.extend(names.map(|name| (name, rates)));
        self
    }

    /// Has operations that links ask for, in what the service sends. A secret in the link says who may, and the
    /// operation looks at it.
    pub fn linked(mut self, operations: &'static [&'static str]) -> Self {
        let names = self.routes.iter().map(|it| it.schema().signing_name);
        self.links.extend(names.map(|service| Links {
            service,
            operations,
        }));
        self
    }

    /// Has resources with tags, for the tagging API.
    pub fn tagged(mut self, tagged: Tagged) -> Self {
        self.tagged.push(tagged);
        self
    }

    /// Has resources that CloudWatch tells the number of.
    pub fn counted(mut self, counted: Counted) -> Self {
        self.counted.push(counted);
        self
    }

    /// Has secrets in its records that are sealed under the keyring, for its rotation.
    pub fn sealing(mut self, sealing: Sealing) -> Self {
        self.sealing.push(sealing);
        self
    }

    /// Announces changes of its records, for EventBridge.
    pub fn announcing(mut self, announcing: impl Announce) -> Self {
        self.announcing.push(Arc::new(announcing));
        self
    }

    /// Delivers to others, for metrics.
    pub fn delivering(
        mut self,
        name: &'static str,
        figures: impl Fn() -> wharf_delivery::Figures + Send + Sync + 'static,
    ) -> Self {
        self.deliveries.push((name, Box::new(figures)));
        self
    }

    /// Looks at what it has once a minute, for CloudWatch.
    pub fn looking(mut self, look: impl Fn(&Minute<'_>) + Send + Sync + 'static) -> Self {
        self.looks.push(Box::new(look));
        self
    }

    /// Runs a loop that ends when it is told to.
    pub fn running<F>(
        mut self,
        name: &'static str,
        run: impl FnOnce(CancellationToken) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.loops.push(Loop {
            name,
            run: Box::new(|stop| Box::pin(run(stop))),
        });
        self
    }

    /// Runs a loop that never ends by itself, and is dropped at the end.
    pub fn forever(
        self,
        name: &'static str,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        self.running(name, |stop| async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = work => {}
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_loop_without_end_is_dropped_when_told() {
        let nothing = wharf_api_sts::Routes(Arc::new(Nothing));
        let served = Served::by(nothing).forever("waits", std::future::pending());
        let stop = CancellationToken::new();
        stop.cancel();
        for it in served.loops {
            (it.run)(stop.clone()).await;
        }
    }

    struct Nothing;

    wharf_api_sts::operations! {
        impl Nothing;
        authorize(self, _cx, input) = Ok(vec![wharf_wire::Check::any(input.action())]);
        run(self, operation, call, input) = operation(call, input).await;
    }
}
