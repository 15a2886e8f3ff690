//! Volumes of a task: folders of the host, folders of the task's own, folders that tasks share.

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use wharf_container::spec::Mount;

use crate::{
    allow::{Allow, HostPath, NotAllowed},
    node::core::TaskContext,
    protocol::payload::{ATTACHED, FILE_SYSTEM, Task, Volume},
};

/// A volume that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BadVolume {
    #[error("Unknown volume '{0}'")]
    Unknown(String),
    #[error("volume '{name}': {kind} volumes are not supported by this version")]
    Kind { name: String, kind: String },
    #[error("volume '{name}': there is no volume driver '{driver}' on this instance")]
    Driver { name: String, driver: String },
    #[error(
        "shared volume '{0}' does not exist on this instance, and its definition does not say autoprovision"
    )]
    NotThere(String),
    #[error("volume '{0}': this instance keeps no EBS volumes")]
    NoEbs(String),
    #[error("{0}")]
    NotAllowed(#[from] NotAllowed),
    #[error("volume '{0}': driver options are not supported by this version of wharf")]
    DriverOptions(String),
    #[error("`{0}` cannot be the name of a volume")]
    Name(String),
    #[error("`{0}` is not an absolute path")]
    Relative(String),
    #[error("volumesFrom: no container '{0}'")]
    NoContainer(String),
    #[error("cannot make {path}: {source}")]
    Make { path: PathBuf, source: io::Error },
}

/// What one container mounts; all sources exist.
#[derive(Debug, Default)]
pub struct Mounts {
    pub mounts: Vec<Mount>,
}

/// Where volumes lie on this node.
#[derive(Debug, Clone)]
pub struct Volumes {
    dir: PathBuf,
    allow: Arc<Allow>,
}

impl Volumes {
    /// `dir` is `<data>/node/volumes`.
    pub fn new(dir: PathBuf, allow: Arc<Allow>) -> Self {
        Self { dir, allow }
    }

    fn folder_of(&self, task_id: &str) -> PathBuf {
        self.dir.join("tasks").join(task_id)
    }

    fn of_task(&self, task_id: &str) -> Own {
        Own::Here(self.folder_of(task_id))
    }

    /// Makes the folders of all volumes the task names, but for those that are to lie on a disk of the
    /// task's own. Before its shim, which sees the mounts of this moment.
    pub fn prepare(&self, context: &TaskContext, has_disk: bool) -> Result<(), BadVolume> {
        let own = if has_disk {
            Own::OnDisk(PathBuf::from("/"))
        } else {
            self.of_task(&context.id)
        };
        for volume in &context.task.volumes {
            self.source(&own, volume)?;
        }
        Ok(())
    }

    /// The mounts of container `at`. `image_volumes` are the paths its image declares; `disk` is where
    /// volumes lie on the task's own disk, if it has one.
    pub fn mounts(
        &self,
        context: &TaskContext,
        at: usize,
        image_volumes: &[String],
        disk: Option<PathBuf>,
    ) -> Result<Mounts, BadVolume> {
        let task = &context.task;
        let of = &task.containers[at];
        let place = disk.map_or_else(|| self.of_task(&context.id), Own::OnDisk);
        let mut mounts = self.own(&place, task, at)?;
        for from in &of.volumes_from {
            let source = task
                .containers
                .iter()
                .position(|c| c.name == from.source_container)
                .ok_or_else(|| BadVolume::NoContainer(from.source_container.clone()))?;
            for mut mount in self.own(&place, task, source)? {
                mount.read_only |= from.read_only;
                push(&mut mounts, mount);
            }
        }
        for (n, path) in image_volumes.iter().enumerate() {
            let source = place.folder(&format!("image-{at}-{n}"))?;
            let mount = mount(Source::own(source), path, false)?;
            push(&mut mounts, mount);
        }
        Ok(Mounts { mounts })
    }

    fn own(&self, place: &Own, task: &Task, at: usize) -> Result<Vec<Mount>, BadVolume> {
        let mut mounts = Vec::new();
        for point in &task.containers[at].mount_points {
            let volume = task
                .volumes
                .iter()
                .find(|v| v.name == point.source_volume)
                .ok_or_else(|| BadVolume::Unknown(point.source_volume.clone()))?;
            let source = self.source(place, volume)?;
            push(
                &mut mounts,
                mount(source, &point.container_path, point.read_only)?,
            );
        }
        Ok(mounts)
    }

    /// What a volume is; its folder exists.
    fn source(&self, own: &Own, volume: &Volume) -> Result<Source, BadVolume> {
        let path = match volume.kind.as_str() {
            "" | "host" => match volume.host.as_ref().map(|h| h.source_path.as_str()) {
                Some(path) if !path.is_empty() => return self.of_host(Path::new(path)),
                _ => own.folder(plain(&volume.name)?)?,
            },
            ATTACHED => own.place(plain(&volume.name)?)?,
            FILE_SYSTEM => {
                return Ok(Source {
                    is_mounted: true,
                    ..Source::own(own.place(plain(&volume.name)?)?)
                });
            }
            "docker" => match self.docker(volume)? {
                Some(shared) => {
                    make(&shared)?;
                    shared
                }
                None => own.folder(plain(&volume.name)?)?,
            },
            kind => {
                return Err(BadVolume::Kind {
                    name: volume.name.clone(),
                    kind: kind.to_owned(),
                });
            }
        };
        Ok(Source::own(path))
    }

    /// A path that the node's operator lends.
    fn of_host(&self, path: &Path) -> Result<Source, BadVolume> {
        if !path.is_absolute() {
            return Err(BadVolume::Relative(path.display().to_string()));
        }
        let HostPath { path, beneath } = self.allow.host_path(path)?;
        Ok(Source {
            path,
            beneath: Some(beneath),
            is_mounted: false,
        })
    }

    /// The folder of a shared volume; `None` for one of the task's own.
    fn docker(&self, volume: &Volume) -> Result<Option<PathBuf>, BadVolume> {
        let of = volume
            .docker_volume_configuration
            .clone()
            .unwrap_or_default();
        let name = plain(&volume.name)?;
        if !matches!(of.driver.as_str(), "" | "local") {
            return Err(BadVolume::Driver {
                name: volume.name.clone(),
                driver: of.driver,
            });
        }
        // `o=bind,device=/etc` would be a path of the host.
        if !of.driver_opts.is_empty() {
            return Err(BadVolume::DriverOptions(volume.name.clone()));
        }
        if of.scope != "shared" {
            return Ok(None);
        }
        let path = self.dir.join("shared").join(name);
        if of.autoprovision || path.exists() {
            Ok(Some(path))
        } else {
            Err(BadVolume::NotThere(volume.name.clone()))
        }
    }

    /// The EBS volumes of the task: where each is to be mounted, its id and its file system. `disk` as for
    /// [`Self::mounts`].
    pub fn attached<'a>(
        &self,
        context: &'a TaskContext,
        disk: Option<PathBuf>,
    ) -> Result<Vec<AttachedVolume<'a>>, BadVolume> {
        let own = disk.map_or_else(|| self.of_task(&context.id), Own::OnDisk);
        let volumes = context.task.volumes.iter();
        let attached = volumes.filter(|it| it.kind == ATTACHED).map(|volume| {
            let found = context.task.ebs_volume(&volume.name);
            let (id, filesystem) = found.ok_or_else(|| BadVolume::NoEbs(volume.name.clone()))?;
            let place = own.place(plain(&volume.name)?)?;
            Ok(AttachedVolume {
                name: &volume.name,
                place,
                id,
                filesystem,
            })
        });
        attached.collect()
    }

    /// The file systems of the task: where each is to be mounted, and the name of the volume. `disk` as for
    /// [`Self::mounts`].
    pub fn file_systems<'a>(
        &self,
        context: &'a TaskContext,
        disk: Option<PathBuf>,
    ) -> Result<Vec<(PathBuf, &'a str)>, BadVolume> {
        let own = disk.map_or_else(|| self.of_task(&context.id), Own::OnDisk);
        let volumes = context.task.volumes.iter();
        let mounted = volumes.filter(|it| it.kind == FILE_SYSTEM);
        mounted
            .map(|it| Ok((own.place(plain(&it.name)?)?, it.name.as_str())))
            .collect()
    }

    /// Removes what was the task's own.
    pub fn remove(&self, task_id: &str) -> io::Result<()> {
        wharf_rootdir::remove_tree(&self.folder_of(task_id))
    }

    /// The tasks that have volumes here.
    pub fn task_ids(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.join("tasks")).into_iter().flatten();
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect()
    }
}

/// An EBS volume of a task.
pub struct AttachedVolume<'a> {
    /// That of the definition's volume.
    pub name: &'a str,
    /// Where its shim is to have it.
    pub place: PathBuf,
    /// `vol-…`
    pub id: &'a str,
    pub filesystem: &'a str,
}

/// Where volumes of a task's own lie.
enum Own {
    /// In a folder of the node.
    Here(PathBuf),
    /// On the task's disk, which only its shim sees: the shim makes the folders.
    OnDisk(PathBuf),
}

impl Own {
    /// A folder that only the shim makes, for what is mounted there: it is none of the host's.
    fn place(&self, name: &str) -> Result<PathBuf, BadVolume> {
        match self {
            Self::Here(dir) => {
                make(dir)?;
                Ok(dir.join(name))
            }
            Self::OnDisk(dir) => Ok(dir.join(name)),
        }
    }

    fn folder(&self, name: &str) -> Result<PathBuf, BadVolume> {
        match self {
            Self::Here(dir) => {
                let path = dir.join(name);
                make(&path)?;
                Ok(path)
            }
            Self::OnDisk(dir) => Ok(dir.join(name)),
        }
    }
}

fn plain(name: &str) -> Result<&str, BadVolume> {
    let fits = (1..=255).contains(&name.len())
        && !name.starts_with('.')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if fits {
        Ok(name)
    } else {
        Err(BadVolume::Name(name.to_owned()))
    }
}

/// Docker makes a missing folder; a file stays the file it is.
fn make(path: &Path) -> Result<(), BadVolume> {
    if path.exists() {
        return Ok(());
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(path)
        .map_err(|source| BadVolume::Make {
            path: path.to_owned(),
            source,
        })
}

/// What a volume is on the host.
struct Source {
    path: PathBuf,
    /// Of a path of the host: the lent folder that it lies in.
    beneath: Option<PathBuf>,
    /// A file system that is mounted there for the task, whose owners are those that the task sees.
    is_mounted: bool,
}

impl Source {
    fn own(path: PathBuf) -> Self {
        Self {
            path,
            beneath: None,
            is_mounted: false,
        }
    }
}

/// A new volume takes over what the image has there; what the host lends stays as it is.
fn mount(source: Source, to: &str, read_only: bool) -> Result<Mount, BadVolume> {
    let destination = PathBuf::from(to);
    if !destination.is_absolute() {
        return Err(BadVolume::Relative(to.to_owned()));
    }
    Ok(Mount {
        copy_up: source.beneath.is_none() && !source.is_mounted,
        as_it_is: source.is_mounted,
        source: source.path,
        beneath: source.beneath,
        destination,
        read_only,
    })
}

/// The first to name a place has it.
fn push(mounts: &mut Vec<Mount>, mount: Mount) {
    if !mounts.iter().any(|m| m.destination == mount.destination) {
        mounts.push(mount);
    }
}
