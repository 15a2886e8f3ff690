//! What is not about objects: discovery, OpenAPI, version, health, metrics, the documents for who checks tokens.

use std::sync::Arc;

use http::{
    HeaderMap, HeaderValue, Method,
    header::{ETAG, IF_NONE_MATCH, VARY},
};
use serde_json::{Value, json};
use sha2::Digest as _;
use wharf_kube_model::{Catalog, codec::MediaType, openapi};
use wharf_metrics::exposition;

use crate::{
    aggregation::{Aggregated, Snapshot},
    answer::{self, Answer, Fault},
    cluster::Inner,
    discovery,
    documents::Document,
    negotiate::{self, JSON, Offer},
    query::Query,
};

const OPENAPI_V2: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
/// As clients ask for it: no valid media type, so it cannot be the answer's.
const OPENAPI_V2_ASKED: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

/// Parts of the server that `/readyz?verbose` tells of.
const CHECKS: [&str; 3] = ["ping", "log", "store"];
/// The same of a cluster whose Secrets are under a key of KMS; what is alive without it goes on living.
const KMS: &str = "kms-providers";

pub async fn answer(
    inner: &Arc<Inner>,
    (method, path, query): (&Method, &str, &Query),
    headers: &HeaderMap,
    others: &Arc<Snapshot>,
) -> Result<Answer, Fault> {
    let catalog = inner.catalog.load_full();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    if *method != Method::GET && *method != Method::HEAD {
        return nowhere(&catalog, &parts);
    }
    match parts.as_slice() {
        [""] => Ok(root(inner, (&catalog, others), headers)),
        ["version"] => Ok(json_answer(&version(inner))),
        ["healthz" | "livez" | "readyz"] => Ok(health(inner, parts[0], query).await),
        ["healthz" | "livez" | "readyz", check] if CHECKS.contains(check) => {
            Ok(answer::text(200, "ok"))
        }
        ["healthz" | "readyz", KMS] if inner.objects.has_data_key() => {
            Ok(match inner.objects.shut() {
                None => answer::text(200, "ok"),
                Some(_) => answer::text(500, "internal server error: reason withheld\n"),
            })
        }
        ["metrics"] => Ok(answer::bytes(200, exposition::CONTENT_TYPE, metrics(inner))),
        ["openid", "v1", "jwks"] => {
            let body = inner.parts.jwks.to_string();
            Ok(answer::bytes(200, "application/jwk-set+json", body))
        }
        [".well-known", "openid-configuration"] => {
            Ok(json_answer(&inner.parts.openid_configuration))
        }
        ["api"] | ["apis"] => {
            let core = parts[0] == "api";
            Ok(groups(inner, (&catalog, others), core, headers))
        }
        ["api", version] => of_resources(&catalog, "", version, headers),
        ["apis", group] => match discovery::group(&catalog, others, group) {
            Some(group) => Ok(in_form(&catalog, &group, headers)),
            None => nowhere(&catalog, &parts),
        },
        ["apis", group, version] => of_resources(&catalog, group, version, headers),
        ["openapi", rest @ ..] => openapi_answer(inner, (&catalog, others), rest, headers),
        _ => nowhere(&catalog, &parts),
    }
}

/// Of a path in its parts.
fn nowhere(catalog: &Catalog, parts: &[&str]) -> Result<Answer, Fault> {
    answer::nowhere(match parts {
        ["api" | "openid" | "version", ..] => true,
        ["apis", group, ..] => discovery::is_own(catalog, group),
        _ => false,
    })
}

fn json_answer(value: &Value) -> Answer {
    answer::bytes(200, JSON, value.to_string())
}

/// An object of discovery, as the client likes it.
fn in_form(catalog: &Catalog, value: &Value, headers: &HeaderMap) -> Answer {
    let offer = Offer {
        protobuf: true,
        yaml: true,
        shapes: false,
    };
    let media = negotiate::negotiate(headers, offer).map_or(MediaType::Json, |it| it.media);
    answer::value(catalog, 200, media, value)
}

/// What is told that is neither an object nor of an API group.
pub const OTHERS: [&str; 7] = [
    "/healthz",
    "/livez",
    "/metrics",
    "/openapi/v2",
    "/openapi/v3",
    "/readyz",
    "/version",
];

/// The kinds of this server and those of others.
type Kinds<'a> = (&'a Arc<Catalog>, &'a Arc<Snapshot>);

fn root(inner: &Inner, kinds: Kinds<'_>, headers: &HeaderMap) -> Answer {
    let document = inner.documents.get(kinds, "/", |catalog| {
        let mut paths = vec!["/api".to_owned(), "/apis".to_owned()];
        for resource in catalog.all() {
            let path = match resource.group.as_str() {
                "" => "/api/v1".to_owned(),
                group => format!("/apis/{group}/{}", resource.version),
            };
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        let aggregated = kinds.1.beside(catalog).into_iter();
        paths.extend(aggregated.map(|it| format!("/apis/{}/{}", it.group, it.version)));
        paths.extend(OTHERS.map(str::to_owned));
        serde_json::to_vec(&json!({"paths": paths})).ok()
    });
    document.map_or_else(
        || answer::text(500, ""),
        |it| document_answer(&it, JSON, headers),
    )
}

fn version(inner: &Inner) -> Value {
    let version = *inner.version.read();
    let mut told = version.numbers();
    let others = json!({
        "gitCommit": fingerprint(&version.git_version()),
        // Of no commit of upstream's.
        "gitTreeState": "archive",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "wharf",
        "platform": "linux/amd64",
    });
    if let (Value::Object(told), Value::Object(others)) = (&mut told, others) {
        told.extend(others);
    }
    told
}

/// What clients take for a commit: hexadecimal and as long as one, and another for each version of this server. It is none.
fn fingerprint(git_version: &str) -> String {
    let text = format!("wharf {} {git_version}", env!("CARGO_PKG_VERSION"));
    let mut hash = hex::encode(sha2::Sha256::digest(text));
    hash.truncate(40);
    hash
}

async fn health(inner: &Inner, name: &str, query: &Query) -> Answer {
    let store = inner.objects.revision().await;
    let mut lines = String::new();
    let mut is_well = true;
    let kms = (name != "livez" && inner.objects.has_data_key()).then_some(KMS);
    for check in CHECKS.into_iter().chain(kms) {
        if query.all("exclude").any(|it| it == check) {
            lines.push_str(&format!("[+]{check} excluded: ok\n"));
            continue;
        }
        let ok = match check {
            "store" => store.is_ok(),
            KMS => inner.objects.shut().is_none(),
            _ => true,
        };
        is_well &= ok;
        let line = match ok {
            true => format!("[+]{check} ok\n"),
            false => format!("[-]{check} failed: reason withheld\n"),
        };
        lines.push_str(&line);
    }
    if !is_well {
        lines.push_str(&format!("{name} check failed\n"));
        return answer::text(500, lines);
    }
    if query.all("verbose").next().is_some() {
        lines.push_str(&format!("{name} check passed\n"));
        return answer::text(200, lines);
    }
    answer::text(200, "ok")
}

fn metrics(inner: &Inner) -> String {
    let (_, bytes) = inner.objects.usage();
    inner.metering.text((&inner.objects.by_resource(), bytes))
}

/// The version of the aggregated form that a client asks for.
fn aggregated_form(headers: &HeaderMap) -> Option<&'static str> {
    for clause in negotiate::clauses(headers) {
        if clause.kind != JSON && clause.kind != "*/*" && clause.kind != "application/*" {
            continue;
        }
        match (clause.get("as"), clause.get("g"), clause.get("v")) {
            (None, ..) => return None,
            (Some("APIGroupDiscoveryList"), Some("apidiscovery.k8s.io"), Some("v2")) => {
                return Some("v2");
            }
            (Some("APIGroupDiscoveryList"), Some("apidiscovery.k8s.io"), Some("v2beta1")) => {
                return Some("v2beta1");
            }
            _ => {}
        }
    }
    None
}

fn groups(inner: &Inner, kinds: Kinds<'_>, core: bool, headers: &HeaderMap) -> Answer {
    let (catalog, others) = kinds;
    let Some(form) = aggregated_form(headers) else {
        let value = match core {
            true => discovery::versions(&inner.parts.network),
            false => discovery::group_list(catalog, others),
        };
        let mut answer = in_form(catalog, &value, headers);
        vary(&mut answer);
        return answer;
    };
    let name = format!("groups {core} {form}");
    let document = inner.documents.get(kinds, &name, |catalog| {
        Some(discovery::aggregated(catalog, others, form, core))
    });
    let kind = format!("{JSON};g=apidiscovery.k8s.io;v={form};as=APIGroupDiscoveryList");
    let answer = document.map(|it| document_answer(&it, &kind, headers));
    answer.unwrap_or_else(|| answer::text(500, ""))
}

fn vary(answer: &mut Answer) {
    answer
        .headers_mut()
        .insert(VARY, HeaderValue::from_static("Accept"));
}

fn of_resources(
    catalog: &Arc<Catalog>,
    group: &str,
    version: &str,
    headers: &HeaderMap,
) -> Result<Answer, Fault> {
    match discovery::resource_list(catalog, group, version) {
        Some(list) => Ok(in_form(catalog, &list, headers)),
        None => answer::nowhere(discovery::is_own(catalog, group)),
    }
}

fn openapi_answer(
    inner: &Inner,
    kinds: Kinds<'_>,
    rest: &[&str],
    headers: &HeaderMap,
) -> Result<Answer, Fault> {
    let served = *inner.version.read();
    // A cluster that is updated has others.
    let name = format!("{} {}", rest.join("/"), served.name());
    let wants_protobuf = negotiate::clauses(headers)
        .first()
        .is_some_and(|it| [OPENAPI_V2, OPENAPI_V2_ASKED].contains(&it.kind));
    let (kind, document) = match rest {
        ["v2"] if wants_protobuf => {
            let make = |catalog: &Catalog| {
                let others = told_v2(&kinds, catalog);
                Some(openapi::v2_protobuf(catalog, served, &others))
            };
            let name = format!("{name} protobuf");
            (OPENAPI_V2, inner.documents.get(kinds, &name, make))
        }
        ["v2"] => {
            let make =
                |catalog: &Catalog| Some(openapi::v2(catalog, served, &told_v2(&kinds, catalog)));
            (JSON, inner.documents.get(kinds, &name, make))
        }
        ["v3"] => {
            let make = |catalog: &Catalog| {
                let index = openapi::v3_index(catalog, served);
                with_others(index, &kinds.1.beside(catalog))
            };
            (JSON, inner.documents.get(kinds, &name, make))
        }
        ["v3", "api", version] => {
            let make = |catalog: &Catalog| openapi::v3(catalog, served, ("", version));
            (JSON, inner.documents.get(kinds, &name, make))
        }
        ["v3", "apis", group, version] => {
            let own = |catalog: &Catalog| openapi::v3(catalog, served, (group, version));
            let other = || {
                let found = kinds.1.find(kinds.0, group, version)?;
                Some(found.told.as_ref()?.openapi.as_ref()?.to_vec())
            };
            let make = |catalog: &Catalog| own(catalog).or_else(other);
            (JSON, inner.documents.get(kinds, &name, make))
        }
        _ => (JSON, None),
    };
    match document {
        Some(document) => Ok(document_answer(&document, kind, headers)),
        None => answer::nowhere(false),
    }
}

/// What aggregated servers told of their kinds in OpenAPI 2.
fn told_v2<'a>((_, others): &'a Kinds<'_>, catalog: &Catalog) -> Vec<&'a [u8]> {
    let others = others.beside(catalog).into_iter();
    others
        .filter_map(|it| it.told.as_ref()?.openapi_v2.as_deref())
        .collect()
}

/// The index of OpenAPI 3 with the documents that aggregated servers have.
fn with_others(index: Vec<u8>, others: &[&Arc<Aggregated>]) -> Option<Vec<u8>> {
    if others.is_empty() {
        return Some(index);
    }
    let mut index: Value = serde_json::from_slice(&index).ok()?;
    for it in others {
        let Some(document) = it.told.as_ref().and_then(|told| told.openapi.as_ref()) else {
            continue;
        };
        let root = format!("apis/{}/{}", it.group, it.version);
        let hash = hex::encode_upper(sha2::Sha256::digest(document));
        let url = format!("/openapi/v3/{root}?hash={hash}");
        index["paths"][root] = json!({"serverRelativeURL": url});
    }
    serde_json::to_vec(&index).ok()
}

fn document_answer(document: &Document, kind: &str, headers: &HeaderMap) -> Answer {
    let known = headers.get(IF_NONE_MATCH).and_then(|it| it.to_str().ok());
    let is_known = known.is_some_and(|it| it.split(',').any(|it| it.trim() == document.etag));
    let mut answer = match is_known {
        true => answer::bytes(304, kind, ""),
        false => answer::bytes(200, kind, document.bytes.clone()),
    };
    if let Ok(etag) = HeaderValue::from_str(&document.etag) {
        answer.headers_mut().insert(ETAG, etag);
    }
    vary(&mut answer);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_what_looks_like_a_commit() {
        let one = fingerprint("v1.36.4-eks-wharf");
        assert_eq!(one.len(), 40);
        assert!(one.bytes().all(|it| it.is_ascii_hexdigit()));
        assert_ne!(one, fingerprint("v1.36.5-eks-wharf"));
    }
}
