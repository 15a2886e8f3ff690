//! JSON for people to read: as `pretty` says, and else for programs that people read with.

use bytes::Bytes;
use futures_util::stream;
use http::{
    HeaderMap,
    header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, USER_AGENT},
};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};

use crate::{
    answer::Answer,
    negotiate::{self, JSON},
    query::Query,
};

/// What people read with, by how its name begins.
const OF_PEOPLE: [&str; 3] = ["curl", "Wget", "Mozilla/5.0"];
/// Bytes of an answer that is written anew: nobody reads more, and spaces can be many times what they indent.
const MOST_BYTES: usize = 16 << 20;

pub fn is_wanted(query: &Query, headers: &HeaderMap) -> bool {
    if let Some(said) = query.get("pretty") {
        return ["1", "t", "T", "TRUE", "true", "True"].contains(&said);
    }
    // The first clause is the one that is answered, or the header says nothing of it.
    let clauses = negotiate::clauses(headers);
    if clauses.iter().any(|it| it.get("pretty") == Some("1")) {
        return true;
    }
    let agent = headers.get(USER_AGENT).and_then(|it| it.to_str().ok());
    agent.is_some_and(|agent| OF_PEOPLE.iter().any(|it| agent.starts_with(it)))
}

/// The answer with its JSON indented. Documents that are known by a tag stay what the tag is of.
pub async fn indented(answer: Answer) -> Answer {
    let kind = answer.headers().get(CONTENT_TYPE);
    if kind.is_none_or(|it| it != JSON) || answer.headers().contains_key(ETAG) {
        return answer;
    }
    let (mut head, body) = answer.into_parts();
    // What is answered at once is in memory already.
    let text = match body.collect().await {
        Ok(read) => read.to_bytes(),
        Err(error) => {
            let broken = stream::iter([Err::<Frame<Bytes>, _>(error)]);
            return Answer::from_parts(head, StreamBody::new(broken).boxed_unsync());
        }
    };
    let text = indent(&text).map_or(text, Bytes::from);
    head.headers.remove(CONTENT_LENGTH);
    let body = Full::new(text).map_err(|never| match never {});
    Answer::from_parts(head, body.boxed_unsync())
}

/// A text of JSON with two spaces a level, as Go indents it, whose texts stay letter for letter; nothing if it would be too large.
fn indent(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let (mut depth, mut is_text, mut is_escaped, mut opened) = (0_usize, false, false, false);
    for byte in text {
        if out.len() > MOST_BYTES {
            return None;
        }
        if is_text {
            out.push(*byte);
            is_text = is_escaped || *byte != b'"';
            is_escaped = !is_escaped && *byte == b'\\';
            continue;
        }
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if !opened {
                    line(depth, &mut out);
                }
            }
            _ if opened => line(depth, &mut out),
            _ => {}
        }
        opened = false;
        out.push(*byte);
        match byte {
            b'"' => is_text = true,
            b'{' | b'[' => {
                depth += 1;
                opened = true;
            }
            b',' => line(depth, &mut out),
            b':' => out.push(b' '),
            _ => {}
        }
    }
    Some(out)
}

fn line(depth: usize, out: &mut Vec<u8>) {
    out.push(b'\n');
    out.resize(out.len() + 2 * depth, b' ');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn people_get_lines() {
        let wanted = |query: &str, agent: &'static str, accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(USER_AGENT, agent.parse().unwrap());
            headers.insert(http::header::ACCEPT, accept.parse().unwrap());
            is_wanted(&Query::parse(query), &headers)
        };
        for (query, agent, accept, expected) in [
            ("", "kubectl/1.36", JSON, false),
            ("", "curl/8.0", "*/*", true),
            ("", "Wget/1.21", "*/*", true),
            ("", "Mozilla/5.0 (X11)", "text/html,*/*;q=0.8", true),
            ("pretty=false", "curl/8.0", "*/*", false),
            ("pretty=0", "curl/8.0", "*/*", false),
            ("pretty=", "curl/8.0", "*/*", true),
            ("pretty=true", "kubectl/1.36", JSON, true),
            ("pretty=1", "kubectl/1.36", JSON, true),
            ("pretty=yes", "curl/8.0", JSON, false),
            ("", "kubectl/1.36", "application/json;pretty=1", true),
        ] {
            assert_eq!(wanted(query, agent, accept), expected, "{query} {agent}");
        }
    }

    fn indented(value: &Value) -> String {
        let text = value.to_string();
        String::from_utf8(indent(text.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn lines_are_those_that_go_writes() {
        let value = json!({"a": {}, "b": [], "c": [1, {"d": "x: {\"\\"}], "e": null});
        assert_eq!(
            indented(&value),
            "{\n  \"a\": {},\n  \"b\": [],\n  \"c\": [\n    1,\n    {\n      \"d\": \"x: {\\\"\\\\\"\n    }\n  ],\n  \"e\": null\n}"
        );
        assert_eq!(indented(&json!("x")), "\"x\"");
    }

    #[test]
    fn what_would_be_large_stays() {
        let depth = 5000;
        let deep = [vec![b'['; depth], vec![b']'; depth]].concat();
        assert_eq!(indent(&deep), None);
    }

    proptest! {
        #[test]
        fn any_text_keeps_its_letters(keys in prop::collection::vec(("\\PC*", "\\PC*"), 0..5)) {
            let members = keys.into_iter().map(|(key, value)| (key, json!([value, {}])));
            let value = Value::Object(members.collect());
            prop_assert_eq!(indented(&value), serde_json::to_string_pretty(&value).unwrap());
        }
    }
}
