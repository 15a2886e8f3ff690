//! Whom policies of log groups and of destinations name: the very users and roles, see [`principals`].

use wharf_service::principals;
use wharf_wire::{Call, Fault};

use crate::fault::{self, LogsFaults};

/// A policy as it is stored.
///
/// # Errors
/// It names a user or role that does not exist.
pub async fn bound(call: &Call, policy: String) -> Result<String, Fault> {
    let nobody = |arn: &str| {
        fault::invalid(format!(
            "Unexpected token or invalid policy document: there is no principal {arn}"
        ))
    };
    let bound = principals::bound(call, policy).await;
    bound.map_err(|it| it.fault::<LogsFaults>(nobody))
}

/// One that is stored, as it is shown.
///
/// # Errors
/// What users and roles there are could not be read.
pub async fn shown(call: &Call, policy: String) -> Result<String, Fault> {
    principals::shown::<LogsFaults>(call, policy).await
}
