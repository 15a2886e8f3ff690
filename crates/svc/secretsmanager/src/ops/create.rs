//! CreateSecret.

use std::collections::BTreeSet;

use wharf_api_secretsmanager::{CreateSecretRequest, CreateSecretResponse};
use wharf_base::ids;
use wharf_records::Unknown;
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use super::replicas;
use crate::{
    core::{Content, Core, Slot, key, replica_key},
    describe, fault, kms, names,
    records::{Replica, Secret, Value},
    tags,
    versions::{self, CURRENT},
};

pub async fn create_secret(
    core: &Core,
    call: &Call,
    input: CreateSecretRequest,
) -> Result<CreateSecretResponse, Fault> {
    let place = Place::of(call);
    let name = input.name.unwrap_or_default();
    names::check(&name)?;
    let content = Content::given(input.secret_string, input.secret_binary)?;
    let given_tags = tags::given(input.tags)?;
    let regions = replicas::regions(core, &place, input.add_replica_regions.as_deref())?;
    let version = input.client_request_token.unwrap_or_else(ids::uuid);
    let kms_key = kms::chosen(input.kms_key_id);
    let made = Secret {
        suffix: names::random_suffix(),
        kms_key,
        description: input.description,
        created_at: call.now,
        changed_at: call.now,
        accessed_at: None,
        deletion: None,
        policy: None,
        tags: given_tags,
        versions: Default::default(),
        rotation: None,
        replicas: BTreeSet::new(),
        owner: None,
        copies: Default::default(),
        copying: None,
        unknown: Unknown::new(),
    };
    let key = key(&place, &name);
    let slot = Slot {
        place: &place,
        name: &name,
        suffix: &made.suffix,
        version: &version,
    };
    let sealed = match &content {
        Some(content) if core.table.read::<Secret>(&key).await?.is_none() => {
            let under = made.kms_key.as_deref();
            Some(core.seal(call, &slot, under, content).await?)
        }
        _ => None,
    };
    let is_new = transact!(core.table, &call.permit, |tx| {
        let there = tx.find::<Secret>(&key).await?;
        let is_new = there.is_none();
        if tx
            .find::<Replica>(&replica_key(&place, &name))
            .await?
            .is_some()
        {
            return Err(fault::exists(&name));
        }
        match there {
            Some(there) => {
                let slot = Slot {
                    suffix: &there.suffix,
                    ..slot
                };
                let stored = tx.find::<Value>(&slot.key()).await?;
                repeats(core, call, &there, &slot, stored, content.as_ref()).await?;
            }
            None => {
                let mut secret = made.clone();
                if let Some((value, under)) = &sealed {
                    let stages = [CURRENT.to_owned()];
                    versions::add(&mut secret, &version, &stages, under.as_deref(), call.now)?;
                    tx.put(slot.key(), value);
                } else if content.is_some() {
                    // Whoever had this name lost it in this moment.
                    return Err(core.table.conflict(&key).into());
                }
                tx.put(&key, &secret);
            }
        }
        is_new
    });
    let mut found = core.find(&place, Some(&name)).await?;
    if is_new && !regions.is_empty() {
        let force = input.force_overwrite_replica_secret.unwrap_or_default();
        found = replicas::add(core, call, found, &regions, force).await?;
    }
    Ok(CreateSecretResponse {
        arn: Some(found.arn()),
        version_id: content.map(|_| version),
        replication_status: describe::replicas(&found),
        name: Some(name),
    })
}

/// A request may be repeated: with the same token and content it finds what it made.
async fn repeats(
    core: &Core,
    call: &Call,
    there: &Secret,
    slot: &Slot<'_>,
    stored: Option<Value>,
    content: Option<&Content>,
) -> Result<(), Fault> {
    if there.deletion.is_some() {
        return Err(fault::request(
            "You can't create this secret because a secret with this name is already scheduled for \
             deletion.",
        ));
    }
    let (Some(stored), Some(content)) = (stored, content) else {
        return Err(fault::exists(slot.name));
    };
    match core.open(call, slot, &stored).await? == *content {
        true => Ok(()),
        false => Err(fault::exists(slot.name)),
    }
}
