//! CreateSecret.

use std::collections::BTreeSet;

use wharf_api_secretsmanager::{CreateSecretRequest, CreateSecretResponse};
use wharf_base::ids;
use wharf_records::Unknown;
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use super::replicas;
use crate::{
    core::{Content, Core, key, replica_key, value_key},
    describe, fault, names,
    records::{Replica, Secret, Value, value_id},
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
    super::value::key_is_ours(input.kms_key_id.as_deref())?;
    let content = Content::given(input.secret_string, input.secret_binary)?;
    let given_tags = tags::given(input.tags)?;
    let regions = replicas::regions(&place, input.add_replica_regions.as_deref())?;
    let version = input.client_request_token.unwrap_or_else(ids::uuid);
    let made = Secret {
        suffix: names::random_suffix(),
        description: input.description,
        created_at: call.now,
        changed_at: call.now,
        accessed_at: None,
        deletion: None,
        policy: None,
        tags: given_tags,
        versions: Default::default(),
        replicas: BTreeSet::new(),
        unknown: Unknown::new(),
    };
    let key = key(&place, &name);
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
                let value = value_id(&name, &there.suffix, &version);
                let stored = tx.find::<Value>(&value_key(&place, &value)).await?;
                repeats(
                    core,
                    &place,
                    &name,
                    &there,
                    &value,
                    stored,
                    content.as_ref(),
                )?;
            }
            None => {
                let mut secret = made.clone();
                if let Some(content) = &content {
                    let id = value_id(&name, &secret.suffix, &version);
                    versions::add(&mut secret, &version, &[CURRENT.to_owned()], call.now)?;
                    tx.put(value_key(&place, &id), &core.seal(&place, &id, content));
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
fn repeats(
    core: &Core,
    place: &Place,
    name: &str,
    there: &Secret,
    value: &str,
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
        return Err(fault::exists(name));
    };
    match core.open(place, value, &stored)? == *content {
        true => Ok(()),
        false => Err(fault::exists(name)),
    }
}
