//! The operations, a file for each kind of thing they are about.

pub(crate) mod absent;
pub(crate) mod access_keys;
pub(crate) mod account;
pub(crate) mod attachments;
pub(crate) mod boundaries;
pub(crate) mod credential_report;
pub(crate) mod details;
pub(crate) mod groups;
pub(crate) mod inline;
pub(crate) mod instance_profiles;
pub(crate) mod last_accessed;
pub(crate) mod login_profiles;
pub(crate) mod mfa_devices;
pub(crate) mod oidc_providers;
pub(crate) mod password_policy;
pub(crate) mod policies;
pub(crate) mod policy_entities;
pub(crate) mod providers;
pub(crate) mod roles;
pub(crate) mod saml_providers;
pub(crate) mod server_certificates;
pub(crate) mod service_linked;
pub(crate) mod simulate;
pub(crate) mod tags;
pub(crate) mod user_keys;
pub(crate) mod users;
pub(crate) mod versions;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use wharf_wire::{CallerKind, Fault};

use crate::{fault, names::entity_arn, service::Cx};

/// What RFC 3986 leaves alone.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Documents leave IAM URL-encoded.
fn url_encoded(document: &str) -> String {
    utf8_percent_encode(document, UNRESERVED).to_string()
}

/// Does something at `path` lie below the prefix asked for?
fn below(path: &str, prefix: Option<&str>) -> bool {
    prefix.is_none_or(|prefix| path.starts_with(prefix))
}

/// Whom an operation without a user name is about.
enum Subject {
    Root,
    User(String),
}

/// The user named, or the caller.
fn subject(cx: &Cx<'_>, user_name: Option<String>) -> Result<Subject, Fault> {
    if let Some(name) = user_name {
        return Ok(Subject::User(name));
    }
    let caller = &cx.call.caller;
    match caller.kind {
        CallerKind::Account => Ok(Subject::Root),
        CallerKind::User => match entity_arn(&caller.arn, "user") {
            Some((_, _, name)) => Ok(Subject::User(name.to_owned())),
            None => Err(no_user()),
        },
        CallerKind::AssumedRole
        | CallerKind::FederatedUser
        | CallerKind::Service
        | CallerKind::Anonymous => Err(no_user()),
    }
}

fn no_user() -> Fault {
    fault::validation("Must specify userName when calling with non-User credentials")
}
