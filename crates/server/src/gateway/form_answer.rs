//! What a browser gets for a form that it posted to a bucket, as the form asks for it. Pure.

use wharf_svc_s3::form::Fields;
use wharf_wire::service::{Answer, Reply};

/// The object that was made.
pub(super) struct Made<'a> {
    /// Scheme, host and port.
    pub endpoint: &'a str,
    pub bucket: &'a str,
    pub key: &'a str,
}

/// The answer of PutObject as that of a form.
pub(super) fn answer(reply: Reply, fields: &Fields, made: &Made<'_>) -> Reply {
    let Reply::Whole(mut answer) = reply else {
        return reply;
    };
    if answer.status != 200 {
        return answer.into();
    }
    let etag = answer
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("etag"));
    let etag = etag.map(|(_, value)| value.clone()).unwrap_or_default();
    let path = format!("{}/{}/{}", made.endpoint, made.bucket, encoded(made.key));
    if let Some(target) = redirect(fields, made, &etag) {
        answer.status = 303;
        answer.headers.push(("location".into(), target));
        return answer.into();
    }
    answer.headers.push(("location".into(), path.clone()));
    match fields.get("success_action_status") {
        Some("200") => answer.status = 200,
        Some("201") => return created(answer, &path, made, &etag).into(),
        _ => answer.status = 204,
    }
    answer.into()
}

fn created(answer: Answer, path: &str, made: &Made<'_>, etag: &str) -> Answer {
    let leaf = |name: &str, value: &str| format!("<{name}>{}</{name}>", escaped(value));
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse>{}{}{}{}</PostResponse>",
        leaf("Location", path),
        leaf("Bucket", made.bucket),
        leaf("Key", made.key),
        leaf("ETag", etag),
    );
    Answer {
        status: 201,
        content_type: "application/xml",
        body: body.into_bytes(),
        headers: answer.headers,
        is_of_limit: false,
    }
}

/// Where the browser is sent; addresses of no site are passed over, as S3 does it.
fn redirect(fields: &Fields, made: &Made<'_>, etag: &str) -> Option<String> {
    let target = fields
        .get("success_action_redirect")
        .or(fields.get("redirect"))?;
    let uri: http::Uri = target.parse().ok()?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return None;
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("bucket", made.bucket)
        .append_pair("key", made.key)
        .append_pair("etag", etag);
    let sign = if uri.query().is_some() { '&' } else { '?' };
    Some(format!("{target}{sign}{}", query.finish()))
}

fn encoded(key: &str) -> String {
    let parts = key.split('/').map(|part| {
        let part: String = form_urlencoded::byte_serialize(part.as_bytes()).collect();
        part.replace('+', "%20")
    });
    parts.collect::<Vec<_>>().join("/")
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(pairs: &[(&str, &str)]) -> (u16, Option<String>, String) {
        let mut fields = Fields::default();
        for (name, value) in pairs {
            fields.add(name, (*value).to_owned());
        }
        let mut put = Answer::new(200, "application/xml", Vec::new());
        put.headers.push(("ETag".into(), "\"e\"".to_owned()));
        let made = Made {
            endpoint: "http://localhost:4566",
            bucket: "b",
            key: "a b/<c>",
        };
        let Reply::Whole(answer) = answer(put.into(), &fields, &made) else {
            panic!()
        };
        let location = answer.headers.iter().find(|it| it.0 == "location");
        let location = location.map(|it| it.1.clone());
        (
            answer.status,
            location,
            String::from_utf8(answer.body).unwrap(),
        )
    }

    #[test]
    fn what_forms_ask_for() {
        let place = "http://localhost:4566/b/a%20b/%3Cc%3E";
        let status = |asked: &str| told(&[("success_action_status", asked)]);
        assert_eq!(told(&[]), (204, Some(place.to_owned()), String::new()));
        assert_eq!(status("200").0, 200);
        assert_eq!(status("500").0, 204);
        let (code, _, body) = status("201");
        let expected = format!(
            "<PostResponse><Location>{place}</Location><Bucket>b</Bucket><Key>a b/&lt;c&gt;</Key>\
             <ETag>&quot;e&quot;</ETag></PostResponse>"
        );
        assert!(code == 201 && body.ends_with(&expected), "{body}");
    }

    #[test]
    fn where_browsers_are_sent() {
        let to = |target: &str| told(&[("success_action_redirect", target)]);
        let made = "bucket=b&key=a+b%2F%3Cc%3E&etag=%22e%22";
        let (status, location, _) = to("https://shop.example/done");
        assert_eq!(
            (status, location),
            (303, Some(format!("https://shop.example/done?{made}")))
        );
        let (_, location, _) = to("https://shop.example/?a=b");
        assert_eq!(location, Some(format!("https://shop.example/?a=b&{made}")));
        for odd in ["javascript:alert(1)", "/here", "", "https://a\r\nx"] {
            assert_eq!(to(odd).0, 204, "{odd:?}");
        }
    }
}
