use serde_json::json;
use wharf_kube_client::fake::Fake;

use super::*;

const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 7);
const MOMENT: Duration = Duration::from_millis(500);

fn policy(name: &str) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"namespace": "a", "name": name}, "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
    })
}

/// As if the kernel had taken all that is known.
fn apply(policies: &Policies) {
    let version = policies.0.kept.lock().version;
    policies.0.applied.send_replace(version);
}

#[tokio::test(start_paused = true)]
async fn a_pod_waits_until_what_its_namespace_has_is_in_place_for_it() {
    let server = Fake::new();
    let client = server.client();
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "a", "name": "p"},
        "spec": {"nodeName": "here"}, "status": {"podIP": ADDRESS.to_string()},
    });
    let made = client.create(&kind::POD, "a", &pod).await.unwrap();
    let uid = made.uid().to_owned();
    let first = policy("first");
    let first = client.create(&kind::NETWORK_POLICY, "a", &first).await;
    first.unwrap();
    let stop = CancellationToken::new();
    let policies = Policies::new(client.clone(), "here");
    let (gate, own) = (policies.clone(), uid.clone());
    let admitted = tokio::spawn(async move { gate.admit("a", &own, ADDRESS).await });
    sleep(MOMENT).await;
    assert!(!admitted.is_finished(), "no policy is known");
    let following = policies.policies(&stop);
    following.synced().await;
    apply(&policies);
    sleep(MOMENT).await;
    assert!(!admitted.is_finished(), "the pod is not known");
    let _around = policies.look_around(&stop).await;
    sleep(MOMENT).await;
    assert!(!admitted.is_finished(), "the kernel has not taken it");
    apply(&policies);
    admitted.await.unwrap().unwrap();

    // What is not in place in time is asked for again by whoever makes the pod.
    stop.cancel();
    sleep(MOMENT).await;
    let second = policy("second");
    let second = client.create(&kind::NETWORK_POLICY, "a", &second).await;
    second.unwrap();
    assert!(policies.admit("a", &uid, ADDRESS).await.is_err());
    policies.admit("b", &uid, ADDRESS).await.unwrap();
    server.fail(1000);
    assert!(policies.admit("b", &uid, ADDRESS).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn where_there_are_no_policies_nobody_looks_at_pods() {
    let server = Fake::new();
    let policies = Policies::new(server.client(), "here");
    let stop = CancellationToken::new();
    let following = policies.policies(&stop);
    following.synced().await;
    apply(&policies);
    policies.admit("a", "uid", ADDRESS).await.unwrap();
    assert!(!server.calls().iter().any(|it| it.contains("/pods")));
}
