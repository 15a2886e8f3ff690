//! Whom a resource's policy lets in from outside of its account. Pure.
//!
//! Statements are read, not evaluated: what an explicit Deny takes back is shown all the same, and so is
//! what a condition may never let happen, with the condition beside it.

use serde::Serialize;

use crate::document::{ConditionElement, Document, Effect, PrincipalElement, PrincipalType};

/// Keys whose value is the caller's account, or an ARN with it.
const OWN_ACCOUNT: [&str; 4] = [
    "aws:principalaccount",
    "aws:sourceaccount",
    "aws:sourceowner",
    "kms:calleraccount",
];
const OWN_ARN: [&str; 2] = ["aws:principalarn", "aws:sourcearn"];
/// Operators that hold for no request without the key.
const DEMANDING: [&str; 6] = [
    "stringequals",
    "stringequalsignorecase",
    "stringlike",
    "arnequals",
    "arnlike",
    "foranyvalue:stringequals",
];

/// A statement that lets others in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Opening {
    /// Its place in the policy, from 1.
    pub statement: usize,
    /// Accounts, ARNs, `*` for anybody, providers of identities.
    pub who: Vec<String>,
    /// With `not ` before those that are excepted.
    pub actions: Vec<String>,
    /// `operator key value value`
    pub conditions: Vec<String>,
}

/// The statements of a policy of a resource of `account` that let others in. Services of wharf are
/// nobody from outside: they act for resources of accounts.
pub fn openings(document: &Document, account: &str) -> Vec<Opening> {
    let statements = document.statements.iter().enumerate();
    let open = statements.filter_map(|(place, statement)| {
        let principal = statement.principal.as_ref()?;
        if statement.effect != Effect::Allow {
            return None;
        }
        if statement.conditions.iter().any(|it| keeps_in(it, account)) {
            return None;
        }
        let who = outsiders(principal, account);
        let negated = statement.actions.negated;
        let action = |it: &String| match negated {
            true => format!("not {it}"),
            false => it.clone(),
        };
        (!who.is_empty()).then(|| Opening {
            statement: place + 1,
            who,
            actions: statement.actions.values.iter().map(action).collect(),
            conditions: statement.conditions.iter().map(words).collect(),
        })
    });
    open.collect()
}

fn outsiders(element: &PrincipalElement, account: &str) -> Vec<String> {
    if element.negated {
        let but = element.entries.iter().map(|(_, value)| value.as_str());
        let but: Vec<&str> = but.collect();
        return vec![format!("* but {}", but.join(" "))];
    }
    let outside = element
        .entries
        .iter()
        .filter_map(|(kind, value)| match kind {
            PrincipalType::Everyone => Some("*".to_owned()),
            PrincipalType::Aws => {
                let owner = match value.starts_with("arn:") {
                    true => value.split(':').nth(4).unwrap_or_default(),
                    false => value,
                };
                // What stands for a user or role that is gone is nobody.
                let is_gone = value.starts_with("AIDA") || value.starts_with("AROA");
                (owner != account && !is_gone).then(|| value.clone())
            }
            PrincipalType::Federated | PrincipalType::CanonicalUser => Some(value.clone()),
            PrincipalType::Service => None,
        });
    outside.collect()
}

/// Whether a condition holds for callers of the account alone.
fn keeps_in(condition: &ConditionElement, account: &str) -> bool {
    let operator = condition.operator.to_ascii_lowercase();
    if !DEMANDING.contains(&operator.as_str()) || condition.values.is_empty() {
        return false;
    }
    let key = condition.key.to_ascii_lowercase();
    let is_own = |value: &String| {
        if OWN_ACCOUNT.contains(&key.as_str()) {
            return value == account;
        }
        OWN_ARN.contains(&key.as_str())
            && value.starts_with("arn:")
            && value.split(':').nth(4) == Some(account)
            && !value
                .split(':')
                .take(4)
                .any(|it| it.contains(['*', '?', '$']))
    };
    condition.values.iter().all(is_own)
}

fn words(condition: &ConditionElement) -> String {
    let ConditionElement {
        operator,
        key,
        values,
    } = condition;
    format!("{operator} {key} {}", values.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::DocumentKind;

    const OWN: &str = "000000000000";

    fn who(principal: &str, condition: &str) -> Vec<String> {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[
              {{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}},
              {{"Effect":"Allow",{principal},"Action":["sqs:SendMessage"],"Resource":"*"{condition}}}]}}"#
        );
        let document = Document::parse(&text, DocumentKind::Resource).unwrap();
        let open = openings(&document, OWN);
        assert!(open.iter().all(|it| it.statement == 2));
        open.into_iter().flat_map(|it| it.who).collect()
    }

    #[test]
    fn who_is_outside() {
        for (principal, expected) in [
            (r#""Principal":"*""#, vec!["*"]),
            (r#""Principal":{"AWS":"*"}"#, vec!["*"]),
            (
                r#""Principal":{"AWS":["000000000000","111111111111"]}"#,
                vec!["111111111111"],
            ),
            (
                r#""Principal":{"AWS":"arn:aws:iam::000000000000:role/a"}"#,
                vec![],
            ),
            (
                r#""Principal":{"AWS":"arn:aws:iam::111111111111:role/a"}"#,
                vec!["arn:aws:iam::111111111111:role/a"],
            ),
            (r#""Principal":{"AWS":"AIDAABCDEFGHIJKLMNOPQ"}"#, vec![]),
            (r#""Principal":{"Service":"sns.amazonaws.com"}"#, vec![]),
            (
                r#""NotPrincipal":{"AWS":"arn:aws:iam::000000000000:root"}"#,
                vec!["* but arn:aws:iam::000000000000:root"],
            ),
        ] {
            assert_eq!(who(principal, ""), expected, "{principal}");
        }
    }

    #[test]
    fn conditions_that_keep_it_in() {
        let anybody = |condition: &str| who(r#""Principal":"*""#, condition).len();
        for (condition, outside) in [
            (
                r#"{"StringEquals":{"aws:PrincipalAccount":"000000000000"}}"#,
                0,
            ),
            (
                r#"{"StringEquals":{"kms:CallerAccount":["000000000000"]}}"#,
                0,
            ),
            (
                r#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:000000000000:t"}}"#,
                1,
            ),
            (
                r#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:000000000000:*"}}"#,
                0,
            ),
            (
                r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/a"}}"#,
                1,
            ),
            (
                r#"{"StringEquals":{"aws:PrincipalAccount":["000000000000","111111111111"]}}"#,
                1,
            ),
            (
                r#"{"StringEqualsIfExists":{"aws:PrincipalAccount":"000000000000"}}"#,
                1,
            ),
            (
                r#"{"StringNotEquals":{"aws:PrincipalAccount":"000000000000"}}"#,
                1,
            ),
            (r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#, 1),
        ] {
            assert_eq!(
                anybody(&format!(r#","Condition":{condition}"#)),
                outside,
                "{condition}"
            );
        }
    }
}
