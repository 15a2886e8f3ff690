//! What a host says is passed on, as far as it is of what this host was told of.

use std::collections::BTreeMap;

use wharf_planeproto::{
    Key, Kind, Plane, Resource,
    file_system::{FileSystemReport, MAX_FILE_SYSTEMS},
    machine::{Console, InstanceReport, MAX_INSTANCES},
    measured::{MOST_ROWS, Minute, Row},
    report::{TargetHealth, UnboundEndpoint},
    volume::{MAX_VOLUMES, VolumeReport},
    wire::ToPlane,
};
use wharf_svc_ec2::{
    instances::{Part, Told},
    volumes::ToldVolume,
};
use wharf_svc_efs::ToldFileSystem;

use super::{Conversation, End, Session};

/// What is kept of a plane's reason, in characters.
const MAX_REASON: usize = 1024;
/// Closed endpoints that are remembered of a host.
const MAX_CLOSED: usize = 256;

impl Session {
    /// Passes reports on, of targets that this host was told of.
    pub(super) async fn report(&self, talk: &Conversation, health: Vec<TargetHealth>) {
        let mut latest = BTreeMap::new();
        self.planes.shared.read(|view| {
            for row in health {
                let key = Key {
                    kind: Kind::Target,
                    id: row.target.to_string(),
                };
                if talk.delivered.knows_target(view, &key) {
                    latest.insert(row.target.clone(), row);
                }
            }
        });
        if !latest.is_empty() {
            let rows = latest.into_values().collect();
            self.planes
                .balancers
                .report(&talk.subscriber.host, rows)
                .await;
        }
    }

    /// What this host was told of an instance; `None` of those of others.
    fn told(&self, talk: &Conversation, id: &str) -> Option<Told> {
        self.planes.shared.read(|view| {
            let (_, held) = view.now().find(Kind::Instance, id)?;
            match &held.resource {
                Resource::Instance(it) if it.host == talk.subscriber.host => Some(Told::of(it)),
                _ => None,
            }
        })
    }

    /// Passes on what the host says of instances that it was told of; of several words of one the last.
    pub(super) async fn instances(
        &self,
        talk: &mut Conversation,
        mut reports: Vec<InstanceReport>,
    ) {
        if self.plane != Plane::Machines {
            return;
        }
        reports.truncate(MAX_INSTANCES);
        let latest: BTreeMap<&str, &InstanceReport> =
            reports.iter().map(|it| (it.id.as_str(), it)).collect();
        let own = latest.into_values();
        let own: Vec<_> = own
            .filter_map(|it| Some((self.told(talk, &it.id)?, it.clone())))
            .collect();
        let host = &talk.subscriber.host;
        let kept = own.is_empty() || self.planes.instances.reported(host, own).await;
        talk.unkept_instances = if kept { Vec::new() } else { reports };
    }

    /// As of instances.
    pub(super) async fn volumes(&self, talk: &mut Conversation, mut reports: Vec<VolumeReport>) {
        if self.plane != Plane::Machines {
            return;
        }
        reports.truncate(MAX_VOLUMES);
        let host = &talk.subscriber.host;
        let told = |id: &str| {
            self.planes.shared.read(|view| {
                let (_, held) = view.now().find(Kind::Volume, id)?;
                match &held.resource {
                    Resource::Volume(it) if it.host == *host => Some(ToldVolume::of(it)),
                    _ => None,
                }
            })
        };
        let latest: BTreeMap<&str, &VolumeReport> =
            reports.iter().map(|it| (it.id.as_str(), it)).collect();
        let own = latest.into_values();
        let own: Vec<_> = own
            .filter_map(|it| Some((told(&it.id)?, it.clone())))
            .collect();
        let kept = own.is_empty() || self.planes.instances.volumes(host, own).await;
        talk.unkept_volumes = if kept { Vec::new() } else { reports };
    }

    /// As of instances.
    pub(super) async fn file_systems(
        &self,
        talk: &mut Conversation,
        mut reports: Vec<FileSystemReport>,
    ) {
        if self.plane != Plane::Machines {
            return;
        }
        reports.truncate(MAX_FILE_SYSTEMS);
        let host = &talk.subscriber.host;
        let told = |id: &str| {
            self.planes.shared.read(|view| {
                let (_, held) = view.now().find(Kind::FileSystem, id)?;
                match &held.resource {
                    Resource::FileSystem(it) if it.host == *host => Some(ToldFileSystem::of(it)),
                    _ => None,
                }
            })
        };
        let latest: BTreeMap<&str, &FileSystemReport> =
            reports.iter().map(|it| (it.id.as_str(), it)).collect();
        let own = latest.into_values();
        let own: Vec<_> = own
            .filter_map(|it| Some((told(&it.id)?, it.clone())))
            .collect();
        let kept = own.is_empty() || self.planes.instances.file_systems(host, own).await;
        talk.unkept_file_systems = if kept { Vec::new() } else { reports };
    }

    pub(super) async fn console(&self, talk: &Conversation, console: Console) {
        if self.plane != Plane::Machines {
            return;
        }
        if let Some(told) = self.told(talk, &console.id) {
            let host = &talk.subscriber.host;
            self.planes.instances.console(host, told, console).await;
        }
    }

    /// Passes on what was measured of load balancers that this host was told of.
    pub(super) async fn measured(
        &mut self,
        talk: &Conversation,
        number: u64,
        mut minute: Minute,
    ) -> Result<(), End> {
        minute.rows.truncate(MOST_ROWS);
        if self.plane == Plane::Machines {
            return self.used(talk, number, minute).await;
        }
        let told = |arn: &str| talk.delivered.told_of(arn);
        minute.rows.retain(|row| match row {
            Row::Balancer(row) => told(&row.arn),
            Row::Group(row) => told(&row.balancer) && told(&row.group),
            Row::Instance(_) => false,
        });
        let balancers = self.planes.balancers.clone();
        let host = &talk.subscriber.host;
        match balancers.measured(host, &talk.zone, minute).await {
            true => self.send(&ToPlane::Kept { number }).await,
            false => Ok(()),
        }
    }

    /// Passes on what instances used that this host was told of.
    async fn used(&mut self, talk: &Conversation, number: u64, minute: Minute) -> Result<(), End> {
        let part = Part {
            run: minute.run,
            start: minute.start,
            part: minute.part,
        };
        let of_instance = |row| match row {
            Row::Instance(row) => Some((self.told(talk, &row.id)?, row)),
            Row::Balancer(_) | Row::Group(_) => None,
        };
        let rows = minute.rows.into_iter().filter_map(of_instance).collect();
        let instances = self.planes.instances.clone();
        let host = &talk.subscriber.host;
        match instances.measured(host, part, rows).await {
            true => self.send(&ToPlane::Kept { number }).await,
            false => Ok(()),
        }
    }

    /// Remembers which endpoints are closed; of many the first tell enough.
    pub(super) fn closed(&self, talk: &Conversation, mut endpoints: Vec<UnboundEndpoint>) {
        if self.plane != Plane::LoadBalancer {
            return;
        }
        endpoints.truncate(MAX_CLOSED);
        for endpoint in &mut endpoints {
            endpoint.reason = printable(&endpoint.reason);
        }
        self.planes.put_closed(&talk.subscriber.host, endpoints);
    }
}

/// A reason as people are shown it.
pub(super) fn printable(reason: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    reason.chars().take(MAX_REASON).map(plain).collect()
}
