//! What an account has of IAM, as CloudWatch tells its number.

use wharf_service::{Counted, Counting};

/// By the kinds of their records.
pub const COUNTED: Counted = Counted {
    service: "iam",
    name: "IAM",
    resources: &[
        Counting::all("group", "Group"),
        Counting::all("instance-profile", "InstanceProfile"),
        Counting::all("oidc-provider", "OIDCProvider"),
        Counting::all("policy", "CustomerManagedPolicy"),
        Counting::all("role", "Role"),
        Counting::all("saml-provider", "SAMLProvider"),
        Counting::all("server-certificate", "ServerCertificate"),
        Counting::all("user", "User"),
    ],
};
