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
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(answer.content_type),
    );
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
