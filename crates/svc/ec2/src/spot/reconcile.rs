//! The executor: reads a request and its instance, decides by [`super::life`], does one thing, writes it down.

use wharf_base::Timestamp;
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope, encode};
use wharf_service::{Stored, fence};
use wharf_store::Txn;
use wharf_wire::{Call, Context, Fault};

use super::{
    PRINCIPAL, Why,
    life::{Seen, Step, no_capacity, pause, step},
    prices,
    records::{SpotRequest, State, user_data_purpose},
};
use crate::{
    Ec2Service,
    fault::Ec2Faults,
    instance_types,
    instances::PERMIT,
    launch_templates::merge,
    ops::run_instances::{self, Part},
    records::Instance,
};

type StepError = wharf_service::StepError<Ec2Faults>;

/// A launch that is refused so is tried again.
const PASSING: [&str; 4] = [
    "InsufficientInstanceCapacity",
    "InstanceLimitExceeded",
    "InsufficientFreeAddressesInSubnet",
    "RequestLimitExceeded",
];

/// In the name of the service, in an account and region.
pub fn call_of(scope: &Scope, now: Timestamp) -> Call {
    let cx = Context::internal(&scope.account, &scope.region, PRINCIPAL, now);
    Call::by_controller(cx, PERMIT)
}

pub async fn reconcile(service: &Ec2Service, scope: &Scope, key: &str) -> Result<Next, StepError> {
    let Some(stored) = service.table.read::<SpotRequest>(key).await? else {
        return Ok(Next::Settled);
    };
    let now = service.instances.now();
    let instance = match &stored.record.instance {
        None => None,
        Some(id) => {
            service
                .table
                .read::<Instance>(&scope.key(Instance::KIND, id))
                .await?
        }
    };
    let seen = instance.as_ref().map(|it| Seen::of(&it.record));
    match step(&stored.record, seen, now) {
        Step::Nothing => Ok(Next::Settled),
        Step::After(delay) => Ok(Next::After(delay)),
        Step::Become(state, why) => {
            let become_it = |it: &mut SpotRequest| it.become_state(state, why, now);
            write(service, &stored, become_it).await?;
            Ok(Next::Settled)
        }
        Step::Launch => launch(service, scope, &stored, now).await,
        Step::Start => start(service, scope, &stored, instance, now).await,
        Step::Forget => {
            let txn = fenced(service, &stored)?.delete(key);
            service.table.commit(&PERMIT, txn).await?;
            Ok(Next::Settled)
        }
    }
}

fn fenced(service: &Ec2Service, stored: &Stored<SpotRequest>) -> Result<Txn, StepError> {
    let shard = fence(&service.instances.shard)?;
    Ok(Txn::new().when(shard).when(stored.unchanged()))
}

/// What is written wakes the key again.
async fn write(
    service: &Ec2Service,
    stored: &Stored<SpotRequest>,
    change: impl FnOnce(&mut SpotRequest),
) -> Result<(), StepError> {
    let mut record = stored.record.clone();
    change(&mut record);
    if record != stored.record {
        let txn = fenced(service, stored)?.put(&stored.key, encode(&record));
        service.table.commit(&PERMIT, txn).await?;
    }
    Ok(())
}

/// It waits, and says why.
async fn wait(
    service: &Ec2Service,
    stored: &Stored<SpotRequest>,
    why: Why,
    now: Timestamp,
) -> Result<Next, StepError> {
    let state = stored.record.state;
    let pause = pause(&stored.record, now);
    write(service, stored, |it| it.become_state(state, why, now)).await?;
    Ok(Next::After(pause))
}

async fn launch(
    service: &Ec2Service,
    scope: &Scope,
    stored: &Stored<SpotRequest>,
    now: Timestamp,
) -> Result<Next, StepError> {
    let request = &stored.record;
    if let Some(why) = too_cheap(request) {
        return wait(service, stored, why, now).await;
    }
    let mut data = request.launch.clone();
    if let Some(sealed) = &request.user_data {
        let purpose = user_data_purpose(&scope.account, &scope.region, &request.id);
        let opened = service
            .keyring
            .open(sealed, &purpose)
            .map_err(StepError::other)?;
        data.user_data = opened.expose_str().map(str::to_owned);
    }
    let asked = wharf_api_ec2::types::RunInstancesRequest {
        min_count: Some(1),
        max_count: Some(1),
        ..Default::default()
    };
    // Whoever has the shard launches; the instance is written with the request, so only one is.
    fence::<Ec2Faults>(&service.instances.shard)?;
    let call = call_of(scope, now);
    let part = Part::Request(stored);
    match run_instances::launch(service, &call, merge(&data, asked), part).await {
        Ok(_) => Ok(Next::Settled),
        Err(fault) => refused(service, stored, &fault, now).await,
    }
}

/// Whether it pays less than capacity costs.
fn too_cheap(request: &SpotRequest) -> Option<Why> {
    let kind = request
        .launch
        .instance_type
        .as_deref()
        .and_then(instance_types::find)?;
    let price = prices::spot(kind);
    let most = request.terms.max_price.filter(|most| *most < price)?;
    Some(Why::new(
        "price-too-low",
        format!(
            "Your Spot request price of {most} is lower than the minimum required Spot request fulfillment \
             price of {price}."
        ),
    ))
}

async fn refused(
    service: &Ec2Service,
    stored: &Stored<SpotRequest>,
    fault: &Fault,
    now: Timestamp,
) -> Result<Next, StepError> {
    if PASSING.contains(&fault.code.as_ref()) || fault.status >= 500 {
        return wait(service, stored, no_capacity(), now).await;
    }
    let failed = Why::new(&fault.code, fault.message.clone());
    let why = Why::new(
        "bad-parameters",
        "Your Spot request failed due to bad parameters.",
    );
    let fail = |it: &mut SpotRequest| {
        it.failed = Some(failed);
        it.become_state(State::Failed, why, now);
    };
    write(service, stored, fail).await?;
    Ok(Next::Settled)
}

/// Its disk is on its host, so it starts there or not at all.
async fn start(
    service: &Ec2Service,
    scope: &Scope,
    stored: &Stored<SpotRequest>,
    instance: Option<Stored<Instance>>,
    now: Timestamp,
) -> Result<Next, StepError> {
    let Some(instance) = instance else {
        return Ok(Next::After(pause(&stored.record, now)));
    };
    if !crate::instances::has_room_again(service, scope, &instance.record) {
        return Ok(Next::After(pause(&stored.record, now)));
    }
    let mut record = instance.record.clone();
    if let Some(held) = &mut record.spot {
        held.notice = None;
    }
    // From another state nothing is to be started.
    if record.life.start(now).is_ok() {
        let txn = fenced(service, stored)?.when(instance.unchanged());
        let txn = txn.put(&instance.key, encode(&record));
        service.table.commit(&PERMIT, txn).await?;
    }
    Ok(Next::After(pause(&stored.record, now)))
}
