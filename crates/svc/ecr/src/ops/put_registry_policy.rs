//! PutRegistryPolicy.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::registry;
use crate::{catalog::Catalog, error::EcrError, named::shown_policy};

pub(crate) async fn put_registry_policy(
    catalog: &Catalog,
    call: &Call,
    input: PutRegistryPolicyRequest,
) -> Result<PutRegistryPolicyResponse, EcrError> {
    let text = input.policy_text.unwrap_or_default();
    let of = registry(call, None);
    let stored = catalog.put_registry_policy(call, &of, text).await?;
    Ok(PutRegistryPolicyResponse {
        registry_id: Some(of.account),
        policy_text: Some(shown_policy(call, stored).await?),
    })
}
