//! What hosts are told: the file systems that lie on them, and what mount targets are called in their VPCs. One record, one
//! resource. Pure.

use wharf_planeproto::{
    Key, Kind, Resource,
    endpoint::{Endpoint, EndpointName, EndpointWay},
    file_system::{self as plane, SealedDisk, Wanted},
};
use wharf_records::{Record, Scope, decode};
use wharf_seal::Keyring;
use wharf_service::Place;
use wharf_store::Entry;

pub use crate::names::SERVICE;
use crate::{
    keys, names,
    records::{FileSystem, MountTarget},
};

/// The prefix of all keys that may concern a plane.
pub fn prefix() -> String {
    Scope::service_prefix(SERVICE)
}

/// What a deleted or changed key is to planes; `None` if it does not concern them.
pub fn key(store_key: &str) -> Option<Key> {
    let (scope, kind, id) = Scope::parse(store_key)?;
    if scope.service != SERVICE {
        return None;
    }
    let kind = match kind {
        FileSystem::KIND => Kind::FileSystem,
        MountTarget::KIND => Kind::Endpoint,
        _ => return None,
    };
    Some(Key { kind, id })
}

/// The resource that a record is to planes; `None` if it does not concern them, or cannot be read (which is logged).
pub fn resource(entry: &Entry, keyring: &Keyring) -> Option<Resource> {
    let (scope, kind, id) = Scope::parse(&entry.key)?;
    if scope.service != SERVICE {
        return None;
    }
    match kind {
        FileSystem::KIND => file_system(&scope, id, read(entry)?, keyring),
        MountTarget::KIND => name(&scope, id, read(entry)?).map(Resource::Endpoint),
        _ => None,
    }
}

fn read<T: Record>(entry: &Entry) -> Option<T> {
    decode(&entry.value)
        .inspect_err(|error| tracing::error!(key = entry.key, %error, "failed to decode a record; hosts work without it"))
        .ok()
}

/// `None` for one without a host.
fn file_system(
    scope: &Scope,
    id: String,
    record: FileSystem,
    keyring: &Keyring,
) -> Option<Resource> {
    let host = record.host?;
    let opened = |sealed, purpose: String| {
        let opened = keyring.open(sealed, &purpose);
        let opened = opened.inspect_err(|error| {
            tracing::error!(file_system = id, %error, "failed to decrypt a key of a file system");
        });
        Some(opened.ok()?.expose_str()?.to_owned())
    };
    let (account, region) = (&scope.account, &scope.region);
    let ticket_key = opened(&record.ticket_key, keys::for_tickets(account, region, &id))?;
    let private_key = opened(
        &record.private_key,
        keys::for_certificate(account, region, &id),
    )?;
    let targets = record.mount_targets.into_values();
    let places = targets.filter_map(|it| {
        let served = it.interface?;
        Some(plane::Place {
            interface: served.id,
            address: served.address,
        })
    });
    Some(Resource::FileSystem(Box::new(plane::FileSystem {
        places: places.collect(),
        host,
        wanted: match record.deleting {
            true => Wanted::Gone,
            false => Wanted::Kept,
        },
        may_make: !record.made && record.encryption.is_none(),
        sealed: record.encryption.map(|_| match record.made {
            true => SealedDisk::Kept,
            false => SealedDisk::Make,
        }),
        account: account.clone(),
        region: region.clone(),
        ticket_key,
        certificate: record.certificate,
        private_key,
        anonymous: serde_json::to_value(record.anonymous).unwrap_or_default(),
        access_points: serde_json::to_value(record.access_points).unwrap_or_default(),
        id,
    })))
}

/// The names of a mount target, as an endpoint that is nothing but names. `None` for one that has no address.
fn name(scope: &Scope, id: String, record: MountTarget) -> Option<Endpoint> {
    let place = Place::of_scope(scope);
    let address = record.interface.filter(|_| !record.deleting)?.address;
    let name = names::dns_name(&place, &record.file_system);
    let names = [format!("{}.{name}", record.zone), name];
    Some(Endpoint {
        id,
        arn: String::new(),
        vpc: record.vpc,
        way: EndpointWay::Interface {
            interfaces: Vec::new(),
            groups: Vec::new(),
        },
        names: names
            .into_iter()
            .map(|name| EndpointName {
                name,
                addresses: vec![address],
            })
            .collect(),
        fronts: Vec::new(),
    })
}
