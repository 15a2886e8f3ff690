//! The names of objects in buckets. Pure.

use wharf_base::{Arn, Timestamp};
use wharf_records::Scope;

use super::{catalog::SourceKind, records::Delivery};

/// Why no name can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSuffix {
    #[error("suffixPath has a variable {0} that is not among allowedSuffixPathFields.")]
    Unknown(String),
    #[error("suffixPath has a brace without its other one.")]
    Open,
    #[error(
        "suffixPath has parts beside a variable in {0}, which enableHiveCompatiblePath does not allow."
    )]
    Mixed(String),
}

/// Where in a bucket files of a delivery are.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Without slashes around it; may be empty.
    pub prefix: String,
    pub suffix: String,
    pub hive: bool,
}

/// Bucket and prefix of `arn:aws:s3:::bucket/prefix`.
pub fn bucket_of(arn: &Arn) -> Option<(&str, &str)> {
    let (bucket, prefix) = arn.resource.split_once('/').unwrap_or((&arn.resource, ""));
    let is_one = arn.service == "s3" && !bucket.is_empty() && !bucket.contains(':');
    is_one.then_some((bucket, prefix.trim_matches('/')))
}

/// Below which all that is delivered for an account is, without a closing slash.
pub fn folder(prefix: &str, account: &str, hive: bool) -> String {
    let start = if prefix.is_empty() { "" } else { "/" };
    let key = if hive { "aws-account-id=" } else { "" };
    format!("{prefix}{start}AWSLogs/{key}{account}")
}

/// What a delivery's files have in their names.
pub fn suffix<'d>(kind: &SourceKind, delivery: &'d Delivery) -> &'d str {
    delivery.suffix.as_deref().unwrap_or(kind.suffix)
}

/// Whether names can be made.
///
/// # Errors
/// What is wrong with it.
pub fn check(kind: &SourceKind, suffix: &str, hive: bool) -> Result<(), BadSuffix> {
    for part in parts(suffix) {
        let mut rest = part;
        while let Some((before, from)) = rest.split_once('{') {
            let (name, behind) = from.split_once('}').ok_or(BadSuffix::Open)?;
            if before.contains('}') {
                return Err(BadSuffix::Open);
            }
            let variable = format!("{{{name}}}");
            if !kind.variables().contains(&variable.as_str()) {
                return Err(BadSuffix::Unknown(variable));
            }
            if hive && variable != part {
                return Err(BadSuffix::Mixed(part.to_owned()));
            }
            rest = behind;
        }
        if rest.contains('}') {
            return Err(BadSuffix::Open);
        }
    }
    Ok(())
}

fn parts(suffix: &str) -> impl Iterator<Item = &str> {
    suffix.split('/').filter(|it| !it.is_empty())
}

impl Layout {
    /// `prefix/AWSLogs/<account>/EventBusLogs/<suffix>/<account>_EventBusLogs_<region>_<delivery>_<time>_<unique>.log.gz`
    pub fn key(
        &self,
        (kind, name): (&SourceKind, &str),
        (scope, delivery): (&Scope, &str),
        at: Timestamp,
        unique: &str,
    ) -> String {
        let Scope {
            account, region, ..
        } = scope;
        // `20261120T120000Z`
        let basic = at.iso8601_basic();
        let part = |from: usize, to: usize| basic.get(from..to).unwrap_or_default();
        let [of_account, of_region, of_name, year, month, day, hour] = kind.variables();
        let filled = [
            (of_account, "aws-account-id", account.as_str()),
            (of_region, "aws-region", region.as_str()),
            (of_name, of_name.trim_matches(['{', '}']), name),
            (year, "year", part(0, 4)),
            (month, "month", part(4, 6)),
            (day, "day", part(6, 8)),
            (hour, "hour", part(9, 11)),
        ];
        let mut folders = vec![
            folder(&self.prefix, account, self.hive),
            kind.folder.to_owned(),
        ];
        for part in parts(&self.suffix) {
            let mut folder = part.to_owned();
            for (variable, key, value) in filled {
                let value = match self.hive {
                    true => format!("{key}={value}"),
                    false => value.to_owned(),
                };
                folder = folder.replace(variable, &value);
            }
            folders.push(folder);
        }
        let minute = format!("{}T{}Z", part(0, 8), part(9, 13));
        let of = kind.folder;
        folders.push(format!(
            "{account}_{of}_{region}_{delivery}_{minute}_{unique}.log.gz"
        ));
        folders.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::{super::catalog::ALL, *};

    fn key(prefix: &str, suffix: &str, hive: bool) -> String {
        let layout = Layout {
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
            hive,
        };
        let scope = Scope::new("logs", "123456789012", "us-east-1");
        let at = Timestamp::from_millis(1_700_000_100_000);
        layout.key((ALL[0], "shop"), (&scope, "d1"), at, "ab")
    }

    #[test]
    fn objects_are_named_by_prefix_and_suffix() {
        let file = "123456789012_EventBusLogs_us-east-1_d1_20231114T2215Z_ab.log.gz";
        let plain = "AWSLogs/123456789012/EventBusLogs/us-east-1/shop/2023/11/14/22";
        assert_eq!(key("", ALL[0].suffix, false), format!("{plain}/{file}"));
        assert_eq!(
            key("kept/here", "a-{yyyy}{MM}/{account-id}", false),
            format!("kept/here/AWSLogs/123456789012/EventBusLogs/a-202311/123456789012/{file}")
        );
        let hive = "AWSLogs/aws-account-id=123456789012/EventBusLogs/x/event-bus-name=shop/year=2023/hour=22";
        assert_eq!(
            key("", "/x/{event-bus-name}/{yyyy}/{HH}/", true),
            format!("{hive}/{file}")
        );
    }

    #[test]
    fn suffixes_have_known_variables() {
        let of = |suffix, hive| check(ALL[0], suffix, hive).map_err(|it| it.to_string());
        assert_eq!(of(ALL[0].suffix, true), Ok(()));
        assert_eq!(of("a{dd}/b", false), Ok(()));
        for (bad, hive, said) in [
            ("{DistributionId}", false, "{DistributionId}"),
            ("a/{yyyy", false, "brace"),
            ("yyyy}", false, "brace"),
            ("a}{dd}", false, "brace"),
            ("a{dd}/b", true, "a{dd}"),
        ] {
            let error = of(bad, hive).unwrap_err();
            assert!(error.contains(said), "{bad}: {error}");
        }
    }

    #[test]
    fn buckets_and_prefixes() {
        for (arn, expected) in [
            ("arn:aws:s3:::b", Some(("b", ""))),
            ("arn:aws:s3:::b/a/c/", Some(("b", "a/c"))),
            ("arn:aws:s3:::/a", None),
            ("arn:aws:sqs:::b", None),
        ] {
            let arn: Arn = arn.parse().unwrap();
            assert_eq!(bucket_of(&arn), expected, "{arn}");
        }
    }
}
