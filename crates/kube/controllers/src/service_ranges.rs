//! The ranges that services have addresses of: ready once they are held, and gone when no service has an address of theirs alone.

use std::{net::IpAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use ipnet::IpNet;
use serde_json::{Value, json};
use wharf_kube_client::{Change, Error, Informer, Object, Patch, Selection, kind};

use crate::{
    pods::set_condition,
    runtime::{Context, Controller, Key, Next, Queue},
};

/// No address is given of a range without it.
const PROTECTION: &str = "networking.k8s.io/service-cidr-finalizer";
/// Addresses that the API server made for services.
const OF_SERVICES: &str = "ipaddress.kubernetes.io/managed-by=ipallocator.k8s.io";
/// What holds a range may be an address that no service tells of.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
const USED: &str = "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR";

pub struct ServiceRanges {
    context: Context,
    ranges: Informer,
    services: Informer,
}

impl ServiceRanges {
    pub fn new(context: &Context) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            ranges: context.informer(&kind::SERVICE_CIDR),
            services: context.informer(&kind::SERVICE),
        })
    }

    async fn tell(&self, range: &Value, condition: Value) -> Result<(), Error> {
        let mut conditions = range.list("/status/conditions").to_vec();
        set_condition(&mut conditions, condition, self.context.now());
        if conditions == range.list("/status/conditions") {
            return Ok(());
        }
        let patch = Patch::Merge(json!({
            "metadata": {"uid": range.uid(), "resourceVersion": range.resource_version()},
            "status": {"conditions": conditions},
        }));
        let client = &self.context.client;
        let patched = client
            .patch_at(&kind::SERVICE_CIDR, "", range.name(), "status", &patch)
            .await?;
        self.ranges.observe(&patched);
        Ok(())
    }
}

fn nets(range: &Value) -> impl Iterator<Item = IpNet> {
    let nets = range.list("/spec/cidrs").iter();
    nets.filter_map(|it| it.as_str()?.parse().ok())
}

/// Whether addresses would be of no range without this one. Others that end do not count.
fn is_used(range: &Value, others: &[Arc<Value>], addresses: &[Value]) -> bool {
    let others = others
        .iter()
        .filter(|it| it.uid() != range.uid() && !it.is_deleting());
    let others: Vec<IpNet> = others.flat_map(|it| nets(it)).collect();
    let own: Vec<IpNet> = nets(range).collect();
    let contains = |nets: &[IpNet], address: &IpAddr| nets.iter().any(|it| it.contains(address));
    let mut addresses = addresses.iter().filter_map(|it| it.name().parse().ok());
    addresses.any(|it: IpAddr| contains(&own, &it) && !contains(&others, &it))
}

#[async_trait]
impl Controller for ServiceRanges {
    fn informers(&self) -> Vec<Informer> {
        vec![self.ranges.clone(), self.services.clone()]
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        let (ranges, on) = (self.ranges.clone(), queue.clone());
        // A new range may be what lets another one go.
        self.ranges.subscribe(move |change| {
            on.wake(Key::of(change.object()));
            for range in ranges.all().iter().filter(|it| it.is_deleting()) {
                on.wake(Key::of(range));
            }
        });
        let (ranges, on) = (self.ranges.clone(), queue.clone());
        self.services.subscribe(move |change| {
            let gives_up = match change {
                Change::Deleted(_) => true,
                Change::Changed { old, new } => {
                    old.text("/spec/clusterIP") != new.text("/spec/clusterIP")
                }
                Change::Added(_) => false,
            };
            if gives_up {
                for range in ranges.all().iter().filter(|it| it.is_deleting()) {
                    on.wake(Key::of(range));
                }
            }
        });
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        let Some(range) = self.ranges.get("", &key.name) else {
            return Ok(Next::Settled);
        };
        let client = &self.context.client;
        if !range.is_deleting() {
            let held = client
                .add_finalizer(&self.ranges, &range, PROTECTION)
                .await?;
            if !held.has_condition("Ready", "True") {
                let ready = json!({
                    "type": "Ready", "status": "True", "reason": "",
                    "message": "Kubernetes Service CIDR is ready",
                });
                self.tell(&held, ready).await?;
            }
            return Ok(Next::Settled);
        }
        if !range.has_finalizer(PROTECTION) {
            return Ok(Next::Settled);
        }
        // No address is given of it any more, so what is listed now is all there will be.
        let selection = Selection {
            labels: OF_SERVICES.to_owned(),
            ..Selection::default()
        };
        let addresses = client.list(&kind::IP_ADDRESS, &selection).await?.items;
        if is_used(&range, &self.ranges.all(), &addresses) {
            let ending = json!({
                "type": "Ready", "status": "False", "reason": "Terminating", "message": USED,
            });
            self.tell(&range, ending).await?;
            return Ok(Next::After(LOOK_AGAIN));
        }
        client
            .remove_finalizer(&self.ranges, &range, PROTECTION)
            .await?;
        Ok(Next::Settled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::{drive, tests::Cluster};

    fn range(name: &str, net: &str) -> Value {
        json!({"metadata": {"name": name}, "spec": {"cidrs": [net]}})
    }

    fn ready(name: &'static str, status: &'static str) -> impl Fn(&[Value]) -> bool {
        move |all| {
            let found = all.iter().find(|it| it.name() == name);
            found.is_some_and(|it| it.has_condition("Ready", status))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_range_goes_when_nobody_has_an_address_of_it() {
        let cluster = Cluster::start(|context| {
            tokio::spawn(drive(ServiceRanges::new(context), context.stop.clone()))
        });
        let client = &cluster.client;
        let ranges = &kind::SERVICE_CIDR;
        client
            .create(ranges, "", &range("more", "10.1.0.0/24"))
            .await
            .unwrap();
        let all = cluster.until(ranges, ready("more", "True")).await;
        assert!(all[0].has_finalizer(PROTECTION));
        let address = json!({"metadata": {
            "name": "10.1.0.7", "labels": {"ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"},
        }});
        client
            .create(&kind::IP_ADDRESS, "", &address)
            .await
            .unwrap();
        client
            .delete(ranges, "", "more", &Default::default())
            .await
            .unwrap();
        let all = cluster.until(ranges, ready("more", "False")).await;
        assert_eq!(all[0].text("/status/conditions/0/reason"), "Terminating");
        client
            .delete(&kind::IP_ADDRESS, "", "10.1.0.7", &Default::default())
            .await
            .unwrap();
        cluster.until(ranges, |all| all.is_empty()).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_wider_range_lets_one_go() {
        let cluster = Cluster::start(|context| {
            tokio::spawn(drive(ServiceRanges::new(context), context.stop.clone()))
        });
        let client = &cluster.client;
        let ranges = &kind::SERVICE_CIDR;
        client
            .create(ranges, "", &range("one", "10.1.0.0/24"))
            .await
            .unwrap();
        cluster.until(ranges, ready("one", "True")).await;
        let address = json!({"metadata": {
            "name": "10.1.0.7", "labels": {"ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"},
        }});
        client
            .create(&kind::IP_ADDRESS, "", &address)
            .await
            .unwrap();
        client
            .delete(ranges, "", "one", &Default::default())
            .await
            .unwrap();
        cluster.until(ranges, ready("one", "False")).await;
        client
            .create(ranges, "", &range("wide", "10.0.0.0/8"))
            .await
            .unwrap();
        cluster
            .until(ranges, |all| all.len() == 1 && all[0].name() == "wide")
            .await;
    }
}
