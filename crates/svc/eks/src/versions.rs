//! Versions of Kubernetes: facts.

use wharf_api_eks::ClusterVersionInformation;
use wharf_base::Timestamp;

/// The version that clusters have here.
pub const DEFAULT: &str = "1.36";
/// Its latest patch.
pub const PATCH: &str = "1.36.4";
pub const PLATFORM: &str = "eks.1";

/// 2026-06-02 and 2027-08-02, 2028-08-02: fourteen and twenty-six months later.
const RELEASED: Timestamp = Timestamp::from_millis(1_780_358_400_000);
const STANDARD_ENDS: Timestamp = Timestamp::from_millis(1_817_164_800_000);
const EXTENDED_ENDS: Timestamp = Timestamp::from_millis(1_848_787_200_000);

/// A version as it is supported at a time: AWS's old and new words for it.
fn status(now: Timestamp) -> (&'static str, &'static str) {
    if now < STANDARD_ENDS {
        ("standard-support", "STANDARD_SUPPORT")
    } else if now < EXTENDED_ENDS {
        ("extended-support", "EXTENDED_SUPPORT")
    } else {
        ("unsupported", "UNSUPPORTED")
    }
}

/// All there are, the latest first.
pub fn all(now: Timestamp) -> Vec<ClusterVersionInformation> {
    let (status, version_status) = status(now);
    let text = |it: &str| Some(it.to_owned());
    vec![ClusterVersionInformation {
        cluster_version: text(DEFAULT),
        cluster_type: text("eks"),
        default_platform_version: text(PLATFORM),
        default_version: Some(true),
        release_date: Some(RELEASED),
        end_of_standard_support_date: Some(STANDARD_ENDS),
        end_of_extended_support_date: Some(EXTENDED_ENDS),
        status: text(status),
        version_status: text(version_status),
        kubernetes_patch_version: text(PATCH),
        ..ClusterVersionInformation::default()
    }]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn support_ends() {
        let day = Duration::from_secs(86_400);
        for (now, expected) in [
            (RELEASED, "standard-support"),
            (STANDARD_ENDS - day, "standard-support"),
            (STANDARD_ENDS, "extended-support"),
            (EXTENDED_ENDS, "unsupported"),
        ] {
            assert_eq!(all(now)[0].status.as_deref(), Some(expected));
        }
        assert_eq!(RELEASED.iso8601_seconds(), "2026-06-02T00:00:00Z");
        assert_eq!(STANDARD_ENDS.iso8601_seconds(), "2027-08-02T00:00:00Z");
        assert_eq!(EXTENDED_ENDS.iso8601_seconds(), "2028-08-02T00:00:00Z");
    }
}
