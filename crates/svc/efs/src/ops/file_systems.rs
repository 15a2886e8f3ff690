//! CreateFileSystem, DescribeFileSystems, UpdateFileSystem and DeleteFileSystem.

use wharf_api_efs::{
    CreateFileSystemRequest, DeleteFileSystemRequest, DescribeFileSystemsRequest,
    DescribeFileSystemsResponse, FileSystemDescription, UpdateFileSystemRequest,
};
use wharf_base::ids;
use wharf_datakeys::grants::Begun;
use wharf_records::{Record as _, Unknown};
use wharf_service::{Faults as _, Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    describe, encryption,
    fault::{self, EfsFaults},
    keys, mounts, names, network,
    records::{CreationToken, FileSystem, Reported},
    tagged,
};

/// Of an account in a region, as AWS has it.
const MOST: usize = 1000;
const PAGE: usize = 100;
const GENERAL_PURPOSE: &str = "generalPurpose";
const BURSTING: &str = "bursting";
const PROVISIONED: &str = "provisioned";

pub async fn create(
    core: &Core,
    call: &Call,
    input: CreateFileSystemRequest,
) -> Result<FileSystemDescription, Fault> {
    let place = Place::of(call);
    refuse(&input)?;
    let wanted = encryption::wanted(&input)?;
    let mode = input.performance_mode.clone();
    let mode = mode.unwrap_or_else(|| GENERAL_PURPOSE.to_owned());
    let zone = match input.availability_zone_name.as_deref() {
        Some(_) if mode != GENERAL_PURPOSE => return Err(fault::one_zone_mode(&mode)),
        Some(name) => Some(network::zone(core, call, name).await?),
        None => None,
    };
    let throughput = input.throughput_mode.unwrap_or_else(|| BURSTING.to_owned());
    check_throughput(&throughput, input.provisioned_throughput_in_mibps)?;
    let token = input.creation_token.unwrap_or_default();
    let tags = tagged::given(input.tags)?;
    if core
        .table
        .count(&names::scope(&place).prefix(FileSystem::KIND))
        .await?
        >= MOST
    {
        return Err(fault::too_many_file_systems(MOST));
    }
    let token_key = names::token_key(&place, &token);
    // No grant is made for one that is there.
    if let Some(there) = core.table.read::<CreationToken>(&token_key).await? {
        return Err(fault::exists(&token, &there.record.id));
    }
    let id = ids::ec2_id("fs");
    let at = (place.account.as_str(), place.region.as_str(), id.as_str());
    let made = keys::make(&core.parts.keyring, at).map_err(|error| EfsFaults::internal(&error))?;
    let (encryption, begun) = match wanted {
        Some(key) => {
            let (made, begun) = encryption::prepare(core, call, &id, &key).await?;
            (Some(made), Some(begun))
        }
        None => (None, None),
    };
    let mut record = FileSystem {
        token: token.clone(),
        performance_mode: mode,
        zone,
        throughput_mode: throughput,
        provisioned_throughput: input.provisioned_throughput_in_mibps,
        tags,
        created_at: core.now(),
        policy: None,
        anonymous: [mounts::ALL; 2],
        host: None,
        made: false,
        encryption,
        ticket_key: made.ticket_key,
        certificate: made.certificate,
        private_key: made.private_key,
        mount_targets: Default::default(),
        access_points: Default::default(),
        reported: Reported::default(),
        deleting: false,
        metered: None,
        unknown: Unknown::new(),
    };
    record.meter(record.created_at);
    let inserted = insert(core, call, (&id, &token_key), &record, begun.as_ref());
    if let Err(fault) = inserted.await {
        if let Some(begun) = &begun {
            encryption::grants(core)?.let_go(&begun.at).await;
        }
        return Err(fault);
    }
    Ok(FileSystemDescription {
        life_cycle_state: Some("creating".to_owned()),
        ..describe::file_system(&place, &id, &record)
    })
}

async fn insert(
    core: &Core,
    call: &Call,
    (id, token_key): (&str, &str),
    record: &FileSystem,
    begun: Option<&Begun>,
) -> Result<(), Fault> {
    let key = names::file_system_key(&Place::of(call), id);
    transact!(core.table, &call.permit, |tx| {
        if let Some(there) = tx.find::<CreationToken>(token_key).await? {
            return Err(fault::exists(&record.token, &there.id));
        }
        let pointer = CreationToken {
            id: id.to_owned(),
            unknown: Unknown::new(),
        };
        tx.put(token_key, &pointer);
        tx.put(&key, record);
        if let Some(begun) = begun {
            tx.join(begun.ended());
        }
    });
    Ok(())
}

/// What is not there.
fn refuse(input: &CreateFileSystemRequest) -> Result<(), Fault> {
    match input.backup {
        Some(true) => Err(fault::unsupported("Automatic backup (Backup)")),
        Some(false) | None => Ok(()),
    }
}

fn check_throughput(mode: &str, provisioned: Option<f64>) -> Result<(), Fault> {
    match (mode, provisioned) {
        (PROVISIONED, None) => Err(fault::bad_request(
            "ProvisionedThroughputInMibps is required when ThroughputMode is provisioned.",
        )),
        (PROVISIONED, Some(_)) | (_, None) => Ok(()),
        (_, Some(_)) => Err(fault::bad_request(
            "ProvisionedThroughputInMibps can only be given when ThroughputMode is provisioned.",
        )),
    }
}

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeFileSystemsRequest,
) -> Result<DescribeFileSystemsResponse, Fault> {
    let place = Place::of(call);
    let wanted = input.file_system_id.as_deref();
    let wanted = wanted.map(|it| names::id(&place, Some(it)));
    let token = input.creation_token.clone();
    if wanted.is_some() && token.is_some() {
        return Err(fault::bad_request(
            "Only one of CreationToken and FileSystemId can be given.",
        ));
    }
    let pages = core.pages(call, "efs/DescribeFileSystems", &(&wanted, &token));
    let size = input.max_items.and_then(|it| usize::try_from(it).ok());
    let page = pages.page(input.marker.as_deref(), size.unwrap_or(PAGE).min(1000))?;
    let found = match &wanted {
        Some(id) => {
            let found = core.table.read(&names::file_system_key(&place, id)).await?;
            vec![(id.clone(), found.ok_or_else(|| fault::no_file_system(id))?)]
        }
        None => {
            core.table
                .all::<FileSystem>(&names::scope(&place), "")
                .await?
        }
    };
    let is_it = |record: &FileSystem| token.as_ref().is_none_or(|it| *it == record.token);
    let found: Vec<_> = found
        .into_iter()
        .filter(|(_, stored)| is_it(&stored.record))
        .collect();
    let (shown, next_marker) = page.cut(found, |(id, _)| id);
    let file_systems = shown
        .iter()
        .map(|(id, stored)| describe::file_system(&place, id, &stored.record));
    Ok(DescribeFileSystemsResponse {
        file_systems: Some(file_systems.collect()),
        marker: input.marker,
        next_marker,
    })
}

pub async fn update(
    core: &Core,
    call: &Call,
    input: UpdateFileSystemRequest,
) -> Result<FileSystemDescription, Fault> {
    let place = Place::of(call);
    let id = names::id(&place, input.file_system_id.as_deref());
    let provisioned = input.provisioned_throughput_in_mibps;
    let changed = transact!(core.table, &call.permit, |tx| {
        let mut record = core.standing(&mut tx, &place, &id).await?;
        let mode = input.throughput_mode.clone();
        record.throughput_mode = mode.unwrap_or(record.throughput_mode);
        record.provisioned_throughput = match record.throughput_mode.as_str() {
            PROVISIONED => provisioned.or(record.provisioned_throughput),
            _ => provisioned,
        };
        check_throughput(&record.throughput_mode, record.provisioned_throughput)?;
        tx.put(names::file_system_key(&place, &id), &record);
        record
    });
    Ok(describe::file_system(&place, &id, &changed))
}

/// Its files go with it; they may be on a host that is away.
pub async fn delete(core: &Core, call: &Call, input: DeleteFileSystemRequest) -> Result<(), Fault> {
    let place = Place::of(call);
    let id = names::id(&place, input.file_system_id.as_deref());
    let key = names::file_system_key(&place, &id);
    let deleted = transact!(core.table, &call.permit, |tx| {
        let mut record = core.standing(&mut tx, &place, &id).await?;
        if !record.mount_targets.is_empty() {
            return Err(fault::in_use(&id));
        }
        record.access_points.clear();
        tx.delete(names::token_key(&place, &record.token));
        // The moment up to which it is billed is written down before the record goes.
        record.deleting = true;
        record.meter(core.now());
        tx.put(&key, &record);
        record
    });
    // Should the server die here, or KMS not answer, the reconciler does the rest.
    core.delete_access_points(&call.permit, &place, &id, None)
        .await?;
    // The disk of one that has a host goes first.
    let retired = match deleted.host {
        Some(_) => return Ok(()),
        None => encryption::retire(core, &place, &id, deleted.encryption.as_ref()).await,
    };
    if retired.is_ok() {
        transact!(core.table, &call.permit, |tx| {
            let found = tx.find::<FileSystem>(&key).await?;
            if found.is_some_and(|it| it.deleting && it.host.is_none()) {
                tx.delete(&key);
            }
        });
    }
    Ok(())
}
