//! Keys, passwords and second factors of users, keys of certificates, and keys that open assertions.

use serde_json::Value;
use wharf_service::{Sealing, Secrets};

use crate::records::{
    AccessKeyRecord, LoginRecord, MfaDeviceRecord, SamlProviderRecord, ServerCertificateRecord,
};

/// By the kinds of their records.
pub const SEALING: Sealing = Sealing {
    service: "iam",
    secrets: &[
        Secrets::new("access-key", &["secret"], |_, id, _| {
            AccessKeyRecord::purpose(id)
        }),
        // Kept under their names, sealed for their ids.
        Secrets::new("server-certificate", &["private_key"], |_, _, body| {
            ServerCertificateRecord::purpose(id_of(body))
        }),
        Secrets::new("mfa-device", &["seed"], |_, _, body| {
            MfaDeviceRecord::purpose(id_of(body))
        }),
        Secrets::new("saml-provider", &["private_keys", "key"], |_, _, body| {
            SamlProviderRecord::purpose(id_of(body))
        }),
        Secrets::new("user", &["login", "password"], |_, _, body| {
            LoginRecord::purpose(id_of(body))
        }),
        Secrets::new("user", &["login", "before"], |_, _, body| {
            LoginRecord::purpose(id_of(body))
        }),
    ],
};

/// The id in a record of its own.
fn id_of(body: &Value) -> &str {
    body["id"].as_str().unwrap_or_default()
}
