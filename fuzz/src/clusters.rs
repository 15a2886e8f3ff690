//! Clusters of Kubernetes: what tells who somebody is, what sessions with pods speak, and small languages in objects and addresses.

use std::sync::{Arc, LazyLock};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64_URL},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_api::storage::token::Position;
use wharf_kube_auth::{account_token, eks_token, signing_request::SigningRequest};
use wharf_kube_model::{Catalog, file_volume, persistent, table::JsonPath, validate};
use wharf_kube_policies::{Rules, Source, Traffic};
use wharf_kube_services::{Origin, Place, Written};
use wharf_schedule::{Expression, Zone};
use wharf_svc_kube_balancers::fuzz::World;

use crate::input;

/// 2026-01-02T03:04:05Z, when the tokens of the corpus hold.
const NOW: Timestamp = Timestamp::from_millis(1_767_323_045_000);

/// A token, and the URL in one.
pub fn eks_token(bytes: &[u8]) {
    let Some(text) = input::text(bytes) else {
        return;
    };
    let url = format!("{}{}", eks_token::PREFIX, BASE64_URL.encode(text));
    for token in [text, &url] {
        if let Ok(read) = eks_token::read(token, NOW) {
            let _ = read.access_key();
            let _ = read.is_signed_with("secret", "cluster");
        }
    }
}

/// A key is made once: what is read is not to depend on it.
static ISSUER: LazyLock<account_token::Issuer> = LazyLock::new(|| {
    let key = account_token::new_key().expect("the system has randomness");
    account_token::Issuer::new(&key, "https://oidc.example.com/id/A").expect("its own key")
});

fn jwt(header: &str, claims: &[u8]) -> String {
    let part = |bytes: &[u8]| BASE64_URL.encode(bytes);
    let (header, claims) = (part(header.as_bytes()), part(claims));
    format!("{header}.{claims}.{}", part(&[7; 256]))
}

/// The header of a token of a service account on the first line, its claims on the second. Claims are read as though they were signed,
/// too.
pub fn account_token(bytes: &[u8]) {
    if let Some(text) = input::text(bytes) {
        let _ = ISSUER.is_named_by(text);
        assert!(ISSUER.read(text, NOW).is_err());
    }
    if let Some((header, claims)) = input::line(bytes) {
        let token = jwt(header, claims);
        let _ = ISSUER.is_named_by(&token);
        assert!(ISSUER.read(&token, NOW).is_err(), "nobody signed it");
        wharf_kube_auth::fuzz::account_claims(claims);
    }
}

/// The same of a token of an identity provider, which says whose user somebody is.
pub fn oidc_token(bytes: &[u8]) {
    if let Some(text) = input::text(bytes) {
        wharf_svc_iam::fuzz::oidc_token(text, NOW);
    }
    if let Some((header, claims)) = input::line(bytes) {
        wharf_svc_iam::fuzz::oidc_token(&jwt(header, claims), NOW);
        wharf_kube_auth::fuzz::oidc_user(claims);
    }
}

/// The issuer on the first line, then a document of it: where its keys are, or its keys.
pub fn provider_document(bytes: &[u8]) {
    if let Some((issuer, document)) = input::line(bytes) {
        for signature in [&[0; 256][..], &[0; 64], &[7; 96], &[1]] {
            wharf_svc_iam::fuzz::provider_document(document, issuer, signature);
        }
    }
}

/// A request for a certificate in PEM, or in DER, which is read as though its signature held.
pub fn signing_request(bytes: &[u8]) {
    let _ = SigningRequest::parse(bytes);
    wharf_kube_auth::fuzz::signing_request(bytes);
    let begins = "-----BEGIN CERTIFICATE REQUEST-----";
    let ends = "-----END CERTIFICATE REQUEST-----";
    let pem = format!("{begins}\n{}\n{ends}\n", BASE64.encode(bytes));
    let _ = SigningRequest::parse(pem.as_bytes());
}

/// Where a list goes on: a token, and the text in one.
pub fn continue_token(bytes: &[u8]) {
    let Some(text) = input::text(bytes) else {
        return;
    };
    for token in [text, &BASE64_URL.encode(text)] {
        if let Ok(position) = Position::parse(token) {
            assert_eq!(Position::parse(&position.token()), Ok(position));
        }
    }
}

/// A path of a definition's column on the first line, an object on the second.
pub fn json_path(bytes: &[u8]) {
    let Some((path, object)) = input::line(bytes) else {
        return;
    };
    let Ok(path) = JsonPath::parse(path) else {
        return;
    };
    if let Ok(object) = serde_json::from_slice::<Value>(object) {
        let found = path.find(&object).len();
        assert_eq!(path.first(&object).is_some(), found > 0);
    }
}

/// A schedule of a CronJob on the first line, its time zone on the second. One that is taken is one that jobs are made by.
pub fn cron(bytes: &[u8]) {
    let Some((schedule, zone)) = input::line(bytes) else {
        return;
    };
    let Some(zone) = input::text(zone) else {
        return;
    };
    let catalog = Catalog::built_in();
    let Some(kind) = catalog.resource("batch", "v1", "cronjobs") else {
        return;
    };
    let mut job = json!({
        "metadata": {"name": "a", "namespace": "b"},
        "spec": {
            "schedule": schedule, "concurrencyPolicy": "Allow", "suspend": false,
            "jobTemplate": {"spec": {"template": {"spec": {
                "restartPolicy": "Never", "dnsPolicy": "ClusterFirst", "terminationGracePeriodSeconds": 30,
                "containers": [{
                    "name": "c", "image": "i", "imagePullPolicy": "Always", "terminationMessagePolicy": "File",
                }],
            }}}},
        },
    });
    if !zone.is_empty() {
        job["spec"]["timeZone"] = zone.into();
    }
    let errors = validate::create(kind, &job);
    let named = |field: &str| errors.iter().any(|it| it.field == field);
    let zone = match zone {
        "" => Some(Zone::UTC),
        zone => zone.parse().ok(),
    };
    assert!(zone.is_some() || named("spec.timeZone"), "{errors:?}");
    let times = wharf_kube_controllers::fuzz::times(schedule);
    assert!(times.is_some() || named("spec.schedule"), "{errors:?}");
    if let (Some(times), Some(zone)) = (times, zone) {
        let next = times.next(NOW, NOW, zone);
        assert!(next.is_none_or(|it| it > NOW));
    }
    let _ = Expression::parse(schedule);
}

/// A member of the ConfigMap `aws-auth`.
pub fn aws_auth(bytes: &[u8]) {
    if let Some(text) = input::text(bytes) {
        wharf_server::fuzz::aws_auth(text);
    }
}

/// Frames of SPDY; behind a first byte that is odd, the headers of a stream before they are packed.
pub fn spdy(bytes: &[u8]) {
    match input::choice(bytes) {
        Some((choice, plain)) if choice % 2 == 1 => wharf_kubelet::server::fuzz::headers(plain),
        Some((_, frames)) => wharf_kubelet::server::fuzz::spdy(frames),
        None => {}
    }
}

/// What a client of a WebSocket sends after its handshake.
pub fn websocket(bytes: &[u8]) {
    wharf_kubelet::server::fuzz::websocket_messages(bytes);
}

/// The answer of a webhook, of one that turns objects into another version too.
pub fn review(bytes: &[u8]) {
    wharf_kube_api::fuzz::review(bytes);
    wharf_kube_api::fuzz::conversion(bytes);
}

/// What an aggregated server tells of its kinds: a list of them, or its document of OpenAPI 2.
pub fn aggregated(bytes: &[u8]) {
    wharf_kube_api::fuzz::aggregated(bytes);
    wharf_kube_api::fuzz::aggregated_document(bytes);
}

/// What a node tells of what it uses.
pub fn node_summary(bytes: &[u8]) {
    wharf_kube_api::fuzz::node_summary(bytes);
}

/// What an adapter tells of metrics.
pub fn adapter(bytes: &[u8]) {
    wharf_kube_controllers::fuzz::adapter(bytes, NOW);
}

/// An Ingress on the first line, a Secret on the second.
pub fn ingress(bytes: &[u8]) {
    let Some((ingress, secret)) = input::line(bytes) else {
        return;
    };
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
    if let (Some(ingress), Some(secret)) = (read(ingress.as_bytes()), read(secret)) {
        wharf_svc_kube_balancers::fuzz::ingress(ingress, secret);
    }
}

/// Objects, one a line; what is none is left out.
fn objects(bytes: &[u8]) -> impl Iterator<Item = Option<Arc<Value>>> {
    let lines = bytes.split(|it| *it == b'\n');
    let read = lines.map(|it| serde_json::from_slice(it).ok().map(Arc::new));
    read.chain(std::iter::repeat(None))
}

/// A Service, then what leads to its pods: an EndpointSlice, a pod and a node.
pub fn service(bytes: &[u8]) {
    let mut objects = objects(bytes);
    let mut next = || objects.next().flatten();
    if let Some(service) = next() {
        let (slice, pod, node) = (next(), next(), next());
        let world = World {
            slice,
            pod,
            node,
            ..World::default()
        };
        wharf_svc_kube_balancers::fuzz::service(&service, &world);
    }
}

/// A Service, then slices of endpoints, as nodes read them: where its ports lead. A book is the same after it was written and read.
pub fn endpoints(bytes: &[u8]) {
    let mut objects = objects(bytes);
    let Some(service) = objects.next().flatten() else {
        return;
    };
    let mut book = wharf_kube_services::Book::default();
    book.put_service(&service);
    for slice in objects.map_while(|it| it) {
        book.put_slice(&slice);
    }
    let here = Place {
        node: "n",
        zone: "us-east-1a",
    };
    for (service, entry) in book.services() {
        for port in &service.ports {
            for from in [Origin::Inside, Origin::Outside, Origin::Around] {
                for is_v6 in [false, true] {
                    let _ = entry.choose(port, from, here, is_v6);
                }
            }
        }
    }
    let written = serde_json::to_vec(&book.written()).expect("a book is JSON");
    let read = serde_json::from_slice::<Written>(&written).expect("what was written can be read");
    let again = wharf_kube_services::Book::from(read);
    assert_eq!(again.written(), book.written());
}

/// A NetworkPolicy and a namespace, then pods of the node `n`: what is named by a number is there, and goes with those who name it.
pub fn network_policy(bytes: &[u8]) {
    let mut objects = objects(bytes);
    let (Some(policy), Some(namespace)) = (objects.next().flatten(), objects.next().flatten())
    else {
        return;
    };
    let pods: Vec<Arc<Value>> = objects.map_while(|it| it).collect();
    let mut book = wharf_kube_policies::Book::new("n");
    book.put_policy(&policy);
    book.put_namespace(&namespace);
    for pod in &pods {
        book.put_pod(pod);
    }
    let rules = book.rules();
    let held = rules.pods.values();
    let held = held.flat_map(|it| it.ingress.iter().chain(&it.egress).flatten());
    for number in held {
        for it in &rules.policies[number].permissions {
            if let Source::Peers(number) = it.peer {
                assert!(rules.peers.contains_key(&number));
            }
            if let Traffic::Listeners(number) = it.traffic {
                assert!(rules.listeners.contains_key(&number));
            }
        }
    }
    for pod in &pods {
        book.remove_pod(pod);
    }
    book.remove_policy(&policy);
    book.remove_namespace(&namespace);
    assert_eq!(book.rules(), Rules::default());
}

/// A TargetGroupBinding, then its Service, an EndpointSlice, a pod and a node.
pub fn binding(bytes: &[u8]) {
    let mut objects = objects(bytes);
    let mut next = || objects.next().flatten();
    if let Some(binding) = next() {
        let (service, slice, pod, node) = (next(), next(), next(), next());
        let world = World {
            service,
            slice,
            pod,
            node,
            ..World::default()
        };
        wharf_svc_kube_balancers::fuzz::binding(&binding, &world);
    }
}

/// The name of an add-on on the first line, then how it is configured.
pub fn addon(bytes: &[u8]) {
    if let Some((name, configuration)) = input::line(bytes)
        && let Some(configuration) = input::text(configuration)
    {
        wharf_svc_eks::fuzz::addon(name, configuration);
    }
}

/// The head of a request to a cluster; its query goes to a node as well.
pub fn request(bytes: &[u8]) {
    let Some((method, target, lines, _)) = input::head(bytes) else {
        return;
    };
    let Ok(method) = method.parse::<Method>() else {
        return;
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = HeaderMap::new();
    for (name, value) in &lines {
        let (name, value) = (name.parse::<HeaderName>(), HeaderValue::from_str(value));
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    wharf_kube_api::fuzz::request(&method, path, query, &headers);
    wharf_kubelet::fuzz::query(query, NOW);
}

/// Where a page is cut, then a page that passes through the API server.
pub fn page(bytes: &[u8]) {
    if let Some((cut, page)) = input::choice(bytes) {
        wharf_kube_api::fuzz::page(page, cut);
    }
}

/// A PersistentVolume, a claim and its StorageClass; a line that is none of them is the handle of a volume of EFS.
pub fn volume(bytes: &[u8]) {
    for text in bytes.split(|it| *it == b'\n').filter_map(input::text) {
        let _ = file_volume::handle(text);
    }
    let mut objects = objects(bytes);
    let mut next = || objects.next().flatten().unwrap_or_default();
    let (volume, claim, class) = (next(), next(), next());
    if file_volume::is_file_volume(&volume)
        && let Ok(read) = file_volume::read(&volume)
    {
        assert!(read.root.starts_with('/'), "{:?}", read.root);
        assert!(
            !read.root.split('/').any(|it| it == ".."),
            "{:?}",
            read.root
        );
    }
    let _ = persistent::ebs_disk(&volume);
    let _ = persistent::reachable_from(&volume);
    let _ = persistent::mismatch(&claim, &volume);
    let _ = persistent::best(&claim, std::slice::from_ref(&volume), None);
    wharf_svc_kube_volumes::fuzz::asked(&claim, &class);
    wharf_svc_kube_files::fuzz::asked(&claim, &class);
}

/// A pod, as its node reads it.
pub fn pod(bytes: &[u8]) {
    if let Ok(pod) = serde_json::from_slice::<Value>(bytes) {
        wharf_kubelet::fuzz::pod(&pod, NOW);
    }
}

/// What a pod answers to a probe of gRPC.
pub fn probe(bytes: &[u8]) {
    wharf_kubelet::fuzz::health(bytes);
}
