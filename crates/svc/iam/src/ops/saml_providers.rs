//! Identity providers that speak SAML 2.0, whose responses roles may be assumed with.

use std::{collections::BTreeMap, time::Duration};

use wharf_api_iam::{faults, types::*};
use wharf_base::{Timestamp, ids};
use wharf_wire::Fault;

use crate::{
    fault::{self, required},
    ops::{providers::Kind, tags},
    records::{SamlProviderListed, SamlProviderRecord},
    saml::{self, metadata::Metadata},
    service::Cx,
    table::{self, Changes, change},
};

/// In one account, as in AWS.
const MAX_PROVIDERS: usize = 100;
/// Bytes of metadata as they are stored, where quotes and breaks take two: what a transaction of the store holds,
/// with room for tags. Those of real providers have some thousand.
const MAX_METADATA: usize = 900_000;
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

pub(crate) async fn create(
    cx: &Cx<'_>,
    input: CreateSAMLProviderRequest,
) -> Result<CreateSAMLProviderResponse, Fault> {
    let name = required(input.name, "name")?;
    let metadata = required(input.saml_metadata_document, "sAMLMetadataDocument")?;
    let record = SamlProviderRecord {
        id: ids::iam_id("ASPI", 26),
        name: name.clone(),
        valid_until: checked(&metadata, cx.now())?,
        metadata,
        created: cx.now(),
        tags: tags::checked(input.tags)?,
        unknown: BTreeMap::new(),
    };
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
    let metadata = required(input.saml_metadata_document, "sAMLMetadataDocument")?;
    let valid_until = checked(&metadata, cx.now())?;
    change!(cx, |tx| {
        let (id, mut record) = existing(&mut tx, &arn).await?;
        record.metadata.clone_from(&metadata);
        record.valid_until = valid_until;
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
    Ok(GetSAMLProviderResponse {
        saml_provider_uuid: Some(record.id),
        saml_metadata_document: Some(record.metadata),
        create_date: Some(record.created),
        valid_until: Some(record.valid_until),
        tags: tags::shown(&record.tags),
        ..GetSAMLProviderResponse::default()
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
