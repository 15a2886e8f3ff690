//! Webhooks at addresses, and the one of the server's own process.

use std::{
    io,
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::{Value, json};
use wharf_kube_api::{
    Connection, Outside, OwnWebhook, Reached, ReviewRequest, ReviewResponse, Unanswered,
};

use crate::{
    harness::Harness,
    webhooks::{Says, serving},
};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const PODS: &str = "/api/v1/namespaces/default/pods";
const HOOKS: &str = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";

/// Knows addresses that begin with 10. as those of the cluster's network, and notes who is to be secured.
#[derive(Clone, Default)]
struct Ways(Arc<Mutex<Vec<String>>>);

#[async_trait]
impl Outside for Ways {
    async fn reach(&self, host: &str, port: u16) -> io::Result<Reached> {
        match host.parse::<Ipv4Addr>() {
            Ok(ip) if ip.octets()[0] == 10 => Ok(Reached::InNetwork(ip)),
            _ => Err(io::Error::other(format!("dial tcp {host}:{port}: no way"))),
        }
    }

    async fn secured(
        &self,
        to: Box<dyn Connection>,
        host: &str,
        authorities: &[u8],
    ) -> io::Result<Box<dyn Connection>> {
        let authorities = String::from_utf8_lossy(authorities);
        self.0.lock().push(format!("{host} by {authorities}"));
        Ok(to)
    }
}

fn denies(_: &Value) -> Value {
    json!({"allowed": false, "status": {"message": "not here"}})
}

fn hook(config: &Value, policy: &str) -> Value {
    json!({
        "name": "hook.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None",
        "clientConfig": config, "failurePolicy": policy,
        "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps", "pods"]}],
    })
}

async fn configured(it: &Harness, config: &Value, policy: &str) {
    let object = json!({"metadata": {"name": "a"}, "webhooks": [hook(config, policy)]});
    it.post(HOOKS, &object).await.expect(201);
}

/// What a cluster says to a ConfigMap, whose webhook is there.
async fn told(says: Says, url: &str) -> (String, Vec<String>) {
    let ways = Ways::default();
    let it = serving(Harness::with_webhooks(ways.clone(), None).await, says).await;
    let ready = json!({"status": {"conditions": [{"type": "Ready", "status": "True"}]}});
    it.patch("/api/v1/nodes/n/status", "merge-patch+json", &ready)
        .await
        .expect(200);
    configured(&it, &json!({"url": url, "caBundle": "Q0E="}), "Fail").await;
    let refused = it.post(MAPS, &json!({"metadata": {"name": "m"}})).await;
    let secured = ways.0.lock().clone();
    (refused.message().to_owned(), secured)
}

#[tokio::test]
async fn an_address_of_the_network_is_reached_through_a_node() {
    let (why, secured) = told(denies, "https://10.0.0.9:8443/deny").await;
    assert_eq!(
        why,
        r#"admission webhook "hook.example.com" denied the request: not here"#
    );
    assert_eq!(secured, ["10.0.0.9 by CA"]);
}

#[tokio::test]
async fn what_leads_nowhere_is_told_in_upstreams_words() {
    let (why, secured) = told(denies, "https://127.0.0.1:23443/mutate").await;
    assert_eq!(
        why,
        "Internal error occurred: failed calling webhook \"hook.example.com\": failed to call webhook: \
         Post \"https://127.0.0.1:23443/mutate?timeout=10s\": dial tcp 127.0.0.1:23443: no way"
    );
    assert!(secured.is_empty());
    // In the range of services, none of which has it.
    let (why, _) = told(denies, "https://10.100.200.1").await;
    assert!(
        why.ends_with(
            r#"Post "https://10.100.200.1/?timeout=10s": no service has the address 10.100.200.1"#
        ),
        "{why}"
    );
}

#[tokio::test]
async fn the_address_of_a_service_leads_to_its_pods() {
    let ways = Ways::default();
    let it = serving(Harness::with_webhooks(ways.clone(), None).await, denies).await;
    let service = it.get("/api/v1/namespaces/default/services/hook").await;
    let address = service.expect(200)["spec"]["clusterIP"].clone();
    let url = format!("https://{}/x", address.as_str().unwrap());
    configured(&it, &json!({"url": url}), "Fail").await;
    let refused = it.post(MAPS, &json!({"metadata": {"name": "m"}})).await;
    assert!(refused.message().ends_with("denied the request: not here"));
    assert_eq!(ways.0.lock().len(), 1);
}

#[tokio::test]
async fn without_a_node_that_is_ready_the_network_is_not_reached() {
    let it = Harness::with_webhooks(Ways::default(), None).await;
    configured(&it, &json!({"url": "https://10.0.0.9/"}), "Fail").await;
    let refused = it.post(MAPS, &json!({"metadata": {"name": "m"}})).await;
    let why = refused.message();
    let end = "dial tcp 10.0.0.9:443: no node of the cluster is ready to reach it";
    assert!(why.ends_with(end), "{why}");
}

/// Gives pods an annotation, and cannot answer about one that is called `lost`.
struct Own {
    config: Value,
    asked: AtomicUsize,
}

#[async_trait]
impl OwnWebhook for Own {
    fn config(&self) -> &Value {
        &self.config
    }

    async fn review(&self, asked: &ReviewRequest<'_>) -> Result<ReviewResponse, Unanswered> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let about = (asked.resource, asked.operation, asked.namespace);
        if about != ("pods", "CREATE", "default") {
            return Ok(ReviewResponse::default());
        }
        if asked
            .object
            .is_some_and(|it| it["metadata"]["name"] == "lost")
        {
            return Err(Unanswered("it is lost".into()));
        }
        let step = json!({"op": "add", "path": "/metadata/annotations", "value": {"by": "own"}});
        Ok(ReviewResponse { patch: vec![step] })
    }
}

fn pod(name: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "i"}]}})
}

#[tokio::test]
async fn the_one_of_this_process_is_asked_without_a_connection() {
    let config = json!({"url": "https://127.0.0.1:20001/own/mutate", "caBundle": "Q0E="});
    let own = Arc::new(Own {
        config: config.clone(),
        asked: AtomicUsize::default(),
    });
    let it = Harness::with_webhooks(Ways::default(), Some(own.clone())).await;
    let account = json!({"metadata": {"name": "default"}});
    it.post("/api/v1/namespaces/default/serviceaccounts", &account)
        .await
        .expect(201);
    configured(&it, &config, "Fail").await;
    let made = it.post(PODS, &pod("a")).await.expect(201);
    assert_eq!(made["metadata"]["annotations"]["by"], "own");
    // Others are asked about too, if the configuration says so, and stay as they are.
    it.post(MAPS, &json!({"metadata": {"name": "m"}}))
        .await
        .expect(201);
    assert_eq!(own.asked.load(Ordering::Relaxed), 2);
    let refused = it.post(PODS, &pod("lost")).await;
    assert_eq!(
        refused.message(),
        "Internal error occurred: failed calling webhook \"hook.example.com\": failed to call webhook: it is lost"
    );
    // Another authority, and it is one at an address like others.
    let uri = format!("{HOOKS}/a");
    let mut edited = it.get(&uri).await.expect(200);
    edited["webhooks"][0]["clientConfig"]["caBundle"] = "b3RoZXI=".into();
    let edited = it.put(&uri, &edited).await.expect(200);
    let refused = it.post(PODS, &pod("b")).await;
    assert!(
        refused
            .message()
            .ends_with("dial tcp 127.0.0.1:20001: no way")
    );
    let mut ignored = edited;
    ignored["webhooks"][0]["failurePolicy"] = "Ignore".into();
    it.put(&uri, &ignored).await.expect(200);
    let made = it.post(PODS, &pod("b")).await.expect(201);
    assert!(made["metadata"]["annotations"].is_null());
    it.delete(&uri, "").await.expect(200);
    it.post(PODS, &pod("c")).await.expect(201);
    assert_eq!(own.asked.load(Ordering::Relaxed), 3);
}
