//! Where records of resources go, in memory: one route for each delivery, made of its records when these change. What a
//! record of a resource costs where nothing is delivered is a look at a flag; where one is, who logs waits until it is on disk.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use parking_lot::{Mutex, RwLock};
use wharf_base::{Arn, Timestamp};
use wharf_delivery::{LogDeliveries, LogRecord};
use wharf_journal::{JournalError, MAX_APPEND_RECORDS, MAX_RECORD_BYTES};
use wharf_records::{Record as _, Scope};
use wharf_store::Range;
use wharf_wire::{Fault, async_trait};

use super::{
    catalog::SourceKind,
    format::Written,
    layout::{self, Layout},
    queue::{Of, Queue},
    records::{Delivery, DeliveryDestination, DeliverySource},
    waiting::{self, Line},
};
use crate::{LogsService, fault, names};

/// Where records of one delivery go.
#[derive(Debug)]
pub struct Route {
    /// Of the delivery.
    pub scope: Scope,
    pub id: String,
    /// ARN of the source, which policies let write.
    pub source_arn: String,
    pub kind: &'static SourceKind,
    /// Of the resource.
    pub name: String,
    pub to: Place,
    pub written: Written,
    /// Of the journal: what waits for it.
    pub stream: String,
    /// ARN of the resource, and the type of its logs.
    of: (String, String),
    pub(super) row: Of,
}

#[derive(Debug)]
pub enum Place {
    /// A log group of the same region, with its name.
    Group {
        arn: Arn,
        name: String,
    },
    Bucket {
        bucket: String,
        layout: Layout,
    },
}

#[derive(Debug, Default)]
struct Routes {
    /// By the keys of deliveries.
    all: HashMap<String, Arc<Route>>,
    /// By ARN and type of logs.
    of: HashMap<(String, String), Vec<Arc<Route>>>,
}

impl Routes {
    /// Puts a route in the place of the one before, or takes that away.
    fn set(&mut self, key: &str, route: Option<Route>) {
        if let Some(former) = self.all.remove(key)
            && let Some(some) = self.of.get_mut(&former.of)
        {
            some.retain(|it| !Arc::ptr_eq(it, &former));
            if some.is_empty() {
                self.of.remove(&former.of);
            }
        }
        if let Some(route) = route.map(Arc::new) {
            self.all.insert(key.to_owned(), route.clone());
            self.of.entry(route.of.clone()).or_default().push(route);
        }
    }
}

/// All deliveries, and what waits for them.
#[derive(Debug, Default)]
pub struct Deliveries {
    routes: RwLock<Routes>,
    are_any: AtomicBool,
    /// Held by who makes a route: of two at once the later sees what stands.
    pub(super) making: tokio::sync::Mutex<()>,
    /// Shared by those who seal records and write them down: who has it alone finds all that were sealed before.
    pub(super) writing: tokio::sync::RwLock<()>,
    pub(super) queue: Mutex<Queue>,
    dropped: AtomicU64,
}

impl Deliveries {
    pub(super) fn route(&self, key: &str) -> Option<Arc<Route>> {
        self.routes.read().all.get(key).cloned()
    }

    fn set(&self, key: &str, route: Option<Route>) {
        let mut routes = self.routes.write();
        routes.set(key, route);
        let are_any = !routes.all.is_empty();
        self.are_any.store(are_any, Ordering::Relaxed);
    }

    fn routes_of(&self, resource: &str, log_type: &str) -> Vec<Arc<Route>> {
        let of = (resource.to_owned(), log_type.to_owned());
        self.routes.read().of.get(&of).cloned().unwrap_or_default()
    }

    /// What is to be written down of records, by where it goes.
    fn lines(
        &self,
        resource: &str,
        records: &[LogRecord],
        now: Timestamp,
    ) -> Vec<(Arc<Route>, Vec<Line>)> {
        let mut all: Vec<(Arc<Route>, Vec<Line>)> = Vec::new();
        for record in records {
            for route in self.routes_of(resource, record.log_type) {
                let line = Line {
                    at: record.at,
                    taken: now,
                    text: route.written.line(&record.fields),
                };
                match all.iter_mut().find(|it| Arc::ptr_eq(&it.0, &route)) {
                    Some((_, lines)) => lines.push(line),
                    None => all.push((route, vec![line])),
                }
            }
        }
        all
    }

    pub(super) fn drop_records(&self, count: u64) {
        self.dropped.fetch_add(count, Ordering::Relaxed);
    }
}

#[async_trait]
impl LogDeliveries for LogsService {
    fn are_any(&self) -> bool {
        self.deliveries.are_any.load(Ordering::Relaxed)
    }

    fn wants(&self, resource: &str, log_type: &str) -> bool {
        self.are_any() && !self.deliveries.routes_of(resource, log_type).is_empty()
    }

    async fn log(&self, resource: &str, records: Vec<LogRecord>, now: Timestamp) {
        let lines = self.deliveries.lines(resource, &records, now);
        // Who logs may be cut off; room that was taken is used or given back all the same.
        let writing = lines.into_iter().map(|(route, lines)| {
            let service = self.clone();
            tokio::spawn(async move { service.write_down(&route, lines, now).await })
        });
        for written in writing.collect::<Vec<_>>() {
            if let Err(error) = written.await {
                tracing::error!(%error, "writing down logs of a resource failed");
            }
        }
    }
}

impl LogsService {
    /// Writes down what a delivery is to bring, as far as there is room.
    async fn write_down(&self, route: &Route, lines: Vec<Line>, now: Timestamp) {
        let key = route.row.key.as_str();
        let (count, mut records) = (lines.len(), Vec::with_capacity(lines.len()));
        let writing = self.deliveries.writing.read().await;
        for line in lines {
            let record = line.sealed(&self.keyring, &route.stream);
            let fits = record.len() <= MAX_RECORD_BYTES;
            if fits
                && self
                    .deliveries
                    .queue
                    .lock()
                    .add(&route.row, record.len(), now)
            {
                records.push(record);
            }
        }
        let mut dropped = count - records.len();
        // A delivery has room for no more bytes than fit into one append.
        for some in records.chunks(MAX_APPEND_RECORDS) {
            let appended = self.events.journal().append(&route.stream, some).await;
            if let Err(error) = appended {
                let bytes = some.iter().map(Vec::len);
                self.deliveries.queue.lock().let_go(key, bytes);
                dropped += some.len();
                let records = some.len();
                tracing::warn!(delivery = route.id, records, %error, "dropped logs of a resource that could not be written down");
            }
        }
        // Who removes or seals a stream waits for this, and is waited for below.
        drop(writing);
        if dropped > 0 {
            self.deliveries.drop_records(dropped as u64);
        }
        // Asked last: whoever deletes it either finds what was written, or is seen here.
        if self.deliveries.route(key).is_none()
            && let Err(fault) = self.set_route(key).await
        {
            tracing::warn!(key, %fault, "removing logs of a resource whose delivery is gone failed, will retry");
        }
    }

    /// Records of other services that were dropped: there was no room, or their destination failed for too long.
    pub fn dropped_records(&self) -> u64 {
        self.deliveries.dropped.load(Ordering::Relaxed)
    }

    /// Makes the routes of all deliveries, for a start: before that nothing is logged of any resource. Those that cannot be read
    /// now come with the work on their records.
    pub async fn read_routes(&self) {
        if let Err(fault) = self.make_routes().await {
            tracing::warn!(%fault, "reading where logs of resources go failed, will retry");
        }
    }

    /// Costs something for each folder of records and for each delivery, and nothing for what else there is.
    async fn make_routes(&self) -> Result<(), Fault> {
        let (store, prefix) = (self.table.store(), Scope::service_prefix("logs"));
        let end = format!("/{}/", Delivery::KIND);
        let folders = store.folders(&prefix, |it| it.ends_with(&end)).await;
        let mut all = Ok(());
        for (folder, _) in folders.map_err(fault::store)? {
            let found = store.all_keys(Range::prefix(folder)).await;
            for entry in found.map_err(fault::store)?.entries {
                // One that cannot be read keeps no other back.
                all = all.and(self.set_route(&entry.key).await);
            }
        }
        all
    }

    /// Makes the route of a delivery as its records stand now. What waits of one that leads nowhere any more goes with it.
    pub(crate) async fn set_route(&self, key: &str) -> Result<(), Fault> {
        let _making = self.deliveries.making.lock().await;
        let route = self.made_route(key).await?;
        let is_new = self.deliveries.route(key).is_none();
        match &route {
            // What a process before this one left; without a route nothing is added to it.
            Some(route) if is_new => {
                let waits = waiting::sizes(self.events.journal(), &route.stream).await;
                let waits = waits.map_err(fault::journal)?;
                self.deliveries.queue.lock().adopt(&route.row, waits);
            }
            Some(_) => {}
            None => {
                self.deliveries.set(key, None);
                self.forget_waiting(key).await.map_err(fault::journal)?;
                // Not before: what could not be removed stays due, and so is tried again.
                self.deliveries.queue.lock().forget(key);
            }
        }
        self.deliveries.set(key, route);
        Ok(())
    }

    async fn forget_waiting(&self, key: &str) -> Result<(), JournalError> {
        let Some((scope, _, id)) = Scope::parse(key) else {
            return Ok(());
        };
        let (stream, journal) = (waiting::stream_of(&scope, &id), self.events.journal());
        if journal.stream(&stream).is_some() {
            journal.delete(&stream).await?;
        }
        Ok(())
    }

    /// Takes up what waits on disk of deliveries that have no route: they are gone, or could not be read before.
    ///
    /// # Errors
    /// Of some nobody can say now.
    pub(super) async fn take_up_waiting(&self) -> Result<(), Fault> {
        let streams = self.waiting_streams();
        let mut all = Ok(());
        for key in streams.iter().filter_map(|it| waiting::key_of(&it.name)) {
            if self.deliveries.route(&key).is_none() {
                all = all.and(self.set_route(&key).await);
            }
        }
        all
    }

    /// Those of all deliveries to a destination.
    pub(crate) async fn set_routes_to(&self, key: &str) -> Result<(), Fault> {
        let found = self.table.read::<DeliveryDestination>(key).await?;
        let deliveries = found.map(|it| it.record.deliveries).unwrap_or_default();
        for arn in &deliveries {
            if let Some(key) = delivery_key(arn) {
                self.set_route(&key).await?;
            }
        }
        Ok(())
    }

    async fn made_route(&self, key: &str) -> Result<Option<Route>, Fault> {
        let Some((scope, _, id)) = Scope::parse(key) else {
            return Ok(None);
        };
        let Some(delivery) = self.table.read::<Delivery>(key).await? else {
            return Ok(None);
        };
        let delivery = delivery.record;
        let source = scope.key(DeliverySource::KIND, &delivery.source);
        let source = self.table.read::<DeliverySource>(&source).await?;
        let destination = match names::delivery_destination(&delivery.destination) {
            Some((at, name)) => {
                let key = at.key(DeliveryDestination::KIND, &name);
                self.table.read::<DeliveryDestination>(&key).await?
            }
            None => None,
        };
        let both = source.zip(destination);
        Ok(both.and_then(|(source, destination)| {
            let (source, destination) = (source.record, destination.record);
            route((scope, id, key), &delivery, source, &destination)
        }))
    }
}

/// The key of the record of a delivery, by its ARN.
pub fn delivery_key(arn: &str) -> Option<String> {
    let arn: Arn = arn.parse().ok()?;
    let id = arn.resource.strip_prefix(names::DELIVERY)?;
    let scope = Scope::new("logs", &arn.account, &arn.region);
    Some(scope.key(Delivery::KIND, id))
}

fn route(
    (scope, id, key): (Scope, String, &str),
    delivery: &Delivery,
    source: DeliverySource,
    destination: &DeliveryDestination,
) -> Option<Route> {
    let resource: Arn = source.resource.parse().ok()?;
    let (kind, name) = SourceKind::of(&resource)?;
    let target: Arn = destination.target.parse().ok()?;
    let to = match names::group_in(&target) {
        Some(group) => Place::Group {
            name: group.to_owned(),
            arn: target.clone(),
        },
        None => {
            let (bucket, prefix) = layout::bucket_of(&target)?;
            Place::Bucket {
                bucket: bucket.to_owned(),
                layout: Layout {
                    prefix: prefix.to_owned(),
                    suffix: layout::suffix(kind, delivery).to_owned(),
                    hive: delivery.hive,
                },
            }
        }
    };
    Some(Route {
        source_arn: names::arn_in(&scope, names::DELIVERY_SOURCE, &delivery.source),
        stream: waiting::stream_of(&scope, &id),
        row: Of {
            key: key.to_owned(),
            account: scope.account.clone(),
            gathers: matches!(to, Place::Bucket { .. }),
        },
        kind,
        name: name.to_owned(),
        to,
        written: Written::new(destination.format(), kind, delivery),
        of: (source.resource.clone(), source.log_type),
        scope,
        id,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wharf_base::SystemClock;
    use wharf_journal::{Journal, JournalOptions};
    use wharf_reconcile::Takeover;
    use wharf_svc_kms::{KmsService, Parts as KmsParts};
    use wharf_testkit::World;

    use super::*;
    use crate::{Options, Parts, deliveries::queue::GATHERED};

    const BUS: &str = "arn:aws:events:us-east-1:000000000000:event-bus/shop";

    fn made(target: &str) -> Option<Route> {
        let source = json!({"resource": BUS, "log_type": "INFO_LOGS", "created_at": 5});
        let destination = json!({"target": target, "created_at": 5});
        let to = if target.contains(":s3:") { "S3" } else { "CWL" };
        let delivery = json!({
            "source": "bus", "destination": "arn", "destination_type": to, "created_at": 5,
        });
        let delivery: Delivery = serde_json::from_value(delivery).unwrap();
        let scope = Scope::new("logs", "000000000000", "us-east-1");
        let key = scope.key(Delivery::KIND, "d");
        route(
            (scope, "d".to_owned(), &key),
            &delivery,
            serde_json::from_value(source).unwrap(),
            &serde_json::from_value(destination).unwrap(),
        )
    }

    #[test]
    fn a_route_leads_where_its_records_say() {
        let group = made("arn:aws:logs:us-east-1:000000000000:log-group:/a:*").unwrap();
        assert!(
            matches!(&group.to, Place::Group { arn, name } if name == "/a" && arn.account == "000000000000")
        );
        assert_eq!(group.stream, "log-deliveries/000000000000/us-east-1/d");
        let source = "arn:aws:logs:us-east-1:000000000000:delivery-source:bus";
        assert_eq!(group.source_arn, source);
        let bucket = made("arn:aws:s3:::b/kept").unwrap();
        assert!(
            matches!(&bucket.to, Place::Bucket { bucket, layout } if bucket == "b" && layout.prefix == "kept")
        );
        assert!(bucket.row.gathers);
        assert!(made("arn:aws:firehose:us-east-1:000000000000:deliverystream/a").is_none());
    }

    #[test]
    fn what_is_logged_goes_by_the_routes_that_stand() {
        let deliveries = Deliveries::default();
        let waiting = |log_type: &'static str| {
            let record = LogRecord {
                log_type,
                at: Timestamp(7),
                fields: json!({"message_type": "RULE_MATCH"})
                    .as_object()
                    .unwrap()
                    .clone(),
            };
            let two = [record.clone(), record];
            let lines = deliveries.lines(BUS, &two, Timestamp(9)).into_iter();
            let lines: Vec<Line> = lines.flat_map(|it| it.1).collect();
            assert!(lines.iter().all(|it| it.taken == Timestamp(9)));
            lines.len()
        };
        assert_eq!(waiting("INFO_LOGS"), 0);
        let group = "arn:aws:logs:us-east-1:000000000000:log-group:a";
        deliveries.set("key", made(group));
        assert!(deliveries.are_any.load(Ordering::Relaxed));
        assert_eq!((waiting("INFO_LOGS"), waiting("TRACE_LOGS")), (2, 0));
        // Made again, it takes the place of itself.
        deliveries.set("key", made(group));
        assert_eq!(waiting("INFO_LOGS"), 2);
        deliveries.set("key", None);
        assert!(!deliveries.are_any.load(Ordering::Relaxed));
        assert_eq!(waiting("INFO_LOGS"), 0);
    }

    fn started() -> (tempfile::TempDir, LogsService) {
        let (folder, world) = (tempfile::tempdir().unwrap(), World::in_memory());
        let kms = KmsService::new(KmsParts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            clock: Arc::new(SystemClock),
            takeover: Takeover::Replace,
        });
        let logs = LogsService::new(Parts {
            kms: Arc::new(kms),
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            journal: Journal::open(folder.path(), JournalOptions::default()).unwrap(),
            options: Options::default(),
        });
        (folder, logs)
    }

    const NOW: Timestamp = Timestamp(7);

    fn line() -> Line {
        Line {
            at: NOW,
            taken: NOW,
            text: "a".to_owned(),
        }
    }

    /// Its deletion comes between the look at the routes and the write.
    #[tokio::test]
    async fn what_is_written_down_of_a_deleted_delivery_goes_too() {
        let (_folder, logs) = started();
        let gone = made("arn:aws:s3:::b").unwrap();
        logs.write_down(&gone, vec![line()], NOW).await;
        assert!(logs.events.journal().stream(&gone.stream).is_none());
        let due = logs.deliveries.queue.lock().due(NOW + GATHERED);
        assert_eq!(due, []);
    }

    #[tokio::test]
    async fn what_cannot_be_removed_now_stays_due() {
        let (_folder, logs) = started();
        let gone = made("arn:aws:s3:::b").unwrap();
        let key = gone.row.key.clone();
        logs.deliveries.set(&key, made("arn:aws:s3:::b"));
        logs.write_down(&gone, vec![line()], NOW).await;
        logs.events.journal().clone().close().await;
        assert!(logs.set_route(&key).await.is_err());
        assert!(logs.deliveries.route(&key).is_none());
        let due = logs.deliveries.queue.lock().due(NOW + GATHERED);
        assert_eq!(due.len(), 1);
    }
}
