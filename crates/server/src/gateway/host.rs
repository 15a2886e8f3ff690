//! Names of hosts by which clients address a service: `SERVICE.REGION.amazonaws.com`, which a resolver
//! may point here, and `SERVICE.localhost`.

use wharf_base::regions::is_well_formed;

/// What follows a service's own part of a name, the longest first.
const SUFFIXES: [&str; 5] = [
    ".amazonaws.com.cn",
    ".amazonaws.com",
    ".api.aws",
    ".localhost.localdomain",
    ".localhost",
];

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// The service's part of a host's name, as models have it: `monitoring`, `api.ecr`. `None` where the
/// name is of another form.
pub fn service(host: &str) -> Option<&str> {
    let name = without_port(host);
    let name = SUFFIXES.iter().find_map(|it| name.strip_suffix(it))?;
    let service = match name.rsplit_once('.') {
        Some((service, region)) if is_well_formed(region) => service,
        _ => name,
    };
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    (!service.is_empty() && service.bytes().all(plain)).then_some(service)
}

/// The bucket in a host's name: `BUCKET.s3.REGION.amazonaws.com`, `BUCKET.s3.localhost`, and below the names
/// of this gateway itself `BUCKET.NAME` alone, as SDKs make it of an endpoint. `service` is the service's part.
pub fn label<'a>(host: &'a str, service: &str, own_hosts: &[String]) -> Option<&'a str> {
    let name = without_port(host);
    let own = own_hosts
        .iter()
        .filter_map(|it| name.strip_suffix(it.as_str())?.strip_suffix('.'));
    let own = own.min_by_key(|it| it.len());
    let of_suffix = || SUFFIXES.iter().find_map(|it| name.strip_suffix(it));
    let rest = own.or_else(of_suffix)?;
    let plain = match rest.rsplit_once('.') {
        Some((before, region)) if is_well_formed(region) => before,
        _ => rest,
    };
    let plain = plain.strip_suffix(".dualstack").unwrap_or(plain);
    let bucket = match plain.strip_suffix(service) {
        Some("") => return None,
        Some(before) if before.ends_with('.') => &before[..before.len() - 1],
        _ if own.is_some() || rest.len() + ".localhost".len() == name.len() => rest,
        _ => return None,
    };
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    (!bucket.is_empty() && bucket.bytes().all(fits)).then_some(bucket)
}

/// The bucket whose website a host's name is of: `BUCKET.s3-website.localhost`, `BUCKET.s3-website-REGION.localhost`,
/// `BUCKET.s3-website.REGION.amazonaws.com`.
pub fn website(host: &str) -> Option<&str> {
    let name = without_port(host);
    let name = SUFFIXES.iter().find_map(|it| name.strip_suffix(it))?;
    let (bucket, rest) = name.rsplit_once(".s3-website")?;
    let region = rest.strip_prefix(['-', '.']);
    let is_whole = rest.is_empty() || region.is_some_and(is_well_formed);
    (is_whole && may_be_bucket(bucket)).then_some(bucket)
}

/// Whether a path's first part can be a bucket's name.
pub fn may_be_bucket(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    (3..=63).contains(&name.len()) && name.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_of_names() {
        let own = ["localhost".to_owned(), "wharf.example.org".to_owned()];
        for (host, expected) in [
            ("s3.us-east-1.amazonaws.com", None),
            ("s3.amazonaws.com", None),
            ("s3.dualstack.us-east-1.amazonaws.com", None),
            ("s3.localhost:4566", None),
            ("localhost:4566", None),
            ("wharf.example.org", None),
            ("127.0.0.1:4566", None),
            ("a-bucket.s3.us-east-1.amazonaws.com", Some("a-bucket")),
            ("a.b.s3.amazonaws.com:443", Some("a.b")),
            ("b.s3.dualstack.us-east-1.amazonaws.com", Some("b")),
            ("b.s3.localhost:4566", Some("b")),
            ("b.s3.us-east-1.localhost", Some("b")),
            ("b.localhost:4566", Some("b")),
            ("b.wharf.example.org", Some("b")),
            ("b.s3.wharf.example.org", Some("b")),
            ("ecs.us-east-1.amazonaws.com", None),
            ("B.localhost", None),
            (".localhost", None),
            (".s3.localhost", None),
        ] {
            assert_eq!(label(host, "s3", &own), expected, "{host}");
        }
    }

    #[test]
    fn websites_of_names() {
        for (host, expected) in [
            ("docs.s3-website.localhost:4566", Some("docs")),
            ("a.b.s3-website.localhost", Some("a.b")),
            ("docs.s3-website-us-east-1.localhost", Some("docs")),
            ("docs.s3-website-us-east-1.amazonaws.com", Some("docs")),
            ("docs.s3-website.eu-central-1.amazonaws.com", Some("docs")),
            ("docs.s3-website.nowhere.localhost", None),
            ("docs.s3-websites.localhost", None),
            ("s3-website.localhost", None),
            (".s3-website.localhost", None),
            ("docs.s3.localhost", None),
            ("docs.s3-website.example.org", None),
            ("localhost", None),
        ] {
            assert_eq!(website(host), expected, "{host}");
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
