//! PutSigningConfiguration, GetSigningConfiguration, DeleteSigningConfiguration, DescribeImageSigningStatus.

use wharf_api_ecr::types as wire;
use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::{not_found, read_image_id, registry};
use crate::{
    catalog::{Catalog, Registry},
    error::EcrError,
    records::{Signature, Signing, SigningRule},
};

pub(crate) async fn put(
    catalog: &Catalog,
    call: &Call,
    input: PutSigningConfigurationRequest,
) -> Result<PutSigningConfigurationResponse, EcrError> {
    let registry = Registry::new(&call.account, &call.region);
    let asked = input.signing_configuration.unwrap_or_default();
    let signing = Signing {
        rules: asked.rules.into_iter().flatten().map(read).collect(),
        unknown: Default::default(),
    };
    catalog
        .put_signing(&call.permit, &registry, &signing)
        .await?;
    Ok(PutSigningConfigurationResponse {
        signing_configuration: Some(show(signing)),
    })
}

pub(crate) async fn get(
    catalog: &Catalog,
    call: &Call,
    _: GetSigningConfigurationRequest,
) -> Result<GetSigningConfigurationResponse, EcrError> {
    let registry = Registry::new(&call.account, &call.region);
    let found = catalog.signing(&registry).await?;
    let found = found.ok_or_else(|| EcrError::SigningNotFound(registry.account.clone()))?;
    Ok(GetSigningConfigurationResponse {
        registry_id: Some(registry.account),
        signing_configuration: Some(show(found.record)),
    })
}

pub(crate) async fn delete(
    catalog: &Catalog,
    call: &Call,
    _: DeleteSigningConfigurationRequest,
) -> Result<DeleteSigningConfigurationResponse, EcrError> {
    let registry = Registry::new(&call.account, &call.region);
    let deleted = catalog.delete_signing(&call.permit, &registry).await?;
    Ok(DeleteSigningConfigurationResponse {
        registry_id: Some(registry.account),
        signing_configuration: Some(show(deleted)),
    })
}

pub(crate) async fn describe_status(
    catalog: &Catalog,
    call: &Call,
    input: DescribeImageSigningStatusRequest,
) -> Result<DescribeImageSigningStatusResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let id = input.image_id.unwrap_or_default();
    let (reference, pair) =
        read_image_id(&id).map_err(|failure| EcrError::invalid("imageId", failure.reason))?;
    let found = catalog.signatures(&registry, &name, &reference).await?;
    let (image, signatures) = found
        .filter(|(image, _)| pair.is_none_or(|(_, digest)| image.digest == digest))
        .ok_or_else(|| not_found(&registry, &name, &id))?;
    let profiles = signatures.map(|it| it.profiles).unwrap_or_default();
    Ok(DescribeImageSigningStatusResponse {
        repository_name: Some(name),
        image_id: Some(ImageIdentifier {
            image_digest: Some(image.digest.to_string()),
            image_tag: id.image_tag,
        }),
        registry_id: Some(registry.account),
        signing_statuses: Some(profiles.into_iter().map(status).collect()),
    })
}

fn status((profile, signature): (String, Signature)) -> ImageSigningStatus {
    let (code, reason) = signature.failure.unzip();
    ImageSigningStatus {
        signing_profile_arn: Some(profile),
        status: Some(signature.status.name().to_owned()),
        failure_code: code,
        failure_reason: reason,
    }
}

fn read(rule: wire::SigningRule) -> SigningRule {
    let filters = rule.repository_filters.into_iter().flatten();
    SigningRule {
        profile: rule.signing_profile_arn.unwrap_or_default(),
        filters: filters.filter_map(|it| it.filter).collect(),
    }
}

fn show(signing: Signing) -> SigningConfiguration {
    let filter = |filter| SigningRepositoryFilter {
        filter: Some(filter),
        filter_type: Some("WILDCARD_MATCH".to_owned()),
    };
    let rule = |it: SigningRule| wire::SigningRule {
        signing_profile_arn: Some(it.profile),
        repository_filters: (!it.filters.is_empty())
            .then(|| it.filters.into_iter().map(filter).collect()),
    };
    SigningConfiguration {
        rules: Some(signing.rules.into_iter().map(rule).collect()),
    }
}
