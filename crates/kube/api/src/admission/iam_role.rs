//! The role of IAM that a pod has by its service account: what EKS' own webhook adds, by Pod Identity or else for a token of the cluster
//! (`eks.amazonaws.com/role-arn`). Pure.
//!
//! Who has an association gets Pod Identity alone, as with EKS: SDKs would try an annotation's role first.
//! What a container says for itself stays: a variable that it has is not touched, nor a mount of the same name.

use serde_json::{Map, Value, json};
use wharf_kube_model::view::text_at;

use crate::cluster::AwsPlace;

const ANNOTATIONS: &str = "eks.amazonaws.com/";
const MOST_SECONDS: i64 = 24 * 3600;
const LEAST_SECONDS: i64 = 600;

/// How the containers of a pod prove who they are.
struct Proof {
    volume: &'static str,
    folder: &'static str,
    file: &'static str,
    audience: String,
    seconds: i64,
    variables: Vec<(&'static str, String)>,
}

/// `account` is the pod's service account; `has_identity`: it has a role by Pod Identity.
pub fn add(pod: &mut Value, account: &Value, place: &AwsPlace, has_identity: bool) {
    let proof = match has_identity {
        true => Some(by_identity(pod, account)),
        false => by_annotation(pod, account),
    };
    let Some(proof) = proof else {
        return;
    };
    let skipped: Vec<String> = annotation(pod, "skip-containers")
        .split(',')
        .map(|it| it.trim().to_owned())
        .filter(|it| !it.is_empty())
        .collect();
    let is_regional = annotation(account, "sts-regional-endpoints") != "false";
    let Some(spec) = pod["spec"].as_object_mut() else {
        return;
    };
    let mut is_used = false;
    for list in ["initContainers", "containers"] {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let Some(container) = container.as_object_mut() else {
                continue;
            };
            let name = container["name"].as_str().unwrap_or_default();
            if !skipped.iter().any(|it| it == name) {
                is_used = true;
                complete(container, &proof, place, is_regional);
            }
        }
    }
    if is_used {
        add_volume(spec, &proof);
    }
}

fn annotation<'a>(object: &'a Value, name: &str) -> &'a str {
    let of = object["metadata"]["annotations"].as_object();
    let found = of.and_then(|it| it.get(&format!("{ANNOTATIONS}{name}")));
    found.and_then(Value::as_str).unwrap_or_default()
}

/// The node answers at this address, in every pod's network.
fn by_identity(pod: &Value, account: &Value) -> Proof {
    const FOLDER: &str = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount";
    const NAME: &str = "eks-pod-identity-token";
    let credentials = "http://169.254.170.23/v1/credentials".to_owned();
    Proof {
        volume: NAME,
        folder: FOLDER,
        file: NAME,
        audience: "pods.eks.amazonaws.com".to_owned(),
        seconds: seconds(pod, account),
        variables: vec![
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", credentials),
            (
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                format!("{FOLDER}/{NAME}"),
            ),
        ],
    }
}

/// The life of a pod's token.
fn seconds(pod: &Value, account: &Value) -> i64 {
    let mut seconds = [pod, account].into_iter().filter_map(|it| {
        let text = annotation(it, "token-expiration");
        text.parse::<i64>().ok()
    });
    let seconds = seconds.next().unwrap_or(MOST_SECONDS);
    seconds.clamp(LEAST_SECONDS, MOST_SECONDS)
}

fn by_annotation(pod: &Value, account: &Value) -> Option<Proof> {
    const FOLDER: &str = "/var/run/secrets/eks.amazonaws.com/serviceaccount";
    let role = Some(annotation(account, "role-arn")).filter(|it| !it.is_empty())?;
    let audience = match annotation(account, "audience") {
        "" => "sts.amazonaws.com",
        own => own,
    };
    Some(Proof {
        volume: "aws-iam-token",
        folder: FOLDER,
        file: "token",
        audience: audience.to_owned(),
        seconds: seconds(pod, account),
        variables: vec![
            ("AWS_ROLE_ARN", role.to_owned()),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", format!("{FOLDER}/token")),
        ],
    })
}

fn list<'a>(of: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Vec<Value>> {
    let list = of.entry(name).or_insert(Value::Null);
    if list.is_null() {
        *list = json!([]);
    }
    list.as_array_mut()
}

fn complete(
    container: &mut Map<String, Value>,
    proof: &Proof,
    place: &AwsPlace,
    is_regional: bool,
) {
    if let Some(all) = list(container, "env") {
        let has = |name: &str| all.iter().any(|it| it["name"] == name);
        let mut wanted: Vec<(&str, &str)> = Vec::new();
        // Setting one of the two means that the user takes care of both.
        if !has("AWS_REGION") && !has("AWS_DEFAULT_REGION") {
            wanted.push(("AWS_DEFAULT_REGION", &place.region));
            wanted.push(("AWS_REGION", &place.region));
        }
        let own = proof.variables.iter().map(|it| (it.0, it.1.as_str()));
        // One without the others would be of another identity.
        if !proof.variables.iter().any(|it| has(it.0)) {
            wanted.extend(own);
        }
        if is_regional {
            wanted.push(("AWS_STS_REGIONAL_ENDPOINTS", "regional"));
        }
        wanted.push(("AWS_ENDPOINT_URL", &place.endpoint));
        // Some operations are asked of a host whose name has a prefix; an address has no such names.
        wanted.push(("AWS_DISABLE_HOST_PREFIX_INJECTION", "true"));
        wanted.retain(|it| !has(it.0));
        let wanted = wanted
            .into_iter()
            .map(|(name, value)| json!({"name": name, "value": value}));
        all.extend(wanted.collect::<Vec<_>>());
    }
    if let Some(mounts) = list(container, "volumeMounts")
        && !mounts
            .iter()
            .any(|it| it["name"] == proof.volume || it["mountPath"] == proof.folder)
    {
        mounts.push(json!({
            "name": proof.volume, "readOnly": true, "mountPath": proof.folder,
        }));
    }
}

fn add_volume(spec: &mut Map<String, Value>, proof: &Proof) {
    let Some(volumes) = list(spec, "volumes") else {
        return;
    };
    if volumes
        .iter()
        .any(|it| text_at(it, &["name"]) == proof.volume)
    {
        return;
    }
    volumes.push(json!({
        "name": proof.volume,
        "projected": {
            "sources": [{"serviceAccountToken": {
                "audience": proof.audience,
                "expirationSeconds": proof.seconds,
                "path": proof.file,
            }}],
            "defaultMode": 420,
        },
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> AwsPlace {
        AwsPlace {
            region: "eu-west-1".to_owned(),
            endpoint: "http://169.254.170.2:4566".to_owned(),
        }
    }

    fn account(annotations: Value) -> Value {
        json!({"metadata": {"name": "a", "annotations": annotations}})
    }

    fn variable<'a>(container: &'a Value, name: &str) -> Option<&'a str> {
        let all = container["env"].as_array()?;
        let mut found = all.iter().filter(|it| it["name"] == name);
        let first = found.next()?["value"].as_str();
        assert!(found.next().is_none(), "{name} is there twice");
        first
    }

    #[test]
    fn a_role_by_annotation_reaches_every_container_that_is_not_skipped() {
        let own = json!({"name": "AWS_ROLE_ARN", "value": "mine"});
        let mut pod = json!({
            "metadata": {"annotations": {"eks.amazonaws.com/skip-containers": "b, c"}},
            "spec": {
                "containers": [{"name": "a"}, {"name": "b"},
                    {"name": "d", "env": [own, {"name": "AWS_REGION", "value": "x"}]}],
                "initContainers": [{"name": "i"}],
            },
        });
        let of = account(
            json!({"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/r",
            "eks.amazonaws.com/token-expiration": "60", "eks.amazonaws.com/audience": "me"}),
        );
        add(&mut pod, &of, &place(), false);
        let spec = &pod["spec"];
        for container in [&spec["containers"][0], &spec["initContainers"][0]] {
            assert_eq!(
                variable(container, "AWS_ROLE_ARN"),
                Some("arn:aws:iam::1:role/r")
            );
            assert_eq!(variable(container, "AWS_REGION"), Some("eu-west-1"));
            let file = variable(container, "AWS_WEB_IDENTITY_TOKEN_FILE").unwrap();
            let mount = &container["volumeMounts"][0];
            assert_eq!(
                file,
                format!("{}/token", mount["mountPath"].as_str().unwrap())
            );
        }
        assert!(spec["containers"][1]["env"].is_null());
        let kept = &spec["containers"][2];
        assert_eq!(variable(kept, "AWS_ROLE_ARN"), Some("mine"));
        assert_eq!(variable(kept, "AWS_WEB_IDENTITY_TOKEN_FILE"), None);
        assert_eq!(variable(kept, "AWS_REGION"), Some("x"));
        assert_eq!(variable(kept, "AWS_DEFAULT_REGION"), None);
        let token = &spec["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"];
        assert_eq!(
            token,
            &json!({"audience": "me", "expirationSeconds": 600, "path": "token"})
        );
        let once = pod.clone();
        add(&mut pod, &of, &place(), false);
        assert_eq!(pod, once);
    }

    #[test]
    fn who_has_an_association_gets_that_alone() {
        let own =
            json!({"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://localhost/mine"});
        let mut pod = json!({
            "metadata": {"annotations": {"eks.amazonaws.com/skip-containers": "b"}},
            "spec": {"containers": [{"name": "a"}, {"name": "b"}, {"name": "c", "env": [own]}]},
        });
        let of = account(json!({"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/r"}));
        add(&mut pod, &of, &place(), true);
        let spec = &pod["spec"];
        let first = &spec["containers"][0];
        assert_eq!(
            variable(first, "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
            Some("http://169.254.170.23/v1/credentials")
        );
        let folder = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount";
        let file = format!("{folder}/eks-pod-identity-token");
        assert_eq!(
            variable(first, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
            Some(&*file)
        );
        assert_eq!(
            variable(first, "AWS_STS_REGIONAL_ENDPOINTS"),
            Some("regional")
        );
        assert_eq!(variable(first, "AWS_REGION"), Some("eu-west-1"));
        assert_eq!(variable(first, "AWS_ROLE_ARN"), None);
        assert_eq!(first["volumeMounts"][0]["mountPath"], folder);
        assert!(spec["containers"][1]["env"].is_null());
        let kept = &spec["containers"][2];
        assert_eq!(
            variable(kept, "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
            Some("http://localhost/mine")
        );
        assert_eq!(
            variable(kept, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
            None
        );
        let volume = &spec["volumes"][0];
        assert_eq!(volume["name"], "eks-pod-identity-token");
        assert_eq!(
            volume["projected"]["sources"][0]["serviceAccountToken"],
            json!({"audience": "pods.eks.amazonaws.com", "expirationSeconds": 86400, "path": "eks-pod-identity-token"})
        );
        let once = pod.clone();
        add(&mut pod, &of, &place(), true);
        assert_eq!(pod, once);
    }

    #[test]
    fn who_has_no_role_is_left_alone() {
        let mut pod = json!({"metadata": {}, "spec": {"containers": [{"name": "a"}]}});
        let before = pod.clone();
        add(&mut pod, &account(Value::Null), &place(), false);
        assert_eq!(pod, before);
    }
}
