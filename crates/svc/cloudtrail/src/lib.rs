//! CloudTrail: who asked for what, from where, and which statement let or did not let them.
//!
//! The dispatcher tells [`Recorder`] of every request that reached it with a valid signature, and of
//! every decision about the registry, agents' and planes' streams, exec sessions, join tokens and the
//! control endpoints; the gateway tells of requests that were refused before, which are counted
//! ([`repeated`]): strangers must not be able to push the history out.
//!
//! Of calls between services those are recorded that change something in the service's own name.

mod authorize;
mod deliver;
mod event;
mod fault;
#[doc(hidden)]
pub mod fuzz;
mod log;
mod lookup;
mod names;
mod recorder;
mod records;
mod repeated;
mod trails;

use std::{path::PathBuf, sync::Arc, time::Duration};

use wharf_api_cloudtrail::{Cloudtrail, Input, types::*};
use wharf_base::{Clock, Timestamp};
use wharf_journal::Journal;
use wharf_store::Store;
use wharf_wire::{Call, Check, Context, Fault, async_trait};

use self::{
    deliver::{Delivered, Deliverer},
    trails::Trails,
};
pub use recorder::Recorder;

/// Between looks for events that are too old.
const SWEEP_EVERY: Duration = Duration::from_secs(600);
/// Events looked at to find one by its request.
const SEARCHED: u64 = 200_000;

/// CloudTrail over the journal.
#[derive(Clone)]
pub struct CloudtrailService {
    journal: Journal,
    clock: Arc<dyn Clock>,
    trails: Trails,
}

impl CloudtrailService {
    /// `folder` is where trails' buckets are; without it there can be no trail.
    pub fn new(
        store: Store,
        journal: Journal,
        folder: Option<PathBuf>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let trails = Trails {
            store,
            journal: journal.clone(),
            folder,
            delivered: Delivered::default(),
        };
        Self {
            journal,
            clock,
            trails,
        }
    }

    /// Delivers events to trails, for ever.
    pub async fn deliver(self) {
        match self.deliverer() {
            Some(deliverer) => deliverer.run().await,
            None => std::future::pending().await,
        }
    }

    /// Delivers what there is now.
    pub async fn deliver_once(&self) {
        if let Some(deliverer) = self.deliverer() {
            deliverer.once().await;
        }
    }

    fn deliverer(&self) -> Option<Deliverer> {
        Some(Deliverer {
            store: self.trails.store.clone(),
            journal: self.journal.clone(),
            folder: self.trails.folder.clone()?,
            delivered: self.trails.delivered.clone(),
            clock: self.clock.clone(),
        })
    }

    /// Lets go of old events, for ever.
    pub async fn sweep(self) {
        let mut ticks = tokio::time::interval(SWEEP_EVERY);
        loop {
            ticks.tick().await;
            let now: Timestamp = self.clock.now();
            if let Err(error) = log::sweep(&self.journal, now).await {
                tracing::warn!(%error, "old events of the audit log could not be removed; retrying later");
            }
        }
    }

    /// The events of one request, oldest first, as JSON text; of the caller's account and region.
    pub async fn of_request(&self, call: &Call, request_id: &str) -> Result<Vec<String>, Fault> {
        let log = log::Log::new(self.journal.clone(), &call.account, &call.region);
        let (first, end) = log.bounds();
        let floor = end.saturating_sub(SEARCHED).max(first);
        let (mut at, mut found) = (end, Vec::new());
        while at > floor {
            let chunk = log.before(at).await.map_err(fault::journal)?;
            let Some((oldest, ..)) = chunk.last() else {
                break;
            };
            at = *oldest;
            let before = found.len();
            let of_it = chunk
                .into_iter()
                .filter(|(_, it, _)| it.request_id == request_id);
            found.extend(of_it.map(|(_, _, text)| text));
            // A request's events stand close to each other.
            if before > 0 && found.len() == before {
                break;
            }
        }
        found.reverse();
        Ok(found)
    }
}

#[async_trait]
impl Cloudtrail for CloudtrailService {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        Ok(authorize::checks(cx, input))
    }

    async fn lookup_events(
        &self,
        call: &Call,
        input: LookupEventsRequest,
    ) -> Result<LookupEventsResponse, Fault> {
        lookup::lookup_events(&self.journal, call, input).await
    }

    async fn create_trail(
        &self,
        call: &Call,
        input: CreateTrailRequest,
    ) -> Result<CreateTrailResponse, Fault> {
        self.trails.create(call, input).await
    }

    async fn update_trail(
        &self,
        call: &Call,
        input: UpdateTrailRequest,
    ) -> Result<UpdateTrailResponse, Fault> {
        self.trails.update(call, input).await
    }

    async fn delete_trail(
        &self,
        call: &Call,
        input: DeleteTrailRequest,
    ) -> Result<DeleteTrailResponse, Fault> {
        self.trails.delete(call, input.name).await?;
        Ok(DeleteTrailResponse::default())
    }

    async fn describe_trails(
        &self,
        call: &Call,
        input: DescribeTrailsRequest,
    ) -> Result<DescribeTrailsResponse, Fault> {
        let trails = self.trails.describe(call, input.trail_name_list).await?;
        Ok(DescribeTrailsResponse {
            trail_list: Some(trails),
        })
    }

    async fn get_trail(
        &self,
        call: &Call,
        input: GetTrailRequest,
    ) -> Result<GetTrailResponse, Fault> {
        let trail = self.trails.get(call, input.name).await?;
        Ok(GetTrailResponse { trail: Some(trail) })
    }

    async fn list_trails(
        &self,
        call: &Call,
        _input: ListTrailsRequest,
    ) -> Result<ListTrailsResponse, Fault> {
        Ok(ListTrailsResponse {
            trails: Some(self.trails.list(call).await?),
            next_token: None,
        })
    }

    async fn start_logging(
        &self,
        call: &Call,
        input: StartLoggingRequest,
    ) -> Result<StartLoggingResponse, Fault> {
        self.trails.start(call, input.name).await?;
        Ok(StartLoggingResponse::default())
    }

    async fn stop_logging(
        &self,
        call: &Call,
        input: StopLoggingRequest,
    ) -> Result<StopLoggingResponse, Fault> {
        self.trails.stop(call, input.name).await?;
        Ok(StopLoggingResponse::default())
    }

    async fn get_trail_status(
        &self,
        call: &Call,
        input: GetTrailStatusRequest,
    ) -> Result<GetTrailStatusResponse, Fault> {
        self.trails.status(call, input.name).await
    }

    async fn put_event_selectors(
        &self,
        call: &Call,
        input: PutEventSelectorsRequest,
    ) -> Result<PutEventSelectorsResponse, Fault> {
        self.trails.put_selectors(call, input).await
    }

    async fn get_event_selectors(
        &self,
        call: &Call,
        input: GetEventSelectorsRequest,
    ) -> Result<GetEventSelectorsResponse, Fault> {
        self.trails.get_selectors(call, input.trail_name).await
    }
}
