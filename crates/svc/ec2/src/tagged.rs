//! Resources of EC2 that have tags. Rules of security groups have theirs inside their group, CIDR reservations inside their
//! subnet, roots of virtual machines, which are shown as volumes, inside their instance.

use wharf_records::decode;
use wharf_service::{Held, Kind, Tagged};

use crate::{
    key_pairs::KeyPair,
    placement_groups::PlacementGroup,
    records::{Instance, SecurityGroup, Subnet},
    volumes::root_of,
};

/// By the kinds of their records.
pub const TAGGED: Tagged = Tagged {
    service: "ec2",
    namespace: "ec2",
    kinds: &[
        Kind::itself("dhcp-options", |id| format!("dhcp-options/{id}")),
        Kind::itself("egress-only-internet-gateway", |id| {
            format!("egress-only-internet-gateway/{id}")
        }),
        Kind::itself("elastic-ip", |id| format!("elastic-ip/{id}")),
        Kind::itself("fleet", |id| format!("fleet/{id}")),
        Kind::itself("image", |id| format!("image/{id}")).of_no_account(),
        Kind::itself("instance", |id| format!("instance/{id}")),
        Kind::within("instance", root),
        Kind::itself("internet-gateway", |id| format!("internet-gateway/{id}")),
        Kind::within("key-pair", key_pair),
        Kind::itself("launch-template", |id| format!("launch-template/{id}")),
        Kind::itself("natgateway", |id| format!("natgateway/{id}")),
        Kind::itself("network-acl", |id| format!("network-acl/{id}")),
        Kind::itself("network-interface", |id| format!("network-interface/{id}")),
        Kind::within("placement-group", placement_group),
        Kind::itself("prefix-list", |id| format!("prefix-list/{id}")),
        Kind::itself("route-table", |id| format!("route-table/{id}")),
        Kind::itself("security-group", |id| format!("security-group/{id}")),
        Kind::within("security-group", rules),
        Kind::itself("snapshot", |id| format!("snapshot/{id}")).of_no_account(),
        Kind::itself("spot-fleet-request", |id| {
            format!("spot-fleet-request/{id}")
        }),
        Kind::itself("spot-instances-request", |id| {
            format!("spot-instances-request/{id}")
        }),
        Kind::itself("subnet", |id| format!("subnet/{id}")),
        Kind::within("subnet", reservations),
        Kind::itself("volume", |id| format!("volume/{id}")),
        Kind::itself("vpc", |id| format!("vpc/{id}")),
        Kind::itself("vpc-endpoint", |id| format!("vpc-endpoint/{id}")),
        Kind::itself("vpc-endpoint-service", |id| {
            format!("vpc-endpoint-service/{id}")
        }),
        Kind::itself("vpc-flow-log", |id| format!("vpc-flow-log/{id}")),
        Kind::itself("vpc-peering-connection", |id| {
            format!("vpc-peering-connection/{id}")
        }),
    ],
};

/// Key pairs are named in ARNs, not numbered.
fn key_pair(_id: &str, value: &[u8]) -> Held {
    let pair: KeyPair = decode(value)?;
    Ok(vec![(format!("key-pair/{}", pair.name), pair.tags)])
}

/// As key pairs are.
fn placement_group(_id: &str, value: &[u8]) -> Held {
    let group: PlacementGroup = decode(value)?;
    Ok(vec![(
        format!("placement-group/{}", group.name),
        group.tags,
    )])
}

fn rules(_group: &str, value: &[u8]) -> Held {
    let group: SecurityGroup = decode(value)?;
    let rules = group.ingress.into_iter().chain(group.egress);
    let resource = |id: &str| format!("security-group-rule/{id}");
    Ok(rules.map(|it| (resource(&it.id), it.tags)).collect())
}

fn reservations(_subnet: &str, value: &[u8]) -> Held {
    let subnet: Subnet = decode(value)?;
    let resource = |id: &str| format!("subnet-cidr-reservation/{id}");
    let all = subnet.reservations.into_iter();
    Ok(all.map(|it| (resource(&it.id), it.tags)).collect())
}

fn root(_instance: &str, value: &[u8]) -> Held {
    let instance: Instance = decode(value)?;
    let root = root_of(&instance).into_iter();
    Ok(root
        .map(|it| (format!("volume/{}", it.id), it.tags))
        .collect())
}
