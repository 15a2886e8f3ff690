// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssumeRoleForPodIdentityRequest {
    pub cluster_name: Option<String>,
    pub token: Option<String>,
    pub eks_node_name: Option<String>,
    pub instance_id: Option<String>,
    pub zone: Option<String>,
}
structure!(AssumeRoleForPodIdentityRequest {
0 cluster_name,
1 token,
2 eks_node_name,
3 instance_id,
4 zone,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssumeRoleForPodIdentityResponse {
    pub subject: Option<Subject>,
    pub audience: Option<String>,
    pub pod_identity_association: Option<PodIdentityAssociation>,
    pub assumed_role_user: Option<AssumedRoleUser>,
    pub credentials: Option<Credentials>,
    pub workload_identity_provider_arn: Option<String>,
}
structure!(AssumeRoleForPodIdentityResponse {
0 subject,
1 audience,
2 pod_identity_association,
3 assumed_role_user,
4 credentials,
5 workload_identity_provider_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssumedRoleUser {
    pub arn: Option<String>,
    pub assume_role_id: Option<String>,
}
structure!(AssumedRoleUser {
0 arn,
1 assume_role_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Credentials {
    pub session_token: Option<String>,
    pub secret_access_key: Option<String>,
    pub access_key_id: Option<String>,
    pub expiration: Option<Timestamp>,
}
structure!(Credentials {
0 session_token,
1 secret_access_key,
2 access_key_id,
3 expiration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PodIdentityAssociation {
    pub association_arn: Option<String>,
    pub association_id: Option<String>,
}
structure!(PodIdentityAssociation {
0 association_arn,
1 association_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Subject {
    pub namespace: Option<String>,
    pub service_account: Option<String>,
}
structure!(Subject {
0 namespace,
1 service_account,
});
