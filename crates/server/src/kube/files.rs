//! File systems of claims: who makes their access points, and in whose name EFS is asked.

use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wharf_api_efs::{
    AccessPointDescription, CreateAccessPointRequest, DeleteAccessPointRequest,
    DescribeAccessPointsRequest, DescribeAccessPointsResponse, Efs, Input,
};
use wharf_kube_auth::UserInfo;
use wharf_kube_client::Informers;
use wharf_kube_model::parts::{Part, Parts};
use wharf_svc_efs::EfsService;
use wharf_svc_eks::control_planes::Wanted;
use wharf_svc_kube_files::Cloud;
use wharf_wire::{Call, Check, Context, Dispatcher, Fault, async_trait};

use super::{Clusters, part_roles::Acting, users::FILES};

pub fn are_given(without: &Parts) -> bool {
    !without.contains(&Part::EfsCsi)
}

impl Clusters {
    /// Who makes access points, a client like the others.
    pub(super) fn start_files(
        &self,
        wanted: &Wanted,
        followed: Informers,
        acting: Arc<Acting>,
        gives: watch::Receiver<bool>,
        stop: &CancellationToken,
    ) {
        let client = self.client(&wanted.id, UserInfo::authenticated(FILES, &[]), FILES);
        let settings = &self.settings;
        let efs = InRole {
            efs: wharf_api_efs::Client::new(
                Arc::new(settings.efs.clone()),
                settings.dispatcher.clone(),
            ),
            within: settings.efs.clone(),
            dispatcher: settings.dispatcher.clone(),
            acting,
        };
        let cloud = Cloud {
            efs: Arc::new(efs),
            clock: settings.clock.clone(),
            cluster: wanted.cluster(),
        };
        let run = wharf_svc_kube_files::run(client, followed, cloud, gives, stop.clone());
        tokio::spawn(run);
    }
}

/// EFS as the driver of a cluster asks it: as EKS itself, or in a session of the role of the add-on.
struct InRole {
    /// Past the gate, as services ask.
    efs: wharf_api_efs::Client,
    /// Behind it: for who was let in here.
    within: EfsService,
    dispatcher: Dispatcher,
    acting: Arc<Acting>,
}

impl InRole {
    /// The call in the session that may make it, once that was asked for and told to the audit log; nothing: EKS makes it itself.
    async fn admitted(&self, call: &Call, input: Input<'_>) -> Result<Option<Call>, Fault> {
        let Some(cx) = self.acting.context(call).await? else {
            return Ok(None);
        };
        let checks = self.within.authorize(&cx, input).await?;
        let schema = &wharf_api_efs::schema::SERVICE;
        let admitted = self.dispatcher.admit_from_outside(schema, cx, &checks);
        admitted.await.map(Some)
    }
}

#[async_trait]
impl Efs for InRole {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.within.authorize(cx, input).await
    }

    async fn create_access_point(
        &self,
        call: &Call,
        input: CreateAccessPointRequest,
    ) -> Result<AccessPointDescription, Fault> {
        let asked = self
            .admitted(call, Input::CreateAccessPoint(&input))
            .await?;
        match asked {
            Some(call) => self.within.create_access_point(&call, input).await,
            None => self.efs.create_access_point(call, input).await,
        }
    }

    async fn delete_access_point(
        &self,
        call: &Call,
        input: DeleteAccessPointRequest,
    ) -> Result<(), Fault> {
        let asked = self
            .admitted(call, Input::DeleteAccessPoint(&input))
            .await?;
        match asked {
            Some(call) => self.within.delete_access_point(&call, input).await,
            None => self.efs.delete_access_point(call, input).await,
        }
    }

    /// What is read is judged and not told of: it is read often.
    async fn describe_access_points(
        &self,
        call: &Call,
        input: DescribeAccessPointsRequest,
    ) -> Result<DescribeAccessPointsResponse, Fault> {
        let call = self.acting.asking(call).await?;
        self.efs.describe_access_points(&call, input).await
    }
}
