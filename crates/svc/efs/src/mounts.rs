//! What those may who mount: decided by the policies of their role and of the file system.

use wharf_file_server::{Permissions, Ticket};
use wharf_service::Place;
use wharf_wire::{Caller, Check, Context, Fault};

use crate::{
    EfsService,
    core::Core,
    fault, keys,
    names::{self, NAMESPACE},
    records::FileSystem,
};

/// Of a file system without a policy, everybody who reaches it may do everything.
pub const ALL: Permissions = Permissions {
    mount: true,
    write: true,
    root: true,
};
const NOTHING: Permissions = Permissions {
    mount: false,
    write: false,
    root: false,
};
/// How long somebody comes in by a ticket: who has it mounted is given another long before.
pub const TICKET_LIFE_MS: u64 = 3_600_000;

/// Somebody who mounts a file system.
#[derive(Debug, Clone)]
pub struct Mount {
    pub file_system: String,
    pub access_point: Option<String>,
    /// Over TLS.
    pub encrypted: bool,
    /// As whom, if it is to count; else as anybody.
    pub role: Option<Caller>,
    /// The VPC and the zone that they come from.
    pub vpc: String,
    pub zone: Option<String>,
}

/// What they mount by.
#[derive(Debug, Clone)]
pub struct Granted {
    pub address: std::net::Ipv4Addr,
    pub permissions: Permissions,
    /// Over TLS: the server's certificate in PEM, and the ticket.
    pub tls: Option<(String, String)>,
    /// Everyone acts as one user there.
    pub one_user: bool,
}

/// Why somebody does not mount, in the words of those who do it in AWS.
#[derive(Debug, thiserror::Error)]
pub enum NotMounted {
    #[error(
        "Failed to resolve \"{0}\" - check that your file system ID is correct, and ensure that the VPC has an EFS mount target \
         for this file system ID."
    )]
    NoName(String),
    #[error("mount.nfs4: access denied by server while mounting 127.0.0.1:/")]
    Denied,
    #[error(
        "mount.nfs4: mounting 127.0.0.1:/ failed, reason given by server: No such access point: {0}"
    )]
    NoAccessPoint(String),
    #[error("mount.nfs4: mounting 127.0.0.1:/ failed, reason given by server: {0}")]
    Shut(String),
    #[error("{0}")]
    Failed(Fault),
}

impl From<Fault> for NotMounted {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
}

impl EfsService {
    /// What somebody mounts a file system by.
    ///
    /// # Errors
    /// They do not, and why.
    pub async fn mount(&self, place: &Place, mount: &Mount) -> Result<Granted, NotMounted> {
        let core = &self.core;
        let name = names::dns_name(place, &mount.file_system);
        let no_name = || NotMounted::NoName(name.clone());
        let found = core.file_system(place, &mount.file_system).await;
        let record = match found {
            Err(fault) if fault.status == 404 => return Err(no_name()),
            other => other?,
        };
        let targets = record
            .mount_targets
            .values()
            .filter(|it| it.vpc == mount.vpc);
        // The one of their zone; another, where that has none.
        let served = targets.filter_map(|it| Some((&it.zone, it.interface.as_ref()?)));
        let served = served.min_by_key(|(zone, _)| mount.zone.as_ref() != Some(*zone));
        let (_, served) = served.ok_or_else(no_name)?;
        let point = match &mount.access_point {
            None => None,
            Some(id) => {
                let point = record.access_points.get(id);
                Some(point.ok_or_else(|| NotMounted::NoAccessPoint(id.clone()))?)
            }
        };
        let permissions = self.permissions(place, mount, &record).await;
        if !permissions.mount {
            return Err(NotMounted::Denied);
        }
        if record.reported.shut {
            let why = record.reported.reason.unwrap_or_default();
            let text = format!("the file system {} is not open: {why}", mount.file_system);
            return Err(NotMounted::Shut(text));
        }
        let ticket = Ticket {
            file_system: mount.file_system.clone(),
            access_point: mount.access_point.clone(),
            permissions,
            expires_ms: u64::try_from(core.now().millis()).unwrap_or_default() + TICKET_LIFE_MS,
        };
        let tls = match mount.encrypted {
            false => None,
            true => {
                let purpose = keys::for_tickets(&place.account, &place.region, &mount.file_system);
                let key = core.parts.keyring.open(&record.ticket_key, &purpose);
                let key = key.map_err(|error| internal(&error))?;
                let key = hex::decode(key.expose()).map_err(|error| internal(&error))?;
                Some((record.certificate.clone(), ticket.signed(&key)))
            }
        };
        Ok(Granted {
            address: served.address,
            permissions,
            tls,
            one_user: point.is_some_and(|it| it.user.is_some()),
        })
    }

    async fn permissions(&self, place: &Place, mount: &Mount, record: &FileSystem) -> Permissions {
        let core = &self.core;
        let Some(policy) = &record.policy else {
            return ALL;
        };
        let context =
            Context::internal(&place.account, &place.region, names::PRINCIPAL, core.now());
        let caller = match &mount.role {
            Some(role) => role.clone(),
            None => Caller::unproven(&place.account, ""),
        };
        let asking = Asking {
            core,
            context: Context {
                caller,
                secure: mount.encrypted,
                ..context
            },
            file_system: names::file_system_arn(place, &mount.file_system),
            policy,
            access_point: mount
                .access_point
                .as_ref()
                .map(|it| names::access_point_arn(place, it)),
        };
        asking.permissions().await
    }
}

fn internal(error: &dyn std::error::Error) -> Fault {
    use wharf_service::Faults as _;
    fault::EfsFaults::internal(error)
}

/// What anybody may by a policy: over any connection, and over one that is encrypted.
pub async fn anonymous(core: &Core, cx: &Context, id: &str, policy: &str) -> [Permissions; 2] {
    let place = Place::of(cx);
    let mut both = [NOTHING; 2];
    for (secure, found) in [false, true].into_iter().zip(&mut both) {
        let context =
            Context::internal(&place.account, &place.region, names::PRINCIPAL, core.now());
        let asking = Asking {
            core,
            context: Context {
                caller: Caller::unproven(&place.account, ""),
                secure,
                ..context
            },
            file_system: names::file_system_arn(&place, id),
            policy,
            access_point: None,
        };
        *found = asking.permissions().await;
    }
    both
}

struct Asking<'a> {
    core: &'a Core,
    context: Context,
    file_system: String,
    policy: &'a str,
    access_point: Option<String>,
}

impl Asking<'_> {
    async fn permissions(&self) -> Permissions {
        let mount = self.may("ClientMount").await;
        Permissions {
            mount,
            write: mount && self.may("ClientWrite").await,
            root: mount && self.may("ClientRootAccess").await,
        }
    }

    async fn may(&self, action: &str) -> bool {
        let check = Check::new(format!("{NAMESPACE}:{action}"), &self.file_system);
        let mut check = check
            .with_resource_policy(Some(self.policy.to_owned()))
            .with("elasticfilesystem:AccessedViaMountTarget", "true");
        if let Some(arn) = &self.access_point {
            check = check.with("elasticfilesystem:AccessPointArn", arn);
        }
        let checks = [check];
        let asked = self.core.parts.dispatcher.decide(&self.context, &checks);
        asked.await.is_ok()
    }
}
