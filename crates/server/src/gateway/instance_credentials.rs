//! What the node of a host gets for an EC2 instance on that host, and nobody else:
//!
//! | path | what |
//! | --- | --- |
//! | `POST /wharf/node/instances/<id>/credentials` | a session of its role; the host's metadata service hands it on |
//! | `POST /wharf/node/instances/<id>/image` | a login to the registry that opens the repository of its image, by the rights of the account that registered the machine image |
//!
//! Both are in the answer alone: nothing of them is kept or logged.

use std::{collections::BTreeMap, sync::Arc};

use http::{Request, Response, StatusCode};
use serde_json::json;
use wharf_base::{Arn, Clock, Timestamp, ids};
use wharf_seal::Keyring;
use wharf_svc_ec2::{
    Ec2Service,
    instances::{InstanceImage, Told},
};
use wharf_svc_ecr::token::{self, Bearer, PASSWORD_LIFE};
use wharf_svc_iam::{AssumeError, Directory};
use wharf_wire::{
    Caller, CallerKind, Context, audit::Event, call::Session, fault::Chain, service::Answer,
};

use super::{Body, Gateway, IamMode, Incoming, Peer, refused::Unproven, response, text};
use crate::node_identity::is_node;

/// Of every login to the registry.
const REGISTRY_USER: &str = "AWS";
/// What it takes to pull an image.
const PULL_ACTIONS: [&str; 3] = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
];
/// `i-` and 17 digits.
const MAX_ID: usize = 32;

/// What sessions and logins are made by.
pub struct InstanceRoles {
    pub ec2: Ec2Service,
    pub directory: Arc<Directory>,
    /// That of the registry.
    pub keyring: Keyring,
    pub clock: Arc<dyn Clock>,
}

/// What a path asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Session,
    Login,
}

impl Asked {
    /// As the audit trail has it.
    fn name(self) -> &'static str {
        match self {
            Self::Session => "AssumeInstanceRole",
            Self::Login => "GetInstanceImageLogin",
        }
    }
}

/// What is not granted, and with which status.
type Refused = (StatusCode, &'static str);

const UNKNOWN: Refused = (
    StatusCode::NOT_FOUND,
    "There is no such instance on this host, or its profile has no role.",
);
const NO_IMAGE: Refused = (
    StatusCode::NOT_FOUND,
    "There is no such instance on this host, or it is made of no image of the registry.",
);
const UNAVAILABLE: Refused = (
    StatusCode::SERVICE_UNAVAILABLE,
    "The credentials cannot be made now; the server's log says why.",
);

/// The instance that a path is about, and what it asks for.
pub fn instance_of(path: &str) -> Option<(&str, Asked)> {
    let rest = path.strip_prefix("/wharf/node/instances/")?;
    let (id, asked) = match rest.split_once('/')? {
        (id, "credentials") => (id, Asked::Session),
        (id, "image") => (id, Asked::Login),
        _ => return None,
    };
    let digits = id.strip_prefix("i-")?;
    let is_id = id.len() <= MAX_ID && digits.bytes().all(|it| it.is_ascii_hexdigit());
    (is_id && !digits.is_empty()).then_some((id, asked))
}

pub async fn answer(all: &Gateway, request: &Request<Incoming>, peer: &Peer) -> Response<Body> {
    let request_id = ids::uuid();
    let mut response = match made(all, request, peer, &request_id).await {
        Ok(Ok(answer)) => text(StatusCode::OK, answer),
        Ok(Err((status, why))) => text(status, format!("{why}\n")),
        Err(answer) => return response::respond(answer, &request_id),
    };
    response::name_request(&mut response, &request_id);
    response
}

/// What was asked for, or why there is none; the outer error is for whom nobody knows.
async fn made(
    all: &Gateway,
    request: &Request<Incoming>,
    peer: &Peer,
    request_id: &str,
) -> Result<Result<String, Refused>, Answer> {
    // The route has found both.
    let (id, asked) = instance_of(request.uri().path()).unwrap_or(("", Asked::Session));
    let asks = Unproven {
        service: "wharf",
        name: asked.name(),
        peer,
        request_id,
    };
    let cx = all.apis.authenticate(request, &asks).await?;
    let outcome = granted(all, &cx, id, asked).await;
    let event = Event::of_service(cx, "wharf", asked.name());
    let event = match &outcome {
        Ok(_) => event,
        Err((_, why)) => event.with_error("AccessDenied", *why),
    };
    all.apis.dispatcher.tell(event).await;
    Ok(outcome)
}

async fn granted(all: &Gateway, cx: &Context, id: &str, asked: Asked) -> Result<String, Refused> {
    // While nothing is checked, nodes are root as everybody is.
    if !is_node(&cx.caller) && all.apis.iam != IamMode::Off {
        let text = "Only nodes ask for credentials of instances.";
        return Err((StatusCode::FORBIDDEN, text));
    }
    let found = all.planes.instance(cx, id).await;
    let (host, told) = found.ok_or(UNKNOWN)?;
    match asked {
        Asked::Session => session(&all.instance_roles, &host, &told, id).await,
        Asked::Login => login(&all.instance_roles, &host, &told, id).await,
    }
}

/// A password of the registry. It is asked anew whether the image's owner may pull: a repository that was closed to it
/// since is closed to its machine images.
async fn login(
    parts: &InstanceRoles,
    host: &str,
    told: &Told,
    id: &str,
) -> Result<String, Refused> {
    let image = parts.ec2.image_on(host, told).await.map_err(|fault| {
        tracing::error!(instance = id, %fault, "failed to look up the image of an instance");
        UNAVAILABLE
    })?;
    let image = image.ok_or(NO_IMAGE)?;
    let now = parts.clock.now();
    let bearer = Bearer {
        caller: puller(&image, id, now),
        region: image.region,
        registry: Some(image.account),
    };
    let (password, _) = token::issue_password(&parts.keyring, &bearer, now);
    Ok(json!({ "user": REGISTRY_USER, "password": password }).to_string())
}

/// The image's owner, narrowed down to pulls from one repository.
fn puller(image: &InstanceImage, id: &str, now: Timestamp) -> Caller {
    let resource = format!("repository/{}", image.repository);
    let repository = Arn::new("ecr", &image.region, &image.account, resource);
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": PULL_ACTIONS, "Resource": repository.to_string()}],
    });
    let owner = Caller::root(&image.owner);
    Caller {
        kind: CallerKind::FederatedUser,
        arn: format!("arn:aws:sts::{}:federated-user/{id}", image.owner),
        user_id: format!("{}:{id}", image.owner),
        role_arn: owner.arn.clone(),
        session: Some(Arc::new(Session {
            policies: vec![policy.to_string()],
            policy_arns: Vec::new(),
            tags: BTreeMap::new(),
            transitive_tag_keys: Vec::new(),
            source_identity: None,
            facts: BTreeMap::new(),
            mfa_at: None,
            issued_at: now,
            expires_at: now + PASSWORD_LIFE,
        })),
        ..owner
    }
}

async fn session(
    parts: &InstanceRoles,
    host: &str,
    told: &Told,
    id: &str,
) -> Result<String, Refused> {
    let role = parts.ec2.role_on(host, told).await.map_err(|fault| {
        tracing::error!(instance = id, %fault, "failed to look up the role of an instance");
        UNAVAILABLE
    })?;
    let role = role.ok_or(UNKNOWN)?;
    let source = Some(role.source.as_str());
    let (of, service, name) = (&role.role, role.service, &role.session);
    let minted = parts
        .directory
        .assume_for_service(of, service, name, source, parts.clock.now())
        .await;
    let minted = minted.map_err(|error| match error {
        AssumeError::Directory(error) => {
            tracing::error!(instance = id, error = %Chain(&error), "failed to assume the role of an instance");
            UNAVAILABLE
        }
        _ => (
            StatusCode::FORBIDDEN,
            "The role of the instance cannot be assumed: its trust policy must allow ec2.amazonaws.com, \
             or eks-fargate-pods.amazonaws.com where it is a pod execution role.",
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
        assert_eq!(instance_of(&path), Some((id, Asked::Session)));
        let path = format!("/wharf/node/instances/{id}/image");
        assert_eq!(instance_of(&path), Some((id, Asked::Login)));
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
