//! Users of a cluster that the server is itself, or acts as.

/// The server as a user of its own clusters.
pub const SELF: &str = "system:apiserver";
pub const CONTROLLERS: &str = "system:kube-controller-manager";
pub const SCHEDULER: &str = "system:kube-scheduler";
/// Who gives pods their addresses.
pub const ADDRESSES: &str = "eks:vpc-resource-controller";
/// Who gives pods of Fargate their machines.
pub const FARGATE: &str = "eks:fargate-scheduler";
/// Who makes load balancers of Services and Ingresses.
pub const BALANCERS: &str = "eks:load-balancer-controller";
/// Who makes and attaches EBS volumes of claims.
pub const VOLUMES: &str = "eks:ebs-csi-controller";
/// Who makes access points of EFS for claims.
pub const FILES: &str = "eks:efs-csi-controller";
/// Who empties nodes of managed groups and gives them their labels and taints.
pub const NODE_GROUPS: &str = "eks:node-manager";
