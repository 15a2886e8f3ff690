//! Keys of certificates and of the authority.

use wharf_base::Arn;
use wharf_service::{Sealing, Secrets};

use crate::{authority, names::SERVICE, records::Certificate};

/// By the kinds of their records.
pub const SEALING: Sealing = Sealing {
    service: SERVICE,
    secrets: &[
        Secrets::new("certificate", &["private_key"], |scope, id, _| {
            let resource = format!("certificate/{id}");
            let arn = Arn::new(SERVICE, &scope.region, &scope.account, resource);
            Certificate::purpose(&arn.to_string())
        }),
        Secrets::new("authority", &["private_key"], |_, _, _| {
            authority::PURPOSE.to_owned()
        }),
    ],
};
