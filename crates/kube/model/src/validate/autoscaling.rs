//! Autoscalers and disruption budgets.

use serde_json::Value;

use super::{
    apps::{at_most_all, share},
    meta,
    pod::one_of,
};
use crate::{
    field::{Errors, Path},
    names,
    quantity::Quantity,
    view::{absent, items, member, number, text},
};

pub fn scaler(object: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let least = number(spec, "minReplicas");
    let most = number(spec, "maxReplicas").unwrap_or(0);
    if let Some(least) = least
        && least < 1
    {
        errors.invalid(
            &path.child("minReplicas"),
            least,
            "must be greater than or equal to 1",
        );
    }
    let at = path.child("maxReplicas");
    if most < 1 {
        errors.invalid(&at, most, "must be greater than 0");
    }
    if least.is_some_and(|least| most < least) {
        errors.invalid(&at, most, "must be greater than or equal to `minReplicas`");
    }
    let target = spec.get("scaleTargetRef").unwrap_or(&Value::Null);
    reference(target, &path.child("scaleTargetRef"), errors);
    if let Some(percent) = number(spec, "targetCPUUtilizationPercentage")
        && percent < 1
    {
        // Told as the metric that it stands for.
        let metrics = path.child("metrics");
        let (metric, target) = (metrics.index(0), "target.averageUtilization");
        let resource = metric.child("resource");
        errors.invalid(&resource.child(target), percent, "must be greater than 0");
    }
    let metrics = path.child("metrics");
    for (index, one) in items(spec, "metrics").iter().enumerate() {
        if errors.full() {
            return;
        }
        metric(one, &metrics.index(index), errors);
    }
    if let Some(behavior) = member(spec, "behavior") {
        let path = path.child("behavior");
        for name in ["scaleUp", "scaleDown"] {
            if let Some(body) = member(behavior, name) {
                rules(body, &path.child(name), errors);
            }
        }
    }
}

fn reference(target: &Value, path: &Path<'_>, errors: &mut Errors) {
    for name in ["kind", "name"] {
        let value = text(target, name);
        if value.is_empty() {
            errors.required(&path.child(name), "");
        } else {
            errors.invalid_all(&path.child(name), value, names::path_segment(value));
        }
    }
}

const SOURCES: [(&str, &str); 5] = [
    ("ContainerResource", "containerResource"),
    ("External", "external"),
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
];

fn metric(metric: &Value, path: &Path<'_>, errors: &mut Errors) {
    let kind = text(metric, "type");
    let known = SOURCES.map(|(kind, _)| kind);
    let Some((_, source)) = SOURCES.iter().find(|(known, _)| *known == kind) else {
        if kind.is_empty() {
            errors.required(&path.child("type"), "must specify a metric source type");
        }
        errors.not_supported(&path.child("type"), kind, &known);
        return;
    };
    for (_, other) in SOURCES {
        if other != *source && member(metric, other).is_some() {
            errors.forbidden(
                &path.child(other),
                "must populate the given metric source only",
            );
        }
    }
    let at = path.child(source);
    let Some(body) = member(metric, source) else {
        errors.required(&at, "must populate information for the given metric source");
        return;
    };
    match *source {
        "resource" | "containerResource" => {
            for name in ["name", "container"] {
                let wanted = name == "name" || *source == "containerResource";
                if wanted && text(body, name).is_empty() {
                    errors.required(
                        &at.child(name),
                        &format!(
                            "must specify a {} name",
                            if name == "name" {
                                "resource"
                            } else {
                                "container"
                            }
                        ),
                    );
                }
            }
        }
        _ => {
            let name = body.get("metric").unwrap_or(&Value::Null);
            let metric = at.child("metric");
            if text(name, "name").is_empty() {
                errors.required(&metric.child("name"), "must specify a metric name");
            } else {
                errors.invalid_all(
                    &metric.child("name"),
                    text(name, "name"),
                    names::path_segment(text(name, "name")),
                );
            }
            meta::selector(member(name, "selector"), &metric.child("selector"), errors);
            if *source == "object" {
                let target = body.get("describedObject").unwrap_or(&Value::Null);
                reference(target, &at.child("describedObject"), errors);
            }
        }
    }
    let null = Value::Null;
    target(
        body.get("target").unwrap_or(&null),
        source,
        &at.child("target"),
        errors,
    );
}

fn target(target: &Value, source: &str, path: &Path<'_>, errors: &mut Errors) {
    one_of(
        target,
        "type",
        &["AverageValue", "Utilization", "Value"],
        path,
        errors,
    );
    for name in ["value", "averageValue"] {
        if let Some(Ok(amount)) = member(target, name).map(Quantity::of)
            && (amount.is_negative() || amount.is_zero())
        {
            errors.invalid(&path.child(name), amount.to_string(), "must be positive");
        }
    }
    let utilization = number(target, "averageUtilization");
    if let Some(percent) = utilization
        && percent < 1
    {
        errors.invalid(
            &path.child("averageUtilization"),
            percent,
            "must be greater than 0",
        );
    }
    let average = member(target, "averageValue").is_some();
    match source {
        "resource" | "containerResource" => match (utilization, average) {
            (None, false) => errors.required(
                &path.child("averageUtilization"),
                "must set either a target raw value or a target utilization",
            ),
            (Some(_), true) => errors.forbidden(
                &path.child("averageValue"),
                "may not set both a target raw value and a target utilization",
            ),
            _ => {}
        },
        "pods" => {
            if !average {
                errors.required(
                    &path.child("averageValue"),
                    "must specify a positive target averageValue",
                );
            }
        }
        _ => match (member(target, "value").is_some(), average) {
            (false, false) => errors.required(
                &path.child("averageValue"),
                "must set either a target value or averageValue",
            ),
            (true, true) if source == "external" => errors.forbidden(
                &path.child("value"),
                "may not set both a target value for metric and a per-pod target",
            ),
            _ => {}
        },
    }
}

fn rules(rules: &Value, path: &Path<'_>, errors: &mut Errors) {
    const LONGEST_WINDOW: i64 = 3600;
    const LONGEST_PERIOD: i64 = 1800;
    if let Some(window) = number(rules, "stabilizationWindowSeconds") {
        let at = path.child("stabilizationWindowSeconds");
        if window < 0 {
            errors.invalid(&at, window, "must be greater than or equal to zero");
        }
        if window > LONGEST_WINDOW {
            errors.invalid(
                &at,
                window,
                format!("must be less than or equal to {LONGEST_WINDOW}"),
            );
        }
    }
    let select = text(rules, "selectPolicy");
    let known = ["Disabled", "Max", "Min"];
    if !select.is_empty() && !known.contains(&select) {
        errors.not_supported(&path.child("selectPolicy"), select, &known);
    }
    let list = path.child("policies");
    if absent(rules, "policies") {
        errors.required(&list, "must specify at least one Policy");
    }
    for (index, policy) in items(rules, "policies").iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = list.index(index);
        let kind = text(policy, "type");
        if !matches!(kind, "Percent" | "Pods") {
            errors.not_supported(&path.child("type"), kind, &["Percent", "Pods"]);
        }
        for name in ["value", "periodSeconds"] {
            let value = number(policy, name).unwrap_or(0);
            if value <= 0 {
                errors.invalid(&path.child(name), value, "must be greater than zero");
            }
            if name == "periodSeconds" && value > LONGEST_PERIOD {
                errors.invalid(
                    &path.child(name),
                    value,
                    format!("must be less than or equal to {LONGEST_PERIOD}"),
                );
            }
        }
    }
}

pub fn budget(object: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let bounds = ["minAvailable", "maxUnavailable"];
    if bounds.iter().all(|name| member(spec, name).is_some()) {
        errors.invalid(
            &path,
            spec.clone(),
            "minAvailable and maxUnavailable cannot be both set",
        );
    }
    for name in bounds {
        share(spec, name, &path, errors);
        at_most_all(spec, name, &path, errors);
    }
    meta::selector(member(spec, "selector"), &path.child("selector"), errors);
    let policy = text(spec, "unhealthyPodEvictionPolicy");
    let known = ["AlwaysAllow", "IfHealthyBudget"];
    if !policy.is_empty() && !known.contains(&policy) {
        errors.not_supported(&path.child("unhealthyPodEvictionPolicy"), policy, &known);
    }
}
