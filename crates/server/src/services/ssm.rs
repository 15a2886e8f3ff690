//! Systems Manager, with parameters that say what this installation has.

use std::sync::Arc;

use wharf_kube_model::Version;
use wharf_reconcile::Takeover;
use wharf_svc_ecs_exec::ssm::SessionManager;
use wharf_svc_ssm::{Facts, Kubernetes, Parts as SsmParts, SsmService};
use wharf_wire::schema::ServiceSchema;

use super::{SERVICES, Served, Wiring};

pub(super) fn serve(it: &Wiring<'_>) -> Served {
    let (secrets, dispatcher) = (it.plane.secrets.clone(), it.plane.dispatcher.clone());
    let ssm = SsmService::new(SsmParts {
        store: it.data.store.clone(),
        keyring: it.data.keyring.clone(),
        secrets: Arc::new(wharf_api_secretsmanager::Client::new(
            Arc::new(secrets),
            dispatcher,
        )),
        kms: it.kms(),
        sessions: Arc::new(SessionManager(it.plane.ecs.sessions())),
        facts: facts(),
        clock: it.clock.clone(),
        takeover: Takeover::Replace,
    });
    it.plane
        .ec2
        .parameters_from(Arc::new(wharf_api_ssm::Client::new(
            Arc::new(ssm.clone()),
            it.plane.dispatcher.clone(),
        )));
    Served::by(wharf_api_ssm::Routes(Arc::new(ssm.clone())))
        .tagged(wharf_svc_ssm::TAGGED)
        .counted(wharf_svc_ssm::COUNTED)
        .sealing(wharf_svc_ssm::SEALING)
        .announcing(wharf_svc_ssm::ANNOUNCING)
        .running("parameters", |stop| async move { ssm.run(stop).await })
}

fn kubernetes(of: Version) -> Kubernetes {
    Kubernetes {
        version: of.name(),
        patch: of.patch(),
    }
}

/// What public parameters say of this installation.
fn facts() -> Facts {
    let schemas = SERVICES.iter().map(|row| row.schema);
    // AWS's name for both generations of load balancers; `wharf` is no service of AWS.
    let name = |schema: &ServiceSchema| match schema.name {
        "elbv2" => "elb",
        name => name,
    };
    let aws = schemas.filter(|it| it.name != "wharf");
    Facts {
        services: aws.map(name).collect(),
        zones: wharf_svc_ec2::zone_ids,
        kubernetes: Version::ALL.map(kubernetes).to_vec(),
    }
}
