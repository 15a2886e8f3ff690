//! Launches what a fleet lacks: offers of its pools are looked at, units shared out, and each share launched.

use std::time::Duration;

use wharf_api_ec2::types::{
    InstanceMarketOptionsRequest, Placement, RunInstancesRequest, SpotMarketOptions, Tag,
    TagSpecification,
};
use wharf_records::{Record as _, encode, hosts::Claim};
use wharf_service::{MAX_TRIES, Stored};
use wharf_store::Txn;
use wharf_wire::{Call, Context, Fault};

use super::{
    allocate::{Offer, allocate},
    records::{AnyFleet, Body, Failure, Pool, State, Units, user_data_purpose},
};
use crate::{
    Ec2Service, fault as ec2_fault, instance_types,
    launch_templates::{merge, resolve},
    ops::run_instances::{self, FleetPart, Part},
    records::{Instance, tags_to_wire},
    spot,
};

/// Instances of one launch.
const AT_ONCE: u32 = 10;

/// Pause when others launch for the same fleet.
const OTHERS: Duration = Duration::from_millis(100);

/// What came of it.
#[derive(Default)]
pub struct Filled {
    pub made: usize,
    pub failures: Vec<Failure>,
    /// Somebody else wrote the fleet: what it lacks is to be decided anew.
    pub outdated: bool,
}

/// Launches as much as there is room for. The fleet's record is rewritten with each launch, and nothing more is launched once
/// it is not what this goes by.
pub async fn fill<T: AnyFleet>(
    service: &Ec2Service,
    call: &Call,
    stored: &mut Stored<T>,
    missing: Units,
) -> Result<Filled, Fault> {
    let mut filled = Filled::default();
    for (spot, units) in [(false, missing.on_demand), (true, missing.spot)] {
        if units > 0 && !filled.outdated {
            let before = filled.made;
            share(service, call, stored, (spot, units), &mut filled).await?;
            let id = stored.record.id();
            tracing::debug!(
                id,
                spot,
                units,
                made = filled.made - before,
                "a fleet launched"
            );
        }
    }
    Ok(filled)
}

/// Launches what an instant fleet is for, whoever began with it: the call that made it, one of the same token, the reconciler. Each
/// launch is counted in the fleet's record and by it alone, so that several launch no more than one.
pub async fn finish<T: AnyFleet>(
    service: &Ec2Service,
    call: &Call,
    stored: &mut Stored<T>,
) -> Result<(), Fault> {
    for _ in 0..MAX_TRIES {
        let body = stored.record.body();
        if !body.filling || body.state != State::Active {
            return Ok(());
        }
        let missing = body.target.without(body.launched);
        let filled = fill(service, call, stored, missing).await?;
        if filled.outdated {
            tokio::time::sleep(OTHERS).await;
        } else {
            let mut next = stored.record.clone();
            next.body_mut().filling = false;
            next.body_mut().failures = filled.failures;
            let txn = Txn::new().when(stored.unchanged());
            service
                .commit(call, txn.put(&stored.key, encode(&next)))
                .await?;
        }
        let read = service.table.read::<T>(&stored.key).await?;
        *stored = read.ok_or_else(|| T::missing(stored.record.id()))?;
    }
    Err(service.table.conflict(&stored.key).into())
}

async fn share<T: AnyFleet>(
    service: &Ec2Service,
    call: &Call,
    stored: &mut Stored<T>,
    (spot, units): (bool, u32),
    filled: &mut Filled,
) -> Result<(), Fault> {
    let body = stored.record.body().clone();
    // Once for all pools: an account may have thousands.
    let all: Vec<Instance> = service.all(call).await?;
    let pending = run_instances::unplaced(&all);
    let mut offers = Vec::with_capacity(body.pools.len());
    let mut requests = Vec::with_capacity(body.pools.len());
    for (pool, number) in body.pools.iter().zip(0_u32..) {
        if !pool.is_for(spot) {
            offers.push(nothing(pool));
            requests.push(None);
            continue;
        }
        let request = launch_of::<T>(service, call, (&stored.record, pool), spot).await;
        let offer = match &request {
            Ok(request) => offer(service, call, request, (pool, spot, &pending)).await,
            Err(fault) => Err(fault.clone()),
        };
        offers.push(offer.unwrap_or_else(|fault| {
            filled.failures.push(failure(number, spot, &fault));
            nothing(pool)
        }));
        requests.push(request.ok());
    }
    given(&all, stored.record.id(), spot, &mut offers);
    let strategy = match spot {
        true => body.spot_strategy,
        false => body.on_demand_strategy,
    };
    let mut left = units;
    // A pool that gives less than it seemed to have is left out, and the rest shared out anew.
    for _ in 0..=offers.len() {
        let counts = allocate(strategy, body.pools_to_use as usize, &offers, left);
        if counts.iter().all(|it| *it == 0) {
            break;
        }
        for (at, count) in counts.into_iter().enumerate() {
            let Some(request) = &requests[at] else {
                continue;
            };
            let number = u32::try_from(at).unwrap_or_default();
            let weight = offers[at].weight.max(1);
            let mut wanted = count;
            while wanted > 0 {
                let some = wanted.min(AT_ONCE);
                let of = (number, spot);
                match launch(service, call, stored, of, (request, some)).await? {
                    Launched::Made { count, outdated } => {
                        offers[at].room = offers[at].room.saturating_sub(count);
                        offers[at].given += count * weight;
                        left = left.saturating_sub(count * weight);
                        filled.made += count as usize;
                        if outdated {
                            filled.outdated = true;
                            return Ok(());
                        }
                        // Fewer than asked for is what fits into a launch.
                        wanted = wanted.saturating_sub(count);
                        if count == 0 {
                            offers[at].room = 0;
                            break;
                        }
                    }
                    Launched::Refused(fault) => {
                        filled.failures.push(failure(number, spot, &fault));
                        offers[at].room = 0;
                        break;
                    }
                    Launched::Outdated => {
                        filled.outdated = true;
                        return Ok(());
                    }
                }
            }
        }
        if left == 0 {
            break;
        }
    }
    if left > 0 && filled.failures.is_empty() {
        filled.failures.push(failure(0, spot, &spot::no_capacity()));
    }
    Ok(())
}

/// Of a pool that has no room.
fn nothing(pool: &Pool) -> Offer {
    Offer {
        price: u64::MAX >> 32,
        weight: pool.units(),
        priority: u64::MAX,
        room: 0,
        given: 0,
    }
}

pub fn failure(pool: u32, spot: bool, fault: &Fault) -> Failure {
    Failure {
        pool,
        spot,
        code: fault.code.to_string(),
        message: fault.message.clone(),
    }
}

/// Units that pools have given already.
fn given(all: &[Instance], id: &str, spot: bool, offers: &mut [Offer]) {
    for it in all
        .iter()
        .filter(|it| it.life.state.lives() && it.spot.is_some() == spot)
    {
        let member = it.fleet.as_ref().filter(|it| it.id == id);
        if let Some(offer) = member.and_then(|it| offers.get_mut(it.pool as usize)) {
            offer.given += offer.weight;
        }
    }
}

async fn offer(
    service: &Ec2Service,
    call: &Call,
    request: &RunInstancesRequest,
    (pool, spot, pending): (&Pool, bool, &[(String, Claim)]),
) -> Result<Offer, Fault> {
    let name = request.instance_type.as_deref().unwrap_or_default();
    let kind = instance_types::find(name).ok_or_else(|| ec2_fault::bad_instance_type(name))?;
    let price = match spot {
        true => spot::spot(kind),
        false => spot::on_demand(kind),
    };
    let room = run_instances::room(service, call, request, pending).await?;
    if room == 0 {
        return Err(spot::no_capacity());
    }
    Ok(Offer {
        price: price.0,
        weight: pool.units(),
        priority: pool.priority.unwrap_or(u64::MAX),
        room,
        given: 0,
    })
}

/// What RunInstances is asked for an instance of a pool, its template merged into it.
pub async fn launch_of<T: AnyFleet>(
    service: &Ec2Service,
    cx: &Context,
    (fleet, pool): (&T, &Pool),
    spot: bool,
) -> Result<RunInstancesRequest, Fault> {
    let body = fleet.body();
    let mut data = match (&pool.template, pool.specification) {
        (Some(template), _) => resolve(service, cx, &template.named()).await?,
        (None, Some(number)) => {
            let found = body.specifications.get(number as usize);
            let specification = found.ok_or_else(ec2_fault::template_not_named)?;
            let mut data = specification.launch.clone();
            if let Some(sealed) = &specification.user_data {
                let purpose = user_data_purpose(&cx.account, &cx.region, fleet.id());
                let opened = service.keyring.open(sealed, &purpose);
                let opened = opened.map_err(ec2_fault::internal)?;
                data.user_data = opened.expose_str().map(str::to_owned);
            }
            data
        }
        (None, None) => return Err(ec2_fault::template_not_named()),
    };
    // The fleet says of what market its instances are.
    data.market = None;
    if pool.zone.is_some() {
        data.zone = None;
    }
    let mut asked = RunInstancesRequest {
        instance_type: pool.instance_type.clone(),
        image_id: pool.image.clone(),
        subnet_id: pool.subnet.clone(),
        placement: pool.zone.as_ref().map(|zone| Placement {
            availability_zone: Some(zone.clone()),
            ..Placement::default()
        }),
        min_count: Some(1),
        max_count: Some(1),
        tag_specifications: tags(body),
        ..RunInstancesRequest::default()
    };
    asked.instance_market_options = market(body, pool, spot);
    Ok(merge(&data, asked))
}

/// How an instance of a pool is paid for.
pub fn market(body: &Body, pool: &Pool, spot: bool) -> Option<InstanceMarketOptionsRequest> {
    let price = pool.max_price.or(body.max_price);
    spot.then(|| InstanceMarketOptionsRequest {
        market_type: Some("spot".to_owned()),
        spot_options: Some(SpotMarketOptions {
            max_price: price.map(|it| it.to_string()),
            ..SpotMarketOptions::default()
        }),
    })
}

fn tags(body: &Body) -> Option<Vec<TagSpecification>> {
    let tags: Vec<Tag> = tags_to_wire(&body.instance_tags);
    (!tags.is_empty()).then(|| {
        vec![TagSpecification {
            resource_type: Some(Instance::KIND.to_owned()),
            tags: Some(tags),
        }]
    })
}

enum Launched {
    Made {
        count: u32,
        /// The fleet became another meanwhile.
        outdated: bool,
    },
    Refused(Fault),
    /// Nothing was launched, since the fleet was written by somebody else.
    Outdated,
}

async fn launch<T: AnyFleet>(
    service: &Ec2Service,
    call: &Call,
    stored: &mut Stored<T>,
    (number, spot): (u32, bool),
    (request, count): (&RunInstancesRequest, u32),
) -> Result<Launched, Fault> {
    let request = RunInstancesRequest {
        max_count: i32::try_from(count).ok(),
        ..request.clone()
    };
    let (key, unchanged) = (stored.key.clone(), stored.unchanged());
    let record = stored.record.clone();
    let part = FleetPart {
        member: super::Member {
            id: record.id().to_owned(),
            pool: number,
        },
        tag: T::TAG,
        written: Box::new(move |made| {
            let next = counted(&record, (number, spot), made);
            let txn = Txn::new().when(unchanged.clone());
            txn.put(&key, encode(&next))
        }),
    };
    let made = run_instances::launch(service, call, request, Part::Fleet(part)).await;
    let read = service.table.read::<T>(&stored.key).await?;
    let (count, next) = match made {
        Ok(made) => {
            let next = counted(&stored.record, (number, spot), made.len());
            (u32::try_from(made.len()).unwrap_or(count), next)
        }
        Err(fault) => {
            let is_same = read.is_some_and(|it| it.revision == stored.revision);
            return Ok(match is_same {
                true => Launched::Refused(fault),
                false => Launched::Outdated,
            });
        }
    };
    let read = read.filter(|it| is_after(it.record.body(), next.body()));
    let outdated = read.is_none();
    if let Some(read) = read {
        *stored = read;
    }
    Ok(Launched::Made { count, outdated })
}

/// A fleet that launched so many more instances of a pool.
fn counted<T: AnyFleet>(fleet: &T, (pool, spot): (u32, bool), made: usize) -> T {
    let mut next = fleet.clone();
    let body = next.body_mut();
    let units = body.pools.get(pool as usize).map_or(1, Pool::units);
    let units = units.saturating_mul(u32::try_from(made).unwrap_or(u32::MAX));
    let launched = match spot {
        true => &mut body.launched.spot,
        false => &mut body.launched.on_demand,
    };
    *launched = launched.saturating_add(units);
    next
}

/// Whether a fleet still is what a launch left: it goes on, to the same end, and nobody else launched for it.
fn is_after(read: &Body, left: &Body) -> bool {
    (read.state, read.target, read.launched) == (left.state, left.target, left.launched)
}

#[cfg(test)]
mod tests;
