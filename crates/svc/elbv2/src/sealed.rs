//! Secrets of listeners and rules: keys of certificates and of sessions, and what identity providers know clients by.

use wharf_records::Scope;
use wharf_service::{Sealing, Secrets};

use crate::{
    certificates, login,
    names::{Kind, Names as _, Place, SERVICE},
};

/// By the kinds of their records.
pub const SEALING: Sealing = Sealing {
    service: SERVICE,
    secrets: &[
        Secrets::new("certificate", &["private_key"], |_, id, _| {
            certificates::context(id)
        }),
        Secrets::new(
            "listener",
            &["default_actions", "routing", "client_secret"],
            |scope, id, _| login::secret_context(&arn(scope, Kind::Listener, id)),
        ),
        Secrets::new(
            "rule",
            &["actions", "routing", "client_secret"],
            |scope, id, _| login::secret_context(&arn(scope, Kind::Rule, id)),
        ),
        Secrets::new("listener", &["session_keys", "secret"], |scope, id, _| {
            login::keys_context(&arn(scope, Kind::Listener, id))
        }),
        Secrets::new(
            "listener",
            &["session_keys", "signing_key"],
            |scope, id, _| login::keys_context(&arn(scope, Kind::Listener, id)),
        ),
    ],
};

fn arn(scope: &Scope, kind: Kind, id: &str) -> String {
    Place::of_scope(scope).arn(kind, id)
}
