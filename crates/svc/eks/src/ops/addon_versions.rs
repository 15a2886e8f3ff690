//! DescribeAddonVersions and DescribeAddonConfiguration.

use wharf_api_eks::{
    AddonInfo, AddonPodIdentityConfiguration, AddonVersionInfo, Compatibility,
    DescribeAddonConfigurationRequest, DescribeAddonConfigurationResponse,
    DescribeAddonVersionsRequest, DescribeAddonVersionsResponse,
};
use wharf_kube_model::{Version, parts::Part};
use wharf_wire::{Call, Fault};

use crate::{
    addons::{NAMESPACE, facts},
    core::Core,
};

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeAddonVersionsRequest,
) -> Result<DescribeAddonVersionsResponse, Fault> {
    let list = |given: Option<Vec<String>>| given.unwrap_or_default();
    let (types, publishers) = (list(input.types), list(input.publishers));
    let owners = list(input.owners);
    let name = input.addon_name.filter(|it| !it.is_empty());
    let version = input.kubernetes_version.filter(|it| !it.is_empty());
    let fits = |among: &[String], it: &str| among.is_empty() || among.iter().any(|one| one == it);
    let chosen = Part::ALL.into_iter().filter(|part| {
        let facts = facts::of(*part);
        name.as_deref().is_none_or(|it| it == part.name())
            && version
                .as_deref()
                .is_none_or(|it| Version::named(it).is_some())
            && fits(&types, facts.kind)
            && fits(&publishers, facts::PUBLISHER)
            && fits(&owners, facts.owner)
    });
    let names = chosen.map(|it| it.name().to_owned()).collect();
    let at = (input.next_token.as_deref(), input.max_results);
    let of = [
        name.as_deref().unwrap_or_default(),
        version.as_deref().unwrap_or_default(),
        &types.join(","),
        &publishers.join(","),
        &owners.join(","),
    ];
    let (names, next_token) = core.page(call, ("eks/DescribeAddonVersions", &of), names, at)?;
    let addons = names.iter().filter_map(|it| Part::named(it));
    let addons = addons.map(|it| info(it, version.as_deref()));
    Ok(DescribeAddonVersionsResponse {
        addons: Some(addons.collect()),
        next_token,
    })
}

/// `version`: the one of Kubernetes that is asked about, or all.
fn info(part: Part, version: Option<&str>) -> AddonInfo {
    let text = |it: &str| Some(it.to_owned());
    let texts = |all: &[&str]| Some(all.iter().map(|it| (*it).to_owned()).collect());
    let facts = facts::of(part);
    let versions = Version::ALL.into_iter();
    let versions = versions.filter(|it| version.is_none_or(|asked| asked == it.name()));
    let compatibilities = versions.map(|it| Compatibility {
        cluster_version: text(it.name()),
        platform_versions: texts(&["*"]),
        default_version: Some(true),
    });
    AddonInfo {
        addon_name: text(part.name()),
        type_: text(facts.kind),
        publisher: text(facts::PUBLISHER),
        owner: text(facts.owner),
        default_namespace: text(NAMESPACE),
        addon_versions: Some(vec![AddonVersionInfo {
            addon_version: text(facts::VERSION),
            architecture: texts(&["amd64", "arm64"]),
            compute_types: texts(&["ec2"]),
            compatibilities: Some(compatibilities.collect()),
            requires_configuration: Some(false),
            requires_iam_permissions: Some(facts.identity.is_some()),
        }]),
        ..AddonInfo::default()
    }
}

pub async fn configuration(
    _: &Core,
    _: &Call,
    input: DescribeAddonConfigurationRequest,
) -> Result<DescribeAddonConfigurationResponse, Fault> {
    let name = input.addon_name.unwrap_or_default();
    let part = facts::find(
        &name,
        input.addon_version.as_deref(),
        Version::DEFAULT.name(),
    )?;
    let identity = facts::of(part).identity.into_iter();
    let identity = identity.map(|it| AddonPodIdentityConfiguration {
        service_account: Some(it.account.to_owned()),
        recommended_managed_policies: Some(vec![it.policy.to_owned()]),
    });
    Ok(DescribeAddonConfigurationResponse {
        addon_name: Some(name),
        addon_version: Some(facts::VERSION.to_owned()),
        configuration_schema: Some(facts::schema(part).to_string()),
        pod_identity_configuration: Some(identity.collect()),
    })
}
