//! `GET /wharf/explain`: why a service or a task is as it is, for `wharf explain`; what became of a
//! request, for `wharf why`.

use http::StatusCode;
use serde_json::{Value, json};
use wharf_svc_cloudtrail::CloudtrailService;
use wharf_svc_ecs::EcsService;
use wharf_wire::{Call, Check, Dispatcher};

use crate::gateway::Refusal;

/// Asks ECS's scheduler and the audit log.
pub struct Explain {
    pub ecs: EcsService,
    pub cloudtrail: CloudtrailService,
    pub dispatcher: Dispatcher,
}

impl Explain {
    /// The explanation. `query` names a `service` or a `task`, and perhaps a `cluster`; or a `request`,
    /// for whom policies let look up events too.
    pub async fn document(&self, call: &Call, query: &str) -> Result<Value, Refusal> {
        let given = |name: &str| {
            form_urlencoded::parse(query.as_bytes())
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        if let Some(request) = given("request") {
            let checks = [Check::any("cloudtrail:LookupEvents")];
            let looks_up = self.dispatcher.decide(call.context(), &checks).await;
            looks_up.map_err(|text| Refusal::new(StatusCode::FORBIDDEN, text))?;
            let events = self.cloudtrail.of_request(call, &request).await;
            let events = events.map_err(|fault| fault.message)?.into_iter();
            let events: Result<Vec<Value>, _> =
                events.map(|it| serde_json::from_str(&it)).collect();
            return events
                .map(|events| json!({ "events": events }))
                .map_err(|error| error.to_string().into());
        }
        let cluster = given("cluster");
        let (service, task) = (given("service"), given("task"));
        let explained = match (service, task) {
            (Some(service), None) => self
                .ecs
                .explain_service(call, cluster.as_deref(), &service)
                .await
                .map(|explained| json!({ "service": explained })),
            (None, Some(task)) => self
                .ecs
                .explain_task(call, cluster.as_deref(), &task)
                .await
                .map(|(task, hosts)| json!({ "task": task, "hosts": hosts })),
            _ => return Err("name a service or a task".to_owned().into()),
        };
        explained.map_err(|fault| fault.message.into())
    }
}
