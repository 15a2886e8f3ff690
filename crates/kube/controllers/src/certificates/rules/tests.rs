use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use serde_json::json;

use super::*;

/// A request of somebody with these names and addresses; organisations are joined by commas.
pub fn request(name: &str, organization: &str, names: &[&str]) -> SigningRequest {
    let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    if !organization.is_empty() {
        params
            .distinguished_name
            .push(DnType::OrganizationName, organization);
    }
    let key = KeyPair::generate().unwrap();
    let made = params.serialize_request(&key).unwrap();
    SigningRequest::parse(made.pem().unwrap().as_bytes()).unwrap()
}

fn asking(usages: &[&str]) -> Value {
    json!({"spec": {"usages": usages}})
}

fn server() -> ServerNames {
    let names = [
        "kubernetes.default",
        "kubernetes.default.svc.cluster.local",
        "10.100.0.1",
        "wharf.lan",
    ];
    ServerNames::new(
        names.map(str::to_owned),
        ["kube-apiserver-kubelet-client".to_owned()],
    )
}

#[track_caller]
fn check(signer: Signer, request: &SigningRequest, usages: &[&str], expected: Option<&str>) {
    let found = refusal(signer, &asking(usages), request, &server());
    let found = found.map(|it| it.to_string());
    assert_eq!(found.as_deref(), expected, "{request:?}");
}

#[test]
fn clients_of_the_api() {
    let jane = request("jane", "dev", &[]);
    let signer = Signer::ApiClient;
    check(signer, &jane, &[CLIENT], None);
    check(signer, &jane, &[CLIENT, SIGNATURE, ENCIPHERMENT], None);
    check(
        signer,
        &jane,
        &[CLIENT, SERVER],
        Some("invalid usage for client certificate: server auth"),
    );
    check(
        signer,
        &jane,
        &[SIGNATURE],
        Some("missing required usage for client certificate: client auth"),
    );
    check(
        signer,
        &request("jane", "system:masters", &[]),
        &[CLIENT],
        Some("subject organization system:masters is not allowed"),
    );
    check(
        signer,
        &request("kube-apiserver-kubelet-client", "", &[]),
        &[CLIENT],
        Some("subject common name is the API server's"),
    );
}

#[test]
fn clients_of_nodes() {
    let signer = Signer::NodeClient;
    let node = |names: &[&str]| request("system:node:a", "system:nodes", names);
    check(signer, &node(&[]), &[CLIENT, SIGNATURE], None);
    check(signer, &node(&[]), &[CLIENT, SIGNATURE, ENCIPHERMENT], None);
    check(
        signer,
        &node(&[]),
        &[CLIENT],
        Some("usages did not match [client auth digital signature key encipherment]"),
    );
    check(
        signer,
        &node(&["a"]),
        &[CLIENT, SIGNATURE],
        Some("DNS subjectAltNames are not allowed"),
    );
    check(
        signer,
        &node(&["10.0.0.1"]),
        &[CLIENT, SIGNATURE],
        Some("IP subjectAltNames are not allowed"),
    );
    check(
        signer,
        &request("system:node:a", "dev", &[]),
        &[CLIENT, SIGNATURE],
        Some("subject organization is not system:nodes"),
    );
    check(
        signer,
        &request("a", "system:nodes", &[]),
        &[CLIENT, SIGNATURE],
        Some("subject common name does not begin with system:node:"),
    );
    let mut two = node(&[]);
    two.organizations.push("dev".to_owned());
    check(
        signer,
        &two,
        &[CLIENT, SIGNATURE],
        Some("subject organization is not system:nodes"),
    );
}

#[test]
fn servers_of_nodes() {
    let signer = Signer::NodeServer;
    let usages = [SERVER, SIGNATURE].as_slice();
    let node = |names: &[&str]| request("system:node:a", "system:nodes", names);
    check(signer, &node(&["a.lan", "10.0.0.1"]), usages, None);
    check(
        signer,
        &node(&[]),
        usages,
        Some("DNS or IP subjectAltName is required"),
    );
    check(
        signer,
        &node(&["a.lan"]),
        &[SERVER, CLIENT, SIGNATURE],
        Some("usages did not match [digital signature key encipherment server auth]"),
    );
    let mut with_uri = node(&["a.lan"]);
    with_uri.uris.push("spiffe://a".to_owned());
    check(
        signer,
        &with_uri,
        usages,
        Some("URI subjectAltNames are not allowed"),
    );
}

#[test]
fn nobody_is_called_as_the_api_server() {
    let usages = [SERVER, SIGNATURE].as_slice();
    let own = Some("subjectAltNames of the API server are not allowed");
    for name in [
        "kubernetes.default",
        "Kubernetes.Default.svc.cluster.local.",
        "10.100.0.1",
        "::ffff:10.100.0.1",
        "wharf.lan",
    ] {
        let wanted = request("system:node:a", "system:nodes", &["a.lan", name]);
        check(Signer::NodeServer, &wanted, usages, own);
    }
    let mut as_name = request("system:node:a", "system:nodes", &["a.lan"]);
    as_name.dns_names.push("10.100.0.1".to_owned());
    check(Signer::NodeServer, &as_name, usages, own);
    let wanted = request("system:node:a", "system:nodes", &["*.default"]);
    check(
        Signer::NodeServer,
        &wanted,
        usages,
        Some("wildcard subjectAltNames are not allowed"),
    );
}

#[test]
fn a_certificate_lives_as_long_as_asked_and_a_year_at_most() {
    let life = |seconds: Value| {
        let object = json!({"spec": {"usages": [CLIENT, SIGNATURE], "expirationSeconds": seconds}});
        let order = order(Signer::ApiClient, &object, request("jane", "", &[]));
        assert!(order.digital_signature && !order.key_encipherment);
        assert_eq!(order.purpose, Purpose::Client);
        order.life
    };
    assert_eq!(life(3600.into()), Duration::from_secs(3600));
    assert_eq!(life(1.into()), SHORTEST);
    assert_eq!(life(i32::MAX.into()), LONGEST);
    assert_eq!(life(Value::Null), LONGEST);
}
