//! Identity providers that speak OpenID Connect, whose tokens roles may be assumed with.

use std::collections::BTreeMap;

use wharf_api_iam::{faults, types::*};
use wharf_wire::Fault;

use crate::{
    fault::{self, required},
    oidc::provider,
    ops::{providers::Kind, tags},
    records::OidcProviderRecord,
    service::Cx,
    table::{self, Changes, change},
};

/// In one account, as in AWS.
pub(crate) const MAX_PROVIDERS: usize = 100;
const MAX_CLIENTS: usize = 100;
const MAX_THUMBPRINTS: usize = 5;

fn missing(arn: &str) -> Fault {
    fault::not_found(format!("OpenIDConnect Provider not found for arn {arn}"))
}

const KIND: Kind = Kind {
    of_arn: provider::of_arn,
    missing,
};

/// The provider of this ARN, inside a change: its id and the record.
pub(crate) async fn existing(
    tx: &mut Changes<'_>,
    arn: &str,
) -> Result<(String, OidcProviderRecord), Fault> {
    KIND.existing(tx, arn).await
}

fn check_clients(clients: &[String]) -> Result<(), Fault> {
    match clients.len() <= MAX_CLIENTS {
        true => Ok(()),
        false => Err(fault::quota(
            "ClientIdsPerOpenIdConnectProvider",
            MAX_CLIENTS,
        )),
    }
}

/// In lower case, since they are compared by eye.
fn checked_thumbprints(list: Vec<String>) -> Result<Vec<String>, Fault> {
    if list.len() > MAX_THUMBPRINTS {
        let text = "Thumbprint list must contain fewer than 5 entries.";
        return Err(faults::invalid_input_exception(text));
    }
    let is_hex = |it: &String| it.bytes().all(|b| b.is_ascii_hexdigit());
    if !list.iter().all(is_hex) {
        let text = "Thumbprint must be the 40 hexadecimal digits of a SHA-1 hash.";
        return Err(faults::invalid_input_exception(text));
    }
    Ok(list.iter().map(|it| it.to_ascii_lowercase()).collect())
}

/// Each once, in the order that they came in.
fn each_once(list: Vec<String>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for one in list {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}

pub(crate) async fn create(
    cx: &Cx<'_>,
    input: CreateOpenIDConnectProviderRequest,
) -> Result<CreateOpenIDConnectProviderResponse, Fault> {
    let url = required(input.url, "url")?;
    let name = provider::name_of(&url)
        .ok_or_else(|| fault::validation("Invalid Open ID Connect Provider URL"))?;
    let client_ids = each_once(input.client_id_list.unwrap_or_default());
    check_clients(&client_ids)?;
    let record = OidcProviderRecord {
        name: name.clone(),
        client_ids,
        thumbprints: checked_thumbprints(input.thumbprint_list.unwrap_or_default())?,
        created: cx.now(),
        tags: tags::checked(input.tags)?,
        unknown: BTreeMap::new(),
    };
    let count = table::count::<OidcProviderRecord>(cx.store(), cx.account()).await?;
    if count >= MAX_PROVIDERS {
        return Err(fault::quota(
            "OpenIdConnectProvidersPerAccount",
            MAX_PROVIDERS,
        ));
    }
    change!(cx, |tx| {
        if tx.find::<OidcProviderRecord>(&name).await?.is_some() {
            return Err(fault::exists(format!(
                "Provider with url {url} already exists."
            )));
        }
        tx.put(&name, &record);
    });
    Ok(CreateOpenIDConnectProviderResponse {
        open_id_connect_provider_arn: Some(cx.seen(provider::arn(cx.account(), &name))),
        tags: tags::shown(&record.tags),
    })
}

pub(crate) async fn get(
    cx: &Cx<'_>,
    input: GetOpenIDConnectProviderRequest,
) -> Result<GetOpenIDConnectProviderResponse, Fault> {
    let arn = named(input.open_id_connect_provider_arn)?;
    let mut tx = Changes::new(cx.store(), cx.account());
    let (_, record) = existing(&mut tx, &arn).await?;
    Ok(GetOpenIDConnectProviderResponse {
        // Without its scheme, as AWS shows it.
        url: Some(record.name),
        client_id_list: Some(record.client_ids),
        thumbprint_list: Some(record.thumbprints),
        create_date: Some(record.created),
        tags: tags::shown(&record.tags),
    })
}

pub(crate) async fn list(
    cx: &Cx<'_>,
    _: ListOpenIDConnectProvidersRequest,
) -> Result<ListOpenIDConnectProvidersResponse, Fault> {
    let all = table::all::<OidcProviderRecord>(cx.store(), cx.account()).await?;
    let shown = all.iter().map(|it| OpenIDConnectProviderListEntry {
        arn: Some(cx.seen(provider::arn(cx.account(), &it.name))),
    });
    Ok(ListOpenIDConnectProvidersResponse {
        open_id_connect_provider_list: Some(shown.collect()),
    })
}

/// The ARN of the provider that a request is about.
fn named(given: Option<String>) -> Result<String, Fault> {
    required(given, "openIDConnectProviderArn")
}

/// Nothing happens to one that is not there.
pub(crate) async fn delete(
    cx: &Cx<'_>,
    input: DeleteOpenIDConnectProviderRequest,
) -> Result<(), Fault> {
    let arn = named(input.open_id_connect_provider_arn)?;
    let name = KIND.name_in(cx.account(), &arn)?;
    change!(cx, |tx| {
        if tx.find::<OidcProviderRecord>(name).await?.is_some() {
            tx.delete::<OidcProviderRecord>(name);
        }
    });
    Ok(())
}

/// One that is there stays there.
pub(crate) async fn add_client(
    cx: &Cx<'_>,
    input: AddClientIDToOpenIDConnectProviderRequest,
) -> Result<(), Fault> {
    let arn = named(input.open_id_connect_provider_arn)?;
    let client = required(input.client_id, "clientID")?;
    change!(cx, |tx| {
        let (id, mut record) = existing(&mut tx, &arn).await?;
        if !record.client_ids.contains(&client) {
            record.client_ids.push(client.clone());
            check_clients(&record.client_ids)?;
            tx.put(&id, &record);
        }
    });
    Ok(())
}

/// One that is not there is not missed.
pub(crate) async fn remove_client(
    cx: &Cx<'_>,
    input: RemoveClientIDFromOpenIDConnectProviderRequest,
) -> Result<(), Fault> {
    let arn = named(input.open_id_connect_provider_arn)?;
    let client = required(input.client_id, "clientID")?;
    change!(cx, |tx| {
        let (id, mut record) = existing(&mut tx, &arn).await?;
        record.client_ids.retain(|it| *it != client);
        tx.put(&id, &record);
    });
    Ok(())
}

pub(crate) async fn update_thumbprints(
    cx: &Cx<'_>,
    input: UpdateOpenIDConnectProviderThumbprintRequest,
) -> Result<(), Fault> {
    let arn = named(input.open_id_connect_provider_arn)?;
    let thumbprints = checked_thumbprints(required(input.thumbprint_list, "thumbprintList")?)?;
    change!(cx, |tx| {
        let (id, mut record) = existing(&mut tx, &arn).await?;
        record.thumbprints.clone_from(&thumbprints);
        tx.put(&id, &record);
    });
    Ok(())
}
