//! Instances as the host that keeps them is told of them.

use wharf_planeproto::{Resource, machine};
use wharf_records::Scope;
use wharf_seal::Keyring;

use crate::{
    instance_types,
    instances::{describe::host_name, life::Wanted, scheduled::Scheduled, size::Size},
    records::{Instance, user_data_purpose},
};

/// Bytes of a GiB.
const GIB: u64 = 1 << 30;

/// `None` for one that is on no host, or not yet: a host is told of an instance once room is claimed there.
pub fn resource(record: Instance, scope: &Scope, keyring: &Keyring) -> Option<Resource> {
    // What is no slice of a host no host makes.
    if !record.provider.is_host() {
        return None;
    }
    let host = record.life.host.as_ref()?.machine.clone();
    let waits = record.life.wanted == Wanted::Running && !record.life.claimed;
    // While a stopped one waits for room it stays stopped, on the boot before.
    let (wanted, boot) = match waits {
        true => (Wanted::Stopped, record.life.boot.saturating_sub(1)),
        false => (record.life.wanted, record.life.boot),
    };
    let size = Size::of(&record);
    // Of a type that this version does not know there is no size to run it with.
    if size.is_none() && wanted == Wanted::Running {
        return None;
    }
    let user_data = match &record.user_data {
        None => None,
        Some(sealed) => {
            let purpose = user_data_purpose(&scope.account, &scope.region, &record.id);
            match keyring.open(sealed, &purpose) {
                Ok(opened) => opened.expose_str().map(str::to_owned),
                Err(error) => {
                    tracing::error!(
                        instance = record.id,
                        %error,
                        "failed to open user data, the host is told of the instance without it"
                    );
                    None
                }
            }
        }
    };
    let metadata = metadata(&record, &scope.region);
    let virtual_machine = record.is_virtual();
    let name_servers = record.dhcp.name_servers.iter();
    let name_servers = name_servers.filter_map(|it| it.parse().ok());
    let search = record.dhcp.domain_name.iter();
    let search = search.flat_map(|it| it.split_whitespace().map(str::to_owned));
    let interface = record.interface;
    Some(Resource::Instance(Box::new(machine::Instance {
        host,
        wanted: wanted.to_plane(),
        boot,
        image: match record.image.registry {
            None => machine::Image::Own,
            Some(name) => machine::Image::Registry { name },
        },
        cpu: size.map_or(0, |it| it.cpu),
        cpu_guaranteed: size.map(|it| it.guaranteed),
        memory_mib: size.map_or(0, |it| it.memory_mib),
        one_pod: record
            .pod
            .as_ref()
            .map(|it| u64::from(it.ephemeral_gib) * GIB),
        pod_volumes: instance_types::find(&record.instance_type)
            .map(|it| it.pod_volumes(record.devices.len())),
        disk_bytes: u64::from(record.disk_gib) * GIB,
        restore: record.image.root.is_some(),
        sealed: record.sealed_root.is_some(),
        virtual_machine,
        // Later boots find them as they come, as on a machine whose disks are slow.
        devices: match boot {
            1 => record.devices.into_iter().map(|it| it.name).collect(),
            _ => Vec::new(),
        },
        interface: machine::Interface {
            id: interface.id,
            vpc: record.vpc_id,
            subnet: record.subnet_id,
            subnet_cidr: interface.subnet_cidr.to_string(),
            address: interface.address,
            secondary: interface.secondary,
            ipv6: interface.ipv6,
            mac: interface.mac,
            groups: interface
                .groups
                .into_iter()
                .map(|it| machine::Group {
                    id: it.id,
                    name: it.name,
                })
                .collect(),
            search: search.collect(),
            // The VPC's own has a name instead of an address.
            name_servers: name_servers.collect(),
        },
        metadata,
        user_data,
        launched_at_ms: record.life.launched_at.millis(),
        instance_type: record.instance_type,
        account: scope.account.clone(),
        region: scope.region.clone(),
        zone: record.zone,
        id: record.id,
    })))
}

fn metadata(record: &Instance, region: &str) -> machine::Metadata {
    let options = &record.metadata;
    let tags = record
        .tags
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()));
    let key = record.key.iter();
    machine::Metadata {
        enabled: options.enabled,
        tokens_required: options.tokens_required,
        hop_limit: options.hop_limit,
        tags: options.tags.then(|| tags.collect()),
        image_id: record.image.id.clone(),
        reservation: record.reservation.clone(),
        launch_index: record.launch_index,
        group: (record.placement.as_ref()).map(|it| (it.name.clone(), it.partition)),
        spot: record.spot.as_ref().map(|it| machine::Spot {
            notice: (it.notice.filter(|it| !it.done)).map(|notice| machine::SpotNotice {
                action: it.on_interruption.name().to_owned(),
                at_ms: notice.at.millis(),
            }),
        }),
        events: (record.events.iter().map(Scheduled::told)).collect(),
        public_keys: key
            .filter_map(|key| Some((key.name.clone(), key.public.clone()?)))
            .collect(),
        // By the Fargate profile of its pod the machine has the pod's execution role.
        profile: match &record.pod {
            Some(pod) => Some((pod.profile.clone(), pod.uid.clone())),
            None => {
                let profile = record.profile.as_ref();
                profile.map(|it| (it.arn.clone(), it.id.clone()))
            }
        },
        host_name: host_name(region, record),
    }
}
