//! What a machine does at its start: it joins its cluster, with the label and the taint of Fargate's nodes. Pure.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use wharf_kube_model::fargate::{COMPUTE_TYPE, FARGATE};

use crate::Cluster;

pub fn user_data(cluster: &Cluster) -> String {
    let Cluster {
        name,
        endpoint,
        authority,
        service_cidr,
    } = cluster;
    let authority = BASE64.encode(authority.as_bytes());
    format!(
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"//\"\n\n--//\nContent-Type: application/node.eks.aws\n\n\
         apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  cluster:\n    name: {name}\n    apiServerEndpoint: {endpoint}\n    \
         certificateAuthority: {authority}\n    cidr: {service_cidr}\n  kubelet:\n    flags:\n    \
         - \"--node-labels={COMPUTE_TYPE}={FARGATE}\"\n    - \"--register-with-taints={COMPUTE_TYPE}={FARGATE}:NoSchedule\"\n\n--//--\n"
    )
}
