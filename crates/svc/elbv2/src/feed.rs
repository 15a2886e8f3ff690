//! Wakes the reconcilers, and those who wait for targets, by what changes in the store.

use std::sync::Arc;

use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use wharf_base::Arn;
use wharf_records::{Record, Scope};
use wharf_service::{Look, Reach};
use wharf_wire::fault::Chain;

use crate::{
    core::{ChangeError, Core},
    names::{Kind, Names as _, Place, SERVICE, split_target},
    records::{
        Certificate, ClosedLog, Health, Host, Listener, LoadBalancer, Remains, Target, TargetGroup,
    },
};

/// Wakes certificates that have become others, until `stop`.
pub async fn certificates(core: Arc<Core>, stop: CancellationToken) {
    let Some(mut changes) = core.parts.certificates.changes() else {
        return;
    };
    loop {
        let change = tokio::select! {
            change = changes.recv() => change,
            () = stop.cancelled() => return,
        };
        match change {
            Ok(arn) => {
                if let Ok(parsed) = arn.parse::<Arn>() {
                    let scope = Scope::new(SERVICE, &parsed.account, &parsed.region);
                    core.certificates.wake(scope.key(Certificate::KIND, &arn));
                }
            }
            Err(RecvError::Lagged(_)) => {
                if let Err(error) = every_certificate(&core).await {
                    tracing::warn!(error = %Chain(&error), "re-reading certificates failed, listeners may have old ones");
                }
            }
            Err(RecvError::Closed) => return,
        }
    }
}

async fn every_certificate(core: &Core) -> Result<(), ChangeError> {
    for key in core.table.keys(&Scope::service_prefix(SERVICE)).await? {
        if let Some((_, Certificate::KIND, _)) = Scope::parse(&key) {
            core.certificates.wake(key);
        }
    }
    Ok(())
}

/// Wakes an instance that a record of its own service is about, if it is a target.
pub fn instance_changed(core: &Core, key: &str) -> Reach {
    let which = core.parts.instances.told(key);
    if let Some(which) = which.filter(|it| core.as_targets.lock().contains(it)) {
        core.instances.wake(which);
    }
    Reach::One
}

/// An instance is followed from the first look at it as a target on: it may have ended by then.
fn follow_instance(core: &Core, scope: &Scope, target: &str) {
    if target.starts_with("i-") {
        let which = (Place::of_scope(scope), target.to_owned());
        if core.as_targets.lock().insert(which.clone()) {
            core.instances.wake(which);
        }
    }
}

/// Wakes whom a key concerns. A host concerns every load balancer, and the health of every target.
pub fn changed(core: &Core, key: &str, look: Look) -> Reach {
    let Some((scope, kind, id)) = Scope::parse(key) else {
        return Reach::One;
    };
    let group = match kind {
        LoadBalancer::KIND => {
            core.balancers.wake(key.to_owned());
            return Reach::One;
        }
        TargetGroup::KIND => id.as_str(),
        Listener::KIND => {
            core.session_keys.wake(key.to_owned());
            return Reach::One;
        }
        _ if look == Look::All => return Reach::One,
        Remains::KIND | ClosedLog::KIND => {
            core.balancers.wake(key.to_owned());
            return Reach::One;
        }
        Certificate::KIND => {
            core.certificates.wake(key.to_owned());
            return Reach::One;
        }
        Host::KIND => {
            core.hosts.wake(key.to_owned());
            return Reach::All;
        }
        Target::KIND | Health::KIND => match split_target(&id) {
            Some((group, target, _)) => {
                if kind == Target::KIND {
                    follow_instance(core, &scope, target);
                }
                group
            }
            None => return Reach::One,
        },
        _ => return Reach::One,
    };
    core.groups.wake(scope.key(TargetGroup::KIND, group));
    // Nobody listening is no failure.
    let _ = core
        .changes
        .send(Place::of_scope(&scope).arn(Kind::Group, group));
    Reach::One
}
