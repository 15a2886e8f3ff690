//! On which host each interface of an endpoint is, and which load balancer answers there.

use std::collections::BTreeMap;

use wharf_base::{Timestamp, ids};
use wharf_records::{Record as _, Scope, encode};
use wharf_store::Txn;

use super::{Carrier, Front, Link, endpoint_arn};
use crate::{
    Ec2Service,
    endpoints::{EndpointInterface, VpcEndpoint},
    fault::ChangeError,
    flow_logs,
    records::{Attachment, Interface, Machine},
};

pub type Fronts = BTreeMap<String, Front>;

/// Where the interfaces should be. One stays where it is as long as that serves. Another goes where the load balancer is in
/// the interface's zone, among those to the host that has the fewest of this endpoint's. Pure.
pub fn plan(interfaces: &[EndpointInterface], now: &Fronts, carriers: &[Carrier]) -> Fronts {
    let serves = |front: &Front| {
        carriers
            .iter()
            .any(|it| it.balancer == front.balancer && it.host == front.host)
    };
    let mut wanted = Fronts::new();
    for interface in interfaces {
        if let Some(front) = now.get(&interface.id).filter(|it| serves(it)) {
            wanted.insert(interface.id.clone(), front.clone());
        }
    }
    for interface in interfaces {
        if wanted.contains_key(&interface.id) {
            continue;
        }
        let there = |host: &str| wanted.values().filter(|it| it.host == host).count();
        let best = carriers
            .iter()
            .min_by_key(|it| (it.zone != interface.zone, there(&it.host), *it));
        if let Some(best) = best {
            let front = Front {
                balancer: best.balancer.clone(),
                host: best.host.clone(),
            };
            wanted.insert(interface.id.clone(), front);
        }
    }
    wanted
}

/// Attaches and detaches the endpoint's interfaces, with `txn`, so that they are where `wanted` says. The caller writes the
/// endpoint.
pub async fn place(
    service: &Ec2Service,
    mut txn: Txn,
    scope: &Scope,
    endpoint: &mut VpcEndpoint,
    wanted: Fronts,
    now: Timestamp,
) -> Result<Txn, ChangeError> {
    let arn = endpoint_arn(scope, &endpoint.id);
    let Some(Link { fronts, .. }) = &mut endpoint.link else {
        return Ok(txn);
    };
    for EndpointInterface { id, .. } in &endpoint.interfaces {
        let host = |fronts: &Fronts| fronts.get(id).map(|it| it.host.clone());
        let host_wanted = host(&wanted);
        if host(fronts) == host_wanted {
            continue;
        }
        let key = scope.key(Interface::KIND, id);
        let Some(stored) = service.table.read::<Interface>(&key).await? else {
            continue;
        };
        let mut interface = stored.record.clone();
        interface.load_balancer = host_wanted.is_some().then(|| arn.clone());
        interface.attachment = host_wanted.map(|host| Attachment {
            id: ids::ec2_id("eni-attach"),
            instance_id: host,
            instance_owner: None,
            device_index: 1,
            attached_at: now,
            delete_on_termination: false,
            machine: Machine::Itself,
        });
        txn = txn.when(stored.unchanged()).put(&key, encode(&interface));
        txn = flow_logs::note(service, txn, scope, interface, now).await?;
    }
    *fronts = wanted;
    Ok(txn)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    fn interface(number: u8, zone: char) -> EndpointInterface {
        EndpointInterface {
            id: format!("eni-{number}"),
            subnet_id: format!("subnet-{number}"),
            subnet_cidr: "10.0.0.0/24".parse().unwrap(),
            zone: format!("us-east-1{zone}"),
            address: Ipv4Addr::new(10, 0, 0, number),
            mac: String::new(),
            since: None,
        }
    }

    fn carrier(balancer: u8, host: u8, zone: char) -> Carrier {
        Carrier {
            balancer: format!("lb-{balancer}"),
            host: format!("i-{host}"),
            zone: format!("us-east-1{zone}"),
        }
    }

    fn hosts(fronts: &Fronts) -> Vec<&str> {
        fronts.values().map(|it| it.host.as_str()).collect()
    }

    #[test]
    fn an_interface_goes_where_the_load_balancer_is_in_its_zone() {
        let own = [interface(1, 'a'), interface(2, 'b')];
        let carriers = [carrier(1, 1, 'b'), carrier(1, 2, 'a'), carrier(1, 3, 'c')];
        let fronts = plan(&own, &Fronts::new(), &carriers);
        assert_eq!(hosts(&fronts), ["i-2", "i-1"]);
        // Somewhere else if it is nowhere in that zone, not all in one place.
        let elsewhere = [carrier(1, 4, 'c'), carrier(1, 5, 'c')];
        let fronts = plan(&own, &Fronts::new(), &elsewhere);
        assert_eq!(hosts(&fronts), ["i-4", "i-5"]);
        assert!(plan(&own, &fronts, &[]).is_empty(), "nobody answers");
    }

    #[test]
    fn it_stays_until_its_host_is_lost() {
        let own = [interface(1, 'a')];
        let first = plan(&own, &Fronts::new(), &[carrier(1, 7, 'b')]);
        // One in its own zone is no reason to break connections.
        let both = [carrier(1, 6, 'a'), carrier(1, 7, 'b')];
        assert_eq!(plan(&own, &first, &both), first);
        let moved = plan(&own, &first, &both[..1]);
        assert_eq!(hosts(&moved), ["i-6"]);
        // The service has another load balancer now.
        let other = plan(&own, &first, &[carrier(2, 7, 'b')]);
        assert_eq!(other["eni-1"].balancer, "lb-2");
        // An interface that the endpoint has no more is nowhere.
        assert!(plan(&[], &first, &both).is_empty());
    }

    fn zone() -> impl Strategy<Value = char> {
        prop_oneof![Just('a'), Just('b'), Just('c')]
    }

    fn some_carriers() -> impl Strategy<Value = Vec<Carrier>> {
        let one = (0..3u8, 0..4u8, zone()).prop_map(|(b, h, z)| carrier(b, h, z));
        proptest::collection::vec(one, 0..6)
    }

    proptest! {
        #[test]
        fn whatever_happens_each_interface_is_with_somebody_who_serves(
            zones in proptest::collection::vec(zone(), 0..4),
            rounds in proptest::collection::vec(some_carriers(), 1..5),
        ) {
            let numbered = zones.iter().zip(1..);
            let own: Vec<EndpointInterface> =
                numbered.map(|(zone, number)| interface(number, *zone)).collect();
            let mut now = Fronts::new();
            for carriers in rounds {
                let before = now.clone();
                now = plan(&own, &now, &carriers);
                let serves = |it: &Front| carriers.iter().any(|one| {
                    one.balancer == it.balancer && one.host == it.host
                });
                prop_assert!(now.values().all(serves));
                let expected = if carriers.is_empty() { 0 } else { own.len() };
                prop_assert_eq!(now.len(), expected);
                for (id, front) in &before {
                    prop_assert!(!serves(front) || now.get(id) == Some(front), "moved without need");
                }
                prop_assert_eq!(&plan(&own, &now, &carriers), &now, "it comes to rest");
            }
        }
    }
}
