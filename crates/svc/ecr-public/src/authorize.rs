//! What each operation does to which resource: a repository, or the registry as a whole.

use wharf_api_ecr_public::{Input, types::Tag};
use wharf_base::Arn;
use wharf_service::tags;
use wharf_svc_ecr::{EcrError, GALLERY_REGION, Registry};
use wharf_wire::{Check, Context, Fault};

use crate::{fault, service::EcrPublicService};

const SERVICE: &str = "ecr-public";

/// The authorisation row of an operation.
pub(crate) async fn row(
    service: &EcrPublicService,
    cx: &Context,
    input: Input<'_>,
) -> Result<Vec<Check>, Fault> {
    if cx.region != GALLERY_REGION {
        return Err(fault::elsewhere(&cx.region));
    }
    let (action, catalog) = (input.action(), &service.catalog);
    let own = Registry::public(&cx.account);
    // Most operations are about one repository.
    macro_rules! on_repository {
        ($input:expr) => {{
            let name = $input.repository_name.as_deref().unwrap_or_default();
            let registry = service.registry(cx, $input.registry_id.as_deref()).await?;
            vec![catalog.check(&action, &registry, name).await?]
        }};
    }
    // Whatever a policy says, root of the account that has the repository sees it and takes it away.
    macro_rules! on_policy {
        ($input:expr) => {{
            let name = $input.repository_name.as_deref().unwrap_or_default();
            let registry = service.registry(cx, $input.registry_id.as_deref()).await?;
            match registry.is_of_root(&cx.caller) {
                true => vec![Check::new(action, registry.repository_arn(name))],
                false => vec![catalog.check(&action, &registry, name).await?],
            }
        }};
    }
    let on_registry = |action: String| {
        let resource = format!("registry/{}", cx.account);
        let arn = Arn::new(SERVICE, "", &cx.account, resource);
        vec![Check::new(action, arn.to_string())]
    };
    Ok(match input {
        Input::BatchCheckLayerAvailability(i) => on_repository!(i),
        Input::BatchDeleteImage(i) => on_repository!(i),
        Input::CompleteLayerUpload(i) => on_repository!(i),
        Input::DeleteRepository(i) => on_repository!(i),
        Input::DeleteRepositoryPolicy(i) => on_policy!(i),
        Input::DescribeImageTags(i) => on_repository!(i),
        Input::DescribeImages(i) => on_repository!(i),
        Input::GetRepositoryCatalogData(i) => on_repository!(i),
        Input::GetRepositoryPolicy(i) => on_policy!(i),
        Input::InitiateLayerUpload(i) => on_repository!(i),
        Input::PutImage(i) => on_repository!(i),
        Input::PutRepositoryCatalogData(i) => on_repository!(i),
        Input::SetRepositoryPolicy(i) => on_policy!(i),
        Input::UploadLayerPart(i) => on_repository!(i),
        Input::CreateRepository(i) => {
            let arn = own.repository_arn(i.repository_name.as_deref().unwrap_or_default());
            let given = i.tags.as_deref().unwrap_or_default();
            let tagging = format!("{SERVICE}:TagResource");
            let tagged = (!given.is_empty()).then(|| with_tags(Check::new(tagging, &arn), given));
            let made = with_tags(Check::new(action, &arn), given);
            [made].into_iter().chain(tagged).collect()
        }
        Input::DescribeRepositories(i) => {
            let registry = service.registry(cx, i.registry_id.as_deref()).await?;
            match i.repository_names.as_deref() {
                None | Some([]) => vec![Check::new(action, registry.repository_arn("*"))],
                Some(names) => {
                    let mut checks = Vec::new();
                    for name in names {
                        checks.push(catalog.check(&action, &registry, name).await?);
                    }
                    checks
                }
            }
        }
        Input::DescribeRegistries(_)
        | Input::GetRegistryCatalogData(_)
        | Input::PutRegistryCatalogData(_) => on_registry(action),
        // The token is one that services take for an account's own.
        Input::GetAuthorizationToken(_) => {
            let of = "ecr-public.amazonaws.com";
            let token =
                Check::any("sts:GetServiceBearerToken").with("sts:AWSServiceName", of.to_owned());
            vec![Check::any(action), token]
        }
        Input::TagResource(i) => {
            let check = on_arn(service, &action, i.resource_arn.as_deref()).await?;
            vec![with_tags(check, i.tags.as_deref().unwrap_or_default())]
        }
        Input::UntagResource(i) => {
            let check = on_arn(service, &action, i.resource_arn.as_deref()).await?;
            vec![tags::removed(check, i.tag_keys.as_deref())]
        }
        Input::ListTagsForResource(i) => {
            vec![on_arn(service, &action, i.resource_arn.as_deref()).await?]
        }
    })
}

impl EcrPublicService {
    /// The registry a request is about: the caller's own, unless it names another by its id or alias.
    pub(crate) async fn registry(
        &self,
        cx: &Context,
        named: Option<&str>,
    ) -> Result<Registry, Fault> {
        let Some(named) = named else {
            return Ok(Registry::public(&cx.account));
        };
        if named.len() == 12 && named.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Registry::public(named));
        }
        let found = self.catalog.registry_of_alias(named).await?;
        found.ok_or_else(|| fault::no_registry(named))
    }
}

async fn on_arn(
    service: &EcrPublicService,
    action: &str,
    arn: Option<&str>,
) -> Result<Check, EcrError> {
    let (registry, name) = parse_arn(arn)?;
    service.catalog.check(action, &registry, &name).await
}

/// The repository an ARN names: `arn:aws:ecr-public::<account>:repository/<name>`.
pub(crate) fn parse_arn(arn: Option<&str>) -> Result<(Registry, String), EcrError> {
    let invalid = || EcrError::invalid("resourceArn", "must be the ARN of a public repository");
    let arn: Arn = arn.unwrap_or_default().parse().map_err(|_| invalid())?;
    let is_repository =
        arn.service == SERVICE && arn.region.is_empty() && arn.resource_type() == "repository";
    let name = arn.resource_after_slash().filter(|_| is_repository);
    let name = name.ok_or_else(invalid)?.to_owned();
    Ok((Registry::public(&arn.account), name))
}

fn with_tags(check: Check, tags: &[Tag]) -> Check {
    let pairs = tags.iter();
    tags::requested(
        check,
        pairs.map(|tag| (tag.key.as_deref(), tag.value.as_deref())),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns() {
        let good = "arn:aws:ecr-public::123456789012:repository/team/app";
        let (registry, name) = parse_arn(Some(good)).unwrap();
        assert_eq!(registry, Registry::public("123456789012"));
        assert_eq!(registry.repository_arn(&name), good);
        for bad in [
            None,
            Some(""),
            Some("app"),
            Some("arn:aws:ecr-public:us-east-1:123456789012:repository/app"),
            Some("arn:aws:ecr:us-east-1:123456789012:repository/app"),
            Some("arn:aws:ecr-public::123456789012:registry/123456789012"),
            Some("arn:aws:ecr-public::123456789012:repository"),
        ] {
            assert!(parse_arn(bad).is_err(), "{bad:?}");
        }
    }
}
