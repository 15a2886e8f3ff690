//! Whom policies of repositories, of templates of them and of a registry name: the very users and roles, see [`principals`].

use wharf_service::principals::{self, Unbound};
use wharf_wire::Call;

use crate::error::EcrError;

/// A policy as it is stored; `parameter` is where it was given.
///
/// # Errors
/// It names a user or role that does not exist.
pub async fn bound_policy(
    call: &Call,
    policy: String,
    parameter: &'static str,
) -> Result<String, EcrError> {
    let bound = principals::bound(call, policy).await;
    bound.map_err(|error| match error {
        Unbound::Nobody(arn) => {
            EcrError::invalid(parameter, format!("There is no principal {arn}"))
        }
        Unbound::Unreadable(error) => EcrError::Principals(error),
    })
}

/// One that is stored, as it is shown.
///
/// # Errors
/// What users and roles there are could not be read.
pub async fn shown_policy(call: &Call, policy: String) -> Result<String, EcrError> {
    let shown = principals::with_arns(call, policy).await;
    shown.map_err(EcrError::Principals)
}
