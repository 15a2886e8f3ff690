//! Groups over a cloud that does what it is asked: from requests to instances and back.

mod configurations;
mod ec2;
mod home;
mod joining;
mod launches;
mod maintenance;
mod making;
mod membership;
mod mixed;
mod notifications;
mod policies;
mod refreshes;
mod scheduled;
mod sizes;

use wharf_api_autoscaling::{Autoscaling as _, SetDesiredCapacityType};
use wharf_testkit::call;
use wharf_wire::Fault;

use home::Home;

fn name() -> Option<String> {
    Some("g".to_owned())
}

async fn set(home: &Home, desired: i32) -> Result<(), Fault> {
    let input = SetDesiredCapacityType {
        auto_scaling_group_name: name(),
        desired_capacity: Some(desired),
        ..SetDesiredCapacityType::default()
    };
    home.service.set_desired_capacity(&call(), input).await
}
