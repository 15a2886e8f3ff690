//! Names of load balancers and target groups: `k8s-<namespace>-<name>-<10 digits>`, within the 32 characters of load balancing.

use sha2::{Digest, Sha256};

use crate::stack::Key;

fn digits(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        // Parts that run into each other name different things.
        hash.update([0]);
    }
    let mut digits = hex::encode(hash.finalize());
    digits.truncate(10);
    digits
}

fn cut(text: &str, length: usize) -> String {
    let kept = text.chars().filter(char::is_ascii_alphanumeric);
    kept.take(length).collect()
}

/// Of a load balancer, and of its security group. `cluster` is the cluster's id, `what` what cannot be changed of it.
pub fn balancer(cluster: &str, key: &Key, what: &str) -> String {
    let (tag, value) = key.tag();
    let digits = digits(&[cluster, tag, &value, what]);
    match key {
        Key::Service { namespace, name } | Key::Ingress { namespace, name } => {
            format!("k8s-{}-{}-{digits}", cut(namespace, 8), cut(name, 8))
        }
        Key::Group(name) => format!("k8s-{}-{digits}", cut(name, 17)),
    }
}

/// Of a target group of a load balancer for a service. `what` is what cannot be changed of it.
pub fn group(cluster: &str, balancer: &str, namespace: &str, service: &str, what: &str) -> String {
    let digits = digits(&[cluster, balancer, namespace, service, what]);
    format!("k8s-{}-{}-{digits}", cut(namespace, 8), cut(service, 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_and_differ() {
        let key = |namespace: &str, name: &str| Key::Ingress {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        };
        let long = balancer("C1", &key("a-long-namespace", "a-longer-name"), "internal");
        assert!(long.starts_with("k8s-alongnam-alongern-"), "{long}");
        assert_eq!(long.len(), 32);
        assert_ne!(
            long,
            balancer("C2", &key("a-long-namespace", "a-longer-name"), "internal")
        );
        assert_ne!(
            balancer("C", &key("a", "b"), ""),
            balancer("C", &key("a", "b"), "x")
        );
        let shared = balancer("C", &Key::Group("everybody.of.the.company".to_owned()), "");
        assert!(shared.starts_with("k8s-everybodyofthecom-") && shared.len() == 32);
        assert_ne!(
            group("C", "x", "ab", "c", ""),
            group("C", "x", "a", "bc", "")
        );
    }
}
