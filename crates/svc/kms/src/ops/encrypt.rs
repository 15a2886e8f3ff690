//! Encrypt, Decrypt and ReEncrypt.

use wharf_api_kms::{
    DecryptRequest, DecryptResponse, EncryptRequest, EncryptResponse, ReEncryptRequest,
    ReEncryptResponse,
};
use wharf_seal::Secret;
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use super::{Use, apart, in_turn, keys::public_key, not_dry};
use crate::{
    ciphertext::{Blob, Context},
    core::{Core, Found},
    fault,
    material::{self, Source, asymmetric},
    names::{self, KeyId},
    spec::{SYMMETRIC, Usage},
};

/// Bytes of the names and values of an encryption context.
const MOST_CONTEXT: usize = 8192;

/// The key that a ciphertext is to be decrypted with: the one that is named, or the one that it says.
///
/// # Errors
/// Neither says one.
pub fn named(
    place: &Place,
    key_id: Option<&str>,
    ciphertext: Option<&[u8]>,
) -> Result<String, Fault> {
    if let Some(key_id) = key_id {
        return Ok(key_id.to_owned());
    }
    let blob = Blob::parse(ciphertext.unwrap_or_default()).ok_or_else(fault::bad_ciphertext)?;
    let at = Place::new(&blob.account, &place.region);
    Ok(names::key_arn(&at, &blob.key.to_string()))
}

/// A ciphertext, and which of a key's materials made it.
pub struct Sealed {
    pub bytes: Vec<u8>,
    /// The material's id; `None` for an asymmetric key, which has but one.
    pub material: Option<String>,
}

/// Encrypts under a key that can.
///
/// # Errors
/// The key does not have the algorithm; the context or the text does not fit it.
pub async fn seal(
    core: &Core,
    found: &Found,
    algorithm: &str,
    context: Option<&Context>,
    plain: &[u8],
) -> Result<Sealed, Fault> {
    check(found, algorithm, context)?;
    if algorithm != SYMMETRIC {
        return seal_rsa(found, algorithm, plain).await;
    }
    let (number, secret) = core.current(found).await?;
    let source = Source {
        account: &found.place.account,
        key: uuid(found)?,
        material: number,
    };
    let none = Context::new();
    let bytes = material::encrypt(&secret, source, context.unwrap_or(&none), plain);
    Ok(Sealed {
        bytes: bytes.map_err(|error| fault::internal(&error))?,
        material: found.materials().last().map(|it| it.id.clone()),
    })
}

async fn seal_rsa(found: &Found, algorithm: &str, plain: &[u8]) -> Result<Sealed, Fault> {
    let public = public_key(found.key())?;
    let longest = asymmetric::longest(&public, algorithm);
    let longest = longest.map_err(|error| fault::internal(&error))?;
    if plain.len() > longest {
        return Err(fault::invalid(format!(
            "Algorithm {algorithm} and key spec {} cannot encrypt data larger than {longest} bytes.",
            found.key().spec.name()
        )));
    }
    let (algorithm, plain) = (algorithm.to_owned(), Secret::from(plain));
    let work = move || asymmetric::encrypt(&public, &algorithm, plain.expose());
    Ok(Sealed {
        bytes: apart(work).await?,
        material: None,
    })
}

/// Opens what [`seal`] made.
///
/// # Errors
/// It was made by another key or for another context, or changed since.
pub async fn open(
    core: &Core,
    found: &Found,
    algorithm: &str,
    context: Option<&Context>,
    ciphertext: &[u8],
) -> Result<(Secret, Option<String>), Fault> {
    check(found, algorithm, context)?;
    if algorithm != SYMMETRIC {
        let (_, secret) = core.current(found).await?;
        let (algorithm, bytes) = (algorithm.to_owned(), ciphertext.to_owned());
        // What is wrong with it is nobody's business.
        let work = move || Ok(asymmetric::decrypt(&secret, &algorithm, &bytes).ok());
        let opened = in_turn(&core.private, &found.place.account, work).await?;
        let opened = opened.ok_or_else(fault::bad_ciphertext)?;
        return Ok((opened, None));
    }
    let blob = Blob::parse(ciphertext).ok_or_else(fault::bad_ciphertext)?;
    if blob.account != found.place.account || blob.key != uuid(found)? {
        return Err(fault::wrong_key());
    }
    // What waits for a rotation has encrypted nothing.
    let number = usize::try_from(blob.material).unwrap_or(usize::MAX);
    let material = found.materials().get(number);
    let material = material.ok_or_else(fault::bad_ciphertext)?;
    let secret = core.material(found, blob.material).await?;
    let secret = secret.ok_or_else(fault::bad_ciphertext)?;
    let none = Context::new();
    let opened = material::decrypt(&secret, &blob, context.unwrap_or(&none));
    let opened = opened.map_err(|_| fault::bad_ciphertext())?;
    Ok((opened, Some(material.id.clone())))
}

fn check(found: &Found, algorithm: &str, context: Option<&Context>) -> Result<(), Fault> {
    let key = found.key();
    if !key
        .spec
        .encryption_algorithms(key.usage)
        .contains(&algorithm)
    {
        return Err(fault::wrong_algorithm(algorithm, key.spec.name()));
    }
    let pairs = context.into_iter().flatten();
    let bytes: usize = pairs.map(|(key, value)| key.len() + value.len()).sum();
    if bytes > MOST_CONTEXT {
        return Err(fault::invalid(format!(
            "The encryption context is longer than {MOST_CONTEXT} bytes."
        )));
    }
    match algorithm == SYMMETRIC || context.is_none_or(|it| it.is_empty()) {
        true => Ok(()),
        false => Err(fault::invalid(
            "You cannot specify an encryption context with an asymmetric encryption algorithm.",
        )),
    }
}

fn uuid(found: &Found) -> Result<KeyId, Fault> {
    KeyId::parse(&found.id).ok_or_else(|| fault::no_key(&found.arn()))
}

/// A ciphertext that a request must have, although the model does not say so.
fn given(ciphertext: Option<Vec<u8>>) -> Result<Vec<u8>, Fault> {
    ciphertext.ok_or_else(|| {
        fault::invalid(
            "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy \
             constraint: Member must not be null",
        )
    })
}

pub async fn encrypt(
    core: &Core,
    call: &Call,
    input: EncryptRequest,
) -> Result<EncryptResponse, Fault> {
    let found = Use {
        key_id: input.key_id.as_deref(),
        usage: Usage::Encrypt,
        operation: "Encrypt",
        grant_tokens: input.grant_tokens.as_deref(),
    };
    let found = found.key(core, call).await?;
    let algorithm = input.encryption_algorithm.as_deref().unwrap_or(SYMMETRIC);
    let plain = Secret::from(input.plaintext.unwrap_or_default());
    let context = input.encryption_context.as_ref();
    let sealed = seal(core, &found, algorithm, context, plain.expose()).await?;
    not_dry(input.dry_run)?;
    Ok(EncryptResponse {
        ciphertext_blob: Some(sealed.bytes),
        key_id: Some(found.arn()),
        encryption_algorithm: Some(algorithm.to_owned()),
    })
}

pub async fn decrypt(
    core: &Core,
    call: &Call,
    input: DecryptRequest,
) -> Result<DecryptResponse, Fault> {
    let ciphertext = given(input.ciphertext_blob)?;
    let key_id = named(&Place::of(call), input.key_id.as_deref(), Some(&ciphertext))?;
    let found = Use {
        key_id: Some(&key_id),
        usage: Usage::Encrypt,
        operation: "Decrypt",
        grant_tokens: input.grant_tokens.as_deref(),
    };
    let found = found.key(core, call).await?;
    let algorithm = input.encryption_algorithm.as_deref().unwrap_or(SYMMETRIC);
    let context = input.encryption_context.as_ref();
    let (plain, material) = open(core, &found, algorithm, context, &ciphertext).await?;
    not_dry(input.dry_run)?;
    Ok(DecryptResponse {
        key_id: Some(found.arn()),
        plaintext: Some(plain.expose().to_vec()),
        encryption_algorithm: Some(algorithm.to_owned()),
        key_material_id: material,
        ..DecryptResponse::default()
    })
}

/// The plaintext is never outside.
pub async fn re_encrypt(
    core: &Core,
    call: &Call,
    input: ReEncryptRequest,
) -> Result<ReEncryptResponse, Fault> {
    let ciphertext = given(input.ciphertext_blob)?;
    let from = named(
        &Place::of(call),
        input.source_key_id.as_deref(),
        Some(&ciphertext),
    )?;
    let from = Use {
        key_id: Some(&from),
        usage: Usage::Encrypt,
        operation: "ReEncryptFrom",
        grant_tokens: input.grant_tokens.as_deref(),
    };
    let from = from.key(core, call).await?;
    let to = Use {
        key_id: input.destination_key_id.as_deref(),
        usage: Usage::Encrypt,
        operation: "ReEncryptTo",
        grant_tokens: None,
    };
    let to = to.key(core, call).await?;
    let before = input.source_encryption_algorithm.as_deref();
    let after = input.destination_encryption_algorithm.as_deref();
    let (before, after) = (before.unwrap_or(SYMMETRIC), after.unwrap_or(SYMMETRIC));
    let context = input.source_encryption_context.as_ref();
    let (plain, source_material) = open(core, &from, before, context, &ciphertext).await?;
    let context = input.destination_encryption_context.as_ref();
    let sealed = seal(core, &to, after, context, plain.expose()).await?;
    not_dry(input.dry_run)?;
    Ok(ReEncryptResponse {
        ciphertext_blob: Some(sealed.bytes),
        source_key_id: Some(from.arn()),
        key_id: Some(to.arn()),
        source_encryption_algorithm: Some(before.to_owned()),
        destination_encryption_algorithm: Some(after.to_owned()),
        source_key_material_id: source_material,
        destination_key_material_id: sealed.material,
    })
}
