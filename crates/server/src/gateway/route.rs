//! Which part of wharf a path belongs to.

use http::{
    Method, Request,
    header::{AUTHORIZATION, HOST},
};
use wharf_planeproto::{Plane, access_logs, file_system, flows, layers, snapshot, wire};
use wharf_registry::is_token_path;
use wharf_svc_sns::is_certificate;

use crate::kube::issuers::is_issuers;

use super::{Channel, host, instance_credentials, metrics};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// The OCI registry.
    Registry,
    Health,
    /// A node that joins.
    Join,
    /// A node asks for new credentials.
    NodeCredentials,
    /// It has written them down.
    NodeConfirmation,
    /// A node asks for a session of the role of one of its instances, or for a login for its image.
    InstanceCredentials,
    /// Bytes of snapshots of EBS volumes.
    SnapshotBytes,
    /// A node says which layers it has for its peers.
    Layers,
    /// A node asks what a task or a pod mounts a file system by.
    FileSystems,
    /// A node says what passed interfaces that are recorded.
    Flows,
    /// Entries of access logs that a node hands over.
    AccessLogs,
    Metrics,
    /// A workspace of Prometheus.
    Prometheus,
    /// A websocket of an agent.
    Agent(Channel),
    /// An end of a session of ECS Exec; who it is, its first frame says.
    DataChannel,
    /// The certificate of what topics send; anybody may see it.
    SigningCertificate,
    /// What tokens of a Kubernetes cluster are checked by; anybody may see it.
    ClusterIssuer,
    /// What targets check by what load balancers tell them of users; anybody may see it.
    SessionKey,
    /// A subscription.
    Plane(Plane),
    /// An AWS API call.
    Api,
    Nothing,
}

impl Route {
    /// What requests are counted as; `None` for API calls, which have names of their own.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::Registry => "registry",
            Self::Health => "health",
            Self::Join => "join",
            Self::NodeCredentials | Self::NodeConfirmation => "node-credentials",
            Self::InstanceCredentials => "instance-credentials",
            Self::SnapshotBytes => "snapshot-bytes",
            Self::Layers => "layers",
            Self::Flows => "flows",
            Self::AccessLogs => "access-logs",
            Self::FileSystems => "file-systems",
            Self::Metrics => "metrics",
            Self::Prometheus => "prometheus",
            Self::Agent(Channel::Acs) => "acs",
            Self::Agent(Channel::Tcs) => "tcs",
            Self::DataChannel => "data-channel",
            Self::SigningCertificate => "signing-certificate",
            Self::ClusterIssuer => "cluster-issuer",
            Self::SessionKey => "session-key",
            Self::Plane(Plane::Network) => "network-plane",
            Self::Plane(Plane::LoadBalancer) => "load-balancer-plane",
            Self::Plane(Plane::Machines) => "machines-plane",
            Self::Nothing => "none",
            Self::Api => return None,
        })
    }
}

/// Where a request belongs, by its path. Other AWS APIs have paths below the registry's, such as
/// `/v2/apis` of API Gateway; clients of the registry sign nothing.
pub fn of<B>(request: &Request<B>) -> Route {
    match classify(request.method(), request.uri().path()) {
        Route::Registry if is_signed(request) => Route::Nothing,
        route => route,
    }
}

/// Whether a path may belong to an AWS API all the same, whatever [`of`] makes of it.
pub fn may_be_of_a_service<B>(request: &Request<B>) -> bool {
    let authority = request.uri().authority().map(|it| it.as_str());
    let host = request.headers().get(HOST).and_then(|it| it.to_str().ok());
    let is_named = |host: &str| host::service(host).is_some();
    is_signed(request) || is_cbor(request) || authority.or(host).is_some_and(is_named)
}

fn is_cbor<B>(request: &Request<B>) -> bool {
    request.headers().contains_key("smithy-protocol")
}

/// Whether a request has a signature of AWS's version 4, in its header or its query.
pub fn is_signed<B>(request: &Request<B>) -> bool {
    let header = request.headers().get(AUTHORIZATION);
    let query = request.uri().query().unwrap_or_default();
    header.is_some_and(|it| it.as_bytes().starts_with(b"AWS4-"))
        || query
            .split('&')
            .any(|it| it.starts_with("X-Amz-Algorithm="))
}

/// The id of a key by which load balancers sign what they tell targets of users, if a path names one.
pub fn session_key(path: &str) -> Option<&str> {
    let id = path.strip_prefix("/elb/public-keys/")?;
    let is_id = id.len() == 36 && id.bytes().all(|it| it.is_ascii_hexdigit() || it == b'-');
    is_id.then_some(id)
}

fn classify(method: &Method, path: &str) -> Route {
    match path {
        "/" if method == Method::POST || method == Method::GET => Route::Api,
        "/health" => Route::Health,
        metrics::PATH if method == Method::GET => Route::Metrics,
        "/wharf/join" => Route::Join,
        "/wharf/node/credentials" if method == Method::POST => Route::NodeCredentials,
        "/wharf/node/confirm" if method == Method::POST => Route::NodeConfirmation,
        layers::PATH if method == Method::POST => Route::Layers,
        file_system::MOUNT_PATH | file_system::POD_MOUNT_PATH if method == Method::POST => {
            Route::FileSystems
        }
        _ if method == Method::GET && file_system::KeyPath::of(path).is_some() => {
            Route::FileSystems
        }
        flows::PATH if method == Method::POST => Route::Flows,
        access_logs::PATH if method == Method::POST => Route::AccessLogs,
        _ if method == Method::POST && instance_credentials::instance_of(path).is_some() => {
            Route::InstanceCredentials
        }
        _ if snapshot::path_of(method.as_str(), path).is_some() => Route::SnapshotBytes,
        "/acs/ws" => Route::Agent(Channel::Acs),
        "/tcs/ws" => Route::Agent(Channel::Tcs),
        "/v2" => Route::Registry,
        _ if method == Method::GET && is_token_path(path) => Route::Registry,
        _ if method == Method::GET && is_certificate(path.trim_start_matches('/')) => {
            Route::SigningCertificate
        }
        _ if method == Method::GET && is_issuers(path) => Route::ClusterIssuer,
        _ if method == Method::GET && session_key(path).is_some() => Route::SessionKey,
        _ if wharf_prometheus::split(path).is_some() => Route::Prometheus,
        _ if path.starts_with("/v2/") => Route::Registry,
        _ if path.starts_with("/v1/data-channel/") => Route::DataChannel,
        _ if method == Method::POST => wire::plane_of(path).map_or(Route::Nothing, Route::Plane),
        _ => Route::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_none_of_the_registrys() {
        let route = |path: &str, authorization: &str| {
            let request = Request::get(path).header(AUTHORIZATION, authorization);
            of(&request.body(()).unwrap())
        };
        let signed = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/apigateway/aws4_request";
        assert_eq!(route("/v2/apis", signed), Route::Nothing);
        assert_eq!(route("/", signed), Route::Api);
        assert_eq!(route("/v2/apis", "Basic QVdTOng="), Route::Registry);
        assert_eq!(route("/v2/apis", "Bearer AWS4-"), Route::Registry);
        let presigned = "/v2/apis?a=b&X-Amz-Algorithm=AWS4-HMAC-SHA256";
        assert_eq!(route(presigned, ""), Route::Nothing);
        assert_eq!(
            route("/v2/a/blobs/uploads/?mount=X-Amz-Algorithm=", ""),
            Route::Registry
        );
    }

    #[test]
    fn paths() {
        for (method, path, route) in [
            (Method::POST, "/", Route::Api),
            (Method::GET, "/", Route::Api),
            (Method::DELETE, "/", Route::Nothing),
            (Method::GET, "/v2/", Route::Registry),
            (Method::GET, "/v2", Route::Registry),
            (Method::PUT, "/v2/a/manifests/b", Route::Registry),
            (Method::GET, "/v20", Route::Nothing),
            (Method::GET, "/token/", Route::Registry),
            (Method::GET, "/token", Route::Registry),
            (Method::POST, "/token/", Route::Nothing),
            (Method::GET, "/token/object", Route::Nothing),
            (Method::GET, "/acs/ws", Route::Agent(Channel::Acs)),
            (Method::GET, "/tcs/ws", Route::Agent(Channel::Tcs)),
            (Method::GET, "/v1/data-channel/ecs-x", Route::DataChannel),
            (Method::GET, "/v1/data-channel", Route::Nothing),
            (Method::GET, "/health", Route::Health),
            (
                Method::POST,
                "/plane/v1/network",
                Route::Plane(Plane::Network),
            ),
            (Method::GET, "/plane/v1/network", Route::Nothing),
            (Method::POST, "/plane/v1/nothing", Route::Nothing),
            (Method::GET, "/metrics", Route::Metrics),
            (Method::POST, "/metrics", Route::Nothing),
            (
                Method::POST,
                "/wharf/node/credentials",
                Route::NodeCredentials,
            ),
            (Method::GET, "/wharf/node/credentials", Route::Nothing),
            (Method::POST, "/wharf/node/layers", Route::Layers),
            (Method::GET, "/wharf/node/layers", Route::Nothing),
            (Method::POST, "/wharf/node/flows", Route::Flows),
            (Method::POST, "/wharf/node/access-logs", Route::AccessLogs),
            (Method::GET, "/wharf/node/access-logs", Route::Nothing),
            (Method::GET, "/wharf/node/flows", Route::Nothing),
            (
                Method::POST,
                "/wharf/node/file-systems/mount",
                Route::FileSystems,
            ),
            (
                Method::POST,
                "/wharf/node/file-systems/mount-for-pod",
                Route::FileSystems,
            ),
            (Method::POST, "/wharf/node/confirm", Route::NodeConfirmation),
            (
                Method::POST,
                "/wharf/node/instances/i-0123456789abcdef0/credentials",
                Route::InstanceCredentials,
            ),
            (
                Method::POST,
                "/wharf/node/ebs/000000000000/us-east-1/snap-0123456789abcdef0/offer",
                Route::SnapshotBytes,
            ),
            (
                Method::POST,
                "/wharf/node/instances/i-0123456789abcdef0/image",
                Route::InstanceCredentials,
            ),
            (
                Method::POST,
                "/wharf/node/instances/../credentials",
                Route::Nothing,
            ),
            (
                Method::GET,
                "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
                Route::SigningCertificate,
            ),
            (
                Method::GET,
                "/SimpleNotificationService-.pem",
                Route::Nothing,
            ),
            (
                Method::GET,
                "/id/0123456789ABCDEF0123456789ABCDEF/keys",
                Route::ClusterIssuer,
            ),
            (Method::GET, "/id/0123/keys", Route::Nothing),
            (
                Method::GET,
                "/elb/public-keys/01234567-89ab-cdef-0123-456789abcdef",
                Route::SessionKey,
            ),
            (Method::GET, "/elb/public-keys/../../x", Route::Nothing),
            (
                Method::POST,
                "/workspaces/ws-us-east-1/api/v1/query",
                Route::Prometheus,
            ),
            (Method::GET, "/workspaces/ws-us-east-1", Route::Nothing),
            (Method::GET, "/wharf/overview", Route::Nothing),
            (Method::GET, "/favicon.ico", Route::Nothing),
        ] {
            assert_eq!(classify(&method, path), route, "{method} {path}");
        }
        let name = |method, path| classify(method, path).name();
        assert_eq!(name(&Method::GET, "/metrics"), Some("metrics"));
    }
}
