//! Has hosts fetch the images of what is to come, if these may start at all.

use std::time::Duration;

use wharf_records::ecs::Service;

use super::{Look, NOT_ADMITTED};
use crate::{
    images::Pins,
    services::{
        events,
        observe::{Next, Observed},
        plan::{Plan, plan},
    },
    state::StepError,
    view::Held,
};

impl Look<'_> {
    /// Hosts are told what the plan wants of them. Where the images may not start, nobody is told, nothing stops to make
    /// room for them, and the pause before they are asked about again is returned.
    pub(super) async fn want_ahead(
        &mut self,
        held: &Held<Service>,
        observed: &mut Observed,
        planned: &mut Plan,
    ) -> Result<Option<Duration>, StepError> {
        let (scheduler, now) = (self.scheduler, self.scheduler.state.now());
        let primary = |service: &Service| service.primary().map(|one| one.id().to_owned());
        let deployment = primary(&held.record);
        if deployment != primary(&planned.service) {
            // What is PRIMARY is another now: once that is recorded the next look asks for its images.
            return Ok(None);
        }
        let deployment = deployment.unwrap_or_default();
        let mut pins = Pins::new();
        let mut refused = None;
        if !planned.ahead.is_empty() {
            match self.admit(&planned.service).await? {
                Ok(admitted) => {
                    planned.service.said.remove(NOT_ADMITTED);
                    scheduler.services.refused(&held.key, false);
                    pins = admitted.pins;
                }
                Err(why) => refused = Some(why.to_string()),
            }
        }
        if let Some(why) = &refused {
            for task in &mut observed.tasks {
                if task.next != Next::Unable {
                    task.next = Next::Refused;
                }
            }
            *planned = plan(&held.record, observed, now);
            if events::may_say(&mut planned.service, NOT_ADMITTED, now) {
                let name = &planned.service.name;
                planned.events.push(events::not_admitted(name, why));
            }
        }
        let hosts = &planned.ahead;
        let ahead = &scheduler.state.ahead;
        ahead.want(&held.key, (&deployment, &pins), hosts, now);
        Ok(refused.map(|_| scheduler.services.refused(&held.key, true)))
    }
}
