//! GetDownloadUrlForLayer: an address anyone may fetch the layer from, for an hour.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::{reached_at, read_layer_digest, registry, through};
use crate::{catalog::Catalog, error::EcrError, token};

pub(crate) async fn get_download_url_for_layer(
    catalog: &Catalog,
    call: &Call,
    input: GetDownloadUrlForLayerRequest,
) -> Result<GetDownloadUrlForLayerResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let digest = read_layer_digest(&input.layer_digest.unwrap_or_default())?;
    through::layer(catalog, call, &registry, &name, &digest).await?;
    let repository = catalog.layer_in_use(&registry, &name, &digest).await?;
    let token = token::issue_download(catalog.keyring(), &registry, &repository, &digest, call.now);
    let endpoint = reached_at(catalog, call);
    let url = format!("{endpoint}/v2/{name}/blobs/{digest}?wharf-token={token}");
    Ok(GetDownloadUrlForLayerResponse {
        download_url: Some(url),
        layer_digest: Some(digest.to_string()),
    })
}
