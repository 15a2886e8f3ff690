//! Condition keys of EKS: what a request wants of a cluster, as policies see it. Pure.

use wharf_api_eks::{
    CreateClusterRequest, EncryptionConfig, Logging, UpdateClusterConfigRequest, VpcConfigRequest,
};
use wharf_wire::Check;

pub fn of_creation(check: Check, it: &CreateClusterRequest) -> Check {
    let access = it.access_config.as_ref();
    let admin = access.and_then(|it| it.bootstrap_cluster_creator_admin_permissions);
    let check = version(check, it.version.as_deref());
    let check = flag(check, "eks:bootstrapClusterCreatorAdminPermissions", admin);
    let own = it.bootstrap_self_managed_addons;
    let check = flag(check, "eks:bootstrapSelfManagedAddons", own);
    let check = mode(
        check,
        access.and_then(|it| it.authentication_mode.as_deref()),
    );
    let check = encrypted(check, it.encryption_config.as_deref());
    let check = endpoint(check, it.resources_vpc_config.as_ref());
    let check = logged(check, it.logging.as_ref());
    let support = it.upgrade_policy.as_ref();
    let check = text(
        check,
        "eks:supportType",
        support.and_then(|it| it.support_type.as_deref()),
    );
    let shift = it.zonal_shift_config.as_ref().and_then(|it| it.enabled);
    let check = flag(check, "eks:zonalShiftEnabled", shift);
    flag(check, "eks:deletionProtection", it.deletion_protection)
}

pub fn of_change(check: Check, it: &UpdateClusterConfigRequest) -> Check {
    let access = it.access_config.as_ref();
    let check = mode(
        check,
        access.and_then(|it| it.authentication_mode.as_deref()),
    );
    let check = endpoint(check, it.resources_vpc_config.as_ref());
    let check = logged(check, it.logging.as_ref());
    let support = it.upgrade_policy.as_ref();
    let check = text(
        check,
        "eks:supportType",
        support.and_then(|it| it.support_type.as_deref()),
    );
    let shift = it.zonal_shift_config.as_ref().and_then(|it| it.enabled);
    let check = flag(check, "eks:zonalShiftEnabled", shift);
    flag(check, "eks:deletionProtection", it.deletion_protection)
}

pub fn version(check: Check, given: Option<&str>) -> Check {
    text(check, "eks:kubernetesVersion", given)
}

/// Under which keys of KMS secrets are to be.
pub fn encrypted(check: Check, given: Option<&[EncryptionConfig]>) -> Check {
    let keys = given.unwrap_or_default().iter();
    let keys = keys.filter_map(|it| it.provider.as_ref()?.key_arn.as_deref());
    keys.fold(check, |check, arn| {
        check.with("eks:encryptionConfigProviderKeyArns", arn)
    })
}

fn mode(check: Check, given: Option<&str>) -> Check {
    text(check, "eks:authenticationMode", given)
}

fn endpoint(check: Check, given: Option<&VpcConfigRequest>) -> Check {
    let public = given.and_then(|it| it.endpoint_public_access);
    let private = given.and_then(|it| it.endpoint_private_access);
    let check = flag(check, "eks:endpointPublicAccess", public);
    flag(check, "eks:endpointPrivateAccess", private)
}

/// Whether each log that is named is to be written.
fn logged(check: Check, given: Option<&Logging>) -> Check {
    let all = given.and_then(|it| it.cluster_logging.as_deref());
    all.unwrap_or_default().iter().fold(check, |check, setup| {
        let is_on = setup.enabled.unwrap_or_default().to_string();
        let types = setup.types.iter().flatten();
        types.fold(check, |check, it| {
            check.with(&format!("eks:loggingType/{it}"), is_on.clone())
        })
    })
}

fn text(check: Check, key: &str, given: Option<&str>) -> Check {
    match given {
        Some(value) => check.with(key, value),
        None => check,
    }
}

fn flag(check: Check, key: &str, given: Option<bool>) -> Check {
    match given {
        Some(value) => check.with(key, value.to_string()),
        None => check,
    }
}

#[cfg(test)]
mod tests {
    use wharf_api_eks::{CreateAccessConfigRequest, LogSetup, Provider};

    use super::*;

    fn shown(check: Check) -> Vec<String> {
        let context = check.context.into_iter();
        context
            .map(|(key, values)| format!("{key}={}", values.join(",")))
            .collect()
    }

    fn config(public: Option<bool>) -> Option<VpcConfigRequest> {
        Some(VpcConfigRequest {
            endpoint_public_access: public,
            endpoint_private_access: Some(true),
            ..VpcConfigRequest::default()
        })
    }

    #[test]
    fn a_cluster_says_what_it_is_to_be() {
        let create = CreateClusterRequest {
            version: Some("1.36".to_owned()),
            access_config: Some(CreateAccessConfigRequest {
                bootstrap_cluster_creator_admin_permissions: Some(false),
                authentication_mode: Some("API".to_owned()),
            }),
            encryption_config: Some(vec![EncryptionConfig {
                resources: None,
                provider: Some(Provider {
                    key_arn: Some("arn:k".to_owned()),
                }),
            }]),
            resources_vpc_config: config(Some(false)),
            deletion_protection: Some(true),
            ..CreateClusterRequest::default()
        };
        assert_eq!(
            shown(of_creation(Check::any("eks:CreateCluster"), &create)),
            [
                "eks:authenticationMode=API",
                "eks:bootstrapClusterCreatorAdminPermissions=false",
                "eks:deletionProtection=true",
                "eks:encryptionConfigProviderKeyArns=arn:k",
                "eks:endpointPrivateAccess=true",
                "eks:endpointPublicAccess=false",
                "eks:kubernetesVersion=1.36",
            ]
        );
        let change = UpdateClusterConfigRequest {
            resources_vpc_config: config(None),
            logging: Some(Logging {
                cluster_logging: Some(vec![LogSetup {
                    types: Some(vec!["api".to_owned(), "audit".to_owned()]),
                    enabled: Some(false),
                }]),
            }),
            ..UpdateClusterConfigRequest::default()
        };
        assert_eq!(
            shown(of_change(Check::any("eks:UpdateClusterConfig"), &change)),
            [
                "eks:endpointPrivateAccess=true",
                "eks:loggingType/api=false",
                "eks:loggingType/audit=false",
            ]
        );
    }
}
