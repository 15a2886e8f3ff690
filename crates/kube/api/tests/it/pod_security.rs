//! Pod Security: what pods of a namespace may ask of their node, by the labels of the namespace.

use std::sync::Arc;

use http::{Method, Response};
use serde_json::{Value, json};
use wharf_kube_api::Body;

use crate::{
    audit::Heard,
    harness::{Harness, read, warnings},
};

const SPACE: &str = "/api/v1/namespaces/web";
const PODS: &str = "/api/v1/namespaces/web/pods";

/// A cluster with a namespace that has these labels of Pod Security.
async fn harness(labels: &[(&str, &str)]) -> Harness {
    let it = Harness::new().await;
    fill(&it, labels).await;
    it
}

async fn fill(it: &Harness, labels: &[(&str, &str)]) {
    let space = json!({"metadata": {"name": "web", "labels": named(labels)}});
    it.post("/api/v1/namespaces", &space).await.expect(201);
    let account = json!({"metadata": {"name": "default"}});
    it.post(&format!("{SPACE}/serviceaccounts"), &account)
        .await
        .expect(201);
}

fn named(labels: &[(&str, &str)]) -> Value {
    let all = labels
        .iter()
        .map(|(mode, value)| (format!("pod-security.kubernetes.io/{mode}"), json!(value)));
    Value::Object(all.collect())
}

async fn label(it: &Harness, labels: &[(&str, &str)]) -> Response<Body> {
    let patch = json!({"metadata": {"labels": named(labels)}});
    let kind = "application/merge-patch+json";
    it.send(Method::PATCH, SPACE, kind, patch).await
}

/// The template of a pod that keeps to the level `restricted`.
fn restricted() -> Value {
    json!({
        "metadata": {"labels": {"app": "a"}},
        "spec": {
            "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{"name": "c", "image": "i", "securityContext": {
                "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]},
            }}],
        },
    })
}

/// One that keeps to the level `baseline` alone.
fn plain() -> Value {
    json!({"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}})
}

fn pod(name: &str, template: &Value) -> Value {
    let mut pod = template.clone();
    pod["metadata"]["name"] = name.into();
    pod
}

#[tokio::test]
async fn a_container_for_debugging_is_held_to_the_level() {
    let it = harness(&[("enforce", "restricted")]).await;
    it.post(PODS, &pod("a", &restricted())).await.expect(201);
    let uri = format!("{PODS}/a/ephemeralcontainers");
    let brings = |context: Value| {
        let container = json!({"name": "debug", "image": "busybox", "securityContext": context});
        json!({"spec": {"ephemeralContainers": [container]}})
    };
    let kind = "strategic-merge-patch+json";
    let refused = it.patch(&uri, kind, &brings(json!({}))).await;
    assert!(
        refused
            .message()
            .starts_with("pods \"a\" is forbidden: violates PodSecurity \"restricted:latest\": "),
        "{refused:?}"
    );
    refused.expect(403);
    // The other way to the same: the object as a whole.
    let mut whole = it.get(&format!("{PODS}/a")).await.expect(200);
    whole["spec"]["ephemeralContainers"] =
        brings(json!({"privileged": true}))["spec"]["ephemeralContainers"].clone();
    it.put(&uri, &whole).await.expect(403);
    let own = restricted()["spec"]["containers"][0]["securityContext"].clone();
    it.patch(&uri, kind, &brings(own)).await.expect(200);
}

#[tokio::test]
async fn an_update_is_judged_by_what_it_brings() {
    let it = harness(&[]).await;
    let uri = format!("{PODS}/a");
    it.post(PODS, &pod("a", &plain())).await.expect(201);
    label(&it, &[("enforce", "restricted")]).await;
    // It was there before, and may be marked, told of and deleted.
    let merge = "merge-patch+json";
    let marked = json!({"metadata": {"labels": {"b": "c"}}});
    it.patch(&uri, merge, &marked).await.expect(200);
    let status = json!({"status": {"phase": "Running"}});
    it.patch(&format!("{uri}/status"), merge, &status)
        .await
        .expect(200);
    let image = json!({"spec": {"containers": [{"name": "c", "image": "other"}]}});
    let kind = "strategic-merge-patch+json";
    it.patch(&uri, kind, &image).await.expect(403);
    it.delete(&uri, json!({"gracePeriodSeconds": 0}))
        .await
        .expect(200);
}

const PLAIN: &str = "would violate PodSecurity \"restricted:latest\": \
    allowPrivilegeEscalation != false (container \"c\" must set securityContext.allowPrivilegeEscalation=false), \
    unrestricted capabilities (container \"c\" must set securityContext.capabilities.drop=[\"ALL\"]), \
    runAsNonRoot != true (pod or container \"c\" must set securityContext.runAsNonRoot=true), \
    seccompProfile (pod or container \"c\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")";

#[tokio::test]
async fn what_cannot_be_read_of_a_namespace_is_refused() {
    let it = harness(&[]).await;
    let labels = [("enforce", "strict"), ("warn-version", "1.30")];
    let space = json!({"metadata": {"name": "other", "labels": named(&labels)}});
    let refused = it.post("/api/v1/namespaces", &space).await;
    assert_eq!(
        refused.message(),
        "Namespace \"other\" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: \"strict\": must be one of privileged, baseline, restricted, \
         metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: \"1.30\": must be \"latest\" or \"v1.x\"]"
    );
    refused.expect(422);
    let changed = read(label(&it, &[("audit", "none")]).await).await;
    assert!(
        changed
            .message()
            .contains("pod-security.kubernetes.io/audit")
    );
    changed.expect(422);
}

#[tokio::test]
async fn who_makes_a_level_stricter_hears_of_the_pods_there() {
    let it = harness(&[("enforce", "privileged")]).await;
    it.post(PODS, &pod("keeps", &restricted()))
        .await
        .expect(201);
    for name in ["a", "b"] {
        it.post(PODS, &pod(name, &plain())).await.expect(201);
    }
    let expected = [
        "existing pods in namespace \"web\" violate the new PodSecurity enforce level \"restricted:latest\"",
        "a (and 1 other pod): allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile",
    ];
    let uri = format!("{SPACE}?dryRun=All");
    let patch = json!({"metadata": {"labels": named(&[("enforce", "restricted")])}});
    let tried = it
        .send(Method::PATCH, &uri, "application/merge-patch+json", patch)
        .await;
    assert_eq!(warnings(&tried), expected);
    let made = label(&it, &[("enforce", "restricted")]).await;
    assert_eq!(warnings(&made), expected);
    for labels in [
        ("enforce", "restricted"),
        ("enforce", "baseline"),
        ("warn", "baseline"),
    ] {
        let made = label(&it, &[labels]).await;
        assert_eq!(made.status(), 200);
        assert_eq!(warnings(&made), Vec::<String>::new());
    }
}

/// The rules are those of a version, where the namespace says one.
#[tokio::test]
async fn a_version_says_which_rules_hold() {
    let it = harness(&[("enforce", "baseline"), ("enforce-version", "v1.33")]).await;
    let mut probed = plain();
    probed["spec"]["containers"][0]["livenessProbe"] =
        json!({"httpGet": {"port": 80, "host": "10.0.0.1"}});
    it.post(PODS, &pod("a", &probed)).await.expect(201);
    label(&it, &[("enforce-version", "latest")]).await;
    let refused = it.post(PODS, &pod("b", &probed)).await;
    assert_eq!(
        refused.message(),
        "pods \"b\" is forbidden: violates PodSecurity \"baseline:latest\": probe or lifecycle host \
         (container \"c\" uses probe or lifecycle host \"10.0.0.1\")"
    );
    refused.expect(403);
}

#[tokio::test]
async fn templates_are_warned_of_and_taken() {
    let it = harness(&[("enforce", "restricted")]).await;
    let selector = json!({"matchLabels": {"app": "a"}});
    let mut once = plain();
    once["spec"]["restartPolicy"] = "Never".into();
    let set = json!({"selector": selector, "template": plain()});
    let named = |spec: Value| json!({"metadata": {"name": "t"}, "spec": spec});
    let batch = json!({"template": once});
    for (group, plural, object) in [
        ("apis/apps/v1", "deployments", named(set.clone())),
        ("apis/apps/v1", "replicasets", named(set.clone())),
        ("apis/apps/v1", "daemonsets", named(set.clone())),
        ("apis/apps/v1", "statefulsets", {
            let mut set = set.clone();
            set["serviceName"] = "t".into();
            named(set)
        }),
        ("apis/batch/v1", "jobs", named(batch.clone())),
        (
            "apis/batch/v1",
            "cronjobs",
            named(json!({"schedule": "* * * * *", "jobTemplate": {"spec": batch}})),
        ),
        (
            "api/v1",
            "replicationcontrollers",
            named(json!({"selector": {"app": "a"}, "template": plain()})),
        ),
        (
            "api/v1",
            "podtemplates",
            json!({"metadata": {"name": "t"}, "template": plain()}),
        ),
    ] {
        let uri = format!("/{group}/namespaces/web/{plural}");
        let made = it
            .send(Method::POST, &uri, "application/json", object)
            .await;
        assert_eq!(made.status(), 201, "{plural}");
        assert_eq!(warnings(&made), [PLAIN], "{plural}");
    }
    let uri = "/apis/apps/v1/namespaces/web/deployments/t";
    let kind = "application/merge-patch+json";
    let scaled = json!({"spec": {"replicas": 2}});
    let scaled = it
        .send(Method::PATCH, &format!("{uri}/scale"), kind, scaled)
        .await;
    assert_eq!(scaled.status(), 200);
    assert_eq!(warnings(&scaled), Vec::<String>::new());
    let marked = json!({"metadata": {"labels": {"b": "c"}}});
    let marked = it.send(Method::PATCH, uri, kind, marked).await;
    assert_eq!(warnings(&marked), [PLAIN]);
}

#[tokio::test]
async fn the_audit_log_hears_of_pods_by_the_level_of_their_namespace() {
    let heard = Arc::new(Heard::default());
    let it = Harness::with_audit(heard.clone()).await;
    fill(
        &it,
        &[
            ("audit", "restricted"),
            ("enforce", "baseline"),
            ("warn", "privileged"),
        ],
    )
    .await;
    let ask = async |user: &str, uri: &str, object: Value| {
        let answer = it
            .send_as(user, Method::POST, uri, "application/json", object)
            .await;
        assert_eq!(warnings(&answer), Vec::<String>::new());
        heard.of(user).await[0]["annotations"].clone()
    };
    let notes = ask("jane", PODS, pod("a", &plain())).await;
    let of = |notes: &Value, key: &str| notes[format!("pod-security.kubernetes.io/{key}")].clone();
    assert_eq!(of(&notes, "enforce-policy"), "baseline:latest");
    assert_eq!(of(&notes, "audit-violations"), PLAIN);

    let mut host = plain();
    host["spec"]["hostNetwork"] = true.into();
    let notes = ask("joe", PODS, pod("b", &host)).await;
    assert_eq!(of(&notes, "enforce-policy"), "baseline:latest");
    let told = of(&notes, "audit-violations");
    assert!(
        told.as_str()
            .unwrap()
            .contains("host namespaces (hostNetwork=true)")
    );

    let template = json!({"metadata": {"name": "t"}, "template": plain()});
    let notes = ask("jim", &format!("{SPACE}/podtemplates"), template).await;
    assert_eq!(of(&notes, "enforce-policy"), Value::Null);
    assert_eq!(of(&notes, "audit-violations"), PLAIN);

    let notes = ask("ann", PODS, pod("c", &restricted())).await;
    assert_eq!(of(&notes, "enforce-policy"), "baseline:latest");
    assert_eq!(of(&notes, "audit-violations"), Value::Null);
}
