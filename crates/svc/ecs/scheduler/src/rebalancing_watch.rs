//! Wakes services whose tasks have become uneven across zones: of a new host in a zone that had none, nothing tells the
//! services that run elsewhere.
//!
//! A look is cheap, for it only counts; whether there is something to move is decided by the service's own plan
//! (`services/plan/rebalance.rs`). A service is read by itself, so that nothing waits for all of them.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use wharf_records::ecs::Service;

use crate::{
    Scheduler,
    names::Place,
    services::{
        launch::zones::{Evenness, evenness},
        plan::rebalance,
    },
    view::Held,
};

/// Between two looks at all services.
const LOOK: Duration = Duration::from_secs(10);

/// Looks until `stop`.
pub async fn run(scheduler: Arc<Scheduler>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        // Only the server that holds the shard.
        if scheduler.state.fence().is_err() {
            continue;
        }
        for place in scheduler.state.view.places() {
            look(&scheduler, &place).await;
        }
    }
}

async fn look(scheduler: &Scheduler, place: &Place) {
    let view = &scheduler.state.view;
    let idle = |service: &Held<Service>| {
        rebalance::concerns(service) && service.rebalancing.since.is_none()
    };
    let concerned: Vec<String> = view.read(place, |region| {
        let services = region.services.iter();
        let concerned = services.filter(|(_, service)| idle(service));
        concerned.map(|(id, _)| id.clone()).collect()
    });
    for id in concerned {
        let now = scheduler.state.now();
        let uneven = view.read(place, |region| {
            let service = region.services.get(&id).filter(|service| idle(service))?;
            let wakes = match evenness(region, service, &id, now) {
                Evenness::Even => false,
                Evenness::Uneven => true,
                // Once it was said there is nothing to do until the protection ends or a task does: both wake the service.
                Evenness::Protected => !service.said.contains_key(rebalance::PROTECTED),
            };
            wakes.then(|| service.key.clone())
        });
        if let Some(key) = uneven {
            scheduler.wake_service(key);
        }
        tokio::task::yield_now().await;
    }
}
