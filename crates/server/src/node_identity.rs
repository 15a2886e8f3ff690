//! The users behind nodes: least privilege, to be read like any other policy.

use wharf_api_iam::{
    Iam,
    types::{
        CreateUserRequest, DeleteAccessKeyRequest, DeleteUserPolicyRequest, DeleteUserRequest,
        DetachUserPolicyRequest, GetUserPolicyRequest, ListAccessKeysRequest, PutUserPolicyRequest,
    },
};
use wharf_base::Arn;
use wharf_planeproto::Plane;
use wharf_records::node::{Grant, USER_PATH};
use wharf_svc_iam::IamService;
use wharf_wire::{Call, Caller, CallerKind, Fault};

/// What an agent does. Of log streams and repositories the nodes' gate admits those of tasks on the
/// node; of container instances ECS admits its own.
const NODE_POLICY: (&str, &str) = (
    "node",
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":["ecs:RegisterContainerInstance","ecs:DeregisterContainerInstance","ecs:DiscoverPollEndpoint","ecs:Poll","ecs:StartTelemetrySession","ecs:SubmitAttachmentStateChanges","ecs:SubmitContainerStateChange","ecs:SubmitTaskStateChange","ecs:UpdateContainerInstancesState","ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:BatchGetImage","ecr:GetDownloadUrlForLayer","logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents","logs:GetLogEvents","logs:Unmask"]}]}"#,
);
/// What users of earlier versions have instead.
const EARLIER_MANAGED_POLICY: &str =
    "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role";
const EARLIER_LOG_POLICY: &str = "deliver-logs";
const PLANE_POLICY: &str = "subscribe";

/// Whether a caller is a node that joined, or this machine's own.
pub fn is_node(caller: &Caller) -> bool {
    let Some((_, resource)) = caller.arn.rsplit_once(':') else {
        return false;
    };
    caller.kind == CallerKind::User
        && resource
            .strip_prefix("user")
            .is_some_and(|path| path.starts_with(USER_PATH))
}

/// What a node is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeRole {
    /// Carries load balancers beside tasks.
    pub balancers: bool,
}

impl NodeRole {
    /// Of a node with that grant.
    pub fn of(grant: &Grant) -> Self {
        Self {
            balancers: grant.balancers,
        }
    }
}

/// Makes the user `name` with the rights of a node, as far as they are not there.
pub async fn ensure_user(
    iam: &IamService,
    call: &Call,
    name: &str,
    role: NodeRole,
) -> Result<(), Fault> {
    let user = CreateUserRequest {
        user_name: Some(name.to_owned()),
        path: Some(USER_PATH.to_owned()),
        ..Default::default()
    };
    tolerate(iam.create_user(call, user).await, "EntityAlreadyExists")?;
    let planes = plane_policy(call, role);
    for (policy, document) in [NODE_POLICY, (PLANE_POLICY, &planes)] {
        put_policy(iam, call, name, policy, document).await?;
    }
    detach_managed(iam, call, name).await?;
    delete_policy(iam, call, name, EARLIER_LOG_POLICY).await
}

async fn detach_managed(iam: &IamService, call: &Call, name: &str) -> Result<(), Fault> {
    let detach = DetachUserPolicyRequest {
        user_name: Some(name.to_owned()),
        policy_arn: Some(EARLIER_MANAGED_POLICY.to_owned()),
    };
    tolerate(iam.detach_user_policy(call, detach).await, "NoSuchEntity").map(|_| ())
}

async fn delete_policy(
    iam: &IamService,
    call: &Call,
    name: &str,
    policy: &str,
) -> Result<(), Fault> {
    let delete = DeleteUserPolicyRequest {
        user_name: Some(name.to_owned()),
        policy_name: Some(policy.to_owned()),
    };
    tolerate(iam.delete_user_policy(call, delete).await, "NoSuchEntity").map(|_| ())
}

async fn put_policy(
    iam: &IamService,
    call: &Call,
    name: &str,
    policy: &str,
    document: &str,
) -> Result<(), Fault> {
    let input = GetUserPolicyRequest {
        user_name: Some(name.to_owned()),
        policy_name: Some(policy.to_owned()),
    };
    let known = tolerate(iam.get_user_policy(call, input).await, "NoSuchEntity")?;
    // Documents come back percent-encoded.
    let same = known
        .and_then(|known| known.policy_document)
        .is_some_and(|known| percent_encoding::percent_decode_str(&known).eq(document.bytes()));
    if same {
        return Ok(());
    }
    let input = PutUserPolicyRequest {
        user_name: Some(name.to_owned()),
        policy_name: Some(policy.to_owned()),
        policy_document: Some(document.to_owned()),
    };
    iam.put_user_policy(call, input).await.map(|_| ())
}

fn plane_policy(call: &Call, role: NodeRole) -> String {
    // Of instances and volumes a host is told that are on it: what may be is a matter of its registration.
    let mut planes = vec![Plane::Network, Plane::Machines];
    planes.extend(role.balancers.then_some(Plane::LoadBalancer));
    let arn = |plane: Plane| plane_arn(&call.region, &call.account, plane);
    let arns: Vec<String> = planes.into_iter().map(arn).collect();
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "wharf:Subscribe", "Resource": arns}],
    })
    .to_string()
}

/// What `wharf:Subscribe` is asked on.
pub fn plane_arn(region: &str, account: &str, plane: Plane) -> String {
    Arn::new("wharf", region, account, format!("plane/{plane}")).to_string()
}

/// A long-lived key of a user, as nodes once had: its id and secret.
#[cfg(test)]
pub async fn new_key(iam: &IamService, call: &Call, name: &str) -> Result<(String, String), Fault> {
    let input = wharf_api_iam::types::CreateAccessKeyRequest {
        user_name: Some(name.to_owned()),
    };
    let made = iam
        .create_access_key(call, input)
        .await?
        .access_key
        .unwrap_or_default();
    Ok((
        made.access_key_id.unwrap_or_default(),
        made.secret_access_key.unwrap_or_default(),
    ))
}

/// Deletes all keys of a user; none if there is no such user.
pub async fn forget_keys(iam: &IamService, call: &Call, name: &str) -> Result<(), Fault> {
    let input = ListAccessKeysRequest {
        user_name: Some(name.to_owned()),
        ..Default::default()
    };
    let keys = tolerate(iam.list_access_keys(call, input).await, "NoSuchEntity")?;
    let keys = keys.and_then(|reply| reply.access_key_metadata);
    for key in keys.unwrap_or_default() {
        let input = DeleteAccessKeyRequest {
            user_name: Some(name.to_owned()),
            access_key_id: key.access_key_id,
        };
        iam.delete_access_key(call, input).await?;
    }
    Ok(())
}

/// Deletes a user that [`ensure_user`] made, or what there is of it.
pub async fn remove_user(iam: &IamService, call: &Call, name: &str) -> Result<(), Fault> {
    forget_keys(iam, call, name).await?;
    detach_managed(iam, call, name).await?;
    for policy in [NODE_POLICY.0, PLANE_POLICY, EARLIER_LOG_POLICY] {
        delete_policy(iam, call, name, policy).await?;
    }
    let delete = DeleteUserRequest {
        user_name: Some(name.to_owned()),
    };
    tolerate(iam.delete_user(call, delete).await, "NoSuchEntity").map(|_| ())
}

/// `None` for a fault of the given code: what was to be done is done.
fn tolerate<T>(reply: Result<T, Fault>, code: &str) -> Result<Option<T>, Fault> {
    match reply {
        Ok(reply) => Ok(Some(reply)),
        Err(fault) if fault.code == code => Ok(None),
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_users_below_their_path() {
        let caller = |arn: &str, kind| Caller {
            kind,
            arn: arn.to_owned(),
            ..Caller::root("000000000000")
        };
        let node = "arn:aws:iam::000000000000:user/wharf/wharf-node-1";
        assert!(is_node(&caller(node, CallerKind::User)));
        for arn in [
            "arn:aws:iam::000000000000:user/wharf",
            "arn:aws:iam::000000000000:user/a/wharf/b",
            "arn:aws:iam::000000000000:root",
        ] {
            assert!(!is_node(&caller(arn, CallerKind::User)), "{arn}");
        }
        let role = "arn:aws:sts::000000000000:assumed-role/user/wharf/x";
        assert!(!is_node(&caller(role, CallerKind::AssumedRole)));
    }
}
