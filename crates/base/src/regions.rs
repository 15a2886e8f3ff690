//! The regions of AWS. All of them can be used here, and others that the operator named.

use std::collections::BTreeSet;

/// Each with its long name.
pub const REGIONS: [(&str, &str); 38] = [
    ("af-south-1", "Africa (Cape Town)"),
    ("ap-east-1", "Asia Pacific (Hong Kong)"),
    ("ap-east-2", "Asia Pacific (Taipei)"),
    ("ap-northeast-1", "Asia Pacific (Tokyo)"),
    ("ap-northeast-2", "Asia Pacific (Seoul)"),
    ("ap-northeast-3", "Asia Pacific (Osaka)"),
    ("ap-south-1", "Asia Pacific (Mumbai)"),
    ("ap-south-2", "Asia Pacific (Hyderabad)"),
    ("ap-southeast-1", "Asia Pacific (Singapore)"),
    ("ap-southeast-2", "Asia Pacific (Sydney)"),
    ("ap-southeast-3", "Asia Pacific (Jakarta)"),
    ("ap-southeast-4", "Asia Pacific (Melbourne)"),
    ("ap-southeast-5", "Asia Pacific (Malaysia)"),
    ("ap-southeast-6", "Asia Pacific (New Zealand)"),
    ("ap-southeast-7", "Asia Pacific (Thailand)"),
    ("ca-central-1", "Canada (Central)"),
    ("ca-west-1", "Canada West (Calgary)"),
    ("cn-north-1", "China (Beijing)"),
    ("cn-northwest-1", "China (Ningxia)"),
    ("eu-central-1", "Europe (Frankfurt)"),
    ("eu-central-2", "Europe (Zurich)"),
    ("eu-north-1", "Europe (Stockholm)"),
    ("eu-south-1", "Europe (Milan)"),
    ("eu-south-2", "Europe (Spain)"),
    ("eu-west-1", "Europe (Ireland)"),
    ("eu-west-2", "Europe (London)"),
    ("eu-west-3", "Europe (Paris)"),
    ("il-central-1", "Israel (Tel Aviv)"),
    ("me-central-1", "Middle East (UAE)"),
    ("me-south-1", "Middle East (Bahrain)"),
    ("mx-central-1", "Mexico (Central)"),
    ("sa-east-1", "South America (Sao Paulo)"),
    ("us-east-1", "US East (N. Virginia)"),
    ("us-east-2", "US East (Ohio)"),
    ("us-gov-east-1", "AWS GovCloud (US-East)"),
    ("us-gov-west-1", "AWS GovCloud (US-West)"),
    ("us-west-1", "US West (N. California)"),
    ("us-west-2", "US West (Oregon)"),
];

/// The domain of the endpoints of a partition.
pub fn domain_of(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "amazonaws.com.cn",
        _ => "amazonaws.com",
    }
}

/// Whether a text has the form of a region's name: `us-east-1`, `eu-central-1`, `us-gov-west-1`, …
pub fn is_well_formed(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [first, middle @ .., last] = parts.as_slice() else {
        return false;
    };
    let letters = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    text.len() <= 32
        && first.len() == 2
        && letters(first)
        && !middle.is_empty()
        && middle.iter().all(letters)
        && !last.is_empty()
        && last.bytes().all(|b| b.is_ascii_digit())
}

/// The regions that clients may name. Much is bounded for an account in a region, as AWS does; were any name of their
/// form a region, an account would have as much as it invents names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Regions {
    further: BTreeSet<String>,
}

impl Regions {
    /// Those of AWS, and these.
    pub fn with(further: impl IntoIterator<Item = String>) -> Self {
        Self {
            further: further.into_iter().collect(),
        }
    }

    pub fn has(&self, name: &str) -> bool {
        let known = REGIONS.binary_search_by_key(&name, |(it, _)| it);
        known.is_ok() || self.further.contains(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_regions() {
        for good in [
            "us-east-1",
            "eu-central-1",
            "us-gov-west-1",
            "ap-southeast-12",
        ] {
            assert!(is_well_formed(good), "{good}");
        }
        for bad in [
            "",
            "us",
            "us-1",
            "us-east",
            "US-east-1",
            "us-east-1a",
            "u-s-1",
            "us--1",
            "../../x-1",
        ] {
            assert!(!is_well_formed(bad), "{bad}");
        }
    }

    #[test]
    fn clients_name_what_is_there() {
        let all = Regions::with(["de-cellar-1".to_owned()]);
        assert!(
            REGIONS
                .iter()
                .all(|(it, _)| is_well_formed(it) && all.has(it))
        );
        assert!(all.has("de-cellar-1"));
        for other in ["de-cellar-2", "eu-west-9", "aws-global", ""] {
            assert!(!all.has(other), "{other}");
        }
    }
}
