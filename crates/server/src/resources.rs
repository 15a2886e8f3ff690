//! How many resources accounts have, as `ResourceCount` under `AWS/Usage`.
//!
//! They are counted from the store some seconds before a minute is over and put when it is. Most counts are lengths of folders
//! of keys, so that they cost nothing, or follow what changed since the last one; what has to be read is read in pages, beside
//! the requests of users. A minute that could not be counted has no samples. What runs on processors its services tell
//! themselves.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::time::sleep;
use wharf_base::{Clock, regions::REGIONS};
use wharf_service::{Count, Counted, Tally};
use wharf_store::{Store, StoreError};
use wharf_vended::{Minute, Subject};

const MINUTE_MS: i64 = 60_000;
/// Counting begins so long before the end of a minute.
const AHEAD_MS: i64 = 10_000;
/// What records say that belong to no region, and where their services are as their users see them.
const NO_REGION: (&str, &str) = ("aws-global", "us-east-1");

pub(crate) struct Resources {
    store: Store,
    /// Of each service. Held while they count.
    tallies: tokio::sync::Mutex<Vec<Tally>>,
    /// The installation's own region.
    home: String,
    /// Of the minute that goes on.
    counts: Mutex<HashMap<Subject, usize>>,
}

impl Resources {
    pub fn new(store: Store, counted: Vec<Counted>, home: String) -> Self {
        let tallies = counted.into_iter().map(Counted::tally);
        Self {
            store,
            tallies: tokio::sync::Mutex::new(tallies.collect()),
            home,
            counts: Mutex::default(),
        }
    }

    /// What the minute that is over has.
    pub fn look(&self, minute: &Minute<'_>) {
        let counts = std::mem::take(&mut *self.counts.lock());
        for (subject, count) in counts {
            minute.resource(&subject, count as f64);
        }
    }

    /// Counts once now, for a minute that may be about to end, and then before the end of each.
    pub async fn keep(self: Arc<Self>, clock: Arc<dyn Clock>) {
        loop {
            match self.count().await {
                Ok(counts) => *self.counts.lock() = counts,
                Err(error) => {
                    tracing::warn!(%error, "failed to count resources; a minute has no ResourceCount");
                }
            }
            sleep(until_next(clock.now().millis())).await;
        }
    }

    async fn count(&self) -> Result<HashMap<Subject, usize>, StoreError> {
        let mut all = HashMap::new();
        for tally in &mut *self.tallies.lock().await {
            for count in tally.count(&self.store).await? {
                if let Some(subject) = self.subject(tally.name(), &count) {
                    *all.entry(subject).or_default() += count.count;
                }
            }
        }
        Ok(all)
    }

    /// `None` for a region by a name that is not well known: each name under which something is put is kept for over a year.
    fn subject(&self, service: &'static str, count: &Count) -> Option<Subject> {
        let region = match count.place.region.as_str() {
            region if region == NO_REGION.0 => NO_REGION.1,
            region => region,
        };
        if region != self.home && !REGIONS.iter().any(|it| it.0 == region) {
            return None;
        }
        let at = (count.place.account.as_str(), region);
        let mut subject = Subject::resource(at, service, count.resource, "None");
        // ECR has dimensions of its own.
        if service == "ECR" {
            subject.dimensions = vec![
                ("Type", "RESOURCE".to_owned()),
                ("Resource", count.resource.to_owned()),
                ("Service", service.to_owned()),
            ];
            let of = count.of.clone().map(|it| ("ResourceId", it));
            subject.dimensions.extend(of);
        }
        Some(subject)
    }
}

/// How long until some seconds before the end of a minute: of the next one, if this one's are there.
fn until_next(now_ms: i64) -> Duration {
    let rest = MINUTE_MS - (now_ms + AHEAD_MS).rem_euclid(MINUTE_MS);
    Duration::from_millis(rest.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use wharf_base::{Permit, TestClock, Timestamp};
    use wharf_records::Scope;
    use wharf_store::{StoreOptions, Txn};
    use wharf_vended::{Counters, Look};

    use super::*;

    const PERMIT: Permit = Permit::for_controller("test");
    const A: &str = "000000000001";

    async fn resources(keys: &[(&str, &str, &str, &str)]) -> Resources {
        let store = Store::in_memory(StoreOptions::default());
        for (service, region, kind, id) in keys {
            let key = Scope::new(service, A, region).key(kind, id);
            store.txn(&PERMIT, Txn::new().put(key, "{}")).await.unwrap();
        }
        let counted = [
            wharf_svc_sns::COUNTED,
            wharf_svc_elbv2::COUNTED,
            wharf_svc_ecr::COUNTED,
            wharf_svc_iam::COUNTED,
            wharf_svc_secretsmanager::COUNTED,
        ];
        Resources::new(store, counted.into(), "attic-1".to_owned())
    }

    /// What a minute has, by region and values of dimensions.
    async fn looked(resources: Resources) -> Vec<(String, String, f64)> {
        let counts = resources.count().await.unwrap();
        *resources.counts.lock() = counts;
        let counters = Counters::new(Arc::new(TestClock::at(Timestamp(0))));
        let look: Look = Box::new(move |minute: &Minute<'_>| resources.look(minute));
        counters.look(&[look], 60);
        let mut found = Vec::new();
        for (region, point) in counters.take(i64::MAX).into_iter().flat_map(|it| it.1) {
            assert_eq!((point.name, point.unit), ("ResourceCount", "None"));
            let values: Vec<_> = point.dimensions.iter().map(|it| it.1.as_str()).collect();
            found.push((region, values.join(" "), point.summary.sum));
        }
        found.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        found
    }

    #[tokio::test]
    async fn each_resource_is_counted_as_service_quotas_name_it() {
        let resources = resources(&[
            ("sns", "eu-west-1", "topic", "a"),
            ("sns", "eu-west-1", "topic", "b"),
            ("sns", "attic-1", "topic", "a"),
            ("sns", "attic-2", "topic", "a"),
            ("sns", "eu-west-1", "subscription", "a"),
            ("elbv2", "eu-west-1", "load-balancer", "app/a/1"),
            ("elbv2", "eu-west-1", "load-balancer", "net/a/1"),
            ("elbv2", "eu-west-1", "load-balancer", "net/b/1"),
            ("elbv2", "eu-west-1", "target-group", "a/1"),
            ("ecr", "eu-west-1", "repository", "a"),
            ("iam", "aws-global", "role", "r"),
            ("secretsmanager", "eu-west-1", "secret", "a"),
            ("secretsmanager", "eu-west-1", "replica", "b"),
        ])
        .await;
        let found = looked(resources).await;
        let found: Vec<_> = found.iter().map(|it| (&*it.0, &*it.1, it.2)).collect();
        assert_eq!(
            found,
            [
                (
                    "attic-1",
                    "Resource ApproximateNumberOfTopics SNS None",
                    1.0
                ),
                ("eu-west-1", "RESOURCE RepositoryCount ECR", 1.0),
                (
                    "eu-west-1",
                    "Resource ApplicationLoadBalancersPerRegion Elastic Load Balancing None",
                    1.0
                ),
                (
                    "eu-west-1",
                    "Resource ApproximateNumberOfTopics SNS None",
                    2.0
                ),
                (
                    "eu-west-1",
                    "Resource NetworkLoadBalancersPerRegion Elastic Load Balancing None",
                    2.0
                ),
                (
                    "eu-west-1",
                    "Resource SecretCount Secrets Manager None",
                    2.0
                ),
                (
                    "eu-west-1",
                    "Resource TargetGroupsPerRegion Elastic Load Balancing None",
                    1.0
                ),
                ("us-east-1", "Resource Role IAM None", 1.0),
            ]
        );
    }

    #[test]
    fn what_services_bound_has_its_quota() {
        let (ecr, iam) = (wharf_svc_ecr::COUNTED, wharf_svc_iam::COUNTED);
        for (service, resource, most) in [
            (ecr, "RepositoryCount", Some(100_000)),
            (ecr, "ImagesPerRepositoryCount", Some(100_000)),
            (iam, "OIDCProvider", Some(100)),
            (iam, "SAMLProvider", Some(100)),
            (iam, "ServerCertificate", Some(20)),
            (iam, "Role", None),
            (wharf_svc_s3::COUNTED, "GeneralPurposeBuckets", Some(10_000)),
            (wharf_svc_cloudwatch::COUNTED, "InsightRule", Some(100)),
            (
                wharf_svc_ssm::COUNTED,
                "StandardParameterCount",
                Some(10_000),
            ),
        ] {
            assert_eq!(service.most(resource), most, "{} {resource}", service.name);
        }
    }

    #[tokio::test]
    async fn a_minute_that_was_not_counted_has_none() {
        let resources = resources(&[("sns", "eu-west-1", "topic", "a")]).await;
        let counts = resources.count().await.unwrap();
        assert_eq!(counts.len(), 1);
        assert!(looked_twice(resources, counts).is_empty());
    }

    /// What a second look has of counts.
    fn looked_twice(resources: Resources, counts: HashMap<Subject, usize>) -> Vec<String> {
        *resources.counts.lock() = counts;
        let counters = Counters::new(Arc::new(TestClock::at(Timestamp(0))));
        let look: Look = Box::new(move |minute: &Minute<'_>| resources.look(minute));
        let looks = [look];
        counters.look(&looks, 60);
        assert_eq!(counters.take(i64::MAX).len(), 1);
        counters.look(&looks, 120);
        counters.take(i64::MAX).into_iter().map(|it| it.0).collect()
    }

    #[test]
    fn counting_comes_before_the_end_of_each_minute() {
        for (now, wait) in [(0, 50_000), (49_999, 1), (50_000, 60_000), (59_000, 51_000)] {
            assert_eq!(until_next(now), Duration::from_millis(wait), "{now}");
        }
    }
}
