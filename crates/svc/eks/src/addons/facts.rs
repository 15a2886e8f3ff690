//! What add-ons there are, and what may be configured of them. Pure.

use serde_json::{Map, Value, json};
use wharf_kube_model::{codec, parts::Part};
use wharf_wire::Fault;

use crate::fault;

/// Of all: they are parts of every cluster, the same in each of its versions, and named by the newest.
pub const VERSION: &str = "v1.36.4-eksbuild.1";
pub const PUBLISHER: &str = "eks";
/// Of what may be configured; add-ons of others have more to say than ours.
const LONGEST_CONFIGURATION: usize = 16 << 10;

/// Whom the program of an add-on asks AWS as, and what EKS advises that it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Its service account.
    pub account: &'static str,
    pub policy: &'static str,
}

pub struct Facts {
    pub kind: &'static str,
    pub owner: &'static str,
    /// Of those alone that ask AWS for something.
    pub identity: Option<Identity>,
    /// What may be said of it because it is so: a member and its one value.
    settings: &'static [(&'static str, &'static str)],
}

pub fn of(part: Part) -> Facts {
    let own = |kind, settings| Facts {
        kind,
        owner: "aws",
        identity: None,
        settings,
    };
    let named = |account, policy| Some(Identity { account, policy });
    match part {
        // NetworkPolicies have effect in every cluster.
        Part::VpcCni => Facts {
            identity: named("aws-node", "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"),
            ..own("networking", &[("enableNetworkPolicy", "true")])
        },
        Part::CoreDns | Part::KubeProxy => own("networking", &[]),
        Part::PodIdentityAgent => own("security", &[]),
        Part::EbsCsi => Facts {
            identity: named(
                "ebs-csi-controller-sa",
                "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy",
            ),
            ..own("storage", &[])
        },
        Part::EfsCsi => Facts {
            identity: named(
                "efs-csi-controller-sa",
                "arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy",
            ),
            ..own("storage", &[])
        },
        Part::MetricsServer => Facts {
            owner: "community",
            ..own("observability", &[])
        },
    }
}

/// By name and version, for a cluster of a version of Kubernetes; no version is the one there is.
///
/// # Errors
/// There is none of that name, or not in that version.
pub fn find(name: &str, version: Option<&str>, cluster: &str) -> Result<Part, Fault> {
    let part = Part::named(name).ok_or_else(|| fault::no_such_addon(name, cluster))?;
    match version.is_none_or(|it| it == VERSION) {
        true => Ok(part),
        false => Err(fault::no_such_addon_version()),
    }
}

/// JSON Schema of what may be configured.
pub fn schema(part: Part) -> Value {
    let settings = of(part).settings.iter();
    let properties = settings.map(|(name, value)| {
        let schema = json!({"type": "string", "enum": [value]});
        ((*name).to_owned(), schema)
    });
    json!({
        "$schema": "http://json-schema.org/draft-06/schema#",
        "type": "object",
        "additionalProperties": false,
        "properties": properties.collect::<Map<String, Value>>(),
    })
}

/// JSON or YAML that the schema allows; an empty text says nothing.
///
/// # Errors
/// It asks for what cannot be had, which is named.
pub fn check(part: Part, text: &str) -> Result<(), Fault> {
    if text.len() > LONGEST_CONFIGURATION {
        return Err(fault::bad_configuration(&format!(
            "$: it is longer than {LONGEST_CONFIGURATION} bytes"
        )));
    }
    if text.trim().is_empty() {
        return Ok(());
    }
    let read = codec::from_yaml(text);
    let read = read.map_err(|_| fault::bad_configuration("$: it is neither JSON nor YAML"))?;
    let given = match read {
        Value::Object(given) => given,
        Value::Null => Map::new(),
        _ => return Err(fault::bad_configuration("$: object expected")),
    };
    for (name, value) in &given {
        let settings = of(part).settings;
        let Some((_, only)) = settings.iter().find(|it| it.0 == name) else {
            return Err(fault::bad_configuration(&format!(
                "$.{name}: is not defined in the schema and the schema does not allow additional properties"
            )));
        };
        if value.as_str() != Some(only) {
            return Err(fault::bad_configuration(&format!(
                "$.{name}: does not have a value in the enumeration [{only}]"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use wharf_kube_model::Version;

    use super::*;

    #[test]
    fn versions_are_those_of_clusters() {
        let [newest, ..] = Version::ALL;
        assert_eq!(VERSION, format!("v{}-eksbuild.1", newest.patch()));
        let find = |name, version| super::find(name, version, "1.35");
        assert_eq!(find("coredns", None).unwrap(), Part::CoreDns);
        assert_eq!(find("kube-proxy", Some(VERSION)).unwrap(), Part::KubeProxy);
        let code = |it: Result<Part, Fault>| it.unwrap_err().message;
        assert_eq!(
            code(find("aws-mountpoint-s3-csi-driver", None)),
            "Addon aws-mountpoint-s3-csi-driver specified is not supported in 1.35 kubernetes version"
        );
        assert_eq!(
            code(find("coredns", Some("v1.11.4-eksbuild.2"))),
            "Addon version specified is not supported"
        );
    }

    #[test]
    fn what_is_so_may_be_said_and_nothing_else() {
        for good in [
            "",
            "{}",
            "enableNetworkPolicy: 'true'",
            r#"{"enableNetworkPolicy": "true"}"#,
        ] {
            assert!(check(Part::VpcCni, good).is_ok(), "{good}");
            let long = format!("{good}{}", " ".repeat(LONGEST_CONFIGURATION + 1));
            assert!(check(Part::VpcCni, &long).is_err(), "{good}");
        }
        for (bad, why) in [
            ("{\"env\": {}}", "[$.env: is not defined in the schema"),
            (
                "enableNetworkPolicy: 'false'",
                "[$.enableNetworkPolicy: does not have",
            ),
            (
                "enableNetworkPolicy: true",
                "[$.enableNetworkPolicy: does not have",
            ),
            ("[]", "[$: object expected]"),
            ("{", "[$: it is neither"),
        ] {
            let found = check(Part::VpcCni, bad).unwrap_err().message;
            assert!(found.contains(why), "{bad}: {found}");
        }
        assert!(check(Part::CoreDns, "replicaCount: 3").is_err());
        assert_eq!(schema(Part::CoreDns)["properties"], json!({}));
        assert_eq!(
            schema(Part::VpcCni)["properties"]["enableNetworkPolicy"]["enum"],
            json!(["true"])
        );
    }
}
