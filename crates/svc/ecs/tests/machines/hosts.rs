//! The hosts: they do what they are told, later, and not always well ([`weather`]). In the instances that they keep are agents.

mod weather;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use tokio::{sync::watch, task::JoinSet};
use wharf_base::Clock as _;
use wharf_planeproto::{
    Resource,
    machine::{self, InstanceReport, InstanceState as Reported, Wanted},
    volume::{Volume as ToldOfVolume, VolumeReport, VolumeState, Wanted as Kept},
};
use wharf_records::{Unknown, encode, hosts::PlaneHost};
use wharf_store::{Entry, Range, Txn};
use wharf_svc_ec2::{instances::Told, plane, volumes::ToldVolume};
use wharf_testkit::{ACCOUNT, Known, PERMIT, ecs::registration};
use wharf_wire::{Caller, CallerKind};

use crate::{
    agent::{Agent, Identity, Stage},
    plan::{MOST_TASKS, ON_AN_INSTANCE, REGION},
    world::World,
};

/// The cluster that they registered in.
pub const MACHINES: &str = "machines";
/// Instances of the size that all have.
const ON_A_HOST: u32 = 16;
/// Hosts that keep volumes say so.
const VOLUMES: &str = "ecs.capability.storage.ebs-task-volume-attach";

#[derive(PartialEq)]
enum Up {
    Yes,
    /// Until that look: then it is back, or somebody takes it off the books.
    Silent(usize),
    Left,
}

/// An instance that runs.
pub struct Running {
    boot: u64,
    /// Account, VPC and address.
    pub address: String,
    pub agent: Agent,
    _loops: JoinSet<()>,
}

pub struct Host {
    pub name: String,
    agent: Agent,
    loops: JoinSet<()>,
    up: Up,
    reached: watch::Sender<bool>,
    pub runs: BTreeMap<String, Running>,
    /// Agents of instances that ended with the host's power, and begin again on their disks.
    down: BTreeMap<String, Agent>,
    /// At which look a boot is over.
    begun: BTreeMap<(String, u64), usize>,
    failed: BTreeSet<(String, u64)>,
    /// Volumes that lie here.
    pub holds: BTreeSet<String>,
    /// Those of them that something here may have.
    attached: watch::Sender<BTreeSet<String>>,
    /// What was heard of it.
    said: HashMap<String, String>,
    /// Instances that said that they are drained.
    drained: BTreeSet<String>,
    /// The look up to which nobody is to blame for what ends here.
    blamed: usize,
}

pub struct Fleet {
    pub hosts: Vec<Host>,
    known: Known<Option<Resource>>,
    wanted: usize,
    failed: usize,
    left: usize,
    fell: usize,
    ended: usize,
}

/// What hosts are told.
#[derive(Default)]
struct All<'a> {
    instances: BTreeMap<&'a str, Vec<&'a machine::Instance>>,
    volumes: BTreeMap<&'a str, Vec<&'a ToldOfVolume>>,
}

fn node() -> Caller {
    Caller {
        kind: CallerKind::User,
        arn: format!("arn:aws:iam::{ACCOUNT}:user/wharf/wharf-node"),
        ..Caller::root(ACCOUNT)
    }
}

impl Fleet {
    /// With room for a quarter more than all services want at once.
    pub async fn of(world: &World) -> Self {
        let most = u32::try_from(world.plan.services.len()).unwrap() * MOST_TASKS;
        let wanted = (most * 5).div_ceil(ON_AN_INSTANCE * ON_A_HOST * 4).max(3) as usize;
        let created = json!({"clusterName": MACHINES});
        let created = world.call(ACCOUNT, ("ecs", "CreateCluster"), created);
        created.await.unwrap();
        let mut fleet = Self {
            hosts: Vec::new(),
            known: Known::default(),
            wanted,
            failed: 0,
            left: 0,
            fell: 0,
            ended: 0,
        };
        fleet.fill(world).await;
        fleet
    }

    pub fn figures(&self, world: &World) -> [usize; 8] {
        let count =
            |it: &std::sync::atomic::AtomicUsize| it.load(std::sync::atomic::Ordering::Relaxed);
        [
            self.failed,
            self.left,
            self.fell,
            count(&world.lost),
            world.interrupted.lock().len(),
            self.ended,
            count(&world.ran),
            count(&world.crashes),
        ]
    }

    /// Others come for those that left.
    async fn fill(&mut self, world: &World) {
        self.hosts.retain(|it| it.up != Up::Left);
        for _ in self.hosts.len()..self.wanted {
            let zone = ["a", "b", "c"][self.hosts.len() % 3];
            self.hosts.push(Host::join(world, zone).await);
        }
    }

    /// All of them do what they are told, and say so.
    pub async fn follow(&mut self, world: &World) {
        let Ok(all) = world.store.all(Range::prefix(plane::prefix())).await else {
            return;
        };
        let keyring = &world.testkit.keyring;
        let read = |entry: &Entry| plane::resource(entry, keyring);
        self.known.read(&all.entries, read);
        let mut told = All::default();
        for entry in &all.entries {
            match self.known.said_by(entry).and_then(Option::as_ref) {
                Some(Resource::Instance(it)) => {
                    let of_host = told.instances.entry(it.host.as_str());
                    of_host.or_default().push(it);
                }
                Some(Resource::Volume(it)) => {
                    let of_host = told.volumes.entry(it.host.as_str());
                    of_host.or_default().push(it);
                }
                _ => {}
            }
        }
        for host in self.hosts.iter_mut().filter(|it| it.up == Up::Yes) {
            let name = host.name.as_str();
            let instances = told.instances.remove(name).unwrap_or_default();
            let volumes = told.volumes.remove(name).unwrap_or_default();
            let (failed, ended) = host.instances(world, instances).await;
            self.failed += failed;
            self.ended += ended;
            host.volumes(world, volumes).await;
        }
    }
}

impl Host {
    async fn join(world: &World, zone: &str) -> Self {
        let mut said = registration(MACHINES);
        said["totalResources"] = json!([
            {"name": "CPU", "type": "INTEGER", "integerValue": 128 * ON_A_HOST},
            {"name": "MEMORY", "type": "INTEGER", "integerValue": 512 * ON_A_HOST},
        ]);
        said["attributes"] = json!([
            {"name": "wharf.instances", "value": "own-image,snapshots,sealed"},
            {"name": "wharf.eni-slots", "value": (2 * ON_A_HOST).to_string()},
            {"name": VOLUMES},
            {"name": "ecs.availability-zone", "value": format!("{REGION}{zone}")},
        ]);
        said["clientToken"] = json!(wharf_base::ids::uuid());
        let (reached, seen) = watch::channel(true);
        let (attached, volumes) = watch::channel(BTreeSet::new());
        let is = Identity {
            caller: node(),
            cluster: MACHINES.to_owned(),
            registration: said,
            reached: seen,
            attached: volumes,
        };
        let (agent, loops) = Agent::begin(&world.me(), is);
        let name = loop {
            let arn = agent.arn.lock().clone();
            if let Some(arn) = arn {
                let input = json!({"cluster": MACHINES, "containerInstances": [arn]});
                let shown = world.call(ACCOUNT, ("ecs", "DescribeContainerInstances"), input);
                let shown = world.well(shown).await;
                if let Some(id) = shown.ok().and_then(|it| {
                    Some(
                        it["containerInstances"][0]["ec2InstanceId"]
                            .as_str()?
                            .to_owned(),
                    )
                }) {
                    break id;
                }
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        };
        let plane = PlaneHost {
            id: name.clone(),
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            underlay: None,
            zone: format!("{REGION}{zone}"),
            balancers: false,
            unknown: Unknown::new(),
        };
        let put = Txn::new().put(PlaneHost::key(&name), encode(&plane));
        world.well(world.store.txn(&PERMIT, put)).await.unwrap();
        Self {
            name,
            agent,
            loops,
            up: Up::Yes,
            reached,
            runs: BTreeMap::new(),
            down: BTreeMap::new(),
            begun: BTreeMap::new(),
            failed: BTreeSet::new(),
            holds: BTreeSet::new(),
            attached,
            said: HashMap::new(),
            drained: BTreeSet::new(),
            blamed: 0,
        }
    }

    /// How many boots fail, and how many instances end.
    async fn instances(&mut self, world: &World, told: Vec<&machine::Instance>) -> (usize, usize) {
        let (mut failed, mut ended) = (0, 0);
        let mut reports = Vec::new();
        for it in told {
            let boot = (it.id.clone(), it.boot);
            let spot = it.metadata.spot.as_ref();
            if let Some(notice) = spot.and_then(|it| it.notice.as_ref()) {
                let at = notice.at_ms;
                world.interrupted.lock().insert(it.id.clone(), at);
                let agent = self.runs.get(&it.id).map(|it| it.agent.clone());
                if let Some(agent) = agent.filter(|_| !self.drained.contains(&it.id))
                    && agent.drain().await
                {
                    self.drained.insert(it.id.clone());
                }
            }
            let (state, why) = match it.wanted {
                Wanted::Terminated | Wanted::Stopped => {
                    ended += usize::from(self.end(world, it));
                    match it.wanted {
                        Wanted::Terminated => (Reported::Terminated, None),
                        _ => (Reported::Stopped, None),
                    }
                }
                Wanted::Running if self.failed.contains(&boot) => match it.boot {
                    1 => (Reported::Failed, Some("made to fail")),
                    _ => (Reported::Stopped, Some("cannot boot: made to fail")),
                },
                Wanted::Running => {
                    let runs = self.runs.get(&it.id).map(|it| it.boot) == Some(it.boot);
                    let over = world.look() + usize::try_from(world.between(0, 3)).unwrap();
                    let over = *self.begun.entry(boot.clone()).or_insert(over);
                    if !runs && over > world.look() {
                        continue;
                    }
                    let is_new = !runs && !self.down.contains_key(&it.id);
                    if is_new && world.chance(10.0) {
                        self.runs.remove(&it.id);
                        self.failed.insert(boot);
                        failed += 1;
                        continue;
                    }
                    if !runs {
                        self.boot(world, it);
                    }
                    (Reported::Running, None)
                }
            };
            let says = format!("{} {state:?}", it.boot);
            if self.said.get(&it.id) == Some(&says) {
                continue;
            }
            let report = InstanceReport {
                id: it.id.clone(),
                boot: it.boot,
                state,
                reason: why.map(str::to_owned),
                kubelet: None,
            };
            reports.push((says, Told::of(it), report));
        }
        for (says, told, report) in reports {
            let Some(server) = world.server() else { break };
            let id = report.id.clone();
            let heard = server
                .ec2
                .instances_reported(&self.name, vec![(told, report)]);
            if matches!(server.unless_ended(heard).await, Ok(Ok(()))) {
                self.said.insert(id, says);
            }
        }
        (failed, ended)
    }

    fn boot(&mut self, world: &World, it: &machine::Instance) {
        let cluster = it.user_data.as_ref().map(|it| STANDARD.decode(it).unwrap());
        let cluster = String::from_utf8(cluster.unwrap_or_default()).unwrap();
        let cluster = cluster.trim_start_matches("ECS_CLUSTER=").to_owned();
        let document = json!({
            "instanceId": it.id, "instanceType": it.instance_type, "availabilityZone": it.zone,
            "imageId": it.metadata.image_id,
        });
        let mut said = registration(&cluster);
        said["totalResources"] = json!([
            {"name": "CPU", "type": "INTEGER", "integerValue": it.cpu},
            {"name": "MEMORY", "type": "INTEGER", "integerValue": it.memory_mib},
        ]);
        let attributes = said["attributes"].as_array_mut().unwrap();
        let own = ["wharf.fargate-capacity", "ecs.availability-zone"];
        attributes.retain(|it| !own.contains(&it["name"].as_str().unwrap()));
        attributes.push(json!({"name": VOLUMES}));
        said["instanceIdentityDocument"] = json!(document.to_string());
        said["clientToken"] = json!(it.id);
        let role = format!(
            "arn:aws:sts::{}:assumed-role/ecsInstanceRole/{}",
            it.account, it.id
        );
        let caller = Caller {
            kind: CallerKind::AssumedRole,
            arn: role,
            ..Caller::root(&it.account)
        };
        let is = Identity {
            caller,
            cluster,
            registration: said,
            reached: self.reached.subscribe(),
            attached: self.attached.subscribe(),
        };
        let (agent, loops) = Agent::begin(&world.me(), is);
        if let Some(before) = self.down.remove(&it.id) {
            agent.follows(&before);
        }
        world
            .tasks
            .lock()
            .insert(it.id.clone(), agent.tasks.clone());
        let running = Running {
            boot: it.boot,
            address: format!(
                "{} {} {}",
                it.account, it.interface.vpc, it.interface.address
            ),
            agent,
            _loops: loops,
        };
        self.runs.insert(it.id.clone(), running);
    }

    /// Whether it ran.
    fn end(&mut self, world: &World, it: &machine::Instance) -> bool {
        self.down.remove(&it.id);
        let Some(running) = self.runs.remove(&it.id) else {
            return false;
        };
        world.tasks.lock().remove(&it.id);
        let up: Vec<String> = {
            let tasks = running.agent.tasks.lock();
            let runs = tasks.iter().filter(|(_, run)| run.stage == Stage::Runs);
            runs.map(|(arn, _)| arn.clone()).collect()
        };
        running.agent.ends();
        // Whoever takes Spot capacity back gives two minutes before.
        let noticed = world.interrupted.lock().get(&it.id).copied();
        let is_due = |at: i64| at <= world.clock.now().millis() || !world.clock_is_steady();
        let excused = noticed.is_some_and(is_due)
            || world.ended_by_users.lock().contains(&it.id)
            || world.look() <= self.blamed;
        if !up.is_empty() && !excused {
            world.wrong(format!("{} ends while {up:?} run there", it.id));
        }
        true
    }

    async fn volumes(&mut self, world: &World, told: Vec<&ToldOfVolume>) {
        for it in told {
            let runs = |id: &str| self.runs.contains_key(id);
            let placed = it.device.as_ref().is_some_and(|of| runs(&of.instance));
            let state = match it.wanted {
                Kept::Gone => VolumeState::Gone,
                Kept::Kept => VolumeState::Ready,
            };
            let up = |run: &crate::agent::Run| {
                run.is_up() && run.mounted && run.volume.as_ref() == Some(&it.id)
            };
            let mounted = self
                .runs
                .values()
                .any(|on| on.agent.tasks.lock().values().any(up));
            // What is mounted does not go.
            if it.wanted == Kept::Gone && mounted {
                world.wrong(format!("{} is to go while a task has it", it.id));
                continue;
            }
            match it.wanted {
                Kept::Gone => self.holds.remove(&it.id),
                Kept::Kept => self.holds.insert(it.id.clone()),
            };
            // Whoever waits for a volume looks again where something changed alone.
            self.attached
                .send_if_modified(|all| match it.attached && it.wanted == Kept::Kept {
                    true => all.insert(it.id.clone()),
                    false => all.remove(&it.id),
                });
            let says = format!("{state:?} {} {placed} {mounted}", it.attached);
            if self.said.get(&it.id) == Some(&says) {
                continue;
            }
            let report = VolumeReport {
                id: it.id.clone(),
                state,
                reason: None,
                bytes: it.bytes,
                mounted,
                attached: it.attached,
                placed: placed && it.attached,
            };
            let Some(server) = world.server() else { return };
            let reports = vec![(ToldVolume::of(it), report)];
            let heard = server.ec2.volumes_reported(&self.name, reports);
            if matches!(server.unless_ended(heard).await, Ok(Ok(()))) {
                self.said.insert(it.id.clone(), says);
            }
        }
    }
}
