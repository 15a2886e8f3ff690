//! Alarms of CloudWatch that call policies of Application Auto Scaling and of EC2 Auto Scaling.

use std::sync::OnceLock;

use wharf_svc_application_autoscaling::{Alarmed as Heard, ApplicationAutoscalingService};
use wharf_svc_autoscaling::AutoscalingService;
use wharf_svc_cloudwatch::{Alarmed, Scaling};
use wharf_wire::{Fault, async_trait};

/// What follows the uuid in the ARN of a policy that scales a group of instances.
const OF_GROUP: &str = "autoScalingGroupName/";

/// The services that have the policies, once they are built.
#[derive(Default)]
pub(crate) struct AlarmedScaling {
    services: OnceLock<ApplicationAutoscalingService>,
    groups: OnceLock<AutoscalingService>,
}

impl AlarmedScaling {
    pub fn serve(&self, service: ApplicationAutoscalingService) {
        let _ = self.services.set(service);
    }

    pub fn serve_groups(&self, service: AutoscalingService) {
        let _ = self.groups.set(service);
    }
}

#[async_trait]
impl Scaling for AlarmedScaling {
    async fn alarmed(&self, alarmed: Alarmed) -> Result<(), Fault> {
        let (Some(services), Some(groups)) = (self.services.get(), self.groups.get()) else {
            let text = "Auto Scaling is not there yet.";
            return Err(Fault::sender("ServiceUnavailable", 503, text));
        };
        let heard = Heard {
            policy: alarmed.policy,
            alarm: alarmed.alarm,
            state: alarmed.state.to_owned(),
            threshold: alarmed.threshold,
            values: alarmed.values,
            measured_from: alarmed.measured_from,
            at: alarmed.at,
            every: alarmed.every,
        };
        // `arn:aws:autoscaling:REGION:ACCOUNT:scalingPolicy:UUID:…`
        let scaled = heard.policy.splitn(8, ':').nth(7).unwrap_or_default();
        match scaled.starts_with(OF_GROUP) {
            true => groups.alarmed(alarmed.place, heard).await,
            false => services.alarmed(alarmed.place, heard).await,
        }
    }
}
