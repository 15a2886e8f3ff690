//! Which requests a path of an Ingress is about, and in which order paths count. Pure.

use std::collections::BTreeSet;

use serde_json::Value;
use wharf_kube_client::Object as _;

use super::PREFIX;
use crate::{
    annotations::{Annotations, Refused, refused},
    stack::Condition,
};

/// Exact paths first, then prefixes, the longer before the shorter; all others follow as they stand.
pub fn sorted(rule: &Value) -> Vec<&Value> {
    let mut paths: Vec<&Value> = rule.list("/http/paths").iter().collect();
    let rank = |path: &&Value| match path.text("/pathType") {
        "Exact" => (0, 0),
        "Prefix" => (1, usize::MAX - path.text("/path").len()),
        _ => (2, 0),
    };
    paths.sort_by_key(rank);
    paths
}

/// All hosts that an Ingress is about.
pub fn hosts(ingress: &Value) -> BTreeSet<String> {
    let of_rules = ingress
        .list("/spec/rules")
        .iter()
        .map(|it| it.text("/host"));
    let of_tls = ingress
        .list("/spec/tls")
        .iter()
        .flat_map(|it| it.list("/hosts"));
    let of_tls = of_tls.filter_map(Value::as_str);
    let all = of_rules.chain(of_tls).filter(|it| !it.is_empty());
    all.map(str::to_owned).collect()
}

/// The conditions of a path, and those that an annotation adds for its service.
pub fn conditions(ingress: &Value, rule: &Value, path: &Value) -> Result<Vec<Condition>, Refused> {
    let mut hosts: Vec<String> = Vec::new();
    hosts.extend(
        Some(rule.text("/host"))
            .filter(|it| !it.is_empty())
            .map(str::to_owned),
    );
    let mut paths = patterns(path)?;
    let mut others = Vec::new();
    let service = path.text("/backend/service/name");
    for added in added(ingress, service)? {
        match added {
            Condition::Host(more) => hosts.extend(more),
            Condition::Path(more) => paths.extend(more),
            other => others.push(other),
        }
    }
    // A rule without conditions cannot be: every path will do.
    if hosts.is_empty() && paths.is_empty() && others.is_empty() {
        paths.push("/*".to_owned());
    }
    let mut all = Vec::new();
    all.extend((!hosts.is_empty()).then_some(Condition::Host(hosts)));
    all.extend((!paths.is_empty()).then_some(Condition::Path(paths)));
    all.extend(others);
    let values: usize = all.iter().map(Condition::values).sum();
    if values > 5 {
        return refused(format!(
            "the rule for {service} has {values} values in its conditions, and at most 5 are possible"
        ));
    }
    Ok(all)
}

fn patterns(path: &Value) -> Result<Vec<String>, Refused> {
    let given = path.text("/path");
    let has_wildcard = given.contains(['*', '?']);
    match path.text("/pathType") {
        "Exact" if has_wildcard => refused(format!("the exact path {given} has a wildcard")),
        "Exact" => Ok(vec![given.to_owned()]),
        "Prefix" if has_wildcard => refused(format!("the prefix {given} has a wildcard")),
        "Prefix" => Ok(match given.trim_end_matches('/') {
            "" => vec!["/*".to_owned()],
            prefix => vec![prefix.to_owned(), format!("{prefix}/*")],
        }),
        _ if given.is_empty() => Ok(Vec::new()),
        _ => Ok(vec![given.to_owned()]),
    }
}

/// `[{"field": "http-header", "httpHeaderConfig": {"httpHeaderName": …, "values": […]}}]`
fn added(ingress: &Value, service: &str) -> Result<Vec<Condition>, Refused> {
    let name = format!("conditions.{service}");
    let Some(given) = Annotations::new(PREFIX, &[ingress]).json(&name)? else {
        return Ok(Vec::new());
    };
    let Some(list) = given.as_array() else {
        return refused(format!("the annotation {PREFIX}{name} must be a list"));
    };
    list.iter().map(|it| condition(it, &name)).collect()
}

fn condition(given: &Value, name: &str) -> Result<Condition, Refused> {
    let (config, made) = match given.text("/field") {
        "host-header" => (
            "/hostHeaderConfig",
            Condition::Host as fn(Vec<String>) -> Condition,
        ),
        "path-pattern" => ("/pathPatternConfig", Condition::Path as _),
        "http-request-method" => ("/httpRequestMethodConfig", Condition::Method as _),
        "source-ip" => ("/sourceIpConfig", Condition::Source as _),
        "http-header" => {
            let header = given.text("/httpHeaderConfig/httpHeaderName").to_owned();
            let values = texts(given.at("/httpHeaderConfig"), name)?;
            return Ok(Condition::Header {
                name: header,
                values,
            });
        }
        "query-string" => {
            let values = given.list("/queryStringConfig/values").iter();
            let pair = |it: &Value| {
                let key = it.text("/key");
                let key = (!key.is_empty()).then(|| key.to_owned());
                (key, it.text("/value").to_owned())
            };
            return Ok(Condition::Query(values.map(pair).collect()));
        }
        other => {
            return refused(format!(
                "the annotation {PREFIX}{name}: the field {other:?} is not supported"
            ));
        }
    };
    Ok(made(texts(given.at(config), name)?))
}

fn texts(config: &Value, name: &str) -> Result<Vec<String>, Refused> {
    let values = config.list("/values").iter().filter_map(Value::as_str);
    let values: Vec<String> = values.map(str::to_owned).collect();
    if values.is_empty() {
        return refused(format!(
            "the annotation {PREFIX}{name}: a condition has no values"
        ));
    }
    Ok(values)
}
