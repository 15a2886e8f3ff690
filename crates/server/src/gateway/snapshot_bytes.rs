//! Bytes of snapshots of EBS volumes, for the node of the host that takes a snapshot, or makes a volume of one, and
//! nobody else; and what a sealed volume opens by, for the host that it is attached on, or the disk of an instance. The requests:
//! `wharf_planeproto::snapshot`.
//!
//! Completions, failures and keys are told to the audit log; the pieces before them are too many.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde::de::DeserializeOwned;
use wharf_base::ids;
use wharf_planeproto::snapshot::{self as plane, CHUNK, Path, What, path_of};
use wharf_svc_ec2::{
    Ec2Service,
    snapshots::{NotTaken, Place},
};
use wharf_wire::{Context, audit::Event, fault::Chain};

use super::{
    Asking, Body, Gateway, Incoming, Peer,
    node_body::{self, Bounds, Refused},
};

const BOUNDS: Bounds = Bounds {
    // A chunk, or an offer of 1000 names.
    most: CHUNK as usize,
    refusal: "Only nodes send and fetch bytes of snapshots.",
};

pub async fn answer(
    all: &Gateway,
    request: Request<Incoming>,
    peer: &Peer,
    asking: &Asking,
) -> Response<Body> {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let Some(path) = path_of(method.as_str(), uri.path()) else {
        return node_body::respond(Err(gone()), &ids::uuid());
    };
    let asks = (name_of(path.what), &BOUNDS);
    let done = |cx, body| answered(all, cx, &path, body);
    node_body::answer(all, request, (peer, asking), asks, done).await
}

/// The answer's body, or why there is none.
async fn answered(
    all: &Gateway,
    cx: Context,
    path: &Path<'_>,
    body: Bytes,
) -> Result<Bytes, Refused> {
    let done = taken(all, &cx, path, body).await;
    if matches!(path.what, What::Complete | What::Failed | What::Key) {
        let event = Event::of_service(cx, node_body::SERVICE, name_of(path.what));
        let event = match &done {
            Ok(_) => event,
            Err(why) => event.with_error("AccessDenied", why.to_string()),
        };
        all.apis.dispatcher.tell(event).await;
    }
    done.map_err(refused)
}

fn name_of(what: What<'_>) -> &'static str {
    match what {
        What::Offer => "OfferSnapshotBlocks",
        What::Complete => "CompleteSnapshot",
        What::Failed => "FailSnapshot",
        What::Key => "GetVolumeKey",
        What::Source => "ListSnapshotBlocks",
        What::Bytes(_) => "TransferSnapshotBlock",
    }
}

fn gone() -> Refused {
    (StatusCode::NOT_FOUND, NotTaken::Gone.to_string())
}

fn refused(why: NotTaken) -> Refused {
    let status = match &why {
        NotTaken::Gone => StatusCode::NOT_FOUND,
        NotTaken::Malformed(_) => StatusCode::BAD_REQUEST,
        NotTaken::Missing => StatusCode::CONFLICT,
        NotTaken::Shut(_) => StatusCode::FORBIDDEN,
        NotTaken::Failed(fault) => {
            tracing::error!(error = %Chain(fault), "failed to keep or read bytes of a snapshot; its host will retry");
            StatusCode::SERVICE_UNAVAILABLE
        }
    };
    (status, why.to_string())
}

async fn taken(
    all: &Gateway,
    cx: &Context,
    path: &Path<'_>,
    body: Bytes,
) -> Result<Bytes, NotTaken> {
    let ec2 = &all.instance_roles.ec2;
    let at = Place {
        account: path.account.to_owned(),
        region: path.region.to_owned(),
        id: path.id.to_owned(),
    };
    if !path.id.starts_with("snap-") {
        return fetched(all, ec2, cx, &at, path.what).await;
    }
    let host = ec2.snapshot_host(&at).await?;
    if !all.planes.speaks_for(cx, &host).await {
        return Err(NotTaken::Gone);
    }
    match path.what {
        What::Offer => {
            let missing = ec2.snapshot_offered(&at, &read(&body)?).await?;
            Ok(serde_json::to_vec(&missing).unwrap_or_default().into())
        }
        What::Bytes(sum) => {
            ec2.snapshot_bytes(&at, sum, body).await?;
            Ok(Bytes::new())
        }
        What::Complete => {
            let complete: plane::Complete = read(&body)?;
            ec2.snapshot_complete(&at, &complete, cx.now).await?;
            Ok(Bytes::new())
        }
        What::Failed => {
            let failed: plane::Failed = read(&body)?;
            ec2.snapshot_failed(&at, failed.reason).await?;
            Ok(Bytes::new())
        }
        What::Source | What::Key => Err(NotTaken::Gone),
    }
}

async fn fetched(
    all: &Gateway,
    ec2: &Ec2Service,
    cx: &Context,
    at: &Place,
    what: What<'_>,
) -> Result<Bytes, NotTaken> {
    if what == What::Key {
        return key_of(all, ec2, cx, at).await;
    }
    let (host, snapshot) = ec2.volume_source(at).await?;
    if !all.planes.speaks_for(cx, &host).await {
        return Err(NotTaken::Gone);
    }
    match what {
        What::Source => {
            let source = plane::Source {
                pages: snapshot.pages,
            };
            Ok(serde_json::to_vec(&source).unwrap_or_default().into())
        }
        What::Bytes(sum) => Ok(ec2.source_bytes(&snapshot, sum).await?.into()),
        _ => Err(NotTaken::Gone),
    }
}

/// For the host that the volume is attached on, as long as it is; of the root of an instance, for its host, as long as it is to
/// run there.
async fn key_of(
    all: &Gateway,
    ec2: &Ec2Service,
    cx: &Context,
    at: &Place,
) -> Result<Bytes, NotTaken> {
    if at.id.starts_with("i-") {
        let (host, instance) = ec2.sealed_root(at).await?;
        if !all.planes.speaks_for(cx, &host).await {
            return Err(NotTaken::Gone);
        }
        let keys = ec2.keys_of_root(at, &instance).await?;
        return Ok(serde_json::to_vec(&keys).unwrap_or_default().into());
    }
    let (host, volume) = ec2.sealed_volume(at).await?;
    if !all.planes.speaks_for(cx, &host).await {
        return Err(NotTaken::Gone);
    }
    let keys = ec2.keys_of_volume(at, &volume).await?;
    Ok(serde_json::to_vec(&keys).unwrap_or_default().into())
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, NotTaken> {
    serde_json::from_slice(body).map_err(|_| NotTaken::Malformed("it is no JSON of that form"))
}
