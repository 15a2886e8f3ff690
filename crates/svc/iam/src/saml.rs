//! Identity providers that speak SAML 2.0: their metadata (`metadata`), what they sign (`signature`) and what they say of
//! whom (`response`), also where it comes encrypted (`encryption`). Pure.
//!
//! What is read is what was signed: an assertion is taken from the canonical bytes whose digest the provider signed, never from
//! the document that they came in. So wrapping a signed assertion into another document, or hiding a part of a
//! name behind a comment, changes nothing of what is read.

pub(crate) mod assertion;
pub(crate) mod encryption;
pub(crate) mod metadata;
pub(crate) mod response;
mod scan;
pub(crate) mod signature;
mod xml;

pub use response::SamlError;

use wharf_base::arn::PARTITION;

use crate::ops::providers;

pub(crate) fn arn(account: &str, name: &str) -> String {
    format!("arn:{PARTITION}:iam::{account}:saml-provider/{name}")
}

/// Account and name in the ARN of a provider, of any partition.
pub(crate) fn of_arn(arn: &str) -> Option<(&str, &str)> {
    providers::of_arn(arn, "saml-provider")
}
