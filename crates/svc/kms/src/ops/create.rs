//! CreateKey, and the keys of services.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use wharf_api_kms::{CreateKeyRequest, CreateKeyResponse};
use wharf_base::{Timestamp, ids};
use wharf_records::{Record as _, Unknown};
use wharf_service::{Place, principals, transact};
use wharf_wire::{Call, Fault};

use super::{apart, in_turn};
use crate::{
    core::{Core, alias_key, family_key, key, material_key},
    describe, family,
    fault::{self, KmsFaults},
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
pub const MOST_KEYS: usize = 100_000;

pub async fn create_key(
    core: &Core,
    call: &Call,
    input: CreateKeyRequest,
) -> Result<CreateKeyResponse, Fault> {
    let place = Place::of(call);
    let is_external = input.origin.as_deref() == Some(EXTERNAL);
    let spec = spec(input.key_spec, input.customer_master_key_spec)?;
    let usage = spec.usage(input.key_usage.as_deref())?;
    let given_tags = tags::given(input.tags)?;
    let is_multi = input.multi_region.unwrap_or_default();
    let id = names::new_id(is_multi);
    let bypass = input.bypass_policy_lockout_safety_check;
    let policy = policy_of(call, &place, &id, input.policy, bypass).await?;
    has_room(core, &place).await?;
    let mut key_made = Key {
        description: input.description.unwrap_or_default(),
        tags: given_tags,
        ..new(spec, usage, policy, call.now)
    };
    let made = match is_external {
        false => Some(generate(core, &call.account, spec).await?),
        true => {
            key_made.external = Some(External::default());
            key_made.materials.clear();
            None
        }
    };
    let public = made.as_ref().and_then(|it| it.public.as_ref());
    key_made.public_key = public.map(|it| BASE64.encode(it));
    let sealed = made.map(|it| core.seal(&place, &id, 0, &it.secret));
    let family = is_multi.then(|| family::founded(&mut key_made, &place.region));
    transact!(core.table, &call.permit, |tx| {
        tx.put(key(&place, &id), &key_made);
        if let Some(family) = &family {
            tx.put(family_key(&place.account, &place.region, &id), family);
        }
        if let Some(sealed) = &sealed {
            tx.put(material_key(&place, &material_id(&id, 0)), sealed);
        }
    });
    let found = core.find(&place, Some(&id)).await?;
    Ok(CreateKeyResponse {
        key_metadata: Some(describe::metadata(&found)),
    })
}

/// The policy of a new key.
///
/// # Errors
/// What is given is none, would lock its caller out unawares or names who does not exist.
pub async fn policy_of(
    call: &Call,
    place: &Place,
    id: &str,
    given: Option<String>,
    bypass: Option<bool>,
) -> Result<String, Fault> {
    let Some(text) = given else {
        return Ok(policy::default(place));
    };
    policy::check(&text)?;
    if !bypass.unwrap_or_default() {
        policy::keeps_access(&text, &names::key_arn(place, id), call)?;
    }
    bound(call, text).await
}

/// A policy as it is stored.
///
/// # Errors
/// It names a user or role that does not exist.
pub async fn bound(call: &Call, text: String) -> Result<String, Fault> {
    let bound = principals::bound(call, text).await;
    bound.map_err(|it| it.fault::<KmsFaults>(|_| policy::nobody()))
}

/// Refuses a key more than an account may have in a region.
///
/// # Errors
/// AWS's limit.
pub async fn has_room(core: &Core, place: &Place) -> Result<(), Fault> {
    let prefix = names::scope(place).prefix(Key::KIND);
    match core.table.count(&prefix).await? < MOST_KEYS {
        true => Ok(()),
        false => Err(fault::limit(format!(
            "You have reached the limit of {MOST_KEYS} KMS keys."
        ))),
    }
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

/// Makes material; of RSA keys in the account's turn, for each takes a core for up to seconds.
///
/// # Errors
/// The library's.
pub async fn generate(core: &Core, account: &str, spec: Spec) -> Result<Made, Fault> {
    let work = move || material::generate(spec);
    match spec.is_rsa() {
        true => in_turn(&core.generating, account, work).await,
        false => apart(work).await,
    }
}

pub fn new(spec: Spec, usage: Usage, policy: String, now: Timestamp) -> Key {
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
        pending: None,
        rotation: None,
        public_key: None,
        external: None,
        home: None,
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
    let made = generate(core, &call.account, Spec::Symmetric).await?;
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use wharf_service::Shares;

    use super::*;

    #[tokio::test]
    async fn a_turn_ends_with_its_work_not_with_its_client() {
        let turns = Shares::new(2, 1);
        let (goes_on, waits) = channel::<()>();
        let begun = in_turn(&turns, "a", move || {
            let _ = waits.recv();
            Ok(())
        });
        {
            tokio::pin!(begun);
            tokio::select! {
                biased;
                _ = &mut begun => panic!("it waits"),
                () = tokio::task::yield_now() => {}
            }
        }
        assert!(turns.try_take("a").is_none(), "it still takes a core");
        assert!(turns.try_take("b").is_some(), "others have theirs");
        drop(goes_on);
        drop(turns.take("a").await);
    }
}
