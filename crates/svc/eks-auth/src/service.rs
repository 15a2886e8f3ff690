//! The one operation.

use std::sync::Arc;

use wharf_api_eks_auth::{
    AssumeRoleForPodIdentityRequest, AssumeRoleForPodIdentityResponse, AssumedRoleUser,
    Credentials, Input, PodIdentityAssociation, Subject,
};
use wharf_base::arn;
use wharf_service::Place;
use wharf_svc_eks::{EksService, pod_identity::PRINCIPAL};
use wharf_wire::{Call, Check, Context, Fault};

use crate::{
    fault,
    session::{self, NoCredentials, Roles},
};

/// EKS Auth over EKS.
#[derive(Clone)]
pub struct EksAuthService {
    eks: EksService,
    roles: Arc<dyn Roles>,
}

impl EksAuthService {
    pub fn new(eks: EksService, roles: Arc<dyn Roles>) -> Self {
        Self { eks, roles }
    }

    async fn checks(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        let action = input.action();
        let Input::AssumeRoleForPodIdentity(it) = input;
        let name = it.cluster_name.as_deref();
        Ok(vec![self.eks.check_on_cluster(cx, action, name).await?])
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_eks_auth::operations! {
    impl EksAuthService;
    authorize(self, cx, input) = self.checks(cx, input).await;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(self, call, input).await;

    assume_role_for_pod_identity = assume;
}

async fn assume(
    it: &EksAuthService,
    call: &Call,
    input: AssumeRoleForPodIdentityRequest,
) -> Result<AssumeRoleForPodIdentityResponse, Fault> {
    let place = Place::of(call);
    let cluster = input.cluster_name.unwrap_or_default();
    let token = input.token.unwrap_or_default();
    let found = it.eks.pod_role(&place, &cluster, &token).await;
    let found = found.map_err(|why| fault::no_role(why, &cluster))?;
    let session = session::of(&found, &cluster, &place.region);
    let made = it.roles.assume(session).await.map_err(|why| {
        if let NoCredentials::Refused(why) = &why {
            tracing::info!(
                association = found.association_arn,
                why,
                "the role of a pod cannot be assumed"
            );
        }
        fault::no_credentials(&why)
    })?;
    let seen = |text: &str| arn::as_seen_from(&place.region, text).into_owned();
    Ok(AssumeRoleForPodIdentityResponse {
        subject: Some(Subject {
            namespace: Some(found.pod.namespace),
            service_account: Some(found.pod.service_account),
        }),
        audience: Some(PRINCIPAL.to_owned()),
        pod_identity_association: Some(PodIdentityAssociation {
            association_arn: Some(found.association_arn),
            association_id: Some(found.association.id),
        }),
        assumed_role_user: Some(AssumedRoleUser {
            arn: Some(seen(&made.arn)),
            assume_role_id: Some(made.role_id),
        }),
        credentials: Some(Credentials {
            session_token: Some(made.session_token),
            secret_access_key: Some(made.secret_access_key),
            access_key_id: Some(made.access_key_id),
            expiration: Some(made.expires),
        }),
        ..AssumeRoleForPodIdentityResponse::default()
    })
}
