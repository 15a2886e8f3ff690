//! What holds for every account: limits and TLS policies.

use wharf_api_elbv2::{
    DescribeAccountLimitsInput, DescribeAccountLimitsOutput, DescribeSSLPoliciesInput,
    DescribeSSLPoliciesOutput, Limit,
};
use wharf_wire::{Call, Fault};

use crate::{core::Core, page, ssl};

const LIMITS: [(&str, u32); 12] = [
    ("application-load-balancers", 50),
    ("certificates-per-application-load-balancer", 25),
    ("condition-values-per-alb-rule", 5),
    ("condition-wildcards-per-alb-rule", 5),
    ("listeners-per-application-load-balancer", 50),
    ("rules-per-application-load-balancer", 100),
    ("target-groups", 3000),
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
    let by = |it: &(&str, u32)| it.0.to_owned();
    let (page, next_marker) = page::cut(
        LIMITS.to_vec(),
        by,
        input.marker.as_deref(),
        input.page_size,
    )?;
    let limit = |(name, max): (&str, u32)| Limit {
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
    let by = |it: &&ssl::Policy| it.name.to_owned();
    let (page, next_marker) = page::cut(found, by, input.marker.as_deref(), input.page_size)?;
    Ok(DescribeSSLPoliciesOutput {
        ssl_policies: Some(page.into_iter().map(ssl::Policy::to_wire).collect()),
        next_marker,
    })
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
}
