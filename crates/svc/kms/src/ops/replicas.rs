//! ReplicateKey and UpdatePrimaryRegion. Both are done when they answer: no key is `Creating` or `Updating`.

use wharf_api_kms::{ReplicateKeyRequest, ReplicateKeyResponse, UpdatePrimaryRegionRequest};
use wharf_service::{Place, principals, transact};
use wharf_wire::{Call, Fault};

use super::create;
use crate::{
    core::{Core, Found, family_again, found_family_key, key, usable},
    describe,
    family::{self, Role},
    fault::{self, KmsFaults},
    names,
    records::{External, Family, Key},
    tags,
};

/// Replicas of a key: more regions than AWS has.
const MOST_REPLICAS: usize = 100;

pub async fn replicate_key(
    core: &Core,
    call: &Call,
    input: ReplicateKeyRequest,
) -> Result<ReplicateKeyResponse, Fault> {
    let place = Place::of(call);
    let found = core.find_by_id(&place, input.key_id.as_deref()).await?;
    found.primary()?;
    let found = found.usable()?;
    let region = input.replica_region.unwrap_or_default();
    family::check_region(&place.region, &region)?;
    let there = Place::new(&place.account, &region);
    let arn = names::key_arn(&there, &found.id);
    let tags = tags::given(input.tags)?;
    let bypass = input.bypass_policy_lockout_safety_check;
    let policy = create::policy_of(call, &there, &found.id, input.policy, bypass).await?;
    create::has_room(core, &there).await?;
    let description = input.description.unwrap_or_default();
    transact!(core.table, &call.permit, |tx| {
        let (primary, mut shared) = still_primary(&mut tx, &found, call).await?;
        let made = key(&there, &found.id);
        if tx.find::<Key>(&made).await?.is_some() {
            return Err(fault::already_replicated(&arn));
        }
        if shared.replicas.len() >= MOST_REPLICAS {
            return Err(fault::limit(format!(
                "A multi-Region key has at most {MOST_REPLICAS} replicas."
            )));
        }
        shared.replicas.insert(region.clone());
        let replica = Key {
            description: description.clone(),
            tags: tags.clone(),
            materials: Vec::new(),
            public_key: primary.public_key.clone(),
            external: primary.external.as_ref().map(|_| External::default()),
            home: primary.home.clone(),
            ..create::new(primary.spec, primary.usage, policy.clone(), call.now)
        };
        tx.put(found_family_key(&found, &primary), &shared);
        tx.put(&made, &replica);
    });
    let made = core.find(&there, Some(&found.id)).await?;
    let shown = principals::shown::<KmsFaults>(call, made.key().policy.clone()).await?;
    Ok(ReplicateKeyResponse {
        replica_policy: Some(shown),
        replica_tags: Some(tags::to_wire(&made.key().tags)),
        replica_key_metadata: Some(describe::metadata(&made)),
    })
}

pub async fn update_primary_region(
    core: &Core,
    call: &Call,
    input: UpdatePrimaryRegionRequest,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let found = core.find_by_id(&place, input.key_id.as_deref()).await?;
    found.primary()?;
    let found = found.usable()?;
    let region = input.primary_region.unwrap_or_default();
    let there = Place::new(&place.account, &region);
    let arn = names::key_arn(&there, &found.id);
    let next = core.find(&there, Some(&found.id)).await?;
    transact!(core.table, &call.permit, |tx| {
        let (primary, mut shared) = still_primary(&mut tx, &found, call).await?;
        shared.pass_on(&region, &arn)?;
        let next = tx.find::<Key>(&next.stored.key).await?;
        let next = next.ok_or_else(|| fault::no_key(&arn))?;
        check(&next, &shared, &arn, call)?;
        tx.put(found_family_key(&found, &primary), &shared);
    });
    Ok(())
}

/// A primary that can be used, once more in a transaction.
async fn still_primary(
    tx: &mut wharf_service::Changes<'_, fault::KmsFaults>,
    found: &Found,
    call: &Call,
) -> Result<(Key, Family), Fault> {
    let (key, shared) = family_again(tx, found).await?;
    let arn = found.arn();
    check(&key, &shared, &arn, call)?;
    match shared.role(&found.place.region) {
        Role::Primary => Ok((key, shared)),
        Role::Replica => Err(fault::not_primary(&arn)),
    }
}

fn check(key: &Key, shared: &Family, arn: &str, call: &Call) -> Result<(), Fault> {
    let external = key.external.as_ref();
    let is_there = external.is_none_or(|it| it.at(call.now).is_whole(&shared.materials));
    usable(key, is_there, arn)
}
