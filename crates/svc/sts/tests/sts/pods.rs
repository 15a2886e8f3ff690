//! Sessions of pods, as EKS Auth has them made.

use wharf_svc_iam::PodSession;

use super::*;

const PODS: &str = r#"{"Service":"pods.eks.amazonaws.com"}"#;
const CLUSTER: &str = "arn:aws:eks:us-east-1:000000000000:cluster/demo";

fn session() -> PodSession {
    PodSession {
        role_arn: ROLE.to_owned(),
        session_name: "eks-demo-web-0".to_owned(),
        tags: [("kubernetes-namespace".to_owned(), "team".to_owned())].into(),
        cluster_arn: CLUSTER.to_owned(),
        region: "us-east-1".to_owned(),
        ..PodSession::default()
    }
}

#[tokio::test]
async fn a_session_carries_its_tags_on_and_lasts_six_hours() {
    let w = world();
    let from = format!(
        r#","Condition":{{"StringEquals":{{"aws:SourceArn":"{CLUSTER}","aws:RequestTag/kubernetes-namespace":"team"}}}}"#
    );
    w.role("deploy", &trust(PODS, &from), &allow("iam:*")).await;
    let minted = w.directory.assume_for_pod(session(), NOW).await.unwrap();
    assert_eq!(minted.expires, NOW + Duration::from_secs(6 * 3_600));
    let found = w
        .directory
        .identify(&minted.access_key_id, Some(&minted.token), NOW)
        .await
        .unwrap();
    let carried = found.caller.session.unwrap();
    assert_eq!(carried.tags["kubernetes-namespace"], "team");
    assert_eq!(carried.transitive_tag_keys, ["kubernetes-namespace"]);
    let other = PodSession {
        tags: [("kubernetes-namespace".to_owned(), "other".to_owned())].into(),
        ..session()
    };
    assert!(w.directory.assume_for_pod(other, NOW).await.is_err());
}

#[tokio::test]
async fn tags_need_a_trust_of_their_own() {
    let w = world();
    let rest = format!(r#","Principal":{PODS}"#);
    let trust = document(&[statement("Allow", "sts:AssumeRole", &rest)]);
    w.role("deploy", &trust, &allow("iam:*")).await;
    assert!(w.directory.assume_for_pod(session(), NOW).await.is_err());
    let untagged = PodSession {
        tags: BTreeMap::new(),
        ..session()
    };
    assert!(w.directory.assume_for_pod(untagged, NOW).await.is_ok());
}

#[tokio::test]
async fn a_policy_takes_away() {
    let w = world();
    w.anna(None).await;
    w.role("deploy", &trust(PODS, ""), &allow("iam:*")).await;
    let of = async |policy: Option<String>| {
        let wanted = PodSession {
            tags: BTreeMap::new(),
            policy,
            ..session()
        };
        let minted = w.directory.assume_for_pod(wanted, NOW).await.unwrap();
        let id = &minted.access_key_id;
        let found = w.directory.identify(id, Some(&minted.token), NOW).await;
        w.may(&by(found.unwrap().caller), "anna").await
    };
    assert!(of(None).await);
    assert!(!of(Some(allow("iam:ListUsers"))).await);
}

#[tokio::test]
async fn a_second_role_is_reached_with_the_right_external_id_for_an_hour() {
    let w = world();
    w.role("deploy", &trust(PODS, ""), &allow("sts:*")).await;
    let asks = r#","Condition":{"StringEquals":{"sts:ExternalId":"us-east-1/000000000000/demo/team/worker","aws:PrincipalTag/kubernetes-namespace":"team"}}"#;
    w.role("far", &trust(&aws(ROLE), asks), &allow("iam:*"))
        .await;
    let far = "arn:aws:iam::000000000000:role/far".to_owned();
    let through = |id: &str| PodSession {
        target: Some((far.clone(), id.to_owned())),
        ..session()
    };
    let right = through("us-east-1/000000000000/demo/team/worker");
    let minted = w.directory.assume_for_pod(right, NOW).await.unwrap();
    assert_eq!(
        minted.arn,
        "arn:aws:sts::000000000000:assumed-role/far/eks-demo-web-0"
    );
    assert_eq!(minted.expires, NOW + Duration::from_secs(3_600));
    let wrong = w.directory.assume_for_pod(through("else"), NOW).await;
    assert!(wrong.is_err());
}
