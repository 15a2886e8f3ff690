//! What ECS keeps on a group beside its instances: a policy for each cluster, and a hook. Pure. The tag without which its
//! role may change nothing there was put by who made the provider.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wharf_base::ids;
use wharf_records::ecs::CapacityProvider;

use crate::seen::{HOOK, POLICIES};

/// Where the metric is.
pub const NAMESPACE: &str = "AWS/ECS/ManagedScaling";
pub const METRIC: &str = "CapacityProviderReservation";

/// The dimension that names the provider.
pub const PROVIDER: &str = "CapacityProviderName";
/// Seconds without a heartbeat after which an instance that is drained goes anyway.
const HOOK_SECONDS: u32 = 3600;

/// What there is on the group.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// As DescribePolicies has those that are ECS's.
    pub policies: Vec<Value>,
    /// As DescribeLifecycleHooks has ECS's.
    pub hook: Option<Value>,
}

/// A call of EC2 Auto Scaling.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub operation: &'static str,
    pub input: Value,
}

/// The name of the policy for a cluster. It is always the same for a provider, so that it is made once.
pub fn policy_name(provider: &CapacityProvider, cluster: &str) -> String {
    let of = format!(
        "{} {} {cluster}",
        provider.arn,
        provider.created_at.millis()
    );
    format!("{POLICIES}{}", ids::uuid_of(of.as_bytes()))
}

fn policy(provider: &CapacityProvider, cluster: &str) -> Value {
    json!({
        "AutoScalingGroupName": provider.group_name,
        "PolicyName": policy_name(provider, cluster),
        "PolicyType": "TargetTrackingScaling",
        "EstimatedInstanceWarmup": provider.scaling.warmup,
        "TargetTrackingConfiguration": {
            "CustomizedMetricSpecification": {
                "MetricName": METRIC,
                "Namespace": NAMESPACE,
                "Dimensions": [
                    { "Name": PROVIDER, "Value": provider.name },
                    { "Name": "ClusterName", "Value": cluster },
                ],
                "Statistic": "Average",
            },
            "TargetValue": f64::from(provider.scaling.target_capacity),
            "DisableScaleIn": false,
        },
    })
}

fn hook(provider: &CapacityProvider) -> Value {
    json!({
        "AutoScalingGroupName": provider.group_name,
        "LifecycleHookName": HOOK,
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
        "HeartbeatTimeout": HOOK_SECONDS,
        "DefaultResult": "CONTINUE",
    })
}

/// The calls that make what is there what it should be; `there`: the provider is, and is not being deleted.
pub fn calls(provider: &CapacityProvider, there: bool, found: &Found) -> Vec<Call> {
    let mut calls = Vec::new();
    let group = &provider.group_name;
    let scales = there && provider.scaling.enabled;
    let mut wanted = BTreeSet::new();
    for cluster in provider.clusters.iter().filter(|_| scales) {
        let input = policy(provider, cluster);
        let stands = |it: &&Value| is_as_wanted(&input, it);
        if !found.policies.iter().any(|it| stands(&it)) {
            calls.push(Call {
                operation: "PutScalingPolicy",
                input: input.clone(),
            });
        }
        wanted.insert(policy_name(provider, cluster));
    }
    for policy in found.policies.iter().filter(|it| is_of(provider, it)) {
        let name = policy["PolicyName"].as_str().unwrap_or_default();
        if !wanted.contains(name) {
            calls.push(Call {
                operation: "DeletePolicy",
                input: json!({ "AutoScalingGroupName": group, "PolicyName": name }),
            });
        }
    }
    let drains = there && provider.draining;
    let wanted = hook(provider);
    match &found.hook {
        Some(hook) if drains && is_as_wanted(&wanted, hook) => {}
        _ if drains => calls.push(Call {
            operation: "PutLifecycleHook",
            input: wanted,
        }),
        Some(_) => calls.push(Call {
            operation: "DeleteLifecycleHook",
            input: json!({ "AutoScalingGroupName": group, "LifecycleHookName": HOOK }),
        }),
        None => {}
    }
    calls
}

/// Whether a policy of ECS's was made for the provider: the group may be another's by now.
fn is_of(provider: &CapacityProvider, policy: &Value) -> bool {
    let tracking = &policy["TargetTrackingConfiguration"];
    let dimensions = &tracking["CustomizedMetricSpecification"]["Dimensions"];
    let mut dimensions = dimensions.as_array().into_iter().flatten();
    let own = |it: &Value| it["Name"] == PROVIDER && it["Value"] == provider.name.as_str();
    dimensions.any(own)
}

/// Whether all that is wanted is found; more may be.
fn is_as_wanted(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(_)) => wanted
            .iter()
            .all(|(name, value)| is_as_wanted(value, &found[name])),
        (Value::Array(wanted), Value::Array(found)) => {
            let pairs = || wanted.iter().zip(found);
            wanted.len() == found.len() && pairs().all(|(a, b)| is_as_wanted(a, b))
        }
        (Value::Number(wanted), Value::Number(found)) => wanted.as_f64() == found.as_f64(),
        // What is off by default is often not shown.
        (Value::Bool(false), Value::Null) => true,
        (wanted, found) => wanted == found,
    }
}

#[cfg(test)]
mod tests {
    use wharf_base::Timestamp;
    use wharf_records::ecs::{ManagedScaling, ProviderStatus};

    use super::*;

    fn provider() -> CapacityProvider {
        CapacityProvider {
            name: "spare".to_owned(),
            arn: "arn:aws:ecs:us-east-1:1:capacity-provider/spare".to_owned(),
            status: ProviderStatus::Active,
            update: None,
            update_reason: None,
            group_arn: "arn".to_owned(),
            group_name: "workers".to_owned(),
            scaling: ManagedScaling {
                enabled: true,
                target_capacity: 80,
                ..ManagedScaling::default()
            },
            termination_protection: true,
            draining: true,
            managed: None,
            clusters: BTreeSet::from(["web".to_owned()]),
            tags: Default::default(),
            created_at: Timestamp::from_millis(1),
            deleted_at: None,
            unknown: Default::default(),
        }
    }

    /// What a group has after the calls.
    fn after(calls: &[Call]) -> Found {
        let of = |operation: &str| {
            let fits = move |it: &&Call| it.operation == operation;
            let inputs: Vec<Value> = calls
                .iter()
                .filter(fits)
                .map(|it| it.input.clone())
                .collect();
            inputs
        };
        Found {
            policies: of("PutScalingPolicy"),
            hook: of("PutLifecycleHook").pop(),
        }
    }

    fn operations(calls: &[Call]) -> Vec<&'static str> {
        calls.iter().map(|it| it.operation).collect()
    }

    #[test]
    fn what_is_missing_is_made_once() {
        let provider = provider();
        let first = calls(&provider, true, &Found::default());
        assert_eq!(operations(&first), ["PutScalingPolicy", "PutLifecycleHook"]);
        let name = policy_name(&provider, "web");
        assert_eq!(first[0].input["PolicyName"], name.as_str());
        assert!(name.starts_with("ECSManagedAutoScalingPolicy-") && name.len() == 28 + 36);
        assert_ne!(name, policy_name(&provider, "other"));
        let mut found = after(&first);
        found.policies[0]["TargetTrackingConfiguration"]["DisableScaleIn"] = Value::Null;
        found.policies[0]["PolicyARN"] = json!("arn");
        assert_eq!(calls(&provider, true, &found), []);
    }

    #[test]
    fn what_somebody_changed_is_put_right() {
        let provider = provider();
        let mut found = after(&calls(&provider, true, &Found::default()));
        found.policies[0]["TargetTrackingConfiguration"]["TargetValue"] = json!(50.0);
        found.hook = None;
        let again = calls(&provider, true, &found);
        assert_eq!(operations(&again), ["PutScalingPolicy", "PutLifecycleHook"]);
    }

    #[test]
    fn what_is_not_wanted_any_more_goes() {
        let mut of = provider();
        let found = after(&calls(&of, true, &Found::default()));
        assert_eq!(
            operations(&calls(&of, false, &found)),
            ["DeletePolicy", "DeleteLifecycleHook"]
        );
        of.scaling.enabled = false;
        assert_eq!(operations(&calls(&of, true, &found)), ["DeletePolicy"]);
        of.scaling.enabled = true;
        of.clusters = BTreeSet::from(["other".to_owned()]);
        assert_eq!(
            operations(&calls(&of, true, &found)),
            ["PutScalingPolicy", "DeletePolicy"]
        );
    }
}
