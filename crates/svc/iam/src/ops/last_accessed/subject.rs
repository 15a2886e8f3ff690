//! What a report is about: a user, role, group or policy; what its policies say, and whose uses count.

use wharf_api_iam::{
    faults,
    types::{EntityDetails, EntityInfo},
};
use wharf_base::Timestamp;
use wharf_iam::{Document, DocumentKind};
use wharf_wire::Fault;

use crate::{
    entity::{self, Entity},
    fault,
    names::{self, entity_arn},
    ops::{
        policies::{Known, lookup},
        users,
    },
    records::{GroupRecord, RoleRecord, UserRecord},
    service::Cx,
    table::{self, Changes},
};

pub(super) struct Subject {
    pub(super) documents: Vec<Document>,
    pub(super) entities: Vec<Who>,
}

/// A user or role.
pub(super) struct Who {
    kind: &'static str,
    pub(super) arn: String,
    path: String,
    name: String,
    pub(super) id: String,
}

impl Who {
    fn user(cx: &Cx<'_>, it: &UserRecord) -> Self {
        Self {
            kind: "USER",
            arn: names::arn(cx.account(), UserRecord::WORD, &it.path, &it.name),
            path: it.path.clone(),
            name: it.name.clone(),
            id: it.id.clone(),
        }
    }

    fn role(cx: &Cx<'_>, it: &RoleRecord) -> Self {
        Self {
            kind: "ROLE",
            arn: names::arn(cx.account(), RoleRecord::WORD, &it.path, &it.name),
            path: it.path.clone(),
            name: it.name.clone(),
            id: it.id.clone(),
        }
    }

    pub(super) fn shown(&self, cx: &Cx<'_>, last: Option<Timestamp>) -> EntityDetails {
        EntityDetails {
            entity_info: Some(EntityInfo {
                arn: Some(cx.seen(&self.arn)),
                name: Some(self.name.clone()),
                type_: Some(self.kind.to_owned()),
                id: Some(self.id.clone()),
                path: Some(self.path.clone()),
            }),
            last_authenticated: last,
        }
    }
}

/// A policy of somebody.
pub(super) struct Held {
    pub(super) document: Document,
    pub(super) name: String,
    /// Of a managed one.
    pub(super) arn: Option<String>,
    /// What it is of, and by which name.
    pub(super) of: (&'static str, String),
}

/// What the ARN of a report stands for.
///
/// # Errors
/// It is no ARN of such a thing, or there is none.
pub(super) async fn find(cx: &Cx<'_>, arn: &str) -> Result<Subject, Fault> {
    let (store, account) = (cx.store(), cx.account());
    let named = |kind: &str| {
        let found = entity_arn(arn, kind).filter(|(owner, ..)| *owner == account);
        found.map(|(_, path, name)| (path.to_owned(), name.to_owned()))
    };
    if let Some((_, name)) = named("user") {
        let user: UserRecord = entity::existing(store, account, &name).await?;
        let mut documents = documents(cx, &user).await?;
        for group in users::groups_of(cx, &user).await? {
            documents.extend(self::documents(cx, &group).await?);
        }
        let entities = vec![Who::user(cx, &user)];
        return Ok(Subject {
            documents,
            entities,
        });
    }
    if let Some((_, name)) = named("role") {
        let role: RoleRecord = entity::existing(store, account, &name).await?;
        let entities = vec![Who::role(cx, &role)];
        let documents = documents(cx, &role).await?;
        return Ok(Subject {
            documents,
            entities,
        });
    }
    let users = table::all::<UserRecord>(store, account).await?;
    if let Some((_, name)) = named("group") {
        let group: GroupRecord = entity::existing(store, account, &name).await?;
        let members = users.iter().filter(|it| it.groups.contains(&group.id));
        let entities = members.map(|it| Who::user(cx, it)).collect();
        let documents = documents(cx, &group).await?;
        return Ok(Subject {
            documents,
            entities,
        });
    }
    if !arn.contains(":policy/") {
        return Err(invalid_arn(arn));
    }
    let document = policy(cx, arn)
        .await?
        .ok_or_else(|| fault::no_policy(arn))?;
    let groups = table::all::<GroupRecord>(store, account).await?;
    let having = groups.iter().filter(|it| it.grants.attached.contains(arn));
    let having: Vec<&String> = having.map(|it| &it.id).collect();
    let uses = |it: &&UserRecord| {
        it.grants.attached.contains(arn) || having.iter().any(|id| it.groups.contains(*id))
    };
    let mut entities: Vec<Who> = (users.iter().filter(uses).map(|it| Who::user(cx, it))).collect();
    let roles = table::all::<RoleRecord>(store, account).await?;
    let roles = roles.iter().filter(|it| it.grants.attached.contains(arn));
    entities.extend(roles.map(|it| Who::role(cx, it)));
    Ok(Subject {
        documents: vec![document],
        entities,
    })
}

/// The policies of a user, those of their groups among them, of a role or of a group.
///
/// # Errors
/// The ARN is of no such, or there is none.
pub(super) async fn policies(cx: &Cx<'_>, arn: &str) -> Result<Vec<Held>, Fault> {
    let (store, account) = (cx.store(), cx.account());
    let named = |kind: &str| {
        let found = entity_arn(arn, kind).filter(|(owner, ..)| *owner == account);
        found.map(|(_, _, name)| name)
    };
    if let Some(name) = named("user") {
        let user: UserRecord = entity::existing(store, account, name).await?;
        let mut all = held(cx, &user).await?;
        for group in users::groups_of(cx, &user).await? {
            all.extend(held(cx, &group).await?);
        }
        return Ok(all);
    }
    if let Some(name) = named("role") {
        let role: RoleRecord = entity::existing(store, account, name).await?;
        return held(cx, &role).await;
    }
    if let Some(name) = named("group") {
        let group: GroupRecord = entity::existing(store, account, name).await?;
        return held(cx, &group).await;
    }
    Err(invalid_arn(arn))
}

fn invalid_arn(arn: &str) -> Fault {
    faults::invalid_input_exception(format!("ARN {arn} is not valid."))
}

/// The documents of the policies of a user, role or group.
async fn documents<T: Entity>(cx: &Cx<'_>, of: &T) -> Result<Vec<Document>, Fault> {
    let held = held(cx, of).await?.into_iter();
    Ok(held.map(|it| it.document).collect())
}

/// The policies of a user, role or group.
async fn held<T: Entity>(cx: &Cx<'_>, of: &T) -> Result<Vec<Held>, Fault> {
    let held = |document, name: &str, arn: Option<&String>| Held {
        document,
        name: name.to_owned(),
        arn: arn.cloned(),
        of: (T::WORD, of.name().to_owned()),
    };
    let inline = of.grants().inline.iter();
    let mut found: Vec<Held> = inline
        .filter_map(|(name, it)| Some(held(Document::parse(it, T::INLINE).ok()?, name, None)))
        .collect();
    for arn in &of.grants().attached {
        let name = arn.rsplit('/').next().unwrap_or_default();
        let document = policy(cx, arn).await?;
        found.extend(document.map(|it| held(it, name, Some(arn))));
    }
    Ok(found)
}

/// A managed policy as it is in force.
async fn policy(cx: &Cx<'_>, arn: &str) -> Result<Option<Document>, Fault> {
    let mut tx = Changes::new(cx.store(), cx.account());
    let text = match lookup(&mut tx, arn).await? {
        Some(Known::Platform(policy)) => policy.document.to_owned(),
        Some(Known::Own(policy)) => match policy.versions.get(&policy.default_version) {
            Some(version) => version.document.clone(),
            None => return Ok(None),
        },
        None => return Ok(None),
    };
    Ok(Document::parse(&text, DocumentKind::Managed).ok())
}
