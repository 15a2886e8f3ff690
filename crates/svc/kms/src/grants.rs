//! What grants allow. Pure.
//!
//! A grant that allows a request takes part in the decision as a statement of the key's policy: it
//! is weighed with the policy's own, and what denies, denies.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wharf_wire::{Caller, CallerKind};

use crate::records::{Constraints, Grant, Principal};

/// Operations that have an encryption context.
const WITH_CONTEXT: [&str; 8] = [
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
];

/// What a grant is held against.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// `Decrypt`
    pub operation: &'a str,
    pub context: &'a BTreeMap<String, String>,
    pub source_arn: Option<&'a str>,
    /// The grant that is to be made by CreateGrant.
    pub wanted: Option<&'a Grant>,
}

/// Whom grants for this caller can name: a user or role by its unique id, or by its ARN.
pub fn names_of(caller: &Caller) -> Vec<String> {
    match caller.kind {
        CallerKind::Anonymous => Vec::new(),
        CallerKind::Service => vec![caller.arn.clone()],
        CallerKind::Account => vec![root_of(&caller.account)],
        CallerKind::User => vec![
            caller.user_id.clone(),
            caller.arn.clone(),
            root_of(&caller.account),
        ],
        CallerKind::FederatedUser => vec![caller.arn.clone(), root_of(&caller.account)],
        CallerKind::AssumedRole => {
            // `AROA…:session`
            let id = caller.user_id.split(':').next().unwrap_or_default();
            vec![
                id.to_owned(),
                caller.arn.clone(),
                caller.role_arn.clone(),
                root_of(&caller.account),
            ]
        }
    }
}

/// Whether a principal that a grant names is the one that is asked for, which may have another ARN by now. `id` is the unique
/// id of who is asked for, `there` that of who is named.
pub fn is_the_one(
    (named, there): (&Principal, Option<&String>),
    (asked, id): (&Principal, Option<&String>),
) -> bool {
    match (there, id) {
        (Some(there), Some(id)) => there == id,
        _ => named == asked,
    }
}

fn root_of(account: &str) -> String {
    format!("arn:aws:iam::{account}:root")
}

/// Whether a grant allows its grantee what is asked.
pub fn allows(grant: &Grant, asked: &Asked<'_>) -> bool {
    if !grant.operations.contains(asked.operation) {
        return false;
    }
    if let Some(wanted) = asked.wanted
        && !is_narrower(grant, wanted)
    {
        return false;
    }
    fits(&grant.constraints, asked)
}

fn fits(constraints: &Constraints, asked: &Asked<'_>) -> bool {
    let Constraints {
        equals,
        subset,
        source_arn,
    } = constraints;
    if let Some(wanted) = source_arn
        && asked.source_arn != Some(wanted)
    {
        return false;
    }
    if !WITH_CONTEXT.contains(&asked.operation) {
        return true;
    }
    let is_equal = equals.as_ref().is_none_or(|it| it == asked.context);
    is_equal && subset.as_ref().is_none_or(|it| is_part(it, asked.context))
}

fn is_part(part: &BTreeMap<String, String>, of: &BTreeMap<String, String>) -> bool {
    part.iter().all(|(key, value)| of.get(key) == Some(value))
}

/// Whether all that `child` allows is allowed by `parent`: a grantee hands on no more than it has.
fn is_narrower(parent: &Grant, child: &Grant) -> bool {
    let (outer, inner) = (&parent.constraints, &child.constraints);
    let is_exact = |wanted: &BTreeMap<_, _>| inner.equals.as_ref() == Some(wanted);
    let holds = |wanted: &BTreeMap<_, _>| {
        let most = inner.equals.as_ref().or(inner.subset.as_ref());
        most.is_some_and(|it| is_part(wanted, it))
    };
    child.operations.is_subset(&parent.operations)
        && outer.equals.as_ref().is_none_or(is_exact)
        && outer.subset.as_ref().is_none_or(holds)
        && (outer.source_arn.is_none() || outer.source_arn == inner.source_arn)
}

/// The policy with a statement for each of the principals, which allows the action.
pub fn with_statements(policy: &str, principals: &[Principal], action: &str) -> String {
    let Ok(Value::Object(mut document)) = serde_json::from_str(policy) else {
        return policy.to_owned();
    };
    let mut statements = match document.remove("Statement") {
        Some(Value::Array(all)) => all,
        Some(one) => vec![one],
        None => Vec::new(),
    };
    statements.extend(principals.iter().map(|principal| {
        let whom = match principal {
            Principal::Aws(arn) => json!({ "AWS": arn }),
            Principal::Service(name) => json!({ "Service": name }),
        };
        json!({"Effect": "Allow", "Principal": whom, "Action": action, "Resource": "*"})
    }));
    document.insert("Statement".to_owned(), Value::Array(statements));
    Value::Object(document).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wharf_base::Timestamp;
    use wharf_records::Unknown;

    use super::*;

    type Pairs = BTreeMap<String, String>;

    fn pairs(pairs: &[(&str, &str)]) -> Pairs {
        let pairs = pairs.iter();
        pairs.map(|(k, v)| ((*k).into(), (*v).into())).collect()
    }

    fn grant(operations: &[&str], constraints: Constraints) -> Grant {
        Grant {
            id: "0".repeat(64),
            name: None,
            created_at: Timestamp(0),
            grantee: Principal::Aws("arn:aws:iam::000000000000:user/a".to_owned()),
            retiring: None,
            grantee_id: None,
            retiring_id: None,
            issuer: "000000000000".to_owned(),
            operations: operations.iter().map(|it| (*it).to_owned()).collect(),
            constraints,
            unknown: Unknown::new(),
        }
    }

    fn asked<'a>(operation: &'a str, context: &'a Pairs) -> Asked<'a> {
        Asked {
            operation,
            context,
            source_arn: None,
            wanted: None,
        }
    }

    #[test]
    fn who_has_another_name_now_is_who_was_named() {
        let aws = |name: &str| Principal::Aws(format!("arn:aws:iam::000000000000:user/{name}"));
        let (one, two) = ("AIDAONE".to_owned(), "AIDATWO".to_owned());
        let (old, new) = (aws("old"), aws("new"));
        for (there, id, expected) in [
            (Some(&one), Some(&one), true),
            (Some(&one), Some(&two), false),
            (None, Some(&one), false),
            (Some(&one), None, false),
        ] {
            assert_eq!(is_the_one((&old, there), (&new, id)), expected);
        }
        assert!(!is_the_one((&old, Some(&one)), (&old, Some(&two))));
        assert!(is_the_one((&old, None), (&old, Some(&two))));
        assert!(is_the_one((&old, Some(&one)), (&old, None)));
    }

    #[test]
    fn a_caller_is_found_by_id_and_by_arn() {
        let session = Caller {
            kind: CallerKind::AssumedRole,
            arn: "arn:aws:sts::000000000000:assumed-role/r/s".to_owned(),
            user_id: "AROAROLE:s".to_owned(),
            role_arn: "arn:aws:iam::000000000000:role/r".to_owned(),
            ..Caller::root("000000000000")
        };
        let expected = [
            "AROAROLE",
            "arn:aws:sts::000000000000:assumed-role/r/s",
            "arn:aws:iam::000000000000:role/r",
            "arn:aws:iam::000000000000:root",
        ];
        assert_eq!(names_of(&session), expected);
    }

    #[test]
    fn constraints_hold_where_there_is_a_context() {
        let (one, two) = (pairs(&[("a", "1")]), pairs(&[("a", "1"), ("b", "2")]));
        let equals = Constraints {
            equals: Some(one.clone()),
            ..Constraints::default()
        };
        let subset = Constraints {
            subset: Some(one.clone()),
            ..Constraints::default()
        };
        let none = Pairs::new();
        for (constraints, operation, context, allowed) in [
            (&equals, "Decrypt", &one, true),
            (&equals, "Decrypt", &two, false),
            (&equals, "Decrypt", &none, false),
            (&equals, "DescribeKey", &none, true),
            (&equals, "Encrypt", &one, false),
            (&subset, "Decrypt", &one, true),
            (&subset, "Decrypt", &two, true),
            (&subset, "Decrypt", &none, false),
        ] {
            let grant = grant(&["Decrypt", "DescribeKey"], constraints.clone());
            let asked = asked(operation, context);
            assert_eq!(allows(&grant, &asked), allowed, "{operation} {context:?}");
        }
        let bound = Constraints {
            source_arn: Some("arn:aws:logs:us-east-1:000000000000:log-group:a".to_owned()),
            ..Constraints::default()
        };
        let bound = grant(&["Decrypt"], bound);
        assert!(!allows(&bound, &asked("Decrypt", &none)));
        let from = Asked {
            source_arn: bound.constraints.source_arn.as_deref(),
            ..asked("Decrypt", &none)
        };
        assert!(allows(&bound, &from));
    }

    #[test]
    fn a_statement_joins_the_policy() {
        let grantee = Principal::Aws("arn:aws:iam::000000000000:user/a".to_owned());
        let service = Principal::Service("logs.amazonaws.com".to_owned());
        let policy = r#"{"Version": "2012-10-17", "Statement": {"Sid": "one"}}"#;
        let joined = with_statements(policy, &[grantee.clone(), service.clone()], "kms:Decrypt");
        let joined: Value = serde_json::from_str(&joined).unwrap();
        assert_eq!(joined["Statement"][0]["Sid"], "one");
        assert_eq!(joined["Statement"][1]["Principal"]["AWS"], grantee.text());
        assert_eq!(
            joined["Statement"][2]["Principal"]["Service"],
            service.text()
        );
    }

    fn some_pairs() -> impl Strategy<Value = Pairs> {
        prop::collection::btree_map("[ab]", "[12]", 0..3)
    }

    fn some_grant() -> impl Strategy<Value = Grant> {
        let operations =
            prop::sample::subsequence(vec!["CreateGrant", "Decrypt", "Encrypt"], 0..=3);
        let constraints = (
            prop::option::of(some_pairs()),
            prop::option::of(some_pairs()),
            prop::option::of("[xy]"),
        );
        (operations, constraints).prop_map(|(operations, (equals, subset, source_arn))| {
            let constraints = Constraints {
                equals,
                subset,
                source_arn,
            };
            grant(&operations, constraints)
        })
    }

    proptest! {
        #[test]
        fn nobody_hands_on_more_than_they_have(
            parent in some_grant(),
            child in some_grant(),
            operation in prop::sample::select(vec!["Decrypt", "Encrypt", "CreateGrant"]),
            context in some_pairs(),
            source in prop::option::of("[xy]"),
        ) {
            let asked = Asked { source_arn: source.as_deref(), ..asked(operation, &context) };
            if is_narrower(&parent, &child) && allows(&child, &asked) {
                prop_assert!(allows(&parent, &asked));
            }
        }
    }
}
