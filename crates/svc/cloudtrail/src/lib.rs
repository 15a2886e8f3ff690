//! CloudTrail: who asked for what, from where, and which statement let or did not let them.
//!
//! The dispatcher tells [`Recorder`] of every request that reached it with a valid signature, and of
//! every decision about the registry, agents' and planes' streams, exec sessions, join tokens and the
//! control endpoints; the gateway tells of requests that were refused before, which are counted
//! ([`repeated`]): strangers must not be able to push the history out.
//!
//! Of calls between services those are recorded that change something in the service's own name.

#![forbid(unsafe_code)]

mod authorize;
mod deliver;
mod destinations;
mod event;
mod fault;
#[doc(hidden)]
pub mod fuzz;
mod log;
mod lookup;
mod names;
mod packed;
mod recorder;
mod records;
mod repeated;
mod tags;
mod trails;

use std::{path::PathBuf, sync::Arc, time::Duration};

use wharf_base::{Clock, Timestamp};
use wharf_delivery::Operations;
use wharf_journal::Journal;
use wharf_seal::Keyring;
use wharf_service::Table;
use wharf_store::Store;
use wharf_wire::{Call, Fault};

use self::{
    deliver::{Delivered, Deliverer},
    destinations::Destinations,
    log::{Log, Place},
    trails::Trails,
};
pub use recorder::Recorder;
pub use tags::TAGGED;

/// Between looks for events that are too old.
const SWEEP_EVERY: Duration = Duration::from_secs(600);
/// Events looked at to find one by its request.
const SEARCHED: usize = 200_000;
/// The most events that stand between two of one request.
const CLOSE: usize = 256;

/// CloudTrail over the journal.
#[derive(Clone)]
pub struct CloudtrailService {
    journal: Journal,
    clock: Arc<dyn Clock>,
    trails: Trails,
}

impl CloudtrailService {
    /// `folder` is where trails' buckets are, if not in S3.
    pub fn new(
        store: Store,
        keyring: Keyring,
        journal: Journal,
        folder: Option<PathBuf>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let trails = Trails {
            table: Table::new(store),
            journal: journal.clone(),
            keyring,
            destinations: Destinations::new(folder),
            delivered: Delivered::default(),
        };
        Self {
            journal,
            clock,
            trails,
        }
    }

    /// Lets trails have buckets of S3 and log groups.
    pub fn calling(&self, operations: Arc<dyn Operations>) {
        self.trails.destinations.calling(operations);
    }

    /// Delivers events to trails, for ever.
    pub async fn deliver(self) {
        self.deliverer().run().await;
    }

    /// Delivers what there is now.
    pub async fn deliver_once(&self) {
        self.deliverer().once().await;
    }

    fn deliverer(&self) -> Deliverer {
        Deliverer {
            table: self.trails.table.clone(),
            journal: self.journal.clone(),
            destinations: self.trails.destinations.clone(),
            delivered: self.trails.delivered.clone(),
            clock: self.clock.clone(),
        }
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
        let log = Log::new(self.journal.clone(), &call.account, &call.region);
        let mut back = log.back_from(Place::before(log.bounds().1));
        let (mut looked_at, mut found) = (0, Vec::new());
        // Of the records since the last of its events.
        let mut since = 0;
        while let Some(events) = back.next().await.map_err(fault::journal)? {
            since += events.len();
            looked_at += events.len();
            for event in events {
                if event.brief.request_id == request_id {
                    found.push(event.text);
                    since = 0;
                }
            }
            // A request's events stand close to each other.
            if looked_at > SEARCHED || !found.is_empty() && since > CLOSE {
                break;
            }
        }
        found.reverse();
        Ok(found)
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_cloudtrail::operations! {
    impl CloudtrailService;
    authorize(self, cx, input) = Ok(authorize::checks(cx, input));
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(&self.trails, call, input).await;

    lookup_events = lookup::lookup_events;
    create_trail = Trails::create;
    update_trail = Trails::update;
    delete_trail = Trails::delete;
    describe_trails = Trails::describe;
    get_trail = Trails::get;
    list_trails = Trails::list;
    start_logging = Trails::start;
    stop_logging = Trails::stop;
    get_trail_status = Trails::status;
    put_event_selectors = Trails::put_selectors;
    get_event_selectors = Trails::get_selectors;
    add_tags = Trails::add_tags;
    remove_tags = Trails::remove_tags;
    list_tags = Trails::list_tags;
}
