//! DescribeInstanceStatus, DescribeInstanceCreditSpecifications and GetConsoleOutput: how instances are.

use wharf_api_ec2::types::*;
use wharf_records::Record as _;
use wharf_wire::{Call, Context, Fault};

use super::change_instances::{check_id, find};
use crate::{
    Ec2Service, fault,
    filter::{Asked, Fields, names},
    instance_types,
    instances::{
        Sight,
        describe::{self, zone_id},
        life::State,
        providers::{Ability, webhook},
        scheduled::{self, Scheduled},
    },
    page::{USUAL_SIZES, check_ids, check_size},
    records::Instance,
};

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeInstanceStatusRequest,
) -> Result<DescribeInstanceStatusResult, Fault> {
    fault::dry_run(input.dry_run)?;
    check_ids(
        input.instance_ids.as_deref(),
        input.max_results,
        "instancesSet",
    )?;
    check_size(input.max_results, &USUAL_SIZES)?;
    for id in input.instance_ids.iter().flatten() {
        check_id(id)?;
    }
    let mut filters = input.filters.unwrap_or_default();
    // Those that run alone, unless all are asked for.
    if input.include_all_instances != Some(true) {
        filters.push(Filter {
            name: Some("instance-state-name".to_owned()),
            values: Some(vec!["running".to_owned()]),
        });
    }
    let asked = Asked {
        ids: input.instance_ids,
        filters: Some(filters),
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let sight = service.instances.sight();
    let fields = |it: &Instance| fields(it, call, sight);
    let selected = service.select(call, asked, &names::INSTANCE_STATUS, fields);
    let (page, next_token) = selected.await?;
    Ok(DescribeInstanceStatusResult {
        instance_statuses: Some(page.iter().map(|it| to_wire(call, it, sight)).collect()),
        next_token,
    })
}

/// Burstable instances may use what others of their host leave, for as long as they like: `unlimited`, as EC2 calls it.
pub async fn credits(
    service: &Ec2Service,
    call: &Call,
    input: DescribeInstanceCreditSpecificationsRequest,
) -> Result<DescribeInstanceCreditSpecificationsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    check_ids(
        input.instance_ids.as_deref(),
        input.max_results,
        "instancesSet",
    )?;
    for id in input.instance_ids.iter().flatten() {
        check_id(id)?;
    }
    let asked = Asked {
        ids: input.instance_ids,
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let is_burstable = |it: &Instance| {
        let kind = instance_types::find(&it.instance_type);
        kind.is_some_and(|it| it.burstable)
    };
    let fields = |it: &Instance| vec![("instance-id", vec![it.id.clone()])];
    let names = &names::CREDIT_SPECIFICATIONS;
    let (page, next_token) = service
        .select_some(call, asked, names, is_burstable, fields)
        .await?;
    let shown = page.into_iter().map(|it| InstanceCreditSpecification {
        instance_id: Some(it.id),
        cpu_credits: Some("unlimited".to_owned()),
    });
    Ok(DescribeInstanceCreditSpecificationsResult {
        instance_credit_specifications: Some(shown.collect()),
        next_token,
    })
}

/// Status of both checks, and whether they passed.
fn checks(it: &Instance, sight: Sight) -> (&'static str, &'static str) {
    match it.life.state {
        State::Running if it.life.impaired_since.is_some() => match sight.cut_off {
            true => ("insufficient-data", "insufficient-data"),
            false => ("impaired", "failed"),
        },
        State::Running => ("ok", "passed"),
        State::Pending => ("initializing", "initializing"),
        _ => ("not-applicable", ""),
    }
}

fn fields(it: &Instance, cx: &Context, sight: Sight) -> Fields {
    let one = |value: &str| vec![value.to_owned()];
    let (status, reachability) = checks(it, sight);
    let events = |value: fn(&Scheduled) -> String| scheduled::shown(it).map(value).collect();
    vec![
        ("event.code", events(|_| scheduled::CODE.to_owned())),
        ("event.description", events(Scheduled::description)),
        ("event.instance-event-id", events(|it| it.id.clone())),
        ("event.not-before", events(|it| it.not_before.iso8601())),
        ("availability-zone", one(&it.zone)),
        ("availability-zone-id", one(&zone_id(cx, it))),
        (
            "instance-state-code",
            one(&it.life.shown().code().to_string()),
        ),
        ("instance-state-name", one(it.life.shown().name())),
        ("instance-status.reachability", one(reachability)),
        ("instance-status.status", one(status)),
        ("system-status.reachability", one(reachability)),
        ("system-status.status", one(status)),
    ]
}

fn to_wire(cx: &Context, it: &Instance, sight: Sight) -> InstanceStatus {
    let (status, reachability) = checks(it, sight);
    let details = InstanceStatusDetails {
        impaired_since: sight.impaired_since(it).filter(|_| status == "impaired"),
        name: Some("reachability".to_owned()),
        status: Some(reachability.to_owned()),
    };
    let summary = InstanceStatusSummary {
        details: (!reachability.is_empty()).then(|| vec![details]),
        status: Some(status.to_owned()),
    };
    InstanceStatus {
        availability_zone: Some(it.zone.clone()),
        availability_zone_id: Some(zone_id(cx, it)),
        events: Some(scheduled::shown(it).map(scheduled::to_wire).collect()),
        instance_id: Some(it.id.clone()),
        instance_state: Some(describe::state(it.life.shown())),
        instance_status: Some(summary.clone()),
        system_status: Some(summary),
        ..InstanceStatus::default()
    }
}

pub async fn console(
    service: &Ec2Service,
    call: &Call,
    input: GetConsoleOutputRequest,
) -> Result<GetConsoleOutputResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.instance_id.as_deref().unwrap_or_default();
    let instance = find(service, call, id).await?;
    instance.needs(Ability::Console)?;
    let key = Ec2Service::scope(call).key(Instance::KIND, &instance.id);
    webhook::look_at_console(service, &key, &instance).await;
    let tail = service.instances.consoles.get(&key);
    let at = tail.as_ref().map(|tail| tail.at);
    Ok(GetConsoleOutputResult {
        instance_id: Some(instance.id),
        timestamp: Some(at.unwrap_or(instance.life.since)),
        output: tail.map(|tail| tail.text),
    })
}
