//! Resource policies: what may be attached. Pure.

use wharf_api_secretsmanager::faults;
use wharf_iam::{
    Document, DocumentKind,
    document::{Effect, PrincipalType, Statement},
};
use wharf_service::actions;
use wharf_wire::Fault;

/// Reads a policy as the one of a secret.
///
/// # Errors
/// It is no policy of a resource, or names an action that Secrets Manager has not.
pub fn parse(text: &str) -> Result<Document, Fault> {
    let document = Document::parse(text, DocumentKind::Resource).map_err(|error| {
        faults::malformed_policy_document_exception(format!(
            "This resource policy contains a syntax error: {error}"
        ))
    })?;
    let mut named = document.statements.iter().flat_map(|it| &it.actions.values);
    match named.all(|it| is_of_secrets(it)) {
        true => Ok(document),
        false => Err(faults::malformed_policy_document_exception(
            "This resource policy contains an unsupported action.",
        )),
    }
}

/// Whether there are actions of Secrets Manager that a policy names so.
fn is_of_secrets(named: &str) -> bool {
    let all = wharf_api_secretsmanager::schema::SERVICE.operations.iter();
    actions::means_one(named, "secretsmanager", all.map(|it| it.name))
}

/// One that names a user or role that does not exist.
pub fn nobody() -> Fault {
    faults::malformed_policy_document_exception(
        "This resource policy contains an unsupported principal.",
    )
}

/// Whether it lets everybody in: allows something to all principals under no condition.
pub fn is_public(policy: &Document) -> bool {
    let everyone = |it: &Statement| {
        it.principal.as_ref().is_some_and(|principal| {
            let all = |(kind, value): &(PrincipalType, String)| {
                matches!(kind, PrincipalType::Everyone | PrincipalType::Aws) && value == "*"
            };
            principal.negated || principal.entries.iter().any(all)
        })
    };
    let allows = |it: &&Statement| it.effect == Effect::Allow && it.conditions.is_empty();
    policy.statements.iter().filter(allows).any(everyone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_names_actions_of_secrets() {
        let with = |actions: &str| {
            parse(&format!(
                r#"{{"Statement": [{{"Effect": "Deny", "Principal": "*", "Action": {actions}, "Resource": "*"}}]}}"#
            ))
        };
        for good in [
            r#""*""#,
            r#""secretsmanager:*""#,
            r#"["secretsmanager:Get*", "SecretsManager:putsecretvalue"]"#,
        ] {
            assert!(with(good).is_ok(), "{good}");
        }
        for bad in [
            r#""secretsmanager:GetSecretValues""#,
            r#""secretsmanager:Gett*""#,
            r#"["secretsmanager:*", "kms:Decrypt"]"#,
        ] {
            let refused = with(bad).unwrap_err();
            assert_eq!(refused.code, "MalformedPolicyDocumentException", "{bad}");
        }
    }

    #[test]
    fn what_is_public() {
        let policy = |principal: &str, more: &str| {
            format!(
                r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": {principal},
                "Action": "secretsmanager:GetSecretValue", "Resource": "*"{more}}}]}}"#
            )
        };
        let condition = r#", "Condition": {"StringEquals": {"aws:PrincipalAccount": "1"}}"#;
        let one = r#"{"AWS": "arn:aws:iam::000000000000:root"}"#;
        for (principal, more, public) in [
            (r#""*""#, "", true),
            (r#"{"AWS": "*"}"#, "", true),
            (r#""*""#, condition, false),
            (one, "", false),
        ] {
            let parsed = parse(&policy(principal, more)).unwrap();
            assert_eq!(is_public(&parsed), public, "{principal}{more}");
        }
        assert_eq!(
            parse("{").unwrap_err().code,
            "MalformedPolicyDocumentException"
        );
    }
}
