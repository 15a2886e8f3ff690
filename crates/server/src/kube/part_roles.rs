//! In whose name the parts of a cluster ask EC2 and EFS: as EKS itself, or in a session of the role of their add-on; one whose role was taken
//! away is denied all until it has another.
//!
//! A role that was given with an add-on is assumed as its program would assume it, by a token of its service account that the cluster
//! signs (`AssumeRoleWithWebIdentity`), one of a Pod Identity association as that of a pod. A session is kept until shortly before its
//! end, and identified at each call, so a role that is gone is nobody any more.
//!
//! Volumes are made by the session, so KMS sees it too. Interfaces of pods stay EKS' own, which no user may take away from a pod: there
//! the session is asked for alone whether it may.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use parking_lot::Mutex;
use wharf_api_ec2::{
    AttachNetworkInterfaceRequest, AttachNetworkInterfaceResult, AttachVolumeRequest,
    CreateNetworkInterfaceRequest, CreateNetworkInterfaceResult, CreateSnapshotRequest,
    CreateVolumeRequest, DeleteSnapshotRequest, DeleteVolumeRequest, DescribeSnapshotsRequest,
    DescribeSnapshotsResult, DescribeVolumesRequest, DescribeVolumesResult, DetachVolumeRequest,
    Ec2, Input, ModifyVolumeRequest, ModifyVolumeResult, Snapshot, Volume, VolumeAttachment,
};
use wharf_base::{Clock, Timestamp};
use wharf_kube_auth::{TokenRequest, account_token::Issuer};
use wharf_kube_model::parts::Part;
use wharf_service::Cluster;
use wharf_svc_ec2::Ec2Service;
use wharf_svc_eks::{ADDON_NAMESPACE, ActsAs, EksService, pod_identity::PodRole};
use wharf_svc_eks_auth::{NoCredentials, Roles as _, session};
use wharf_svc_iam::{AssumeError, AssumeRole, Directory, IdentifyError, IssuerKeys};
use wharf_wire::{Call, Caller, Check, Context, Dispatcher, Fault, fault::Chain};

use crate::pod_roles::PodRoles;

/// How EC2 is asked by EKS for what it does in the name of others.
const EKS: &str = "eks.amazonaws.com";
/// Whom tokens of service accounts for AWS are for.
const STS: &str = "sts.amazonaws.com";
/// The life of such a token: it is used at once.
const TOKEN_SECONDS: u64 = 600;
/// A session is not begun with at its very end.
const BEFORE_END: Duration = Duration::from_secs(300);

/// Whom a part of a cluster acts as.
pub struct Acting {
    pub eks: EksService,
    pub directory: Arc<Directory>,
    pub keys: Arc<IssuerKeys>,
    pub issuer: Arc<Issuer>,
    pub clock: Arc<dyn Clock>,
    pub cluster: Cluster,
    pub part: Part,
    pub kept: Mutex<Option<Kept>>,
}

/// A session that goes on.
#[derive(Clone)]
pub struct Kept {
    of: ActsAs,
    access_key_id: String,
    token: String,
    expires: Timestamp,
}

impl Acting {
    /// The session that it is in; nothing: it is EKS itself.
    ///
    /// # Errors
    /// The role cannot be assumed.
    async fn caller(&self) -> Result<Option<Caller>, Fault> {
        let Cluster { place, name, id } = &self.cluster;
        let found = self.eks.acts_as(place, (name, id), self.part).await;
        let Some(of) = found.map_err(|error| unavailable(&error))? else {
            return Ok(None);
        };
        let kept = self.kept.lock().clone();
        let until = self.clock.now() + BEFORE_END;
        if let Some(kept) = kept.filter(|it| it.of == of && it.expires > until)
            && let Ok(caller) = self.identified(&kept).await
        {
            return Ok(Some(caller));
        }
        let fresh = match &of {
            ActsAs::Account { role, account } => self.by_token(&of, role, account).await?,
            ActsAs::Pod(role) => self.by_association(&of, role).await?,
            ActsAs::Nobody { taken } => return Err(self.nobody(taken.as_deref())),
        };
        let caller = self.identified(&fresh).await?;
        if caller.account != place.account {
            // An association may lead on to any account's role; what a cluster has is of its own.
            let text = format!("{} is not of the account of the cluster", caller.arn);
            return Err(Fault::sender("AccessDenied", 403, text));
        }
        tracing::info!(
            cluster = name,
            part = self.part.name(),
            session = caller.arn,
            "a part of a cluster acts in a session of its role"
        );
        *self.kept.lock() = Some(fresh);
        Ok(Some(caller))
    }

    /// In which a call is made in that session.
    pub async fn context(&self, call: &Call) -> Result<Option<Context>, Fault> {
        let caller = self.caller().await?;
        Ok(caller.map(|caller| Context {
            caller,
            source_arn: None,
            user_agent: self.part.name().to_owned(),
            ..call.context().clone()
        }))
    }

    /// The call as it is to be judged by who receives it.
    pub async fn asking(&self, call: &Call) -> Result<Call, Fault> {
        Ok(match self.context(call).await? {
            Some(cx) => Call::by_controller(cx, call.permit.clone()),
            None => call.clone(),
        })
    }

    /// What a driver has no role for, it is not given for having none.
    fn nobody(&self, taken: Option<&str>) -> Fault {
        let (part, cluster) = (self.part.name(), &self.cluster.name);
        let text = match taken {
            Some(role) => format!(
                "no credentials: {role} was taken from the add-on {part} of cluster {cluster}, which has no other role"
            ),
            None => format!("no credentials: there is no cluster {cluster}"),
        };
        Fault::sender("AccessDenied", 403, text)
    }

    async fn identified(&self, kept: &Kept) -> Result<Caller, Fault> {
        let (key, token) = (&kept.access_key_id, Some(kept.token.as_str()));
        let found = self.directory.identify(key, token, self.clock.now()).await;
        match found {
            Ok(found) => Ok(found.caller),
            Err(IdentifyError::Directory(error)) => Err(unavailable(&error)),
            Err(error) => Err(refused("GetCallerIdentity", "InvalidClientTokenId", &error)),
        }
    }

    async fn by_token(&self, of: &ActsAs, role: &str, account: &str) -> Result<Kept, Fault> {
        const ACTION: &str = "AssumeRoleWithWebIdentity";
        let now = self.clock.now();
        let request = TokenRequest {
            namespace: ADDON_NAMESPACE.to_owned(),
            account: account.to_owned(),
            account_uid: self.part.name().to_owned(),
            audiences: vec![STS.to_owned()],
            life_seconds: TOKEN_SECONDS,
            bound: None,
            node: None,
        };
        let issued = self.issuer.issue(&request, now);
        let issued = issued.map_err(|error| unavailable(&error))?;
        let place = &self.cluster.place;
        let cx = Context::internal(&place.account, &place.region, self.part.name(), now);
        let wanted = AssumeRole {
            role_arn: role.to_owned(),
            session_name: self.part.name().to_owned(),
            ..AssumeRole::default()
        };
        let assumed =
            self.directory
                .assume_with_web_identity(&cx, wanted, &issued.token, &self.keys);
        let minted = assumed.await.map_err(|error| match error {
            AssumeError::Directory(error) => unavailable(&error),
            AssumeError::WebIdentity(error) => refused(ACTION, "InvalidIdentityToken", &error),
            error => refused(ACTION, "AccessDenied", &error),
        })?;
        Ok(Kept {
            of: of.clone(),
            access_key_id: minted.minted.access_key_id,
            token: minted.minted.token,
            expires: minted.minted.expires,
        })
    }

    async fn by_association(&self, of: &ActsAs, role: &PodRole) -> Result<Kept, Fault> {
        let roles = PodRoles {
            directory: self.directory.clone(),
            clock: self.clock.clone(),
        };
        let region = &self.cluster.place.region;
        let wanted = session::of(role, &self.cluster.name, region);
        let made = roles.assume(wanted).await.map_err(|why| match why {
            NoCredentials::Unavailable(_) => unavailable(&why),
            NoCredentials::Refused(_) => Fault::sender(
                "AccessDeniedException",
                403,
                "failed to retrieve credentials: operation error EKS Auth: AssumeRoleForPodIdentity, api error \
                 AccessDeniedException: Unauthorized Exception! EKS does not have permissions to assume the associated role.",
            ),
        })?;
        Ok(Kept {
            of: of.clone(),
            access_key_id: made.access_key_id,
            token: made.session_token,
            expires: made.expires,
        })
    }
}

fn unavailable(cause: &dyn std::error::Error) -> Fault {
    let text = "An internal error has occurred.";
    Fault::receiver("InternalError", 500, text, cause)
}

/// As the SDK of a driver says it.
fn refused(action: &str, code: &'static str, why: &dyn std::error::Error) -> Fault {
    let why = Chain(why);
    let text = format!(
        "failed to retrieve credentials: operation error STS: {action}, api error {code}: {why}"
    );
    Fault::sender(code, 403, text)
}

/// EC2 as a part of a cluster asks it.
#[derive(Clone)]
pub struct InRole {
    /// Past the gate, as services ask.
    pub ec2: Arc<dyn Ec2>,
    /// Behind it: for who was let in here.
    pub within: Ec2Service,
    pub dispatcher: Dispatcher,
    pub acting: Arc<Acting>,
}

impl InRole {
    /// The call in the session that may make it, once that was asked for and told to the audit log; nothing: EKS makes it itself.
    async fn admitted(&self, call: &Call, input: Input<'_>) -> Result<Option<Call>, Fault> {
        let Some(cx) = self.acting.context(call).await? else {
            return Ok(None);
        };
        let checks = self.within.authorize(&cx, input).await?;
        let schema = &wharf_api_ec2::schema::SERVICE;
        let admitted = self.dispatcher.admit_from_outside(schema, cx, &checks);
        admitted.await.map(Some)
    }
}

/// Volumes of claims.
pub struct Volumes(pub InRole);

#[async_trait]
impl Ec2 for Volumes {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.0.within.authorize(cx, input).await
    }

    async fn create_volume(
        &self,
        call: &Call,
        input: CreateVolumeRequest,
    ) -> Result<Volume, Fault> {
        let it = &self.0;
        match it.admitted(call, Input::CreateVolume(&input)).await? {
            Some(call) => it.within.create_volume(&call, input).await,
            None => it.ec2.create_volume(call, input).await,
        }
    }

    async fn delete_volume(&self, call: &Call, input: DeleteVolumeRequest) -> Result<(), Fault> {
        let it = &self.0;
        match it.admitted(call, Input::DeleteVolume(&input)).await? {
            Some(call) => it.within.delete_volume(&call, input).await,
            None => it.ec2.delete_volume(call, input).await,
        }
    }

    async fn modify_volume(
        &self,
        call: &Call,
        input: ModifyVolumeRequest,
    ) -> Result<ModifyVolumeResult, Fault> {
        let it = &self.0;
        match it.admitted(call, Input::ModifyVolume(&input)).await? {
            Some(call) => it.within.modify_volume(&call, input).await,
            None => it.ec2.modify_volume(call, input).await,
        }
    }

    async fn create_snapshot(
        &self,
        call: &Call,
        input: CreateSnapshotRequest,
    ) -> Result<Snapshot, Fault> {
        let it = &self.0;
        match it.admitted(call, Input::CreateSnapshot(&input)).await? {
            Some(call) => it.within.create_snapshot(&call, input).await,
            None => it.ec2.create_snapshot(call, input).await,
        }
    }

    async fn delete_snapshot(
        &self,
        call: &Call,
        input: DeleteSnapshotRequest,
    ) -> Result<(), Fault> {
        let it = &self.0;
        match it.admitted(call, Input::DeleteSnapshot(&input)).await? {
            Some(call) => it.within.delete_snapshot(&call, input).await,
            None => it.ec2.delete_snapshot(call, input).await,
        }
    }

    /// For pods of the instance, as EKS alone can have it.
    async fn attach_volume(
        &self,
        call: &Call,
        input: AttachVolumeRequest,
    ) -> Result<VolumeAttachment, Fault> {
        let it = &self.0;
        match it.admitted(call, Input::AttachVolume(&input)).await? {
            Some(call) => {
                let call = call.forwarded_by(EKS);
                it.within.attach_volume(&call, input).await
            }
            None => it.ec2.attach_volume(call, input).await,
        }
    }

    async fn detach_volume(
        &self,
        call: &Call,
        input: DetachVolumeRequest,
    ) -> Result<VolumeAttachment, Fault> {
        let it = &self.0;
        match it.admitted(call, Input::DetachVolume(&input)).await? {
            Some(call) => it.within.detach_volume(&call, input).await,
            None => it.ec2.detach_volume(call, input).await,
        }
    }

    /// What is read is judged and not told of: it is read often.
    async fn describe_volumes(
        &self,
        call: &Call,
        input: DescribeVolumesRequest,
    ) -> Result<DescribeVolumesResult, Fault> {
        let call = self.0.acting.asking(call).await?;
        self.0.ec2.describe_volumes(&call, input).await
    }

    async fn describe_snapshots(
        &self,
        call: &Call,
        input: DescribeSnapshotsRequest,
    ) -> Result<DescribeSnapshotsResult, Fault> {
        let call = self.0.acting.asking(call).await?;
        self.0.ec2.describe_snapshots(&call, input).await
    }
}

/// Interfaces of pods on EC2 instances.
pub struct Interfaces(pub InRole);

#[async_trait]
impl Ec2 for Interfaces {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.0.within.authorize(cx, input).await
    }

    async fn create_network_interface(
        &self,
        call: &Call,
        input: CreateNetworkInterfaceRequest,
    ) -> Result<CreateNetworkInterfaceResult, Fault> {
        let it = &self.0;
        match it
            .admitted(call, Input::CreateNetworkInterface(&input))
            .await?
        {
            Some(_) => it.within.create_network_interface(call, input).await,
            None => it.ec2.create_network_interface(call, input).await,
        }
    }

    async fn attach_network_interface(
        &self,
        call: &Call,
        input: AttachNetworkInterfaceRequest,
    ) -> Result<AttachNetworkInterfaceResult, Fault> {
        let it = &self.0;
        match it
            .admitted(call, Input::AttachNetworkInterface(&input))
            .await?
        {
            Some(_) => it.within.attach_network_interface(call, input).await,
            None => it.ec2.attach_network_interface(call, input).await,
        }
    }
}
