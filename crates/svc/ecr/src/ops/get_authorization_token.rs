//! GetAuthorizationToken: a password that speaks for the caller for twelve hours.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::reached_at;
use crate::{
    catalog::Catalog,
    error::EcrError,
    token::{self, Bearer},
};

pub(crate) async fn get_authorization_token(
    catalog: &Catalog,
    call: &Call,
    input: GetAuthorizationTokenRequest,
) -> Result<GetAuthorizationTokenResponse, EcrError> {
    // Agents compare it with the names of their images.
    let proxy_endpoint = reached_at(catalog, call);
    let entry = |registry: Option<String>| {
        let bearer = Bearer {
            caller: call.caller.clone(),
            region: call.region.clone(),
            registry,
        };
        let (password, expires) = token::issue_password(catalog.keyring(), &bearer, call.now);
        AuthorizationData {
            authorization_token: Some(token::authorization_token(&password)),
            expires_at: Some(expires),
            proxy_endpoint: Some(proxy_endpoint.clone()),
        }
    };
    // All registries have one host here, so the password says whose it opens.
    let ids = input.registry_ids.filter(|ids| !ids.is_empty());
    let entries = match ids {
        None => vec![entry(None)],
        Some(ids) => ids.into_iter().map(|id| entry(Some(id))).collect(),
    };
    Ok(GetAuthorizationTokenResponse {
        authorization_data: Some(entries),
    })
}
