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
    core::{Core, Found, again, family_again, found_family_key, material_key},
    describe,
    family::Role,
    fault, material,
    records::{External, Rotated, material_id},
    rotation,
    spec::Spec,
    wrapping,
};

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
    let found = core.find_by_id(&Place::of(call), key_id).await?.kept()?;
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
    let found = external(core, call, input.key_id.as_deref()).await?;
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

pub async fn import_key_material(
    core: &Core,
    call: &Call,
    input: ImportKeyMaterialRequest,
) -> Result<ImportKeyMaterialResponse, Fault> {
    let found = external(core, call, input.key_id.as_deref()).await?;
    let token = input.import_token.unwrap_or_default();
    let (private, algorithm) = opened(core, &found, &token, call.now)?;
    let valid_to = end(input.expiration_model.as_deref(), input.valid_to, call.now)?;
    let sealed = input.encrypted_key_material.unwrap_or_default();
    let spec = found.key().spec;
    // What tells materials apart is of symmetric keys alone: all others take one.
    if spec != Spec::Symmetric && (input.import_type.is_some() || input.key_material_id.is_some()) {
        return Err(fault::invalid(
            "ImportType and KeyMaterialId are valid for symmetric encryption keys only.",
        ));
    }
    let plain = apart(move || Ok(wrapping::unwrap(&private, &algorithm, &sealed).ok())).await?;
    let plain = plain.ok_or_else(fault::bad_ciphertext)?;
    let other = || faults::incorrect_key_material_exception("");
    let made = apart(move || Ok(material::imported(spec, plain.expose()).ok())).await?;
    let made = made.ok_or_else(other)?;
    let id = known_as(&found, &made.secret);
    let is_wanted = input.key_material_id.as_deref().is_none_or(|it| it == id);
    if !is_wanted {
        return Err(other());
    }
    let public = made.public.as_ref().map(|it| BASE64.encode(it));
    let is_new = input.import_type.as_deref() == Some("NEW_KEY_MATERIAL");
    let material = core.seal(&found.material_place(), &found.id, 0, &made.secret);
    transact!(core.table, &call.permit, |tx| {
        let (mut key, mut family) = match found.family {
            None => (again(&mut tx, &found).await?, None),
            Some(_) => {
                let (key, family) = family_again(&mut tx, &found).await?;
                (key, Some(family))
            }
        };
        let materials = match &mut family {
            Some(family) => &mut family.materials,
            None => &mut key.materials,
        };
        match materials.first() {
            Some(before) if before.id == id => {}
            Some(_) if is_new => {
                return Err(fault::unsupported("A second imported material of a key"));
            }
            Some(_) => return Err(other()),
            // Replicas take what their primary has.
            None if found.role() == Some(Role::Replica) => return Err(other()),
            None => {
                materials.push(Rotated {
                    id: id.clone(),
                    at: call.now,
                    by: None,
                });
                if let Some(family) = &family {
                    tx.put(found_family_key(&found, &key), family);
                }
            }
        }
        key.public_key.clone_from(&public);
        key.external = Some(External {
            present: true,
            valid_to,
        });
        tx.put(&found.stored.key, &key);
        tx.put(
            material_key(&found.place, &material_id(&found.id, 0)),
            &material,
        );
    });
    Ok(ImportKeyMaterialResponse {
        key_id: Some(found.arn()),
        key_material_id: (spec == Spec::Symmetric).then_some(id),
    })
}

/// The key waits for the same material then.
pub async fn delete_imported_key_material(
    core: &Core,
    call: &Call,
    input: DeleteImportedKeyMaterialRequest,
) -> Result<DeleteImportedKeyMaterialResponse, Fault> {
    let found = external(core, call, input.key_id.as_deref()).await?;
    let id = found.materials().first().map(|it| it.id.clone());
    if input.key_material_id.is_some() && input.key_material_id != id {
        return Err(fault::invalid(
            "The key has no material with this KeyMaterialId.",
        ));
    }
    transact!(core.table, &call.permit, |tx| {
        let mut key = again(&mut tx, &found).await?;
        key.external = Some(External::default());
        tx.put(&found.stored.key, &key);
        tx.delete(material_key(&found.place, &material_id(&found.id, 0)));
    });
    Ok(DeleteImportedKeyMaterialResponse {
        key_id: Some(found.arn()),
        key_material_id: id.filter(|_| found.key().spec == Spec::Symmetric),
    })
}
