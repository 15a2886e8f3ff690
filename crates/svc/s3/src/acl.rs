//! ACLs as far as a bucket has them whose owner owns all that is in it: there are none. Pure.

use wharf_api_s3::{AccessControlPolicy, Grant, Grantee, Owner};
use wharf_wire::Fault;

use crate::{fault, names};

/// The only ownership there is.
pub const ENFORCED: &str = "BucketOwnerEnforced";
const FULL: &str = "FULL_CONTROL";

pub fn owner(account: &str) -> Owner {
    Owner {
        id: Some(names::owner_id(account)),
        display_name: None,
    }
}

/// What stands for having none: the owner has it all.
pub fn grants(account: &str) -> Vec<Grant> {
    vec![Grant {
        grantee: Some(Grantee {
            id: Some(names::owner_id(account)),
            type_: Some("CanonicalUser".to_owned()),
            ..Grantee::default()
        }),
        permission: Some(FULL.to_owned()),
    }]
}

/// Whether what a request sets is what there is.
pub fn check(
    account: &str,
    canned: Option<&str>,
    granted: bool,
    policy: Option<&AccessControlPolicy>,
) -> Result<(), Fault> {
    let id = names::owner_id(account);
    let is_owner = |grant: &Grant| {
        let grantee = grant.grantee.as_ref().and_then(|it| it.id.as_ref());
        grantee == Some(&id) && grant.permission.as_deref() == Some(FULL)
    };
    let fits = match (canned, policy) {
        _ if granted => false,
        (Some(canned), None) => canned == "bucket-owner-full-control",
        (None, Some(policy)) => {
            let mut grants = policy.grants.iter().flatten();
            grants.next().is_some_and(is_owner) && grants.next().is_none()
        }
        (None, None) => {
            let text = "Your request was missing a required header";
            return Err(Fault::sender("MissingSecurityHeader", 400, text));
        }
        (Some(_), Some(_)) => {
            let text = "This request does not support content";
            return Err(Fault::sender("UnexpectedContent", 400, text));
        }
    };
    match fits {
        true => Ok(()),
        false => Err(fault::no_acls()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_there_is_can_be_set() {
        let code =
            |it: Result<(), Fault>| it.map_or_else(|it| it.code.into_owned(), |()| String::new());
        let full = AccessControlPolicy {
            grants: Some(grants("1")),
            owner: None,
        };
        assert_eq!(
            code(check("1", Some("bucket-owner-full-control"), false, None)),
            ""
        );
        assert_eq!(code(check("1", None, false, Some(&full))), "");
        assert_eq!(
            code(check("2", None, false, Some(&full))),
            "AccessControlListNotSupported"
        );
        assert_eq!(
            code(check("1", Some("public-read"), false, None)),
            "AccessControlListNotSupported"
        );
        assert_eq!(
            code(check("1", None, true, None)),
            "AccessControlListNotSupported"
        );
        assert_eq!(code(check("1", None, false, None)), "MissingSecurityHeader");
    }
}
