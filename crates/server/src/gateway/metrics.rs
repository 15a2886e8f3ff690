//! `GET /metrics`: what Prometheus scrapes, for whom policies allow `wharf:Metrics`.

use http::{HeaderValue, Request, Response, StatusCode, header::CONTENT_TYPE};
use wharf_base::ids;
use wharf_wire::{Check, Denied, audit::Event, service::Answer};

use super::{Body, Gateway, Incoming, Peer, refused::Unproven, response, text};

pub const PATH: &str = "/metrics";
const NAME: &str = "Metrics";

pub async fn answer(all: &Gateway, request: &Request<Incoming>, peer: &Peer) -> Response<Body> {
    let request_id = ids::uuid();
    let mut response = match scraped(all, request, peer, &request_id).await {
        Ok(Ok(metrics)) => {
            let mut response = text(StatusCode::OK, metrics);
            let kind = HeaderValue::from_static(wharf_metrics::CONTENT_TYPE);
            response.headers_mut().insert(CONTENT_TYPE, kind);
            response
        }
        Ok(Err(refusal)) => text(StatusCode::FORBIDDEN, format!("{refusal}\n")),
        Err(answer) => return response::respond(answer, &request_id),
    };
    response::name_request(&mut response, &request_id);
    response
}

/// The metrics, or why policies refuse them; the outer error is for whom nobody knows.
async fn scraped(
    all: &Gateway,
    request: &Request<Incoming>,
    peer: &Peer,
    request_id: &str,
) -> Result<Result<String, Denied>, Answer> {
    let asks = Unproven {
        service: "wharf",
        name: NAME,
        peer,
        request_id,
    };
    let cx = all.apis.authenticate(request, &asks).await?;
    let dispatcher = &all.apis.dispatcher;
    let checks = [Check::any(format!("wharf:{NAME}"))];
    let (outcome, decided) = dispatcher.weigh(cx.clone(), &checks).await;
    // What policies of another account allow ends at that account.
    let outcome = match cx.account == all.apis.account {
        true => outcome.map(|_| ()),
        false => Err(Denied(format!(
            "The metrics are for the account of the installation, {}.",
            all.apis.account
        ))),
    };
    let event = Event {
        decided,
        read_only: true,
        ..Event::of_service(cx, "wharf", NAME)
    };
    let event = match &outcome {
        Ok(_) => event,
        Err(denied) => event.with_error("AccessDenied", &denied.0),
    };
    dispatcher.tell(event).await;
    Ok(outcome.map(|()| all.metrics.text()))
}
