//! Requests for certificates against a real API server: approved by themselves, signed, refused.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use serde_json::{Value, json};
use wharf_kube_client::{Object as _, kind};

use crate::cluster::Cluster;

fn request(name: &str, signer: &str, subject: &str, organization: &str) -> Value {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, subject);
    params
        .distinguished_name
        .push(DnType::OrganizationName, organization);
    let key = KeyPair::generate().unwrap();
    let pem = params.serialize_request(&key).unwrap().pem().unwrap();
    json!({
        "metadata": {"name": name},
        "spec": {
            "request": STANDARD.encode(pem), "signerName": format!("kubernetes.io/{signer}"),
            "usages": ["client auth", "digital signature"],
        },
    })
}

#[tokio::test]
async fn a_client_of_a_node_is_approved_and_signed() {
    let cluster = Cluster::start().await;
    let signer = "kube-apiserver-client-kubelet";
    let wanted = request("a", signer, "system:node:a", "system:nodes");
    cluster
        .create(&kind::CERTIFICATE_SIGNING_REQUEST, wanted)
        .await;
    let found = cluster
        .until(&kind::CERTIFICATE_SIGNING_REQUEST, |all| {
            !all[0].text("/status/certificate").is_empty()
        })
        .await;
    let approved = found[0].condition("Approved").unwrap();
    assert_eq!(approved["reason"], "AutoApproved");
}

#[tokio::test]
async fn other_clients_wait_and_what_is_not_signed_has_failed() {
    let cluster = Cluster::start().await;
    let kind = kind::CERTIFICATE_SIGNING_REQUEST;
    let mut wanted = request("a", "kube-apiserver-client", "jane", "dev");
    wanted["spec"]["usages"] = json!(["client auth", "server auth"]);
    let mut made = cluster.create(&kind, wanted).await;
    made["status"]["conditions"] = json!([{"type": "Approved", "status": "True"}]);
    cluster
        .client
        .update_at(&kind, "approval", &made)
        .await
        .unwrap();
    let found = cluster
        .until(&kind, |all| all[0].condition("Failed").is_some())
        .await;
    let failed = found[0].condition("Failed").unwrap();
    assert_eq!(failed["reason"], "SignerValidationFailure");
    assert_eq!(
        failed["message"],
        "invalid usage for client certificate: server auth"
    );
    assert_eq!(found[0].text("/status/certificate"), "");
}
