//! What a job's policies say of pods that failed, and of indexes that succeeded: pure.

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use serde_json::Value;
use wharf_kube_client::Object;

use super::indexes::ranges;

/// What a failed pod is to its job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It counts towards the limits.
    Counts,
    /// It is replaced as if it had not been.
    Ignored,
    /// Its index is not tried again.
    FailsIndex,
    /// The job is not tried again, for this reason.
    FailsJob(String),
}

/// A pod that failed, judged.
#[derive(Debug)]
pub struct Failed<'a> {
    pub pod: &'a Arc<Value>,
    pub verdict: Verdict,
}

impl<'a> Failed<'a> {
    pub fn of(job: &Value, pod: &'a Arc<Value>) -> Self {
        Self {
            pod,
            verdict: judge(job, pod),
        }
    }

    pub fn counts(&self) -> bool {
        self.verdict != Verdict::Ignored
    }
}

/// The first rule of `podFailurePolicy` that fits says it.
fn judge(job: &Value, pod: &Value) -> Verdict {
    let rules = job.list("/spec/podFailurePolicy/rules");
    for (index, rule) in rules.iter().enumerate() {
        let Some(why) = fits(rule, pod) else { continue };
        return match rule.text("/action") {
            "Ignore" => Verdict::Ignored,
            "FailIndex" => Verdict::FailsIndex,
            "FailJob" => Verdict::FailsJob(format!("{why} matching FailJob rule at index {index}")),
            _ => Verdict::Counts,
        };
    }
    Verdict::Counts
}

fn fits(rule: &Value, pod: &Value) -> Option<String> {
    let name = format!("{}/{}", pod.namespace(), pod.name());
    let codes = rule.at("/onExitCodes");
    if !codes.is_null() {
        let statuses = pod.list("/status/containerStatuses").iter();
        let mut statuses = statuses.chain(pod.list("/status/initContainerStatuses"));
        return statuses.find_map(|status| {
            let code = exit_fits(codes, status)?;
            let container = status.text("/name");
            Some(format!(
                "Container {container} for pod {name} failed with exit code {code}"
            ))
        });
    }
    let mut patterns = rule.list("/onPodConditions").iter();
    patterns.find_map(|pattern| {
        let kind = pattern.text("/type");
        pod.has_condition(kind, pattern.text("/status"))
            .then(|| format!("Pod {name} has condition {kind}"))
    })
}

/// The code of a container that failed in the way of the rule. That one succeeded is no rule's matter.
fn exit_fits(codes: &Value, status: &Value) -> Option<i64> {
    let code = status.integer("/state/terminated/exitCode");
    let code = code.filter(|it| *it != 0)?;
    let of = codes.text("/containerName");
    if !of.is_empty() && of != status.text("/name") {
        return None;
    }
    let mut values = codes.list("/values").iter().filter_map(Value::as_i64);
    let is_among = values.any(|it| it == code);
    (is_among == (codes.text("/operator") == "In")).then_some(code)
}

/// By which rule of `successPolicy` enough indexes have succeeded.
pub fn success(job: &Value, done: &BTreeSet<i64>, end: i64) -> Option<String> {
    let rules = job.list("/spec/successPolicy/rules").iter();
    let met = |rule: &Value| {
        let count = rule.integer("/succeededCount");
        let needed = match rule.text("/succeededIndexes") {
            "" => return count.is_some_and(|it| done.len() as i64 >= it),
            text => ranges(text, end).collect::<Vec<_>>(),
        };
        let there = |it: &Range<i64>| done.range(it.clone()).count() as i64;
        match count {
            Some(count) => needed.iter().map(there).sum::<i64>() >= count,
            None => needed.iter().all(|it| there(it) == it.end - it.start),
        }
    };
    let index = rules.enumerate().find(|(_, rule)| met(rule))?.0;
    Some(format!("Matched rules at index {index}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn failed(code: i64) -> Value {
        json!({
            "metadata": {"name": "p", "namespace": "a"},
            "status": {
                "phase": "Failed",
                "conditions": [{"type": "DisruptionTarget", "status": "True"}],
                "containerStatuses": [
                    {"name": "side", "state": {"terminated": {"exitCode": 0}}},
                    {"name": "main", "state": {"terminated": {"exitCode": code}}},
                ],
            },
        })
    }

    fn with(rules: Value) -> Value {
        json!({"spec": {"podFailurePolicy": {"rules": rules}}})
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let on = |action: &str, operator: &str, values: &[i64]| {
            let codes = json!({"operator": operator, "values": values});
            json!({"action": action, "onExitCodes": codes})
        };
        let job = with(json!([
            on("Ignore", "In", &[1, 2]),
            on("FailIndex", "In", &[2, 3]),
            on("FailJob", "NotIn", &[4, 5]),
            {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        ]));
        for (code, verdict) in [
            (1, Verdict::Ignored),
            (2, Verdict::Ignored),
            (3, Verdict::FailsIndex),
            (
                6,
                Verdict::FailsJob(
                    "Container main for pod a/p failed with exit code 6 matching FailJob rule at index 2"
                        .to_owned(),
                ),
            ),
            (4, Verdict::Ignored),
        ] {
            assert_eq!(judge(&job, &failed(code)), verdict, "{code}");
        }
        assert_eq!(judge(&json!({}), &failed(1)), Verdict::Counts);
    }

    #[test]
    fn a_rule_may_be_of_one_container_or_condition() {
        let mut codes = json!({"containerName": "side", "operator": "NotIn", "values": [9]});
        let of = |codes: &Value| with(json!([{"action": "FailJob", "onExitCodes": codes}]));
        // That one ended well.
        assert_eq!(judge(&of(&codes), &failed(1)), Verdict::Counts);
        codes["containerName"] = "main".into();
        assert_ne!(judge(&of(&codes), &failed(1)), Verdict::Counts);
        let pattern = json!([{"type": "DisruptionTarget", "status": "True"}]);
        let job = with(json!([{"action": "FailJob", "onPodConditions": pattern}]));
        let why = "Pod a/p has condition DisruptionTarget matching FailJob rule at index 0";
        assert_eq!(judge(&job, &failed(1)), Verdict::FailsJob(why.to_owned()));
    }

    #[test]
    fn enough_is_what_a_rule_says() {
        let done = BTreeSet::from([0, 2, 3]);
        for (rule, is_met) in [
            (json!({"succeededIndexes": "0,2-3"}), true),
            (json!({"succeededIndexes": "0-2"}), false),
            (
                json!({"succeededIndexes": "0-2", "succeededCount": 2}),
                true,
            ),
            (
                json!({"succeededIndexes": "0-1", "succeededCount": 2}),
                false,
            ),
            (json!({"succeededCount": 3}), true),
            (json!({"succeededCount": 4}), false),
        ] {
            let job = json!({"spec": {"successPolicy": {"rules": [rule]}}});
            assert_eq!(success(&job, &done, 5).is_some(), is_met, "{job}");
        }
        assert_eq!(success(&json!({}), &done, 5), None);
        // A rule of a few words may name all there are.
        let most = i64::from(i32::MAX);
        let rules = json!([{"succeededIndexes": format!("0-{}", most - 1)}]);
        let job = json!({"spec": {"successPolicy": {"rules": rules}}});
        assert_eq!(success(&job, &done, most), None);
    }
}
