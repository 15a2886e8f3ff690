//! Where records of resources go, in memory: one route for each delivery, made of its records when these change. What a
//! record of a resource costs where nothing is delivered is a look at a flag.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use parking_lot::{Mutex, RwLock};
use wharf_base::Arn;
use wharf_delivery::{LogDeliveries, LogRecord};
use wharf_records::{Record as _, Scope};
use wharf_store::Range;
use wharf_wire::Fault;

use super::{
    catalog::SourceKind,
    format::Written,
    layout::{self, Layout},
    queue::{Line, Of, Queue},
    records::{Delivery, DeliveryDestination, DeliverySource},
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
    /// ARN of the resource, and the type of its logs.
    of: (String, String),
    line: Of,
}

#[derive(Debug)]
pub enum Place {
    /// A log group of the same account and region, by its name.
    Group(String),
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
    making: tokio::sync::Mutex<()>,
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

    fn take(&self, resource: &str, log_type: &str, record: &LogRecord) {
        for route in self.routes_of(resource, log_type) {
            let line = Line {
                at: record.at,
                text: route.written.line(&record.fields),
            };
            if !self.queue.lock().add(&route.line, line) {
                self.drop_records(1);
            }
        }
    }

    pub(super) fn drop_records(&self, count: u64) {
        self.dropped.fetch_add(count, Ordering::Relaxed);
    }
}

impl LogDeliveries for LogsService {
    fn are_any(&self) -> bool {
        self.deliveries.are_any.load(Ordering::Relaxed)
    }

    fn wants(&self, resource: &str, log_type: &str) -> bool {
        self.are_any() && !self.deliveries.routes_of(resource, log_type).is_empty()
    }

    fn log(&self, resource: &str, log_type: &str, record: &LogRecord) {
        self.deliveries.take(resource, log_type, record);
    }
}

impl LogsService {
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

    /// Makes the route of a delivery as its records stand now.
    pub(crate) async fn set_route(&self, key: &str) -> Result<(), Fault> {
        let _making = self.deliveries.making.lock().await;
        let route = self.made_route(key).await?;
        self.deliveries.set(key, route);
        Ok(())
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
        Some(group) => Place::Group(group.to_owned()),
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
        line: Of {
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
    use wharf_base::Timestamp;

    use super::*;

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
        route(
            (scope, "d".to_owned(), "key"),
            &delivery,
            serde_json::from_value(source).unwrap(),
            &serde_json::from_value(destination).unwrap(),
        )
    }

    #[test]
    fn a_route_leads_where_its_records_say() {
        let group = made("arn:aws:logs:us-east-1:000000000000:log-group:/a:*").unwrap();
        assert!(matches!(&group.to, Place::Group(name) if name == "/a"));
        let source = "arn:aws:logs:us-east-1:000000000000:delivery-source:bus";
        assert_eq!(group.source_arn, source);
        let bucket = made("arn:aws:s3:::b/kept").unwrap();
        assert!(
            matches!(&bucket.to, Place::Bucket { bucket, layout } if bucket == "b" && layout.prefix == "kept")
        );
        assert!(bucket.line.gathers);
        assert!(made("arn:aws:firehose:us-east-1:000000000000:deliverystream/a").is_none());
    }

    #[test]
    fn what_is_logged_goes_by_the_routes_that_stand() {
        let deliveries = Deliveries::default();
        let record = LogRecord {
            at: Timestamp(7),
            fields: json!({"message_type": "RULE_MATCH"})
                .as_object()
                .unwrap()
                .clone(),
        };
        let waiting = |log_type: &str| {
            deliveries.take(BUS, log_type, &record);
            let due = deliveries.queue.lock().due(Timestamp(7), true);
            due.iter().for_each(|it| deliveries.queue.lock().done(it));
            due.into_iter().flat_map(|it| it.lines).count()
        };
        assert_eq!(waiting("INFO_LOGS"), 0);
        let group = "arn:aws:logs:us-east-1:000000000000:log-group:a";
        deliveries.set("key", made(group));
        assert!(deliveries.are_any.load(Ordering::Relaxed));
        assert_eq!((waiting("INFO_LOGS"), waiting("TRACE_LOGS")), (1, 0));
        // Made again, it takes the place of itself.
        deliveries.set("key", made(group));
        assert_eq!(waiting("INFO_LOGS"), 1);
        deliveries.set("key", None);
        assert!(!deliveries.are_any.load(Ordering::Relaxed));
        assert_eq!(waiting("INFO_LOGS"), 0);
    }
}
