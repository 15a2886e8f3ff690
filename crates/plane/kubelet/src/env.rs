//! A container's environment, and what of a pod is told by the downward API. Pure: the objects that are referred to are brought.

use std::collections::BTreeMap;

use serde_json::Value;
use wharf_kube_client::Object as _;
use wharf_kube_model::field::quoted;

use crate::{
    pod::{Container, Pod, Resources},
    quantity,
};

/// Objects that a pod refers to, as they are now.
pub trait Sources {
    /// The data of a ConfigMap; `None` if there is none of that name.
    fn config_map(&self, name: &str) -> Option<BTreeMap<String, Vec<u8>>>;
    fn secret(&self, name: &str) -> Option<BTreeMap<String, Vec<u8>>>;
}

/// What the node adds.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub host_ip: String,
    pub pod_ip: String,
    pub node_name: String,
    /// Variables of services, which anything else goes over.
    pub services: Vec<(String, String)>,
    /// What `limits.cpu` and `limits.memory` are of a container that has none: thousandths of a core, bytes.
    pub allocatable: (u64, u64),
    /// The same of `limits.ephemeral-storage`: bytes.
    pub disk: u64,
}

/// Why a container cannot be started for now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadConfig {
    #[error("configmap \"{0}\" not found")]
    NoConfigMap(String),
    #[error("secret \"{0}\" not found")]
    NoSecret(String),
    #[error("couldn't find key {key} in ConfigMap {namespace}/{name}")]
    NoConfigMapKey {
        key: String,
        namespace: String,
        name: String,
    },
    #[error("couldn't find key {key} in Secret {namespace}/{name}")]
    NoSecretKey {
        key: String,
        namespace: String,
        name: String,
    },
    /// Whoever asked knows of what.
    #[error("more than a node takes")]
    TooLarge,
    #[error("the environment of the container is larger than 1 MiB")]
    EnvironmentTooLarge,
    #[error("{0}")]
    Other(String),
}

/// Bytes of all variables of a container, and of a text that refers to them.
pub const MOST_BYTES: usize = 1 << 20;

/// Variables by name.
#[derive(Debug, Default)]
struct Variables {
    all: BTreeMap<String, String>,
    bytes: usize,
}

impl Variables {
    fn set(&mut self, name: String, value: String) -> Result<(), BadConfig> {
        self.bytes = self.bytes.saturating_add(name.len() + value.len());
        if self.bytes > MOST_BYTES {
            return Err(BadConfig::EnvironmentTooLarge);
        }
        self.all.insert(name, value);
        Ok(())
    }
}

pub fn environment(
    pod: &Pod,
    container: &Container,
    sources: &dyn Sources,
    facts: &Facts,
) -> Result<BTreeMap<String, String>, BadConfig> {
    let mut all = Variables::default();
    for (name, value) in &facts.services {
        all.set(name.clone(), value.clone())?;
    }
    for from in &container.env_from {
        let data = if let Some(of) = &from.config_map_ref {
            match sources.config_map(&of.name) {
                Some(data) => data,
                None if of.optional => continue,
                None => return Err(BadConfig::NoConfigMap(of.name.clone())),
            }
        } else if let Some(of) = &from.secret_ref {
            match sources.secret(&of.name) {
                Some(data) => data,
                None if of.optional => continue,
                None => return Err(BadConfig::NoSecret(of.name.clone())),
            }
        } else {
            continue;
        };
        for (key, value) in data {
            let name = format!("{}{key}", from.prefix);
            // As upstream: names that no environment holds are left out.
            if !name.is_empty() && !name.contains(['=', '\0']) {
                all.set(name, String::from_utf8_lossy(&value).into_owned())?;
            }
        }
    }
    for variable in &container.env {
        let value = match (&variable.value, &variable.value_from) {
            (_, Some(from)) => match value_from(pod, container, from, sources, facts)? {
                Some(value) => value,
                None => continue,
            },
            (Some(text), None) => expand(text, &all.all)?,
            (None, None) => String::new(),
        };
        all.set(variable.name.clone(), value)?;
    }
    Ok(all.all)
}

fn value_from(
    pod: &Pod,
    container: &Container,
    from: &crate::pod::EnvSource,
    sources: &dyn Sources,
    facts: &Facts,
) -> Result<Option<String>, BadConfig> {
    let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
    let namespace = || pod.metadata.namespace.clone();
    if let Some(of) = &from.field_ref {
        let value = field(pod, &of.field_path, facts);
        let unknown = || BadConfig::Other(format!("unsupported fieldPath: {}", of.field_path));
        return value.map(Some).ok_or_else(unknown);
    }
    if let Some(of) = &from.resource_field_ref {
        let other = of
            .container_name
            .as_deref()
            .and_then(|name| pod.container(name));
        let of_container = other.unwrap_or(container);
        let value = resource(
            &of_container.resources,
            &pod.spec.resources,
            &of.resource,
            of.divisor.as_ref(),
            facts,
        );
        let unknown =
            || BadConfig::Other(format!("unsupported container resource: {}", of.resource));
        return value.map(Some).ok_or_else(unknown);
    }
    if let Some(of) = &from.config_map_key_ref {
        let Some(data) = sources.config_map(&of.name) else {
            return match of.optional {
                true => Ok(None),
                false => Err(BadConfig::NoConfigMap(of.name.clone())),
            };
        };
        return match data.get(&of.key) {
            Some(value) => Ok(Some(text(value))),
            None if of.optional => Ok(None),
            None => Err(BadConfig::NoConfigMapKey {
                key: of.key.clone(),
                namespace: namespace(),
                name: of.name.clone(),
            }),
        };
    }
    if let Some(of) = &from.secret_key_ref {
        let Some(data) = sources.secret(&of.name) else {
            return match of.optional {
                true => Ok(None),
                false => Err(BadConfig::NoSecret(of.name.clone())),
            };
        };
        return match data.get(&of.key) {
            Some(value) => Ok(Some(text(value))),
            None if of.optional => Ok(None),
            None => Err(BadConfig::NoSecretKey {
                key: of.key.clone(),
                namespace: namespace(),
                name: of.name.clone(),
            }),
        };
    }
    Err(BadConfig::Other(
        "a source of a variable that this node does not know".to_owned(),
    ))
}

/// `$(NAME)` stands for the variable's value; `$$` is a dollar, and a name that is not known stays as it is written.
pub fn expand(text: &str, variables: &BTreeMap<String, String>) -> Result<String, BadConfig> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(more) = after.strip_prefix('$') {
            out.push('$');
            rest = more;
        } else if let Some((name, more)) = after.strip_prefix('(').and_then(|it| it.split_once(')'))
        {
            match variables.get(name) {
                Some(value) if out.len() + value.len() > MOST_BYTES => {
                    return Err(BadConfig::EnvironmentTooLarge);
                }
                Some(value) => out.push_str(value),
                None => out.push_str(&rest[at..at + name.len() + 3]),
            }
            rest = more;
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// A field of the pod by its path.
pub fn field(pod: &Pod, path: &str, facts: &Facts) -> Option<String> {
    let of_map =
        |all: &BTreeMap<String, String>, key: &str| Some(all.get(key).cloned().unwrap_or_default());
    let subscript = |prefix: &str| path.strip_prefix(prefix)?.strip_suffix("']");
    if let Some(key) = subscript("metadata.labels['") {
        return of_map(&pod.metadata.labels, key);
    }
    if let Some(key) = subscript("metadata.annotations['") {
        return of_map(&pod.metadata.annotations, key);
    }
    let lines = |all: &BTreeMap<String, String>| {
        let lines = all.iter();
        let lines = lines.map(|(name, value)| format!("{name}={}", quoted(value)));
        lines.collect::<Vec<_>>().join("\n")
    };
    Some(match path {
        "metadata.name" => pod.metadata.name.clone(),
        "metadata.namespace" => pod.metadata.namespace.clone(),
        "metadata.uid" => pod.metadata.uid.clone(),
        "metadata.labels" => lines(&pod.metadata.labels),
        "metadata.annotations" => lines(&pod.metadata.annotations),
        "spec.nodeName" => facts.node_name.clone(),
        "spec.serviceAccountName" => pod.spec.service_account_name.clone().unwrap_or_default(),
        "status.hostIP" | "status.hostIPs" => facts.host_ip.clone(),
        "status.podIP" | "status.podIPs" => facts.pod_ip.clone(),
        _ => return None,
    })
}

/// What a container asks for or may have at most, in units of the divisor, rounded up. `whole`: what its pod has.
pub fn resource(
    of: &Resources,
    whole: &Resources,
    name: &str,
    divisor: Option<&Value>,
    facts: &Facts,
) -> Option<String> {
    let (which, kind) = name.split_once('.')?;
    let own = |all: &BTreeMap<String, Value>| all.get(kind).and_then(quantity::milli);
    let milli = match which {
        "limits" => own(&of.limits)
            .or_else(|| own(&whole.limits))
            .filter(|it| *it != 0)
            .or(match kind {
                "cpu" => Some(i128::from(facts.allocatable.0)),
                "memory" => Some(i128::from(facts.allocatable.1) * 1000),
                "ephemeral-storage" => Some(i128::from(facts.disk) * 1000),
                _ => None,
            }),
        "requests" => own(&of.requests).or_else(|| own(&of.limits)).or(Some(0)),
        _ => None,
    };
    let known =
        ["cpu", "memory", "ephemeral-storage"].contains(&kind) || kind.starts_with("hugepages-");
    let milli = milli.filter(|_| known).or(known.then_some(0))?;
    let divisor = divisor
        .and_then(quantity::milli)
        .filter(|it| *it > 0)
        .unwrap_or(1000);
    Some(quantity::div_up(milli, divisor).to_string())
}

/// Variables that tell of services, as Docker links told them: of the API's own, and of those of the pod's namespace if it wants them.
pub fn of_services(pod: &Pod, services: &[std::sync::Arc<Value>]) -> Vec<(String, String)> {
    let links = pod.spec.enable_service_links.unwrap_or(true);
    let mut all = Vec::new();
    for service in services {
        let is_api = service.namespace() == "default" && service.name() == "kubernetes";
        let is_here = service.namespace() == pod.metadata.namespace;
        let ip = service.text("/spec/clusterIP");
        if !(is_api || links && is_here) || ip.is_empty() || ip == "None" {
            continue;
        }
        let base = service.name().to_uppercase().replace('-', "_");
        let ports = service.list("/spec/ports");
        let Some(first) = ports.first().and_then(|it| it.integer("/port")) else {
            continue;
        };
        let mut put = |name: String, value: String| all.push((name, value));
        put(format!("{base}_SERVICE_HOST"), ip.to_owned());
        put(format!("{base}_SERVICE_PORT"), first.to_string());
        for port in ports {
            let Some(number) = port.integer("/port") else {
                continue;
            };
            let name = port.text("/name");
            if !name.is_empty() {
                let name = name.to_uppercase().replace('-', "_");
                put(format!("{base}_SERVICE_PORT_{name}"), number.to_string());
            }
        }
        for (at, port) in ports.iter().enumerate() {
            let Some(number) = port.integer("/port") else {
                continue;
            };
            let protocol = match port.text("/protocol") {
                "" => "tcp".to_owned(),
                told => told.to_lowercase(),
            };
            let url = format!("{protocol}://{ip}:{number}");
            if at == 0 {
                put(format!("{base}_PORT"), url.clone());
            }
            let prefix = format!("{base}_PORT_{number}_{}", protocol.to_uppercase());
            put(prefix.clone(), url);
            put(format!("{prefix}_PROTO"), protocol);
            put(format!("{prefix}_PORT"), number.to_string());
            put(format!("{prefix}_ADDR"), ip.to_owned());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    struct Fixed;

    impl Sources for Fixed {
        fn config_map(&self, name: &str) -> Option<BTreeMap<String, Vec<u8>>> {
            (name == "c").then(|| BTreeMap::from([("k".to_owned(), b"v".to_vec())]))
        }
        fn secret(&self, name: &str) -> Option<BTreeMap<String, Vec<u8>>> {
            (name == "s").then(|| BTreeMap::from([("p".to_owned(), b"w".to_vec())]))
        }
    }

    fn env(container: Value) -> Result<BTreeMap<String, String>, BadConfig> {
        let pod = json!({"metadata": {"name": "p", "namespace": "n", "labels": {"a": "b"}},
            "spec": {"containers": [container]}});
        let pod = Pod::read(&pod).unwrap();
        let facts = Facts {
            pod_ip: "10.0.0.9".to_owned(),
            allocatable: (2000, 1 << 30),
            ..Facts::default()
        };
        environment(&pod, &pod.spec.containers[0], &Fixed, &facts)
    }

    #[test]
    fn a_limit_that_the_pod_alone_has_is_told_of_its_containers() {
        let whole = Resources {
            limits: BTreeMap::from([("cpu".to_owned(), json!("500m"))]),
            ..Resources::default()
        };
        let (own, facts, divisor) = (Resources::default(), Facts::default(), json!("1m"));
        let of = |name: &str| resource(&own, &whole, name, Some(&divisor), &facts);
        assert_eq!(of("limits.cpu").as_deref(), Some("500"));
        assert_eq!(of("requests.cpu").as_deref(), Some("0"));
    }

    #[test]
    fn a_limit_that_nobody_has_is_what_the_node_has() {
        let facts = Facts {
            allocatable: (2000, 1 << 30),
            disk: 9 << 30,
            ..Facts::default()
        };
        let own = Resources {
            limits: BTreeMap::from([("cpu".to_owned(), json!("0"))]),
            ..Resources::default()
        };
        let of = |name: &str| resource(&own, &Resources::default(), name, None, &facts);
        for (name, amount) in [
            ("limits.cpu", 2_u64),
            ("limits.memory", 1 << 30),
            ("limits.ephemeral-storage", 9 << 30),
            ("limits.hugepages-2Mi", 0),
        ] {
            assert_eq!(of(name), Some(amount.to_string()), "{name}");
        }
    }

    /// As Go quotes them, which what reads them was written for.
    #[test]
    fn labels_and_annotations_are_lines() {
        let pod = json!({"metadata": {"annotations": {"a": "x\n\u{1}\"y\"", "b": "e\u{301}'"}}});
        let pod = Pod::read(&pod).unwrap();
        assert_eq!(
            field(&pod, "metadata.annotations", &Facts::default()).unwrap(),
            "a=\"x\\n\\x01\\\"y\\\"\"\nb=\"e\u{301}'\""
        );
    }

    #[test]
    fn references() {
        for (text, expected) in [
            ("$(A)-$(B)", "1-$(B)"),
            ("$$(A)", "$(A)"),
            ("$A $", "$A $"),
            ("$(A", "$(A"),
            ("$$$(A)", "$1"),
        ] {
            let variables = BTreeMap::from([("A".to_owned(), "1".to_owned())]);
            assert_eq!(expand(text, &variables).unwrap(), expected);
        }
    }

    #[test]
    fn from_everywhere_the_last_wins() {
        let found = env(json!({"name": "x",
        "envFrom": [{"prefix": "P_", "configMapRef": {"name": "c"}}, {"secretRef": {"name": "s"}}],
        "env": [
            {"name": "p", "value": "own"},
            {"name": "both", "value": "$(P_k)/$(p)"},
            {"name": "ip", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "label", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['a']"}}},
            {"name": "mem", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}}},
            {"name": "cpu", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
        ]}));
        let found = found.unwrap();
        let wanted = json!({"P_k": "v", "p": "own", "both": "v/own", "ip": "10.0.0.9", "label": "b",
            "mem": "1024", "cpu": "2"});
        assert_eq!(json!(found), wanted);
    }

    #[test]
    fn what_is_missing_is_named() {
        let of = |from: Value| env(json!({"name": "x", "env": [{"name": "a", "valueFrom": from}]}));
        let text = |from: Value| of(from).unwrap_err().to_string();
        assert_eq!(
            text(json!({"configMapKeyRef": {"name": "none", "key": "k"}})),
            "configmap \"none\" not found"
        );
        assert_eq!(
            text(json!({"secretKeyRef": {"name": "s", "key": "k"}})),
            "couldn't find key k in Secret n/s"
        );
        let optional = json!({"secretKeyRef": {"name": "none", "key": "k", "optional": true}});
        assert!(of(optional).unwrap().is_empty());
    }

    #[test]
    fn what_grows_with_each_reference_is_bounded() {
        let many = |name: &str| format!("$({name})").repeat(500);
        let found = env(json!({"name": "x", "env": [
            {"name": "a", "value": "x".repeat(1000)}, {"name": "b", "value": many("a")},
            {"name": "c", "value": many("b")}, {"name": "d", "value": many("c")},
        ]}));
        assert_eq!(found, Err(BadConfig::EnvironmentTooLarge));
    }

    #[test]
    fn services() {
        let pod = Pod::read(&json!({"metadata": {"namespace": "n"}})).unwrap();
        let web = json!({"metadata": {"name": "my-web", "namespace": "n"},
            "spec": {"clusterIP": "10.100.0.7", "ports": [{"port": 80, "name": "http"}]}});
        let other = json!({"metadata": {"name": "far", "namespace": "m"},
            "spec": {"clusterIP": "10.100.0.8", "ports": [{"port": 80}]}});
        let found = of_services(&pod, &[Arc::new(web), Arc::new(other)]);
        let wanted = [
            ("MY_WEB_SERVICE_HOST", "10.100.0.7"),
            ("MY_WEB_SERVICE_PORT", "80"),
            ("MY_WEB_SERVICE_PORT_HTTP", "80"),
            ("MY_WEB_PORT", "tcp://10.100.0.7:80"),
            ("MY_WEB_PORT_80_TCP", "tcp://10.100.0.7:80"),
            ("MY_WEB_PORT_80_TCP_PROTO", "tcp"),
            ("MY_WEB_PORT_80_TCP_PORT", "80"),
            ("MY_WEB_PORT_80_TCP_ADDR", "10.100.0.7"),
        ];
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(found, wanted);
    }
}
