//! `GET /wharf/explain`: why a service or a task is as it is, for `wharf explain`; what became of a
//! request, for `wharf why`.

use serde_json::{Value, json};
use wharf_svc_cloudtrail::CloudtrailService;
use wharf_svc_ecs::EcsService;
use wharf_wire::{Check, Context, Dispatcher};

/// Asks ECS's scheduler and the audit log.
pub struct Explain {
    pub ecs: EcsService,
    pub cloudtrail: CloudtrailService,
    pub dispatcher: Dispatcher,
}

impl Explain {
    /// The explanation for whom policies let do `wharf:Explain`. `query` names a `service` or a
    /// `task`, and perhaps a `cluster`; or a `request`, for whom policies let look up events. The
    /// error is a text for people.
    pub async fn document(&self, cx: Context, query: &str) -> Result<Value, String> {
        let given = |name: &str| {
            form_urlencoded::parse(query.as_bytes())
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        let mut checks = vec![Check::any("wharf:Explain")];
        let request = given("request");
        if request.is_some() {
            checks.push(Check::any("cloudtrail:LookupEvents"));
        }
        let call = self.dispatcher.authorize(cx, &checks).await?;
        if let Some(request) = request {
            let events = self.cloudtrail.of_request(&call, &request).await;
            let events = events.map_err(|fault| fault.message)?.into_iter();
            let events: Result<Vec<Value>, _> =
                events.map(|it| serde_json::from_str(&it)).collect();
            return events
                .map(|events| json!({ "events": events }))
                .map_err(|error| error.to_string());
        }
        let cluster = given("cluster");
        let (service, task) = (given("service"), given("task"));
        let explained = match (service, task) {
            (Some(service), None) => self
                .ecs
                .explain_service(&call, cluster.as_deref(), &service)
                .await
                .map(|explained| json!({ "service": explained })),
            (None, Some(task)) => self
                .ecs
                .explain_task(&call, cluster.as_deref(), &task)
                .await
                .map(|(task, hosts)| json!({ "task": task, "hosts": hosts })),
            _ => return Err("name a service or a task".to_owned()),
        };
        explained.map_err(|fault| fault.message)
    }
}
