//! Requests that came through a VPC endpoint: it must be there, in the VPC that their node says they are from, and
//! takes requests for its own service alone. What of that service may be asked, IAM decides by its policy, which
//! goes along in the request's context.

use std::sync::Arc;

use http::{Response, StatusCode};
use wharf_svc_ec2::{
    Ec2Service,
    endpoints::{self, Service, Taken},
};
use wharf_wire::{Origin, ThroughEndpoint, fault::Chain};

use super::{Body, Channel, Peer, route::Route, text};

/// The endpoint that a request came through.
#[derive(Debug, Clone)]
pub struct Through {
    takes: Taken,
    endpoint: Arc<ThroughEndpoint>,
}

impl Peer {
    /// Where a request comes from, as policies see it.
    pub fn origin(&self) -> Option<Origin> {
        self.task.as_ref().map(|task| Origin {
            task: task.task.clone(),
            vpc: task.vpc.clone(),
            endpoint: self.through.as_ref().map(|it| it.endpoint.clone()),
        })
    }

    /// Whether calls that are signed for `service` may come this way.
    pub fn may_call(&self, service: &str) -> bool {
        let Some(through) = &self.through else {
            // One that was not looked up takes nothing.
            return self.task.as_ref().is_none_or(|it| it.endpoint.is_none());
        };
        match through.takes {
            Taken::Api(own) => own == service,
            Taken::Registry => service == "ecr",
            Taken::Agent | Taken::Telemetry => service == "ecs",
            Taken::DataChannel => service == "ssmmessages",
            Taken::Prometheus => service == "aps",
        }
    }
}

/// Whether requests of a route may come through an endpoint; which calls of the API, is asked later.
fn is_taken(takes: Taken, route: Route) -> bool {
    match takes {
        Taken::Api("sns") if route == Route::SigningCertificate => true,
        Taken::Api(_) => matches!(route, Route::Api | Route::Nothing),
        Taken::Registry => route == Route::Registry,
        Taken::Agent => route == Route::Agent(Channel::Acs),
        Taken::Telemetry => route == Route::Agent(Channel::Tcs),
        Taken::DataChannel => route == Route::DataChannel,
        Taken::Prometheus => route == Route::Prometheus,
    }
}

/// Puts the endpoint as it is now into `peer`, if the request came through one; the answer to a request that it
/// does not take.
pub async fn look_up(
    ec2: &Ec2Service,
    peer: &mut Peer,
    route: Route,
) -> Result<(), Response<Body>> {
    let Some(task) = peer.task.clone() else {
        return Ok(());
    };
    let Some(arn) = &task.endpoint else {
        return Ok(());
    };
    let gone = || {
        text(
            StatusCode::FORBIDDEN,
            "There is no such VPC endpoint in this VPC.\n",
        )
    };
    let found = endpoints::find(ec2, arn).await.map_err(|error| {
        tracing::error!(endpoint = arn, error = %Chain(&error), "failed to read a VPC endpoint");
        text(StatusCode::SERVICE_UNAVAILABLE, "Try again.\n")
    })?;
    // Its node says which VPC that is.
    let found = found.filter(|it| task.vpc.as_ref() == Some(&it.vpc_id));
    let found = found.ok_or_else(gone)?;
    let service = Service::short(&found.service).ok_or_else(gone)?;
    if !is_taken(service.takes, route) {
        let words = format!("This VPC endpoint leads to {} alone.\n", service.name);
        return Err(text(StatusCode::FORBIDDEN, words));
    }
    if !peer.secure && found.kind == endpoints::Kind::Interface {
        return Err(text(StatusCode::BAD_REQUEST, "Use https://.\n"));
    }
    peer.through = Some(Through {
        takes: service.takes,
        endpoint: Arc::new(ThroughEndpoint {
            id: found.id,
            vpc: found.vpc_id,
            actions: service.actions,
            policy: found.policy,
        }),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use wharf_planeproto::forward::Forwarded;

    use super::*;

    fn peer(takes: Option<Taken>) -> Peer {
        let endpoint = ThroughEndpoint {
            id: "vpce-1".to_owned(),
            vpc: "vpc-1".to_owned(),
            actions: "s3",
            policy: String::new(),
        };
        Peer {
            address: ([10, 0, 0, 7], 0).into(),
            secure: true,
            task: Some(Arc::new(Forwarded {
                endpoint: Some("arn".to_owned()),
                ..Forwarded::default()
            })),
            through: takes.map(|takes| Through {
                takes,
                endpoint: Arc::new(endpoint),
            }),
        }
    }

    #[test]
    fn an_endpoint_leads_to_its_service_alone() {
        assert!(peer(Some(Taken::Api("s3"))).may_call("s3"));
        for (takes, service) in [
            (Some(Taken::Api("s3")), "sts"),
            (Some(Taken::Registry), "ecs"),
            (Some(Taken::DataChannel), "ecs"),
            (None, "s3"),
        ] {
            assert!(!peer(takes).may_call(service), "{takes:?} {service}");
        }
        for route in [
            Route::Registry,
            Route::Join,
            Route::Metrics,
            Route::NodeCredentials,
            Route::SnapshotBytes,
            Route::Agent(Channel::Acs),
            Route::DataChannel,
            Route::Prometheus,
            Route::SigningCertificate,
            Route::Health,
        ] {
            assert!(!is_taken(Taken::Api("s3"), route), "{route:?}");
        }
        assert!(is_taken(Taken::Registry, Route::Registry));
        assert!(!is_taken(Taken::Registry, Route::Api));
        assert!(!is_taken(Taken::Agent, Route::Agent(Channel::Tcs)));
    }
}
