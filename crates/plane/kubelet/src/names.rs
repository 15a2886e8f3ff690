//! A pod's host name, `/etc/hosts` and `/etc/resolv.conf`. Pure.

use std::net::Ipv4Addr;

use crate::pod::Pod;

const CLUSTER_DOMAIN: &str = "cluster.local";
/// Of a pod's name, as much as fits into a name of DNS.
const LONGEST: usize = 63;
/// The kernel takes no longer host name.
const MOST: usize = 64;
/// Of a `resolv.conf`, by what C libraries read of it.
const MOST_SERVERS: usize = 3;
const MOST_SEARCHED: usize = 32;
const LONGEST_SEARCHED: usize = 253;
const LONGEST_SEARCH: usize = 2048;

/// What the node knows about names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolvers {
    /// The service of cluster DNS; `None` while there is none.
    pub cluster: Option<String>,
    /// What the node asks itself.
    pub node: Vec<String>,
    /// In which the node seeks short names.
    pub search: Vec<String>,
}

/// What a pod says that its name is in any case.
pub fn override_of(pod: &Pod) -> Option<&str> {
    let given = pod.spec.hostname_override.as_deref();
    given.filter(|it| !it.is_empty())
}

pub fn hostname(pod: &Pod) -> String {
    let own = pod.spec.hostname.as_deref().filter(|it| !it.is_empty());
    let (name, most) = match override_of(pod) {
        Some(name) => (name, MOST),
        None => (own.unwrap_or(&pod.metadata.name), LONGEST),
    };
    let name: String = name.chars().take(most).collect();
    name.trim_end_matches(['-', '.']).to_owned()
}

/// Under `hostname` in its subdomain, if it has one.
fn full_name(pod: &Pod, hostname: &str) -> Option<String> {
    if override_of(pod).is_some() {
        return None;
    }
    let sub = pod.spec.subdomain.as_deref().filter(|it| !it.is_empty())?;
    let namespace = &pod.metadata.namespace;
    Some(format!("{hostname}.{sub}.{namespace}.svc.{CLUSTER_DOMAIN}"))
}

/// A pod that is to go by its full name, which no kernel takes, in upstream's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "Failed to construct FQDN from Pod hostname and cluster domain, FQDN {full} is too long ({MOST} characters is the max, {} characters requested)",
    .full.len()
)]
pub struct LongName {
    full: String,
}

/// What the kernel of its containers has as its name: `of_node` where it is in its node's network, whatever the pod itself says.
///
/// # Errors
/// It is to be the full name, which is too long.
pub fn kernel_name(pod: &Pod, of_node: &str) -> Result<String, LongName> {
    if pod.spec.host_network {
        return Ok(of_node.to_owned());
    }
    let hostname = hostname(pod);
    let full = full_name(pod, &hostname).filter(|_| pod.spec.set_hostname_as_fqdn);
    match full {
        Some(full) if full.len() > MOST => Err(LongName { full }),
        Some(full) => Ok(full),
        None => Ok(hostname),
    }
}

pub fn hosts(pod: &Pod, hostname: &str, ip: Option<Ipv4Addr>) -> String {
    let mut text = "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n\
                    fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n"
        .to_owned();
    if let Some(ip) = ip {
        let names = match full_name(pod, hostname) {
            Some(full) => format!("{full}\t{hostname}"),
            None => hostname.to_owned(),
        };
        push(&mut text, &format!("{ip}\t{names}"));
    }
    alias(&mut text, pod);
    text
}

/// Of a pod in its node's network: what the node's own programs read, and what the pod adds.
pub fn hosts_of_node(own: &str, pod: &Pod) -> String {
    let mut text = format!("# Kubernetes-managed hosts file (host network).\n{own}");
    alias(&mut text, pod);
    text
}

fn alias(text: &mut String, pod: &Pod) {
    if pod.spec.host_aliases.is_empty() {
        return;
    }
    text.push_str("\n# Entries added by HostAliases.\n");
    for alias in &pod.spec.host_aliases {
        push(
            text,
            &format!("{}\t{}", alias.ip, alias.hostnames.join("\t")),
        );
    }
}

/// With what its owner should know: what had no room in it, in upstream's words.
pub fn resolv_conf(pod: &Pod, of: &Resolvers) -> (String, Vec<String>) {
    let policy = pod.spec.dns_policy.as_deref().unwrap_or("ClusterFirst");
    let by_cluster = match policy {
        "ClusterFirstWithHostNet" => true,
        "ClusterFirst" => !pod.spec.host_network,
        _ => false,
    };
    let (mut servers, mut search, mut options) = (Vec::new(), Vec::new(), Vec::new());
    match (&of.cluster, by_cluster, policy) {
        (_, _, "None") => {}
        (Some(cluster), true, _) => {
            servers.push(cluster.clone());
            let namespace = &pod.metadata.namespace;
            search.push(format!("{namespace}.svc.{CLUSTER_DOMAIN}"));
            search.push(format!("svc.{CLUSTER_DOMAIN}"));
            search.push(CLUSTER_DOMAIN.to_owned());
            search.extend(of.search.iter().cloned());
            options.push("ndots:5".to_owned());
        }
        // As upstream does where it knows no cluster DNS.
        _ => {
            servers.extend(of.node.iter().cloned());
            search.extend(of.search.iter().cloned());
        }
    }
    if let Some(own) = &pod.spec.dns_config {
        let fresh: Vec<String> = own
            .nameservers
            .iter()
            .filter(|it| !servers.contains(it))
            .cloned()
            .collect();
        servers.extend(fresh);
        let fresh: Vec<String> = own
            .searches
            .iter()
            .filter(|it| !search.contains(it))
            .cloned()
            .collect();
        search.extend(fresh);
        for option in &own.options {
            options.retain(|it: &String| it.split(':').next() != Some(option.name.as_str()));
            options.push(match &option.value {
                Some(value) => format!("{}:{value}", option.name),
                None => option.name.clone(),
            });
        }
    }
    let mut told = Vec::new();
    if servers.len() > MOST_SERVERS {
        servers.truncate(MOST_SERVERS);
        told.push(format!(
            "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: {}",
            servers.join(" ")
        ));
    }
    let asked = search.len();
    let search = fitting(search);
    if search.len() < asked {
        told.push(format!(
            "Search Line limits were exceeded, some search paths have been omitted, the applied search line is: {}",
            search.join(" ")
        ));
    }
    let mut text = String::new();
    if !search.is_empty() {
        push(&mut text, &format!("search {}", search.join(" ")));
    }
    for server in servers {
        push(&mut text, &format!("nameserver {server}"));
    }
    if !options.is_empty() {
        push(&mut text, &format!("options {}", options.join(" ")));
    }
    (text, told)
}

/// The first of these that a line has room for.
fn fitting(mut search: Vec<String>) -> Vec<String> {
    search.truncate(MOST_SEARCHED);
    search.retain(|it| it.len() <= LONGEST_SEARCHED);
    let mut length = 0;
    let first = search.iter().take_while(|it| {
        let blank = usize::from(length > 0);
        length += blank + it.len();
        length <= LONGEST_SEARCH
    });
    let fits = first.count();
    search.truncate(fits);
    search
}

/// One line, whatever the pod put into it.
fn push(text: &mut String, line: &str) {
    text.extend(line.chars().filter(|c| *c == '\t' || !c.is_control()));
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of(spec: Value, cluster: Option<&str>) -> String {
        let pod = json!({"metadata": {"name": "p", "namespace": "n"}, "spec": spec});
        let resolvers = Resolvers {
            cluster: cluster.map(str::to_owned),
            node: vec!["169.254.169.253".to_owned()],
            search: vec!["ec2.internal".to_owned()],
        };
        let (text, told) = resolv_conf(&Pod::read(&pod).unwrap(), &resolvers);
        assert_eq!(told, [""; 0]);
        text
    }

    #[test]
    fn what_no_library_reads_is_left_out_and_told() {
        let of = |config: Value| {
            let pod =
                json!({"metadata": {"name": "p", "namespace": "n"}, "spec": {"dnsConfig": config}});
            let resolvers = Resolvers {
                cluster: Some("10.100.0.10".to_owned()),
                ..Resolvers::default()
            };
            resolv_conf(&Pod::read(&pod).unwrap(), &resolvers)
        };
        let (text, told) = of(json!({"nameservers": ["192.0.2.1", "192.0.2.2", "192.0.2.3"]}));
        let servers: Vec<&str> = text
            .lines()
            .filter_map(|it| it.strip_prefix("nameserver "))
            .collect();
        assert_eq!(servers, ["10.100.0.10", "192.0.2.1", "192.0.2.2"]);
        assert_eq!(
            told,
            [
                "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 10.100.0.10 192.0.2.1 192.0.2.2"
            ]
        );
        let searched = |all: Vec<String>| {
            let (text, told) = of(json!({ "searches": all }));
            let line = text.lines().next().unwrap_or_default();
            let line = line.strip_prefix("search ").unwrap_or_default();
            assert!(
                told.iter().all(|it| it.ends_with(&format!(": {line}"))),
                "{told:?}"
            );
            (line.split(' ').count(), line.len(), told.len())
        };
        let named = |count: usize| (0..count).map(|it| format!("s{it}.example")).collect();
        // Beside the three of the cluster.
        let (count, _, told) = searched(named(29));
        assert_eq!((count, told), (32, 0));
        let (count, _, told) = searched(named(30));
        assert_eq!((count, told), (32, 1));
        let long = |length: usize| "a".repeat(length);
        let (count, _, told) = searched(vec![long(254)]);
        assert_eq!((count, told), (3, 1));
        let many = (0..20).map(|it| format!("{it:0200}")).collect();
        let (count, length, told) = searched(many);
        assert_eq!((count, told), (12, 1));
        assert!(length <= LONGEST_SEARCH && length + 201 > LONGEST_SEARCH);
    }

    #[test]
    fn the_kernel_has_the_full_name_where_that_is_wanted_and_fits() {
        let of = |spec: Value| {
            let pod = json!({"metadata": {"name": "p", "namespace": "n"}, "spec": spec});
            kernel_name(&Pod::read(&pod).unwrap(), "node")
        };
        let full = |sub: &str| json!({"setHostnameAsFQDN": true, "subdomain": sub});
        assert_eq!(of(full("s")).unwrap(), "p.s.n.svc.cluster.local");
        assert_eq!(of(json!({"subdomain": "s"})).unwrap(), "p");
        assert_eq!(of(json!({"setHostnameAsFQDN": true})).unwrap(), "p");
        // Just as long as it may be, and one more.
        assert_eq!(of(full(&"s".repeat(42))).unwrap().len(), 64);
        let long = of(full(&"s".repeat(43))).unwrap_err().to_string();
        assert!(long.ends_with("is too long (64 characters is the max, 65 characters requested)"));
        let mut shared = full(&"s".repeat(43));
        (shared["hostNetwork"], shared["hostname"]) = (true.into(), "own".into());
        assert_eq!(of(shared).unwrap(), "node");
    }

    #[test]
    fn a_name_that_overrides_stands_alone() {
        let pod = json!({"metadata": {"name": "p", "namespace": "n"},
            "spec": {"hostname": "h", "subdomain": "s", "hostnameOverride": "db.example.com"}});
        let pod = Pod::read(&pod).unwrap();
        assert_eq!(kernel_name(&pod, "node").unwrap(), "db.example.com");
        let name = hostname(&pod);
        let text = hosts(&pod, &name, Some(Ipv4Addr::new(10, 0, 0, 1)));
        assert!(text.contains("10.0.0.1\tdb.example.com\n"), "{text}");
        let long = json!({"metadata": {"name": "p"}, "spec": {"hostnameOverride": "a".repeat(64)}});
        assert_eq!(hostname(&Pod::read(&long).unwrap()).len(), 64);
        let empty = json!({"metadata": {"name": "p"}, "spec": {"hostnameOverride": ""}});
        assert_eq!(hostname(&Pod::read(&empty).unwrap()), "p");
    }

    #[test]
    fn resolvers() {
        let dns = Some("10.100.0.10");
        assert_eq!(
            of(json!({}), dns),
            "search n.svc.cluster.local svc.cluster.local cluster.local ec2.internal\nnameserver 10.100.0.10\noptions ndots:5\n"
        );
        let own = "search ec2.internal\nnameserver 169.254.169.253\n";
        assert_eq!(of(json!({}), None), own);
        assert_eq!(of(json!({"dnsPolicy": "Default"}), dns), own);
        assert_eq!(of(json!({"hostNetwork": true}), dns), own);
        let none = json!({"dnsPolicy": "None", "dnsConfig": {"nameservers": ["1.1.1.1\nx"],
            "options": [{"name": "ndots", "value": "2"}]}});
        assert_eq!(of(none, dns), "nameserver 1.1.1.1x\noptions ndots:2\n");
    }

    #[test]
    fn host_names() {
        let long = "a".repeat(62) + "-b";
        let pod =
            json!({"metadata": {"name": long, "namespace": "n"}, "spec": {"subdomain": "web"}});
        let pod = Pod::read(&pod).unwrap();
        let name = hostname(&pod);
        assert_eq!(name, "a".repeat(62));
        let text = hosts(&pod, &name, Some(Ipv4Addr::new(10, 0, 0, 1)));
        assert!(
            text.contains(&format!(
                "10.0.0.1\t{name}.web.n.svc.cluster.local\t{name}\n"
            )),
            "{text}"
        );
    }

    #[test]
    fn a_pod_in_its_nodes_network_has_the_nodes_names() {
        let pod = json!({"metadata": {"name": "p"}, "spec": {"hostNetwork": true,
            "hostAliases": [{"ip": "192.0.2.1", "hostnames": ["a", "b"]}]}});
        let text = hosts_of_node("10.0.0.9 node\n", &Pod::read(&pod).unwrap());
        assert_eq!(
            text,
            "# Kubernetes-managed hosts file (host network).\n10.0.0.9 node\n\n\
             # Entries added by HostAliases.\n192.0.2.1\ta\tb\n"
        );
    }
}
