//! Target groups, faked: targets become what the test says, in the order it says.

use std::{collections::BTreeMap, sync::Mutex};

use tokio::sync::broadcast;
use wharf_api_elbv2::{self as elb, Elbv2};
use wharf_wire::{Call, Check, Context, Fault, async_trait};

pub const GROUP: &str =
    "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/0123456789abcdef";

pub type Target = (String, String, i32);

pub struct FakeElbv2 {
    /// `(group, id, port)` and its state.
    targets: Mutex<BTreeMap<Target, String>>,
    /// The state of a target that was just registered.
    pub first: Mutex<String>,
    /// Deregistered targets stay `draining` until [`FakeElbv2::drain`].
    pub slow_drain: Mutex<bool>,
    /// No target is taken.
    pub refuses: Mutex<bool>,
    changes: broadcast::Sender<String>,
}

impl Default for FakeElbv2 {
    fn default() -> Self {
        Self {
            targets: Mutex::default(),
            first: Mutex::new("healthy".to_owned()),
            slow_drain: Mutex::new(false),
            refuses: Mutex::new(false),
            changes: broadcast::channel(64).0,
        }
    }
}

impl FakeElbv2 {
    pub fn changes(&self) -> broadcast::Receiver<String> {
        self.changes.subscribe()
    }

    /// Addresses and states.
    pub fn targets(&self) -> Vec<(String, String)> {
        let targets = self.targets.lock().unwrap();
        let shown = targets
            .iter()
            .map(|((_, id, _), state)| (id.clone(), state.clone()));
        shown.collect()
    }

    /// Sets the state of every target that is in another.
    pub fn turn(&self, from: &str, to: &str) {
        for state in self.targets.lock().unwrap().values_mut() {
            if state == from {
                *state = to.to_owned();
            }
        }
        let _ = self.changes.send(GROUP.to_owned());
    }

    /// Sets the state of one target that is in another.
    pub fn turn_one(&self, target: &Target, from: &str, to: &str) {
        match self.targets.lock().unwrap().get_mut(target) {
            Some(state) if state == from => to.clone_into(state),
            _ => return,
        }
        let _ = self.changes.send(target.0.clone());
    }

    /// Lets go of one target if it is draining.
    pub fn drain_one(&self, target: &Target) {
        let mut targets = self.targets.lock().unwrap();
        if targets.get(target).is_some_and(|it| it == "draining") {
            targets.remove(target);
            let _ = self.changes.send(target.0.clone());
        }
    }

    /// All targets and their states.
    pub fn all(&self) -> BTreeMap<Target, String> {
        self.targets.lock().unwrap().clone()
    }

    /// Lets go of every draining target.
    pub fn drain(&self) {
        self.targets
            .lock()
            .unwrap()
            .retain(|_, state| state != "draining");
        let _ = self.changes.send(GROUP.to_owned());
    }
}

fn keys(group: &str, targets: Option<Vec<elb::TargetDescription>>) -> Vec<Target> {
    let key = |target: elb::TargetDescription| {
        let port = target.port.unwrap();
        (group.to_owned(), target.id.unwrap(), port)
    };
    targets.into_iter().flatten().map(key).collect()
}

#[async_trait]
impl Elbv2 for FakeElbv2 {
    async fn authorize(&self, _: &Context, input: elb::Input<'_>) -> Result<Vec<Check>, Fault> {
        Ok(vec![Check::any(input.action())])
    }

    async fn describe_target_groups(
        &self,
        _: &Call,
        input: elb::DescribeTargetGroupsInput,
    ) -> Result<elb::DescribeTargetGroupsOutput, Fault> {
        let arn = input.target_group_arns.unwrap().remove(0);
        if !arn.contains("targetgroup/") {
            return Err(Fault::sender("TargetGroupNotFound", 400, "not found"));
        }
        let kind = if arn.contains("/instances") {
            "instance"
        } else {
            "ip"
        };
        let balancers = match arn.contains("/alone") {
            true => Vec::new(),
            false => vec!["arn:lb".to_owned()],
        };
        Ok(elb::DescribeTargetGroupsOutput {
            target_groups: Some(vec![elb::TargetGroup {
                target_group_arn: Some(arn),
                target_type: Some(kind.to_owned()),
                load_balancer_arns: Some(balancers),
                ..elb::TargetGroup::default()
            }]),
            ..elb::DescribeTargetGroupsOutput::default()
        })
    }

    async fn describe_target_health(
        &self,
        _: &Call,
        input: elb::DescribeTargetHealthInput,
    ) -> Result<elb::DescribeTargetHealthOutput, Fault> {
        let group = input.target_group_arn.unwrap();
        let targets = self.targets.lock().unwrap();
        let of_group = targets.iter().filter(|((of, _, _), _)| *of == group);
        let row = |((_, id, port), state): (&Target, &String)| elb::TargetHealthDescription {
            target: Some(elb::TargetDescription {
                id: Some(id.clone()),
                port: Some(*port),
                ..elb::TargetDescription::default()
            }),
            target_health: Some(elb::TargetHealth {
                state: Some(state.clone()),
                description: Some("Health checks failed with these codes: [502]".to_owned()),
                ..elb::TargetHealth::default()
            }),
            ..elb::TargetHealthDescription::default()
        };
        Ok(elb::DescribeTargetHealthOutput {
            target_health_descriptions: Some(of_group.map(row).collect()),
        })
    }

    async fn register_targets(
        &self,
        _: &Call,
        input: elb::RegisterTargetsInput,
    ) -> Result<elb::RegisterTargetsOutput, Fault> {
        if *self.refuses.lock().unwrap() {
            return Err(Fault::sender("InvalidTarget", 400, "not running"));
        }
        let group = input.target_group_arn.unwrap();
        let first = self.first.lock().unwrap().clone();
        for key in keys(&group, input.targets) {
            let mut targets = self.targets.lock().unwrap();
            let state = targets.entry(key).or_default();
            // What is registered already stays as it is.
            if state.is_empty() || state == "draining" {
                state.clone_from(&first);
            }
        }
        let _ = self.changes.send(group);
        Ok(elb::RegisterTargetsOutput::default())
    }

    async fn deregister_targets(
        &self,
        _: &Call,
        input: elb::DeregisterTargetsInput,
    ) -> Result<elb::DeregisterTargetsOutput, Fault> {
        let group = input.target_group_arn.unwrap();
        let slow = *self.slow_drain.lock().unwrap();
        for key in keys(&group, input.targets) {
            let mut targets = self.targets.lock().unwrap();
            match targets.get_mut(&key) {
                Some(state) if slow => *state = "draining".to_owned(),
                _ => {
                    targets.remove(&key);
                }
            }
        }
        let _ = self.changes.send(group);
        Ok(elb::DeregisterTargetsOutput::default())
    }
}
