//! RegisterTargets and DeregisterTargets.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv6Addr},
};

use wharf_api_elbv2::{
    DeregisterTargetsInput, DeregisterTargetsOutput, RegisterTargetsInput, RegisterTargetsOutput,
    TargetDescription, faults,
};
use wharf_base::Cidr;
use wharf_records::{Record, Unknown, encode};
use wharf_service::{Stored, transact};
use wharf_store::{Compare, Range, Txn};
use wharf_wire::{Call, Fault};

use crate::{
    address::may_be_outside_target,
    check::attributes,
    config::InstanceLookup,
    core::{ChangeError, Core},
    fault,
    names::{Names as _, Place, target_id},
    network,
    records::{Health, Target, TargetGroup, TargetType},
};

/// Of one group, as in AWS.
const MAX_TARGETS: usize = 1000;
/// Changed in one transaction: two comparisons and two writes each stay below the store's 128.
const AT_ONCE: usize = 40;

/// A target of a call, checked.
struct Given {
    id: String,
    port: u16,
    address: IpAddr,
    /// An instance with an address of its own in the VPC.
    in_vpc: bool,
    zone: Option<String>,
    vpc_ranges: Vec<String>,
}

pub async fn register(
    core: &Core,
    call: &Call,
    input: RegisterTargetsInput,
) -> Result<RegisterTargetsOutput, Fault> {
    let place = Place::of(call);
    let (id, group) = core
        .group(&place, input.target_group_arn.as_deref())
        .await?;
    let targets = input.targets.unwrap_or_default();
    if targets.is_empty() {
        return Err(fault::invalid("At least one target must be specified"));
    }
    if targets.len() > MAX_TARGETS {
        return Err(too_many());
    }
    let given = resolve(core, call, &group.record, targets).await?;
    for some in given.chunks(AT_ONCE) {
        insert(core, call, &place, &id, &group, some).await?;
    }
    Ok(RegisterTargetsOutput {})
}

fn too_many() -> Fault {
    faults::too_many_targets_exception(
        "The maximum number of targets of a target group has been reached: 1000",
    )
}

async fn resolve(
    core: &Core,
    call: &Call,
    group: &TargetGroup,
    targets: Vec<TargetDescription>,
) -> Result<Vec<Given>, Fault> {
    let ranges = match group.target_type {
        TargetType::Ip => network::ranges(core, call, &group.vpc).await?,
        TargetType::Instance => vec![],
    };
    let vpc_ranges = match attributes::may_keep_clients(group) {
        true => network::vpc_ranges(core, call, &group.vpc).await?,
        false => vec![],
    };
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    for target in targets {
        if target.quic_server_id.is_some() {
            return Err(fault::unsupported("A QUIC server ID"));
        }
        let id = named(target.id, group);
        let port = port(target.port, group);
        // Named twice it is registered once.
        if !seen.insert((id.clone(), port)) {
            continue;
        }
        let zone = target.availability_zone;
        let (address, zone) = match group.target_type {
            TargetType::Ip => ip(&id, zone, &ranges, group.ipv6)?,
            TargetType::Instance => instance(core, call, &id, &group.vpc).await?,
        };
        let in_vpc = group.target_type == TargetType::Instance && zone.is_some();
        let is_inside = ranges.iter().any(|(range, _)| range.contains(address));
        let vpc_ranges = match is_inside || in_vpc {
            true => vpc_ranges.clone(),
            false => vec![],
        };
        found.push(Given {
            id,
            port,
            address,
            in_vpc,
            zone,
            vpc_ranges,
        });
    }
    Ok(found)
}

/// As it is kept: an IPv6 address has many forms, and is one target.
fn named(given: Option<String>, group: &TargetGroup) -> String {
    let given = given.unwrap_or_default();
    match given.parse::<Ipv6Addr>() {
        Ok(address) if group.ipv6 => address.to_string(),
        _ => given,
    }
}

fn port(given: Option<i32>, group: &TargetGroup) -> u16 {
    given
        .and_then(|port| u16::try_from(port).ok())
        .unwrap_or(group.port)
}

/// Within the VPC the zone is the subnet's; outside it must be named.
fn ip(
    id: &str,
    zone: Option<String>,
    ranges: &[(Cidr, String)],
    ipv6: bool,
) -> Result<(IpAddr, Option<String>), Fault> {
    let version = if ipv6 { "IPv6" } else { "IPv4" };
    let address = id.parse().ok().filter(|it: &IpAddr| it.is_ipv6() == ipv6);
    let address = address.ok_or_else(|| {
        fault::invalid(format!(
            "The IP address '{id}' is not a valid {version} address"
        ))
    })?;
    let own = ranges.iter().find(|(range, _)| range.contains(address));
    match (own, zone) {
        (Some((_, own)), Some(given)) if given != *own => Err(fault::invalid(format!(
            "The IP address '{id}' is within the VPC, and cannot have its Availability Zone \
             overridden to '{given}' from '{own}'"
        ))),
        (Some((_, own)), _) => Ok((address, Some(own.clone()))),
        (None, None) => Err(fault::invalid(format!(
            "The Availability Zone is required for IP address '{id}' because it is not in the VPC"
        ))),
        (None, Some(_)) if !may_be_outside_target(address) => {
            Err(faults::invalid_target_exception(format!(
                "The IP address '{id}' is neither in the VPC nor in a private range"
            )))
        }
        (None, zone) => Ok((address, zone)),
    }
}

/// A host is reached where it is, and has no zone here; another instance at its address in the VPC of the group.
async fn instance(
    core: &Core,
    call: &Call,
    id: &str,
    vpc: &str,
) -> Result<(IpAddr, Option<String>), Fault> {
    let form = id
        .strip_prefix("i-")
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit()));
    if !form {
        return Err(fault::invalid(format!("Instance ID '{id}' is not valid")));
    }
    let found = core.parts.instances.find(&Place::of(call), id).await;
    let refused = match found.map_err(|error| fault::server(&error))? {
        InstanceLookup::Host(address) => return Ok((address, None)),
        InstanceLookup::Vpc {
            vpc: own,
            address,
            zone,
        } if own == vpc => return Ok((address, Some(zone))),
        InstanceLookup::Vpc { .. } => {
            format!("The following targets are not in the target group VPC '{vpc}': '{id}'")
        }
        InstanceLookup::Gone | InstanceLookup::NotRunning => format!(
            "The following targets are not in a running state and cannot be registered: '{id}'"
        ),
    };
    Err(faults::invalid_target_exception(refused))
}

async fn insert(
    core: &Core,
    call: &Call,
    place: &Place,
    group_id: &str,
    group: &Stored<TargetGroup>,
    some: &[Given],
) -> Result<(), Fault> {
    let scope = place.scope();
    transact!(core.table, &call.permit, |tx| {
        if core.table.read::<TargetGroup>(&group.key).await?.is_none() {
            return Err(fault::group_not_found());
        }
        let start = scope.prefix(Target::KIND) + &wharf_records::escape(&format!("{group_id}/"));
        let count = core
            .parts
            .store
            .range(Range::prefix(start).count_only())
            .await;
        let before = count.map_err(ChangeError::from)?.count;
        let mut txn = Txn::new().when(Compare::present(&group.key));
        let mut new = 0;
        for given in some {
            let id = target_id(group_id, &given.id, given.port);
            let key = scope.key(Target::KIND, &id);
            let there = core.table.read::<Target>(&key).await?;
            // One of before says nothing of its VPC.
            let registered = |it: &Stored<Target>| {
                it.record.draining_since.is_none()
                    && it.record.vpc_ranges == given.vpc_ranges
                    && (it.record.address, it.record.in_vpc) == (given.address, given.in_vpc)
            };
            if there.as_ref().is_some_and(registered) {
                continue;
            }
            new += usize::from(there.is_none());
            let revision = there.map_or(0, |it| it.revision);
            let target = Target {
                address: given.address,
                in_vpc: given.in_vpc,
                zone: given.zone.clone(),
                vpc_ranges: given.vpc_ranges.clone(),
                registered_at: call.now,
                draining_since: None,
                unknown: Unknown::new(),
            };
            // What was said of an earlier life does not hold for this one.
            txn = txn
                .when(Compare::mod_revision(&key, revision))
                .put(key, encode(&target))
                .delete(scope.key(Health::KIND, &id));
        }
        if txn.then.is_empty() {
            return Ok(());
        }
        if before as usize + new > MAX_TARGETS {
            return Err(too_many());
        }
        tx.join(txn);
    });
    Ok(())
}

/// Targets that are not registered are passed over, as in AWS.
pub async fn deregister(
    core: &Core,
    call: &Call,
    input: DeregisterTargetsInput,
) -> Result<DeregisterTargetsOutput, Fault> {
    let place = Place::of(call);
    let (id, group) = core
        .group(&place, input.target_group_arn.as_deref())
        .await?;
    let targets = input.targets.unwrap_or_default();
    if targets.is_empty() {
        return Err(fault::invalid("At least one target must be specified"));
    }
    let keys: BTreeSet<String> = targets
        .iter()
        .take(MAX_TARGETS)
        .map(|target| {
            let own = named(target.id.clone(), &group.record);
            let id = target_id(&id, &own, port(target.port, &group.record));
            place.scope().key(Target::KIND, &id)
        })
        .collect();
    let keys: Vec<String> = keys.into_iter().collect();
    for some in keys.chunks(AT_ONCE) {
        drain(core, call, some).await?;
    }
    Ok(DeregisterTargetsOutput {})
}

async fn drain(core: &Core, call: &Call, keys: &[String]) -> Result<(), Fault> {
    transact!(core.table, &call.permit, |tx| {
        for key in keys {
            let Some(mut target) = tx.find::<Target>(key).await? else {
                continue;
            };
            if target.draining_since.is_none() {
                target.draining_since = Some(call.now);
                tx.put(key, &target);
            }
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_aws_words() {
        let ranges = [("172.31.0.0/20".parse().unwrap(), "us-east-1a".to_owned())];
        let ask = |id: &str, zone: Option<&str>| {
            let found = ip(id, zone.map(str::to_owned), &ranges, false);
            found.map(|(_, zone)| zone).map_err(|fault| fault.message)
        };
        let own = Ok(Some("us-east-1a".to_owned()));
        assert_eq!(ask("172.31.0.9", None), own);
        assert_eq!(ask("172.31.0.9", Some("us-east-1a")), own);
        assert_eq!(ask("10.0.0.1", Some("all")), Ok(Some("all".to_owned())));
        for (id, zone, text) in [
            (
                "web",
                None,
                "The IP address 'web' is not a valid IPv4 address",
            ),
            (
                "::1",
                None,
                "The IP address '::1' is not a valid IPv4 address",
            ),
            (
                "172.31.0.9",
                Some("all"),
                "The IP address '172.31.0.9' is within the VPC, and cannot have its Availability Zone overridden to 'all' from 'us-east-1a'",
            ),
            (
                "10.0.0.1",
                None,
                "The Availability Zone is required for IP address '10.0.0.1' because it is not in the VPC",
            ),
        ] {
            assert_eq!(ask(id, zone), Err(text.to_owned()));
        }
        assert!(ask("127.0.0.1", Some("all")).is_err());
        let six = [("fd00:1::/64".parse().unwrap(), "us-east-1a".to_owned())];
        let ask = |id: &str, zone: Option<&str>| {
            let found = ip(id, zone.map(str::to_owned), &six, true);
            found.map(|(_, zone)| zone).map_err(|fault| fault.message)
        };
        assert_eq!(ask("fd00:1::9", None), Ok(Some("us-east-1a".to_owned())));
        assert_eq!(ask("fd00:2::9", Some("all")), Ok(Some("all".to_owned())));
        for (id, zone) in [
            ("172.31.0.9", None),
            ("fd00:2::9", None),
            ("::1", Some("all")),
            ("fe80::9", Some("all")),
            ("2001:db8::9", Some("all")),
            ("ff02::1", Some("all")),
            ("::ffff:10.0.0.9", Some("all")),
            ("fd00:1::9/128", None),
            ("", None),
        ] {
            assert!(ask(id, zone).is_err(), "{id}");
        }
    }
}
