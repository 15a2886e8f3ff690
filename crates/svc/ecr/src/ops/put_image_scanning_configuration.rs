//! PutImageScanningConfiguration: whether images of the repository are scanned when they are pushed.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::registry;
use crate::{catalog::Catalog, error::EcrError};

pub(crate) async fn put_image_scanning_configuration(
    catalog: &Catalog,
    call: &Call,
    input: PutImageScanningConfigurationRequest,
) -> Result<PutImageScanningConfigurationResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let configuration = input.image_scanning_configuration.unwrap_or_default();
    let scan_on_push = configuration.scan_on_push.unwrap_or_default();
    let change = |repository: &mut crate::records::Repository| {
        repository.scan_on_push = scan_on_push;
        Ok(())
    };
    catalog
        .update_repository(&call.permit, &registry, &name, change)
        .await?;
    Ok(PutImageScanningConfigurationResponse {
        registry_id: Some(registry.account),
        repository_name: Some(name),
        image_scanning_configuration: Some(ImageScanningConfiguration {
            scan_on_push: Some(scan_on_push),
        }),
    })
}
