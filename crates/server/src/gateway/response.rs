//! Answers as HTTP responses.

use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use wharf_wire::service::Answer;

use super::{Body, full};

/// An answer as an HTTP response.
pub fn respond(answer: Answer, request_id: &str) -> Response<Body> {
    let mut response = Response::new(full(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    // Caches would take it for the type of what they have.
    if answer.status != StatusCode::NOT_MODIFIED {
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(answer.content_type),
        );
    }
    for (name, value) in answer.headers {
        // A value that no header can carry is left out; the body says the rest.
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    name_request(&mut response, request_id);
    response
}

/// Says the request's id, by which `wharf why` finds it.
pub fn name_request(response: &mut Response<Body>, request_id: &str) {
    if let Ok(id) = request_id.parse() {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_told_that_nothing_changed_keeps_the_type_of_what_it_has() {
        for (status, is_typed) in [(200, true), (304, false), (404, true)] {
            let answer = Answer::new(status, "application/xml", Vec::new());
            let response = respond(answer, "id");
            assert_eq!(response.status().as_u16(), status);
            let has_type = response.headers().contains_key(header::CONTENT_TYPE);
            assert_eq!(has_type, is_typed, "{status}");
        }
    }
}
