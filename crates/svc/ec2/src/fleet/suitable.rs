//! Overrides that name types by what they are like become pools, one a type. The types are found once, when templates are
//! settled: of the architecture of the image that they are to run.

use wharf_wire::{Context, Fault};

use super::{
    create::MOST_POOLS,
    fault::bad_config,
    records::{Alike, AnyFleet, Pool},
};
use crate::{Ec2Service, images, launch_templates::resolve};

/// Puts a pool for each type in the place of an override that names none.
///
/// # Errors
/// There are no such types.
pub async fn expand<T: AnyFleet>(
    service: &Ec2Service,
    cx: &Context,
    fleet: &mut T,
) -> Result<(), Fault> {
    let body = fleet.body_mut();
    let alike = body.pools.iter().filter(|it| it.alike.is_some()).count();
    if alike == 0 {
        return Ok(());
    }
    let others = body.pools.len() - alike;
    // The cheapest of each, where there are more than a fleet can have.
    let each = (MOST_POOLS.saturating_sub(others) / alike).max(1);
    let mut pools = Vec::new();
    for pool in std::mem::take(&mut body.pools) {
        let Some(Alike { number, .. }) = pool.alike else {
            pools.push(pool);
            continue;
        };
        let architecture = architecture(service, cx, &pool).await?;
        let requirements = body.requirements.get(number as usize);
        let suitable = requirements.map(|it| it.suitable(architecture.as_deref()));
        let suitable = suitable.unwrap_or_default();
        if suitable.is_empty() {
            return Err(bad_config(
                "No instance type has the attributes that InstanceRequirements ask for.",
            ));
        }
        pools.extend(suitable.into_iter().take(each).map(|it| Pool {
            instance_type: Some(it.kind.name.to_owned()),
            alike: Some(Alike {
                number,
                not_in: it.not_in,
            }),
            ..pool.clone()
        }));
    }
    body.pools = pools;
    Ok(())
}

/// Of the image that instances of a pool are of, if there is one. What is wrong with it is said when they are launched.
async fn architecture(
    service: &Ec2Service,
    cx: &Context,
    pool: &Pool,
) -> Result<Option<String>, Fault> {
    let of_template = match &pool.template {
        Some(template) if pool.image.is_none() => {
            match resolve(service, cx, &template.named()).await {
                Ok(data) => data.image_id,
                Err(fault) if fault.sender => None,
                Err(fault) => return Err(fault),
            }
        }
        _ => None,
    };
    let Some(image) = pool.image.clone().or(of_template) else {
        return Ok(None);
    };
    match images::find(service, cx, &image).await {
        Ok(found) => Ok(Some(found.architecture)),
        Err(fault) if fault.sender => Ok(None),
        Err(fault) => Err(fault),
    }
}
