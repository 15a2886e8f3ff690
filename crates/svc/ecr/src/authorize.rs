//! What each operation does to which resource (spec platform.md §3, ecr.md §3).

use wharf_api_ecr::{Input, types::Tag};
use wharf_base::Arn;
use wharf_service::tags;
use wharf_wire::{Check, Context, Fault};

use crate::{
    catalog::{Catalog, Open, Registry},
    error::EcrError,
    ops::through,
    records::{Repository, SERVICE},
    upstream::PRINCIPAL,
};

const SERVICE_PRINCIPAL: &str = "ecr.amazonaws.com";

impl Catalog {
    /// The question to IAM whether `action` may be done to a repository: with its policy and tags
    /// if it exists. The registry asks with it too.
    pub async fn check(
        &self,
        action: &str,
        registry: &Registry,
        name: &str,
    ) -> Result<Check, EcrError> {
        let found = self.find_repository(registry, name).await?;
        let found = found.as_ref();
        self.check_found(action, registry, name, found).await
    }

    /// The same about a repository as it was just found; `None` if it is not there.
    pub async fn check_found(
        &self,
        action: &str,
        registry: &Registry,
        name: &str,
        found: Option<&Open>,
    ) -> Result<Check, EcrError> {
        let check = Check::new(action, registry.repository_arn(name));
        let Some(Open { repository, .. }) = found else {
            return self.with_policies(check, registry, None).await;
        };
        let Repository { tags, policy, .. } = &repository.record;
        let check = tags::of_resource(check, Some(registry.service()), tags);
        self.with_policies(check, registry, policy.clone()).await
    }

    /// The question to IAM whether a repository that is not there may be made.
    pub async fn check_creation(&self, registry: &Registry, name: &str) -> Result<Check, EcrError> {
        let check = Check::new("ecr:CreateRepository", registry.repository_arn(name));
        self.with_policies(check, registry, None).await
    }
}

/// The authorisation row of an operation.
pub(crate) async fn row(
    catalog: &Catalog,
    cx: &Context,
    input: Input<'_>,
) -> Result<Vec<Check>, Fault> {
    let action = input.action();
    let registry =
        |id: &Option<String>| Registry::new(id.as_deref().unwrap_or(&cx.account), &cx.region);
    // Most operations are about one repository.
    macro_rules! on_repository {
        ($input:expr) => {{
            let name = $input.repository_name.as_deref().unwrap_or_default();
            vec![
                catalog
                    .check(&action, &registry(&$input.registry_id), name)
                    .await?,
            ]
        }};
    }
    // Whatever a policy says, root of the account that has the repository sees it and takes it away.
    macro_rules! on_policy {
        ($input:expr) => {{
            let registry = registry(&$input.registry_id);
            let name = $input.repository_name.as_deref().unwrap_or_default();
            match registry.is_of_root(&cx.caller) {
                true => vec![Check::new(action, registry.repository_arn(name))],
                false => vec![catalog.check(&action, &registry, name).await?],
            }
        }};
    }
    Ok(match input {
        Input::BatchCheckLayerAvailability(i) => on_repository!(i),
        Input::BatchDeleteImage(i) => on_repository!(i),
        Input::BatchGetImage(i) => {
            let name = i.repository_name.as_deref().unwrap_or_default();
            let registry = registry(&i.registry_id);
            let ids = i.image_ids.as_deref().unwrap_or_default();
            let mut checks = vec![catalog.check(&action, &registry, name).await?];
            let more = through::checks_of_images(catalog, &registry, name, ids, cx.now);
            checks.extend(more.await?);
            checks
        }
        Input::CompleteLayerUpload(i) => on_repository!(i),
        Input::DeleteLifecyclePolicy(i) => on_repository!(i),
        Input::DeleteRepository(i) => on_repository!(i),
        Input::DeleteRepositoryPolicy(i) => on_policy!(i),
        Input::DescribeImageScanFindings(i) => on_repository!(i),
        Input::DescribeImageReplicationStatus(i) => on_repository!(i),
        Input::DescribeImageSigningStatus(i) => on_repository!(i),
        Input::DescribeImages(i) => on_repository!(i),
        Input::GetDownloadUrlForLayer(i) => {
            let name = i.repository_name.as_deref().unwrap_or_default();
            let registry = registry(&i.registry_id);
            let layer = i.layer_digest.as_deref().unwrap_or_default();
            let mut checks = vec![catalog.check(&action, &registry, name).await?];
            let more = through::checks_of_layer(catalog, &registry, name, layer);
            checks.extend(more.await?);
            checks
        }
        Input::GetLifecyclePolicy(i) => on_repository!(i),
        Input::GetLifecyclePolicyPreview(i) => on_repository!(i),
        Input::GetRepositoryPolicy(i) => on_policy!(i),
        Input::InitiateLayerUpload(i) => {
            let name = i.repository_name.as_deref().unwrap_or_default();
            let registry = registry(&i.registry_id);
            let mut checks = vec![catalog.check(&action, &registry, name).await?];
            if catalog.is_made_by_push(&registry, name).await? {
                checks.push(catalog.check_creation(&registry, name).await?);
            }
            checks
        }
        Input::ListImages(i) => on_repository!(i),
        Input::ListImageReferrers(i) => on_repository!(i),
        Input::PutImage(i) => on_repository!(i),
        Input::PutImageScanningConfiguration(i) => on_repository!(i),
        Input::PutImageTagMutability(i) => on_repository!(i),
        Input::PutLifecyclePolicy(i) => on_repository!(i),
        Input::SetRepositoryPolicy(i) => on_policy!(i),
        Input::StartImageScan(i) => on_repository!(i),
        Input::StartLifecyclePolicyPreview(i) => on_repository!(i),
        Input::UpdateImageStorageClass(i) => on_repository!(i),
        Input::UploadLayerPart(i) => on_repository!(i),
        Input::CreateRepository(i) => {
            let name = i.repository_name.as_deref().unwrap_or_default();
            let registry = registry(&i.registry_id);
            let tags = i.tags.iter().flatten();
            let arn = registry.repository_arn(name);
            let check = with_tags(Check::new(action, arn), tags);
            vec![catalog.with_policies(check, &registry, None).await?]
        }
        Input::DescribeRepositories(i) => match i.repository_names.as_deref() {
            None | Some([]) => {
                let registry = registry(&i.registry_id);
                let check = Check::new(action, registry.repository_arn("*"));
                vec![catalog.with_policies(check, &registry, None).await?]
            }
            Some(names) => {
                let registry = registry(&i.registry_id);
                let mut checks = Vec::new();
                for name in names {
                    checks.push(catalog.check(&action, &registry, name).await?);
                }
                checks
            }
        },
        Input::CreateRepositoryCreationTemplate(i) => with_role(
            Check::any(action),
            i.custom_role_arn.as_deref(),
            SERVICE_PRINCIPAL,
        ),
        Input::UpdateRepositoryCreationTemplate(i) => {
            let mut role = i.custom_role_arn.clone();
            // Whoever says which key the role that is there already uses has it work for them as well.
            if role.is_none() && i.encryption_configuration.is_some() {
                let prefix = i.prefix.as_deref().unwrap_or_default();
                let there = catalog.template(&registry(&None), prefix).await?;
                role = there.and_then(|it| it.custom_role);
            }
            with_role(Check::any(action), role.as_deref(), SERVICE_PRINCIPAL)
        }
        Input::CreatePullThroughCacheRule(i) => {
            with_role(Check::any(action), i.custom_role_arn.as_deref(), PRINCIPAL)
        }
        Input::UpdatePullThroughCacheRule(i) => {
            with_role(Check::any(action), i.custom_role_arn.as_deref(), PRINCIPAL)
        }
        Input::GetAccountSetting(i) => setting(action, i.name.as_deref()),
        Input::PutAccountSetting(i) => setting(action, i.name.as_deref()),
        Input::BatchGetRepositoryScanningConfiguration(i) => {
            let (registry, mut checks) = (registry(&None), Vec::new());
            for name in i.repository_names.iter().flatten() {
                checks.push(catalog.check(&action, &registry, name).await?);
            }
            checks
        }
        Input::TagResource(i) => {
            let check = on_arn(catalog, &action, i.resource_arn.as_deref()).await?;
            let tags = i.tags.iter().flatten();
            vec![with_tags(check, tags)]
        }
        Input::UntagResource(i) => {
            let check = on_arn(catalog, &action, i.resource_arn.as_deref()).await?;
            vec![tags::removed(check, i.tag_keys.as_deref())]
        }
        Input::ListTagsForResource(i) => {
            vec![on_arn(catalog, &action, i.resource_arn.as_deref()).await?]
        }
        // GetAuthorizationToken and what this version does not have.
        _ => vec![Check::any(action)],
    })
}

/// Whoever names a role for the registry must be allowed to pass it.
fn with_role(check: Check, role: Option<&str>, service: &str) -> Vec<Check> {
    let role = role.filter(|role| !role.is_empty());
    let passed = role.map(|role| Check::pass_role(role, service));
    [check].into_iter().chain(passed).collect()
}

fn setting(action: String, name: Option<&str>) -> Vec<Check> {
    let name = name.unwrap_or_default();
    vec![Check::any(action).with("ecr:AccountSetting", name)]
}

async fn on_arn(catalog: &Catalog, action: &str, arn: Option<&str>) -> Result<Check, EcrError> {
    let (registry, name) = parse_arn(arn)?;
    catalog.check(action, &registry, &name).await
}

/// The repository an ARN names.
pub(crate) fn parse_arn(arn: Option<&str>) -> Result<(Registry, String), EcrError> {
    let invalid = || EcrError::invalid("resourceArn", "must be the ARN of a repository");
    let arn: Arn = arn.unwrap_or_default().parse().map_err(|_| invalid())?;
    let is_repository = arn.service == SERVICE && arn.resource_type() == "repository";
    let name = arn
        .resource_after_slash()
        .filter(|_| is_repository)
        .ok_or_else(invalid)?;
    Ok((Registry::new(&arn.account, &arn.region), name.to_owned()))
}

fn with_tags<'a>(check: Check, tags: impl Iterator<Item = &'a Tag>) -> Check {
    tags::requested(
        check,
        tags.map(|tag| (tag.key.as_deref(), tag.value.as_deref())),
    )
}
