//! ReplicateSecretToRegions, RemoveRegionsFromReplication and StopReplicationToReplica.
//!
//! A replica is a pointer: what is read in its region is read from the primary, so it is always in step. Only where
//! a key of KMS is in play, which is in one region alone, does it keep values of its own, under the key that it has;
//! each new value is written to all of them in one transaction.

use std::collections::BTreeMap;

use wharf_api_secretsmanager::{
    RemoveRegionsFromReplicationRequest, RemoveRegionsFromReplicationResponse, ReplicaRegionType,
    ReplicateSecretToRegionsRequest, ReplicateSecretToRegionsResponse,
    StopReplicationToReplicaRequest, StopReplicationToReplicaResponse,
};
use wharf_records::Unknown;
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::{Core, Found, again, key, replica_key, value_key},
    describe, fault, kms, names,
    records::{Replica, Secret, Value, value_id},
};

/// Regions with the keys of their replicas; `None` for the service's own.
pub type Regions = BTreeMap<String, Option<String>>;

/// The regions of a request: others than the secret's own, each once.
pub fn regions(place: &Place, given: Option<&[ReplicaRegionType]>) -> Result<Regions, Fault> {
    let mut regions = Regions::new();
    for one in given.unwrap_or_default() {
        let key = kms::chosen(one.kms_key_id.clone());
        let region = one.region.clone().unwrap_or_default();
        if region == place.region {
            return Err(fault::parameter("Invalid replica region."));
        }
        if regions.insert(region.clone(), key).is_some() {
            return Err(fault::parameter(format!(
                "The region {region} was specified more than once."
            )));
        }
    }
    Ok(regions)
}

pub async fn replicate_secret_to_regions(
    core: &Core,
    call: &Call,
    input: ReplicateSecretToRegionsRequest,
) -> Result<ReplicateSecretToRegionsResponse, Fault> {
    let place = Place::of(call);
    let regions = regions(&place, input.add_replica_regions.as_deref())?;
    let found = core.find(&place, input.secret_id.as_deref()).await?;
    let found = found.primary()?.usable()?.own()?;
    let force = input.force_overwrite_replica_secret.unwrap_or_default();
    let found = add(core, call, found, &regions, force).await?;
    Ok(ReplicateSecretToRegionsResponse {
        arn: Some(found.arn()),
        replication_status: describe::replicas(&found),
    })
}

/// Adds replicas of a secret; returns it with them.
///
/// # Errors
/// A secret of that name is in one of the regions, and is not to be overwritten.
pub async fn add(
    core: &Core,
    call: &Call,
    found: Found,
    regions: &Regions,
    force: bool,
) -> Result<Found, Fault> {
    let mut found = found;
    for (region, under) in regions {
        let there = Place::new(&found.place.account, region);
        let keeps_own = under.is_some() || found.secret().is_under_a_key();
        let is_there = found.secret().replicas.contains(region);
        if is_there && under.is_some() && found.secret().copies.get(region) != Some(under) {
            return Err(fault::parameter(format!(
                "The secret is already replicated to region {region} with another key."
            )));
        }
        if keeps_own && !is_there {
            copy_to(core, call, &found, region, under.as_deref()).await?;
        }
        let replica = Replica {
            primary_region: found.place.region.clone(),
            suffix: found.secret().suffix.clone(),
            unknown: Unknown::new(),
        };
        transact!(core.table, &call.permit, |tx| {
            let mut secret = again(&mut tx, &found).await?;
            if keeps_own && secret != *found.secret() {
                // A value may have come that has no copy.
                return Err(core.table.conflict(&found.stored.key).into());
            }
            if let Some(other) = tx.find::<Secret>(&key(&there, &found.name)).await? {
                if !force || !other.replicas.is_empty() {
                    return Err(fault::request(format!(
                        "Replication failed: Secret name {} already exists in region {region}.",
                        found.name
                    )));
                }
                for version in other.versions.keys() {
                    let id = value_id(&found.name, &other.suffix, version);
                    tx.delete(value_key(&there, &id));
                }
                tx.delete(key(&there, &found.name));
            }
            let at = replica_key(&there, &found.name);
            let other = tx.find::<Replica>(&at).await?;
            if other.is_some_and(|it| it != replica) {
                return Err(fault::exists(&found.name));
            }
            tx.put(at, &replica);
            secret.replicas.insert(region.clone());
            if keeps_own && !is_there {
                secret.copies.insert(region.clone(), under.clone());
            }
            tx.put(&found.stored.key, &secret);
        });
        found = core.find(&found.shown_at, Some(&found.arn())).await?;
    }
    Ok(found)
}

/// Writes all values of a secret in a region too, under a key there. One transaction would not hold them all; they
/// count once the secret says so.
///
/// # Errors
/// Those of KMS: the caller may not use the keys, or they cannot be used.
pub async fn copy_to(
    core: &Core,
    call: &Call,
    found: &Found,
    region: &str,
    key: Option<&str>,
) -> Result<(), Fault> {
    let copies = Regions::from([(region.to_owned(), key.map(str::to_owned))]);
    for version in found.secret().versions.keys() {
        let slot = found.slot(version);
        let Some(stored) = core.table.read::<Value>(&slot.key()).await? else {
            // A rotation has not given it a value yet.
            continue;
        };
        let content = core.open(call, &slot, &stored.record).await?;
        let mut change = core.table.begin();
        for (key, value) in core.copies(call, &slot, &copies, &content).await? {
            change.put(key, &value);
        }
        change.write(&call.permit).await?;
    }
    Ok(())
}

pub async fn remove_regions_from_replication(
    core: &Core,
    call: &Call,
    input: RemoveRegionsFromReplicationRequest,
) -> Result<RemoveRegionsFromReplicationResponse, Fault> {
    let place = Place::of(call);
    let found = core.find(&place, input.secret_id.as_deref()).await?;
    let found = found.primary()?.usable()?.own()?;
    let gone = input.remove_replica_regions.unwrap_or_default();
    transact!(core.table, &call.permit, |tx| {
        let mut secret = again(&mut tx, &found).await?;
        for region in &gone {
            if !secret.replicas.remove(region) {
                return Err(fault::parameter(format!(
                    "The secret is not replicated to region {region}."
                )));
            }
            let there = Place::new(&found.place.account, region);
            tx.delete(replica_key(&there, &found.name));
            if secret.copies.remove(region).is_some() {
                for version in secret.versions.keys() {
                    let id = value_id(&found.name, &secret.suffix, version);
                    tx.delete(value_key(&there, &id));
                }
            }
        }
        tx.put(&found.stored.key, &secret);
    });
    let found = core.find(&place, Some(&found.arn())).await?;
    Ok(RemoveRegionsFromReplicationResponse {
        arn: Some(found.arn()),
        replication_status: describe::replicas(&found).or(Some(Vec::new())),
    })
}

/// Makes a replica a secret of its own, with all versions that the primary has.
pub async fn stop_replication_to_replica(
    core: &Core,
    call: &Call,
    input: StopReplicationToReplicaRequest,
) -> Result<StopReplicationToReplicaResponse, Fault> {
    let place = Place::of(call);
    let found = core.find(&place, input.secret_id.as_deref()).await?;
    let found = found.usable()?;
    if !found.is_replica() {
        return Err(fault::request(
            "Operation not permitted on a primary secret. Call must be made in the replica's region.",
        ));
    }
    let mut own = found.secret().clone();
    match found.secret().copies.get(&place.region) {
        // Its values are there already.
        Some(key) => own.kms_key.clone_from(key),
        None => copy_to(core, call, &found, &place.region, None).await?,
    }
    for version in own.versions.values_mut() {
        version.kms_key.clone_from(&own.kms_key);
    }
    own.replicas.clear();
    own.copies.clear();
    let mut change = core.table.begin();
    change.when(found.stored.unchanged());
    let mut primary = found.secret().clone();
    primary.replicas.remove(&place.region);
    primary.copies.remove(&place.region);
    change.put(&found.stored.key, &primary);
    change.put(key(&place, &found.name), &own);
    change.delete(replica_key(&place, &found.name));
    change.write(&call.permit).await?;
    Ok(StopReplicationToReplicaResponse {
        arn: Some(names::arn(&place, &found.name, &found.secret().suffix)),
    })
}
