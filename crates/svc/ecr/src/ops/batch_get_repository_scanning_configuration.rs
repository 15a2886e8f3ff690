//! BatchGetRepositoryScanningConfiguration: when the images of repositories are scanned, and by which
//! filters of the registry.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::{registry, registry_scanning_configuration::show_filter};
use crate::{
    catalog::{Catalog, filters_of, frequency},
    error::EcrError,
    records::Frequency,
};

pub(crate) async fn batch_get(
    catalog: &Catalog,
    call: &Call,
    input: BatchGetRepositoryScanningConfigurationRequest,
) -> Result<BatchGetRepositoryScanningConfigurationResponse, EcrError> {
    let registry = registry(call, None);
    let scanning = catalog.scanning(&registry).await?;
    let (mut configurations, mut failures) = (Vec::new(), Vec::new());
    for name in input.repository_names.unwrap_or_default() {
        let repository = match catalog.repository(&registry, &name).await {
            Ok(repository) => repository,
            Err(error @ EcrError::RepositoryNotFound { .. }) => {
                failures.push(RepositoryScanningConfigurationFailure {
                    failure_code: Some("REPOSITORY_NOT_FOUND".to_owned()),
                    failure_reason: Some(error.to_string()),
                    repository_name: Some(name),
                });
                continue;
            }
            Err(error) => return Err(error),
        };
        let filters = filters_of(&scanning, &name);
        let frequency = frequency(&scanning, &repository);
        configurations.push(RepositoryScanningConfiguration {
            repository_arn: Some(registry.repository_arn(&name)),
            repository_name: Some(name),
            scan_on_push: Some(frequency != Frequency::Manual),
            scan_frequency: Some(frequency.name().to_owned()),
            applied_scan_filters: Some(filters.into_iter().map(show_filter).collect()),
        });
    }
    Ok(BatchGetRepositoryScanningConfigurationResponse {
        scanning_configurations: Some(configurations),
        failures: Some(failures),
    })
}
