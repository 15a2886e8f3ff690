//! Alarms of CloudWatch that call policies of Application Auto Scaling.

use std::sync::OnceLock;

use wharf_svc_application_autoscaling::{Alarmed as Heard, ApplicationAutoscalingService};
use wharf_svc_cloudwatch::{Alarmed, Scaling};
use wharf_wire::{Fault, async_trait};

/// The service that has the policies, once it is built.
#[derive(Default)]
pub(crate) struct AlarmedScaling(OnceLock<ApplicationAutoscalingService>);

impl AlarmedScaling {
    pub fn serve(&self, service: ApplicationAutoscalingService) {
        let _ = self.0.set(service);
    }
}

#[async_trait]
impl Scaling for AlarmedScaling {
    async fn alarmed(&self, alarmed: Alarmed) -> Result<(), Fault> {
        let Some(service) = self.0.get() else {
            let text = "Application Auto Scaling is not there yet.";
            return Err(Fault::sender("ServiceUnavailable", 503, text));
        };
        let heard = Heard {
            policy: alarmed.policy,
            alarm: alarmed.alarm,
            state: alarmed.state.to_owned(),
            threshold: alarmed.threshold,
            values: alarmed.values,
            at: alarmed.at,
            every: alarmed.every,
        };
        service.alarmed(alarmed.place, heard).await
    }
}
