// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Account {
    pub id: Option<String>,
    pub name: Option<String>,
    pub state: Option<String>,
    pub home: Option<bool>,
    pub created_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
}
structure!(Account {
0 id,
1 name,
2 state,
3 home,
4 created_at,
5 closed_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AdmissionKey {
    pub fingerprint: Option<String>,
    pub key: Option<String>,
}
structure!(AdmissionKey {
0 fingerprint,
1 key,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AdmissionRule {
    pub name: Option<String>,
    pub repositories: Option<Vec<String>>,
    pub keys: Option<Vec<AdmissionKey>>,
    pub unsigned: Option<bool>,
    pub changed_at: Option<Timestamp>,
    pub changed_by: Option<String>,
}
structure!(AdmissionRule {
0 name,
1 repositories,
2 keys,
3 unsigned,
4 changed_at,
5 changed_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BackupCopy {
    pub installation: Option<String>,
    pub copy: Option<i64>,
    pub taken_at: Option<Timestamp>,
    pub revision: Option<i64>,
    pub entries: Option<i64>,
    pub blobs: Option<i64>,
    pub copied_bytes: Option<i64>,
    pub kept_bytes: Option<i64>,
}
structure!(BackupCopy {
0 installation,
1 copy,
2 taken_at,
3 revision,
4 entries,
5 blobs,
6 copied_bytes,
7 kept_bytes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BackupRequest {
    pub dir: Option<String>,
    pub proof: Option<String>,
}
structure!(BackupRequest {
0 dir,
1 proof,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BackupResponse {
    pub state: Option<String>,
    pub reason: Option<String>,
    pub backup: Option<BackupCopy>,
}
structure!(BackupResponse {
0 state,
1 reason,
2 backup,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CertificateAuthorities {
    pub authorities: Option<Vec<CertificateAuthority>>,
    pub outdated: Option<Vec<String>>,
}
structure!(CertificateAuthorities {
0 authorities,
1 outdated,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CertificateAuthority {
    pub name: Option<String>,
    pub not_after: Option<Timestamp>,
    pub active: Option<bool>,
}
structure!(CertificateAuthority {
0 name,
1 not_after,
2 active,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CloseAccountRequest {
    pub id: Option<String>,
}
structure!(CloseAccountRequest {
0 id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CloseAccountResponse {
    pub account: Option<Account>,
}
structure!(CloseAccountResponse {
0 account,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateAccountRequest {
    pub name: Option<String>,
    pub id: Option<String>,
    pub client_token: Option<String>,
}
structure!(CreateAccountRequest {
0 name,
1 id,
2 client_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateAccountResponse {
    pub account: Option<Account>,
    pub access_key_id: Option<String>,
    pub secret_access_key: Option<String>,
}
structure!(CreateAccountResponse {
0 account,
1 access_key_id,
2 secret_access_key,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateJoinTokenRequest {
    pub cluster: Option<String>,
    pub zone: Option<String>,
    pub fargate: Option<bool>,
    pub instances: Option<bool>,
    pub load_balancer: Option<bool>,
    pub max_cpu: Option<i32>,
    pub max_memory: Option<i32>,
    pub underlay: Option<String>,
    pub accounts: Option<Vec<String>>,
    pub regions: Option<Vec<String>>,
}
structure!(CreateJoinTokenRequest {
0 cluster,
1 zone,
2 fargate,
3 instances,
4 load_balancer,
5 max_cpu,
6 max_memory,
7 underlay,
8 accounts,
9 regions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateJoinTokenResponse {
    pub token_id: Option<String>,
    pub token: Option<String>,
}
structure!(CreateJoinTokenResponse {
0 token_id,
1 token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateSigningProfileRequest {
    pub name: Option<String>,
    pub key_id: Option<String>,
    pub validity_days: Option<i32>,
}
structure!(CreateSigningProfileRequest {
0 name,
1 key_id,
2 validity_days,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateSigningProfileResponse {
    pub profile: Option<SigningProfile>,
}
structure!(CreateSigningProfileResponse {
0 profile,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DedicateNodeRequest {
    pub name: Option<String>,
    pub cluster: Option<String>,
    pub account: Option<String>,
    pub region: Option<String>,
    pub profile: Option<String>,
    pub subnet: Option<String>,
    pub cpus: Option<i32>,
    pub memory_mib: Option<i32>,
    pub disk_gib: Option<i32>,
    pub cancel: Option<bool>,
    pub as_instance: Option<bool>,
}
structure!(DedicateNodeRequest {
0 name,
1 cluster,
2 account,
3 region,
4 profile,
5 subnet,
6 cpus,
7 memory_mib,
8 disk_gib,
9 cancel,
10 as_instance,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DedicateNodeResponse {
    pub name: Option<String>,
    pub instance: Option<String>,
    pub node: Option<String>,
    pub cpus: Option<i32>,
    pub memory_mib: Option<i32>,
    pub made: Option<bool>,
    pub ended: Option<Vec<Dedicated>>,
}
structure!(DedicateNodeResponse {
0 name,
1 instance,
2 node,
3 cpus,
4 memory_mib,
5 made,
6 ended,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dedicated {
    pub account: Option<String>,
    pub region: Option<String>,
    pub cluster: Option<String>,
    pub instance: Option<String>,
    pub node: Option<String>,
    pub cpus: Option<i32>,
    pub memory_mib: Option<i32>,
}
structure!(Dedicated {
0 account,
1 region,
2 cluster,
3 instance,
4 node,
5 cpus,
6 memory_mib,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteAdmissionRuleRequest {
    pub name: Option<String>,
}
structure!(DeleteAdmissionRuleRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteAdmissionRuleResponse {
    pub rule: Option<AdmissionRule>,
}
structure!(DeleteAdmissionRuleResponse {
0 rule,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteSigningProfileRequest {
    pub name: Option<String>,
}
structure!(DeleteSigningProfileRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteSigningProfileResponse {
    pub profile: Option<SigningProfile>,
}
structure!(DeleteSigningProfileResponse {
0 profile,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExplainRequest {
    pub cluster: Option<String>,
    pub service: Option<String>,
    pub task: Option<String>,
    pub request: Option<String>,
    pub pod: Option<String>,
}
structure!(ExplainRequest {
0 cluster,
1 service,
2 task,
3 request,
4 pod,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExplainResponse {
    pub service: Option<wharf_wire::Document>,
    pub task: Option<wharf_wire::Document>,
    pub hosts: Option<Vec<wharf_wire::Document>>,
    pub events: Option<Vec<wharf_wire::Document>>,
    pub pod: Option<wharf_wire::Document>,
    pub nodes: Option<Vec<wharf_wire::Document>>,
}
structure!(ExplainResponse {
0 service,
1 task,
2 hosts,
3 events,
4 pod,
5 nodes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FargatePool {
    pub sizes: Option<Vec<String>>,
    pub least: Option<i32>,
    pub most: Option<i32>,
    pub waiting: Option<i32>,
    pub lacking: Option<i32>,
    pub reasons: Option<Vec<String>>,
    pub machines: Option<Vec<FargatePoolMachine>>,
}
structure!(FargatePool {
0 sizes,
1 least,
2 most,
3 waiting,
4 lacking,
5 reasons,
6 machines,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FargatePoolMachine {
    pub id: Option<String>,
    pub size: Option<String>,
    pub zone: Option<String>,
    pub state: Option<String>,
    pub since: Option<Timestamp>,
    pub claims: Option<i32>,
    pub reason: Option<String>,
}
structure!(FargatePoolMachine {
0 id,
1 size,
2 zone,
3 state,
4 since,
5 claims,
6 reason,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBackupRequest {}
structure!(GetBackupRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBackupResponse {
    pub state: Option<String>,
    pub reason: Option<String>,
    pub backup: Option<BackupCopy>,
}
structure!(GetBackupResponse {
0 state,
1 reason,
2 backup,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetCertificateAuthorityRequest {}
structure!(GetCertificateAuthorityRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetCertificateAuthorityResponse {
    pub certificates: Option<String>,
}
structure!(GetCertificateAuthorityResponse {
0 certificates,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grant {
    pub cluster: Option<String>,
    pub zone: Option<String>,
    pub fargate: Option<bool>,
    pub instances: Option<bool>,
    pub load_balancer: Option<bool>,
    pub max_cpu: Option<i32>,
    pub max_memory: Option<i32>,
    pub underlay: Option<String>,
    pub accounts: Option<Vec<String>>,
    pub regions: Option<Vec<String>>,
}
structure!(Grant {
0 cluster,
1 zone,
2 fargate,
3 instances,
4 load_balancer,
5 max_cpu,
6 max_memory,
7 underlay,
8 accounts,
9 regions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Key {
    pub id: Option<String>,
    pub created: Option<Timestamp>,
    pub active: Option<bool>,
    pub secrets: Option<i32>,
    pub images: Option<i32>,
}
structure!(Key {
0 id,
1 created,
2 active,
3 secrets,
4 images,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct KubernetesCluster {
    pub name: Option<String>,
    pub version: Option<String>,
    pub status: Option<String>,
    pub endpoint: Option<String>,
    pub nodes: Option<i32>,
    pub ready_nodes: Option<i32>,
    pub running_pods: Option<i32>,
    pub pending_pods: Option<i32>,
    pub failed_pods: Option<i32>,
}
structure!(KubernetesCluster {
0 name,
1 version,
2 status,
3 endpoint,
4 nodes,
5 ready_nodes,
6 running_pods,
7 pending_pods,
8 failed_pods,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAccountsRequest {}
structure!(ListAccountsRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAccountsResponse {
    pub accounts: Option<Vec<Account>>,
}
structure!(ListAccountsResponse {
0 accounts,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAdmissionRulesRequest {}
structure!(ListAdmissionRulesRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAdmissionRulesResponse {
    pub rules: Option<Vec<AdmissionRule>>,
}
structure!(ListAdmissionRulesResponse {
0 rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListKeysRequest {}
structure!(ListKeysRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListKeysResponse {
    pub keys: Option<Vec<Key>>,
    pub locked_out: Option<Vec<String>>,
    pub nodes: Option<NodeAuthorities>,
    pub certificates: Option<CertificateAuthorities>,
}
structure!(ListKeysResponse {
0 keys,
1 locked_out,
2 nodes,
3 certificates,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListNodesRequest {}
structure!(ListNodesRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListNodesResponse {
    pub nodes: Option<Vec<Node>>,
}
structure!(ListNodesResponse {
0 nodes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListOutsideAccessRequest {}
structure!(ListOutsideAccessRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListOutsideAccessResponse {
    pub open: Option<Vec<OutsideAccess>>,
    pub unread: Option<Vec<String>>,
}
structure!(ListOutsideAccessResponse {
0 open,
1 unread,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSigningProfilesRequest {}
structure!(ListSigningProfilesRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSigningProfilesResponse {
    pub profiles: Option<Vec<SigningProfile>>,
}
structure!(ListSigningProfilesResponse {
0 profiles,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MachineMaker {
    pub name: Option<String>,
    pub wanted: Option<i32>,
    pub there: Option<i32>,
    pub most: Option<i32>,
    pub failure: Option<String>,
    pub failed_at: Option<Timestamp>,
}
structure!(MachineMaker {
0 name,
1 wanted,
2 there,
3 most,
4 failure,
5 failed_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Node {
    pub name: Option<String>,
    pub granted: Option<Grant>,
    pub joined_at: Option<Timestamp>,
    pub instances: Option<Vec<NodeInstance>>,
    pub dedicated: Option<Vec<Dedicated>>,
}
structure!(Node {
0 name,
1 granted,
2 joined_at,
3 instances,
4 dedicated,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeAuthorities {
    pub authorities: Option<Vec<NodeAuthority>>,
    pub locked_out: Option<Vec<String>>,
}
structure!(NodeAuthorities {
0 authorities,
1 locked_out,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeAuthority {
    pub digest: Option<String>,
    pub made_at: Option<Timestamp>,
    pub next: Option<bool>,
}
structure!(NodeAuthority {
0 digest,
1 made_at,
2 next,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeInstance {
    pub arn: Option<String>,
    pub ec2_instance: Option<String>,
    pub cluster: Option<String>,
    pub zone: Option<String>,
    pub connected: Option<bool>,
    pub retired: Option<bool>,
}
structure!(NodeInstance {
0 arn,
1 ec2_instance,
2 cluster,
3 zone,
4 connected,
5 retired,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OutsideAccess {
    pub resource: Option<String>,
    pub statement: Option<i32>,
    pub who: Option<Vec<String>>,
    pub actions: Option<Vec<String>>,
    pub conditions: Option<Vec<String>>,
}
structure!(OutsideAccess {
0 resource,
1 statement,
2 who,
3 actions,
4 conditions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OverviewRequest {}
structure!(OverviewRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OverviewResponse {
    pub clusters: Option<Vec<wharf_wire::Document>>,
    pub container_instances: Option<Vec<wharf_wire::Document>>,
    pub services: Option<Vec<wharf_wire::Document>>,
    pub tasks: Option<Vec<wharf_wire::Document>>,
    pub load_balancers: Option<Vec<wharf_wire::Document>>,
    pub target_groups: Option<Vec<wharf_wire::Document>>,
    pub unopened_listeners: Option<Vec<UnopenedListener>>,
    pub kubernetes_clusters: Option<Vec<KubernetesCluster>>,
    pub machine_makers: Option<Vec<MachineMaker>>,
    pub fargate_pool: Option<FargatePool>,
}
structure!(OverviewResponse {
0 clusters,
1 container_instances,
2 services,
3 tasks,
4 load_balancers,
5 target_groups,
6 unopened_listeners,
7 kubernetes_clusters,
8 machine_makers,
9 fargate_pool,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutAdmissionRuleRequest {
    pub name: Option<String>,
    pub repositories: Option<Vec<String>>,
    pub keys: Option<Vec<String>>,
    pub unsigned: Option<bool>,
}
structure!(PutAdmissionRuleRequest {
0 name,
1 repositories,
2 keys,
3 unsigned,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutAdmissionRuleResponse {
    pub rule: Option<AdmissionRule>,
}
structure!(PutAdmissionRuleResponse {
0 rule,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoveNodeRequest {
    pub name: Option<String>,
}
structure!(RemoveNodeRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoveNodeResponse {
    pub removed: Option<String>,
    pub instances: Option<Vec<String>>,
}
structure!(RemoveNodeResponse {
0 removed,
1 instances,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RetireKeysRequest {
    pub key: Option<String>,
    pub now: Option<bool>,
}
structure!(RetireKeysRequest {
0 key,
1 now,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RetireKeysResponse {
    pub retired: Option<Vec<String>>,
    pub locked_out: Option<Vec<String>>,
    pub outdated: Option<Vec<String>>,
}
structure!(RetireKeysResponse {
0 retired,
1 locked_out,
2 outdated,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RetireNodeRequest {
    pub name: Option<String>,
    pub cancel: Option<bool>,
    pub notice_seconds: Option<i32>,
}
structure!(RetireNodeRequest {
0 name,
1 cancel,
2 notice_seconds,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RetireNodeResponse {
    pub name: Option<String>,
    pub instances: Option<Vec<String>>,
}
structure!(RetireNodeResponse {
0 name,
1 instances,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RotateKeysRequest {
    pub key: Option<String>,
}
structure!(RotateKeysRequest {
0 key,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RotateKeysResponse {
    pub active: Option<String>,
    pub sealed_anew: Option<i32>,
    pub authority: Option<String>,
    pub renewing: Option<i32>,
    pub access_key_id: Option<String>,
}
structure!(RotateKeysResponse {
0 active,
1 sealed_anew,
2 authority,
3 renewing,
4 access_key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SigningProfile {
    pub name: Option<String>,
    pub arn: Option<String>,
    pub key_arn: Option<String>,
    pub certificate: Option<String>,
    pub fingerprint: Option<String>,
    pub validity_days: Option<i32>,
    pub created_at: Option<Timestamp>,
    pub created_by: Option<String>,
}
structure!(SigningProfile {
0 name,
1 arn,
2 key_arn,
3 certificate,
4 fingerprint,
5 validity_days,
6 created_at,
7 created_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnopenedListener {
    pub host: Option<String>,
    pub address: Option<String>,
    pub reason: Option<String>,
}
structure!(UnopenedListener {
0 host,
1 address,
2 reason,
});
