//! What alarms of CloudWatch do here: they scale services and groups, and their words come late, twice, and with a lost answer.

use std::time::Duration;

use tokio::time::sleep;
use wharf_contributors::{LogEvents, Question, Tally, Untold};
use wharf_delivery::{Actor, ApiDestinations, Failure, Invocation};
use wharf_svc_cloudwatch::Scaling;
use wharf_wire::{Fault, async_trait};

use crate::world::{World, unavailable};

#[async_trait]
impl Scaling for World {
    async fn alarmed(&self, said: wharf_svc_cloudwatch::Alarmed) -> Result<(), Fault> {
        if self.chance(5.0) {
            sleep(Duration::from_millis(self.between(500, 20_000))).await;
        }
        let server = self.server().ok_or_else(unavailable)?;
        let heard = wharf_svc_autoscaling::Alarmed {
            policy: said.policy,
            alarm: said.alarm,
            state: said.state.to_owned(),
            threshold: said.threshold,
            values: said.values,
            measured_from: said.measured_from,
            at: said.at,
            every: said.every,
        };
        let twice = self.chance(5.0);
        for _ in 0..1 + usize::from(twice) {
            let (place, heard) = (said.place.clone(), heard.clone());
            let is_of_group = heard.policy.contains(":autoScalingGroupName/");
            match is_of_group {
                true => {
                    server
                        .unless_ended(server.groups.alarmed(place, heard))
                        .await??
                }
                false => {
                    server
                        .unless_ended(server.scaling.alarmed(place, heard))
                        .await??
                }
            }
        }
        match self.chance(2.0) {
            true => Err(Fault::sender("ServiceUnavailable", 503, "a lost answer")),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl ApiDestinations for World {
    async fn invoke(&self, _: &Actor, it: &Invocation<'_>) -> Result<(), Failure> {
        panic!(
            "there is no metric stream that could send to {}",
            it.destination
        );
    }
}

#[async_trait]
impl LogEvents for World {
    async fn tally(&self, question: Question) -> Result<Tally, Untold> {
        panic!("there is no rule of contributors: {question:?}");
    }
}
