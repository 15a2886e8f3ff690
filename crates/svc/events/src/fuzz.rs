//! Parsers as functions of any bytes.

use wharf_delivery::Parcel;
use wharf_records::fuzz::again;

use crate::{
    connection::{
        Connection, Destination,
        ask::{self, OfTarget},
        parameters::{Http, Parameters, Proof, check_endpoint},
    },
    courier::Errand,
    records,
};

/// An address on the first line, then what a target says of its requests: a request is made of both, or refused.
pub fn destination(text: &str) {
    let (endpoint, said) = text.split_once('\n').unwrap_or((text, "{}"));
    if check_endpoint("InvocationEndpoint", endpoint).is_err() {
        return;
    }
    let target = OfTarget::read(&serde_json::from_str(said).unwrap_or_default());
    let it = Parameters {
        proof: Proof::Basic {
            user: "user".to_owned(),
            password: "password".to_owned(),
        },
        http: Http::default(),
    };
    let body = wharf_delivery::Body::Json("{}");
    if let Ok(request) = ask::request(("POST", endpoint), &it, None, &target, body) {
        let host = |it: &http::Uri| it.host().map(str::to_owned);
        let asked: http::Uri = endpoint.replace('*', "x").parse().expect("it was checked");
        // What a target says of the path must not change where the request goes.
        let authority = endpoint.split("//").nth(1).unwrap_or_default();
        let authority = authority.split(['/', '?']).next().unwrap_or_default();
        if !authority.contains('*') {
            assert_eq!(host(request.uri()), host(&asked));
        }
    }
}

/// A record as it is stored, of any kind.
pub fn record(bytes: &[u8]) {
    again::<Connection>(bytes);
    again::<Destination>(bytes);
    again::<records::Telling>(bytes);
    again::<records::Bus>(bytes);
    again::<records::Rules>(bytes);
    again::<records::Rule>(bytes);
    again::<records::Fired>(bytes);
    again::<records::Archive>(bytes);
    again::<records::Replay>(bytes);
    again::<Parcel<Errand>>(bytes);
}
