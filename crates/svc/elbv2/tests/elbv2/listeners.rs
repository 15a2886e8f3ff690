//! Listeners: made once a port, changed, deleted.

use wharf_api_elbv2::{
    self as api, DeleteListenerInput, DescribeListenersInput, Elbv2, ModifyListenerInput,
};
use wharf_testkit::refused;

use crate::harness::{Harness, MANAGED, call, fixed, forward};

#[tokio::test]
async fn a_port_has_one_listener() {
    let harness = Harness::start().await;
    let (balancer, listener, group) = harness.serving().await;
    let again = harness
        .listener(&balancer, 80, forward(&group))
        .await
        .unwrap();
    assert_eq!(again.listener_arn.as_deref(), Some(listener.as_str()));
    let fault = harness
        .listener(&balancer, 80, fixed("200"))
        .await
        .unwrap_err();
    assert_eq!(
        (fault.code.as_ref(), fault.message),
        (
            "DuplicateListener",
            format!("A listener already exists on this port for this load balancer '{balancer}'")
        )
    );
    harness.listener(&balancer, 81, fixed("200")).await.unwrap();
    let input = ModifyListenerInput {
        listener_arn: Some(listener),
        port: Some(81),
        ..Default::default()
    };
    let fault = harness
        .elb
        .modify_listener(&call(), input)
        .await
        .unwrap_err();
    assert_eq!(fault.message, "Listener port '81' is already in use");
}

#[tokio::test]
async fn many_at_once_on_one_port_make_one() {
    let harness = Harness::start().await;
    let balancer = harness.balancer("web").await.load_balancer_arn.unwrap();
    let calls = (0..8).map(|n| {
        let (elb, balancer) = (harness.elb.clone(), balancer.clone());
        tokio::spawn(async move {
            let input = api::CreateListenerInput {
                load_balancer_arn: Some(balancer),
                protocol: Some("HTTP".to_owned()),
                port: Some(80),
                default_actions: Some(vec![fixed(&(200 + n).to_string())]),
                ..Default::default()
            };
            elb.create_listener(&call(), input).await.is_ok()
        })
    });
    let calls: Vec<_> = calls.collect();
    let mut made = 0;
    for call in calls {
        made += usize::from(call.await.unwrap());
    }
    assert_eq!(made, 1);
    assert_eq!(harness.count("listener").await, 1);
}

#[tokio::test]
async fn a_change_moves_the_use_of_groups() {
    let harness = Harness::start().await;
    let (balancer, listener, first) = harness.serving().await;
    let second = harness.group("second").await;
    let input = ModifyListenerInput {
        listener_arn: Some(listener.clone()),
        default_actions: Some(vec![forward(&second)]),
        ..Default::default()
    };
    let changed = harness
        .elb
        .modify_listener(&call(), input)
        .await
        .unwrap()
        .listeners
        .unwrap()
        .remove(0);
    let action = changed.default_actions.unwrap().remove(0);
    assert_eq!(action.target_group_arn.as_deref(), Some(second.as_str()));
    let delete = |arn: String| api::DeleteTargetGroupInput {
        target_group_arn: Some(arn),
    };
    harness
        .elb
        .delete_target_group(&call(), delete(first))
        .await
        .unwrap();
    assert!(
        harness
            .elb
            .delete_target_group(&call(), delete(second))
            .await
            .is_err()
    );
    let input = DescribeListenersInput {
        load_balancer_arn: Some(balancer),
        ..Default::default()
    };
    let found = harness
        .elb
        .describe_listeners(&call(), input)
        .await
        .unwrap()
        .listeners
        .unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn deletion_takes_the_rules() {
    let harness = Harness::start().await;
    let (_, listener, group) = harness.serving().await;
    for priority in 1..40 {
        harness
            .rule(
                &listener,
                priority,
                &format!("/{priority}"),
                forward(&group),
            )
            .await
            .unwrap();
    }
    let input = DeleteListenerInput {
        listener_arn: Some(listener.clone()),
    };
    harness
        .elb
        .delete_listener(&call(), input.clone())
        .await
        .unwrap();
    assert_eq!(harness.count("rule").await, 0);
    let fault = harness
        .elb
        .delete_listener(&call(), input)
        .await
        .unwrap_err();
    assert_eq!(
        (fault.code.as_ref(), fault.message.as_str()),
        ("ListenerNotFound", "One or more listeners not found")
    );
    let delete = api::DeleteTargetGroupInput {
        target_group_arn: Some(group),
    };
    harness
        .elb
        .delete_target_group(&call(), delete)
        .await
        .unwrap();
}

#[tokio::test]
async fn protocols_of_other_load_balancers_are_refused() {
    let harness = Harness::start().await;
    let balancer = harness.balancer("web").await.load_balancer_arn;
    let input = api::CreateListenerInput {
        load_balancer_arn: balancer,
        protocol: Some("TCP".to_owned()),
        port: Some(80),
        default_actions: Some(vec![fixed("200")]),
        ..Default::default()
    };
    let fault = harness
        .elb
        .create_listener(&call(), input)
        .await
        .unwrap_err();
    assert_eq!(
        fault.message,
        "Listener protocol 'TCP' must be one of 'HTTP, HTTPS'"
    );
}

#[tokio::test]
async fn targets_speak_http_2_and_grpc_behind_https_alone() {
    let harness = Harness::start().await;
    let balancer = harness.balancer("web").await.load_balancer_arn.unwrap();
    let web = harness.group("web").await;
    let plain = harness.listener(&balancer, 80, forward(&web)).await;
    let plain = plain.unwrap().listener_arn.unwrap();
    let input = api::CreateListenerInput {
        load_balancer_arn: Some(balancer.clone()),
        protocol: Some("HTTPS".to_owned()),
        port: Some(443),
        certificates: Some(vec![api::Certificate {
            certificate_arn: Some(MANAGED.to_owned()),
            is_default: None,
        }]),
        default_actions: Some(vec![fixed("200")]),
        ..Default::default()
    };
    let made = harness.elb.create_listener(&call(), input).await.unwrap();
    let secure = made.listeners.unwrap().remove(0).listener_arn.unwrap();
    for (priority, version) in [(1, "HTTP2"), (2, "GRPC")] {
        let group = harness
            .create_group(version, |it| it.protocol_version = Some(version.to_owned()))
            .await;
        let group = group.unwrap().target_group_arn.unwrap();
        let text = format!(
            "Listener protocol 'HTTP' is not supported with a target group with the protocol-version '{version}'"
        );
        let code = "InvalidLoadBalancerAction";
        refused(
            harness.listener(&balancer, 81, forward(&group)).await,
            code,
            &text,
        );
        refused(
            harness.rule(&plain, 1, "/a", forward(&group)).await,
            code,
            &text,
        );
        let path = format!("/{version}");
        let rule = harness.rule(&secure, priority, &path, forward(&group));
        let rule = rule.await.unwrap();
        // Nor does the listener come to speak HTTP while a rule forwards to such a group.
        let input = ModifyListenerInput {
            listener_arn: Some(secure.clone()),
            protocol: Some("HTTP".to_owned()),
            ..Default::default()
        };
        refused(
            harness.elb.modify_listener(&call(), input).await,
            code,
            &text,
        );
        let input = api::DeleteRuleInput {
            rule_arn: rule.rule_arn,
        };
        harness.elb.delete_rule(&call(), input).await.unwrap();
    }
}
