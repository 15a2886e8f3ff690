//! What users of IAM may have and nobody has here: passwords for single services. Clients look for them
//! before they delete a user; the list is empty.

use wharf_api_iam::types::*;
use wharf_wire::Fault;

use crate::{
    entity, fault,
    ops::{Subject, subject},
    records::UserRecord,
    service::Cx,
};

/// The list is of a user, who must be there; without a name, of the caller.
async fn of_user(cx: &Cx<'_>, name: Option<String>) -> Result<(), Fault> {
    if let Subject::User(name) = subject(cx, name)? {
        entity::existing::<UserRecord>(cx.store(), cx.account(), &name).await?;
    }
    Ok(())
}

/// A page of nothing has no second one, so every marker is from elsewhere.
fn first_page(marker: Option<&String>) -> Result<(), Fault> {
    match marker {
        Some(_) => Err(fault::validation("Invalid Marker.")),
        None => Ok(()),
    }
}

pub(crate) async fn service_credentials(
    cx: &Cx<'_>,
    input: ListServiceSpecificCredentialsRequest,
) -> Result<ListServiceSpecificCredentialsResponse, Fault> {
    first_page(input.marker.as_ref())?;
    if input.all_users != Some(true) {
        of_user(cx, input.user_name).await?;
    }
    Ok(ListServiceSpecificCredentialsResponse {
        service_specific_credentials: Some(vec![]),
        is_truncated: Some(false),
        marker: None,
    })
}
