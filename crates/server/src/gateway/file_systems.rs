//! What a task or a pod mounts a file system by, for its node and nobody else, and what the disk of an encrypted one opens by,
//! for its host: see `wharf_planeproto::file_system`.
//!
//! Whether it may is decided here, by the policies of its role and of the file system, each time that it is asked; the answer
//! is over after an hour. It is in the answer alone: nothing of it is kept or logged.
//!
//! What a pod mounts, whoever writes objects of its cluster says. So nothing of that counts but which file system is asked for: it is
//! looked for in the account of the instance, reached from the VPC of the instance, and had by what the role of the instance may, or
//! anybody.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use wharf_base::{Arn, Clock};
use wharf_planeproto::file_system::{self as plane, Granted, KeyPath};
use wharf_service::Place;
use wharf_svc_ec2::Ec2Service;
use wharf_svc_ecs::{EcsService, FileVolume};
use wharf_svc_efs::{
    EfsService,
    encryption::NoKey,
    mounts::{Mount, NotMounted},
};
use wharf_svc_iam::{AssumeError, Directory, Minted};
use wharf_wire::{Caller, CallerKind, Context, audit::Event, fault::Chain};

use super::{
    Asking, Body, Gateway, Incoming, Peer,
    node_body::{self, Bounds, Refused, busy},
};
use crate::plane::InstanceAt;

const BOUNDS: Bounds = Bounds {
    // An ARN and a name.
    most: 4096,
    refusal: "Only nodes mount file systems for tasks and pods.",
};
const OF_KEYS: Bounds = Bounds {
    most: 0,
    refusal: "Only nodes open file systems.",
};
/// As the audit log calls it.
const KEY: &str = "GetFileSystemKey";
const TASKS: &str = "ecs-tasks.amazonaws.com";

/// What it is decided with.
pub struct Mounting {
    pub efs: EfsService,
    pub ecs: EcsService,
    pub ec2: Ec2Service,
    pub directory: Arc<Directory>,
    pub clock: Arc<dyn Clock>,
}

pub(super) async fn answer(
    all: &Gateway,
    request: Request<Incoming>,
    peer: &Peer,
    asking: &Asking,
) -> Response<Body> {
    let path = request.uri().path().to_owned();
    if let Some(path) = KeyPath::of(&path) {
        let done = |cx, _| opened(all, cx, &path);
        return node_body::answer(all, request, (peer, asking), (KEY, &OF_KEYS), done).await;
    }
    let asks = ("MountFileSystem", &BOUNDS);
    let is_for_pod = request.uri().path() == plane::POD_MOUNT_PATH;
    let done = |cx, body| answered(all, cx, body, is_for_pod);
    node_body::answer(all, request, (peer, asking), asks, done).await
}

/// The key, told to the audit log.
async fn opened(all: &Gateway, cx: Context, path: &KeyPath<'_>) -> Result<Bytes, Refused> {
    let done = key_of(all, &cx, path).await;
    let event = Event::of_service(cx, node_body::SERVICE, KEY);
    let event = match &done {
        Ok(_) => event,
        Err(why) => event.with_error("AccessDenied", why.to_string()),
    };
    all.apis.dispatcher.tell(event).await;
    done.map_err(|why| match &why {
        NoKey::Gone => (StatusCode::NOT_FOUND, why.to_string()),
        NoKey::Shut(_) => (StatusCode::CONFLICT, why.to_string()),
        NoKey::Failed(fault) => {
            tracing::error!(error = %Chain(fault), "failed to open the key of a file system; its host will retry");
            busy()
        }
    })
}

/// For the host that the file system lies on alone.
async fn key_of(all: &Gateway, cx: &Context, path: &KeyPath<'_>) -> Result<Bytes, NoKey> {
    let efs = &all.file_systems.efs;
    let place = Place::new(path.account, path.region);
    let host = efs.sealed_host(&place, path.id).await?;
    if !all.planes.speaks_for(cx, &host).await {
        return Err(NoKey::Gone);
    }
    let key = efs.disk_key(&place, path.id).await?;
    Ok(serde_json::to_vec(&key).unwrap_or_default().into())
}

async fn answered(
    all: &Gateway,
    cx: Context,
    body: Bytes,
    is_for_pod: bool,
) -> Result<Bytes, Refused> {
    let done = match is_for_pod {
        true => mounted_for_pod(all, &cx, &body).await,
        false => mounted(&all.file_systems, &cx, &body).await,
    };
    let event = Event::of_service(cx, node_body::SERVICE, "MountFileSystem");
    let event = match &done {
        Ok(_) => event,
        Err((_, why)) => event.with_error("AccessDenied", why.clone()),
    };
    all.apis.dispatcher.tell(event).await;
    let granted = done?;
    Ok(serde_json::to_vec(&granted).unwrap_or_default().into())
}

async fn mounted(all: &Mounting, cx: &Context, body: &[u8]) -> Result<Granted, Refused> {
    let Ok(asked) = serde_json::from_slice::<plane::Mount>(body) else {
        let text = "it is no volume of a task".to_owned();
        return Err((StatusCode::BAD_REQUEST, text));
    };
    let volume = all.ecs.file_volume(cx, &asked.task, &asked.volume).await;
    let volume = volume.map_err(|fault| failed(&fault))?;
    let Some(volume) = volume else {
        let text = "the node runs no task that has such a volume".to_owned();
        return Err((StatusCode::FORBIDDEN, text));
    };
    let mount = Mount {
        file_system: volume.file_system.clone(),
        access_point: volume.access_point.clone(),
        encrypted: volume.encrypted,
        role: role(all, &volume).await?,
        vpc: volume.vpc.clone(),
        zone: Some(volume.zone.clone()),
    };
    let place = Place::new(&volume.place.account, &volume.place.region);
    granted(all, &place, &mount, volume.root).await
}

async fn mounted_for_pod(all: &Gateway, cx: &Context, body: &[u8]) -> Result<Granted, Refused> {
    let Ok(asked) = serde_json::from_slice::<plane::PodMount>(body) else {
        let text = "it is no volume of a pod".to_owned();
        return Err((StatusCode::BAD_REQUEST, text));
    };
    let Some(instance) = all.planes.instance_at(cx, &asked.instance).await else {
        let text = "the node keeps no such instance".to_owned();
        return Err((StatusCode::FORBIDDEN, text));
    };
    let role = match asked.by_role {
        true => Some(role_of_instance(&all.file_systems, &instance, &asked.instance).await?),
        false => None,
    };
    let mount = Mount {
        encrypted: asked.encrypted || asked.access_point.is_some(),
        file_system: asked.file_system,
        access_point: asked.access_point,
        role,
        vpc: instance.vpc,
        zone: Some(instance.zone),
    };
    let place = Place::new(&instance.account, &instance.region);
    granted(&all.file_systems, &place, &mount, asked.root).await
}

async fn granted(
    all: &Mounting,
    place: &Place,
    mount: &Mount,
    root: String,
) -> Result<Granted, Refused> {
    let granted = all.efs.mount(place, mount).await;
    let granted = granted.map_err(|why| match &why {
        NotMounted::Failed(fault) => failed(fault),
        _ => (StatusCode::FORBIDDEN, why.to_string()),
    })?;
    Ok(Granted {
        address: granted.address,
        root,
        read_only: !granted.permissions.write,
        one_user: granted.one_user,
        tls: granted.tls.map(|(certificate, ticket)| plane::Tls {
            certificate,
            ticket,
        }),
    })
}

fn failed(cause: &(dyn std::error::Error + 'static)) -> Refused {
    tracing::error!(error = %Chain(cause), "failed to say what a file system is mounted by; the node will retry");
    busy()
}

/// Who the task is by its role.
async fn role(all: &Mounting, volume: &FileVolume) -> Result<Option<Caller>, Refused> {
    let Some(role) = &volume.role else {
        return Ok(None);
    };
    // Trust policies written as AWS advises name the tasks they are for by `aws:SourceArn`.
    let place = &volume.place;
    let resource = format!("task/{}", volume.task);
    let task = Arn::new("ecs", &place.region, &place.account, resource).to_string();
    let now = all.clock.now();
    let assumed = all
        .directory
        .assume_for_service(role, TASKS, &volume.task, Some(&task), now)
        .await;
    let minted = assumed.map_err(|error| match error {
        AssumeError::Directory(error) => failed(&error),
        _ => (
            StatusCode::FORBIDDEN,
            format!("the role {role} cannot be assumed for the task"),
        ),
    })?;
    Ok(Some(in_session(&place.account, role, minted)))
}

/// Who a node of Kubernetes is, as which it mounts for its pods.
async fn role_of_instance(
    all: &Mounting,
    instance: &InstanceAt,
    id: &str,
) -> Result<Caller, Refused> {
    let found = all.ec2.role_on(&instance.host, &instance.told).await;
    let role = found.map_err(|fault| failed(&fault))?.ok_or_else(|| {
        let text = format!("the node {id} has no role to mount as (option \"iam\")");
        (StatusCode::FORBIDDEN, text)
    })?;
    let (of, service, name) = (&role.role, role.service, &role.session);
    let source = Some(role.source.as_str());
    let assumed = all
        .directory
        .assume_for_service(of, service, name, source, all.clock.now())
        .await;
    let minted = assumed.map_err(|error| match error {
        AssumeError::Directory(error) => failed(&error),
        _ => (
            StatusCode::FORBIDDEN,
            format!("the role {of} cannot be assumed for the node {id}"),
        ),
    })?;
    Ok(in_session(&instance.account, of, minted))
}

fn in_session(account: &str, role: &str, minted: Minted) -> Caller {
    Caller {
        kind: CallerKind::AssumedRole,
        account: account.to_owned(),
        arn: minted.arn,
        user_id: minted.user_id,
        role_arn: role.to_owned(),
        access_key_id: minted.access_key_id,
        session: None,
    }
}
