//! Names of hosts by which clients address a service: `SERVICE.REGION.amazonaws.com`, which a resolver
//! may point here, and `SERVICE.localhost`.

/// What follows a service's own part of a name, the longest first.
const SUFFIXES: [&str; 5] = [
    ".amazonaws.com.cn",
    ".amazonaws.com",
    ".api.aws",
    ".localhost.localdomain",
    ".localhost",
];

/// The service's part of a host's name, as models have it: `monitoring`, `api.ecr`. `None` where the
/// name is of another form.
pub fn service(host: &str) -> Option<&str> {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let name = SUFFIXES.iter().find_map(|it| name.strip_suffix(it))?;
    let service = match name.rsplit_once('.') {
        Some((service, region)) if is_region(region) => service,
        _ => name,
    };
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    (!service.is_empty() && service.bytes().all(plain)).then_some(service)
}

/// `us-east-1`, `eu-central-1`, `us-gov-west-1`, …
pub fn is_region(text: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions() {
        for good in [
            "us-east-1",
            "eu-central-1",
            "us-gov-west-1",
            "ap-southeast-12",
        ] {
            assert!(is_region(good), "{good}");
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
            assert!(!is_region(bad), "{bad}");
        }
    }

    #[test]
    fn services_of_names() {
        for (host, expected) in [
            ("ecs.us-east-1.amazonaws.com", Some("ecs")),
            ("api.ecr.eu-central-1.amazonaws.com:443", Some("api.ecr")),
            ("iam.amazonaws.com", Some("iam")),
            ("monitoring.localhost:4566", Some("monitoring")),
            ("eks.us-gov-west-1.localhost", Some("eks")),
            ("sts.cn-north-1.amazonaws.com.cn", Some("sts")),
            ("localhost:4566", None),
            ("127.0.0.1:4566", None),
            ("[::1]:4566", None),
            (".localhost", None),
            ("amazonaws.com", None),
            ("ecs.us-east-1.amazonaws.com.example.org", None),
            ("Ü.localhost", None),
        ] {
            assert_eq!(service(host), expected, "{host}");
        }
    }
}
