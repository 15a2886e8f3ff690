//! Identity providers of clusters: AssociateIdentityProviderConfig, DescribeIdentityProviderConfig, ListIdentityProviderConfigs,
//! DisassociateIdentityProviderConfig.

use std::collections::BTreeMap;

use wharf_api_eks::{
    AssociateIdentityProviderConfigRequest, AssociateIdentityProviderConfigResponse,
    DescribeIdentityProviderConfigRequest, DescribeIdentityProviderConfigResponse,
    DisassociateIdentityProviderConfigRequest, DisassociateIdentityProviderConfigResponse,
    IdentityProviderConfig, IdentityProviderConfigResponse, ListIdentityProviderConfigsRequest,
    ListIdentityProviderConfigsResponse, OidcIdentityProviderConfigRequest,
};
use wharf_base::ids;
use wharf_iam::provider;
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault, names,
    providers::{IdentityProvider, OIDC, Status},
    records::{self, Cluster},
    tags,
    updates::{Known, Owner, Update},
};

const ASSOCIATE: &str = "AssociateIdentityProviderConfig";
const DISASSOCIATE: &str = "DisassociateIdentityProviderConfig";
/// What the cluster itself is called by begins so.
const SYSTEM: &str = "system:";
/// Claims that are required of a token, and the longest of each and of what is to stand there.
const MOST_CLAIMS: usize = 50;
const LONGEST_CLAIM: usize = 63;
const LONGEST_VALUE: usize = 253;
const LONGEST_NAME: usize = 100;

pub async fn find(
    core: &Core,
    place: &Place,
    (cluster, name): (Option<&str>, Option<&str>),
) -> Result<(Stored<Cluster>, Stored<IdentityProvider>), Fault> {
    let cluster = core.cluster(place, cluster.unwrap_or_default()).await?;
    let name = name.unwrap_or_default();
    let key = names::provider_key(place, &cluster.record.id, name);
    let found = core.table.read(&key).await?;
    let found = found.ok_or_else(|| fault::no_provider(&cluster.record.name, name))?;
    Ok((cluster, found))
}

/// The name in what names a provider.
fn named(given: Option<&IdentityProviderConfig>) -> Result<Option<&str>, Fault> {
    let given = given.ok_or_else(|| fault::invalid("An identityProviderConfig is required."))?;
    match given.type_.as_deref() {
        Some(OIDC) => Ok(given.name.as_deref()),
        other => Err(fault::invalid(format!(
            "Identity provider config type {} is not supported. Supported types: [{OIDC}]",
            other.unwrap_or_default()
        ))),
    }
}

/// As updates tell of it.
fn params(name: &str) -> Vec<(&'static str, String)> {
    let told = serde_json::json!([{"type": OIDC, "name": name}]);
    vec![("IdentityProviderConfig", told.to_string())]
}

pub async fn associate(
    core: &Core,
    call: &Call,
    input: AssociateIdentityProviderConfigRequest,
) -> Result<AssociateIdentityProviderConfigResponse, Fault> {
    let place = Place::of(call);
    let name = input.cluster_name.as_deref().unwrap_or_default();
    let found = core.cluster(&place, name).await?;
    let cluster = &found.record;
    let wanted = IdentityProvider {
        cluster: cluster.name.clone(),
        created_at: core.now(),
        tags: tags::given(input.tags)?,
        ..wanted(input.oidc.unwrap_or_default())?
    };
    let own = names::issuer(&place, &cluster.id);
    if wanted.issuer.trim_end_matches('/') == own {
        return Err(fault::own_issuer());
    }
    let key = names::provider_key(&place, &cluster.id, &wanted.name);
    let token = input.client_request_token;
    let update = transact!(core.table, &call.permit, |tx| {
        let there = tx.find::<Cluster>(&found.key).await?;
        let there = there.filter(|it| it.id == cluster.id);
        let mut standing = there.ok_or_else(|| fault::no_cluster(&cluster.name))?;
        let known = Known::of(core, &place, &standing).await?;
        if let Some(made) = known.by_token((ASSOCIATE, Owner::Cluster), token.as_deref()) {
            return Ok(AssociateIdentityProviderConfigResponse {
                update: Some(made.shown()),
                tags: Some(wanted.tags.clone()),
            });
        }
        if let Some(other) = &standing.provider {
            return Err(fault::provider_exists(other));
        }
        let update = begin(&mut standing, ASSOCIATE, &wanted.name, &token, core)?;
        standing.provider = Some(wanted.name.clone());
        known.make_room(&mut tx, &place, &cluster.id);
        tx.put(names::update_key(&place, &cluster.id, &update.id), &update);
        tx.put(&key, &wanted);
        tx.put(&found.key, &standing);
        update
    });
    Ok(AssociateIdentityProviderConfigResponse {
        update: Some(update.shown()),
        tags: Some(wanted.tags),
    })
}

/// An update of the cluster, which has none.
fn begin(
    cluster: &mut Cluster,
    kind: &str,
    name: &str,
    token: &Option<String>,
    core: &Core,
) -> Result<Update, Fault> {
    if let Some(running) = &cluster.update {
        return Err(fault::cluster_is_updating(kind, &cluster.name, running));
    }
    if cluster.status != records::Status::Active {
        return Err(fault::not_active(&cluster.name));
    }
    let update = Update::new(
        kind,
        Owner::Cluster,
        params(name),
        token.clone(),
        core.now(),
    );
    cluster.status = records::Status::Updating;
    cluster.update = Some(update.id.clone());
    Ok(update)
}

/// What a request asks for. Pure but for its id.
fn wanted(input: OidcIdentityProviderConfigRequest) -> Result<IdentityProvider, Fault> {
    let name = input.identity_provider_config_name.unwrap_or_default();
    if !names::is_name(&name) || name.len() > LONGEST_NAME {
        return Err(fault::invalid(format!(
            "The identity provider config name can have 1 to {LONGEST_NAME} letters, digits, hyphens and underscores, and must begin with a letter or digit."
        )));
    }
    let issuer = input.issuer_url.unwrap_or_default();
    // Tokens are read by the same rule.
    if provider::name_of(&issuer).is_none() {
        return Err(fault::invalid(
            "The issuerUrl must begin with https:// and can have a host, a port and a path, but neither a query nor a fragment.",
        ));
    }
    let some = |it: Option<String>| it.filter(|it| !it.is_empty());
    let client_id = some(input.client_id);
    let client_id = client_id.ok_or_else(|| fault::invalid("A clientId is required."))?;
    let (username_prefix, groups_prefix) = (some(input.username_prefix), some(input.groups_prefix));
    for (member, prefix) in [
        ("usernamePrefix", &username_prefix),
        ("groupsPrefix", &groups_prefix),
    ] {
        if prefix.as_ref().is_some_and(|it| it.contains(SYSTEM)) {
            return Err(fault::invalid(format!(
                "The {member} cannot contain {SYSTEM}"
            )));
        }
    }
    Ok(IdentityProvider {
        name,
        cluster: String::new(),
        uuid: ids::uuid(),
        status: Status::Creating,
        issuer,
        client_id,
        username_claim: some(input.username_claim),
        username_prefix,
        groups_claim: some(input.groups_claim),
        groups_prefix,
        required_claims: required(input.required_claims.unwrap_or_default())?,
        created_at: wharf_base::Timestamp::from_millis(0),
        tags: Default::default(),
        unknown: Default::default(),
    })
}

fn required(given: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Fault> {
    let fits = |text: &str, most: usize| (1..=most).contains(&text.chars().count());
    let all = given
        .iter()
        .all(|(claim, value)| fits(claim, LONGEST_CLAIM) && fits(value, LONGEST_VALUE));
    match all && given.len() <= MOST_CLAIMS {
        true => Ok(given),
        false => Err(fault::invalid(format!(
            "At most {MOST_CLAIMS} requiredClaims can be specified, with keys of 1 to {LONGEST_CLAIM} and values of 1 to {LONGEST_VALUE} characters."
        ))),
    }
}

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeIdentityProviderConfigRequest,
) -> Result<DescribeIdentityProviderConfigResponse, Fault> {
    let place = Place::of(call);
    let name = named(input.identity_provider_config.as_ref())?;
    let (_, found) = find(core, &place, (input.cluster_name.as_deref(), name)).await?;
    Ok(DescribeIdentityProviderConfigResponse {
        identity_provider_config: Some(IdentityProviderConfigResponse {
            oidc: Some(found.record.described(&place)),
        }),
    })
}

pub async fn list(
    core: &Core,
    call: &Call,
    input: ListIdentityProviderConfigsRequest,
) -> Result<ListIdentityProviderConfigsResponse, Fault> {
    let place = Place::of(call);
    let name = input.cluster_name.unwrap_or_default();
    let cluster = core.cluster(&place, &name).await?.record;
    let all = core.below::<IdentityProvider>(&place, &cluster.id).await?;
    let all = all.into_iter().map(|it| it.record.name).collect();
    let at = (input.next_token.as_deref(), input.max_results);
    let list = (
        "eks/ListIdentityProviderConfigs",
        &[cluster.id.as_str()][..],
    );
    let (names, next_token) = core.page(call, list, all, at)?;
    let shown = names.into_iter().map(|name| IdentityProviderConfig {
        type_: Some(OIDC.to_owned()),
        name: Some(name),
    });
    Ok(ListIdentityProviderConfigsResponse {
        identity_provider_configs: Some(shown.collect()),
        next_token,
    })
}

pub async fn disassociate(
    core: &Core,
    call: &Call,
    input: DisassociateIdentityProviderConfigRequest,
) -> Result<DisassociateIdentityProviderConfigResponse, Fault> {
    let place = Place::of(call);
    let name = named(input.identity_provider_config.as_ref())?;
    let name = name.unwrap_or_default();
    let cluster = core.cluster(&place, input.cluster_name.as_deref().unwrap_or_default());
    let cluster = cluster.await?;
    let id = cluster.record.id;
    let key = names::provider_key(&place, &id, name);
    let token = input.client_request_token;
    let update = transact!(core.table, &call.permit, |tx| {
        let there = tx.find::<Cluster>(&cluster.key).await?;
        let there = there.filter(|it| it.id == id);
        let mut standing = there.ok_or_else(|| fault::no_cluster(&cluster.record.name))?;
        let known = Known::of(core, &place, &standing).await?;
        // The provider may be gone by the time at which the same request comes again.
        if let Some(made) = known.by_token((DISASSOCIATE, Owner::Cluster), token.as_deref()) {
            return Ok(DisassociateIdentityProviderConfigResponse {
                update: Some(made.shown()),
            });
        }
        let there = tx.find::<IdentityProvider>(&key).await?;
        let mut provider = there.ok_or_else(|| fault::no_provider(&standing.name, name))?;
        let update = begin(&mut standing, DISASSOCIATE, &provider.name, &token, core)?;
        provider.status = Status::Deleting;
        known.make_room(&mut tx, &place, &id);
        tx.put(names::update_key(&place, &id, &update.id), &update);
        tx.put(&key, &provider);
        tx.put(&cluster.key, &standing);
        update
    });
    Ok(DisassociateIdentityProviderConfigResponse {
        update: Some(update.shown()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str) -> OidcIdentityProviderConfigRequest {
        OidcIdentityProviderConfigRequest {
            identity_provider_config_name: Some("corp".to_owned()),
            issuer_url: Some(url.to_owned()),
            client_id: Some("kubernetes".to_owned()),
            ..OidcIdentityProviderConfigRequest::default()
        }
    }

    #[test]
    fn what_is_asked_for_is_one() {
        for good in [
            "https://idp.lan",
            "https://idp.lan:8443/realms/a",
            "https://idp.lan/",
        ] {
            assert!(wanted(request(good)).is_ok(), "{good}");
        }
        for bad in [
            "",
            "http://idp.lan",
            "https://",
            "https://a@b",
            "https://idp.lan:99999",
            "https://a:b:c",
            "https://:443",
            "https://a/?q",
            "https://a/#f",
            "https://a//b",
        ] {
            assert!(wanted(request(bad)).is_err(), "{bad}");
        }
        let changed = |change: fn(&mut OidcIdentityProviderConfigRequest)| {
            let mut request = request("https://idp.lan");
            change(&mut request);
            wanted(request)
        };
        assert!(changed(|it| it.client_id = Some(String::new())).is_err());
        assert!(changed(|it| it.identity_provider_config_name = Some("-a".to_owned())).is_err());
        assert!(changed(|it| it.username_prefix = Some("system:".to_owned())).is_err());
        assert!(changed(|it| it.groups_prefix = Some("a-system:b".to_owned())).is_err());
        let claims = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), value.to_owned())]);
        assert!(required(claims("a", "b")).is_ok());
        assert!(required(claims("", "b")).is_err());
        assert!(required(claims("a", "")).is_err());
        assert!(required(claims(&"a".repeat(64), "b")).is_err());
    }
}
