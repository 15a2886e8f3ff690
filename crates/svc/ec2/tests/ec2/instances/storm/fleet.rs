//! The hosts of a storm: they do what they are told, later, and not always well.

use wharf_planeproto::volume::{Volume as ToldOfVolume, VolumeReport, VolumeState, Wanted as Kept};
use wharf_store::Entry;
use wharf_svc_ec2::volumes::ToldVolume;
use wharf_testkit::Known;

use super::*;

#[derive(PartialEq)]
enum Up {
    Yes,
    /// Until that look.
    Silent(usize),
    Left,
}

struct Host {
    name: String,
    up: Up,
    /// Instances that run: their boots and addresses.
    runs: BTreeMap<String, (u64, String)>,
    /// At which look a boot is over.
    begun: BTreeMap<(String, u64), usize>,
    /// Boots that failed.
    failed: BTreeSet<(String, u64)>,
    /// Volumes that lie here.
    holds: BTreeSet<String>,
    /// What was heard of it.
    said: HashMap<String, String>,
}

pub struct Fleet {
    hosts: Vec<Host>,
    known: Known<Option<Resource>>,
    wanted: usize,
    named: usize,
    /// Boots that failed, and hosts that left.
    pub failed: usize,
    pub left: usize,
}

/// What hosts are told.
#[derive(Default)]
struct All<'a> {
    instances: BTreeMap<&'a str, Vec<&'a machine::Instance>>,
    volumes: BTreeMap<&'a str, Vec<&'a ToldOfVolume>>,
}

impl Fleet {
    pub async fn of(storm: &Storm, wanted: usize) -> Self {
        let mut fleet = Self {
            hosts: Vec::new(),
            known: Known::default(),
            wanted,
            named: 0,
            failed: 0,
            left: 0,
        };
        fleet.fill(storm).await;
        fleet
    }

    /// Others come for those that left.
    async fn fill(&mut self, storm: &Storm) {
        let there = self.hosts.iter().filter(|it| it.up != Up::Left).count();
        for _ in there..self.wanted {
            self.named += 1;
            let name = format!("i-{:017x}", 0xf000 + self.named);
            let most = u32::try_from(ON_A_HOST).unwrap();
            let capacity = Capacity {
                cpu: 128 * most,
                memory: 512 * most,
                interfaces: most,
                ..Capacity::default()
            };
            storm.cloud.join_with(&name, capacity).await;
            self.hosts.push(Host {
                name,
                up: Up::Yes,
                runs: BTreeMap::new(),
                begun: BTreeMap::new(),
                failed: BTreeSet::new(),
                holds: BTreeSet::new(),
                said: HashMap::new(),
            });
        }
    }

    pub async fn weather(&mut self, storm: &mut Storm) {
        // What this does itself goes well.
        storm.store().set_chaos(Chaos::none(storm.seed));
        for at in 0..self.hosts.len() {
            let (goes, falls_silent) = (storm.chance(1), storm.chance(2));
            let (look, span) = (storm.look, storm.random.random_range(1..30));
            let host = &mut self.hosts[at];
            match host.up {
                Up::Yes if goes => {
                    storm.cloud.connected(&host.name, false);
                    storm.cloud.leave(&host.name).await;
                    // It is deregistered.
                    let gone = Txn::new().delete(PlaneHost::key(&host.name));
                    storm.store().txn(&PERMIT, gone).await.unwrap();
                    // With all that it has.
                    host.up = Up::Left;
                    host.runs.clear();
                    host.holds.clear();
                    self.left += 1;
                }
                Up::Yes if falls_silent => {
                    storm.cloud.connected(&host.name, false);
                    host.up = Up::Silent(look + span);
                }
                Up::Silent(until) if until <= look => host.is_back(storm),
                _ => {}
            }
        }
        if storm.chance(20) {
            self.fill(storm).await;
        }
        storm.store().set_chaos(storm.chaos());
    }

    pub async fn come_to_rest(&mut self, storm: &Storm) {
        for host in &mut self.hosts {
            if matches!(host.up, Up::Silent(_)) {
                host.is_back(storm);
            }
        }
        self.fill(storm).await;
    }

    /// All of them do what they are told, and say so.
    pub async fn follow(&mut self, storm: &mut Storm) {
        let prefix = wharf_store::Range::prefix(plane::prefix());
        let Ok(all) = storm.store().all(prefix).await else {
            return;
        };
        let keyring = &storm.cloud.world.keyring;
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
            self.failed += host.instances(storm, instances).await;
            host.volumes(storm, volumes).await;
        }
    }

    /// What must never be.
    pub fn check(&self) {
        let (mut running, mut addresses) = (HashMap::new(), HashMap::new());
        let mut volumes = HashMap::new();
        for host in &self.hosts {
            assert!(host.runs.len() <= ON_A_HOST, "{} has too many", host.name);
            for (id, (_, address)) in &host.runs {
                let other = running.insert(id, &host.name);
                assert_eq!(other, None, "{id} runs on {} too", host.name);
                let other = addresses.insert(address, id);
                assert_eq!(other, None, "{address} is of {id} too");
            }
            for id in &host.holds {
                let other = volumes.insert(id, &host.name);
                assert_eq!(other, None, "{id} lies on {} too", host.name);
            }
        }
    }
}

impl Host {
    fn is_back(&mut self, storm: &Storm) {
        self.up = Up::Yes;
        storm.cloud.connected(&self.name, true);
    }

    /// How many boots fail.
    async fn instances(&mut self, storm: &mut Storm, told: Vec<&machine::Instance>) -> usize {
        let mut failed = 0;
        for it in told {
            let boot = (it.id.clone(), it.boot);
            let (state, why) = match it.wanted {
                Wanted::Terminated => {
                    self.runs.remove(&it.id);
                    (Reported::Terminated, None)
                }
                Wanted::Stopped => {
                    self.runs.remove(&it.id);
                    (Reported::Stopped, None)
                }
                Wanted::Running if self.failed.contains(&boot) => match it.boot {
                    1 => (Reported::Failed, Some("made to fail")),
                    _ => (Reported::Stopped, Some("cannot boot: made to fail")),
                },
                Wanted::Running => {
                    let runs = self.runs.get(&it.id).map(|it| it.0) == Some(it.boot);
                    let over = storm.look + storm.random.random_range(0..4);
                    let over = *self.begun.entry(boot.clone()).or_insert(over);
                    if !runs && over > storm.look {
                        continue;
                    }
                    if !runs && storm.chance(5) {
                        self.runs.remove(&it.id);
                        self.failed.insert(boot);
                        failed += 1;
                        continue;
                    }
                    let address = format!(
                        "{} {} {}",
                        it.account, it.interface.subnet, it.interface.address
                    );
                    self.runs.insert(it.id.clone(), (it.boot, address));
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
            let reports = vec![(Told::of(it), report)];
            let heard = storm.cloud.ec2.instances_reported(&self.name, reports);
            if heard.await.is_ok() {
                self.said.insert(it.id.clone(), says);
            }
        }
        failed
    }

    async fn volumes(&mut self, storm: &Storm, told: Vec<&ToldOfVolume>) {
        for it in told {
            let runs = |id: &str| self.runs.contains_key(id);
            let placed = it.device.as_ref().is_some_and(|of| runs(&of.instance));
            let state = match it.wanted {
                Kept::Gone => VolumeState::Gone,
                Kept::Kept => VolumeState::Ready,
            };
            match it.wanted {
                Kept::Gone => self.holds.remove(&it.id),
                Kept::Kept => self.holds.insert(it.id.clone()),
            };
            let says = format!("{state:?} {} {placed}", it.attached);
            if self.said.get(&it.id) == Some(&says) {
                continue;
            }
            let report = VolumeReport {
                id: it.id.clone(),
                state,
                reason: None,
                bytes: it.bytes,
                mounted: false,
                attached: it.attached,
                placed: placed && it.attached,
            };
            let reports = vec![(ToldVolume::of(it), report)];
            let heard = storm.cloud.ec2.volumes_reported(&self.name, reports);
            if heard.await.is_ok() {
                self.said.insert(it.id.clone(), says);
            }
        }
    }
}
