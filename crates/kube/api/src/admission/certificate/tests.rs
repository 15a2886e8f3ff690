use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};

use super::*;

fn request(name: &str, organization: &str) -> String {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
        .distinguished_name
        .push(DnType::OrganizationName, organization);
    let key = KeyPair::generate().unwrap();
    STANDARD.encode(params.serialize_request(&key).unwrap().pem().unwrap())
}

#[test]
fn a_request_does_not_say_who_sent_it() {
    let mut request = json!({"spec": {
        "username": "system:node:x", "groups": ["system:masters"], "uid": "1", "extra": {"a": ["b"]}, "request": "x",
    }});
    sent_by(&mut request, &UserInfo::authenticated("jane", &["dev"]));
    assert_eq!(
        request["spec"],
        json!({"username": "jane", "groups": ["dev", "system:authenticated"], "request": "x"})
    );
}

#[test]
fn a_certificate_is_a_signers_and_so_is_giving_up() {
    let live = json!({"status": {"conditions": [{"type": "Approved"}]}});
    for (new, expected) in [
        (live.clone(), false),
        (json!({"status": {"certificate": "x"}}), true),
        (
            json!({"status": {"conditions": [{"type": "Approved"}, {"type": "Failed"}]}}),
            true,
        ),
    ] {
        assert_eq!(signs(&new, &live), expected, "{new}");
    }
}

#[test]
fn nobody_asks_to_be_a_master_and_no_node_to_be_another() {
    let of = |signer: &str, name: &str, organization: &str| {
        json!({"spec": {
            "signerName": format!("kubernetes.io/{signer}"), "request": request(name, organization),
        }})
    };
    let clients = "kube-apiserver-client";
    let masters = of(clients, "jane", "system:masters");
    assert_eq!(
        may_ask(&masters, None).unwrap_err().to_string(),
        "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed"
    );
    assert_eq!(may_ask(&of(clients, "jane", "dev"), None), Ok(()));
    let of_node = of("kubelet-serving", "system:node:a", "system:nodes");
    assert_eq!(may_ask(&of_node, Some("a")), Ok(()));
    assert_eq!(
        may_ask(&of_node, Some("b")).unwrap_err().to_string(),
        "can only create a node CSR with CN=system:node:b"
    );
    let unread = json!({"spec": {"signerName": "kubernetes.io/kubelet-serving"}});
    assert!(may_ask(&unread, Some("a")).is_err());
    assert_eq!(may_ask(&unread, None), Ok(()));
}

#[test]
fn what_cannot_be_read_is_said() {
    let good = json!({"spec": {"request": request("jane", "dev")}});
    assert!(errors_of(&good, None).is_empty());
    let bad = errors_of(&json!({"spec": {"request": "eA=="}}), None);
    assert_eq!(
        bad[0].to_string(),
        "spec.request: Invalid value: \"eA==\": PEM block type must be CERTIFICATE REQUEST"
    );
    let key = KeyPair::generate().unwrap();
    let made = CertificateParams::default().self_signed(&key).unwrap();
    let with = |text: &str| json!({"status": {"certificate": STANDARD.encode(text)}});
    assert!(errors_of(&with(&made.pem()), Some(&good)).is_empty());
    let bad = errors_of(&with("x"), Some(&good));
    assert_eq!(
        bad[0].to_string(),
        "status.certificate: Invalid value: \"<certificate data>\": must contain at least one CERTIFICATE PEM block"
    );
    // What was stored before stays.
    assert!(errors_of(&with("x"), Some(&with("x"))).is_empty());
}

#[test]
fn conditions_have_their_times() {
    let live = json!({"status": {"conditions": [
        {"type": "Approved", "status": "True", "lastTransitionTime": "then"},
    ]}});
    let mut new = json!({"status": {"conditions": [
        {"type": "Approved", "status": "True"}, {"type": "Other", "status": "True", "lastUpdateTime": "x"}, 3,
    ]}});
    set_times(&mut new, &live, "now");
    assert_eq!(
        new["status"]["conditions"],
        json!([
            {"type": "Approved", "status": "True", "lastUpdateTime": "now", "lastTransitionTime": "then"},
            {"type": "Other", "status": "True", "lastUpdateTime": "x", "lastTransitionTime": "now"},
            3,
        ])
    );
}
