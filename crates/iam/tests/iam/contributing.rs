//! Which statements have a part in a decision.

use std::sync::Arc;

use wharf_iam::{CompiledPolicy, contributing, evaluate};

use crate::world::{Case, allow, anna, policy, stranger};

const HOME: &str = r#"{"AWS":"000000000000"}"#;
const ANNA: &str = r#"{"AWS":"arn:aws:iam::000000000000:user/dev/anna"}"#;
const STRANGER: &str = r#"{"AWS":"arn:aws:iam::111111111111:user/stranger"}"#;

/// Two that allow what is asked and one between that does not.
fn allowing() -> Arc<CompiledPolicy> {
    policy(
        r#"{"Effect":"Allow","Action":"ecs:*","Resource":"*"},
           {"Effect":"Allow","Action":"s3:*","Resource":"*"},
           {"Effect":"Allow","Action":"*","Resource":"*"}"#,
    )
}

/// One that denies something else, and two that deny what is asked.
fn denying() -> Arc<CompiledPolicy> {
    policy(
        r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"},
           {"Effect":"Deny","Action":"ecs:Stop*","Resource":"*"},
           {"Effect":"Deny","Action":"ecs:StopTask","Resource":"*"}"#,
    )
}

/// Their places in their policies.
fn told(case: &Case, most: usize) -> Vec<usize> {
    case.ask(|request, policies| {
        let decision = evaluate(request, policies);
        let found = contributing(request, policies, &decision, most);
        found.iter().map(|it| it.statement).collect()
    })
}

#[test]
fn all_that_grant_have_a_part_and_limits_none() {
    let case = Case::of(anna()).identity(allowing()).boundary(allow("*"));
    assert_eq!(told(&case, 10), [0, 2]);
    assert_eq!(told(&case, 1), [0]);
    let case = case.identity(allow("ecs:StopTask"));
    assert_eq!(told(&case, 10), [0, 2, 0]);
}

#[test]
fn all_that_deny_have_a_part_and_no_others() {
    let case = Case::of(anna()).identity(allowing()).boundary(denying());
    assert_eq!(told(&case, 10), [1, 2]);
}

#[test]
fn what_nothing_allows_has_none() {
    assert!(told(&Case::of(anna()), 10).is_empty());
    let limited = Case::of(anna())
        .identity(allowing())
        .boundary(allow("s3:*"));
    assert!(told(&limited, 10).is_empty());
}

#[test]
fn policies_of_resources_have_a_part_if_they_grant() {
    // The account's name leaves it to its own policies.
    let own = Case::of(anna()).identity(allow("ecs:*"));
    assert_eq!(told(&own.resource("Allow", HOME), 10).len(), 1);
    let own = Case::of(anna()).identity(allow("ecs:*"));
    assert_eq!(told(&own.resource("Allow", ANNA), 10).len(), 2);
    // Both sides of two accounts have to agree.
    let other = Case::of(stranger()).identity(allow("ecs:*"));
    assert_eq!(told(&other.resource("Allow", STRANGER), 10).len(), 2);
}
