//! PutReplicationConfiguration, DescribeRegistry, DescribeImageReplicationStatus.

use wharf_api_ecr::types as wire;
use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::{not_found, read_image_id, registry};
use crate::{
    catalog::{Catalog, Registry},
    error::EcrError,
    records::replication::{Destination, Replica, Replication, ReplicationRule},
};

pub(crate) async fn put_configuration(
    catalog: &Catalog,
    call: &Call,
    input: PutReplicationConfigurationRequest,
) -> Result<PutReplicationConfigurationResponse, EcrError> {
    let registry = Registry::new(&call.account, &call.region);
    let asked = input.replication_configuration.unwrap_or_default();
    let mut replication = Replication {
        rules: asked.rules.into_iter().flatten().map(read).collect(),
        ..Default::default()
    };
    replication.check(&registry)?;
    catalog.locate(call, &registry, &mut replication).await?;
    catalog
        .put_replication(&call.permit, &registry, &replication)
        .await?;
    Ok(PutReplicationConfigurationResponse {
        replication_configuration: Some(show(replication)),
    })
}

pub(crate) async fn describe_registry(
    catalog: &Catalog,
    call: &Call,
    _: DescribeRegistryRequest,
) -> Result<DescribeRegistryResponse, EcrError> {
    let registry = Registry::new(&call.account, &call.region);
    Ok(DescribeRegistryResponse {
        replication_configuration: Some(show(catalog.replication(&registry).await?)),
        registry_id: Some(registry.account),
    })
}

pub(crate) async fn describe_status(
    catalog: &Catalog,
    call: &Call,
    input: DescribeImageReplicationStatusRequest,
) -> Result<DescribeImageReplicationStatusResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let id = input.image_id.unwrap_or_default();
    let (reference, pair) =
        read_image_id(&id).map_err(|failure| EcrError::invalid("imageId", failure.reason))?;
    let found = catalog.image(&registry, &name, &reference).await?;
    let image = found
        .filter(|image| pair.is_none_or(|(_, digest)| image.digest == digest))
        .ok_or_else(|| not_found(&registry, &name, &id))?;
    Ok(DescribeImageReplicationStatusResponse {
        repository_name: Some(name),
        image_id: Some(ImageIdentifier {
            image_digest: Some(image.digest.to_string()),
            image_tag: id.image_tag,
        }),
        replication_statuses: Some(image.replicas.into_values().map(status).collect()),
    })
}

fn status(replica: Replica) -> ImageReplicationStatus {
    ImageReplicationStatus {
        region: Some(replica.destination.region),
        registry_id: Some(replica.destination.account),
        status: Some(replica.status.name().to_owned()),
        failure_code: replica.failure,
    }
}

fn read(rule: wire::ReplicationRule) -> ReplicationRule {
    let destination = |it: ReplicationDestination| Destination {
        account: it.registry_id.unwrap_or_default(),
        region: it.region.unwrap_or_default(),
    };
    let filters = rule.repository_filters.into_iter().flatten();
    ReplicationRule {
        destinations: rule
            .destinations
            .into_iter()
            .flatten()
            .map(destination)
            .collect(),
        prefixes: filters.filter_map(|it| it.filter).collect(),
        deletes: rule.delete_replication.and_then(|it| it.enabled),
    }
}

fn show(replication: Replication) -> ReplicationConfiguration {
    let destination = |it: Destination| ReplicationDestination {
        region: Some(it.region),
        registry_id: Some(it.account),
    };
    let filter = |filter| RepositoryFilter {
        filter: Some(filter),
        filter_type: Some("PREFIX_MATCH".to_owned()),
    };
    let rule = |it: ReplicationRule| wire::ReplicationRule {
        destinations: Some(it.destinations.into_iter().map(destination).collect()),
        repository_filters: (!it.prefixes.is_empty())
            .then(|| it.prefixes.into_iter().map(filter).collect()),
        delete_replication: it.deletes.map(|enabled| DeleteReplication {
            enabled: Some(enabled),
        }),
    };
    ReplicationConfiguration {
        rules: Some(replication.rules.into_iter().map(rule).collect()),
    }
}
