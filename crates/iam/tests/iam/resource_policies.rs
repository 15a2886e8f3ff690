//! Whom a policy on a resource lets in, alone or together with the caller's own (spec platform §3,
//! step 3).

use wharf_iam::Principal;

use crate::world::{ACCOUNT, Case, acting_service, allow, anna, deployer, stranger};

const ANNA: &str = r#"{"AWS":"arn:aws:iam::000000000000:user/dev/anna"}"#;
const ROLE: &str = r#"{"AWS":"arn:aws:iam::000000000000:role/ops/deploy"}"#;
const SESSION: &str = r#"{"AWS":"arn:aws:sts::000000000000:assumed-role/deploy/run"}"#;
const HOME: &str = r#"{"AWS":"000000000000"}"#;
const HOME_ROOT: &str = r#"{"AWS":"arn:aws:iam::000000000000:root"}"#;

#[test]
fn the_very_principal_needs_nothing_else() {
    assert!(Case::of(anna()).resource("Allow", ANNA).allowed());
    assert!(
        Case::of(anna())
            .resource("Allow", ANNA)
            .boundary(allow("s3:*"))
            .allowed()
    );
    let session = || {
        Case::of(deployer())
            .session(allow("s3:*"))
            .boundary(allow("s3:*"))
    };
    assert!(session().resource("Allow", SESSION).allowed());
}

#[test]
fn a_role_is_still_limited_by_boundary_and_session() {
    let case = || Case::of(deployer()).resource("Allow", ROLE);
    assert!(case().allowed());
    assert!(!case().boundary(allow("s3:*")).allowed());
    assert!(!case().session(allow("s3:*")).allowed());
    assert!(
        case()
            .session(allow("s3:*"))
            .session(allow("ecs:*"))
            .allowed()
    );
}

#[test]
fn an_account_leaves_it_to_its_own_policies() {
    for who in [HOME, HOME_ROOT] {
        assert!(!Case::of(anna()).resource("Allow", who).allowed());
        assert!(
            Case::of(anna())
                .resource("Allow", who)
                .identity(allow("ecs:*"))
                .allowed()
        );
        let required = Case::of(anna()).resource("Allow", who).required();
        assert!(required.identity(allow("ecs:*")).allowed());
    }
}

#[test]
fn everyone_includes_the_anonymous() {
    for who in [r#""*""#, r#"{"AWS":"*"}"#] {
        assert!(
            Case::of(Principal::anonymous())
                .resource("Allow", who)
                .allowed()
        );
        assert!(Case::of(anna()).resource("Allow", who).allowed());
        assert!(!Case::of(stranger()).resource("Allow", who).allowed());
        assert!(
            Case::of(stranger())
                .resource("Allow", who)
                .identity(allow("*"))
                .allowed()
        );
    }
    assert!(!Case::of(Principal::anonymous()).allowed());
    assert!(
        !Case::of(Principal::anonymous())
            .resource("Allow", HOME)
            .allowed()
    );
}

#[test]
fn another_account_needs_both_sides() {
    let theirs = r#"{"AWS":"arn:aws:iam::111111111111:user/stranger"}"#;
    assert!(!Case::of(stranger()).resource("Allow", theirs).allowed());
    assert!(
        Case::of(stranger())
            .resource("Allow", theirs)
            .identity(allow("ecs:*"))
            .allowed()
    );
    assert!(
        Case::of(Principal::root("111111111111"))
            .resource("Allow", r#"{"AWS":"111111111111"}"#)
            .allowed()
    );
}

#[test]
fn services_are_let_in_by_the_resource_alone() {
    let service = || Case::of(Principal::service("ecs-tasks.amazonaws.com"));
    assert!(
        service()
            .resource("Allow", r#"{"Service":"ecs-tasks.amazonaws.com"}"#)
            .allowed()
    );
    assert!(
        !service()
            .resource("Allow", r#"{"Service":"ecs.amazonaws.com"}"#)
            .allowed()
    );
    assert!(!service().identity(allow("*")).allowed());
}

#[test]
fn who_trusts_an_account_does_not_trust_services_that_act_in_it() {
    let service = acting_service();
    let account = service.account.clone();
    for named in [account.clone(), format!("arn:aws:iam::{account}:root")] {
        let resource = format!(r#"{{"AWS":"{named}"}}"#);
        assert!(
            !Case::of(service.clone())
                .resource("Allow", &resource)
                .allowed()
        );
    }
}

#[test]
fn who_trusts_the_account_of_a_service_trusts_the_service() {
    let service = Principal {
        acts_as: Some("127311923021"),
        ..acting_service()
    };
    let case = |effect, named: &str| {
        let resource = format!(r#"{{"AWS":"{named}"}}"#);
        Case::of(service.clone()).resource(effect, &resource)
    };
    for named in ["127311923021", "arn:aws:iam::127311923021:root"] {
        assert!(case("Allow", named).allowed(), "{named}");
        let denied = case("Deny", named).identity(allow("*"));
        assert!(!denied.allowed(), "{named}");
    }
    for named in [
        "033677994240",
        "arn:aws:iam::127311923021:user/anna",
        ACCOUNT,
    ] {
        assert!(!case("Allow", named).allowed(), "{named}");
    }
}

#[test]
fn a_service_that_acts_in_an_account_is_bound_by_its_own_policies() {
    let service = || Case::of(acting_service());
    assert!(!service().allowed());
    assert!(service().identity(allow("ecs:Stop*")).allowed());
    assert!(!service().identity(allow("ec2:*")).allowed());
    assert!(
        service()
            .identity(allow("ec2:*"))
            .resource("Allow", r#""*""#)
            .allowed()
    );
}

#[test]
fn a_unique_id_means_only_the_one_that_had_it() {
    let by_id = r#"{"AWS":"AROADEPLOYAAAAAAAAAAA"}"#;
    assert!(Case::of(deployer()).resource("Allow", by_id).allowed());
    let user = r#"{"AWS":"AIDAANNAAAAAAAAAAAAAA"}"#;
    assert!(Case::of(anna()).resource("Allow", user).allowed());
    assert!(!Case::of(anna()).resource("Allow", by_id).allowed());
}

#[test]
fn who_acts_for_a_user_is_named_with_the_id_of_that_user() {
    let maker = anna();
    let mut acting = Principal::federated_user(ACCOUNT, "app", &maker.arn);
    acting.maker_id = Some(maker.user_id);
    let case = || Case::of(acting.clone()).identity(allow("ecs:*"));
    assert!(case().allowed());
    for named in [ANNA, r#"{"AWS":"AIDAANNAAAAAAAAAAAAAA"}"#] {
        assert!(!case().resource("Deny", named).allowed(), "{named}");
    }
    let other = r#"{"AWS":"AIDASTRANGERAAAAAAAAA"}"#;
    assert!(case().resource("Deny", other).allowed());
}

#[test]
fn required_means_nobody_gets_past() {
    assert!(
        !Case::of(anna())
            .identity(allow("*"))
            .resource("Allow", ROLE)
            .required()
            .allowed()
    );
    let root = Case::of(Principal::root(ACCOUNT))
        .resource("Allow", ROLE)
        .required();
    assert!(!root.allowed());
}
