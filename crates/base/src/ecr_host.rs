//! Names of hosts that registries of ECR have.

/// What is between account and region, and the domains behind the region.
const FORMS: [(&str, [&str; 2]); 4] = [
    (".dkr.ecr.", AWS),
    (".dkr.ecr-fips.", AWS),
    (".dkr-ecr.", DUAL_STACK),
    (".dkr-ecr-fips.", DUAL_STACK),
];
const AWS: [&str; 2] = ["amazonaws.com", "amazonaws.com.cn"];
const DUAL_STACK: [&str; 2] = ["on.aws", "on.amazonwebservices.com.cn"];

/// Account and region of the registry that a host is named after, without a port: of
/// `<account>.dkr.ecr.<region>.amazonaws.com`, for both versions of IP `<account>.dkr-ecr.<region>.on.aws`.
///
/// Whoever decides about an image by its registry and whoever pulls it must read the same in its name.
pub fn registry(host: &str) -> Option<(&str, &str)> {
    FORMS.iter().find_map(|(mark, domains)| {
        let (account, rest) = host.split_once(mark)?;
        let (region, domain) = rest.split_once('.')?;
        let fits = is_account(account) && is_region(region) && domains.contains(&domain);
        fits.then_some((account, region))
    })
}

/// Whether others might take a host for a registry's, as one with capital letters.
pub fn is_like_a_registry(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    FORMS.iter().any(|(mark, _)| host.contains(mark))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_region(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty() && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_registries() {
        for (host, region) in [
            ("000000000000.dkr.ecr.us-east-1.amazonaws.com", "us-east-1"),
            (
                "000000000000.dkr.ecr.cn-north-1.amazonaws.com.cn",
                "cn-north-1",
            ),
            (
                "000000000000.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
                "us-gov-west-1",
            ),
            ("000000000000.dkr-ecr.eu-west-1.on.aws", "eu-west-1"),
            ("000000000000.dkr-ecr-fips.us-east-2.on.aws", "us-east-2"),
            (
                "000000000000.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
                "cn-north-1",
            ),
        ] {
            assert_eq!(registry(host), Some(("000000000000", region)), "{host}");
            assert!(is_like_a_registry(host), "{host}");
        }
        for host in [
            "1.dkr.ecr.us-east-1.amazonaws.com",
            "x00000000000.dkr.ecr.us-east-1.amazonaws.com",
            "000000000000.dkr.ecr..amazonaws.com",
            "000000000000.dkr.ecr.US-EAST-1.amazonaws.com",
            "000000000000.DKR.ecr.us-east-1.amazonaws.com",
            "000000000000.dkr.ecr.us-east-1.on.aws",
            "000000000000.dkr-ecr.us-east-1.amazonaws.com",
            "000000000000.dkr.ecr.us-east-1.amazonaws.com:443",
            "000000000000.dkr.ecr.us-east-1.amazonaws.com.cn.cn",
            "000000000000.dkr.ecr.a.b.amazonaws.com",
            "000000000000.dkr.ecr.evil.com/.amazonaws.com",
            "000000000000.dkr.ecr.us-east-1.example.com",
        ] {
            assert_eq!(registry(host), None, "{host}");
            assert!(is_like_a_registry(host), "{host}");
        }
        for host in ["localhost:4566", "quay.io", "dkr.ecr.us-east-1", ""] {
            assert_eq!(registry(host), None, "{host}");
            assert!(!is_like_a_registry(host), "{host}");
        }
    }
}
