//! GetParametersForImport, ImportKeyMaterial and DeleteImportedKeyMaterial.
//!
//! The private half of the key that material comes wrapped with is kept nowhere: it is in the import token, sealed, for a day.

use aws_lc_rs::digest::{Context, SHA256};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use wharf_api_kms::{
    DeleteImportedKeyMaterialRequest, DeleteImportedKeyMaterialResponse,
    GetParametersForImportRequest, GetParametersForImportResponse, ImportKeyMaterialRequest,
    ImportKeyMaterialResponse, faults,
};
use wharf_base::Timestamp;
use wharf_seal::Secret;
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};
use zeroize::Zeroizing;

use super::{apart, create};
use crate::{
    core::{Core, Found, found_family_key, material_key, shared_again},
    describe,
    family::Role,
    fault,
    imported::Lists,
    material,
    records::{Imported, material_id},
    rotation,
    spec::Spec,
    wrapping,
};

/// The import type of material that the key has never had.
const NEW: &str = "NEW_KEY_MATERIAL";
/// Days that imported material stays at most, if it goes by itself.
const MOST_DAYS: u32 = 365;

/// What an import token holds.
#[derive(Serialize, Deserialize)]
struct Token {
    algorithm: String,
    until: Timestamp,
    /// PKCS #8 in base 64.
    private: Zeroizing<String>,
}

/// A token is of one key alone.
fn purpose(found: &Found) -> String {
    let Place { account, region } = &found.place;
    format!("kms/import/{account}/{region}/{}", found.id)
}

/// A key whose material comes from elsewhere.
async fn external(core: &Core, call: &Call, key_id: Option<&str>) -> Result<Found, Fault> {
    let found = core.find_by_id(&Place::of(call), key_id).await?;
    match found.key().external {
        Some(_) => Ok(found),
        None => Err(fault::wrong_origin(
            &found.arn(),
            describe::origin(found.key()),
        )),
    }
}

pub async fn get_parameters_for_import(
    core: &Core,
    call: &Call,
    input: GetParametersForImportRequest,
) -> Result<GetParametersForImportResponse, Fault> {
    let found = external(core, call, input.key_id.as_deref())
        .await?
        .kept()?;
    let name = input.wrapping_key_spec.unwrap_or_default();
    let spec = Spec::named(&name).filter(|it| it.is_rsa());
    let spec = spec.ok_or_else(|| fault::unsupported(&format!("WrappingKeySpec {name}")))?;
    let algorithm = input.wrapping_algorithm.unwrap_or_default();
    wrapping::check(found.key().spec, &algorithm, spec)?;
    let made = create::generate(core, &call.account, spec).await?;
    let until = call.now + rotation::days(1);
    let token = Token {
        algorithm,
        until,
        private: Zeroizing::new(BASE64.encode(made.secret.expose())),
    };
    let token = serde_json::to_vec(&token).map_err(|error| fault::internal(&error))?;
    let token = Zeroizing::new(token);
    let sealed = core.parts.keyring.seal_token(&token, &purpose(&found));
    Ok(GetParametersForImportResponse {
        key_id: Some(found.arn()),
        import_token: Some(sealed.into_bytes()),
        public_key: made.public,
        parameters_valid_to: Some(until),
    })
}

/// The private key and the algorithm of a token.
fn opened(
    core: &Core,
    found: &Found,
    token: &[u8],
    now: Timestamp,
) -> Result<(Secret, String), Fault> {
    let bad = || faults::invalid_import_token_exception("");
    let text = std::str::from_utf8(token).map_err(|_| bad())?;
    let opened = core.parts.keyring.open_token(text, &purpose(found));
    let opened = opened.map_err(|_| bad())?;
    let token: Token = serde_json::from_slice(opened.expose()).map_err(|_| bad())?;
    if token.until <= now {
        return Err(faults::expired_import_token_exception(""));
    }
    let private = BASE64.decode(&*token.private).map_err(|_| bad())?;
    Ok((Secret::from(private), token.algorithm))
}

/// When material goes by itself.
fn end(
    model: Option<&str>,
    valid_to: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Timestamp>, Fault> {
    match (model.unwrap_or(describe::EXPIRES), valid_to) {
        (describe::EXPIRES, Some(end)) if end > now + rotation::days(MOST_DAYS) => {
            Err(fault::invalid(format!(
                "ValidTo must be within {MOST_DAYS} days of the request."
            )))
        }
        (describe::EXPIRES, Some(end)) if now < end => Ok(Some(end)),
        (describe::EXPIRES, Some(_)) => Err(fault::invalid("ValidTo must be in the future.")),
        (describe::EXPIRES, None) => Err(fault::invalid(
            "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES.",
        )),
        (_, Some(_)) => Err(fault::invalid(
            "A validTo date cannot be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE.",
        )),
        (_, None) => Ok(None),
    }
}

/// By which a key knows its material again, also after it was deleted.
fn known_as(found: &Found, plain: &Secret) -> String {
    let mut digest = Context::new(&SHA256);
    digest.update(b"imported material of ");
    digest.update(found.id.as_bytes());
    digest.update(plain.expose());
    hex::encode(digest.finish())
}

/// What a request says of the material that it brings.
struct Said {
    is_new: Option<bool>,
    id: Option<String>,
    description: Option<String>,
}

/// # Errors
/// The key takes one material alone, which needs no saying; a new one has no id yet.
fn said(input: &ImportKeyMaterialRequest, spec: Spec) -> Result<Said, Fault> {
    let is_new = input.import_type.as_deref().map(|it| it == NEW);
    let said = Said {
        is_new,
        id: input.key_material_id.clone(),
        description: input.key_material_description.clone(),
    };
    let is_silent = is_new.is_none() && said.id.is_none() && said.description.is_none();
    if spec != Spec::Symmetric && !is_silent {
        return Err(fault::invalid(
            "ImportType, KeyMaterialId and KeyMaterialDescription are valid for symmetric \
             encryption keys only.",
        ));
    }
    if is_new == Some(true) && said.id.is_some() {
        return Err(fault::invalid(
            "KeyMaterialId cannot be specified if the ImportType is NEW_KEY_MATERIAL.",
        ));
    }
    Ok(said)
}

pub async fn import_key_material(
    core: &Core,
    call: &Call,
    input: ImportKeyMaterialRequest,
) -> Result<ImportKeyMaterialResponse, Fault> {
    let found = external(core, call, input.key_id.as_deref())
        .await?
        .kept()?;
    let spec = found.key().spec;
    let said = said(&input, spec)?;
    let token = input.import_token.unwrap_or_default();
    let (private, algorithm) = opened(core, &found, &token, call.now)?;
    let valid_to = end(input.expiration_model.as_deref(), input.valid_to, call.now)?;
    let sealed = input.encrypted_key_material.unwrap_or_default();
    let plain = apart(move || Ok(wrapping::unwrap(&private, &algorithm, &sealed).ok())).await?;
    let plain = plain.ok_or_else(fault::bad_ciphertext)?;
    let other = || faults::incorrect_key_material_exception("");
    let made = apart(move || Ok(material::imported(spec, plain.expose()).ok())).await?;
    let made = made.ok_or_else(other)?;
    let id = known_as(&found, &made.secret);
    if said.id.as_ref().is_some_and(|it| *it != id) {
        return Err(other());
    }
    let public = made.public.as_ref().map(|it| BASE64.encode(it));
    let (arn, is_replica) = (found.arn(), found.role() == Some(Role::Replica));
    let place = found.material_place();
    transact!(core.table, &call.permit, |tx| {
        let (mut key, mut family) = shared_again(&mut tx, &found).await?;
        let before = family.clone();
        let mut lists = Lists::of(&mut key, family.as_mut());
        let number = lists.take_up(&id, said.is_new, is_replica, call.now, &arn)?;
        if let Some(family) = family.as_ref().filter(|it| before.as_ref() != Some(*it)) {
            tx.put(found_family_key(&found, &key), family);
        }
        key.public_key.clone_from(&public);
        let mut external = key.external.take().unwrap_or_default();
        let known = external.known(number, &id);
        let imported = Imported {
            id: Some(id.clone()),
            present: true,
            valid_to,
            description: (said.description.clone())
                .or_else(|| known.and_then(|it| it.description.clone())),
        };
        external.set(number, imported);
        key.external = Some(external);
        tx.put(&found.stored.key, &key);
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let material = core.seal(&place, &found.id, number, &made.secret);
        tx.put(
            material_key(&place, &material_id(&found.id, number)),
            &material,
        );
    });
    Ok(ImportKeyMaterialResponse {
        key_id: Some(arn),
        key_material_id: (spec == Spec::Symmetric).then_some(id),
    })
}

/// The key waits for the same material then. What only waited for a rotation it forgets: so do all regions when
/// their primary does, of which the reconciler removes it.
pub async fn delete_imported_key_material(
    core: &Core,
    call: &Call,
    input: DeleteImportedKeyMaterialRequest,
) -> Result<DeleteImportedKeyMaterialResponse, Fault> {
    let found = external(core, call, input.key_id.as_deref()).await?;
    let is_replica = found.role() == Some(Role::Replica);
    let place = found.material_place();
    let deleted = transact!(core.table, &call.permit, |tx| {
        let (mut key, mut family) = shared_again(&mut tx, &found).await?;
        let before = family.clone();
        let lists = Lists::of(&mut key, family.as_mut());
        let of_all = lists.materials.len();
        let number = match &input.key_material_id {
            Some(id) => Some(lists.number(id).ok_or_else(no_such_material)?),
            // The current one, if there is any.
            None => of_all.checked_sub(1),
        };
        let waits = number == Some(of_all);
        let id = match number {
            Some(_) if waits => lists.pending.as_ref().map(|it| it.id.clone()),
            Some(number) => Some(lists.materials[number].id.clone()),
            None => None,
        };
        if waits && !is_replica {
            *lists.pending = None;
        }
        if let Some(family) = family.as_ref().filter(|it| before.as_ref() != Some(*it)) {
            tx.put(found_family_key(&found, &key), family);
        }
        let mut external = key.external.take().unwrap_or_default();
        if waits {
            external.materials.truncate(of_all);
        } else if let Some(it) = number.and_then(|it| external.materials.get_mut(it)) {
            (it.present, it.valid_to) = (false, None);
        }
        key.external = Some(external);
        tx.put(&found.stored.key, &key);
        if let Some(number) = number {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            tx.delete(material_key(&place, &material_id(&found.id, number)));
        }
        id
    });
    Ok(DeleteImportedKeyMaterialResponse {
        key_id: Some(found.arn()),
        key_material_id: deleted.filter(|_| found.key().spec == Spec::Symmetric),
    })
}

fn no_such_material() -> Fault {
    fault::invalid("The key has no material with this KeyMaterialId.")
}
