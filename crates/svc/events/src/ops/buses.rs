//! CreateEventBus, DescribeEventBus, ListEventBuses, UpdateEventBus and DeleteEventBus.

use wharf_api_events::{
    CreateEventBusRequest, CreateEventBusResponse, DeleteEventBusRequest, DescribeEventBusRequest,
    DescribeEventBusResponse, EventBus, ListEventBusesRequest, ListEventBusesResponse, LogConfig,
    UpdateEventBusRequest, UpdateEventBusResponse,
};
use wharf_base::Timestamp;
use wharf_records::Record as _;
use wharf_service::{Place, principals, transact};
use wharf_wire::{Call, Fault};

use super::page_size;
use crate::{
    core::{Core, bus_in, made},
    dead_letters,
    fault::{self, EventsFaults},
    names::{BusName, DEFAULT_BUS, scope},
    records::{Bus, LogDetail, LogLevel, LogSettings, Rules},
    tags,
};

/// Buses of an account and region.
const MOST_BUSES: usize = 100;

pub async fn create_event_bus(
    core: &Core,
    call: &Call,
    input: CreateEventBusRequest,
) -> Result<CreateEventBusResponse, Fault> {
    let place = Place::of(call);
    let name = input.name.unwrap_or_default();
    if name.contains('/') {
        return Err(fault::invalid("Event bus name must not contain '/'."));
    }
    if name == DEFAULT_BUS {
        return Err(fault::bus_exists(&name));
    }
    let bus = Bus {
        description: input.description,
        kms_key: input.kms_key_identifier.filter(|it| !it.is_empty()),
        dead_letters: dead_letters::given(input.dead_letter_config.as_ref())?
            .filter(|it| !it.is_empty()),
        logs: input.log_config.as_ref().map(settings),
        tags: tags::given(input.tags)?,
        ..made(call.now)
    };
    if core.table.count(&scope(&place).prefix(Bus::KIND)).await? >= MOST_BUSES {
        return Err(fault::too_many());
    }
    let named = BusName::asked(&place, Some(&name));
    check_key(core, call, &named, bus.kms_key.as_deref()).await?;
    let key = named.key();
    transact!(core.table, &call.permit, |tx| {
        if tx.find::<Bus>(&key).await?.is_some() {
            return Err(fault::bus_exists(&name));
        }
        tx.put(&key, &bus);
    });
    Ok(CreateEventBusResponse {
        event_bus_arn: Some(named.arn()),
        description: bus.description,
        kms_key_identifier: bus.kms_key,
        dead_letter_config: dead_letters::shown(bus.dead_letters),
        log_config: bus.logs.map(shown_logs),
    })
}

pub async fn describe_event_bus(
    core: &Core,
    call: &Call,
    input: DescribeEventBusRequest,
) -> Result<DescribeEventBusResponse, Fault> {
    let (named, bus) = core.bus(&Place::of(call), input.name.as_deref()).await?;
    let policy = match bus.policy {
        Some(policy) => Some(principals::shown::<EventsFaults>(call, policy).await?),
        None => None,
    };
    Ok(DescribeEventBusResponse {
        arn: Some(named.arn()),
        name: Some(named.name),
        creation_time: shown(bus.created_at),
        last_modified_time: shown(bus.changed_at),
        description: bus.description,
        kms_key_identifier: bus.kms_key,
        dead_letter_config: dead_letters::shown(bus.dead_letters),
        log_config: bus.logs.map(shown_logs),
        policy,
        ..DescribeEventBusResponse::default()
    })
}

/// A key that events of a bus can be sealed under.
///
/// # Errors
/// It cannot be used, or not by the service.
pub async fn check_key(
    core: &Core,
    call: &Call,
    bus: &BusName,
    key: Option<&str>,
) -> Result<(), Fault> {
    let Some(key) = key else { return Ok(()) };
    let seals = core.keys.sealing(bus, key, call.now).await;
    seals.map(|_| ()).map_err(|fault| match fault.sender {
        true => fault::invalid(fault.message),
        false => fault,
    })
}

/// What a request says of a bus's log.
fn settings(given: &LogConfig) -> LogSettings {
    let detail = |it: &str| match it {
        "FULL" => LogDetail::Full,
        _ => LogDetail::None,
    };
    LogSettings {
        detail: given.include_detail.as_deref().map(detail),
        level: given.level.as_deref().map(LogLevel::named),
    }
}

fn shown_logs(logs: LogSettings) -> LogConfig {
    let detail = |it| match it {
        LogDetail::None => "NONE",
        LogDetail::Full => "FULL",
    };
    LogConfig {
        include_detail: logs.detail.map(|it| detail(it).to_owned()),
        level: logs.level.map(|it| it.as_str().to_owned()),
    }
}

/// The default bus was there before anybody said anything of it.
fn shown(time: Timestamp) -> Option<Timestamp> {
    (time != Timestamp::default()).then_some(time)
}

pub async fn list_event_buses(
    core: &Core,
    call: &Call,
    input: ListEventBusesRequest,
) -> Result<ListEventBusesResponse, Fault> {
    let place = Place::of(call);
    let prefix = input.name_prefix.unwrap_or_default();
    let pages = core.pages(call, "events/ListEventBuses", &prefix);
    let page = pages.page(input.next_token.as_deref(), page_size(input.limit))?;
    let stored = core.table.all::<Bus>(&scope(&place), "").await?;
    let stored = stored.into_iter().map(|(name, it)| (name, it.record));
    let mut all: Vec<(String, Bus)> = stored.collect();
    if !all.iter().any(|(name, _)| name == DEFAULT_BUS) {
        all.push((DEFAULT_BUS.to_owned(), Bus::default()));
    }
    all.retain(|(name, _)| name.starts_with(&prefix));
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    let (mut all, next_token) = page.cut(all, |(name, _)| name.as_str());
    for (_, bus) in &mut all {
        if let Some(policy) = bus.policy.take() {
            bus.policy = Some(principals::shown::<EventsFaults>(call, policy).await?);
        }
    }
    let show = |(name, bus): (String, Bus)| EventBus {
        arn: Some(BusName::asked(&place, Some(&name)).arn()),
        name: Some(name),
        creation_time: shown(bus.created_at),
        last_modified_time: shown(bus.changed_at),
        description: bus.description,
        policy: bus.policy,
        managed_by: None,
    };
    Ok(ListEventBusesResponse {
        event_buses: Some(all.into_iter().map(show).collect()),
        next_token,
    })
}

pub async fn update_event_bus(
    core: &Core,
    call: &Call,
    input: UpdateEventBusRequest,
) -> Result<UpdateEventBusResponse, Fault> {
    let (named, _) = core.bus(&Place::of(call), input.name.as_deref()).await?;
    let kms_key = input.kms_key_identifier.as_deref();
    check_key(core, call, &named, kms_key.filter(|it| !it.is_empty())).await?;
    let queue = dead_letters::given(input.dead_letter_config.as_ref())?;
    let bus = transact!(core.table, &call.permit, |tx| {
        let mut bus = bus_in(&mut tx, &named).await?;
        if let Some(description) = &input.description {
            bus.description = Some(description.clone());
        }
        // An empty one takes the key away.
        if let Some(key) = kms_key {
            bus.kms_key = (!key.is_empty()).then(|| key.to_owned());
        }
        if let Some(queue) = &queue {
            bus.dead_letters = (!queue.is_empty()).then(|| queue.clone());
        }
        if let Some(logs) = &input.log_config {
            bus.logs = Some(settings(logs));
        }
        bus.changed_at = call.now;
        tx.put(named.key(), &bus);
        bus
    });
    Ok(UpdateEventBusResponse {
        arn: Some(named.arn()),
        name: Some(named.name),
        description: bus.description,
        kms_key_identifier: bus.kms_key,
        dead_letter_config: dead_letters::shown(bus.dead_letters),
        log_config: bus.logs.map(shown_logs),
    })
}

/// A bus that is not there is deleted already.
pub async fn delete_event_bus(
    core: &Core,
    call: &Call,
    input: DeleteEventBusRequest,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let named = BusName::asked(&place, input.name.as_deref());
    if named.is_default() {
        return Err(fault::invalid("Cannot delete event bus default."));
    }
    if named.place != place {
        return Err(fault::no_bus(&named.name));
    }
    transact!(core.table, &call.permit, |tx| {
        let rules = tx.find::<Rules>(&named.rules_key()).await?;
        if rules.as_ref().is_some_and(|it| it.count > 0) {
            return Err(fault::invalid(
                "Event bus can't be deleted since it has rules.",
            ));
        }
        if tx.find::<Bus>(&named.key()).await?.is_some() {
            tx.delete(named.key());
        }
        if rules.is_some() {
            tx.delete(named.rules_key());
        }
    });
    Ok(())
}
