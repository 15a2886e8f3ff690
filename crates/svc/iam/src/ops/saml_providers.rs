//! Identity providers that speak SAML 2.0, whose responses roles may be assumed with.

use std::{collections::BTreeMap, time::Duration};

use wharf_api_iam::{faults, types::*};
use wharf_base::{Timestamp, ids};
use wharf_wire::Fault;

use crate::{
    fault::{self, required},
    ops::{providers::Kind, tags},
    records::{AssertionEncryption, SamlPrivateKey, SamlProviderListed, SamlProviderRecord},
    saml::{self, encryption, metadata::Metadata},
    service::Cx,
    table::{self, Changes, change},
};

/// In one account, as in AWS.
pub(crate) const MAX_PROVIDERS: usize = 100;
/// Bytes of metadata as they are stored, where quotes and breaks take two: what a transaction of the store holds,
/// with room for tags. Those of real providers have some thousand.
const MAX_METADATA: usize = 900_000;
/// So that one can be changed for another while assertions come under both.
const MAX_PRIVATE_KEYS: usize = 2;
/// Metadata that names no end lasts for a hundred years, as with AWS.
const VALID_FOR: Duration = Duration::from_secs(100 * 365 * 86_400);

fn missing(arn: &str) -> Fault {
    fault::not_found(format!("Manifest not found for arn {arn}"))
}

const KIND: Kind = Kind {
    of_arn: saml::of_arn,
    missing,
};

/// The provider of this ARN, inside a change: its id and the record.
pub(crate) async fn existing(
    tx: &mut Changes<'_>,
    arn: &str,
) -> Result<(String, SamlProviderRecord), Fault> {
    KIND.existing(tx, arn).await
}

/// Until when metadata is valid, which must be of a provider that signs.
fn checked(document: &str, now: Timestamp) -> Result<Timestamp, Fault> {
    let doubled = |it: &u8| b"\"\\\t\r\n".contains(it);
    if document.len() + document.bytes().filter(|it| doubled(it)).count() > MAX_METADATA {
        return Err(faults::invalid_input_exception(format!(
            "The metadata document is longer than {MAX_METADATA} bytes, with quotes and line breaks counted twice."
        )));
    }
    let read = Metadata::read(document);
    let read = read.map_err(|_| faults::invalid_input_exception("Could not parse metadata"))?;
    Ok(read.valid_until.unwrap_or(now + VALID_FOR))
}

/// Whether assertions come encrypted, as a request says it.
fn mode(given: Option<&str>) -> Result<Option<AssertionEncryption>, Fault> {
    match given {
        None => Ok(None),
        Some("Required") => Ok(Some(AssertionEncryption::Required)),
        Some("Allowed") => Ok(Some(AssertionEncryption::Allowed)),
        Some(_) => Err(fault::validation(
            "Value at 'assertionEncryptionMode' failed to satisfy constraint: Member must satisfy enum value set: [Required, Allowed]",
        )),
    }
}

/// A key in PEM, sealed for the provider of that id.
fn private_key(
    cx: &Cx<'_>,
    given: Option<&str>,
    provider: &str,
) -> Result<Option<SamlPrivateKey>, Fault> {
    let Some(given) = given else {
        return Ok(None);
    };
    let key = encryption::read_key(given).map_err(|_| {
        faults::invalid_input_exception(
            "Unable to parse private key. Please ensure the key is an RSA key in PEM format and not encrypted.",
        )
    })?;
    let purpose = SamlProviderRecord::purpose(provider);
    Ok(Some(SamlPrivateKey {
        id: ids::iam_id("ASPK", 26),
        added: cx.now(),
        key: cx.directory.keyring().seal(key.expose(), &purpose),
    }))
}

/// What no provider is left with: assertions that have to be encrypted, and no key.
fn opens(record: &SamlProviderRecord) -> Result<(), Fault> {
    match record.encryption {
        Some(_) if record.private_keys.is_empty() => Err(faults::invalid_input_exception(
            "AssertionEncryptionMode needs a private key to decrypt assertions with.",
        )),
        _ => Ok(()),
    }
}

pub(crate) async fn create(
    cx: &Cx<'_>,
    input: CreateSAMLProviderRequest,
) -> Result<CreateSAMLProviderResponse, Fault> {
    let name = required(input.name, "name")?;
    let metadata = required(input.saml_metadata_document, "sAMLMetadataDocument")?;
    let id = ids::iam_id("ASPI", 26);
    let key = private_key(cx, input.add_private_key.as_deref(), &id)?;
    let record = SamlProviderRecord {
        id,
        name: name.clone(),
        valid_until: checked(&metadata, cx.now())?,
        metadata,
        created: cx.now(),
        encryption: mode(input.assertion_encryption_mode.as_deref())?,
        private_keys: key.into_iter().collect(),
        tags: tags::checked(input.tags)?,
        unknown: BTreeMap::new(),
    };
    opens(&record)?;
    let count = table::count::<SamlProviderRecord>(cx.store(), cx.account()).await?;
    if count >= MAX_PROVIDERS {
        return Err(fault::quota("SAMLProvidersPerAccount", MAX_PROVIDERS));
    }
    change!(cx, |tx| {
        if tx.find::<SamlProviderRecord>(&name).await?.is_some() {
            return Err(fault::exists(format!(
                "SAMLProvider with name {name} already exists."
            )));
        }
        tx.put(&name, &record);
    });
    Ok(CreateSAMLProviderResponse {
        saml_provider_arn: Some(cx.seen(saml::arn(cx.account(), &name))),
        tags: tags::shown(&record.tags),
    })
}

pub(crate) async fn update(
    cx: &Cx<'_>,
    input: UpdateSAMLProviderRequest,
) -> Result<UpdateSAMLProviderResponse, Fault> {
    let arn = named(input.saml_provider_arn)?;
    let metadata = match input.saml_metadata_document {
        Some(given) => {
            let valid_until = checked(&given, cx.now())?;
            Some((given, valid_until))
        }
        None => None,
    };
    let mode = mode(input.assertion_encryption_mode.as_deref())?;
    let added = input.add_private_key.as_deref();
    change!(cx, |tx| {
        let (id, mut record) = existing(&mut tx, &arn).await?;
        if let Some((metadata, valid_until)) = &metadata {
            record.metadata.clone_from(metadata);
            record.valid_until = *valid_until;
        }
        record.encryption = mode.or(record.encryption);
        if let Some(gone) = &input.remove_private_key {
            let before = record.private_keys.len();
            record.private_keys.retain(|it| it.id != *gone);
            if record.private_keys.len() == before {
                return Err(fault::not_found(format!(
                    "The private key with id {gone} cannot be found."
                )));
            }
        }
        record
            .private_keys
            .extend(private_key(cx, added, &record.id)?);
        if record.private_keys.len() > MAX_PRIVATE_KEYS {
            return Err(fault::quota("PrivateKeysPerSAMLProvider", MAX_PRIVATE_KEYS));
        }
        opens(&record)?;
        tx.put(&id, &record);
    });
    Ok(UpdateSAMLProviderResponse {
        saml_provider_arn: Some(cx.seen(arn)),
    })
}

pub(crate) async fn get(
    cx: &Cx<'_>,
    input: GetSAMLProviderRequest,
) -> Result<GetSAMLProviderResponse, Fault> {
    let arn = named(input.saml_provider_arn)?;
    let mut tx = Changes::new(cx.store(), cx.account());
    let (_, record) = existing(&mut tx, &arn).await?;
    let keys = record.private_keys.iter().map(|it| SAMLPrivateKey {
        key_id: Some(it.id.clone()),
        timestamp: Some(it.added),
    });
    Ok(GetSAMLProviderResponse {
        saml_provider_uuid: Some(record.id),
        saml_metadata_document: Some(record.metadata),
        create_date: Some(record.created),
        valid_until: Some(record.valid_until),
        tags: tags::shown(&record.tags),
        assertion_encryption_mode: record.encryption.map(|it| {
            let shown = match it {
                AssertionEncryption::Required => "Required",
                AssertionEncryption::Allowed => "Allowed",
            };
            shown.to_owned()
        }),
        private_key_list: Some(keys.collect()).filter(|it: &Vec<_>| !it.is_empty()),
    })
}

pub(crate) async fn list(
    cx: &Cx<'_>,
    _: ListSAMLProvidersRequest,
) -> Result<ListSAMLProvidersResponse, Fault> {
    let all = table::all::<SamlProviderListed>(cx.store(), cx.account()).await?;
    let shown = all.into_iter().map(|it| SAMLProviderListEntry {
        arn: Some(cx.seen(saml::arn(cx.account(), &it.name))),
        valid_until: Some(it.valid_until),
        create_date: Some(it.created),
    });
    Ok(ListSAMLProvidersResponse {
        saml_provider_list: Some(shown.collect()),
    })
}

/// The ARN of the provider that a request is about.
fn named(given: Option<String>) -> Result<String, Fault> {
    required(given, "sAMLProviderArn")
}

pub(crate) async fn delete(cx: &Cx<'_>, input: DeleteSAMLProviderRequest) -> Result<(), Fault> {
    let arn = named(input.saml_provider_arn)?;
    change!(cx, |tx| {
        let (id, _) = existing(&mut tx, &arn).await?;
        tx.delete::<SamlProviderRecord>(&id);
    });
    Ok(())
}
