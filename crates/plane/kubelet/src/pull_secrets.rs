//! Logins of registries that pods name by `imagePullSecrets`: read when an image is asked for, and kept nowhere.
//!
//! Of what Docker writes into its configuration, user and password count. An entry is for a registry, or for what begins with a path
//! there; labels of its name may hold `*`.

use base64::{
    Engine as _,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::{Map, Value};
use wharf_container::image::Reference;
use wharf_kube_client::{Object as _, kind};

use crate::{machine::Login, node::Node};

/// Of one pod; others are not read.
const MOST_SECRETS: usize = 32;
/// Tried for one image.
const MOST_LOGINS: usize = 8;

/// As most registries are written down that the name of an image leaves out.
const DOCKER_HUB: [&str; 3] = ["index.docker.io", "registry-1.docker.io", "docker.io"];

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The logins for an image, the most particular first, and the secrets that are not there.
pub async fn logins<'a>(
    node: &Node,
    namespace: &str,
    names: impl Iterator<Item = &'a str>,
    image: &str,
) -> (Vec<Login>, Vec<String>) {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in names.filter(|it| !it.is_empty()).take(MOST_SECRETS) {
        match node.client.get(&kind::SECRET, namespace, name).await {
            Ok(secret) => found.extend(entries(&secret)),
            Err(error) => {
                tracing::debug!(namespace, name, %error, "failed to read an image pull secret");
                missing.push(name.to_owned());
            }
        }
    }
    (choose(found, image), missing)
}

/// For whom, and which.
type Entry = (String, Login);

/// What a secret of one of the two types has. Pure.
fn entries(secret: &Value) -> Vec<Entry> {
    let read = |key: &str| {
        let told = secret.map("/data")?.get(key)?.as_str()?;
        serde_json::from_slice::<Value>(&BASE64.decode(told).ok()?).ok()
    };
    let all = match secret.text("/type") {
        "kubernetes.io/dockerconfigjson" => {
            read(".dockerconfigjson").and_then(|mut it| it.get_mut("auths").map(Value::take))
        }
        "kubernetes.io/dockercfg" => read(".dockercfg"),
        _ => None,
    };
    let all: Map<String, Value> = match all {
        Some(Value::Object(all)) => all,
        _ => return Vec::new(),
    };
    let entry = |(of, entry): (String, Value)| Some((of, login(&entry)?));
    all.into_iter().filter_map(entry).collect()
}

fn login(entry: &Value) -> Option<Login> {
    let auth = entry.text("/auth");
    let (user, password) = match auth.is_empty() {
        true => (
            entry.text("/username").to_owned(),
            entry.text("/password").to_owned(),
        ),
        false => {
            let both = String::from_utf8(BASE64.decode(auth.trim()).ok()?).ok()?;
            let (user, password) = both.split_once(':')?;
            (user.to_owned(), password.to_owned())
        }
    };
    (!user.is_empty()).then_some(Login { user, password })
}

/// Those for an image. Pure.
fn choose(all: Vec<Entry>, image: &str) -> Vec<Login> {
    let Ok(image) = Reference::parse(image) else {
        return Vec::new();
    };
    let mut fitting: Vec<Entry> = all
        .into_iter()
        .filter(|(of, _)| fits(of, image.host(), image.repository()))
        .collect();
    // Stable: of two that are alike the first that the pod names counts first.
    fitting.sort_by_key(|(of, _)| {
        let (host, path) = parts(of);
        (std::cmp::Reverse(path.len()), host.contains('*'))
    });
    let logins = fitting.into_iter().map(|(_, login)| login);
    logins.take(MOST_LOGINS).collect()
}

/// Host and path, without what the first two versions of the API added to it.
fn parts(of: &str) -> (&str, &str) {
    let plain = of
        .trim_start_matches("https://")
        .trim_start_matches("http://");
    let (host, path) = plain.split_once('/').unwrap_or((plain, ""));
    let path = match path.split_once('/').unwrap_or((path, "")) {
        ("v1" | "v2", rest) => rest,
        _ => path,
    };
    (host, path.trim_end_matches('/'))
}

fn fits(of: &str, host: &str, repository: &str) -> bool {
    let (wanted, path) = parts(of);
    let is_hub = |it: &str| DOCKER_HUB.contains(&it);
    let is_there = if is_hub(host) {
        is_hub(wanted)
    } else {
        let (wanted, host): (Vec<&str>, Vec<&str>) =
            (wanted.split('.').collect(), host.split('.').collect());
        let pairs = || wanted.iter().zip(&host);
        wanted.len() == host.len() && pairs().all(|(pattern, label)| is_like(pattern, label))
    };
    is_there && repository.starts_with(path)
}

/// `*` is anything in a label.
fn is_like(pattern: &str, label: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else {
        return pattern == label;
    };
    let Some(rest) = label.strip_prefix(before) else {
        return false;
    };
    let starts = (0..=rest.len()).filter(|it| rest.is_char_boundary(*it));
    after.matches('*').count() < MOST_STARS
        && starts.into_iter().any(|it| is_like(after, &rest[it..]))
}

/// More make a label a riddle.
const MOST_STARS: usize = 3;

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use serde_json::json;

    use super::*;

    fn secret(auths: &Value) -> Value {
        let config = STANDARD.encode(json!({ "auths": auths }).to_string());
        json!({"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": config}})
    }

    fn users(auths: &Value, image: &str) -> Vec<String> {
        let found = choose(entries(&secret(auths)), image);
        found.into_iter().map(|it| it.user).collect()
    }

    #[test]
    fn an_image_has_the_logins_of_its_registry() {
        let one = |name: &str| json!({"username": name, "password": "p"});
        let auths = json!({
            "https://index.docker.io/v1/": one("hub"), "quay.io": one("quay"), "quay.io/team": one("team"),
            "*.example.com": one("any"), "a.example.com:5000": one("port"), "https://b.example.com/v2/": one("b"),
        });
        for (image, expected) in [
            ("nginx", &["hub"][..]),
            ("docker.io/me/app:1", &["hub"]),
            ("quay.io/team/app", &["team", "quay"]),
            (
                "quay.io/other/app@sha256:0000000000000000000000000000000000000000000000000000000000000000",
                &["quay"],
            ),
            ("a.example.com/app", &["any"]),
            ("a.example.com:5000/app", &["port"]),
            ("b.example.com/app", &["b", "any"]),
            ("c.d.example.com/app", &[]),
            ("No Image", &[]),
        ] {
            assert_eq!(users(&auths, image), expected, "{image}");
        }
    }

    #[test]
    fn what_docker_writes_is_read() {
        let both = |auth: &str| login(&json!({ "auth": auth })).map(|it| (it.user, it.password));
        let me = Some(("me".to_owned(), "se:cret".to_owned()));
        assert_eq!(both(&STANDARD.encode("me:se:cret")), me);
        assert_eq!(
            both(STANDARD.encode("me:se:cret").trim_end_matches('=')),
            me
        );
        assert_eq!(both("!"), None);
        assert_eq!(both(&STANDARD.encode("nobody")), None);
        let old =
            STANDARD.encode(json!({"quay.io": {"username": "u", "password": "p"}}).to_string());
        let old = json!({"type": "kubernetes.io/dockercfg", "data": {".dockercfg": old}});
        assert_eq!(entries(&old).len(), 1);
        for other in [
            json!({"type": "Opaque", "data": {".dockerconfigjson": "e30="}}),
            json!({"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "e30="}}),
            json!({"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "W10="}}),
            json!({"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "!"}}),
            json!({"type": "kubernetes.io/dockerconfigjson"}),
        ] {
            assert!(entries(&other).is_empty(), "{other}");
        }
    }

    #[test]
    fn stars() {
        assert!(is_like("*", "a"));
        assert!(is_like("a*c", "abbc"));
        assert!(!is_like("a*c", "abbd"));
        assert!(!is_like("******", "aaaa"));
    }
}
