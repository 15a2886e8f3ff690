//! CreateArchive, DescribeArchive, ListArchives, UpdateArchive and DeleteArchive.

use wharf_api_events::{
    self as api, CreateArchiveRequest, CreateArchiveResponse, DeleteArchiveRequest,
    DeleteArchiveResponse, DescribeArchiveRequest, DescribeArchiveResponse, ListArchivesRequest,
    ListArchivesResponse, UpdateArchiveRequest, UpdateArchiveResponse, faults,
};
use wharf_base::ids;
use wharf_patterns::Pattern;
use wharf_records::{Record as _, Unknown};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use super::{buses::check_key, page_size};
use crate::{
    archive,
    core::{Core, bus_in, patterns_changed},
    fault,
    names::{BusName, arn, scope},
    records::Archive,
};

const ENABLED: &str = "ENABLED";

fn key(place: &Place, name: &str) -> String {
    scope(place).key(Archive::KIND, name)
}

pub fn archive_arn(place: &Place, name: &str) -> String {
    arn(place, format!("archive/{name}"))
}

pub fn no_archive(name: &str) -> Fault {
    faults::resource_not_found_exception(format!("Archive {name} does not exist."))
}

fn pattern(given: Option<String>) -> Result<Option<String>, Fault> {
    let given = given.filter(|it| !it.is_empty());
    if let Some(pattern) = &given {
        Pattern::parse(pattern).map_err(|why| fault::not_a_pattern(&why))?;
    }
    Ok(given)
}

pub async fn create_archive(
    core: &Core,
    call: &Call,
    input: CreateArchiveRequest,
) -> Result<CreateArchiveResponse, Fault> {
    let place = Place::of(call);
    let name = input.archive_name.unwrap_or_default();
    let (bus, _) = core.bus(&place, input.event_source_arn.as_deref()).await?;
    let made = Archive {
        bus: bus.name.clone(),
        description: input.description,
        pattern: pattern(input.event_pattern)?,
        retention_days: retention(input.retention_days),
        stream: format!("events/{}/{}/{}", place.account, place.region, ids::uuid()),
        kms_key: input.kms_key_identifier.filter(|it| !it.is_empty()),
        created_at: call.now,
        unknown: Unknown::new(),
    };
    check_key(core, call, &bus, made.kms_key.as_deref()).await?;
    transact!(core.table, &call.permit, |tx| {
        bus_in(&mut tx, &bus).await?;
        if tx.find::<Archive>(&key(&place, &name)).await?.is_some() {
            return Err(faults::resource_already_exists_exception(format!(
                "Archive {name} already exists."
            )));
        }
        let patterns = (None, made.pattern.as_deref());
        patterns_changed(&mut tx, core, &bus, |it| it, patterns).await?;
        tx.put(key(&place, &name), &made);
    });
    Ok(CreateArchiveResponse {
        archive_arn: Some(archive_arn(&place, &name)),
        state: Some(ENABLED.to_owned()),
        state_reason: None,
        creation_time: Some(made.created_at),
    })
}

fn retention(days: Option<i32>) -> u32 {
    days.and_then(|it| u32::try_from(it).ok()).unwrap_or(0)
}

pub async fn describe_archive(
    core: &Core,
    call: &Call,
    input: DescribeArchiveRequest,
) -> Result<DescribeArchiveResponse, Fault> {
    let place = Place::of(call);
    let name = input.archive_name.unwrap_or_default();
    let found = core.table.read::<Archive>(&key(&place, &name)).await?;
    let record = found.ok_or_else(|| no_archive(&name))?.record;
    let (count, bytes) = archive::size(core, &record);
    Ok(DescribeArchiveResponse {
        archive_arn: Some(archive_arn(&place, &name)),
        archive_name: Some(name),
        event_source_arn: Some(BusName::asked(&place, Some(&record.bus)).arn()),
        description: record.description,
        event_pattern: record.pattern,
        kms_key_identifier: record.kms_key,
        state: Some(ENABLED.to_owned()),
        retention_days: i32::try_from(record.retention_days).ok(),
        size_bytes: Some(bytes),
        event_count: Some(count),
        creation_time: Some(record.created_at),
        ..DescribeArchiveResponse::default()
    })
}

pub async fn list_archives(
    core: &Core,
    call: &Call,
    input: ListArchivesRequest,
) -> Result<ListArchivesResponse, Fault> {
    let place = Place::of(call);
    let prefix = input.name_prefix.unwrap_or_default();
    let (source, state) = (input.event_source_arn, input.state);
    let chosen = (&prefix, &source, &state);
    let pages = core.pages(call, "events/ListArchives", &chosen);
    let page = pages.page(input.next_token.as_deref(), page_size(input.limit))?;
    let bus = |record: &Archive| BusName::asked(&place, Some(&record.bus)).arn();
    let mut all = core.table.all::<Archive>(&scope(&place), &prefix).await?;
    all.retain(|(_, it)| {
        source
            .as_ref()
            .is_none_or(|wanted| *wanted == bus(&it.record))
            && state.as_deref().is_none_or(|wanted| wanted == ENABLED)
    });
    let (all, next_token) = page.cut(all, |(name, _)| name.as_str());
    let show = |(name, stored): (String, wharf_service::Stored<Archive>)| {
        let record = stored.record;
        let (count, bytes) = archive::size(core, &record);
        api::Archive {
            archive_name: Some(name),
            event_source_arn: Some(bus(&record)),
            state: Some(ENABLED.to_owned()),
            state_reason: None,
            retention_days: i32::try_from(record.retention_days).ok(),
            size_bytes: Some(bytes),
            event_count: Some(count),
            creation_time: Some(record.created_at),
        }
    };
    Ok(ListArchivesResponse {
        archives: Some(all.into_iter().map(show).collect()),
        next_token,
    })
}

pub async fn update_archive(
    core: &Core,
    call: &Call,
    input: UpdateArchiveRequest,
) -> Result<UpdateArchiveResponse, Fault> {
    let place = Place::of(call);
    let name = input.archive_name.unwrap_or_default();
    let pattern = pattern(input.event_pattern)?;
    let kms_key = input.kms_key_identifier.as_deref();
    if let Some(given) = kms_key.filter(|it| !it.is_empty()) {
        let found = core.table.read::<Archive>(&key(&place, &name)).await?;
        let bus = found.ok_or_else(|| no_archive(&name))?.record.bus;
        let bus = BusName::asked(&place, Some(&bus));
        check_key(core, call, &bus, Some(given)).await?;
    }
    let record = transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Archive>(&key(&place, &name)).await?;
        let mut record = found.ok_or_else(|| no_archive(&name))?;
        if let Some(description) = &input.description {
            record.description = Some(description.clone());
        }
        let replaced = record.pattern.clone();
        if let Some(pattern) = &pattern {
            record.pattern = Some(pattern.clone());
        }
        // An empty one takes the key away.
        if let Some(key) = kms_key {
            record.kms_key = (!key.is_empty()).then(|| key.to_owned());
        }
        if input.retention_days.is_some() {
            record.retention_days = retention(input.retention_days);
        }
        let bus = BusName::asked(&place, Some(&record.bus));
        let patterns = (replaced.as_deref(), record.pattern.as_deref());
        patterns_changed(&mut tx, core, &bus, |it| it, patterns).await?;
        tx.put(key(&place, &name), &record);
        record
    });
    Ok(UpdateArchiveResponse {
        archive_arn: Some(archive_arn(&place, &name)),
        state: Some(ENABLED.to_owned()),
        state_reason: None,
        creation_time: Some(record.created_at),
    })
}

/// Its events go with it.
pub async fn delete_archive(
    core: &Core,
    call: &Call,
    input: DeleteArchiveRequest,
) -> Result<DeleteArchiveResponse, Fault> {
    let place = Place::of(call);
    let name = input.archive_name.unwrap_or_default();
    let record = transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Archive>(&key(&place, &name)).await?;
        let record = found.ok_or_else(|| no_archive(&name))?;
        let bus = BusName::asked(&place, Some(&record.bus));
        let patterns = (record.pattern.as_deref(), None);
        patterns_changed(&mut tx, core, &bus, |it| it, patterns).await?;
        tx.delete(key(&place, &name));
        record
    });
    archive::delete(core, &record.stream).await?;
    Ok(DeleteArchiveResponse {})
}
