//! ListServices, and ListServicesByNamespace: no service is in a Cloud Map namespace yet.

use wharf_api_ecs as api;
use wharf_records::ecs::{Service, ServiceStatus};
use wharf_wire::{Call, Fault};

use crate::{core::Core, fault, names::Place, page};

/// Services on a page unless the caller says otherwise.
const PAGE: i32 = 10;

pub async fn list_services(
    core: &Core,
    call: &Call,
    input: api::ListServicesRequest,
) -> Result<api::ListServicesResponse, Fault> {
    let cluster = core.state.cluster(call, input.cluster.as_deref()).await?;
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (launch, scheduling) = (given(&input.launch_type), given(&input.scheduling_strategy));
    let context = format!("services {} {launch:?} {scheduling:?}", cluster.name);
    let page = page::asked(
        core,
        call,
        &context,
        Some(input.max_results.unwrap_or(PAGE)),
        input.next_token.as_deref(),
    )?;
    let admits = |service: &Service| {
        let primary = service.primary().map(|primary| primary.revision.launch);
        let is = |wanted: &Option<String>, value: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == value)
        };
        service.status == ServiceStatus::Active
            && is(&launch, primary.map_or("", |launch| launch.as_str()))
            && is(&scheduling, service.scheduling.as_str())
    };
    let (arns, next_token) = core.state.view.read(&Place::of(call), |region| {
        let services = region.services_of(&cluster.name);
        let found = services.filter(|service| admits(service));
        page::cut(
            &page,
            found.map(|service| (service.name.clone(), service.arn.clone())),
        )
    });
    Ok(api::ListServicesResponse {
        service_arns: Some(arns),
        next_token,
    })
}

pub async fn list_services_by_namespace(
    _core: &Core,
    _call: &Call,
    input: api::ListServicesByNamespaceRequest,
) -> Result<api::ListServicesByNamespaceResponse, Fault> {
    let namespace = input.namespace.unwrap_or_default();
    if namespace.is_empty() {
        return Err(fault::invalid("Namespace cannot be empty."));
    }
    Err(api::faults::namespace_not_found_exception(format!(
        "The namespace {namespace} was not found."
    )))
}
