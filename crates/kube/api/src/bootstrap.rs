//! Objects that every cluster has: made where they are missing, by the server itself, through its own API.

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request,
    header::{CONTENT_TYPE, USER_AGENT},
};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use wharf_kube_auth::{UserInfo, bootstrap, user::MASTERS};
use wharf_kube_model::{
    file_volume::EFS,
    parts::{self, Part, Parts},
    persistent::LEGACY_EBS,
};

use crate::{
    admission::default_range,
    aggregation,
    cluster::{Cluster, FrontProxy, Network, OwnServer},
};

/// Who makes them.
pub const USER: &str = "system:apiserver";
const SYSTEM: &str = "kube-system";
const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", SYSTEM];

/// What cannot be made is missing; whoever is in the way of it has taken it on.
pub async fn ensure(cluster: &Cluster) {
    // What users may delete for good is made once, before what tells that the cluster is made: nobody deletes that.
    let system = format!("/api/v1/namespaces/{SYSTEM}");
    if send(cluster, Method::GET, &system, &Value::Null).await.0 == 404 {
        let classes = "/apis/storage.k8s.io/v1/storageclasses";
        make(cluster, classes, &storage_class(), false).await;
    }
    for (path, object) in objects() {
        make(cluster, &path, &object, false).await;
    }
    let names = name_service(cluster.network());
    let goes_without = cluster.without().contains(&Part::CoreDns);
    if let Some((path, object)) = names.filter(|_| !goes_without) {
        make(cluster, &path, &object, false).await;
    }
}

/// Says where the cluster answers and what it goes without, which is what nodes go by. Whether all of it was said.
pub async fn tell(cluster: &Cluster) -> bool {
    let mut is_told = true;
    for (path, object) in own_service(cluster.network(), &cluster.without()) {
        is_told &= make(cluster, &path, &object, true).await;
    }
    let range = default_range(cluster.network().service_range, cluster.now());
    let ranges = "/apis/networking.k8s.io/v1/servicecidrs";
    is_told &= make(cluster, ranges, &range, false).await;
    is_told &= drivers(cluster).await;
    if let Some(known) = cluster.front_proxy() {
        let path = format!("/api/v1/namespaces/{SYSTEM}/configmaps");
        is_told &= make(cluster, &path, &authentication(known), true).await;
    }
    is_told
}

/// The object by which nodes know that there is a driver of file systems; it goes with that. Whether it is so.
async fn drivers(cluster: &Cluster) -> bool {
    let path = "/apis/storage.k8s.io/v1/csidrivers";
    if cluster.without().contains(&Part::EfsCsi) {
        let at = format!("{path}/{EFS}");
        let (code, _) = send(cluster, Method::DELETE, &at, &Value::Null).await;
        return code == 404 || (200..300).contains(&code);
    }
    let driver = json!({
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSIDriver",
        "metadata": {"name": EFS},
        "spec": {"attachRequired": false},
    });
    make(cluster, path, &driver, false).await
}

/// Makes an object; whether it is there. One that is stays as it is, unless it tells what may have changed.
async fn make(cluster: &Cluster, path: &str, object: &Value, replaces: bool) -> bool {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let at = format!("{path}/{name}");
    let there = match replaces {
        true => send(cluster, Method::GET, &at, &Value::Null).await,
        false => (404, String::new()),
    };
    let (mut code, mut text) = match serde_json::from_str::<Value>(&there.1) {
        Ok(there_now) if there.0 == 200 => {
            let mut object = object.clone();
            object["metadata"]["resourceVersion"] =
                there_now["metadata"]["resourceVersion"].clone();
            send(cluster, Method::PUT, &at, &object).await
        }
        _ => send(cluster, Method::POST, path, object).await,
    };
    // An address that it has itself is one that is taken, so what is there is looked for before anything is said of it.
    if code == 422 && !replaces {
        (code, text) = send(cluster, Method::GET, &at, &Value::Null).await;
    }
    if code == 409 && !replaces {
        return true;
    }
    let is_made = (200..300).contains(&code);
    if !is_made {
        tracing::error!(
            path,
            code,
            answer = text,
            "failed to make an object that every cluster has"
        );
    }
    is_made
}

pub async fn send(cluster: &Cluster, method: Method, path: &str, object: &Value) -> (u16, String) {
    let user = UserInfo::authenticated(USER, &[MASTERS]);
    let body = Full::new(Bytes::from(object.to_string())).map_err(|never| match never {});
    let mut request = Request::new(body.boxed_unsync());
    *request.method_mut() = method;
    if let Ok(uri) = path.parse() {
        *request.uri_mut() = uri;
    }
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static("kube-apiserver"));
    let answer = cluster.serve(request, &user).await;
    let code = answer.status().as_u16();
    let body = answer.into_body().collect().await;
    let text = body.map(|it| String::from_utf8_lossy(&it.to_bytes()).into_owned());
    (code, text.unwrap_or_default())
}

/// The service by which pods reach this server, at the first address of the range.
fn own_service(network: &Network, without: &Parts) -> Vec<(String, Value)> {
    let Some(address) = network.service_range.hosts().next() else {
        return Vec::new();
    };
    let Some(OwnServer { port, addresses }) = &network.server else {
        return Vec::new();
    };
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let mut service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kubernetes",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "type": "ClusterIP",
            "clusterIP": address.to_string(),
            "ipFamilyPolicy": "SingleStack",
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": port}],
        },
    });
    if !without.is_empty() {
        service["metadata"]["annotations"] = json!({(parts::WITHOUT): parts::written(without)});
    }
    let ports = json!([{"name": "https", "port": port, "protocol": "TCP"}]);
    let subset = json!({
        "addresses": addresses.iter().map(|it| json!({"ip": it})).collect::<Vec<_>>(),
        "ports": ports,
    });
    let endpoint = json!({"addresses": addresses, "conditions": {"ready": true}});
    let is_reached = !addresses.is_empty();
    let endpoints = json!({
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {
            "name": "kubernetes",
            "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"},
        },
        "subsets": if is_reached { json!([subset]) } else { json!([]) },
    });
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "kubernetes",
            "labels": {"kubernetes.io/service-name": "kubernetes"},
        },
        "addressType": "IPv4",
        "endpoints": if is_reached { json!([endpoint]) } else { json!([]) },
        "ports": ports,
    });
    let core = "/api/v1/namespaces/default";
    let slices = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
    vec![
        (format!("{core}/services"), service),
        (format!("{core}/endpoints"), endpoints),
        (slices.to_owned(), slice),
    ]
}

/// By what aggregated servers know clients, and believe this server who asks.
fn authentication(known: &FrontProxy) -> Value {
    let list = |it: &str| json!([it]).to_string();
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "extension-apiserver-authentication"},
        "data": {
            "client-ca-file": known.clients,
            "requestheader-client-ca-file": known.authority,
            "requestheader-allowed-names": list(aggregation::FRONT_PROXY),
            "requestheader-username-headers": list(aggregation::USER_HEADER),
            "requestheader-uid-headers": list(aggregation::UID_HEADER),
            "requestheader-group-headers": list(aggregation::GROUP_HEADER),
            "requestheader-extra-headers-prefix": list(aggregation::EXTRA_HEADER),
        },
    })
}

/// The service at which pods ask for names, at the tenth address of the range as on EKS.
fn name_service(network: &Network) -> Option<(String, Value)> {
    let address = network.service_range.hosts().nth(9)?.to_string();
    let path = "/api/v1/namespaces/kube-system/services".to_owned();
    Some((path, parts::name_service(&address)))
}

/// The class that clusters of EKS begin with; it is no default.
fn storage_class() -> Value {
    json!({
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "gp2"},
        "provisioner": LEGACY_EBS,
        "parameters": {"type": "gp2", "fsType": "ext4"},
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
    })
}

/// In the order in which they are made: a path and what is posted to it.
fn objects() -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for name in NAMESPACES {
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        all.push(("/api/v1/namespaces".to_owned(), namespace));
    }
    for (name, value, text) in [
        (
            "system-cluster-critical",
            2_000_000_000,
            "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
        ),
        (
            "system-node-critical",
            2_000_001_000,
            "Used for system critical pods that must not be moved from their current node.",
        ),
    ] {
        let class = json!({
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": {"name": name},
            "value": value,
            "description": text,
        });
        all.push((
            "/apis/scheduling.k8s.io/v1/priorityclasses".to_owned(),
            class,
        ));
    }
    let reader = std::iter::once(bootstrap::authentication_reader());
    let roles = bootstrap::roles().into_iter().chain(reader);
    for object in roles.chain(bootstrap::bindings()) {
        if let Some(path) = rbac_path(&object) {
            all.push((path, object));
        }
    }
    all
}

fn rbac_path(object: &Value) -> Option<String> {
    let plural = match object["kind"].as_str()? {
        "ClusterRole" => "clusterroles",
        "ClusterRoleBinding" => "clusterrolebindings",
        "Role" => "roles",
        "RoleBinding" => "rolebindings",
        _ => return None,
    };
    let start = "/apis/rbac.authorization.k8s.io/v1";
    Some(match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("{start}/namespaces/{namespace}/{plural}"),
        None => format!("{start}/{plural}"),
    })
}
