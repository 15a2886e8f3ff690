//! DescribeRegistry: nothing is ever replicated.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use crate::{catalog::Catalog, error::EcrError};

pub(crate) async fn describe_registry(
    _: &Catalog,
    call: &Call,
    _: DescribeRegistryRequest,
) -> Result<DescribeRegistryResponse, EcrError> {
    Ok(DescribeRegistryResponse {
        registry_id: Some(call.account.clone()),
        replication_configuration: Some(ReplicationConfiguration {
            rules: Some(vec![]),
        }),
    })
}
