//! ReplicateSecretToRegions, RemoveRegionsFromReplication and StopReplicationToReplica.
//!
//! A replica is a pointer: what is read in its region is read from the primary, so it is always in step. Only where
//! a key of KMS is in play, which is in one region alone, does it keep values of its own, under the key that it has;
//! each new value is there in all of them or in none (`copying`).

use std::collections::{BTreeMap, BTreeSet};

use wharf_api_secretsmanager::{
    RemoveRegionsFromReplicationRequest, RemoveRegionsFromReplicationResponse, ReplicaRegionType,
    ReplicateSecretToRegionsRequest, ReplicateSecretToRegionsResponse,
    StopReplicationToReplicaRequest, StopReplicationToReplicaResponse,
};
use wharf_records::Unknown;
use wharf_service::{Changes, Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    copying::{self, Copying},
    core::{Core, Found, again, key, replica_key, value_key},
    describe,
    fault::{self, SecretFaults},
    kms, names,
    records::{Replica, Secret, value_id},
};

/// Regions with the keys of their replicas; `None` for the service's own.
pub type Regions = BTreeMap<String, Option<String>>;

/// The regions of a request: those that there are, others than the secret's own, each once.
pub fn regions(
    core: &Core,
    place: &Place,
    given: Option<&[ReplicaRegionType]>,
) -> Result<Regions, Fault> {
    let mut regions = Regions::new();
    for one in given.unwrap_or_default() {
        let key = kms::chosen(one.kms_key_id.clone());
        let region = one.region.clone().unwrap_or_default();
        if region == place.region || !core.parts.regions.has(&region) {
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
    let regions = regions(core, &place, input.add_replica_regions.as_deref())?;
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
        if is_there {
            continue;
        }
        let landing = Landing {
            found: &found,
            there: &there,
            force,
        };
        if keeps_own {
            copied(core, call, &landing, under.as_deref()).await?;
        } else {
            transact!(core.table, &call.permit, |tx| {
                let mut secret = again(&mut tx, &found).await?;
                if secret.is_under_a_key() {
                    // It got a key, so a pointer would not do.
                    return Err(core.table.conflict(&found.stored.key).into());
                }
                landing.take(&mut tx).await?;
                secret.replicas.insert(region.clone());
                tx.put(&found.stored.key, &secret);
            });
        }
        found = core.find(&found.shown_at, Some(&found.arn())).await?;
    }
    Ok(found)
}

/// Where a replica comes to.
struct Landing<'a> {
    found: &'a Found,
    there: &'a Place,
    force: bool,
}

impl Landing<'_> {
    /// Takes the name in the region. What is overwritten goes with its values, before any is written: a replica that
    /// became a secret of its own has them under the same keys.
    async fn take(&self, tx: &mut Changes<'_, SecretFaults>) -> Result<(), Fault> {
        let Self { found, there, .. } = *self;
        let replica = Replica {
            primary_region: found.place.region.clone(),
            suffix: found.secret().suffix.clone(),
            unknown: Unknown::new(),
        };
        if let Some(other) = tx.find::<Secret>(&key(there, &found.name)).await? {
            if !self.force || !other.replicas.is_empty() || other.copying.is_some() {
                return Err(fault::request(format!(
                    "Replication failed: Secret name {} already exists in region {}.",
                    found.name, there.region
                )));
            }
            for version in other.versions.keys() {
                let id = value_id(&found.name, &other.suffix, version);
                tx.delete(value_key(there, &id));
            }
            tx.delete(key(there, &found.name));
        }
        let at = replica_key(there, &found.name);
        let other = tx.find::<Replica>(&at).await?;
        if other.is_some_and(|it| it != replica) {
            return Err(fault::exists(&found.name));
        }
        tx.put(at, &replica);
        Ok(())
    }
}

/// Adds a replica with values of its own. Until they are there, it reads those of the primary.
///
/// # Errors
/// Those of KMS, of which nothing is changed; as [`add`].
async fn copied(
    core: &Core,
    call: &Call,
    landing: &Landing<'_>,
    under: Option<&str>,
) -> Result<(), Fault> {
    let (found, region) = (landing.found, &landing.there.region);
    let copies = copying::sealed(core, call, found, region, under).await?;
    let copying = Copying::new([region.clone()], None, call.now);
    copying::clear(core, &call.permit, found, None, None).await?;
    transact!(core.table, &call.permit, |tx| {
        let mut secret = again(&mut tx, found).await?;
        if secret.copying.is_some() || !copying::is_same(&secret, found.secret()) {
            return Err(core.table.conflict(&found.stored.key).into());
        }
        landing.take(&mut tx).await?;
        secret.copying = Some(copying.clone());
        tx.put(&found.stored.key, &secret);
    });
    let work = async {
        copying::write(core, call, found, &copying, &copies).await?;
        transact!(core.table, &call.permit, |tx| {
            let mut secret = again(&mut tx, found).await?;
            // A value may have come that has no copy.
            if !copying.stands(&secret) || !copying::is_same(&secret, found.secret()) {
                return Err(core.table.conflict(&found.stored.key).into());
            }
            secret.replicas.insert(region.clone());
            secret
                .copies
                .insert(region.clone(), under.map(str::to_owned));
            secret.copying = None;
            tx.put(&found.stored.key, &secret);
        });
        Ok(())
    };
    let done = work.await;
    copying::ended(core, call, found, &copying, done).await
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
    let gone: BTreeSet<String> = gone.into_iter().collect();
    let missing = |region: &String| {
        fault::parameter(format!("The secret is not replicated to region {region}."))
    };
    let mut unknown = gone.iter();
    if let Some(region) = unknown.find(|it| !found.secret().replicas.contains(*it)) {
        return Err(missing(region));
    }
    // One transaction does not hold the values of many.
    for region in &gone {
        transact!(core.table, &call.permit, |tx| {
            let mut secret = again(&mut tx, &found).await?;
            if !secret.replicas.remove(region) {
                return Err(missing(region));
            }
            let there = Place::new(&found.place.account, region);
            tx.delete(replica_key(&there, &found.name));
            if secret.copies.remove(region).is_some() {
                for version in secret.versions.keys() {
                    let id = value_id(&found.name, &secret.suffix, version);
                    tx.delete(value_key(&there, &id));
                }
            }
            tx.put(&found.stored.key, &secret);
        });
    }
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
    let region = &place.region;
    if found.secret().copies.contains_key(region) {
        // Its values are there already.
        stopped(core, call, &found, None).await?;
    } else {
        let copying = Copying::new([region.clone()], None, call.now);
        copying::begin(core, call, &found, &copying).await?;
        let work = async {
            let copies = copying::sealed(core, call, &found, region, None).await?;
            copying::write(core, call, &found, &copying, &copies).await?;
            stopped(core, call, &found, Some(&copying)).await
        };
        let done = work.await;
        copying::ended(core, call, &found, &copying, done).await?;
    }
    Ok(StopReplicationToReplicaResponse {
        arn: Some(names::arn(&place, &found.name, &found.secret().suffix)),
    })
}

/// The replica is a secret from now on, whose values are there.
async fn stopped(
    core: &Core,
    call: &Call,
    found: &Found,
    copying: Option<&Copying>,
) -> Result<(), Fault> {
    let place = &found.shown_at;
    transact!(core.table, &call.permit, |tx| {
        let mut primary = again(&mut tx, found).await?;
        let stands = copying.is_none_or(|it| it.stands(&primary));
        if !stands || !copying::is_same(&primary, found.secret()) {
            return Err(core.table.conflict(&found.stored.key).into());
        }
        let mut own = primary.clone();
        own.kms_key = primary.copies.get(&place.region).cloned().flatten();
        for version in own.versions.values_mut() {
            version.kms_key.clone_from(&own.kms_key);
        }
        own.replicas.clear();
        own.copies.clear();
        own.copying = None;
        primary.replicas.remove(&place.region);
        primary.copies.remove(&place.region);
        if copying.is_some() {
            primary.copying = None;
        }
        tx.put(&found.stored.key, &primary);
        tx.put(key(place, &found.name), &own);
        tx.delete(replica_key(place, &found.name));
    });
    Ok(())
}
