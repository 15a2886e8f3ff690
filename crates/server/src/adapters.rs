//! Joins the services to what the gateway and each other expect.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use sha1::{Digest, Sha1};
use tokio::sync::broadcast;
use wharf_api_iam::{Iam as _, types::GetInstanceProfileRequest};
use wharf_base::{Arn, Clock, Permit, Timestamp};
use wharf_hosts::PlaneHosts;
use wharf_planeproto::{
    self as planes, Resource,
    file_system::FileSystemReport,
    machine::{Console, InstanceReport},
    measured::{InstanceRow, Minute},
    report::TargetHealth,
    volume::VolumeReport,
};
use wharf_records::node::Grant;
use wharf_registry::{Pulls, RegistryApi, Standing};
use wharf_seal::Keyring;
use wharf_store::{Entry, Store};
use wharf_svc_acm::{AcmService, Found, LookupError as UsersError, Usage, Users};
use wharf_svc_ec2::{
    Ec2Service,
    instances::{FoundProfile, Part, Profiles, Told},
    volumes::ToldVolume,
};
use wharf_svc_ecs::{
    Channel as AgentChannel, EcsService, Endpoint, Place as TaskPlace, Refusal, RoleError,
    RoleKeys, TaskCredentials,
};
use wharf_svc_ecs_exec::Sessions;
use wharf_svc_efs::{EfsService, ToldFileSystem};
use wharf_svc_elbv2::{
    CertificateLookup, Certificates, Elbv2Service, FoundCertificate, Instances, LookupError, Place,
};
use wharf_svc_iam::{
    AssumeError, Directory as IamDirectory, IamService, Identified, IdentifyError,
};
use wharf_wire::{Call, Caller, Context, Dispatcher, Fault, fault::Chain};

use crate::{
    data_channel,
    gateway::{
        self, AgentSockets, Asking, Body, Channel, Handler, Key, KeyError, Paced, Peer, Source,
        full, throttle::Throttle,
    },
    plane::{Balancers, Instances as PlaneInstances, Nodes, source::Source as Records},
};

/// IAM's directory as the gateway looks keys up in it.
pub struct Keys(pub Arc<IamDirectory>);

#[async_trait]
impl gateway::Directory for Keys {
    async fn key(
        &self,
        access_key_id: &str,
        session_token: Option<&str>,
        now: Timestamp,
    ) -> Result<Key, KeyError> {
        let found = self.0.identify(access_key_id, session_token, now).await;
        key(found)
    }

    async fn key_of_node(
        &self,
        access_key_id: &str,
        session_token: Option<&str>,
        now: Timestamp,
    ) -> Result<Key, KeyError> {
        let found = self.0.identify_node(access_key_id, session_token, now);
        key(found.await)
    }

    async fn is_closed(&self, account: &str) -> Result<bool, KeyError> {
        let found = self.0.is_closed(account).await;
        found.map_err(|error| {
            tracing::error!(error = %Chain(&error), "failed to look up an account");
            KeyError::Unavailable
        })
    }
}

fn key(found: Result<Identified, IdentifyError>) -> Result<Key, KeyError> {
    let found = found.map_err(|error| match error {
        IdentifyError::Unknown => KeyError::Unknown,
        IdentifyError::Expired => KeyError::Expired,
        IdentifyError::Closed => KeyError::Closed,
        IdentifyError::Directory(error) => {
            tracing::error!(error = %Chain(&error), "failed to look up an access key");
            KeyError::Unavailable
        }
    })?;
    Ok(Key {
        secret_access_key: found.secret.expose().to_owned(),
        caller: found.caller,
    })
}

/// Roles as ECS assumes them for tasks.
pub struct Roles {
    pub directory: Arc<IamDirectory>,
    pub clock: Arc<dyn Clock>,
}

const TASKS: &str = "ecs-tasks.amazonaws.com";
const ECS: &str = "ecs.amazonaws.com";

#[async_trait]
impl TaskCredentials for Roles {
    async fn usable(&self, place: &TaskPlace, role_arn: &str) -> Result<(), RoleError> {
        self.usable_for(TASKS, place, role_arn).await
    }

    async fn usable_by_ecs(&self, place: &TaskPlace, role_arn: &str) -> Result<(), RoleError> {
        self.usable_for(ECS, place, role_arn).await
    }

    async fn assume(
        &self,
        task_arn: &str,
        role_arn: &str,
        task_id: &str,
    ) -> Result<RoleKeys, RoleError> {
        self.assume_as(TASKS, task_arn, role_arn, task_id).await
    }
}

impl Roles {
    async fn usable_for(
        &self,
        principal: &str,
        place: &TaskPlace,
        role_arn: &str,
    ) -> Result<(), RoleError> {
        let some_task = place.task("default", "usable");
        let assumed = self.assume_as(principal, &some_task, role_arn, "usable");
        assumed.await.map(|_| ())
    }

    async fn assume_as(
        &self,
        principal: &str,
        task_arn: &str,
        role_arn: &str,
        task_id: &str,
    ) -> Result<RoleKeys, RoleError> {
        let now = self.clock.now();
        // Tasks have roles of their own account.
        let task: Option<Arn> = task_arn.parse().ok();
        let role: Option<Arn> = role_arn.parse().ok();
        let account = task.as_ref().map(|task| &task.account);
        let Some(task) = task
            .as_ref()
            .filter(|_| account == role.as_ref().map(|it| &it.account))
        else {
            return Err(RoleError::Unusable(role_arn.to_owned()));
        };
        // Trust policies written as AWS advises name the tasks they are for by `aws:SourceArn`.
        let task = Arn::new(
            "ecs",
            &task.region,
            &task.account,
            format!("task/{task_id}"),
        )
        .to_string();
        let minted = self
            .directory
            .assume_for_service(role_arn, principal, task_id, Some(&task), now)
            .await;
        let minted = minted.map_err(|error| match error {
            AssumeError::Directory(error) => RoleError::Unavailable(Box::new(error)),
            _ => RoleError::Unusable(role_arn.to_owned()),
        })?;
        Ok(RoleKeys {
            access_key_id: minted.access_key_id,
            secret_access_key: minted.secret.expose().to_owned(),
            session_token: minted.token,
            expiration: minted.expires,
        })
    }
}

/// Elastic Load Balancing as its hosts speak to it.
pub struct LoadBalancing(pub Elbv2Service);

#[async_trait]
impl Balancers for LoadBalancing {
    async fn host_connected(&self, instance: &str, zone: &str) {
        if let Err(error) = self.0.lb_host_connected(instance, zone).await {
            tracing::error!(host = instance, error = %Chain(&error), "failed to store a load balancer host record");
        }
    }

    async fn host_disconnected(&self, instance: &str) {
        self.0.lb_host_disconnected(instance);
    }

    async fn host_gone(&self, instance: &str) {
        if let Err(error) = self.0.lb_host_gone(instance).await {
            tracing::error!(host = instance, error = %Chain(&error), "failed to remove the record of a load balancer host that is gone");
        }
    }

    async fn measured(&self, instance: &str, zone: &str, minute: Minute) -> bool {
        self.0.measured(instance, zone, minute).await
    }

    async fn report(&self, instance: &str, health: Vec<TargetHealth>) {
        if let Err(error) = self.0.report(instance, health).await {
            tracing::error!(host = instance, error = %Chain(&error), "failed to deliver target reports");
        }
    }
}

/// EC2's instances and volumes, and file systems, as their hosts speak of them.
pub struct HostedInstances {
    pub ec2: Ec2Service,
    pub efs: EfsService,
}

#[async_trait]
impl PlaneInstances for HostedInstances {
    async fn reported(&self, host: &str, reports: Vec<(Told, InstanceReport)>) -> bool {
        match self.ec2.instances_reported(host, reports).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(host, %error, "failed to take over a report of instances; will retry");
                false
            }
        }
    }

    async fn console(&self, host: &str, told: Told, console: Console) {
        if let Err(error) = self.ec2.console_reported(host, &told, console).await {
            tracing::error!(host, %error, "failed to take over the console of an instance");
        }
    }

    async fn measured(&self, host: &str, part: Part, rows: Vec<(Told, InstanceRow)>) -> bool {
        match self.ec2.instances_measured(host, part, rows).await {
            Ok(kept) => kept,
            Err(error) => {
                tracing::error!(host, %error, "failed to keep what instances measured, it comes again");
                false
            }
        }
    }

    async fn volumes(&self, host: &str, reports: Vec<(ToldVolume, VolumeReport)>) -> bool {
        match self.ec2.volumes_reported(host, reports).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(host, %error, "failed to take over a report of volumes; will retry");
                false
            }
        }
    }

    async fn file_systems(
        &self,
        host: &str,
        reports: Vec<(ToldFileSystem, FileSystemReport)>,
    ) -> bool {
        match self.efs.reported(host, reports).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(host, %error, "failed to take over a report of file systems; will retry");
                false
            }
        }
    }
}

/// IAM's instance profiles, as EC2 looks them up.
pub struct InstanceProfiles {
    pub iam: IamService,
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl Profiles for InstanceProfiles {
    async fn find(&self, account: &str, name: &str) -> Result<Option<FoundProfile>, Fault> {
        const PERMIT: Permit = Permit::for_controller("instance-profiles");
        let cx = Context::internal(account, "us-east-1", "ec2.amazonaws.com", self.clock.now());
        let call = Call::by_controller(cx, PERMIT);
        let input = GetInstanceProfileRequest {
            instance_profile_name: Some(name.to_owned()),
        };
        let found = match self.iam.get_instance_profile(&call, input).await {
            Ok(found) => found.instance_profile.unwrap_or_default(),
            Err(fault) if matches!(&*fault.code, "NoSuchEntity" | "ValidationError") => {
                return Ok(None);
            }
            Err(fault) => return Err(fault),
        };
        let role = found.roles.into_iter().flatten().next();
        Ok(Some(FoundProfile {
            arn: found.arn.unwrap_or_default(),
            id: found.instance_profile_id.unwrap_or_default(),
            role: role.and_then(|role| role.arn),
        }))
    }
}

/// Certificate Manager's certificates and IAM's, as load balancers take them over.
pub struct ListenerCertificates {
    pub acm: AcmService,
    pub iam: Arc<IamDirectory>,
}

#[async_trait]
impl Certificates for ListenerCertificates {
    async fn find(&self, place: &Place, arn: &str) -> Result<CertificateLookup, LookupError> {
        let found = self.acm.find(&place.account, &place.region, arn).await;
        let found = found.map_err(|error| LookupError {
            what: "a certificate",
            cause: Box::new(error),
        })?;
        match found {
            Found::Nothing => {}
            Found::NotServable => return Ok(CertificateLookup::NotServable),
            Found::Certificate(it) => {
                return Ok(CertificateLookup::Found(FoundCertificate {
                    names: it.names,
                    chain: it.chain,
                    private_key: it.private_key,
                    unchanged: Some(it.unchanged),
                }));
            }
        }
        let found = self.iam.server_certificate(&place.account, arn).await;
        let found = found.map_err(|error| LookupError {
            what: "a server certificate",
            cause: Box::new(error),
        })?;
        Ok(found.map_or(CertificateLookup::Unknown, |it| {
            CertificateLookup::Found(FoundCertificate {
                names: it.names,
                chain: it.chain,
                private_key: it.private_key,
                unchanged: None,
            })
        }))
    }

    fn changes(&self) -> Option<broadcast::Receiver<String>> {
        Some(self.acm.changes())
    }
}

/// Listeners as users of certificates.
pub struct Listeners(pub Store);

#[async_trait]
impl Users for Listeners {
    async fn of(&self, account: &str, region: &str, arn: &str) -> Result<Usage, UsersError> {
        let found = wharf_svc_elbv2::certificate_users(&self.0, account, region, arn).await;
        let (users, unchanged) = found.map_err(|error| UsersError {
            what: "listeners",
            cause: Box::new(error),
        })?;
        Ok(Usage {
            users,
            unchanged: Some(unchanged),
        })
    }
}

/// Where instances are, for target groups that name them: the hosts that take part in the network.
pub struct Hosts(pub Store);

#[async_trait]
impl Instances for Hosts {
    async fn address(
        &self,
        account: &str,
        region: &str,
        instance: &str,
    ) -> Result<Option<IpAddr>, LookupError> {
        let host = PlaneHosts::find(&self.0, account, region, instance).await;
        let host = host.map_err(|error| LookupError {
            what: "a host",
            cause: Box::new(error),
        })?;
        // A host without peers is this machine.
        let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Ok(host.map(|host| host.underlay.unwrap_or(here)))
    }
}

/// Elastic Load Balancing's records as resources of the load balancer plane.
pub struct Elbv2Records(pub Keyring);

impl Records for Elbv2Records {
    fn prefix(&self) -> String {
        wharf_svc_elbv2::plane::prefix()
    }

    fn resource(&self, entry: &Entry) -> Option<Resource> {
        wharf_svc_elbv2::plane::resource(entry, &self.0)
    }

    fn key(&self, store_key: &str) -> Option<planes::Key> {
        wharf_svc_elbv2::plane::key(store_key)
    }
}

/// EFS' records as resources of the machines plane and of the network's.
pub struct EfsRecords(pub Keyring);

impl Records for EfsRecords {
    fn prefix(&self) -> String {
        wharf_svc_efs::plane::prefix()
    }

    fn resource(&self, entry: &Entry) -> Option<Resource> {
        wharf_svc_efs::plane::resource(entry, &self.0)
    }

    fn key(&self, store_key: &str) -> Option<planes::Key> {
        wharf_svc_efs::plane::key(store_key)
    }
}

/// EC2's records as resources of the network plane and the machines'.
pub struct Ec2Records(pub Keyring);

impl Records for Ec2Records {
    fn prefix(&self) -> String {
        wharf_svc_ec2::plane::prefix()
    }

    fn resource(&self, entry: &Entry) -> Option<Resource> {
        wharf_svc_ec2::plane::resource(entry, &self.0)
    }

    fn key(&self, store_key: &str) -> Option<planes::Key> {
        wharf_svc_ec2::plane::key(store_key)
    }
}

/// ECS as the planes ask it about nodes.
pub struct EcsNodes(pub EcsService);

#[async_trait]
impl Nodes for EcsNodes {
    async fn zone_if_bound(&self, cx: &Context, instance: &str) -> Result<String, String> {
        let zone = self.0.zone_if_bound(cx, instance).await;
        zone.map_err(|fault| fault.message)
    }

    async fn grant(&self, cx: &Context) -> Result<Option<Grant>, String> {
        let grant = self.0.node_grant(cx).await;
        grant.map_err(|fault| fault.message)
    }

    async fn is_registered(&self, account: &str, region: &str, instance: &str) -> bool {
        self.0.is_registered(account, region, instance).await
    }
}

/// The registry on its paths.
pub struct Registry(pub RegistryApi);

/// How fast images are pulled from the public gallery.
pub struct GalleryPulls(pub Arc<Throttle>);

impl std::fmt::Debug for GalleryPulls {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("GalleryPulls")
    }
}

impl Pulls for GalleryPulls {
    fn take(&self, caller: Option<&Caller>, from: &wharf_registry::Peer, now: Timestamp) -> bool {
        let from = match &from.task {
            Some(task) => Some(Source::Task(task.to_string())),
            None => from.address.map(Source::of),
        };
        self.0.take_pull(caller, from, now).is_ok()
    }
}

/// What the registry knows of where a request came in.
fn registry_peer(peer: &Peer) -> wharf_registry::Peer {
    let task = match Source::of_peer(peer) {
        Source::Task(task) => Some(task.into()),
        _ => None,
    };
    wharf_registry::Peer {
        address: Some(peer.address.ip()),
        task,
        origin: peer.origin(),
        secure: peer.secure,
    }
}

#[async_trait]
impl Handler for Registry {
    async fn handle(&self, request: Request<Incoming>, peer: Peer, _: &Asking) -> Response<Body> {
        let peer = registry_peer(&peer);
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
        let registry = self.0.clone();
        let work = async move { registry.handle(request.map(Paced::new), peer).await };
        match changes {
            // What came whole is kept though its client is gone.
            true => gateway::to_its_end(work).await,
            false => work.await,
        }
    }
}

impl gateway::Registry for Registry {
    fn standing(&self, request: &Request<Incoming>) -> Standing {
        self.0.standing(request)
    }
}

/// The agents' websockets: IAM asked, the upgrade answered, the connection handed to ECS.
pub struct Sockets {
    pub endpoint: Endpoint,
    pub sessions: Sessions,
    pub dispatcher: Dispatcher,
}

#[async_trait]
impl AgentSockets for Sockets {
    async fn upgrade(
        &self,
        request: Request<Incoming>,
        channel: Channel,
        cx: Context,
    ) -> Response<Body> {
        let channel = match channel {
            Channel::Acs => AgentChannel::Acs,
            Channel::Tcs => AgentChannel::Tcs,
        };
        let query = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
        let query: BTreeMap<String, String> = query.into_owned().collect();
        let checks = self.endpoint.checks(channel, &cx, &query);
        if let Err(text) = self.dispatcher.decide(&cx, &checks).await {
            return refused(&Refusal::access_denied(text));
        }
        let ticket = match self.endpoint.admit(channel, &cx, query).await {
            Ok(ticket) => ticket,
            Err(refusal) => return refused(&refusal),
        };
        let Some(accept) = accept_key(request.headers()) else {
            return gateway::text(StatusCode::BAD_REQUEST, "A websocket is expected here.\n");
        };
        let endpoint = self.endpoint.clone();
        tokio::spawn(async move {
            match hyper::upgrade::on(request).await {
                Ok(upgraded) => {
                    if let Err(error) = endpoint.serve(ticket, TokioIo::new(upgraded)).await {
                        tracing::warn!(error = %Chain(&error), "agent connection closed");
                    }
                }
                Err(error) => {
                    tracing::debug!(%error, "agent connection failed to upgrade to a websocket")
                }
            }
        });
        switching(accept)
    }

    async fn data_channel(&self, request: Request<Incoming>, cx: Context) -> Response<Body> {
        let path = request.uri().path();
        let id = path
            .strip_prefix(wharf_svc_ecs_exec::PATH)
            .unwrap_or_default();
        let Some(session) = self.sessions.find(id) else {
            data_channel::refused(&self.dispatcher, cx, None).await;
            return gateway::text(StatusCode::GONE, "There is no such session.\n");
        };
        let Some(accept) = accept_key(request.headers()) else {
            return gateway::text(StatusCode::BAD_REQUEST, "A websocket is expected here.\n");
        };
        let dispatcher = self.dispatcher.clone();
        tokio::spawn(async move {
            match hyper::upgrade::on(request).await {
                Ok(upgraded) => {
                    let about = session.clone();
                    let seated = |side| data_channel::seated(dispatcher, cx, about, side);
                    let io = TokioIo::new(upgraded);
                    wharf_svc_ecs_exec::channel::serve(session, io, seated).await;
                }
                Err(error) => tracing::debug!(%error, "a data channel was not upgraded"),
            }
        });
        switching(accept)
    }
}

fn refused(refusal: &Refusal) -> Response<Body> {
    let mut response = Response::new(full(refusal.body()));
    *response.status_mut() =
        StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    response
}

fn switching(accept: HeaderValue) -> Response<Body> {
    let mut response = Response::new(full(""));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    response
}

/// The answer to `Sec-WebSocket-Key` (RFC 6455 §4.2.2); `None` if the request asks for no websocket.
fn accept_key(headers: &HeaderMap) -> Option<HeaderValue> {
    const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    let upgrade = headers.get(header::UPGRADE)?.to_str().ok()?;
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    if !upgrade.eq_ignore_ascii_case("websocket")
        || headers.get(header::SEC_WEBSOCKET_VERSION)? != "13"
    {
        return None;
    }
    let mut digest = Sha1::new();
    digest.update(key.as_bytes());
    digest.update(GUID);
    HeaderValue::from_str(&BASE64.encode(digest.finalize())).ok()
}

#[cfg(test)]
mod tests {
    use wharf_planeproto::forward::Forwarded;

    use super::*;
    use crate::gateway::throttle::Throttling;

    #[test]
    fn accepts_as_the_rfc_says() {
        let mut headers = HeaderMap::new();
        assert_eq!(accept_key(&headers), None);
        headers.insert(header::UPGRADE, HeaderValue::from_static("WebSocket"));
        headers.insert(
            header::SEC_WEBSOCKET_VERSION,
            HeaderValue::from_static("13"),
        );
        headers.insert(
            header::SEC_WEBSOCKET_KEY,
            HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="),
        );
        let accept = accept_key(&headers).unwrap();
        assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    /// VPCs have the ranges that their owners choose.
    #[test]
    fn visitors_among_tasks_are_told_apart_by_their_tasks() {
        let throttle = Throttle::new(Throttling::default(), Default::default());
        let pulls = GalleryPulls(Arc::new(throttle));
        let pulled = |task: Option<&str>, address: &str| {
            let address = address.parse().unwrap();
            let peer = Peer {
                address: (address, 4566).into(),
                secure: false,
                task: task.map(|task| {
                    Arc::new(Forwarded {
                        task: Some(task.to_owned()),
                        address: Some(address),
                        ..Forwarded::default()
                    })
                }),
                through: None,
            };
            let (from, now) = (registry_peer(&peer), Timestamp(1_700_000_000_000));
            (0..50).filter(|_| pulls.take(None, &from, now)).count()
        };
        assert_eq!(pulled(Some("one"), "10.0.0.7"), 10);
        assert_eq!(pulled(Some("one"), "10.0.0.8"), 0);
        assert_eq!(pulled(Some("another"), "10.0.0.7"), 10);
        assert_eq!(pulled(Some("third"), "198.51.100.1"), 10);
        assert_eq!(pulled(None, "198.51.100.1"), 10);
        assert_eq!(pulled(None, "198.51.100.1"), 0);
    }
}
