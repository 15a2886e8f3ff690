//! Which requests of nodes are approved without anybody.

use std::net::IpAddr;

use serde_json::{Value, json};
use wharf_kube_auth::{signing_request::SigningRequest, user::NODES};
use wharf_kube_client::Object as _;

/// What somebody must be allowed for a node's client certificate, and what it is approved with then: first as the node itself.
pub fn permissions(
    object: &Value,
    request: &SigningRequest,
) -> impl Iterator<Item = (&'static str, &'static str)> {
    let is_own = object.text("/spec/username") == request.common_name();
    let own = is_own.then_some((
        "selfnodeclient",
        "Auto approving self kubelet client certificate after SubjectAccessReview.",
    ));
    own.into_iter().chain([(
        "nodeclient",
        "Auto approving kubelet client certificate after SubjectAccessReview.",
    )])
}

/// Asks whether who sent the request may.
pub fn review(object: &Value, subresource: &str) -> Value {
    let spec = object.at("/spec");
    let mut review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": spec["username"],
            "resourceAttributes": {
                "group": "certificates.k8s.io", "resource": "certificatesigningrequests", "verb": "create",
                "subresource": subresource, "version": "*",
            },
        },
    });
    for member in ["uid", "groups", "extra"] {
        if !spec[member].is_null() {
            review["spec"][member] = spec[member].clone();
        }
    }
    review
}

/// Whether a node asks for itself, under names and addresses that are its own.
pub fn is_of_node(object: &Value, request: &SigningRequest, node: &Value) -> bool {
    let is_node = object.list("/spec/groups").iter().any(|it| it == NODES);
    if !is_node
        || object.text("/spec/username") != request.common_name()
        || node.is_deleting()
        || request.common_name() != format!("system:node:{}", node.name())
    {
        return false;
    }
    let addresses = node.list("/status/addresses");
    let of = |kinds: &'static [&'static str]| {
        let known = addresses.iter();
        known
            .filter(move |it| kinds.contains(&it.text("/type")))
            .map(|it| it.text("/address"))
    };
    let names = ["Hostname", "InternalDNS", "ExternalDNS"].as_slice();
    let has_name = |name: &String| {
        name.eq_ignore_ascii_case(node.name()) || of(names).any(|it| name.eq_ignore_ascii_case(it))
    };
    let has_address = |address: &IpAddr| {
        let mut own = of(&["InternalIP", "ExternalIP"]).filter_map(|it| it.parse::<IpAddr>().ok());
        own.any(|it| it.to_canonical() == address.to_canonical())
    };
    request.dns_names.iter().all(has_name) && request.addresses.iter().all(has_address)
}

#[cfg(test)]
mod tests {
    use super::{super::rules::tests::request, *};

    #[test]
    fn a_node_gets_its_own_names_alone() {
        let node = json!({"metadata": {"name": "a"}, "status": {"addresses": [
            {"type": "InternalIP", "address": "10.0.0.5"}, {"type": "Hostname", "address": "a.lan"},
        ]}});
        let asked = |user: &str| json!({"spec": {"username": user, "groups": ["system:nodes"]}});
        let own = asked("system:node:a");
        for (names, user, expected) in [
            (["a.lan", "10.0.0.5"].as_slice(), "system:node:a", true),
            (&["a", "A.LAN"], "system:node:a", true),
            (&["a.lan", "10.0.0.6"], "system:node:a", false),
            (&["b.lan", "10.0.0.5"], "system:node:a", false),
            // A name that looks like its address is none of its addresses.
            (&["a.lan"], "system:node:b", false),
        ] {
            let wanted = request("system:node:a", "system:nodes", names);
            let found = is_of_node(&asked(user), &wanted, &node);
            assert_eq!(found, expected, "{names:?} {user}");
        }
        let wanted = request("system:node:a", "system:nodes", &["a"]);
        let stranger = json!({"spec": {"username": "system:node:a", "groups": ["dev"]}});
        assert!(!is_of_node(&stranger, &wanted, &node));
        let other = json!({"metadata": {"name": "b"}});
        assert!(!is_of_node(&own, &wanted, &other));
    }

    #[test]
    fn who_may_is_asked_of_who_sent_it() {
        let object = json!({"spec": {"username": "system:node:a", "groups": ["g"]}});
        let wanted = request("system:node:a", "system:nodes", &[]);
        let asked: Vec<&str> = permissions(&object, &wanted).map(|it| it.0).collect();
        assert_eq!(asked, ["selfnodeclient", "nodeclient"]);
        let wanted = request("system:node:b", "system:nodes", &[]);
        let asked: Vec<&str> = permissions(&object, &wanted).map(|it| it.0).collect();
        assert_eq!(asked, ["nodeclient"]);
        let review = review(&object, "nodeclient");
        assert_eq!(review["spec"]["user"], "system:node:a");
        assert_eq!(review["spec"]["groups"], json!(["g"]));
        assert!(review["spec"].get("uid").is_none());
    }
}
