//! `POST /wharf/node/instances/<id>/credentials`: a session of the role of an EC2 instance, for the node of
//! the host that the instance is on and for nobody else. The host's metadata service hands it on.
//!
//! The session is in the answer alone: nothing of it is kept or logged.

use std::sync::Arc;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use serde_json::json;
use wharf_base::{Clock, ids};
use wharf_svc_ec2::Ec2Service;
use wharf_svc_iam::{AssumeError, Directory};
use wharf_wire::{Context, audit::Event, fault::Chain, service::Answer};

use super::{Body, Gateway, IamMode, Peer, api, refused::Unproven, text};
use crate::node_identity::is_node;

const NAME: &str = "AssumeInstanceRole";
/// The principal that trust policies of instance roles name.
const PRINCIPAL: &str = "ec2.amazonaws.com";
/// `i-` and 17 digits.
const MAX_ID: usize = 32;

/// What sessions are made by.
pub struct InstanceRoles {
    pub ec2: Ec2Service,
    pub directory: Arc<Directory>,
    pub clock: Arc<dyn Clock>,
}

/// What is not granted, and with which status.
type Refused = (StatusCode, &'static str);

const UNKNOWN: Refused = (
    StatusCode::NOT_FOUND,
    "There is no such instance on this host, or its profile has no role.",
);
const UNAVAILABLE: Refused = (
    StatusCode::SERVICE_UNAVAILABLE,
    "The credentials cannot be made now; the server's log says why.",
);

/// The instance that a path asks for.
pub fn instance_of(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/wharf/node/instances/")?;
    let id = rest.strip_suffix("/credentials")?;
    let digits = id.strip_prefix("i-")?;
    let is_id = id.len() <= MAX_ID && digits.bytes().all(|it| it.is_ascii_hexdigit());
    (is_id && !digits.is_empty()).then_some(id)
}

pub async fn answer(all: &Gateway, request: &Request<Incoming>, peer: &Peer) -> Response<Body> {
    let request_id = ids::uuid();
    let mut response = match made(all, request, peer, &request_id).await {
        Ok(Ok(session)) => text(StatusCode::OK, session),
        Ok(Err((status, why))) => text(status, format!("{why}\n")),
        Err(answer) => return api::respond(answer, &request_id),
    };
    api::name_request(&mut response, &request_id);
    response
}

/// The session, or why there is none; the outer error is for whom nobody knows.
async fn made(
    all: &Gateway,
    request: &Request<Incoming>,
    peer: &Peer,
    request_id: &str,
) -> Result<Result<String, Refused>, Answer> {
    let asks = Unproven {
        service: "wharf",
        name: NAME,
        peer,
        request_id,
    };
    let cx = all.apis.authenticate(request, &asks).await?;
    let id = instance_of(request.uri().path()).unwrap_or_default();
    let outcome = session(all, &cx, id).await;
    let event = Event::of_service(cx, "wharf", NAME);
    let event = match &outcome {
        Ok(_) => event,
        Err((_, why)) => event.with_error("AccessDenied", *why),
    };
    all.apis.dispatcher.tell(event).await;
    Ok(outcome)
}

async fn session(all: &Gateway, cx: &Context, id: &str) -> Result<String, Refused> {
    // While nothing is checked, nodes are root as everybody is.
    if !is_node(&cx.caller) && all.apis.iam != IamMode::Off {
        let text = "Only nodes ask for credentials of instances.";
        return Err((StatusCode::FORBIDDEN, text));
    }
    let found = all.planes.instance(cx, id).await;
    let (host, told) = found.ok_or(UNKNOWN)?;
    let parts = &all.instance_roles;
    let role = parts.ec2.role_on(&host, &told).await.map_err(|fault| {
        tracing::error!(instance = id, %fault, "failed to look up the role of an instance");
        UNAVAILABLE
    })?;
    let role = role.ok_or(UNKNOWN)?;
    let source = Some(role.instance.as_str());
    let minted = parts
        .directory
        .assume_for_service(&role.role, PRINCIPAL, id, source, parts.clock.now())
        .await;
    let minted = minted.map_err(|error| match error {
        AssumeError::Directory(error) => {
            tracing::error!(instance = id, error = %Chain(&error), "failed to assume the role of an instance");
            UNAVAILABLE
        }
        _ => (
            StatusCode::FORBIDDEN,
            "EC2 cannot assume the role of the instance profile: its trust policy must allow \
             ec2.amazonaws.com.",
        ),
    })?;
    let session = json!({
        "accessKeyId": minted.access_key_id,
        "secretAccessKey": minted.secret.expose(),
        "sessionToken": minted.token,
        "expiresAt": minted.expires,
        "roleArn": role.role,
    });
    Ok(session.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_instances() {
        let id = "i-0123456789abcdef0";
        let path = format!("/wharf/node/instances/{id}/credentials");
        assert_eq!(instance_of(&path), Some(id));
        for id in [
            "",
            "i-",
            "..",
            "i-../x",
            "i-0123/credentials",
            "x",
            &"i-0".repeat(20),
        ] {
            let path = format!("/wharf/node/instances/{id}/credentials");
            assert_eq!(instance_of(&path), None, "{id}");
        }
    }
}
