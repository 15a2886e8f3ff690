//! Where records of resources go, in memory: one route for each delivery, made of its records when these change. What a
//! record of a resource costs where nothing is delivered is a look at a flag; where one is, who logs waits until it is on disk.

use std::{
    collections::{BTreeSet, HashMap},
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

    /// Where records go, each place once.
    fn routes_for(&self, resource: &str, records: &[LogRecord]) -> Vec<Arc<Route>> {
        let types: BTreeSet<&str> = records.iter().map(|it| it.log_type).collect();
        let routes = types
            .into_iter()
            .flat_map(|it| self.routes_of(resource, it));
        routes.collect()
    }

    /// Whether one of those that a record would go to has room for it.
    fn admits(&self, resource: &str, log_type: &str, (field, bytes): (&str, usize)) -> bool {
        let routes = self.routes_of(resource, log_type);
        let queue = self.queue.lock();
        let admits = routes.iter().any(|it| {
            let least = if it.written.has(field) { bytes } else { 0 };
            queue.has_room(&it.row, Line::sealed_size(least))
        });
        drop(queue);
        if !admits {
            self.drop_records(routes.len() as u64);
        }
        admits
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

    fn admits(&self, resource: &str, log_type: &str, least: (&str, usize)) -> bool {
        self.deliveries.admits(resource, log_type, least)
    }

    async fn log(&self, resource: &str, records: Vec<LogRecord>, now: Timestamp) {
        let routes = self.deliveries.routes_for(resource, &records);
        let records = Arc::new(records);
        // Who logs may be cut off; room that was taken is used or given back all the same.
        let writing = routes.into_iter().map(|route| {
            let (service, records) = (self.clone(), records.clone());
            tokio::spawn(async move { service.write_down(&route, &records, now).await })
        });
        for written in writing.collect::<Vec<_>>() {
            if let Err(error) = written.await {
                tracing::error!(%error, "writing down logs of a resource failed");
            }
        }
    }
}

impl LogsService {
    /// Writes down what a delivery is to bring of the records of its type, as far as there is room.
    async fn write_down(&self, route: &Route, records: &[LogRecord], now: Timestamp) {
        let key = route.row.key.as_str();
        let (mut lines, mut dropped) = (Vec::new(), 0);
        let writing = self.deliveries.writing.read().await;
        for record in records.iter().filter(|it| it.log_type == route.of.1) {
            // Room first: of what there is none for no line is made.
            let bytes = Line::sealed_size(route.written.size(&record.fields));
            let queue = &self.deliveries.queue;
            if bytes > MAX_RECORD_BYTES || !queue.lock().add(&route.row, bytes, now) {
                dropped += 1;
                continue;
            }
            let line = Line {
                at: record.at,
                taken: now,
                text: route.written.line(&record.fields),
            };
            lines.push(line.sealed(&self.keyring, &route.stream));
        }
        // A delivery has room for no more bytes than fit into one append.
        for some in lines.chunks(MAX_APPEND_RECORDS) {
            let appended = self.events.journal().append(&route.stream, some).await;
            if let Err(error) = appended {
                let bytes = some.iter().map(Vec::len);
                self.deliveries.queue.lock().let_go(key, bytes);
                dropped += some.len();
                tracing::warn!(delivery = route.id, records = some.len(), %error, "dropped logs of a resource that could not be written down");
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
    use crate::{
        Options, Parts,
        deliveries::{queue::GATHERED, records::Format},
    };

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
        let routes = |log_type: &'static str| {
            let of_type = || LogRecord {
                log_type,
                ..record("RULE_MATCH")
            };
            deliveries.routes_for(BUS, &[of_type(), of_type()]).len()
        };
        assert_eq!(routes("INFO_LOGS"), 0);
        let group = "arn:aws:logs:us-east-1:000000000000:log-group:a";
        deliveries.set("key", made(group));
        assert!(deliveries.are_any.load(Ordering::Relaxed));
        assert_eq!((routes("INFO_LOGS"), routes("TRACE_LOGS")), (1, 0));
        // Made again, it takes the place of itself.
        deliveries.set("key", made(group));
        assert_eq!(routes("INFO_LOGS"), 1);
        deliveries.set("key", None);
        assert!(!deliveries.are_any.load(Ordering::Relaxed));
        assert_eq!(routes("INFO_LOGS"), 0);
    }

    #[test]
    fn a_record_is_made_where_one_of_its_deliveries_has_room() {
        let deliveries = Deliveries::default();
        let admits = |bytes| deliveries.admits(BUS, "INFO_LOGS", ("details", bytes));
        let dropped = || deliveries.dropped.load(Ordering::Relaxed);
        deliveries.set("key", made("arn:aws:s3:::b"));
        assert!(admits(1 << 20));
        assert!(!admits(5 << 20));
        assert_eq!(dropped(), 1);
        // What a delivery does not write takes no room of it.
        let mut without = made("arn:aws:s3:::b").unwrap();
        let delivery = json!({
            "source": "bus", "destination": "arn", "destination_type": "S3", "created_at": 5,
            "fields": ["message_type"],
        });
        let delivery: Delivery = serde_json::from_value(delivery).unwrap();
        without.written = Written::new(Format::Json, without.kind, &delivery);
        deliveries.set("other", Some(without));
        assert!(admits(5 << 20));
        assert_eq!(dropped(), 1);
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

    fn record(step: &str) -> LogRecord {
        let fields = json!({ "message_type": step });
        LogRecord {
            log_type: "INFO_LOGS",
            at: NOW,
            fields: fields.as_object().unwrap().clone(),
        }
    }

    #[tokio::test]
    async fn what_is_written_down_takes_the_room_that_it_has_and_no_other_types() {
        let (_folder, logs) = started();
        let route = made("arn:aws:s3:::b").unwrap();
        let key = route.row.key.clone();
        logs.deliveries.set(&key, made("arn:aws:s3:::b"));
        let other = LogRecord {
            log_type: "TRACE_LOGS",
            ..record("c")
        };
        let large = record(&"x".repeat(5 << 20));
        let all = [record("a"), other, large, record("b")];
        logs.write_down(&route, &all, NOW).await;
        let journal = logs.events.journal();
        let sizes = waiting::sizes(journal, &route.stream).await.unwrap();
        assert_eq!((sizes.len(), logs.dropped_records()), (2, 1));
        // As much was taken as waits.
        logs.deliveries.queue.lock().let_go(&key, sizes);
        let due = logs.deliveries.queue.lock().due(NOW + GATHERED);
        assert_eq!(due, []);
    }

    /// Its deletion comes between the look at the routes and the write.
    #[tokio::test]
    async fn what_is_written_down_of_a_deleted_delivery_goes_too() {
        let (_folder, logs) = started();
        let gone = made("arn:aws:s3:::b").unwrap();
        logs.write_down(&gone, &[record("a")], NOW).await;
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
        logs.write_down(&gone, &[record("a")], NOW).await;
        logs.events.journal().clone().close().await;
        assert!(logs.set_route(&key).await.is_err());
        assert!(logs.deliveries.route(&key).is_none());
        let due = logs.deliveries.queue.lock().due(NOW + GATHERED);
        assert_eq!(due.len(), 1);
    }
}
