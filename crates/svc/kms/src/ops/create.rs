//! CreateKey, and the keys of services.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use wharf_api_kms::{CreateKeyRequest, CreateKeyResponse};
use wharf_base::{Timestamp, ids};
use wharf_records::{Record as _, Unknown};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use super::apart;
use crate::{
    core::{Core, alias_key, key, material_key},
    describe, fault,
    managed::Manager,
    material::{self, Made},
    names, policy,
    records::{Alias, External, Key, Rotated, material_id},
    rotation,
    spec::{Spec, Usage},
    tags,
};

/// The origin of keys whose material is imported.
pub const EXTERNAL: &str = "EXTERNAL";
/// Keys of an account in a region, as in AWS.
const MOST_KEYS: usize = 100_000;

pub async fn create_key(
    core: &Core,
    call: &Call,
    input: CreateKeyRequest,
) -> Result<CreateKeyResponse, Fault> {
    let place = Place::of(call);
    let spec = spec(input.key_spec, input.customer_master_key_spec)?;
    let usage = spec.usage(input.key_usage.as_deref())?;
    let given_tags = tags::given(input.tags)?;
    let id = ids::uuid();
    let policy = match input.policy {
        None => policy::default(&place),
        Some(text) => {
            policy::check(&text)?;
            if !input.bypass_policy_lockout_safety_check.unwrap_or_default() {
                policy::keeps_access(&text, &names::key_arn(&place, &id), call)?;
            }
            text
        }
    };
    let prefix = names::scope(&place).prefix(Key::KIND);
    if core.table.count(&prefix).await? >= MOST_KEYS {
        return Err(fault::limit(format!(
            "You have reached the limit of {MOST_KEYS} KMS keys."
        )));
    }
    let mut key_made = Key {
        description: input.description.unwrap_or_default(),
        tags: given_tags,
        ..new(spec, usage, policy, call.now)
    };
    if input.origin.as_deref() == Some(EXTERNAL) {
        if spec != Spec::Symmetric {
            return Err(fault::unsupported(&format!(
                "Imported material of a key of type {}",
                spec.name()
            )));
        }
        key_made.external = Some(External::default());
        key_made.materials.clear();
        transact!(core.table, &call.permit, |tx| {
            tx.put(key(&place, &id), &key_made);
        });
        let found = core.find(&place, Some(&id)).await?;
        return Ok(CreateKeyResponse {
            key_metadata: Some(describe::metadata(&found)),
        });
    }
    let made = generate(core, spec).await?;
    key_made.public_key = made.public.as_ref().map(|it| BASE64.encode(it));
    let sealed = core.seal(&place, &id, 0, &made.secret);
    transact!(core.table, &call.permit, |tx| {
        tx.put(key(&place, &id), &key_made);
        tx.put(material_key(&place, &material_id(&id, 0)), &sealed);
    });
    let found = core.find(&place, Some(&id)).await?;
    Ok(CreateKeyResponse {
        key_metadata: Some(describe::metadata(&found)),
    })
}

/// The type that a request asks for, by either of its two names.
fn spec(given: Option<String>, former: Option<String>) -> Result<Spec, Fault> {
    if given.is_some() && former.is_some() {
        return Err(fault::invalid(
            "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. \
             CustomerMasterKeySpec is deprecated.",
        ));
    }
    let Some(name) = given.or(former) else {
        return Ok(Spec::Symmetric);
    };
    Spec::named(&name).ok_or_else(|| fault::unsupported(&format!("KeySpec {name}")))
}

/// Makes material, of few keys at a time: it takes a core for up to seconds.
///
/// # Errors
/// The library's.
pub async fn generate(core: &Core, spec: Spec) -> Result<Made, Fault> {
    let turn = core.generating.acquire().await;
    let _turn = turn.map_err(|error| fault::internal(&error))?;
    apart(move || material::generate(spec)).await
}

fn new(spec: Spec, usage: Usage, policy: String, now: Timestamp) -> Key {
    Key {
        spec,
        usage,
        description: String::new(),
        created_at: now,
        enabled: true,
        deletion: None,
        policy,
        tags: Default::default(),
        managed_by: None,
        aliases: Default::default(),
        materials: vec![first(now)],
        rotation: None,
        public_key: None,
        external: None,
        unknown: Unknown::new(),
    }
}

/// What is known of a key's first material.
fn first(now: Timestamp) -> Rotated {
    Rotated {
        id: random_id(),
        at: now,
        by: None,
    }
}

/// 64 hexadecimal digits.
pub fn random_id() -> String {
    ids::hex32() + &ids::hex32()
}

/// Makes a service's key with its alias, unless somebody was faster.
///
/// # Errors
/// The library's, the store's.
pub async fn managed(
    core: &Core,
    call: &Call,
    place: &Place,
    manager: Manager,
) -> Result<(), Fault> {
    let (id, name) = (manager.key_id(place), manager.alias());
    let made = generate(core, Spec::Symmetric).await?;
    let wanted = Key {
        description: manager.description.to_owned(),
        managed_by: Some(manager.service.to_owned()),
        aliases: [name.clone()].into(),
        rotation: Some(rotation::schedule(rotation::DEFAULT_PERIOD, call.now)),
        ..new(
            Spec::Symmetric,
            Usage::Encrypt,
            manager.policy(place),
            call.now,
        )
    };
    let alias = Alias {
        key: id.clone(),
        created_at: call.now,
        changed_at: call.now,
        unknown: Unknown::new(),
    };
    let sealed = core.seal(place, &id, 0, &made.secret);
    transact!(core.table, &call.permit, |tx| {
        if tx.find::<Key>(&key(place, &id)).await?.is_none() {
            tx.put(key(place, &id), &wanted);
            tx.put(alias_key(place, &name), &alias);
            tx.put(material_key(place, &material_id(&id, 0)), &sealed);
        }
    });
    Ok(())
}
