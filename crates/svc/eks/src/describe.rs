//! From records to the wire. Pure.

use std::collections::BTreeSet;

use data_encoding::BASE64;
use wharf_api_eks::{
    AccessConfigResponse, AccessEntry, AccessScope, AssociatedAccessPolicy, BlockStorage,
    Certificate, Cluster, ClusterHealth, ClusterIssue, ComputeConfigResponse, ElasticLoadBalancing,
    Identity, KubernetesNetworkConfigResponse, LogSetup, Logging, OIDC, StorageConfigResponse,
    UpgradePolicyResponse, VpcConfigResponse, ZonalShiftConfigResponse,
};
use wharf_base::arn;
use wharf_service::Place;

use crate::{control_planes::LogType, names, records, versions};

pub fn cluster(place: &Place, record: &records::Cluster) -> Cluster {
    let active = match record.status {
        records::Status::Creating | records::Status::Failed => false,
        // One that never was may be deleted too.
        _ => record.endpoint.is_some(),
    };
    let issues = record.issues.iter().map(|it| ClusterIssue {
        code: Some(it.code.clone()),
        message: Some(it.message.clone()),
        resource_ids: Some(it.resources.clone()),
    });
    let certificate = record.authority.as_ref().filter(|_| active);
    let certificate = Certificate {
        data: certificate.map(|it| BASE64.encode(it.certificate.as_bytes())),
        ..Certificate::default()
    };
    Cluster {
        name: Some(record.name.clone()),
        arn: Some(names::cluster_arn(place, &record.name)),
        created_at: Some(record.created_at),
        version: Some(record.version.clone()),
        endpoint: record.endpoint.clone().filter(|_| active),
        role_arn: Some(arn::as_seen_from(&place.region, &record.role).into_owned()),
        resources_vpc_config: Some(VpcConfigResponse {
            subnet_ids: Some(record.subnets.clone()),
            security_group_ids: Some(record.security_groups.clone()),
            cluster_security_group_id: record.own_group.clone(),
            vpc_id: Some(record.vpc.clone()),
            endpoint_public_access: Some(true),
            endpoint_private_access: Some(false),
            public_access_cidrs: Some(record.admitted.clone()),
            ..VpcConfigResponse::default()
        }),
        kubernetes_network_config: Some(KubernetesNetworkConfigResponse {
            service_ipv4_cidr: Some(record.service_cidr.clone()),
            ip_family: Some("ipv4".to_owned()),
            elastic_load_balancing: Some(ElasticLoadBalancing {
                enabled: Some(false),
                ..ElasticLoadBalancing::default()
            }),
            ..KubernetesNetworkConfigResponse::default()
        }),
        // What is understood of requests is that these are off.
        compute_config: Some(ComputeConfigResponse {
            enabled: Some(false),
            ..ComputeConfigResponse::default()
        }),
        storage_config: Some(StorageConfigResponse {
            block_storage: Some(BlockStorage {
                enabled: Some(false),
            }),
        }),
        zonal_shift_config: Some(ZonalShiftConfigResponse {
            enabled: Some(false),
        }),
        logging: Some(Logging {
            cluster_logging: Some(log_setups(&record.logs)),
        }),
        identity: active.then(|| Identity {
            oidc: Some(OIDC {
                issuer: Some(names::issuer(place, &record.id)),
            }),
        }),
        status: Some(record.status.name().to_owned()),
        certificate_authority: Some(certificate),
        encryption_config: record.encryption.as_ref().map(|it| vec![it.described()]),
        client_request_token: record.token.clone(),
        platform_version: Some(versions::PLATFORM.to_owned()),
        tags: Some(record.tags.clone()),
        health: Some(ClusterHealth {
            issues: Some(issues.collect()),
        }),
        access_config: Some(AccessConfigResponse {
            // Told of the request alone, as with EKS.
            bootstrap_cluster_creator_admin_permissions: (!active)
                .then_some(record.creator_is_admin),
            authentication_mode: Some(record.mode.name().to_owned()),
        }),
        upgrade_policy: Some(UpgradePolicyResponse {
            support_type: Some(record.support.clone()),
        }),
        deletion_protection: Some(record.deletion_protection),
        ..Cluster::default()
    }
}

/// Those that are on, then those that are off.
pub fn log_setups(on: &BTreeSet<LogType>) -> Vec<LogSetup> {
    let setup = |enabled: bool| {
        let types = LogType::ALL.iter().filter(|it| on.contains(it) == enabled);
        let types: Vec<String> = types.map(|it| it.name().to_owned()).collect();
        (!types.is_empty()).then_some(LogSetup {
            types: Some(types),
            enabled: Some(enabled),
        })
    };
    [true, false].into_iter().filter_map(setup).collect()
}

pub fn entry(place: &Place, record: &records::AccessEntry) -> AccessEntry {
    let seen = |text: &str| arn::as_seen_from(&place.region, text).into_owned();
    let own = names::entry_arn(place, &record.cluster, &record.principal, &record.uuid);
    AccessEntry {
        cluster_name: Some(record.cluster.clone()),
        principal_arn: Some(seen(&record.principal)),
        kubernetes_groups: Some(record.groups.clone()),
        access_entry_arn: Some(own),
        created_at: Some(record.created_at),
        modified_at: Some(record.modified_at),
        tags: Some(record.tags.clone()),
        username: Some(seen(&record.username)),
        type_: Some(record.entry_type.clone()),
    }
}

pub fn association(policy: &str, record: &records::Association) -> AssociatedAccessPolicy {
    let scope = match &record.namespaces {
        None => ("cluster", Vec::new()),
        Some(namespaces) => ("namespace", namespaces.clone()),
    };
    AssociatedAccessPolicy {
        policy_arn: Some(policy.to_owned()),
        access_scope: Some(AccessScope {
            type_: Some(scope.0.to_owned()),
            namespaces: Some(scope.1),
        }),
        associated_at: Some(record.associated_at),
        modified_at: Some(record.modified_at),
    }
}
