//! What EKS' own webhook does to pods: they get the role of IAM that their service account has, by Pod Identity or else by a token of the
//! cluster (`eks.amazonaws.com/role-arn`). Pure.
//!
//! Who has an association gets Pod Identity alone, as with EKS: SDKs would try an annotation's role first.
//! What a container says for itself stays: a variable that it has is not touched, nor a mount of the same name.

use serde_json::{Value, json};
use wharf_kube_model::view::text_at;

/// The configuration that each cluster has of it.
pub const CONFIGURATION: &str = "pod-identity-webhook";
const NAME: &str = "iam-for-pods.amazonaws.com";
/// Pods with this label are left alone.
const SKIP: &str = "eks.amazonaws.com/skip-pod-identity-webhook";
const ANNOTATIONS: &str = "eks.amazonaws.com/";
const MOST_SECONDS: i64 = 24 * 3600;
const LEAST_SECONDS: i64 = 600;

/// Where pods find AWS' APIs.
#[derive(Debug, Clone)]
pub struct AwsPlace {
    pub region: String,
    /// `AWS_ENDPOINT_URL` of pods.
    pub endpoint: String,
}

/// The configuration, as AWS has it, of a webhook that is reached by this `clientConfig`.
pub fn configuration(client: &Value) -> Value {
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": CONFIGURATION},
        "webhooks": [{
            "name": NAME,
            "admissionReviewVersions": ["v1"],
            "clientConfig": client,
            "failurePolicy": "Ignore",
            "matchPolicy": "Equivalent",
            "namespaceSelector": {},
            "objectSelector": {"matchExpressions": [{"key": SKIP, "operator": "DoesNotExist"}]},
            "reinvocationPolicy": "IfNeeded",
            "rules": [{
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CREATE"],
                "resources": ["pods"],
                "scope": "*",
            }],
            "sideEffects": "None",
            "timeoutSeconds": 10,
        }],
    })
}

/// How the containers of a pod prove who they are.
struct Proof {
    volume: &'static str,
    folder: &'static str,
    file: &'static str,
    audience: String,
    seconds: i64,
    variables: Vec<(&'static str, String)>,
}

/// The name of a pod's service account. `None` for a pod that a node has by itself, which has none.
pub fn account_of(pod: &Value) -> Option<&str> {
    if pod["metadata"]["annotations"]["kubernetes.io/config.mirror"].is_string() {
        return None;
    }
    match text_at(pod, &["spec", "serviceAccountName"]) {
        "" => Some("default"),
        name => Some(name),
    }
}

/// The steps of a JSON patch by which a pod gets its role: none where it has none, or has it already. `account` is its service account;
/// `has_identity`: it has a role by Pod Identity.
pub fn patch(pod: &Value, account: &Value, place: &AwsPlace, has_identity: bool) -> Vec<Value> {
    let proof = match has_identity {
        true => Some(by_identity(pod, account)),
        false => by_annotation(pod, account),
    };
    let mut steps = Vec::new();
    let Some(proof) = proof else {
        return steps;
    };
    let skipped: Vec<&str> = annotation(pod, "skip-containers")
        .split(',')
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .collect();
    let is_regional = annotation(account, "sts-regional-endpoints") != "false";
    let mut is_used = false;
    for list in ["initContainers", "containers"] {
        let containers = pod["spec"][list].as_array().into_iter().flatten();
        for (index, container) in containers.enumerate() {
            if !skipped.contains(&text_at(container, &["name"])) {
                is_used = true;
                let path = format!("/spec/{list}/{index}");
                let variables = variables(container, &proof, place, is_regional);
                append(
                    &container["env"],
                    &format!("{path}/env"),
                    variables,
                    &mut steps,
                );
                let mounts = &container["volumeMounts"];
                let mount = mount(mounts, &proof).into_iter().collect();
                append(mounts, &format!("{path}/volumeMounts"), mount, &mut steps);
            }
        }
    }
    if is_used {
        let volumes = &pod["spec"]["volumes"];
        let volume = volume(volumes, &proof).into_iter().collect();
        append(volumes, "/spec/volumes", volume, &mut steps);
    }
    steps
}

/// The steps that put `new` at the end of a list, which may not be there.
fn append(list: &Value, path: &str, new: Vec<Value>, steps: &mut Vec<Value>) {
    match list {
        _ if new.is_empty() => {}
        Value::Array(_) => {
            let path = format!("{path}/-");
            let each = new.into_iter();
            steps.extend(each.map(|it| json!({"op": "add", "path": path, "value": it})));
        }
        _ => steps.push(json!({"op": "add", "path": path, "value": new})),
    }
}

fn has_named(list: &Value, name: &str) -> bool {
    let mut all = list.as_array().into_iter().flatten();
    all.any(|it| it["name"] == name)
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

fn variables(container: &Value, proof: &Proof, place: &AwsPlace, is_regional: bool) -> Vec<Value> {
    let has = |name: &str| has_named(&container["env"], name);
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
    let missing = wanted.into_iter().filter(|it| !has(it.0));
    missing
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect()
}

fn mount(mounts: &Value, proof: &Proof) -> Option<Value> {
    let mut all = mounts.as_array().into_iter().flatten();
    let is_taken = all.any(|it| it["name"] == proof.volume || it["mountPath"] == proof.folder);
    (!is_taken).then(|| json!({"name": proof.volume, "readOnly": true, "mountPath": proof.folder}))
}

fn volume(volumes: &Value, proof: &Proof) -> Option<Value> {
    (!has_named(volumes, proof.volume)).then(|| {
        json!({
            "name": proof.volume,
            "projected": {
                "sources": [{"serviceAccountToken": {
                    "audience": proof.audience,
                    "expirationSeconds": proof.seconds,
                    "path": proof.file,
                }}],
                "defaultMode": 420,
            },
        })
    })
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

    /// What becomes of a pod.
    fn add(pod: &mut Value, account: &Value, place: &AwsPlace, has_identity: bool) {
        let steps = patch(pod, account, place, has_identity);
        *pod = wharf_kube_model::patch::json(pod, &Value::from(steps)).unwrap();
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
    fn annotations_say_how_sts_is_asked_and_how_long_a_token_lasts() {
        let made = |of_pod: Value, of_account: Value| {
            let mut annotations = json!({"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/r"});
            for (name, value) in of_account.as_object().unwrap() {
                annotations[format!("eks.amazonaws.com/{name}")] = value.clone();
            }
            let mut pod = json!({"metadata": {"annotations": of_pod}, "spec": {"containers": [{"name": "a"}]}});
            add(&mut pod, &account(annotations), &place(), false);
            let token =
                &pod["spec"]["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"];
            let sts = variable(&pod["spec"]["containers"][0], "AWS_STS_REGIONAL_ENDPOINTS");
            (
                sts.map(str::to_owned),
                token["audience"].as_str().unwrap().to_owned(),
                token["expirationSeconds"].as_i64().unwrap(),
            )
        };
        let regional = Some("regional".to_owned());
        let usual = "sts.amazonaws.com".to_owned();
        assert_eq!(
            made(json!({}), json!({})),
            (regional.clone(), usual.clone(), 86_400)
        );
        let global = json!({"sts-regional-endpoints": "false"});
        assert_eq!(made(json!({}), global), (None, usual.clone(), 86_400));
        // The pod's own word comes first, and a token lasts ten minutes at least and a day at most.
        let hour = json!({"token-expiration": "3600", "audience": "me"});
        assert_eq!(
            made(json!({}), hour.clone()),
            (regional.clone(), "me".to_owned(), 3600)
        );
        for (said, seconds) in [
            ("7200", 7200),
            ("1", 600),
            ("900000", 86_400),
            ("soon", 3600),
        ] {
            let of_pod = json!({"eks.amazonaws.com/token-expiration": said});
            assert_eq!(
                made(of_pod, hour.clone()),
                (regional.clone(), "me".to_owned(), seconds),
                "{said}"
            );
        }
    }

    #[test]
    fn who_has_no_role_is_left_alone() {
        let mut pod = json!({"metadata": {}, "spec": {"containers": [{"name": "a"}]}});
        let before = pod.clone();
        add(&mut pod, &account(Value::Null), &place(), false);
        assert_eq!(pod, before);
        assert!(patch(&pod, &account(Value::Null), &place(), false).is_empty());
    }

    #[test]
    fn lists_that_are_there_are_added_to() {
        let env = json!([{"name": "A", "value": "a"}]);
        let mount = json!([{"name": "v", "mountPath": "/v"}]);
        let mut pod = json!({"spec": {
            "containers": [{"name": "a", "env": env, "volumeMounts": mount}],
            "volumes": [{"name": "v", "emptyDir": {}}]}});
        let of = account(json!({"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/r"}));
        add(&mut pod, &of, &place(), false);
        let spec = &pod["spec"];
        let container = &spec["containers"][0];
        assert_eq!(variable(container, "A"), Some("a"));
        assert_eq!(variable(container, "AWS_REGION"), Some("eu-west-1"));
        assert_eq!(container["volumeMounts"][0]["name"], "v");
        assert_eq!(container["volumeMounts"][1]["name"], "aws-iam-token");
        assert_eq!(spec["volumes"][0]["name"], "v");
        assert_eq!(spec["volumes"][1]["name"], "aws-iam-token");
        assert!(patch(&pod, &of, &place(), false).is_empty());
    }

    #[test]
    fn pods_of_nodes_have_no_account() {
        assert_eq!(account_of(&json!({"spec": {}})), Some("default"));
        let named = json!({"spec": {"serviceAccountName": "a"}});
        assert_eq!(account_of(&named), Some("a"));
        let mirror = json!({"metadata": {"annotations": {"kubernetes.io/config.mirror": "x"}}});
        assert_eq!(account_of(&mirror), None);
    }

    #[test]
    fn the_configuration_is_one_that_a_cluster_takes() {
        let client = json!({"url": "https://127.0.0.1:23443/mutate", "caBundle": "YQ=="});
        let object = configuration(&client);
        let hook = &object["webhooks"][0];
        assert_eq!(hook["clientConfig"], client);
        let (group, version) = ("admissionregistration.k8s.io", "v1");
        let catalog = wharf_kube_model::Catalog::built_in();
        let kind = catalog.resource(group, version, "mutatingwebhookconfigurations");
        let errors = wharf_kube_model::validate::create(kind.unwrap(), &object);
        assert!(errors.is_empty());
    }
}
