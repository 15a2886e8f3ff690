//! Users, roles and policies are the same in all partitions, and are shown in that of the call's region.

use wharf_api_iam::{Iam, types::*};
use wharf_wire::{Call, Caller, Context};

use crate::world::*;

fn root_in(region: &str) -> Call {
    let mut context = Context::internal(ACCOUNT, region, "test", NOW);
    context.caller = Caller::root(ACCOUNT);
    Call::by_controller(context, PERMIT)
}

#[tokio::test]
async fn arns_have_the_partition_of_the_calls_region() {
    let w = world();
    w.user("anna").await;
    let get = || GetUserRequest {
        user_name: text("anna"),
    };
    for (region, arn) in [
        ("eu-west-1", "arn:aws:iam::000000000000:user/anna"),
        ("cn-north-1", "arn:aws-cn:iam::000000000000:user/anna"),
        (
            "us-gov-west-1",
            "arn:aws-us-gov:iam::000000000000:user/anna",
        ),
    ] {
        let user = w.iam.get_user(&root_in(region), get()).await.unwrap().user;
        assert_eq!(user.unwrap().arn.as_deref(), Some(arn));
    }
}

#[tokio::test]
async fn what_is_attached_in_one_partition_counts_in_all() {
    let w = world();
    let attach = AttachUserPolicyRequest {
        user_name: text("anna"),
        policy_arn: text("arn:aws-cn:iam::aws:policy/ReadOnlyAccess"),
    };
    w.user("anna").await;
    let beijing = root_in("cn-north-1");
    w.iam
        .attach_user_policy(&beijing, attach.clone())
        .await
        .unwrap();
    let list = ListAttachedUserPoliciesRequest {
        user_name: text("anna"),
        ..Default::default()
    };
    for (call, arn) in [
        (&beijing, "arn:aws-cn:iam::aws:policy/ReadOnlyAccess"),
        (&root(), "arn:aws:iam::aws:policy/ReadOnlyAccess"),
    ] {
        let shown = w.iam.list_attached_user_policies(call, list.clone()).await;
        let shown = shown.unwrap().attached_policies.unwrap();
        assert_eq!(shown[0].policy_arn.as_deref(), Some(arn));
    }
    // A denial names its caller as it is known there.
    let mut call = w.call_of("anna").await.context().clone();
    call.region = "cn-north-1".to_owned();
    let call = Call::by_controller(call, PERMIT);
    let detach = DetachUserPolicyRequest {
        user_name: text("anna"),
        policy_arn: attach.policy_arn,
    };
    let fault = w.iam.detach_user_policy(&call, detach).await.unwrap_err();
    let who = "User: arn:aws-cn:iam::000000000000:user/anna is not authorized";
    assert!(fault.message.starts_with(who), "{}", fault.message);
}
