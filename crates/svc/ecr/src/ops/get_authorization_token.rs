//! GetAuthorizationToken: a password that speaks for the caller for twelve hours.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use crate::{catalog::Catalog, error::EcrError, token};

pub(crate) async fn get_authorization_token(
    catalog: &Catalog,
    call: &Call,
    input: GetAuthorizationTokenRequest,
) -> Result<GetAuthorizationTokenResponse, EcrError> {
    let (password, expires) =
        token::issue_password(catalog.keyring(), &call.caller, &call.region, call.now);
    let config = catalog.config();
    // Whoever came over TLS is perhaps not on this machine: it knows the registry by the name it used,
    // and agents compare that with their images'.
    let proxy_endpoint = match call.endpoint.starts_with("https://") {
        true => call.endpoint.trim_end_matches('/').to_owned(),
        false => format!("{}://{}", config.scheme, config.host),
    };
    let one = AuthorizationData {
        authorization_token: Some(token::authorization_token(&password)),
        expires_at: Some(expires),
        proxy_endpoint: Some(proxy_endpoint),
    };
    // The deprecated parameter gives one entry for each registry; one password opens them all.
    let entries = input.registry_ids.map_or(1, |ids| ids.len().max(1));
    Ok(GetAuthorizationTokenResponse {
        authorization_data: Some(vec![one; entries]),
    })
}
