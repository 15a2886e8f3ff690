//! Who may do what: rows of the action table, the gate and its modes.

use std::sync::Arc;

use wharf_api_iam::{Iam, Routes, types::*};
use wharf_svc_iam::{IamGate, IamService, Mode};
use wharf_wire::{Caller, Check, Gate, Origin, Service, ThroughEndpoint};

use crate::world::*;

fn get(name: &str) -> GetUserRequest {
    GetUserRequest {
        user_name: text(name),
    }
}

#[tokio::test]
async fn refusals_name_caller_action_and_resource() {
    let w = world();
    let anna = w.user_with("anna", &allow("ecr:*")).await;
    refused(
        w.iam.get_user(&anna, get("anna")).await,
        "AccessDenied",
        "User: arn:aws:iam::000000000000:user/anna is not authorized to perform: iam:GetUser on \
         resource: arn:aws:iam::000000000000:user/anna because no identity-based policy allows the \
         iam:GetUser action",
    );
    let list = w.iam.list_users(&anna, ListUsersRequest::default()).await;
    let message = list.unwrap_err().message;
    assert!(
        message.contains("on resource: arn:aws:iam::000000000000:user/ because"),
        "{message}"
    );
}

#[tokio::test]
async fn an_explicit_deny_wins() {
    let w = world();
    let anna = w.user_with("anna", ALLOW_ALL).await;
    w.iam.get_user(&anna, get("anna")).await.unwrap();
    let deny = ALLOW_ALL
        .replace("Allow", "Deny")
        .replace(r#""Action":"*""#, r#""Action":"iam:GetUser""#);
    w.inline("anna", "deny", &deny).await;
    let message = w
        .iam
        .get_user(&anna, get("anna"))
        .await
        .unwrap_err()
        .message;
    assert!(
        message.ends_with("with an explicit deny in an identity-based policy"),
        "{message}"
    );
}

#[tokio::test]
async fn users_reach_themselves_through_variables() {
    let w = world();
    let own = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::*:user/${aws:username}"}]}"#;
    let anna = w.user_with("anna", own).await;
    w.user("berta").await;
    w.iam.get_user(&anna, get("anna")).await.unwrap();
    // Without a name the operation is about the caller.
    let me = w
        .iam
        .get_user(&anna, GetUserRequest::default())
        .await
        .unwrap()
        .user
        .unwrap();
    assert_eq!(me.user_name.as_deref(), Some("anna"));
    assert!(w.iam.get_user(&anna, get("berta")).await.is_err());
}

#[tokio::test]
async fn a_boundary_limits_and_conditions_on_attached_policies_hold() {
    let w = world();
    let anna = w.user_with("anna", ALLOW_ALL).await;
    let boundary = w.policy("limit", &allow("iam:Attach*")).await;
    let put = PutUserPermissionsBoundaryRequest {
        user_name: text("anna"),
        permissions_boundary: text(&boundary),
    };
    w.iam
        .put_user_permissions_boundary(&root(), put)
        .await
        .unwrap();
    let message = w
        .iam
        .get_user(&anna, get("anna"))
        .await
        .unwrap_err()
        .message;
    assert!(message.ends_with("because no permissions boundary allows the iam:GetUser action"));

    let only = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnNotLike":{"iam:PolicyARN":"arn:aws:iam::aws:policy/Amazon*"}}}]}"#;
    w.inline("anna", "p", ALLOW_ALL).await;
    w.inline("anna", "only", only).await;
    let attach = |arn: &str| AttachUserPolicyRequest {
        user_name: text("anna"),
        policy_arn: text(arn),
    };
    let good = attach("arn:aws:iam::aws:policy/AmazonECS_FullAccess");
    w.iam.attach_user_policy(&anna, good).await.unwrap();
    let bad = attach("arn:aws:iam::aws:policy/AdministratorAccess");
    assert!(w.iam.attach_user_policy(&anna, bad).await.is_err());
}

#[tokio::test]
async fn giving_a_role_to_instances_is_passing_it() {
    let w = world();
    w.role("host", TRUST_ECS).await.unwrap();
    let create = CreateInstanceProfileRequest {
        instance_profile_name: text("hosts"),
        ..Default::default()
    };
    w.iam
        .create_instance_profile(&root(), create)
        .await
        .unwrap();
    let anna = w.user_with("anna", &allow("iam:AddRole*")).await;
    let add = AddRoleToInstanceProfileRequest {
        instance_profile_name: text("hosts"),
        role_name: text("host"),
    };
    let message = w
        .iam
        .add_role_to_instance_profile(&anna, add)
        .await
        .unwrap_err()
        .message;
    assert!(
        message.contains("perform: iam:PassRole on resource: arn:aws:iam::000000000000:role/host"),
        "{message}"
    );
}

#[tokio::test]
async fn soft_and_off_let_everything_through() {
    for mode in [Mode::Soft, Mode::Off] {
        let w = world_with(mode);
        w.user("anna").await;
        let anna = w.call_of("anna").await;
        w.iam.get_user(&anna, get("anna")).await.unwrap();
    }
}

#[tokio::test]
async fn policies_of_resources_count() {
    let w = world();
    w.user("anna").await;
    let anna = w.call_of("anna").await;
    let gate = IamGate::new(Arc::clone(&w.directory), Mode::Enforce);
    let repository = "arn:aws:ecr:us-east-1:000000000000:repository/web";
    let policy = |who: &str| {
        Some(format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{who}"}},"Action":"ecr:PutImage"}}]}}"#
        ))
    };
    let check = || Check::new("ecr:PutImage", repository);
    let decide = async |check: Check| gate.decide(anna.context(), &[check]).await;
    assert!(decide(check()).await.is_err());
    let mine = policy("arn:aws:iam::000000000000:user/anna");
    decide(check().with_resource_policy(mine)).await.unwrap();
    let home = policy("000000000000");
    assert!(decide(check().with_resource_policy(home)).await.is_err());
    // One that cannot be read may have denied.
    let broken = decide(check().with_resource_policy(text("{")))
        .await
        .unwrap_err();
    assert!(
        broken
            .0
            .ends_with("with an explicit deny in a resource-based policy"),
        "{broken}"
    );
}

/// Services may take two tags whose keys differ by case alone; condition keys do not tell them apart.
#[tokio::test]
async fn a_tag_of_another_case_hides_behind_none() {
    let statement = |effect: &str, operator: &str, value: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Action":"ecs:*","Resource":"*","Condition":{{"{operator}":{{"aws:RequestTag/Team":"{value}"}}}}}}]}}"#
        )
    };
    let w = world();
    let mut callers = Vec::new();
    let allows = statement("Allow", "StringEquals", "blue");
    callers.push(w.user_with("anna", &allows).await);
    for (name, operator, value) in [
        ("berta", "StringEquals", "red"),
        ("carla", "StringNotEquals", "blue"),
    ] {
        callers.push(w.user_with(name, ALLOW_ALL).await);
        let denies = statement("Deny", operator, value);
        w.inline(name, "denies", &denies).await;
    }
    let gate = IamGate::new(Arc::clone(&w.directory), Mode::Enforce);
    for (tags, passes) in [
        (&[("Team", "blue")][..], true),
        (&[("team", "blue")], true),
        (&[("Team", "blue"), ("team", "blue")], true),
        (&[("Team", "red")], false),
        (&[("Team", "blue"), ("team", "red")], false),
        (&[("Team", "red"), ("team", "blue")], false),
    ] {
        let mut check = Check::any("ecs:CreateCluster");
        for (key, value) in tags {
            check = check.with(&format!("aws:RequestTag/{key}"), *value);
        }
        let checks = [check];
        for caller in &callers {
            let decided = gate.decide(caller.context(), &checks).await;
            assert_eq!(decided.is_ok(), passes, "{tags:?} {}", caller.caller.arn);
        }
    }
}

/// Every operation of the model has a row, also those this version does not have.
#[tokio::test]
async fn no_operation_lacks_its_row() {
    let w = world();
    w.user("nobody").await;
    let nobody = w.call_of("nobody").await;
    let gate = IamGate::new(Arc::clone(&w.directory), Mode::Enforce);
    let service = Arc::new(IamService::new(Arc::clone(&w.directory)));
    let routes = Routes(service);
    for (index, operation) in routes.schema().operations.iter().enumerate() {
        let input = routes.input(index);
        let checks = routes
            .checks(nobody.context(), index, &*input)
            .await
            .unwrap();
        assert_eq!(checks[0].action, format!("iam:{}", operation.name));
        let refusal = gate.decide(nobody.context(), &checks).await.unwrap_err();
        assert!(refusal.0.contains(&checks[0].action), "{refusal}");
    }
}

#[tokio::test]
async fn a_deleted_user_is_nobody() {
    let w = world();
    let anna = w.user_with("anna", ALLOW_ALL).await;
    let caller: Caller = anna.caller.clone();
    w.iam
        .delete_user_policy(
            &root(),
            DeleteUserPolicyRequest {
                user_name: text("anna"),
                policy_name: text("p"),
            },
        )
        .await
        .unwrap();
    let key = DeleteAccessKeyRequest {
        user_name: text("anna"),
        access_key_id: Some(caller.access_key_id.clone()),
    };
    w.iam.delete_access_key(&root(), key).await.unwrap();
    w.iam
        .delete_user(
            &root(),
            DeleteUserRequest {
                user_name: text("anna"),
            },
        )
        .await
        .unwrap();
    // Another user of the same name lends the old one nothing.
    w.user_with("anna", ALLOW_ALL).await;
    assert!(w.iam.get_user(&by(caller), get("anna")).await.is_err());
}

#[tokio::test]
async fn services_may_what_their_role_may() {
    let w = world();
    let gate = IamGate::new(Arc::clone(&w.directory), Mode::Enforce);
    let decide = async |service: &str, action: &str| {
        let call = by(Caller::service(ACCOUNT, service));
        gate.decide(call.context(), &[Check::any(action)]).await
    };
    decide("ecs.amazonaws.com", "ec2:CreateNetworkInterface")
        .await
        .unwrap();
    assert_eq!(
        decide("ecs.amazonaws.com", "iam:CreateUser")
            .await
            .unwrap_err()
            .0,
        "User: ecs.amazonaws.com is not authorized to perform: iam:CreateUser on resource: * \
         because no identity-based policy allows the iam:CreateUser action"
    );
    assert!(
        decide("nothing.amazonaws.com", "ec2:DescribeSubnets")
            .await
            .is_err()
    );
}

/// Through an endpoint of STS with that policy, in a VPC of that id.
fn through(call: &wharf_wire::Call, vpc: &str, policy: &str) -> wharf_wire::Context {
    let mut cx = call.context().clone();
    cx.origin = Some(Origin {
        task: None,
        vpc: Some(vpc.to_owned()),
        endpoint: Some(Arc::new(ThroughEndpoint {
            id: "vpce-1".to_owned(),
            vpc: "vpc-1".to_owned(),
            actions: "sts",
            policy: policy.to_owned(),
        })),
    });
    cx
}

#[tokio::test]
async fn the_policy_of_an_endpoint_limits_what_comes_through_it() {
    const OPEN: &str =
        r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;
    const NO_TOKENS: &str = r#"{"Statement":[
        {"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},
        {"Effect":"Deny","Principal":"*","Action":"sts:Get*","Resource":"*"}]}"#;
    const ROOT_ALONE: &str = r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1","aws:PrincipalArn":"arn:aws:iam::000000000000:root"}}}]}"#;
    let w = world();
    let anna = w.user_with("anna", ALLOW_ALL).await;
    let gate = IamGate::new(Arc::clone(&w.directory), Mode::Enforce);
    let decide = async |cx: wharf_wire::Context, check: Check| gate.decide(&cx, &[check]).await;
    let check = || Check::any("sts:GetFederationToken");
    decide(through(&anna, "vpc-1", OPEN), check())
        .await
        .unwrap();
    for (caller, denied) in [(&anna, "user/anna"), (&root(), "root")] {
        let refused = decide(through(caller, "vpc-1", NO_TOKENS), check()).await;
        let refused = refused.unwrap_err();
        assert!(
            refused.0.contains(denied)
                && refused
                    .0
                    .ends_with("with an explicit deny in a VPC endpoint policy"),
            "{refused}"
        );
    }
    // What is open to all callers has to pass it as well.
    let open = || Check::open_to_all("sts:GetCallerIdentity");
    decide(through(&anna, "vpc-1", OPEN), open()).await.unwrap();
    assert!(
        decide(through(&anna, "vpc-1", NO_TOKENS), open())
            .await
            .is_err()
    );
    let implicit = decide(through(&anna, "vpc-1", ROOT_ALONE), check()).await;
    let implicit = implicit.unwrap_err();
    assert!(
        implicit
            .0
            .ends_with("because no VPC endpoint policy allows the sts:GetFederationToken action"),
        "{implicit}"
    );
    decide(through(&root(), "vpc-1", ROOT_ALONE), check())
        .await
        .unwrap();
    // One that cannot be read, and one of another VPC, let nothing through.
    assert!(
        decide(through(&root(), "vpc-1", "{"), check())
            .await
            .is_err()
    );
    assert!(
        decide(through(&root(), "vpc-2", OPEN), check())
            .await
            .is_err()
    );
    // What services do for the caller did not come through, nor is it about what is passed to them.
    let mut via = through(&anna, "vpc-1", NO_TOKENS);
    via.called_via.push("ecs.amazonaws.com".to_owned());
    decide(via, check()).await.unwrap();
    let passed = Check::new("iam:PassRole", "arn:aws:iam::000000000000:role/r");
    decide(through(&anna, "vpc-1", NO_TOKENS), passed)
        .await
        .unwrap();
}
