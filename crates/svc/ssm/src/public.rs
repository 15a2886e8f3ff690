//! The parameters that are the same for every account: what this installation has, under
//! `/aws/service/global-infrastructure`, and its machine image for ECS and EKS, under `/aws/service/ecs` and `/aws/service/eks`. They are
//! computed, never stored, and nobody can change them.

use std::collections::BTreeMap;

use serde_json::json;
use wharf_base::{
    Timestamp,
    arn::partition_of,
    public_images::PublicImage,
    regions::{REGIONS, domain_of},
};

use crate::{
    config::{Facts, Kubernetes},
    records::{Kind, Meta, Tier},
};

const ROOT: &str = "/aws/service/global-infrastructure";
/// Where templates of ECS clusters look for the image of their machines.
const ECS_IMAGE: &str = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended";
/// Where templates and tools look for the image of nodes of a version of Kubernetes.
const EKS_IMAGES: &str = "/aws/service/eks/optimized-ami";
const EKS_IMAGE: &str = "amazon-linux-2023/x86_64/standard/recommended";
/// The only version of each.
pub const VERSION: u64 = 1;

/// What is known of the installation.
pub struct Public {
    services: Vec<&'static str>,
    zones: fn(&str) -> Vec<String>,
    kubernetes: Vec<Kubernetes>,
    /// When it was computed.
    since: Timestamp,
}

impl Public {
    pub fn new(facts: &Facts, since: Timestamp) -> Self {
        Self {
            services: facts.services.clone(),
            zones: facts.zones,
            kubernetes: facts.kubernetes.clone(),
            since,
        }
    }

    /// What each of them says beside its value.
    pub fn meta(&self) -> Meta {
        Meta {
            kind: Kind::String,
            tier: Tier::Standard,
            description: None,
            allowed_pattern: None,
            data_type: "text".to_owned(),
            key_id: None,
            expiration: None,
            notices: Vec::new(),
            modified_at: self.since,
            modified_by: "AWS".to_owned(),
        }
    }

    /// All of them as a caller in `region` sees them: values by name.
    pub fn all(&self, region: &str) -> BTreeMap<String, String> {
        let partition = partition_of(region);
        let known = REGIONS.iter().copied();
        let known = known.filter(|(name, _)| partition_of(name) == partition);
        let mut regions: BTreeMap<&str, Option<&str>> =
            known.map(|(name, long)| (name, Some(long))).collect();
        // Any other region works as well.
        regions.entry(region).or_default();
        let mut found = BTreeMap::new();
        let mut add = |name: String, value: &str| {
            found.insert(format!("{ROOT}/{name}"), value.to_owned());
        };
        for (name, long) in &regions {
            let at = format!("regions/{name}");
            add(at.clone(), name);
            add(format!("{at}/partition"), partition);
            add(format!("{at}/domain"), domain_of(partition));
            if let Some(long) = long {
                add(format!("{at}/longName"), long);
            }
            for zone in (self.zones)(name) {
                add(format!("{at}/availability-zones/{zone}"), &zone);
                add(format!("availability-zones/{zone}"), &zone);
                add(format!("availability-zones/{zone}/parent-region"), name);
            }
            for service in &self.services {
                add(format!("{at}/services/{service}"), service);
                add(format!("services/{service}/regions/{name}"), name);
            }
        }
        for service in &self.services {
            add(format!("services/{service}"), service);
        }
        found.extend(ecs_image(region));
        found.extend(self.kubernetes.iter().flat_map(|it| eks_image(region, *it)));
        found
    }

    /// The value of one.
    pub fn value(&self, region: &str, name: &str) -> Option<String> {
        self.all(region).remove(name)
    }
}

/// The machine image that container instances of ECS are launched from.
fn ecs_image(region: &str) -> BTreeMap<String, String> {
    let image = PublicImage::for_ecs(region);
    let summary = json!({
        "schema_version": 1,
        "image_id": image.id,
        "image_name": image.name,
        "image_version": image.version,
        "ecs_agent_version": image.version,
    });
    let of = |name: &str, value: String| (format!("{ECS_IMAGE}/{name}"), value);
    BTreeMap::from([
        (ECS_IMAGE.to_owned(), summary.to_string()),
        of("image_id", image.id),
        of("image_name", image.name),
        of("image_version", image.version.to_owned()),
        of("ecs_agent_version", image.version.to_owned()),
    ])
}

/// The machine image that nodes of a version of Kubernetes are launched from: the same.
fn eks_image(region: &str, kubernetes: Kubernetes) -> BTreeMap<String, String> {
    let image = PublicImage::for_ecs(region);
    let at = format!("{EKS_IMAGES}/{}/{EKS_IMAGE}", kubernetes.version);
    // As node groups show it.
    let release = format!("{}-{}", kubernetes.patch, image.version);
    let summary = json!({
        "schema_version": "2",
        "image_id": image.id,
        "image_name": image.name,
        "release_version": release,
    });
    BTreeMap::from([
        (at.clone(), summary.to_string()),
        (format!("{at}/image_id"), image.id),
        (format!("{at}/image_name"), image.name),
        (format!("{at}/release_version"), release),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_follow_the_partition_and_the_services() {
        let facts = Facts {
            services: vec!["ecs", "elb"],
            zones: |region| vec![format!("{region}-az1")],
            kubernetes: vec![
                Kubernetes {
                    version: "1.36",
                    patch: "1.36.4",
                },
                Kubernetes {
                    version: "1.35",
                    patch: "1.35.8",
                },
            ],
        };
        let public = Public::new(&facts, Timestamp(0));
        let at = |region: &str, name: &str| public.value(region, &format!("{ROOT}/{name}"));
        let value = |text: &str| Some(text.to_owned());
        assert_eq!(
            at("us-east-1", "regions/eu-west-1/longName"),
            value("Europe (Ireland)")
        );
        assert_eq!(
            at("us-east-1", "regions/eu-west-1/services/ecs"),
            value("ecs")
        );
        assert_eq!(
            at("us-east-1", "services/elb/regions/us-east-2"),
            value("us-east-2")
        );
        assert_eq!(
            at(
                "us-east-1",
                "regions/eu-west-1/availability-zones/eu-west-1-az1"
            ),
            value("eu-west-1-az1")
        );
        assert_eq!(
            at("us-east-1", "availability-zones/eu-west-1-az1"),
            value("eu-west-1-az1")
        );
        assert_eq!(
            at(
                "us-east-1",
                "availability-zones/eu-west-1-az1/parent-region"
            ),
            value("eu-west-1")
        );
        assert_eq!(at("us-east-1", "services/lambda"), None);
        assert_eq!(at("us-east-1", "regions/cn-north-1"), None);
        assert_eq!(
            at("cn-north-1", "regions/cn-north-1/partition"),
            value("aws-cn")
        );
        let image = |name: &str| public.value("us-east-1", &format!("{ECS_IMAGE}{name}"));
        let known = PublicImage::for_ecs("us-east-1");
        assert_eq!(image("/image_id"), Some(known.id.clone()));
        assert_eq!(image("/image_name"), Some(known.name));
        let summary: serde_json::Value = serde_json::from_str(&image("").unwrap()).unwrap();
        assert_eq!(summary["image_id"], known.id.as_str());
        let node = |version: &str, name: &str| {
            let at = format!("{EKS_IMAGES}/{version}/{EKS_IMAGE}{name}");
            public.value("us-east-1", &at)
        };
        assert_eq!(node("1.36", "/image_id"), Some(known.id.clone()));
        let release = format!("1.36.4-{}", known.version);
        assert_eq!(node("1.36", "/release_version"), Some(release));
        let summary: serde_json::Value = serde_json::from_str(&node("1.36", "").unwrap()).unwrap();
        assert_eq!(summary["image_id"], known.id.as_str());
        let release = format!("1.35.8-{}", known.version);
        assert_eq!(node("1.35", "/release_version"), Some(release));
        assert_eq!(node("1.34", "/image_id"), None);
        assert_eq!(at("here-1", "regions/here-1"), value("here-1"));
        assert_eq!(at("here-1", "regions/here-1/longName"), None);
    }
}
