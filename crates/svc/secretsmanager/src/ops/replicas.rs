//! ReplicateSecretToRegions, RemoveRegionsFromReplication and StopReplicationToReplica.
//!
//! A replica is a pointer: what is read in its region is read from the primary, so it is always in step.

use std::collections::BTreeSet;

use wharf_api_secretsmanager::{
    RemoveRegionsFromReplicationRequest, RemoveRegionsFromReplicationResponse, ReplicaRegionType,
    ReplicateSecretToRegionsRequest, ReplicateSecretToRegionsResponse,
    StopReplicationToReplicaRequest, StopReplicationToReplicaResponse,
};
use wharf_records::Unknown;
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::{Core, Found, Slot, again, key, replica_key, value_key},
    describe, fault, kms, names,
    records::{Replica, Secret, value_id},
};

/// The regions of a request: others than the secret's own, each once, with no key of their own.
pub fn regions(
    place: &Place,
    given: Option<&[ReplicaRegionType]>,
) -> Result<BTreeSet<String>, Fault> {
    let mut regions = BTreeSet::new();
    for one in given.unwrap_or_default() {
        if kms::chosen(one.kms_key_id.clone()).is_some() {
            return Err(fault::unsupported("KmsKeyId of a replica"));
        }
        let region = one.region.clone().unwrap_or_default();
        if region == place.region {
            return Err(fault::parameter("Invalid replica region."));
        }
        if !regions.insert(region.clone()) {
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
    regions: &BTreeSet<String>,
    force: bool,
) -> Result<Found, Fault> {
    let secret = found.secret();
    let mut keys = secret.versions.values().map(|it| &it.kms_key);
    if secret.kms_key.is_some() || keys.any(Option::is_some) {
        // A key of KMS is in one region alone, and a replica is read where it is.
        return Err(fault::unsupported("KmsKeyId of a replicated secret"));
    }
    for region in regions {
        let there = Place::new(&found.place.account, region);
        let replica = Replica {
            primary_region: found.place.region.clone(),
            suffix: found.secret().suffix.clone(),
            unknown: Unknown::new(),
        };
        transact!(core.table, &call.permit, |tx| {
            let mut secret = again(&mut tx, &found).await?;
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
            tx.put(&found.stored.key, &secret);
        });
    }
    core.find(&found.shown_at, Some(&found.arn())).await
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
    // One transaction would not hold them all. What a crash leaves behind is overwritten by the next try.
    for version in found.secret().versions.keys() {
        let content = core.value(call, &found, version).await?;
        let mut copy = core.table.begin();
        let slot = Slot {
            place: &place,
            ..found.slot(version)
        };
        let (value, _) = core.seal(call, &slot, None, &content).await?;
        copy.put(slot.key(), &value);
        copy.commit(&call.permit).await?;
    }
    let mut change = core.table.begin();
    change.when(found.stored.unchanged());
    let mut primary = found.secret().clone();
    let own = Secret {
        replicas: BTreeSet::new(),
        ..primary.clone()
    };
    primary.replicas.remove(&place.region);
    change.put(&found.stored.key, &primary);
    change.put(key(&place, &found.name), &own);
    change.delete(replica_key(&place, &found.name));
    change.write(&call.permit).await?;
    Ok(StopReplicationToReplicaResponse {
        arn: Some(names::arn(&place, &found.name, &found.secret().suffix)),
    })
}
