//! Requests to web servers: what a destination, a connection and a target say, put together. Pure.

use std::io::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use form_urlencoded::Serializer;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request,
    header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use wharf_delivery::Body;

use super::parameters::{Http, OAuth, Parameters, Proof};

const AGENT: &str = "Amazon/EventBridge/ApiDestinations";
const JSON: &str = "application/json; charset=utf-8";
const FORM: &str = "application/x-www-form-urlencoded";
/// What stays as it is in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A request that cannot be put together.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unaskable(String);

impl From<http::Error> for Unaskable {
    fn from(error: http::Error) -> Self {
        Self(error.to_string())
    }
}

/// What a target says: `HttpParameters`, as the API shows them.
#[derive(Debug, Default)]
pub struct OfTarget {
    pub path: Vec<String>,
    pub headers: Vec<(String, String)>,
    pub query: Vec<(String, String)>,
}

impl OfTarget {
    pub fn read(given: &Value) -> Self {
        let text = |it: &Value| it.as_str().map(str::to_owned);
        let pairs = |it: &Value| {
            let all = it.as_object().into_iter().flatten();
            all.filter_map(|(key, value)| Some((key.clone(), text(value)?)))
                .collect()
        };
        Self {
            path: given["PathParameterValues"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(text)
                .collect(),
            headers: pairs(&given["HeaderParameters"]),
            query: pairs(&given["QueryStringParameters"]),
        }
    }
}

/// An address whose stars are filled in.
fn filled(endpoint: &str, values: &[String]) -> String {
    let mut values = values.iter();
    let mut filled = String::with_capacity(endpoint.len());
    for it in endpoint.chars() {
        match (it, it == '*') {
            (_, true) => {
                let value = values.next().map_or("", String::as_str);
                filled.extend(utf8_percent_encode(value, SEGMENT));
            }
            (other, false) => filled.push(other),
        }
    }
    filled
}

fn with_query<'a>(address: String, query: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut query = query.peekable();
    if query.peek().is_none() {
        return address;
    }
    let between = if address.contains('?') { '&' } else { '?' };
    let query = Serializer::new(String::new()).extend_pairs(query).finish();
    format!("{address}{between}{query}")
}

fn set(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), Unaskable> {
    let name: HeaderName = name
        .parse()
        .map_err(|_| Unaskable(format!("{name} is no header")))?;
    let value = HeaderValue::from_str(value);
    headers.insert(
        name,
        value.map_err(|_| Unaskable("a value is none of a header".to_owned()))?,
    );
    Ok(())
}

/// The body with the connection's own members, if it is an object.
fn with_members(payload: &str, http: &Http) -> String {
    if http.body.is_empty() {
        return payload.to_owned();
    }
    match serde_json::from_str(payload) {
        Ok(Value::Object(mut all)) => {
            for it in &http.body {
                all.insert(it.key.clone(), it.value.clone().into());
            }
            Value::Object(all).to_string()
        }
        _ => payload.to_owned(),
    }
}

fn compressed(body: &str) -> Bytes {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    let written = gzip.write_all(body.as_bytes()).and_then(|()| gzip.finish());
    written.expect("memory takes all").into()
}

/// The request that a destination gets. What the connection says goes before what the target says.
pub fn request(
    (method, endpoint): (&str, &str),
    it: &Parameters,
    token: Option<&str>,
    target: &OfTarget,
    body: Body<'_>,
) -> Result<Request<Bytes>, Unaskable> {
    let own = it
        .http
        .query
        .iter()
        .map(|it| (it.key.as_str(), it.value.as_str()));
    let theirs = target
        .query
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()));
    let address = with_query(filled(endpoint, &target.path), theirs.chain(own));
    let method = Method::from_bytes(method.as_bytes()).map_err(http::Error::from)?;
    // Some have none.
    let has_body = ![Method::GET, Method::HEAD, Method::OPTIONS].contains(&method);
    let (bytes, form) = match body {
        _ if !has_body => (Bytes::new(), JSON),
        Body::Json(json) => (with_members(json, &it.http).into(), JSON),
        Body::Gzip(json) => (compressed(&with_members(json, &it.http)), JSON),
        Body::Bytes(bytes, form) => (Bytes::copy_from_slice(bytes), form),
    };
    let mut request = Request::builder().method(method).uri(address).body(bytes)?;
    let headers = request.headers_mut();
    set(headers, CONTENT_TYPE.as_str(), form)?;
    if has_body && matches!(body, Body::Gzip(_)) {
        set(headers, CONTENT_ENCODING.as_str(), "gzip")?;
    }
    for (name, value) in &target.headers {
        set(headers, name, value)?;
    }
    for header in &it.http.headers {
        set(headers, &header.key, &header.value)?;
    }
    set(headers, USER_AGENT.as_str(), AGENT)?;
    match (&it.proof, token) {
        (Proof::Basic { user, password }, _) => {
            set(headers, AUTHORIZATION.as_str(), &basic(user, password))?
        }
        (Proof::ApiKey { name, value }, _) => set(headers, name, value)?,
        (Proof::OAuth(_), Some(token)) => {
            set(headers, AUTHORIZATION.as_str(), &format!("Bearer {token}"))?
        }
        (Proof::OAuth(_), None) => return Err(Unaskable("there is no token".to_owned())),
    }
    Ok(request)
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// The request for a token: the client proves itself by a header, as every server takes it (RFC 6749, 2.3.1).
pub fn token_request(it: &OAuth) -> Result<Request<Bytes>, Unaskable> {
    let pair = |it: &super::parameters::Parameter| (it.key.clone(), it.value.clone());
    let mut fields: Vec<_> = it.http.body.iter().map(pair).collect();
    let mut query: Vec<_> = it.http.query.iter().map(pair).collect();
    let said = |all: &[(String, String)]| all.iter().any(|(key, _)| key == "grant_type");
    let has_body = it.method != "GET";
    if !said(&fields) && !said(&query) {
        let grant = ("grant_type".to_owned(), "client_credentials".to_owned());
        match has_body {
            true => fields.push(grant),
            false => query.push(grant),
        }
    }
    let pairs = query
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()));
    let address = with_query(it.endpoint.clone(), pairs);
    let body = match has_body {
        true => Serializer::new(String::new())
            .extend_pairs(&fields)
            .finish(),
        false => String::new(),
    };
    let method = Method::from_bytes(it.method.as_bytes()).map_err(http::Error::from)?;
    let mut request = Request::builder()
        .method(method)
        .uri(address)
        .body(Bytes::from(body))?;
    let headers = request.headers_mut();
    set(headers, CONTENT_TYPE.as_str(), FORM)?;
    set(headers, USER_AGENT.as_str(), AGENT)?;
    set(
        headers,
        AUTHORIZATION.as_str(),
        &basic(&it.client, &it.secret),
    )?;
    for header in &it.http.headers {
        set(headers, &header.key, &header.value)?;
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::{super::parameters::Parameter, *};

    fn parameter(key: &str, value: &str) -> Parameter {
        Parameter {
            key: key.to_owned(),
            value: value.to_owned(),
            secret: false,
        }
    }

    #[test]
    fn a_request_says_it_all() {
        let it = Parameters {
            proof: Proof::Basic {
                user: "u".to_owned(),
                password: "p".to_owned(),
            },
            http: Http {
                headers: vec![parameter("x-tenant", "own")],
                query: vec![parameter("key", "a b")],
                body: vec![parameter("secret", "s")],
            },
        };
        let target = OfTarget::read(&serde_json::json!({
            "PathParameterValues": ["a/b"],
            "HeaderParameters": {"x-tenant": "theirs", "x-other": "1"},
            "QueryStringParameters": {"q": "1&2"},
        }));
        let endpoint = ("POST", "https://example.com/v1/*/x?z=1");
        let plain = Body::Json(r#"{"a":1}"#);
        let asked = request(endpoint, &it, None, &target, plain).unwrap();
        assert_eq!(
            asked.uri(),
            "https://example.com/v1/a%2Fb/x?z=1&q=1%262&key=a+b"
        );
        assert_eq!(asked.headers()["x-tenant"], "own");
        assert_eq!(asked.headers()["x-other"], "1");
        assert_eq!(asked.headers()["authorization"], "Basic dTpw");
        assert_eq!(asked.body(), r#"{"a":1,"secret":"s"}"#.as_bytes());
        assert_eq!(asked.headers().get("content-encoding"), None);
        let packed = Body::Gzip(r#"{"a":1}"#);
        let asked = request(endpoint, &it, None, &target, packed).unwrap();
        assert_eq!(asked.headers()["content-encoding"], "gzip");
        let mut read = String::new();
        let mut opened = flate2::read::GzDecoder::new(&asked.body()[..]);
        std::io::Read::read_to_string(&mut opened, &mut read).unwrap();
        assert_eq!(read, r#"{"a":1,"secret":"s"}"#);
        let asked = request(("GET", endpoint.1), &it, None, &target, packed).unwrap();
        assert_eq!(asked.headers().get("content-encoding"), None);
        let whole = Body::Bytes(b"a=1", "text/plain");
        let asked = request(endpoint, &it, None, &target, whole).unwrap();
        assert_eq!(asked.headers()["content-type"], "text/plain");
        assert_eq!(asked.body(), "a=1".as_bytes());
        let bad = OfTarget::read(&serde_json::json!({"HeaderParameters": {"a b": "1"}}));
        assert!(request(endpoint, &it, None, &bad, plain).is_err());
        let bad = OfTarget::read(&serde_json::json!({"HeaderParameters": {"a": "1\r\nb: 2"}}));
        assert!(request(endpoint, &it, None, &bad, plain).is_err());
    }

    #[test]
    fn a_token_is_asked_for() {
        let it = OAuth {
            client: "me".to_owned(),
            secret: "s".to_owned(),
            endpoint: "https://id.example.com/token".to_owned(),
            method: "POST".to_owned(),
            http: Http {
                body: vec![parameter("audience", "api")],
                ..Http::default()
            },
        };
        let asked = token_request(&it).unwrap();
        assert_eq!(
            asked.body(),
            "audience=api&grant_type=client_credentials".as_bytes()
        );
        assert_eq!(asked.headers()["authorization"], "Basic bWU6cw==");
    }
}
