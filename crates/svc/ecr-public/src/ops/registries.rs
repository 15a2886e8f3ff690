//! An account's public registry, and passwords for the gallery.

use wharf_api_ecr_public::types::*;
use wharf_base::Arn;
use wharf_svc_ecr::{
    EcrError, Registry as Public,
    token::{self, Bearer},
};
use wharf_wire::{Call, Fault};

use crate::service::EcrPublicService;

impl EcrPublicService {
    /// The alias of a registry, which gets one when it is first asked for.
    pub(super) async fn alias(&self, call: &Call, registry: &Public) -> Result<String, EcrError> {
        let found = self
            .catalog
            .public_registry(&call.permit, registry, call.now);
        Ok(found.await?.alias)
    }
}

/// There is one, with one alias.
pub(crate) async fn describe_registries(
    service: &EcrPublicService,
    call: &Call,
    input: DescribeRegistriesRequest,
) -> Result<DescribeRegistriesResponse, Fault> {
    let public = Public::public(&call.account);
    // No page has another behind it, so whatever token this is, it is none of this list.
    service
        .pages(&public, "registries", &())
        .after(input.next_token.as_deref())?;
    let alias = service.alias(call, &public).await?;
    let account = public.account;
    let arn = Arn::new("ecr-public", "", &account, format!("registry/{account}"));
    Ok(DescribeRegistriesResponse {
        registries: Some(vec![Registry {
            registry_arn: Some(arn.to_string()),
            registry_id: Some(account),
            registry_uri: Some(service.catalog.public_uri(&alias, None)),
            verified: Some(false),
            aliases: Some(vec![RegistryAlias {
                name: Some(alias),
                status: Some("ACTIVE".to_owned()),
                primary_registry_alias: Some(true),
                default_registry_alias: Some(true),
            }]),
        }]),
        next_token: None,
    })
}

pub(crate) async fn get_registry_catalog_data(
    service: &EcrPublicService,
    call: &Call,
    _: GetRegistryCatalogDataRequest,
) -> Result<GetRegistryCatalogDataResponse, Fault> {
    let registry = Public::public(&call.account);
    let found = service
        .catalog
        .public_registry(&call.permit, &registry, call.now);
    Ok(GetRegistryCatalogDataResponse {
        registry_catalog_data: Some(RegistryCatalogData {
            display_name: found.await?.display_name,
        }),
    })
}

pub(crate) async fn put_registry_catalog_data(
    service: &EcrPublicService,
    call: &Call,
    input: PutRegistryCatalogDataRequest,
) -> Result<PutRegistryCatalogDataResponse, Fault> {
    let registry = Public::public(&call.account);
    let name = input.display_name.filter(|name| !name.is_empty());
    let named = service
        .catalog
        .name_registry(&call.permit, &registry, name, call.now);
    Ok(PutRegistryCatalogDataResponse {
        registry_catalog_data: Some(RegistryCatalogData {
            display_name: named.await?.display_name,
        }),
    })
}

/// A password that speaks for the caller for twelve hours, in the gallery alone.
pub(crate) async fn get_authorization_token(
    service: &EcrPublicService,
    call: &Call,
    _: GetAuthorizationTokenRequest,
) -> Result<GetAuthorizationTokenResponse, Fault> {
    let bearer = Bearer {
        caller: call.caller.clone(),
        region: call.region.clone(),
        registry: None,
    };
    let (password, expires) =
        token::issue_public_password(service.catalog.keyring(), &bearer, call.now);
    Ok(GetAuthorizationTokenResponse {
        authorization_data: Some(AuthorizationData {
            authorization_token: Some(token::authorization_token(&password)),
            expires_at: Some(expires),
        }),
    })
}
