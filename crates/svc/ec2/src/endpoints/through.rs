//! The endpoint that a request came through, as the gateway asks for it.

use wharf_base::Arn;
use wharf_records::Scope;

use super::VpcEndpoint;
use crate::{Ec2Service, fault::ChangeError, table::SERVICE};

/// The endpoint with that ARN, as it is now; `None` if it is no more.
///
/// # Errors
/// The store cannot be read.
pub async fn find(service: &Ec2Service, arn: &str) -> Result<Option<VpcEndpoint>, ChangeError> {
    let Ok(arn) = arn.parse::<Arn>() else {
        return Ok(None);
    };
    let Some(id) = arn.resource.strip_prefix("vpc-endpoint/") else {
        return Ok(None);
    };
    if arn.service != "ec2" {
        return Ok(None);
    }
    let scope = Scope::new(SERVICE, &arn.account, &arn.region);
    let key = scope.key(<VpcEndpoint as wharf_records::Record>::KIND, id);
    let stored = service.table.read::<VpcEndpoint>(&key).await?;
    Ok(stored.map(|it| it.record))
}
