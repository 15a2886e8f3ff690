//! Every literal denial of spec platform §3.

use wharf_iam::{AllowedBy, Decision, Denial, PolicyKind, Principal};

use crate::world::{ACCOUNT, Case, allow, anna, deny, deployer, stranger};

const ANNA: &str = "User: arn:aws:iam::000000000000:user/dev/anna is not authorized to perform: \
                    ecs:StopTask on resource: arn:aws:ecs:us-east-1:000000000000:task/blue/1";

fn check(case: Case, kind: PolicyKind, explicit: bool, tail: &str) {
    let (decision, message) = case.decide();
    match decision {
        Decision::Denied(Denial {
            kind: found,
            explicit: matched,
        }) => {
            assert_eq!((found, matched.is_some()), (kind, explicit));
        }
        Decision::Allowed(by) => panic!("allowed by {by:?}"),
    }
    assert_eq!(message.unwrap(), format!("{ANNA} {tail}"));
}

fn good() -> Case {
    Case::of(anna()).identity(allow("ecs:*"))
}

#[test]
fn nothing_allows() {
    check(
        Case::of(anna()),
        PolicyKind::Identity,
        false,
        "because no identity-based policy allows the ecs:StopTask action",
    );
    check(
        good().boundary(allow("s3:*")),
        PolicyKind::Boundary,
        false,
        "because no permissions boundary allows the ecs:StopTask action",
    );
    check(
        good().session(allow("s3:*")),
        PolicyKind::Session,
        false,
        "because no session policy allows the ecs:StopTask action",
    );
    check(
        good().service_control(allow("s3:*")),
        PolicyKind::ServiceControl,
        false,
        "because no service control policy allows the ecs:StopTask action",
    );
    check(
        good()
            .resource("Allow", r#"{"AWS":"111111111111"}"#)
            .required(),
        PolicyKind::Resource,
        false,
        "because no resource-based policy allows the ecs:StopTask action",
    );
}

#[test]
fn something_denies() {
    let all = || deny("*");
    check(
        good().identity(all()),
        PolicyKind::Identity,
        true,
        "with an explicit deny in an identity-based policy",
    );
    check(
        good().resource("Deny", r#""*""#),
        PolicyKind::Resource,
        true,
        "with an explicit deny in a resource-based policy",
    );
    check(
        good().boundary(all()),
        PolicyKind::Boundary,
        true,
        "with an explicit deny in a permissions boundary",
    );
    check(
        good().session(all()),
        PolicyKind::Session,
        true,
        "with an explicit deny in a session policy",
    );
    check(
        good().service_control(all()),
        PolicyKind::ServiceControl,
        true,
        "with an explicit deny in a service control policy",
    );
}

#[test]
fn sessions_are_named_by_their_own_arn() {
    let (_, message) = Case::of(deployer()).decide();
    assert_eq!(
        message.unwrap(),
        "User: arn:aws:sts::000000000000:assumed-role/deploy/run is not authorized to perform: \
         ecs:StopTask on resource: arn:aws:ecs:us-east-1:000000000000:task/blue/1 because no \
         identity-based policy allows the ecs:StopTask action"
    );
}

#[test]
fn an_allowed_call_has_no_message_and_names_its_statement() {
    let (decision, message) = good().decide();
    assert_eq!(message, None);
    match decision {
        Decision::Allowed(AllowedBy::Identity(matched)) => {
            assert_eq!((matched.policy.source(), matched.statement), ("test", 0));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn root_needs_no_policy_at_home_and_one_elsewhere() {
    assert!(Case::of(Principal::root(ACCOUNT)).allowed());
    assert!(
        !Case::of(Principal::root(ACCOUNT))
            .resource("Deny", r#""*""#)
            .allowed()
    );
    assert!(!Case::of(Principal::root("111111111111")).allowed());
    assert!(!Case::of(stranger()).identity(allow("*")).allowed());
}
