//! Keepers of a storm: each has a number of instances with a volume each, by a tag, On-Demand or Spot.

use super::*;

const TAG: &str = "keeper";
/// Instances that each wants when users do nothing.
const USUAL: usize = 2;
/// Looks between two times at which much more is wanted On-Demand, so that Spot capacity is taken back, and how long that lasts.
const SURGES: (usize, usize) = (60, 40);

struct Keeper {
    account: &'static str,
    spot: bool,
    wanted: usize,
}

pub struct Keepers {
    all: Vec<Keeper>,
    /// Spot instances whose capacity was taken back.
    pub interrupted: BTreeSet<String>,
}

/// An instance that is not terminated.
struct Live {
    id: String,
    state: String,
}

impl Keepers {
    pub fn of(number: usize) -> Self {
        let keeper = |at: usize| Keeper {
            account: ACCOUNTS[at % ACCOUNTS.len()],
            spot: (at / ACCOUNTS.len()).is_multiple_of(2),
            wanted: USUAL,
        };
        Self {
            all: (0..number).map(keeper).collect(),
            interrupted: BTreeSet::new(),
        }
    }

    pub fn change_minds(&mut self, storm: &mut Storm) {
        let surges = storm.look % SURGES.0 < SURGES.1;
        let begins = storm.look.is_multiple_of(SURGES.0) || storm.look % SURGES.0 == SURGES.1;
        for keeper in &mut self.all {
            if begins {
                keeper.wanted = match surges && !keeper.spot {
                    true => USUAL * 2,
                    false => USUAL,
                };
            }
            if storm.chance(1) {
                keeper.wanted = storm.random.random_range(0..=USUAL + 1);
            }
        }
    }

    pub fn come_to_rest(&mut self) {
        for keeper in &mut self.all {
            keeper.wanted = USUAL;
        }
    }

    /// All that are not terminated, by their keepers; `None` if somebody could not say.
    async fn seen(&mut self, storm: &Storm) -> Option<HashMap<usize, Vec<Live>>> {
        let mut found: HashMap<usize, Vec<Live>> = HashMap::new();
        for account in ACCOUNTS {
            let call = storm.call(account);
            let mut next_token = None;
            loop {
                let asked = DescribeInstancesRequest {
                    max_results: Some(1000),
                    next_token: next_token.take(),
                    ..Default::default()
                };
                let page = storm.cloud.ec2.describe_instances(&call, asked);
                let page = page.await.ok()?;
                let all = page.reservations.unwrap_or_default().into_iter();
                for it in all.flat_map(|it| it.instances.unwrap_or_default()) {
                    let (id, state) = (it.instance_id?, it.state?.name?);
                    let code = it.state_reason.and_then(|it| it.code);
                    if code.is_some_and(|it| it.starts_with("Server.SpotInstance")) {
                        self.interrupted.insert(id.clone());
                    }
                    let tags = it.tags.unwrap_or_default();
                    let tag = tags.iter().find(|it| it.key.as_deref() == Some(TAG));
                    let keeper = tag.and_then(|it| it.value.as_ref()?.parse().ok());
                    if let Some(keeper) = keeper.filter(|_| state != "terminated") {
                        found.entry(keeper).or_default().push(Live { id, state });
                    }
                }
                next_token = page.next_token;
                if next_token.is_none() {
                    break;
                }
            }
        }
        Some(found)
    }

    pub async fn keep(&mut self, storm: &mut Storm) {
        let Some(mut seen) = self.seen(storm).await else {
            return;
        };
        for (at, keeper) in self.all.iter().enumerate() {
            let mut own = seen.remove(&at).unwrap_or_default();
            own.retain(|it| it.state != "shutting-down");
            let call = storm.call(keeper.account);
            let many = |ids: Vec<String>| Some(ids).filter(|it| !it.is_empty());
            let stopped = own.iter().filter(|it| it.state == "stopped");
            let stopped = many(stopped.map(|it| it.id.clone()).collect());
            if stopped.is_some() {
                let asked = StartInstancesRequest {
                    instance_ids: stopped,
                    ..Default::default()
                };
                let _ = storm.cloud.ec2.start_instances(&call, asked).await;
            }
            let running = own.iter().find(|it| it.state == "running");
            if let Some(it) = running.filter(|_| !keeper.spot)
                && storm.chance(1)
            {
                let asked = StopInstancesRequest {
                    instance_ids: Some(vec![it.id.clone()]),
                    ..Default::default()
                };
                let _ = storm.cloud.ec2.stop_instances(&call, asked).await;
            }
            if own.len() > keeper.wanted {
                let over = own.iter().skip(keeper.wanted).map(|it| it.id.clone());
                let asked = TerminateInstancesRequest {
                    instance_ids: Some(over.collect()),
                    ..Default::default()
                };
                let _ = storm.cloud.ec2.terminate_instances(&call, asked).await;
            }
            if own.len() < keeper.wanted {
                let asked = launch(storm, at, keeper, keeper.wanted - own.len());
                let _ = storm.cloud.ec2.run_instances(&call, asked).await;
            }
        }
    }

    /// Whether all is as wanted; what is not.
    pub async fn settled(&mut self, storm: &Storm) -> Result<(), String> {
        let mut seen = self.seen(storm).await.ok_or("nobody says")?;
        let mut live = 0;
        for (at, keeper) in self.all.iter().enumerate() {
            let own = seen.remove(&at).unwrap_or_default();
            let other = own.iter().find(|it| it.state != "running");
            if let Some(it) = other {
                return Err(format!("{} is {}", it.id, it.state));
            }
            if own.len() != keeper.wanted {
                let (has, wanted) = (own.len(), keeper.wanted);
                return Err(format!("keeper {at} has {has} instances of {wanted}"));
            }
            live += own.len();
        }
        let mut volumes = 0;
        for account in ACCOUNTS {
            let call = storm.call(account);
            let mut next_token = None;
            loop {
                let asked = DescribeVolumesRequest {
                    max_results: Some(500),
                    next_token: next_token.take(),
                    ..Default::default()
                };
                let page = storm.cloud.ec2.describe_volumes(&call, asked);
                let page = page.await.map_err(|it| it.to_string())?;
                let all = page.volumes.unwrap_or_default();
                let other = all.iter().find(|it| it.state.as_deref() != Some("in-use"));
                if let Some(it) = other {
                    return Err(format!("{:?} is {:?}", it.volume_id, it.state));
                }
                volumes += all.len();
                next_token = page.next_token;
                if next_token.is_none() {
                    break;
                }
            }
        }
        let claims = storm.cloud.claimants().await.len();
        let addresses = storm.cloud.addresses().await;
        match [volumes, claims, addresses] == [live; 3] {
            true => Ok(()),
            false => Err(format!(
                "there are {volumes} volumes, {claims} claims and {addresses} addresses of {live} instances"
            )),
        }
    }
}

fn launch(storm: &Storm, at: usize, keeper: &Keeper, missing: usize) -> RunInstancesRequest {
    let spot = InstanceMarketOptionsRequest {
        market_type: Some("spot".to_owned()),
        spot_options: None,
    };
    RunInstancesRequest {
        instance_type: Some("t3.nano".to_owned()),
        min_count: Some(1),
        max_count: i32::try_from(missing).ok(),
        instance_market_options: keeper.spot.then_some(spot),
        block_device_mappings: Some(vec![BlockDeviceMapping {
            device_name: Some("/dev/xvdf".to_owned()),
            ebs: Some(EbsBlockDevice {
                volume_size: Some(1),
                ..Default::default()
            }),
            ..Default::default()
        }]),
        tag_specifications: Some(vec![TagSpecification {
            resource_type: Some("instance".to_owned()),
            tags: Some(vec![Tag {
                key: Some(TAG.to_owned()),
                value: Some(at.to_string()),
            }]),
        }]),
        ..storm.cloud.asked()
    }
}
