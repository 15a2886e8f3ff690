//! Health checks as an Ingress asks for them. Pure.

use serde_json::Value;
use wharf_kube_client::Object as _;

use super::PREFIX;
use crate::{
    annotations::{Annotations, Refused, refused},
    endpoints::PortRef,
    nodes,
    stack::{Check, TargetKind},
};

/// Of what is behind a service; `kind` says at which ports that is reached.
///
/// # Errors
/// An annotation says what cannot be.
pub fn check(
    notes: &Annotations<'_>,
    version: &str,
    service: &Value,
    kind: TargetKind,
) -> Result<Check, Refused> {
    let (path, codes) = match version {
        "GRPC" => ("/AWS.ALB/healthcheck", "12"),
        _ => ("/", "200"),
    };
    let port = match notes.text("healthcheck-port") {
        None | Some("traffic-port") => "traffic-port".to_owned(),
        Some(given) => match given.parse::<u16>() {
            Ok(number) if number != 0 => number.to_string(),
            _ => {
                let named = PortRef::Name(given.to_owned()).find(service);
                let target = named.and_then(|it| it.integer("/targetPort"));
                match (kind, named, target) {
                    (TargetKind::Instance, Some(port), _) => {
                        nodes::port(service, port)?.to_string()
                    }
                    (TargetKind::Ip, _, Some(number)) => number.to_string(),
                    _ => {
                        return refused(format!(
                            "{PREFIX}healthcheck-port: {given:?} is no port, and names none of the Service with a number as its target"
                        ));
                    }
                }
            }
        },
    };
    let protocol = notes.one_of("healthcheck-protocol", &["HTTP", "HTTPS"])?;
    Ok(Check {
        protocol: protocol.unwrap_or("HTTP").to_owned(),
        port,
        path: Some(notes.text("healthcheck-path").unwrap_or(path).to_owned()),
        codes: Some(notes.text("success-codes").unwrap_or(codes).to_owned()),
        interval: notes
            .number("healthcheck-interval-seconds", 5, 300)?
            .unwrap_or(15),
        timeout: notes
            .number("healthcheck-timeout-seconds", 2, 120)?
            .unwrap_or(5),
        healthy: notes.number("healthy-threshold-count", 2, 10)?.unwrap_or(2),
        unhealthy: notes
            .number("unhealthy-threshold-count", 2, 10)?
            .unwrap_or(2),
    })
}
