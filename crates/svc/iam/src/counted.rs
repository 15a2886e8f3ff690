//! What an account has of IAM, as CloudWatch tells its number.

use wharf_service::{Counted, Counting};

use crate::ops::{oidc_providers, saml_providers, server_certificates::MAX_CERTIFICATES};

/// By the kinds of their records.
pub const COUNTED: Counted = Counted {
    service: "iam",
    name: "IAM",
    resources: &[
        Counting::all("group", "Group"),
        Counting::all("instance-profile", "InstanceProfile"),
        Counting::all("oidc-provider", "OIDCProvider").at_most(oidc_providers::MAX_PROVIDERS),
        Counting::all("policy", "CustomerManagedPolicy"),
        Counting::all("role", "Role"),
        Counting::all("saml-provider", "SAMLProvider").at_most(saml_providers::MAX_PROVIDERS),
        Counting::all("server-certificate", "ServerCertificate").at_most(MAX_CERTIFICATES),
        Counting::all("user", "User"),
    ],
};
