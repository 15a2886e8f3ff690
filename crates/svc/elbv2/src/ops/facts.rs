//! What holds for every account: limits and TLS policies.

use wharf_api_elbv2::{
    DescribeAccountLimitsInput, DescribeAccountLimitsOutput, DescribeSSLPoliciesInput,
    DescribeSSLPoliciesOutput, Limit,
};
use wharf_service::Faults as _;
use wharf_wire::{Call, Fault};

use crate::{core::Core, fault::Elbv2Faults, ssl};

/// Load balancers and target groups of an account in a region.
pub const APPLICATION_BALANCERS: usize = 50;
pub const NETWORK_BALANCERS: usize = 50;
pub const TARGET_GROUPS: usize = 3000;

const LIMITS: [(&str, usize); 14] = [
    ("application-load-balancers", APPLICATION_BALANCERS),
    ("certificates-per-application-load-balancer", 25),
    ("condition-values-per-alb-rule", 5),
    ("condition-wildcards-per-alb-rule", 5),
    ("listeners-per-application-load-balancer", 50),
    ("listeners-per-network-load-balancer", 50),
    ("network-load-balancers", NETWORK_BALANCERS),
    ("rules-per-application-load-balancer", 100),
    ("target-groups", TARGET_GROUPS),
    ("target-groups-per-action-on-application-load-balancer", 5),
    ("target-groups-per-application-load-balancer", 100),
    ("targets-per-application-load-balancer", 1000),
    (
        "targets-per-availability-zone-per-application-load-balancer",
        1000,
    ),
    ("targets-per-target-group", 1000),
];

pub async fn account_limits(
    _: &Core,
    _: &Call,
    input: DescribeAccountLimitsInput,
) -> Result<DescribeAccountLimitsOutput, Fault> {
    let (page, next_marker) = cut(LIMITS.to_vec(), |it| it.0, input.marker, input.page_size)?;
    let limit = |(name, max): (&str, usize)| Limit {
        name: Some(name.to_owned()),
        max: Some(max.to_string()),
    };
    Ok(DescribeAccountLimitsOutput {
        limits: Some(page.into_iter().map(limit).collect()),
        next_marker,
    })
}

pub async fn ssl_policies(
    _: &Core,
    _: &Call,
    input: DescribeSSLPoliciesInput,
) -> Result<DescribeSSLPoliciesOutput, Fault> {
    policies(input)
}

fn policies(input: DescribeSSLPoliciesInput) -> Result<DescribeSSLPoliciesOutput, Fault> {
    let names = input.names.unwrap_or_default();
    for name in &names {
        ssl::known(name)?;
    }
    let asked =
        |policy: &&ssl::Policy| names.is_empty() || names.iter().any(|it| it == policy.name);
    let found: Vec<&ssl::Policy> = ssl::ALL.iter().filter(asked).collect();
    let (page, next_marker) = cut(found, |it| it.name, input.marker, input.page_size)?;
    Ok(DescribeSSLPoliciesOutput {
        ssl_policies: Some(page.into_iter().map(ssl::Policy::to_wire).collect()),
        next_marker,
    })
}

/// A page of a list that everybody may know: its marker is the name it ended with, and nothing
/// else is accepted as one.
fn cut<T>(
    items: Vec<T>,
    name: impl Fn(&T) -> &str,
    marker: Option<String>,
    size: Option<i32>,
) -> Result<(Vec<T>, Option<String>), Fault> {
    let first = match marker.filter(|marker| !marker.is_empty()) {
        None => 0,
        Some(marker) => {
            let last = items.iter().position(|item| name(item) == marker);
            last.ok_or_else(Elbv2Faults::bad_token)? + 1
        }
    };
    let size = size.and_then(|size| usize::try_from(size).ok());
    let rest = items.len() - first;
    let size = size.unwrap_or(rest).clamp(1, rest.max(1));
    let mut page: Vec<T> = items.into_iter().skip(first).collect();
    let more = page.len() > size;
    page.truncate(size);
    let next = page.last().filter(|_| more);
    let next = next.map(|last| name(last).to_owned());
    Ok((page, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_in_order() {
        assert!(LIMITS.is_sorted_by_key(|it| it.0));
        assert!(ssl::ALL.is_sorted_by_key(|it| it.name));
        let all = policies(DescribeSSLPoliciesInput::default()).unwrap();
        assert_eq!(all.ssl_policies.unwrap().len(), ssl::ALL.len());
    }

    #[test]
    fn pages_join_up_and_markers_are_names_of_the_list() {
        let (mut seen, mut marker) = (Vec::new(), None);
        loop {
            let (page, next) = cut(LIMITS.to_vec(), |it| it.0, marker, Some(5)).unwrap();
            seen.extend(page);
            marker = next;
            if marker.is_none() {
                break;
            }
        }
        assert_eq!(seen, LIMITS);
        let foreign = Some("ELBSecurityPolicy-2016-08".to_owned());
        assert!(cut(LIMITS.to_vec(), |it| it.0, foreign, None).is_err());
    }
}
