//! The executor of a maker's machines: reads what is seen of one, has [`super::life`] move its record on, and tells the maker.
//!
//! | state | what is done |
//! | --- | --- |
//! | pending | a token is made and written down, the maker is told, the node that joins is taken for its host |
//! | running, stopping, stopped | the maker is told what users asked for |
//! | shutting-down | its token and its node go; the maker is told, until nothing is left; its interface is deleted |
//!
//! Every write compares the instance's record, so an answer that came to another picture is asked for again.

use wharf_reconcile::Next;
use wharf_records::{
    Record as _, Scope, encode,
    node::{Grant, MadeFor},
};
use wharf_service::Stored;
use wharf_wire::Fault;

use super::{
    super::{Provider, executor::forget},
    Made, Maker,
    client::Trouble,
    description,
    life::{self, Seen, Terms, Told},
    protocol::{Action, Asked, Wanted},
    token_purpose,
};
use crate::{
    Ec2Service,
    instances::{
        life::{HostRef, State},
        reconcile::{PERMIT, StepError, fenced, finish, host_is},
        size::Size,
    },
    records::Instance,
};

/// One look at an instance of a maker.
///
/// # Errors
/// The store's, and those of who knows the nodes.
pub(in crate::instances) async fn reconcile(
    service: &Ec2Service,
    key: &str,
) -> Result<Next, StepError> {
    let Some((scope, Instance::KIND, _)) = Scope::parse(key) else {
        return Ok(Next::Settled);
    };
    let stored = service.table.read::<Instance>(key).await?;
    let maker = service.instances.making.maker();
    let Some(stored) = stored else {
        if let Some(maker) = maker {
            maker.forget(key);
        }
        return Ok(Next::Settled);
    };
    let Provider::Webhook(made) = &stored.record.provider else {
        return Ok(Next::Settled);
    };
    if stored.record.life.state == State::Terminated {
        return forget(service, &stored).await;
    }
    let Some(maker) = maker else {
        // `wharf up` was started without it: nobody can be told anything.
        tracing::warn!(instance = %stored.record.id, "an instance waits for the machine maker, and none is configured");
        return Ok(Next::Settled);
    };
    let mut record = stored.record.clone();
    if record.life.host.is_none() {
        record.life.host = host_of(service, maker, &record.id).await?;
    }
    let seen = Seen {
        host: host_is(service, &record.life).await?,
        listed: maker.listed(&record.id, made.told_at),
    };
    let terms = Terms {
        join_within: maker.parts.config.join_within,
        ends_on_shutdown: record.ends_on_shutdown,
        started: service.instances.started(),
    };
    let now = service.instances.now();
    life::follow(&mut record.life, made.told, &seen, terms, now);
    if record != stored.record {
        let txn = fenced(service, &stored)?.put(&stored.key, encode(&record));
        service.table.commit(&PERMIT, txn).await?;
        // What was written wakes the key again, as does the write of whoever came between.
        return Ok(Next::Settled);
    }
    if stored.record.life.state == State::ShuttingDown {
        return end(service, maker, (&scope, &stored), made).await;
    }
    let Some(told) = life::due(&stored.record.life, made.told) else {
        return Ok(Next::After(maker.pace().look));
    };
    if made.token.is_none() {
        return with_token(service, maker, &scope, &stored).await;
    }
    tell(service, maker, (&scope, &stored), told).await
}

/// The host that joined as an instance, or as a machine for Fargate. Who knows the nodes is asked only about one that says so.
pub(super) async fn host_of(
    service: &Ec2Service,
    maker: &Maker,
    id: &str,
) -> Result<Option<HostRef>, StepError> {
    let hosts = &service.instances.parts.hosts;
    let is_said = hosts.read(|machines| {
        let mut all = machines.hosts().keys();
        all.any(|host| {
            let registered = machines.registration(host);
            registered.is_some_and(|it| it.ec2_instance == id)
        })
    });
    if !is_said {
        return Ok(None);
    }
    let found = maker.parts.nodes.host_of(id).await;
    let found = found.map_err(|fault| neighbour("look for the node of a machine", fault))?;
    Ok(found.map(|host| HostRef {
        id: host,
        machine: id.to_owned(),
    }))
}

fn neighbour(action: &'static str, fault: Fault) -> StepError {
    StepError::Neighbour { action, fault }
}

/// The token is written down before the maker hears of it: each try says the same.
async fn with_token(
    service: &Ec2Service,
    maker: &Maker,
    scope: &Scope,
    stored: &Stored<Instance>,
) -> Result<Next, StepError> {
    let it = &stored.record;
    // A try before that was killed may have left one that nobody knows.
    let removed = maker.parts.nodes.remove(&it.id).await;
    removed.map_err(|fault| neighbour("take back the token of a machine", fault))?;
    let size = Size::of(it);
    let grant = Grant {
        cluster: description::cluster(&service.plain_user_data(scope, it)),
        zone: Some(it.zone.clone()),
        instances: Some(false),
        max_cpu: size.map(|it| it.cpu),
        max_memory: size.map(|it| it.memory_mib),
        made_for: Some(MadeFor {
            instance: it.id.clone(),
            instance_type: it.instance_type.clone(),
        }),
        ..Grant::default()
    };
    let token = maker.parts.nodes.token(grant).await;
    let token = token.map_err(|fault| neighbour("make the token of a machine", fault))?;
    let purpose = token_purpose(&scope.account, &scope.region, &it.id);
    let sealed = service.keyring.seal(token.as_bytes(), &purpose);
    let mut record = it.clone();
    if let Provider::Webhook(made) = &mut record.provider {
        made.token = Some(sealed);
    }
    let txn = fenced(service, stored)?.put(&stored.key, encode(&record));
    service.table.commit(&PERMIT, txn).await?;
    Ok(Next::Settled)
}

/// Tells the maker, and writes down what it has taken.
async fn tell(
    service: &Ec2Service,
    maker: &Maker,
    (scope, stored): (&Scope, &Stored<Instance>),
    told: Told,
) -> Result<Next, StepError> {
    if let Some(wait) = maker.pause(&stored.key) {
        return Ok(Next::After(wait.min(maker.pace().look)));
    }
    let it = &stored.record;
    let answered = ask(service, maker, (scope, it), told).await;
    let now = service.instances.now();
    let said = match answered {
        Ok(said) => said,
        Err(trouble) => return Ok(not_taken(service, maker, stored, &trouble)),
    };
    let mut record = it.clone();
    life::answered(&mut record.life, told, &said, now);
    maker.forget(&stored.key);
    if let Provider::Webhook(made) = &mut record.provider {
        made.told = Some(told);
        made.told_at = Some(now);
    }
    let txn = fenced(service, stored)?.put(&stored.key, encode(&record));
    service.table.commit(&PERMIT, txn).await?;
    Ok(Next::Settled)
}

/// It is tried again: its time is that of the key, whoever wakes it meanwhile.
fn not_taken(
    service: &Ec2Service,
    maker: &Maker,
    stored: &Stored<Instance>,
    trouble: &Trouble,
) -> Next {
    let again = maker.did_not_take(&stored.key, trouble, service.instances.now());
    tracing::warn!(instance = %stored.record.id, error = %trouble, retry_in = ?again.after, "the machine maker did not take what an instance needs; will retry");
    Next::After(again.after.min(maker.pace().look))
}

async fn ask(
    service: &Ec2Service,
    maker: &Maker,
    (scope, it): (&Scope, &Instance),
    told: Told,
) -> Result<super::protocol::Said, Trouble> {
    let (machine, join) = match told.action {
        Action::Run => {
            let machine = description::machine(service, scope, it)?;
            let join = description::joining(service, maker, scope, it)?;
            (Some(Wanted::Instance(Box::new(machine))), Some(join))
        }
        _ => (None, None),
    };
    let asked = Asked {
        action: told.action,
        key: told.key(&it.id),
        id: &it.id,
        installation: &maker.parts.installation,
        boot: told.boot,
        machine,
        join,
    };
    maker.ask(&asked, service.instances.now()).await
}

/// Nobody joins any more, then nothing is left of the machine, then nothing of the instance.
async fn end(
    service: &Ec2Service,
    maker: &Maker,
    (scope, stored): (&Scope, &Stored<Instance>),
    made: &Made,
) -> Result<Next, StepError> {
    let id = &stored.record.id;
    let removed = maker.parts.nodes.remove(id).await;
    if !removed.map_err(|fault| neighbour("remove the node of a machine", fault))? {
        return Ok(Next::After(maker.pace().first_retry));
    }
    // Before there was a token nobody was told.
    if stored.record.life.gone || made.token.is_none() {
        maker.forget(&stored.key);
        finish(service, scope, stored).await?;
        return Ok(Next::Settled);
    }
    if let Some(wait) = maker.pause(&stored.key) {
        return Ok(Next::After(wait.min(maker.pace().look)));
    }
    let told = Told {
        action: Action::Terminate,
        boot: stored.record.life.boot,
    };
    let said = match ask(service, maker, (scope, &stored.record), told).await {
        Ok(said) => said,
        Err(trouble) => return Ok(not_taken(service, maker, stored, &trouble)),
    };
    let now = service.instances.now();
    let mut record = stored.record.clone();
    life::answered(&mut record.life, told, &said, now);
    if !record.life.gone {
        // It takes its time; asked again, it says when it is done.
        return Ok(Next::After(maker.later(&stored.key)));
    }
    let txn = fenced(service, stored)?.put(&stored.key, encode(&record));
    service.table.commit(&PERMIT, txn).await?;
    Ok(Next::Settled)
}
