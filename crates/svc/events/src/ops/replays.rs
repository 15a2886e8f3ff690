//! StartReplay, DescribeReplay, ListReplays and CancelReplay.

use std::collections::BTreeSet;

use wharf_api_events::{
    self as api, CancelReplayRequest, CancelReplayResponse, DescribeReplayRequest,
    DescribeReplayResponse, ListReplaysRequest, ListReplaysResponse, ReplayDestination,
    StartReplayRequest, StartReplayResponse, faults,
};
use wharf_base::Arn;
use wharf_records::{Record as _, Unknown};
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, Fault};

use super::{
    archives::{archive_arn, no_archive},
    page_size,
};
use crate::{
    core::Core,
    fault,
    names::{BusName, Tagged, arn, scope},
    records::{Archive, Replay, ReplayState},
};

/// Replays of an account in a region that are not over, as on AWS.
const MOST_ACTIVE: usize = 10;

fn key(place: &Place, name: &str) -> String {
    scope(place).key(Replay::KIND, name)
}

fn replay_arn(place: &Place, name: &str) -> String {
    arn(place, format!("replay/{name}"))
}

fn no_replay(name: &str) -> Fault {
    faults::resource_not_found_exception(format!("Replay {name} does not exist."))
}

pub async fn start_replay(
    core: &Core,
    call: &Call,
    input: StartReplayRequest,
) -> Result<StartReplayResponse, Fault> {
    let place = Place::of(call);
    let name = input.replay_name.unwrap_or_default();
    let source = input.event_source_arn.unwrap_or_default();
    let parsed: Option<Arn> = source.parse().ok();
    let archive = parsed
        .as_ref()
        .and_then(|it| it.resource.strip_prefix("archive/"));
    let archive = archive.unwrap_or(&source).to_owned();
    let archive_key = scope(&place).key(Archive::KIND, &archive);
    let found = core.table.read::<Archive>(&archive_key).await?;
    let found = found.filter(|_| source == archive_arn(&place, &archive));
    let found = found.ok_or_else(|| no_archive(&archive))?.record;
    let bus = BusName::asked(&place, Some(&found.bus));
    let destination = input.destination.unwrap_or_default();
    if destination.arn.as_deref() != Some(&bus.arn()) {
        return Err(fault::invalid(
            "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.",
        ));
    }
    let (from, to) = (
        input.event_start_time.unwrap_or_default(),
        input.event_end_time.unwrap_or_default(),
    );
    if from >= to {
        return Err(fault::invalid(
            "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.",
        ));
    }
    let mut rules = BTreeSet::new();
    for given in destination.filter_arns.into_iter().flatten() {
        match Tagged::parse(&given) {
            Some(Tagged::Rule(of, rule)) if of == bus => rules.insert(rule),
            _ => {
                return Err(fault::invalid(format!(
                    "Parameter FilterArns is not valid. Reason: {given} is no rule of the destination."
                )));
            }
        };
    }
    let made = Replay {
        description: input.description,
        archive,
        stream: found.stream,
        bus: bus.name,
        rules,
        from,
        to,
        state: ReplayState::Starting,
        started_at: call.now,
        ended_at: None,
        last_at: None,
        offset: 0,
        unknown: Unknown::new(),
    };
    transact!(core.table, &call.permit, |tx| {
        if tx.find::<Replay>(&key(&place, &name)).await?.is_some() {
            return Err(faults::resource_already_exists_exception(format!(
                "Replay {name} already exists."
            )));
        }
        let all = core.table.all::<Replay>(&scope(&place), "").await?;
        let active = all.iter().filter(|(_, it)| it.record.ended_at.is_none());
        if active.count() >= MOST_ACTIVE {
            return Err(fault::too_many());
        }
        tx.put(key(&place, &name), &made);
    });
    Ok(StartReplayResponse {
        replay_arn: Some(replay_arn(&place, &name)),
        state: Some(made.state.as_str().to_owned()),
        state_reason: None,
        replay_start_time: Some(made.started_at),
    })
}

pub async fn describe_replay(
    core: &Core,
    call: &Call,
    input: DescribeReplayRequest,
) -> Result<DescribeReplayResponse, Fault> {
    let place = Place::of(call);
    let name = input.replay_name.unwrap_or_default();
    let found = core.table.read::<Replay>(&key(&place, &name)).await?;
    let it = found.ok_or_else(|| no_replay(&name))?.record;
    let bus = BusName::asked(&place, Some(&it.bus));
    let filters: Vec<String> = it.rules.iter().map(|rule| bus.rule_arn(rule)).collect();
    Ok(DescribeReplayResponse {
        replay_arn: Some(replay_arn(&place, &name)),
        replay_name: Some(name),
        description: it.description,
        state: Some(it.state.as_str().to_owned()),
        event_source_arn: Some(archive_arn(&place, &it.archive)),
        destination: Some(ReplayDestination {
            arn: Some(bus.arn()),
            filter_arns: (!filters.is_empty()).then_some(filters),
        }),
        event_start_time: Some(it.from),
        event_end_time: Some(it.to),
        event_last_replayed_time: it.last_at,
        replay_start_time: Some(it.started_at),
        replay_end_time: it.ended_at,
        ..DescribeReplayResponse::default()
    })
}

pub async fn list_replays(
    core: &Core,
    call: &Call,
    input: ListReplaysRequest,
) -> Result<ListReplaysResponse, Fault> {
    let place = Place::of(call);
    let prefix = input.name_prefix.unwrap_or_default();
    let (source, state) = (input.event_source_arn, input.state);
    let pages = core.pages(call, "events/ListReplays", &(&prefix, &source, &state));
    let page = pages.page(input.next_token.as_deref(), page_size(input.limit))?;
    let mut all = core.table.all::<Replay>(&scope(&place), &prefix).await?;
    all.retain(|(_, it)| {
        let arn = archive_arn(&place, &it.record.archive);
        source.as_ref().is_none_or(|wanted| *wanted == arn)
            && state
                .as_deref()
                .is_none_or(|it_is| it_is == it.record.state.as_str())
    });
    let (all, next_token) = page.cut(all, |(name, _)| name.as_str());
    let show = |(name, stored): (String, Stored<Replay>)| {
        let it = stored.record;
        api::Replay {
            replay_name: Some(name),
            event_source_arn: Some(archive_arn(&place, &it.archive)),
            state: Some(it.state.as_str().to_owned()),
            state_reason: None,
            event_start_time: Some(it.from),
            event_end_time: Some(it.to),
            event_last_replayed_time: it.last_at,
            replay_start_time: Some(it.started_at),
            replay_end_time: it.ended_at,
        }
    };
    Ok(ListReplaysResponse {
        replays: Some(all.into_iter().map(show).collect()),
        next_token,
    })
}

pub async fn cancel_replay(
    core: &Core,
    call: &Call,
    input: CancelReplayRequest,
) -> Result<CancelReplayResponse, Fault> {
    let place = Place::of(call);
    let name = input.replay_name.unwrap_or_default();
    let state = ReplayState::Cancelling;
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Replay>(&key(&place, &name)).await?;
        let replay = found.ok_or_else(|| no_replay(&name))?;
        if !replay.state.goes_on() {
            return Err(faults::illegal_status_exception(format!(
                "Replay {name} is not in a valid state for this operation."
            )));
        }
        tx.put(key(&place, &name), &Replay { state, ..replay });
    });
    Ok(CancelReplayResponse {
        replay_arn: Some(replay_arn(&place, &name)),
        state: Some(state.as_str().to_owned()),
        state_reason: None,
    })
}
