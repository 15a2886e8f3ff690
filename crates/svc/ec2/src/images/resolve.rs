//! A location resolved through ECR, in the name of the caller, to the manifest that machines will pull.

use serde_json::Value;
use wharf_api_ecr::types::{BatchGetImageRequest, ImageIdentifier};
use wharf_wire::{Call, Context, Fault};

use super::{Registry, Source, location::Location};
use crate::fault;

const BY: &str = "ec2.amazonaws.com";

/// The image at a location for an architecture.
pub async fn resolve(
    registry: &Registry,
    call: &Call,
    text: &str,
    architecture: &str,
) -> Result<Source, Fault> {
    let location = Location::parse(text).ok_or_else(|| fault::bad_image_location(text))?;
    if location.region != call.region {
        return Err(fault::image_location_elsewhere(text, &call.region));
    }
    let input = BatchGetImageRequest {
        registry_id: Some(location.account.to_owned()),
        repository_name: Some(location.repository.to_owned()),
        image_ids: Some(vec![ImageIdentifier {
            image_digest: location.digest.map(str::to_owned),
            image_tag: location.tag.map(str::to_owned),
        }]),
        ..BatchGetImageRequest::default()
    };
    let ecr = registry.get()?;
    let found = ecr.batch_get_image(&call.forwarded_by(BY), input).await;
    let found = found.map_err(|refused| fault::image_not_read(text, &refused))?;
    let image = found.images.into_iter().flatten().next();
    let image = image.ok_or_else(|| fault::no_image_at(text))?;
    let own = image.image_id.and_then(|it| it.image_digest);
    let manifest = image.image_manifest.unwrap_or_default();
    let digest = digest_for(&manifest, own, architecture);
    Ok(Source::Repository {
        account: location.account.to_owned(),
        region: location.region.to_owned(),
        repository: location.repository.to_owned(),
        digest: digest.ok_or_else(|| fault::no_image_for(text, architecture))?,
    })
}

/// Whether the caller may read an image of a repository, wherever that is.
pub async fn check_readable(registry: &Registry, call: &Call, of: &Source) -> Result<(), Fault> {
    let Source::Repository {
        account,
        region,
        repository,
        digest,
    } = of
    else {
        return Ok(());
    };
    let input = BatchGetImageRequest {
        registry_id: Some(account.clone()),
        repository_name: Some(repository.clone()),
        image_ids: Some(vec![ImageIdentifier {
            image_digest: Some(digest.clone()),
            image_tag: None,
        }]),
        ..BatchGetImageRequest::default()
    };
    let there = Context {
        region: region.clone(),
        ..call.forwarded_by(BY).context().clone()
    };
    let there = Call::by_controller(there, call.permit.clone());
    let found = registry.get()?.batch_get_image(&there, input).await?;
    match found.images.is_some_and(|it| !it.is_empty()) {
        true => Ok(()),
        false => Err(fault::no_image_at(digest)),
    }
}

/// The manifest itself, or that of an index for Linux on an architecture.
fn digest_for(manifest: &str, own: Option<String>, architecture: &str) -> Option<String> {
    let manifest: Value = serde_json::from_str(manifest).ok()?;
    let Some(listed) = manifest["manifests"].as_array() else {
        return own;
    };
    let wanted = match architecture {
        "arm64" => "arm64",
        _ => "amd64",
    };
    let fits = |it: &&Value| {
        let platform = &it["platform"];
        platform["os"] == "linux" && platform["architecture"] == wanted
    };
    let digest = listed.iter().find(fits)?["digest"].as_str()?;
    is_digest(digest).then(|| digest.to_owned())
}

/// It goes into the path of a pull, and whoever pushed the index wrote it.
fn is_digest(text: &str) -> bool {
    let digits = match text.split_once(':') {
        Some(("sha256", digits)) if digits.len() == 64 => digits,
        Some(("sha512", digits)) if digits.len() == 128 => digits,
        _ => return false,
    };
    digits
        .bytes()
        .all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_has_one_for_each_architecture() {
        let (x86, arm) = (
            format!("sha256:{}", "a".repeat(64)),
            format!("sha256:{}", "0".repeat(64)),
        );
        let index = format!(
            r#"{{"manifests": [
            {{"digest": "sha256:w", "platform": {{"os": "windows", "architecture": "amd64"}}}},
            {{"digest": "{x86}", "platform": {{"os": "linux", "architecture": "amd64"}}}},
            {{"digest": "{arm}", "platform": {{"os": "linux", "architecture": "arm64"}}}}
        ]}}"#
        );
        let only_arm = format!(
            r#"{{"manifests": [
            {{"digest": "{arm}", "platform": {{"os": "linux", "architecture": "arm64"}}}},
            {{"digest": 7}}
        ]}}"#
        );
        let path = r#"{"manifests": [
            {"digest": "x/../y", "platform": {"os": "linux", "architecture": "amd64"}}
        ]}"#;
        for (manifest, architecture, expected) in [
            (index.as_str(), "x86_64", Some(x86.as_str())),
            (&index, "arm64", Some(&arm)),
            (&only_arm, "x86_64", None),
            (path, "x86_64", None),
            (r#"{"config": {}}"#, "x86_64", Some("sha256:own")),
            (r#"{"manifests": []}"#, "x86_64", None),
            ("no JSON", "x86_64", None),
        ] {
            let found = digest_for(manifest, Some("sha256:own".to_owned()), architecture);
            assert_eq!(found.as_deref(), expected, "{manifest} {architecture}");
        }
    }
}
