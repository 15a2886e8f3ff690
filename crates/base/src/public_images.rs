//! Machine images that wharf brings: what EC2 describes and the public parameters of Systems Manager name.

use crate::ids;

/// A machine image that every account may launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicImage {
    /// `ami-…`, another in each region and the same in each version: templates may keep it.
    pub id: String,
    pub name: String,
    pub description: String,
    /// As EC2 spells it.
    pub architecture: &'static str,
    /// wharf's, which the name holds.
    pub version: &'static str,
}

impl PublicImage {
    /// The account that AWS's images for ECS belong to: configurations look for them by it.
    pub const OWNER: &'static str = "591542846629";

    /// All of a region.
    pub fn all(region: &str) -> Vec<Self> {
        vec![Self::for_ecs(region)]
    }

    /// That for container instances of ECS.
    pub fn for_ecs(region: &str) -> Self {
        let architecture = "x86_64";
        let version = env!("CARGO_PKG_VERSION");
        Self {
            id: id(&format!("wharf-ecs-optimized/{architecture}/{region}")),
            name: format!("wharf-ecs-optimized-{version}-{architecture}"),
            description: format!("wharf {version} with its ECS agent, {architecture}"),
            architecture,
            version,
        }
    }
}

/// 17 hexadecimal digits that stand for a text.
fn id(of: &str) -> String {
    let digits = ids::uuid_of(of.as_bytes()).replace('-', "");
    format!("ami-0{}", &digits[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stay_and_differ_by_region() {
        let here = PublicImage::for_ecs("us-east-1");
        // Templates hold it: another one would make them fail.
        assert_eq!(here.id, "ami-0a6eed2d4c357579f");
        assert_eq!(here, PublicImage::for_ecs("us-east-1"));
        assert_ne!(here.id, PublicImage::for_ecs("us-east-2").id);
        assert!(here.name.starts_with("wharf-ecs-optimized-") && here.name.ends_with("-x86_64"));
    }
}
