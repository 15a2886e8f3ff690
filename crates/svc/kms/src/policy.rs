//! Key policies: the default one, and whether one locks out who sets it. Pure.

use std::sync::{Arc, LazyLock};

use wharf_base::{Timestamp, arn::partition_of};
use wharf_iam::{
    Ambient, CompiledPolicy, Context as Conditions, Document, DocumentKind, PolicySet, Principal,
    PrincipalPolicies, Request, ResourcePolicy, evaluate,
};
use wharf_service::Place;
use wharf_wire::{Caller, CallerKind, Check, Context, Fault};

use crate::fault;

/// The only name that a key's policy has.
pub const NAME: &str = "default";

/// Bytes of a key policy, as in AWS.
const MAX_POLICY: usize = 32 * 1024;

/// Lets the account's own policies decide.
pub fn default(place: &Place) -> String {
    let (partition, account) = (partition_of(&place.region), &place.account);
    format!(
        r#"{{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {{
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "arn:{partition}:iam::{account}:root"
    }},
    "Action" : "kms:*",
    "Resource" : "*"
  }} ]
}}"#
    )
}

/// A policy that a key can have.
///
/// # Errors
/// It is none of a resource; it is too long.
pub fn check(text: &str) -> Result<(), Fault> {
    if text.len() > MAX_POLICY {
        return Err(fault::limit(format!(
            "The key policy is longer than {MAX_POLICY} bytes."
        )));
    }
    let parsed = Document::parse(text, DocumentKind::Resource);
    let parsed = parsed.map_err(|error| fault::bad_policy(&error))?;
    match parsed.statements.iter().all(|it| it.resources.is_some()) {
        true => Ok(()),
        false => Err(fault::bad_policy(
            &"Policy statement must contain resources.",
        )),
    }
}

/// One that names a user or role that does not exist.
pub fn nobody() -> Fault {
    fault::bad_policy(&"Policy contains a statement with one or more invalid principals.")
}

/// Refuses a policy by which its caller could not change it again. What the account's own policies
/// allow is not asked: they can be changed.
///
/// # Errors
/// It would lock the caller out.
pub fn keeps_access(text: &str, arn: &str, cx: &Context) -> Result<(), Fault> {
    let account = cx.caller.account.clone();
    let check = Check::new("kms:PutKeyPolicy", arn).with("kms:CallerAccount", account);
    match allows(text, &check, &cx.account, cx)? {
        true => Ok(()),
        false => Err(fault::bad_policy(
            &"The new key policy will not allow you to update the key policy in the future.",
        )),
    }
}

/// Whether a policy of a key of that account leaves what is checked to the caller's own policies, or
/// allows it by itself.
///
/// # Errors
/// It is no policy.
pub fn allows(text: &str, check: &Check, owner: &str, cx: &Context) -> Result<bool, Fault> {
    let Some(principal) = principal(&cx.caller, cx.now) else {
        return Ok(true);
    };
    let policy = CompiledPolicy::parse("key policy", text, DocumentKind::Resource);
    let policy = Arc::new(policy.map_err(|error| fault::bad_policy(&error))?);
    let mut context = conditions(cx, &principal);
    for (key, values) in &check.context {
        context.set_all(key, values.iter().cloned());
    }
    let request = Request {
        principal: &principal,
        action: &check.action,
        resource: &check.resource,
        resource_account: owner,
        context: &context,
    };
    let own = PrincipalPolicies {
        identity: vec![EVERYTHING.clone()],
        ..PrincipalPolicies::default()
    };
    let policies = PolicySet {
        principal: &own,
        resource: Some(ResourcePolicy {
            policy: &policy,
            required: true,
        }),
    };
    Ok(evaluate(&request, &policies).is_allowed())
}

/// The widest policy an identity can have.
static EVERYTHING: LazyLock<Arc<CompiledPolicy>> = LazyLock::new(|| {
    let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
    let parsed = CompiledPolicy::parse("everything", text, DocumentKind::Managed);
    Arc::new(parsed.expect("the policy is well-formed"))
});

/// The caller as policies see it; `None` for services, which nothing locks out.
fn principal(caller: &Caller, now: Timestamp) -> Option<Principal> {
    match caller.kind {
        CallerKind::Account => Some(Principal::root(&caller.account)),
        CallerKind::User => Some(Principal::user(&caller.arn, &caller.user_id)),
        CallerKind::AssumedRole => {
            let (role_id, session) = caller.user_id.split_once(':')?;
            let issued = caller.session.as_ref().map_or(now, |it| it.issued_at);
            Some(Principal::session(
                &caller.role_arn,
                role_id,
                session,
                issued,
            ))
        }
        CallerKind::FederatedUser => {
            let (_, name) = caller.user_id.split_once(':')?;
            Some(Principal::federated_user(
                &caller.account,
                name,
                &caller.role_arn,
            ))
        }
        CallerKind::Service | CallerKind::Anonymous => None,
    }
}

fn conditions(cx: &Context, principal: &Principal) -> Conditions {
    Ambient {
        principal,
        now: cx.now,
        region: &cx.region,
        source_ip: cx.source_ip,
        user_agent: Some(&cx.user_agent),
        referer: None,
        secure_transport: cx.secure,
        called_via: &cx.called_via,
    }
    .context()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "000000000000";

    fn context() -> Context {
        let mut cx = Context::internal(ACCOUNT, "us-east-1", "test", Timestamp(0));
        cx.caller = Caller::root(ACCOUNT);
        cx
    }

    fn policy(principal: &str, action: &str, more: &str) -> String {
        format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": {principal},
            "Action": "{action}", "Resource": "*"{more}}}]}}"#
        )
    }

    #[test]
    fn nobody_locks_themselves_out_unawares() {
        let place = Place::new(ACCOUNT, "us-east-1");
        let root = format!(r#"{{"AWS": "arn:aws:iam::{ACCOUNT}:root"}}"#);
        let other = r#"{"AWS": "arn:aws:iam::111122223333:root"}"#;
        let never = r#", "Condition": {"StringEquals": {"kms:ViaService": "x"}}"#;
        for (text, kept) in [
            (default(&place), true),
            (policy(&root, "kms:*", ""), true),
            (policy(&root, "kms:PutKeyPolicy", ""), true),
            (policy(&root, "kms:Encrypt", ""), false),
            (policy(&root, "kms:*", never), false),
            (policy(other, "kms:*", ""), false),
        ] {
            check(&text).unwrap();
            let arn = crate::names::key_arn(&place, "x");
            let refused = keeps_access(&text, &arn, &context()).err();
            assert_eq!(refused.is_none(), kept, "{text}");
            if let Some(refused) = refused {
                assert_eq!(refused.code, "MalformedPolicyDocumentException");
            }
        }
    }

    #[test]
    fn a_user_and_a_session_are_seen() {
        let place = Place::new(ACCOUNT, "us-east-1");
        let arn = crate::names::key_arn(&place, "x");
        let mut cx = context();
        cx.caller.kind = CallerKind::User;
        cx.caller.arn = format!("arn:aws:iam::{ACCOUNT}:user/a");
        cx.caller.user_id = "AIDAAAAAAAAAAAAAAAAAA".to_owned();
        let named = format!(r#"{{"AWS": "{}"}}"#, cx.caller.arn);
        assert!(keeps_access(&policy(&named, "kms:*", ""), &arn, &cx).is_ok());
        assert!(keeps_access(&default(&place), &arn, &cx).is_ok());
        let role = format!("arn:aws:iam::{ACCOUNT}:role/r");
        cx.caller.kind = CallerKind::AssumedRole;
        cx.caller.role_arn.clone_from(&role);
        cx.caller.user_id = "AROAAAAAAAAAAAAAAAAAA:s".to_owned();
        let named_role = format!(r#"{{"AWS": "{role}"}}"#);
        assert!(keeps_access(&policy(&named_role, "kms:*", ""), &arn, &cx).is_ok());
        assert!(keeps_access(&policy(&named, "kms:*", ""), &arn, &cx).is_err());
    }

    #[test]
    fn what_is_no_key_policy() {
        let root = format!(r#"{{"AWS": "arn:aws:iam::{ACCOUNT}:root"}}"#);
        let long = policy(&root, "kms:*", &" ".repeat(MAX_POLICY));
        for (text, code) in [
            ("{".to_owned(), "MalformedPolicyDocumentException"),
            (
                policy(&root, "kms:*", "").replace(r#", "Resource": "*""#, ""),
                "MalformedPolicyDocumentException",
            ),
            (long, "LimitExceededException"),
        ] {
            assert_eq!(check(&text).unwrap_err().code, code, "{text}");
        }
    }
}
